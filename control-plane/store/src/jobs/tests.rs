//! What only somebody who meddles with the database can show.

use bartizan_ports::{AnswerHead, JobBounds, JobDelivery};
use bartizan_verdict::{Endpoint, JobFamily};

use sqlx::{AnyConnection, Connection, any::install_default_drivers, migrate::Migrator};

use super::{statement::SQLITE, *};

const BOUNDS: JobBounds = JobBounds {
    unfinished: 9,
    kept: 9,
    bytes: 1 << 20,
};
const LEASE: SignedDuration = SignedDuration::from_secs(10);

fn submission(id: &str) -> Submission {
    Submission {
        id: id.to_owned(),
        tenant: "acme".to_owned(),
        key_id: "dev".to_owned(),
        family: JobFamily::Jobs,
        endpoint: Endpoint::ChatCompletions,
        model: "m".to_owned(),
        delivery: JobDelivery::Whole,
        headers: Vec::new(),
        body: b"{}".to_vec(),
        created_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::UNIX_EPOCH + LEASE,
    }
}

async fn store() -> SqlJobs {
    SqlJobs::open(&JobStoreAddress::Memory).await.unwrap()
}

async fn run(store: &SqlJobs, statement: &'static str) {
    store.run(sqlx::query(statement)).await.unwrap();
}

#[tokio::test]
async fn a_store_without_room_says_so() {
    let store = store().await;
    store.submit(&submission("a"), BOUNDS).await.unwrap();
    store.claim("one", Timestamp::now(), LEASE).await.unwrap();
    let head = AnswerHead {
        status: 200,
        content_type: String::new(),
    };
    store.begin("one", "a", &head).await.unwrap();
    // Takes no more pages than it has.
    run(&store, "PRAGMA max_page_count = 1").await;
    let part = AnswerPart {
        number: 1,
        data: &[0; 1 << 16],
    };
    let refused = store.append("one", "a", part, BOUNDS.bytes).await;
    assert!(matches!(refused, Err(JobStoreError::Full(_))), "{refused:?}");
    // There is always room for an end.
    let end = JobEnd::Failed(JobFailure::store_full());
    let times = JobTimes {
        now: Timestamp::now(),
        keep: LEASE,
    };
    assert_eq!(store.finish("one", "a", &end, times).await.unwrap(), Mine::Yes);
}

#[tokio::test]
async fn a_job_that_cannot_be_read_is_claimed_by_name() {
    // Whether it can still be seen depends on what is wrong with it.
    for (damage, is_seen) in [
        ("UPDATE jobs SET headers = '{' WHERE id = 'a'", true),
        ("UPDATE jobs SET endpoint = 'of_tomorrow' WHERE id = 'a'", false),
        ("UPDATE jobs SET body = NULL WHERE id = 'a'", true),
        ("UPDATE jobs SET delivery = 'by_pigeon' WHERE id = 'a'", false),
    ] {
        let store = store().await;
        store.submit(&submission("a"), BOUNDS).await.unwrap();
        store.submit(&submission("b"), BOUNDS).await.unwrap();
        run(&store, damage).await;
        let now = Timestamp::now();
        let claimed = store.claim("one", now, LEASE).await;
        assert!(
            matches!(&claimed, Err(JobStoreError::Unreadable { id, .. }) if id == "a"),
            "{damage}: {claimed:?}"
        );
        assert_eq!(store.claim("one", now, LEASE).await.unwrap().unwrap().id, "b");
        let end = JobEnd::Failed(JobFailure::unreadable());
        let times = JobTimes { now, keep: LEASE };
        assert_eq!(store.finish("one", "a", &end, times).await.unwrap(), Mine::Yes);
        match store.job("acme", "a").await {
            Ok(job) => assert_eq!((job.unwrap().state, is_seen), (JobState::Failed, true)),
            Err(JobStoreError::Unreadable { id, .. }) => assert_eq!((id.as_str(), is_seen), ("a", false)),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn what_was_kept_before_bytes_were_counted_counts_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobs.db");
    install_default_drivers();
    let mut old = AnyConnection::connect(&format!("sqlite://{}?mode=rwc", path.display()))
        .await
        .unwrap();
    let first = SQLITE.migrations().iter().take(1).cloned().collect();
    Migrator::with_migrations(first).run(&mut old).await.unwrap();
    let job =
        "INSERT INTO jobs (id, tenant, key_id, family, endpoint, model, delivery, headers, body, state, not_before,
        created_at, expires_at) VALUES ('a', 'acme', 'dev', 'jobs', 'chat_completions', 'm', 'whole', '[]', x'00ff00',
        'running', 0, 0, 0)";
    let part = "INSERT INTO job_parts (job_id, number, data) VALUES ('a', 1, x'ff00')";
    for statement in [job, part] {
        sqlx::query(statement).execute(&mut old).await.unwrap();
    }
    old.close().await.unwrap();
    let store = SqlJobs::open(&JobStoreAddress::Sqlite(path)).await.unwrap();
    let counted = sqlx::query_scalar::<_, i64>("SELECT bytes FROM jobs")
        .fetch_one(&store.pool)
        .await;
    assert_eq!(counted.unwrap(), 2 + 3 + 2);
}
