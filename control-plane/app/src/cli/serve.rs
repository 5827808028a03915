use std::path::PathBuf;

use bartizan_platform::secret::Secret;
use bartizan_ports::ForwardAddress;
use clap::{Args, ValueEnum};
use hyper::Uri;

use super::{AddressArgs, JobsArgs, PolicyArgs, ProcessArgs, address};

/// Run some roles, for Envoys that run elsewhere
///
/// Each role can run alone and be scaled by itself. `xds` configures Envoys, `forward` calls model providers for them,
/// `admin` answers operators. All read the same policy files. Envoy proves to the forwarder that a request passed
/// through it by a token, which the roles `xds` and `forward` must share.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  bartizan serve --roles xds,forward,admin
  bartizan serve --roles xds,admin --xds 0.0.0.0:18000 --listen 0.0.0.0:10000 \\
    --forward-target forward:8081 --forward-token-file /run/secrets/token \\
    --forward-ca ca.pem --forward-certificate edge.pem --forward-key edge.key
  bartizan serve --roles forward,admin --forward 0.0.0.0:8081 --forward-token-file /run/secrets/token \\
    --forward-ca ca.pem --forward-certificate forward.pem --forward-key forward.key \\
    --edge https://envoy:10000 --edge-ca edge-ca.pem --jobs postgres://bartizan@db/bartizan

Start an Envoy with: bartizan bootstrap --xds HOST:18000 > bootstrap.json && envoy -c bootstrap.json")]
pub(crate) struct ServeArgs {
    /// Roles to run, separated by commas
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        required = true,
        value_name = "ROLES",
        env = "BARTIZAN_ROLES"
    )]
    pub(crate) roles: Vec<RoleName>,

    #[command(flatten)]
    pub(crate) policies: PolicyArgs,

    #[command(flatten)]
    pub(crate) addresses: AddressArgs,

    #[command(flatten)]
    pub(crate) forwarders: ForwardersArgs,

    #[command(flatten)]
    pub(crate) jobs: JobsArgs,

    #[command(flatten)]
    pub(crate) edge: EdgeArgs,

    #[command(flatten)]
    pub(crate) process: ProcessArgs,
}

/// How a forwarder reaches Envoy, to work on jobs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Jobs")]
pub(crate) struct EdgeArgs {
    /// Where Envoy serves clients, for role forward; without it jobs are refused
    ///
    /// What is worked on passes Envoy's filters like any request. It carries credentials, so plain http goes to this
    /// machine only.
    #[arg(long, value_name = "URL", env = "BARTIZAN_EDGE", value_parser = address::edge)]
    pub(crate) edge: Option<Uri>,

    /// PEM file of the authority that vouches for Envoy's certificate [default: the system's authorities]
    #[arg(long, value_name = "PATH", env = "BARTIZAN_EDGE_CA", requires = "edge")]
    pub(crate) edge_ca: Option<PathBuf>,
}

/// Between Envoy and the forwarders.
#[derive(Debug, Args)]
#[command(next_help_heading = "Forwarders")]
pub(crate) struct ForwardersArgs {
    /// Where Envoys reach the forwarders, for role xds: HOST:PORT or unix:PATH; may be repeated
    ///
    /// By default the forwarder of this process.
    #[arg(
        long = "forward-target", value_name = "HOST:PORT", value_delimiter = ',', env = "BARTIZAN_FORWARD_TARGET",
        value_parser = address::forward_target
    )]
    pub(crate) targets: Vec<ForwardAddress>,

    /// File that holds the token shared by roles xds and forward
    #[arg(
        long = "forward-token-file",
        value_name = "PATH",
        env = "BARTIZAN_FORWARD_TOKEN_FILE"
    )]
    pub(crate) token_file: Option<PathBuf>,

    /// The token itself, from the environment; a file is better
    #[arg(
        long = "forward-token", hide = true, env = "BARTIZAN_FORWARD_TOKEN", hide_env_values = true,
        conflicts_with = "token_file", value_parser = secret
    )]
    pub(crate) token: Option<Secret<String>>,

    /// PEM file of the authority that vouches for the other side, for mutual TLS
    #[arg(
        long = "forward-ca", value_name = "PATH", env = "BARTIZAN_FORWARD_CA",
        requires_all = ["certificate", "private_key"]
    )]
    pub(crate) ca: Option<PathBuf>,

    /// PEM file of the certificate to present: Envoy's for role xds, the forwarder's for role forward
    #[arg(
        long = "forward-certificate", id = "certificate", value_name = "PATH", env = "BARTIZAN_FORWARD_CERTIFICATE",
        requires_all = ["ca", "private_key"]
    )]
    pub(crate) certificate: Option<PathBuf>,

    /// PEM file of that certificate's private key
    #[arg(
        long = "forward-key", id = "private_key", value_name = "PATH", env = "BARTIZAN_FORWARD_KEY",
        requires_all = ["ca", "certificate"]
    )]
    pub(crate) private_key: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleName {
    /// Configures Envoys
    Xds,
    /// Calls model providers
    Forward,
    /// Answers operators
    Admin,
}

pub(super) fn secret(text: &str) -> Result<Secret<String>, std::convert::Infallible> {
    Ok(Secret::new(text.to_owned()))
}
