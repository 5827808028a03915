use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::workload::{UNNUMBERED, Workload};

/// Requests sent so far.
static SENT: AtomicU32 = AtomicU32::new(0);

/// The latencies of a round; their number is the number of requests.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) latencies: Vec<Duration>,
}

/// Sends the workload over `connections` kept-alive connections for one round. Any answer but 200 ends the bench.
pub(crate) async fn run(
    address: SocketAddr,
    workload: Workload,
    connections: usize,
    round: Duration,
) -> Result<Outcome> {
    let mut clients = JoinSet::new();
    let body = workload.body();
    for _ in 0..connections {
        clients.spawn(client(address, body.clone(), round));
    }
    let mut outcome = Outcome::default();
    while let Some(latencies) = clients.join_next().await {
        outcome.latencies.extend(latencies??);
    }
    Ok(outcome)
}

async fn client(address: SocketAddr, body: Bytes, round: Duration) -> Result<Vec<Duration>> {
    let socket = TcpStream::connect(address).await.context("cannot connect to Envoy")?;
    socket.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let driver = tokio::task::spawn(connection);
    let mut latencies = Vec::new();
    let end = Instant::now() + round;
    while Instant::now() < end {
        let request = Request::post("/v1/chat/completions")
            .header("host", "localhost")
            .header("authorization", "Bearer bz-bench-key")
            .header("content-type", "application/json")
            .header("user-agent", "bartizan-bench")
            .header("accept", "application/json")
            .body(Full::new(numbered(&body)?))?;
        sender.ready().await?;
        let start = Instant::now();
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let content = answer.into_body().collect().await?.to_bytes();
        latencies.push(start.elapsed());
        if status != 200 {
            bail!("{address} answered {status}: {}", String::from_utf8_lossy(&content));
        }
    }
    drop(sender);
    driver.await??;
    Ok(latencies)
}

/// The body with a last turn like no other request's, as in a conversation that goes on: only what was said before may be
/// remembered.
fn numbered(body: &[u8]) -> Result<Bytes> {
    let place = body
        .windows(UNNUMBERED.len())
        .rposition(|window| window == UNNUMBERED.as_bytes());
    let place = place.context("the body has no place for its number")?;
    let mut body = body.to_vec();
    let mut number = SENT.fetch_add(1, Ordering::Relaxed);
    for letter in body.iter_mut().skip(place).take(UNNUMBERED.trim_end().len()) {
        *letter = b'a' + (number & 15) as u8;
        number >>= 4;
    }
    Ok(Bytes::from(body))
}
