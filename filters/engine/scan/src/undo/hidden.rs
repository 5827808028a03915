//! Characters that are not shown, and whether they have a use where they stand.
//!
//! Joiners shape Arabic and Indic letters, and join emoji into one. Selectors choose between forms of a character.
//! Marks of direction belong into text that is written from right to left. Anywhere else, such characters break words
//! apart for a program that does not skip them, or carry text of their own that only a model reads.

use std::ops::Range;

/// Characters in which the next one that is shown is looked for.
const NEAR: usize = 4;

/// A character that is not shown and has no use where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// A character without width.
    Invisible,
    /// A tag character, which spells ASCII. Only the flags of parts of countries use them.
    Tag,
    /// A variation selector that has nothing to vary.
    Selector,
    /// A control that turns the direction of text around.
    Bidi,
}

/// How many characters of a text are hidden without a use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Characters without width.
    pub invisible: usize,
    /// Tag characters.
    pub tags: usize,
    /// Variation selectors.
    pub selectors: usize,
    /// Controls of direction.
    pub bidi: usize,
}

/// What a character that is not shown is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// Joins letters, or keeps them apart, in scripts that need it; and emoji.
    Joiner,
    NonJoiner,
    /// Where a line may be broken, or not.
    Break,
    SoftHyphen,
    /// At the start of a text.
    ByteOrderMark,
    /// Says that what stands around is written from right to left.
    Direction,
    /// Turns the direction of what follows, if need be.
    Embedding,
    /// Turns it in any case.
    Override,
    Selector,
    Tag,
    /// In the place of a letter of Hangul, Khmer or Mongolian.
    Filler,
    /// Nowhere in plain text.
    None,
}

/// Scripts, as far as hidden characters have a use in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    /// Nothing, or a character that words do not consist of.
    Common,
    /// Letters that are neither joined nor written without spaces.
    Plain,
    /// Letters that joiners shape.
    Joining,
    /// Those of them that are written from right to left.
    JoiningRightToLeft,
    RightToLeft,
    /// Letters written without spaces.
    Unspaced,
    Emoji,
}

/// Goes along a text and says of each character whether it is hidden.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    /// The last character that is shown.
    shown: Option<char>,
    before: Option<char>,
    /// Letters shown since the last soft hyphen.
    letters: usize,
    right_to_left: Option<bool>,
    /// Where the flag ends whose tags are being read.
    flag: usize,
}

/// What a character is to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    Shown,
    /// Not shown, and in its place.
    InPlace,
    /// Not shown, without a use, and without a harm.
    Idle,
    Hidden(Hidden),
}

// === impl Evidence ===

impl Evidence {
    /// Counts what is hidden in a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut evidence = Self::default();
        hidden(text, &mut |_, hidden| match hidden {
            Hidden::Invisible => evidence.invisible += 1,
            Hidden::Tag => evidence.tags += 1,
            Hidden::Selector => evidence.selectors += 1,
            Hidden::Bidi => evidence.bidi += 1,
        });
        evidence
    }

    /// How many there are of all kinds.
    #[must_use]
    pub fn total(&self) -> usize {
        self.invisible + self.tags + self.selectors + self.bidi
    }
}

/// Calls `each` with every character that is hidden without a use. The time is linear in the text, and next to nothing
/// if it is ASCII.
pub fn hidden(text: &str, each: &mut dyn FnMut(Range<usize>, Hidden)) {
    if text.is_ascii() {
        return;
    }
    let mut watch = Watch::new();
    for (at, character) in text.char_indices() {
        if let Sight::Hidden(hidden) = watch.see(text, at, character) {
            each(at..at + character.len_utf8(), hidden);
        }
    }
}

// === impl Watch ===

impl Watch {
    pub(crate) fn new() -> Self {
        Self {
            shown: None,
            before: None,
            letters: 0,
            right_to_left: None,
            flag: 0,
        }
    }

    /// Says what the character at `at` is to a reader. Characters must be shown in order; some may be left out.
    pub(crate) fn see(&mut self, text: &str, at: usize, character: char) -> Sight {
        let sight = match use_of(character) {
            None => {
                self.letters = if character.is_ascii_alphanumeric() || character >= 'À' {
                    self.letters + 1
                } else {
                    0
                };
                self.shown = Some(character);
                Sight::Shown
            }
            Some(purpose) => self.judge(text, at, character, purpose),
        };
        self.before = Some(character);
        sight
    }

