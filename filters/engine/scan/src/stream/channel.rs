//! One reading of a text as it flows: literals, regexes, and how much of it may still become a match.
//!
//! Everything is told with the position at which it becomes certain, as if the text came byte by byte: what is told at a
//! position depends on the text up to there and on nothing else. Literals are searched for in whole pieces, which is
//! fast, and their occurrences then taken up one by one as the regexes come by.

use std::ops::Range;

use bartizan_verdict::Action;

use super::addresses::{Address, Addresses, CONTEXT, may_begin};
use super::plan::{Start, StreamPlan};
use super::runs::{Progress, Run, Runs};
use crate::automaton::{Automaton, Flow};
use crate::dfa::{AHEAD, Before};
use crate::digits::{self, Places};
use crate::pack::Meaning;
use crate::pattern::{Budget, FREE_STEPS, Pattern, STEPS_A_BYTE};
use crate::scanner::Scanner;
use crate::score::Score;
use crate::shape::Shape;
use crate::undone::Undone;

/// Bytes before the position that are kept.
const HISTORY: usize = 10 << 10;
/// Bytes kept before they are cut back to [`HISTORY`].
const MOST_KEPT: usize = 14 << 10;
/// Bytes by which is told whether a match may begin with the first of them.
const BEGINNING: usize = AHEAD + 1;
/// Bytes of the slashes before a host.
const SLASHES: usize = 2;
/// What a text's steps are counted down from; more than its bound ever is.
const STEPS: usize = usize::MAX;

/// What a text is scanned with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    pub(super) scanner: &'a Scanner,
    pub(super) plan: &'a StreamPlan,
}

/// A rule holds here, as is certain since the position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) rule: usize,
    pub(super) range: Range<usize>,
    pub(super) score: Score,
    /// What had to be undone to see it.
    pub(super) undone: Undone,
}

impl Known {
    /// What a phrase or a regex has found: it is as sure as its rule is.
    fn of(scanner: &Scanner, rule: usize, range: Range<usize>) -> Option<Self> {
        let score = scanner.rules.get(rule)?.score;
        Some(Self {
            rule,
            range,
            score,
            undone: Undone::NOTHING,
        })
    }
}

/// Why [`Channel::advance`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// It is where it was to go.
    There,
    /// There are findings at the position.
    Findings,
    /// The regexes have taken more steps than they may.
    Bound,
}

/// A phrase that ends at the position, unless a word goes on there.
#[derive(Clone, Copy, Debug)]
struct Open {
    rule: usize,
    start: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Channel {
    /// What is kept of the text.
    bytes: Vec<u8>,
    /// Where in the text that begins.
    base: usize,
    /// Bytes of the text whose effects are known.
    position: usize,
    /// State of the literals' automaton at the end of `bytes`.
    state: u32,
    /// Its state before the last piece, and where that was.
    earlier: (u32, usize),
    /// Literals that occur in the last piece, and where each ends.
    occurrences: Vec<(u32, usize)>,
    /// How many of those are taken up.
    taken: usize,
    open: Vec<Open>,
    places: Places,
    runs: Runs,
    /// Where matches of patterns that wait for nothing may begin, in order; their runs begin when as many bytes are read as
    /// tell that.
    beginnings: Vec<(usize, usize)>,
    /// How many of those have begun.
    begun_there: usize,
    /// Up to where the text was looked through for those.
    looked: usize,
    /// Patterns of which a match may begin before those places, because a word stands before it.
    awaited: Vec<(usize, usize)>,
    /// Where the next run begins that only says what to hold back.
    begun: usize,
    addresses: Addresses,
    /// Detectors of which a trigger occurred, as bits.
    triggered: u64,
    /// Where runs of which patterns are about to begin.
    starts: Vec<(usize, usize)>,
    budget: Budget,
    known: Vec<Known>,
}

impl Default for Channel {
    #[inline(never)]
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            base: 0,
            position: 0,
            state: Automaton::ROOT,
            earlier: (Automaton::ROOT, 0),
            occurrences: Vec::new(),
            taken: 0,
            open: Vec::new(),
            places: Places::default(),
            runs: Runs::default(),
            beginnings: Vec::new(),
            begun_there: 0,
            looked: 0,
            awaited: Vec::new(),
            begun: 0,
            addresses: Addresses::default(),
            triggered: 0,
            starts: Vec::new(),
            budget: Budget::of(STEPS),
            known: Vec::new(),
        }
    }
}

