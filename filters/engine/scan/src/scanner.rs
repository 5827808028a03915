use std::ops::Range;

use bartizan_verdict::{Action, Category};

use crate::automaton::{Automaton, Flow};
use crate::category_set::CategorySet;
use crate::digits::Digits;
use crate::findings::{Finding, Findings, Progress};
use crate::fold::fold;
use crate::nearby::Words;
use crate::pack::{Contents, Gate, LoadError, Meaning};
use crate::pattern::{Exhausted, Pattern};

/// What a finding says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Name of the rule, unique in its pack.
    pub id: String,
    /// What the rule looks for.
    pub category: Category,
    /// What the rule asks for, unless policy overrides it by category.
    pub action: Action,
    /// OWASP tags, such as `LLM01`.
    pub owasp: Vec<String>,
    /// What stands in for a masked match.
    pub placeholder: String,
}

/// A loaded rule pack. It never changes, and any number of texts can be scanned with it.
#[derive(Debug)]
pub struct Scanner {
    rules: Vec<Rule>,
    literals: Automaton,
    /// By literal: what it means, and its shape.
    meanings: Vec<(Meaning, Shape)>,
    patterns: Vec<Pattern>,
    /// By number: words that patterns ask for.
    words: Vec<Words>,
    /// Patterns to run over every text.
    always: Vec<usize>,
    digits: Digits,
}

/// What is needed to tell where an occurrence of a literal begins, and whether it is made of whole words.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// Bytes other than spaces.
    letters: usize,
    starts_in_word: bool,
    ends_in_word: bool,
}

impl Shape {
    fn of(literal: &[u8]) -> Self {
        Self {
            letters: literal.iter().filter(|byte| **byte != b' ').count(),
            starts_in_word: literal.first().is_some_and(u8::is_ascii_alphanumeric),
            ends_in_word: literal.last().is_some_and(u8::is_ascii_alphanumeric),
        }
    }

    /// Where the occurrence that ends at `end` begins.
    fn start(self, text: &[u8], end: usize) -> Option<usize> {
        let before = text.get(..end)?.iter().enumerate().rev();
        let mut letters = before.filter(|(_, byte)| fold(**byte) != b' ');
        letters.nth(self.letters.checked_sub(1)?).map(|(start, _)| start)
    }

    /// Where the occurrence that ends at `end` is, if it is made of whole words.
    ///
    /// Only ASCII letters and digits make a longer word: text in a script without spaces, put right beside a phrase,
    /// must not hide it.
    fn locate(self, text: &[u8], end: usize) -> Option<Range<usize>> {
        let in_word = |at: usize| text.get(at).is_some_and(u8::is_ascii_alphanumeric);
        if self.ends_in_word && in_word(end) {
            return None;
        }
        let start = self.start(text, end)?;
        let continues = self.starts_in_word && start.checked_sub(1).is_some_and(in_word);
        (!continues).then_some(start..end)
    }
}

impl Scanner {
    /// Loads a pack made by [`compile`](crate::compile()).
    ///
    /// The automata of regexes are read, not built; that of the literals is built. Together that takes
    /// 4 ms for the sample packs.
    ///
    /// # Errors
    /// Bytes that are not a whole pack of this version.
    pub fn load(pack: &[u8]) -> Result<Self, LoadError> {
        let contents = Contents::decode(pack)?;
        let rules = load_rules(&contents)?;
        let patterns = contents.regexes.iter();
        let patterns = patterns.map(|packed| Pattern::load(packed, rules.len(), contents.words.len()));
        let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
        let mut meanings = Vec::with_capacity(contents.literals.len());
        let mut bytes = Vec::with_capacity(contents.literals.len());
        for literal in &contents.literals {
            let fits = match literal.meaning {
                Meaning::Phrase { rule } => (rule as usize) < rules.len(),
                Meaning::Hint { regex } => (regex as usize) < patterns.len(),
            };
            if !fits {
                return Err(LoadError::Inconsistent("a literal of no rule"));
            }
            meanings.push((literal.meaning, Shape::of(literal.bytes)));
            bytes.push(literal.bytes);
        }
        let by_gate = |wanted: fn(&Gate) -> bool| {
            let numbered = patterns.iter().enumerate();
            numbered
                .filter(|(_, pattern)| wanted(&pattern.gate))
                .map(|(number, _)| number)
                .collect::<Vec<_>>()
        };
        Ok(Self {
            literals: Automaton::build(&bytes).map_err(|_| LoadError::TooLarge)?,
            always: by_gate(|gate| *gate == Gate::Always),
            digits: Digits::new(&patterns),
            rules,
            words: contents.words.iter().map(|words| Words::load(words)).collect(),
            meanings,
            patterns,
        })
    }

    /// The rules of the pack, in the order they were given to the compiler.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Scans one text of a message with the rules whose category is in `applies`.
    ///
    /// What is found is added to `findings`, as text number [`Findings::spans`]. The cost is linear in the text
    /// whatever it says: one pass for the literals, and for all regexes together at most 32 more. Once the message has
    /// overflowed, nothing more is scanned.
    pub fn scan(&self, text: &str, applies: CategorySet, findings: &mut Findings) {
        let span = findings.begin_span();
        if applies.is_empty() || text.is_empty() || self.rules.is_empty() || findings.overflowed() {
            return;
        }
        findings.budget.grant(text.len());
        let mut progress = std::mem::take(&mut findings.progress);
        progress.clear();
        progress.resize(self.patterns.len(), Progress::default());
        let mut pass = Pass {
            scanner: self,
            text,
            applies,
            span,
            findings,
            progress: &mut progress,
            hits: 0,
        };
        if pass.run() == Err(Exhausted) {
            pass.findings.overflow();
        }
        findings.progress = progress;
    }
}

