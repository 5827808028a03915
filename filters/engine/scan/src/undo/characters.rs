//! Which characters stand for which ASCII letter, digit or sign, and which are not shown.

#[cfg(any(feature = "compile", test))]
mod table;

/// What an ASCII character is disguised as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    /// The ASCII character.
    pub(crate) ascii: u8,
    pub(crate) kind: Kind,
}

/// How a character is related to the ASCII one it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The letter with an accent, or another letter that languages are written with.
    Accent,
    /// The same letter, digit or sign in another style: full-width, mathematical, enclosed, small capitals.
    Styled,
    /// A letter of another script that is somewhat like it.
    LookAlike,
    /// A letter of another script that looks the same.
    Exact,
    /// A typographic form of a space or sign.
    Mark,
}

/// Characters in a row, and what each stands for.
#[cfg(any(feature = "compile", test))]
struct Row {
    first: u32,
    kind: Kind,
    stands_for: &'static [u8],
}

/// What characters beyond ASCII stand for.
#[derive(Debug, Default)]
pub(crate) struct Characters {
    rows: Vec<Loaded>,
    /// What the characters of all rows stand for, one after the other, 0 for nothing. The highest bit says of a look-alike
    /// that it is an exact one, and of other letters that they are styled, whatever those around them are.
    stands_for: Vec<u8>,
}

/// A row as it is looked up in.
#[derive(Clone, Copy, Debug)]
struct Loaded {
    first: u32,
    kind: Kind,
    /// Where in `stands_for` it begins, and how many characters it has.
    start: usize,
    length: usize,
}

/// Bytes before those that a packed row stands for: its first character, its kind and its length.
const HEADER: usize = 6;

impl Characters {
    /// Loads rows: the first character in three bytes, the kind, the number of characters in two, and what they stand
    /// for. What is damaged is left out.
    pub(crate) fn load(packed: &[u8]) -> Self {
        let mut characters = Self::default();
        let mut rest = packed;
        while let Some(([one, two, three, kind, low, high], after)) = rest.split_first_chunk::<HEADER>() {
            let length = usize::from(u16::from_le_bytes([*low, *high]));
            let Some((row, after)) = after.split_at_checked(length) else {
                break;
            };
            characters.rows.push(Loaded {
                first: u32::from_le_bytes([*one, *two, *three, 0]),
                kind: Kind::ALL.get(usize::from(*kind)).copied().unwrap_or(Kind::Mark),
                start: characters.stands_for.len(),
                length,
            });
            characters.stands_for.extend_from_slice(row);
            rest = after;
        }
        characters
    }

    /// The rows that every pack has; those apart from the others are rows of their own.
    #[cfg(any(feature = "compile", test))]
    pub(crate) fn packed() -> Vec<u8> {
        let apart = table::APART.iter().map(|(code, ascii)| Row {
            first: u32::from(*code),
            kind: Kind::LookAlike,
            stands_for: std::slice::from_ref(ascii),
        });
        let rows = table::ROWS.iter().map(|row| Row { ..*row });
        let mut rows: Vec<Row> = rows.chain(apart).collect();
        rows.sort_by_key(|row| row.first);
        let mut packed = Vec::new();
        for row in rows {
            packed.extend(row.first.to_le_bytes().iter().take(3));
            packed.push(row.kind as u8);
            packed.extend(u16::try_from(row.stands_for.len()).unwrap_or(0).to_le_bytes());
            packed.extend(row.stands_for);
        }
        packed
    }

    /// What a character that is not ASCII stands for, if anything.
    pub(crate) fn fold(&self, character: char) -> Option<Fold> {
        let code = u32::from(character);
        match code {
            // Unified ideographs, Hangul and what lies between, which is most of what texts have.
            0x3100..0xa4d0 | 0xac00..0xfb00 => None,
            0x1d400..=0x1d7ff => mathematical(code),
            _ if is_indicator(character) => styled(b'A' + u8::try_from(code - 0x1f1e6).ok()?),
            0x2800..=0x28ff => braille(code),
            _ => self.listed(code),
        }
    }

