//! The same tests over every store of jobs.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

mod files;
mod postgres;
mod suite;

use std::sync::Arc;

use bartizan_ports::JobStore;
use bartizan_store::{JobStoreAddress, SqlJobs};

async fn open(address: &JobStoreAddress) -> Arc<dyn JobStore> {
    Arc::new(SqlJobs::open(address).await.unwrap())
}

#[tokio::test]
async fn jobs_are_kept_in_memory() {
    suite::run(&open(&JobStoreAddress::Memory).await).await;
}

#[tokio::test]
async fn jobs_are_kept_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let address = JobStoreAddress::Sqlite(directory.path().join("state/j o?b%s.db"));
    suite::run(&open(&address).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_kept_in_postgresql() {
    let server = postgres::Server::start();
    suite::run(&open(&server.address()).await).await;
    suite::race(&[open(&server.address()).await, open(&server.address()).await]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_late_is_used_when_it_is_there() {
    let mut server = postgres::Server::start();
    let store = open(&server.address()).await;
    server.stop();
    assert!(store.counts().await.is_err());
    server.restart();
    assert!(store.counts().await.unwrap().states.is_empty());
    server.stop();
    let failure = store.counts().await.unwrap_err().to_string();
    assert!(failure.contains("the store of jobs failed"), "{failure}");
    server.restart();
    assert!(store.counts().await.is_ok());
}
