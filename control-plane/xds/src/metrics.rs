use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, core::Collector};

use crate::resource::ResourceType;

/// Push to acknowledgement: a new configuration takes about 10 ms, new code up to a second.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

/// What the role counts.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    connected_nodes: IntGauge,
    pushes: IntCounterVec,
    acks: IntCounterVec,
    nacks: IntCounterVec,
    push_to_ack: HistogramVec,
    refused_streams: IntCounter,
}

impl Metrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let by_type = |name: &str, help: &str| IntCounterVec::new(Opts::new(name, help), &["type"]);
        Ok(Self {
            connected_nodes: registered(
                registry,
                IntGauge::new("bartizan_xds_connected_nodes", "Envoys with a stream open.")?,
            )?,
            pushes: registered(
                registry,
                by_type("bartizan_xds_pushes_total", "Resources, or removals, sent to an Envoy.")?,
            )?,
            acks: registered(
                registry,
                by_type("bartizan_xds_acks_total", "Resources that an Envoy accepted.")?,
            )?,
            nacks: registered(
                registry,
                by_type("bartizan_xds_nacks_total", "Resources that an Envoy refused.")?,
            )?,
            push_to_ack: registered(
                registry,
                HistogramVec::new(
                    HistogramOpts::new(
                        "bartizan_xds_push_to_ack_seconds",
                        "From handing a resource to the stream until the Envoy accepted it.",
                    )
                    .buckets(BUCKETS.to_vec()),
                    &["type"],
                )?,
            )?,
            refused_streams: registered(
                registry,
                IntCounter::new(
                    "bartizan_xds_refused_streams_total",
                    "Streams ended because the client broke the protocol or asked for too much.",
                )?,
            )?,
        })
    }

    pub(crate) fn connected(&self) {
        self.connected_nodes.inc();
    }

    pub(crate) fn disconnected(&self) {
        self.connected_nodes.dec();
    }

    pub(crate) fn pushed(&self, resource_type: ResourceType) {
        self.pushes.with_label_values(&[resource_type.short_name()]).inc();
    }

    pub(crate) fn accepted(&self, resource_type: ResourceType, after: Option<Duration>) {
        let labels = [resource_type.short_name()];
        self.acks.with_label_values(&labels).inc();
        if let Some(after) = after {
            self.push_to_ack.with_label_values(&labels).observe(after.as_secs_f64());
        }
    }

    pub(crate) fn rejected(&self, resource_type: ResourceType) {
        self.nacks.with_label_values(&[resource_type.short_name()]).inc();
    }

    pub(crate) fn refused_stream(&self) {
        self.refused_streams.inc();
    }
}

fn registered<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> Result<C, prometheus::Error> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}
