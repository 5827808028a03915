use std::ops::Range;

use bartizan_verdict::{Action, Category, Role};

use crate::allowed::Allowed;
use crate::automaton::Automaton;
use crate::category_set::CategorySet;
use crate::classifier::Model;
use crate::detect::{Detector, disguised_order, injection_classifier};
use crate::digits::Digits;
use crate::findings::Findings;
use crate::nearby::Words;
use crate::pack::{Contents, Gate, LoadError, Meaning};
use crate::pass::{Pass, Reading};
use crate::pattern::{Exhausted, Pattern};
use crate::payload;
use crate::score::Score;
use crate::shape::Shape;
use crate::undo::{self, Coverage, Hints, Tables};
use crate::undone::{Step, Undone};

/// The longest label of a placeholder, in bytes.
const LONGEST_LABEL: usize = 64;

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
    /// How sure a match of its phrases or its regex is.
    pub score: Score,
}

/// The label of a placeholder in brackets, with which placeholders can be numbered: `EMAIL` of `[EMAIL]`. It has up to 64
/// bytes and no bracket.
#[must_use]
pub fn label_of(placeholder: &str) -> Option<&str> {
    let label = placeholder.strip_prefix('[')?.strip_suffix(']')?;
    let fits = (1..=LONGEST_LABEL).contains(&label.len()) && !label.contains(['[', ']']);
    fits.then_some(label)
}

/// A loaded rule pack. It never changes, and any number of texts can be scanned with it.
#[derive(Debug)]
pub struct Scanner {
    pub(crate) rules: Vec<Rule>,
    pub(crate) literals: Automaton,
    /// By literal: what it means, and its shape.
    pub(crate) meanings: Vec<(Meaning, Shape)>,
    /// The literals themselves, one after the other, and where each ends.
    spelling: (Vec<u8>, Vec<usize>),
    pub(crate) patterns: Vec<Pattern>,
    /// By number: words that patterns ask for.
    pub(crate) words: Vec<Words>,
    /// Patterns to run over every text.
    pub(crate) always: Vec<usize>,
    pub(crate) digits: Digits,
    pub(crate) detectors: Vec<Switched>,
    /// Detectors of attacks on tools, as bits.
    pub(crate) attacking: u64,
    /// What tells such attacks.
    pub(crate) attacks: Option<payload::Model>,
    /// Detectors to run over every text, as bits.
    pub(crate) untriggered: u64,
    pub(crate) allowed: Allowed,
    undoing: Tables,
}

/// Whose words a text is, and what it is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Whose words it is.
    pub role: Role,
    /// The categories it is searched for.
    pub applies: CategorySet,
}

impl Subject {
    /// A text of that role, searched for everything.
    #[must_use]
    pub const fn of(role: Role) -> Self {
        Self {
            role,
            applies: CategorySet::ALL,
        }
    }
}

/// A built-in detector and the rules under which it finds.
#[derive(Debug)]
pub(crate) struct Switched {
    pub(crate) detector: Detector,
    pub(crate) rules: Vec<usize>,
    /// What the classifier has learnt; no other detector has it.
    pub(crate) model: Option<Model>,
}

impl Switched {
    /// Calls `found` with the bytes and the score of each finding.
    pub(crate) fn detect(&self, text: &str, role: Role, found: &mut dyn FnMut(Range<usize>, Score)) {
        match &self.model {
            Some(model) if self.detector == Detector::DisguisedOrder => {
                disguised_order::detect_with(model, text, role, found);
            }
            Some(model) => injection_classifier::detect_with(model, text, role, found),
            None => self.detector.detect(text, role, found),
        }
    }
}

/// Detectors switched on by a pack, at most: each has a bit that says whether one of its triggers occurred.
const MOST_DETECTORS: usize = u64::BITS as usize;
const _: () = assert!(Detector::ALL.len() <= MOST_DETECTORS);

impl Scanner {
    /// Loads a pack made by [`compile`](crate::compile()).
    ///
    /// The automata of regexes are copied as they are packed, and each is unfolded when it is first run; that of the literals
    /// is built. Together that takes 2 ms for the sample packs.
    ///
    /// # Errors
    /// Bytes that are not a whole pack of this version.
    pub fn load(pack: &[u8]) -> Result<Self, LoadError> {
        let contents = Contents::decode(pack)?;
        let rules = load_rules(&contents)?;
        let patterns = contents.regexes.iter();
        let patterns = patterns.map(|packed| Pattern::load(packed, rules.len(), contents.words.len()));
        let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
        let detectors = load_detectors(&contents, rules.len())?;
        let mut meanings = Vec::with_capacity(contents.literals.len());
        let mut spelling = (Vec::new(), Vec::with_capacity(contents.literals.len()));
        for literal in &contents.literals {
            let fits = match literal.meaning {
                Meaning::Phrase { rule } => (rule as usize) < rules.len(),
                Meaning::Hint { regex } => (regex as usize) < patterns.len(),
                Meaning::Trigger { detector } => (detector as usize) < detectors.len(),
            };
            if !fits {
                return Err(LoadError::Inconsistent("a literal of no rule"));
            }
            let mut shape = Shape::of(literal.bytes);
            if let (Meaning::Hint { regex }, [first, ..]) = (literal.meaning, literal.bytes)
                && let Some(pattern) = patterns.get(regex as usize)
            {
                let at_start = pattern.gate == Gate::Prefix && !literal.bytes.contains(&b' ');
                shape.at_edge = at_start && !pattern.begins_in_word(*first);
            }
            meanings.push((literal.meaning, shape));
            spelling.0.extend_from_slice(literal.bytes);
            spelling.1.push(spelling.0.len());
        }
        let by_gate = |wanted: fn(&Gate) -> bool| {
            let numbered = patterns.iter().enumerate();
            numbered
                .filter(|(_, pattern)| wanted(&pattern.gate))
                .map(|(number, _)| number)
                .collect::<Vec<_>>()
        };
        Ok(Self {
            literals: Automaton::load(&contents.trie, contents.literals.len())?,
            always: by_gate(|gate| *gate == Gate::Always),
            digits: Digits::new(&patterns),
            attacking: bits_of(&detectors, |switched| switched.detector.attack().is_some()),
            untriggered: bits_of(&detectors, |switched| switched.detector.triggers().is_empty()),
            rules,
            words: contents.words.iter().map(|words| Words::load(words)).collect(),
            meanings,
            spelling,
            patterns,
            detectors,
            attacks: match contents.attacks {
                [] => None,
                model => Some(payload::Model::load(model).map_err(|_| LoadError::Inconsistent("an unknown model"))?),
            },
            allowed: Allowed::load(&contents.allowed),
            undoing: Tables::load(&contents.undoing),
        })
    }

