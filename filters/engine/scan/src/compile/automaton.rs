//! A regex's automaton as a table: built by `regex-automata`, numbered and packed by us.

use std::collections::BTreeMap;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::Hir;

use super::error::Problem;
use crate::dfa::{Before, MAX_ENTRIES, PackedDfa};

/// Bytes of an automaton while it is built, at most.
const DENSE_LIMIT: usize = 1 << 20;
/// Bytes of an automaton in the pack, at most.
const PACKED_LIMIT: usize = 64 << 10;

/// Which way an automaton goes over a text, and where it may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// Forward, for a match that begins at a given byte.
    ForwardAnchored,
    /// Forward, for a match that begins there or later, too.
    Forward,
    /// Backward from the end of a match, for where it begins.
    Reverse,
}

/// A packed automaton that owns its bytes.
pub(super) type OwnedDfa = PackedDfa<Vec<u8>>;

impl OwnedDfa {
    pub(super) fn by_ref(&self) -> PackedDfa<&[u8]> {
        PackedDfa {
            classes: &self.classes,
            stride: self.stride,
            states: self.states,
            matching: self.matching,
            anchored: self.anchored,
            unanchored: self.unanchored,
            rows: &self.rows,
        }
    }

    /// Bytes in the pack, near enough.
    pub(super) fn size(&self) -> usize {
        self.classes.len() + self.rows.len()
    }
}

pub(super) fn build(hir: &Hir, direction: Direction) -> Result<OwnedDfa, Problem> {
    let dfa = dense(hir, direction)?;
    let table = Table::of(&dfa, direction).ok_or(Problem::TooLarge)?;
    let packed = table.pack().ok_or(Problem::TooLarge)?;
    if packed.size() > PACKED_LIMIT {
        return Err(Problem::TooLarge);
    }
    Ok(packed)
}

fn dense(hir: &Hir, direction: Direction) -> Result<dense::DFA<Vec<u32>>, Problem> {
    let nfa = thompson::Compiler::new()
        .configure(
            thompson::Config::new()
                .utf8(false)
                .reverse(direction == Direction::Reverse)
                .nfa_size_limit(Some(DENSE_LIMIT))
                .which_captures(WhichCaptures::None),
        )
        .build_from_hir(hir)
        .map_err(|error| {
            if error.size_limit().is_some() {
                Problem::TooLarge
            } else {
                Problem::Unicode
            }
        })?;
    let (start, kind) = match direction {
        Direction::ForwardAnchored => (StartKind::Anchored, MatchKind::LeftmostFirst),
        Direction::Forward => (StartKind::Both, MatchKind::LeftmostFirst),
        Direction::Reverse => (StartKind::Anchored, MatchKind::All),
    };
    dense::Builder::new()
        .configure(
            dense::Config::new()
                .accelerate(false)
                .minimize(true)
                .start_kind(start)
                .match_kind(kind)
                .dfa_size_limit(Some(DENSE_LIMIT))
                .determinize_size_limit(Some(4 * DENSE_LIMIT)),
        )
        .build_from_nfa(&nfa)
        .map_err(|error| {
            if error.is_size_limit_exceeded() {
                Problem::TooLarge
            } else {
                Problem::Unicode
            }
        })
}

/// Symbols: the bytes and the end of the text.
const SYMBOLS: usize = 257;

/// The states that can be reached, renumbered: the dead one first, those that match last.
struct Table {
    /// The next states by symbol.
    rows: Vec<Vec<u16>>,
    matching: u16,
    anchored: [u16; Before::ALL.len()],
    unanchored: Option<[u16; Before::ALL.len()]>,
}

