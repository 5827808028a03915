use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use super::{PolicyArgs, address};

/// Print the configuration with which an Envoy starts
///
/// By default the few lines by which an Envoy finds the control plane, which then gives it everything else, filters
/// included. With --static the whole configuration, for an Envoy that has no control plane.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  bartizan bootstrap --xds 10.0.0.5:18000 --node-id edge-1 > bootstrap.yaml
  envoy -c bootstrap.yaml

  bartizan bootstrap --static -f policies > static.yaml
  export BARTIZAN_FORWARD_TOKEN=$(openssl rand -hex 32)
  bartizan serve --roles forward & envoy -c static.yaml")]
pub(crate) struct BootstrapArgs {
    /// The control plane's xDS address
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:18000", value_parser = address::host_and_port)]
    pub(crate) xds: (String, u16),

    /// Name of this Envoy, under which /v1/nodes lists it
    #[arg(long, value_name = "ID", default_value = "edge-1")]
    pub(crate) node_id: String,

    /// Where Envoy's own admin listens; keep it on loopback
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:9901", value_parser = address::socket)]
    pub(crate) envoy_admin: SocketAddr,

    /// Print a whole configuration, with the policies as they are now
    #[arg(long = "static", conflicts_with_all = ["xds", "node_id"])]
    pub(crate) is_static: bool,

    #[command(flatten)]
    pub(crate) whole: StaticArgs,
}

/// What else a whole configuration says.
#[derive(Debug, Args)]
#[command(next_help_heading = "With --static")]
pub(crate) struct StaticArgs {
    #[command(flatten)]
    pub(crate) policies: PolicyArgs,

    /// Where Envoy takes LLM traffic
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:10000", value_parser = address::socket)]
    pub(crate) listen: SocketAddr,

    /// Where the forwarder listens
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8081", value_parser = address::socket)]
    pub(crate) forward: SocketAddr,

    /// Directory of the filters, as Envoy sees it
    #[arg(long, value_name = "DIR", default_value = "target/filters")]
    pub(crate) filters: PathBuf,
}
