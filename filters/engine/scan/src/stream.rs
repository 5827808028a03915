//! Answers are scanned as they flow: what can no longer become a match leaves at once, the rest is held back.
//!
//! The verdict and what is delivered do not depend on how the text was cut. That is so by construction: everything is
//! decided at a position of the text, as if it came byte by byte, by what stands before that position. How it works is
//! in `DESIGN.md` beside this crate.
//!
//! 1. The automaton of literals goes on from piece to piece. Held back is the longest end of the text that is the
//!    beginning of a literal of a rule that acts ([`prefixes`]).
//! 2. Regexes are *runs*, each begun at one byte where a match may begin ([`runs`]). Held back is everything from the
//!    start of the first that may still match.
//! 3. A finding is judged at the position at which it becomes certain ([`channel`]). One that blocks stops the text; what
//!    was delivered ends before everything that might have become a match at that position.
//!
//! This is not complete: a match of more than 8 KiB is not waited for; the text is stopped instead.

mod addresses;
mod calm;
mod channel;
mod look_back;
mod plan;
mod prefixes;
mod runs;
mod starts;

use std::ops::Range;

use bartizan_verdict::Action;
use bartizan_verdict::order::sort_by_key;

use crate::findings::{Finding, MAX_FINDINGS};
use crate::scanner::Scanner;
use channel::{Channel, Known, Reached, Rules};
use look_back::LookBack;

pub use plan::StreamPlan;

/// Bytes held back, at most.
const MOST_HELD: usize = 8 << 10;
/// Bytes taken in at once.
const PIECE: usize = 2 << 10;

/// Whether a text goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// What may leave has left.
    Goes,
    /// Something blocks: nothing more will leave.
    Stops,
}

/// One text of an answer, scanned as it flows.
///
/// All pushes of a text go with the same scanner and plan. Places are bytes of the text as it was, from its start.
#[derive(Debug)]
pub struct StreamScanner {
    channel: Channel,
    look_back: LookBack,
    /// Bytes of the text taken in.
    taken: usize,
    /// Bytes of the text that were delivered or replaced.
    settled: usize,
    /// What is to be replaced from there on.
    masks: Vec<Mask>,
    findings: Vec<Finding>,
    action: Action,
    course: Course,
}

/// What becomes of further text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    Scans,
    /// A bound was met where nothing may be held back: it passes.
    Passes,
    /// A bound was met.
    Overflowed,
    Blocked,
}

/// What comes after a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    More,
    End,
}

/// When something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// While it was held back.
    Held,
    /// When it may have been delivered already.
    GoneBy,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Mask {
    range: Range<usize>,
    rule: usize,
}

/// Says what a finding comes to.
type Judge<'a> = dyn FnMut(&Finding) -> Action + 'a;

impl Default for StreamScanner {
    fn default() -> Self {
        Self {
            channel: Channel::default(),
            look_back: LookBack::default(),
            taken: 0,
            settled: 0,
            masks: Vec::new(),
            findings: Vec::new(),
            action: Action::Allow,
            course: Course::Scans,
        }
    }
}

impl StreamScanner {
    /// A text of which nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the text; keeps memory for another.
    pub fn clear(&mut self) {
        self.channel.clear();
        self.look_back.clear();
        self.masks = Vec::new();
        self.findings.clear();
        (self.taken, self.settled) = (0, 0);
        (self.action, self.course) = (Action::Allow, Course::Scans);
    }

    /// Takes in a piece of the text, and appends to `out` what may leave now, with replacements in place.
    ///
    /// `judge` is asked for each finding when it becomes certain, in that order. If nothing was held back and nothing
    /// has to be, `out` is given exactly `text`.
    pub fn push(
        &mut self,
        scanner: &Scanner,
        plan: &StreamPlan,
        text: &str,
        judge: &mut Judge<'_>,
        out: &mut String,
    ) -> Delivery {
        self.take_in(Rules { scanner, plan }, text, After::More, judge, out)
    }

