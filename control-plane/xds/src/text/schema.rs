//! Names of the fields that are used, in the order in which they are written. Numbers and names are those of Envoy's
//! `.proto` files; the test that renders every kind of configuration fails for one that is missing here.

use envoy_types::pb::envoy::{
    config::{
        cluster::v3::cluster::{DiscoveryType, LbPolicy},
        core::v3::{
            ApiVersion, api_config_source::ApiType, header_value_option::HeaderAppendAction,
            http_protocol_options::HeadersWithUnderscoresAction,
        },
    },
    extensions::{
        filters::network::http_connection_manager::v3::http_connection_manager::PathWithEscapedSlashesAction,
        transport_sockets::tls::v3::tls_parameters::TlsProtocol, wasm::v3::FailurePolicy,
    },
};

/// One field of a message.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) occurrence: Occurrence,
}

/// What a field holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Bytes,
    Flag,
    Integer,
    /// A value of an enumeration, by what gives its name.
    Choice(fn(i32) -> Option<&'static str>),
    /// A message of that name.
    Message(&'static str),
}

/// How often a field may occur.
#[derive(Clone, Copy)]
pub(super) enum Occurrence {
    One,
    Many,
    /// Pairs of a text and the kind.
    Map,
}

pub(super) const STRUCT_FIELDS: Field = map(1, "fields", Kind::Message("google.protobuf.Value"));

const fn field(number: u32, name: &'static str, kind: Kind) -> Field {
    Field {
        number,
        name,
        kind,
        occurrence: Occurrence::One,
    }
}

const fn many(number: u32, name: &'static str, kind: Kind) -> Field {
    Field {
        occurrence: Occurrence::Many,
        ..field(number, name, kind)
    }
}

const fn map(number: u32, name: &'static str, kind: Kind) -> Field {
    Field {
        occurrence: Occurrence::Map,
        ..field(number, name, kind)
    }
}

const fn text(number: u32, name: &'static str) -> Field {
    field(number, name, Kind::Text)
}

const fn flag(number: u32, name: &'static str) -> Field {
    field(number, name, Kind::Flag)
}

const fn of(number: u32, name: &'static str, message: &'static str) -> Field {
    field(number, name, Kind::Message(message))
}

const fn each(number: u32, name: &'static str, message: &'static str) -> Field {
    many(number, name, Kind::Message(message))
}

const fn duration(number: u32, name: &'static str) -> Field {
    of(number, name, "google.protobuf.Duration")
}

const fn number(number: u32, name: &'static str) -> Field {
    of(number, name, "google.protobuf.UInt32Value")
}

const fn optional_flag(number: u32, name: &'static str) -> Field {
    of(number, name, "google.protobuf.BoolValue")
}

const fn any(number: u32, name: &'static str) -> Field {
    of(number, name, "google.protobuf.Any")
}

/// A field that holds a value of an enumeration.
macro_rules! choice {
    ($number:literal, $name:literal, $enumeration:ty) => {
        field(
            $number,
            $name,
            Kind::Choice(|value| <$enumeration>::try_from(value).ok().map(|value| value.as_str_name())),
        )
    };
}

/// The fields of a message, by its full name.
pub(super) fn fields(message: &str) -> Option<&'static [Field]> {
    let tables = [BOOTSTRAP, CORE, CLUSTER, LISTENER, FILTERS, TLS];
    let mut messages = tables.into_iter().flatten();
    messages.find(|(name, _)| *name == message).map(|(_, fields)| *fields)
}

type Messages = &'static [(&'static str, &'static [Field])];

