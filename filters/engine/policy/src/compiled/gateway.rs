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
    /// The certificate for clients; `None`: plain HTTP.
    pub tls: Option<Tls>,
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
    /// 8 MiB each way, ten minutes, plain HTTP.
    fn default() -> Self {
        Self {
            max_body_bytes: 8 << 20,
            max_answer_bytes: 8 << 20,
            max_stream_duration: Duration::from_secs(600),
            tls: None,
        }
    }
}
