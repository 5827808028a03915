use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    core::Collector,
};

use super::breaker::Stand;

/// Seconds.
const WAITS: [f64; 10] = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What is counted about attempts. Labels are names from policy documents and words of ours.
#[derive(Clone, Debug)]
pub(crate) struct ResilienceMetrics {
    attempts: IntCounterVec,
    retries: IntCounterVec,
    failovers: IntCounterVec,
    passed_over: IntCounterVec,
    breakers: IntGaugeVec,
    queue_depth: IntGaugeVec,
    queue_time: HistogramVec,
}

/// The metrics of one provider, looked up once.
#[derive(Debug)]
pub(super) struct ProviderMeters {
    provider: String,
    all: ResilienceMetrics,
    good_attempts: IntCounter,
    pub(super) queue_depth: IntGauge,
    pub(super) queue_time: Histogram,
}

/// The gauge of one breaker, for as long as there is that breaker.
#[derive(Debug)]
pub(super) struct BreakerMeter {
    provider: String,
    model: String,
    all: IntGaugeVec,
    gauge: IntGauge,
}

/// Why a provider was not asked, or asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Resting,
    UsedUp,
    Unwell,
    QueueFull,
    QueueTimeout,
}

impl ResilienceMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            registered(registry, IntCounterVec::new(Opts::new(name, help), labels)?)
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            registered(registry, IntGaugeVec::new(Opts::new(name, help), labels)?)
        };
        Ok(Self {
            attempts: counter(
                "bartizan_forward_attempts_total",
                "Requests sent to a provider, repeated ones included, and how they went: ok, or the code of the error.",
                &["provider", "outcome"],
            )?,
            retries: counter(
                "bartizan_forward_retries_total",
                "Attempts repeated at the same provider, by the code of the error before.",
                &["provider", "reason"],
            )?,
            failovers: counter(
                "bartizan_forward_failovers_total",
                "Requests that went on to another provider or model, by who failed and the code of the error.",
                &["provider", "reason"],
            )?,
            passed_over: counter(
                "bartizan_forward_passed_over_total",
                "Times a provider was not asked, or asked last: resting, used_up, unwell, queue_full, queue_timeout.",
                &["provider", "cause"],
            )?,
            breakers: gauge(
                "bartizan_forward_breaker_state",
                "Circuit breaker: 0 closed, 1 on trial, 2 open. The model is the provider's name of it.",
                &["provider", "model"],
            )?,
            queue_depth: gauge(
                "bartizan_forward_queue_depth",
                "Requests that wait for a place at a provider.",
                &["provider"],
            )?,
            queue_time: registered(
                registry,
                HistogramVec::new(
                    HistogramOpts::new(
                        "bartizan_forward_queue_seconds",
                        "How long requests waited for a place at a provider, of those that waited.",
                    )
                    .buckets(WAITS.to_vec()),
                    &["provider"],
                )?,
            )?,
        })
    }

    pub(super) fn of(&self, provider: &str) -> ProviderMeters {
        ProviderMeters {
            provider: provider.to_owned(),
            good_attempts: self.attempts.with_label_values(&[provider, "ok"]),
            queue_depth: self.queue_depth.with_label_values(&[provider]),
            queue_time: self.queue_time.with_label_values(&[provider]),
            all: self.clone(),
        }
    }
}

impl ProviderMeters {
    pub(super) fn went_well(&self) {
        self.good_attempts.inc();
    }

    pub(super) fn failed(&self, reason: &str) {
        self.all.attempts.with_label_values(&[&self.provider, reason]).inc();
    }

    pub(super) fn retried(&self, reason: &str) {
        self.all.retries.with_label_values(&[&self.provider, reason]).inc();
    }

    pub(super) fn failed_over(&self, reason: &str) {
        self.all.failovers.with_label_values(&[&self.provider, reason]).inc();
    }

    pub(super) fn passed_over(&self, cause: Cause) {
        let cause = match cause {
            Cause::Resting => "resting",
            Cause::UsedUp => "used_up",
            Cause::Unwell => "unwell",
            Cause::QueueFull => "queue_full",
            Cause::QueueTimeout => "queue_timeout",
        };
        self.all.passed_over.with_label_values(&[&self.provider, cause]).inc();
    }

    pub(super) fn breaker(&self, model: &str) -> BreakerMeter {
        BreakerMeter {
            provider: self.provider.clone(),
            model: model.to_owned(),
            gauge: self.all.breakers.with_label_values(&[&self.provider, model]),
            all: self.all.breakers.clone(),
        }
    }
}

impl BreakerMeter {
    pub(super) fn stands(&self, stand: Stand) {
        self.gauge.set(stand as i64);
    }
}

impl Drop for BreakerMeter {
    fn drop(&mut self) {
        // An error means that it is gone already.
        let _ = self.all.remove_label_values(&[&self.provider, &self.model]);
    }
}

fn registered<T: Collector + Clone + 'static>(registry: &Registry, metric: T) -> Result<T, prometheus::Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}
