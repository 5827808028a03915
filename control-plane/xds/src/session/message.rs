use std::{collections::BTreeMap, sync::Arc};

use bartizan_ports::Rejection;

use crate::resource::{Resource, ResourceType};

/// A `DeltaDiscoveryRequest` about a type that is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The type it is about.
    pub resource_type: ResourceType,
    /// Names to follow from now on.
    pub subscribe: Vec<String>,
    /// Names to follow no longer.
    pub unsubscribe: Vec<String>,
    /// What the client kept from an earlier stream: name to version.
    pub initial_versions: BTreeMap<String, String>,
    /// The response that this answers; empty when it answers none.
    pub nonce: String,
    /// Why the client refused that response.
    pub error: Option<String>,
}

/// A `DeltaDiscoveryResponse` of one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The type it is about.
    pub resource_type: ResourceType,
    /// Unique on the stream.
    pub nonce: String,
    /// What changed.
    pub change: Change,
}

/// What a response tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The resource is new or different.
    Update(Arc<Resource>),
    /// There is no resource of that name, or no longer.
    Remove(String),
}

/// A client's answer to a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The type of the resource.
    pub resource_type: ResourceType,
    /// Its name.
    pub name: String,
    /// The nonce of the response.
    pub nonce: String,
    /// Whether it was accepted (ACK) or refused (NACK).
    pub outcome: Outcome,
}

/// Whether a response was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in force.
    Accepted,
    /// It is not; what was in force before still is.
    Rejected(Rejection),
}

/// One resource on the client, for the nodes page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The type of the resource.
    pub resource_type: ResourceType,
    /// Its name.
    pub name: String,
    /// The version last sent; `None` when it was told that there is none.
    pub sent: Option<String>,
    /// The version in force.
    pub acknowledged: Option<String>,
    /// Why the version last sent is not.
    pub rejected: Option<Rejection>,
}
