//! What a character is to the classifier: part of a word, a word by itself, nothing, or the end of a word.

/// How a character counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letter {
    /// Part of a word, folded: lower case, Latin without diacritics, any digit as `0`.
    Word(u32),
    /// A letter of a script that puts no spaces between words, or glues particles to them.
    Unspaced(u32),
    /// Neither part of a word nor its end: apostrophes, combining marks, invisible characters.
    Skip,
    /// The end of a word.
    Break,
}

/// What [`FOLDED`] has for bytes beyond ASCII.
pub(super) const BEYOND: u8 = 0x80;

/// By byte: the folded byte of a word, or 0, or [`BEYOND`].
pub(super) const FOLDED: [u8; 256] = {
    let mut table = [BEYOND; 256];
    let mut at = 0;
    while at < 128_u8 {
        #[expect(clippy::indexing_slicing, reason = "checked when this is compiled")]
        {
            table[at as usize] = match at {
                b'0'..=b'9' => b'0',
                _ if at.is_ascii_alphabetic() => at.to_ascii_lowercase(),
                _ => 0,
            };
        }
        at += 1;
    }
    table
};

/// Base letters of U+00C0 to U+017F; a space is no letter.
const LATIN: &[u8; 192] = b"aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty\
aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll\
lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/// Base letters of U+1EA0 to U+1EF9, which are those of Vietnamese.
const VIETNAMESE: &[u8; 90] =
    b"aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy";

impl Letter {
    /// What `character`, which is not ASCII, counts as.
    pub(super) fn of(character: char) -> Self {
        let code = character as u32;
        match code {
            0x00AD | 0x2019 | 0x02BC | 0x200B..=0x200F | 0x2060..=0x2064 | 0xFEFF | 0xFE00..=0xFE0F => Self::Skip,
            0x0300..=0x036F | 0x064B..=0x065F | 0x0640 | 0x0591..=0x05C7 => Self::Skip,
            0x00C0..=0x017F => Self::based(LATIN, code - 0x00C0),
            0x01A0 | 0x01A1 => Self::Word(u32::from(b'o')),
            0x01AF | 0x01B0 => Self::Word(u32::from(b'u')),
            0x1EA0..=0x1EF9 => Self::based(VIETNAMESE, code - 0x1EA0),
            // Thai, Lao, Myanmar, Khmer, kana, Han, Hangul.
            0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3041..=0x30FF | 0x3400..=0x9FFF => {
                Self::Unspaced(code)
            }
            0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0x20000..=0x3FFFF => Self::Unspaced(code),
            // Vowel signs of the scripts of India are marks, yet letters of their words.
            0x0900..=0x0DFF if !matches!(code, 0x0964 | 0x0965) => Self::Word(code),
            0x0451 | 0x0401 => Self::Word(0x0435),
            // Greek with accents, and its other sigma.
            0x0386 | 0x03AC => Self::Word(0x03B1),
            0x0388 | 0x03AD => Self::Word(0x03B5),
            0x0389 | 0x03AE => Self::Word(0x03B7),
            0x038A | 0x03AF | 0x03CA => Self::Word(0x03B9),
            0x038C | 0x03CC => Self::Word(0x03BF),
            0x038E | 0x03CD | 0x03CB => Self::Word(0x03C5),
            0x038F | 0x03CE => Self::Word(0x03C9),
            0x03C2 => Self::Word(0x03C3),
            // Arabic letters that are often written for one another.
            0x0622 | 0x0623 | 0x0625 => Self::Word(0x0627),
            0x0629 => Self::Word(0x0647),
            0x0649 => Self::Word(0x064A),
            0x00B2 | 0x00B3 | 0x00B9 | 0x00BC..=0x00BE | 0x0660..=0x0669 | 0x06F0..=0x06F9 | 0xFF10..=0xFF19 => {
                Self::Word(u32::from(b'0'))
            }
            0x2070 | 0x2074..=0x2079 | 0x2080..=0x2089 | 0x2150..=0x218B | 0x2460..=0x249B | 0x2776..=0x2793 => {
                Self::Word(u32::from(b'0'))
            }
            // Signs among the letters of a script.
            0x02C2..=0x02DF | 0x037E | 0x0387 | 0x0482 | 0x055A..=0x055F | 0x0589 | 0x058A => Self::Break,
            0x05F3 | 0x05F4 | 0x0600..=0x061F | 0x066A..=0x066D | 0x06D4 | 0x06DD | 0x06DE => Self::Break,
            0x0964
            | 0x0965
            | 0x06E9
            | 0x06FD
            | 0x06FE
            | 0x0700..=0x070F
            | 0x10FB
            | 0x1360..=0x1368
            | 0x1400
            | 0x166D
            | 0x166E
            | 0x1680 => Self::Break,
            0x0180..=0x1FFF | 0x2C00..=0x2DFF | 0xA4D0..=0xABFF | 0xFB00..=0xFDFF | 0xFE70..=0xFEFC => {
                Self::Word(lower(code))
            }
            0x00AA | 0x00B5 | 0x00BA | 0x2100..=0x214F | 0x3105..=0x31BF | 0xFF21..=0xFFDC | 0x1_0000..=0x1_CFFF => {
                Self::Word(lower(code))
            }
            0x1_D400..=0x1_D7FF | 0x1_E900..=0x1_EEFF => Self::Word(code),
            _ => Self::Break,
        }
    }

