//! Words of any script, and which of them are disguised.

use super::characters::{Characters, Kind, is_indicator, is_mark, ligature, upside_down};

/// A word: letters, digits and the marks on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// Where it ends.
    pub(crate) end: usize,
    letters: usize,
    /// Letters and digits of ASCII, with accents or without.
    latin: usize,
    accented: usize,
    /// Letters in another style, and ligatures.
    styled: usize,
    /// Letters of other scripts that look somewhat like Latin ones, and those that look the same.
    look_alikes: usize,
    exact: usize,
    marks: usize,
}

/// How the words before are written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Setting {
    /// Whether the last word is of Latin letters; none if there is none.
    latin: Option<bool>,
    /// Where the last word ends that may be taken for Latin letters, and how many such are near each other.
    taken: Option<(usize, usize)>,
    /// Where the last word ends that is full of accents, and how many it and those near it have.
    accented: Option<(usize, usize)>,
}

/// What is done to the letters of a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Disguise {
    /// Letters of other scripts stand for Latin ones.
    pub(crate) look_alikes: bool,
    /// Letters are in another style.
    pub(crate) styled: bool,
    /// There are more accents and marks than a language has.
    pub(crate) accents: bool,
    /// Whether this tells that there is a disguise, and is not only part of one.
    pub(crate) telling: bool,
}

/// Bytes between words full of accents that are taken to belong together.
const NEAR: usize = 48;
/// Letters of a short word; and how many short words that may be taken for Latin letters are more than chance.
const SHORT: usize = 3;
/// Accents in such words that are more than chance.
const MANY: usize = 6;
/// Bytes of a word that are looked at together.
const LONGEST: usize = 256;

impl Word {
    /// Reads the word at `at`; none if there is none.
    pub(crate) fn read(characters: &Characters, text: &str, at: usize) -> Option<Self> {
        let mut word = Self::default();
        let rest = text.get(at..)?;
        for (offset, character) in rest.char_indices() {
            if offset >= LONGEST || !word.add(characters, character) {
                break;
            }
            word.end = at + offset + character.len_utf8();
        }
        (word.letters > 0).then_some(word)
    }

    fn add(&mut self, characters: &Characters, character: char) -> bool {
        if character.is_ascii() {
            let counts = character.is_ascii_alphanumeric();
            self.letters += usize::from(counts);
            self.latin += usize::from(counts);
            return counts;
        }
        if is_mark(character) {
            self.marks += 1;
            return self.letters > 0;
        }
        if ligature(character).is_some() {
            self.letters += 1;
            self.styled += 1;
            return true;
        }
        let counted = match characters.fold(character) {
            Some(fold) if !fold.ascii.is_ascii_alphanumeric() || is_indicator(character) => return false,
            Some(fold) => match fold.kind {
                Kind::Accent => {
                    self.accented += 1;
                    &mut self.latin
                }
                Kind::Styled if fold.ascii.is_ascii_digit() => &mut self.latin,
                Kind::Styled => &mut self.styled,
                Kind::LookAlike => &mut self.look_alikes,
                Kind::Exact => &mut self.exact,
                Kind::Mark => return false,
            },
            None => {
                let counts = is_letter(character);
                self.letters += usize::from(counts);
                return counts;
            }
        };
        *counted += 1;
        self.letters += 1;
        true
    }

    /// What is disguised in the word, after those before it.
    pub(crate) fn disguise(&self, before: &mut Setting) -> Disguise {
        let others = self.look_alikes + self.exact;
        let mixed = others > 0 && self.latin + self.styled > 0;
        let taken_for_latin = before.latin != Some(false) && others == self.letters && self.exact > 0;
        let look_alikes = mixed || (taken_for_latin && (self.exact == others || others <= SHORT));
        let styled = self.styled >= 2 || (self.styled == 1 && self.latin > 0);
        let accents = self.is_overloaded(before);
        let telling =
            mixed || (look_alikes && ((self.exact >= 2 && self.exact == others) || self.is_one_of_many(before)));
        before.latin = Some(self.latin > 0 || look_alikes || styled || accents);
        Disguise {
            look_alikes,
            styled,
            accents,
            telling: telling || styled || accents,
        }
    }

