use std::{net::Ipv4Addr, time::Duration};

use bartizan_policy::GatewayConfig;
use bartizan_verdict::header;
use envoy_types::pb::envoy::{
    config::{
        core::v3::{
            CidrRange, ExtensionConfigSource, Http1ProtocolOptions, Http2ProtocolOptions, HttpProtocolOptions,
            RuntimeFeatureFlag, TransportSocket, TypedExtensionConfig,
            http_protocol_options::HeadersWithUnderscoresAction,
        },
        listener::v3::{
            Filter, FilterChain, Listener, filter,
            listener::{
                ConnectionBalanceConfig,
                connection_balance_config::{BalanceType, ExactBalance},
            },
        },
        rbac::v3::Rbac as Rules,
        route::v3::RouteConfiguration,
    },
    extensions::{
        compression::gzip::decompressor::v3::Gzip,
        filters::{
            http::{
                credential_injector::v3::CredentialInjector,
                decompressor::v3::{Decompressor, decompressor},
                rbac::v3::Rbac,
                router::v3::Router,
                wasm::v3::Wasm,
            },
            network::http_connection_manager::v3::{
                HttpConnectionManager, HttpFilter, Rds,
                http_connection_manager::{
                    CodecType, InternalAddressConfig, PathWithEscapedSlashesAction, RouteSpecifier,
                    ServerHeaderTransformation,
                },
                http_filter,
            },
        },
        http::injected_credentials::generic::v3::Generic,
        transport_sockets::tls::v3::{
            CommonTlsContext, DownstreamTlsContext, TlsParameters, tls_parameters::TlsProtocol,
        },
    },
};
use prost::{Message, Name};

use super::{EDGE, FilterName, SnapshotConfig, access_log, reply, secret};
use crate::proto::{
    Source, ads, any, duration, extension, no, number, secret as secret_reference, socket_address, transport_socket,
    yes,
};

/// A client that has not sent all its headers, or its whole request, by then is told 408.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);
/// A connection without requests is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// HTTP/2 from clients: requests that may share a connection, and how much unread body each and all may have in
/// flight.
const STREAMS_PER_CONNECTION: u32 = 256;
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

/// What one read of a socket may bring. The route raises it for bodies and answers that the filters hold; what is read
/// at once is also what the decompressor inflates at once, so this times the inflate ratio is what a gzip bomb can
/// occupy before the route's limit refuses it: 6.4 MB.
const CONNECTION_BUFFER: u32 = 64 << 10;

/// Bytes that one byte of gzip may become (Envoy's default). Text shrinks to a tenth at best; what grows more is a bomb.
const MAX_INFLATE_RATIO: u32 = 100;

/// Where the listener's filters and routes come from.
#[derive(Clone, Copy)]
pub(crate) enum Parts<'a> {
    /// From the control plane, each by itself, so that a policy edit leaves the listener and its connections alone.
    Discovered,
    /// From the bootstrap.
    Given {
        /// The three filters, in order.
        filters: &'a [TypedExtensionConfig],
        /// The routes.
        routes: &'a RouteConfiguration,
    },
}

pub(crate) fn build(gateway: &GatewayConfig, config: &SnapshotConfig, parts: Parts<'_>) -> Listener {
    let source = match parts {
        Parts::Discovered => Source::Ads,
        Parts::Given { .. } => Source::Bootstrap,
    };
    let manager = Filter {
        name: "envoy.filters.network.http_connection_manager".to_owned(),
        config_type: Some(filter::ConfigType::TypedConfig(any(&manager(gateway, config, parts)))),
    };
    Listener {
        name: EDGE.to_owned(),
        address: socket_address(config.listen),
        per_connection_buffer_limit_bytes: number(CONNECTION_BUFFER),
        // Applications keep few connections and use them hard; the kernel would spread them by chance.
        connection_balance_config: Some(ConnectionBalanceConfig {
            balance_type: Some(BalanceType::ExactBalance(ExactBalance {})),
        }),
        filter_chains: vec![FilterChain {
            filters: vec![manager],
            transport_socket: gateway.tls.as_ref().map(|_| tls(source)),
            ..FilterChain::default()
        }],
        ..Listener::default()
    }
}

