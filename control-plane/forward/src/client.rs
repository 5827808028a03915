//! The HTTP client of one provider: a connection pool of its own, HTTP/1.1 or HTTP/2 as the provider prefers.

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

/// Shorter than the idle time of the usual servers and load balancers, so that we are the one to hang up.
const POOL_IDLE: Duration = Duration::from_secs(30);
const POOL_SIZE: usize = 512;

type Failed = Box<dyn Error + Send + Sync>;
type Connector = HttpsConnector<HttpConnector>;

/// Sends requests to one provider. Clones share connections. Redirects are not followed.
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

/// Makes a client; no connection yet.
///
/// # Errors
/// When the operating system's certificate authorities cannot be read.
pub(crate) fn new(transport: Transport, connect_timeout: Duration) -> Result<Client, Failed> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    let config = match transport {
        Transport::Tls => config.with_native_roots()?,
        Transport::Plain => config.with_root_certificates(RootCertStore::empty()),
    };
    Ok(with_tls(config.with_no_client_auth(), transport, connect_timeout))
}

/// Makes a client with a TLS of its own.
pub(crate) fn with_tls(config: ClientConfig, transport: Transport, connect_timeout: Duration) -> Client {
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
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_SIZE)
        .build(PatientConnector {
            connector,
            timeout: connect_timeout,
        })
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
