use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{Duration, FilePath};

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
    /// The certificate for clients; by default plain HTTP.
    pub(crate) tls: Option<TlsSpec>,
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
