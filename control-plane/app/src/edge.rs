//! Keeps an Envoy serving: starts it, waits until a request is answered, says so, and starts it again after a crash.

use std::{convert::Infallible, path::PathBuf, process::ExitStatus, sync::Arc, time::Duration};

use anyhow::{Context, Result, anyhow, bail};
use bartizan_forward::{EdgeAddress, EdgeTrust};
use bartizan_platform::readiness::{Readiness, Task};
use bartizan_ports::{NodeDirectory, NodeStatus, PolicyFeed};
use tokio::{
    sync::watch,
    time::{self, Instant},
};

use crate::{
    envoy::{Envoy, EnvoyAdmin, Launch, Next, Restarts, last_lines},
    http,
    ready_file::{Addresses, ReadyFile},
    terminal, welcome, wiring,
};

/// How long a start may take, from the process to the first request answered.
const START_WAIT: Duration = Duration::from_secs(30);
const PROBE_WAIT: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(10);
/// How much of Envoy's log is shown when it fails.
const LOG_LINES: usize = 20;
/// The Envoy that the filters and the configuration are tested with.
const ENVOY_VERSION: &str = "1.40";

/// What else the edge needs to know and to tell.
pub(crate) struct Parts {
    /// Knows what Envoy has acknowledged.
    pub(crate) directory: Option<Arc<dyn NodeDirectory>>,
    pub(crate) feed: PolicyFeed,
    pub(crate) readiness: Readiness,
    pub(crate) ready_file: ReadyFile,
    /// Those of the roles; Envoy's are added.
    pub(crate) addresses: Addresses,
    pub(crate) policies: PathBuf,
    /// Told where Envoy serves, and when it does not.
    pub(crate) serving: watch::Sender<Option<EdgeAddress>>,
}

/// An Envoy, now and after every crash.
pub(crate) struct Edge {
    launch: Launch,
    parts: Parts,
    restarts: Restarts,
    envoy: Option<Envoy>,
    /// How often it was ready.
    served: u32,
}

// === impl Edge ===

impl Edge {
    pub(crate) fn new(launch: Launch, parts: Parts) -> Self {
        Self {
            launch,
            parts,
            restarts: Restarts::default(),
            envoy: None,
            served: 0,
        }
    }

    /// Keeps Envoy serving. Returns only when that is hopeless.
    pub(crate) async fn run(&mut self) -> anyhow::Error {
        let mut awaited = self.parts.readiness.register("envoy");
        loop {
            let status = match self.run_once(awaited).await {
                Ok(status) => status,
                Err(error) => return self.with_log(&error),
            };
            self.envoy = None;
            self.parts.serving.send_replace(None);
            awaited = self.parts.readiness.register("envoy");
            match self.restarts.crashed(Instant::now()) {
                Next::Restart(pause) => {
                    tracing::error!(%status, pause_ms = pause.as_millis(), "Envoy ended; starting it again");
                    time::sleep(pause).await;
                }
                Next::GiveUp => return self.with_log(&anyhow!("Envoy ends again and again, last with {status}")),
            }
        }
    }

    /// Stops Envoy gently.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.parts.serving.send_replace(None);
        match self.envoy.take() {
            Some(envoy) => envoy.stop(self.launch.drain).await?,
            None => return Ok(()),
        }
        tracing::info!("Envoy stopped");
        Ok(())
    }

    /// Runs one Envoy until it ends.
    async fn run_once(&mut self, awaited: Task) -> Result<ExitStatus> {
        let started = Instant::now();
        let envoy = self.envoy.insert(self.launch.start()?);
        let pid = envoy.pid();
        let admin_file = envoy.admin_file();
        tracing::info!(pid, program = %self.launch.program.display(), "Envoy started");
        let ready = time::timeout(START_WAIT, ready(&self.parts, EnvoyAdmin::at(admin_file)));
        let (admin, listen) = tokio::select! {
            ready = ready => match ready {
                Ok(ready) => ready,
                Err(_) => bail!("no request was answered within {} s; {}", START_WAIT.as_secs(), refusals(&self.parts)),
            },
            status = envoy.exited() => return status,
        };
        let addresses = Addresses {
            listen: Some(listen),
            envoy_admin: Some(admin.address()),
            envoy_pid: pid,
            ..self.parts.addresses.clone()
        };
        self.parts.ready_file.write(&addresses)?;
        self.parts.serving.send_replace(Some(address_of(&self.parts, listen)?));
        awaited.ready();
        tracing::info!(after_ms = started.elapsed().as_millis(), %listen, "requests are answered");
        self.served += 1;
        if self.served == 1 {
            self.greet(admin, &addresses).await?;
        }
        let Some(envoy) = &mut self.envoy else {
            bail!("Envoy was taken away");
        };
        tokio::select! {
            status = envoy.exited() => status,
            failed = follow_tls(&self.parts, admin, listen) => match failed? {},
        }
    }

    async fn greet(&self, admin: EnvoyAdmin, addresses: &Addresses) -> Result<()> {
        match admin.version().await {
            Ok(version) if version.starts_with(ENVOY_VERSION) => {}
            Ok(version) => tracing::warn!(
                version,
                "this Envoy is not {ENVOY_VERSION}, which Bartizan is tested with"
            ),
            // It may have ended already; whoever waits for that starts it again.
            Err(error) => tracing::warn!(error = format!("{error:#}"), "cannot tell the version of this Envoy"),
        }
        let policy = self.parts.feed.borrow().clone();
        terminal::print(&welcome::text(
            &policy,
            addresses,
            &self.parts.policies,
            &self.launch.log_file(),
        ))
        .context("cannot print")
    }

    fn with_log(&self, error: &anyhow::Error) -> anyhow::Error {
        let lines = last_lines(&self.launch.log_file(), LOG_LINES).join("\n");
        match lines.is_empty() {
            true => anyhow!("{error:#}"),
            false => anyhow!("{error:#}; Envoy's log ends with:\n{lines}"),
        }
    }
}

