use std::collections::BTreeSet;

use envoy_types::pb::envoy::config::core::v3::TypedExtensionConfig;
use proptest::prelude::*;

use super::*;

const FILTER: ResourceType = ResourceType::Filter;

/// A request that names nothing.
fn about(resource_type: ResourceType) -> Request {
    Request {
        resource_type,
        subscribe: Vec::new(),
        unsubscribe: Vec::new(),
        initial_versions: BTreeMap::new(),
        nonce: String::new(),
        error: None,
    }
}

fn subscribe(resource_type: ResourceType, names: &[&str]) -> Request {
    Request {
        subscribe: names.iter().map(ToString::to_string).collect(),
        ..about(resource_type)
    }
}

fn unsubscribe(resource_type: ResourceType, names: &[&str]) -> Request {
    Request {
        unsubscribe: names.iter().map(ToString::to_string).collect(),
        ..about(resource_type)
    }
}

fn ack(response: &Response) -> Request {
    Request {
        nonce: response.nonce.clone(),
        ..about(response.resource_type)
    }
}

fn nack(response: &Response) -> Request {
    Request {
        error: Some("no".to_owned()),
        ..ack(response)
    }
}

/// What a resource holds does not matter to a session, so the same kind of message stands for all types.
fn resource(name: &str, content: &str) -> Resource {
    Resource::new(
        name,
        &TypedExtensionConfig {
            name: content.to_owned(),
            typed_config: None,
        },
    )
}

fn snapshot(resources: &[(ResourceType, &str, &str)]) -> Snapshot {
    let mut snapshot = Snapshot::of_policy("digest");
    for (resource_type, name, content) in resources {
        snapshot.insert(*resource_type, resource(name, content));
    }
    snapshot
}

fn receive(session: &mut Session, request: Request) -> Option<Receipt> {
    session.receive(request, Timestamp::UNIX_EPOCH).unwrap()
}

/// Everything there is to send without an answer, as `type name` or `type -name`.
fn drain(session: &mut Session, snapshot: &Snapshot) -> Vec<(String, Response)> {
    core::iter::from_fn(|| session.next(snapshot))
        .map(|response| (label(&response), response))
        .collect()
}

fn label(response: &Response) -> String {
    match &response.change {
        Change::Update(resource) => format!("{:?} {}", response.resource_type, resource.name()),
        Change::Remove(name) => format!("{:?} -{name}", response.resource_type),
    }
}

fn labels(session: &mut Session, snapshot: &Snapshot) -> Vec<String> {
    drain(session, snapshot).into_iter().map(|(label, _)| label).collect()
}

fn settle(session: &mut Session, snapshot: &Snapshot) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let sent = drain(session, snapshot);
        if sent.is_empty() {
            return seen;
        }
        for (label, response) in sent {
            seen.push(label);
            receive(session, ack(&response));
        }
    }
}

#[test]
fn a_first_request_without_names_asks_for_all_listeners_and_clusters_and_for_nothing_else() {
    for resource_type in ResourceType::ALL {
        let snapshot = snapshot(&[(resource_type, "a", "1"), (resource_type, "b", "1")]);
        let mut session = Session::default();
        receive(&mut session, about(resource_type));
        let expected = if resource_type.is_wildcard_by_default() { 2 } else { 0 };
        assert_eq!(labels(&mut session, &snapshot).len(), expected, "{resource_type:?}");
    }
}

#[test]
fn only_what_was_asked_for_is_sent_and_only_once() {
    let snapshot = snapshot(&[(FILTER, "a", "1"), (FILTER, "b", "1")]);
    let mut session = Session::default();
    assert_eq!(session.next(&snapshot), None, "nothing was asked for");
    receive(&mut session, subscribe(FILTER, &["a"]));
    assert_eq!(settle(&mut session, &snapshot), ["Filter a"]);
    receive(&mut session, subscribe(FILTER, &["b"]));
    assert_eq!(settle(&mut session, &snapshot), ["Filter b"]);
}