    fn based(table: &[u8], offset: u32) -> Self {
        match table.get(offset as usize) {
            Some(b' ') | None => Self::Break,
            Some(base) => Self::Word(u32::from(*base)),
        }
    }
}

/// The small letter of a capital one, in the alphabets that are in use; the table of all is 12 KB.
const fn lower(code: u32) -> u32 {
    match code {
        0x0391..=0x03AB | 0x0410..=0x042F | 0xFF21..=0xFF3A => code + 0x20,
        0x0400..=0x040F => code + 0x50,
        0x0531..=0x0556 => code + 0x30,
        0x1C90..=0x1CBF => code - 0xBC0,
        0x01CD..=0x01DC | 0x04C1..=0x04CE => code + (code & 1),
        0x01DE..=0x024F | 0x0460..=0x0481 | 0x048A..=0x04BF | 0x04D0..=0x052F | 0x1E00..=0x1E95 => code | 1,
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_lose_case_and_diacritics() {
        for (character, folded) in [
            ('É', 'e'),
            ('ü', 'u'),
            ('Ł', 'l'),
            ('ő', 'o'),
            ('ş', 's'),
            ('ž', 'z'),
            ('ñ', 'n'),
            ('ß', 's'),
            ('ÿ', 'y'),
            ('ữ', 'u'),
            ('ế', 'e'),
            ('đ', 'd'),
            ('Я', 'я'),
            ('ё', 'е'),
            ('Ω', 'ω'),
            ('ή', 'η'),
            ('ς', 'σ'),
            ('أ', 'ا'),
            ('٣', '0'),
        ] {
            assert_eq!(Letter::of(character), Letter::Word(folded as u32), "{character}");
        }
    }

    #[test]
    fn capital_letters_of_alphabets_in_use_become_small() {
        for range in [
            0x391..=0x3a1,
            0x3a3..=0x3ab,
            0x400..=0x4bf,
            0x4c1..=0x52f,
            0x531..=0x556,
            0x1c90..=0x1cba,
            0x1e00..=0x1e95,
        ] {
            for code in range {
                let small = char::from_u32(code).and_then(|capital| capital.to_lowercase().next());
                assert_eq!(Some(lower(code)), small.map(u32::from), "{code:x}");
            }
        }
    }

    #[test]
    fn scripts_without_spaces_are_told_from_others() {
        for character in ['忽', 'の', 'ア', '이', 'ก', 'ລ', 'ခ', 'ក'] {
            assert_eq!(Letter::of(character), Letter::Unspaced(character as u32), "{character}");
        }
        for character in ['’', '\u{200b}', '\u{301}'] {
            assert_eq!(Letter::of(character), Letter::Skip);
        }
        for character in ['×', '。', '—', '“', '\u{a0}', '।'] {
            assert_eq!(Letter::of(character), Letter::Break, "{character}");
        }
    }
}
