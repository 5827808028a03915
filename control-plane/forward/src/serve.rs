//! The role at work: connections, requests, new policies, and an end that drops none.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use bartizan_platform::{drain, tasks::Tasks};
use bartizan_ports::{ForwardAddress, PolicyFeed};
use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use prometheus::Registry;
use tokio::sync::watch;

use crate::{
    BindError, Config,
    cache::{Cache, CacheMetrics},
    jobs::Desk,
    lanes::{Lane, Lanes, noted},
    listen::{Accepted, Listener},
    metrics::Metrics,
    resilience::ResilienceMetrics,
    secret::{SecretMetrics, Secrets},
    service::Service,
    table::{Table, Tables},
    telemetry::Telemetry,
};

/// Requests at once on a connection; Envoy opens another when they are taken.
const CONCURRENT_STREAMS: u32 = 1024;
/// Cancelled requests that may wait to be noticed. Clients decide when Envoy cancels, so a burst is no attack.
const PENDING_RESETS: usize = 4096;
/// Bytes of a request that may be on their way without our leave; a body of usual size needs no round trip.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;
const FRAME_SIZE: u32 = 64 << 10;
/// Bytes of all headers of a request, as HTTP/2 counts them.
const HEADER_BYTES: u32 = 64 << 10;
/// How long to wait when the operating system refuses a connection, for want of file descriptors for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The role, listening but not yet answering.
pub struct Bound {
    listener: Listener,
    lanes: Lanes<(Accepted, drain::Watch)>,
    service: Arc<Service>,
    publish: watch::Sender<Arc<Table>>,
    tables: Tables,
    policy: PolicyFeed,
}

/// Binds the listener and prepares the providers of the current policy.
///
/// A provider whose credential cannot be read does not fail this; its models answer 503, or are absent if the policy
/// says that it is optional. Must be called within a tokio runtime.
///
/// # Errors
/// [`BindError`] when the address cannot be had, TLS files cannot be used, or metrics are registered twice.
pub async fn bind(config: Config, mut policy: PolicyFeed, registry: &Registry) -> Result<Bound, BindError> {
    let Config {
        listen,
        token,
        environment,
        cache,
        jobs,
    } = config;
    let listener = Listener::bind(&listen).await?;
    let metrics = Metrics::register(registry)?;
    let telemetry = Telemetry::start(&*environment, registry)?;
    let cache_metrics = CacheMetrics::register(registry)?;
    let cache = cache.map(|answers| {
        Arc::new(Cache {
            answers,
            metrics: cache_metrics,
        })
    });
    let secrets = Secrets::new(environment, SecretMetrics::register(registry)?);
    let mut tables = Tables::new(secrets, metrics.clone(), ResilienceMetrics::register(registry)?);
    let current = Arc::clone(&policy.borrow_and_update());
    let (publish, table) = watch::channel(Arc::new(tables.table(current, None).await));
    let desk = jobs
        .map(|jobs| Desk::new(jobs, token.expose(), table.clone(), registry))
        .transpose()?;
    let service = Service {
        token,
        table,
        metrics,
        telemetry,
        cache,
        desk,
    };
    service.bound_cache(&policy.borrow());
    let service = Arc::new(service);
    let serving = Arc::clone(&service);
    let lanes = Lanes::start(move |(accepted, drain), lane| connection(accepted, Arc::clone(&serving), lane, drain));
    Ok(Bound {
        listener,
        lanes: lanes.map_err(BindError::Thread)?,
        service,
        publish,
        tables,
        policy,
    })
}

impl Bound {
    /// Where it listens, with the port it was given.
    #[must_use]
    pub const fn address(&self) -> &ForwardAddress {
        self.listener.address()
    }

    /// Where the sandbox listens and the key it asks for, if the policy has one.
    #[must_use]
    pub const fn sandbox(&self) -> Option<&crate::sandbox::Sandbox> {
        self.tables.running_sandbox()
    }

    /// Answers requests, by the newest policy, until the drain starts; then finishes those under way.
    pub async fn serve(mut self, drain: drain::Watch) {
        let mut tasks = Tasks::new();
        if let Some(desk) = &self.service.desk {
            tasks.spawn("jobs", Arc::clone(desk).run(drain.clone()));
        }
        let secrets_changed = self.tables.secrets_changed();
        let release = loop {
            tokio::select! {
                biased;
                release = drain.signaled() => break release,
                Ok(()) = self.policy.changed() => self.follow().await,
                () = secrets_changed.notified() => self.follow().await,
                Some(ended) = tasks.ended() => noted(&ended),
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => self.lanes.take((accepted, drain.clone())),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        };
        drop((self.listener, drain));
        self.lanes.finish().await;
        while let Some(ended) = tasks.ended().await {
            noted(&ended);
        }
        self.service.telemetry.finish().await;
        drop(release);
    }

    async fn follow(&mut self) {
        let policy = Arc::clone(&self.policy.borrow_and_update());
        self.service.bound_cache(&policy);
        let before = Arc::clone(&self.publish.borrow());
        let table = self.tables.table(policy, Some(&before)).await;
        self.publish.send_replace(Arc::new(table));
    }
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Bound")
            .field("address", self.address())
            .finish_non_exhaustive()
    }
}

async fn connection(accepted: Accepted, service: Arc<Service>, lane: Lane, drain: drain::Watch) {
    if let Err(error) = converse(accepted, service, lane, drain).await {
        tracing::debug!(%error, "connection ended");
    }
}

async fn converse(accepted: Accepted, service: Arc<Service>, lane: Lane, drain: drain::Watch) -> io::Result<()> {
    let stream = accepted.prove().await?;
    let answer = service_fn(move |request| {
        let service = Arc::clone(&service);
        // Boxed: hyper's task of a request is moved many times before it runs, and lives as long as its stream.
        async move { Ok::<_, Infallible>(Box::pin(service.answer(request, lane)).await) }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .max_concurrent_streams(CONCURRENT_STREAMS)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME_SIZE)
        .max_header_list_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), answer);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _release = drain.signaled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    ended.map_err(io::Error::other)
}
