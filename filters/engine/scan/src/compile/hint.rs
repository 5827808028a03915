//! What must be in a text for a regex to match, read from the regex.
//!
//! Three things are looked for: literals that every match begins with, literals of which every match contains one, and
//! the least number of digits in a match. All are about the folded text (see [`crate::fold`]): a class such as `[Kk]`
//! is the letter k, and `\s+` is one space. Where nothing certain can be said the answer is "nothing", never a guess:
//! a hint that stays silent on a text the regex matches would be a hole. A property test holds this against a plain
//! search.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use crate::digits::MOST_DIGITS;
use crate::fold::{fold, fold_literal, rarity};
use crate::nearby::{AND_MORE, CONTEXT_AFTER};
use crate::pack::Gate;

/// Strings that are told apart, at most; beyond that a part counts as unknown.
const MOST_STRINGS: usize = 64;
/// Members of a class that are told apart, at most.
const MOST_MEMBERS: usize = 16;
/// Bytes of a hint, at most; longer ones are cut, which makes them fire no less.
const LONGEST_HINT: usize = 12;
/// Nothing counts as rarer than this (see [`rarity`]).
const RAREST: u32 = 26;
/// A prefix at least this rare is not made longer by telling more strings apart.
const RARE: u32 = 20;
/// What is not rarer than this is in nearly every text, and worth nothing.
const COMMON: u32 = 2;
/// What a digit more adds to the rarity of a cluster of digits.
const RARITY_OF_DIGIT: u32 = 3;
/// What it costs in rarity when a hint tells nothing about where to look, in a text of some thousand bytes.
const EVERYWHERE: u32 = 10;
/// What is rarer than this in any text is a better hint than digits, however many.
const SURE: u32 = 7;
/// Bytes of the longest match that is looked for around words rather than by what it is made of.
const LONGEST_NEAR: usize = 256;

type Strings = BTreeSet<Vec<u8>>;

/// Where a regex is to be run.
pub(super) struct Hints {
    pub(super) gate: Gate,
    /// Folded literals; none unless the gate is about literals.
    pub(super) literals: Vec<Vec<u8>>,
}

/// The hints that will cost the least: those that are rare, less what each makes the scanner go over.
///
/// If no match counts without one of the words of a `context` near it, these are hints as well.
pub(super) fn of(hir: &Hir, context: &[Vec<u8>]) -> Hints {
    let prefix = same_letters(&prefixes(hir));
    let inner = required(hir);
    let digits = u8::try_from(digits(hir)).unwrap_or(MOST_DIGITS).min(MOST_DIGITS);
    let prefix_worth = rarity_of(&prefix);
    let inner_worth = inner.as_ref().map_or(0, Candidate::worth);
    let digits_worth = u32::from(digits) * RARITY_OF_DIGIT;
    let near = near(hir, context);
    let near_worth = near.as_ref().map_or(0, Candidate::worth);
    let best = prefix_worth.max(inner_worth).max(near_worth);
    // Digits are rare in prose, but a table is made of them: words that are rare anywhere go before them.
    let best = if best > SURE { best } else { best.max(digits_worth) };
    match inner {
        _ if best <= COMMON => Hints {
            gate: Gate::Always,
            literals: Vec::new(),
        },
        _ if best == prefix_worth => Hints {
            gate: Gate::Prefix,
            literals: prefix.into_iter().collect(),
        },
        Some(inner) if best == inner_worth => {
            let lead = inner.lead.and_then(|lead| u32::try_from(lead).ok());
            Hints {
                gate: Gate::Literal { lead },
                literals: inner.literals.into_iter().collect(),
            }
        }
        Some(_) | None if best == digits_worth => Hints {
            gate: Gate::Digits {
                minimum: digits,
                lead: digit_lead(hir).and_then(|lead| u32::try_from(lead).ok()),
            },
            literals: Vec::new(),
        },
        Some(_) | None => {
            let lead = near.as_ref().and_then(|near| u32::try_from(near.lead?).ok());
            Hints {
                gate: lead.map_or(Gate::Always, |lead| Gate::Near { lead }),
                literals: near.map_or(Vec::new(), |near| near.literals.into_iter().collect()),
            }
        }
    }
}

/// The words of a context, if there are any and matches have a longest.
///
/// What is a space in a word may be a dash or an underscore in text, which for the automaton are something else.
fn near(hir: &Hir, context: &[Vec<u8>]) -> Option<Candidate> {
    let longest = hir
        .properties()
        .maximum_len()
        .filter(|longest| *longest <= LONGEST_NEAR)?;
    let mut literals = Strings::new();
    for word in context {
        let word = word.strip_suffix(&[AND_MORE]).unwrap_or(word);
        let mut spellings = Strings::from([Vec::new()]);
        for byte in word.iter().take(LONGEST_HINT) {
            let bytes: &[u8] = if *byte == b' ' {
                b" -_"
            } else {
                core::slice::from_ref(byte)
            };
            let longer = spellings
                .iter()
                .flat_map(|start| bytes.iter().map(move |byte| [start.as_slice(), &[*byte]].concat()));
            spellings = longer.collect();
        }
        literals.append(&mut spellings);
    }
    Candidate::new(&literals, Some(longest + CONTEXT_AFTER))
}

