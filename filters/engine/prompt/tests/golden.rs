//! Bodies beside this file, and every text that is found in them: who speaks, what it is, where, and what it says.
//!
//! A line that ends in `(fixed)` is a text that cannot be masked where it stands.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bartizan_prompt::{Extraction, Extractor, Masking};
use bartizan_verdict::Dialect;

fn listing(extraction: &Extraction<'_>) -> String {
    let lines = extraction.spans().map(|span| {
        let fixed = if span.masking == Masking::Impossible {
            " (fixed)"
        } else {
            ""
        };
        format!(
            "{:?} {:?} {} {:?}{fixed}\n",
            span.role,
            span.kind,
            extraction.path(&span),
            span.text
        )
    });
    lines.collect()
}

fn request(dialect: Dialect, body: &str) -> String {
    listing(&Extractor::new().request(dialect, body.as_bytes()).unwrap())
}

fn answer(dialect: Dialect, body: &str) -> String {
    listing(&Extractor::new().answer(dialect, body.as_bytes()).unwrap())
}

#[test]
fn openai_requests() {
    let found = request(Dialect::OpenAi, include_str!("golden/openai_request.json"));
    assert_same(&found, include_str!("golden/openai_request.spans"));
}

#[test]
fn openai_answers() {
    let found = answer(Dialect::OpenAi, include_str!("golden/openai_answer.json"));
    assert_same(&found, include_str!("golden/openai_answer.spans"));
}

#[test]
fn anthropic_requests() {
    let found = request(Dialect::Anthropic, include_str!("golden/anthropic_request.json"));
    assert_same(&found, include_str!("golden/anthropic_request.spans"));
}

#[test]
fn anthropic_answers() {
    let found = answer(Dialect::Anthropic, include_str!("golden/anthropic_answer.json"));
    assert_same(&found, include_str!("golden/anthropic_answer.spans"));
}

/// Compares line by line, and shows all that was found, ready to be saved.
fn assert_same(found: &str, expected: &str) {
    for (number, (ours, theirs)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(ours, theirs, "line {} of\n{found}", number + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "lines of\n{found}");
}
