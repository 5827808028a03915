//! Rules to pack: native only.

mod automaton;
mod compiler;
mod error;
mod hint;
mod kinds;
mod regex;
mod trie;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bartizan_verdict::{Action, Category};

pub use compiler::{Compiler, Round};
pub use error::{Part, Problem, RuleError, RuleWarning};

use crate::detect::{ATTACKS, Detector};
use crate::fold::fold_literal;
use crate::nearby::{AND_MORE, spaced};
use crate::pack::{Contents, Gate, Meaning, PackedClaim, PackedDetector, PackedLiteral, PackedRegex, PackedRule};
use crate::score::Score;
use crate::undo::{Characters, PackedTables};
use crate::validation::Validation;
use compiler::Regexes;
use regex::CompiledRegex;
pub(crate) use trie::OwnedTrie;

/// Characters that the shortest phrase has, spaces not counted at either end.
const SHORTEST_PHRASE: usize = 4;
/// Characters that the shortest word of a context has.
const SHORTEST_WORD: usize = 2;

/// A rule as its author wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSource {
    /// Name of the rule: lower-case letters, digits and dashes; unique among the rules compiled together.
    pub id: String,
    /// What the rule looks for.
    pub category: Category,
    /// OWASP tags, `LLM01` to `LLM10` and `ASI01` to `ASI10`.
    pub owasp: Vec<String>,
    /// What is done about a finding: block, mask or audit.
    pub action: Action,
    /// What stands in for a masked match; by default the id in upper case, in brackets.
    pub placeholder: Option<String>,
    /// What to look for.
    pub matcher: Matcher,
    /// A check that a regex's match must pass.
    pub validate: Option<Validation>,
    /// Words of which one must stand near a regex's match: in the 64 bytes before it or the 32 after. None: no such
    /// condition. They are whole words in any case; `*` at the end stands for any further letters, a space for any
    /// white space, or for one dash or underscore.
    pub context: Vec<String>,
    /// Words of which none may stand in the 24 bytes before a regex's match.
    pub unless: Vec<String>,
    /// How sure a match is; by default 1. Detectors give each finding its own score.
    pub score: Option<Score>,
}

impl RuleSource {
    /// A rule with the defaults for all else, and no tags.
    #[must_use]
    pub fn new(id: &str, category: Category, action: Action, matcher: Matcher) -> Self {
        Self {
            id: id.to_owned(),
            category,
            owasp: Vec::new(),
            action,
            placeholder: None,
            matcher,
            validate: None,
            context: Vec::new(),
            unless: Vec::new(),
            score: None,
        }
    }
}

/// What a rule looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// Any of these phrases, as whole words; ASCII case does not matter, and a space stands for any run of whitespace.
    Phrases(Vec<String>),
    /// A regular expression in the syntax of the `regex` crate without Unicode: classes and `\b` know ASCII only.
    Regex(String),
    /// What a built-in detector finds.
    Detector(Detector),
}

/// A compiled rule pack.
#[derive(Clone, PartialEq, Eq)]
pub struct Pack {
    bytes: Vec<u8>,
    warnings: Vec<RuleWarning>,
}

impl Pack {
    /// What [`Scanner::load`](crate::Scanner::load) reads.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What [`Scanner::load`](crate::Scanner::load) reads.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Rules that work, at a price.
    #[must_use]
    pub fn warnings(&self) -> &[RuleWarning] {
        &self.warnings
    }
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Pack");
        shown
            .field("bytes", &self.bytes.len())
            .field("warnings", &self.warnings)
            .finish()
    }
}

/// Compiles rules into a pack. Equal rules give equal bytes.
///
/// # Errors
/// Every mistake in every rule, in the order of the rules.
pub fn compile(rules: &[RuleSource]) -> Result<Pack, Vec<RuleError>> {
    compile_allowing(rules, &[])
}

/// As [`compile()`], with texts known to be false alarms. A finding is dropped if the text it is in, or the part of it
/// that was found, is one of them, regardless of ASCII case and the amount of white space.
///
/// # Errors
/// Every mistake in every rule, in the order of the rules.
pub fn compile_allowing(rules: &[RuleSource], allowed: &[String]) -> Result<Pack, Vec<RuleError>> {
    Compiler::default().compile(rules, allowed)
}

