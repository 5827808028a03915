use bartizan_verdict::{Action, Mode};
use serde::{Deserialize, Serialize};

use crate::category_set::CategorySet;
use crate::decide::Actions;
use crate::findings::Finding;
use crate::thresholds::{Reach, Thresholds};

/// What policy says about the findings of one message.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    /// How far findings are acted upon.
    pub mode: Mode,
    /// Actions in place of the rules' own.
    pub actions: &'a Actions,
    /// From which scores on.
    pub thresholds: &'a Thresholds,
    /// What holds for this message besides; of several that cover a finding, the mildest.
    pub exceptions: Vec<&'a Exception>,
}

/// Findings about which less is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Rules by their place in the pack; empty: any.
    pub rules: Vec<u32>,
    /// Categories; empty: any.
    pub categories: CategorySet,
    /// The most that is done: [`Audit`](Excepted::Audit), or nothing.
    pub most: Excepted,
}

/// What becomes of an excepted finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Excepted {
    /// It is as if it had not been found.
    Allow,
    /// It is reported.
    Audit,
}

impl Exception {
    /// Whether the exception is about this finding.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        let rule = u32::try_from(finding.rule).ok();
        (self.rules.is_empty() || self.rules.iter().any(|excepted| rule == Some(*excepted)))
            && (self.categories.is_empty() || self.categories.contains(finding.category))
    }
}

impl Terms<'_> {
    /// What is done about a finding.
    ///
    /// Its score must reach a threshold of its category and role. From `act` on it is the category's action, or else
    /// the rule's own; from `audit` on it is reported. Exceptions and the mode may make that less.
    #[must_use]
    pub fn action_of(&self, finding: &Finding) -> Action {
        let wanted = self.actions.get(finding.category).unwrap_or(finding.action);
        let reached = match self.thresholds.get(finding.category, finding.role).reach(finding.score) {
            Reach::Nothing => Action::Allow,
            Reach::Audit => wanted.min(Action::Audit),
            Reach::Act => wanted,
        };
        let covering = self.exceptions.iter().filter(|exception| exception.covers(finding));
        let excepted = covering.map(|exception| match exception.most {
            Excepted::Allow => Action::Allow,
            Excepted::Audit => Action::Audit,
        });
        excepted.fold(reached.min(self.strictest()), Action::min)
    }

    /// The strictest action that the mode admits.
    #[must_use]
    pub fn strictest(&self) -> Action {
        match self.mode {
            Mode::Enforce => Action::Block,
            Mode::Audit => Action::Audit,
            Mode::Off => Action::Allow,
        }
    }
}

#[cfg(test)]
mod tests {
    use bartizan_verdict::{Category, Role};

    use super::*;
    use crate::score::Score;
    use crate::undone::Undone;

    fn finding(rule: usize, category: Category, role: Role, hundredths: u8) -> Finding {
        Finding {
            span: 0,
            rule,
            category,
            action: Action::Mask,
            role,
            range: 0..1,
            score: Score::new(hundredths),
            undone: Undone::NOTHING,
        }
    }

    #[test]
    fn thresholds_go_by_category_and_role() {
        let mut actions = Actions::default();
        actions.set(Category::Jailbreak, Action::Allow);
        actions.set(Category::Secrets, Action::Block);
        let thresholds = Thresholds::default();
        for (category, role, hundredths, expected) in [
            (Category::Pii, Role::User, 100, Action::Mask),
            (Category::Pii, Role::User, 89, Action::Audit),
            (Category::Pii, Role::User, 49, Action::Allow),
            (Category::Secrets, Role::User, 90, Action::Block),
            (Category::Jailbreak, Role::User, 100, Action::Allow),
            (Category::Jailbreak, Role::User, 60, Action::Allow),
            (Category::PromptInjection, Role::User, 80, Action::Audit),
            (Category::PromptInjection, Role::Tool, 80, Action::Mask),
            (Category::PromptInjection, Role::Document, 40, Action::Audit),
            (Category::PromptInjection, Role::System, 100, Action::Allow),
            (Category::SqlInjection, Role::User, 100, Action::Audit),
            (Category::SqlInjection, Role::Tool, 100, Action::Mask),
        ] {
            let terms = Terms {
                mode: Mode::Enforce,
                actions: &actions,
                thresholds: &thresholds,
                exceptions: Vec::new(),
            };
            let finding = finding(0, category, role, hundredths);
            assert_eq!(
                terms.action_of(&finding),
                expected,
                "{category} of {role} at {hundredths}"
            );
            let audited = Terms {
                mode: Mode::Audit,
                ..terms
            };
            assert_eq!(audited.action_of(&finding), expected.min(Action::Audit));
        }
    }

    #[test]
    fn the_mildest_exception_that_covers_a_finding_counts() {
        let exception = |rules: &[u32], categories: &[Category], most| Exception {
            rules: rules.to_vec(),
            categories: categories.iter().copied().collect(),
            most,
        };
        let audit_rule = exception(&[1, 2], &[], Excepted::Audit);
        let allow_pii = exception(&[], &[Category::Pii], Excepted::Allow);
        let both = exception(&[1], &[Category::Secrets], Excepted::Allow);
        let (actions, thresholds) = (Actions::default(), Thresholds::default());
        for (exceptions, rule, category, expected) in [
            (vec![], 1, Category::Pii, Action::Mask),
            (vec![&audit_rule], 1, Category::Pii, Action::Audit),
            (vec![&audit_rule], 3, Category::Pii, Action::Mask),
            (vec![&allow_pii], 3, Category::Pii, Action::Allow),
            (vec![&allow_pii], 3, Category::Secrets, Action::Mask),
            (vec![&audit_rule, &allow_pii], 2, Category::Pii, Action::Allow),
            (vec![&both], 1, Category::Secrets, Action::Allow),
            (vec![&both], 1, Category::Pii, Action::Mask),
            (vec![&both], 2, Category::Secrets, Action::Mask),
        ] {
            let terms = Terms {
                mode: Mode::Enforce,
                actions: &actions,
                thresholds: &thresholds,
                exceptions,
            };
            let found = finding(rule, category, Role::User, 100);
            assert_eq!(terms.action_of(&found), expected, "{terms:?} {found:?}");
        }
    }
}
