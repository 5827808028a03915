use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// What is counted about the cache.
#[derive(Clone, Debug)]
pub(crate) struct CacheMetrics {
    pub(super) hit: IntCounter,
    pub(super) miss: IntCounter,
    pub(super) bypass: IntCounter,
    pub(super) get_failed: IntCounter,
    pub(super) put_failed: IntCounter,
    /// Bytes that are kept, where the cache tells.
    pub(super) bytes: IntGauge,
}

impl CacheMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new(
                "bartizan_forward_cache_requests_total",
                "Requests to models whose answers are kept: hit, miss, or bypass.",
            ),
            &["outcome"],
        )?;
        let failures = IntCounterVec::new(
            Opts::new(
                "bartizan_forward_cache_failures_total",
                "Answers that could not be looked up or kept; requests go on without.",
            ),
            &["operation"],
        )?;
        let bytes = IntGauge::new(
            "bartizan_forward_cache_bytes",
            "Bytes of answers that are kept in memory.",
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(failures.clone()))?;
        registry.register(Box::new(bytes.clone()))?;
        Ok(Self {
            hit: requests.with_label_values(&["hit"]),
            miss: requests.with_label_values(&["miss"]),
            bypass: requests.with_label_values(&["bypass"]),
            get_failed: failures.with_label_values(&["get"]),
            put_failed: failures.with_label_values(&["put"]),
            bytes,
        })
    }
}
