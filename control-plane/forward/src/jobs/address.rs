use std::path::PathBuf;

use http::Uri;

/// Where Envoy serves clients, as its own forwarder reaches it to work on jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeAddress {
    /// Scheme, host and port; whatever else it has is not used.
    pub uri: Uri,
    /// Whom to believe to be Envoy, where the scheme is `https`.
    pub trust: EdgeTrust,
}

/// Whom to believe to be Envoy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EdgeTrust {
    /// Whom the operating system's certificate authorities vouch for.
    System,
    /// Whom the authorities of a PEM file vouch for.
    Authority(PathBuf),
    /// Who presents the first certificate of a PEM file, whatever its name: for an Envoy on this machine, whose
    /// certificate is for the names by which clients know it.
    Certificate(PathBuf),
}
