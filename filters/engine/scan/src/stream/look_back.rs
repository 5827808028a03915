//! What can be judged only once it has gone by, from fixed places of the text: passages, by detectors that judge such, and
//! disguises, by everything.
//!
//! What is seen was delivered long ago. What they block stops the text where they look, and what they would mask stops it
//! too, as it cannot be masked any more.

use std::ops::Range;

use bartizan_verdict::{Action, Category};

use super::channel::{Known, Rules};
use crate::detect::Detector;
use crate::findings::Findings;
use crate::undone::Undone;

/// Bytes from one look to the next.
const STRIDE: usize = 1 << 10;
/// Bytes that are looked at again with the next ones: as many as the classifier's windows have.
const AGAIN: usize = 800;
/// Bytes from one look for repetition to the next, and bytes that it sees.
const LONG_STRIDE: usize = 4 << 10;
const LONG: usize = 9 << 10;

/// Gives a part of the text and where it begins: the characters in which these bytes begin and end, without the last.
pub(super) type Passages<'a, 't> = &'a dyn Fn(Range<usize>) -> (usize, &'t str);

/// When is looked back, and what for.
#[derive(Debug, Default)]
pub(super) struct LookBack {
    /// Where was looked back last.
    last: usize,
    /// Detectors of which a trigger occurred before that.
    triggered: u64,
    /// What is found in a passage once its disguises are undone.
    pub(super) findings: Findings,
}

impl LookBack {
    /// Where is looked back next; none if nothing is looked for.
    pub(super) fn next(&self, rules: Rules<'_>) -> Option<usize> {
        (rules.plan.overflow > Action::Allow).then_some(self.last + STRIDE)
    }

    /// Forgets the text; keeps memory for another.
    pub(super) fn clear(&mut self) {
        (self.last, self.triggered) = (0, 0);
        self.findings.clear();
    }

    /// Whether the last passage had more findings, or more disguises, than are looked at.
    pub(super) fn overflowed(&self) -> bool {
        self.findings.overflowed()
    }

    /// Whether is to be looked back from a place: something is looked for, and something came since the last look.
    pub(super) fn is_due(&self, rules: Rules<'_>, from: usize) -> bool {
        rules.plan.overflow > Action::Allow && from > self.last
    }

    /// Looks back from a place over `passages` of the text, after detectors were `triggered` since the last look. `ended`:
    /// it is the end of the text.
    pub(super) fn look(
        &mut self,
        rules: Rules<'_>,
        passages: Passages<'_, '_>,
        triggered: u64,
        from: usize,
        ended: bool,
    ) -> Vec<Known> {
        let (scanner, plan) = (rules.scanner, rules.plan);
        let mut known = Vec::new();
        let called = plan.looking_back & (scanner.untriggered | triggered | self.triggered);
        for (place, switched) in (0_u32..).zip(&scanner.detectors) {
            let judges = switched.detector.judges_undone(Undone::NOTHING, false);
            if called & 1_u64.wrapping_shl(place) == 0 || !judges {
                continue;
            }
            let start = match switched.detector {
                Detector::Repetition if ended || from.is_multiple_of(LONG_STRIDE) => from.saturating_sub(LONG),
                Detector::Repetition => continue,
                _ => self.last.saturating_sub(AGAIN),
            };
            let (start, text) = passages(start..from);
            switched.detect(text, plan.subject.role, &mut |range, score| {
                let range = start + text.floor_char_boundary(range.start)..start + text.ceil_char_boundary(range.end);
                let acting = switched.rules.iter().filter(|rule| plan.action(**rule) > Action::Allow);
                known.extend(acting.map(|rule| Known {
                    rule: *rule,
                    range: range.clone(),
                    score,
                    undone: Undone::NOTHING,
                }));
            });
        }
        let (start, text) = passages(self.last.saturating_sub(AGAIN)..from);
        self.findings.clear();
        scanner.scan_views(text, plan.subject, 0, &mut self.findings);
        for finding in self.findings.as_slice() {
            // Links have addresses in escapes; who would mask them would not have the answer ended for it.
            let ends = finding.category != Category::Pii;
            if ends && plan.action(finding.rule) > Action::Allow {
                known.push(Known {
                    rule: finding.rule,
                    range: start + finding.range.start..start + finding.range.end,
                    score: finding.score,
                    undone: finding.undone,
                });
            }
        }
        (self.last, self.triggered) = (from, triggered);
        known
    }
}
