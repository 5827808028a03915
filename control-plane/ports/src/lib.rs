//! What the control plane's roles ask of each other and of the outside: traits and message types, no behaviour.
//!
//! A role never imports another. The application hands each the ports it needs: a [`PolicyFeed`] to all, a
//! [`ForwardTarget`] to xds, a [`NodeDirectory`] (which xds provides) to admin, a [`JobStore`] and an
//! [`AnswerCache`] to forward.
#![deny(missing_docs)]

mod cache;
mod forward;
mod jobs;
mod node;
mod policy;

pub use cache::{AnswerCache, CacheError, CacheKey, Cached, CachedAnswer};
pub use forward::{ForwardAddress, ForwardTarget, ForwardTargets, ForwardTls};
pub use jobs::{
    AnswerHead, AnswerPart, Appended, Job, JobBounds, JobCounts, JobDelivery, JobEnd, JobFailure, JobState, JobStore,
    JobStoreError, JobTimes, Mine, Reply, Submission, Submitted, Swept,
};
pub use node::{NodeDirectory, NodeStatus, Rejection, ResourceStatus};
pub use policy::{Changes, PolicyFeed, PolicyReport, PolicyReports, PolicySource, SourceError};
