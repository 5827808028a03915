//! One regex at work: two DFAs built in the control plane, run by a loop that counts its steps.
//!
//! The loop is ours rather than `regex_automata`'s because theirs cannot be bounded: finding all matches of a regex
//! without a longest match may cost a whole pass for each of them.

use std::ops::Range;

use crate::claim::{Claim, Claims};
use crate::dfa::{AHEAD, Before, Dfa, FoldedDfa, State, UNREADABLE};
use crate::nearby::Words;
use crate::pack::{Gate, LoadError, PackedRegex};

/// Steps that the regexes may take in any message.
pub(crate) const FREE_STEPS: usize = 1 << 16;
/// Steps that they may take besides for each byte of it.
pub(crate) const STEPS_A_BYTE: usize = 32;

/// Steps left for the regexes in the texts of one message.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    left: usize,
    /// The least that was left since [`Budget::watch`].
    lowest: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(FREE_STEPS)
    }
}

/// The budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Budget {
    /// So many steps.
    pub(crate) const fn of(steps: usize) -> Self {
        Self {
            left: steps,
            lowest: steps,
        }
    }

    /// Steps that are left.
    pub(crate) const fn left(&self) -> usize {
        self.left
    }

    /// Spends steps, or what is left of them.
    pub(crate) const fn take(&mut self, steps: usize) {
        self.left = self.left.saturating_sub(steps);
    }

    /// Each text may be gone over 32 times, by all regexes together; a small message as often as it takes.
    pub(crate) fn grant(&mut self, text: usize) {
        self.left = self.left.saturating_add(text.saturating_mul(STEPS_A_BYTE));
    }

    /// Adds steps that a text left over before.
    pub(crate) fn add(&mut self, steps: usize) {
        self.left = self.left.saturating_add(steps);
    }

    /// What is left; from now on the lowest is watched.
    pub(crate) fn watch(&mut self) -> usize {
        self.lowest = self.left;
        self.left
    }

    /// What is left more than there was at `watched`, if it never was less.
    pub(crate) fn gained_since(&self, watched: usize) -> Option<usize> {
        if self.lowest < watched {
            return None;
        }
        self.left.checked_sub(watched)
    }

    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.left = self.left.checked_sub(steps).ok_or(Exhausted)?;
        self.lowest = self.lowest.min(self.left);
        Ok(())
    }
}

/// A match, or none.
pub(crate) type Found = Result<Option<Range<usize>>, Exhausted>;

#[derive(Debug)]
pub(crate) struct Pattern {
    /// The rules that have this regex.
    pub(crate) claims: Claims,
    pub(crate) gate: Gate,
    /// Bytes of the longest match; `usize::MAX` if there is no such bound.
    pub(crate) longest: usize,
    forward: FoldedDfa,
    reverse: Option<FoldedDfa>,
    /// By byte: what [`PackedRegex::beginnings`] says.
    beginnings: [u8; 256],
}

impl Pattern {
    /// Loads a regex of a pack with so many rules and lists of words.
    pub(crate) fn load(packed: &PackedRegex<'_>, rules: usize, lists: usize) -> Result<Self, LoadError> {
        let claims = packed.claims.iter().map(|claim| Claim::load(claim, rules, lists));
        let forward = FoldedDfa::load(&packed.forward)?;
        Ok(Self {
            claims: Claims::new(claims.collect::<Result<_, _>>()?),
            gate: packed.gate,
            longest: packed.longest.map_or(usize::MAX, |longest| longest as usize),
            beginnings: packed.forward.by_byte(packed.beginnings).ok_or(UNREADABLE)?,
            forward,
            reverse: packed.reverse.as_ref().map(FoldedDfa::load).transpose()?,
        })
    }

    /// Finds the first match that begins in `starts`.
    pub(crate) fn find(&self, text: &[u8], starts: Range<usize>, budget: &mut Budget) -> Found {
        let Some(reverse) = &self.reverse else {
            let mut from = starts.start;
            while let Some(start) = self.next_start(text, from..starts.end) {
                if let Some(found) = self.find_at(text, start, budget)? {
                    return Ok(Some(found));
                }
                from = start + 1;
            }
            return Ok(None);
        };
        let stop = (starts.end - 1).saturating_add(self.longest).min(text.len());
        let Some(state) = self.forward.unfolded().seek(before(text, starts.start)) else {
            return Ok(None);
        };
        let Some(end) = self.end_of_match(text, starts.start..stop, state, budget)? else {
            return Ok(None);
        };
        let start = start_of_match(reverse.unfolded(), text, starts.start..end, budget)?;
        // One that begins later was perhaps not seen to its end. It has its own window.
        Ok((start < starts.end).then_some(start..end))
    }

    /// Finds the match that begins at `start`. For patterns without a reverse automaton.
    pub(crate) fn find_at(&self, text: &[u8], start: usize, budget: &mut Budget) -> Found {
        if !self.may_begin(text, start) {
            return Ok(None);
        }
        let state = self.forward.unfolded().start(before(text, start));
        let end = self.end_of_match(text, start..text.len(), state, budget)?;
        Ok(end.map(|end| start..end))
    }

