//! Spans and metrics under the GenAI conventions, exported by OTLP where the standard variables say so.
//!
//! On when `OTEL_EXPORTER_OTLP_ENDPOINT` is set, or that of a signal; protocol `http/protobuf`. Nothing that a client or a
//! model said is in it. Export happens on threads of its own: it never holds a request up, and what there is no room for
//! is dropped and counted.

mod config;
mod export;
mod facts;
mod instruments;
mod names;
mod operation;

use std::{sync::Arc, time::Duration};

use bartizan_verdict::Endpoint;
use http::HeaderMap;
use opentelemetry_sdk::{metrics::SdkMeterProvider, trace::SdkTracer};

pub(crate) use self::operation::{Ending, ErrorType, Operation};
use self::{config::Settings, export::Exports, instruments::Instruments};
use crate::Environment;

/// How long the end of the process may be held up by the last exports.
const LAST_EXPORT: Duration = Duration::from_secs(5);

/// Whether and how telemetry is made.
#[derive(Clone, Debug)]
pub(crate) struct Telemetry(Option<Arc<Running>>);

#[derive(Debug)]
struct Running {
    tracer: Option<SdkTracer>,
    instruments: Option<Instruments>,
    meters: Option<SdkMeterProvider>,
    exports: Exports,
}

impl Telemetry {
    /// Starts what the environment asks for. What cannot be started is logged and left out: requests are more important.
    ///
    /// # Errors
    /// When a metric is registered already.
    pub(crate) fn start(
        environment: &dyn Environment,
        registry: &prometheus::Registry,
    ) -> Result<Self, prometheus::Error> {
        let counters = export::Counters::register(registry)?;
        let settings = match Settings::read(environment) {
            Ok(Some(settings)) => settings,
            Ok(None) => return Ok(Self(None)),
            Err(cause) => {
                tracing::error!(%cause, "telemetry is off");
                return Ok(Self(None));
            }
        };
        match Running::start(&settings, counters) {
            Ok(running) => {
                tracing::info!("telemetry is exported");
                Ok(Self(Some(Arc::new(running))))
            }
            Err(cause) => {
                tracing::error!(%cause, "telemetry is off");
                Ok(Self(None))
            }
        }
    }

    /// Begins the span of a request, as part of the trace that its headers name; from then on they name the span.
    /// `None` if nothing is traced.
    pub(crate) fn begin(&self, endpoint: Endpoint, headers: &mut HeaderMap) -> Option<Box<Operation>> {
        Operation::begin(self.0.as_ref()?, endpoint, headers).map(Box::new)
    }

    /// Sends what is left, but not for ever. Nothing is exported afterwards.
    pub(crate) async fn finish(&self) {
        let Some(running) = &self.0 else { return };
        let meters = async {
            let Some(meters) = running.meters.clone() else {
                return;
            };
            let shut_down = tokio::task::spawn_blocking(move || meters.shutdown());
            if !matches!(tokio::time::timeout(LAST_EXPORT, shut_down).await, Ok(Ok(Ok(())))) {
                tracing::warn!("metrics were not exported to the end");
            }
        };
        tokio::join!(running.exports.finish(), meters);
    }
}

impl Running {
    fn start(settings: &Settings, counters: export::Counters) -> Result<Self, export::Failed> {
        let exports = Exports::new(settings, counters);
        let tracer = exports.tracer(settings)?;
        let meters = exports.meters(settings)?;
        Ok(Self {
            tracer,
            instruments: meters.as_ref().map(Instruments::new),
            meters,
            exports,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Dropping the last of it would wait for an export, which a thread of the runtime must not.
        if let Some(meters) = self.meters.take() {
            self.instruments = None;
            std::thread::spawn(move || drop(meters));
        }
    }
}
