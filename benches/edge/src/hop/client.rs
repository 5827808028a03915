//! What Envoy would send to the forwarder.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::UnixStream;
use tokio::task::JoinSet;

use crate::edge::TOKEN;
use crate::load::Outcome;

pub(super) type Sender = SendRequest<Full<Bytes>>;

pub(super) async fn connect(socket: &Path) -> Result<Sender> {
    let stream = UnixStream::connect(socket)
        .await
        .context("cannot reach the forwarder")?;
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::task::spawn(connection);
    Ok(sender)
}

/// Sends the body again and again in so many streams of one connection.
pub(super) async fn load(sender: &Sender, body: &Bytes, streams: usize, length: Duration) -> Result<Outcome> {
    let mut clients = JoinSet::new();
    for _ in 0..streams {
        clients.spawn(client(sender.clone(), body.clone(), length));
    }
    let mut outcome = Outcome::default();
    while let Some(latencies) = clients.join_next().await {
        outcome.latencies.extend(latencies??);
    }
    Ok(outcome)
}

/// Begins a request and reads the first piece of its answer.
pub(super) async fn begin(mut sender: Sender, body: Bytes) -> Result<Incoming> {
    sender.ready().await?;
    let answer = sender.send_request(request(body)?).await?;
    let status = answer.status();
    let mut content = answer.into_body();
    let first = content.frame().await;
    if status != 200 || !matches!(first, Some(Ok(_))) {
        bail!("the forwarder answered {status}");
    }
    Ok(content)
}

/// When each event of a stream arrived.
pub(super) async fn arrivals(sender: Sender, body: Bytes) -> Result<Vec<Instant>> {
    let mut content = begin(sender, body).await?;
    let mut arrivals = vec![Instant::now()];
    while let Some(frame) = content.frame().await {
        let now = Instant::now();
        let data = frame?.into_data().unwrap_or_default();
        let ends = data.windows(2).filter(|two| *two == b"\n\n").count();
        arrivals.extend(std::iter::repeat_n(now, ends));
    }
    Ok(arrivals)
}

async fn client(mut sender: Sender, body: Bytes, length: Duration) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    let end = Instant::now() + length;
    while Instant::now() < end {
        let request = request(body.clone())?;
        let start = Instant::now();
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let content = answer.into_body().collect().await?.to_bytes();
        latencies.push(start.elapsed());
        if status != 200 {
            bail!("the forwarder answered {status}: {}", String::from_utf8_lossy(&content));
        }
    }
    Ok(latencies)
}

fn request(body: Bytes) -> Result<Request<Full<Bytes>>> {
    Ok(Request::post("http://localhost/v1/chat/completions")
        .header("content-type", "application/json")
        .header("x-bartizan-edge", TOKEN)
        .header("x-bartizan-tenant", "bench")
        .body(Full::new(body))?)
}
