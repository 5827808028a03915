//! What documents become.

mod auth;
mod credential;
mod envelope;
mod forward;
mod gateway;
mod pattern;
mod price_list;
mod rate_limit;
mod resilience;
mod route;
mod threat_scan;
mod upstream;

use crate::PolicyError;

pub use auth::AuthConfig;
pub use credential::{AwsSource, CredentialSource, KvVersion, ProviderTls, VaultAuth, VaultSecret};
pub use envelope::DecodeError;
pub use forward::{ForwardConfig, McpRefusal, ModelRefusal, Provider, ProviderKind, Requirement, Timeouts};
pub use gateway::{CacheConfig, GatewayConfig, JobsConfig, Tls};
pub use price_list::{Price, PriceEntry, PriceList};
pub use rate_limit::RateLimitConfig;
pub use resilience::{CircuitBreaker, Concurrency, PassiveHealth, Resilience, Retry};
pub use route::{HeaderMatch, Model, Target, TenantModels, UnsupportedFields};
pub use threat_scan::{CallException, Caller, FailureMode, ThreatScanConfig, UnscannableMode};
pub use upstream::{Format, Transfer, Upstream};

/// A whole policy, ready for use.
#[derive(Clone, Debug)]
pub struct CompiledPolicy {
    /// SHA-256, in hexadecimal, of all that the documents mean: the same for the same documents, whatever their
    /// files, order, comments and layout.
    pub digest: String,
    /// For the auth filter.
    pub auth: AuthConfig,
    /// For the rate-limit filter.
    pub rate_limit: RateLimitConfig,
    /// For the threat-scan filter.
    pub threat_scan: ThreatScanConfig,
    /// For the forwarder.
    pub forward: ForwardConfig,
    /// For Envoy's own configuration.
    pub gateway: GatewayConfig,
    /// What works, at a price, sorted by place: rules whose regex is run over every byte of every text.
    pub warnings: Vec<PolicyError>,
}
