//! One regex at work: two DFAs built in the control plane, run by a loop that counts its steps.
//!
//! The loop is ours rather than `regex_automata`'s because theirs cannot be bounded: finding all matches of a regex
//! without a longest match may cost a whole pass for each of them.

use std::ops::Range;

use regex_automata::dfa::{Automaton, sparse::DFA};
use regex_automata::{Anchored, Input};

use crate::claim::Claim;
use crate::pack::{Gate, LoadError, PackedRegex};

/// Steps left for the regexes in the texts of one message.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(1 << 16)
    }
}

/// The budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Budget {
    /// Each text may be gone over 32 times, by all regexes together; a small message as often as it takes.
    pub(crate) fn grant(&mut self, text: usize) {
        self.0 = self.0.saturating_add(text.saturating_mul(32));
    }

    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(steps).ok_or(Exhausted)?;
        Ok(())
    }
}

/// A match, or none.
pub(crate) type Found = Result<Option<Range<usize>>, Exhausted>;

#[derive(Debug)]
pub(crate) struct Pattern {
    /// The rules that have this regex.
    pub(crate) claims: Vec<Claim>,
    pub(crate) gate: Gate,
    /// Bytes of the longest match; `usize::MAX` if there is no such bound.
    pub(crate) longest: usize,
    forward: DFA<Vec<u8>>,
    reverse: Option<DFA<Vec<u8>>>,
    /// By byte: what may stand before it for a match to begin with it, as bits of [`BEFORE`].
    first: [u8; 256],
}

impl Pattern {
    /// Loads a regex of a pack with so many rules and lists of words.
    pub(crate) fn load(packed: &PackedRegex<'_>, rules: usize, lists: usize) -> Result<Self, LoadError> {
        let claims = packed.claims.iter().map(|claim| Claim::load(claim, rules, lists));
        let forward = read_dfa(packed.forward)?;
        let reverse = if packed.reverse.is_empty() {
            None
        } else {
            Some(read_dfa(packed.reverse)?)
        };
        Ok(Self {
            claims: claims.collect::<Result<_, _>>()?,
            gate: packed.gate,
            longest: packed.longest.map_or(usize::MAX, |longest| longest as usize),
            first: first_bytes(&forward),
            forward,
            reverse,
        })
    }

    /// Finds the first match that begins in `starts`.
    pub(crate) fn find(&self, text: &[u8], starts: Range<usize>, budget: &mut Budget) -> Found {
        let Some(reverse) = &self.reverse else {
            for start in starts {
                if let Some(found) = self.find_at(text, start, budget)? {
                    return Ok(Some(found));
                }
            }
            return Ok(None);
        };
        let stop = (starts.end - 1).saturating_add(self.longest).min(text.len());
        let Some(end) = self.end_of_match(text, starts.start..stop, Anchored::No, budget)? else {
            return Ok(None);
        };
        let start = start_of_match(reverse, text, starts.start..end, budget)?;
        // One that begins later was perhaps not seen to its end. It has its own window.
        Ok((start < starts.end).then_some(start..end))
    }

    /// Finds the match that begins at `start`. For patterns without a reverse automaton.
    pub(crate) fn find_at(&self, text: &[u8], start: usize, budget: &mut Budget) -> Found {
        if !self.may_begin(text, start) {
            return Ok(None);
        }
        let end = self.end_of_match(text, start..text.len(), Anchored::Yes, budget)?;
        Ok(end.map(|end| start..end))
    }

    /// Whether a match can begin at `start`, by the bytes on either side alone.
    fn may_begin(&self, text: &[u8], start: usize) -> bool {
        let before = match start.checked_sub(1).and_then(|before| text.get(before)) {
            None => 1,
            Some(b'\n') => 2,
            Some(b'\r') => 4,
            Some(byte) if byte.is_ascii_alphanumeric() || *byte == b'_' => 8,
            Some(_) => 16,
        };
        let first = text.get(start).and_then(|byte| self.first.get(usize::from(*byte)));
        first.is_some_and(|first| first & before != 0)
    }

    fn end_of_match(
        &self,
        text: &[u8],
        range: Range<usize>,
        anchored: Anchored,
        budget: &mut Budget,
    ) -> Result<Option<usize>, Exhausted> {
        let dfa = &self.forward;
        let input = Input::new(text).range(range.clone()).anchored(anchored);
        let Ok(mut state) = dfa.start_state_forward(&input) else {
            return Ok(None);
        };
        let mut end = None;
        for (at, byte) in (range.start..).zip(text.get(range.clone()).unwrap_or_default()) {
            state = dfa.next_state(state, *byte);
            if dfa.is_special_state(state) {
                if dfa.is_match_state(state) {
                    // A DFA knows of a match one byte late, having looked at what follows.
                    end = Some(at);
                } else if dfa.is_dead_state(state) || dfa.is_quit_state(state) {
                    budget.spend(at - range.start + 1)?;
                    return Ok(end);
                }
            }
        }
        state = match text.get(range.end) {
            Some(following) => dfa.next_state(state, *following),
            None => dfa.next_eoi_state(state),
        };
        budget.spend(range.len() + 1)?;
        Ok(if dfa.is_match_state(state) {
            Some(range.end)
        } else {
            end
        })
    }
}

fn start_of_match(
    dfa: &DFA<Vec<u8>>,
    text: &[u8],
    range: Range<usize>,
    budget: &mut Budget,
) -> Result<usize, Exhausted> {
    let input = Input::new(text).range(range.clone()).anchored(Anchored::Yes);
    // INVARIANT: what the forward DFA matched, the reverse one matches; the range itself is the answer if not.
    let Ok(mut state) = dfa.start_state_reverse(&input) else {
        return Ok(range.start);
    };
    let mut start = range.start;
    for (at, byte) in range.clone().zip(text.get(range.clone()).unwrap_or_default()).rev() {
        state = dfa.next_state(state, *byte);
        if dfa.is_special_state(state) {
            if dfa.is_match_state(state) {
                start = at + 1;
            } else if dfa.is_dead_state(state) || dfa.is_quit_state(state) {
                budget.spend(range.end - at)?;
                return Ok(start);
            }
        }
    }
    state = match range.start.checked_sub(1).and_then(|before| text.get(before)) {
        Some(preceding) => dfa.next_state(state, *preceding),
        None => dfa.next_eoi_state(state),
    };
    budget.spend(range.len())?;
    Ok(if dfa.is_match_state(state) { range.start } else { start })
}

/// What a look-around can tell apart of what stands before a match; bit n of a byte's `first` is for the nth.
const BEFORE: [&[u8]; 5] = [b"", b"\n", b"\r", b"a", b" "];

/// The bytes with which a match can begin, asked of the automaton itself.
fn first_bytes(dfa: &DFA<Vec<u8>>) -> [u8; 256] {
    let mut first = [0; 256];
    for (bit, before) in BEFORE.into_iter().enumerate() {
        let input = Input::new(before).range(before.len()..).anchored(Anchored::Yes);
        let Ok(start) = dfa.start_state_forward(&input) else {
            continue;
        };
        for (byte, slot) in (0_u8..=255).zip(first.iter_mut()) {
            if !dfa.is_dead_state(dfa.next_state(start, byte)) {
                *slot |= 1 << bit;
            }
        }
    }
    first
}

fn read_dfa(bytes: &[u8]) -> Result<DFA<Vec<u8>>, LoadError> {
    match DFA::from_bytes(bytes) {
        Ok((dfa, length)) if length == bytes.len() => Ok(dfa.to_owned()),
        Ok(_) | Err(_) => Err(LoadError::Inconsistent("an automaton cannot be read")),
    }
}