/// Whether something is known of how matches begin.
pub(super) fn has_prefix(hir: &Hir) -> bool {
    rarity_of(&same_letters(&prefixes(hir))) > COMMON
}

/// Literals of which every match contains one.
#[derive(Clone)]
struct Candidate {
    literals: Strings,
    /// From the start of a match to the end of the first such literal, at most; none if there is no bound.
    lead: Option<usize>,
}

impl Candidate {
    /// A candidate of strings as they are found in folded text; none if one of them is nothing at all.
    fn new(strings: &Strings, lead: Option<usize>) -> Option<Self> {
        let trim = |string: &Vec<u8>| {
            let mut literal = fold_literal(string);
            literal.truncate(LONGEST_HINT);
            fold_literal(&literal)
        };
        let literals: Strings = strings.iter().map(trim).collect();
        let usable = !literals.is_empty() && literals.iter().all(|literal| !literal.is_empty());
        usable.then_some(Self { literals, lead })
    }

    fn rarity(&self) -> u32 {
        rarity_of(&self.literals)
    }

    /// Rarity, less what each occurrence makes the scanner go over.
    fn worth(&self) -> u32 {
        let price = self
            .lead
            .map_or(EVERYWHERE, |lead| (lead / 4).max(1).ilog2().min(EVERYWHERE));
        self.rarity().saturating_sub(price)
    }

    fn rarer(left: Option<Self>, right: Option<Self>) -> Option<Self> {
        match (left, right) {
            (Some(left), Some(right)) if right.worth() > left.worth() => Some(right),
            (left, right) => left.or(right),
        }
    }
}

/// Every string the regex can match, folded, if they are few; the empty string for what takes no byte.
fn exact(hir: &Hir) -> Option<Strings> {
    let nothing = || Strings::from([Vec::new()]);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(nothing()),
        HirKind::Literal(literal) => {
            let mut strings = nothing();
            for byte in &literal.0 {
                strings = joined(&strings, &Strings::from([vec![fold(*byte)]]))?;
            }
            Some(strings)
        }
        HirKind::Class(class) => members(class),
        HirKind::Repetition(repetition) => exact_repetition(repetition),
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Concat(parts) => parts
            .iter()
            .try_fold(nothing(), |strings, part| joined(&strings, &exact(part)?)),
        HirKind::Alternation(branches) => {
            let mut strings = Strings::new();
            for branch in branches {
                strings.append(&mut exact(branch)?);
            }
            (strings.len() <= MOST_STRINGS).then_some(strings)
        }
    }
}

fn exact_repetition(repetition: &Repetition) -> Option<Strings> {
    let one = exact(&repetition.sub)?;
    // Any number of spaces is one in folded text.
    if one.iter().all(|string| string.as_slice() == b" ") {
        let none = (repetition.min == 0).then(Vec::new);
        return Some(one.into_iter().chain(none).collect());
    }
    let most = repetition.max.filter(|most| *most as usize <= LONGEST_HINT)?;
    let mut strings = Strings::new();
    let mut repeated = Strings::from([Vec::new()]);
    for count in 0..=most {
        if count >= repetition.min {
            strings.extend(repeated.iter().cloned());
        }
        if count < most {
            repeated = joined(&repeated, &one)?;
        }
    }
    (strings.len() <= MOST_STRINGS).then_some(strings)
}

/// Every string of `left` followed by every string of `right`, if they are few.
fn joined(left: &Strings, right: &Strings) -> Option<Strings> {
    if left.len().saturating_mul(right.len()) > MOST_STRINGS {
        return None;
    }
    let mut strings = Strings::new();
    for start in left {
        for end in right {
            let mut string = start.clone();
            for byte in end {
                if *byte != b' ' || string.last() != Some(&b' ') {
                    string.push(*byte);
                }
            }
            strings.insert(string);
        }
    }
    Some(strings)
}

fn members(class: &Class) -> Option<Strings> {
    let mut strings = Strings::new();
    match class {
        Class::Bytes(class) => {
            for range in class.ranges() {
                strings.extend((range.start()..=range.end()).map(|byte| vec![fold(byte)]));
            }
        }
        Class::Unicode(class) => {
            for range in class.ranges() {
                let (start, end) = (u8::try_from(range.start()).ok()?, u8::try_from(range.end()).ok()?);
                if !end.is_ascii() {
                    return None;
                }
                strings.extend((start..=end).map(|byte| vec![fold(byte)]));
            }
        }
    }
    (strings.len() <= MOST_MEMBERS).then_some(strings)
}

