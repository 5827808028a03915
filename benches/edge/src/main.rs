//! Measures the whole edge against bare Envoy: CPU a request, p50, p99 and their ratios, in one run.
//!
//! One `bartizan up` is started with one Envoy worker, and beside it a bare Envoy (its router and nothing else) that
//! forwards to the same forwarder and sandbox. Rounds alternate between the two, so that whatever else the machine
//! does falls on both. CPU is what the kernel accounted to the Envoy process, not what a clock on the wall showed.
//! Latency is measured twice: with connections that never rest, where it is mostly waiting for a core, and at a steady
//! rate, which is nearer to what an application feels.
//! Then how long the filters take for their configuration. At last the forwarder's hop: CPU and memory of a forwarder
//! process of its own, in front of a provider that lives in this process, which speaks the client's dialect or another.

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

use crate::{load::Pace, workload::Workload};

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
    /// Requests a second where latency is measured at a steady rate.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
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
    let closed = Workload::ALL.map(|workload| (workload, Pace::Closed));
    for (workload, pace) in closed
        .into_iter()
        .chain([(Workload::Chat(4096), Pace::Open(arguments.rate))])
    {
        let mut comparison = report::Comparison::new(workload, pace);
        for _ in 0..arguments.rounds {
            for target in [&edge.bare, &edge.chain] {
                let before = account::cpu_time(target.process)?;
                let outcome = load::run(target.address, workload, pace, arguments.connections, round).await?;
                let spent = account::cpu_time(target.process)?.saturating_sub(before);
                comparison.add(target.name, spent, outcome);
            }
        }
        report::print(&comparison)?;
    }
    report::print_configuring(&edge.configure(&arguments.envoy).await?)?;
    drop(edge);
    hop::measure(&arguments.bartizan, arguments.connections, arguments.rounds, round).await
}
