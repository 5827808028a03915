//! Reads text from standard input and prints what a few rules find in it.
//!
//! `echo 'Reach me at ada@example.com, badge BADGE-1234.' | cargo run -p bartizan-scan --example scan`

use std::io::{Read, Write};

use bartizan_scan::{Findings, Matcher, RuleSource, Scanner, Subject, compile};
use bartizan_verdict::{Action, Category, Role};

fn rule(id: &str, matcher: Matcher) -> RuleSource {
    RuleSource::new(id, Category::Pii, Action::Mask, matcher)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rules = [
        rule("badge", Matcher::Regex(r"\bBADGE-[0-9]{4}\b".to_owned())),
        rule(
            "email",
            Matcher::Regex(r"\b[a-z.]{1,64}@[a-z]{1,63}\.[a-z]{2,9}\b".to_owned()),
        ),
        rule("contact", Matcher::Phrases(vec!["reach me at".to_owned()])),
    ];
    let pack =
        compile(&rules).map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let scanner = Scanner::load(pack.bytes())?;

    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut findings = Findings::new();
    scanner.scan(&text, Subject::of(Role::User), &mut findings);

    let mut output = std::io::stdout().lock();
    for finding in findings.as_slice() {
        let (rule, matched) = (scanner.rules().get(finding.rule), text.get(finding.range.clone()));
        if let (Some(rule), Some(matched)) = (rule, matched) {
            writeln!(
                output,
                "{:>5}..{:<5} {:<8} {matched}",
                finding.range.start, finding.range.end, rule.id
            )?;
        }
    }
    Ok(())
}