fn manager(gateway: &GatewayConfig, config: &SnapshotConfig, parts: Parts<'_>) -> HttpConnectionManager {
    let (source, routes) = match parts {
        Parts::Discovered => {
            let discovery = Rds {
                config_source: Some(ads()),
                route_config_name: EDGE.to_owned(),
            };
            (Source::Ads, RouteSpecifier::Rds(discovery))
        }
        Parts::Given { routes, .. } => (Source::Bootstrap, RouteSpecifier::RouteConfig(routes.clone())),
    };
    HttpConnectionManager {
        codec_type: CodecType::Auto.into(),
        stat_prefix: EDGE.to_owned(),
        route_specifier: Some(routes),
        http_filters: filters(parts, source),
        access_log: access_log::build(&config.access_log),
        local_reply_config: Some(reply::build()),
        // Which server answers is nobody's business, a provider's least of all.
        server_name: EDGE.to_owned(),
        server_header_transformation: ServerHeaderTransformation::Overwrite.into(),
        // Envoy is the edge: nothing a client says about itself is believed, no address counts as internal, and every
        // request gets an id of our own, which the client is told.
        use_remote_address: yes(),
        // The forwarder has no use for who the client is; the access log has its address.
        skip_xff_append: true,
        internal_address_config: Some(no_internal_addresses()),
        always_set_request_id_in_response: true,
        // The path that filters judge is the path that the forwarder reads: dots are resolved first, and a slash in
        // disguise is refused. Two slashes stay two; such a path is unknown.
        normalize_path: yes(),
        path_with_escaped_slashes_action: PathWithEscapedSlashesAction::RejectRequest.into(),
        // The longest duration ends a stream; while it lasts, a provider may be silent for as long as it likes, and the
        // forwarder has the shorter timeouts.
        stream_idle_timeout: duration(gateway.max_stream_duration),
        request_headers_timeout: duration(HEADERS_TIMEOUT),
        request_timeout: duration(REQUEST_TIMEOUT),
        common_http_protocol_options: Some(HttpProtocolOptions {
            idle_timeout: duration(IDLE_TIMEOUT),
            max_stream_duration: duration(gateway.max_stream_duration),
            // Some servers read `x_bartizan_tenant` as `x-bartizan-tenant`.
            headers_with_underscores_action: HeadersWithUnderscoresAction::DropHeader.into(),
            ..HttpProtocolOptions::default()
        }),
        // HTTP/1 trailers are dropped before any filter: no client needs them, and the body then ends as any other.
        http_protocol_options: Some(Http1ProtocolOptions::default()),
        http2_protocol_options: Some(Http2ProtocolOptions {
            max_concurrent_streams: number(STREAMS_PER_CONNECTION),
            initial_stream_window_size: number(STREAM_WINDOW),
            initial_connection_window_size: number(CONNECTION_WINDOW),
            // A malformed request ends its own stream, not those beside it. On HTTP/1 it ends the connection, because
            // nobody knows where the next request would begin.
            override_stream_error_on_invalid_http_message: yes(),
            ..Http2ProtocolOptions::default()
        }),
        ..HttpConnectionManager::default()
    }
}

/// WHY: an empty list means Envoy's default, which trusts loopback and private networks to set `x-request-id`, timeouts
/// and retries. This one has a single address, from which nobody can connect.
fn no_internal_addresses() -> InternalAddressConfig {
    InternalAddressConfig {
        cidr_ranges: vec![CidrRange {
            address_prefix: Ipv4Addr::BROADCAST.to_string(),
            prefix_len: number(32),
        }],
        ..InternalAddressConfig::default()
    }
}

