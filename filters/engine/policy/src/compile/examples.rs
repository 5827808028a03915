use bartizan_scan::{Findings, Scanner, Score, Subject};

use super::threats::Placed;
use crate::document::ExampleSpec;
use crate::report::{Report, quote};

const REMEDY: &str = "correct the rule or the example";

/// Tries each rule on the texts its author gave for it. What a detector finds counts from the score on at which findings
/// are reported unless policy says otherwise.
pub(super) fn try_all(pack: &[u8], rules: &[Placed<'_>], report: &mut Report) {
    let scanner = match Scanner::load(pack) {
        Ok(scanner) => scanner,
        Err(error) => return report.add_to_all(&error.to_string(), ""),
    };
    let mut findings = Findings::default();
    for (number, rule) in rules.iter().enumerate() {
        let least = rule.spec.score.map_or(Score::AUDIT, |score| score.0.min(Score::AUDIT));
        let mut finds = |example: &ExampleSpec| {
            findings.clear();
            scanner.scan(&example.text(), Subject::of(example.role()), &mut findings);
            let mut findings = findings.as_slice().iter();
            findings.any(|finding| finding.rule == number && finding.score >= least)
        };
        let examples = &rule.spec.examples;
        for (index, example) in examples.matching.iter().enumerate() {
            if !finds(example) {
                let message = format!("the rule finds nothing in {}", quote(&example.text()));
                rule.wrong(report, &format!("examples.match[{index}]"), message, REMEDY);
            }
        }
        for (index, example) in examples.not_matching.iter().enumerate() {
            if finds(example) {
                let message = format!("the rule finds something in {}", quote(&example.text()));
                rule.wrong(report, &format!("examples.noMatch[{index}]"), message, REMEDY);
            }
        }
    }
}