fn compile_with(regexes: &mut Regexes, rules: &[RuleSource], allowed: &[String]) -> Result<Pack, Vec<RuleError>> {
    let mut draft = Draft {
        allowed: allowed.iter().map(|text| fold_literal(text.as_bytes())).collect(),
        ..Draft::default()
    };
    regexes.prepare(rules.iter().filter_map(|rule| match &rule.matcher {
        Matcher::Regex(pattern) => Some((pattern.as_str(), words_near(rule, rules))),
        Matcher::Phrases(_) | Matcher::Detector(_) => None,
    }));
    let mut errors = Vec::new();
    let mut ids = BTreeSet::new();
    for (number, rule) in rules.iter().enumerate() {
        let mut report = |part, problem| {
            errors.push(RuleError {
                rule: number,
                part,
                problem,
            })
        };
        check(rule, &mut report);
        if !ids.insert(rule.id.as_str()) {
            report(Part::Id, Problem::DuplicateId);
        }
        draft.placeholders.push(match &rule.placeholder {
            Some(placeholder) => placeholder.clone(),
            None => format!("[{}]", rule.id.to_ascii_uppercase()),
        });
        match &rule.matcher {
            Matcher::Phrases(phrases) => draft.phrases(number, phrases, &mut report),
            Matcher::Regex(pattern) => draft.regex(regexes, rules, (number, pattern), &mut report),
            Matcher::Detector(detector) => draft.detectors.entry(*detector).or_default().push(number),
        }
        if errors.is_empty() && !draft.fits() {
            errors.push(RuleError {
                rule: number,
                part: Part::Phrases,
                problem: Problem::PackTooLarge,
            });
        }
    }
    if errors.is_empty() {
        draft.pack(rules)
    } else {
        Err(errors)
    }
}

fn check(rule: &RuleSource, report: &mut impl FnMut(Part, Problem)) {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if rule.id.is_empty() || !rule.id.bytes().all(plain) {
        report(Part::Id, Problem::BadId);
    }
    for (number, tag) in rule.owasp.iter().enumerate() {
        if !is_owasp_tag(tag) {
            report(Part::Owasp(number), Problem::UnknownTag(tag.clone()));
        }
    }
    if rule.action == Action::Allow {
        report(Part::Action, Problem::AllowsMatches);
    }
    let (is_regex, is_detector) = match &rule.matcher {
        Matcher::Phrases(_) => (false, false),
        Matcher::Regex(_) => (true, false),
        Matcher::Detector(_) => (false, true),
    };
    if rule.validate.is_some() && !is_regex {
        report(Part::Validate, Problem::ValidatesNoRegex);
    }
    match rule.score {
        Some(_) if is_detector => report(Part::Score, Problem::ScoredDetector),
        Some(Score::NONE) => report(Part::Score, Problem::ZeroScore),
        Some(_) | None => {}
    }
    for (words, part) in [
        (&rule.context, Part::Context as fn(_) -> _),
        (&rule.unless, Part::Unless),
    ] {
        if !words.is_empty() && !is_regex {
            report(part(0), Problem::ContextOfNoRegex);
        }
        for (number, word) in words.iter().enumerate() {
            let letters = word.trim_end_matches(char::from(AND_MORE));
            if fold_word(letters).is_empty() || letters.chars().count() < SHORTEST_WORD {
                report(part(number), Problem::ShortWord);
            }
        }
    }
}

fn is_owasp_tag(tag: &str) -> bool {
    let number = tag.strip_prefix("LLM").or_else(|| tag.strip_prefix("ASI"));
    number
        .is_some_and(|number| number.len() == 2 && number.parse::<u8>().is_ok_and(|number| (1..=10).contains(&number)))
}

/// A word of a context as the scanner compares it.
fn fold_word(word: &str) -> Vec<u8> {
    let spaced: Vec<u8> = word.bytes().map(spaced).collect();
    fold_literal(&spaced)
}

