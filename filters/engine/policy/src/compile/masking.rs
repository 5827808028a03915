use bartizan_scan::{CategorySet, label_of};
use bartizan_verdict::{Action, Category, Mode};

use super::read::Document;
use super::threats::Placed;
use crate::document::ThreatPolicySpec;
use crate::report::{Report, quote};

/// The categories whose masks are reversible.
pub(super) fn compile(
    policy: &Document<'_, ThreatPolicySpec>,
    in_force: &[Placed<'_>],
    report: &mut Report,
) -> CategorySet {
    let spec = &policy.spec;
    let answers = spec.answers.as_ref().map_or(spec.mode.0, |answers| answers.mode.0);
    let mut reversible = CategorySet::EMPTY;
    for (index, word) in spec.masking.reversible.iter().enumerate() {
        let category = word.0;
        let field = format!("spec.masking.reversible[{index}]");
        if reversible.contains(category) {
            let message = format!("{} is listed twice", quote(category.as_str()));
            policy.origin.wrong(report, &field, message, "remove one");
            continue;
        }
        reversible = reversible.with(category);
        if !is_masked(spec, category, in_force) {
            let message = format!("nothing of the category {category} is masked");
            let remedy = format!("set spec.actions.{category} to mask, or remove it here");
            policy.origin.wrong(report, &field, message, remedy);
        }
    }
    if !reversible.is_empty() && spec.mode.0 == Mode::Enforce && answers == Mode::Off {
        let message = "answers are not read, so nothing can be restored in them".to_owned();
        let remedy = "set spec.answers.mode to enforce or audit, or remove spec.masking.reversible";
        policy.origin.wrong(report, "spec.masking.reversible", message, remedy);
    }
    for rule in in_force.iter().filter(|rule| reversible.contains(rule.spec.category.0)) {
        if let Some(placeholder) = &rule.spec.placeholder
            && label_of(placeholder).is_none()
        {
            let message = format!("{} cannot be numbered, as reversible masks are", quote(placeholder));
            let remedy = "write it as [LABEL], with up to 64 bytes between the brackets";
            rule.wrong(report, "placeholder", message, remedy);
        }
    }
    reversible
}

/// Whether something of the category is masked.
fn is_masked(spec: &ThreatPolicySpec, category: Category, in_force: &[Placed<'_>]) -> bool {
    let action = |word| spec.actions.get(word).map(|action| action.0);
    in_force.iter().any(|rule| {
        let is_masked = action(&rule.spec.category).unwrap_or(rule.spec.action.0) == Action::Mask;
        is_masked && rule.spec.category.0 == category
    })
}
