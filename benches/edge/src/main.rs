//! Measures the whole edge against bare Envoy: CPU a request, p50, p99 and their ratios, in one run.
//!
//! One `bartizan up` is started with one Envoy worker, and beside it a bare Envoy (its router and nothing else) that
//! forwards to the same forwarder and sandbox. Rounds alternate between the two, so that whatever else the machine
//! does falls on both. CPU is what the kernel accounted to the Envoy process, not what a clock on the wall showed.
//! At last the forwarder's hop: CPU and memory of a forwarder process of its own, in front of a provider that lives in
//! this process, which speaks the client's dialect or another.

mod account;
mod edge;
mod hop;
mod load;
mod report;
mod workload;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;

/// Measures the edge against bare Envoy in one run.
#[derive(Debug, Parser)]
struct Arguments {
    /// The `bartizan` binary, built with `make build`.
    #[arg(long, default_value = "target/release/bartizan")]
    bartizan: PathBuf,
    /// The Envoy binary for the bare run; `up` is given the same.
    #[arg(long, default_value = ".venv/bin/envoy")]
    envoy: PathBuf,
    /// Connections that each send their next request when the last is answered.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Rounds of each variant; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Length of one round, in seconds.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Measures the forwarder's hop only.
    #[arg(long)]
    hop: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let round = Duration::from_secs_f64(arguments.seconds);
    if arguments.hop {
        return hop::measure(&arguments.bartizan, arguments.connections, arguments.rounds, round).await;
    }
    let edge = edge::Edge::start(&arguments.bartizan, &arguments.envoy).await?;
    for workload in workload::Workload::ALL {
        let mut comparison = report::Comparison::new(workload);
        for _ in 0..arguments.rounds {
            for target in [&edge.bare, &edge.chain] {
                let before = account::cpu_time(target.process)?;
                let outcome = load::run(target.address, workload, arguments.connections, round).await?;
                let spent = account::cpu_time(target.process)?.saturating_sub(before);
                comparison.add(target.name, spent, outcome);
            }
        }
        report::print(&comparison)?;
    }
    drop(edge);
    hop::measure(&arguments.bartizan, arguments.connections, arguments.rounds, round).await
}
