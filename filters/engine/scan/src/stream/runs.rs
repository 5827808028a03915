//! Regexes under way: each run began at one byte and reads one byte after the other.
//!
//! What is found must be what a search through the whole text finds: of matches that overlap the one that begins first,
//! and none other. So a pattern's runs are kept in the order in which they began, and only its first one, the *head*,
//! can become a finding; those that began within it are then dropped.
//!
//! A run of a pattern that waits for a hint is begun only to know what to hold back, and how many of those there are
//! depends on how the text was cut. It is *free*: it costs no steps and cannot match, until the hint comes. From then on
//! it is *counted*, and all that is decided is decided over runs that are counted.

use bartizan_verdict::order::sort_by_key;

use super::plan::StreamPlan;
use crate::dfa::State;
use crate::pattern::{Budget, Pattern, Step};

/// Starts that stand behind runs, at most.
pub(super) const MOST_SHADOWS: usize = 4096;

/// A pattern on its way through the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) pattern: usize,
    pub(super) start: usize,
    pub(super) progress: Progress,
    pub(super) counted: bool,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// None: no longer match will follow.
    pub(super) state: Option<State>,
    /// Where the best match so far ends.
    pub(super) matched: Option<usize>,
}

/// A start whose run came into the same state as that of an earlier one, and so need not be followed by itself. It is
/// remembered for the case that the earlier one turns out to lie within another match.
#[derive(Clone, Copy, Debug)]
struct Shadow {
    pattern: usize,
    /// Where the run began that it stands behind.
    behind: usize,
    start: usize,
}

/// All runs of one text.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs {
    /// In the order of start and pattern.
    runs: Vec<Run>,
    shadows: Vec<Shadow>,
    /// By pattern: where the next run may begin at the earliest.
    next: Vec<usize>,
    /// How many runs are counted.
    counted: usize,
}

impl Run {
    /// Its place among all runs.
    fn place(&self) -> (usize, usize) {
        (self.start, self.pattern)
    }
}

impl Progress {
    /// Whether it is certain at `position` that nothing comes of a run that nothing has called for: it has ended, and
    /// what would make its match a finding would have come.
    pub(super) fn is_past(self, position: usize, outlook: usize) -> bool {
        self.state.is_none() && self.matched.is_none_or(|matched| position >= matched + outlook.max(1))
    }

    /// After the byte at `at`.
    pub(super) fn read(self, pattern: &Pattern, byte: u8, at: usize) -> Self {
        let Some(state) = self.state else { return self };
        match pattern.step(state, byte) {
            Step::Goes(state) => Self {
                state: Some(state),
                ..self
            },
            Step::Matched(state) => Self {
                state: Some(state),
                matched: Some(at),
            },
            Step::Dead => Self { state: None, ..self },
        }
    }
}

impl Runs {
    /// Forgets the text; keeps the memory.
    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.shadows.clear();
        self.next.clear();
        self.counted = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Whether there is more to remember than there may be.
    pub(super) fn are_too_many(&self) -> bool {
        self.shadows.len() > MOST_SHADOWS
    }

    /// Where a run of the pattern may begin at the earliest.
    pub(super) fn next(&self, pattern: usize) -> usize {
        self.next.get(pattern).copied().unwrap_or(0)
    }

    /// No run of the pattern begins before that any more.
    pub(super) fn pass_over(&mut self, pattern: usize, to: usize) {
        if self.next.len() <= pattern {
            self.next.resize(pattern + 1, 0);
        }
        if let Some(next) = self.next.get_mut(pattern) {
            *next = to.max(*next);
        }
    }

    pub(super) fn begin(&mut self, run: Run) {
        self.counted += usize::from(run.counted);
        let place = self.runs.partition_point(|other| other.place() < run.place());
        self.runs.insert(place, run);
    }

    /// Where the first run of a pattern that acts began.
    pub(super) fn held_from(&self, plan: &StreamPlan) -> Option<usize> {
        let acting = self.runs.iter().filter(|run| plan.running(run.pattern).acts);
        acting.map(|run| run.start).min()
    }

    /// All runs read the byte at `at`.
    pub(super) fn read(&mut self, plan: &StreamPlan, patterns: &[Pattern], byte: u8, at: usize, budget: &mut Budget) {
        let (mut died, mut matched) = (false, false);
        for run in &mut self.runs {
            let Some(pattern) = patterns.get(run.pattern) else {
                continue;
            };
            let before = run.progress;
            run.progress = before.read(pattern, byte, at);
            if !run.counted {
                let running = plan.running(run.pattern);
                if at + 1 - run.start > running.reach() || run.progress.is_past(at + 1, running.outlook) {
                    run.progress = Progress {
                        state: None,
                        matched: None,
                    };
                }
            }
            died |= run.progress.state.is_none();
            matched |= run.progress.matched != before.matched;
        }
        budget.take(self.counted);
        if died {
            self.bury();
        }
        if matched {
            self.drop_within_heads(plan);
        }
        if self.counted > 1 {
            self.merge(plan);
        }
    }

