//! What one Envoy has on one delta stream, and what to tell it next: a pure state machine.
//!
//! Feed it requests with [`Session::receive`] and ask [`Session::next`] for what to send until that is nothing. It keeps
//! no clock and does no I/O, so every rule below is tested by feeding it requests.
//!
//! Rules of the protocol, each named where it is obeyed, are from
//! <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-docs/xds_protocol> ("the protocol") and the comments of
//! `envoy/service/discovery/v3/discovery.proto` ("the proto"). Two choices are ours:
//!
//! 1. One resource a response, which the protocol allows. A refusal then says exactly which resource was refused, and a bad one never holds back a good one. Several responses may be under way
//!    at once, one for each resource.
//! 2. Refused content is not pushed again, on this stream or a later one, until it changes. A client that asks for the
//!    resource by name gets it nevertheless, because the proto requires an answer.

use std::{collections::BTreeMap, sync::Arc};

use bartizan_ports::Rejection;
use jiff::Timestamp;

use crate::resource::{Resource, ResourceType, Snapshot};

mod message;

#[cfg(test)]
mod tests;

pub use message::{Change, Holding, Outcome, Receipt, Request, Response};

/// Most resources that one stream may follow. Ours needs fewer than ten.
pub const MAX_NAMES: usize = 1024;

/// Longest name that a stream may subscribe to, in bytes.
pub const MAX_NAME_LENGTH: usize = 256;

/// Longest reason of a refusal that is kept, in characters.
pub const MAX_REASON_LENGTH: usize = 2048;

/// The name that stands for all resources of a type.
const WILDCARD: &str = "*";

/// The state of one stream.
#[derive(Debug, Default)]
pub struct Session {
    subscriptions: BTreeMap<ResourceType, Subscription>,
    refused_before: Refusals,
    last_nonce: u64,
}

/// What a node is known to refuse, from its earlier streams.
pub type Refusals = BTreeMap<(ResourceType, String), Rejection>;

/// Why a stream cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// Protects memory.
    #[error("more than {MAX_NAMES} resource names on one stream")]
    TooManyNames,
    /// Protects memory.
    #[error("a resource name is longer than {MAX_NAME_LENGTH} bytes")]
    NameTooLong,
}

#[derive(Debug, Default)]
struct Subscription {
    wildcard: Wildcard,
    tracked: BTreeMap<String, Tracked>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wildcard {
    #[default]
    No,
    Yes,
}

/// One name on the client.
#[derive(Debug, Default)]
struct Tracked {
    interest: Interest,
    told: Told,
    under_way: Option<UnderWay>,
    acknowledged: Option<String>,
    rejected: Option<Rejection>,
}

/// Why a name is tracked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Interest {
    /// Only as part of everything.
    #[default]
    Wildcard,
    /// By name.
    Named,
    /// No longer, but a response about it is under way: should the client want everything again before it arrives, it
    /// will keep what it then gets.
    Waning,
}

/// What the client was last told of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Told {
    /// Nothing, or it may have forgotten.
    #[default]
    Nothing,
    /// That it does not exist.
    Absent,
    /// A version.
    Version(String),
}

/// A response that the client has yet to answer.
#[derive(Debug)]
struct UnderWay {
    nonce: String,
    version: Option<String>,
}

// === impl Session ===

impl Session {
    /// A new stream of a node.
    #[must_use]
    pub fn new(refused_before: Refusals) -> Self {
        Self {
            refused_before,
            ..Self::default()
        }
    }

    /// Takes in a request; a receipt comes back if it answers a response.
    ///
    /// The protocol: a stale nonce makes an acknowledgement void, but not the subscriptions that come with it.
    ///
    /// # Errors
    /// [`SessionError`] if the client follows more than is sane; the stream must end.
    pub fn receive(&mut self, request: Request, now: Timestamp) -> Result<Option<Receipt>, SessionError> {
        if request.subscribe.iter().any(|name| name.len() > MAX_NAME_LENGTH) {
            return Err(SessionError::NameTooLong);
        }
        let receipt = self.settle(&request, now);
        if !self.subscriptions.contains_key(&request.resource_type) {
            self.open(&request);
        }
        let subscription = self.subscriptions.entry(request.resource_type).or_default();
        // The proto: any request may subscribe and unsubscribe, one that acknowledges too.
        for name in &request.unsubscribe {
            subscription.unsubscribe(name);
        }
        let mut kept = request.initial_versions;
        for name in request.subscribe {
            let held = kept.remove(&name).filter(|version| version.len() <= MAX_NAME_LENGTH);
            subscription.subscribe(name, held, request.resource_type, &self.refused_before);
        }
        if self
            .subscriptions
            .values()
            .map(|each| each.tracked.len())
            .sum::<usize>()
            > MAX_NAMES
        {
            return Err(SessionError::TooManyNames);
        }
        Ok(receipt)
    }

