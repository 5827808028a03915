//! Jobs in SQLite or PostgreSQL, by the same statements.

mod open;
mod row;
mod statement;

use bartizan_ports::{
    AnswerHead, AnswerPart, Appended, Job, JobBounds, JobCounts, JobEnd, JobFailure, JobState, JobStore, JobStoreError,
    JobTimes, Mine, Reply, Submission, Submitted, Swept,
};
use jiff::{SignedDuration, Timestamp};
use sqlx::{
    Any, AnyPool, Row,
    any::{AnyQueryResult, AnyRow},
    query::Query,
};
use tokio::sync::OnceCell;

pub use open::{JobStoreAddress, OpenError};
use statement::Statements;

/// A store of jobs in a database; several processes may share one in PostgreSQL, and none one in SQLite.
#[derive(Debug)]
pub struct SqlJobs {
    pool: AnyPool,
    /// Whether the tables are as this version wants them.
    migrated: OnceCell<()>,
    statements: &'static Statements,
}

type Arguments<'q> = Query<'q, Any, sqlx::any::AnyArguments>;

/// An argument that is `NULL`.
const NO_TEXT: Option<String> = None;

impl SqlJobs {
    /// Where to ask. A database that was not there at first is made ready when it is.
    async fn pool(&self) -> Result<&AnyPool, JobStoreError> {
        self.migrated
            .get_or_try_init(|| async {
                let migrations = self.statements.migrations();
                migrations.run(&self.pool).await.map_err(failed)
            })
            .await?;
        Ok(&self.pool)
    }

    async fn run(&self, arguments: Arguments<'_>) -> Result<AnyQueryResult, JobStoreError> {
        arguments.execute(self.pool().await?).await.map_err(failed)
    }

    async fn run_mine(&self, arguments: Arguments<'_>) -> Result<Mine, JobStoreError> {
        let changed = self.run(arguments).await?.rows_affected();
        Ok(if changed == 0 { Mine::No } else { Mine::Yes })
    }

    async fn count(&self, statement: &'static str, tenant: &str) -> Result<u64, JobStoreError> {
        let count: i64 = sqlx::query_scalar(statement)
            .bind(tenant)
            .fetch_one(self.pool().await?)
            .await
            .map_err(failed)?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    async fn insert(&self, job: &Submission, bounds: JobBounds) -> Result<u64, JobStoreError> {
        let headers = serde_json::to_string(&job.headers).map_err(failed)?;
        let headers_size = headers.len();
        let mut transaction = self.pool().await?.begin().await.map_err(failed)?;
        if let Some(lock) = self.statements.lock_tenant {
            let lock = sqlx::query(lock).bind(job.tenant.as_str());
            lock.execute(&mut *transaction).await.map_err(failed)?;
        }
        let inserted = sqlx::query(statement::SUBMIT)
            .bind(job.id.as_str())
            .bind(job.tenant.as_str())
            .bind(job.key_id.as_str())
            .bind(row::family(job.family))
            .bind(job.endpoint.as_str())
            .bind(job.model.as_str())
            .bind(row::delivery(job.delivery))
            .bind(headers)
            .bind(job.body.as_slice())
            .bind(job.created_at.as_millisecond())
            .bind(job.expires_at.as_millisecond())
            .bind(i64::from(bounds.unfinished))
            .bind(i64::from(bounds.kept))
            .bind(size(headers_size + job.body.len()))
            .bind(i64::try_from(bounds.bytes).unwrap_or(i64::MAX))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(inserted.rows_affected())
    }
}

impl SqlJobs {
    async fn add(&self, owner: &str, id: &str, part: AnswerPart<'_>, bytes: u64) -> Result<Appended, JobStoreError> {
        let number = i64::from(part.number);
        let mut transaction = self.pool().await?.begin().await.map_err(failed)?;
        let room = sqlx::query(statement::MAKE_ROOM)
            .bind(id)
            .bind(owner)
            .bind(number)
            .bind(size(part.data.len()))
            .bind(i64::try_from(bytes).unwrap_or(i64::MAX));
        let has_room = room.execute(&mut *transaction).await.map_err(failed)?.rows_affected() > 0;
        if has_room {
            let append = sqlx::query(statement::APPEND).bind(id).bind(number).bind(part.data);
            append.execute(&mut *transaction).await.map_err(failed)?;
            transaction.commit().await.map_err(failed)?;
            return Ok(Appended::Yes);
        }
        // It is there if the store took it earlier, and we never heard.
        let there = sqlx::query_scalar(statement::COUNT_PART).bind(id).bind(number);
        let there: i64 = there.fetch_one(&mut *transaction).await.map_err(failed)?;
        let mine = sqlx::query_scalar(statement::COUNT_MINE).bind(id).bind(owner);
        let mine: i64 = mine.fetch_one(&mut *transaction).await.map_err(failed)?;
        Ok(match (mine, there) {
            (0, _) => Appended::NotMine,
            (_, 0) => Appended::NoRoom,
            (_, _) => Appended::Yes,
        })
    }
}

impl JobStore for SqlJobs {
    fn submit<'a>(&'a self, job: &'a Submission, bounds: JobBounds) -> Reply<'a, Submitted> {
        Box::pin(async move {
            if self.insert(job, bounds).await? > 0 {
                return Ok(Submitted::Queued);
            }
            let unfinished = self.count(statement::COUNT_UNFINISHED, &job.tenant).await?;
            if unfinished >= u64::from(bounds.unfinished) {
                return Ok(Submitted::TooManyUnfinished);
            }
            let kept = self.count(statement::COUNT_KEPT, &job.tenant).await?;
            Ok(if kept >= u64::from(bounds.kept) {
                Submitted::TooManyKept
            } else {
                Submitted::TooManyBytes
            })
        })
    }