/// The best literals of which every match contains one.
fn required(hir: &Hir) -> Option<Candidate> {
    if let Some(strings) = exact(hir) {
        return Candidate::new(&strings, hir.properties().maximum_len());
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => None,
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min == 0 => None,
        HirKind::Repetition(repetition) => required(&repetition.sub),
        HirKind::Concat(parts) => required_of_parts(parts),
        HirKind::Alternation(branches) => {
            let mut all = Candidate {
                literals: Strings::new(),
                lead: Some(0),
            };
            for branch in branches {
                let mut candidate = required(branch)?;
                all.literals.append(&mut candidate.literals);
                all.lead = all.lead.zip(candidate.lead).map(|(all, one)| all.max(one));
            }
            all.literals = shortened(&all.literals);
            Candidate::new(&all.literals, all.lead)
        }
    }
}

fn required_of_parts(parts: &[Hir]) -> Option<Candidate> {
    let mut best = None;
    // Strings that stand next to each other so far, and the longest way from the start of the match to their end.
    let mut run = Strings::from([Vec::new()]);
    let mut way = Some(0_usize);
    for part in parts {
        let before = way;
        way = way
            .zip(part.properties().maximum_len())
            .map(|(way, longest)| way.saturating_add(longest));
        let strings = exact(part);
        if let Some(longer) = strings.as_ref().and_then(|strings| joined(&run, strings)) {
            run = longer;
            continue;
        }
        best = Candidate::rarer(best, Candidate::new(&run, before));
        run = strings.unwrap_or_else(|| Strings::from([Vec::new()]));
        let mut inside = required(part);
        if let Some(inside) = &mut inside {
            inside.lead = inside
                .lead
                .zip(before)
                .map(|(lead, before)| lead.saturating_add(before));
        }
        best = Candidate::rarer(best, inside);
    }
    Candidate::rarer(best, Candidate::new(&run, way))
}

/// Strings of which every match begins with one. The empty string says that nothing is known.
fn prefixes(hir: &Hir) -> Strings {
    let unknown = || Strings::from([Vec::new()]);
    if let Some(strings) = exact(hir) {
        return strings;
    }
    match hir.kind() {
        HirKind::Capture(capture) => prefixes(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => prefixes(&repetition.sub),
        HirKind::Alternation(branches) => {
            let strings: Strings = branches.iter().flat_map(prefixes).collect();
            shortened(&strings)
        }
        HirKind::Concat(parts) => {
            let mut run = unknown();
            for part in parts {
                let strings = exact(part);
                let is_exact = strings.is_some();
                match joined(&run, &strings.unwrap_or_else(|| prefixes(part))) {
                    Some(longer) if longer.len() > run.len() && rarity_of(&run) >= RARE => break,
                    Some(longer) => run = longer,
                    None => break,
                }
                if !is_exact {
                    break;
                }
            }
            run
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Repetition(_) => {
            unknown()
        }
    }
}

/// The same prefixes, cut until they are few.
fn shortened(prefixes: &Strings) -> Strings {
    let mut length = LONGEST_HINT;
    loop {
        let cut: Strings = prefixes
            .iter()
            .map(|string| string.iter().copied().take(length).collect())
            .collect();
        if cut.len() <= MOST_STRINGS {
            return cut;
        }
        length -= 1;
    }
}

/// Cuts prefixes so that all have as many bytes other than spaces: occurrences then come in the order of the matches
/// they begin, and where one begins can be told from where it ends.
fn same_letters(prefixes: &Strings) -> Strings {
    let is_letter = |byte: &u8| *byte != b' ';
    // One that may begin with whitespace does not tell where its match begins.
    let letters = |string: &Vec<u8>| match string.first() {
        Some(b' ') | None => 0,
        Some(_) => string.iter().copied().filter(is_letter).count(),
    };
    let most = prefixes.iter().map(letters).min().unwrap_or(0).min(LONGEST_HINT);
    let cut = |string: &Vec<u8>| {
        let last = string
            .iter()
            .enumerate()
            .filter(|(_, byte)| is_letter(byte))
            .take(most)
            .last();
        string.iter().copied().take(last.map_or(0, |(at, _)| at + 1)).collect()
    };
    prefixes.iter().map(cut).collect()
}

/// The least number of ASCII digits in a match.
fn digits(hir: &Hir) -> usize {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.iter().filter(|byte| is_digit(byte)).count(),
        HirKind::Class(class) => {
            let only_digits = members(class).is_some_and(|strings| strings.iter().flatten().all(is_digit));
            usize::from(only_digits)
        }
        HirKind::Repetition(repetition) => digits(&repetition.sub).saturating_mul(repetition.min as usize),
        HirKind::Capture(capture) => digits(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(digits).fold(0, usize::saturating_add),
        HirKind::Alternation(branches) => branches.iter().map(digits).min().unwrap_or(0),
    }
}

/// The most bytes before the first digit of a match; none if there is no such bound, or perhaps no digit.
fn digit_lead(hir: &Hir) -> Option<usize> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => None,
        HirKind::Literal(literal) => literal.0.iter().position(u8::is_ascii_digit),
        HirKind::Class(_) => (digits(hir) > 0).then_some(0),
        HirKind::Repetition(repetition) if repetition.min == 0 => None,
        HirKind::Repetition(repetition) => digit_lead(&repetition.sub),
        HirKind::Capture(capture) => digit_lead(&capture.sub),
        HirKind::Concat(parts) => {
            let mut before = 0_usize;
            for part in parts {
                if let Some(lead) = digit_lead(part) {
                    return before.checked_add(lead);
                }
                before = before.checked_add(part.properties().maximum_len()?)?;
            }
            None
        }
        HirKind::Alternation(branches) => branches
            .iter()
            .try_fold(0, |most, branch| Some(usize::max(most, digit_lead(branch)?))),
    }
}

