//! Runs the sample policies over labelled texts, and tells what is found at the thresholds of policies.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use bartizan_bench_engine::sample_policy;
use bartizan_scan::{Findings, Scanner, Score, Scores, Subject};
use bartizan_verdict::Category;

use crate::corpus::{Label, Row, Split};
use crate::data_report;
use crate::figures::{Share, mean, threshold};
use crate::payload::NAMES;

/// What says that somebody gives the model orders that are not theirs to give.
const INJECTION: [Category; 5] = [
    Category::PromptInjection,
    Category::Jailbreak,
    Category::PromptExtraction,
    Category::SpecialTokens,
    Category::HiddenText,
];
/// Shares of benign texts above which recall is told.
const SHARES: [f64; 3] = [0.001, 0.005, 0.01];
/// Texts of the smallest source that counts in the mean over sources.
const SMALLEST: usize = 15;

/// What attacks tools, in the order of [`NAMES`].
const TOOLS: [Category; NAMES.len()] = [
    Category::SqlInjection,
    Category::CrossSiteScripting,
    Category::CommandInjection,
    Category::FileInclusion,
];

/// A row with its scores.
pub(crate) struct Judged<'a> {
    pub(crate) row: &'a Row,
    /// The highest of injection, in hundredths.
    score: u8,
    scores: Scores,
}

impl Judged<'_> {
    /// The score of a category, in hundredths.
    pub(crate) fn score_of(&self, category: Category) -> u8 {
        self.scores.get(category).hundredths()
    }
}

/// Measures the sample policies over `rows`.
pub(crate) fn measure(rows: &[Row]) -> Result<String> {
    let policy = sample_policy().map_err(|error| anyhow!("{error}"))?;
    let scanner = Scanner::load(&policy.threat_scan.pack).context("the sample pack")?;
    let mut findings = Findings::new();
    let mut judged = Vec::new();
    let (mut bytes, start) = (0, Instant::now());
    for row in rows.iter().filter(|row| !row.own || row.split == Split::Test) {
        findings.clear();
        scanner.scan(&row.text, Subject::of(row.role()), &mut findings);
        bytes += row.text.len();
        let scores = findings.scores();
        let score = INJECTION
            .iter()
            .map(|category| scores.get(*category).hundredths())
            .max();
        judged.push(Judged {
            row,
            score: score.unwrap_or_default(),
            scores,
        });
    }
    let elapsed = start.elapsed();
    let mut report = String::new();
    writeln!(report, "{} texts, {bytes} bytes.", judged.len())?;
    tell(&mut report, &judged, "Texts we wrote", true)?;
    if judged.iter().any(|judged| !judged.row.own) {
        tell(
            &mut report,
            &judged,
            "Texts of others (the classifier learnt from most of them)",
            false,
        )?;
    }
    tell_tools(&mut report, &judged)?;
    data_report::tell(&mut report, &judged)?;
    let micros = elapsed.as_secs_f64() * 1e6 / (bytes.max(1) as f64 / 1024.0);
    writeln!(report, "\nEverything on: {micros:.1} µs a KiB, native code, one core.")?;
    Ok(report)
}

/// Whether a text attacks a tool, or is made to look as if it did.
fn about_tools(row: &Row) -> bool {
    NAMES.contains(&row.category.as_str()) || row.category.ends_with("_fp")
}

/// Tells of attacks on tools: by category and source how many are found as what they are, and how many benign texts.
fn tell_tools(report: &mut String, judged: &[Judged<'_>]) -> Result<()> {
    writeln!(report, "\n### Attacks on tools (those of others were learnt from)\n")?;
    writeln!(report, "| attack | label | kind | source | texts | ≥ 0.90 | ≥ 0.50 |")?;
    writeln!(report, "|---|---|---|---|---|---|---|")?;
    for (category, name) in TOOLS.into_iter().zip(NAMES) {
        let mut groups: BTreeMap<(Label, &str, &str), Vec<u8>> = BTreeMap::new();
        for judged in judged {
            let row = judged.row;
            if row.is_about_data() || row.is_attack() && row.category != name {
                continue;
            }
            let kind = if about_tools(row) {
                row.category.as_str()
            } else {
                "all others"
            };
            let source = if about_tools(row) { row.source.as_str() } else { "" };
            let score = judged.score_of(category);
            groups.entry((row.label, kind, source)).or_default().push(score);
        }
        for ((label, kind, source), scores) in groups {
            let label = format!("{label:?}").to_lowercase();
            write!(report, "| {name} | {label} | {kind} | {source} | {} |", scores.len())?;
            for threshold in [Score::ACT, Score::AUDIT] {
                write!(
                    report,
                    " {:.3} |",
                    Share::above(&scores, threshold.hundredths() - 1).of_one()
                )?;
            }
            writeln!(report)?;
        }
    }
    Ok(())
}

fn tell(report: &mut String, judged: &[Judged<'_>], title: &str, own: bool) -> Result<()> {
    let judged = judged
        .iter()
        .filter(|judged| judged.row.own == own && !about_tools(judged.row) && !judged.row.is_about_data());
    let mut groups: BTreeMap<(Label, &str, &str), Vec<u8>> = BTreeMap::new();
    let mut benign = Vec::new();
    for judged in judged {
        let row = judged.row;
        let key = (row.label, row.category.as_str(), row.source.as_str());
        groups.entry(key).or_default().push(judged.score);
        if row.is_clean() {
            benign.push(judged.score);
        }
    }
    benign.sort_unstable_by(|first, second| second.cmp(first));
    let mut thresholds = vec![Score::ACT.hundredths() - 1, Score::AUDIT.hundredths() - 1];
    thresholds.extend(SHARES.iter().filter_map(|share| threshold(&benign, *share)));
    writeln!(report, "\n### {title}\n")?;
    writeln!(
        report,
        "| label | kind | source | texts | ≥ 0.90 | ≥ 0.50 | 0.1 % | 0.5 % | 1 % |"
    )?;
    writeln!(report, "|---|---|---|---|---|---|---|---|---|")?;
    let mut means: Vec<Vec<Share>> = vec![Vec::new(); thresholds.len()];
    for ((label, category, source), scores) in &groups {
        write!(
            report,
            "| {} | {category} | {source} | {} |",
            format!("{label:?}").to_lowercase(),
            scores.len()
        )?;
        for (threshold, means) in thresholds.iter().zip(&mut means) {
            let share = Share::above(scores, *threshold);
            let (low, high) = share.interval();
            write!(report, " {:.3} ({low:.2}–{high:.2}) |", share.of_one())?;
            if *label == Label::Attack && scores.len() >= SMALLEST && Row::is_core(category) {
                means.push(share);
            }
        }
        writeln!(report)?;
    }
    write!(report, "| attack | **mean over sources** | | |")?;
    for means in &means {
        write!(report, " **{:.3}** |", mean(means))?;
    }
    write!(report, "\n| benign | **all** | | {} |", benign.len())?;
    for threshold in &thresholds {
        write!(report, " **{:.4}** |", Share::above(&benign, *threshold).of_one())?;
    }
    writeln!(report)?;
    Ok(())
}
