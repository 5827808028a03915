use std::{fmt, net::SocketAddr, path::PathBuf};

use bartizan_platform::secret::Secret;
use tokio::sync::watch;

/// The forwarders there are now; xds tells Envoy.
pub type ForwardTargets = watch::Receiver<ForwardTarget>;

/// Where Envoy reaches the forwarders, and how it proves that a request came through it.
#[derive(Clone, Debug)]
pub struct ForwardTarget {
    /// At least one; Envoy spreads requests over them. All of one family: sockets, addresses or a name.
    pub addresses: Vec<ForwardAddress>,
    /// What Envoy puts into `x-bartizan-edge` and the forwarder compares.
    pub token: Secret<String>,
    /// How Envoy secures the connection; `None` is plain HTTP/2, for a socket or loopback.
    pub tls: Option<ForwardTls>,
}

/// One forwarder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ForwardAddress {
    /// A Unix socket on the same machine as Envoy.
    Unix(PathBuf),
    /// An address and port.
    Tcp(SocketAddr),
    /// A name that Envoy resolves, such as a Kubernetes service.
    Dns {
        /// The name.
        host: String,
        /// The port of every address it resolves to.
        port: u16,
    },
}

/// PEM files for mutual TLS between Envoy and the forwarder, as paths on the machine that reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardTls {
    /// Certificates that vouch for the forwarder's own.
    pub ca: PathBuf,
    /// What Envoy presents.
    pub certificate: PathBuf,
    /// The private key of `certificate`.
    pub key: PathBuf,
}

impl fmt::Display for ForwardAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
            Self::Tcp(address) => address.fmt(formatter),
            Self::Dns { host, port } => write!(formatter, "{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_print_as_they_are_written_on_the_command_line() {
        let table = [
            (
                ForwardAddress::Unix("/run/forward.sock".into()),
                "unix:/run/forward.sock",
            ),
            (ForwardAddress::Tcp(([127, 0, 0, 1], 8081).into()), "127.0.0.1:8081"),
            (
                ForwardAddress::Dns {
                    host: "forward".to_owned(),
                    port: 8081,
                },
                "forward:8081",
            ),
        ];
        for (address, expected) in table {
            assert_eq!(address.to_string(), expected);
        }
    }
}