    fn judge(&mut self, text: &str, at: usize, character: char, purpose: Use) -> Sight {
        let rest = text.get(at + character.len_utf8()..).unwrap_or_default();
        let next = || match rest.chars().take(NEAR).find(|next| use_of(*next).is_none()) {
            Some(next) => script_of(next),
            None if rest.is_empty() => Script::Common,
            None => Script::Plain,
        };
        let before = self.shown.map_or(Script::Common, script_of);
        let either = |wanted: fn(Script) -> bool| wanted(before) || wanted(next());
        let in_place = match purpose {
            Use::Joiner => before == Script::Emoji && next() == Script::Emoji || either(Script::is_joining),
            Use::NonJoiner => either(Script::is_joining),
            Use::Break => either(|script| matches!(script, Script::Unspaced | Script::Joining)),
            Use::SoftHyphen => std::mem::take(&mut self.letters) >= 2,
            Use::ByteOrderMark => at == 0,
            Use::Direction | Use::Embedding => self.has_right_to_left(text),
            Use::Override => before.is_right_to_left() && self.has_right_to_left(text),
            Use::Selector => self.varies(character),
            Use::Tag => self.is_in_flag(text, at),
            Use::Filler => either(|script| script == Script::Unspaced || script == Script::Joining),
            Use::None => false,
        };
        // At the edge of a word it parts nothing. One is enough; several in a row are something else.
        let first = self.before.is_none_or(|before| use_of(before).is_none());
        let idle = purpose == Use::Break && first && either(|script| !matches!(script, Script::Plain | Script::Emoji));
        match purpose {
            _ if in_place => Sight::InPlace,
            _ if idle => Sight::Idle,
            Use::Selector => Sight::Hidden(Hidden::Selector),
            Use::Tag => Sight::Hidden(Hidden::Tag),
            Use::Embedding | Use::Override => Sight::Hidden(Hidden::Bidi),
            Use::Joiner
            | Use::NonJoiner
            | Use::Break
            | Use::SoftHyphen
            | Use::ByteOrderMark
            | Use::Direction
            | Use::Filler
            | Use::None => Sight::Hidden(Hidden::Invisible),
        }
    }

    /// Whether a selector has something to vary: one selector for each emoji, sign, digit or ideograph.
    fn varies(&self, selector: char) -> bool {
        let Some(base) = self.before else { return false };
        let standard = selector <= '\u{fe0f}';
        match script_of(base) {
            Script::Emoji => standard,
            Script::Unspaced => true,
            Script::Joining | Script::JoiningRightToLeft => standard,
            Script::Common => standard && use_of(base).is_none() && !base.is_whitespace(),
            Script::Plain | Script::RightToLeft => standard && base.is_ascii_digit(),
        }
    }

    /// Whether a tag belongs to a flag: a black flag, at most six tags, and the tag that ends it.
    fn is_in_flag(&mut self, text: &str, at: usize) -> bool {
        if at < self.flag {
            return true;
        }
        if self.before != Some('\u{1f3f4}') {
            return false;
        }
        let rest = text.get(at..).unwrap_or_default();
        let Some((end, _)) = rest.char_indices().take(7).find(|(_, tag)| *tag == '\u{e007f}') else {
            return false;
        };
        let letters = rest.get(..end).unwrap_or_default();
        let known = letters
            .chars()
            .all(|tag| matches!(tag, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}'));
        self.flag = if known { at + end + '\u{e007f}'.len_utf8() } else { 0 };
        known
    }

    fn has_right_to_left(&mut self, text: &str) -> bool {
        *self
            .right_to_left
            .get_or_insert_with(|| text.chars().any(|character| script_of(character).is_right_to_left()))
    }
}

impl Script {
    fn is_joining(self) -> bool {
        matches!(self, Self::Joining | Self::JoiningRightToLeft)
    }

