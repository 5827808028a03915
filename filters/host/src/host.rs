use thiserror::Error;

/// A hostcall that Envoy refused. Nothing a client sends should bring it about, so a filter fails closed on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("envoy refused to {0}")]
pub struct HostError(pub &'static str);

/// How loud a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Of use to who looks closely.
    Debug,
    /// An operator should look.
    Warn,
}

/// What a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// A distribution of recorded values.
    Histogram,
}

/// A metric as Envoy knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricId(pub u32);

/// A shared value, and the version that a swap must name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// The bytes last stored.
    pub value: Vec<u8>,
    /// Changes with every store, never zero.
    pub version: u32,
}

/// What came of an attempt to store a shared value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// The value is stored.
    Stored,
    /// Another worker stored one first: read again.
    Stale,
}

/// What Envoy offers at any time, whatever the request is at.
///
/// Shared data is one table for all workers of one Envoy and all filters of one `vm_id`. Keys cannot be deleted, so a
/// filter creates a bounded number of them when it is configured.
pub trait Host {
    /// Wall clock, nanoseconds since 1970. It may step backwards.
    fn now_ns(&self) -> u64;

    /// Reads a shared value; `None` if the key was never stored.
    ///
    /// # Errors
    /// If Envoy refuses.
    fn shared(&self, key: &str) -> Result<Option<Versioned>, HostError>;

    /// Stores a shared value if its version is still the one read.
    ///
    /// # Errors
    /// If Envoy refuses for any other reason than a stale version.
    fn swap_shared(&self, key: &str, value: &[u8], version: u32) -> Result<Swap, HostError>;

    /// Stores a shared value whatever its version is. Not for use where workers race: the last one wins.
    ///
    /// # Errors
    /// If Envoy refuses.
    fn create_shared(&self, key: &str, value: &[u8]) -> Result<(), HostError>;

    /// Defines a metric, or finds the one of that name.
    ///
    /// # Errors
    /// If Envoy refuses.
    fn define_metric(&self, kind: MetricKind, name: &str) -> Result<MetricId, HostError>;

    /// Adds to a counter. Envoy shows it within a tenth of a second; what a crash catches before that is not counted.
    fn increment(&self, metric: MetricId, by: u64);

    /// Adds a value to a histogram.
    fn record(&self, metric: MetricId, value: u64);

    /// Notes something about the request for the access log, where it is the filter state `wasm.NAME`. When a stream is
    /// [`crate::Stream::done`], the log is written.
    fn note(&self, name: &str, value: &str);

    /// Writes a line to Envoy's log. Never content of a request or an answer.
    fn log(&self, level: Level, message: &str);
}