#[test]
fn pushes_follow_make_before_break() {
    use ResourceType::{Cluster, Endpoints, Listener, Route, Secret};
    let before = snapshot(&[(Secret, "old", "1"), (Cluster, "old", "1")]);
    let mut session = Session::default();
    receive(&mut session, subscribe(Secret, &["old", "token"]));
    receive(&mut session, about(Cluster));
    settle(&mut session, &before);

    let after = snapshot(&[
        (Secret, "token", "1"),
        (FILTER, "auth", "1"),
        (Route, "route", "1"),
        (Listener, "listener", "1"),
        (Endpoints, "forward", "1"),
        (Cluster, "forward", "1"),
    ]);
    receive(&mut session, subscribe(FILTER, &["auth"]));
    receive(&mut session, subscribe(Route, &["route"]));
    receive(&mut session, about(Listener));
    receive(&mut session, subscribe(Endpoints, &["forward"]));
    assert_eq!(
        labels(&mut session, &after),
        [
            "Cluster forward",
            "Endpoints forward",
            "Listener listener",
            "Route route",
            "Filter auth",
            "Secret token",
            "Secret -old",
            "Cluster -old",
        ]
    );
}

#[test]
fn only_what_changed_is_pushed() {
    let mut session = Session::default();
    receive(&mut session, subscribe(FILTER, &["a", "b"]));
    settle(&mut session, &snapshot(&[(FILTER, "a", "1"), (FILTER, "b", "1")]));
    let edited = snapshot(&[(FILTER, "a", "1"), (FILTER, "b", "2")]);
    assert_eq!(settle(&mut session, &edited), ["Filter b"]);
}

#[test]
fn one_response_a_resource_is_under_way() {
    let mut session = Session::default();
    receive(&mut session, subscribe(FILTER, &["a"]));
    let first = session.next(&snapshot(&[(FILTER, "a", "1")])).unwrap();
    let newer = snapshot(&[(FILTER, "a", "3")]);
    assert_eq!(session.next(&newer), None, "the first is yet to be answered");
    receive(&mut session, ack(&first));
    assert_eq!(settle(&mut session, &newer), ["Filter a"], "and the second is skipped");
}

#[test]
fn a_missing_resource_is_said_to_be_missing_and_sent_when_it_appears() {
    let mut session = Session::default();
    receive(&mut session, subscribe(FILTER, &["a"]));
    assert_eq!(settle(&mut session, &snapshot(&[])), ["Filter -a"]);
    assert_eq!(settle(&mut session, &snapshot(&[(FILTER, "a", "1")])), ["Filter a"]);
    assert_eq!(settle(&mut session, &snapshot(&[])), ["Filter -a"]);
}

#[test]
fn a_removed_resource_of_a_wildcard_is_forgotten() {
    let mut session = Session::default();
    receive(&mut session, about(ResourceType::Cluster));
    settle(&mut session, &snapshot(&[(ResourceType::Cluster, "a", "1")]));
    assert_eq!(settle(&mut session, &snapshot(&[])), ["Cluster -a"]);
    assert_eq!(session.holdings().count(), 0);
}

#[test]
fn what_is_unsubscribed_is_not_sent_again() {
    let mut session = Session::default();
    receive(&mut session, subscribe(FILTER, &["a", "b"]));
    settle(&mut session, &snapshot(&[(FILTER, "a", "1"), (FILTER, "b", "1")]));
    receive(&mut session, unsubscribe(FILTER, &["a", "never"]));
    assert_eq!(
        settle(&mut session, &snapshot(&[(FILTER, "a", "2"), (FILTER, "b", "2")])),
        ["Filter b"]
    );
}

#[test]
fn a_repeated_subscription_is_answered_even_while_a_response_is_under_way() {
    let snapshot = snapshot(&[(FILTER, "a", "1")]);
    let mut session = Session::default();
    receive(&mut session, subscribe(FILTER, &["a"]));
    let first = session.next(&snapshot).unwrap();
    receive(&mut session, subscribe(FILTER, &["a"]));
    receive(&mut session, ack(&first));
    assert_eq!(settle(&mut session, &snapshot), ["Filter a"]);
}

