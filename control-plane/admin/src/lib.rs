//! The admin role: health, metrics, and what each Envoy runs, over plain HTTP for operators.
//!
//! | path | answer |
//! |---|---|
//! | `/` | the list of paths |
//! | `/healthz` | 200 as long as the process serves |
//! | `/readyz` | 200, or 503 and what is awaited |
//! | `/metrics` | Prometheus text |
//! | `/v1/nodes` | JSON: the policy in force, what is wrong with a newer edit, and every Envoy |
//!
//! It tells of policy and topology but of no secret, changes nothing, and asks for no credential: keep it on loopback
//! or behind a network policy.
#![deny(missing_docs)]

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bartizan_platform::{drain, readiness::Readiness};
use bartizan_ports::{NodeDirectory, NodeStatus, PolicyReport, PolicyReports};
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};
use serde::Serialize;
use tokio::net::TcpListener;

/// First word of the answer to `/healthz`, by which one Bartizan recognises another.
pub const PRODUCT: &str = "bartizan";

const INDEX: &str = "\
bartizan admin

/healthz   200 as long as the process serves
/readyz    200, or 503 and what is awaited
/metrics   Prometheus metrics
/v1/nodes  JSON: policy in force, problems of a newer edit, every Envoy and what it acknowledged or refused
";

/// What the admin role needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
}

/// Where the answers come from.
#[derive(Clone)]
pub struct Sources {
    /// What is not ready yet.
    pub readiness: Readiness,
    /// The policy in force.
    pub reports: PolicyReports,
    /// The Envoys; `None` in a process without the xds role.
    pub nodes: Option<Arc<dyn NodeDirectory>>,
    /// Every metric of the process.
    pub registry: Registry,
}

/// The role, holding its address but not serving yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
}

/// The address cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for admin")]
pub struct BindError {
    /// The address asked for.
    pub address: SocketAddr,
    /// What the operating system said.
    #[source]
    pub source: io::Error,
}

#[derive(Serialize)]
struct Nodes {
    policy: PolicyReport,
    nodes: Vec<NodeStatus>,
}

/// Takes the address.
///
/// # Errors
/// [`BindError`] when the address is in use or not ours.
pub async fn bind(config: Config, sources: Sources) -> Result<Bound, BindError> {
    let address = config.listen;
    let failed = |source| BindError { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Bound {
        listener,
        address,
        router: router(sources),
    })
}

// === impl Bound ===

impl Bound {
    /// The address in use.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the drain starts, and finishes the answers that are under way.
    ///
    /// # Errors
    /// When the listener fails for good.
    pub async fn serve(self, drain: drain::Watch) -> io::Result<()> {
        let release = drain.release();
        let stopped = async move {
            drain.signaled().await;
        };
        let served = axum::serve(self.listener, self.router)
            .with_graceful_shutdown(stopped)
            .await;
        drop(release);
        served
    }
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sources").finish_non_exhaustive()
    }
}

fn router(sources: Sources) -> Router {
    Router::new()
        .route("/", get(async || INDEX))
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/v1/nodes", get(nodes))
        .with_state(sources)
}

async fn health() -> &'static str {
    concat!("bartizan ", env!("CARGO_PKG_VERSION"), "\n")
}

async fn ready(State(sources): State<Sources>) -> (StatusCode, String) {
    match sources.readiness.pending().as_slice() {
        [] => (StatusCode::OK, "ready\n".to_owned()),
        pending => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("waiting for {}\n", pending.join(", ")),
        ),
    }
}

async fn metrics(State(sources): State<Sources>) -> Response {
    match TextEncoder::new().encode_to_string(&sources.registry.gather()) {
        Ok(text) => ([(header::CONTENT_TYPE, HeaderValue::from_static(TEXT_FORMAT))], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

async fn nodes(State(sources): State<Sources>) -> Response {
    let policy = sources.reports.borrow().clone();
    let nodes = sources.nodes.map(|directory| directory.nodes()).unwrap_or_default();
    Json(Nodes { policy, nodes }).into_response()
}

#[cfg(test)]
mod tests;
