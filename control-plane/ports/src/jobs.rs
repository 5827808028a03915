use std::{fmt, pin::Pin};

use bartizan_verdict::{Endpoint, JobFamily};
use jiff::{SignedDuration, Timestamp};

/// What a store will answer.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, JobStoreError>> + Send + 'a>>;

/// Where jobs are kept: requests that are answered without a held connection, and their answers.
///
/// Several forwarders may share a store. Each claims each job under a name of its own, the owner, to whom the job belongs
/// for as long as the lease is renewed. All that is done with a job in that name is done only while the job is the
/// owner's and running: a job that was cancelled, or taken for interrupted, stays so, and what is said late of one try is
/// not taken for the next.
pub trait JobStore: fmt::Debug + Send + Sync + 'static {
    /// Adds a job that waits, unless its tenant has as many as it may.
    fn submit<'a>(&'a self, job: &'a Submission, bounds: JobBounds) -> Reply<'a, Submitted>;

    /// A job of a tenant.
    fn job<'a>(&'a self, tenant: &'a str, id: &'a str) -> Reply<'a, Option<Job>>;

    /// Parts of a job's answer behind the first `after`, in order; at most about a megabyte at once.
    fn parts<'a>(&'a self, id: &'a str, after: u32) -> Reply<'a, Vec<Vec<u8>>>;

    /// Takes the next job that waits, of the tenant that has fewest running, the oldest first. No other forwarder gets
    /// it. One that turns out to be [`JobStoreError::Unreadable`] is the owner's too, to be ended.
    fn claim<'a>(&'a self, owner: &'a str, now: Timestamp, lease: SignedDuration) -> Reply<'a, Option<Submission>>;

    /// Prolongs the lease of a job that the owner works on.
    fn renew<'a>(&'a self, owner: &'a str, id: &'a str, now: Timestamp, lease: SignedDuration) -> Reply<'a, Mine>;

    /// Notes the head of an answer, and forgets the request.
    fn begin<'a>(&'a self, owner: &'a str, id: &'a str, head: &'a AnswerHead) -> Reply<'a, Mine>;

    /// Adds a part to an answer, unless its tenant would have more bytes than that. One that is there already stays.
    fn append<'a>(&'a self, owner: &'a str, id: &'a str, part: AnswerPart<'a>, bytes: u64) -> Reply<'a, Appended>;

    /// Ends a job.
    fn finish<'a>(&'a self, owner: &'a str, id: &'a str, end: &'a JobEnd, times: JobTimes) -> Reply<'a, Mine>;

    /// Lets a job wait again, of which nothing has been sent, until `not_before`.
    fn put_back<'a>(&'a self, owner: &'a str, id: &'a str, not_before: Timestamp) -> Reply<'a, Mine>;

    /// Cancels a job that is not over. It stays as it is if it is.
    fn cancel<'a>(&'a self, tenant: &'a str, id: &'a str, times: JobTimes) -> Reply<'a, ()>;

    /// Forgets a job, whatever its state; tells whether there was one.
    fn remove<'a>(&'a self, tenant: &'a str, id: &'a str) -> Reply<'a, bool>;

    /// Ends jobs whose forwarder is gone, and those that waited too long; forgets those whose time is over.
    fn sweep(&self, times: JobTimes) -> Reply<'_, Swept>;

    /// What there is.
    fn counts(&self) -> Reply<'_, JobCounts>;
}

/// What was submitted, and is to be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Its id, which nobody can guess.
    pub id: String,
    /// Name of the tenant that submits it.
    pub tenant: String,
    /// Id of the key with which it does.
    pub key_id: String,
    /// In whose words it was submitted, and is asked for.
    pub family: JobFamily,
    /// What the body is for.
    pub endpoint: Endpoint,
    /// The model that the body names.
    pub model: String,
    /// How the answer is wanted.
    pub delivery: JobDelivery,
    /// Headers of the client that the provider, or whoever routes, may want.
    pub headers: Vec<(String, String)>,
    /// The request, as the filters let it pass.
    pub body: Vec<u8>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When it is given up, if it waits until then.
    pub expires_at: Timestamp,
}

/// How an answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobDelivery {
    /// As one JSON object.
    Whole,
    /// As server-sent events.
    Events,
}

/// How many jobs a tenant may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobBounds {
    /// That wait or are worked on.
    pub unfinished: u32,
    /// In all.
    pub kept: u32,
    /// Bytes of their requests and answers. A request is no longer kept once its answer begins.
    pub bytes: u64,
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It waits.
    Queued,
    /// The tenant has as many unfinished jobs as it may.
    TooManyUnfinished,
    /// The tenant has as many jobs as are kept for it.
    TooManyKept,
    /// The tenant has no room for it among the bytes that are kept for it.
    TooManyBytes,
}