    /// Whether a word that may be taken for Latin letters is among others.
    fn is_one_of_many(&self, before: &mut Setting) -> bool {
        let near = before.taken.filter(|(end, _)| self.end.saturating_sub(*end) <= NEAR);
        let together = 1 + near.map_or(0, |(_, together)| together);
        before.taken = Some((self.end, together));
        together >= SHORT
    }

    /// How many of its letters are upside down.
    pub(crate) fn turned(&self, text: &str, start: usize) -> usize {
        let letters = text.get(start..self.end).unwrap_or_default().chars();
        letters
            .filter(|letter| upside_down(*letter).is_some_and(|_| !letter.is_ascii()))
            .count()
    }

    fn is_overloaded(&self, before: &mut Setting) -> bool {
        let accents = self.accented + self.marks;
        if self.latin == 0 || accents < 2 || accents * 5 <= self.letters * 2 {
            return false;
        }
        let near = before.accented.filter(|(end, _)| self.end.saturating_sub(*end) <= NEAR);
        let together = accents + near.map_or(0, |(_, accents)| accents);
        before.accented = Some((self.end, together));
        near.is_some() && together >= MANY || self.marks >= self.letters
    }
}

/// Whether a character beyond ASCII is a letter; roughly, for what is asked is only whether a word goes on.
fn is_letter(character: char) -> bool {
    matches!(
        u32::from(character),
        0xc0..=0x1fff | 0x2c00..=0x2dff | 0x3041..=0xd7ff | 0xf900..=0xfaff | 0x1_0000..=0x1_cfff | 0x2_0000..=0x3_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::super::tables::Tables;
    use super::*;

    fn disguises(text: &str) -> String {
        let (tables, mut setting) = (Tables::built_in(), Setting::default());
        let mut seen = String::new();
        let mut at = 0;
        while let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) {
            let Some(word) = Word::read(&tables.characters, text, at) else {
                at += character.len_utf8();
                continue;
            };
            let disguise = word.disguise(&mut setting);
            for (is, letter) in [
                (disguise.look_alikes, 'l'),
                (disguise.styled, 's'),
                (disguise.accents, 'a'),
            ] {
                seen.extend(is.then_some(letter));
            }
            seen.push('.');
            at = word.end;
        }
        seen
    }

    #[test]
    fn disguised_words_are_told_from_those_of_languages() {
        for (text, expected) in [
            ("ignore all previous", "..."),
            ("Ignоrе аll рrеvіоus", "l.l.l."),
            ("all the асе cards", "..l.."),
            ("это просто русский текст", "...."),
            ("он и она, а рот", "l....."),
            ("begin ιη the room А", ".l...l."),
            ("Ελληνικό κείμενο", ".."),
            ("version v2 of это", "...."),
            ("ｉｇｎｏｒｅ ａll", "s.s."),
            ("𝐢𝐠𝐧𝐨𝐫𝐞 x² H₂O 1", "s...."),
            ("ﬁnd the oﬃce", "s..s."),
            ("élève à l'école", "...."),
            ("ïgnörë àll prëvïöüs", "..a."),
            ("i\u{301}\u{302}g\u{303}\u{304}n\u{305}o\u{306}", "a."),
            ("i\u{336}g\u{336}n\u{336}o\u{336}r\u{336}e\u{336}", "a."),
            ("e\u{301}le\u{300}ve", "."),
            ("日本語のテキスト", "."),
            ("नमस्ते दुनिया", ".."),
        ] {
            assert_eq!(disguises(text), expected, "{text}");
        }
    }

    #[test]
    fn a_word_is_read_no_further_than_its_bound() {
        let long = "a".repeat(1000);
        assert_eq!(
            Word::read(&Characters::default(), &long, 0).map(|word| word.end),
            Some(LONGEST)
        );
    }
}
