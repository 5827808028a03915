//! A whole configuration for an Envoy without a control plane: the same listener, filters, routes and cluster as over
//! xDS, each written where it is used. Policies are as they were when it was written.

use std::{net::SocketAddr, path::PathBuf};

use bartizan_platform::secret::Secret;
use bartizan_policy::CompiledPolicy;
use envoy_types::pb::envoy::config::{
    bootstrap::v3::{Bootstrap, bootstrap::StaticResources},
    core::v3::data_source::Specifier,
};

use crate::{
    bootstrap::{self, DEFAULT_MAX_CONNECTIONS},
    proto::Source,
    snapshot::{
        AccessLog, Endpoint, FilterCode, FilterName, Forward, SnapshotConfig, WasmCode, cluster, filter, listener,
        route, secret,
    },
    text::{self, Format, RenderError},
};

/// The environment variable from which such an Envoy takes the forwarder's token.
pub const TOKEN_VARIABLE: &str = "BARTIZAN_FORWARD_TOKEN";

/// Where things are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticConfig {
    /// Where Envoy serves clients.
    pub listen: SocketAddr,
    /// Where Envoy serves its own admin pages.
    pub admin: SocketAddr,
    /// Where the forwarder listens.
    pub forward: SocketAddr,
    /// Where `auth.wasm`, `rate-limit.wasm` and `threat-scan.wasm` are, as Envoy sees it.
    pub filters: PathBuf,
}

/// Writes the configuration, in YAML. It holds no secret: the forwarder's token comes from [`TOKEN_VARIABLE`].
///
/// # Errors
/// [`RenderError`] is a bug in this crate: the table of field names lacks one that is used.
pub fn render(policy: &CompiledPolicy, config: &StaticConfig) -> Result<String, RenderError> {
    let text = text::render(&build(policy, config), Format::Yaml)?;
    Ok(format!(
        "# Written by bartizan from policy documents. To change it, change those and write it again.\n\
         # Policy digest: {}\n{text}",
        policy.digest
    ))
}

fn build(policy: &CompiledPolicy, config: &StaticConfig) -> Bootstrap {
    let code = |name: FilterName| WasmCode::File(config.filters.join(name.module()).with_extension("wasm"));
    let snapshot_config = SnapshotConfig {
        listen: config.listen,
        filters: FilterCode {
            auth: code(FilterName::Auth),
            rate_limit: code(FilterName::RateLimit),
            threat_scan: code(FilterName::ThreatScan),
        },
        forward: Forward {
            endpoints: vec![Endpoint::Tcp(config.forward)],
            token: Secret::new(String::new()),
            tls: None,
        },
        access_log: AccessLog::Stdout,
    };
    let parts = listener::Parts::Given {
        // Nobody knows the token yet, so such an Envoy takes no work of jobs.
        filters: &filter::build_all(policy, &snapshot_config.filters, None),
        routes: &route::build(&policy.gateway),
    };
    let token = secret::generic(
        secret::FORWARD_TOKEN,
        Specifier::EnvironmentVariable(TOKEN_VARIABLE.to_owned()),
    );
    let listener_tls = policy.gateway.tls.as_ref().map(secret::listener);
    Bootstrap {
        static_resources: Some(StaticResources {
            listeners: vec![listener::build(&policy.gateway, &snapshot_config, parts)],
            clusters: vec![cluster::build(&snapshot_config.forward, Source::Bootstrap)],
            secrets: core::iter::once(token).chain(listener_tls).collect(),
        }),
        ..bootstrap::skeleton("static", "bartizan", config.admin, DEFAULT_MAX_CONNECTIONS)
    }
}
