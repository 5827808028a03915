//! A text as a detector reads it: by byte, with zeros before the beginning and past the end.

use std::ops::Range;

/// Bytes of one kind that are passed over in one go, at most: however often it is asked, no text makes it dear.
const RUN: usize = 128;

/// The bytes of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'t> {
    bytes: &'t [u8],
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { bytes: text.as_bytes() }
    }

    pub(super) fn len(self) -> usize {
        self.bytes.len()
    }

    /// The byte at a place; zero past the end.
    pub(super) fn byte(self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The byte before a place; zero at the beginning.
    pub(super) fn before(self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |before| self.byte(before))
    }

    /// The bytes of a range, cut to the text.
    pub(super) fn slice(self, range: Range<usize>) -> &'t [u8] {
        let end = range.end.min(self.bytes.len());
        self.bytes.get(range.start..end).unwrap_or_default()
    }

    /// Whether a literal in lower case stands at a place, in any case.
    pub(super) fn has(self, at: usize, literal: &[u8]) -> bool {
        self.bytes
            .get(at..)
            .and_then(|rest| rest.get(..literal.len()))
            .is_some_and(|here| here.eq_ignore_ascii_case(literal))
    }

    /// The first place from `at` on that holds no whitespace, [`RUN`] bytes on at most.
    pub(super) fn past_space(self, at: usize) -> usize {
        self.past(at, |byte| byte.is_ascii_whitespace())
    }

    /// The first place from `at` on whose byte is not one of a kind, [`RUN`] bytes on at most.
    pub(super) fn past(self, at: usize, kind: impl Fn(u8) -> bool) -> usize {
        self.past_within(at, RUN, kind)
    }

    /// The same, `limit` bytes on at most.
    pub(super) fn past_within(self, at: usize, limit: usize, kind: impl Fn(u8) -> bool) -> usize {
        let rest = self.slice(at..at.saturating_add(limit));
        at + rest.iter().position(|byte| !kind(*byte)).unwrap_or(rest.len())
    }

    /// The last byte before `at` that is no space or tab; zero if there is none within [`RUN`] bytes.
    pub(super) fn before_space(self, at: usize) -> u8 {
        let head = self.slice(at.saturating_sub(RUN)..at);
        head.iter()
            .rev()
            .copied()
            .find(|byte| !matches!(byte, b' ' | b'\t'))
            .unwrap_or(0)
    }

    /// Where a byte first occurs within `limit` bytes from `at`.
    pub(super) fn find(self, at: usize, limit: usize, wanted: u8) -> Option<usize> {
        let window = self.slice(at..at.saturating_add(limit));
        Some(at + window.iter().position(|byte| *byte == wanted)?)
    }
}

/// Whether a byte may be part of a name. Bytes outside ASCII are letters of some script.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
