//! What every store does.

use std::{collections::BTreeSet, sync::Arc};

use bartizan_ports::{
    AnswerHead, AnswerPart, Appended, JobBounds, JobDelivery, JobEnd, JobFailure, JobState, JobStore, JobTimes, Mine,
    Submission, Submitted,
};
use bartizan_verdict::{Endpoint, JobFamily};
use jiff::{SignedDuration, Timestamp};

pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(10);
pub(crate) const BOUNDS: JobBounds = JobBounds {
    unfinished: 3,
    kept: 5,
    bytes: 2500,
};
const KEEP: i64 = 100;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

pub(crate) fn times(second: i64) -> JobTimes {
    JobTimes {
        now: at(second),
        keep: SignedDuration::from_secs(KEEP),
    }
}

pub(crate) fn submission(id: &str, tenant: &str, second: i64) -> Submission {
    Submission {
        id: id.to_owned(),
        tenant: tenant.to_owned(),
        key_id: "dev".to_owned(),
        family: JobFamily::Responses,
        endpoint: Endpoint::Responses,
        model: "m".to_owned(),
        delivery: JobDelivery::Events,
        headers: vec![("openai-beta".to_owned(), "a=\"b\"".to_owned())],
        body: b"\x00{}\xff".to_vec(),
        created_at: at(second),
        expires_at: at(second + KEEP),
    }
}

type Store = Arc<dyn JobStore>;

/// Each leaves the store empty.
pub(crate) async fn run(store: &Store) {
    a_job_goes_from_hand_to_hand(store).await;
    a_tenant_sees_and_ends_its_own_jobs_alone(store).await;
    a_tenant_has_as_many_as_it_may(store).await;
    a_tenant_keeps_as_many_bytes_as_it_may(store).await;
    nobody_waits_for_one_tenant_with_many(store).await;
    what_is_not_renewed_is_interrupted_and_what_is_over_is_forgotten(store).await;
    a_job_is_put_back_only_before_its_answer_begins(store).await;
    parts_come_in_order_and_in_portions(store).await;
}

async fn empty(store: &Store) {
    for tenant in ["acme", "globex"] {
        for id in ["a", "b", "c", "d", "e", "f"] {
            store.remove(tenant, id).await.unwrap();
        }
    }
    assert!(store.counts().await.unwrap().states.is_empty());
}

async fn submit(store: &Store, id: &str, tenant: &str, second: i64) -> Submitted {
    store.submit(&submission(id, tenant, second), BOUNDS).await.unwrap()
}

async fn claim(store: &Store, owner: &str, second: i64) -> Option<String> {
    let claimed = store.claim(owner, at(second), LEASE).await.unwrap();
    claimed.map(|submission| submission.id)
}

async fn append(store: &Store, owner: &str, id: &str, number: u32, data: &[u8]) -> Appended {
    let part = AnswerPart { number, data };
    store.append(owner, id, part, BOUNDS.bytes).await.unwrap()
}

async fn state(store: &Store, id: &str) -> JobState {
    store.job("acme", id).await.unwrap().unwrap().state
}

