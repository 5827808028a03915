use std::{net::SocketAddr, num::NonZeroU16, path::PathBuf};

use clap::Args;

use super::{AddressArgs, JobsArgs, PolicyArgs, ProcessArgs, address};

/// Run everything on this machine: all roles, and an Envoy
///
/// Starts the control plane and the forwarder in this process and an Envoy beside it, waits until a request is answered,
/// and prints where. Edits to the policies take effect while it runs; an edit with a mistake is reported and changes
/// nothing. SIGTERM or Ctrl-C lets requests under way finish; a second Ctrl-C ends at once. Should this process be
/// killed, Envoy goes on enforcing the last policy.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  bartizan up
  bartizan up -f my-policies --listen 0.0.0.0:10000 --workers 4
  bartizan up --listen 127.0.0.1:0 --admin 127.0.0.1:0 --xds 127.0.0.1:0 --envoy-admin 127.0.0.1:0 \\
    --ready-file run.json

The ready file is a JSON object with the addresses in use under the names of their flags:
listen, admin, xds, forward, envoyAdmin, and Envoy's process as envoyPid.")]
pub(crate) struct UpArgs {
    #[command(flatten)]
    pub(crate) policies: PolicyArgs,

    #[command(flatten)]
    pub(crate) addresses: AddressArgs,

    /// Where Envoy's own admin listens; keep it on loopback. Port 0 picks a free one
    #[arg(
        long, value_name = "IP:PORT", default_value = "127.0.0.1:9901", env = "BARTIZAN_ENVOY_ADMIN",
        value_parser = address::socket, help_heading = "Addresses"
    )]
    pub(crate) envoy_admin: SocketAddr,

    /// Envoy's worker threads [default: one for each core]
    #[arg(long, value_name = "N", env = "BARTIZAN_WORKERS")]
    pub(crate) workers: Option<NonZeroU16>,

    /// The Envoy to run [default: `envoy` on PATH, else the one in .venv]
    #[arg(long, value_name = "PATH", env = "BARTIZAN_ENVOY")]
    pub(crate) envoy: Option<PathBuf>,

    /// Where programs are looked for
    #[arg(long, env = "PATH", hide = true, default_value = "")]
    pub(crate) search_path: std::ffi::OsString,

    #[command(flatten)]
    pub(crate) jobs: JobsArgs,

    #[command(flatten)]
    pub(crate) process: ProcessArgs,
}
