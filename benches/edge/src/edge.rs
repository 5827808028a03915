use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::report::Variant;

/// The tenant of the bench: limits of every kind are on, and never reached.
pub(crate) const TENANT: &str = "apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {name: bench}
spec:
  keys: [{id: bench, sha256: 625f10987e8c701a9ad443f5b5c20d0fe3633e4db5c95a4bb568ff99557e2dd2}]
  limits:
    requests: {limit: 1000000000, window: 1h}
    tokens: {limit: 1000000000000, window: 1h}
    concurrentRequests: 10000
";
pub(crate) const TOKEN: &str = "bench-token-that-only-this-run-knows";
const FILTERS: [&str; 3] = ["auth", "rate-limit", "threat-scan"];
const PATIENCE: Duration = Duration::from_secs(30);

/// An Envoy under load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) name: Variant,
    pub(crate) address: SocketAddr,
    pub(crate) process: u32,
}

/// The edge and, beside it, a bare Envoy over the same forwarder. All end when this is dropped.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) chain: Target,
    pub(crate) bare: Target,
    _processes: [Process; 3],
    folder: TempDir,
}

/// What `bartizan` writes once it answers.
#[derive(Debug, Deserialize)]
struct Ready {
    xds: SocketAddr,
}

impl Edge {
    pub(crate) async fn start(bartizan: &Path, envoy: &Path) -> Result<Self> {
        let folder = private_folder()?;
        let token = folder.path().join("token");
        std::fs::write(&token, TOKEN)?;
        let ready_file = folder.path().join("ready.json");
        let forward = folder.path().join("forward.sock");
        let mut command = Command::new(bartizan);
        command
            .args(["serve", "--roles", "xds,forward,admin", "--log", "warn"])
            .args([
                "--listen",
                "127.0.0.1:0",
                "--admin",
                "127.0.0.1:0",
                "--xds",
                "127.0.0.1:0",
            ])
            .arg("--file")
            .arg(policies(folder.path())?)
            .arg("--forward")
            .arg(&forward)
            .arg("--forward-token-file")
            .arg(token)
            .arg("--ready-file")
            .arg(&ready_file);
        let control_plane = Process::spawn(&mut command)?;
        let ready: Ready = serde_json::from_str(&when_written(&ready_file).await?)?;
        let bootstrap = Command::new(bartizan)
            .args([
                "bootstrap",
                "--envoy-admin",
                "127.0.0.1:0",
                "--xds",
                &ready.xds.to_string(),
            ])
            .output()
            .await?;
        if !bootstrap.status.success() {
            bail!("bootstrap: {}", String::from_utf8_lossy(&bootstrap.stderr));
        }
        let (chain_envoy, chain) = start(folder.path(), envoy, Variant::Chain, &bootstrap.stdout).await?;
        let bare = bare_configuration(&forward.to_string_lossy());
        let (bare_envoy, bare) = start(folder.path(), envoy, Variant::Bare, bare.as_bytes()).await?;
        let processes = [chain_envoy, bare_envoy, control_plane];
        Ok(Self {
            chain,
            bare,
            _processes: processes,
            folder,
        })
    }

    /// Starts one more Envoy of the chain, which tells what it does with filters, and returns how long each took for its
    /// configuration, in microseconds: in a new virtual machine, and in the one that the worker then gets.
    pub(crate) async fn configure(&self, envoy: &Path) -> Result<Vec<(&'static str, [u64; 2])>> {
        let log = self.folder.path().join("log");
        let configuration = configuration_file(self.folder.path(), Variant::Chain);
        let mut command = command(envoy, &configuration);
        command
            .args(["--component-log-level", "wasm:debug", "--log-path"])
            .arg(&log)
            // What it says at its end comes here.
            .stderr(Stdio::null());
        let _process = Process::spawn(&mut command)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let lines = when_written(&log).await?;
            let took = FILTERS.map(|filter| {
                let mut took = lines.lines().filter_map(|line| configured_in(line, filter));
                Some((filter, [took.next()?, took.next()?]))
            });
            if let Some(took) = took.into_iter().collect() {
                return Ok(took);
            }
            if Instant::now() > deadline {
                bail!("the filters were not configured within {PATIENCE:?}");
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What a filter logs once it is configured: how long that took, in microseconds.
fn configured_in(line: &str, filter: &str) -> Option<u64> {
    let (_, after) = line.split_once(filter)?.1.split_once(": configured in ")?;
    after.strip_suffix(" us")?.parse().ok()
}

fn configuration_file(folder: &Path, variant: Variant) -> PathBuf {
    folder.join(format!("{variant:?}.yaml"))
}

/// An Envoy with one worker.
fn command(envoy: &Path, configuration: &Path) -> Command {
    let mut command = Command::new(envoy);
    command
        .args(["--concurrency", "1", "--use-dynamic-base-id", "--disable-hot-restart"])
        .args(["--log-level", "error", "-c"])
        .arg(configuration);
    command
}

/// A folder that nobody else may look into, as the forwarder asks of the one its socket is in.
pub(crate) fn private_folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o700))
        .tempdir()?)
}

