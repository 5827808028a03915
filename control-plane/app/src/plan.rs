//! What the arguments mean: every default filled in, every file name settled. From here on nobody looks at arguments.

use std::{
    env,
    net::SocketAddr,
    num::NonZeroU16,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use bartizan_forward::{EdgeAddress, EdgeTrust};
use bartizan_platform::{logging::Format, secret::Secret};
use bartizan_ports::{ForwardAddress, ForwardTls};
use bartizan_store::JobStoreAddress;
use bartizan_xds::AccessLog;

use crate::{
    cli::{EdgeArgs, ForwardListen, ForwardersArgs, JobsArgs, ProcessArgs, RoleName, ServeArgs, UpArgs},
    envoy::Search,
    occupied::Wanted,
};

/// Where the forwarder listens when it runs apart and nothing else is said.
const FORWARD_PORT: u16 = 8081;
const TOKEN_BYTES: usize = 32;

/// The roles to run in this process.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) policies: PathBuf,
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) xds: Option<Xds>,
    pub(crate) forward: Option<Forward>,
    /// Shared by Envoy and forwarder.
    pub(crate) token: Secret<String>,
    pub(crate) drain: Duration,
    pub(crate) ready_file: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub(crate) struct Xds {
    pub(crate) listen: SocketAddr,
    pub(crate) envoy_listen: SocketAddr,
    pub(crate) filters: PathBuf,
    pub(crate) delivery: Delivery,
    pub(crate) access_log: AccessLog,
    /// Empty means the forwarder of this process.
    pub(crate) targets: Vec<ForwardAddress>,
    pub(crate) tls: Option<ForwardTls>,
}

/// How the filters reach Envoy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Envoy shares our disk.
    File,
    /// Over xDS.
    Inline,
}

#[derive(Clone, Debug)]
pub(crate) struct Forward {
    /// `None` is a socket in the run directory.
    pub(crate) listen: Option<ForwardListen>,
    pub(crate) tls: Option<ForwardTls>,
    /// The Redis that keeps answers; `None` is the memory of this process.
    pub(crate) cache: Option<Secret<String>>,
    pub(crate) jobs: JobsPlan,
}

/// How jobs are kept and worked on.
#[derive(Clone, Debug)]
pub(crate) struct JobsPlan {
    pub(crate) store: StorePlan,
    pub(crate) edge: EdgePlan,
}

/// Where jobs are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StorePlan {
    /// There and nowhere else.
    Named(JobStoreAddress),
    /// In that file if it can be, else in memory.
    Preferred(PathBuf),
    /// Nobody says where state belongs: in memory.
    Nowhere,
}

/// Where Envoy serves clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EdgePlan {
    /// Where the one that this process runs will say.
    Ours,
    /// There.
    At(EdgeAddress),
    /// Nobody said.
    Unknown,
}

/// The Envoy to run beside the roles.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) search: Search,
    pub(crate) admin: SocketAddr,
    pub(crate) workers: u16,
}

/// How logs look and what is in them.
#[derive(Clone, Debug)]
pub(crate) struct Logging {
    pub(crate) format: Format,
    pub(crate) filter: String,
}

// === impl Plan ===

impl Plan {
    pub(crate) fn for_up(args: &UpArgs) -> Result<Self> {
        Ok(Self {
            policies: args.policies.file.clone(),
            admin: Some(args.addresses.admin),
            xds: Some(Xds {
                listen: args.addresses.xds,
                envoy_listen: args.addresses.listen,
                filters: filters(&args.process)?,
                delivery: Delivery::File,
                access_log: args.process.access_log.clone(),
                targets: Vec::new(),
                tls: None,
            }),
            forward: Some(Forward {
                listen: args.addresses.forward.clone(),
                tls: None,
                cache: args.process.cache.clone(),
                jobs: JobsPlan {
                    store: store(&args.jobs),
                    edge: EdgePlan::Ours,
                },
            }),
            token: random_token()?,
            drain: args.process.drain,
            ready_file: args.process.ready_file.clone(),
        })
    }

    pub(crate) fn for_serve(args: &ServeArgs) -> Result<Self> {
        let runs = |role| args.roles.contains(&role);
        let tls = tls(&args.forwarders);
        let xds = if runs(RoleName::Xds) {
            if args.forwarders.targets.is_empty() && !runs(RoleName::Forward) {
                bail!(
                    "role xds without role forward needs --forward-target: Envoys must be told where to send requests"
                );
            }
            Some(Xds {
                listen: args.addresses.xds,
                envoy_listen: args.addresses.listen,
                filters: filters(&args.process)?,
                delivery: Delivery::Inline,
                access_log: args.process.access_log.clone(),
                targets: args.forwarders.targets.clone(),
                tls: tls.clone(),
            })
        } else {
            None
        };
        let forward = runs(RoleName::Forward).then(|| Forward {
            listen: Some(args.addresses.forward.clone().unwrap_or_else(default_forward)),
            tls,
            cache: args.process.cache.clone(),
            jobs: JobsPlan {
                store: store(&args.jobs),
                edge: edge(&args.edge),
            },
        });
        let is_whole = xds.is_some() == forward.is_some() && args.forwarders.targets.is_empty();
        Ok(Self {
            policies: args.policies.file.clone(),
            admin: runs(RoleName::Admin).then_some(args.addresses.admin),
            xds,
            forward,
            token: token(
                &args.forwarders,
                if is_whole { Missing::Random } else { Missing::Refused },
            )?,
            drain: args.process.drain,
            ready_file: args.process.ready_file.clone(),
        })
    }

