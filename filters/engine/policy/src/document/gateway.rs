use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{Duration, FilePath, Window};

/// Bounds of the listener.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GatewaySpec {
    /// The largest request body in bytes; by default 8388608 (8 MiB).
    #[schemars(range(min = 1024, max = 268_435_456))]
    pub(crate) max_body_bytes: Option<u32>,
    /// The largest answer, in bytes, that is held to be scanned; by default 8388608 (8 MiB).
    #[schemars(range(min = 1024, max = 268_435_456))]
    pub(crate) max_answer_bytes: Option<u32>,
    /// The longest a request may run, its answer included; by default 10m, at most 24h.
    pub(crate) max_stream_duration: Option<Duration>,
    /// How long a stream may be silent before a comment is sent to the client, so that nobody on the way takes it for
    /// dead; by default 15s.
    pub(crate) keep_alive_interval: Option<Duration>,
    /// The certificate for clients; by default plain HTTP.
    pub(crate) tls: Option<TlsSpec>,
    /// Bounds of the cache of answers, which Models may ask for.
    pub(crate) cache: Option<CacheSpec>,
    /// Bounds of jobs, which are answered without a held connection.
    pub(crate) jobs: Option<JobsSpec>,
}

/// Bounds of the cache of answers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CacheSpec {
    /// Bytes that a forwarder keeps in memory, all tenants together; by default 67108864 (64 MiB). Redis has a bound of
    /// its own.
    #[schemars(range(min = 0, max = 68_719_476_736_u64))]
    pub(crate) max_bytes: Option<u64>,
    /// The largest answer that is kept, in bytes; by default 1048576 (1 MiB).
    #[schemars(range(min = 0, max = 268_435_456))]
    pub(crate) max_answer_bytes: Option<u32>,
}

/// Bounds of jobs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct JobsSpec {
    /// How long a job and its answer are kept once it is over; by default 24h, at most 30d.
    pub(crate) keep: Option<Window>,
    /// The longest the work on a job may take; by default 1h, at most 24h.
    pub(crate) max_duration: Option<Duration>,
    /// How many jobs a forwarder works on at once; by default 16.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) max_running: Option<u32>,
    /// How many jobs of a tenant may wait or be worked on; by default 100.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) max_queued_per_tenant: Option<u32>,
    /// How many jobs of a tenant are kept, those that are over among them; by default 1000.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) max_per_tenant: Option<u32>,
    /// How many bytes of requests and answers of a tenant's jobs are kept; by default 268435456 (256 MiB).
    #[schemars(range(min = 1024, max = 1_099_511_627_776_u64))]
    pub(crate) max_bytes_per_tenant: Option<u64>,
}

/// Files of a certificate, in PEM.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TlsSpec {
    /// The certificate, and those that vouch for it.
    pub(crate) certificate_file: FilePath,
    /// Its private key.
    pub(crate) private_key_file: FilePath,
}