    /// Runs of a pattern are worth their steps from now on: something before `at` says that they may match.
    pub(super) fn count(&mut self, plan: &StreamPlan, pattern: usize, at: usize, budget: &mut Budget) {
        let free = |run: &&mut Run| run.pattern == pattern && !run.counted;
        for run in self.runs.iter_mut().filter(free) {
            run.counted = true;
            self.counted += 1;
            budget.take(at - run.start);
        }
        self.merge(plan);
    }

    /// The text ends at `end`.
    pub(super) fn end(&mut self, patterns: &[Pattern], end: usize) {
        for run in &mut self.runs {
            let state = run.progress.state.take();
            let matches = state.zip(patterns.get(run.pattern));
            if matches.is_some_and(|(state, pattern)| pattern.matches_at_end(state)) {
                run.progress.matched = Some(end);
            }
        }
        self.bury();
    }

    /// Takes out a head that is at its end, and where its match ends, if `ready` says that enough is known of what
    /// follows.
    pub(super) fn take_match(&mut self, ready: impl Fn(usize, usize) -> bool) -> Option<(Run, usize)> {
        let (place, matched) = self.runs.iter().enumerate().find_map(|(place, run)| {
            let matched = run.progress.matched.filter(|_| run.progress.state.is_none())?;
            (run.counted && self.is_head(place) && ready(run.pattern, matched)).then_some((place, matched))
        })?;
        let run = self.runs.remove(place);
        self.counted -= usize::from(run.counted);
        forget_behind(&mut self.shadows, &run);
        Some((run, matched))
    }

    /// Drops a pattern's runs that began before `to`, except the one that began at `but`. A start that stood behind one
    /// of them steps forward.
    pub(super) fn drop_before(&mut self, pattern: usize, to: usize, but: Option<usize>) {
        self.pass_over(pattern, to);
        let mut promoted = false;
        let (counted, shadows) = (&mut self.counted, &mut self.shadows);
        self.runs.retain_mut(|run| {
            if run.pattern != pattern || run.start >= to || Some(run.start) == but {
                return true;
            }
            let is_behind = |shadow: &Shadow| (shadow.pattern, shadow.behind) == (pattern, run.start);
            let later = shadows.iter().filter(|shadow| is_behind(shadow) && shadow.start >= to);
            let Some(heir) = later.map(|shadow| shadow.start).min() else {
                *counted -= usize::from(run.counted);
                forget_behind(shadows, run);
                return false;
            };
            shadows.retain_mut(|shadow| {
                let behind = is_behind(shadow);
                if behind {
                    shadow.behind = heir;
                }
                !behind || shadow.start > heir
            });
            run.start = heir;
            promoted = true;
            true
        });
        if promoted {
            sort_by_key(&mut self.runs, Run::place);
        }
    }

    fn is_head(&self, place: usize) -> bool {
        let mut earlier = self.runs.iter().take(place);
        let pattern = self.runs.get(place).map(|run| run.pattern);
        earlier.all(|earlier| Some(earlier.pattern) != pattern)
    }

    /// Forgets runs that have ended and are no match.
    fn bury(&mut self) {
        let (counted, shadows) = (&mut self.counted, &mut self.shadows);
        self.runs.retain(|run| {
            let stays = run.progress.state.is_some() || run.progress.matched.is_some();
            if !stays {
                *counted -= usize::from(run.counted);
                forget_behind(shadows, run);
            }
            stays
        });
    }

    /// Drops the runs that began within what a head has matched so far.
    fn drop_within_heads(&mut self, plan: &StreamPlan) {
        let mut place = 0;
        while let Some(run) = self.runs.get(place).copied() {
            if let Some(matched) = run.progress.matched
                && run.counted
                && self.is_head(place)
                && plan.running(run.pattern).sure
            {
                self.drop_before(run.pattern, matched, Some(run.start));
            }
            place += 1;
        }
    }

    /// Lets runs step behind an earlier one of the same pattern that has come just as far.
    fn merge(&mut self, plan: &StreamPlan) {
        let mut place = 1;
        while let Some(run) = self.runs.get(place).copied() {
            let (pattern, start) = (run.pattern, run.start);
            let alike = |other: &&Run| other.counted && (other.pattern, other.progress) == (pattern, run.progress);
            let mergeable = run.counted && run.progress.state.is_some() && plan.running(pattern).sure;
            let mut earlier = self.runs.iter().take(place).filter(|_| mergeable);
            let Some(found) = earlier.position(|other| alike(&other)) else {
                place += 1;
                continue;
            };
            // The head is never within another match.
            let behind = self
                .runs
                .get(found)
                .filter(|_| !self.is_head(found))
                .map(|run| run.start);
            let own = |shadow: &Shadow| (shadow.pattern, shadow.behind) == (pattern, start);
            match behind {
                None => self.shadows.retain(|shadow| !own(shadow)),
                Some(behind) => {
                    for shadow in self.shadows.iter_mut().filter(|shadow| own(shadow)) {
                        shadow.behind = behind;
                    }
                    self.shadows.push(Shadow { pattern, behind, start });
                }
            }
            self.runs.remove(place);
            self.counted -= 1;
        }
    }
}

fn forget_behind(shadows: &mut Vec<Shadow>, run: &Run) {
    shadows.retain(|shadow| (shadow.pattern, shadow.behind) != (run.pattern, run.start));
}
