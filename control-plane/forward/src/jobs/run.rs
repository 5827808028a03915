//! Claiming jobs, and caring for those that are worked on.

use std::{collections::HashSet, sync::Arc, time::Duration};

use bartizan_platform::{drain, tasks::Tasks};
use bartizan_ports::Mine;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{MissedTickBehavior, interval};

use super::Desk;

/// How long a job is believed to be worked on without a sign of life, and how often there is one.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);
/// Signs of life from one sweep to the next.
const SWEEP: u32 = 5;

impl Desk {
    /// Works on jobs until the drain starts; then finishes those under way. It takes none up, and nobody follows one any
    /// more, from when the drain is announced.
    pub(crate) async fn run(self: Arc<Self>, drain: drain::Watch) {
        let mut works = Tasks::new();
        let mut working: HashSet<String> = HashSet::new();
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
        drop(release);
    }

    /// Takes as many jobs as there is room for.
    async fn claim(self: &Arc<Self>, works: &mut Tasks<String>, working: &mut HashSet<String>) {
        let room = usize::try_from(self.bounds().max_running).unwrap_or(usize::MAX);
        while self.edge.serves() && !*self.stopping.borrow() && works.count() < room {
            let claimed = self.store.claim(&self.owner, Timestamp::now(), LEASE).await;
            let Ok(Some(submission)) = self.noted("claim", claimed) else {
                return;
            };
            working.insert(submission.id.clone());
            let desk = Arc::clone(self);
            works.spawn("job", async move { desk.work(submission).await });
        }
    }

    /// Renews the leases, and ends the work on what was cancelled elsewhere.
    async fn care(&self, working: &HashSet<String>) {
        let now = Timestamp::now();
        for id in working {
            let renewed = self.store.renew(&self.owner, id, now, LEASE).await;
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

fn ended_work(ended: bartizan_platform::tasks::Ended<String>, working: &mut HashSet<String>) {
    match ended.result {
        Ok(id) => {
            working.remove(&id);
        }
        Err(error) => tracing::error!(task = ended.name, %error, "task failed"),
    }
}
