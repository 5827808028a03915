use std::{collections::HashMap, fmt, io, net::SocketAddr, path::PathBuf, sync::Arc};

use bartizan_platform::secret::Secret;
use bartizan_ports::AnswerCache;

use crate::Jobs;

/// How the forward role is run. What it forwards, and where to, is policy.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where Envoy reaches it.
    pub listen: ForwardListen,
    /// What Envoy puts into `x-bartizan-edge`; a request without it is refused.
    pub token: Secret<String>,
    /// Where `credential: {env: …}` of a provider is looked up.
    pub environment: Arc<dyn Environment>,
    /// Where answers are kept that policy says are to be; without it they are not.
    pub cache: Option<Arc<dyn AnswerCache>>,
    /// What it takes to work on jobs; without it they are refused.
    pub jobs: Option<Jobs>,
}

/// Where the forwarder listens; always HTTP/2 with prior knowledge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardListen {
    /// A socket of mode 0600, in a directory of mode 0700 that is created if it is not there. Only processes of the
    /// same user are served.
    Unix(PathBuf),
    /// An address without TLS; only loopback is accepted. Port 0 takes a free one.
    Loopback(SocketAddr),
    /// An address with mutual TLS. Port 0 takes a free one.
    Tls(SocketAddr, ListenTls),
}

/// PEM files of the listener. They are read once, at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenTls {
    /// Certificates that vouch for Envoy's.
    pub ca: PathBuf,
    /// What the forwarder presents, leaf first.
    pub certificate: PathBuf,
    /// The private key of `certificate`.
    pub key: PathBuf,
}

/// Where variables come from: the process's environment, or a map in tests.
pub trait Environment: fmt::Debug + Send + Sync {
    /// The value of a variable, if it is set and is UTF-8.
    fn variable(&self, name: &str) -> Option<String>;
}

/// The environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

impl Environment for HashMap<String, Secret<String>> {
    fn variable(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| value.expose().clone())
    }
}

/// Why the forwarder cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is taken, not ours, or not to be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// As given.
        address: String,
        /// `AddrInUse` when another process listens there.
        #[source]
        source: io::Error,
    },
    /// Others than the owner could reach the socket.
    #[error("{} is open to other users; the socket needs a directory of its own with mode 0700", .0.display())]
    OpenDirectory(PathBuf),
    /// Something that is not a socket is at the path.
    #[error("{} exists and is not a socket", .0.display())]
    NotASocket(PathBuf),
    /// Tokens and prompts would cross the network in the clear.
    #[error("{0} is not loopback; without TLS the forwarder listens on loopback only")]
    PlainOffLoopback(SocketAddr),
    /// A certificate or key cannot be used.
    #[error("cannot use {}", .file.display())]
    Tls {
        /// The file at fault.
        file: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The operating system has no threads left.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
    /// The operating system has no random numbers.
    #[error("the operating system has no random numbers")]
    NoRandomness,
    /// A metric of that name is registered already.
    #[error("cannot register metrics")]
    Metrics(#[from] prometheus::Error),
}