impl Table {
    /// None if there are too many states.
    fn of(dfa: &dense::DFA<Vec<u32>>, direction: Direction) -> Option<Self> {
        let starts = |anchored| {
            Before::ALL.map(|before| {
                let config = start::Config::new().look_behind(before.example()).anchored(anchored);
                dfa.start_state(&config).ok()
            })
        };
        let anchored = starts(Anchored::Yes);
        let unanchored = (direction == Direction::Forward).then(|| starts(Anchored::No));
        let begin = anchored.iter().chain(unanchored.iter().flatten()).flatten();
        let reached = reach(dfa, begin.copied().collect())?;
        let is_live = |state: &&StateID| !dfa.is_dead_state(**state) && !dfa.is_quit_state(**state);
        let (matching, plain): (Vec<StateID>, Vec<StateID>) = reached
            .keys()
            .filter(is_live)
            .partition(|state| dfa.is_match_state(**state));
        let order: Vec<StateID> = plain.iter().chain(&matching).copied().collect();
        let numbers: BTreeMap<StateID, u16> = order.iter().copied().zip(1_u16..).collect();
        if numbers.len() != order.len() || order.len() >= usize::from(u16::MAX) {
            return None;
        }
        let number = |state: &StateID| numbers.get(state).copied().unwrap_or(0);
        let number_all =
            |starts: [Option<StateID>; Before::ALL.len()]| starts.map(|start| start.as_ref().map_or(0, number));
        let rows = order.iter().filter_map(|state| reached.get(state));
        let dead = vec![0; SYMBOLS];
        Some(Self {
            rows: std::iter::once(dead)
                .chain(rows.map(|row| row.iter().map(number).collect()))
                .collect(),
            matching: u16::try_from(plain.len() + 1).ok()?,
            anchored: number_all(anchored),
            unanchored: unanchored.map(number_all),
        })
    }

    /// None if the table is too large.
    fn pack(&self) -> Option<OwnedDfa> {
        let mut columns: BTreeMap<Vec<u16>, u8> = BTreeMap::new();
        let mut members: Vec<usize> = Vec::new();
        let mut classes: Vec<u8> = Vec::new();
        for byte in 0..=u8::MAX {
            let column = self.column(usize::from(byte));
            // At most 256 columns, numbered from 0.
            let next = u8::try_from(columns.len()).unwrap_or(u8::MAX);
            let class = *columns.entry(column).or_insert(next);
            if usize::from(class) == members.len() {
                members.push(usize::from(byte));
            }
            match classes.as_mut_slice() {
                [.., last, known] if *known == class => *last = byte,
                _ => classes.extend([byte, class]),
            }
        }
        members.push(SYMBOLS - 1);
        if self.rows.len() * members.len() > MAX_ENTRIES {
            return None;
        }
        Some(OwnedDfa {
            classes,
            stride: u16::try_from(members.len()).ok()?,
            states: u16::try_from(self.rows.len()).ok()?,
            matching: self.matching,
            anchored: self.anchored,
            unanchored: self.unanchored,
            rows: self.runs(&members),
        })
    }

    fn column(&self, symbol: usize) -> Vec<u16> {
        let entries = self.rows.iter().map(|row| row.get(symbol).copied());
        entries.map(Option::unwrap_or_default).collect()
    }

    /// The table by class, in runs of equal entries that may go on from row to row.
    fn runs(&self, members: &[usize]) -> Vec<u8> {
        let entries = self.rows.iter().flat_map(|row| {
            let entry = |symbol: &usize| row.get(*symbol).copied().unwrap_or(0);
            members.iter().map(entry)
        });
        let mut runs: Vec<[u8; 3]> = Vec::new();
        for entry in entries {
            let [low, high] = entry.to_le_bytes();
            match runs.last_mut() {
                Some([count, known_low, known_high])
                    if (*known_low, *known_high) == (low, high) && *count < u8::MAX =>
                {
                    *count += 1;
                }
                _ => runs.push([1, low, high]),
            }
        }
        runs.concat()
    }
}

/// Every state that can be reached, and where each symbol leads from it; none if that is too large a table.
fn reach(dfa: &dense::DFA<Vec<u32>>, mut waiting: Vec<StateID>) -> Option<BTreeMap<StateID, Vec<StateID>>> {
    let mut reached = BTreeMap::new();
    while let Some(state) = waiting.pop() {
        if reached.contains_key(&state) {
            continue;
        }
        let bytes = (0..=u8::MAX).map(|byte| dfa.next_state(state, byte));
        let row: Vec<StateID> = bytes.chain([dfa.next_eoi_state(state)]).collect();
        waiting.extend(row.iter().filter(|next| !reached.contains_key(*next)));
        reached.insert(state, row);
        if reached.len() >= usize::from(u16::MAX) {
            return None;
        }
    }
    Some(reached)
}

impl Before {
    /// A byte of the kind.
    const fn example(self) -> Option<u8> {
        match self {
            Self::Nothing => None,
            Self::LineFeed => Some(b'\n'),
            Self::CarriageReturn => Some(b'\r'),
            Self::Word => Some(b'a'),
            Self::Other => Some(b' '),
        }
    }
}
