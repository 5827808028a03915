//! A DFA as a table.
//!
//! `regex-automata` builds it in the control plane (`compile/automaton.rs`); here it is only run. That crate's own
//! serialised form is walked state by state when it is read and range by range when it is run; ours is copied when it
//! is read, and a step is two loads. Without it, a filter has no part of `regex-automata` in it.

use std::fmt;

#[cfg(any(feature = "compile", test))]
use serde::Serialize;

use crate::pack::LoadError;

/// Entries of a table, at most: 512 KiB of memory.
pub(crate) const MAX_ENTRIES: usize = 1 << 18;

/// Bytes after the first of a match that are looked at before a DFA is run.
pub(crate) const AHEAD: usize = u8::BITS as usize - Before::ALL.len();

/// A DFA as it travels. States are numbered; 0 is the dead one, and those that match come last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(any(feature = "compile", test), derive(Serialize))]
pub(crate) struct PackedDfa<'a> {
    /// Pairs: the last byte of a run of bytes, and their class.
    pub(crate) classes: &'a [u8],
    /// Classes, the end of the text among them: it is the last one.
    pub(crate) stride: u16,
    pub(crate) states: u16,
    /// The first state that matches.
    pub(crate) matching: u16,
    /// Where a match that begins here is looked for, by what stands before.
    pub(crate) anchored: [u16; Before::ALL.len()],
    /// Where a match that begins here or later is looked for; none if the DFA cannot do that.
    pub(crate) unanchored: Option<[u16; Before::ALL.len()]>,
    /// The next states, row by row and class by class, in runs: how many (1 byte), and the state (2 bytes, little-endian).
    pub(crate) rows: &'a [u8],
}

/// A DFA, ready to run.
pub(crate) struct Dfa {
    classes: [u8; 256],
    /// Next state for state and class.
    table: Vec<u16>,
    stride: usize,
    matching: u16,
    anchored: [u16; Before::ALL.len()],
    unanchored: Option<[u16; Before::ALL.len()]>,
}

/// What look-arounds can tell apart of what stands before a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Before {
    Nothing,
    LineFeed,
    CarriageReturn,
    Word,
    Other,
}

/// Where a DFA is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State(u16);

// === impl Before ===

impl Before {
    pub(crate) const ALL: [Self; 5] = [
        Self::Nothing,
        Self::LineFeed,
        Self::CarriageReturn,
        Self::Word,
        Self::Other,
    ];

    /// The kind of what stands before a place: a byte, or nothing at the start of a text.
    pub(crate) const fn of(byte: Option<u8>) -> Self {
        match byte {
            None => Self::Nothing,
            Some(b'\n') => Self::LineFeed,
            Some(b'\r') => Self::CarriageReturn,
            Some(byte) if byte.is_ascii_alphanumeric() || byte == b'_' => Self::Word,
            Some(_) => Self::Other,
        }
    }

    /// The kinds of all bytes, for loops over text.
    pub(crate) const OF_BYTE: [Self; 256] = {
        let mut kinds = [Self::Other; 256];
        let mut rest: &mut [Self] = &mut kinds;
        let mut byte = 0_u8;
        while let Some((kind, others)) = rest.split_first_mut() {
            *kind = Self::of(Some(byte));
            byte = byte.wrapping_add(1);
            rest = others;
        }
        kinds
    };
}

// === impl Dfa ===

impl Dfa {
    pub(crate) fn load(packed: &PackedDfa<'_>) -> Result<Self, LoadError> {
        Self::read(packed).ok_or(LoadError::Inconsistent("an automaton cannot be read"))
    }

    fn read(packed: &PackedDfa<'_>) -> Option<Self> {
        let (states, stride) = (packed.states, usize::from(packed.stride));
        let entries = usize::from(states).checked_mul(stride)?;
        let known = |starts: &[u16]| starts.iter().all(|start| *start < states);
        let starts_known = known(&packed.anchored) && packed.unanchored.is_none_or(|starts| known(&starts));
        if entries == 0 || entries > MAX_ENTRIES || !starts_known {
            return None;
        }
        let mut table = Vec::with_capacity(entries);
        let (runs, rest) = packed.rows.as_chunks::<3>();
        for [count, low, high] in runs {
            let next = u16::from_le_bytes([*low, *high]);
            if next >= states {
                return None;
            }
            table.resize(table.len().checked_add(usize::from(*count))?, next);
        }
        (table.len() == entries && rest.is_empty()).then_some(Self {
            classes: read_classes(packed)?,
            table,
            stride,
            matching: packed.matching,
            anchored: packed.anchored,
            unanchored: packed.unanchored,
        })
    }

