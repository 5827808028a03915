//! Policy documents, and what becomes of them.
//!
//! Security people write YAML documents; [`compile`] turns all of them at once into a [`CompiledPolicy`], or into a
//! list of every mistake in them, each with its place and its remedy. The compiled forms are what programs work with:
//! [`AuthConfig`], [`RateLimitConfig`] and [`ThreatScanConfig`] travel to the filters as bytes that load without
//! building anything; [`ForwardConfig`] and [`GatewayConfig`] stay in the control plane.
//!
//! Filters use this crate without the feature `compile`, and so can read compiled forms but not documents.
//!
//! ```
//! use bartizan_policy::{Source, compile};
//!
//! let source = |text: &str| [Source { file: "policies/all.yaml".to_owned(), text: text.to_owned() }];
//! let policy = compile(&source("
//! apiVersion: bartizan.dev/v1alpha1
//! kind: Tenant
//! metadata: {name: acme}
//! spec:
//!   keys: [{id: dev, sha256: 3d1b49bb1f1c1e9fe7e5b41b4e3a2c1f5d7e8b9a0c1d2e3f405162738495a6b7}]
//!   limits: {requests: {limit: 5, window: 1m}}
//! ---
//! apiVersion: bartizan.dev/v1alpha1
//! kind: ThreatPolicy
//! metadata: {name: default}
//! spec: {mode: enforce, rulePacks: []}
//! "))
//! .unwrap();
//! assert_eq!(policy.auth.keys.len(), 1);
//!
//! let mistakes = compile(&source("
//! apiVersion: bartizan.dev/v1alpha1
//! kind: ThreatPolicy
//! metadata: {name: default}
//! spec: {mode: enforced, rulePacks: []}
//! "))
//! .unwrap_err();
//! assert_eq!(
//!     mistakes[0].to_string(),
//!     "policies/all.yaml:5:14: spec.mode: \"enforced\" is not one of enforce, audit, off; did you mean \"enforce\"?",
//! );
//! ```
#![deny(missing_docs)]

mod compiled;

#[cfg(feature = "compile")]
mod compile;
#[cfg(feature = "compile")]
mod document;
mod error;
#[cfg(feature = "compile")]
mod report;
#[cfg(feature = "compile")]
mod schema;
#[cfg(feature = "compile")]
mod shape;
#[cfg(feature = "compile")]
mod suggest;
#[cfg(feature = "compile")]
mod yaml;

#[cfg(feature = "compile")]
pub use compile::{API_VERSION, Compiler, MAX_SOURCE_BYTES, Source, compile};
pub use compiled::{
    AuthConfig, AwsSource, CacheConfig, CallException, Caller, CircuitBreaker, CompiledPolicy, Concurrency,
    CredentialSource, DecodeError, FailureMode, Format, ForwardConfig, GatewayConfig, HeaderMatch, JobsConfig,
    KvVersion, McpRefusal, Model, ModelRefusal, PassiveHealth, Price, PriceEntry, PriceList, Provider, ProviderKind,
    ProviderTls, RateLimitConfig, Requirement, Resilience, Retry, Target, TenantModels, ThreatScanConfig, Timeouts,
    Tls, Transfer, UnscannableMode, UnsupportedFields, Upstream, VaultAuth, VaultSecret,
};
pub use error::PolicyError;
#[cfg(feature = "compile")]
pub use schema::json_schema;