/// How rare occurrences of any of the strings are in text: about the binary logarithm of the bytes between two.
fn rarity_of(strings: &Strings) -> u32 {
    // Letters further on in a word say little.
    let rarity = |string: &Vec<u8>| string.iter().map(|byte| rarity(*byte)).sum::<u32>().min(RAREST);
    let often: u64 = strings.iter().map(|string| 1 << (RAREST - rarity(string))).sum();
    RAREST.saturating_sub(often.max(1).ilog2())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::regex::parse;

    fn hints(pattern: &str) -> (Gate, Vec<String>) {
        let Hints { gate, literals } = of(&parse(pattern).unwrap(), &[]);
        (
            gate,
            literals
                .into_iter()
                .map(|literal| String::from_utf8(literal).unwrap())
                .collect(),
        )
    }

    #[test]
    fn the_gate_is_the_rarest_thing_that_every_match_has() {
        let digits = |minimum, lead| Gate::Digits { minimum, lead };
        for (pattern, gate, literals) in [
            (r"\bAKIA[A-Z0-9]{16}\b", Gate::Prefix, vec!["akia"]),
            (
                r"\b(?:ghp|gho|github_pat)_[a-z]+",
                Gate::Literal { lead: Some(11) },
                vec!["gho_", "ghp_", "github_pat_"],
            ),
            (r"(?i)ignore\s+all", Gate::Prefix, vec!["ignore all"]),
            (
                r"(?i)[a-z]+\s+all\s+rules",
                Gate::Literal { lead: None },
                vec!["all rules"],
            ),
            (r"\w{1,64}@\w{1,9}\b", Gate::Literal { lead: Some(65) }, vec!["@"]),
            (
                r"(?:[a-m]{3}xq|[n-z]{2}zj)",
                Gate::Literal { lead: Some(5) },
                vec!["xq", "zj"],
            ),
            (r"\b\d{3}-\d{2}-\d{4}\b", digits(9, Some(0)), vec![]),
            (r"(?:[a-z]{1,3} |\+)?\d{9}", digits(9, Some(4)), vec![]),
            (r"(?:[a-z]{2}|[a-z]\d)?[a-z]*\d{9}", digits(9, None), vec![]),
            (r"[0-9]{40,}", digits(MOST_DIGITS, Some(0)), vec![]),
            (r"[a-z]{20}", Gate::Always, vec![]),
            (r"[a-z]{20}(?:xyz)*", Gate::Always, vec![]),
        ] {
            assert_eq!(
                hints(pattern),
                (gate, literals.into_iter().map(String::from).collect()),
                "{pattern}"
            );
        }
    }
    #[test]
    fn words_near_a_match_are_hints_where_nothing_in_it_is() {
        let near = |pattern: &str, context: &[&str]| {
            let words: Vec<Vec<u8>> = context.iter().map(|word| word.as_bytes().to_vec()).collect();
            of(&parse(pattern).unwrap(), &words).gate
        };
        let word = Gate::Near { lead: 10 + 32 };
        assert_eq!(near("[a-z]{10}", &["ausweis*", "licence number"]), word);
        assert_eq!(near("[a-z]{9,}", &["ausweis"]), Gate::Always);
        assert_eq!(near("[0-9]{10}", &["ausweis"]), word);
        assert_eq!(
            near("[0-9]{10}", &["tin"]),
            Gate::Digits {
                minimum: 10,
                lead: Some(0)
            }
        );
        assert_eq!(near("zq[0-9]{3}", &["ausweis"]), Gate::Prefix);
    }
}
