//! The SQL. All but what is in [`Statements`] is the same for both engines.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// What differs between engines.
#[derive(Debug)]
pub(super) struct Statements {
    /// Makes submissions of a tenant wait for each other, where they would otherwise count at the same time.
    pub(super) lock_tenant: Option<&'static str>,
    /// $1 owner, $2 end of the lease, $3 now.
    pub(super) claim: &'static str,
    /// In the order of their numbers, which begin at 1.
    migrations: &'static [(&'static str, &'static str)],
}

/// SQLite has one connection, so that statements never overlap.
pub(super) const SQLITE: Statements = Statements {
    lock_tenant: None,
    claim: "
        UPDATE jobs SET state = 'running', owner = $1, lease_until = $2, started_at = $3
        WHERE id = (
            SELECT id FROM jobs AS waiting WHERE state = 'queued' AND not_before <= $3
            ORDER BY
                (SELECT count(*) FROM jobs AS busy WHERE busy.tenant = waiting.tenant AND busy.state = 'running'),
                created_at, id
            LIMIT 1)
        RETURNING id, tenant, key_id, family, endpoint, model, delivery, headers, body, created_at, expires_at",
    migrations: &[
        ("jobs", include_str!("../../migrations/sqlite/1_jobs.sql")),
        ("bytes", include_str!("../../migrations/sqlite/2_bytes.sql")),
    ],
};

pub(super) const POSTGRES: Statements = Statements {
    lock_tenant: Some("SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtextextended($1, 0))) AS locked"),
    claim: "
        UPDATE jobs SET state = 'running', owner = $1, lease_until = $2, started_at = $3
        WHERE id = (
            SELECT id FROM jobs AS waiting WHERE state = 'queued' AND not_before <= $3
            ORDER BY
                (SELECT count(*) FROM jobs AS busy WHERE busy.tenant = waiting.tenant AND busy.state = 'running'),
                created_at, id
            LIMIT 1 FOR UPDATE OF waiting SKIP LOCKED)
        RETURNING id, tenant, key_id, family, endpoint, model, delivery, headers, body, created_at, expires_at",
    migrations: &[
        ("jobs", include_str!("../../migrations/postgres/1_jobs.sql")),
        ("bytes", include_str!("../../migrations/postgres/2_bytes.sql")),
    ],
};

pub(super) const SUBMIT: &str = "
    INSERT INTO jobs (
        id, tenant, key_id, family, endpoint, model, delivery, headers, body, state, not_before, created_at, expires_at,
        bytes)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, 'queued', $10, $10, $11, $14
    WHERE (SELECT count(*) FROM jobs WHERE tenant = $2 AND state IN ('queued', 'running')) < $12
      AND (SELECT count(*) FROM jobs WHERE tenant = $2) < $13
      AND (SELECT coalesce(sum(bytes), 0) FROM jobs WHERE tenant = $2) + $14 <= $15";

pub(super) const COUNT_UNFINISHED: &str =
    "SELECT count(*) FROM jobs WHERE tenant = $1 AND state IN ('queued', 'running')";

pub(super) const COUNT_KEPT: &str = "SELECT count(*) FROM jobs WHERE tenant = $1";

pub(super) const JOB: &str = "
    SELECT id, family, endpoint, model, delivery, state, created_at, started_at, finished_at, expires_at, status,
        content_type, failure_code, failure_message
    FROM jobs WHERE tenant = $1 AND id = $2";

pub(super) const PARTS: &str = "SELECT data FROM job_parts WHERE job_id = $1 AND number > $2 ORDER BY number LIMIT 16";

pub(super) const RENEW: &str = "UPDATE jobs SET lease_until = $3 WHERE id = $1 AND owner = $2 AND state = 'running'";

pub(super) const BEGIN: &str = "
    UPDATE jobs SET status = $3, content_type = $4, body = NULL, bytes = bytes - coalesce(length(body), 0)
    WHERE id = $1 AND owner = $2 AND state = 'running'";

/// Finds room for a part of an answer: $3 its number, $4 its length, $5 the bytes that the tenant may have.
pub(super) const MAKE_ROOM: &str = "
    UPDATE jobs SET bytes = bytes + $4
    WHERE id = $1 AND owner = $2 AND state = 'running'
      AND NOT EXISTS (SELECT 1 FROM job_parts WHERE job_id = $1 AND number = $3)
      AND (SELECT coalesce(sum(kept.bytes), 0) FROM jobs AS kept WHERE kept.tenant = jobs.tenant) + $4 <= $5";

pub(super) const APPEND: &str = "INSERT INTO job_parts (job_id, number, data) VALUES ($1, $2, $3)";

pub(super) const COUNT_PART: &str = "SELECT count(*) FROM job_parts WHERE job_id = $1 AND number = $2";

pub(super) const COUNT_MINE: &str = "SELECT count(*) FROM jobs WHERE id = $1 AND owner = $2 AND state = 'running'";

pub(super) const FINISH: &str = "
    UPDATE jobs SET state = $3, finished_at = $4, expires_at = $5, failure_code = $6, failure_message = $7,
        owner = NULL, lease_until = NULL, body = NULL, bytes = bytes - coalesce(length(body), 0)
    WHERE id = $1 AND owner = $2 AND state = 'running'";

pub(super) const PUT_BACK: &str = "
    UPDATE jobs SET state = 'queued', owner = NULL, lease_until = NULL, started_at = NULL, not_before = $3
    WHERE id = $1 AND owner = $2 AND state = 'running' AND status IS NULL";

pub(super) const CANCEL: &str = "
    UPDATE jobs SET state = 'cancelled', finished_at = $3, expires_at = $4, owner = NULL, lease_until = NULL,
        body = NULL, bytes = bytes - coalesce(length(body), 0)
    WHERE tenant = $1 AND id = $2 AND state IN ('queued', 'running')";

pub(super) const REMOVE: &str = "DELETE FROM jobs WHERE tenant = $1 AND id = $2";

pub(super) const INTERRUPT: &str = "
    UPDATE jobs SET state = 'failed', finished_at = $1, expires_at = $2, failure_code = $3, failure_message = $4,
        owner = NULL, lease_until = NULL, body = NULL, bytes = bytes - coalesce(length(body), 0)
    WHERE state = 'running' AND lease_until < $1";

pub(super) const EXPIRE: &str = "
    UPDATE jobs SET state = 'failed', finished_at = $1, expires_at = $2, failure_code = $3, failure_message = $4,
        body = NULL, bytes = bytes - coalesce(length(body), 0)
    WHERE state = 'queued' AND expires_at <= $1";

pub(super) const FORGET: &str =
    "DELETE FROM jobs WHERE state IN ('succeeded', 'failed', 'cancelled') AND expires_at <= $1";

pub(super) const COUNT_STATES: &str = "SELECT state, count(*) FROM jobs GROUP BY state";

pub(super) const OLDEST: &str = "SELECT min(created_at) FROM jobs WHERE state = 'queued'";

/// At the start of a process that has a database for itself: whoever worked on a job is gone.
pub(super) const ABANDON: &str = "UPDATE jobs SET lease_until = 0 WHERE state = 'running'";

impl Statements {
    /// What makes a database of any earlier version one of this.
    pub(super) fn migrations(&self) -> Migrator {
        let migrations = self.migrations.iter().zip(1..).map(|((name, sql), number)| {
            Migration::new(
                number,
                Cow::Borrowed(name),
                MigrationType::Simple,
                sql.into_sql_str(),
                false,
            )
        });
        Migrator::with_migrations(migrations.collect())
    }
}
