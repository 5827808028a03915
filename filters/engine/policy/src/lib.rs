//! Policy documents, and what becomes of them.
#![deny(missing_docs)]

#[cfg(feature = "compile")]
mod compile;
mod compiled;
#[cfg(feature = "compile")]
mod error;

#[cfg(feature = "compile")]
pub use compile::{API_VERSION, MAX_SOURCE_BYTES, Source, compile};
pub use compiled::{
    AuthConfig, CompiledPolicy, CredentialSource, DecodeError, FailureMode, ForwardConfig, GatewayConfig, Model,
    ModelRefusal, Provider, ProviderKind, RateLimitConfig, Requirement, TenantModels, ThreatScanConfig, Timeouts, Tls,
};
#[cfg(feature = "compile")]
pub use error::PolicyError;
