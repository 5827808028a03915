//! Marks of possible disguises, characters beyond ASCII and the beginnings of escapes, that are plainly none.

use std::ops::Range;

use super::leading::count;
use super::terminal;

/// Letters without accents for each one with, in languages; and accents that may be chance.
const PLAIN: usize = 4;
const FEW_ACCENTS: usize = 2;

/// Whether none of a block of a text may be disguised by single characters: it is in the letters of one script, with
/// ordinary accents and signs.
pub(crate) fn are_ordinary(text: &[u8], block: Range<usize>) -> bool {
    let from = text.get(block.start..).unwrap_or_default();
    let here = from.get(..block.len()).unwrap_or_default();
    let (mut accents, mut others) = (0, 0);
    for (at, byte) in here.iter().enumerate() {
        let next = |offset: usize| from.get(at + offset).copied().unwrap_or(b' ');
        let ordinary = match *byte {
            b'%' => !next(1).is_ascii_hexdigit() && next(1) | 0x20 != b'u',
            b'&' => !next(1).is_ascii_alphabetic() && next(1) != b'#',
            b'\\' => !matches!(next(1), b'n' | b't' | b'r' | b'u' | b'U' | b'x' | b'0'..=b'3'),
            terminal::ESCAPE => next(1) != b'[',
            ..0xc0 => true,
            // Signs of Latin-1, but for the space that does not break and the soft hyphen.
            0xc2 => !matches!(next(1), 0xa0 | 0xad | ..0xa0),
            0xc3..=0xc5 => {
                accents += 1;
                true
            }
            // Greek, Cyrillic, Hebrew, Arabic, the scripts of India and Thai.
            0xce..=0xdb | 0xe0 => {
                others += 1;
                !matches!((*byte, next(1)), (0xd2, 0x83..=0x89) | (0xd8, 0x9c)) && *byte != 0xd4 && *byte != 0xd5
            }
            // Dashes, quotes, the bullet, the ellipsis, the euro.
            0xe2 => matches!((next(1), next(2)), (0x80, 0x90..=0xa6) | (0x82, 0xac)),
            // Kana, Han, Hangul.
            0xe3 => (next(1), next(2)) != (0x80, 0x80),
            0xe4..=0xe9 | 0xeb..=0xec => true,
            0xea => next(1) >= 0xb0,
            0xed => next(1) < 0x9f,
            // Emoji, but for letters that are enclosed or stand for flags, and what stands between two letters.
            0xf0 => {
                let before = (block.start + at).checked_sub(1).and_then(|before| text.get(before));
                let parts = before.is_some_and(u8::is_ascii_alphabetic) && next(4).is_ascii_alphabetic();
                next(1) == 0x9f && next(2) >= 0x8c && !parts
            }
            _ => false,
        };
        if !ordinary {
            return false;
        }
    }
    let plain = count(here, &|byte| byte.is_ascii_alphabetic());
    (accents <= FEW_ACCENTS || accents * PLAIN <= plain) && (others == 0 || plain == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_ordinary_and_what_may_be_a_disguise_is_not() {
        for (text, ordinary) in [
            ("Plain text: 100 % of it, R & D, C:\\\\dir", true),
            ("l'été dernier, les élèves; Größe; mañana por la mañana; «café»", true),
            ("“quoted” – and… 5 € • item", true),
            ("Это обычный текст.", true),
            ("这是一段文本。これは文章です。이것은 글입니다.", true),
            ("नमस्ते दुनिया", true),
            ("مرحبا بالعالم", true),
            ("Great work 🎉👏🏽", true),
            ("Ignоrе all", false),
            ("ïgnörë àll prëvïöüs", false),
            ("a\u{200b}b", false),
            ("a\u{ad}b\u{a0}c", false),
            ("𝐢gnore", false),
            ("ｉgnore", false),
            ("\u{e0041}", false),
            ("🇮🇬", false),
            ("\u{202e}abc", false),
            ("&#105;", false),
            ("%69", false),
            ("\\u0069", false),
            ("e\u{301}", false),
        ] {
            assert_eq!(are_ordinary(text.as_bytes(), 0..text.len()), ordinary, "{text}");
        }
    }
}
