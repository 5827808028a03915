//! An explanation as JSON: of `-o json` and, one a line, of `--jsonl`.

use std::collections::BTreeMap;

use anyhow::Result;
use bartizan_inspect::{Explanation, Found};
use serde::Serialize;

/// A verdict.
#[derive(Debug, Serialize)]
pub(super) struct Verdict<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'e serde_json::Value>,
    action: &'static str,
    /// By category, the highest of its findings' scores; 0 to 1.
    scores: BTreeMap<&'static str, f64>,
    findings: Vec<Finding<'e>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    overflowed: bool,
    /// Kinds of content that cannot be scanned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unscannable: Vec<&'static str>,
    /// The message with its masks, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    masked: Option<&'e str>,
}

#[derive(Debug, Serialize)]
struct Finding<'e> {
    rule: &'e str,
    category: &'static str,
    owasp: &'e [String],
    action: &'static str,
    score: f64,
    role: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    path: &'e str,
    /// Bytes of the text: from, and up to but not including.
    range: [usize; 2],
    text: &'e str,
    /// What had to be undone to see it, in that order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    undone: Vec<&'static str>,
}

impl<'e> Verdict<'e> {
    pub(super) fn new(id: Option<&'e serde_json::Value>, explanation: &'e Explanation<'e>) -> Self {
        let scores = explanation.scores.iter();
        Self {
            id,
            action: explanation.action.as_str(),
            scores: scores
                .map(|(category, score)| (category.as_str(), score.as_f64()))
                .collect(),
            findings: explanation.findings.iter().map(Finding::new).collect(),
            overflowed: explanation.overflowed,
            unscannable: explanation.unscannable.iter().map(|kind| kind.as_str()).collect(),
            masked: explanation
                .masked
                .as_deref()
                .and_then(|masked| std::str::from_utf8(masked).ok()),
        }
    }
}

impl<'e> Finding<'e> {
    fn new(found: &'e Found<'e>) -> Self {
        Self {
            rule: &found.rule.id,
            category: found.category().as_str(),
            owasp: &found.rule.owasp,
            action: found.action.as_str(),
            score: found.score.as_f64(),
            role: found.role.as_str(),
            path: &found.place,
            range: [found.range.start, found.range.end],
            text: &found.text,
            undone: found.undone.steps().map(|step| step.as_str()).collect(),
        }
    }
}

pub(super) fn pretty(explanation: &Explanation<'_>) -> Result<String> {
    Ok(serde_json::to_string_pretty(&Verdict::new(None, explanation))? + "\n")
}
