use bartizan_store::JobStoreAddress;
use clap::Args;

/// Requests that are answered without a held connection.
#[derive(Debug, Args)]
#[command(next_help_heading = "Jobs")]
pub(crate) struct JobsArgs {
    /// Where jobs and their answers are kept: sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE, or memory
    ///
    /// By default jobs.db in $STATE_DIRECTORY, $XDG_STATE_HOME/bartizan or ~/.local/state/bartizan; in memory, with a
    /// warning, where that cannot be, as when another process uses it. A URL with a password belongs in the
    /// environment.
    #[arg(long, value_name = "STORE", env = "BARTIZAN_JOBS", hide_env_values = true)]
    pub(crate) jobs: Option<JobStoreAddress>,
}
