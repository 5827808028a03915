//! What of a text's end may be the beginning of a literal.
//!
//! The state of the automaton stands for the longest end of the text that is a prefix of some literal. Literals that
//! call for no action need not be waited for, and one that must begin at the edge of a word may stand in the middle of
//! one. So the shorter ends of the text are looked at as well, by the links along which the automaton falls back.

use crate::automaton::Automaton;
use crate::fold::fold;

/// By state of the automaton: the prefix it stands for.
#[derive(Debug)]
pub(super) struct Prefixes(Vec<Prefix>);

#[derive(Clone, Copy, Debug, Default)]
struct Prefix {
    /// The state of the longest end of this prefix that is one as well.
    shorter: u32,
    /// Bytes other than spaces.
    letters: u16,
    /// Whether it begins a literal that is waited for, wherever it stands.
    anywhere: bool,
    /// Whether it begins one that is waited for where no ASCII letter or digit stands before it.
    at_edge: bool,
}

/// Where a literal is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Nowhere: nothing is held back for it.
    Never,
    AtEdge,
    Anywhere,
}

impl Prefixes {
    /// The prefixes of all literals of the automaton.
    pub(super) fn of<'a>(automaton: &Automaton, literals: impl Iterator<Item = (&'a [u8], Wait)>) -> Self {
        let mut prefixes = vec![Prefix::default(); automaton.states()];
        for (literal, wait) in literals {
            let (mut state, mut shorter, mut letters) = (Automaton::ROOT, Automaton::ROOT, 0_u16);
            for (place, byte) in literal.iter().enumerate() {
                if place > 0 {
                    shorter = automaton.step(shorter, *byte);
                }
                state = automaton.step(state, *byte);
                letters = letters.saturating_add(u16::from(*byte != b' '));
                let Some(prefix) = prefixes.get_mut(automaton.number(state)) else {
                    break;
                };
                (prefix.shorter, prefix.letters) = (shorter, letters);
                // The whole literal is no beginning any more.
                if place + 1 < literal.len() {
                    prefix.anywhere |= wait == Wait::Anywhere;
                    prefix.at_edge |= wait == Wait::AtEdge;
                }
            }
        }
        Self(prefixes)
    }

    /// Where in `text`, after which the automaton is in `state`, a literal that is waited for may have begun.
    pub(super) fn live(&self, automaton: &Automaton, state: u32, text: &[u8]) -> Option<usize> {
        let mut state = state;
        while state != Automaton::ROOT {
            let prefix = self.0.get(automaton.number(state))?;
            if prefix.anywhere || prefix.at_edge {
                let start = start_of(text, usize::from(prefix.letters))?;
                let before = start.checked_sub(1).and_then(|before| text.get(before));
                if prefix.anywhere || !before.is_some_and(u8::is_ascii_alphanumeric) {
                    return Some(start);
                }
            }
            state = prefix.shorter;
        }
        None
    }
}

/// Where the last so many bytes other than whitespace begin; the start of the text if there are fewer.
fn start_of(text: &[u8], letters: usize) -> Option<usize> {
    let mut before = text.iter().enumerate().rev().filter(|(_, byte)| fold(**byte) != b' ');
    let start = before.nth(letters.checked_sub(1)?);
    Some(start.map_or(0, |(start, _)| start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_end_that_may_become_a_literal_is_live() {
        let literals: [(&[u8], Wait); 5] = [
            (b"ignore all rules", Wait::AtEdge),
            (b"all right", Wait::Never),
            (b"sk-ant-", Wait::Anywhere),
            (b"re all is", Wait::Anywhere),
            (b"\"quoted", Wait::Anywhere),
        ];
        let bytes: Vec<&[u8]> = literals.iter().map(|(literal, _)| *literal).collect();
        let automaton = Automaton::of(&bytes);
        let prefixes = Prefixes::of(&automaton, literals.into_iter());
        for (text, live) in [
            ("", None),
            ("hello", None),
            ("we i", Some("i")),
            ("we wi", None),
            ("Ignore", Some("Ignore")),
            ("so ignore \n  ALL", Some("ignore \n  ALL")),
            ("restignore  all", Some("re  all")),
            ("xignore all ru", None),
            ("x all rig", None),
            ("task", Some("sk")),
            ("ignore all rules", Some("s")),
            ("ignore all i", Some("re all i")),
            ("say \"quo", Some("\"quo")),
        ] {
            let state = text
                .bytes()
                .fold(Automaton::ROOT, |state, byte| automaton.step(state, byte));
            let found = prefixes.live(&automaton, state, text.as_bytes());
            assert_eq!(found.map(|start| &text[start..]), live, "{text:?}");
        }
    }
}