    /// What to send next, so that the client comes to have the snapshot; `None` when there is nothing to send before
    /// the client or the snapshot moves.
    pub fn next(&mut self, snapshot: &Snapshot) -> Option<Response> {
        // The protocol: clusters first, then endpoints, listeners and routes, so that nothing is named before it is there;
        // what nothing names any more goes last. So removals come after all updates, in reverse order.
        let update = ResourceType::ALL
            .into_iter()
            .find_map(|resource_type| self.next_update(resource_type, snapshot));
        let (resource_type, change) = update.or_else(|| {
            ResourceType::ALL
                .into_iter()
                .rev()
                .find_map(|resource_type| self.next_removal(resource_type, snapshot))
        })?;
        Some(self.send(resource_type, change))
    }

    /// What the client has, of every type.
    pub fn holdings(&self) -> impl Iterator<Item = Holding> {
        self.subscriptions.iter().flat_map(|(resource_type, subscription)| {
            let tracked = subscription.tracked.iter();
            let wanted = tracked.filter(|(_, tracked)| tracked.interest != Interest::Waning);
            wanted.map(|(name, tracked)| Holding {
                resource_type: *resource_type,
                name: name.clone(),
                sent: match &tracked.told {
                    Told::Version(version) => Some(version.clone()),
                    Told::Nothing | Told::Absent => None,
                },
                acknowledged: tracked.acknowledged.clone(),
                rejected: tracked.rejected.clone(),
            })
        })
    }

    /// The first request for a type on a stream.
    fn open(&mut self, request: &Request) {
        let mut subscription = Subscription::default();
        // The protocol: a first request that names nothing in either field asks for everything, as older clients do.
        let names_nothing = request.subscribe.is_empty() && request.unsubscribe.is_empty();
        if names_nothing && request.resource_type.is_wildcard_by_default() {
            subscription.wildcard = Wildcard::Yes;
        }
        // The proto: with `initial_resource_versions` a client that connects again says what it still has. Names it goes
        // on to subscribe to are taken over there; the others belong to the wildcard.
        let everything =
            subscription.wildcard == Wildcard::Yes || request.subscribe.iter().any(|name| name == WILDCARD);
        if everything {
            let sane = |(name, version): &(&String, &String)| name.len().max(version.len()) <= MAX_NAME_LENGTH;
            for (name, version) in request.initial_versions.iter().filter(sane).take(MAX_NAMES + 1) {
                let tracked = subscription.tracked.entry(name.clone()).or_default();
                tracked.resume(
                    version.clone(),
                    self.refused_before.get(&(request.resource_type, name.clone())),
                );
            }
        }
        self.subscriptions.insert(request.resource_type, subscription);
    }

    /// Settles the response that a request answers, if it answers one.
    fn settle(&mut self, request: &Request, now: Timestamp) -> Option<Receipt> {
        if request.nonce.is_empty() {
            return None;
        }
        let subscription = self.subscriptions.get_mut(&request.resource_type)?;
        // An answer to a response about a name that was unsubscribed meanwhile finds nothing, and means nothing.
        let (name, tracked) = subscription.tracked.iter_mut().find(|(_, tracked)| {
            tracked
                .under_way
                .as_ref()
                .is_some_and(|sent| sent.nonce == request.nonce)
        })?;
        let name = name.clone();
        let version = tracked.under_way.take()?.version;
        let outcome = match &request.error {
            // The protocol: an error makes it a refusal, whatever else it says. What was in force before still is.
            Some(message) => {
                let rejection = Rejection {
                    version: version.unwrap_or_default(),
                    message: message.chars().take(MAX_REASON_LENGTH).collect(),
                    at: now,
                };
                tracked.rejected = Some(rejection.clone());
                Outcome::Rejected(rejection)
            }
            None => {
                tracked.rejected = None;
                tracked.acknowledged = version;
                Outcome::Accepted
            }
        };
        if tracked.is_spent() {
            subscription.tracked.remove(&name);
        }
        Some(Receipt {
            resource_type: request.resource_type,
            name,
            nonce: request.nonce.clone(),
            outcome,
        })
    }

    fn next_update(&self, resource_type: ResourceType, snapshot: &Snapshot) -> Option<(ResourceType, Change)> {
        let subscription = self.subscriptions.get(&resource_type)?;
        // WHY backwards: by name, auth comes first in the chain. A new tenant must be known to the filters after it before
        // auth lets it in.
        let resource = snapshot
            .all(resource_type)
            .rev()
            .find(|resource| subscription.needs(resource))?;
        Some((resource_type, Change::Update(Arc::clone(resource))))
    }

