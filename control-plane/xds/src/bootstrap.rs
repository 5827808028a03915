//! What an Envoy is started with: who it is, where its control plane is, and how its own statistics are labelled.
//! Everything else it is sent.
//!
//! An Envoy whose control plane is gone keeps what it has and tries again for ever, at first after a tenth of a second
//! and at most every second.

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use envoy_types::pb::envoy::{
    config::{
        bootstrap::v3::{
            Admin, Bootstrap,
            bootstrap::{DynamicResources, StaticResources},
        },
        cluster::v3::{Cluster, cluster},
        core::v3::{
            ApiConfigSource, ApiVersion, BackoffStrategy, ConfigSource, GrpcService, Http2ProtocolOptions,
            KeepaliveSettings, Node, RetryPolicy, api_config_source::ApiType, grpc_service,
        },
        endpoint::v3::{
            self as endpoint, ClusterLoadAssignment, LbEndpoint, LocalityLbEndpoints, lb_endpoint::HostIdentifier,
        },
        metrics::v3::{StatsConfig, TagSpecifier, tag_specifier::TagValue},
        overload::v3::{OverloadManager, ResourceMonitor, resource_monitor},
    },
    extensions::{
        resource_monitors::downstream_connections::v3::DownstreamConnectionsConfig,
        upstreams::http::v3::{HttpProtocolOptions, http_protocol_options},
    },
};

use crate::{
    proto::{ads, any, duration, host_address, socket_address},
    text::{self, Format, RenderError},
};

/// Connections from clients beyond which an Envoy refuses more, rather than run out of file descriptors or memory.
pub const DEFAULT_MAX_CONNECTIONS: u32 = 50_000;

/// Name of the cluster in which the control plane is.
const CONTROL_PLANE: &str = "control-plane";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const RECONNECT_BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// Labels of the filters' metrics. A filter names a metric `bartizan_auth_requests_total.outcome.allow`, which is
/// scraped as `bartizan_auth_requests_total{outcome="allow"}`.
const LABELS: [&str; 5] = ["outcome", "category", "action", "content", "basis"];

/// What an Envoy needs to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootstrapConfig {
    /// Unique among the control plane's Envoys; what `/v1/nodes` shows.
    pub node_id: String,
    /// The group it belongs to, such as `bartizan`.
    pub node_cluster: String,
    /// Where the xds role listens.
    pub control_plane: ControlPlane,
    /// Where Envoy serves its own admin pages. Whoever reaches them can stop it.
    pub admin: SocketAddr,
    /// Usually [`DEFAULT_MAX_CONNECTIONS`].
    pub max_connections: u32,
}

/// Where the xds role listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlPlane {
    /// An IP address, or a name that Envoy resolves.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Writes a bootstrap.
///
/// # Errors
/// [`RenderError`] is a bug in this crate: the table of field names lacks one that is used.
pub fn render(config: &BootstrapConfig, format: Format) -> Result<String, RenderError> {
    text::render(&build(config), format)
}

fn build(config: &BootstrapConfig) -> Bootstrap {
    // Without a configuration there is nothing to be ready for, so Envoy waits for its first for ever.
    let first = || {
        Some(ConfigSource {
            initial_fetch_timeout: duration(Duration::ZERO),
            ..ads()
        })
    };
    Bootstrap {
        dynamic_resources: Some(DynamicResources {
            ads_config: Some(discovery()),
            cds_config: first(),
            lds_config: first(),
            ..DynamicResources::default()
        }),
        static_resources: Some(StaticResources {
            clusters: vec![control_plane(&config.control_plane)],
            ..StaticResources::default()
        }),
        ..skeleton(
            &config.node_id,
            &config.node_cluster,
            config.admin,
            config.max_connections,
        )
    }
}

/// What every Envoy needs, with a control plane or without.
pub(crate) fn skeleton(id: &str, cluster: &str, admin: SocketAddr, max_connections: u32) -> Bootstrap {
    let connections = DownstreamConnectionsConfig {
        max_active_downstream_connections: i64::from(max_connections),
    };
    Bootstrap {
        node: Some(Node {
            id: id.to_owned(),
            cluster: cluster.to_owned(),
            ..Node::default()
        }),
        admin: Some(Admin {
            address: socket_address(admin),
            ..Admin::default()
        }),
        stats_config: Some(StatsConfig {
            stats_tags: LABELS.map(label).to_vec(),
            ..StatsConfig::default()
        }),
        overload_manager: Some(OverloadManager {
            resource_monitors: vec![ResourceMonitor {
                name: "envoy.resource_monitors.global_downstream_max_connections".to_owned(),
                config_type: Some(resource_monitor::ConfigType::TypedConfig(any(&connections))),
            }],
            ..OverloadManager::default()
        }),
        ..Bootstrap::default()
    }
}

/// Envoy takes the first group out of the name and makes the second the label's value.
fn label(name: &str) -> TagSpecifier {
    TagSpecifier {
        tag_name: name.to_owned(),
        tag_value: Some(TagValue::Regex(format!(
            r"^wasmcustom\.bartizan_.*?(\.{name}\.([\w-]+))"
        ))),
    }
}

