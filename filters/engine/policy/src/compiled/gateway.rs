use std::path::PathBuf;
use std::time::Duration;

/// Bounds that Envoy itself holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayConfig {
    /// The largest request body, in bytes.
    pub max_body_bytes: u32,
    /// The largest answer that is held to be scanned, in bytes.
    pub max_answer_bytes: u32,
    /// The longest a request may run, its answer included.
    pub max_stream_duration: Duration,
    /// How long a stream may be silent before a comment is sent to the client.
    pub keep_alive_interval: Duration,
    /// The certificate for clients; `None`: plain HTTP.
    pub tls: Option<Tls>,
    /// Bounds of the cache of answers.
    pub cache: CacheConfig,
    /// Bounds of jobs.
    pub jobs: JobsConfig,
}

/// Bounds of the cache of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    /// Bytes that a forwarder keeps in memory.
    pub max_bytes: u64,
    /// The largest answer that is kept, in bytes.
    pub max_answer_bytes: u32,
}

impl Default for CacheConfig {
    /// 64 MiB, 1 MiB.
    fn default() -> Self {
        Self {
            max_bytes: 64 << 20,
            max_answer_bytes: 1 << 20,
        }
    }
}

/// Bounds of jobs, which are answered without a held connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobsConfig {
    /// How long a job and its answer are kept once it is over.
    pub keep: Duration,
    /// The longest the work on a job may take.
    pub max_duration: Duration,
    /// How many a forwarder works on at once.
    pub max_running: u32,
    /// How many of a tenant may wait or be worked on.
    pub max_queued_per_tenant: u32,
    /// How many of a tenant are kept, those that are over among them.
    pub max_per_tenant: u32,
    /// How many bytes of requests and answers of a tenant are kept.
    pub max_bytes_per_tenant: u64,
}

impl Default for JobsConfig {
    /// A day, an hour, 16, 100, 1000, 256 MiB.
    fn default() -> Self {
        Self {
            keep: Duration::from_secs(24 * 3600),
            max_duration: Duration::from_secs(3600),
            max_running: 16,
            max_queued_per_tenant: 100,
            max_per_tenant: 1000,
            max_bytes_per_tenant: 256 << 20,
        }
    }
}

/// Files of a certificate, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate and those that vouch for it.
    pub certificate_file: PathBuf,
    /// Its private key.
    pub private_key_file: PathBuf,
}

impl Default for GatewayConfig {
    /// 8 MiB each way, ten minutes, a comment after 15 s, plain HTTP.
    fn default() -> Self {
        Self {
            max_body_bytes: 8 << 20,
            max_answer_bytes: 8 << 20,
            max_stream_duration: Duration::from_secs(600),
            keep_alive_interval: Duration::from_secs(15),
            tls: None,
            cache: CacheConfig::default(),
            jobs: JobsConfig::default(),
        }
    }
}
