//! The `bartizan` program: command line, wiring of the roles, and the Envoy beside them.

mod cli;
mod command;
mod edge;
mod envoy;
mod http;
mod occupied;
mod plan;
mod ready_file;
mod terminal;
mod welcome;
mod wiring;

use std::process::ExitCode;

use anyhow::Result;
use bartizan_platform::logging;
use bartizan_store::LoadError;
use clap::Parser;
use mimalloc::MiMalloc;

use crate::{
    cli::{Cli, Command},
    plan::Logging,
};

/// WHY: a request allocates dozens of times, and what one thread allocates another often frees; this saves a tenth of the
/// forwarder's time for an answer that streams.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            terminal::explain(&explanation(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<ExitCode> {
    match &cli.command {
        Command::Up(args) => serve(&Logging::new(&args.process), command::up::run(args)),
        Command::Serve(args) => serve(&Logging::new(&args.process), command::serve::run(args)),
        Command::Check(args) => command::check::run(args),
        Command::Scan(args) => command::scan::run(args),
        Command::Bootstrap(args) => command::bootstrap::run(args),
        Command::Key(args) => command::key::run(args),
    }
}

/// Runs a command that serves. Work left on blocking threads does not hold up the exit.
fn serve(logging: &Logging, command: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    logging::init(logging.format, &logging.filter)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_background();
    outcome
}

/// Every mistake of a policy on its own line, or an error with its causes on one.
fn explanation(error: &anyhow::Error) -> String {
    match error.downcast_ref() {
        Some(LoadError::Invalid(mistakes)) => {
            let lines: String = mistakes.iter().map(|mistake| format!("{mistake}\n")).collect();
            format!("{lines}error: {error}\n")
        }
        Some(LoadError::Source(_)) | None => format!("error: {error:#}\n"),
    }
}