    fn listed(&self, code: u32) -> Option<Fold> {
        let after = self.rows.partition_point(|row| row.first <= code);
        let row = self.rows.get(after.checked_sub(1)?)?;
        let place = (code - row.first) as usize;
        let value = self.stands_for.get(row.start + place).filter(|_| place < row.length)?;
        let ascii = value & 0x7f;
        let kind = match (row.kind, value & 0x80 != 0) {
            (Kind::LookAlike, true) => Kind::Exact,
            (Kind::Accent, true) => Kind::Styled,
            // Signs among letters.
            (Kind::Accent | Kind::LookAlike, false) if !ascii.is_ascii_alphanumeric() => Kind::Mark,
            (kind, _) => kind,
        };
        (ascii != 0).then_some(Fold { ascii, kind })
    }
}

impl Kind {
    const ALL: [Self; 5] = [Self::Accent, Self::Styled, Self::LookAlike, Self::Exact, Self::Mark];
}

fn styled(ascii: u8) -> Option<Fold> {
    let kind = Kind::Styled;
    Some(Fold { ascii, kind })
}

/// Mathematical alphabets: 13 of Latin letters, then Greek ones, then digits.
fn mathematical(code: u32) -> Option<Fold> {
    const GREEK: &[u8; 58] = b"ABRAEZHOIKAMNEONPOETYOXWO abydeznoikluveonpcotuoxww eokopw";
    let ascii = match code {
        0x1d400..=0x1d6a3 => {
            let letter = u8::try_from((code - 0x1d400) % 52).ok()?;
            if letter < 26 { b'A' + letter } else { b'a' + letter - 26 }
        }
        0x1d6a4 => b'i',
        0x1d6a5 => b'j',
        0x1d6a8..=0x1d7c9 => GREEK
            .get(((code - 0x1d6a8) % 58) as usize)
            .copied()
            .filter(|ascii| *ascii != b' ')?,
        0x1d7ce..=0x1d7ff => b'0' + u8::try_from((code - 0x1d7ce) % 10).ok()?,
        _ => return None,
    };
    styled(ascii)
}

/// Letters of six-dot Braille.
fn braille(code: u32) -> Option<Fold> {
    /// By letter: the dots of its cell.
    const CELLS: [u8; 26] = [
        0x01, 0x03, 0x09, 0x19, 0x11, 0x0b, 0x1b, 0x13, 0x0a, 0x1a, 0x05, 0x07, 0x0d, 0x1d, 0x15, 0x0f, 0x1f, 0x17,
        0x0e, 0x1e, 0x25, 0x27, 0x3a, 0x2d, 0x3d, 0x35,
    ];
    let cell = u8::try_from(code - 0x2800).ok()?;
    if cell == 0 {
        return styled(b' ');
    }
    let letter = (b'a'..=b'z').zip(CELLS).find(|(_, dots)| *dots == cell);
    letter.and_then(|(letter, _)| styled(letter))
}

/// The letters of Latin ligatures.
pub(crate) fn ligature(character: char) -> Option<&'static str> {
    Some(match character {
        '\u{fb00}' => "ff",
        '\u{fb01}' => "fi",
        '\u{fb02}' => "fl",
        '\u{fb03}' => "ffi",
        '\u{fb04}' => "ffl",
        '\u{fb05}' | '\u{fb06}' => "st",
        _ => return None,
    })
}

/// The letter or sign that a character is when it is turned upside down.
pub(crate) fn upside_down(character: char) -> Option<char> {
    const TURNED: [(char, char); 45] = [
        ('ɐ', 'a'),
        ('q', 'b'),
        ('ɔ', 'c'),
        ('p', 'd'),
        ('ǝ', 'e'),
        ('ɟ', 'f'),
        ('ƃ', 'g'),
        ('ɓ', 'g'),
        ('ɥ', 'h'),
        ('ᴉ', 'i'),
        ('ı', 'i'),
        ('ɾ', 'j'),
        ('ʞ', 'k'),
        ('ʃ', 'l'),
        ('ɯ', 'm'),
        ('u', 'n'),
        ('d', 'p'),
        ('b', 'q'),
        ('ɹ', 'r'),
        ('ʇ', 't'),
        ('n', 'u'),
        ('ʌ', 'v'),
        ('ʍ', 'w'),
        ('ʎ', 'y'),
        ('∀', 'A'),
        ('Ɔ', 'C'),
        ('Ǝ', 'E'),
        ('Ⅎ', 'F'),
        ('⅁', 'G'),
        ('ſ', 'J'),
        ('˥', 'L'),
        ('W', 'M'),
        ('M', 'W'),
        ('Ԁ', 'P'),
        ('ᴚ', 'R'),
        ('┴', 'T'),
        ('⊥', 'T'),
        ('∩', 'U'),
        ('Λ', 'V'),
        ('⅄', 'Y'),
        ('¿', '?'),
        ('¡', '!'),
        ('˙', '.'),
        (',', '\''),
        ('\'', ','),
    ];
    TURNED
        .iter()
        .find(|(turned, _)| *turned == character)
        .map(|(_, upright)| *upright)
}

