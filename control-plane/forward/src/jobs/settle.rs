//! Telling the store what came of jobs, now or once it takes it.
//!
//! The place of a job that is over is free at once, whatever the store does. What the store does not take is kept here
//! and said again at each sign of life; who asks for the job meanwhile is told what is known here.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bartizan_ports::{Job, JobEnd, JobState, JobStoreError, JobTimes, Mine};
use jiff::Timestamp;

use super::Desk;

/// What the store is to be told of a job that is not worked on any more.
#[derive(Clone, Debug)]
pub(super) enum Due {
    /// It is over since then.
    End(JobEnd, JobTimes),
    /// Nothing was done, and it may be tried again at that moment.
    PutBack(Timestamp),
}

/// A job that was claimed. Each claim is made by a name of its own: a job that is put back may be claimed again before
/// the store has said that it was, and what is said late of one try must not be taken for the next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Claim {
    /// By which the store knows who works on it.
    pub(super) owner: String,
    /// The id of the job.
    pub(super) job: String,
}

/// What the store has not taken yet.
#[derive(Debug, Default)]
pub(super) struct Unsettled(Mutex<HashMap<Claim, Due>>);

impl Unsettled {
    fn locked(&self) -> MutexGuard<'_, HashMap<Claim, Due>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Tells the store what came of a job. `None` if it did not take it, and will be told again.
    pub(super) async fn settle(&self, claim: &Claim, due: Due) -> Option<Mine> {
        let told = self.tell(claim, &due).await.ok();
        if told.is_none() {
            self.settle_later(claim, due);
        }
        told
    }

    /// Has the store told at the next sign of life.
    pub(super) fn settle_later(&self, claim: &Claim, due: Due) {
        let mut unsettled = self.unsettled.locked();
        unsettled.insert(claim.clone(), due);
        self.metrics.show_unsettled(unsettled.len());
    }

    /// Tells the store what it has not taken yet.
    ///
    /// # Errors
    /// What it does not take now either.
    pub(super) async fn settle_rest(&self) -> Result<(), JobStoreError> {
        let rest = self.unsettled.locked().clone();
        for (claim, due) in rest {
            self.tell(&claim, &due).await?;
            let mut unsettled = self.unsettled.locked();
            unsettled.remove(&claim);
            self.metrics.show_unsettled(unsettled.len());
        }
        Ok(())
    }

    /// A job as it stands, also if the store does not know yet.
    pub(super) async fn look(&self, tenant: &str, id: &str) -> Result<Option<Job>, JobStoreError> {
        let mut job = self.noted("job", self.store.job(tenant, id).await)?;
        if let Some(job) = &mut job
            && job.state == JobState::Running
            && let Some((end, times)) = self.unsettled_end(id)
        {
            (job.state, job.failure) = match end {
                JobEnd::Succeeded => (JobState::Succeeded, None),
                JobEnd::Failed(failure) => (JobState::Failed, Some(failure)),
            };
            job.finished_at = Some(times.now);
            job.expires_at = times.now.saturating_add(times.keep).unwrap_or(times.now);
        }
        Ok(job)
    }

    /// How a job ended, if the store has not taken that yet.
    fn unsettled_end(&self, id: &str) -> Option<(JobEnd, JobTimes)> {
        let unsettled = self.unsettled.locked();
        let mut ends = unsettled.iter().filter_map(|(claim, due)| match due {
            Due::End(end, times) if claim.job == id => Some((end.clone(), *times)),
            Due::End(..) | Due::PutBack(_) => None,
        });
        ends.next()
    }

    async fn tell(&self, Claim { owner, job }: &Claim, due: &Due) -> Result<Mine, JobStoreError> {
        let (what, told) = match due {
            Due::End(end, times) => ("finish", self.store.finish(owner, job, end, *times).await),
            Due::PutBack(not_before) => ("put back", self.store.put_back(owner, job, *not_before).await),
        };
        self.noted(what, told)
    }
}
