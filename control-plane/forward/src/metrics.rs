use std::time::Duration;

use bartizan_verdict::Reason;
use bartizan_wire::usage::{Basis, Parts};
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    core::Collector,
};

use crate::metering::Charge;

/// The provider of requests that were refused before one was chosen.
const NO_PROVIDER: &str = "none";
const OK: &str = "ok";
const CLIENT_GONE: &str = "client_gone";
/// Seconds; the bounds of the GenAI conventions.
const DURATIONS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

/// What the role counts. Labels are names from policy documents and codes of [`Reason`], never text of a request.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    requests: IntCounterVec,
    durations: HistogramVec,
    tokens: IntCounterVec,
    parts: IntCounterVec,
    costs: IntCounterVec,
    unpriced: IntCounterVec,
    in_flight: IntGaugeVec,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The answer was delivered whole.
    Ok,
    /// The client was told of a failure, by status or by an event in its stream.
    Failed(Reason),
    /// The client did not wait for the end.
    ClientGone,
}

/// The metrics of one provider, looked up once.
#[derive(Clone, Debug)]
pub(crate) struct Meters {
    provider: String,
    all: Metrics,
    ok: IntCounter,
    duration: Histogram,
    reported: [IntCounter; 2],
    estimated: [IntCounter; 2],
    in_flight: IntGauge,
}

// === impl Metrics ===

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let buckets = DURATIONS.to_vec();
        Ok(Self {
            requests: registered(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "bartizan_forward_requests_total",
                        "Requests by provider and how they ended: ok, client_gone, or the code of the error.",
                    ),
                    &["provider", "outcome"],
                )?,
            )?,
            durations: registered(
                registry,
                HistogramVec::new(
                    HistogramOpts::new(
                        "bartizan_forward_request_duration_seconds",
                        "From the request's headers to the end of the answer.",
                    )
                    .buckets(buckets),
                    &["provider"],
                )?,
            )?,
            tokens: registered(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "bartizan_forward_tokens_total",
                        "Tokens used: input and output as reported, estimated_input and estimated_output where not.",
                    ),
                    &["provider", "type"],
                )?,
            )?,
            parts: registered(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "bartizan_forward_token_parts_total",
                        "Of the reported tokens: read from and written to the prompt cache, and spent on reasoning.",
                    ),
                    &["provider", "part"],
                )?,
            )?,
            costs: registered(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "bartizan_forward_cost_micros_total",
                        "Cost by the price list, in millionths of its currency; of reported or estimated tokens.",
                    ),
                    &["provider", "model", "basis"],
                )?,
            )?,
            unpriced: registered(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "bartizan_forward_unpriced_requests_total",
                        "Requests that used tokens and that no entry of the price list fits.",
                    ),
                    &["provider"],
                )?,
            )?,
            in_flight: registered(
                registry,
                IntGaugeVec::new(
                    Opts::new("bartizan_forward_requests_in_flight", "Requests under way."),
                    &["provider"],
                )?,
            )?,
        })
    }

    /// Counts a request that never had a provider.
    pub(crate) fn refused(&self, reason: Reason) {
        self.requests.with_label_values(&[NO_PROVIDER, reason.code()]).inc();
    }

    pub(crate) fn of_provider(&self, name: &str) -> Meters {
        let tokens = |kind| self.tokens.with_label_values(&[name, kind]);
        Meters {
            provider: name.to_owned(),
            ok: self.requests.with_label_values(&[name, OK]),
            duration: self.durations.with_label_values(&[name]),
            reported: [tokens("input"), tokens("output")],
            estimated: [tokens("estimated_input"), tokens("estimated_output")],
            in_flight: self.in_flight.with_label_values(&[name]),
            all: self.clone(),
        }
    }
}

// === impl Meters ===

impl Meters {
    pub(crate) fn began(&self) {
        self.in_flight.inc();
    }

    /// The request went on to another provider.
    pub(crate) fn left(&self) {
        self.in_flight.dec();
    }

    pub(crate) fn ended(&self, outcome: Outcome, duration: Duration) {
        self.in_flight.dec();
        self.duration.observe(duration.as_secs_f64());
        let code = match outcome {
            Outcome::Ok => return self.ok.inc(),
            Outcome::Failed(reason) => reason.code(),
            Outcome::ClientGone => CLIENT_GONE,
        };
        self.all.requests.with_label_values(&[&self.provider, code]).inc();
    }

    /// Counts what a request to a model used and cost.
    pub(crate) fn charged(&self, charge: &Charge, model: &str) {
        let usage = charge.usage;
        let ([input, output], basis) = match usage.basis {
            Basis::Reported => (&self.reported, "reported"),
            Basis::Estimated => (&self.estimated, "estimated"),
        };
        input.inc_by(usage.input);
        output.inc_by(usage.output);
        let Parts {
            cached,
            cache_written,
            reasoning,
        } = usage.parts;
        for (part, tokens) in [
            ("cached", cached),
            ("cache_written", cache_written),
            ("reasoning", reasoning),
        ] {
            if tokens > 0 {
                self.all.parts.with_label_values(&[&self.provider, part]).inc_by(tokens);
            }
        }
        if let Some(cost) = charge.cost {
            self.all
                .costs
                .with_label_values(&[&self.provider, model, basis])
                .inc_by(cost);
        }
    }

    /// Counts a request that has no price, though there are some.
    pub(crate) fn unpriced(&self) {
        self.all.unpriced.with_label_values(&[&self.provider]).inc();
    }
}

fn registered<T: Collector + Clone + 'static>(registry: &Registry, metric: T) -> Result<T, prometheus::Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}
