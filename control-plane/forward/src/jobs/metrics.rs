use bartizan_ports::{JobCounts, JobState, JobStoreError, Swept};
use jiff::Timestamp;
use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, core::Collector};

/// How a piece of work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    Succeeded,
    Failed,
    Cancelled,
    /// It waits again, because nothing has been sent, or a limit held it back.
    PutBack,
}

/// What is counted of jobs.
#[derive(Clone, Debug)]
pub(super) struct JobMetrics {
    jobs: IntGaugeVec,
    queue_age: IntGauge,
    submissions: IntCounterVec,
    runs: IntCounterVec,
    swept: IntCounterVec,
    store_failures: IntCounterVec,
    unsettled: IntGauge,
}

impl JobMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = |name, help, label| {
            let counters = IntCounterVec::new(Opts::new(name, help), &[label])?;
            registered(registry, counters)
        };
        let jobs = Opts::new("bartizan_jobs", "Jobs in the store, by state.");
        let metrics = Self {
            jobs: registered(registry, IntGaugeVec::new(jobs, &["state"])?)?,
            queue_age: registered(
                registry,
                IntGauge::new(
                    "bartizan_jobs_oldest_queued_seconds",
                    "For how long the oldest job that waits has waited; 0 if none does.",
                )?,
            )?,
            submissions: counters(
                "bartizan_job_submissions_total",
                "Jobs submitted, by what became of it: queued, too_many_jobs, or too_many_job_bytes.",
                "outcome",
            )?,
            runs: counters(
                "bartizan_job_runs_total",
                "Work on jobs, by how it ended: succeeded, failed, cancelled, or put_back.",
                "outcome",
            )?,
            swept: counters(
                "bartizan_jobs_swept_total",
                "Jobs that time ended: interrupted, expired, or removed.",
                "what",
            )?,
            store_failures: counters(
                "bartizan_job_store_failures_total",
                "What the store of jobs could not do, by cause: failed, full, or unreadable.",
                "cause",
            )?,
            unsettled: registered(
                registry,
                IntGauge::new(
                    "bartizan_jobs_unsettled",
                    "Jobs that are over, or to wait again, of which the store has not taken note yet.",
                )?,
            )?,
        };
        for state in JobState::ALL {
            metrics.jobs.with_label_values(&[state.as_str()]).set(0);
        }
        Ok(metrics)
    }

    pub(super) fn store_failed(&self, error: &JobStoreError) {
        let cause = match error {
            JobStoreError::Failed(_) => "failed",
            JobStoreError::Full(_) => "full",
            JobStoreError::Unreadable { .. } => "unreadable",
        };
        self.store_failures.with_label_values(&[cause]).inc();
    }

    pub(super) fn show_unsettled(&self, count: usize) {
        self.unsettled.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    pub(super) fn queued(&self) {
        self.submissions.with_label_values(&["queued"]).inc();
    }

    pub(super) fn refused(&self, code: &str) {
        self.submissions.with_label_values(&[code]).inc();
    }

    pub(super) fn ran(&self, run: Run) {
        let outcome = match run {
            Run::Succeeded => "succeeded",
            Run::Failed => "failed",
            Run::Cancelled => "cancelled",
            Run::PutBack => "put_back",
        };
        self.runs.with_label_values(&[outcome]).inc();
    }

    pub(super) fn swept(&self, swept: Swept) {
        let Swept {
            interrupted,
            expired,
            removed,
        } = swept;
        for (what, count) in [("interrupted", interrupted), ("expired", expired), ("removed", removed)] {
            self.swept.with_label_values(&[what]).inc_by(count);
        }
    }

    pub(super) fn show(&self, counts: &JobCounts, now: Timestamp) {
        for state in JobState::ALL {
            let count = counts.states.iter().find(|(known, _)| *known == state);
            let count = count.map_or(0, |(_, count)| i64::try_from(*count).unwrap_or(i64::MAX));
            self.jobs.with_label_values(&[state.as_str()]).set(count);
        }
        let age = counts.oldest_queued.map(|oldest| now.duration_since(oldest).as_secs());
        self.queue_age.set(age.unwrap_or_default().max(0));
    }
}

fn registered<T: Collector + Clone + 'static>(registry: &Registry, metric: T) -> Result<T, prometheus::Error> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}
