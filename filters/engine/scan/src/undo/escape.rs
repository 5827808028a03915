//! Single characters that are written as HTML entities, percent encoding or backslash escapes.

use crate::undone::Step;

/// A character and how it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Escaped {
    pub(crate) character: char,
    /// Bytes it was written in.
    pub(crate) length: usize,
    pub(crate) step: Step,
    /// Whether there was no need to write it so: text that is meant to be read does not.
    pub(crate) needless: bool,
}

/// Reads the character that is written at the start of `rest`, if its first byte begins an escape.
pub(crate) fn read(rest: &[u8]) -> Option<Escaped> {
    let escaped = match rest {
        [b'&', after @ ..] => entity(after),
        [b'%', after @ ..] => percent(rest, after),
        [b'\\', after @ ..] => backslash(rest, after),
        _ => None,
    };
    escaped.filter(|escaped| !escaped.character.is_control() || matches!(escaped.character, '\n' | '\t' | '\r'))
}

fn entity(after: &[u8]) -> Option<Escaped> {
    let step = Step::HtmlEntities;
    if let [b'#', number @ ..] = after {
        let (radix, digits, prefix) = match number {
            [b'x' | b'X', digits @ ..] => (16, digits, 3),
            digits => (10, digits, 2),
        };
        // Leading zeros are allowed; browsers put no bound on them.
        let (value, count) = number_of(digits, radix, 12)?;
        let end = usize::from(digits.get(count) == Some(&b';'));
        let character = char::from_u32(value)?;
        return Some(Escaped {
            character,
            length: prefix + count + end,
            step,
            needless: character.is_ascii_alphanumeric() || is_letter(character),
        });
    }
    let end = after.iter().take(LONGEST_NAME + 1).position(|byte| *byte == b';')?;
    let name = after.get(..end)?;
    let (_, character) = NAMES.iter().find(|(known, _)| known.as_bytes() == name)?;
    // `&amp;#105;` was written so twice.
    let again = *character == '&' && after.get(end + 1).is_some_and(|next| *next == b'#');
    let needed = matches!(character, '&' | '<' | '>' | '"' | '\'' | '\u{a0}') || !character.is_ascii();
    Some(Escaped {
        character: *character,
        length: end + 2,
        step,
        needless: again || !needed,
    })
}

const LONGEST_NAME: usize = 17;

/// Entities that stand for what phrases and markup consist of.
const NAMES: [(&str, char); 48] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("excl", '!'),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("hyphen", '-'),
    ("dash", '-'),
    ("period", '.'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("equals", '='),
    ("quest", '?'),
    ("commat", '@'),
    ("lsqb", '['),
    ("lbrack", '['),
    ("bsol", '\\'),
    ("rsqb", ']'),
    ("rbrack", ']'),
    ("Hat", '^'),
    ("lowbar", '_'),
    ("UnderBar", '_'),
    ("grave", '`'),
    ("lcub", '{'),
    ("lbrace", '{'),
    ("verbar", '|'),
    ("vert", '|'),
    ("rcub", '}'),
    ("rbrace", '}'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("shy", '\u{ad}'),
    ("zwj", '\u{200d}'),
    ("zwnj", '\u{200c}'),
    ("ZeroWidthSpace", '\u{200b}'),
    ("InvisibleTimes", '\u{2062}'),
    ("NoBreak", '\u{2060}'),
    ("NonBreakingSpace", '\u{a0}'),
];

fn percent(rest: &[u8], after: &[u8]) -> Option<Escaped> {
    let step = Step::Percent;
    if let [b'u' | b'U', digits @ ..] = after {
        let (value, _) = number_of(digits, 16, 4).filter(|(_, count)| *count == 4)?;
        return Some(Escaped {
            character: char::from_u32(value)?,
            length: 6,
            step,
            needless: true,
        });
    }
    let (character, length) = bytes_of(rest, b"%")?;
    // `%2569` was written so twice.
    let again = character == '%' && rest.get(length..).is_some_and(|next| number_of(next, 16, 2).is_some());
    // Addresses have other letters so, and often a few of them.
    let needless = character.is_ascii_alphanumeric() || (character > '\u{24f}' && is_letter(character));
    Some(Escaped {
        character,
        length,
        step,
        needless: again || needless || is_sign(character),
    })
}

fn backslash(rest: &[u8], after: &[u8]) -> Option<Escaped> {
    let (&kind, digits) = after.split_first()?;
    let escaped = |character: char, length: usize| Escaped {
        character,
        length,
        step: Step::UnicodeEscapes,
        needless: character.is_ascii_alphanumeric() || character == ' ' || is_letter(character),
    };
    match kind {
        b'n' | b't' | b'r' => {
            let character = match kind {
                b'n' => '\n',
                b't' => '\t',
                _ => '\r',
            };
            // The letter of the escape sticks to the word that follows.
            let sticks = digits.first().is_some_and(u8::is_ascii_alphanumeric);
            Some(Escaped {
                needless: sticks,
                ..escaped(character, 2)
            })
        }
        b'"' | b'\'' | b'\\' | b'/' => Some(escaped(char::from(kind), 2)),
        b'x' => bytes_of(rest, b"\\x").map(|(character, length)| escaped(character, length)),
        b'u' => match digits {
            [b'{', digits @ ..] => {
                let (value, count) = number_of(digits, 16, 6)?;
                let closed = digits.get(count) == Some(&b'}');
                char::from_u32(value)
                    .filter(|_| closed)
                    .map(|character| escaped(character, count + 4))
            }
            _ => {
                let (character, length) = code_units(digits)?;
                Some(escaped(character, length + 2))
            }
        },
        b'U' => {
            let (value, _) = number_of(digits, 16, 8).filter(|(_, count)| *count == 8)?;
            char::from_u32(value).map(|character| escaped(character, 10))
        }
        b'0'..=b'3' => {
            let (value, _) = number_of(after, 8, 3).filter(|(_, count)| *count == 3)?;
            char::from_u32(value)
                .filter(char::is_ascii)
                .map(|character| escaped(character, 4))
        }
        _ => None,
    }
}

/// The character whose UTF-16 is written as `XXXX`, or `XXXX\uXXXX`.
fn code_units(digits: &[u8]) -> Option<(char, usize)> {
    let unit = |digits: &[u8]| number_of(digits, 16, 4).filter(|(_, count)| *count == 4);
    let (first, _) = unit(digits)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 4));
    }
    let (second, _) = unit(digits.get(4..)?.strip_prefix(b"\\u")?)?;
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    let high = first.checked_sub(0xd800).filter(|high| *high < 0x400)?;
    Some((char::from_u32(0x1_0000 + (high << 10) + low)?, 10))
}