/// Now, and how long what ends now is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobTimes {
    /// Now.
    pub now: Timestamp,
    /// How long a job is kept once it is over.
    pub keep: SignedDuration,
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    /// It waits.
    Queued,
    /// A forwarder works on it.
    Running,
    /// It was answered as asked.
    Succeeded,
    /// It was not.
    Failed,
    /// The tenant did not want it any more.
    Cancelled,
}

/// A job, without request and answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// In whose words it was submitted.
    pub family: JobFamily,
    /// What it is for.
    pub endpoint: Endpoint,
    /// The model asked for.
    pub model: String,
    /// How the answer is wanted.
    pub delivery: JobDelivery,
    /// How it stands.
    pub state: JobState,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When the work began.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// When it is given up or, once it is over, forgotten.
    pub expires_at: Timestamp,
    /// The head of the answer, once there is one.
    pub answer: Option<AnswerHead>,
    /// Why it failed: a code, and a sentence.
    pub failure: Option<JobFailure>,
}

/// Status and content type of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerHead {
    /// The HTTP status.
    pub status: u16,
    /// The media type, as it was sent.
    pub content_type: String,
}

/// Some of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerPart<'a> {
    /// The first is 1.
    pub number: u32,
    /// Its bytes.
    pub data: &'a [u8],
}

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is kept.
    Yes,
    /// The job is not the caller's any more; nothing was done.
    NotMine,
    /// The tenant has no room for it.
    NoRoom,
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobFailure {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// It was answered as asked.
    Succeeded,
    /// It was not.
    Failed(JobFailure),
}

/// Whether a job is still the caller's to work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mine {
    /// It is; what was asked for is done.
    Yes,
    /// It was cancelled, removed or taken for interrupted; nothing was done.
    No,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Jobs whose forwarder was gone.
    pub interrupted: u64,
    /// Jobs that waited too long.
    pub expired: u64,
    /// Jobs that were forgotten.
    pub removed: u64,
}

/// What there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Jobs in each state that any is in.
    pub states: Vec<(JobState, u64)>,
    /// When the oldest that waits was submitted.
    pub oldest_queued: Option<Timestamp>,
}

/// What the store could not do.
#[derive(Debug, thiserror::Error)]
pub enum JobStoreError {
    /// It cannot answer now; it may in a moment.
    #[error("the store of jobs failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It has no room. Somebody has to make some, which takes longer than a moment.
    #[error("the store of jobs is full: {0}")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is kept of the job says nothing to this version.
    #[error("job {id} cannot be read: {source}")]
    Unreadable {
        /// Its id.
        id: String,
        /// What about it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

// === impl JobState ===

impl JobState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Its name in answers, stores and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing will change any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        match self {
            Self::Queued | Self::Running => false,
            Self::Succeeded | Self::Failed | Self::Cancelled => true,
        }
    }
}

// === impl JobFailure ===

impl JobFailure {
    /// The forwarder was gone while it worked on the job. It is not worked on again, because the provider may have
    /// charged for it.
    #[must_use]
    pub fn interrupted() -> Self {
        Self {
            code: "interrupted".to_owned(),
            message:
                "The work on the job was interrupted. It is not repeated, because it may have been charged; submit \
                it again if you want it."
                    .to_owned(),
        }
    }

    /// The forwarder failed, by a mistake of its own, while it worked on the job.
    #[must_use]
    pub fn broken() -> Self {
        Self {
            code: "internal_error".to_owned(),
            message:
                "The service failed while it worked on the job. It is not repeated, because it may have been charged."
                    .to_owned(),
        }
    }

    /// What is kept of the job says nothing to the version that was to work on it.
    #[must_use]
    pub fn unreadable() -> Self {
        Self {
            code: "unreadable".to_owned(),
            message: "What is kept of the job cannot be read. Nothing was sent; submit it again.".to_owned(),
        }
    }

    /// The store had no room for the answer.
    #[must_use]
    pub fn store_full() -> Self {
        Self {
            code: "store_full".to_owned(),
            message: "There was no room to keep the answer. It may have been charged.".to_owned(),
        }
    }

    /// The store did not take the answer.
    #[must_use]
    pub fn store_failed() -> Self {
        Self {
            code: "store_failed".to_owned(),
            message: "The answer could not be kept. It may have been charged.".to_owned(),
        }
    }

    /// The job waited until it was given up.
    #[must_use]
    pub fn expired() -> Self {
        Self {
            code: "expired".to_owned(),
            message: "The job waited until its time was over.".to_owned(),
        }
    }
}