    /// The addresses this process listens on, with the flags that set them.
    pub(crate) fn wanted(&self) -> Vec<Wanted> {
        let want = |flag| move |address| Wanted { flag, address };
        let forward = self.forward.as_ref().and_then(|forward| match forward.listen {
            Some(ForwardListen::Tcp(address)) => Some(address),
            Some(ForwardListen::Unix(_)) | None => None,
        });
        [
            self.admin.map(want("--admin")),
            self.xds.as_ref().map(|xds| xds.listen).map(want("--xds")),
            forward.map(want("--forward")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

// === impl Edge ===

impl Edge {
    pub(crate) fn new(args: &UpArgs) -> Self {
        let beside_program = program_directory().map(|directory| directory.join("../.."));
        let beside = [Some(PathBuf::from(".")), beside_program].into_iter().flatten();
        Self {
            search: Search {
                named: args.envoy.clone(),
                path: args.search_path.clone(),
                beside: beside.collect(),
            },
            admin: args.envoy_admin,
            workers: args.workers.map_or_else(cores, NonZeroU16::get),
        }
    }
}

// === impl Logging ===

impl Logging {
    pub(crate) fn new(args: &ProcessArgs) -> Self {
        Self {
            format: args.log_format.into(),
            filter: args.log.clone(),
        }
    }
}

fn store(args: &JobsArgs) -> StorePlan {
    match &args.jobs {
        Some(named) => StorePlan::Named(named.clone()),
        None => preferred(|name| env::var_os(name).map(PathBuf::from)),
    }
}

/// The file in the directory that systemd gives, or the one that the user's programs keep their state in.
fn preferred(variable: impl Fn(&str) -> Option<PathBuf>) -> StorePlan {
    let set = |name| variable(name).filter(|path| path.is_absolute());
    let directory = set("STATE_DIRECTORY")
        .or_else(|| set("XDG_STATE_HOME").map(|home| home.join("bartizan")))
        .or_else(|| set("HOME").map(|home| home.join(".local/state/bartizan")));
    match directory {
        Some(directory) => StorePlan::Preferred(directory.join("jobs.db")),
        None => StorePlan::Nowhere,
    }
}

fn edge(args: &EdgeArgs) -> EdgePlan {
    match &args.edge {
        Some(uri) => EdgePlan::At(EdgeAddress {
            uri: uri.clone(),
            trust: match &args.edge_ca {
                Some(file) => EdgeTrust::Authority(file.clone()),
                None => EdgeTrust::System,
            },
        }),
        None => EdgePlan::Unknown,
    }
}

fn default_forward() -> ForwardListen {
    ForwardListen::Tcp(([127, 0, 0, 1], FORWARD_PORT).into())
}

fn cores() -> u16 {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    u16::try_from(cores).unwrap_or(u16::MAX)
}

fn program_directory() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    program.parent().map(Path::to_owned)
}

fn filters(args: &ProcessArgs) -> Result<PathBuf> {
    let directory = match &args.filters {
        Some(named) => named.clone(),
        None => program_directory()
            .map(|directory| directory.join("../filters"))
            .context("cannot tell where this program is; pass --filters")?,
    };
    match directory.canonicalize() {
        Ok(directory) => Ok(directory),
        Err(error) => bail!(
            "no filters at {}: {error}; run `make wasm`, or pass --filters",
            directory.display()
        ),
    }
}

fn tls(args: &ForwardersArgs) -> Option<ForwardTls> {
    match (&args.ca, &args.certificate, &args.private_key) {
        (Some(ca), Some(certificate), Some(key)) => Some(ForwardTls {
            ca: ca.clone(),
            certificate: certificate.clone(),
            key: key.clone(),
        }),
        _ => None,
    }
}

/// What a missing token means.
#[derive(Clone, Copy, Debug)]
enum Missing {
    /// Both sides are in this process: any will do.
    Random,
    /// The other side is elsewhere and must know it.
    Refused,
}

fn token(args: &ForwardersArgs, missing: Missing) -> Result<Secret<String>> {
    let text = match (&args.token_file, &args.token, missing) {
        (Some(path), _, _) => std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the forward token from {}", path.display()))?,
        (None, Some(token), _) => token.expose().clone(),
        (None, None, Missing::Random) => return random_token(),
        (None, None, Missing::Refused) => {
            bail!("roles xds and forward apart need one token: pass the same --forward-token-file to both")
        }
    };
    let token = text.trim();
    if token.len() < TOKEN_BYTES || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        bail!(
            "the forward token must be at least {TOKEN_BYTES} visible ASCII characters; `openssl rand -hex 32` makes one"
        );
    }
    Ok(Secret::new(token.to_owned()))
}

fn random_token() -> Result<Secret<String>> {
    let mut bytes = [0_u8; TOKEN_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
}

#[cfg(test)]
mod tests;