async fn a_job_goes_from_hand_to_hand(store: &Store) {
    assert_eq!(claim(store, "one", 0).await, None);
    assert_eq!(submit(store, "a", "acme", 0).await, Submitted::Queued);
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.states, [(JobState::Queued, 1)]);
    assert_eq!(counts.oldest_queued, Some(at(0)));
    let job = store.job("acme", "a").await.unwrap().unwrap();
    assert_eq!(
        (job.state, job.created_at, job.expires_at),
        (JobState::Queued, at(0), at(KEEP))
    );
    assert_eq!((job.family, job.endpoint), (JobFamily::Responses, Endpoint::Responses));
    assert_eq!((job.delivery, job.model.as_str()), (JobDelivery::Events, "m"));
    assert_eq!((job.started_at, job.answer, job.failure), (None, None, None));

    let claimed = store.claim("one", at(1), LEASE).await.unwrap();
    assert_eq!(claimed, Some(submission("a", "acme", 0)));
    assert_eq!(claim(store, "two", 1).await, None);
    assert_eq!(state(store, "a").await, JobState::Running);

    let head = AnswerHead {
        status: 200,
        content_type: "text/event-stream".to_owned(),
    };
    assert_eq!(store.begin("two", "a", &head).await.unwrap(), Mine::No);
    assert_eq!(store.begin("one", "a", &head).await.unwrap(), Mine::Yes);
    assert_eq!(append(store, "two", "a", 1, b"no").await, Appended::NotMine);
    assert_eq!(append(store, "one", "a", 1, b"yes\x00\xff").await, Appended::Yes);
    let end = JobEnd::Succeeded;
    assert_eq!(store.finish("two", "a", &end, times(2)).await.unwrap(), Mine::No);
    assert_eq!(store.finish("one", "a", &end, times(2)).await.unwrap(), Mine::Yes);
    assert_eq!(store.finish("one", "a", &end, times(3)).await.unwrap(), Mine::No);

    let job = store.job("acme", "a").await.unwrap().unwrap();
    assert_eq!((job.state, job.answer), (JobState::Succeeded, Some(head)));
    assert_eq!((job.started_at, job.finished_at), (Some(at(1)), Some(at(2))));
    assert_eq!(job.expires_at, at(2 + KEEP));
    assert_eq!(store.parts("a", 0).await.unwrap(), [b"yes\x00\xff"]);
    assert_eq!(store.counts().await.unwrap().oldest_queued, None);

    submit(store, "b", "acme", 0).await;
    claim(store, "one", 1).await;
    let failure = JobFailure {
        code: "c".to_owned(),
        message: "it's \"over\"".to_owned(),
    };
    let end = JobEnd::Failed(failure.clone());
    assert_eq!(store.finish("one", "b", &end, times(2)).await.unwrap(), Mine::Yes);
    let job = store.job("acme", "b").await.unwrap().unwrap();
    assert_eq!((job.state, job.failure), (JobState::Failed, Some(failure)));
    empty(store).await;
    assert!(store.parts("a", 0).await.unwrap().is_empty());
}

async fn a_tenant_sees_and_ends_its_own_jobs_alone(store: &Store) {
    submit(store, "a", "acme", 0).await;
    submit(store, "b", "acme", 1).await;
    assert_eq!(claim(store, "one", 1).await.as_deref(), Some("a"));
    assert_eq!(store.job("globex", "a").await.unwrap(), None);
    for id in ["a", "b", "none"] {
        store.cancel("globex", id, times(2)).await.unwrap();
        assert!(!store.remove("globex", id).await.unwrap());
    }
    assert_eq!(state(store, "a").await, JobState::Running);
    assert_eq!(store.renew("one", "a", at(2), LEASE).await.unwrap(), Mine::Yes);
    for id in ["a", "b"] {
        store.cancel("acme", id, times(2)).await.unwrap();
        assert_eq!(state(store, id).await, JobState::Cancelled);
    }
    assert_eq!(store.renew("one", "a", at(3), LEASE).await.unwrap(), Mine::No);
    assert_eq!(append(store, "one", "a", 1, b"late").await, Appended::NotMine);
    assert_eq!(
        store.finish("one", "a", &JobEnd::Succeeded, times(3)).await.unwrap(),
        Mine::No
    );
    assert_eq!(store.put_back("one", "a", at(3)).await.unwrap(), Mine::No);
    store.cancel("acme", "a", times(50)).await.unwrap();
    let cancelled = store.job("acme", "a").await.unwrap().unwrap();
    assert_eq!(cancelled.finished_at, Some(at(2)));
    assert_eq!(claim(store, "one", 4).await, None);
    assert!(store.remove("acme", "a").await.unwrap());
    assert!(!store.remove("acme", "a").await.unwrap());
    empty(store).await;
}

