use std::ops::Range;

use bartizan_verdict::Role;

use crate::automaton::Flow;
use crate::classifier::Verdict;
use crate::dfa::Before;
use crate::findings::{Course, Finding, Findings};
use crate::nearby::CONTEXT_BEFORE;
use crate::pack::{Gate, Meaning};
use crate::pattern::{Budget, Exhausted, FREE_STEPS, Pattern};
use crate::scanner::{Scanner, Subject};
use crate::score::Score;
use crate::shape::Shape;
use crate::undone::Undone;

/// An attack on a tool that is less likely is not told.
const FAINT: Score = Score::new(20);
/// Bytes of a text that is searched for attacks on tools even if it has no trigger of theirs.
const SHORT: usize = 160;

/// A text as it is read: as it stands, or with something undone.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) text: &'a str,
    /// The text as it stands.
    pub(crate) raw: &'a str,
    pub(crate) undone: Undone,
    /// Whether much of it is not as it stands.
    pub(crate) thorough: bool,
    /// From bytes of `text`, on character boundaries, to those of the text as it stands.
    pub(crate) locate: &'a dyn Fn(Range<usize>) -> Range<usize>,
}

/// One reading of a text on its way through the scanner.
pub(crate) struct Pass<'a> {
    scanner: &'a Scanner,
    reading: Reading<'a>,
    text: &'a str,
    subject: Subject,
    span: usize,
    findings: &'a mut Findings,
    course: &'a mut Course,
    /// Detectors to be run, as bits.
    triggered: u64,
    /// Whether a phrase or a regex matches, whatever is made of that.
    matched: bool,
    /// Bytes from which the regex of a hint may match, counted for each hint.
    starts: usize,
}

/// What it took to see that no phrase and no regex of a text matches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calm {
    /// Detectors of which a trigger occurs, as bits.
    pub(crate) triggered: u64,
    /// Bytes from which the regexes of hints may have matched, counted for each hint.
    pub(crate) starts: usize,
    /// Steps of the regexes.
    pub(crate) steps: usize,
}

impl<'a> Reading<'a> {
    /// The text as it stands.
    pub(crate) fn plain(text: &'a str) -> Self {
        Self {
            text,
            raw: text,
            undone: Undone::NOTHING,
            thorough: false,
            locate: &|range| range,
        }
    }
}

impl<'a> Pass<'a> {
    /// Adds what is found in one reading of text number `span`.
    pub(crate) fn search(
        scanner: &Scanner,
        reading: Reading<'_>,
        subject: Subject,
        span: usize,
        findings: &mut Findings,
    ) -> Result<(), Exhausted> {
        let mut course = std::mem::take(&mut findings.course);
        let mut pass = Pass::new(scanner, reading, subject, span, findings, &mut course);
        pass.triggered = scanner.untriggered;
        let result = pass.run();
        if result.is_ok() {
            pass.detect();
        }
        findings.course = course;
        result
    }

    /// Looks whether no phrase and no regex matches in a text, with all of a message's steps for it; none if one does, or
    /// if that would take more steps.
    pub(crate) fn calm(scanner: &Scanner, text: &str, subject: Subject, findings: &mut Findings) -> Option<Calm> {
        findings.budget = Budget::default();
        let mut course = std::mem::take(&mut findings.course);
        let mut pass = Pass::new(scanner, Reading::plain(text), subject, 0, findings, &mut course);
        let result = pass.run();
        let (matched, triggered, starts) = (pass.matched, pass.triggered, pass.starts);
        findings.course = course;
        (result.is_ok() && !matched).then(|| Calm {
            triggered,
            starts,
            steps: FREE_STEPS - findings.budget.left(),
        })
    }

    fn new(
        scanner: &'a Scanner,
        reading: Reading<'a>,
        subject: Subject,
        span: usize,
        findings: &'a mut Findings,
        course: &'a mut Course,
    ) -> Self {
        course.begin(scanner.patterns.len());
        Self {
            scanner,
            reading,
            text: reading.text,
            subject,
            span,
            findings,
            course,
            triggered: 0,
            matched: false,
            starts: 0,
        }
    }