    /// The rules of the pack, in the order they were given to the compiler.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Each literal, what it means and its shape.
    pub(crate) fn spelled(&self) -> impl Iterator<Item = (&[u8], Meaning, Shape)> {
        let (bytes, ends) = &self.spelling;
        let starts = std::iter::once(&0).chain(ends);
        let spelled = (starts.zip(ends)).map(|(start, end)| bytes.get(*start..*end).unwrap_or_default());
        let meant = spelled.zip(&self.meanings);
        meant.map(|(bytes, (meaning, shape))| (bytes, *meaning, *shape))
    }

    /// Scans one text of a message with the rules whose category is in `subject.applies`.
    ///
    /// What is found is added to `findings`, as text number [`Findings::spans`]. The cost is linear in the text
    /// whatever it says: one pass for the literals, for all regexes together at most 32 more, and one for each detector
    /// that something in the text calls for. Once the message has overflowed, nothing more is scanned.
    pub fn scan(&self, text: &str, subject: Subject, findings: &mut Findings) {
        let span = findings.begin_span();
        if subject.applies.is_empty() || text.is_empty() || self.rules.is_empty() || findings.overflowed() {
            return;
        }
        findings.budget.grant(text.len());
        if Pass::search(self, Reading::plain(text), subject, span, findings) == Err(Exhausted) {
            findings.overflow();
        }
        self.scan_views(text, subject, span, findings);
    }

    /// Scans what a text says once its disguises are undone.
    pub(crate) fn scan_views(&self, text: &str, subject: Subject, span: usize, findings: &mut Findings) {
        let mut scratch = std::mem::take(&mut findings.scratch);
        let coverage = undo::views(text, Hints::NONE, &self.undoing, &mut scratch, &mut |view| {
            if findings.overflowed() {
                return;
            }
            findings.budget.grant(view.text.len());
            let reading = Reading {
                text: view.text,
                raw: text,
                undone: view.undone,
                thorough: view.map.is_thorough(fewest_pieces(view.undone)),
                locate: &|range| view.map.raw(range),
            };
            if Pass::search(self, reading, subject, span, findings) == Err(Exhausted) {
                findings.overflow();
            }
        });
        findings.scratch = scratch;
        if coverage == Coverage::Exhausted {
            findings.overflow();
        }
    }
}

/// Of how many pieces a view is, at least, that counts as disguised. Programs have names of joined words all day: one of
/// four words is seven pieces.
fn fewest_pieces(undone: Undone) -> usize {
    if undone == Step::Spacing.into() { 9 } else { 0 }
}

fn load_rules(contents: &Contents<'_>) -> Result<Vec<Rule>, LoadError> {
    let load = |packed: &crate::pack::PackedRule<'_>| {
        Some(Rule {
            id: packed.id.to_owned(),
            category: packed.category()?,
            action: packed.action()?,
            owasp: packed.owasp.iter().map(|tag| (*tag).to_owned()).collect(),
            placeholder: packed.placeholder.to_owned(),
            score: Score::new(packed.score),
        })
    };
    let rules = contents.rules.iter().map(load).collect::<Option<_>>();
    rules.ok_or(LoadError::Inconsistent("an unknown category or action"))
}

fn load_detectors(contents: &Contents<'_>, rules: usize) -> Result<Vec<Switched>, LoadError> {
    let load = |packed: &crate::pack::PackedDetector<'_>| {
        let numbers: Vec<usize> = packed.rules.iter().map(|rule| *rule as usize).collect();
        let fit = numbers.iter().all(|rule| *rule < rules);
        Some(Switched {
            detector: Detector::parse(packed.name)?,
            rules: fit.then_some(numbers)?,
            model: match packed.model {
                [] => None,
                model => Some(Model::load(model).ok()?),
            },
        })
    };
    let detectors: Option<Vec<Switched>> = contents.detectors.iter().map(load).collect();
    detectors
        .filter(|detectors| detectors.len() <= MOST_DETECTORS)
        .ok_or(LoadError::Inconsistent(
            "an unknown detector, or an unknown model of one",
        ))
}

/// A bit for each detector that has the property.
fn bits_of(detectors: &[Switched], property: impl Fn(&Switched) -> bool) -> u64 {
    let bits = (0_u32..).zip(detectors).filter(|(_, switched)| property(switched));
    bits.fold(0, |bits, (place, _)| bits | 1_u64.wrapping_shl(place))
}
