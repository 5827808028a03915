//! Stopping without dropping work: one trigger, any number of watchers, done when every watcher is gone.
//!
//! A role is given a [`Watch`] and keeps it for as long as it has work. When [`Watch::signaled`] returns, it stops
//! taking new work, finishes what it has, and drops the [`Watch`] and every [`Release`]. What lasts for as long as its
//! client likes ends before that, when [`Watch::announced`] returns: whatever stands before the role may wait for it.

use std::{convert::Infallible, time::Duration};

use tokio::sync::{mpsc, watch};

/// Creates a trigger and the first watcher; clone the watcher for each part that has to finish.
#[must_use]
pub fn channel() -> (Trigger, Watch) {
    let (phase, signal) = watch::channel(Phase::Serving);
    let (held, finished) = mpsc::channel(1);
    (Trigger { phase, finished }, Watch { signal, held })
}

/// How far the end is, each nearer than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    Announced,
    Draining,
}

/// Starts the drain, and waits for it.
#[derive(Debug)]
pub struct Trigger {
    phase: watch::Sender<Phase>,
    finished: mpsc::Receiver<Infallible>,
}

/// Learns that the drain has started. The drain is over when every `Watch` and [`Release`] has been dropped.
#[derive(Clone, Debug)]
pub struct Watch {
    signal: watch::Receiver<Phase>,
    held: mpsc::Sender<Infallible>,
}

/// Holds the drain open: drop it when the work it stands for is finished.
#[derive(Clone, Debug)]
pub struct Release {
    _held: mpsc::Sender<Infallible>,
}

/// How a drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every watcher finished.
    All,
    /// The deadline passed first.
    TimedOut,
}

// === impl Trigger ===

impl Trigger {
    /// Tells every watcher that a drain will come: what has no end of its own is to end now. All else goes on.
    pub fn announce(&self) {
        self.phase.send_if_modified(|phase| {
            let is_news = *phase < Phase::Announced;
            *phase = (*phase).max(Phase::Announced);
            is_news
        });
    }

    /// Tells every watcher to finish, and waits until all have, for at most `deadline`.
    pub async fn drain(mut self, deadline: Duration) -> Drained {
        self.phase.send_replace(Phase::Draining);
        match tokio::time::timeout(deadline, self.finished.recv()).await {
            Ok(_) => Drained::All,
            Err(_) => Drained::TimedOut,
        }
    }
}

// === impl Watch ===

impl Watch {
    /// Waits until the drain starts. A trigger that was dropped counts as one that was pulled.
    pub async fn signaled(&self) -> Release {
        self.reached(Phase::Draining).await;
        self.release()
    }

    /// Waits until a drain is announced, or starts.
    pub async fn announced(&self) {
        self.reached(Phase::Announced).await;
    }

    async fn reached(&self, wanted: Phase) {
        // An error means the trigger is gone, so nobody could ever signal: stop as well.
        let _ = self.signal.clone().wait_for(|phase| *phase >= wanted).await;
    }

    /// A hold on the drain for work that is already under way.
    #[must_use]
    pub fn release(&self) -> Release {
        Release {
            _held: self.held.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn a_drain_ends_when_every_watcher_has_finished() {
        let (trigger, watch) = channel();
        let second = watch.clone();
        let workers = tokio::join!(
            trigger.drain(DEADLINE),
            async move {
                let release = watch.signaled().await;
                drop((watch, release));
            },
            async move { drop(second) }
        );
        assert_eq!(workers.0, Drained::All);
    }

    #[tokio::test(start_paused = true)]
    async fn a_watcher_that_never_finishes_costs_the_deadline() {
        let (trigger, watch) = channel();
        let release = watch.release();
        drop(watch);
        assert_eq!(trigger.drain(DEADLINE).await, Drained::TimedOut);
        drop(release);
    }

    #[tokio::test(start_paused = true)]
    async fn an_announcement_comes_before_the_drain_or_with_it() {
        for announces in [true, false] {
            let (trigger, watch) = channel();
            let wait = |watch: Watch| async move { tokio::time::timeout(DEADLINE, watch.announced()).await.is_ok() };
            assert!(!wait(watch.clone()).await);
            if announces {
                trigger.announce();
                assert!(wait(watch.clone()).await);
                assert!(tokio::time::timeout(DEADLINE, watch.signaled()).await.is_err());
            }
            let drained = tokio::spawn(trigger.drain(DEADLINE));
            assert!(wait(watch.clone()).await);
            drop(watch.signaled().await);
            drop(watch);
            assert_eq!(drained.await.unwrap(), Drained::All);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn losing_the_trigger_stops_the_watchers() {
        let (trigger, watch) = channel();
        drop(trigger);
        drop(watch.signaled().await);
    }
}