    fn job<'a>(&'a self, tenant: &'a str, id: &'a str) -> Reply<'a, Option<Job>> {
        Box::pin(async move {
            let row = sqlx::query(statement::JOB).bind(tenant).bind(id);
            let row = row.fetch_optional(self.pool().await?).await.map_err(failed)?;
            row.map(|row| row::job(&row).map_err(|error| unreadable(&row, error)))
                .transpose()
        })
    }

    fn parts<'a>(&'a self, id: &'a str, after: u32) -> Reply<'a, Vec<Vec<u8>>> {
        Box::pin(async move {
            let parts = sqlx::query_scalar(statement::PARTS).bind(id).bind(i64::from(after));
            parts.fetch_all(self.pool().await?).await.map_err(failed)
        })
    }

    fn claim<'a>(&'a self, owner: &'a str, now: Timestamp, lease: SignedDuration) -> Reply<'a, Option<Submission>> {
        Box::pin(async move {
            let claimed = sqlx::query(self.statements.claim)
                .bind(owner)
                .bind(after(now, lease))
                .bind(now.as_millisecond());
            let row = claimed.fetch_optional(self.pool().await?).await.map_err(failed)?;
            row.map(|row| row::submission(&row).map_err(|error| unreadable(&row, error)))
                .transpose()
        })
    }

    fn renew<'a>(&'a self, owner: &'a str, id: &'a str, now: Timestamp, lease: SignedDuration) -> Reply<'a, Mine> {
        let renew = sqlx::query(statement::RENEW).bind(id).bind(owner);
        Box::pin(self.run_mine(renew.bind(after(now, lease))))
    }

    fn begin<'a>(&'a self, owner: &'a str, id: &'a str, head: &'a AnswerHead) -> Reply<'a, Mine> {
        Box::pin(
            self.run_mine(
                sqlx::query(statement::BEGIN)
                    .bind(id)
                    .bind(owner)
                    .bind(i64::from(head.status))
                    .bind(head.content_type.as_str()),
            ),
        )
    }

    fn append<'a>(&'a self, owner: &'a str, id: &'a str, part: AnswerPart<'a>, bytes: u64) -> Reply<'a, Appended> {
        Box::pin(self.add(owner, id, part, bytes))
    }

    fn finish<'a>(&'a self, owner: &'a str, id: &'a str, end: &'a JobEnd, times: JobTimes) -> Reply<'a, Mine> {
        let (state, failure) = match end {
            JobEnd::Succeeded => (JobState::Succeeded, None),
            JobEnd::Failed(failure) => (JobState::Failed, Some(failure)),
        };
        let finish = sqlx::query(statement::FINISH)
            .bind(id)
            .bind(owner)
            .bind(state.as_str())
            .bind(times.now.as_millisecond())
            .bind(after(times.now, times.keep))
            .bind(failure.map_or(NO_TEXT, |failure| Some(failure.code.clone())))
            .bind(failure.map_or(NO_TEXT, |failure| Some(failure.message.clone())));
        Box::pin(self.run_mine(finish))
    }

    fn put_back<'a>(&'a self, owner: &'a str, id: &'a str, not_before: Timestamp) -> Reply<'a, Mine> {
        let put_back = sqlx::query(statement::PUT_BACK).bind(id).bind(owner);
        Box::pin(self.run_mine(put_back.bind(not_before.as_millisecond())))
    }

    fn cancel<'a>(&'a self, tenant: &'a str, id: &'a str, times: JobTimes) -> Reply<'a, ()> {
        Box::pin(async move {
            let cancel = sqlx::query(statement::CANCEL)
                .bind(tenant)
                .bind(id)
                .bind(times.now.as_millisecond())
                .bind(after(times.now, times.keep));
            self.run(cancel).await.map(drop)
        })
    }

    fn remove<'a>(&'a self, tenant: &'a str, id: &'a str) -> Reply<'a, bool> {
        Box::pin(async move {
            let removed = self.run(sqlx::query(statement::REMOVE).bind(tenant).bind(id)).await?;
            Ok(removed.rows_affected() > 0)
        })
    }

    fn sweep(&self, times: JobTimes) -> Reply<'_, Swept> {
        Box::pin(async move {
            let (now, forgotten) = (times.now.as_millisecond(), after(times.now, times.keep));
            let fail = |statement: &'static str, failure: JobFailure| {
                let failed = sqlx::query(statement).bind(now).bind(forgotten);
                self.run(failed.bind(failure.code).bind(failure.message))
            };
            Ok(Swept {
                interrupted: fail(statement::INTERRUPT, JobFailure::interrupted())
                    .await?
                    .rows_affected(),
                expired: fail(statement::EXPIRE, JobFailure::expired()).await?.rows_affected(),
                removed: self
                    .run(sqlx::query(statement::FORGET).bind(now))
                    .await?
                    .rows_affected(),
            })
        })
    }

    fn counts(&self) -> Reply<'_, JobCounts> {
        Box::pin(async move {
            let pool = self.pool().await?;
            let counted: Vec<(String, i64)> = sqlx::query_as(statement::COUNT_STATES)
                .fetch_all(pool)
                .await
                .map_err(failed)?;
            let oldest: Option<i64> = sqlx::query_scalar(statement::OLDEST)
                .fetch_one(pool)
                .await
                .map_err(failed)?;
            let states = counted.into_iter().filter_map(|(state, count)| {
                let known = JobState::ALL.into_iter().find(|known| known.as_str() == state)?;
                Some((known, u64::try_from(count).unwrap_or_default()))
            });
            Ok(JobCounts {
                states: states.collect(),
                oldest_queued: oldest.and_then(|oldest| Timestamp::from_millisecond(oldest).ok()),
            })
        })
    }
}

/// Milliseconds since the Unix epoch at the end of a span of time.
fn after(now: Timestamp, span: SignedDuration) -> i64 {
    let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    now.as_millisecond().saturating_add(span)
}

fn size(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> JobStoreError {
    let error = error.into();
    match error.downcast_ref::<sqlx::Error>() {
        Some(cause) if is_full(cause) => JobStoreError::Full(error),
        _ => JobStoreError::Failed(error),
    }
}

/// A job that is there, and says nothing to this version.
fn unreadable(row: &AnyRow, error: sqlx::Error) -> JobStoreError {
    match row.try_get("id") {
        Ok(id) => JobStoreError::Unreadable {
            id,
            source: error.into(),
        },
        Err(error) => failed(error),
    }
}

/// Whether nothing more can be written: `SQLITE_FULL`, or PostgreSQL's `disk_full`.
fn is_full(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| matches!(&*code, "13" | "53100"))
}

#[cfg(test)]
mod tests;
