use std::{fmt, mem, panic, sync::Arc, time::Duration};

use bartizan_policy::{CompiledPolicy, Compiler, PolicyError, Source};
use bartizan_ports::{Changes, PolicyFeed, PolicyReport, PolicyReports, PolicySource, SourceError};
use jiff::Timestamp;
use tokio::{
    sync::watch,
    task,
    time::{self, Instant, MissedTickBehavior},
};

use crate::Metrics;

/// An edit counts as finished when nothing has changed for this long: editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(50);
/// Changes that never pause are read anyway after this long.
const PATIENCE: Duration = Duration::from_millis(400);
/// How often everything is read again, in case the operating system told nobody of a change.
const POLL: Duration = Duration::from_secs(5);

/// Turns what a source holds into the policy in force, for as long as [`Loader::run`] runs.
pub struct Loader {
    source: Arc<dyn PolicySource>,
    changes: Changes,
    /// What was last read, good or bad; reading the same again changes nothing.
    last: Result<Vec<Source>, String>,
    /// Keeps what has not changed and is dear to compile.
    compiler: Compiler,
    policy: watch::Sender<Arc<CompiledPolicy>>,
    report: watch::Sender<PolicyReport>,
    metrics: Metrics,
}

/// A loader, and what it publishes.
#[derive(Debug)]
pub struct Loaded {
    /// Run it to follow edits.
    pub loader: Loader,
    /// The policy in force.
    pub feed: PolicyFeed,
    /// How the newest edit fared.
    pub reports: PolicyReports,
}

/// Why there is no policy to start with.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The documents could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The documents have mistakes.
    #[error("{} in the policy", mistakes(.0.len()))]
    Invalid(Vec<PolicyError>),
}

// === impl Loader ===

impl Loader {
    /// Reads and compiles the first policy.
    ///
    /// # Errors
    /// [`LoadError`] when there is none: nothing is served without a good policy.
    pub async fn load(source: Arc<dyn PolicySource>, metrics: Metrics) -> Result<Loaded, LoadError> {
        // Watching starts before reading, so an edit in between is signalled.
        let changes = source.changes()?;
        let sources = read(&source).await?;
        let (compiler, policy) = compile(Compiler::default(), sources.clone()).await;
        let policy = policy.map_err(LoadError::Invalid)?;
        warn(&policy);
        metrics.accepted.inc();
        let report = PolicyReport {
            digest: policy.digest.clone(),
            loaded_at: now(&metrics),
            files: sources.len(),
            problems: Vec::new(),
        };
        let (policy, feed) = watch::channel(Arc::new(policy));
        let (report, reports) = watch::channel(report);
        let loader = Self {
            source,
            changes,
            last: Ok(sources),
            compiler,
            policy,
            report,
            metrics,
        };
        Ok(Loaded { loader, feed, reports })
    }

    /// Follows edits until it is dropped.
    pub async fn run(mut self) {
        let mut poll = time::interval_at(Instant::now() + POLL, POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(()) = self.changes.next() => {
                    self.settle().await;
                    self.refresh().await;
                }
                _ = poll.tick() => {
                    if self.refresh().await {
                        self.watch_again();
                    }
                }
            }
        }
    }

    /// Waits for a pause in the changes.
    async fn settle(&mut self) {
        let pause = async { while let Ok(Some(())) = time::timeout(QUIET, self.changes.next()).await {} };
        // Running out of patience is no error: the next signal brings the rest.
        let _ = time::timeout(PATIENCE, pause).await;
    }

    /// The poll found what no signal told of, so the watcher lost its place (its directory was replaced, say).
    fn watch_again(&mut self) {
        tracing::warn!("a policy edit was found by polling; watching anew");
        match self.source.changes() {
            Ok(changes) => self.changes = changes,
            Err(error) => tracing::warn!(%error, "policies are followed by polling only"),
        }
    }

    /// Reads again. Says whether anything was different from the last time.
    async fn refresh(&mut self) -> bool {
        let current = read(&self.source).await.map_err(|error| error.to_string());
        if current == self.last {
            return false;
        }
        self.last.clone_from(&current);
        match current {
            Err(problem) => self.refuse(vec![problem]),
            Ok(sources) => {
                let files = sources.len();
                let (compiler, policy) = compile(mem::take(&mut self.compiler), sources).await;
                self.compiler = compiler;
                match policy {
                    Ok(policy) => self.accept(policy, files),
                    Err(errors) => self.refuse(errors.iter().map(ToString::to_string).collect()),
                }
            }
        }
        true
    }

    fn accept(&self, policy: CompiledPolicy, files: usize) {
        self.metrics.accepted.inc();
        self.metrics.problems.set(0);
        warn(&policy);
        let digest = policy.digest.clone();
        let is_new = self.policy.send_if_modified(|current| {
            let is_new = current.digest != digest;
            if is_new {
                *current = Arc::new(policy);
            }
            is_new
        });
        self.report.send_modify(|report| {
            report.problems.clear();
            report.files = files;
            if is_new {
                report.loaded_at = now(&self.metrics);
                report.digest.clone_from(&digest);
            }
        });
        tracing::info!(%digest, files, changed = is_new, "policy in force");
    }

    fn refuse(&self, problems: Vec<String>) {
        self.metrics.refused.inc();
        self.metrics
            .problems
            .set(i64::try_from(problems.len()).unwrap_or(i64::MAX));
        for problem in &problems {
            tracing::error!("{problem}");
        }
        let in_force = self.policy.borrow().digest.clone();
        tracing::error!(%in_force, "policy edit refused: {}; the last good policy stays", mistakes(problems.len()));
        self.report.send_modify(|report| report.problems = problems);
    }
}

impl fmt::Debug for Loader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Loader").finish_non_exhaustive()
    }
}

fn now(metrics: &Metrics) -> Timestamp {
    let now = Timestamp::now();
    metrics.loaded_at.set(now.as_second());
    now
}

fn warn(policy: &CompiledPolicy) {
    for warning in &policy.warnings {
        tracing::warn!("{warning}");
    }
}

fn mistakes(count: usize) -> String {
    match count {
        1 => "1 mistake".to_owned(),
        count => format!("{count} mistakes"),
    }
}

async fn read(source: &Arc<dyn PolicySource>) -> Result<Vec<Source>, SourceError> {
    let source = Arc::clone(source);
    blocking(move || source.read()).await
}

async fn compile(mut compiler: Compiler, sources: Vec<Source>) -> (Compiler, Result<CompiledPolicy, Vec<PolicyError>>) {
    blocking(move || {
        let policy = compiler.compile(&sources);
        (compiler, policy)
    })
    .await
}

/// Runs what blocks, or takes long, off the async threads. A panic goes on in the caller.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => panic::resume_unwind(payload),
            // The runtime is shutting down; nothing will read the result.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests;