fn discovery() -> ApiConfigSource {
    let service = grpc_service::EnvoyGrpc {
        cluster_name: CONTROL_PLANE.to_owned(),
        retry_policy: Some(RetryPolicy {
            retry_back_off: Some(BackoffStrategy {
                base_interval: duration(RECONNECT_BACKOFF.0),
                max_interval: duration(RECONNECT_BACKOFF.1),
            }),
            ..RetryPolicy::default()
        }),
        ..grpc_service::EnvoyGrpc::default()
    };
    ApiConfigSource {
        api_type: ApiType::DeltaGrpc.into(),
        transport_api_version: ApiVersion::V3.into(),
        grpc_services: vec![GrpcService {
            target_specifier: Some(grpc_service::TargetSpecifier::EnvoyGrpc(service)),
            ..GrpcService::default()
        }],
        // An Envoy's description of itself takes 60 KB.
        set_node_on_first_message_only: true,
        ..ApiConfigSource::default()
    }
}

fn control_plane(target: &ControlPlane) -> Cluster {
    let is_address = target.host.parse::<std::net::IpAddr>().is_ok();
    let discovery = if is_address {
        cluster::DiscoveryType::Static
    } else {
        cluster::DiscoveryType::StrictDns
    };
    let endpoint = endpoint::Endpoint {
        address: host_address(target.host.clone(), target.port),
        ..endpoint::Endpoint::default()
    };
    Cluster {
        name: CONTROL_PLANE.to_owned(),
        cluster_discovery_type: Some(cluster::ClusterDiscoveryType::Type(discovery.into())),
        connect_timeout: duration(CONNECT_TIMEOUT),
        typed_extension_protocol_options: HashMap::from([(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions".to_owned(),
            any(&protocol()),
        )]),
        load_assignment: Some(ClusterLoadAssignment {
            cluster_name: CONTROL_PLANE.to_owned(),
            endpoints: vec![LocalityLbEndpoints {
                lb_endpoints: vec![LbEndpoint {
                    host_identifier: Some(HostIdentifier::Endpoint(endpoint)),
                    ..LbEndpoint::default()
                }],
                ..LocalityLbEndpoints::default()
            }],
            ..ClusterLoadAssignment::default()
        }),
        ..Cluster::default()
    }
}

fn protocol() -> HttpProtocolOptions {
    let http2 = Http2ProtocolOptions {
        // Finds out that the control plane's machine is gone.
        connection_keepalive: Some(KeepaliveSettings {
            interval: duration(Duration::from_secs(10)),
            timeout: duration(Duration::from_secs(5)),
            ..KeepaliveSettings::default()
        }),
        ..Http2ProtocolOptions::default()
    };
    let explicit = http_protocol_options::ExplicitHttpConfig {
        protocol_config: Some(http_protocol_options::explicit_http_config::ProtocolConfig::Http2ProtocolOptions(http2)),
    };
    HttpProtocolOptions {
        upstream_protocol_options: Some(http_protocol_options::UpstreamProtocolOptions::ExplicitHttpConfig(
            explicit,
        )),
        ..HttpProtocolOptions::default()
    }
}

impl From<SocketAddr> for ControlPlane {
    fn from(address: SocketAddr) -> Self {
        Self {
            host: address.ip().to_string(),
            port: address.port(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(host: &str) -> BootstrapConfig {
        BootstrapConfig {
            node_id: "edge-1".to_owned(),
            node_cluster: "bartizan".to_owned(),
            control_plane: ControlPlane {
                host: host.to_owned(),
                port: 18000,
            },
            admin: ([127, 0, 0, 1], 9901).into(),
            max_connections: DEFAULT_MAX_CONNECTIONS,
        }
    }

    #[test]
    fn a_bootstrap_is_json_or_yaml_of_the_same_content() {
        let json = render(&config("127.0.0.1"), Format::Json).unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["node"]["id"], "edge-1");
        assert_eq!(value["dynamic_resources"]["ads_config"]["api_type"], "DELTA_GRPC");
        assert_eq!(value["static_resources"]["listeners"], serde_json::Value::Null);
        let yaml = render(&config("127.0.0.1"), Format::Yaml).unwrap();
        assert!(
            yaml.starts_with("node:\n  id: edge-1\n  cluster: bartizan\nadmin:\n"),
            "{yaml}"
        );
    }

    #[test]
    fn a_name_is_left_to_envoy_to_resolve() {
        let kind = |host: &str| {
            let json = render(&config(host), Format::Json).unwrap();
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            value["static_resources"]["clusters"][0]["type"].clone()
        };
        assert_eq!(kind("xds.bartizan.svc"), "STRICT_DNS");
        // The default of the enumeration, which protobuf leaves out.
        assert_eq!(kind("127.0.0.1"), "STATIC");
        assert_eq!(kind("::1"), "STATIC");
    }
}