#[test]
fn a_name_that_the_wildcard_still_covers_is_answered_when_unsubscribed() {
    let cluster = ResourceType::Cluster;
    let snapshot = snapshot(&[(cluster, "a", "1")]);
    let mut session = Session::default();
    receive(&mut session, subscribe(cluster, &["*", "a", "gone"]));
    settle(&mut session, &snapshot);
    receive(&mut session, unsubscribe(cluster, &["a", "gone"]));
    assert_eq!(settle(&mut session, &snapshot), ["Cluster a", "Cluster -gone"]);
    receive(&mut session, unsubscribe(cluster, &["*"]));
    assert_eq!(session.holdings().count(), 0);
}

#[test]
fn what_arrives_between_two_wildcards_is_removed_if_it_is_gone() {
    let cluster = ResourceType::Cluster;
    let mut session = Session::default();
    receive(&mut session, subscribe(cluster, &["*"]));
    let response = session.next(&snapshot(&[(cluster, "a", "1")])).unwrap();
    receive(&mut session, unsubscribe(cluster, &["*"]));
    assert_eq!(session.holdings().count(), 0);
    receive(&mut session, subscribe(cluster, &["*"]));
    receive(&mut session, ack(&response));
    assert_eq!(settle(&mut session, &snapshot(&[])), ["Cluster -a"]);
}

#[test]
fn a_reconnecting_client_is_sent_only_what_it_lacks() {
    let cluster = ResourceType::Cluster;
    let snapshot = snapshot(&[
        (FILTER, "a", "1"),
        (FILTER, "b", "2"),
        (cluster, "kept", "1"),
        (cluster, "new", "1"),
    ]);
    let version = |resource_type, name| snapshot.get(resource_type, name).unwrap().version().to_owned();
    let mut session = Session::default();
    let mut request = subscribe(FILTER, &["a", "b"]);
    request.initial_versions = BTreeMap::from([
        ("a".to_owned(), version(FILTER, "a")),
        ("b".to_owned(), "older".to_owned()),
    ]);
    receive(&mut session, request);
    let mut request = about(cluster);
    request.initial_versions = BTreeMap::from([
        ("kept".to_owned(), version(cluster, "kept")),
        ("stale".to_owned(), "older".to_owned()),
    ]);
    receive(&mut session, request);
    assert_eq!(
        settle(&mut session, &snapshot),
        ["Cluster new", "Filter b", "Cluster -stale"]
    );
}

#[test]
fn a_new_version_of_a_cluster_brings_its_endpoints_again() {
    use ResourceType::{Cluster, Endpoints};
    let mut session = Session::default();
    receive(&mut session, about(Cluster));
    receive(&mut session, subscribe(Endpoints, &["forward"]));
    settle(
        &mut session,
        &snapshot(&[(Cluster, "forward", "1"), (Endpoints, "forward", "1")]),
    );
    let edited = snapshot(&[(Cluster, "forward", "2"), (Endpoints, "forward", "1")]);
    assert_eq!(settle(&mut session, &edited), ["Cluster forward", "Endpoints forward"]);
}

#[test]
fn refused_content_is_recorded_and_not_pushed_again_until_it_changes() {
    let good = snapshot(&[(FILTER, "a", "good")]);
    let bad = snapshot(&[(FILTER, "a", "bad")]);
    let mut session = Session::default();
    receive(&mut session, subscribe(FILTER, &["a"]));
    settle(&mut session, &good);
    let response = session.next(&bad).unwrap();
    let receipt = receive(&mut session, nack(&response)).unwrap();
    let Outcome::Rejected(rejection) = &receipt.outcome else {
        panic!("{receipt:?}");
    };
    assert_eq!(rejection.message, "no");
    assert_eq!(session.next(&bad), None);
    let holding = session.holdings().next().unwrap();
    assert_eq!(
        holding.acknowledged.as_deref(),
        Some(good.get(FILTER, "a").unwrap().version())
    );
    assert_eq!(holding.rejected.as_ref(), Some(rejection));

    assert_eq!(settle(&mut session, &good), ["Filter a"], "the way back is pushed");
    assert_eq!(session.holdings().next().unwrap().rejected, None);
}

