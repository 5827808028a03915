//! How telemetry leaves: spans by a bounded queue and a thread that empties it, metrics by the SDK's own thread.

mod http_client;
mod spans;

use std::sync::Mutex;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    metrics::{PeriodicReader, SdkMeterProvider},
    trace::{SdkTracer, SdkTracerProvider, SpanExporter as _},
};
use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

use self::{http_client::HttpClient, spans::Queue};
use super::{LAST_EXPORT, config::Settings};

pub(super) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// What is counted about exports.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    exports: IntCounterVec,
    dropped: IntCounter,
}

/// What is needed to export, and to end.
#[derive(Debug)]
pub(super) struct Exports {
    resource: Resource,
    counters: Counters,
    spans: Mutex<Option<(SdkTracerProvider, Queue)>>,
}

impl Counters {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let exports = IntCounterVec::new(
            Opts::new(
                "bartizan_forward_telemetry_exports_total",
                "Requests to the OpenTelemetry collector, by signal and whether it took them.",
            ),
            &["signal", "outcome"],
        )?;
        let dropped = IntCounter::new(
            "bartizan_forward_telemetry_spans_dropped_total",
            "Spans that were not exported, for want of room or of a collector.",
        )?;
        registry.register(Box::new(exports.clone()))?;
        registry.register(Box::new(dropped.clone()))?;
        Ok(Self { exports, dropped })
    }
}

impl Exports {
    pub(super) fn new(settings: &Settings, counters: Counters) -> Self {
        let mut resource = Resource::builder();
        if let Some(name) = &settings.service_name {
            resource = resource.with_service_name(name.clone());
        }
        Self {
            resource: resource.build(),
            counters,
            spans: Mutex::new(None),
        }
    }

    /// Must be called within a tokio runtime.
    pub(super) fn tracer(&self, settings: &Settings) -> Result<Option<SdkTracer>, Failed> {
        let Some(endpoint) = &settings.traces else {
            return Ok(None);
        };
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(HttpClient::new("traces", endpoint, &self.counters.exports)?)
            .with_endpoint(endpoint)
            .build()?;
        exporter.set_resource(&self.resource);
        let queue = Queue::start(exporter, settings, self.counters.dropped.clone())?;
        let provider = SdkTracerProvider::builder()
            .with_resource(self.resource.clone())
            .with_span_processor(queue.clone())
            .build();
        let tracer = provider.tracer(env!("CARGO_PKG_NAME"));
        if let Ok(mut spans) = self.spans.lock() {
            *spans = Some((provider, queue));
        }
        Ok(Some(tracer))
    }

    /// Must be called within a tokio runtime.
    pub(super) fn meters(&self, settings: &Settings) -> Result<Option<SdkMeterProvider>, Failed> {
        let Some(endpoint) = &settings.metrics else {
            return Ok(None);
        };
        let exporter = MetricExporter::builder()
            .with_http()
            .with_http_client(HttpClient::new("metrics", endpoint, &self.counters.exports)?)
            .with_endpoint(endpoint)
            .build()?;
        let reader = PeriodicReader::builder(exporter)
            .with_interval(settings.metric_interval)
            .build();
        Ok(Some(
            SdkMeterProvider::builder()
                .with_resource(self.resource.clone())
                .with_reader(reader)
                .build(),
        ))
    }

    /// Sends the spans that are left.
    pub(super) async fn finish(&self) {
        let spans = self.spans.lock().ok().and_then(|mut spans| spans.take());
        if let Some((_provider, queue)) = spans
            && !queue.flush(LAST_EXPORT).await
        {
            tracing::warn!("spans were not exported to the end");
        }
    }
}
