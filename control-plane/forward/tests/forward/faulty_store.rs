//! A store of jobs that fails as it is told to.

use bartizan_ports::{
    AnswerHead, AnswerPart, Appended, Job, JobBounds, JobCounts, JobEnd, JobStore, JobStoreError, JobTimes, Mine,
    Reply, Submission, Submitted, Swept,
};
use bartizan_store::{JobStoreAddress, SqlJobs};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// There is no room for answers, or for anything else.
    Full,
    /// Ends of jobs are not taken.
    NoEnds,
    /// Jobs are put back, but it is said that they were not.
    UnheardPutBacks,
    /// Putting back takes until this is over; ends of jobs are not taken.
    SlowPutBacks,
    /// What is claimed cannot be read.
    Unreadable,
    /// Nothing about a job can be read.
    Foreign,
    /// Noting the head of an answer panics.
    Panics,
}

#[derive(Debug)]
pub(crate) struct FaultyStore {
    inner: SqlJobs,
    fault: watch::Sender<Fault>,
    /// How often jobs were to be put back.
    put_backs: watch::Sender<u32>,
}

impl FaultyStore {
    pub(crate) async fn new(fault: Fault) -> Self {
        Self {
            inner: SqlJobs::open(&JobStoreAddress::Memory).await.unwrap(),
            fault: watch::Sender::new(fault),
            put_backs: watch::Sender::new(0),
        }
    }

    pub(crate) fn becomes(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// Waits until a job is to be put back once more.
    pub(crate) async fn puts_back(&self) {
        let mut put_backs = self.put_backs.subscribe();
        put_backs.borrow_and_update();
        put_backs.changed().await.unwrap();
    }

    fn is(&self, fault: Fault) -> bool {
        *self.fault.borrow() == fault
    }
}

fn away<T>() -> Result<T, JobStoreError> {
    Err(JobStoreError::Failed("away".into()))
}

fn full<T>() -> Result<T, JobStoreError> {
    Err(JobStoreError::Full("no room".into()))
}

fn unreadable<T>(id: String) -> Result<T, JobStoreError> {
    Err(JobStoreError::Unreadable {
        id,
        source: "of tomorrow".into(),
    })
}

impl JobStore for FaultyStore {
    fn submit<'a>(&'a self, job: &'a Submission, bounds: JobBounds) -> Reply<'a, Submitted> {
        self.inner.submit(job, bounds)
    }

    fn job<'a>(&'a self, tenant: &'a str, id: &'a str) -> Reply<'a, Option<Job>> {
        Box::pin(async move {
            if self.is(Fault::Foreign) {
                return unreadable(id.to_owned());
            }
            self.inner.job(tenant, id).await
        })
    }

    fn parts<'a>(&'a self, id: &'a str, after: u32) -> Reply<'a, Vec<Vec<u8>>> {
        self.inner.parts(id, after)
    }

    fn claim<'a>(&'a self, owner: &'a str, now: Timestamp, lease: SignedDuration) -> Reply<'a, Option<Submission>> {
        Box::pin(async move {
            let claimed = self.inner.claim(owner, now, lease).await?;
            match claimed {
                Some(job) if self.is(Fault::Unreadable) => unreadable(job.id),
                claimed => Ok(claimed),
            }
        })
    }

    fn renew<'a>(&'a self, owner: &'a str, id: &'a str, now: Timestamp, lease: SignedDuration) -> Reply<'a, Mine> {
        self.inner.renew(owner, id, now, lease)
    }

    fn begin<'a>(&'a self, owner: &'a str, id: &'a str, head: &'a AnswerHead) -> Reply<'a, Mine> {
        Box::pin(async move {
            assert!(!self.is(Fault::Panics), "as planned");
            self.inner.begin(owner, id, head).await
        })
    }

    fn append<'a>(&'a self, owner: &'a str, id: &'a str, part: AnswerPart<'a>, bytes: u64) -> Reply<'a, Appended> {
        Box::pin(async move {
            if self.is(Fault::Full) {
                return full();
            }
            self.inner.append(owner, id, part, bytes).await
        })
    }

    fn finish<'a>(&'a self, owner: &'a str, id: &'a str, end: &'a JobEnd, times: JobTimes) -> Reply<'a, Mine> {
        Box::pin(async move {
            if self.is(Fault::Full) {
                return full();
            }
            if self.is(Fault::NoEnds) || self.is(Fault::SlowPutBacks) {
                return away();
            }
            self.inner.finish(owner, id, end, times).await
        })
    }

    fn put_back<'a>(&'a self, owner: &'a str, id: &'a str, not_before: Timestamp) -> Reply<'a, Mine> {
        Box::pin(async move {
            let is_unheard = self.is(Fault::UnheardPutBacks);
            self.put_backs.send_modify(|count| *count += 1);
            let mut fault = self.fault.subscribe();
            fault.wait_for(|fault| *fault != Fault::SlowPutBacks).await.unwrap();
            let told = self.inner.put_back(owner, id, not_before).await;
            if is_unheard { away() } else { told }
        })
    }

    fn cancel<'a>(&'a self, tenant: &'a str, id: &'a str, times: JobTimes) -> Reply<'a, ()> {
        self.inner.cancel(tenant, id, times)
    }

    fn remove<'a>(&'a self, tenant: &'a str, id: &'a str) -> Reply<'a, bool> {
        self.inner.remove(tenant, id)
    }

    fn sweep(&self, times: JobTimes) -> Reply<'_, Swept> {
        self.inner.sweep(times)
    }

    fn counts(&self) -> Reply<'_, JobCounts> {
        self.inner.counts()
    }
}