async fn a_tenant_has_as_many_as_it_may(store: &Store) {
    for (id, expected) in [
        ("a", Submitted::Queued),
        ("b", Submitted::Queued),
        ("c", Submitted::Queued),
        ("d", Submitted::TooManyUnfinished),
    ] {
        assert_eq!(submit(store, id, "acme", 0).await, expected, "{id}");
    }
    assert_eq!(submit(store, "e", "globex", 0).await, Submitted::Queued);
    for id in ["a", "b", "c"] {
        store.cancel("acme", id, times(1)).await.unwrap();
    }
    assert_eq!(submit(store, "d", "acme", 0).await, Submitted::Queued);
    assert_eq!(submit(store, "f", "acme", 0).await, Submitted::Queued);
    store.cancel("acme", "f", times(1)).await.unwrap();
    let sixth = store.submit(&submission("x", "acme", 0), BOUNDS).await.unwrap();
    assert_eq!(sixth, Submitted::TooManyKept);
    empty(store).await;
}

async fn a_tenant_keeps_as_many_bytes_as_it_may(store: &Store) {
    let submit = async |id: &str, tenant: &str| {
        let large = Submission {
            body: vec![b'x'; 1000],
            ..submission(id, tenant, 0)
        };
        store.submit(&large, BOUNDS).await.unwrap()
    };
    assert_eq!(submit("a", "acme").await, Submitted::Queued);
    assert_eq!(submit("b", "acme").await, Submitted::Queued);
    assert_eq!(submit("c", "acme").await, Submitted::TooManyBytes);
    assert_eq!(submit("d", "globex").await, Submitted::Queued);

    // A request makes room when its answer begins.
    assert_eq!(claim(store, "one", 1).await.as_deref(), Some("a"));
    assert_eq!(submit("c", "acme").await, Submitted::TooManyBytes);
    let head = AnswerHead {
        status: 200,
        content_type: String::new(),
    };
    store.begin("one", "a", &head).await.unwrap();
    assert_eq!(submit("c", "acme").await, Submitted::Queued);

    let part = [b'y'; 400];
    assert_eq!(append(store, "one", "a", 1, &part).await, Appended::Yes);
    assert_eq!(append(store, "one", "a", 2, &part).await, Appended::NoRoom);
    // It may have been taken without our knowledge, and does not count twice.
    assert_eq!(append(store, "one", "a", 1, &part).await, Appended::Yes);
    store.cancel("acme", "c", times(2)).await.unwrap();
    assert_eq!(append(store, "one", "a", 2, &part).await, Appended::Yes);
    assert_eq!(store.parts("a", 0).await.unwrap(), [part, part]);

    // An answer that is over still counts, until it is forgotten.
    store.finish("one", "a", &JobEnd::Succeeded, times(3)).await.unwrap();
    assert_eq!(submit("e", "acme").await, Submitted::TooManyBytes);
    store.remove("acme", "a").await.unwrap();
    assert_eq!(submit("e", "acme").await, Submitted::Queued);
    empty(store).await;
}

async fn nobody_waits_for_one_tenant_with_many(store: &Store) {
    for (id, tenant, second) in [("a", "acme", 0), ("b", "acme", 1), ("c", "acme", 2), ("d", "globex", 3)] {
        submit(store, id, tenant, second).await;
    }
    for expected in ["a", "d", "b", "c"] {
        assert_eq!(claim(store, "one", 4).await.as_deref(), Some(expected));
    }
    empty(store).await;
}