#[test]
fn a_refusal_is_remembered_across_streams_of_a_node_that_kept_what_it_had() {
    let bad = snapshot(&[(FILTER, "a", "bad")]);
    let refusals = || {
        Refusals::from([(
            (FILTER, "a".to_owned()),
            Rejection {
                version: bad.get(FILTER, "a").unwrap().version().to_owned(),
                message: "no".to_owned(),
                at: Timestamp::UNIX_EPOCH,
            },
        )])
    };
    let mut session = Session::new(refusals());
    let mut request = subscribe(FILTER, &["a"]);
    request.initial_versions = BTreeMap::from([("a".to_owned(), "older".to_owned())]);
    receive(&mut session, request);
    assert_eq!(session.next(&bad), None);
    assert_eq!(settle(&mut session, &snapshot(&[(FILTER, "a", "good")])), ["Filter a"]);

    let mut restarted = Session::new(refusals());
    receive(&mut restarted, subscribe(FILTER, &["a"]));
    assert_eq!(
        labels(&mut restarted, &bad),
        ["Filter a"],
        "a process that has nothing may fare better"
    );
}

#[test]
fn strange_nonces_settle_nothing_and_their_subscriptions_count() {
    let snapshot = snapshot(&[(FILTER, "a", "1"), (FILTER, "b", "1")]);
    let mut session = Session::default();
    receive(&mut session, subscribe(FILTER, &["a"]));
    let response = session.next(&snapshot).unwrap();
    let mut strange = subscribe(FILTER, &["b"]);
    strange.nonce = "999".to_owned();
    assert_eq!(receive(&mut session, strange), None);
    let mut wrong_type = ack(&response);
    wrong_type.resource_type = ResourceType::Secret;
    assert_eq!(receive(&mut session, wrong_type), None);
    assert_eq!(labels(&mut session, &snapshot), ["Filter b"]);
    assert!(receive(&mut session, ack(&response)).is_some());
    assert_eq!(receive(&mut session, ack(&response)), None, "an answer counts once");
}

