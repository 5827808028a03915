//! What numbered masks stand for.
//!
//! A reversible mask is numbered: `[EMAIL_1]`, `[EMAIL_2]`, in the order in which different values first appear in the
//! request. Nothing about a value can be told from its placeholder, and a conversation that only grows keeps its
//! placeholders, so that the provider's prompt cache keeps working. What they stand for is known only while the request
//! is under way, and to nobody else.

use std::fmt;
use std::ops::Range;

use bartizan_scan::{Rule, label_of};

use crate::address::Address;

/// The most values that are remembered, and placeholders that the request has in it by itself.
const MAX_ENTRIES: usize = 1_024;
/// The most bytes of values and placeholders that are remembered.
const MAX_BYTES: usize = 64 << 10;
/// The most that is looked at of what reads like a placeholder in a request.
const MAX_LOOKS: usize = 1 << 16;
/// The longest numbered placeholder, in bytes.
const LONGEST: usize = 96;

/// Tells the characters of a text, as [`bartizan_prompt::Span::characters`] does.
pub(crate) type Characters<'c> = &'c dyn Fn(&mut dyn FnMut(Option<char>, Range<usize>));

/// What the placeholders of one request stand for. Has nothing in it unless policy wants masks to be reversible.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Vault {
    /// By placeholder.
    entries: Vec<Entry>,
    /// Of values and placeholders.
    bytes: usize,
    /// How often something was looked at that reads like a placeholder.
    looks: usize,
    /// Whether there is no room for more.
    is_full: bool,
}

#[derive(Clone, PartialEq, Eq)]
struct Entry {
    placeholder: String,
    /// Bytes of its label.
    label: usize,
    number: usize,
    /// Of the value: what tells most apart.
    hash: u64,
    /// What it stands for; empty if the request has it in it by itself.
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

// === impl Vault ===

impl Vault {
    /// Whether there is nothing to restore.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The placeholder for a value: of the same value the same, of another one with the next number. `mask` is what a
    /// rule puts in place of a match, such as `[EMAIL]`. `None` if that stands, because there is no room for more values
    /// or because it is not in brackets.
    pub(crate) fn placeholder(&mut self, mask: &str, value: &str, rules: &[Rule]) -> Option<String> {
        let label = label_of(mask)?;
        let hash = hash(value);
        let has_label = |entry: &Entry| entry.placeholder.get(1..=entry.label) == Some(label);
        for entry in &self.entries {
            if entry.hash == hash && entry.value == value && has_label(entry) {
                return Some(entry.placeholder.clone());
            }
        }
        let mut number = 0;
        for entry in &self.entries {
            if entry.number > number && has_label(entry) {
                number = entry.number;
            }
        }
        let (placeholder, place) = loop {
            number += 1;
            let placeholder = format!("[{label}_{number}]");
            let is_ruled = rules.iter().any(|rule| rule.placeholder == placeholder);
            match self.find(&placeholder) {
                Err(place) if !is_ruled => break (placeholder, place),
                _ => {}
            }
        };
        let entry = Entry {
            placeholder: placeholder.clone(),
            label: label.len(),
            number,
            hash,
            value: value.to_owned(),
            is_restored: true,
        };
        self.insert(place, entry).then_some(placeholder)
    }

    /// Adds an entry, if there is room for it.
    fn insert(&mut self, place: usize, entry: Entry) -> bool {
        self.bytes = self.bytes.saturating_add(entry.placeholder.len() + entry.value.len());
        self.is_full |= self.bytes > MAX_BYTES || self.entries.len() >= MAX_ENTRIES;
        if !self.is_full {
            self.entries.insert(place, entry);
        }
        !self.is_full
    }

    /// Takes note of what a text of the request has in it by itself and reads like a placeholder. One that has not been
    /// given away will not be; one that has is not restored, as nobody could tell which of the two an answer means. In
    /// an address nothing is restored, so what stands there does not count.
    pub(crate) fn note(&mut self, text: &str, characters: Characters<'_>, rules: &[Rule]) {
        let mut places = text.bytes().enumerate();
        if !places.any(|(place, byte)| byte == b'[' && self.look(text, place, rules).is_some()) {
            return;
        }
        let mut address = Address::default();
        characters(&mut |character, range| {
            if character == Some('[')
                && !address.is_open()
                && let Some(placeholder) = self.look(text, range.start, rules)
            {
                let entry = Entry {
                    placeholder: placeholder.to_owned(),
                    label: 0,
                    number: 0,
                    hash: 0,
                    value: String::new(),
                    is_restored: false,
                };
                match self.find(placeholder) {
                    Ok(place) => {
                        if let Some(entry) = self.entries.get_mut(place) {
                            entry.is_restored = false;
                        }
                    }
                    Err(place) => {
                        self.insert(place, entry);
                    }
                }
            }
            address.step(character);
        });
    }

    /// The placeholder at a place, such as `[EMAIL_1]`, if it could be one of these rules.
    fn look<'t>(&mut self, text: &'t str, place: usize, rules: &[Rule]) -> Option<&'t str> {
        let bytes = text.as_bytes().get(place..)?;
        let length = bytes.iter().take(LONGEST).position(|byte| *byte == b']')?;
        let mut label = length;
        while label > 0 && bytes.get(label - 1).is_some_and(u8::is_ascii_digit) {
            label -= 1;
        }
        let label = bytes.get(..label)?.strip_suffix(b"_").filter(|_| label < length)?;
        self.looks += 1;
        self.is_full |= self.looks > MAX_LOOKS;
        let is_ruled = |rule: &Rule| rule.placeholder.as_bytes().strip_suffix(b"]") == Some(label);
        if self.is_full || !rules.iter().any(is_ruled) {
            return None;
        }
        text.get(place..=place + length)
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

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
