use std::{future::Future, path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::Instant,
};

use super::{file::FileWatch, metrics::SecretMeters, source::Unreadable};

/// How long after a failed reading the next is tried; twice as long after each further failure.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(60);

/// Something that can be read again and again.
pub(super) trait Reader: Send + 'static {
    /// What it reads.
    type Secret: PartialEq + Send + Sync + 'static;

    /// Files that are watched: when one changes, it is time to read.
    fn files(&self) -> Vec<PathBuf>;

    /// Reads, and says when to read again at the latest; `None` is never.
    fn read(
        &mut self,
        now: Instant,
    ) -> impl Future<Output = Result<(Self::Secret, Option<Instant>), Unreadable>> + Send;
}

/// A secret that is kept current by a task, for as long as this is there.
#[derive(Debug)]
pub(super) struct Keeper<S, T> {
    source: S,
    state: watch::Receiver<State<T>>,
    _task: JoinSet<()>,
}

#[derive(Debug)]
enum State<T> {
    Unread,
    Absent(Arc<Unreadable>),
    Held(Arc<T>),
}

// === impl Keeper ===

impl<S, T: PartialEq + Send + Sync + 'static> Keeper<S, T> {
    pub(super) fn start<R: Reader<Secret = T>>(
        source: S,
        reader: R,
        meters: SecretMeters,
        changed: Arc<Notify>,
    ) -> Self {
        let (publish, state) = watch::channel(State::Unread);
        let mut task = JoinSet::new();
        task.spawn(keep(reader, publish, meters, changed));
        Self {
            source,
            state,
            _task: task,
        }
    }

    pub(super) const fn source(&self) -> &S {
        &self.source
    }

    /// Waits for the first reading, whatever came of it.
    pub(super) async fn was_read(&mut self) {
        // An error means that the task is gone, so nothing will ever be read.
        let _ = self.state.wait_for(|state| !matches!(state, State::Unread)).await;
    }

    /// The newest that could be read.
    pub(super) fn current(&self) -> Result<Arc<T>, Arc<Unreadable>> {
        match &*self.state.borrow() {
            State::Unread => Err(Arc::new(Unreadable::TooSlow)),
            State::Absent(cause) => Err(Arc::clone(cause)),
            State::Held(secret) => Ok(Arc::clone(secret)),
        }
    }
}

async fn keep<R: Reader>(
    mut reader: R,
    publish: watch::Sender<State<R::Secret>>,
    meters: SecretMeters,
    changed: Arc<Notify>,
) {
    // Watched before it is read, so that no change is missed.
    let mut watch = FileWatch::start(&reader.files());
    let mut failures = 0;
    loop {
        let due = match reader.read(Instant::now()).await {
            Ok((secret, due)) => {
                meters.read();
                if failures > 0 {
                    tracing::info!(
                        provider = meters.provider(),
                        secret = meters.what(),
                        "secret readable again"
                    );
                }
                failures = 0;
                if publish.send_if_modified(|state| held(state, secret)) {
                    tracing::info!(provider = meters.provider(), secret = meters.what(), "secret taken up");
                    changed.notify_one();
                }
                due.into_iter().chain(watch.next_look()).min()
            }
            Err(cause) => {
                meters.failed();
                // Who never had one is told of where it is asked for.
                if failures == 0 && matches!(*publish.borrow(), State::Held(_)) {
                    tracing::warn!(
                        provider = meters.provider(),
                        secret = meters.what(),
                        cause = &cause as &dyn std::error::Error,
                        "secret unreadable; the last good one stays"
                    );
                }
                publish.send_if_modified(|state| absent(state, cause));
                let pause = FIRST_RETRY.saturating_mul(1 << failures.min(6)).min(LONGEST_RETRY);
                failures += 1;
                Some(Instant::now() + pause)
            }
        };
        tokio::select! {
            () = watch.changed() => {}
            () = until(due) => {}
        }
    }
}

fn held<T: PartialEq>(state: &mut State<T>, secret: T) -> bool {
    let is_new = !matches!(state, State::Held(current) if **current == secret);
    if is_new {
        *state = State::Held(Arc::new(secret));
    }
    is_new
}

fn absent<T>(state: &mut State<T>, cause: Unreadable) -> bool {
    let is_absent = !matches!(state, State::Held(_));
    if is_absent {
        *state = State::Absent(Arc::new(cause));
    }
    is_absent
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use prometheus::Registry;

    use super::{super::SecretMetrics, *};

    /// Gives what it is told to, the last for ever.
    struct Script(VecDeque<Result<&'static str, ()>>);

    impl Reader for Script {
        type Secret = &'static str;

        fn files(&self) -> Vec<PathBuf> {
            Vec::new()
        }

        async fn read(&mut self, now: Instant) -> Result<(&'static str, Option<Instant>), Unreadable> {
            let next = self.0.front().copied().unwrap();
            if self.0.len() > 1 {
                self.0.pop_front();
            }
            let due = Some(now + Duration::from_secs(10));
            next.map(|secret| (secret, due)).map_err(|()| Unreadable::Malformed)
        }
    }

    fn start(script: &[Result<&'static str, ()>], changed: &Arc<Notify>) -> (Keeper<(), &'static str>, Registry) {
        let registry = Registry::new();
        let meters = SecretMetrics::register(&registry).unwrap().of("p", "credential");
        let reader = Script(script.iter().copied().collect());
        (Keeper::start((), reader, meters, Arc::clone(changed)), registry)
    }

    fn stale(registry: &Registry) -> f64 {
        let families = registry.gather();
        let family = families
            .iter()
            .find(|family| family.name() == "bartizan_forward_secret_stale");
        family.unwrap().get_metric()[0].get_gauge().get_value()
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_good_secret_stays_until_another_can_be_read() {
        let changed = Arc::new(Notify::new());
        let (mut keeper, registry) = start(&[Ok("old"), Err(()), Err(()), Ok("old"), Ok("new")], &changed);
        changed.notified().await;
        keeper.was_read().await;
        assert_eq!(*keeper.current().unwrap(), "old");
        tokio::time::sleep(Duration::from_millis(10_500)).await;
        assert_eq!((*keeper.current().unwrap(), stale(&registry)), ("old", 1.0));
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!((*keeper.current().unwrap(), stale(&registry)), ("old", 0.0));
        changed.notified().await;
        assert_eq!(*keeper.current().unwrap(), "new");
    }

    #[tokio::test(start_paused = true)]
    async fn a_secret_that_is_absent_at_first_is_taken_up_when_it_comes() {
        let changed = Arc::new(Notify::new());
        let (mut keeper, _registry) = start(&[Err(()), Err(()), Ok("late")], &changed);
        keeper.was_read().await;
        assert!(matches!(*keeper.current().unwrap_err(), Unreadable::Malformed));
        changed.notified().await;
        assert_eq!(*keeper.current().unwrap(), "late");
    }
}