#[test]
fn a_greedy_client_is_refused() {
    let mut session = Session::default();
    let long = "x".repeat(MAX_NAME_LENGTH + 1);
    assert_eq!(
        session.receive(subscribe(FILTER, &[&long]), Timestamp::UNIX_EPOCH),
        Err(SessionError::NameTooLong)
    );
    let names: Vec<String> = (0..=MAX_NAMES).map(|index| index.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(
        session.receive(subscribe(FILTER, &names), Timestamp::UNIX_EPOCH),
        Err(SessionError::TooManyNames)
    );
}

/// What may happen on a stream, in any order.
#[derive(Clone, Debug)]
enum Step {
    Subscribe(usize, &'static str),
    Unsubscribe(usize, &'static str),
    Publish(Vec<(usize, &'static str, u8)>),
    Send,
    Answer(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let name = || prop::sample::select(vec!["a", "b", "c", "*"]);
    let kind = || 0..ResourceType::ALL.len();
    let content = (kind(), prop::sample::select(vec!["a", "b", "c"]), 0_u8..3);
    prop_oneof![
        2 => (kind(), name()).prop_map(|(kind, name)| Step::Subscribe(kind, name)),
        1 => (kind(), name()).prop_map(|(kind, name)| Step::Unsubscribe(kind, name)),
        2 => prop::collection::vec(content, 0..12).prop_map(Step::Publish),
        4 => Just(Step::Send),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(which, accept)| Step::Answer(which, accept)),
    ]
}

/// A client as the protocol describes it: it keeps what it accepted, and drops what it unsubscribes.
#[derive(Default)]
struct Client {
    wanted: BTreeMap<ResourceType, BTreeSet<String>>,
    held: BTreeMap<(ResourceType, String), String>,
    refused: BTreeSet<(ResourceType, String, String)>,
    inbox: Vec<Response>,
}

impl Client {
    fn wants(&self, resource_type: ResourceType, name: &str) -> bool {
        self.wanted
            .get(&resource_type)
            .is_some_and(|names| names.contains(name) || names.contains(WILDCARD))
    }

    fn drop_unwanted(&mut self) {
        let held = core::mem::take(&mut self.held);
        self.held = held
            .into_iter()
            .filter(|((kind, name), _)| self.wants(*kind, name))
            .collect();
    }

    /// The request with which the client answers; what it was sent about a name it no longer wants, it ignores.
    fn answer(&mut self, response: &Response, accept: bool) -> Request {
        let kind = response.resource_type;
        match &response.change {
            Change::Update(resource) if !accept => {
                let version = resource.version().to_owned();
                self.refused.insert((kind, resource.name().to_owned(), version));
                return nack(response);
            }
            Change::Update(resource) => {
                if self.wants(kind, resource.name()) {
                    self.held
                        .insert((kind, resource.name().to_owned()), resource.version().to_owned());
                }
            }
            Change::Remove(name) => {
                self.held.remove(&(kind, name.clone()));
            }
        }
        ack(response)
    }
}

proptest! {
    #[test]
    fn any_interleaving_converges_to_the_snapshot(steps in prop::collection::vec(step(), 0..60)) {
        let mut session = Session::default();
        let mut client = Client::default();
        let mut current = Snapshot::of_policy("digest");
        for step in steps {
            match step {
                Step::Subscribe(kind, name) => {
                    let kind = ResourceType::ALL[kind];
                    client.wanted.entry(kind).or_default().insert(name.to_owned());
                    receive(&mut session, subscribe(kind, &[name]));
                }
                Step::Unsubscribe(kind, name) => {
                    // A client that has no subscription of a type yet does not start one by unsubscribing.
                    let kind = ResourceType::ALL[kind];
                    let Some(names) = client.wanted.get_mut(&kind) else { continue };
                    if names.remove(name) {
                        client.drop_unwanted();
                        receive(&mut session, unsubscribe(kind, &[name]));
                    }
                }
                Step::Publish(resources) => {
                    current = Snapshot::of_policy("digest");
                    for (kind, name, content) in resources {
                        current.insert(ResourceType::ALL[kind], resource(name, &content.to_string()));
                    }
                }
                Step::Send => client.inbox.extend(session.next(&current)),
                Step::Answer(..) if client.inbox.is_empty() => {}
                Step::Answer(which, accept) => {
                    let which = which % client.inbox.len();
                    let response = client.inbox.remove(which);
                    let answer = client.answer(&response, accept);
                    receive(&mut session, answer);
                }
            }
        }
        // From here on the client accepts everything, and nothing else happens.
        loop {
            client.inbox.extend(session.next(&current));
            let Some(response) = client.inbox.pop() else { break };
            let answer = client.answer(&response, true);
            receive(&mut session, answer);
        }
        for kind in ResourceType::ALL {
            for name in ["a", "b", "c"] {
                let held = client.held.get(&(kind, name.to_owned()));
                let expected = current.get(kind, name).filter(|_| client.wants(kind, name));
                match expected {
                    Some(resource) => {
                        let refused = (kind, name.to_owned(), resource.version().to_owned());
                        prop_assert!(
                            held.map(String::as_str) == Some(resource.version()) || client.refused.contains(&refused),
                            "{kind:?} {name}: {held:?}"
                        );
                    }
                    None => prop_assert_eq!(held, None, "{:?} {}", kind, name),
                }
            }
        }
    }

    #[test]
    fn refused_content_is_never_pushed_unasked(contents in prop::collection::vec((0_u8..3, any::<bool>()), 1..40)) {
        let mut session = Session::default();
        receive(&mut session, subscribe(FILTER, &["a"]));
        let mut last_refused = None;
        for (content, accept) in contents {
            let snapshot = snapshot(&[(FILTER, "a", &content.to_string())]);
            let Some(response) = session.next(&snapshot) else { continue };
            prop_assert_ne!(last_refused, Some(content), "pushed again");
            let answer = if accept { ack(&response) } else { nack(&response) };
            last_refused = (!accept).then_some(content);
            receive(&mut session, answer);
        }
    }
}
