//! Puts the roles together: the only place that names them all.
//!
//! [`bind`] loads the policy and takes every address, but serves nothing; [`Bound::serve`] starts. In between the
//! addresses are known, so roles can be told of each other.

use std::{error::Error, io, path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow};
use bartizan_forward::{EdgeAddress, Jobs};
use bartizan_platform::{
    drain::{self, Drained},
    readiness::Readiness,
    tasks::Tasks,
};
use bartizan_ports::{AnswerCache, ForwardTarget, NodeDirectory, PolicyFeed, PolicyReports};
use bartizan_store::{Directory, JobStoreAddress, Loaded, Loader, MemoryCache, RedisCache, SqlJobs};
use prometheus::Registry;
use tokio::sync::watch;

use crate::{
    cli::ForwardListen,
    plan::{Delivery, EdgePlan, Forward, Plan, StorePlan, Xds},
    ready_file::Addresses,
};

/// `node.cluster` of every Envoy of ours.
pub(crate) const NODE_CLUSTER: &str = "bartizan";
/// Name of the listener for LLM traffic.
pub(crate) const LISTENER: &str = "bartizan";
/// Name of the cluster of forwarders.
pub(crate) const FORWARD_CLUSTER: &str = "forward";

/// Roles that hold their addresses but do not serve yet.
pub(crate) struct Bound {
    pub(crate) readiness: Readiness,
    pub(crate) feed: PolicyFeed,
    loader: Loader,
    admin: Option<bartizan_admin::Bound>,
    xds: Option<bartizan_xds::Bound>,
    forward: Option<bartizan_forward::Bound>,
    targets: watch::Sender<ForwardTarget>,
    serving: watch::Sender<Option<EdgeAddress>>,
}

/// Roles that serve.
pub(crate) struct Running {
    roles: Tasks<Result<()>>,
    loader: Tasks<()>,
    trigger: drain::Trigger,
    _targets: watch::Sender<ForwardTarget>,
    _serving: watch::Sender<Option<EdgeAddress>>,
}

/// Loads the policy and takes every address.
pub(crate) async fn bind(plan: &Plan, run_directory: &Path) -> Result<Bound> {
    let registry = Registry::new();
    let readiness = Readiness::default();
    let metrics = bartizan_store::Metrics::register(&registry)?;
    let Loaded { loader, feed, reports } = Loader::load(Arc::new(Directory::new(&plan.policies)), metrics).await?;

    let (serving, edge) = watch::channel(None);
    let forward = match &plan.forward {
        Some(forward) => {
            if let EdgePlan::At(address) = &forward.jobs.edge {
                serving.send_replace(Some(address.clone()));
            }
            Some(bind_forward(forward, plan, run_directory, (&feed, edge), &registry).await?)
        }
        None => None,
    };
    let (targets, target) = watch::channel(target(plan, forward.as_ref()));
    let xds = match &plan.xds {
        Some(xds) => Some(bind_xds(xds, run_directory, &feed, target, &registry).await?),
        None => None,
    };
    let nodes = xds.as_ref().map(bartizan_xds::Bound::directory);
    let admin = bind_admin(plan, &readiness, reports, nodes, registry).await?;
    Ok(Bound {
        readiness,
        feed,
        loader,
        admin,
        xds,
        forward,
        targets,
        serving,
    })
}

/// The forwarders that Envoys are told of.
fn target(plan: &Plan, forward: Option<&bartizan_forward::Bound>) -> ForwardTarget {
    let named = plan.xds.as_ref().map(|xds| xds.targets.clone()).unwrap_or_default();
    let addresses = if named.is_empty() {
        forward
            .map(bartizan_forward::Bound::address)
            .into_iter()
            .cloned()
            .collect()
    } else {
        named
    };
    ForwardTarget {
        addresses,
        token: plan.token.clone(),
        tls: plan.xds.as_ref().and_then(|xds| xds.tls.clone()),
    }
}

async fn bind_admin(
    plan: &Plan,
    readiness: &Readiness,
    reports: PolicyReports,
    nodes: Option<Arc<dyn NodeDirectory>>,
    registry: Registry,
) -> Result<Option<bartizan_admin::Bound>> {
    let Some(listen) = plan.admin else { return Ok(None) };
    let sources = bartizan_admin::Sources {
        readiness: readiness.clone(),
        reports,
        nodes,
        registry,
    };
    Ok(Some(
        bartizan_admin::bind(bartizan_admin::Config { listen }, sources).await?,
    ))
}

async fn bind_xds(
    xds: &Xds,
    run_directory: &Path,
    feed: &PolicyFeed,
    targets: watch::Receiver<ForwardTarget>,
    registry: &Registry,
) -> Result<bartizan_xds::Bound> {
    let filters = xds.filters.clone();
    let config = bartizan_xds::Config {
        listen: xds.listen,
        wasm: match xds.delivery {
            Delivery::File => bartizan_xds::WasmDelivery::File {
                filters,
                publish: run_directory.to_owned(),
            },
            Delivery::Inline => bartizan_xds::WasmDelivery::Inline { filters },
        },
        envoy_listen: xds.envoy_listen,
        access_log: xds.access_log.clone(),
    };
    Ok(bartizan_xds::bind(config, feed.clone(), targets, registry).await?)
}

