//! A provider that plays a script, byte by byte.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
    task::JoinHandle,
};

use super::support::{PATIENCE, model, provider};

/// Of a provider that is asked once for each request, however it fails.
pub(crate) const ONCE: &str = "retry: {numRetries: 0}, circuitBreaker: {failures: 0}";
/// Of a provider that is asked again, however often it failed.
pub(crate) const WITHOUT_BREAKER: &str =
    "circuitBreaker: {failures: 0}, healthCheck: {passive: {failurePercentageThreshold: 0}}";

/// What the provider does after it has read a request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Sends for as long as somebody reads.
    Endless(Vec<u8>),
    /// Sends little by little for as long as somebody reads.
    Drip(Vec<u8>),
    /// Waits until the test lets it go on.
    Gate(Arc<Notify>),
    /// Waits until the forwarder closes the connection, and tells.
    Closed(Arc<Notify>),
    /// Keeps the connection for the next request.
    Keep,
}

/// A request as it arrived.
#[derive(Debug)]
pub(crate) struct Received {
    /// Request line and headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    received: mpsc::UnboundedReceiver<Received>,
    connections: Arc<AtomicUsize>,
    sent: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Upstream {
    pub(crate) async fn start(script: Vec<Step>) -> Self {
        Self::taking_turns(vec![script]).await
    }

    /// An upstream that plays the scripts in turn, one for each request.
    pub(crate) async fn taking_turns(scripts: Vec<Vec<Step>>) -> Self {
        let scripts = Arc::new(scripts);
        let turn = Arc::new(AtomicUsize::new(0));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, received) = mpsc::unbounded_channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::clone(&connections);
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sent);
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                accepted.fetch_add(1, Ordering::Relaxed);
                let turns = (Arc::clone(&scripts), Arc::clone(&turn));
                tokio::spawn(play(stream, turns, sender.clone(), Arc::clone(&counted)));
            }
        });
        Self {
            address,
            received,
            connections,
            sent,
            serving,
        }
    }

    /// An upstream that gives every request the same whole answer.
    pub(crate) async fn answering(status: &str, headers: &str, body: &str) -> Self {
        Self::start(vec![Step::Send(whole(status, headers, body)), Step::Keep]).await
    }

    /// Documents that make models `m` of both dialects go here, under another name.
    pub(crate) fn documents(&self) -> String {
        documents(self.address)
    }

    /// The next request that arrived.
    pub(crate) async fn next(&mut self) -> Received {
        tokio::time::timeout(PATIENCE, self.received.recv())
            .await
            .unwrap()
            .unwrap()
    }

    /// How many requests arrived and were not looked at with [`next`](Self::next).
    pub(crate) fn requests(&self) -> usize {
        self.received.len()
    }

    /// Bytes that went out in endless steps so far.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// How many connections there were so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The model to ask for on a path.
pub(crate) fn model_of(path: &str) -> &'static str {
    if path == "/v1/messages" {
        "m-anthropic"
    } else {
        "m-openai"
    }
}

pub(crate) fn documents(address: SocketAddr) -> String {
    let spec = |kind, suffix| {
        format!(
            "type: {kind}, baseUrl: 'http://{address}{suffix}', allowInsecureHttp: true, credential: {{env: PLANTED}}, \
             {ONCE}"
        )
    };
    [
        provider("openai-there", &spec("openai", "/v1")),
        provider("anthropic-there", &spec("anthropic", "")),
        model("m-openai", "openai-there", "real-model"),
        model("m-anthropic", "anthropic-there", "real-model"),
    ]
    .concat()
}

pub(crate) fn whole(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The head of a stream of events in chunks.
pub(crate) fn stream_head() -> Step {
    Step::Send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec())
}

/// A chunk of a stream; an empty one ends it.
pub(crate) fn chunk(text: &str) -> Step {
    Step::Send(format!("{:x}\r\n{text}\r\n", text.len()).into_bytes())
}

async fn play(
    mut stream: TcpStream,
    (scripts, turn): (Arc<Vec<Vec<Step>>>, Arc<AtomicUsize>),
    sender: mpsc::UnboundedSender<Received>,
    sent: Arc<AtomicUsize>,
) {
    while let Some(received) = read(&mut stream).await {
        // The test may have seen enough.
        let _ = sender.send(received);
        let script = &scripts[turn.fetch_add(1, Ordering::Relaxed) % scripts.len()];
        if !perform(&mut stream, script, &sent).await {
            return;
        }
    }
}

/// Whether the connection is kept.
async fn perform(stream: &mut TcpStream, script: &[Step], sent: &AtomicUsize) -> bool {
    for step in script {
        match step {
            Step::Send(bytes) => {
                if stream.write_all(bytes).await.is_err() {
                    return false;
                }
            }
            Step::Endless(bytes) => {
                while stream.write_all(bytes).await.is_ok() {
                    sent.fetch_add(bytes.len(), Ordering::Relaxed);
                }
            }
            Step::Drip(bytes) => {
                while stream.write_all(bytes).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            Step::Gate(gate) => gate.notified().await,
            Step::Closed(told) => {
                let mut rest = [0; 1];
                let _ = stream.read(&mut rest).await;
                told.notify_one();
            }
            Step::Keep => return true,
        }
    }
    false
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(end);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Received {
        head,
        body: String::from_utf8(body).unwrap(),
    })
}
