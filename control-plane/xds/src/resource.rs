use std::{collections::BTreeMap, fmt, sync::Arc};

use envoy_types::pb::google::protobuf::Any;
use prost::{Message, Name};
use sha2::{Digest, Sha256};

/// What Envoy subscribes to, in the order in which changes are pushed.
///
/// Make before break: a cluster exists before a route names it, a listener before its routes and filters.
/// <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-docs/xds_protocol#eventual-consistency-considerations>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceType {
    /// CDS: `envoy.config.cluster.v3.Cluster`.
    Cluster,
    /// EDS: `envoy.config.endpoint.v3.ClusterLoadAssignment`.
    Endpoints,
    /// LDS: `envoy.config.listener.v3.Listener`.
    Listener,
    /// RDS: `envoy.config.route.v3.RouteConfiguration`.
    Route,
    /// ECDS: `envoy.config.core.v3.TypedExtensionConfig`.
    Filter,
    /// SDS: `envoy.extensions.transport_sockets.tls.v3.Secret`.
    Secret,
}

/// One resource, ready to send. Its version is a hash of its content, so equal content has equal versions in every
/// replica of the control plane and across restarts.
#[derive(Clone, PartialEq)]
pub struct Resource {
    name: String,
    version: String,
    body: Any,
}

/// Everything Envoy should have, as of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    policy_digest: String,
    resources: BTreeMap<ResourceType, BTreeMap<String, Arc<Resource>>>,
}

// === impl ResourceType ===

impl ResourceType {
    /// Every type, in push order.
    pub const ALL: [Self; 6] = [
        Self::Cluster,
        Self::Endpoints,
        Self::Listener,
        Self::Route,
        Self::Filter,
        Self::Secret,
    ];

    /// The type URL on the wire.
    #[must_use]
    pub const fn url(self) -> &'static str {
        match self {
            Self::Cluster => "type.googleapis.com/envoy.config.cluster.v3.Cluster",
            Self::Endpoints => "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
            Self::Listener => "type.googleapis.com/envoy.config.listener.v3.Listener",
            Self::Route => "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
            Self::Filter => "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
            Self::Secret => "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
        }
    }

    /// The last part of the type URL, used in metrics and on the nodes page.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        self.url().rsplit('.').next().unwrap_or_default()
    }

    /// The type of that URL, if it is one that is served.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource_type| resource_type.url() == url)
    }

    /// Whether a first request that names nothing asks for everything.
    ///
    /// Only listeners and clusters have that form, which is older than the wildcard name.
    /// <https://www.envoyproxy.io/docs/envoy/v1.40.0/api-docs/xds_protocol#how-the-client-specifies-what-resources-to-return>
    #[must_use]
    pub const fn is_wildcard_by_default(self) -> bool {
        match self {
            Self::Cluster | Self::Listener => true,
            Self::Endpoints | Self::Route | Self::Filter | Self::Secret => false,
        }
    }
}

// === impl Resource ===

impl Resource {
    /// Packs a message and names its version after its content.
    #[must_use]
    pub fn new<M: Message + Name>(name: impl Into<String>, message: &M) -> Self {
        let body = Any {
            type_url: M::type_url(),
            value: message.encode_to_vec(),
        };
        let digest = Sha256::digest(&body.value);
        let version = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self {
            name: name.into(),
            version,
            body,
        }
    }

    /// Unique among resources of its type.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first 16 hexadecimal digits of the SHA-256 of the content.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What goes on the wire.
    #[must_use]
    pub fn body(&self) -> &Any {
        &self.body
    }
}

/// Leaves the body out: it may hold a secret.
impl fmt::Debug for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.name, self.version)
    }
}

// === impl Snapshot ===

impl Snapshot {
    /// Nothing yet, of a policy.
    #[must_use]
    pub fn of_policy(digest: impl Into<String>) -> Self {
        Self {
            policy_digest: digest.into(),
            resources: BTreeMap::new(),
        }
    }

    /// Adds a resource, or replaces the one of that name.
    pub fn insert(&mut self, resource_type: ResourceType, resource: Resource) {
        self.resources
            .entry(resource_type)
            .or_default()
            .insert(resource.name.clone(), Arc::new(resource));
    }

    /// Digest of the policy that the filters' configuration was compiled from.
    #[must_use]
    pub fn policy_digest(&self) -> &str {
        &self.policy_digest
    }

    /// The resource of that name.
    #[must_use]
    pub fn get(&self, resource_type: ResourceType, name: &str) -> Option<&Arc<Resource>> {
        self.resources.get(&resource_type)?.get(name)
    }

    /// All resources of a type, by name.
    pub fn all(&self, resource_type: ResourceType) -> impl DoubleEndedIterator<Item = &Arc<Resource>> {
        self.resources
            .get(&resource_type)
            .into_iter()
            .flat_map(BTreeMap::values)
    }
}

#[cfg(test)]
mod tests {
    use envoy_types::pb::envoy::config::{
        cluster::v3::Cluster, core::v3::TypedExtensionConfig, endpoint::v3::ClusterLoadAssignment,
        listener::v3::Listener, route::v3::RouteConfiguration,
    };
    use envoy_types::pb::envoy::extensions::transport_sockets::tls::v3::Secret;

    use super::*;

    #[test]
    fn type_urls_are_those_of_the_messages_sent() {
        let table = [
            (ResourceType::Cluster, Cluster::type_url(), "Cluster"),
            (
                ResourceType::Endpoints,
                ClusterLoadAssignment::type_url(),
                "ClusterLoadAssignment",
            ),
            (ResourceType::Listener, Listener::type_url(), "Listener"),
            (
                ResourceType::Route,
                RouteConfiguration::type_url(),
                "RouteConfiguration",
            ),
            (
                ResourceType::Filter,
                TypedExtensionConfig::type_url(),
                "TypedExtensionConfig",
            ),
            (ResourceType::Secret, Secret::type_url(), "Secret"),
        ];
        for (resource_type, url, short_name) in table {
            assert_eq!(resource_type.url(), url);
            assert_eq!(ResourceType::of_url(&url), Some(resource_type));
            assert_eq!(resource_type.short_name(), short_name);
        }
        assert_eq!(
            ResourceType::of_url("type.googleapis.com/envoy.service.runtime.v3.Runtime"),
            None
        );
    }

    #[test]
    fn versions_follow_content_and_nothing_else() {
        let cluster = |name: &str| Cluster {
            name: name.to_owned(),
            ..Cluster::default()
        };
        let first = Resource::new("a", &cluster("x"));
        assert_eq!(first.version(), Resource::new("b", &cluster("x")).version());
        assert_ne!(first.version(), Resource::new("a", &cluster("y")).version());
        assert_eq!(first.version().len(), 16);
    }
}
