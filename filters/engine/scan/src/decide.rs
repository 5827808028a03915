use std::ops::Range;

use bartizan_verdict::order::sort_by_key;
use bartizan_verdict::{Action, Category, Mode};
use serde::{Deserialize, Serialize};

use crate::category_set::CategorySet;
use crate::findings::{Finding, Findings};
use crate::terms::Terms;

/// Actions that policy puts in place of the rules' own, by category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<u8>", try_from = "Vec<u8>")]
pub struct Actions([Option<Action>; Category::ALL.len()]);

/// The bytes do not name an action for each category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a table of actions")]
pub struct NotActions;

impl Actions {
    /// Sets the action for every rule of a category.
    pub fn set(&mut self, category: Category, action: Action) {
        if let Some(slot) = self.0.get_mut(category as usize) {
            *slot = Some(action);
        }
    }

    /// The action set for a category, if any.
    #[must_use]
    pub fn get(&self, category: Category) -> Option<Action> {
        self.0.get(category as usize).copied().flatten()
    }
}

impl From<Actions> for Vec<u8> {
    fn from(actions: Actions) -> Self {
        actions
            .0
            .iter()
            .map(|action| action.map_or(0, |action| action as u8 + 1))
            .collect()
    }
}

impl TryFrom<Vec<u8>> for Actions {
    type Error = NotActions;

    fn try_from(bytes: Vec<u8>) -> Result<Self, NotActions> {
        let mut actions = Self::default();
        if bytes.len() != actions.0.len() {
            return Err(NotActions);
        }
        for (slot, byte) in actions.0.iter_mut().zip(bytes) {
            *slot = match byte.checked_sub(1) {
                None => None,
                Some(number) => Some(*Action::ALL.get(usize::from(number)).ok_or(NotActions)?),
            };
        }
        Ok(actions)
    }
}

/// What is to be done about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The strictest action of all findings; `Allow` when there is none.
    pub action: Action,
    /// Categories of the findings, sorted, each once.
    pub categories: Vec<Category>,
    /// Rules of the findings by their place in the pack, sorted, each once.
    pub rules: Vec<usize>,
    /// What to replace, by text and place, not overlapping. Empty unless `action` is `Mask`.
    pub masks: Vec<MaskRange>,
    /// Whether the message had more in it than is kept count of; it then counts as blocked.
    pub overflowed: bool,
}

/// Bytes of a text to be replaced by the placeholder of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskRange {
    /// Which text of the message.
    pub span: usize,
    /// Bytes of the text, on character boundaries.
    pub range: Range<usize>,
    /// The rule whose placeholder stands in: where findings overlap, that of the one which begins first.
    pub rule: usize,
}

/// Decides over the findings of one message: the strictest [action](Terms::action_of) wins, and what ends up as `Allow`
/// is as if it had not been found.
///
/// Findings that overflowed count as one to be blocked, or reported under [`Mode::Audit`]: a limit that lets pass what
/// is behind it would be a way round every rule. There is no exception to that.
#[must_use]
pub fn decide(findings: &Findings, terms: &Terms<'_>) -> Outcome {
    let overflowed = findings.overflowed() && terms.mode != Mode::Off;
    let mut outcome = Outcome {
        action: if overflowed { terms.strictest() } else { Action::Allow },
        categories: Vec::new(),
        rules: Vec::new(),
        masks: Vec::new(),
        overflowed,
    };
    let mut categories = CategorySet::EMPTY;
    for finding in findings.as_slice() {
        let action = terms.action_of(finding);
        if action != Action::Allow {
            outcome.action = outcome.action.max(action);
            categories = categories.with(finding.category);
            outcome.rules.push(finding.rule);
        }
    }
    let found = Category::ALL.iter().copied();
    outcome.categories = found.filter(|category| categories.contains(*category)).collect();
    sort_by_key(&mut outcome.rules, |rule| *rule);
    outcome.rules.dedup();
    if outcome.action == Action::Mask {
        let masked = findings
            .as_slice()
            .iter()
            .filter(|finding| terms.action_of(finding) == Action::Mask);
        outcome.masks = merge(masked.collect());
    }
    outcome
}

fn merge(mut findings: Vec<&Finding>) -> Vec<MaskRange> {
    // Of two that begin together the longer one says what it is; after that, the one that stands first in the pack.
    sort_by_key(&mut findings, |finding| {
        (
            finding.span,
            finding.range.start,
            usize::MAX - finding.range.end,
            finding.rule,
        )
    });
    let mut masks: Vec<MaskRange> = Vec::with_capacity(findings.len());
    for finding in findings {
        match masks.last_mut() {
            Some(last) if last.span == finding.span && finding.range.start < last.range.end => {
                last.range.end = last.range.end.max(finding.range.end);
            }
            _ => masks.push(MaskRange {
                span: finding.span,
                range: finding.range.clone(),
                rule: finding.rule,
            }),
        }
    }
    masks
}

#[cfg(test)]
mod tests {
    use bartizan_verdict::Role;

    use super::*;
    use crate::score::Score;
    use crate::thresholds::Thresholds;
    use crate::undone::Undone;

