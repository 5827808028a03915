use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bartizan_verdict::{Endpoint, Reason};
use bartizan_wire::usage::Basis;
use http::HeaderMap;
use opentelemetry::{
    Array, Context, KeyValue, StringValue, Value,
    propagation::TextMapPropagator,
    trace::{Span as _, SpanBuilder, SpanKind, Status, TraceContextExt, Tracer},
};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::Span};

use super::{
    Running,
    facts::Facts,
    names::{attribute, value},
};
use crate::{exchange::Caller, metering::Charge, provider::Provider};

/// A request to a model under way, as a span and in metrics.
pub(crate) struct Operation {
    running: Arc<Running>,
    name: &'static str,
    endpoint: Endpoint,
    span: Option<Span>,
    started: Instant,
    chunks: Option<Chunks>,
    facts: Facts,
}

#[derive(Clone, Copy, Debug)]
struct Chunks {
    first: Duration,
    last: Instant,
    count: u32,
}

/// How an operation ended.
pub(crate) struct Ending<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) provider: &'a Provider,
    /// What policy calls the model.
    pub(crate) model: &'a str,
    pub(crate) upstream_model: &'a str,
    pub(crate) charge: Option<Charge>,
    /// Why it failed; `None` if it did not.
    pub(crate) error: Option<ErrorType>,
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorType {
    Failed(Reason),
    ClientGone,
}

// === impl Operation ===

impl Operation {
    pub(super) fn begin(running: &Arc<Running>, endpoint: Endpoint, headers: &mut HeaderMap) -> Option<Self> {
        let name = value::operation(endpoint)?;
        let span = running.tracer.as_ref().map(|tracer| {
            let propagator = TraceContextPropagator::new();
            let parent = propagator.extract_with_context(&Context::new(), &HeaderExtractor(headers));
            let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Client);
            let span = tracer.build_with_context(builder, &parent);
            let context = parent.with_remote_span_context(span.span_context().clone());
            propagator.inject_context(&context, &mut HeaderInjector(headers));
            span
        });
        Some(Self {
            running: Arc::clone(running),
            name,
            endpoint,
            span,
            started: Instant::now(),
            chunks: None,
            facts: Facts::default(),
        })
    }

    /// The whole answer is there.
    pub(crate) fn answered(&mut self, body: &[u8]) {
        self.facts.note_answer(self.endpoint, body);
    }

    /// Some events of the answer go to the client.
    pub(crate) fn chunk(&mut self, events: &[u8], provider: &Provider, upstream_model: &str) {
        self.facts.note_events(self.endpoint, events);
        let now = Instant::now();
        match &mut self.chunks {
            None => {
                self.chunks = Some(Chunks {
                    first: now - self.started,
                    last: now,
                    count: 1,
                });
            }
            Some(chunks) => {
                let pause = now - std::mem::replace(&mut chunks.last, now);
                chunks.count += 1;
                if let Some(instruments) = &self.running.instruments {
                    let attributes = self.attributes(provider, upstream_model);
                    instruments
                        .time_per_output_chunk
                        .record(pause.as_secs_f64(), &attributes);
                }
            }
        }
    }

    pub(crate) fn end(mut self, ending: &Ending<'_>) {
        let mut attributes = self.attributes(ending.provider, ending.upstream_model);
        self.measure(&mut attributes, ending);
        let Some(mut span) = self.span.take() else { return };
        if !span.is_recording() {
            return;
        }
        span.update_name(format!("{} {}", self.name, ending.upstream_model));
        span.set_attributes(attributes);
        let mut set = |key: &'static str, value: Value| span.set_attribute(KeyValue::new(key, value));
        set(attribute::REQUEST_STREAM, self.chunks.is_some().into());
        set(attribute::TENANT, ending.caller.tenant.clone().into());
        set(attribute::REQUEST_ID, ending.caller.request_id.clone().into());
        set(attribute::MODEL, ending.model.to_owned().into());
        set(attribute::PROVIDER_NAME, ending.provider.name().to_owned().into());
        if let Some(id) = self.facts.id.take() {
            set(attribute::RESPONSE_ID, id.into());
        }
        if !self.facts.finish_reasons.is_empty() {
            let reasons: Vec<StringValue> = self.facts.finish_reasons.drain(..).map(Into::into).collect();
            set(attribute::FINISH_REASONS, Value::Array(Array::String(reasons)));
        }
        if let Some(chunks) = self.chunks {
            set(attribute::TIME_TO_FIRST_CHUNK, chunks.first.as_secs_f64().into());
        }
        if let Some(charge) = ending.charge {
            let count = |tokens: u64| Value::I64(i64::try_from(tokens).unwrap_or(i64::MAX));
            let usage = charge.usage;
            set(attribute::INPUT_TOKENS, count(usage.input));
            set(attribute::OUTPUT_TOKENS, count(usage.output));
            let parts = [
                (attribute::CACHE_READ_TOKENS, usage.parts.cached),
                (attribute::CACHE_CREATION_TOKENS, usage.parts.cache_written),
                (attribute::REASONING_TOKENS, usage.parts.reasoning),
            ];
            for (key, tokens) in parts.into_iter().filter(|(_, tokens)| *tokens > 0) {
                set(key, count(tokens));
            }
            set(attribute::ESTIMATED, (usage.basis == Basis::Estimated).into());
            if let Some(cost) = charge.cost {
                set(attribute::COST, count(cost));
            }
        }
        if let Some(error) = ending.error {
            span.set_status(Status::error(error.as_str()));
        }
        span.end();
    }

    /// Records the metrics. Tokens count only as the provider told them.
    fn measure(&self, attributes: &mut Vec<KeyValue>, ending: &Ending<'_>) {
        if let Some(model) = &self.facts.model {
            attributes.push(KeyValue::new(attribute::RESPONSE_MODEL, model.clone()));
        }
        let Some(instruments) = &self.running.instruments else {
            if let Some(error) = ending.error {
                attributes.push(KeyValue::new(attribute::ERROR_TYPE, error.as_str()));
            }
            return;
        };
        if let Some(charge) = ending.charge.filter(|charge| charge.usage.basis == Basis::Reported) {
            for (kind, tokens) in [(value::INPUT, charge.usage.input), (value::OUTPUT, charge.usage.output)] {
                attributes.push(KeyValue::new(attribute::TOKEN_TYPE, kind));
                instruments.tokens.record(tokens, attributes);
                attributes.pop();
            }
        }
        if let Some(chunks) = self.chunks {
            instruments
                .time_to_first_chunk
                .record(chunks.first.as_secs_f64(), attributes);
        }
        if let Some(error) = ending.error {
            attributes.push(KeyValue::new(attribute::ERROR_TYPE, error.as_str()));
        }
        instruments
            .duration
            .record(self.started.elapsed().as_secs_f64(), attributes);
    }

    /// What spans and metrics have in common.
    fn attributes(&self, provider: &Provider, upstream_model: &str) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(8);
        attributes.extend([
            KeyValue::new(attribute::OPERATION, self.name),
            KeyValue::new(attribute::PROVIDER, value::provider(provider.kind())),
            KeyValue::new(attribute::REQUEST_MODEL, upstream_model.to_owned()),
        ]);
        if let Some((host, port)) = provider.server() {
            attributes.push(KeyValue::new(attribute::SERVER_ADDRESS, host.to_owned()));
            attributes.push(KeyValue::new(attribute::SERVER_PORT, i64::from(port)));
        }
        attributes
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Operation")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

// === impl ErrorType ===

impl ErrorType {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Failed(reason) => reason.code(),
            Self::ClientGone => value::CLIENT_GONE,
        }
    }
}
