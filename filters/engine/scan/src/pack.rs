//! The bytes between control plane and filter: magic, checksum, then [`Contents`] in postcard.
//!
//! The checksum is against accidents. Against malice there is nothing to protect: who can write a pack can write a
//! policy. Loading still trusts no number in it.

mod read;

use bartizan_verdict::{Action, Category};
#[cfg(any(feature = "compile", test))]
use serde::Serialize;

use crate::dfa::PackedDfa;
use crate::undo::PackedTables;
use read::{Read, Reader};

/// First bytes of every pack; the last one is the version of the format.
const MAGIC: [u8; 4] = *b"BZPA";
#[cfg(any(feature = "compile", test))]
const HEADER: usize = MAGIC.len() + size_of::<u64>();

/// Why a pack could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Other bytes than a pack of this version.
    #[error("not a rule pack of this version")]
    Magic,
    /// Bytes were lost or changed on the way.
    #[error("the rule pack is damaged")]
    Damaged,
    /// The parts do not fit each other; the pack was not written by this version's compiler.
    #[error("the rule pack is inconsistent: {0}")]
    Inconsistent(&'static str),
}

/// Everything a scanner needs, as it travels.
#[derive(Debug, Default)]
#[cfg_attr(any(feature = "compile", test), derive(Serialize))]
pub(crate) struct Contents<'a> {
    pub(crate) rules: Vec<PackedRule<'a>>,
    pub(crate) literals: Vec<PackedLiteral<'a>>,
    pub(crate) trie: PackedTrie<'a>,
    pub(crate) regexes: Vec<PackedRegex<'a>>,
    /// Lists of words that must, or must not, stand near a match; see [`crate::nearby`].
    pub(crate) words: Vec<Vec<&'a [u8]>>,
    /// What is not written in rules but built in, where rules switch it on.
    pub(crate) detectors: Vec<PackedDetector<'a>>,
    /// What the detectors of attacks on tools have learnt together; empty without them.
    pub(crate) attacks: &'a [u8],
    /// Texts that are never findings, folded and sorted.
    pub(crate) allowed: Vec<&'a [u8]>,
    /// What undoing disguises knows.
    pub(crate) undoing: PackedTables<'a>,
}

#[derive(Debug)]
#[cfg_attr(any(feature = "compile", test), derive(Serialize))]
pub(crate) struct PackedRule<'a> {
    pub(crate) id: &'a str,
    /// Place in [`Category::ALL`].
    pub(crate) category: u8,
    /// Place in [`Action::ALL`].
    pub(crate) action: u8,
    pub(crate) owasp: Vec<&'a str>,
    pub(crate) placeholder: &'a str,
    /// In hundredths; of detectors' rules it means nothing.
    pub(crate) score: u8,
}

/// A folded literal and what its occurrence means.
#[derive(Debug)]
#[cfg_attr(any(feature = "compile", test), derive(Serialize))]
pub(crate) struct PackedLiteral<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) meaning: Meaning,
}

/// The literals as they share beginnings.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(any(feature = "compile", test), derive(Serialize))]
pub(crate) struct PackedTrie<'a> {
    /// Class of each byte; bytes that no literal has share class 0.
    pub(crate) classes: &'a [u8],
    /// Each a [`PackedNode`], in breadth-first order: children of a node stand together, in the order of their parents.
    pub(crate) nodes: &'a [u8],
    /// For each literal the node in which it ends, in two bytes; the root for an empty one.
    pub(crate) ends: &'a [u8],
}

/// What some of the literals begin with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedNode {
    /// The class that leads here from the parent.
    pub(crate) class: u8,
    pub(crate) children: u8,
    /// The longest proper suffix that is a node; it comes before this one.
    pub(crate) suffix: u16,
    /// How rare it is in ordinary text: the more, the rarer. No child, and nothing it is the suffix of, is less rare.
    pub(crate) rarity: u8,
    pub(crate) ends_in_space: bool,
    /// Whether a literal ends here, or in a suffix of it.
    pub(crate) matches: bool,
}

impl PackedNode {
    pub(crate) const BYTES: usize = 6;

    #[cfg(any(feature = "compile", test))]
    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let [low, high] = self.suffix.to_le_bytes();
        let flags = u8::from(self.ends_in_space) << 1 | u8::from(self.matches);
        [self.class, self.children, low, high, self.rarity, flags]
    }

    pub(crate) const fn from_bytes([class, children, low, high, rarity, flags]: [u8; Self::BYTES]) -> Self {
        Self {
            class,
            children,
            suffix: u16::from_le_bytes([low, high]),
            rarity,
            ends_in_space: flags & 2 != 0,
            matches: flags & 1 != 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(any(feature = "compile", test), derive(Serialize))]
pub(crate) enum Meaning {
    /// The rule holds here, if the literal is made of whole words.
    Phrase { rule: u32 },
    /// The regex may match near here.
    Hint { regex: u32 },
    /// The detector may find something in this text.
    Trigger { detector: u32 },
}

/// A detector that rules switch on.
#[derive(Debug)]
#[cfg_attr(any(feature = "compile", test), derive(Serialize))]
pub(crate) struct PackedDetector<'a> {
    pub(crate) name: &'a str,
    pub(crate) rules: Vec<u32>,
    /// What the detector has learnt; empty if it learns nothing.
    pub(crate) model: &'a [u8],
}

