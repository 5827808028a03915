use std::convert::Infallible;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, UnixStream};
use tokio::process::Command;
use tokio::task::JoinSet;

use crate::account;
use crate::edge::{Process, TOKEN, when_written};
use crate::load::Outcome;
use crate::report::{Round, median};
use crate::workload::Workload;

const ANSWER: &str = r#"{"id":"chatcmpl-bench","object":"chat.completion","created":1,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"The ferry leaves at nine."},"finish_reason":"stop"}],"usage":{"prompt_tokens":900,"completion_tokens":6,"total_tokens":906}}"#;

/// Measures a forwarder in a process of its own: all of its CPU is the hop, as the provider lives in this process.
pub(crate) async fn measure(bartizan: &Path, connections: usize, rounds: usize, length: Duration) -> Result<()> {
    let folder = crate::edge::private_folder()?;
    let provider = TcpListener::bind("127.0.0.1:0").await?;
    let policies = policies(folder.path(), provider.local_addr()?.port())?;
    tokio::task::spawn(serve(provider));

    let (token, key) = (folder.path().join("token"), folder.path().join("provider-key"));
    std::fs::write(&token, TOKEN)?;
    std::fs::write(key, "bench-provider-key")?;
    let (ready, socket) = (folder.path().join("ready.json"), folder.path().join("forward.sock"));
    let mut command = Command::new(bartizan);
    command
        .args([
            "serve",
            "--roles",
            "forward,admin",
            "--admin",
            "127.0.0.1:0",
            "--forward",
        ])
        .arg(&socket);
    command
        .arg("--file")
        .arg(policies)
        .arg("--forward-token-file")
        .arg(token)
        .arg("--ready-file")
        .arg(&ready);
    let forwarder = Process::spawn(&mut command)?;
    when_written(&ready).await?;

    let mut measured = Vec::new();
    for _ in 0..rounds {
        let before = account::cpu_time(forwarder.id()?)?;
        let outcome = load(&socket, connections, length).await?;
        measured.push(Round::new(
            account::cpu_time(forwarder.id()?)?.saturating_sub(before),
            outcome,
        ));
    }
    let hop = median(&measured)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nforwarder hop, chat, 4 KB, same dialect")?;
    writeln!(
        out,
        "CPU {:.1} µs a request, p50 {:.0} µs, p99 {:.0} µs",
        hop.cpu, hop.p50, hop.p99
    )?;
    Ok(())
}

fn policies(folder: &Path, port: u16) -> Result<PathBuf> {
    let target = folder.join("policies");
    std::fs::create_dir(&target)?;
    let key = folder.join("provider-key");
    let documents = format!(
        "apiVersion: bartizan.dev/v1alpha1
kind: Provider
metadata: {{name: bench}}
spec:
  type: openai
  baseUrl: http://127.0.0.1:{port}/v1
  allowInsecureHttp: true
  credential: {{file: {}}}
---
apiVersion: bartizan.dev/v1alpha1
kind: Model
metadata: {{name: sandbox-chat}}
spec: {{provider: bench}}
---
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {{name: default}}
spec: {{mode: enforce, rulePacks: []}}
---
{}",
        key.display(),
        crate::edge::TENANT,
    );
    std::fs::write(target.join("bench.yaml"), documents)?;
    Ok(target)
}

/// A provider as cheap as one can be: it reads the request and sends the same answer.
async fn serve(listener: TcpListener) -> Result<()> {
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::task::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service_fn(answer)));
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    // A body that breaks off is the forwarder's failure; its own answer then ends the bench.
    let _read = request.into_body().collect().await;
    let mut answer = Response::new(Full::new(Bytes::from_static(ANSWER.as_bytes())));
    answer.headers_mut().insert(
        "content-type",
        hyper::header::HeaderValue::from_static("application/json"),
    );
    Ok(answer)
}

async fn load(socket: &Path, connections: usize, length: Duration) -> Result<Outcome> {
    let body = Workload::Chat(4096).body();
    let stream = UnixStream::connect(socket)
        .await
        .context("cannot reach the forwarder")?;
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    tokio::task::spawn(connection);
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        clients.spawn(client(sender.clone(), body.clone(), length));
    }
    let mut outcome = Outcome::default();
    while let Some(latencies) = clients.join_next().await {
        outcome.latencies.extend(latencies??);
    }
    Ok(outcome)
}

async fn client(mut sender: SendRequest<Full<Bytes>>, body: Bytes, length: Duration) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    let end = Instant::now() + length;
    while Instant::now() < end {
        let request = Request::post("http://localhost/v1/chat/completions")
            .header("content-type", "application/json")
            .header("x-bartizan-edge", TOKEN)
            .header("x-bartizan-tenant", "bench")
            .body(Full::new(body.clone()))?;
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