async fn what_is_not_renewed_is_interrupted_and_what_is_over_is_forgotten(store: &Store) {
    for id in ["a", "b", "c"] {
        submit(store, id, "acme", 0).await;
    }
    claim(store, "one", 0).await;
    claim(store, "two", 0).await;
    assert_eq!(store.sweep(times(9)).await.unwrap(), Default::default());
    assert_eq!(store.renew("two", "b", at(9), LEASE).await.unwrap(), Mine::Yes);
    let swept = store.sweep(times(11)).await.unwrap();
    assert_eq!((swept.interrupted, swept.expired, swept.removed), (1, 0, 0));
    assert_eq!(state(store, "a").await, JobState::Failed);
    assert_eq!(state(store, "b").await, JobState::Running);
    assert_eq!(append(store, "one", "a", 1, b"late").await, Appended::NotMine);

    let swept = store.sweep(times(KEEP)).await.unwrap();
    assert_eq!((swept.interrupted, swept.expired, swept.removed), (1, 1, 0));
    let expired = store.job("acme", "c").await.unwrap().unwrap();
    assert_eq!(expired.failure, Some(JobFailure::expired()));
    assert_eq!(expired.expires_at, at(2 * KEEP));
    assert_eq!(store.sweep(times(11 + KEEP)).await.unwrap().removed, 1);
    assert_eq!(store.sweep(times(2 * KEEP)).await.unwrap().removed, 2);
    assert!(store.counts().await.unwrap().states.is_empty());
}

async fn a_job_is_put_back_only_before_its_answer_begins(store: &Store) {
    submit(store, "a", "acme", 0).await;
    claim(store, "one", 1).await;
    assert_eq!(store.put_back("two", "a", at(5)).await.unwrap(), Mine::No);
    assert_eq!(store.put_back("one", "a", at(5)).await.unwrap(), Mine::Yes);
    assert_eq!(claim(store, "one", 4).await, None);
    assert_eq!(claim(store, "two", 5).await.as_deref(), Some("a"));
    let head = AnswerHead {
        status: 200,
        content_type: String::new(),
    };
    store.begin("two", "a", &head).await.unwrap();
    assert_eq!(store.put_back("two", "a", at(6)).await.unwrap(), Mine::No);
    empty(store).await;
}

async fn parts_come_in_order_and_in_portions(store: &Store) {
    submit(store, "a", "acme", 0).await;
    claim(store, "one", 1).await;
    for number in 1..=40 {
        let part = number.to_string();
        append(store, "one", "a", number, part.as_bytes()).await;
    }
    let mut read: Vec<Vec<u8>> = Vec::new();
    loop {
        let portion = store.parts("a", u32::try_from(read.len()).unwrap()).await.unwrap();
        if portion.is_empty() {
            break;
        }
        read.extend(portion);
    }
    let expected: Vec<_> = (1..=40).map(|number: u32| number.to_string().into_bytes()).collect();
    assert_eq!(read, expected);
    empty(store).await;
}

/// Several forwarders on one store: each job is claimed by exactly one, and a tenant's bounds hold.
pub(crate) async fn race(stores: &[Store]) {
    let bounds = JobBounds {
        unfinished: 20,
        kept: 20,
        bytes: u64::MAX,
    };
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..40_usize {
        let store = Arc::clone(&stores[number % stores.len()]);
        tasks.spawn(async move {
            let submission = submission(&format!("race-{number}"), "acme", 0);
            store.submit(&submission, bounds).await.unwrap()
        });
    }
    let submitted = tasks.join_all().await;
    let queued = submitted.iter().filter(|result| **result == Submitted::Queued).count();
    assert_eq!(queued, 20);

    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8_usize {
        let store = Arc::clone(&stores[number % stores.len()]);
        tasks.spawn(async move {
            let mut claimed = Vec::new();
            while let Some(id) = claim(&store, &format!("owner-{number}"), 1).await {
                claimed.push(id);
            }
            claimed
        });
    }
    let mut claimed: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    // Who meets another at the same job may go away with none, and comes again.
    while let Some(id) = claim(&stores[0], "last", 1).await {
        claimed.push(id);
    }
    let distinct: BTreeSet<_> = claimed.iter().collect();
    assert_eq!((distinct.len(), claimed.len()), (20, 20), "{claimed:?}");
}