impl Channel {
    /// Forgets the text; keeps the memory that ordinary text takes.
    pub(super) fn clear(&mut self) {
        // None of the text came here, as it is with most that are whole.
        if !self.bytes.is_empty() {
            self.reset();
        }
    }

    #[inline(never)]
    fn reset(&mut self) {
        let mut kept = std::mem::take(self);
        kept.bytes.clear();
        kept.occurrences.clear();
        kept.beginnings.clear();
        kept.runs.clear();
        (self.bytes, self.occurrences) = (kept.bytes, kept.occurrences);
        (self.beginnings, self.runs) = (kept.beginnings, kept.runs);
    }

    /// Bytes of the text, if they are still kept.
    fn get(&self, range: Range<usize>) -> Option<&[u8]> {
        self.bytes
            .get(range.start.checked_sub(self.base)?..range.end.checked_sub(self.base)?)
    }

    /// A part of the text, if it is still kept. It begins and ends with characters.
    pub(super) fn text(&self, range: Range<usize>) -> Option<&str> {
        str::from_utf8(self.get(range)?).ok()
    }

    /// The characters in which these bytes begin and end, without the last, and where they begin.
    pub(super) fn passage(&self, range: Range<usize>) -> (usize, &str) {
        let start = self.character_start(range.start);
        let text = self.text(start..self.character_start(range.end));
        (start, text.unwrap_or_default())
    }

    /// Where the character begins that the byte at `at` belongs to, or would if it had come in.
    pub(super) fn character_start(&self, at: usize) -> usize {
        let continues = |at: &usize| self.byte(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
        let first = |mut at: usize| {
            while at > self.base && continues(&at) {
                at -= 1;
            }
            at
        };
        if self.byte(at).is_some() {
            return first(at);
        }
        let last = first(at.saturating_sub(1));
        if last + self.length(last) > at { last } else { at }
    }

    /// Bytes of the character that begins at `at`.
    fn length(&self, at: usize) -> usize {
        match self.byte(at) {
            Some(0xf0..) => 4,
            Some(0xe0..) => 3,
            Some(0xc0..) => 2,
            Some(_) => 1,
            None => 0,
        }
    }

    /// Widens a range of bytes to whole characters: a regex sees bytes. The last one may not have come in whole.
    pub(super) fn on_characters(&self, range: Range<usize>) -> Range<usize> {
        let last = self.character_start(range.end.saturating_sub(1));
        self.character_start(range.start)..range.end.max(last + self.length(last))
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at.checked_sub(self.base)?).copied()
    }

    fn before(&self, at: usize) -> Option<u8> {
        self.byte(at.checked_sub(1)?)
    }

    /// Takes in a piece of the text, to be read by [`Self::advance`].
    pub(super) fn feed(&mut self, rules: Rules<'_>, piece: &[u8]) {
        let scanner = rules.scanner;
        if self.bytes.len() > MOST_KEPT {
            let far = self.bytes.len() - HISTORY;
            self.bytes.drain(..far);
            self.base += far;
        }
        let start = self.base + self.bytes.len();
        self.bytes.extend_from_slice(piece);
        self.earlier = (self.state, start);
        self.occurrences.clear();
        self.taken = 0;
        let occurrences = &mut self.occurrences;
        let state = scanner.literals.run_on(self.state, piece, |literal, end| {
            occurrences.push((literal, start + end));
            Flow::Continue
        });
        self.state = state.unwrap_or(Automaton::ROOT);
        self.look_ahead(rules.plan);
    }