const BOOTSTRAP: Messages = &[
    (
        "envoy.config.bootstrap.v3.Bootstrap",
        &[
            of(1, "node", "envoy.config.core.v3.Node"),
            of(12, "admin", "envoy.config.bootstrap.v3.Admin"),
            of(
                3,
                "dynamic_resources",
                "envoy.config.bootstrap.v3.Bootstrap.DynamicResources",
            ),
            of(
                2,
                "static_resources",
                "envoy.config.bootstrap.v3.Bootstrap.StaticResources",
            ),
            of(13, "stats_config", "envoy.config.metrics.v3.StatsConfig"),
            of(15, "overload_manager", "envoy.config.overload.v3.OverloadManager"),
        ],
    ),
    (
        "envoy.config.bootstrap.v3.Admin",
        &[of(3, "address", "envoy.config.core.v3.Address")],
    ),
    (
        "envoy.config.bootstrap.v3.Bootstrap.DynamicResources",
        &[
            of(3, "ads_config", "envoy.config.core.v3.ApiConfigSource"),
            of(2, "cds_config", "envoy.config.core.v3.ConfigSource"),
            of(1, "lds_config", "envoy.config.core.v3.ConfigSource"),
        ],
    ),
    (
        "envoy.config.bootstrap.v3.Bootstrap.StaticResources",
        &[
            each(1, "listeners", "envoy.config.listener.v3.Listener"),
            each(2, "clusters", "envoy.config.cluster.v3.Cluster"),
            each(3, "secrets", "envoy.extensions.transport_sockets.tls.v3.Secret"),
        ],
    ),
    (
        "envoy.config.metrics.v3.StatsConfig",
        &[each(1, "stats_tags", "envoy.config.metrics.v3.TagSpecifier")],
    ),
    (
        "envoy.config.metrics.v3.TagSpecifier",
        &[text(1, "tag_name"), text(2, "regex")],
    ),
    (
        "envoy.config.overload.v3.OverloadManager",
        &[each(2, "resource_monitors", "envoy.config.overload.v3.ResourceMonitor")],
    ),
    (
        "envoy.config.overload.v3.ResourceMonitor",
        &[text(1, "name"), any(3, "typed_config")],
    ),
    (
        "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        &[field(1, "max_active_downstream_connections", Kind::Integer)],
    ),
];