async fn bind_forward(
    forward: &Forward,
    plan: &Plan,
    run_directory: &Path,
    (feed, edge): (&PolicyFeed, watch::Receiver<Option<EdgeAddress>>),
    registry: &Registry,
) -> Result<bartizan_forward::Bound> {
    let jobs = match forward.jobs.edge {
        EdgePlan::Unknown => None,
        EdgePlan::Ours | EdgePlan::At(_) => Some(Jobs {
            store: Arc::new(open_store(&forward.jobs.store).await?),
            edge,
        }),
    };
    let listen = forward
        .listen
        .clone()
        .unwrap_or_else(|| ForwardListen::Unix(run_directory.join("forward.sock")));
    let config = bartizan_forward::Config {
        listen: match (listen, &forward.tls) {
            (ForwardListen::Unix(path), _) => bartizan_forward::ForwardListen::Unix(path),
            (ForwardListen::Tcp(address), None) => bartizan_forward::ForwardListen::Loopback(address),
            (ForwardListen::Tcp(address), Some(tls)) => bartizan_forward::ForwardListen::Tls(
                address,
                bartizan_forward::ListenTls {
                    ca: tls.ca.clone(),
                    certificate: tls.certificate.clone(),
                    key: tls.key.clone(),
                },
            ),
        },
        token: plan.token.clone(),
        environment: Arc::new(bartizan_forward::ProcessEnvironment),
        cache: Some(cache(forward)?),
        jobs,
    };
    Ok(bartizan_forward::bind(config, feed.clone(), registry).await?)
}

/// Where answers are kept.
fn cache(forward: &Forward) -> Result<Arc<dyn AnswerCache>> {
    Ok(match &forward.cache {
        Some(address) => Arc::new(RedisCache::new(address.expose()).context("cannot use --cache")?),
        // Policy says how much.
        None => Arc::new(MemoryCache::new(0)),
    })
}

/// Opens the store of jobs. Where nobody named one, no start fails for the want of it.
async fn open_store(plan: &StorePlan) -> Result<SqlJobs> {
    match plan {
        StorePlan::Named(address) => Ok(SqlJobs::open(address).await?),
        StorePlan::Preferred(path) => match SqlJobs::open(&JobStoreAddress::Sqlite(path.clone())).await {
            Ok(store) => Ok(store),
            Err(error) => in_memory(&format!("{:#}", anyhow!(error))).await,
        },
        StorePlan::Nowhere => in_memory("none of STATE_DIRECTORY, XDG_STATE_HOME and HOME is set").await,
    }
}

async fn in_memory(cause: &str) -> Result<SqlJobs> {
    tracing::warn!(
        cause,
        "jobs are kept in memory, and lost at the end; pass --jobs to say where else"
    );
    Ok(SqlJobs::open(&JobStoreAddress::Memory).await?)
}

// === impl Bound ===

impl Bound {
    pub(crate) fn addresses(&self) -> Addresses {
        Addresses {
            admin: self.admin.as_ref().map(bartizan_admin::Bound::address),
            xds: self.xds.as_ref().map(bartizan_xds::Bound::address),
            forward: self.forward.as_ref().map(|forward| forward.address().to_string()),
            ..Addresses::default()
        }
    }

    /// Where to tell the forwarder that Envoy serves, and where.
    pub(crate) fn serving(&self) -> watch::Sender<Option<EdgeAddress>> {
        self.serving.clone()
    }

    pub(crate) fn directory(&self) -> Option<Arc<dyn NodeDirectory>> {
        self.xds.as_ref().map(bartizan_xds::Bound::directory)
    }

    /// Starts every role.
    pub(crate) fn serve(self) -> Running {
        let (trigger, drain) = drain::channel();
        let mut roles = Tasks::new();
        if let Some(forward) = self.forward {
            let serving = forward.serve(drain.clone());
            roles.spawn("forward", async {
                serving.await;
                Ok(())
            });
        }
        if let Some(xds) = self.xds {
            roles.spawn("xds", served(xds.serve(drain.clone())));
        }
        if let Some(admin) = self.admin {
            roles.spawn("admin", served(admin.serve(drain)));
        }
        let mut loader = Tasks::new();
        loader.spawn("policies", self.loader.run());
        Running {
            roles,
            loader,
            trigger,
            _targets: self.targets,
            _serving: self.serving,
        }
    }
}

async fn served<E: Error + Send + Sync + 'static>(role: impl Future<Output = Result<(), E>>) -> Result<()> {
    Ok(role.await?)
}

// === impl Running ===

impl Running {
    /// Waits for a role to end, which none should by itself.
    pub(crate) async fn failed(&mut self) -> anyhow::Error {
        let (name, cause) = tokio::select! {
            Some(role) = self.roles.ended() => (role.name, role.result.map_err(anyhow::Error::from).flatten().err()),
            Some(task) = self.loader.ended() => (task.name, task.result.err().map(anyhow::Error::from)),
            else => return anyhow!("nothing runs"),
        };
        match cause {
            Some(cause) => cause.context(format!("{name} failed")),
            None => anyhow!("{name} ended by itself"),
        }
    }

    /// Tells every role that it will be drained, so that what has no end of its own ends now.
    pub(crate) fn announce(&self) {
        self.trigger.announce();
    }

    /// Lets every role finish what it has.
    pub(crate) async fn drain(mut self, deadline: std::time::Duration) -> Result<()> {
        if self.trigger.drain(deadline).await == Drained::TimedOut {
            tracing::warn!("roles had work left at the drain deadline; it is cut");
            return Ok(());
        }
        while let Some(role) = self.roles.ended().await {
            let outcome = role.result.map_err(io::Error::other)?;
            outcome.with_context(|| format!("{} failed while stopping", role.name))?;
        }
        Ok(())
    }
}
