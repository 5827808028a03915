//! A regex's automaton as a table: built by `regex-automata`, numbered and packed by us.

use std::collections::{BTreeMap, BTreeSet};

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::alphabet::ByteClasses;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::Hir;

use super::error::Problem;
use super::kinds;
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

/// The states that can be reached, each once of those that are alike, renumbered: the dead one first, those that match
/// last.
struct Table<'d> {
    /// Columns of the rows by byte.
    columns: &'d ByteClasses,
    /// The next states by column; the last column is the end of the text.
    rows: Vec<Vec<u16>>,
    matching: u16,
    anchored: [u16; Before::ALL.len()],
    unanchored: Option<[u16; Before::ALL.len()]>,
}

impl<'d> Table<'d> {
    /// None if there are too many states.
    fn of(dfa: &'d dense::DFA<Vec<u32>>, direction: Direction) -> Option<Self> {
        let starts = |anchored| {
            Before::ALL.map(|before| {
                let config = start::Config::new().look_behind(before.example()).anchored(anchored);
                let start = dfa.start_state(&config).ok();
                start.filter(|start| !is_dead(dfa, *start))
            })
        };
        let anchored = starts(Anchored::Yes);
        let unanchored = (direction == Direction::Forward).then(|| starts(Anchored::No));
        let begin = anchored.iter().chain(unanchored.iter().flatten()).flatten();
        let reached = reach(dfa, begin.copied().collect());
        let places: BTreeMap<StateID, usize> = reached.keys().copied().zip(1..).collect();
        let place = |state: &StateID| places.get(state).copied().unwrap_or(DEAD);
        let columns = dfa.byte_classes();
        let dead = std::iter::once((false, vec![DEAD; columns.alphabet_len()]));
        let live = reached
            .iter()
            .map(|(state, row)| (dfa.is_match_state(*state), row.iter().map(place).collect()));
        let (matches, rows): (Vec<bool>, Vec<Vec<usize>>) = dead.chain(live).unzip();
        let kinds = kinds::of(&matches, &rows);
        let numbers = number(&matches, &kinds)?;
        let of_place = |place: usize| numbers.of_kind.get(*kinds.get(place)?).copied();
        let of_start = |start: Option<StateID>| start.and_then(|start| of_place(place(&start))).unwrap_or(0);
        let row = |place: &usize| {
            let row = rows.get(*place).into_iter().flatten();
            row.map(|next| of_place(*next).unwrap_or(0)).collect()
        };
        Some(Self {
            columns,
            rows: numbers.places.iter().map(row).collect(),
            matching: numbers.matching,
            anchored: anchored.map(of_start),
            unanchored: unanchored.map(|starts| starts.map(of_start)),
        })
    }

    /// None if the table is too large.
    fn pack(&self) -> Option<OwnedDfa> {
        let mut known: BTreeMap<Vec<u16>, u8> = BTreeMap::new();
        let mut members: Vec<usize> = Vec::new();
        let mut classes: Vec<u8> = Vec::new();
        let class_of_column: Vec<u8> = (0..self.columns.alphabet_len() - 1)
            .map(|column| {
                // At most 256 columns, numbered from 0.
                let next = u8::try_from(known.len()).unwrap_or(u8::MAX);
                let class = *known.entry(self.column(column)).or_insert(next);
                if usize::from(class) == members.len() {
                    members.push(column);
                }
                class
            })
            .collect();
        for byte in 0..=u8::MAX {
            let class = class_of_column.get(usize::from(self.columns.get(byte)));
            let class = class.copied().unwrap_or(0);
            match classes.as_mut_slice() {
                [.., last, known] if *known == class => *last = byte,
                _ => classes.extend([byte, class]),
            }
        }
        members.push(self.columns.alphabet_len() - 1);
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

    fn column(&self, column: usize) -> Vec<u16> {
        let entries = self.rows.iter().map(|row| row.get(column).copied());
        entries.map(Option::unwrap_or_default).collect()
    }

    /// The table by class, in runs of equal entries that may go on from row to row.
    fn runs(&self, members: &[usize]) -> Vec<u8> {
        let entries = self.rows.iter().flat_map(|row| {
            let entry = |column: &usize| row.get(*column).copied().unwrap_or(0);
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

/// Place of the dead state among those that are reached.
const DEAD: usize = 0;

fn is_dead(dfa: &dense::DFA<Vec<u32>>, state: StateID) -> bool {
    dfa.is_dead_state(state) || dfa.is_quit_state(state)
}

/// Every live state that can be reached, and where each column leads from it.
fn reach(dfa: &dense::DFA<Vec<u32>>, mut waiting: Vec<StateID>) -> BTreeMap<StateID, Vec<StateID>> {
    let mut bytes = [0; 256];
    let columns = dfa.byte_classes();
    for byte in (0..=u8::MAX).rev() {
        if let Some(example) = bytes.get_mut(usize::from(columns.get(byte))) {
            *example = byte;
        }
    }
    let bytes = bytes.get(..columns.alphabet_len() - 1).unwrap_or_default();
    let mut reached = BTreeMap::new();
    while let Some(state) = waiting.pop() {
        if is_dead(dfa, state) || reached.contains_key(&state) {
            continue;
        }
        let row = bytes.iter().map(|byte| dfa.next_state(state, *byte));
        let row: Vec<StateID> = row.chain([dfa.next_eoi_state(state)]).collect();
        waiting.extend(row.iter().filter(|next| !reached.contains_key(*next)));
        reached.insert(state, row);
    }
    reached
}

/// What states of each kind are called in the table.
struct Numbers {
    of_kind: Vec<u16>,
    /// By number: where a state of the kind is.
    places: Vec<usize>,
    /// The first number of a kind that matches.
    matching: u16,
}

/// None if there are too many kinds.
fn number(matches: &[bool], kinds: &[usize]) -> Option<Numbers> {
    let mut known = BTreeSet::new();
    // In the order of their first states, so that the dead one's is first.
    let first = (0..kinds.len()).zip(kinds).filter(|(_, kind)| known.insert(**kind));
    let (matching, plain): (Vec<usize>, Vec<usize>) = first
        .map(|(place, _)| place)
        .partition(|place| matches.get(*place) == Some(&true));
    let mut of_kind = vec![0; known.len()];
    for (number, place) in (0_u16..u16::MAX).zip(plain.iter().chain(&matching)) {
        if let Some(slot) = kinds.get(*place).and_then(|kind| of_kind.get_mut(*kind)) {
            *slot = number;
        }
    }
    (known.len() < usize::from(u16::MAX)).then_some(Numbers {
        of_kind,
        matching: u16::try_from(plain.len()).ok()?,
        places: [plain, matching].concat(),
    })
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