    /// Calls `found` with each rule that claims a match, and what is a finding of it. Where a search goes on: what nobody
    /// claims may have begun too early, with digits of something else before the number.
    pub(crate) fn claim(
        &self,
        text: &[u8],
        matched: &Range<usize>,
        words: &[Words],
        budget: &mut Budget,
        found: &mut dyn FnMut(usize, Range<usize>),
    ) -> Result<usize, Exhausted> {
        let mut resume = matched.start + 1;
        for claim in self.claims.to(text.get(matched.clone()).unwrap_or_default()) {
            if let Some(range) = claim.accepted(text, matched, words, budget)? {
                resume = resume.max(range.end);
                found(claim.rule, range);
            }
        }
        Ok(resume)
    }

    /// The next place where a match can begin by that byte and the one before it.
    fn next_start(&self, text: &[u8], places: Range<usize>) -> Option<usize> {
        let mut before = before(text, places.start);
        let mut bytes = text.get(places.clone())?.iter();
        let offset = bytes.position(|byte| {
            let begins = self.begins(before, *byte);
            before = Before::OF_BYTE
                .get(usize::from(*byte))
                .copied()
                .unwrap_or(Before::Other);
            begins
        });
        offset.map(|offset| places.start + offset)
    }

    /// Whether a match can begin at `start`, by the bytes around it alone.
    fn may_begin(&self, text: &[u8], start: usize) -> bool {
        let ahead = text.get(start..).unwrap_or_default();
        self.may_match(before(text, start), ahead)
    }

    /// Whether a match can begin with `byte` where this stands before it.
    pub(crate) fn begins(&self, before: Before, byte: u8) -> bool {
        self.beginnings(byte) >> before as u8 & 1 == 1
    }

    /// Whether a match can begin with that folded byte in the middle of a word.
    pub(crate) fn begins_in_word(&self, folded: u8) -> bool {
        self.begins(Before::Word, folded) || self.begins(Before::Word, folded.to_ascii_uppercase())
    }

    /// Whether a match can begin with the first byte of `ahead` where this stands before it, by the next few bytes.
    pub(crate) fn may_match(&self, before: Before, ahead: &[u8]) -> bool {
        let Some((first, rest)) = ahead.split_first() else {
            return false;
        };
        let mut rest = (Before::ALL.len()..).zip(rest.iter().take(AHEAD));
        self.begins(before, *first) && rest.all(|(bit, byte)| self.beginnings(*byte) >> bit & 1 == 1)
    }

    /// What a match can begin with, as [`PackedRegex::beginnings`] says.
    pub(crate) fn beginnings(&self, byte: u8) -> u8 {
        self.beginnings.get(usize::from(byte)).copied().unwrap_or(0)
    }

    /// The state of a run that is to begin after this byte; none if nothing can match.
    pub(crate) fn start(&self, before: Option<u8>) -> Option<State> {
        let forward = self.forward.unfolded();
        let state = forward.start(Before::of(before));
        (!forward.is_dead(state)).then_some(state)
    }

    /// A run reads a byte.
    pub(crate) fn step(&self, state: State, byte: u8) -> Step {
        let forward = self.forward.unfolded();
        let next = forward.next(state, byte);
        if forward.is_match(next) {
            Step::Matched(next)
        } else if forward.is_dead(next) {
            Step::Dead
        } else {
            Step::Goes(next)
        }
    }

    /// Whether a run matches if the text ends here.
    pub(crate) fn matches_at_end(&self, state: State) -> bool {
        let forward = self.forward.unfolded();
        forward.is_match(forward.end(state))
    }

    fn end_of_match(
        &self,
        text: &[u8],
        range: Range<usize>,
        mut state: State,
        budget: &mut Budget,
    ) -> Result<Option<usize>, Exhausted> {
        let dfa = self.forward.unfolded();
        let mut end = None;
        for (at, byte) in (range.start..).zip(text.get(range.clone()).unwrap_or_default()) {
            state = dfa.next(state, *byte);
            if dfa.is_match(state) {
                end = Some(at);
            } else if dfa.is_dead(state) {
                budget.spend(at - range.start + 1)?;
                return Ok(end);
            }
        }
        state = match text.get(range.end) {
            Some(following) => dfa.next(state, *following),
            None => dfa.end(state),
        };
        budget.spend(range.len() + 1)?;
        Ok(if dfa.is_match(state) { Some(range.end) } else { end })
    }
}

fn start_of_match(dfa: &Dfa, text: &[u8], range: Range<usize>, budget: &mut Budget) -> Result<usize, Exhausted> {
    let mut state = dfa.start(Before::of(text.get(range.end).copied()));
    // INVARIANT: what the forward DFA matched, the reverse one matches; the range itself is the answer if not.
    let mut start = range.start;
    for (at, byte) in range.clone().zip(text.get(range.clone()).unwrap_or_default()).rev() {
        state = dfa.next(state, *byte);
        if dfa.is_match(state) {
            start = at + 1;
        } else if dfa.is_dead(state) {
            budget.spend(range.end - at)?;
            return Ok(start);
        }
    }
    state = match range.start.checked_sub(1).and_then(|before| text.get(before)) {
        Some(preceding) => dfa.next(state, *preceding),
        None => dfa.end(state),
    };
    budget.spend(range.len())?;
    Ok(if dfa.is_match(state) { range.start } else { start })
}

/// What a byte did to a run of a regex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Goes(State),
    /// A match ended before this byte: a DFA knows of it one byte late. A longer one may follow.
    Matched(State),
    /// No longer match follows.
    Dead,
}

/// What stands before a place.
fn before(text: &[u8], place: usize) -> Before {
    Before::of(place.checked_sub(1).and_then(|before| text.get(before)).copied())
}
