//! The command line, as typed. Nothing is decided here: each command turns its arguments into its own configuration.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use bartizan_platform::{logging::Format, secret::Secret};
use bartizan_ports::ForwardAddress;
use bartizan_xds::AccessLog;
use clap::{Args, Parser, Subcommand, ValueEnum};

mod address;
mod bootstrap;
mod jobs;
mod key;
mod scan;
mod serve;
mod up;

pub(crate) use address::ForwardListen;
pub(crate) use bootstrap::BootstrapArgs;
pub(crate) use jobs::JobsArgs;
pub(crate) use key::{KeyArgs, KeyCommand, NewKeyArgs};
pub(crate) use scan::{Colour, ScanArgs, What};
pub(crate) use serve::{EdgeArgs, ForwardersArgs, RoleName, ServeArgs};
pub(crate) use up::UpArgs;

/// The AI security edge on Envoy.
///
/// Bartizan stands between applications and model providers: it authenticates callers, limits requests and tokens, and
/// scans prompts and answers, in three WebAssembly filters inside a stock Envoy. This program is the control plane that
/// configures those Envoys from policy files, and the forwarder that calls the providers.
#[derive(Debug, Parser)]
#[command(name = "bartizan", version, max_term_width = 100, after_long_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  bartizan up                        run everything on this machine, with the policies in ./policies
  bartizan check -f policies         find every mistake in the policies; exit 1 if there is one
  bartizan scan request.json         say what the policies do about a message, and why
  bartizan key new --tenant acme     make an API key, and the lines that let a tenant use it
  bartizan serve --roles xds,admin   run some roles only, for Envoys elsewhere

Exit status: 0 fine, 1 failure or findings, 2 wrong usage.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Up(Box<UpArgs>),
    Serve(Box<ServeArgs>),
    Check(CheckArgs),
    Scan(ScanArgs),
    Bootstrap(BootstrapArgs),
    Key(KeyArgs),
}

/// Check policy files, and run the examples of every rule
///
/// Prints every mistake at once, each with file, line, column, field and remedy; if there is none, warnings of regexes
/// that are run over every text.
/// Exit status: 0 no mistakes, 1 mistakes, 2 the files cannot be read.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  bartizan check
  bartizan check -f policies/tenants.yaml
  bartizan check -o json | jq -r '.[] | select(.severity == \"error\").message'")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) policies: PolicyArgs,

    /// How to print mistakes and warnings
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// How a command prints its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Lines to read
    Text,
    /// JSON to process
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// Policy files: a directory (every *.yaml and *.yml below it) or one file
    #[arg(
        short,
        long = "file",
        value_name = "PATH",
        default_value = "policies",
        env = "BARTIZAN_FILE"
    )]
    pub(crate) file: PathBuf,
}

/// Addresses that both `up` and `serve` take.
#[derive(Debug, Args)]
#[command(next_help_heading = "Addresses")]
pub(crate) struct AddressArgs {
    /// Where Envoy takes LLM traffic; port 0 picks a free one
    #[arg(
        long, value_name = "IP:PORT", default_value = "127.0.0.1:10000", env = "BARTIZAN_LISTEN",
        value_parser = address::socket
    )]
    pub(crate) listen: SocketAddr,

    /// Where operators find /healthz, /readyz, /metrics and /v1/nodes; port 0 picks a free one
    #[arg(
        long, value_name = "IP:PORT", default_value = "127.0.0.1:8080", env = "BARTIZAN_ADMIN",
        value_parser = address::socket
    )]
    pub(crate) admin: SocketAddr,

    /// Where Envoys fetch their configuration (gRPC); port 0 picks a free one
    #[arg(
        long, value_name = "IP:PORT", default_value = "127.0.0.1:18000", env = "BARTIZAN_XDS",
        value_parser = address::socket
    )]
    pub(crate) xds: SocketAddr,

    /// Where Envoy hands over admitted requests: a path for a Unix socket, or IP:PORT
    ///
    /// By default `up` uses a socket in a private directory of its run, and `serve` 127.0.0.1:8081.
    #[arg(long, value_name = "PATH|IP:PORT", env = "BARTIZAN_FORWARD", value_parser = address::forward_listen)]
    pub(crate) forward: Option<ForwardListen>,
}

/// How the process runs, for `up` and `serve`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Process")]
pub(crate) struct ProcessArgs {
    /// Directory of auth.wasm, rate-limit.wasm and threat-scan.wasm [default: ../filters beside this program]
    #[arg(long, value_name = "DIR", env = "BARTIZAN_FILTERS")]
    pub(crate) filters: Option<PathBuf>,

    /// Where Envoy writes a JSON line for each request: a file on its machine, or - for its standard output; bodies,
    /// credentials and query strings are not in it [default: nowhere]
    #[arg(long, value_name = "PATH|-", env = "BARTIZAN_ACCESS_LOG", default_value = "", hide_default_value = true,
        value_parser = access_log)]
    pub(crate) access_log: AccessLog,

    /// Where answers are kept that policy says are to be (`cache` of a Model): redis://HOST:PORT, with :PASSWORD@ before
    /// HOST if there is one, or rediss:// for TLS; several forwarders may share one [default: this process's memory]
    #[arg(long = "cache", value_name = "URL", env = "BARTIZAN_CACHE", hide_env_values = true, value_parser = serve::secret)]
    pub(crate) cache: Option<Secret<String>>,

    /// Write the addresses in use to this file as JSON once requests are answered; removed at exit
    #[arg(long, value_name = "PATH", env = "BARTIZAN_READY_FILE")]
    pub(crate) ready_file: Option<PathBuf>,

    /// How long requests under way may take to finish after SIGTERM or Ctrl-C
    #[arg(
        long = "drain-seconds", value_name = "SECONDS", default_value = "10", env = "BARTIZAN_DRAIN_SECONDS",
        value_parser = seconds
    )]
    pub(crate) drain: Duration,

    /// How log lines look, on standard error
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Text, env = "BARTIZAN_LOG_FORMAT")]
    pub(crate) log_format: LogFormat,

    /// What is logged: a level, or levels by module
    #[arg(long, value_name = "FILTER", default_value = "info", env = "BARTIZAN_LOG")]
    pub(crate) log: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One line an event
    Text,
    /// One JSON object a line
    Json,
}

// === impl LogFormat ===

impl From<LogFormat> for Format {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json,
        }
    }
}

/// Never fails, as any text is a path.
#[expect(clippy::unnecessary_wraps, reason = "clap wants a parser that may fail")]
fn access_log(text: &str) -> Result<AccessLog, String> {
    Ok(match text {
        "" => AccessLog::Off,
        "-" => AccessLog::Stdout,
        path => AccessLog::File(path.into()),
    })
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => Err("write whole seconds, such as 10".to_owned()),
    }
}

#[cfg(test)]
mod tests;