    /// Takes in all the rest of the text, and appends what may leave of it to `out`: a push and [`Self::finish`], without
    /// asking between the two what is to be held back.
    pub fn push_last(
        &mut self,
        scanner: &Scanner,
        plan: &StreamPlan,
        text: &str,
        judge: &mut Judge<'_>,
        out: &mut String,
    ) -> Delivery {
        let rules = Rules { scanner, plan };
        if self.taken == 0 && calm::is_calm(rules, text, &mut self.look_back) {
            (self.taken, self.settled) = (text.len(), text.len());
            out.push_str(text);
            return Delivery::Goes;
        }
        match self.take_in(rules, text, After::End, judge, out) {
            Delivery::Goes => self.finish(scanner, plan, judge, out),
            Delivery::Stops => Delivery::Stops,
        }
    }

    fn take_in(
        &mut self,
        rules: Rules<'_>,
        text: &str,
        after: After,
        judge: &mut Judge<'_>,
        out: &mut String,
    ) -> Delivery {
        let mut rest = text.as_bytes();
        while !rest.is_empty() && self.course == Course::Scans {
            // Ends at the very place at which too much would be held back, so that the place tells on what it depends.
            let room = MOST_HELD + 1 - self.held().min(MOST_HELD);
            let (piece, left) = rest.split_at(rest.len().min(PIECE).min(room));
            rest = left;
            self.channel.feed(rules, piece);
            self.taken += piece.len();
            let blocked = self.scan(rules, judge);
            // What is held back between the pieces of one push is nobody's concern, as long as it is not too much.
            if (rest.is_empty() && after == After::More) || self.course != Course::Scans || self.held() > MOST_HELD {
                self.settle(rules, blocked, out);
            }
        }
        if self.course == Course::Passes {
            let passing = (text.len() - rest.len()).saturating_sub(self.held());
            out.push_str(text.get(passing..).unwrap_or_default());
            self.taken += rest.len();
            self.settled = self.taken;
        }
        self.delivery()
    }

    /// The text is at its end: decides on what was held back.
    pub fn finish(
        &mut self,
        scanner: &Scanner,
        plan: &StreamPlan,
        judge: &mut Judge<'_>,
        out: &mut String,
    ) -> Delivery {
        let rules = Rules { scanner, plan };
        if self.course == Course::Scans {
            match self.channel.end(rules) {
                Reached::There => {}
                Reached::Findings => {
                    let known = self.channel.known().collect();
                    self.judge(rules, known, When::Held, judge);
                }
                Reached::Bound => self.overflow(plan),
            }
        }
        if self.course == Course::Scans && self.look_back.is_due(rules, self.taken) {
            let known = self.look_back(rules, self.taken, true);
            self.judge(rules, known, When::GoneBy, judge);
            if self.course == Course::Scans && self.look_back.overflowed() {
                self.overflow(plan);
            }
        }
        if matches!(self.course, Course::Scans | Course::Passes) {
            self.deliver(scanner, self.taken, out);
        }
        self.delivery()
    }