const CORE: Messages = &[
    ("envoy.config.core.v3.Node", &[text(1, "id"), text(2, "cluster")]),
    (
        "envoy.config.core.v3.Address",
        &[
            of(1, "socket_address", "envoy.config.core.v3.SocketAddress"),
            of(2, "pipe", "envoy.config.core.v3.Pipe"),
        ],
    ),
    (
        "envoy.config.core.v3.SocketAddress",
        &[text(2, "address"), field(3, "port_value", Kind::Integer)],
    ),
    ("envoy.config.core.v3.Pipe", &[text(1, "path")]),
    (
        "envoy.config.core.v3.DataSource",
        &[
            text(1, "filename"),
            field(2, "inline_bytes", Kind::Bytes),
            text(3, "inline_string"),
            text(4, "environment_variable"),
        ],
    ),
    (
        "envoy.config.core.v3.AsyncDataSource",
        &[of(1, "local", "envoy.config.core.v3.DataSource")],
    ),
    ("envoy.config.core.v3.WatchedDirectory", &[text(1, "path")]),
    (
        "envoy.config.core.v3.ConfigSource",
        &[
            of(3, "ads", "envoy.config.core.v3.AggregatedConfigSource"),
            choice!(6, "resource_api_version", ApiVersion),
            duration(4, "initial_fetch_timeout"),
        ],
    ),
    ("envoy.config.core.v3.AggregatedConfigSource", &[]),
    (
        "envoy.config.core.v3.ApiConfigSource",
        &[
            choice!(1, "api_type", ApiType),
            choice!(8, "transport_api_version", ApiVersion),
            each(4, "grpc_services", "envoy.config.core.v3.GrpcService"),
            flag(7, "set_node_on_first_message_only"),
        ],
    ),
    (
        "envoy.config.core.v3.GrpcService",
        &[of(1, "envoy_grpc", "envoy.config.core.v3.GrpcService.EnvoyGrpc")],
    ),
    (
        "envoy.config.core.v3.GrpcService.EnvoyGrpc",
        &[
            text(1, "cluster_name"),
            of(3, "retry_policy", "envoy.config.core.v3.RetryPolicy"),
        ],
    ),
    (
        "envoy.config.core.v3.RetryPolicy",
        &[of(1, "retry_back_off", "envoy.config.core.v3.BackoffStrategy")],
    ),
    (
        "envoy.config.core.v3.BackoffStrategy",
        &[duration(1, "base_interval"), duration(2, "max_interval")],
    ),
    (
        "envoy.config.core.v3.TypedExtensionConfig",
        &[text(1, "name"), any(2, "typed_config")],
    ),
    (
        "envoy.config.core.v3.TransportSocket",
        &[text(1, "name"), any(3, "typed_config")],
    ),
    (
        "envoy.config.core.v3.HttpProtocolOptions",
        &[
            duration(1, "idle_timeout"),
            duration(4, "max_stream_duration"),
            choice!(5, "headers_with_underscores_action", HeadersWithUnderscoresAction),
        ],
    ),
    ("envoy.config.core.v3.Http1ProtocolOptions", &[]),
    (
        "envoy.config.core.v3.Http2ProtocolOptions",
        &[
            number(2, "max_concurrent_streams"),
            number(3, "initial_stream_window_size"),
            number(4, "initial_connection_window_size"),
            optional_flag(14, "override_stream_error_on_invalid_http_message"),
            of(15, "connection_keepalive", "envoy.config.core.v3.KeepaliveSettings"),
        ],
    ),
    (
        "envoy.config.core.v3.KeepaliveSettings",
        &[duration(1, "interval"), duration(2, "timeout")],
    ),
    (
        "envoy.config.core.v3.RuntimeFeatureFlag",
        &[optional_flag(1, "default_value"), text(2, "runtime_key")],
    ),
    (
        "envoy.config.core.v3.SubstitutionFormatString",
        &[
            of(2, "json_format", "google.protobuf.Struct"),
            of(5, "text_format_source", "envoy.config.core.v3.DataSource"),
            text(4, "content_type"),
        ],
    ),
];

const CLUSTER: Messages = &[
    (
        "envoy.config.cluster.v3.Cluster",
        &[
            text(1, "name"),
            choice!(2, "type", DiscoveryType),
            duration(4, "connect_timeout"),
            choice!(6, "lb_policy", LbPolicy),
            of(10, "circuit_breakers", "envoy.config.cluster.v3.CircuitBreakers"),
            map(
                36,
                "typed_extension_protocol_options",
                Kind::Message("google.protobuf.Any"),
            ),
            of(24, "transport_socket", "envoy.config.core.v3.TransportSocket"),
            of(33, "load_assignment", "envoy.config.endpoint.v3.ClusterLoadAssignment"),
        ],
    ),
    (
        "envoy.config.cluster.v3.CircuitBreakers",
        &[each(
            1,
            "thresholds",
            "envoy.config.cluster.v3.CircuitBreakers.Thresholds",
        )],
    ),
    (
        "envoy.config.cluster.v3.CircuitBreakers.Thresholds",
        &[
            number(2, "max_connections"),
            number(3, "max_pending_requests"),
            number(4, "max_requests"),
        ],
    ),
    (
        "envoy.config.endpoint.v3.ClusterLoadAssignment",
        &[
            text(1, "cluster_name"),
            each(2, "endpoints", "envoy.config.endpoint.v3.LocalityLbEndpoints"),
        ],
    ),
    (
        "envoy.config.endpoint.v3.LocalityLbEndpoints",
        &[each(2, "lb_endpoints", "envoy.config.endpoint.v3.LbEndpoint")],
    ),
    (
        "envoy.config.endpoint.v3.LbEndpoint",
        &[of(1, "endpoint", "envoy.config.endpoint.v3.Endpoint")],
    ),
    (
        "envoy.config.endpoint.v3.Endpoint",
        &[of(1, "address", "envoy.config.core.v3.Address")],
    ),
    (
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        &[of(
            3,
            "explicit_http_config",
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig",
        )],
    ),
    (
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig",
        &[of(
            2,
            "http2_protocol_options",
            "envoy.config.core.v3.Http2ProtocolOptions",
        )],
    ),
];

