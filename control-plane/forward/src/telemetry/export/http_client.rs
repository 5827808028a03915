use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use opentelemetry_http::HttpError;
use prometheus::{IntCounter, IntCounterVec};
use tokio::runtime::Handle;

use super::Failed;
use crate::client::{self, Client, Transport};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For one request; the SDK may try again.
const TIMEOUT: Duration = Duration::from_secs(10);
/// What a collector answers is smaller by far.
const ANSWER_LIMIT: usize = 1 << 20;

/// Sends requests of the exporters on our runtime, whatever thread they are made on.
#[derive(Clone, Debug)]
pub(super) struct HttpClient {
    client: Client,
    runtime: Handle,
    ok: IntCounter,
    failed: IntCounter,
}

impl HttpClient {
    /// Must be called within a tokio runtime.
    pub(super) fn new(signal: &str, endpoint: &str, exports: &IntCounterVec) -> Result<Self, Failed> {
        let transport = if endpoint.starts_with("https:") {
            Transport::Tls
        } else {
            Transport::Plain
        };
        Ok(Self {
            client: client::new(transport, CONNECT_TIMEOUT)?,
            runtime: Handle::current(),
            ok: exports.with_label_values(&[signal, "ok"]),
            failed: exports.with_label_values(&[signal, "failed"]),
        })
    }
}

#[async_trait]
impl opentelemetry_http::HttpClient for HttpClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        // The timer needs the runtime too.
        let sending = self
            .runtime
            .spawn(async move { tokio::time::timeout(TIMEOUT, send(client, request)).await });
        let answer = match sending.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => Err(error.into()),
            Err(error) => Err(error.into()),
        };
        match &answer {
            Ok(answer) if answer.status().is_success() => self.ok.inc(),
            Ok(_) | Err(_) => self.failed.inc(),
        }
        answer
    }
}

async fn send(client: Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (head, body) = client.request(request.map(Full::new)).await?.into_parts();
    let body = Limited::new(body, ANSWER_LIMIT).collect().await?.to_bytes();
    Ok(Response::from_parts(head, body))
}
