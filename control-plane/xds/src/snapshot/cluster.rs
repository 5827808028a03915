use std::{collections::HashMap, time::Duration};

use envoy_types::pb::envoy::{
    config::{
        cluster::v3::{CircuitBreakers, Cluster, circuit_breakers::Thresholds, cluster},
        core::v3::{Http2ProtocolOptions, KeepaliveSettings},
        endpoint::v3::{
            self as endpoint, ClusterLoadAssignment, LbEndpoint, LocalityLbEndpoints, lb_endpoint::HostIdentifier,
        },
    },
    extensions::{
        transport_sockets::tls::v3::{CommonTlsContext, UpstreamTlsContext, common_tls_context::ValidationContextType},
        upstreams::http::v3::{HttpProtocolOptions, http_protocol_options},
    },
};

use super::{Endpoint, FORWARD, Forward, secret};
use crate::proto::{
    Source, ads, any, duration, number, pipe, secret as secret_reference, socket_address, transport_socket,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Envoy refuses with 503 from 1,024 requests at once. Tenants' own limits decide here, so the breaker stays out of it.
const NO_LIMIT: u32 = 1_000_000;

/// Requests that share a connection to a forwarder, and how much unread answer each may have in flight. The window of
/// the connection is the product: a client that does not read can never hold up the others.
const STREAMS_PER_CONNECTION: u32 = 100;
const STREAM_WINDOW: u32 = 256 * 1024;

pub(crate) fn build(forward: &Forward, source: Source) -> Cluster {
    let mut cluster = Cluster {
        name: FORWARD.to_owned(),
        connect_timeout: duration(CONNECT_TIMEOUT),
        lb_policy: cluster::LbPolicy::LeastRequest.into(),
        circuit_breakers: Some(CircuitBreakers {
            thresholds: vec![Thresholds {
                max_connections: number(NO_LIMIT),
                max_pending_requests: number(NO_LIMIT),
                max_requests: number(NO_LIMIT),
                ..Thresholds::default()
            }],
            ..CircuitBreakers::default()
        }),
        typed_extension_protocol_options: HashMap::from([(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions".to_owned(),
            any(&protocol()),
        )]),
        transport_socket: forward.tls.as_ref().map(|_| transport_socket(&tls(source))),
        ..Cluster::default()
    };
    let discovery = match source {
        Source::Ads => {
            cluster.eds_cluster_config = Some(cluster::EdsClusterConfig {
                eds_config: Some(ads()),
                service_name: String::new(),
            });
            cluster::DiscoveryType::Eds
        }
        Source::Bootstrap => {
            cluster.load_assignment = Some(endpoints(forward));
            cluster::DiscoveryType::Static
        }
    };
    cluster.cluster_discovery_type = Some(cluster::ClusterDiscoveryType::Type(discovery.into()));
    cluster
}

pub(crate) fn endpoints(forward: &Forward) -> ClusterLoadAssignment {
    let lb_endpoints = forward
        .endpoints
        .iter()
        .map(|endpoint| LbEndpoint {
            host_identifier: Some(HostIdentifier::Endpoint(endpoint::Endpoint {
                address: match endpoint {
                    Endpoint::Unix(path) => pipe(path),
                    Endpoint::Tcp(address) => socket_address(*address),
                },
                ..endpoint::Endpoint::default()
            })),
            ..LbEndpoint::default()
        })
        .collect();
    ClusterLoadAssignment {
        cluster_name: FORWARD.to_owned(),
        endpoints: vec![LocalityLbEndpoints {
            lb_endpoints,
            ..LocalityLbEndpoints::default()
        }],
        ..ClusterLoadAssignment::default()
    }
}

fn protocol() -> HttpProtocolOptions {
    let http2 = Http2ProtocolOptions {
        max_concurrent_streams: number(STREAMS_PER_CONNECTION),
        initial_stream_window_size: number(STREAM_WINDOW),
        initial_connection_window_size: number(STREAMS_PER_CONNECTION * STREAM_WINDOW),
        // Finds out that a forwarder's machine is gone.
        connection_keepalive: Some(KeepaliveSettings {
            interval: duration(Duration::from_secs(30)),
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

/// Mutual TLS. The forwarder's name is not compared: a certificate of this authority is what makes it ours.
fn tls(source: Source) -> UpstreamTlsContext {
    UpstreamTlsContext {
        common_tls_context: Some(CommonTlsContext {
            alpn_protocols: vec!["h2".to_owned()],
            tls_certificate_sds_secret_configs: vec![secret_reference(secret::FORWARD_TLS, source)],
            validation_context_type: Some(ValidationContextType::ValidationContextSdsSecretConfig(
                secret_reference(secret::FORWARD_CA, source),
            )),
            ..CommonTlsContext::default()
        }),
        ..UpstreamTlsContext::default()
    }
}
