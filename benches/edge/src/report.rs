use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::load::{Outcome, Pace};
use crate::workload::Workload;

/// One round of one variant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    /// CPU microseconds a request.
    pub(crate) cpu: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    requests: usize,
}

impl Round {
    pub(crate) fn new(spent: Duration, mut outcome: Outcome) -> Self {
        outcome.latencies.sort_unstable();
        let at = |share: f64| {
            let last = outcome.latencies.len().saturating_sub(1);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of a length"
            )]
            let index = (last as f64 * share).round() as usize;
            outcome
                .latencies
                .get(index)
                .map_or(0.0, |latency| microseconds(*latency))
        };
        let requests = outcome.latencies.len();
        Self {
            cpu: microseconds(spent) / requests.max(1) as f64,
            p50: at(0.5),
            p99: at(0.99),
            requests,
        }
    }
}

/// The rounds of both variants under one workload.
#[derive(Debug)]
pub(crate) struct Comparison {
    workload: Workload,
    pace: Pace,
    bare: Vec<Round>,
    chain: Vec<Round>,
}

/// Which Envoy a round went through.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Variant {
    Bare,
    Chain,
}

impl Comparison {
    pub(crate) const fn new(workload: Workload, pace: Pace) -> Self {
        Self {
            workload,
            pace,
            bare: Vec::new(),
            chain: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, variant: Variant, spent: Duration, outcome: Outcome) {
        let round = Round::new(spent, outcome);
        match variant {
            Variant::Bare => self.bare.push(round),
            Variant::Chain => self.chain.push(round),
        }
    }
}

pub(crate) fn print(comparison: &Comparison) -> Result<()> {
    let bare = median(&comparison.bare)?;
    let chain = median(&comparison.chain)?;
    let mut out = std::io::stdout().lock();
    match comparison.pace {
        Pace::Closed => writeln!(out, "\n{}", comparison.workload.name())?,
        Pace::Open(rate) => writeln!(out, "\n{}, {rate} requests a second", comparison.workload.name())?,
    }
    writeln!(
        out,
        "{:<8} {:>10} {:>12} {:>7} {:>9} {:>10} {:>9} {:>10}",
        "", "requests", "CPU µs/req", "ratio", "p50 µs", "p50 added", "p99 µs", "p99 added"
    )?;
    for (name, round) in [("bare", bare), ("chain", chain)] {
        writeln!(
            out,
            "{name:<8} {:>10} {:>12.1} {:>6.2}x {:>9.0} {:>+10.0} {:>9.0} {:>+10.0}",
            round.requests,
            round.cpu,
            round.cpu / bare.cpu,
            round.p50,
            round.p50 - bare.p50,
            round.p99,
            round.p99 - bare.p99,
        )?;
    }
    Ok(())
}

pub(crate) fn print_configuring(filters: &[(&str, [u64; 2])]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nconfiguring a filter")?;
    writeln!(out, "{:<12} {:>14} {:>17}", "", "new module, ms", "next instance, ms")?;
    for (name, took) in filters {
        let [new, next] = took.map(|took| Duration::from_micros(took).as_secs_f64() * 1e3);
        writeln!(out, "{name:<12} {new:>14.1} {next:>17.1}")?;
    }
    Ok(())
}

/// The median of each figure by itself; `requests` is of the last round.
pub(crate) fn median(rounds: &[Round]) -> Result<Round> {
    let last = rounds.last().context("no rounds were run")?;
    let of = |figure: fn(&Round) -> f64| {
        let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
        figures.sort_unstable_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or_default()
    };
    Ok(Round {
        cpu: of(|round| round.cpu),
        p50: of(|round| round.p50),
        p99: of(|round| round.p99),
        ..*last
    })
}

pub(crate) fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