/// The words of which one is near every match of the rule's regex that counts; none if there is no such condition.
///
/// Words are a condition of all matches only if no other rule has the regex, and nothing is told without them.
fn words_near(rule: &RuleSource, rules: &[RuleSource]) -> Vec<Vec<u8>> {
    let alone = || rules.iter().filter(|other| other.matcher == rule.matcher).count() == 1;
    match rule.validate {
        Some(validation) if validation.may_tell() => Vec::new(),
        Some(_) | None if rule.context.is_empty() || !alone() => Vec::new(),
        Some(_) | None => rule.context.iter().map(|word| fold_word(word)).collect(),
    }
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// What a pack will be made of.
#[derive(Default)]
struct Draft<'r> {
    placeholders: Vec<String>,
    phrases: BTreeSet<(usize, Vec<u8>)>,
    regexes: Vec<DraftRegex<'r>>,
    /// Lists of words, each once, in order of first use.
    words: Vec<BTreeSet<Vec<u8>>>,
    /// The rules of each detector.
    detectors: BTreeMap<Detector, Vec<usize>>,
    allowed: BTreeSet<Vec<u8>>,
}

/// A regex, and the rules that have it: it is compiled, and will be run, once for all of them.
struct DraftRegex<'r> {
    pattern: &'r str,
    claims: Vec<DraftClaim>,
    compiled: Arc<CompiledRegex>,
}

/// What a rule asks of a match of its regex.
struct DraftClaim {
    rule: usize,
    /// As [`PackedClaim`] has them.
    check: (u8, Vec<u8>),
    context: Option<u32>,
    unless: Option<u32>,
}

impl DraftClaim {
    fn packed(&self) -> PackedClaim<'_> {
        let (function, kind) = &self.check;
        PackedClaim {
            rule: number(self.rule),
            function: *function,
            number: kind,
            context: self.context,
            unless: self.unless,
        }
    }
}

impl<'r> Draft<'r> {
    fn phrases(&mut self, rule: usize, phrases: &[String], report: &mut impl FnMut(Part, Problem)) {
        if phrases.is_empty() {
            report(Part::Phrases, Problem::NoPhrases);
        }
        for (number, phrase) in phrases.iter().enumerate() {
            let folded = fold_literal(phrase.as_bytes());
            if String::from_utf8_lossy(&folded).chars().count() < SHORTEST_PHRASE {
                report(Part::Phrase(number), Problem::ShortPhrase);
            } else if !self.phrases.insert((rule, folded)) {
                report(Part::Phrase(number), Problem::DuplicatePhrase);
            }
        }
    }

    fn regex(
        &mut self,
        regexes: &mut Regexes,
        rules: &[RuleSource],
        (place, pattern): (usize, &'r str),
        report: &mut impl FnMut(Part, Problem),
    ) {
        let Some(rule) = rules.get(place) else { return };
        let check = rule.validate.map(Validation::pack);
        let claim = DraftClaim {
            rule: place,
            check: check.map_or_else(Default::default, |(function, number)| (function + 1, number)),
            context: self.list(&rule.context),
            unless: self.list(&rule.unless),
        };
        if let Some(known) = self.regexes.iter_mut().find(|known| known.pattern == pattern) {
            known.claims.push(claim);
            return;
        }
        match regexes.compile(pattern, words_near(rule, rules)) {
            Ok(compiled) => self.regexes.push(DraftRegex {
                pattern,
                claims: vec![claim],
                compiled,
            }),
            Err(problem) => report(Part::Regex, problem),
        }
    }

    /// The number of a list of words; none for an empty one.
    fn list(&mut self, words: &[String]) -> Option<u32> {
        if words.is_empty() {
            return None;
        }
        let words: BTreeSet<Vec<u8>> = words.iter().map(|word| fold_word(word)).collect();
        let known = self.words.iter().position(|known| *known == words);
        let number = known.unwrap_or_else(|| {
            self.words.push(words);
            self.words.len() - 1
        });
        u32::try_from(number).ok()
    }

    fn literals(&self) -> Vec<PackedLiteral<'_>> {
        let phrases = self.phrases.iter().map(|(rule, bytes)| {
            let meaning = Meaning::Phrase { rule: number(*rule) };
            PackedLiteral { bytes, meaning }
        });
        let hints = self.regexes.iter().enumerate().flat_map(|(place, regex)| {
            let meaning = Meaning::Hint { regex: number(place) };
            regex
                .compiled
                .hints
                .iter()
                .map(move |bytes| PackedLiteral { bytes, meaning })
        });
        let triggers = self.detectors.keys().enumerate().flat_map(|(place, detector)| {
            let meaning = Meaning::Trigger {
                detector: number(place),
            };
            let triggers = detector.triggers().iter();
            triggers.map(move |trigger| PackedLiteral {
                bytes: trigger.as_bytes(),
                meaning,
            })
        });
        phrases.chain(hints).chain(triggers).collect()
    }