    fn finding(span: usize, rule: usize, category: Category, action: Action, range: Range<usize>) -> Finding {
        Finding {
            span,
            rule,
            category,
            action,
            role: Role::User,
            range,
            score: Score::FULL,
            undone: Undone::NOTHING,
        }
    }

    fn decided(findings: &Findings, actions: &Actions, mode: Mode) -> Outcome {
        let terms = Terms {
            mode,
            actions,
            thresholds: &Thresholds::default(),
            exceptions: Vec::new(),
        };
        decide(findings, &terms)
    }

    fn findings(list: &[Finding]) -> Findings {
        let mut findings = Findings::new();
        for finding in list {
            findings.push(finding.clone());
        }
        findings
    }

    #[test]
    fn nothing_found_is_allowed() {
        let outcome = decided(&Findings::new(), &Actions::default(), Mode::Enforce);
        assert_eq!(outcome.action, Action::Allow);
        assert!(outcome.categories.is_empty() && outcome.rules.is_empty() && outcome.masks.is_empty());
    }

    #[test]
    fn the_strictest_action_wins() {
        let audit = finding(0, 3, Category::Pii, Action::Audit, 0..4);
        let mask = finding(0, 2, Category::Secrets, Action::Mask, 8..9);
        let block = finding(1, 1, Category::Jailbreak, Action::Block, 0..4);
        let none = Actions::default();
        for (list, mode, action, masks) in [
            (vec![audit.clone()], Mode::Enforce, Action::Audit, 0),
            (vec![audit.clone(), mask.clone()], Mode::Enforce, Action::Mask, 1),
            (
                vec![block.clone(), mask.clone(), audit.clone()],
                Mode::Enforce,
                Action::Block,
                0,
            ),
            (vec![block.clone(), mask.clone()], Mode::Audit, Action::Audit, 0),
            (vec![block.clone()], Mode::Off, Action::Allow, 0),
        ] {
            let outcome = decided(&findings(&list), &none, mode);
            assert_eq!(
                (outcome.action, outcome.masks.len()),
                (action, masks),
                "{list:?} {mode}"
            );
        }
        let outcome = decided(&findings(&[block, audit, mask]), &none, Mode::Enforce);
        assert_eq!(
            outcome.categories,
            [Category::Jailbreak, Category::Secrets, Category::Pii]
        );
        assert_eq!(outcome.rules, [1, 2, 3]);
    }

    #[test]
    fn policy_overrides_by_category() {
        let found = findings(&[
            finding(0, 0, Category::Pii, Action::Mask, 0..4),
            finding(0, 1, Category::Secrets, Action::Mask, 6..9),
        ]);
        let mut actions = Actions::default();
        actions.set(Category::Pii, Action::Allow);
        let outcome = decided(&found, &actions, Mode::Enforce);
        assert_eq!((outcome.categories, outcome.rules), (vec![Category::Secrets], vec![1]));
        actions.set(Category::Secrets, Action::Block);
        assert_eq!(decided(&found, &actions, Mode::Enforce).action, Action::Block);
        actions.set(Category::Secrets, Action::Allow);
        assert_eq!(decided(&found, &actions, Mode::Enforce).action, Action::Allow);
    }

    #[test]
    fn masks_are_merged_and_named_by_the_one_that_begins_first() {
        let mask = |span, rule, range| finding(span, rule, Category::Pii, Action::Mask, range);
        let found = findings(&[
            mask(1, 0, 0..3),
            mask(0, 5, 4..9),
            mask(0, 4, 2..6),
            mask(0, 3, 2..4),
            mask(0, 2, 9..10), // touching is not overlapping
            finding(0, 1, Category::Secrets, Action::Audit, 20..30),
        ]);
        let masks = decided(&found, &Actions::default(), Mode::Enforce).masks;
        let plain: Vec<_> = masks
            .iter()
            .map(|mask| (mask.span, mask.range.clone(), mask.rule))
            .collect();
        assert_eq!(plain, [(0, 2..9, 4), (0, 9..10, 2), (1, 0..3, 0)]);
    }

    #[test]
    fn overflow_is_blocked() {
        let mut found = findings(&[finding(0, 0, Category::Pii, Action::Audit, 0..1)]);
        found.overflow();
        let none = Actions::default();
        assert_eq!(decided(&found, &none, Mode::Enforce).action, Action::Block);
        assert_eq!(decided(&found, &none, Mode::Audit).action, Action::Audit);
        let off = decided(&found, &none, Mode::Off);
        assert!(off.action == Action::Allow && !off.overflowed);
    }

    #[test]
    fn actions_survive_encoding() {
        let mut actions = Actions::default();
        actions.set(Category::Pii, Action::Block);
        actions.set(Category::Secrets, Action::Allow);
        let bytes = Vec::<u8>::from(actions);
        assert_eq!(Actions::try_from(bytes.clone()), Ok(actions));
        assert_eq!(Actions::try_from(bytes[1..].to_vec()), Err(NotActions));
        assert_eq!(Actions::try_from(vec![9; bytes.len()]), Err(NotActions));
    }
}
