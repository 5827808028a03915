//! Short forms for what protobuf makes long.

use std::{net::SocketAddr, path::Path, time::Duration};

use envoy_types::pb::{
    envoy::config::core::v3::{
        Address, AggregatedConfigSource, ApiVersion, ConfigSource, DataSource, Pipe, SocketAddress, TransportSocket,
        TypedExtensionConfig, address, config_source, data_source, socket_address, transport_socket,
    },
    envoy::extensions::transport_sockets::tls::v3::SdsSecretConfig,
    google::protobuf::{self, Any, BoolValue, UInt32Value, UInt64Value},
};
use prost::{Message, Name};

/// How long a first configuration may be missing before Envoy goes on without it. Also Envoy's default.
const INITIAL_FETCH_TIMEOUT: Duration = Duration::from_secs(15);

/// Where Envoy finds what a resource refers to by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// On the stream it already has to the control plane.
    Ads,
    /// Beside it, in the bootstrap.
    Bootstrap,
}

pub(crate) fn any<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: M::type_url(),
        value: message.encode_to_vec(),
    }
}

pub(crate) fn extension<M: Message + Name>(name: &str, message: &M) -> TypedExtensionConfig {
    TypedExtensionConfig {
        name: name.to_owned(),
        typed_config: Some(any(message)),
    }
}

pub(crate) fn transport_socket<M: Message + Name>(message: &M) -> TransportSocket {
    TransportSocket {
        name: "envoy.transport_sockets.tls".to_owned(),
        config_type: Some(transport_socket::ConfigType::TypedConfig(any(message))),
    }
}

pub(crate) fn number(value: u32) -> Option<UInt32Value> {
    Some(UInt32Value { value })
}

pub(crate) fn long_number(value: u64) -> Option<UInt64Value> {
    Some(UInt64Value { value })
}

pub(crate) fn yes() -> Option<BoolValue> {
    Some(BoolValue { value: true })
}

pub(crate) fn no() -> Option<BoolValue> {
    Some(BoolValue { value: false })
}

pub(crate) fn duration(value: Duration) -> Option<protobuf::Duration> {
    Some(protobuf::Duration {
        seconds: i64::try_from(value.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(value.subsec_nanos()).unwrap_or_default(),
    })
}

pub(crate) fn socket_address(address: SocketAddr) -> Option<Address> {
    host_address(address.ip().to_string(), address.port())
}

pub(crate) fn host_address(host: String, port: u16) -> Option<Address> {
    Some(Address {
        address: Some(address::Address::SocketAddress(SocketAddress {
            address: host,
            port_specifier: Some(socket_address::PortSpecifier::PortValue(u32::from(port))),
            ..SocketAddress::default()
        })),
    })
}

pub(crate) fn pipe(path: &Path) -> Option<Address> {
    Some(Address {
        address: Some(address::Address::Pipe(Pipe {
            path: path.display().to_string(),
            mode: 0,
        })),
    })
}

pub(crate) fn data(specifier: data_source::Specifier) -> Option<DataSource> {
    Some(DataSource {
        specifier: Some(specifier),
        ..DataSource::default()
    })
}

pub(crate) fn file(path: &Path) -> Option<DataSource> {
    data(data_source::Specifier::Filename(path.display().to_string()))
}

pub(crate) fn ads() -> ConfigSource {
    ConfigSource {
        initial_fetch_timeout: duration(INITIAL_FETCH_TIMEOUT),
        resource_api_version: ApiVersion::V3.into(),
        config_source_specifier: Some(config_source::ConfigSourceSpecifier::Ads(AggregatedConfigSource {})),
        ..ConfigSource::default()
    }
}

/// A reference to a secret.
pub(crate) fn secret(name: &str, source: Source) -> SdsSecretConfig {
    SdsSecretConfig {
        name: name.to_owned(),
        sds_config: match source {
            Source::Ads => Some(ads()),
            Source::Bootstrap => None,
        },
    }
}
