//! What numbered masks stand for.
//!
//! A reversible mask is numbered: `[EMAIL_1]`, `[EMAIL_2]`, in the order in which different values first appear in the
//! request. Nothing about a value can be told from its placeholder, and a conversation that only grows keeps its
//! placeholders, so that the provider's prompt cache keeps working. What they stand for is known only while the request
//! is under way, and to nobody else.

use std::fmt;
use std::ops::Range;

use bartizan_scan::{CategorySet, Rule, label_of};

use crate::address::Address;

/// The most values that are remembered.
const MAX_VALUES: usize = 1_024;
/// The most bytes of values and placeholders that are remembered.
const MAX_BYTES: usize = 64 << 10;
/// The longest numbered placeholder, in bytes.
const LONGEST: usize = 96;
/// The longest number, in digits.
const LONGEST_NUMBER: usize = 4;
/// What a number must be below.
const MAX_NUMBER: usize = 10_000;

/// Tells the characters of a text, as [`bartizan_prompt::Span::characters`] does.
pub(crate) type Characters<'c> = &'c dyn Fn(&mut dyn FnMut(Option<char>, Range<usize>));

/// The labels that placeholders may have.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    /// Sorted, each once.
    labels: Vec<String>,
    /// What reads like a numbered placeholder and is what a rule always writes.
    taken: Vec<String>,
}

/// What the placeholders of one request stand for. Has nothing in it unless policy wants masks to be reversible.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Vault {
    /// By placeholder.
    entries: Vec<Entry>,
    /// Placeholders that the request has in it by itself.
    taken: Vec<String>,
    bytes: usize,
    /// Whether there is no room for more.
    is_full: bool,
}

#[derive(Clone, PartialEq, Eq)]
struct Entry {
    placeholder: String,
    /// Bytes of its label.
    label: usize,
    number: usize,
    value: String,
    /// Whether an answer gets the value back.
    is_restored: bool,
}

/// What may be made of the beginning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held<'v> {
    /// It is a placeholder of this value.
    Value(&'v str),
    /// It may become a placeholder.
    Begun,
    /// It is something else.
    Other,
}

// === impl Labels ===

impl Labels {
    /// The labels of the rules whose masks are reversible.
    pub(crate) fn of(rules: &[Rule], reversible: CategorySet) -> Self {
        let mut this = Self::default();
        for rule in rules.iter().filter(|_| !reversible.is_empty()) {
            if numbered(&rule.placeholder).is_some() {
                this.taken.push(rule.placeholder.clone());
            }
            if reversible.contains(rule.category)
                && let Some(label) = label_of(&rule.placeholder)
                && let Err(place) = this.find(label)
            {
                this.labels.insert(place, label.to_owned());
            }
        }
        this
    }

    /// The label of the numbered placeholder that a text begins with, if it is one of these.
    fn label<'t>(&self, text: &'t str) -> Option<&'t str> {
        numbered(text).filter(|label| self.find(label).is_ok())
    }

    fn find(&self, label: &str) -> Result<usize, usize> {
        self.labels.binary_search_by(|known| known.as_str().cmp(label))
    }
}

// === impl Vault ===

impl Vault {
    /// A vault with nothing in it.
    pub(crate) fn new(labels: &Labels) -> Self {
        Self {
            taken: labels.taken.clone(),
            ..Self::default()
        }
    }

    /// Whether there is nothing to restore.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The placeholder for a value: of the same value the same, of another one with the next number. `mask` is what a
    /// rule puts in place of a match, such as `[EMAIL]`. `None` if that stands, because there is no room for more values
    /// or because it is not in brackets.
    pub(crate) fn placeholder(&mut self, mask: &str, value: &str) -> Option<String> {
        let label = label_of(mask)?;
        let mut number = 0;
        for entry in &self.entries {
            if entry.placeholder.get(1..=entry.label) == Some(label) {
                if entry.value == value {
                    return Some(entry.placeholder.clone());
                }
                number = number.max(entry.number);
            }
        }
        let placeholder = loop {
            number += 1;
            let placeholder = format!("[{label}_{number}]");
            if !self.taken.contains(&placeholder) {
                break placeholder;
            }
        };
        self.bytes += placeholder.len() + value.len();
        self.is_full |= self.bytes > MAX_BYTES || self.entries.len() >= MAX_VALUES || number >= MAX_NUMBER;
        if self.is_full {
            return None;
        }
        if let Err(place) = self.find(&placeholder) {
            let entry = Entry {
                placeholder: placeholder.clone(),
                label: label.len(),
                number,
                value: value.to_owned(),
                is_restored: true,
            };
            self.entries.insert(place, entry);
        }
        Some(placeholder)
    }

    /// Takes note of what a text of the request has in it by itself and reads like a placeholder. One that has not been
    /// given away will not be; one that has is not restored, as nobody could tell which of the two an answer means. In
    /// an address nothing is restored, so what stands there does not count.
    pub(crate) fn note(&mut self, text: &str, characters: Characters<'_>, labels: &Labels) {
        let at = |place: usize| labels.label(text.get(place..).unwrap_or_default());
        let mut opening = text.match_indices('[').map(|(place, _)| place);
        if !opening.any(|place| at(place).is_some()) {
            return;
        }
        let mut address = Address::default();
        characters(&mut |character, range| {
            if character == Some('[')
                && !address.is_open()
                && let Some(label) = at(range.start)
            {
                let rest = text.get(range.start..).unwrap_or_default();
                let length = rest.bytes().skip(label.len()).position(|byte| byte == b']');
                let length = length.map_or(0, |more| label.len() + more + 1);
                self.take(rest.get(..length).unwrap_or_default());
            }
            address.step(character);
        });
    }

    /// A placeholder means something else.
    pub(crate) fn take(&mut self, placeholder: &str) {
        match self.find(placeholder) {
            Ok(place) => {
                if let Some(entry) = self.entries.get_mut(place) {
                    entry.is_restored = false;
                }
            }
            Err(_) if self.taken.iter().any(|taken| taken == placeholder) => {}
            Err(_) if self.taken.len() >= MAX_VALUES => self.is_full = true,
            Err(_) => self.taken.push(placeholder.to_owned()),
        }
    }

    /// What a text may be that an answer has in it.
    pub(crate) fn look_up(&self, text: &str) -> Held<'_> {
        let place = match self.find(text) {
            Ok(place) | Err(place) => place,
        };
        match self.entries.get(place) {
            Some(entry) if !entry.placeholder.starts_with(text) => Held::Other,
            Some(entry) if entry.placeholder.len() > text.len() => Held::Begun,
            Some(entry) if entry.is_restored => Held::Value(&entry.value),
            Some(_) | None => Held::Other,
        }
    }

    fn find(&self, placeholder: &str) -> Result<usize, usize> {
        self.entries
            .binary_search_by(|entry| entry.placeholder.as_str().cmp(placeholder))
    }
}

// WHY not derived: what was masked must not come to stand in a log.
impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Vault of {}", self.entries.len())
    }
}

/// The label of the numbered placeholder that a text begins with: `EMAIL` of `[EMAIL_1] and more`.
fn numbered(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('[')?.as_bytes();
    let length = rest.iter().take(LONGEST).position(|byte| *byte == b']')?;
    let inside = text.get(1..=length)?;
    let (label, number) = inside.rsplit_once('_')?;
    let is_number = (1..=LONGEST_NUMBER).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(label)
}
