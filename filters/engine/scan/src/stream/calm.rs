//! Whole texts in which nothing matches, seen at once.
//!
//! Nearly every answer is one, and then all that a text goes through that flows comes to nothing. So a text that is whole
//! is first searched as a request's is, which takes less, and by code that has just run. That says what scanning it piece by piece
//! would come to if these hold:
//!
//! 1. No phrase is in it, and no regex matches anywhere. So nothing is found in passing.
//! 2. It calls neither for numbers nor for addresses, nor for detectors with triggers: they are not asked here.
//! 3. No bound would be met: no more than [`MOST_HELD`] bytes could be held, and the runs of regexes that might have
//!    begun, as many as [`Bound`] says, are too few, and die too soon.
//! 4. Looking back from the same places finds nothing.

use std::ops::Range;

use super::MOST_HELD;
use super::channel::Rules;
use super::look_back::LookBack;
use super::runs::MOST_SHADOWS;
use crate::dfa::AHEAD;
use crate::pass::Pass;
use crate::pattern::{Budget, FREE_STEPS};

/// Steps after which a run is dead that is not begun by a search, as its first bytes say that it cannot match.
const DEAD_AT_ONCE: usize = AHEAD + 1;

/// The runs that may begin in a text, and the steps that they may take.
#[derive(Clone, Copy, Debug, Default)]
struct Bound {
    runs: usize,
    steps: usize,
}

impl Bound {
    fn and(self, other: Self) -> Self {
        Self {
            runs: self.runs.saturating_add(other.runs),
            steps: self.steps.saturating_add(other.steps),
        }
    }

    fn is_kept(self) -> bool {
        self.runs <= MOST_SHADOWS && self.steps <= FREE_STEPS
    }
}

/// Whether all of the text is known to come to nothing. `look_back` is of a text that has not begun, and stays so.
pub(super) fn is_calm(rules: Rules<'_>, text: &str, look_back: &mut LookBack) -> bool {
    let calm = is_calm_in_passing(rules, text, look_back) && is_calm_from_behind(rules, text, look_back);
    look_back.clear();
    calm
}

fn is_calm_in_passing(rules: Rules<'_>, text: &str, look_back: &mut LookBack) -> bool {
    let (scanner, plan) = (rules.scanner, rules.plan);
    if text.len() > MOST_HELD || scanner.digits.suffice(text.as_bytes()) {
        return false;
    }
    let Some(calm) = Pass::calm(scanner, text, plan.subject, &mut look_back.findings) else {
        return false;
    };
    let addresses = plan.addresses.map_or(0, |(place, _)| 1_u64.wrapping_shl(place));
    if calm.triggered & (plan.looking_back | addresses) != 0 {
        return false;
    }
    let called = Bound {
        runs: calm.starts,
        // A run dies where its search did.
        steps: calm.steps + calm.starts.saturating_mul(DEAD_AT_ONCE),
    };
    // In a short text it does not matter when the others die.
    let most = plan.everywhere.count() * text.len();
    let others = Bound {
        runs: most,
        steps: most * (text.len() + 1) / 2,
    };
    called.and(others).is_kept() || everywhere(rules, text).is_some_and(|others| called.and(others).is_kept())
}

/// What the runs come to that begin wherever a match may; none if there is a match.
fn everywhere(rules: Rules<'_>, text: &str) -> Option<Bound> {
    let (bytes, mut budget, mut runs, mut matched) = (text.as_bytes(), Budget::default(), 0, false);
    let starts = &rules.plan.everywhere;
    starts.each(None, bytes, bytes.len(), &mut |start, number| {
        if let Some(pattern) = rules.scanner.patterns.get(number) {
            runs += 1;
            matched |= pattern.find_at(bytes, start, &mut budget) != Ok(None);
        }
    });
    let steps = FREE_STEPS - budget.left();
    (!matched).then_some(Bound { runs, steps })
}

/// Whether nothing is found by looking back.
fn is_calm_from_behind(rules: Rules<'_>, text: &str, look_back: &mut LookBack) -> bool {
    let passages = |range: Range<usize>| {
        if range == (0..text.len()) {
            return (0, text);
        }
        let start = text.floor_char_boundary(range.start);
        let passage = text.get(start..text.floor_char_boundary(range.end));
        (start, passage.unwrap_or_default())
    };
    while let Some(next) = look_back.next(rules).filter(|_| look_back.is_due(rules, text.len())) {
        let from = next.min(text.len());
        let ended = next > text.len();
        if !look_back.look(rules, &passages, 0, from, ended).is_empty() || look_back.overflowed() {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use bartizan_verdict::{Action, Category, Role};

    use super::*;
    use crate::{Matcher, RuleSource, Scanner, StreamPlan, Subject, compile};

    #[test]
    fn only_a_text_in_which_nothing_matches_is_calm() {
        let rule = |name, matcher| RuleSource::new(name, Category::Secrets, Action::Block, matcher);
        let pack = compile(&[
            rule("phrase", Matcher::Phrases(vec!["the red heron".to_owned()])),
            rule("regex", Matcher::Regex("key-[a-z]{8}".to_owned())),
        ]);
        let scanner = Scanner::load(pack.unwrap().bytes()).unwrap();
        let plan = StreamPlan::new(&scanner, Subject::of(Role::Assistant), &|_| Action::Block);
        let rules = Rules {
            scanner: &scanner,
            plan: &plan,
        };
        let long = "The ferry leaves at noon. ".repeat(MOST_HELD / 26 + 1);
        for (text, expected) in [
            ("The ferry leaves at noon, and the heron stays.", true),
            ("Ask for a key-word at the desk.", true),
            ("It was the red heron.", false),
            ("It is key-abcdefgh.", false),
            (&long, false),
        ] {
            assert_eq!(is_calm(rules, text, &mut LookBack::default()), expected, "{text}");
        }
    }
}