/// The chain; `envoy/README.md` says why it is in this order.
fn filters(parts: Parts<'_>, source: Source) -> Vec<HttpFilter> {
    let [auth, rate_limit, threat_scan] = ours(parts);
    vec![
        auth,
        typed("envoy.filters.http.decompressor", &decompressor()),
        rate_limit,
        threat_scan,
        typed("envoy.filters.http.credential_injector", &credential_injector(source)),
        typed(
            "envoy.filters.http.router",
            &Router {
                suppress_envoy_headers: true,
                ..Router::default()
            },
        ),
    ]
}

fn ours(parts: Parts<'_>) -> [HttpFilter; 3] {
    FilterName::ALL.map(|name| HttpFilter {
        name: name.resource().to_owned(),
        config_type: match parts {
            Parts::Discovered => Some(http_filter::ConfigType::ConfigDiscovery(discovered())),
            Parts::Given { filters, .. } => filters
                .iter()
                .find(|filter| filter.name == name.resource())
                .and_then(|filter| filter.typed_config.clone())
                .map(http_filter::ConfigType::TypedConfig),
        },
        ..HttpFilter::default()
    })
}

/// The listener waits for the filter, so a healthy start refuses nothing. If the filter does not come in time or is
/// refused, the listener opens with a rule that denies everything in its place.
fn discovered() -> ExtensionConfigSource {
    let deny_everything = Rbac {
        rules: Some(Rules::default()),
        ..Rbac::default()
    };
    ExtensionConfigSource {
        config_source: Some(ads()),
        default_config: Some(any(&deny_everything)),
        apply_default_config_without_warming: false,
        type_urls: vec![Wasm::type_url(), Rbac::type_url()],
    }
}

/// One layer of gzip on the way in. Answers are not compressed: the forwarder asks providers for plain ones.
fn decompressor() -> Decompressor {
    Decompressor {
        decompressor_library: Some(extension(
            "gzip",
            &Gzip {
                max_inflate_ratio: number(MAX_INFLATE_RATIO),
                ..Gzip::default()
            },
        )),
        request_direction_config: Some(decompressor::RequestDirectionConfig::default()),
        response_direction_config: Some(decompressor::ResponseDirectionConfig {
            common_config: Some(never()),
        }),
    }
}

fn never() -> decompressor::CommonDirectionConfig {
    decompressor::CommonDirectionConfig {
        enabled: Some(RuntimeFeatureFlag {
            default_value: no(),
            runtime_key: "bartizan.decompress_answers".to_owned(),
        }),
        ..decompressor::CommonDirectionConfig::default()
    }
}

/// Proof to the forwarder that a request has passed the filters.
fn credential_injector(source: Source) -> CredentialInjector {
    CredentialInjector {
        overwrite: true,
        credential: Some(extension(
            "envoy.http.injected_credentials.generic",
            &Generic {
                credential: Some(secret_reference(secret::FORWARD_TOKEN, source)),
                header: header::EDGE.to_owned(),
                ..Generic::default()
            },
        )),
        ..CredentialInjector::default()
    }
}

fn typed<M: Message + Name>(name: &str, message: &M) -> HttpFilter {
    HttpFilter {
        name: name.to_owned(),
        config_type: Some(http_filter::ConfigType::TypedConfig(any(message))),
        ..HttpFilter::default()
    }
}

fn tls(source: Source) -> TransportSocket {
    transport_socket(&DownstreamTlsContext {
        common_tls_context: Some(CommonTlsContext {
            tls_params: Some(TlsParameters {
                tls_minimum_protocol_version: TlsProtocol::TlSv12.into(),
                ..TlsParameters::default()
            }),
            alpn_protocols: vec!["h2".to_owned(), "http/1.1".to_owned()],
            tls_certificate_sds_secret_configs: vec![secret_reference(secret::LISTENER_TLS, source)],
            ..CommonTlsContext::default()
        }),
        ..DownstreamTlsContext::default()
    })
}