    /// Holds the text against phrases and regexes.
    #[inline(never)]
    fn run(&mut self) -> Result<(), Exhausted> {
        let scanner = self.scanner;
        let text = self.text.as_bytes();
        let mut result = Ok(());
        scanner.literals.run(text, |literal, end| {
            result = self.literal(literal, end);
            if result.is_ok() && !self.findings.overflowed() {
                Flow::Continue
            } else {
                Flow::Stop
            }
        });
        result?;
        for number in &scanner.always {
            self.widen(*number, 0..text.len())?;
        }
        scanner
            .digits
            .windows(text, &mut |number, window| self.widen(number, window))?;
        let mut place = 0;
        while let Some(number) = self.course.called(place) {
            self.search_window(number)?;
            place += 1;
        }
        Ok(())
    }

    fn literal(&mut self, literal: u32, end: usize) -> Result<(), Exhausted> {
        let Some((meaning, shape)) = self.scanner.meanings.get(literal as usize) else {
            return Ok(());
        };
        match *meaning {
            Meaning::Phrase { rule } => {
                if let Some(range) = shape.locate(self.text.as_bytes(), end) {
                    self.matched = true;
                    self.match_of(rule as usize, range);
                }
                Ok(())
            }
            Meaning::Hint { .. } if shape.is_within_word(self.text.as_bytes(), end) => Ok(()),
            Meaning::Hint { regex } => self.hint(regex as usize, *shape, end),
            Meaning::Trigger { detector } => {
                self.triggered |= 1_u64.wrapping_shl(detector);
                Ok(())
            }
        }
    }

    fn hint(&mut self, number: usize, shape: Shape, end: usize) -> Result<(), Exhausted> {
        let Some(pattern) = self.scanner.patterns.get(number) else {
            return Ok(());
        };
        self.starts += match pattern.gate {
            Gate::Prefix => 1,
            Gate::Literal { lead } => lead.map_or(0, |lead| lead as usize),
            Gate::Near { lead } => lead as usize + CONTEXT_BEFORE + 1,
            Gate::Digits { .. } | Gate::Always => 0,
        };
        match pattern.gate {
            Gate::Prefix => match shape.start(self.text.as_bytes(), end) {
                Some(start) => self.attempt(number, start),
                None => Ok(()),
            },
            // The match begins at most `lead` bytes before the hint's end.
            Gate::Literal { lead } => self.widen(number, lead.map_or(0, |lead| end.saturating_sub(lead as usize))..end),
            // The match ends before the word, or begins after it.
            Gate::Near { lead } => {
                let after = end.saturating_add(CONTEXT_BEFORE + 1).min(self.text.len());
                self.widen(number, end.saturating_sub(lead as usize)..after)
            }
            Gate::Digits { .. } | Gate::Always => Ok(()),
        }
    }

    /// Tries for a match that begins at `start`.
    fn attempt(&mut self, number: usize, start: usize) -> Result<(), Exhausted> {
        let text = self.text.as_bytes();
        let Some(pattern) = self.scanner.patterns.get(number) else {
            return Ok(());
        };
        // Hints may be short, and most of what begins like them goes on as nothing that matches.
        let before = start.checked_sub(1).and_then(|before| text.get(before));
        if !pattern.may_match(Before::of(before.copied()), text.get(start..).unwrap_or_default()) {
            return Ok(());
        }
        let Some(progress) = self.course.of(number) else {
            return Ok(());
        };
        if start < progress.resume || !self.pattern_applies(pattern) {
            return Ok(());
        }
        match pattern.find_at(text, start, &mut self.findings.budget)? {
            Some(matched) => {
                self.matched = true;
                let resume = self.claim(pattern, &matched)?;
                self.note(number, resume);
            }
            None => self.note(number, start + 1),
        }
        Ok(())
    }

    /// Adds a window in which a match may begin. One that lies apart from those before it has them searched first.
    fn widen(&mut self, number: usize, window: Range<usize>) -> Result<(), Exhausted> {
        let Some(progress) = self.course.of(number) else {
            return Ok(());
        };
        if window.start <= progress.end && progress.start < progress.end {
            progress.end = progress.end.max(window.end);
            return Ok(());
        }
        self.search_window(number)?;
        if let Some(progress) = self.course.of(number) {
            (progress.start, progress.end) = (window.start, window.end);
        }
        Ok(())
    }

    /// Searches what a pattern has been given so far.
    fn search_window(&mut self, number: usize) -> Result<(), Exhausted> {
        let (Some(pattern), Some(progress)) = (self.scanner.patterns.get(number), self.course.of(number)) else {
            return Ok(());
        };
        let mut window = progress.start.max(progress.resume)..progress.end;
        (progress.start, progress.end) = (0, 0);
        if !self.pattern_applies(pattern) {
            return Ok(());
        }
        while window.start < window.end && !self.findings.overflowed() {
            let found = pattern.find(self.text.as_bytes(), window.clone(), &mut self.findings.budget)?;
            let Some(matched) = found else { break };
            self.matched = true;
            window.start = self.claim(pattern, &matched)?;
            self.note(number, window.start);
        }
        Ok(())
    }