/// Waits until a request is answered under the newest policy: Envoy has acknowledged it for every filter, has a
/// forwarder to send to, and refuses a request without a key in the auth filter's words.
async fn ready(parts: &Parts, admin: impl Future<Output = EnvoyAdmin>) -> (EnvoyAdmin, std::net::SocketAddr) {
    let admin = admin.await;
    loop {
        if acknowledged(parts) {
            match answering(parts, admin).await {
                Ok(Some(listen)) => return (admin, listen),
                Ok(None) => {}
                Err(error) => tracing::debug!(error = format!("{error:#}"), "not ready yet"),
            }
        }
        time::sleep(LOOK).await;
    }
}

/// Keeps the forwarder told how Envoy is reached, as policies give Envoy other certificates, or take them away. In between
/// it counts as away, so that jobs wait: what is sent in clear text to a listener that expects TLS by now is lost.
async fn follow_tls(parts: &Parts, admin: EnvoyAdmin, listen: std::net::SocketAddr) -> Result<Infallible> {
    let mut feed = parts.feed.clone();
    loop {
        feed.mark_unchanged();
        let address = address_of(parts, listen)?;
        if parts.serving.borrow().as_ref() == Some(&address) {
            feed.changed().await.context("nobody loads policies any more")?;
            continue;
        }
        parts.serving.send_replace(None);
        tokio::select! {
            biased;
            changed = feed.changed() => changed.context("nobody loads policies any more")?,
            _ = ready(parts, std::future::ready(admin)) => {
                tracing::info!(edge = %address.uri, "Envoy is reached in another way");
                parts.serving.send_replace(Some(address));
            }
        }
    }
}

fn acknowledged(parts: &Parts) -> bool {
    let Some(directory) = &parts.directory else { return true };
    let digest = parts.feed.borrow().digest.clone();
    let runs_it = |node: &NodeStatus| node.connected && node.policy_digest.as_ref() == Some(&digest);
    directory.nodes().iter().any(runs_it)
}

async fn answering(parts: &Parts, admin: EnvoyAdmin) -> Result<Option<std::net::SocketAddr>> {
    let Some(listen) = admin.listener(wiring::LISTENER).await? else {
        return Ok(None);
    };
    if !admin.has_endpoint(wiring::FORWARD_CLUSTER).await? {
        return Ok(None);
    }
    let serves_tls = parts.feed.borrow().gateway.tls.is_some();
    if serves_tls {
        // The certificate is for clients' eyes; that the port is open means that the filters are in place.
        tokio::net::TcpStream::connect(reachable(listen)).await?;
        return Ok(Some(listen));
    }
    let answer = http::get(reachable(listen), "/v1/models", PROBE_WAIT).await?;
    Ok((answer.status == 401 && answer.text().contains("missing_api_key")).then_some(listen))
}

/// What the forwarder needs to send to Envoy. With TLS it is the certificate that tells Envoy, not its name, which is
/// one that clients know.
fn address_of(parts: &Parts, listen: std::net::SocketAddr) -> Result<EdgeAddress> {
    let tls = parts.feed.borrow().gateway.tls.clone();
    let scheme = if tls.is_some() { "https" } else { "http" };
    Ok(EdgeAddress {
        uri: format!("{scheme}://{}", reachable(listen)).parse()?,
        trust: tls.map_or(EdgeTrust::System, |tls| EdgeTrust::Certificate(tls.certificate_file)),
    })
}

/// Where a listener on every address is reached from here.
fn reachable(mut listen: std::net::SocketAddr) -> std::net::SocketAddr {
    if listen.ip().is_unspecified() {
        listen.set_ip(match listen {
            std::net::SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            std::net::SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    listen
}

/// What Envoy refused, for someone who wonders why it does not serve.
fn refusals(parts: &Parts) -> String {
    let nodes = parts
        .directory
        .as_ref()
        .map(|directory| directory.nodes())
        .unwrap_or_default();
    let refused: Vec<_> = nodes
        .iter()
        .flat_map(|node| &node.resources)
        .filter_map(|resource| {
            let rejected = resource.rejected.as_ref()?;
            Some(format!("{}: {}", resource.name, rejected.message))
        })
        .collect();
    match (nodes.is_empty(), refused.is_empty()) {
        (true, _) => "Envoy has not connected to the control plane".to_owned(),
        (false, true) => "Envoy has refused nothing".to_owned(),
        (false, false) => format!("Envoy refused {}", refused.join("; ")),
    }
}