/// The character whose UTF-8 is written in bytes of two digits, each after the same prefix.
fn bytes_of(rest: &[u8], prefix: &[u8]) -> Option<(char, usize)> {
    let mut bytes = [0_u8; 4];
    let mut length = 0;
    for slot in 0..bytes.len() {
        let digits = rest.get(length..)?.strip_prefix(prefix)?;
        let (value, _) = number_of(digits, 16, 2).filter(|(_, count)| *count == 2)?;
        *bytes.get_mut(slot)? = u8::try_from(value).ok()?;
        length += prefix.len() + 2;
        if let Ok(text) = std::str::from_utf8(bytes.get(..=slot)?) {
            return text.chars().next().map(|character| (character, length));
        }
    }
    None
}

/// The number that some digits begin with, and how many of them it has.
pub(crate) fn number_of(digits: &[u8], radix: u32, most: usize) -> Option<(u32, usize)> {
    let mut value = 0_u32;
    let mut count = 0;
    for digit in digits.iter().take(most) {
        let Some(digit) = char::from(*digit).to_digit(radix) else {
            break;
        };
        value = value.saturating_mul(radix).saturating_add(digit);
        count += 1;
    }
    (count > 0).then_some((value, count))
}

/// Whether a character beyond ASCII is a letter, or something that stands for one; roughly.
fn is_letter(character: char) -> bool {
    !character.is_ascii()
        && !matches!(u32::from(character), 0x80..=0xbf | 0x2000..=0x2bff | 0x3000..=0x303f | 0x1f000..=0x1faff)
}

/// Whether a character is one that code and markup are made of. Not `str::contains`: with characters beyond ASCII it is
/// a search for strings, 4 KB of a filter.
fn is_sign(character: char) -> bool {
    u8::try_from(character).is_ok_and(|byte| b" <>\"'(){};`|\n\\".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_read_however_they_are_written() {
        for (written, character, length, needless) in [
            ("&#105;gnore", 'i', 6, true),
            ("&#x69;gnore", 'i', 6, true),
            ("&#X0069 gnore", 'i', 7, true),
            ("&#0000105;", 'i', 10, true),
            ("&#39;s", '\'', 5, false),
            ("&amp;", '&', 5, false),
            ("&amp;#105;", '&', 5, true),
            ("&nbsp;", '\u{a0}', 6, false),
            ("&colon;", ':', 7, true),
            ("&lt;", '<', 4, false),
            ("&#x43e;", 'о', 7, true),
            ("&#8217;", '’', 7, false),
            ("%69", 'i', 3, true),
            ("%20all", ' ', 3, true),
            ("%2Fa", '/', 3, false),
            ("%2569", '%', 3, true),
            ("%C3%A9", 'é', 6, false),
            ("%E2%80%94", '—', 9, false),
            ("%u0069", 'i', 6, true),
            ("\\u0069", 'i', 6, true),
            ("\\u{69}", 'i', 6, true),
            ("\\U00000069", 'i', 10, true),
            ("\\x69", 'i', 4, true),
            ("\\xc3\\xa9", 'é', 8, true),
            ("\\151", 'i', 4, true),
            ("\\ud83d\\ude00", '😀', 12, false),
            ("\\nIgnore", '\n', 2, true),
            ("\\n ", '\n', 2, false),
            ("\\\"", '"', 2, false),
        ] {
            let escaped = read(written.as_bytes()).unwrap_or_else(|| panic!("{written} is not read"));
            assert_eq!(
                (escaped.character, escaped.length, escaped.needless),
                (character, length, needless),
                "{written}"
            );
        }
    }

    #[test]
    fn what_is_not_an_escape_is_left() {
        for text in [
            "",
            "&",
            "& co",
            "&#;",
            "&#x;",
            "&bogus;",
            "&#1114112;",
            "&#7;",
            "%",
            "100 % of",
            "%zz",
            "%ff",
            "%c3%28",
            "\\",
            "\\d+",
            "\\u12",
            "\\u{zz}",
            "\\ud83d",
            "\\x1b[0m",
            "\\8",
            "a",
            "%00",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