    /// The state in which a match that begins here is looked for.
    pub(crate) fn start(&self, before: Before) -> State {
        // INVARIANT: there is a state for each kind; the dead one finds nothing.
        State(self.anchored.get(before as usize).copied().unwrap_or(0))
    }

    /// The state in which a match that begins here or later is looked for.
    pub(crate) fn seek(&self, before: Before) -> Option<State> {
        self.unanchored?.get(before as usize).copied().map(State)
    }

    /// The state after a byte.
    #[inline]
    pub(crate) fn next(&self, state: State, byte: u8) -> State {
        let class = self.classes.get(usize::from(byte)).copied().unwrap_or(0);
        self.step(state, usize::from(class))
    }

    /// The state after the end of the text.
    pub(crate) fn end(&self, state: State) -> State {
        self.step(state, self.stride - 1)
    }

    #[inline]
    fn step(&self, state: State, class: usize) -> State {
        // INVARIANT: every state has a row; the dead one is a safe answer.
        let next = self.table.get(usize::from(state.0) * self.stride + class);
        State(next.copied().unwrap_or(0))
    }

    /// Whether a match ended before the last byte: a DFA knows of it one byte late, having looked at what follows.
    #[inline]
    pub(crate) fn is_match(&self, state: State) -> bool {
        state.0 >= self.matching
    }

    /// Whether no match, or no longer one, can follow.
    #[inline]
    pub(crate) fn is_dead(&self, state: State) -> bool {
        state.0 == 0
    }

    /// By byte: a bit for each [`Before`] after which a match can begin with it, and then one for each of the [`AHEAD`]
    /// places after the first byte at which it can stand, or anything can as a match has ended.
    pub(crate) fn beginnings(&self) -> [u8; 256] {
        let mut of_class = [0_u8; 256];
        let mut reached = States::none(self);
        for before in Before::ALL {
            let start = self.start(before);
            for (class, bits) in of_class.iter_mut().enumerate().take(self.stride - 1) {
                let next = self.step(start, class);
                *bits |= u8::from(!self.is_dead(next)) << before as u8;
                reached.add(next);
            }
        }
        let mut ended = false;
        for place in 0..AHEAD {
            ended |= reached.list.iter().any(|state| self.is_match(*state));
            let mut further = States::none(self);
            for (class, bits) in of_class.iter_mut().enumerate().take(self.stride - 1) {
                let mut live = ended;
                for state in &reached.list {
                    let next = self.step(*state, class);
                    live |= !self.is_dead(next);
                    further.add(next);
                }
                *bits |= u8::from(live) << (Before::ALL.len() + place);
            }
            reached = further;
        }
        self.classes
            .map(|class| of_class.get(usize::from(class)).copied().unwrap_or(0))
    }
}

/// Some of a DFA's states, each once, without the dead one.
struct States {
    list: Vec<State>,
    known: Vec<bool>,
}

impl States {
    fn none(dfa: &Dfa) -> Self {
        let states = dfa.table.len().checked_div(dfa.stride).unwrap_or(0);
        Self {
            list: Vec::new(),
            known: vec![false; states],
        }
    }

    fn add(&mut self, state: State) {
        if let Some(known) = self.known.get_mut(usize::from(state.0))
            && state.0 != 0
            && !*known
        {
            *known = true;
            self.list.push(state);
        }
    }
}

impl fmt::Debug for Dfa {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let states = self.table.len().checked_div(self.stride);
        let mut shown = formatter.debug_struct("Dfa");
        shown.field("states", &states).field("classes", &self.stride);
        shown.finish_non_exhaustive()
    }
}