const LISTENER: Messages = &[
    (
        "envoy.config.listener.v3.Listener",
        &[
            text(1, "name"),
            of(2, "address", "envoy.config.core.v3.Address"),
            number(5, "per_connection_buffer_limit_bytes"),
            of(
                20,
                "connection_balance_config",
                "envoy.config.listener.v3.Listener.ConnectionBalanceConfig",
            ),
            each(3, "filter_chains", "envoy.config.listener.v3.FilterChain"),
        ],
    ),
    (
        "envoy.config.listener.v3.Listener.ConnectionBalanceConfig",
        &[of(
            1,
            "exact_balance",
            "envoy.config.listener.v3.Listener.ConnectionBalanceConfig.ExactBalance",
        )],
    ),
    (
        "envoy.config.listener.v3.Listener.ConnectionBalanceConfig.ExactBalance",
        &[],
    ),
    (
        "envoy.config.listener.v3.FilterChain",
        &[
            each(3, "filters", "envoy.config.listener.v3.Filter"),
            of(6, "transport_socket", "envoy.config.core.v3.TransportSocket"),
        ],
    ),
    (
        "envoy.config.listener.v3.Filter",
        &[text(1, "name"), any(4, "typed_config")],
    ),
    (
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        &[
            text(2, "stat_prefix"),
            text(10, "server_name"),
            optional_flag(14, "use_remote_address"),
            flag(21, "skip_xff_append"),
            of(
                25,
                "internal_address_config",
                "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.InternalAddressConfig",
            ),
            flag(37, "always_set_request_id_in_response"),
            optional_flag(30, "normalize_path"),
            choice!(45, "path_with_escaped_slashes_action", PathWithEscapedSlashesAction),
            duration(24, "stream_idle_timeout"),
            duration(28, "request_timeout"),
            duration(41, "request_headers_timeout"),
            of(
                35,
                "common_http_protocol_options",
                "envoy.config.core.v3.HttpProtocolOptions",
            ),
            of(8, "http_protocol_options", "envoy.config.core.v3.Http1ProtocolOptions"),
            of(9, "http2_protocol_options", "envoy.config.core.v3.Http2ProtocolOptions"),
            each(
                5,
                "http_filters",
                "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter",
            ),
            of(4, "route_config", "envoy.config.route.v3.RouteConfiguration"),
            each(13, "access_log", "envoy.config.accesslog.v3.AccessLog"),
            of(
                38,
                "local_reply_config",
                "envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig",
            ),
        ],
    ),
    (
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.InternalAddressConfig",
        &[each(2, "cidr_ranges", "envoy.config.core.v3.CidrRange")],
    ),
    (
        "envoy.config.core.v3.CidrRange",
        &[text(1, "address_prefix"), number(2, "prefix_len")],
    ),
    (
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter",
        &[text(1, "name"), any(4, "typed_config")],
    ),
    (
        "envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig",
        &[each(
            1,
            "mappers",
            "envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper",
        )],
    ),
    (
        "envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper",
        &[
            of(1, "filter", "envoy.config.accesslog.v3.AccessLogFilter"),
            number(2, "status_code"),
            of(
                4,
                "body_format_override",
                "envoy.config.core.v3.SubstitutionFormatString",
            ),
        ],
    ),
    (
        "envoy.config.accesslog.v3.AccessLog",
        &[text(1, "name"), any(4, "typed_config")],
    ),
    (
        "envoy.config.accesslog.v3.AccessLogFilter",
        &[of(11, "extension_filter", "envoy.config.accesslog.v3.ExtensionFilter")],
    ),
    (
        "envoy.config.accesslog.v3.ExtensionFilter",
        &[text(1, "name"), any(3, "typed_config")],
    ),
    (
        "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
        &[text(1, "expression")],
    ),
    (
        "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
        &[of(1, "log_format", "envoy.config.core.v3.SubstitutionFormatString")],
    ),
    (
        "envoy.extensions.access_loggers.file.v3.FileAccessLog",
        &[
            text(1, "path"),
            of(5, "log_format", "envoy.config.core.v3.SubstitutionFormatString"),
        ],
    ),
    (
        "envoy.config.route.v3.RouteConfiguration",
        &[
            text(1, "name"),
            each(2, "virtual_hosts", "envoy.config.route.v3.VirtualHost"),
            each(4, "response_headers_to_add", "envoy.config.core.v3.HeaderValueOption"),
        ],
    ),
    (
        "envoy.config.core.v3.HeaderValueOption",
        &[
            of(1, "header", "envoy.config.core.v3.HeaderValue"),
            choice!(3, "append_action", HeaderAppendAction),
        ],
    ),
    ("envoy.config.core.v3.HeaderValue", &[text(1, "key"), text(2, "value")]),
    (
        "envoy.config.route.v3.VirtualHost",
        &[
            text(1, "name"),
            many(2, "domains", Kind::Text),
            each(3, "routes", "envoy.config.route.v3.Route"),
        ],
    ),
    (
        "envoy.config.route.v3.Route",
        &[
            text(14, "name"),
            of(1, "match", "envoy.config.route.v3.RouteMatch"),
            of(2, "route", "envoy.config.route.v3.RouteAction"),
            of(20, "request_body_buffer_limit", "google.protobuf.UInt64Value"),
        ],
    ),
    (
        "envoy.config.route.v3.RouteMatch",
        &[
            text(1, "prefix"),
            each(6, "headers", "envoy.config.route.v3.HeaderMatcher"),
        ],
    ),
    (
        "envoy.config.route.v3.HeaderMatcher",
        &[text(1, "name"), flag(7, "present_match")],
    ),
    (
        "envoy.config.route.v3.RouteAction",
        &[
            text(1, "cluster"),
            duration(8, "timeout"),
            duration(24, "idle_timeout"),
            of(
                36,
                "max_stream_duration",
                "envoy.config.route.v3.RouteAction.MaxStreamDuration",
            ),
        ],
    ),
    (
        "envoy.config.route.v3.RouteAction.MaxStreamDuration",
        &[duration(1, "max_stream_duration")],
    ),
];

