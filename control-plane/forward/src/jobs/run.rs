//! Claiming jobs, and caring for those that are worked on.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bartizan_platform::{drain, tasks::Tasks};
use bartizan_ports::{JobEnd, JobFailure, JobStoreError, Mine};
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    Desk,
    metrics::Run,
    settle::{Claim, Due},
};

/// What is worked on: the owner of each job's newest claim.
type Working = HashMap<String, String>;

/// How long a job is believed to be worked on without a sign of life, and how often there is one.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);
/// Signs of life from one sweep to the next.
const SWEEP: u32 = 5;
/// Signs of life for which the end waits until the store has taken note of all that was done.
const LAST_TRIES: u32 = 5;

impl Desk {
    /// Works on jobs until the drain starts; then finishes those under way. It takes none up, and nobody follows one any
    /// more, from when the drain is announced.
    pub(crate) async fn run(self: Arc<Self>, drain: drain::Watch) {
        let mut works = Tasks::new();
        let mut working = Working::new();
        let mut clock = interval(SIGN_OF_LIFE);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut edge = self.edge.changes();
        let mut round = 0_u32;
        let release = loop {
            tokio::select! {
                biased;
                release = drain.signaled() => break release,
                Some(ended) = works.ended() => ended_work(ended, &mut working),
                _ = clock.tick() => {
                    self.care(&working).await;
                    if round.is_multiple_of(SWEEP) {
                        self.sweep().await;
                    }
                    round = round.wrapping_add(1);
                }
                () = self.handed_in.notified() => {}
                Ok(()) = edge.changed() => {}
                () = drain.announced(), if !*self.stopping.borrow() => {
                    self.stopping.send_replace(true);
                }
            }
            self.claim(&mut works, &mut working).await;
        };
        drop(drain);
        self.stopping.send_replace(true);
        while works.count() > 0 {
            tokio::select! {
                Some(ended) = works.ended() => ended_work(ended, &mut working),
                _ = clock.tick() => self.care(&working).await,
            }
        }
        for _ in 0..LAST_TRIES {
            if self.settle_rest().await.is_ok() {
                break;
            }
            clock.tick().await;
        }
        drop(release);
    }

    /// Takes as many jobs as there is room for.
    async fn claim(self: &Arc<Self>, works: &mut Tasks<Claim>, working: &mut Working) {
        let room = usize::try_from(self.bounds().max_running).unwrap_or(usize::MAX);
        while self.edge.serves() && !*self.stopping.borrow() && works.count() < room {
            let number = self.claims.fetch_add(1, Ordering::Relaxed);
            let owner = format!("{}_{number}", self.name);
            let claimed = self.store.claim(&owner, Timestamp::now(), LEASE).await;
            let submission = match self.noted("claim", claimed) {
                Ok(Some(submission)) => submission,
                Err(JobStoreError::Unreadable { id, .. }) => {
                    self.fail(&Claim { owner, job: id }, JobFailure::unreadable());
                    continue;
                }
                Ok(None) | Err(_) => return,
            };
            let job = submission.id.clone();
            working.insert(job.clone(), owner.clone());
            let claim = Claim { owner, job };
            let desk = Arc::clone(self);
            works.spawn("job", async move {
                // Whatever panics, the job is no longer worked on.
                if AssertUnwindSafe(desk.work(&claim, submission))
                    .catch_unwind()
                    .await
                    .is_err()
                {
                    tracing::error!(job = claim.job, "the work on a job panicked");
                    desk.fail(&claim, JobFailure::broken());
                }
                claim
            });
        }
    }

    /// Ends a job that was claimed and cannot be worked on.
    fn fail(&self, claim: &Claim, failure: JobFailure) {
        self.metrics.ran(Run::Failed);
        self.settle_later(claim, Due::End(JobEnd::Failed(failure), self.times()));
        self.watched(&claim.job).changed.send_replace(());
    }

    /// Says again what the store did not take, renews the leases, and ends the work on what was cancelled elsewhere.
    async fn care(&self, working: &Working) {
        // What it does not take now either is said again next time.
        let _ = self.settle_rest().await;
        let now = Timestamp::now();
        for (id, owner) in working {
            let renewed = self.store.renew(owner, id, now, LEASE).await;
            match self.noted("renew", renewed) {
                Ok(Mine::Yes) => {}
                Ok(Mine::No) => self.interrupt(id),
                // It will not do better with the others.
                Err(_) => return,
            }
        }
    }

    async fn sweep(&self) {
        let times = self.times();
        if let Ok(swept) = self.noted("sweep", self.store.sweep(times).await) {
            self.metrics.swept(swept);
        }
        if let Ok(counts) = self.noted("counts", self.store.counts().await) {
            self.metrics.show(&counts, times.now);
        }
    }
}

fn ended_work(ended: bartizan_platform::tasks::Ended<Claim>, working: &mut Working) {
    match ended.result {
        Ok(claim) => {
            if working.get(&claim.job) == Some(&claim.owner) {
                working.remove(&claim.job);
            }
        }
        Err(error) => tracing::error!(task = ended.name, %error, "task failed"),
    }
}