    /// Looks where runs will begin of patterns that wait for nothing.
    fn look_ahead(&mut self, plan: &StreamPlan) {
        if plan.everywhere.is_empty() {
            return;
        }
        let (from, end) = (self.looked, self.base + self.bytes.len());
        let known = (end - from).saturating_sub(AHEAD);
        let mut beginnings = std::mem::take(&mut self.beginnings);
        beginnings.drain(..std::mem::take(&mut self.begun_there));
        let bytes = self.get(from..end).unwrap_or_default();
        plan.everywhere
            .each(self.before(from), bytes, known, &mut |offset, number| {
                beginnings.push((from + offset, number));
            });
        self.beginnings = beginnings;
        self.looked += known;
    }

    /// Reads on to a position, or until something is known.
    pub(super) fn advance(&mut self, rules: Rules<'_>, to: usize) -> Reached {
        loop {
            self.take_up(rules);
            self.begin_known(rules);
            self.resolve(rules, false);
            if self.is_exhausted() {
                return Reached::Bound;
            }
            if !self.known.is_empty() {
                return Reached::Findings;
            }
            if self.position >= to {
                return Reached::There;
            }
            let next = self.occurrences.get(self.taken).map_or(to, |(_, end)| to.min(*end));
            let next = self.beginning().map_or(next, |(start, _)| next.min(start + BEGINNING));
            self.skip(rules, next);
            if self.position < next {
                self.read(rules);
            }
        }
    }

    /// The text is at its end; says what becomes certain by that.
    pub(super) fn end(&mut self, rules: Rules<'_>) -> Reached {
        for open in self.open.drain(..) {
            self.known
                .extend(Known::of(rules.scanner, open.rule, open.start..self.position));
        }
        if let Some(address) = self.addresses.end(self.position) {
            self.judge_address(rules, address);
        }
        for (start, number) in self.begun_last(rules.plan) {
            self.begin(rules, number, start);
        }
        self.runs.end(&rules.scanner.patterns, self.position);
        self.resolve(rules, true);
        if self.is_exhausted() {
            Reached::Bound
        } else if self.known.is_empty() {
            Reached::There
        } else {
            Reached::Findings
        }
    }

    /// Detectors of which a trigger occurred since this was asked last, as bits.
    pub(super) fn triggered(&mut self) -> u64 {
        std::mem::take(&mut self.triggered)
    }