    fn next_removal(&self, resource_type: ResourceType, snapshot: &Snapshot) -> Option<(ResourceType, Change)> {
        let subscription = self.subscriptions.get(&resource_type)?;
        // The protocol: a client that asks for what does not exist is told so, by its name in `removed_resources`.
        let (name, _) = subscription.tracked.iter().find(|(name, tracked)| {
            snapshot.get(resource_type, name).is_none() && tracked.under_way.is_none() && tracked.told != Told::Absent
        })?;
        Some((resource_type, Change::Remove(name.clone())))
    }

    fn send(&mut self, resource_type: ResourceType, change: Change) -> Response {
        self.last_nonce += 1;
        let nonce = self.last_nonce.to_string();
        let (name, told, version) = match &change {
            Change::Update(resource) => {
                let version = resource.version().to_owned();
                (resource.name(), Told::Version(version.clone()), Some(version))
            }
            Change::Remove(name) => (name.as_str(), Told::Absent, None),
        };
        // The protocol: a changed cluster warms until its endpoints are sent once more, even if they are the same. Ours go
        // by the name of their cluster.
        if resource_type == ResourceType::Cluster
            && let Some(endpoints) = self.subscriptions.get_mut(&ResourceType::Endpoints)
            && let Some(tracked) = endpoints.tracked.get_mut(name)
        {
            tracked.told = Told::Nothing;
        }
        let subscription = self.subscriptions.entry(resource_type).or_default();
        let tracked = subscription.tracked.entry(name.to_owned()).or_default();
        tracked.told = told;
        tracked.under_way = Some(UnderWay {
            nonce: nonce.clone(),
            version,
        });
        Response {
            resource_type,
            nonce,
            change,
        }
    }
}

// === impl Subscription ===

impl Subscription {
    fn needs(&self, resource: &Resource) -> bool {
        match self.tracked.get(resource.name()) {
            Some(tracked) => {
                tracked.under_way.is_none()
                    && !matches!(&tracked.told, Told::Version(version) if version == resource.version())
            }
            None => self.wildcard == Wildcard::Yes,
        }
    }

    fn subscribe(&mut self, name: String, held: Option<String>, resource_type: ResourceType, refused: &Refusals) {
        if name == WILDCARD {
            self.wildcard = Wildcard::Yes;
            for tracked in self.tracked.values_mut() {
                if tracked.interest == Interest::Waning {
                    tracked.interest = Interest::Wildcard;
                }
            }
            return;
        }
        let rejection = refused.get(&(resource_type, name.clone()));
        let tracked = self.tracked.entry(name).or_default();
        tracked.interest = Interest::Named;
        match held {
            Some(version) => tracked.resume(version, rejection),
            // The proto: whatever is subscribed to is sent, even what the client should have: it may have dropped it and
            // wanted it back before it came to unsubscribe.
            None => tracked.told = Told::Nothing,
        }
    }

    fn unsubscribe(&mut self, name: &str) {
        if name == WILDCARD {
            self.wildcard = Wildcard::No;
            self.tracked
                .retain(|_, tracked| tracked.interest == Interest::Named || tracked.wane());
            return;
        }
        match (self.wildcard, self.tracked.get_mut(name)) {
            // The protocol: a name that is still part of everything is sent or said to be gone, as the client cannot know
            // whether to keep it.
            (Wildcard::Yes, Some(tracked)) => {
                tracked.interest = Interest::Wildcard;
                tracked.told = Told::Nothing;
            }
            (Wildcard::No, Some(tracked)) => {
                if !tracked.wane() {
                    self.tracked.remove(name);
                }
            }
            (_, None) => {}
        }
    }
}

// === impl Tracked ===

impl Tracked {
    /// The client has kept this version from an earlier stream; `refused` is what it refused there.
    fn resume(&mut self, version: String, refused: Option<&Rejection>) {
        let refused = refused.filter(|rejection| rejection.version != version);
        self.told = Told::Version(refused.map_or(&version, |rejection| &rejection.version).clone());
        self.acknowledged = Some(version);
        self.rejected = refused.cloned();
    }

    /// The client wants it no longer. Whether there is still an answer to wait for.
    fn wane(&mut self) -> bool {
        self.interest = Interest::Waning;
        self.under_way.is_some()
    }

    /// Nothing more is to be said of it, now that the last response about it is answered.
    fn is_spent(&self) -> bool {
        match self.interest {
            Interest::Named => false,
            Interest::Wildcard => self.told == Told::Absent,
            Interest::Waning => true,
        }
    }
}
