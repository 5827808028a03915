//! Several literals looked for in one go, in a few hundred bytes beside something that has been found.

/// Literals, each with a flag that says what it means. More than one may mean the same.
#[derive(Debug)]
pub(super) struct Needles {
    literals: &'static [(&'static [u8], u64)],
    /// The places of the literals, in groups by their first byte.
    order: [u8; MOST],
    /// Where in the order each group begins, and the last ends.
    groups: [u8; GROUPS + 1],
}

/// Literals, at most.
const MOST: usize = 64;

/// A letter's group is the same in either case.
const GROUPS: usize = 32;

const fn group(byte: u8) -> usize {
    (byte & 31) as usize
}

/// The flags of the literals that occur somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held(pub(super) u64);

impl Held {
    /// Whether any of some flags is among these.
    pub(super) const fn has(self, flags: u64) -> bool {
        self.0 & flags != 0
    }
}

impl Needles {
    /// Literals in lower case, [`MOST`] of them at most.
    #[expect(
        clippy::indexing_slicing,
        reason = "runs in the compiler, which tells of any mistake"
    )]
    pub(super) const fn new(literals: &'static [(&'static [u8], u64)]) -> Self {
        let mut order = [0; MOST];
        let mut groups = [0; GROUPS + 1];
        let (mut current, mut placed) = (0, 0);
        while current < GROUPS {
            let mut at = 0;
            while at < literals.len() {
                if group(literals[at].0[0]) == current {
                    order[placed] = at as u8;
                    placed += 1;
                }
                at += 1;
            }
            current += 1;
            groups[current] = placed as u8;
        }
        Self {
            literals,
            order,
            groups,
        }
    }

    /// Looks for all of them, in any case.
    pub(super) fn find(&self, text: &[u8]) -> Held {
        let mut held = 0;
        let mut rest = text;
        while let [first, tail @ ..] = rest {
            let group = group(*first);
            let start = self.groups.get(group).copied().unwrap_or(0);
            let end = self.groups.get(group + 1).copied().unwrap_or(0);
            if start < end {
                for place in self.order.get(usize::from(start)..usize::from(end)).unwrap_or_default() {
                    let Some((literal, flag)) = self.literals.get(usize::from(*place)) else {
                        continue;
                    };
                    if held & flag == 0 && starts_with(rest, literal) {
                        held |= flag;
                    }
                }
            }
            rest = tail;
        }
        Held(held)
    }
}

/// Whether a text begins with a literal in lower case, in any case.
fn starts_with(text: &[u8], literal: &[u8]) -> bool {
    match (text.first(), literal.first()) {
        (Some(here), Some(first)) if here.to_ascii_lowercase() == *first => text
            .get(..literal.len())
            .is_some_and(|here| here.eq_ignore_ascii_case(literal)),
        _ => false,
    }
}

/// Declares a module of flags and the needles that raise them: `name { FLAG = bit: literal, …; }`.
macro_rules! needles {
    ($(#[$meta:meta])* $name:ident { $($flag:ident = $bit:literal: $($literal:literal),+;)+ }) => {
        $(#[$meta])*
        mod $name {
            use $crate::detect::needles::{Held, Needles};

            $(pub(super) const $flag: u64 = 1 << $bit;)+

            static NEEDLES: Needles = Needles::new(&[$($(($literal.as_slice(), $flag),)+)+]);

            pub(super) fn find(text: &[u8]) -> Held {
                NEEDLES.find(text)
            }
        }
    };
}

pub(super) use needles;

#[cfg(test)]
mod tests {
    use super::Held;

    needles! {
        /// For the tests.
        animal {
            CAT = 0: b"cat", b"kitten";
            DOG = 3: b" dog ";
        }
    }

    #[test]
    fn every_literal_is_found_in_any_case() {
        for (text, held) in [
            ("a Cat", animal::CAT),
            ("KITTEN", animal::CAT),
            ("the dog sat on the cat", animal::CAT | animal::DOG),
            ("dogs", 0),
            ("", 0),
        ] {
            assert_eq!(animal::find(text.as_bytes()), Held(held), "{text:?}");
        }
    }
}