const FILTERS: Messages = &[
    (
        "envoy.extensions.filters.http.wasm.v3.Wasm",
        &[of(1, "config", "envoy.extensions.wasm.v3.PluginConfig")],
    ),
    (
        "envoy.extensions.wasm.v3.PluginConfig",
        &[
            text(1, "name"),
            of(3, "vm_config", "envoy.extensions.wasm.v3.VmConfig"),
            choice!(7, "failure_policy", FailurePolicy),
            of(8, "reload_config", "envoy.extensions.wasm.v3.ReloadConfig"),
            optional_flag(9, "allow_on_headers_stop_iteration"),
            any(4, "configuration"),
        ],
    ),
    (
        "envoy.extensions.wasm.v3.VmConfig",
        &[
            text(1, "vm_id"),
            text(2, "runtime"),
            of(3, "code", "envoy.config.core.v3.AsyncDataSource"),
        ],
    ),
    (
        "envoy.extensions.wasm.v3.ReloadConfig",
        &[of(1, "backoff", "envoy.config.core.v3.BackoffStrategy")],
    ),
    ("google.protobuf.BytesValue", &[field(1, "value", Kind::Bytes)]),
    (
        "envoy.extensions.filters.http.decompressor.v3.Decompressor",
        &[
            of(1, "decompressor_library", "envoy.config.core.v3.TypedExtensionConfig"),
            of(
                2,
                "request_direction_config",
                "envoy.extensions.filters.http.decompressor.v3.Decompressor.DirectionConfig",
            ),
            of(
                3,
                "response_direction_config",
                "envoy.extensions.filters.http.decompressor.v3.Decompressor.DirectionConfig",
            ),
        ],
    ),
    (
        "envoy.extensions.filters.http.decompressor.v3.Decompressor.DirectionConfig",
        &[of(
            1,
            "common_config",
            "envoy.extensions.filters.http.decompressor.v3.Decompressor.CommonDirectionConfig",
        )],
    ),
    (
        "envoy.extensions.filters.http.decompressor.v3.Decompressor.CommonDirectionConfig",
        &[of(1, "enabled", "envoy.config.core.v3.RuntimeFeatureFlag")],
    ),
    (
        "envoy.extensions.compression.gzip.decompressor.v3.Gzip",
        &[number(3, "max_inflate_ratio")],
    ),
    (
        "envoy.extensions.filters.http.credential_injector.v3.CredentialInjector",
        &[
            flag(1, "overwrite"),
            of(3, "credential", "envoy.config.core.v3.TypedExtensionConfig"),
        ],
    ),
    (
        "envoy.extensions.http.injected_credentials.generic.v3.Generic",
        &[
            of(
                1,
                "credential",
                "envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig",
            ),
            text(2, "header"),
        ],
    ),
    (
        "envoy.extensions.filters.http.router.v3.Router",
        &[flag(4, "suppress_envoy_headers")],
    ),
];