fn read_classes(packed: &PackedDfa<'_>) -> Option<[u8; 256]> {
    let mut classes = [0_u8; 256];
    let mut next = 0_usize;
    let (runs, rest) = packed.classes.as_chunks::<2>();
    for [last, class] in runs {
        // The end of the text is the last class, and no byte is of it.
        if u16::from(*class) + 1 >= packed.stride {
            return None;
        }
        classes.get_mut(next..=usize::from(*last))?.fill(*class);
        next = usize::from(*last) + 1;
    }
    (next == classes.len() && rest.is_empty()).then_some(classes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds `ab` at a place, and knows it by the byte after: dead, begun, half, whole; a, b, other, the end.
    fn packed() -> (Vec<u8>, Vec<u8>) {
        let rows: [[u16; 4]; 5] = [[0; 4], [2, 0, 0, 0], [0, 3, 0, 0], [4; 4], [0; 4]];
        let runs = rows.iter().flatten().flat_map(|next| {
            let [low, high] = next.to_le_bytes();
            [1, low, high]
        });
        (vec![b'a' - 1, 2, b'a', 0, b'b', 1, u8::MAX, 2], runs.collect())
    }

    fn of<'a>(classes: &'a [u8], rows: &'a [u8]) -> PackedDfa<'a> {
        PackedDfa {
            classes,
            stride: 4,
            states: 5,
            matching: 4,
            anchored: [1; 5],
            unanchored: None,
            rows,
        }
    }

    #[test]
    fn a_match_is_known_one_byte_late() {
        let (classes, rows) = packed();
        let dfa = Dfa::load(&of(&classes, &rows)).unwrap();
        for (text, expected) in [("ab", true), ("abx", true), ("a", false), ("ax", false), ("b", false)] {
            let run = text.bytes().try_fold(dfa.start(Before::Nothing), |state, byte| {
                let next = dfa.next(state, byte);
                if dfa.is_match(next) { Err(()) } else { Ok(next) }
            });
            let matched = run.map_or(true, |state| dfa.is_match(dfa.end(state)));
            assert_eq!(matched, expected, "{text}");
        }
        assert_eq!(dfa.seek(Before::Nothing), None);
        let beginnings = dfa.beginnings();
        let of = |byte: u8| beginnings[usize::from(byte)];
        assert_eq!((of(b'a'), of(b'b'), of(b'x')), (0b1101_1111, 0b1110_0000, 0b1100_0000));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let (classes, rows) = packed();
        let right = of(&classes, &rows);
        assert!(Dfa::load(&right).is_ok());
        let wrong = [
            PackedDfa {
                states: 4,
                ..right.clone()
            },
            PackedDfa {
                states: 6,
                ..right.clone()
            },
            PackedDfa {
                stride: 3,
                ..right.clone()
            },
            PackedDfa {
                stride: 0,
                ..right.clone()
            },
            PackedDfa {
                states: u16::MAX,
                stride: u16::MAX,
                ..right.clone()
            },
            PackedDfa {
                anchored: [1, 1, 1, 1, 5],
                ..right.clone()
            },
            PackedDfa {
                unanchored: Some([9; 5]),
                ..right.clone()
            },
            PackedDfa {
                rows: &rows[..rows.len() - 1],
                ..right.clone()
            },
            PackedDfa {
                rows: &rows[3..],
                ..right.clone()
            },
            PackedDfa {
                classes: &classes[..6],
                ..right.clone()
            },
            PackedDfa {
                classes: &[u8::MAX, 3],
                ..right.clone()
            },
            PackedDfa {
                classes: &[9, 0, 5, 1, u8::MAX, 0],
                ..right.clone()
            },
        ];
        for packed in wrong {
            assert!(Dfa::load(&packed).is_err(), "{packed:?}");
        }
    }

    #[test]
    fn what_stands_before_is_told_apart_as_look_arounds_do() {
        for (byte, before) in [
            (None, Before::Nothing),
            (Some(b'\n'), Before::LineFeed),
            (Some(b'\r'), Before::CarriageReturn),
            (Some(b'_'), Before::Word),
            (Some(b'Z'), Before::Word),
            (Some(b' '), Before::Other),
            (Some(0xc3), Before::Other),
        ] {
            assert_eq!(Before::of(byte), before);
            assert_eq!(Before::ALL[before as usize], before);
        }
    }
}