    /// Whether the filter could hold the literals so far. A cheap upper bound answers for all but very large packs.
    fn fits(&self) -> bool {
        let literals = self.literals();
        let bytes: usize = literals.iter().map(|literal| literal.bytes.len()).sum();
        // Every byte makes a state of its own at most.
        if bytes < crate::automaton::MAX_STATES {
            return true;
        }
        let literals: Vec<&[u8]> = literals.iter().map(|literal| literal.bytes).collect();
        OwnedTrie::build(&literals).is_some()
    }

    fn pack(&self, rules: &[RuleSource]) -> Result<Pack, Vec<RuleError>> {
        let packed_rules = rules
            .iter()
            .zip(&self.placeholders)
            .map(|(rule, placeholder)| PackedRule {
                id: &rule.id,
                category: rule.category as u8,
                action: rule.action as u8,
                owasp: rule.owasp.iter().map(String::as_str).collect(),
                placeholder,
                score: rule.score.unwrap_or(Score::FULL).hundredths(),
            });
        let packed_regexes = self.regexes.iter().map(|regex| PackedRegex {
            claims: regex.claims.iter().map(DraftClaim::packed).collect(),
            gate: regex.compiled.gate,
            longest: regex.compiled.longest,
            beginnings: &regex.compiled.beginnings,
            forward: regex.compiled.forward.by_ref(),
            reverse: regex.compiled.reverse.as_ref().map(automaton::OwnedDfa::by_ref),
        });
        let packed_detectors = self.detectors.iter().map(|(detector, rules)| PackedDetector {
            name: detector.as_str(),
            rules: rules.iter().copied().map(number).collect(),
            model: detector.model(),
        });
        let characters = Characters::packed();
        let literals = self.literals();
        let spelled: Vec<&[u8]> = literals.iter().map(|literal| literal.bytes).collect();
        let Some(trie) = OwnedTrie::build(&spelled) else {
            return Err(vec![RuleError {
                rule: rules.len().saturating_sub(1),
                part: Part::Phrases,
                problem: Problem::PackTooLarge,
            }]);
        };
        let contents = Contents {
            rules: packed_rules.collect(),
            literals,
            trie: trie.packed(),
            regexes: packed_regexes.collect(),
            words: (self.words.iter())
                .map(|words| words.iter().map(Vec::as_slice).collect())
                .collect(),
            detectors: packed_detectors.collect(),
            attacks: if self.detectors.keys().any(|detector| detector.attack().is_some()) {
                ATTACKS
            } else {
                &[]
            },
            allowed: self.allowed.iter().map(Vec::as_slice).collect(),
            undoing: if rules.is_empty() {
                PackedTables::default()
            } else {
                PackedTables::built_in(&characters)
            },
        };
        let everywhere = (self.regexes.iter()).filter(|regex| regex.compiled.gate == Gate::Always);
        let warnings = everywhere
            .flat_map(|regex| &regex.claims)
            .map(|claim| RuleWarning { rule: claim.rule });
        let warnings = warnings.collect();
        match contents.encode() {
            Ok(bytes) => Ok(Pack { bytes, warnings }),
            Err(error) => {
                let problem = Problem::Unpackable(error.to_string());
                Err(vec![RuleError {
                    rule: 0,
                    part: Part::Id,
                    problem,
                }])
            }
        }
    }
}
