use std::net::SocketAddr;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::workload::{UNNUMBERED, Workload};

/// Requests sent so far.
static SENT: AtomicU32 = AtomicU32::new(0);

/// The latencies of a round; their number is the number of requests.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) latencies: Vec<Duration>,
}

/// When requests are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// Each connection sends its next when the last is answered. Latencies are of an edge that has no rest.
    Closed,
    /// This many a second, whether or not the last are answered. A request that waits for a connection is late by that.
    Open(u32),
}

/// Sends the workload over `connections` kept-alive connections for one round. Any answer but 200 ends the bench.
pub(crate) async fn run(
    address: SocketAddr,
    workload: Workload,
    pace: Pace,
    connections: usize,
    round: Duration,
) -> Result<Outcome> {
    let mut clients = JoinSet::new();
    let body = workload.body();
    let starts = Arc::new(Starts::new(pace, round));
    for _ in 0..connections {
        clients.spawn(client(address, body.clone(), Arc::clone(&starts)));
    }
    let mut outcome = Outcome::default();
    while let Some(latencies) = clients.join_next().await {
        outcome.latencies.extend(latencies??);
    }
    Ok(outcome)
}

/// Tells when requests are to be sent, until the round is over.
enum Starts {
    AtOnce { end: Instant },
    Ticks(Mutex<mpsc::UnboundedReceiver<Instant>>),
}

impl Starts {
    fn new(pace: Pace, round: Duration) -> Self {
        let start = Instant::now();
        let end = start + round;
        let Pace::Open(rate) = pace else {
            return Self::AtOnce { end };
        };
        let (tick, ticks) = mpsc::unbounded_channel();
        // WHY a thread: tokio's timers are a millisecond apart, which is more than is measured here.
        std::thread::spawn(move || {
            let between = Duration::from_secs(1) / rate;
            let mut next = start;
            while next < end {
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
                if tick.send(Instant::now()).is_err() {
                    return;
                }
                next += between;
            }
        });
        Self::Ticks(Mutex::new(ticks))
    }

    /// When the next request was to be sent: now, or before if no connection was free.
    async fn next(&self) -> Option<Instant> {
        match self {
            Self::AtOnce { end } => Some(Instant::now()).filter(|now| now < end),
            Self::Ticks(ticks) => ticks.lock().await.recv().await,
        }
    }
}

async fn client(address: SocketAddr, body: Bytes, starts: Arc<Starts>) -> Result<Vec<Duration>> {
    let socket = TcpStream::connect(address).await.context("cannot connect to Envoy")?;
    socket.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let driver = tokio::task::spawn(connection);
    let mut latencies = Vec::new();
    sender.ready().await?;
    while let Some(start) = starts.next().await {
        let request = Request::post("/v1/chat/completions")
            .header("host", "localhost")
            .header("authorization", "Bearer bz-bench-key")
            .header("content-type", "application/json")
            .header("user-agent", "bartizan-bench")
            .header("accept", "application/json")
            .body(Full::new(numbered(&body)?))?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let content = answer.into_body().collect().await?.to_bytes();
        latencies.push(start.elapsed());
        if status != 200 {
            bail!("{address} answered {status}: {}", String::from_utf8_lossy(&content));
        }
        sender.ready().await?;
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
