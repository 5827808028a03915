//! Which Envoys there are, and what each has.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bartizan_ports::{NodeDirectory, NodeStatus, ResourceStatus};

use crate::{
    resource::{ResourceType, Snapshot},
    session::{Holding, Refusals},
};

/// Envoys that may be connected at once.
const MAX_CONNECTED: usize = 4096;
/// Envoys that are remembered after they left; the one that left first is forgotten first.
const MAX_DISCONNECTED: usize = 256;
/// Policies by which an Envoy's filters are recognised. One that lags by more is shown without a digest.
const MAX_POLICIES: usize = 64;

/// All Envoys, connected or not long gone.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    state: Mutex<State>,
}

/// What an Envoy says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) cluster: String,
    pub(crate) envoy_version: Option<String>,
}

/// One stream of one Envoy; the newest speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamNumber(u64);

/// There is no room for another Envoy.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MAX_CONNECTED} Envoys are connected already")]
pub(crate) struct Full;

#[derive(Debug, Default)]
struct State {
    nodes: BTreeMap<String, Node>,
    /// Digest, and version by name of each filter; newest last.
    policies: VecDeque<(String, BTreeMap<String, String>)>,
    last_stream: u64,
}

#[derive(Debug)]
struct Node {
    identity: Identity,
    connection: Connection,
    stream: StreamNumber,
    holdings: Vec<Holding>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    Open,
    Closed,
}

// === impl Directory ===

impl Directory {
    /// An Envoy opened a stream. What it refused on an earlier one comes back.
    pub(crate) fn connect(&self, identity: Identity) -> Result<(StreamNumber, Refusals), Full> {
        let mut state = self.lock();
        let connected = state.nodes.values().filter(|node| node.connection == Connection::Open);
        if connected.count() >= MAX_CONNECTED {
            return Err(Full);
        }
        state.last_stream += 1;
        let stream = StreamNumber(state.last_stream);
        let holdings = state
            .nodes
            .remove(&identity.id)
            .map(|node| node.holdings)
            .unwrap_or_default();
        let refusals = holdings
            .iter()
            .filter_map(|holding| {
                let rejection = holding.rejected.clone()?;
                Some(((holding.resource_type, holding.name.clone()), rejection))
            })
            .collect();
        let node = Node {
            identity: identity.clone(),
            connection: Connection::Open,
            stream,
            holdings,
        };
        state.nodes.insert(identity.id, node);
        Ok((stream, refusals))
    }

    /// What an Envoy has now. A stream that a newer one has replaced is not listened to.
    pub(crate) fn update(&self, id: &str, stream: StreamNumber, holdings: impl Iterator<Item = Holding>) {
        if let Some(node) = self.lock().nodes.get_mut(id).filter(|node| node.stream == stream) {
            node.holdings = holdings.collect();
        }
    }

    /// A stream ended.
    pub(crate) fn disconnect(&self, id: &str, stream: StreamNumber) {
        let mut state = self.lock();
        if let Some(node) = state.nodes.get_mut(id).filter(|node| node.stream == stream) {
            node.connection = Connection::Closed;
        }
        state.forget_oldest();
    }

    /// A snapshot was published: its filters stand for its policy.
    pub(crate) fn publish(&self, snapshot: &Snapshot) {
        let versions = snapshot
            .all(ResourceType::Filter)
            .map(|filter| (filter.name().to_owned(), filter.version().to_owned()))
            .collect();
        let mut state = self.lock();
        if state.policies.len() == MAX_POLICIES {
            state.policies.pop_front();
        }
        state
            .policies
            .push_back((snapshot.policy_digest().to_owned(), versions));
    }

    /// Nothing is left half-done when a holder of the lock panics, so the state is still good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NodeDirectory for Directory {
    fn nodes(&self) -> Vec<NodeStatus> {
        let state = self.lock();
        state
            .nodes
            .values()
            .map(|node| node.status(state.digest_of(node)))
            .collect()
    }
}

// === impl State ===

impl State {
    /// The newest policy of which the node has acknowledged every filter.
    fn digest_of(&self, node: &Node) -> Option<String> {
        let acknowledged = |name: &str| {
            node.holdings
                .iter()
                .find(|holding| holding.resource_type == ResourceType::Filter && holding.name == name)
                .and_then(|holding| holding.acknowledged.as_deref())
        };
        let (digest, _) = self.policies.iter().rev().find(|(_, versions)| {
            !versions.is_empty()
                && versions
                    .iter()
                    .all(|(name, version)| acknowledged(name) == Some(version.as_str()))
        })?;
        Some(digest.clone())
    }

    fn forget_oldest(&mut self) {
        let closed = || self.nodes.values().filter(|node| node.connection == Connection::Closed);
        if closed().count() > MAX_DISCONNECTED
            && let Some(oldest) = closed().min_by_key(|node| node.stream)
        {
            let id = oldest.identity.id.clone();
            self.nodes.remove(&id);
        }
    }
}