    /// What became known at the position.
    pub(super) fn known(&mut self) -> std::vec::Drain<'_, Known> {
        self.known.drain(..)
    }

    /// From where on the text may become a match of a rule that acts, as far as can be told at the position.
    pub(super) fn held_from(&mut self, rules: Rules<'_>) -> usize {
        self.foresee(rules);
        let plan = rules.plan;
        let open = self.open.iter().filter(|open| plan.acts(open.rule));
        let open = open.map(|open| open.start).min();
        let far = plan.far.iter();
        let far = far.map(|pattern| {
            let reach = plan.running(*pattern).reach();
            self.runs.next(*pattern).max(self.position.saturating_sub(reach))
        });
        let (window, start) = self.window();
        let literals = &rules.scanner.literals;
        let live = plan.prefixes.live(literals, self.state_here(literals), window);
        let live = live.map(|live| start + live);
        let runs = self.runs.held_from(plan);
        let address = plan.addresses.filter(|(_, acts)| *acts).and_then(|_| {
            let begun = may_begin(window).map(|begun| start + begun);
            self.addresses.start().or(begun)
        });
        let young = self.begun_last(plan).into_iter().filter(|(start, number)| {
            let pattern = rules.scanner.patterns.get(*number);
            let next = self.runs.next(*number);
            plan.running(*number).acts && *start >= next && pattern.is_some_and(|it| self.replay(it, *start).is_some())
        });
        let young = young.map(|(start, _)| start).min();
        let held = [open, far.min(), live, runs, young, address]
            .into_iter()
            .flatten()
            .min();
        held.map_or(self.position, |held| held.min(self.position))
    }

    /// State of the literals' automaton at the position.
    fn state_here(&self, literals: &Automaton) -> u32 {
        if self.position == self.base + self.bytes.len() {
            return self.state;
        }
        let (state, start) = self.earlier;
        let read = self.get(start..self.position).unwrap_or_default();
        read.iter().fold(state, |state, byte| literals.step(state, *byte))
    }

    /// The last bytes before the position, always as many as there are up to the bound, and where they begin.
    fn window(&self) -> (&[u8], usize) {
        let start = self.position.saturating_sub(HISTORY);
        (self.get(start..self.position).unwrap_or_default(), start)
    }

    fn is_exhausted(&self) -> bool {
        let bound = self.position.saturating_mul(STEPS_A_BYTE).saturating_add(FREE_STEPS);
        STEPS - self.budget.left() > bound || self.runs.are_too_many()
    }

    /// Goes as far as nothing can happen, though not beyond `to`.
    fn skip(&mut self, rules: Rules<'_>, to: usize) {
        let idle = self.runs.is_empty() && self.open.is_empty() && self.awaited.is_empty() && self.addresses.is_empty();
        if !idle {
            return;
        }
        let ahead = self.get(self.position..to).unwrap_or_default();
        let digit = if rules.scanner.digits.is_empty() {
            None
        } else {
            digits::first(ahead)
        };
        self.position = digit.map_or(to, |digit| self.position + digit);
    }

    /// Reads one byte.
    fn read(&mut self, rules: Rules<'_>) {
        let Some(byte) = self.byte(self.position) else { return };
        let (scanner, plan) = (rules.scanner, rules.plan);
        let at = self.position;
        if !self.awaited.is_empty() {
            self.begin_awaited(rules, byte);
        }
        for open in self.open.drain(..).filter(|_| !byte.is_ascii_alphanumeric()) {
            self.known.extend(Known::of(scanner, open.rule, open.start..at));
        }
        self.position += 1;
        if let Some(address) = self.addresses.read(at, byte) {
            self.judge_address(rules, address);
        }
        if !self.runs.is_empty() {
            self.runs.read(plan, &scanner.patterns, byte, at, &mut self.budget);
        }
        if byte.is_ascii_digit() && !scanner.digits.is_empty() {
            self.places.note(at);
            let places = std::mem::take(&mut self.places);
            for pattern in scanner.digits.patterns(&places) {
                self.call(rules, pattern);
            }
            self.places = places;
        }
    }

    /// Begins the runs of patterns that wait for nothing of which enough is known at the position.
    fn begin_known(&mut self, rules: Rules<'_>) {
        while let Some((start, number)) = self.beginning() {
            if start + BEGINNING > self.position {
                return;
            }
            self.begun_there += 1;
            self.begin(rules, number, start);
        }
    }

    /// The next place where a run is to begin, and of which pattern.
    fn beginning(&self) -> Option<(usize, usize)> {
        self.beginnings.get(self.begun_there).copied()
    }

    /// Where among the last bytes before the position matches of patterns that wait for nothing may begin: their runs
    /// have not begun yet.
    fn begun_last(&self, plan: &StreamPlan) -> Vec<(usize, usize)> {
        let mut begun = Vec::new();
        if plan.everywhere.is_empty() {
            return begun;
        }
        let from = self.position.saturating_sub(AHEAD);
        let bytes = self.get(from..self.position).unwrap_or_default();
        plan.everywhere
            .each(self.before(from), bytes, bytes.len(), &mut |offset, number| {
                begun.push((from + offset, number));
            });
        begun
    }

    /// Begins the runs with the next byte that wait for what stands before them.
    fn begin_awaited(&mut self, rules: Rules<'_>, byte: u8) {
        let at = self.position;
        let before = self.before(at);
        self.awaited.retain(|(_, until)| at < *until);
        for (number, _) in &self.awaited {
            let pattern = rules.scanner.patterns.get(*number);
            let begins = pattern.filter(|pattern| pattern.begins(Before::of(before), byte));
            let state = begins.and_then(|pattern| pattern.start(before));
            if state.is_some() && at >= self.runs.next(*number) {
                let matched = None;
                self.runs.begin(Run {
                    pattern: *number,
                    start: at,
                    progress: Progress { state, matched },
                    counted: true,
                });
            }
            self.runs.pass_over(*number, at + 1);
        }
    }

    /// Takes up the literals that end at the position.
    fn take_up(&mut self, rules: Rules<'_>) {
        while let Some((literal, end)) = self.occurrences.get(self.taken).copied() {
            if end != self.position {
                return;
            }
            self.taken += 1;
            match rules.scanner.meanings.get(literal as usize).copied() {
                Some((Meaning::Phrase { rule }, shape)) => self.phrase(rules, rule as usize, shape),
                Some((Meaning::Hint { .. }, shape)) if shape.is_within_word(&self.bytes, end - self.base) => {}
                Some((Meaning::Hint { regex }, shape)) => match rules.plan.running(regex as usize).start {
                    Start::AtHint => self.attempt(rules, regex as usize, shape),
                    Start::Called(_) | Start::Far(_) => self.call(rules, regex as usize),
                    Start::Never | Start::Everywhere => {}
                },
                Some((Meaning::Trigger { detector }, _)) => match rules.plan.addresses {
                    Some((addresses, _)) if addresses == detector => self.slashes(),
                    Some(_) | None => self.triggered |= 1_u64.wrapping_shl(detector),
                },
                None => {}
            }
        }
    }

    /// Two slashes end at the position.
    fn slashes(&mut self) {
        let (addresses, slashes) = (&mut self.addresses, self.position.saturating_sub(SLASHES));
        let from = self.position.saturating_sub(CONTEXT);
        let window = self
            .bytes
            .get(from.saturating_sub(self.base)..self.position - self.base);
        addresses.begin(window.unwrap_or_default(), from, slashes);
    }

    /// Judges an address that has ended, and looks for others in what turns out not to be part of it.
    fn judge_address(&mut self, rules: Rules<'_>, address: Address) {
        let (scanner, plan) = (rules.scanner, rules.plan);
        let context = address.context();
        let from = self.character_start(context.start);
        let score = self
            .text(from..self.character_start(context.end))
            .and_then(|text| address.judge(text, from));
        let switched = plan
            .addresses
            .and_then(|(place, _)| scanner.detectors.get(place as usize));
        if let Some((score, switched)) = score.zip(switched) {
            for rule in switched.rules.iter().filter(|rule| plan.action(**rule) > Action::Allow) {
                let range = address.start..address.end;
                self.known.push(Known {
                    rule: *rule,
                    range,
                    score,
                    undone: Undone::NOTHING,
                });
            }
        }
        let others = self.addresses.left_over(address);
        if others.is_empty() {
            return;
        }
        let position = std::mem::replace(&mut self.position, address.end);
        while self.position < position {
            let at = self.position;
            if others.iter().any(|slashes| slashes + SLASHES == at) {
                self.slashes();
            }
            self.position += 1;
            let ended = self.byte(at).and_then(|byte| self.addresses.read(at, byte));
            if let Some(address) = ended {
                self.judge_address(rules, address);
            }
        }
    }

    fn phrase(&mut self, rules: Rules<'_>, rule: usize, shape: Shape) {
        if rules.plan.action(rule) == Action::Allow {
            return;
        }
        let (window, from) = self.window();
        let start = from + shape.start(window, window.len()).unwrap_or(0);
        if shape.starts_in_word && self.before(start).is_some_and(|before| before.is_ascii_alphanumeric()) {
            return;
        }
        if shape.ends_in_word {
            self.open.push(Open { rule, start });
        } else {
            self.known.extend(Known::of(rules.scanner, rule, start..self.position));
        }
    }

    /// A hint with which matches of the pattern begin ends here.
    fn attempt(&mut self, rules: Rules<'_>, number: usize, shape: Shape) {
        let (window, from) = self.window();
        let start = from + shape.start(window, window.len()).unwrap_or(0);
        self.begin(rules, number, start);
    }

    /// Begins a run that may match, and that read what stands between its start and the position.
    fn begin(&mut self, rules: Rules<'_>, number: usize, start: usize) {
        let Some(pattern) = rules.scanner.patterns.get(number) else {
            return;
        };
        if start < self.runs.next(number) {
            return;
        }
        self.runs.pass_over(number, start + 1);
        if let Some(progress) = self.replay(pattern, start) {
            self.budget.take(self.position - start);
            self.runs.begin(Run {
                pattern: number,
                start,
                progress,
                counted: true,
            });
        }
    }

    /// Something says that the pattern may match before the position: its runs are counted from now on.
    fn call(&mut self, rules: Rules<'_>, number: usize) {
        let running = rules.plan.running(number);
        let begun = match running.start {
            Start::Called(_) => self.begun,
            Start::Far(_) => 0,
            Start::Never | Start::AtHint | Start::Everywhere => return,
        };
        let Some(pattern) = rules.scanner.patterns.get(number) else {
            return;
        };
        let from = self.position.saturating_sub(running.reach());
        for start in from.max(begun).max(self.runs.next(number))..self.position {
            self.begin_free(pattern, number, start, running.outlook);
        }
        self.runs.pass_over(number, self.position);
        self.runs.count(rules.plan, number, self.position, &mut self.budget);
        if running.after > 0 {
            self.awaited.retain(|(awaited, _)| *awaited != number);
            self.awaited.push((number, self.position + running.after));
        }
    }

    /// Begins the runs that say what is to be held back at the position.
    fn foresee(&mut self, rules: Rules<'_>) {
        let plan = rules.plan;
        let from = self.position.saturating_sub(plan.reach).max(self.begun);
        self.begun = self.position;
        let mut starts = std::mem::take(&mut self.starts);
        let bytes = self.get(from..self.position).unwrap_or_default();
        plan.called
            .each(self.before(from), bytes, bytes.len(), &mut |offset, number| {
                starts.push((from + offset, number))
            });
        for (start, number) in starts.drain(..) {
            let running = plan.running(number);
            let reached = self.position - start <= running.reach();
            if let Some(pattern) = rules.scanner.patterns.get(number)
                && reached
                && start >= self.runs.next(number)
            {
                self.begin_free(pattern, number, start, running.outlook);
            }
        }
        self.starts = starts;
    }

    fn begin_free(&mut self, pattern: &Pattern, number: usize, start: usize, outlook: usize) {
        let Some(progress) = self.replay(pattern, start) else {
            return;
        };
        if !progress.is_past(self.position, outlook) {
            self.runs.begin(Run {
                pattern: number,
                start,
                progress,
                counted: false,
            });
        }
    }

    /// How far a run from `start` has come at the position; none if it cannot match.
    fn replay(&self, pattern: &Pattern, start: usize) -> Option<Progress> {
        let before = self.before(start);
        if !pattern.may_match(Before::of(before), self.get(start..self.position)?) {
            return None;
        }
        let mut progress = Progress {
            state: Some(pattern.start(before)?),
            matched: None,
        };
        for (at, byte) in (start..).zip(self.get(start..self.position)?) {
            progress = progress.read(pattern, *byte, at);
            if progress.state.is_none() {
                break;
            }
        }
        (progress.state.is_some() || progress.matched.is_some()).then_some(progress)
    }

    /// Takes out the runs that are at their end, and lets their rules claim what they matched.
    fn resolve(&mut self, rules: Rules<'_>, ended: bool) {
        if self.runs.is_empty() {
            return;
        }
        let (scanner, plan, position) = (rules.scanner, rules.plan, self.position);
        let ready = |pattern: usize, matched: usize| ended || position >= matched + plan.running(pattern).outlook;
        let mut known = std::mem::take(&mut self.known);
        let mut budget = std::mem::replace(&mut self.budget, Budget::of(0));
        while let Some((run, matched)) = self.runs.take_match(ready) {
            let Some(pattern) = scanner.patterns.get(run.pattern) else {
                continue;
            };
            let (text, from) = self.window();
            let within = run.start.saturating_sub(from)..matched.saturating_sub(from);
            let resume = pattern.claim(text, &within, &scanner.words, &mut budget, &mut |rule, found| {
                let range = from + found.start..from + found.end;
                if plan.action(rule) > Action::Allow {
                    known.extend(Known::of(scanner, rule, range));
                }
            });
            let resume = from + resume.unwrap_or(0);
            self.runs.drop_before(run.pattern, resume.max(run.start + 1), None);
        }
        (self.known, self.budget) = (known, budget);
    }
}
