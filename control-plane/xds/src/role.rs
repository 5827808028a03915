use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bartizan_platform::drain;
use bartizan_policy::CompiledPolicy;
use bartizan_ports::{ForwardTargets, NodeDirectory, PolicyFeed};
use prometheus::Registry;
use tokio::{net::TcpListener, sync::watch};
use tonic::transport::server::TcpIncoming;

use crate::{
    artefact::{self, ArtefactError, WasmDelivery},
    directory::Directory,
    forwarders,
    metrics::Metrics,
    resource::Snapshot,
    service::{self, Discovery},
    snapshot::{self, AccessLog, FilterCode, Forward, SnapshotConfig},
};

/// Finds out that an Envoy's machine is gone, where HTTP/2 does not.
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);

/// What the role needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where Envoys connect; port 0 takes any free one.
    pub listen: SocketAddr,
    /// How Envoys get the filters' code.
    pub wasm: WasmDelivery,
    /// Where Envoys are told to serve clients.
    pub envoy_listen: SocketAddr,
    /// Where Envoys are told to write one line a request.
    pub access_log: AccessLog,
}

/// The role, listening but not serving yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    directory: Arc<Directory>,
    metrics: Metrics,
    publisher: Publisher,
    targets: ForwardTargets,
    forward: watch::Sender<Forward>,
}

/// Why the role cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is taken or not ours.
    #[error("cannot listen for Envoys on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// A filter is missing.
    #[error(transparent)]
    Filter(#[from] ArtefactError),
    /// A metric of that name exists.
    #[error("cannot register metrics")]
    Metrics(#[from] prometheus::Error),
}

/// Why the role ended before it was told to.
#[derive(Debug, thiserror::Error)]
#[error("the xds server failed")]
pub struct ServeError(#[from] tonic::transport::Error);

/// Turns every change into a snapshot.
#[derive(Debug)]
struct Publisher {
    config: Config,
    filters: FilterCode,
    policies: PolicyFeed,
    forward: watch::Receiver<Forward>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    directory: Arc<Directory>,
}

/// Reads the filters, builds the first snapshot and takes the address.
///
/// # Errors
/// [`BindError`] names the address or the file.
pub async fn bind(
    config: Config,
    policies: PolicyFeed,
    targets: ForwardTargets,
    registry: &Registry,
) -> Result<Bound, BindError> {
    let metrics = Metrics::register(registry)?;
    let filters = artefact::prepare(&config.wasm).await?;
    let failed = |source| BindError::Listen {
        address: config.listen,
        source,
    };
    let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let target = targets.borrow().clone();
    let (forward, resolved) = watch::channel(forwarders::resolve(&target, &[]).await);
    let directory = Arc::new(Directory::default());
    let publisher = Publisher {
        config,
        filters,
        policies,
        forward: resolved,
        snapshots: watch::Sender::default(),
        directory: Arc::clone(&directory),
    };
    publisher.publish();
    Ok(Bound {
        listener,
        address,
        directory,
        metrics,
        publisher,
        targets,
        forward,
    })
}

// === impl Bound ===

impl Bound {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The Envoys it knows.
    #[must_use]
    pub fn directory(&self) -> Arc<dyn NodeDirectory> {
        Arc::clone(&self.directory) as Arc<dyn NodeDirectory>
    }

    /// Serves until told to drain, and then ends every stream; Envoys keep what they have and connect again.
    ///
    /// # Errors
    /// [`ServeError`] if the server cannot go on.
    pub async fn serve(self, watch: drain::Watch) -> Result<(), ServeError> {
        let discovery = Discovery {
            snapshots: self.publisher.snapshots.subscribe(),
            directory: self.directory,
            metrics: self.metrics,
            watch: watch.clone(),
        };
        let incoming = TcpIncoming::from(self.listener)
            .with_nodelay(Some(true))
            .with_keepalive(Some(TCP_KEEPALIVE));
        let drained = {
            let watch = watch.clone();
            async move { drop(watch.signaled().await) }
        };
        let server = service::server(discovery).serve_with_incoming_shutdown(incoming, drained);
        tokio::select! {
            served = server => Ok(served?),
            () = self.publisher.run() => Ok(()),
            () = forwarders::follow(self.targets, self.forward) => Ok(()),
        }
    }
}

// === impl Publisher ===

impl Publisher {
    async fn run(mut self) {
        loop {
            tokio::select! {
                () = forwarders::changed(&mut self.policies) => {}
                () = forwarders::changed(&mut self.forward) => {}
            }
            self.policies.borrow_and_update();
            self.forward.borrow_and_update();
            self.publish();
        }
    }

    fn publish(&self) {
        let policy: Arc<CompiledPolicy> = Arc::clone(&self.policies.borrow());
        let config = SnapshotConfig {
            listen: self.config.envoy_listen,
            filters: self.filters.clone(),
            forward: self.forward.borrow().clone(),
            access_log: self.config.access_log.clone(),
        };
        let snapshot = snapshot::build(&policy, &config);
        self.directory.publish(&snapshot);
        tracing::info!(digest = snapshot.policy_digest(), "configuration published");
        self.snapshots.send_replace(Arc::new(snapshot));
    }
}