const TLS: Messages = &[
    (
        "envoy.extensions.transport_sockets.tls.v3.Secret",
        &[
            text(1, "name"),
            of(
                2,
                "tls_certificate",
                "envoy.extensions.transport_sockets.tls.v3.TlsCertificate",
            ),
            of(
                4,
                "validation_context",
                "envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext",
            ),
            of(
                5,
                "generic_secret",
                "envoy.extensions.transport_sockets.tls.v3.GenericSecret",
            ),
        ],
    ),
    (
        "envoy.extensions.transport_sockets.tls.v3.GenericSecret",
        &[of(1, "secret", "envoy.config.core.v3.DataSource")],
    ),
    (
        "envoy.extensions.transport_sockets.tls.v3.TlsCertificate",
        &[
            of(1, "certificate_chain", "envoy.config.core.v3.DataSource"),
            of(2, "private_key", "envoy.config.core.v3.DataSource"),
            of(7, "watched_directory", "envoy.config.core.v3.WatchedDirectory"),
        ],
    ),
    (
        "envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext",
        &[
            of(1, "trusted_ca", "envoy.config.core.v3.DataSource"),
            of(11, "watched_directory", "envoy.config.core.v3.WatchedDirectory"),
        ],
    ),
    (
        "envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig",
        &[
            text(1, "name"),
            of(2, "sds_config", "envoy.config.core.v3.ConfigSource"),
        ],
    ),
    (
        "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        &[of(
            1,
            "common_tls_context",
            "envoy.extensions.transport_sockets.tls.v3.CommonTlsContext",
        )],
    ),
    (
        "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        &[of(
            1,
            "common_tls_context",
            "envoy.extensions.transport_sockets.tls.v3.CommonTlsContext",
        )],
    ),
    (
        "envoy.extensions.transport_sockets.tls.v3.CommonTlsContext",
        &[
            of(
                1,
                "tls_params",
                "envoy.extensions.transport_sockets.tls.v3.TlsParameters",
            ),
            each(
                6,
                "tls_certificate_sds_secret_configs",
                "envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig",
            ),
            of(
                7,
                "validation_context_sds_secret_config",
                "envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig",
            ),
            many(4, "alpn_protocols", Kind::Text),
        ],
    ),
    (
        "envoy.extensions.transport_sockets.tls.v3.TlsParameters",
        &[choice!(1, "tls_minimum_protocol_version", TlsProtocol)],
    ),
];
