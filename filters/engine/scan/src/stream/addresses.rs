//! Addresses in a text that flows: held from where they begin until they end, and judged then.
//!
//! An address is judged by its own bytes and by what stands in the [`CONTEXT`] before it.

use std::ops::Range;

use crate::detect::markup_exfiltration::{Ending, address_at, judge_at};
use crate::score::Score;

/// Bytes before an address that say how it is fetched.
pub(super) const CONTEXT: usize = 2 << 10;
/// What the address of a page or an image begins with.
const SCHEMES: [&[u8]; 2] = [b"https:/", b"http:/"];

/// The address that is under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    open: Option<Open>,
    /// Slashes inside it, which may be those of another one if it turns out to end before them.
    within: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    start: usize,
    slashes: usize,
    ending: Ending,
}

/// An address that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) start: usize,
    pub(super) slashes: usize,
    pub(super) end: usize,
}

impl Addresses {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_none()
    }

    /// Where the address begins that is under way.
    pub(super) fn start(&self) -> Option<usize> {
        self.open.map(|open| open.start)
    }

    /// Two slashes stand at `slashes` in a text of which `window` begins at `from` and ends behind them.
    pub(super) fn begin(&mut self, window: &[u8], from: usize, slashes: usize) {
        if self.open.is_some() {
            self.within.push(slashes);
        } else if let Some(start) = slashes.checked_sub(from).and_then(|place| address_at(window, place)) {
            self.open = Some(Open {
                start: from + start,
                slashes,
                ending: Ending::of(slashes + 2),
            });
        }
    }

    /// Reads the byte at `at`; the address that it ends.
    pub(super) fn read(&mut self, at: usize, byte: u8) -> Option<Address> {
        let open = self.open.as_mut()?;
        let end = open.ending.read(at, byte)?;
        self.close(end)
    }

    /// The text ends at `at`; the address that this ends.
    pub(super) fn end(&mut self, at: usize) -> Option<Address> {
        let end = self.open?.ending.at_end(at);
        self.close(end)
    }

    /// What is to be gone over again, as it is not part of the address that has ended.
    pub(super) fn left_over(&mut self, address: Address) -> Vec<usize> {
        let mut within = std::mem::take(&mut self.within);
        within.retain(|slashes| *slashes >= address.end);
        within
    }

    fn close(&mut self, end: usize) -> Option<Address> {
        let Open { start, slashes, .. } = self.open.take()?;
        Some(Address { start, slashes, end })
    }
}

impl Address {
    /// The text that says what the address is, for [`Self::judge`].
    pub(super) fn context(self) -> Range<usize> {
        self.start.saturating_sub(CONTEXT)..self.end
    }

    /// Judges the address in its context, which begins at `from`.
    pub(super) fn judge(self, context: &str, from: usize) -> Option<Score> {
        judge_at(context, self.slashes.checked_sub(from)?, self.end.checked_sub(from)?)
    }
}

/// Where an address may have begun at the end of `text`, of which its slashes are not all there yet.
pub(super) fn may_begin(text: &[u8]) -> Option<usize> {
    let longest = SCHEMES.iter().map(|scheme| scheme.len()).max().unwrap_or(0);
    let tail = text.len().saturating_sub(longest);
    (tail..text.len()).find(|start| {
        let end = text.get(*start..).unwrap_or_default();
        let alone =
            (start.checked_sub(1).and_then(|before| text.get(before))).is_none_or(|byte| !byte.is_ascii_alphabetic());
        let begun = |scheme: &&[u8]| {
            scheme
                .get(..end.len())
                .is_some_and(|begun| begun.eq_ignore_ascii_case(end))
        };
        end == b"/" || (alone && SCHEMES.iter().any(begun))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_become_an_address_is_known_from_its_first_letter() {
        for (text, begun) in [
            ("see h", Some("h")),
            ("see Http", Some("Http")),
            ("see https:", Some("https:")),
            ("see https:/", Some("https:/")),
            ("see http:x", None),
            ("see ftp:/", Some("/")),
            ("either/", Some("/")),
            ("oh", None),
            ("such", None),
            ("", None),
        ] {
            assert_eq!(
                may_begin(text.as_bytes()).map(|start| &text[start..]),
                begun,
                "{text:?}"
            );
        }
    }
}