/// The sample policies and the tenant of the bench.
fn policies(folder: &Path) -> Result<PathBuf> {
    let target = folder.join("policies");
    for part in ["", "packs"] {
        std::fs::create_dir_all(target.join(part))?;
        for entry in std::fs::read_dir(Path::new("policies").join(part)).context("run the bench from the project")? {
            let path = entry?.path();
            if let Some(name) = path
                .file_name()
                .filter(|_| path.extension().is_some_and(|kind| kind == "yaml"))
            {
                std::fs::copy(&path, target.join(part).join(name))?;
            }
        }
    }
    std::fs::write(target.join("bench.yaml"), TENANT)?;
    Ok(target)
}

/// Starts an Envoy with one worker, and waits until it listens.
async fn start(folder: &Path, envoy: &Path, variant: Variant, configuration: &[u8]) -> Result<(Process, Target)> {
    let configuration_file = configuration_file(folder, variant);
    std::fs::write(&configuration_file, configuration)?;
    let admin_file = folder.join(format!("{variant:?}-admin"));
    let mut command = command(envoy, &configuration_file);
    command.arg("--admin-address-path").arg(&admin_file);
    let process = Process::spawn(&mut command)?;
    let admin: SocketAddr = when_written(&admin_file).await?.trim().parse()?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        // A listener is listed before its worker accepts.
        if let Some(address) = listener(admin).await
            && TcpStream::connect(address).await.is_ok()
        {
            let target = Target {
                name: variant,
                address,
                process: process.id()?,
            };
            return Ok((process, target));
        }
        if Instant::now() > deadline {
            bail!("{variant:?}: Envoy opened no listener");
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Envoy with its router and nothing else: no filters, no access log, no limits that the chain does not have.
fn bare_configuration(forward: &str) -> String {
    let manager = serde_json::json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bare",
        "http_filters": [{"name": "router", "typed_config":
            {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
        "route_config": {
            "request_headers_to_add": [
                {"header": {"key": "x-bartizan-edge", "value": TOKEN}},
                {"header": {"key": "x-bartizan-tenant", "value": "bench"}},
            ],
            "virtual_hosts": [{"name": "all", "domains": ["*"],
                "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "forward", "timeout": "0s"}}]}],
        },
    });
    let http2 = serde_json::json!({
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    });
    serde_json::json!({
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
        "static_resources": {
            "listeners": [{"name": "bare",
                "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
                "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}]}],
            "clusters": [{"name": "forward",
                "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2},
                "load_assignment": {"cluster_name": "forward",
                    "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"pipe": {"path": forward}}}}]}]}}],
        },
    })
    .to_string()
}

async fn listener(admin: SocketAddr) -> Option<SocketAddr> {
    let socket = TcpStream::connect(admin).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.ok()?;
    tokio::task::spawn(connection);
    let request = Request::get("/listeners?format=json")
        .header("host", "admin")
        .body(Empty::<Bytes>::new())
        .ok()?;
    let answer = sender
        .send_request(request)
        .await
        .ok()?
        .into_body()
        .collect()
        .await
        .ok()?
        .to_bytes();
    let listeners: serde_json::Value = serde_json::from_slice(&answer).ok()?;
    let address = listeners.pointer("/listener_statuses/0/local_address/socket_address")?;
    format!("{}:{}", address.get("address")?.as_str()?, address.get("port_value")?)
        .parse()
        .ok()
}

/// The content of a file, once it is there and not empty.
pub(crate) async fn when_written(path: &Path) -> Result<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match tokio::fs::read_to_string(path).await {
            Ok(text) if !text.is_empty() => return Ok(text),
            _ if Instant::now() > deadline => bail!("{} was not written within {PATIENCE:?}", path.display()),
            _ => sleep(Duration::from_millis(20)).await,
        }
    }
}

/// A child that is asked to end (SIGTERM by `kill`, so that it can end its own children), and then waited for.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        Ok(Self(child.with_context(|| {
            format!("cannot start {:?}", command.as_std().get_program())
        })?))
    }

    pub(crate) fn id(&self) -> Result<u32> {
        self.0.id().context("the process has ended")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some(id) = self.0.id() else { return };
        let asked = std::process::Command::new("kill").arg(id.to_string()).status();
        while asked.as_ref().is_ok_and(std::process::ExitStatus::success) && matches!(self.0.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