    fn is_right_to_left(self) -> bool {
        matches!(self, Self::RightToLeft | Self::JoiningRightToLeft)
    }
}

/// What a character is for, if it is not shown.
fn use_of(character: char) -> Option<Use> {
    Some(match u32::from(character) {
        0..=0xac => return None,
        0xad => Use::SoftHyphen,
        0x200b | 0x2060 => Use::Break,
        0x200c => Use::NonJoiner,
        0x200d => Use::Joiner,
        0x200e | 0x200f | 0x061c => Use::Direction,
        0x202a..=0x202c | 0x2066..=0x2069 => Use::Embedding,
        0x202d | 0x202e => Use::Override,
        0xfeff => Use::ByteOrderMark,
        0xfe00..=0xfe0f | 0xe0100..=0xe01ef => Use::Selector,
        0xe0001 | 0xe0020..=0xe007f => Use::Tag,
        0x115f | 0x1160 | 0x3164 | 0xffa0 | 0x17b4 | 0x17b5 | 0x180b..=0x180f => Use::Filler,
        0x034f | 0x2061..=0x2065 | 0x206a..=0x206f | 0xfff9..=0xfffb | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a => {
            Use::None
        }
        0xe0000..=0xe0fff => Use::None,
        _ => return None,
    })
}

fn script_of(character: char) -> Script {
    match u32::from(character) {
        0x30..=0x39 | 0x41..=0x5a | 0x61..=0x7a => Script::Plain,
        0..=0xbf if !matches!(character, '©' | '®') => Script::Common,
        0xa9 | 0xae | 0x203c | 0x2049 | 0x2122 | 0x2139 | 0x2190..=0x2bff | 0x3030 | 0x303d | 0x3297 | 0x3299 => {
            Script::Emoji
        }
        0x1f000..=0x1faff => Script::Emoji,
        0x0590..=0x05ff | 0xfb1d..=0xfb4f => Script::RightToLeft,
        0x0600..=0x08ff | 0xfb50..=0xfdff | 0xfe70..=0xfefc | 0x10800..=0x10fff | 0x1e800..=0x1eeff => {
            Script::JoiningRightToLeft
        }
        0x0900..=0x0dff | 0x1800..=0x18af | 0xa840..=0xa8ff | 0xabc0..=0xabff | 0x11000..=0x11fff => Script::Joining,
        0x0e00..=0x109f
        | 0x1780..=0x17ff
        | 0x1950..=0x1aaf
        | 0x1100..=0x11ff
        | 0x2e80..=0x302f
        | 0x3040..=0xa4cf
        | 0xa980..=0xaadf
        | 0xac00..=0xd7ff
        | 0xf900..=0xfaff
        | 0x20000..=0x3ffff => Script::Unspaced,
        0x2000..=0x2bff | 0x3000..=0x303f | 0xfe10..=0xfe6f | 0xff00..=0xffef => Script::Common,
        _ => Script::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_without_a_use_are_counted() {
        let evidence = |invisible, tags, selectors, bidi| Evidence {
            invisible,
            tags,
            selectors,
            bidi,
        };
        for (text, expected) in [
            (
                "ig\u{200b}no\u{200c}re\u{200d} \u{2060}a\u{feff}ll",
                evidence(4, 0, 0, 0),
            ),
            ("i\u{ad}g\u{ad}n\u{ad}o\u{ad}r\u{ad}e", evidence(5, 0, 0, 0)),
            ("a\u{2062}b\u{2064}c\u{3164}d\u{34f}e", evidence(4, 0, 0, 0)),
            ("Hello\u{e0049}\u{e0067}\u{e006e}", evidence(0, 3, 0, 0)),
            ("😊\u{e0138}\u{e015f}\u{e0167}", evidence(0, 0, 3, 0)),
            ("😊\u{fe0f}\u{fe01}\u{fe02}", evidence(0, 0, 2, 0)),
            ("a\u{fe01}", evidence(0, 0, 1, 0)),
            ("\u{202e}erongi\u{202c} \u{202a}x", evidence(0, 0, 0, 3)),
            ("a\u{200e}b", evidence(1, 0, 0, 0)),
            ("🏴\u{e0067}\u{e0049}\u{e007f}", evidence(0, 3, 0, 0)),
        ] {
            assert_eq!(Evidence::of(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_languages_and_emoji_need_is_not_counted() {
        for text in [
            "Plain text.",
            "می\u{200c}خواهم کتاب\u{200c}ها را",
            "क्\u{200d}ष ക്\u{200d} বাং\u{200c}লা",
            "👩\u{200d}👩\u{200d}👧\u{200d}👦 👩🏽\u{200d}🚀 ❤\u{fe0f}\u{200d}🔥 🏳\u{fe0f}\u{200d}🌈",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} 🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
            "1\u{fe0f}\u{20e3} #\u{fe0f}\u{20e3} ☎\u{fe0f} ©\u{fe0f}",
            "葛\u{e0100}城 辻\u{fe00}",
            "שלום \u{200f}(world)\u{200e} \u{202b}abc\u{202c} \u{2067}x\u{2069}",
            "ภาษา\u{200b}ไทย ភាសា\u{200b}ខ្មែរ",
            "Donau\u{ad}dampf\u{ad}schiff",
            "\u{feff}A file that begins with its mark.",
            "/usr/\u{200b}share",
            "🇫🇷 🇩🇪",
        ] {
            assert_eq!(Evidence::of(text).total(), 0, "{text:?}");
        }
    }
}
