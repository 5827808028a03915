//! A few hundred words, each with a meaning, looked up in any case and without a copy.

/// Words in groups by their first byte.
#[derive(Debug)]
pub(super) struct Lexicon<T: 'static> {
    entries: &'static [(&'static str, T)],
    /// Where the words of each group begin, and the last ends.
    groups: [u16; GROUPS + 1],
    /// Which lengths the words of a group have: bit n for n bytes.
    lengths: [u32; GROUPS],
}

/// A letter's group is the same in either case; signs fall in with letters.
const GROUPS: usize = 32;

const fn group(byte: u8) -> usize {
    (byte & 31) as usize
}

impl<T: Copy> Lexicon<T> {
    /// Words in lower case, of at most 31 bytes, in order of their first letters; anything else fails to compile.
    #[expect(
        clippy::indexing_slicing,
        reason = "runs in the compiler, which tells of any mistake"
    )]
    pub(super) const fn new(entries: &'static [(&'static str, T)]) -> Self {
        let mut groups = [0; GROUPS + 1];
        let mut lengths = [0; GROUPS];
        let (mut at, mut current) = (0, 0);
        while at < entries.len() {
            let word = entries[at].0.as_bytes();
            let first = group(word[0]);
            assert!(first >= current, "words are out of order");
            assert!(word.len() < 32, "a word is too long");
            while current < first {
                current += 1;
                groups[current] = at as u16;
            }
            lengths[first] |= 1 << word.len();
            at += 1;
        }
        while current < GROUPS {
            current += 1;
            groups[current] = at as u16;
        }
        Self {
            entries,
            groups,
            lengths,
        }
    }

    /// What a word means, if it is one of these.
    pub(super) fn get(&self, word: &[u8]) -> Option<T> {
        let group = group(*word.first()?);
        let lengths = self.lengths.get(group).copied().unwrap_or(0);
        if word.len() > 31 || lengths & (1 << word.len()) == 0 {
            return None;
        }
        let start = self.groups.get(group).copied()?;
        let end = self.groups.get(group + 1).copied()?;
        self.entries
            .get(usize::from(start)..usize::from(end))?
            .iter()
            .find(|(entry, _)| entry.as_bytes().eq_ignore_ascii_case(word))
            .map(|(_, meaning)| *meaning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static NUMBERS: Lexicon<u8> = Lexicon::new(&[("@@one", 11), ("one", 1), ("once", 10), ("two", 2), ("_four", 4)]);

    #[test]
    fn words_are_found_in_any_case_and_only_whole() {
        for (word, meaning) in [
            ("one", Some(1)),
            ("ONE", Some(1)),
            ("oNce", Some(10)),
            ("@@one", Some(11)),
            ("_four", Some(4)),
            ("on", None),
            ("ones", None),
            ("three", None),
            ("", None),
            ("twotwotwotwotwotwotwotwotwotwotwo", None),
        ] {
            assert_eq!(NUMBERS.get(word.as_bytes()), meaning, "{word:?}");
        }
    }
}