fn load_rules(contents: &Contents<'_>) -> Result<Vec<Rule>, LoadError> {
    let load = |packed: &crate::pack::PackedRule<'_>| {
        Some(Rule {
            id: packed.id.to_owned(),
            category: packed.category()?,
            action: packed.action()?,
            owasp: packed.owasp.iter().map(|tag| (*tag).to_owned()).collect(),
            placeholder: packed.placeholder.to_owned(),
        })
    };
    let rules = contents.rules.iter().map(load).collect::<Option<_>>();
    rules.ok_or(LoadError::Inconsistent("an unknown category or action"))
}

/// One text on its way through the scanner.
struct Pass<'a> {
    scanner: &'a Scanner,
    text: &'a str,
    applies: CategorySet,
    span: usize,
    findings: &'a mut Findings,
    /// By pattern.
    progress: &'a mut [Progress],
    /// Occurrences of hints so far.
    hits: usize,
}

impl Pass<'_> {
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
            .windows(text, |number, window| self.widen(number, window))?;
        if self.hits > 0 {
            for number in 0..scanner.patterns.len() {
                self.search(number)?;
            }
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
                    self.found(rule as usize, range);
                }
                Ok(())
            }
            Meaning::Hint { regex } => self.hint(regex as usize, *shape, end),
        }
    }

    fn hint(&mut self, number: usize, shape: Shape, end: usize) -> Result<(), Exhausted> {
        let Some(pattern) = self.scanner.patterns.get(number) else {
            return Ok(());
        };
        match pattern.gate {
            Gate::Prefix => match shape.start(self.text.as_bytes(), end) {
                Some(start) => self.attempt(number, start),
                None => Ok(()),
            },
            // The match begins at most `lead` bytes before the hint's end.
            Gate::Literal { lead } => self.widen(number, lead.map_or(0, |lead| end.saturating_sub(lead as usize))..end),
            Gate::Digits { .. } | Gate::Always => Ok(()),
        }
    }

    /// Tries for a match that begins at `start`.
    fn attempt(&mut self, number: usize, start: usize) -> Result<(), Exhausted> {
        let (Some(pattern), Some(progress)) = (self.scanner.patterns.get(number), self.progress.get_mut(number)) else {
            return Ok(());
        };
        if start < progress.resume || !self.applies_to(pattern) {
            return Ok(());
        }
        let text = self.text.as_bytes();
        match pattern.find_at(text, start, &mut self.findings.budget)? {
            Some(matched) => {
                let resume = self.claim(pattern, &matched)?;
                self.note(number, resume);
            }
            None => self.note(number, start + 1),
        }
        Ok(())
    }

    /// Adds a window in which a match may begin. One that lies apart from those before it has them searched first.
    fn widen(&mut self, number: usize, window: Range<usize>) -> Result<(), Exhausted> {
        self.hits += 1;
        let Some(progress) = self.progress.get_mut(number) else {
            return Ok(());
        };
        if window.start <= progress.end && progress.start < progress.end {
            progress.end = progress.end.max(window.end);
            return Ok(());
        }
        self.search(number)?;
        if let Some(progress) = self.progress.get_mut(number) {
            (progress.start, progress.end) = (window.start, window.end);
        }
        Ok(())
    }

    /// Searches what a pattern has been given so far.
    fn search(&mut self, number: usize) -> Result<(), Exhausted> {
        let (Some(pattern), Some(progress)) = (self.scanner.patterns.get(number), self.progress.get_mut(number)) else {
            return Ok(());
        };
        let mut window = progress.start.max(progress.resume)..progress.end;
        (progress.start, progress.end) = (0, 0);
        if !self.applies_to(pattern) {
            return Ok(());
        }
        while window.start < window.end && !self.findings.overflowed() {
            let found = pattern.find(self.text.as_bytes(), window.clone(), &mut self.findings.budget)?;
            let Some(matched) = found else { break };
            window.start = self.claim(pattern, &matched)?;
            self.note(number, window.start);
        }
        Ok(())
    }

    /// Adds what the rules of a pattern find in a match of it; where to go on.
    fn claim(&mut self, pattern: &Pattern, matched: &Range<usize>) -> Result<usize, Exhausted> {
        let scanner = self.scanner;
        // What nobody claims may have begun too early: digits of something else before the number.
        let mut resume = matched.start + 1;
        for claim in &pattern.claims {
            let budget = &mut self.findings.budget;
            let found = claim.accepted(self.text.as_bytes(), matched, &scanner.words, budget)?;
            if let Some(range) = found {
                resume = resume.max(range.end);
                self.found(claim.rule, range);
            }
        }
        Ok(resume)
    }

    fn note(&mut self, number: usize, resume: usize) {
        if let Some(progress) = self.progress.get_mut(number) {
            progress.resume = resume;
        }
    }

    fn applies_to(&self, pattern: &Pattern) -> bool {
        let rules = &self.scanner.rules;
        let mut claimed = pattern.claims.iter().filter_map(|claim| rules.get(claim.rule));
        claimed.any(|rule| self.applies.contains(rule.category))
    }

    fn found(&mut self, rule: usize, range: Range<usize>) {
        let Some(about) = self.scanner.rules.get(rule) else {
            return;
        };
        if self.applies.contains(about.category) {
            let range = on_characters(self.text, range);
            let (category, action) = (about.category, about.action);
            self.findings.push(Finding {
                span: self.span,
                rule,
                category,
                action,
                range,
            });
        }
    }
}

/// Widens a range of bytes to whole characters: a regex sees bytes.
fn on_characters(text: &str, range: Range<usize>) -> Range<usize> {
    text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end)
}
