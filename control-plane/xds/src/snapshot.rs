//! A compiled policy and this installation's settings in, Envoy's resources out. Pure: the same input gives the same
//! bytes, and so the same versions, in every replica.
//!
//! | resource | name | changes when |
//! |---|---|---|
//! | Listener | `bartizan` | address, TLS, sizes, durations or the access log change |
//! | RouteConfiguration | `bartizan` | the body limit or the longest duration of jobs changes |
//! | Cluster | `forward` | TLS to the forwarders goes on or off |
//! | ClusterLoadAssignment | `forward` | forwarders come and go |
//! | TypedExtensionConfig | `bartizan.auth`, `bartizan.rate-limit`, `bartizan.threat-scan` | the policy, the filter's code or, for auth, the token changes |
//! | Secret | `forward-token`, and `listener-tls`, `forward-tls`, `forward-ca` with TLS | the token or the paths change |
//!
//! A policy edit therefore pushes three small resources; connections, routes and code stay as they are.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use bartizan_identity::JobKey;
use bartizan_platform::secret::Secret;
use bartizan_policy::CompiledPolicy;
use bartizan_ports::ForwardTls;

use crate::{
    proto::Source,
    resource::{Resource, ResourceType, Snapshot},
};

pub(crate) mod cluster;
pub(crate) mod filter;
pub(crate) mod listener;
pub(crate) mod route;
pub(crate) mod secret;

mod access_log;
mod reply;

#[cfg(test)]
mod tests;

pub(crate) use filter::FilterName;

/// Name of the listener and of its route configuration.
pub(crate) const EDGE: &str = "bartizan";
/// Name of the cluster of forwarders.
pub(crate) const FORWARD: &str = "forward";

/// What a snapshot needs to know beside the policy.
#[derive(Clone, Debug)]
pub struct SnapshotConfig {
    /// Where Envoy serves clients.
    pub listen: SocketAddr,
    /// The filters' code.
    pub filters: FilterCode,
    /// The forwarders, with names resolved.
    pub forward: Forward,
    /// Where Envoy writes one line a request.
    pub access_log: AccessLog,
}

/// The code of each filter.
#[derive(Clone, Debug)]
pub struct FilterCode {
    /// `bartizan.auth`.
    pub auth: WasmCode,
    /// `bartizan.rate-limit`.
    pub rate_limit: WasmCode,
    /// `bartizan.threat-scan`.
    pub threat_scan: WasmCode,
}

/// How Envoy gets a module.
///
/// There is deliberately no third way: code that Envoy has to fetch by itself (`remote`) lets requests through
/// unfiltered while the fetch is pending, and acknowledges the configuration all the same (envoyproxy/envoy#25052).
#[derive(Clone)]
pub enum WasmCode {
    /// A file on Envoy's machine. The name must change with the content, because Envoy compares only the name.
    File(PathBuf),
    /// The module itself.
    Inline(Arc<[u8]>),
}

/// The forwarders, and how Envoy proves to be ours.
#[derive(Clone, Debug)]
pub struct Forward {
    /// Every one of them.
    pub endpoints: Vec<Endpoint>,
    /// Goes into `x-bartizan-edge`.
    pub token: Secret<String>,
    /// Paths on Envoy's machine.
    pub tls: Option<ForwardTls>,
}

/// One forwarder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// A Unix socket on Envoy's machine.
    Unix(PathBuf),
    /// An address and port.
    Tcp(SocketAddr),
}

/// Where Envoy writes its access log: JSON lines that hold no body, no credential and no query string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AccessLog {
    /// Nowhere.
    #[default]
    Off,
    /// Standard output.
    Stdout,
    /// A file; Envoy reopens it on `SIGUSR1`.
    File(PathBuf),
}

/// Builds everything that an Envoy should have.
#[must_use]
pub fn build(policy: &CompiledPolicy, config: &SnapshotConfig) -> Snapshot {
    let mut snapshot = Snapshot::of_policy(&policy.digest);
    let tls = policy.gateway.tls.as_ref();
    let listener = listener::build(&policy.gateway, config, listener::Parts::Discovered);
    snapshot.insert(ResourceType::Listener, Resource::new(EDGE, &listener));
    snapshot.insert(ResourceType::Route, Resource::new(EDGE, &route::build(&policy.gateway)));
    let cluster = cluster::build(&config.forward, Source::Ads);
    snapshot.insert(ResourceType::Cluster, Resource::new(FORWARD, &cluster));
    let endpoints = cluster::endpoints(&config.forward);
    snapshot.insert(ResourceType::Endpoints, Resource::new(FORWARD, &endpoints));
    let job_key = JobKey::derive(config.forward.token.expose().as_bytes());
    for filter in filter::build_all(policy, &config.filters, Some(job_key)) {
        snapshot.insert(ResourceType::Filter, Resource::new(filter.name.clone(), &filter));
    }
    for secret in secret::build_all(&config.forward, tls) {
        snapshot.insert(ResourceType::Secret, Resource::new(secret.name.clone(), &secret));
    }
    snapshot
}

// === impl WasmCode ===

/// A module prints as its size.
impl std::fmt::Debug for WasmCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => formatter.debug_tuple("File").field(path).finish(),
            Self::Inline(bytes) => write!(formatter, "Inline({} bytes)", bytes.len()),
        }
    }
}
