//! The forwarder in a process of its own: all of its CPU is the hop, as the provider lives in this process.

mod client;
mod provider;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinSet;

use self::client::Sender;
use crate::account;
use crate::edge::{Process, when_written};
use crate::report::{Round, median};
use crate::workload::Workload;

/// Streams that are open at once when their memory is measured.
const OPEN: usize = 2_000;
/// Fewer than Envoy lets one connection have.
const STREAMS_OF_CONNECTION: usize = 100;

/// The models of [`policies`]: who serves them, and how that differs from what the client speaks.
const MODELS: [(&str, &str); 2] = [("sandbox-chat", "same dialect"), ("converted", "converted")];

/// Measures a chat of 4 KB, a stream's events and the memory of open streams, in the client's dialect and converted.
pub(crate) async fn measure(bartizan: &Path, connections: usize, rounds: usize, length: Duration) -> Result<()> {
    let folder = crate::edge::private_folder()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let policies = policies(folder.path(), listener.local_addr()?.port())?;
    tokio::task::spawn(provider::serve(listener));
    let (forwarder, socket) = start(bartizan, folder.path(), &policies).await?;
    let sender = client::connect(&socket).await?;

    writeln!(std::io::stdout(), "\nforwarder hop")?;
    for (model, manner) in MODELS {
        let body = asked(&Workload::Chat(4096), model)?;
        let hop = spent(&forwarder, &sender, &body, connections, rounds, length).await?;
        writeln!(
            std::io::stdout(),
            "chat, 4 KB, {manner}: CPU {:.1} µs a request, p50 {:.0} µs, p99 {:.0} µs",
            hop.cpu,
            hop.p50,
            hop.p99
        )?;
    }
    for (model, manner) in MODELS {
        let body = asked(&Workload::Stream, model)?;
        let hop = spent(&forwarder, &sender, &body, connections, rounds, length).await?;
        let event = hop.cpu / f64::from(u32::try_from(provider::EVENTS)?);
        writeln!(std::io::stdout(), "stream, {manner}: CPU {event:.2} µs an event")?;
    }
    let delays = delays(&sender).await?;
    let share = |part: usize| delays.get(delays.len() * part / 100).copied().unwrap_or_default();
    writeln!(
        std::io::stdout(),
        "stream of an event each 2 ms: an event is on its way for {} µs (p50), {} µs (p99)",
        share(50).as_micros(),
        share(99).as_micros(),
    )?;
    for (model, manner) in [("held", "same dialect"), ("held-converted", "converted")] {
        let before = account::resident(forwarder.id()?)?;
        let streams = open(&socket, &asked(&Workload::Stream, model)?).await?;
        let after = account::resident(forwarder.id()?)?;
        writeln!(
            std::io::stdout(),
            "{} open streams, {manner}: {:.0} MB, of them {:.0} KB a stream",
            streams.len(),
            megabytes(after),
            megabytes(after.saturating_sub(before)) * 1024.0 / f64::from(u32::try_from(streams.len())?),
        )?;
    }
    Ok(())
}

/// How long each event took from the provider to the client, in order of length.
async fn delays(sender: &Sender) -> Result<Vec<Duration>> {
    let arrivals = client::arrivals(sender.clone(), asked(&Workload::Stream, "timed")?).await?;
    let sent = provider::SENT.lock().map(|sent| sent.clone()).unwrap_or_default();
    let both = sent.iter().zip(&arrivals);
    let mut delays: Vec<Duration> = both
        .map(|(sent, arrived)| arrived.saturating_duration_since(*sent))
        .collect();
    delays.truncate(provider::EVENTS);
    delays.sort();
    Ok(delays)
}

#[expect(clippy::cast_precision_loss, reason = "memory is not told to the byte")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

async fn start(bartizan: &Path, folder: &Path, policies: &Path) -> Result<(Process, PathBuf)> {
    let token = folder.join("token");
    std::fs::write(&token, crate::edge::TOKEN)?;
    let (ready, socket) = (folder.join("ready.json"), folder.join("forward.sock"));
    let mut command = Command::new(bartizan);
    command.args(["serve", "--roles", "forward,admin", "--admin", "127.0.0.1:0"]);
    command.arg("--forward").arg(&socket);
    command.arg("--file").arg(policies);
    command.arg("--forward-token-file").arg(token);
    command.arg("--ready-file").arg(&ready);
    // Each of the streams that are dropped would have a line.
    command.args(["--log", "error"]);
    let forwarder = Process::spawn(&mut command)?;
    when_written(&ready).await?;
    Ok((forwarder, socket))
}

async fn spent(
    forwarder: &Process,
    sender: &Sender,
    body: &Bytes,
    connections: usize,
    rounds: usize,
    length: Duration,
) -> Result<Round> {
    let mut measured = Vec::new();
    for _ in 0..rounds {
        let before = account::cpu_time(forwarder.id()?)?;
        let outcome = client::load(sender, body, connections, length).await?;
        let spent = account::cpu_time(forwarder.id()?)?.saturating_sub(before);
        measured.push(Round::new(spent, outcome));
    }
    median(&measured)
}

/// Opens streams that have begun and do not end.
async fn open(socket: &Path, body: &Bytes) -> Result<Vec<Incoming>> {
    let mut beginning = JoinSet::new();
    let mut streams = Vec::with_capacity(OPEN);
    for _ in 0..OPEN / STREAMS_OF_CONNECTION {
        let sender = client::connect(socket).await?;
        for _ in 0..STREAMS_OF_CONNECTION {
            beginning.spawn(client::begin(sender.clone(), body.clone()));
        }
        while let Some(stream) = beginning.join_next().await {
            streams.push(stream??);
        }
    }
    Ok(streams)
}

/// The workload's body for another model.
fn asked(workload: &Workload, model: &str) -> Result<Bytes> {
    let body = String::from_utf8(workload.body().to_vec())?;
    Ok(body.replacen("\"sandbox-chat\"", &format!("\"{model}\""), 1).into())
}

fn policies(folder: &Path, port: u16) -> Result<PathBuf> {
    let target = folder.join("policies");
    std::fs::create_dir(&target)?;
    let key = folder.join("provider-key");
    std::fs::write(&key, "bench-provider-key").context("cannot write the provider's key")?;
    let mut documents = format!(
        "apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {{name: default}}
spec: {{mode: enforce, rulePacks: []}}
---
{}",
        crate::edge::TENANT,
    );
    for (kind, base) in [("openai", "/v1"), ("anthropic", "")] {
        documents.push_str(&format!(
            "
---
apiVersion: bartizan.dev/v1alpha1
kind: Provider
metadata: {{name: bench-{kind}}}
spec:
  type: {kind}
  baseUrl: http://127.0.0.1:{port}{base}
  allowInsecureHttp: true
  credential: {{file: {}}}
",
            key.display()
        ));
    }
    for (name, kind, upstream) in [
        ("sandbox-chat", "openai", "bench"),
        ("converted", "anthropic", "bench"),
        ("held", "openai", "held"),
        ("timed", "openai", "timed"),
        ("held-converted", "anthropic", "held"),
    ] {
        documents.push_str(&format!(
            "
---
apiVersion: bartizan.dev/v1alpha1
kind: Model
metadata: {{name: {name}}}
spec: {{provider: bench-{kind}, upstreamModel: {upstream}}}
"
        ));
    }
    std::fs::write(target.join("bench.yaml"), documents)?;
    Ok(target)
}