    /// Bytes taken in and not yet delivered.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.taken - self.settled
    }

    /// Bytes of the text, as it was, that were delivered or replaced.
    #[must_use]
    pub const fn settled(&self) -> usize {
        self.settled
    }

    /// The strictest that anything came to so far.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// Whether a bound was met, and the rest of the text not scanned.
    #[must_use]
    pub const fn overflowed(&self) -> bool {
        matches!(self.course, Course::Passes | Course::Overflowed)
    }

    /// What was found so far and not allowed, in the order in which it became certain.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    fn delivery(&self) -> Delivery {
        match self.course {
            Course::Scans | Course::Passes => Delivery::Goes,
            Course::Overflowed | Course::Blocked => Delivery::Stops,
        }
    }

    /// Scans what was taken in; where the first finding begins that blocks.
    fn scan(&mut self, rules: Rules<'_>, judge: &mut Judge<'_>) -> Option<usize> {
        let mut blocked = None;
        while self.course == Course::Scans {
            let look = self.look_back.next(rules).filter(|look| *look <= self.taken);
            match self.channel.advance(rules, look.unwrap_or(self.taken)) {
                Reached::Findings => {
                    let known = self.channel.known().collect();
                    blocked = self.judge(rules, known, When::Held, judge);
                }
                Reached::Bound => self.overflow(rules.plan),
                Reached::There => {
                    let Some(look) = look else { break };
                    let known = self.look_back(rules, look, false);
                    blocked = self.judge(rules, known, When::GoneBy, judge);
                    if self.course == Course::Scans && self.look_back.overflowed() {
                        self.overflow(rules.plan);
                    }
                }
            }
        }
        blocked
    }

    fn look_back(&mut self, rules: Rules<'_>, from: usize, ended: bool) -> Vec<Known> {
        let triggered = self.channel.triggered();
        let passages = |range| self.channel.passage(range);
        self.look_back.look(rules, &passages, triggered, from, ended)
    }

    /// Delivers what can no longer become a match at the position.
    fn settle(&mut self, rules: Rules<'_>, blocked: Option<usize>, out: &mut String) {
        let held = self.channel.held_from(rules);
        self.deliver(rules.scanner, blocked.map_or(held, |start| held.min(start)), out);
        if self.course == Course::Scans && self.held() > MOST_HELD {
            self.overflow(rules.plan);
        }
    }

    /// Judges what became certain at the position; where the first finding begins that blocks.
    fn judge(&mut self, rules: Rules<'_>, mut known: Vec<Known>, when: When, judge: &mut Judge<'_>) -> Option<usize> {
        sort_by_key(&mut known, |known| (known.range.start, known.range.end, known.rule));
        let mut blocked: Option<usize> = None;
        for Known {
            rule,
            range,
            score,
            undone,
        } in known
        {
            let Some(about) = rules.scanner.rules.get(rule) else {
                continue;
            };
            let finding = Finding {
                span: 0,
                rule,
                category: about.category,
                action: about.action,
                role: rules.plan.subject.role,
                range: self.channel.on_characters(range),
                score,
                undone,
            };
            let range = finding.range.clone();
            // What is longer may not be kept in whole.
            let text = self.channel.text(range.clone()).filter(|text| text.len() <= MOST_HELD);
            let is_allowed = text.is_some_and(|text| rules.scanner.allowed.has(text));
            if is_allowed || (when == When::GoneBy && self.is_known(&finding)) {
                continue;
            }
            let action = match (when, judge(&finding)) {
                // It cannot be masked any more.
                (When::GoneBy, Action::Mask) => Action::Block,
                (_, Action::Allow) => continue,
                (_, action) => action,
            };
            self.action = self.action.max(action);
            if self.findings.len() == MAX_FINDINGS {
                self.overflow(rules.plan);
                continue;
            }
            self.findings.push(finding);
            if action == Action::Block {
                self.course = Course::Blocked;
                // What has gone by was delivered, had the text come byte by byte.
                let start = if when == When::Held { range.start } else { usize::MAX };
                blocked = Some(blocked.map_or(start, |blocked| blocked.min(start)));
            } else if action == Action::Mask {
                self.masks.push(Mask { range, rule });
            }
        }
        blocked
    }

    /// Whether the rule was found there already.
    fn is_known(&self, finding: &Finding) -> bool {
        let overlaps = |known: &Finding| known.range.start < finding.range.end && finding.range.start < known.range.end;
        let mut alike = self.findings.iter().filter(|known| known.rule == finding.rule);
        alike.any(overlaps)
    }

    fn overflow(&mut self, plan: &StreamPlan) {
        self.action = self.action.max(plan.overflow);
        self.course = if plan.overflow == Action::Block {
            Course::Overflowed
        } else {
            Course::Passes
        };
    }

    /// Delivers what stands before `held`, short of a replacement that goes on there.
    fn deliver(&mut self, scanner: &Scanner, held: usize, out: &mut String) {
        let mut to = self.channel.character_start(held).max(self.settled);
        // Of two that begin together the longer one says what it is; after that, the one that stands first in the pack.
        sort_by_key(&mut self.masks, |mask| {
            (mask.range.start, usize::MAX - mask.range.end, mask.rule)
        });
        let mut from = self.settled;
        let mut masks = self.masks.iter().peekable();
        let mut done = 0;
        while let Some(mask) = masks.next() {
            let (start, mut end, mut count) = (mask.range.start, mask.range.end, 1);
            while let Some(overlapping) = masks.next_if(|next| next.range.start < end) {
                end = end.max(overlapping.range.end);
                count += 1;
            }
            if end > to {
                to = to.min(start);
                break;
            }
            out.push_str(self.channel.text(from..start).unwrap_or_default());
            out.push_str(
                scanner
                    .rules
                    .get(mask.rule)
                    .map_or("", |rule| rule.placeholder.as_str()),
            );
            from = end;
            done += count;
        }
        self.masks.drain(..done);
        out.push_str(self.channel.text(from..to).unwrap_or_default());
        self.settled = to;
    }
}
