//! HTTP clients, each with a connection pool of its own, that speak HTTP/1.1 or HTTP/2 as the server prefers.

use std::{
    error::Error,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tower::Service;

use crate::lanes::Lane;

/// Shorter than the idle time of the usual servers and load balancers, so that we are the one to hang up.
const POOL_IDLE: Duration = Duration::from_secs(30);
const POOL_SIZE: usize = 512;

type Failed = Box<dyn Error + Send + Sync>;
type Connector = HttpsConnector<HttpConnector>;

/// Sends requests to one server. Clones share connections. Redirects are not followed.
pub(crate) type Client = legacy::Client<PatientConnector, Full<Bytes>>;

/// Gives up connecting after a while; name resolution, TCP and TLS together.
#[derive(Clone, Debug)]
pub(crate) struct PatientConnector {
    connector: Connector,
    timeout: Duration,
}

/// No connection within the time that policy allows.
#[derive(Debug, thiserror::Error)]
#[error("connect timeout")]
pub(crate) struct ConnectTimedOut;

/// Whether tokens may travel in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// `https` only, with the certificate authorities of the operating system.
    Tls,
    /// `http`, as for the sandbox or with `allowInsecureHttp`.
    Plain,
}

/// The clients of one provider, one for each lane. Clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    of_lanes: Arc<[Client]>,
    /// That of lanes that there were not yet when the others were made: processors come and go.
    other: Client,
}

/// Makes a client; no connection yet.
///
/// # Errors
/// When the operating system's certificate authorities cannot be read.
pub(crate) fn new(transport: Transport, connect_timeout: Duration) -> Result<Client, Failed> {
    Ok(with_tls(system_tls(transport)?, transport, connect_timeout))
}

/// Makes a client with a TLS of its own.
pub(crate) fn with_tls(config: ClientConfig, transport: Transport, connect_timeout: Duration) -> Client {
    over(connector(config, transport, connect_timeout))
}

/// TLS as the operating system would have it.
///
/// # Errors
/// When its certificate authorities cannot be read.
pub(crate) fn system_tls(transport: Transport) -> Result<ClientConfig, Failed> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    let config = match transport {
        Transport::Tls => config.with_native_roots()?,
        Transport::Plain => config.with_root_certificates(RootCertStore::empty()),
    };
    Ok(config.with_no_client_auth())
}

fn connector(config: ClientConfig, transport: Transport, timeout: Duration) -> PatientConnector {
    let mut http = HttpConnector::new();
    http.set_nodelay(true);
    http.enforce_http(false);
    let builder = HttpsConnectorBuilder::new().with_tls_config(config);
    let connector = match transport {
        Transport::Tls => builder.https_only(),
        Transport::Plain => builder.https_or_http(),
    }
    .enable_all_versions()
    .wrap_connector(http);
    PatientConnector { connector, timeout }
}

fn over(connector: PatientConnector) -> Client {
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_SIZE)
        .build(connector)
}

// === impl Clients ===

impl Clients {
    pub(crate) fn new(config: ClientConfig, transport: Transport, connect_timeout: Duration) -> Self {
        let connector = connector(config, transport, connect_timeout);
        Self {
            of_lanes: Lane::all().map(|_| over(connector.clone())).collect(),
            other: over(connector),
        }
    }

    /// The client whose connections a lane looks after.
    pub(crate) fn of(&self, lane: Lane) -> &Client {
        lane.of(&self.of_lanes).unwrap_or(&self.other)
    }
}

impl Service<Uri> for PatientConnector {
    type Response = <Connector as Service<Uri>>::Response;
    type Error = Failed;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failed>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(self.timeout, self.connector.call(uri));
        Box::pin(async move { connecting.await.map_err(|_| ConnectTimedOut)? })
    }
}

#[cfg(test)]
mod tests;
