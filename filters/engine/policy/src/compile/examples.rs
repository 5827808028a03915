use bartizan_scan::{Findings, LoadError, Scanner, Score, Subject};

use super::threats::Placed;
use crate::document::{ExampleSpec, RuleSpec};
use crate::report::{Report, quote};

const REMEDY: &str = "correct the rule or the example";

/// Rules that were tried on the texts their authors gave for them, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Trial {
    rules: Vec<RuleSpec>,
    failures: Vec<Failure>,
}

/// An example for which a rule does not do what it should.
#[derive(Debug)]
struct Failure {
    /// Its place among the rules tried.
    rule: usize,
    field: String,
    message: String,
}

impl Trial {
    /// Reports what is wrong with the examples of the rules of which the pack is made. They are tried unless they are
    /// those of the last trial.
    pub(super) fn report(&mut self, pack: &[u8], rules: &[Placed<'_>], report: &mut Report) {
        if !rules.iter().map(|rule| rule.spec).eq(&self.rules) {
            *self = match try_all(pack, rules) {
                Ok(failures) => Self {
                    rules: rules.iter().map(|rule| rule.spec.clone()).collect(),
                    failures,
                },
                Err(error) => return report.add_to_all(&error.to_string(), ""),
            };
        }
        for failure in &self.failures {
            if let Some(rule) = rules.get(failure.rule) {
                rule.wrong(report, &failure.field, failure.message.clone(), REMEDY);
            }
        }
    }
}

/// Tries each rule on its examples. What a detector finds counts from the score on at which findings are reported
/// unless policy says otherwise.
fn try_all(pack: &[u8], rules: &[Placed<'_>]) -> Result<Vec<Failure>, LoadError> {
    let scanner = Scanner::load(pack)?;
    let mut failures = Vec::new();
    let mut findings = Findings::default();
    for (number, rule) in rules.iter().enumerate() {
        let least = rule.spec.score.map_or(Score::AUDIT, |score| score.0.min(Score::AUDIT));
        let mut finds = |example: &ExampleSpec| {
            findings.clear();
            scanner.scan(&example.text(), Subject::of(example.role()), &mut findings);
            let mut findings = findings.as_slice().iter();
            findings.any(|finding| finding.rule == number && finding.score >= least)
        };
        let mut fail = |field, example: &ExampleSpec, what| {
            failures.push(Failure {
                rule: number,
                field,
                message: format!("the rule finds {what} in {}", quote(&example.text())),
            });
        };
        let examples = &rule.spec.examples;
        for (index, example) in examples.matching.iter().enumerate() {
            if !finds(example) {
                fail(format!("examples.match[{index}]"), example, "nothing");
            }
        }
        for (index, example) in examples.not_matching.iter().enumerate() {
            if finds(example) {
                fail(format!("examples.noMatch[{index}]"), example, "something");
            }
        }
    }
    Ok(failures)
}
