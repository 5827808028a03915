//! A DFA as a table.
//!
//! `regex-automata` builds it in the control plane (`compile/automaton.rs`); here it is only run. That crate's own
//! serialised form is walked state by state when it is read and range by range when it is run; ours is checked when it
//! is read and unfolded when it is first run, which most of a pack never are, and a step is two loads. Without it, a
//! filter has no part of `regex-automata` in it.

#[cfg(any(feature = "compile", test))]
mod beginnings;

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::OnceLock;

#[cfg(any(feature = "compile", test))]
use serde::Serialize;

use crate::pack::LoadError;

/// Entries of a table, at most: 512 KiB of memory.
pub(crate) const MAX_ENTRIES: usize = 1 << 18;

pub(crate) const UNREADABLE: LoadError = LoadError::Inconsistent("an automaton cannot be read");

/// Bytes after the first of a match that are looked at before a DFA is run.
pub(crate) const AHEAD: usize = u8::BITS as usize - Before::ALL.len();

/// A DFA as it travels. States are numbered; 0 is the dead one, and those that match come last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(any(feature = "compile", test), derive(Serialize))]
pub(crate) struct PackedDfa<B> {
    /// Pairs: the last byte of a run of bytes, and their class.
    pub(crate) classes: B,
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
    pub(crate) rows: B,
}

/// A DFA whose parts fit each other, to be unfolded when it is first run.
pub(crate) struct FoldedDfa {
    packed: PackedDfa<Box<[u8]>>,
    unfolded: OnceLock<Box<Dfa>>,
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

// === impl PackedDfa ===

impl<B: AsRef<[u8]>> PackedDfa<B> {
    /// Calls `run` with how many entries of the table in a row are the same, and what they are.
    fn each_run(&self, run: &mut dyn FnMut(usize, u16)) {
        let (runs, _) = self.rows.as_ref().as_chunks::<3>();
        for [count, low, high] in runs {
            run(usize::from(*count), u16::from_le_bytes([*low, *high]));
        }
    }

    /// Calls `run` with bytes in a row that have the same class.
    fn each_class(&self, run: &mut dyn FnMut(RangeInclusive<usize>, u8)) {
        let (runs, _) = self.classes.as_ref().as_chunks::<2>();
        let mut next = 0;
        for [last, class] in runs {
            run(next..=usize::from(*last), *class);
            next = usize::from(*last) + 1;
        }
    }

    /// By byte what is given by class of bytes; none if that is not for each class.
    pub(crate) fn by_byte(&self, by_class: &[u8]) -> Option<[u8; 256]> {
        if by_class.len() + 1 != usize::from(self.stride) {
            return None;
        }
        let mut by_byte = [0; 256];
        self.each_class(&mut |bytes, class| {
            if let Some(slots) = by_byte.get_mut(bytes) {
                slots.fill(by_class.get(usize::from(class)).copied().unwrap_or(0));
            }
        });
        Some(by_byte)
    }

    /// Whether the parts fit each other.
    fn is_sound(&self) -> bool {
        let entries = usize::from(self.states) * usize::from(self.stride);
        let known = |starts: &[u16]| starts.iter().all(|start| *start < self.states);
        let starts_known = known(&self.anchored) && self.unanchored.is_none_or(|starts| known(&starts));
        let (mut runs_known, mut sum) = (true, 0);
        self.each_run(&mut |count, next| {
            runs_known &= next < self.states;
            sum = usize::saturating_add(sum, count);
        });
        let (mut classes_known, mut bytes) = (true, 0);
        self.each_class(&mut |range, class| {
            // The end of the text is the last class, and no byte is of it.
            classes_known &= u16::from(class) + 1 < self.stride && !range.is_empty();
            bytes += range.count();
        });
        let whole = self.rows.as_ref().len().is_multiple_of(3) && self.classes.as_ref().len().is_multiple_of(2);
        let sizes_fit = (1..=MAX_ENTRIES).contains(&entries) && sum == entries && bytes == 256;
        starts_known && runs_known && classes_known && whole && sizes_fit
    }
}

// === impl FoldedDfa ===

impl FoldedDfa {
    pub(crate) fn load(packed: &PackedDfa<&[u8]>) -> Result<Self, LoadError> {
        if !packed.is_sound() {
            return Err(UNREADABLE);
        }
        Ok(Self {
            packed: PackedDfa {
                classes: packed.classes.into(),
                stride: packed.stride,
                states: packed.states,
                matching: packed.matching,
                anchored: packed.anchored,
                unanchored: packed.unanchored,
                rows: packed.rows.into(),
            },
            unfolded: OnceLock::new(),
        })
    }

    /// The DFA, unfolded now if it was not before.
    pub(crate) fn unfolded(&self) -> &Dfa {
        self.unfolded.get_or_init(|| Box::new(Dfa::unfold(&self.packed)))
    }
}

impl fmt::Debug for FoldedDfa {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("FoldedDfa");
        shown
            .field("states", &self.packed.states)
            .field("classes", &self.packed.stride);
        shown.finish_non_exhaustive()
    }
}

// === impl Dfa ===

impl Dfa {
    fn unfold<B: AsRef<[u8]>>(packed: &PackedDfa<B>) -> Self {
        let mut table = Vec::with_capacity(usize::from(packed.states) * usize::from(packed.stride));
        packed.each_run(&mut |count, next| table.resize(table.len() + count, next));
        let mut classes = [0; 256];
        packed.each_class(&mut |bytes, class| {
            if let Some(bytes) = classes.get_mut(bytes) {
                bytes.fill(class);
            }
        });
        Self {
            classes,
            table,
            stride: usize::from(packed.stride),
            matching: packed.matching,
            anchored: packed.anchored,
            unanchored: packed.unanchored,
        }
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

    fn of<'a>(classes: &'a [u8], rows: &'a [u8]) -> PackedDfa<&'a [u8]> {
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
        let packed = of(&classes, &rows);
        let folded = FoldedDfa::load(&packed).unwrap();
        let dfa = folded.unfolded();
        for (text, expected) in [("ab", true), ("abx", true), ("a", false), ("ax", false), ("b", false)] {
            let run = text.bytes().try_fold(dfa.start(Before::Nothing), |state, byte| {
                let next = dfa.next(state, byte);
                if dfa.is_match(next) { Err(()) } else { Ok(next) }
            });
            let matched = run.map_or(true, |state| dfa.is_match(dfa.end(state)));
            assert_eq!(matched, expected, "{text}");
        }
        assert_eq!(dfa.seek(Before::Nothing), None);
        let beginnings = packed.by_byte(&packed.beginnings()).unwrap();
        assert_eq!(packed.by_byte(&packed.beginnings()[1..]), None);
        let of = |byte: u8| beginnings[usize::from(byte)];
        assert_eq!((of(b'a'), of(b'b'), of(b'x')), (0b1101_1111, 0b1110_0000, 0b1100_0000));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let (classes, rows) = packed();
        let right = of(&classes, &rows);
        assert!(FoldedDfa::load(&right).is_ok());
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
            assert!(FoldedDfa::load(&packed).is_err(), "{packed:?}");
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
