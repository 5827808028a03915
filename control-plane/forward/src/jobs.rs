//! Requests that are answered without a held connection.
//!
//! 1. `POST /v1/jobs?endpoint=…`, or `"background": true` in a response, puts the request into the store, as the filters
//!    let it pass, and is answered at once ([`submit`]).
//! 2. A worker claims it and sends it to Envoy's own listener, with a credential for the tenant and key that submitted it
//!    ([`work`]). It passes the filters again, comes back to this forwarder as any request, and its answer, which passed
//!    them too, goes into the store as it arrives.
//! 3. Whoever submitted it asks for it, as often as it likes ([`answer`], [`follow`]).
//!
//! Nothing is done twice: a job that was sent is over when its connection is, whatever the cause.

mod address;
mod answer;
mod background;
mod edge;
mod event;
mod follow;
mod metrics;
mod run;
mod settle;
mod submit;
mod view;
mod work;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak, atomic::AtomicU64},
};

use bartizan_identity::JobKey;
use bartizan_policy::JobsConfig;
use bartizan_ports::{JobStore, JobStoreError, JobTimes};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, watch};

use crate::{BindError, table::Table};

pub use address::{EdgeAddress, EdgeTrust};
pub(crate) use background::asked_for as background_asked_for;
use edge::Edge;
pub(crate) use event::sequence_number;
use metrics::JobMetrics;
use settle::Unsettled;
pub(crate) use submit::{HandedIn, not_configured};

/// What the role needs to work on jobs.
#[derive(Clone, Debug)]
pub struct Jobs {
    /// Where they are kept.
    pub store: Arc<dyn JobStore>,
    /// Where Envoy serves clients; `None` while it does not.
    pub edge: watch::Receiver<Option<EdgeAddress>>,
}

/// Where jobs are handed in, worked on and asked for.
#[derive(Debug)]
pub(crate) struct Desk {
    store: Arc<dyn JobStore>,
    edge: Edge,
    table: watch::Receiver<Arc<Table>>,
    /// With which the names begin by which the store knows what this process works on.
    name: String,
    /// How often a job was asked for.
    claims: AtomicU64,
    key: JobKey,
    metrics: JobMetrics,
    /// Somebody handed in a job.
    handed_in: Notify,
    /// Whether the process is about to end.
    stopping: watch::Sender<bool>,
    watched: Mutex<HashMap<String, Weak<Watched>>>,
    /// What the store has yet to be told.
    unsettled: Unsettled,
}

/// A job that somebody here works on or follows.
#[derive(Debug, Default)]
struct Watched {
    /// Its state or its answer may have changed.
    changed: watch::Sender<()>,
    /// Nobody wants it any more.
    unwanted: Notify,
}

impl Desk {
    pub(crate) fn new(
        jobs: Jobs,
        token: &str,
        table: watch::Receiver<Arc<Table>>,
        registry: &prometheus::Registry,
    ) -> Result<Arc<Self>, BindError> {
        Ok(Arc::new(Self {
            store: jobs.store,
            edge: Edge::new(jobs.edge),
            table,
            name: random_name("forward_").ok_or(BindError::NoRandomness)?,
            claims: AtomicU64::new(0),
            key: JobKey::derive(token.as_bytes()),
            metrics: JobMetrics::register(registry)?,
            handed_in: Notify::new(),
            stopping: watch::Sender::new(false),
            watched: Mutex::default(),
            unsettled: Unsettled::default(),
        }))
    }

    fn bounds(&self) -> JobsConfig {
        self.table.borrow().jobs()
    }

    fn times(&self) -> JobTimes {
        JobTimes {
            now: Timestamp::now(),
            keep: SignedDuration::try_from(self.bounds().keep).unwrap_or(SignedDuration::MAX),
        }
    }

    /// Counts what the store could not do.
    fn noted<T>(&self, what: &'static str, result: Result<T, JobStoreError>) -> Result<T, JobStoreError> {
        if let Err(error) = &result {
            self.metrics.store_failed(error);
            tracing::warn!(what, %error, "the store of jobs failed");
        }
        result
    }

    /// What is shared by all who care for a job.
    fn watched(&self, id: &str) -> Arc<Watched> {
        let mut all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = all.get(id).and_then(Weak::upgrade) {
            return watched;
        }
        all.retain(|_, watched| watched.strong_count() > 0);
        let watched = Arc::new(Watched::default());
        all.insert(id.to_owned(), Arc::downgrade(&watched));
        watched
    }

    /// Ends the work on a job, if it is done here, and tells who follows it.
    fn interrupt(&self, id: &str) {
        let all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = all.get(id).and_then(Weak::upgrade) {
            watched.unwanted.notify_one();
            watched.changed.send_replace(());
        }
    }
}

/// A name that nobody can guess: 192 random bits. `None` if the operating system has none.
fn random_name(prefix: &str) -> Option<String> {
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes).ok()?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("{prefix}{digits}"))
}
