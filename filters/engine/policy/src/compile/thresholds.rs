use bartizan_scan::Thresholds;
use bartizan_verdict::{Category, Role};

use super::read::Document;
use crate::document::{ThreatPolicySpec, ThresholdSpec, Word};
use crate::report::Report;

/// The thresholds of a policy: the usual ones, and what its entries change, one after the other.
pub(super) fn compile(policy: &Document<'_, ThreatPolicySpec>, report: &mut Report) -> Thresholds {
    let mut thresholds = Thresholds::default();
    for (index, entry) in policy.spec.thresholds.iter().enumerate() {
        if let Some((message, remedy)) = mistake(entry) {
            let field = format!("spec.thresholds[{index}]");
            policy.origin.wrong(report, &field, message.to_owned(), remedy);
        }
        for category in chosen(entry.categories.as_deref(), Category::ALL) {
            for role in chosen(entry.roles.as_deref(), Role::ALL) {
                let mut threshold = thresholds.get(category, role);
                threshold.audit = entry.audit.map_or(threshold.audit, |level| level.0);
                threshold.act = entry.act.map_or(threshold.act, |level| level.0);
                thresholds.set(category, role, threshold);
            }
        }
    }
    thresholds
}

fn mistake(entry: &ThresholdSpec) -> Option<(&'static str, &'static str)> {
    match (entry.audit, entry.act) {
        (None, None) => Some(("the entry changes nothing", "add audit or act")),
        (Some(audit), Some(act)) if audit.0 > act.0 && act.0.is_some() => Some((
            "audit is above act, so that nothing between them would be reported",
            "set audit no higher than act",
        )),
        _ => None,
    }
}

fn chosen<T: Copy>(words: Option<&[Word<T>]>, all: &[T]) -> Vec<T> {
    words.map_or_else(|| all.to_vec(), |words| words.iter().map(|word| word.0).collect())
}