/// A regex and the rules that have it.
#[derive(Debug)]
#[cfg_attr(any(feature = "compile", test), derive(Serialize))]
pub(crate) struct PackedRegex<'a> {
    pub(crate) claims: Vec<PackedClaim<'a>>,
    pub(crate) gate: Gate,
    /// Bytes of the longest match; none if there is no such bound.
    pub(crate) longest: Option<u32>,
    /// By class of bytes in `forward`: what a match can begin with; see [`PackedDfa::beginnings`].
    pub(crate) beginnings: &'a [u8],
    /// Finds the end of a match; of one that begins at a given byte if there is no `reverse`.
    pub(crate) forward: PackedDfa<&'a [u8]>,
    /// Finds the start of a match from its end. None under [`Gate::Prefix`], and where matches are tried for byte by
    /// byte.
    pub(crate) reverse: Option<PackedDfa<&'a [u8]>>,
}

/// What a rule asks of a match of its regex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(any(feature = "compile", test), derive(Serialize))]
pub(crate) struct PackedClaim<'a> {
    pub(crate) rule: u32,
    /// One more than the place of the function that checks a match; 0: none does.
    pub(crate) function: u8,
    /// The kind of number that a match must be; empty: none.
    pub(crate) number: &'a [u8],
    /// The list of words of which one must stand near the match.
    pub(crate) context: Option<u32>,
    /// The list of words of which none may stand before the match.
    pub(crate) unless: Option<u32>,
}

/// What must be in a text for a regex to match, and so where it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(any(feature = "compile", test), derive(Serialize))]
pub(crate) enum Gate {
    /// Every match begins with one of the hints, which have the same number of bytes besides spaces: try at each.
    Prefix,
    /// Every match contains one of the hints, which ends at most `lead` bytes after the match began.
    Literal { lead: Option<u32> },
    /// The rule wants words near a match, and every one begins with a hint: a match begins at most `lead` bytes before
    /// the hint's end, and no further after it than a context reaches.
    Near { lead: u32 },
    /// Every match contains at least this many ASCII digits, the first of them at most `lead` bytes in.
    Digits { minimum: u8, lead: Option<u32> },
    /// Nothing is known: the regex is run over every text.
    Always,
}

impl PackedRule<'_> {
    pub(crate) fn category(&self) -> Option<Category> {
        Category::ALL.get(usize::from(self.category)).copied()
    }

    pub(crate) fn action(&self) -> Option<Action> {
        Action::ALL.get(usize::from(self.action)).copied()
    }
}

impl<'a> Contents<'a> {
    pub(crate) fn decode(pack: &'a [u8]) -> Result<Self, LoadError> {
        let rest = pack.strip_prefix(&MAGIC).ok_or(LoadError::Magic)?;
        let (stored, body) = rest.split_first_chunk().ok_or(LoadError::Damaged)?;
        if u64::from_le_bytes(*stored) != checksum(body) {
            return Err(LoadError::Damaged);
        }
        let mut rest = Reader(body);
        let contents = Contents::read(&mut rest).filter(|_| rest.0.is_empty());
        contents.ok_or(LoadError::Inconsistent("its body cannot be read"))
    }

    #[cfg(any(feature = "compile", test))]
    pub(crate) fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        let body = postcard::to_allocvec(self)?;
        let mut pack = Vec::with_capacity(HEADER + body.len());
        pack.extend_from_slice(&MAGIC);
        pack.extend_from_slice(&checksum(&body).to_le_bytes());
        pack.extend_from_slice(&body);
        Ok(pack)
    }
}

/// FNV-1a over words of eight bytes rather than bytes, so that half a megabyte costs 0.1 ms. Every step is a bijection
/// of the state, so a single changed word always changes the sum.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0_u8; 8];
    for (slot, byte) in last.iter_mut().zip(rest) {
        *slot = *byte;
    }
    let length = (bytes.len() as u64).to_le_bytes();
    let words = words.iter().chain([&last, &length]);
    words.fold(OFFSET, |sum, word| {
        let mixed = (sum ^ u64::from_le_bytes(*word)).wrapping_mul(PRIME);
        mixed ^ (mixed >> 32)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn any_changed_or_missing_byte_is_noticed() {
        let contents = Contents {
            rules: vec![PackedRule {
                id: "rule",
                category: 0,
                action: 3,
                owasp: vec!["LLM01"],
                placeholder: "[RULE]",
                score: 100,
            }],
            literals: vec![PackedLiteral {
                bytes: b"some phrase",
                meaning: Meaning::Phrase { rule: 0 },
            }],
            trie: PackedTrie::default(),
            regexes: Vec::new(),
            words: Vec::new(),
            detectors: Vec::new(),
            attacks: &[],
            allowed: Vec::new(),
            undoing: PackedTables::default(),
        };
        let pack = contents.encode().unwrap();
        assert_eq!(Contents::decode(&pack).unwrap().rules[0].id, "rule");
        for at in 0..pack.len() {
            let mut changed = pack.clone();
            changed[at] ^= 0x20;
            assert!(Contents::decode(&changed).is_err(), "byte {at}");
            assert!(Contents::decode(&pack[..at]).is_err(), "cut at {at}");
        }
        let longer = [pack.as_slice(), &[0]].concat();
        assert!(Contents::decode(&longer).is_err());
    }

    proptest! {
        #[test]
        fn bytes_under_a_right_checksum_are_an_error_or_contents(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let pack = [MAGIC.as_slice(), &checksum(&body).to_le_bytes(), &body].concat();
            let _ = Contents::decode(&pack);
        }
    }
}
