//! Words near a match, which say what it is: `SIN 130 692 544` is a social insurance number, `130 692 544` may be anything.
//!
//! They are looked for only once a regex has matched and its check digit is right, which is rare. So they cost nothing
//! in a text that has many of them and no number.

use std::ops::Range;

use crate::fold::fold;
use crate::pattern::{Budget, Exhausted};

/// Bytes before a match in which a word of its context may stand.
pub(crate) const CONTEXT_BEFORE: usize = 64;
/// Bytes after a match in which a word of its context may stand.
pub(crate) const CONTEXT_AFTER: usize = 32;
/// Bytes before a match in which a word that speaks against it may stand.
pub(crate) const UNLESS_BEFORE: usize = 24;
/// Ends a word in the pack of which only the beginning is given.
pub(crate) const AND_MORE: u8 = b'*';

/// A list of words; case does not matter, and a space stands for any white space, or for one dash or underscore.
///
/// A word is whole: ASCII letters and digits on either side make it another one. One that ends in `*` may go on.
#[derive(Debug)]
pub(crate) struct Words {
    /// Folded, sorted by their first bytes.
    words: Vec<Word>,
    /// Which bytes a word begins with, a bit each.
    first: [u64; 4],
}

#[derive(Debug)]
struct Word {
    bytes: Vec<u8>,
    goes_on: bool,
}

impl Words {
    pub(crate) fn load(words: &[&[u8]]) -> Self {
        let mut first = [0_u64; 4];
        for byte in words.iter().filter_map(|word| word.first()) {
            if let Some(bits) = first.get_mut(usize::from(byte >> 6)) {
                *bits |= 1 << (byte & 63);
            }
        }
        let words = words.iter().map(|word| match word.strip_suffix(&[AND_MORE]) {
            Some(beginning) => Word {
                bytes: beginning.to_vec(),
                goes_on: true,
            },
            None => Word {
                bytes: word.to_vec(),
                goes_on: false,
            },
        });
        let words = words.filter(|word| !word.bytes.is_empty()).collect();
        Self { words, first }
    }

    /// Whether one of the words stands near enough to what was found in the text.
    pub(crate) fn surround(&self, text: &[u8], found: &Range<usize>, budget: &mut Budget) -> Result<bool, Exhausted> {
        let before = found.start.saturating_sub(CONTEXT_BEFORE)..found.start;
        let after = found.end..found.end.saturating_add(CONTEXT_AFTER).min(text.len());
        Ok(self.occur(text, before, budget)? || self.occur(text, after, budget)?)
    }

    /// Whether one of the words stands shortly before a place in the text.
    pub(crate) fn precede(&self, text: &[u8], place: usize, budget: &mut Budget) -> Result<bool, Exhausted> {
        self.occur(text, place.saturating_sub(UNLESS_BEFORE)..place, budget)
    }

    fn occur(&self, text: &[u8], window: Range<usize>, budget: &mut Budget) -> Result<bool, Exhausted> {
        budget.spend(window.len())?;
        let Some(visible) = text.get(..window.end) else {
            return Ok(false);
        };
        let in_word = |at: usize| text.get(at).is_some_and(u8::is_ascii_alphanumeric);
        Ok(window.clone().any(|start| {
            let Some(byte) = text.get(start).map(|byte| spaced(*byte)) else {
                return false;
            };
            let begins = self
                .first
                .get(usize::from(byte >> 6))
                .is_some_and(|bits| bits >> (byte & 63) & 1 == 1);
            if !begins || (byte.is_ascii_alphanumeric() && start.checked_sub(1).is_some_and(in_word)) {
                return false;
            }
            let from = self.words.partition_point(|word| word.bytes.first() < Some(&byte));
            let rest = self.words.get(from..).unwrap_or_default().iter();
            let alike = rest.take_while(|word| word.bytes.first() == Some(&byte));
            alike.into_iter().any(|word| {
                let end = word.end(visible, start);
                end.is_some_and(|end| {
                    word.goes_on || !word.bytes.last().is_some_and(u8::is_ascii_alphanumeric) || !in_word(end)
                })
            })
        }))
    }
}

impl Word {
    /// Where the word ends that begins at `start`, if it stands there.
    fn end(&self, text: &[u8], start: usize) -> Option<usize> {
        let mut at = start;
        for byte in &self.bytes {
            if spaced(*text.get(at)?) != *byte {
                return None;
            }
            at += 1;
            let is_space = |at: usize| text.get(at).is_some_and(|next| fold(*next) == b' ');
            while *byte == b' ' && is_space(at - 1) && is_space(at) {
                at += 1;
            }
        }
        Some(at)
    }
}

/// A byte as words see it: folded, and what joins the parts of a name is a space.
pub(crate) const fn spaced(byte: u8) -> u8 {
    match fold(byte) {
        b'-' | b'_' => b' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(words: &[&str], text: &str) -> bool {
        let mut words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        words.sort_unstable();
        let at = text.find('#').unwrap();
        let mut budget = Budget::default();
        Words::load(&words)
            .surround(text.as_bytes(), &(at..at + 1), &mut budget)
            .unwrap()
    }

    #[test]
    fn a_word_is_whole_in_any_case_and_within_reach() {
        let filler = "-".repeat(CONTEXT_BEFORE);
        for (words, text, expected) in [
            (&["sin"][..], "My SIN: #", true),
            (&["sin"], "since #", false),
            (&["sin"], "using # now", false),
            (&["sin"], "# is my sin", true),
            (&["sin*"], "since #", true),
            (&["sin*"], "using #", false),
            (&["tax id"], "Tax-ID #", true),
            (&["tax id"], "tax  id #", true),
            (&["tax id"], "tax_id=#", true),
            (&["tax id"], "tax - id #", false),
            (&["tax id"], "taxid=#", false),
            (&["tax id"], "tax identity #", false),
            (&["身份证"], "我的身份证号码#", true),
            (&["身份证"], "身份#", false),
            (&["sin", "nas"], "mon NAS #", true),
            (&[], "SIN #", false),
            (&["tel."], "tel. #", true),
            (&["tel."], "tel #", false),
        ] {
            assert_eq!(near(words, text), expected, "{words:?} in {text:?}");
        }
        assert!(!near(&["sin"], &format!("sin{filler}#")));
        assert!(!near(&["sin"], &format!("#{filler}sin")));
    }

    #[test]
    fn what_speaks_against_a_match_must_stand_right_before_it() {
        let words = Words::load(&[b"version"]);
        for (text, expected) in [
            ("version 1", true),
            ("version of the day before yesterday: 1", false),
            ("1 version", false),
        ] {
            let place = text.find('1').unwrap();
            let mut budget = Budget::default();
            assert_eq!(
                words.precede(text.as_bytes(), place, &mut budget),
                Ok(expected),
                "{text}"
            );
        }
    }
}