// === impl Node ===

impl Node {
    fn status(&self, policy_digest: Option<String>) -> NodeStatus {
        NodeStatus {
            id: self.identity.id.clone(),
            cluster: self.identity.cluster.clone(),
            connected: self.connection == Connection::Open,
            envoy_version: self.identity.envoy_version.clone(),
            policy_digest,
            resources: self
                .holdings
                .iter()
                .map(|holding| ResourceStatus {
                    type_url: holding.resource_type.short_name().to_owned(),
                    name: holding.name.clone(),
                    sent: holding.sent.clone().unwrap_or_default(),
                    acknowledged: holding.acknowledged.clone(),
                    rejected: holding.rejected.clone(),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use bartizan_ports::Rejection;
    use envoy_types::pb::envoy::config::core::v3::TypedExtensionConfig;
    use jiff::Timestamp;

    use super::*;
    use crate::resource::Resource;

    fn identity(id: &str) -> Identity {
        Identity {
            id: id.to_owned(),
            cluster: "bartizan".to_owned(),
            envoy_version: Some("1.40.0".to_owned()),
        }
    }

    fn policy(digest: &str, filters: &[&str]) -> Snapshot {
        let mut snapshot = Snapshot::of_policy(digest);
        for name in filters {
            let content = TypedExtensionConfig {
                name: format!("{name} of {digest}"),
                typed_config: None,
            };
            snapshot.insert(ResourceType::Filter, Resource::new(*name, &content));
        }
        snapshot
    }

    fn holding(snapshot: &Snapshot, name: &str) -> Holding {
        let version = snapshot.get(ResourceType::Filter, name).unwrap().version().to_owned();
        Holding {
            resource_type: ResourceType::Filter,
            name: name.to_owned(),
            sent: Some(version.clone()),
            acknowledged: Some(version),
            rejected: None,
        }
    }

    #[test]
    fn a_policy_counts_once_every_filter_is_acknowledged() {
        let directory = Directory::default();
        let (one, two) = (policy("one", &["a", "b"]), policy("two", &["a", "b"]));
        directory.publish(&one);
        directory.publish(&two);
        let (stream, _) = directory.connect(identity("edge")).unwrap();
        let digest = || directory.nodes()[0].policy_digest.clone();
        assert_eq!(digest(), None);
        directory.update("edge", stream, [holding(&one, "a"), holding(&one, "b")].into_iter());
        assert_eq!(digest().as_deref(), Some("one"));
        directory.update("edge", stream, [holding(&two, "a"), holding(&one, "b")].into_iter());
        assert_eq!(digest(), None, "half-way");
        directory.update("edge", stream, [holding(&two, "a"), holding(&two, "b")].into_iter());
        assert_eq!(digest().as_deref(), Some("two"));
    }

    #[test]
    fn the_newest_stream_speaks_for_its_node() {
        let directory = Directory::default();
        let (old, _) = directory.connect(identity("edge")).unwrap();
        let (new, _) = directory.connect(identity("edge")).unwrap();
        directory.disconnect("edge", old);
        assert!(directory.nodes()[0].connected);
        directory.disconnect("edge", new);
        assert!(!directory.nodes()[0].connected);
    }

    #[test]
    fn refusals_outlive_the_stream() {
        let directory = Directory::default();
        let snapshot = policy("one", &["a"]);
        let (stream, refusals) = directory.connect(identity("edge")).unwrap();
        assert!(refusals.is_empty());
        let rejected = Holding {
            rejected: Some(Rejection {
                version: "v".to_owned(),
                message: "no".to_owned(),
                at: Timestamp::UNIX_EPOCH,
            }),
            ..holding(&snapshot, "a")
        };
        directory.update("edge", stream, [rejected].into_iter());
        directory.disconnect("edge", stream);
        let (_, refusals) = directory.connect(identity("edge")).unwrap();
        assert_eq!(refusals[&(ResourceType::Filter, "a".to_owned())].message, "no");
    }

    #[test]
    fn memory_of_nodes_is_bounded() {
        let directory = Directory::default();
        for index in 0..MAX_DISCONNECTED + 10 {
            let id = index.to_string();
            let (stream, _) = directory.connect(identity(&id)).unwrap();
            directory.disconnect(&id, stream);
        }
        let nodes = directory.nodes();
        assert_eq!(nodes.len(), MAX_DISCONNECTED);
        assert!(nodes.iter().all(|node| node.id != "0"), "the oldest went first");

        for index in 0..MAX_CONNECTED {
            directory.connect(identity(&format!("open {index}"))).unwrap();
        }
        assert_eq!(directory.connect(identity("one too many")).unwrap_err(), Full);
    }
}
