//! What only a file can show: that jobs outlive a process, and that no other process gets at them.

use std::os::unix::fs::PermissionsExt;

use bartizan_ports::{JobState, JobStore};
use bartizan_store::{JobStoreAddress, OpenError, SqlJobs};

use crate::{
    open,
    suite::{BOUNDS, LEASE, at, submission, times},
};

#[tokio::test]
async fn jobs_outlive_the_process_and_those_it_worked_on_are_interrupted() {
    let directory = tempfile::tempdir().unwrap();
    let address = JobStoreAddress::Sqlite(directory.path().join("jobs.db"));
    let store = open(&address).await;
    for id in ["a", "b"] {
        store.submit(&submission(id, "acme", 0), BOUNDS).await.unwrap();
    }
    assert_eq!(store.claim("first", at(1), LEASE).await.unwrap().unwrap().id, "a");
    assert!(matches!(SqlJobs::open(&address).await, Err(OpenError::Database { .. })));
    drop(store);

    let store = reopened(&address).await;
    let swept = store.sweep(times(2)).await.unwrap();
    assert_eq!((swept.interrupted, swept.expired, swept.removed), (1, 0, 0));
    let interrupted = store.job("acme", "a").await.unwrap().unwrap();
    assert_eq!(interrupted.state, JobState::Failed);
    assert_eq!(interrupted.failure.unwrap().code, "interrupted");
    assert_eq!(store.claim("second", at(3), LEASE).await.unwrap().unwrap().id, "b");
    assert_eq!(store.claim("second", at(3), LEASE).await.unwrap(), None);
}

/// A store that was dropped is closed a moment later.
async fn reopened(address: &JobStoreAddress) -> SqlJobs {
    for _ in 0..2_000 {
        if let Ok(store) = SqlJobs::open(address).await {
            return store;
        }
        tokio::task::yield_now().await;
    }
    SqlJobs::open(address).await.unwrap()
}

#[tokio::test]
async fn the_file_is_for_its_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state/jobs.db");
    let store = open(&JobStoreAddress::Sqlite(path.clone())).await;
    store.submit(&submission("a", "acme", 0), BOUNDS).await.unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for file in path.parent().unwrap().read_dir().unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "no database, but long enough to look like one".repeat(40)).unwrap();
    let inside = JobStoreAddress::Sqlite(file.join("jobs.db"));
    assert!(matches!(SqlJobs::open(&inside).await, Err(OpenError::File { .. })));
    let error = SqlJobs::open(&JobStoreAddress::Sqlite(file)).await.unwrap_err();
    assert!(matches!(error, OpenError::Database { .. }), "{error}");
}

#[test]
fn addresses_print_without_secrets() {
    let table = [
        ("memory", Some("memory")),
        ("sqlite:/var/lib/jobs.db", Some("sqlite:/var/lib/jobs.db")),
        ("postgres://user:hunter2@db/jobs", Some("postgres")),
        ("postgresql:///jobs", Some("postgres")),
        ("sqlite:", None),
        ("mysql://db", None),
        ("", None),
    ];
    for (text, printed) in table {
        let address = text.parse::<JobStoreAddress>().ok();
        assert_eq!(address.as_ref().map(ToString::to_string).as_deref(), printed, "{text}");
        assert!(!format!("{address:?}").contains("hunter2"));
    }
}