    /// Adds what the rules of a pattern find in a match of it; where to go on.
    fn claim(&mut self, pattern: &Pattern, matched: &Range<usize>) -> Result<usize, Exhausted> {
        let (text, words) = (self.text.as_bytes(), &self.scanner.words);
        let mut budget = std::mem::take(&mut self.findings.budget);
        let resume = pattern.claim(text, matched, words, &mut budget, &mut |rule, range| {
            self.match_of(rule, range)
        });
        self.findings.budget = budget;
        resume
    }

    fn note(&mut self, number: usize, resume: usize) {
        if let Some(progress) = self.course.of(number) {
            progress.resume = resume;
        }
    }

    /// Runs the detectors that something in the text calls for.
    fn detect(&mut self) {
        // Attacks on tools are all judged in one go, and in a short text whatever it says.
        let attacking = self.scanner.attacking;
        if self.triggered & attacking != 0 || self.text.len() <= SHORT {
            self.triggered |= attacking;
        }
        if self.triggered == 0 {
            return;
        }
        let mut verdicts = None;
        for (place, switched) in (0_u32..).zip(&self.scanner.detectors) {
            let called = self.triggered & 1_u64.wrapping_shl(place) != 0;
            let called = called && switched.detector.judges(self.subject.role);
            let called = called
                && switched
                    .detector
                    .judges_undone(self.reading.undone, self.reading.thorough);
            if called && switched.rules.iter().any(|rule| self.applies_to(*rule)) {
                let (text, role) = (self.text, self.subject.role);
                if let Some(attack) = switched.detector.attack() {
                    let model = self.scanner.attacks.as_ref();
                    let verdicts = verdicts.get_or_insert_with(|| model.map(|model| model.judge(text, role)));
                    let verdict = verdicts.as_ref().and_then(|verdicts| verdicts.get(attack as usize));
                    if let Some(Verdict { score, range }) = verdict.filter(|verdict| verdict.score >= FAINT) {
                        for rule in &switched.rules {
                            self.found(*rule, range.clone(), *score);
                        }
                    }
                    continue;
                }
                let mut found = |range: Range<usize>, score| {
                    for rule in &switched.rules {
                        self.found(*rule, range.clone(), score);
                    }
                };
                switched.detect(text, role, &mut found);
            }
        }
    }

    fn pattern_applies(&self, pattern: &Pattern) -> bool {
        pattern.claims.iter().any(|claim| self.applies_to(claim.rule))
    }

    fn applies_to(&self, rule: usize) -> bool {
        self.scanner
            .rules
            .get(rule)
            .is_some_and(|rule| self.subject.applies.contains(rule.category))
    }

    /// What phrases and regexes match is as sure as their rule is.
    fn match_of(&mut self, rule: usize, range: Range<usize>) {
        if let Some(about) = self.scanner.rules.get(rule) {
            self.found(rule, range, about.score);
        }
    }

    fn found(&mut self, rule: usize, range: Range<usize>, score: Score) {
        let Some(about) = self.scanner.rules.get(rule) else {
            return;
        };
        if score == Score::NONE || !self.subject.applies.contains(about.category) {
            return;
        }
        let range = (self.reading.locate)(on_characters(self.text, range));
        // What the text says as it stands is not told of twice.
        let known = !self.reading.undone.is_empty() && self.findings.has(self.span, rule, &range, score);
        if !known && !self.is_allowed(&range) {
            self.findings.push(Finding {
                span: self.span,
                rule,
                category: about.category,
                action: about.action,
                role: self.subject.role,
                range,
                score,
                undone: self.reading.undone,
            });
        }
    }

    /// Whether what was found, or all of the text it is in, is known to be a false alarm.
    ///
    /// Where a model speaks, all of the text does not count: it may come as a stream, of which all is known too late.
    fn is_allowed(&self, range: &Range<usize>) -> bool {
        let (allowed, raw) = (&self.scanner.allowed, self.reading.raw);
        let whole = self.subject.role != Role::Assistant && allowed.has(raw);
        whole || raw.get(range.clone()).is_some_and(|found| allowed.has(found))
    }
}

/// Widens a range of bytes to whole characters: a regex sees bytes.
fn on_characters(text: &str, range: Range<usize>) -> Range<usize> {
    text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end)
}