/// Whether a character is a regional indicator. Two of them are a flag; by themselves they are letters.
pub(crate) fn is_indicator(character: char) -> bool {
    matches!(character, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Whether a character is a mark that is put on the letter before it, whatever the script of that letter.
pub(crate) fn is_mark(character: char) -> bool {
    matches!(
        u32::from(character),
        0x0300..=0x036f | 0x0483..=0x0489 | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(character: char) -> Option<Fold> {
        Characters::load(&Characters::packed()).fold(character)
    }

    #[test]
    fn what_looks_like_a_latin_letter_is_folded_to_it() {
        for (disguised, plain) in [
            ("Ｉｇｎｏｒｅ　（ａｌｌ）！", "Ignore (all)!"),
            ("𝐈𝑔𝓃𝔬𝕣𝖾 𝟙𝟤𝟹", "Ignore 123"),
            ("ⓘⒼ🄽🅾🆁🄴⒜⑴", "iGNORE"),
            ("ɪɢɴᴏʀᴇ ᴀʟʟ ꜱᴏ", "ignore all so"),
            ("ⁱᵍⁿᵒʳᵉ ₐₗₗ", "ignore all"),
            ("іgnоrе аll рrеvіоus", "ignore all previous"),
            ("ΙΝЅΤRUСΤΙΟΝЅ", "INSTRUCTIONS"),
            ("іɡոօrе", "ignore"),
            ("ᎪᏞᏞ ꓮꓡꓡ ᗩᒪᒪ", "ALL ALL ALL"),
            ("ïğñóřè", "ignore"),
            ("⠊⠛⠝⠕⠗⠑⠀⠁⠇⠇", "ignore all"),
            ("“don’t” — a–b…", "\"don't\" - a-b."),
            ("🇮🇬🇳", "IGN"),
            ("𝝰𝜷", "ab"),
            ("\u{a0}\u{3000}\u{2009}", "  "),
        ] {
            let folded: String = (disguised.chars())
                .filter_map(|character| match character {
                    _ if character.is_ascii() => Some(character),
                    _ => fold(character).map(|fold| char::from(fold.ascii)),
                })
                .collect();
            assert!(folded.starts_with(plain), "{disguised}: {folded}");
        }
    }

    #[test]
    fn other_characters_stand_for_nothing() {
        for character in "我中ひ한नم😀🎉∑√\u{fffd}\u{10ffff}".chars() {
            assert_eq!(fold(character), None, "{character}");
        }
    }

    #[test]
    fn every_fold_is_to_a_character_that_is_shown() {
        let characters = Characters::load(&Characters::packed());
        for character in '\u{80}'..=char::MAX {
            if let Some(fold) = characters.fold(character) {
                assert!((0x20..0x7f).contains(&fold.ascii), "{character}");
            }
        }
    }

    #[test]
    fn letters_of_languages_are_accents_and_those_of_other_scripts_look_alikes() {
        for (character, kind) in [
            ('é', Kind::Accent),
            ('ß', Kind::Accent),
            ('ø', Kind::Accent),
            ('ı', Kind::Accent),
            ('ệ', Kind::Accent),
            ('ɢ', Kind::Styled),
            ('ᵍ', Kind::Styled),
            ('а', Kind::Exact),
            ('и', Kind::LookAlike),
            ('ο', Kind::Exact),
            ('λ', Kind::LookAlike),
            ('’', Kind::Mark),
            ('«', Kind::Mark),
            ('\u{a0}', Kind::Mark),
        ] {
            assert_eq!(fold(character).map(|fold| fold.kind), Some(kind), "{character}");
        }
    }
}
