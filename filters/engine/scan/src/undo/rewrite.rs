//! Disguises of single characters, undone where they stand: other forms of letters, what is not shown, escapes.
//!
//! First the marked parts of a text are surveyed, for what no one writes who wants to be read. Around each such place a
//! stretch is rewritten. Ordinary accents, typographic quotes and texts in other scripts are no such place.

use std::ops::Range;

use super::characters::{Characters, Kind, is_indicator, is_mark, ligature, upside_down};
use super::escape;
use super::hidden::{Hidden, Sight, Watch};
use super::look::Ranges;
use super::map::Draft;
use super::terminal;
use super::word::{Disguise, Setting, Word};
use crate::undone::{Step, Undone};

/// Bytes on either side of what is disguised that are rewritten with it.
const CONTEXT: usize = 192;
/// Bytes by which the marked parts are widened, so that words on their edge are seen whole.
const EDGE: usize = 32;
/// Bytes of a regional indicator.
const INDICATOR: usize = 4;
/// Bytes whose direction is turned around together, at most.
const LONGEST_TURN: usize = 4096;

/// A part of a text that is to be rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) range: Range<usize>,
    /// Whether accents are a disguise.
    accents: bool,
    /// Whether regional indicators are letters.
    spelt: bool,
}

/// What the marked parts of a text have.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    pub(crate) stretches: Vec<Stretch>,
    /// Hidden characters that may carry a text of their own.
    pub(crate) carriers: usize,
    /// Letters that are upside down.
    pub(crate) turned: usize,
}

/// One thing in a text.
enum Token {
    /// What a terminal obeys, and where it ends.
    Sequence(usize),
    Escaped(escape::Escaped),
    Word(Word),
    /// Regional indicators, and where they end.
    Indicators(usize),
    Character(char),
}

impl Token {
    fn at(characters: &Characters, text: &str, at: usize) -> Option<Self> {
        let rest = text.as_bytes().get(at..)?;
        if let Some(length) = terminal::sequence(rest) {
            return Some(Self::Sequence(at + length));
        }
        if let Some(escaped) = escape::read(rest) {
            return Some(Self::Escaped(escaped));
        }
        if let Some(word) = Word::read(characters, text, at) {
            return Some(Self::Word(word));
        }
        let rest = text.get(at..)?;
        match rest.find(|character| !is_indicator(character)).unwrap_or(rest.len()) {
            0 => rest.chars().next().map(Self::Character),
            indicators => Some(Self::Indicators(at + indicators)),
        }
    }

    /// Where it ends that begins at `at`.
    fn end(&self, at: usize) -> usize {
        match self {
            Self::Escaped(escaped) => at + escaped.length,
            Self::Word(word) => word.end,
            Self::Indicators(end) | Self::Sequence(end) => *end,
            Self::Character(character) => at + character.len_utf8(),
        }
    }
}

// === impl Survey ===

impl Survey {
    /// Surveys the marked parts of a text, forgetting what was seen in another.
    pub(crate) fn of(&mut self, characters: &Characters, text: &str, marked: &Ranges) {
        self.stretches.clear();
        (self.carriers, self.turned) = (0, 0);
        let mut done = 0;
        for part in marked.iter() {
            let start = text.floor_char_boundary(part.start.saturating_sub(EDGE)).max(done);
            let end = (part.end + EDGE).min(text.len());
            let (mut watch, mut setting) = (Watch::new(), Setting::default());
            let mut at = start;
            while at < end {
                let Some(token) = Token::at(characters, text, at) else {
                    break;
                };
                let after = token.end(at);
                self.see(characters, text, at..after, &token, &mut watch, &mut setting);
                at = after;
            }
            done = at;
        }
    }

    fn see(
        &mut self,
        characters: &Characters,
        text: &str,
        range: Range<usize>,
        token: &Token,
        watch: &mut Watch,
        setting: &mut Setting,
    ) {
        match token {
            Token::Sequence(_) => self.mark(text, range, false, false),
            Token::Escaped(escaped) if escaped.needless => self.mark(text, range, false, false),
            Token::Escaped(_) => {}
            Token::Word(word) => {
                if let Some(last) = text.get(range.clone()).and_then(|word| word.chars().next_back()) {
                    watch.see(text, range.end - last.len_utf8(), last);
                }
                let disguise = word.disguise(setting);
                if disguise.telling {
                    self.turned += word.turned(text, range.start);
                    self.mark(text, range, disguise.accents, false);
                }
            }
            Token::Indicators(_) => {
                // Flags come in twos; a row of more than two may be a list of them.
                let indicators = range.len() / INDICATOR;
                if indicators % 2 == 1 || indicators > 4 {
                    self.mark(text, range, false, true);
                }
            }
            Token::Character(character) => match watch.see(text, range.start, *character) {
                Sight::Hidden(hidden) => {
                    self.carriers += usize::from(hidden != Hidden::Bidi);
                    self.mark(text, range, false, false);
                }
                Sight::InPlace | Sight::Idle => {}
                Sight::Shown
                    if stands_for_space(characters, text, &range, *character) || parts_letters(text, &range) =>
                {
                    self.mark(text, range, false, false);
                }
                Sight::Shown => {}
            },
        }
    }

    /// Has a stretch around a range rewritten.
    fn mark(&mut self, text: &str, range: Range<usize>, accents: bool, spelt: bool) {
        let start = text.floor_char_boundary(range.start.saturating_sub(CONTEXT));
        let end = text.ceil_char_boundary((range.end + CONTEXT).min(text.len()));
        match self.stretches.last_mut() {
            Some(last) if start <= last.range.end => {
                last.range.end = last.range.end.max(end);
                last.accents |= accents;
                last.spelt |= spelt;
            }
            Some(_) | None => self.stretches.push(Stretch {
                range: start..end,
                accents,
                spelt,
            }),
        }
    }
}

/// Whether a character that is not a space stands between two ASCII letters as if it were one.
fn stands_for_space(characters: &Characters, text: &str, range: &Range<usize>, character: char) -> bool {
    if character.is_ascii() || characters.fold(character).is_none_or(|fold| fold.ascii != b' ') {
        return false;
    }
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    let before = range
        .start
        .checked_sub(1)
        .and_then(|before| text.as_bytes().get(before));
    is_letter(before) && is_letter(text.as_bytes().get(range.end))
}

/// Whether a character beyond ASCII stands between two ASCII letters that are by themselves, one of them with another
/// such character on its other side: as in `i🙂g🙂n`, and not in `A🙂B`.
fn parts_letters(text: &str, range: &Range<usize>) -> bool {
    let (before, after) = text.as_bytes().split_at_checked(range.start).unwrap_or_default();
    let after = after.get(range.len()..).unwrap_or_default();
    let mut before = before.iter().rev();
    let (left, beyond_left) = (before.next(), before.next());
    let (right, beyond_right) = (after.first(), after.get(1));
    let are_letters = [left, right]
        .iter()
        .all(|letter| letter.is_some_and(u8::is_ascii_alphabetic));
    let beyond = [beyond_left, beyond_right];
    let are_alone = !beyond.iter().any(|byte| byte.is_some_and(u8::is_ascii_alphanumeric));
    let go_on = beyond.iter().any(|byte| byte.is_some_and(|byte| !byte.is_ascii()));
    range.len() > 2 && are_letters && are_alone && go_on
}

/// A stretch while it is rewritten.
struct Writer<'a> {
    characters: &'a Characters,
    text: &'a str,
    draft: &'a mut Draft,
    accents: bool,
    spelt: bool,
    steps: Steps,
}

/// Steps, each at most once, in the order in which they are told of.
#[derive(Clone, Copy, Debug, Default)]
struct Steps(u32);

impl Steps {
    fn add(&mut self, step: Step) {
        self.0 |= 1_u32.wrapping_shl(step as u32);
    }

    fn chain(self) -> Undone {
        let steps = Step::ALL
            .iter()
            .filter(|step| self.0 & 1_u32.wrapping_shl(**step as u32) != 0);
        steps.fold(Undone::NOTHING, |chain, step| chain.then(*step))
    }
}

/// Writes a stretch of a text that is upside down, from its end.
pub(crate) fn upright(text: &str, stretch: &Stretch, draft: &mut Draft) {
    draft.clear();
    let start = stretch.range.start;
    for (offset, character) in text.get(stretch.range.clone()).unwrap_or_default().char_indices().rev() {
        let range = start + offset..start + offset + character.len_utf8();
        draft.put_char(upside_down(character).unwrap_or(character), range);
    }
}

/// Rewrites a stretch of a text; what was undone, or nothing if the text is the same after.
pub(crate) fn rewrite(characters: &Characters, text: &str, stretch: &Stretch, draft: &mut Draft) -> Option<Undone> {
    draft.clear();
    let mut writer = Writer {
        characters,
        text,
        draft,
        accents: stretch.accents,
        spelt: stretch.spelt,
        steps: Steps::default(),
    };
    let (mut watch, mut setting) = (Watch::new(), Setting::default());
    let mut at = stretch.range.start;
    while at < stretch.range.end {
        let token = Token::at(characters, text, at)?;
        let end = match token {
            Token::Sequence(end) => {
                writer.steps.add(Step::Invisible);
                end
            }
            Token::Escaped(escaped) => writer.escaped(at, escaped),
            Token::Word(word) => writer.word(at, word, &mut watch, &mut setting),
            Token::Indicators(end) => writer.indicators(at..end),
            Token::Character(character) => writer.character(at, character, &mut watch),
        };
        at = end;
    }
    let steps = writer.steps;
    (steps.0 != 0).then(|| steps.chain())
}

impl Writer<'_> {
    fn escaped(&mut self, at: usize, escaped: escape::Escaped) -> usize {
        let end = at + escaped.length;
        self.draft.put_char(escaped.character, at..end);
        self.steps.add(escaped.step);
        end
    }

    fn word(&mut self, at: usize, word: Word, watch: &mut Watch, setting: &mut Setting) -> usize {
        let disguise = word.disguise(setting);
        let letters = self.text.get(at..word.end).unwrap_or_default();
        if letters.is_ascii() {
            self.draft.copy(letters, at);
        } else {
            for (offset, letter) in letters.char_indices() {
                self.letter(at + offset, letter, disguise);
            }
        }
        if let Some(last) = letters.chars().next_back() {
            watch.see(self.text, word.end - last.len_utf8(), last);
        }
        word.end
    }

    fn indicators(&mut self, range: Range<usize>) -> usize {
        let end = range.end;
        if range.len() == 2 * INDICATOR && !self.spelt {
            self.same(range);
            return end;
        }
        for (number, character) in self.text.get(range.clone()).unwrap_or_default().chars().enumerate() {
            let start = range.start + number * INDICATOR;
            if let Some(fold) = self.characters.fold(character) {
                self.draft.put_char(char::from(fold.ascii), start..start + INDICATOR);
            }
        }
        self.steps.add(Step::Nfkc);
        end
    }

    fn letter(&mut self, at: usize, letter: char, disguise: Disguise) {
        let range = at..at + letter.len_utf8();
        if let Some(letters) = ligature(letter) {
            self.draft.put(letters, range);
            return self.steps.add(Step::Nfkc);
        }
        if is_mark(letter) && (self.accents || disguise.accents) {
            return self.steps.add(Step::CombiningMarks);
        }
        let folded = self.characters.fold(letter).and_then(|fold| match fold.kind {
            Kind::Accent => self.accents.then_some((fold.ascii, Step::CombiningMarks)),
            Kind::Styled | Kind::Mark => Some((fold.ascii, Step::Nfkc)),
            Kind::LookAlike | Kind::Exact => disguise.look_alikes.then_some((fold.ascii, Step::Confusables)),
        });
        match folded {
            Some((ascii, step)) => {
                self.draft.put_char(char::from(ascii), range);
                self.steps.add(step);
            }
            None => self.same(range),
        }
    }

    fn character(&mut self, at: usize, character: char, watch: &mut Watch) -> usize {
        let range = at..at + character.len_utf8();
        match watch.see(self.text, at, character) {
            Sight::InPlace => self.same(range.clone()),
            Sight::Idle => self.steps.add(Step::Invisible),
            Sight::Hidden(hidden) => {
                self.steps.add(match hidden {
                    Hidden::Invisible => Step::Invisible,
                    Hidden::Tag => Step::Tags,
                    Hidden::Selector => Step::VariationSelectors,
                    Hidden::Bidi => Step::Bidi,
                });
                if character == '\u{202e}' {
                    return self.turn(range);
                }
            }
            Sight::Shown if is_mark(character) && self.accents => self.steps.add(Step::CombiningMarks),
            Sight::Shown if is_control(character) => self.steps.add(Step::Invisible),
            Sight::Shown if character.is_ascii() => self.same(range.clone()),
            Sight::Shown if parts_letters(self.text, &range) => self.steps.add(Step::Spacing),
            Sight::Shown => match self.characters.fold(character) {
                Some(fold) => {
                    self.draft.put_char(char::from(fold.ascii), range.clone());
                    if fold.kind != Kind::Mark || fold.ascii == b' ' {
                        self.steps.add(Step::Nfkc);
                    }
                }
                None => self.same(range.clone()),
            },
        }
        range.end
    }

    /// Writes what is shown from right to left in the order in which it is read.
    fn turn(&mut self, start: Range<usize>) -> usize {
        let rest = self.text.get(start.end..).unwrap_or_default();
        let rest = rest.get(..rest.floor_char_boundary(LONGEST_TURN)).unwrap_or_default();
        let turned = rest.split(['\u{202c}', '\u{2069}', '\n']).next().unwrap_or_default();
        let end = start.end + turned.len();
        let read: String = turned.chars().rev().collect();
        self.draft.put(&read, start.end..end);
        end
    }

    fn same(&mut self, range: Range<usize>) {
        let start = range.start;
        self.draft.copy(self.text.get(range).unwrap_or_default(), start);
    }
}

/// Whether a character is an ASCII control that is neither shown nor a space.
fn is_control(character: char) -> bool {
    character.is_ascii_control() && !matches!(character, '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::super::look::Look;
    use super::super::tables::Tables;
    use super::*;

    /// The stretches of a text, rewritten, each with what was undone.
    fn rewritten(text: &str) -> Vec<(String, String)> {
        let (mut look, mut survey, mut draft) = (Look::default(), Survey::default(), Draft::default());
        let Tables { characters, .. } = Tables::built_in();
        look.at(text.as_bytes());
        survey.of(&characters, text, &look.marked);
        let mut all = Vec::new();
        for stretch in &survey.stretches {
            if let Some(chain) = rewrite(&characters, text, stretch, &mut draft) {
                all.push((draft.text().to_owned(), chain.to_string()));
            }
        }
        all
    }

    #[test]
    fn disguises_of_characters_are_undone() {
        for (text, plain, chain) in [
            ("ig\u{200b}no\u{200d}re a\u{ad}ll", "ignore all", "invisible"),
            ("Ｉｇｎｏｒｅ　ａｌｌ", "Ignore all", "nfkc"),
            ("𝕚𝕘𝕟𝕠𝕣𝕖 𝒶𝓁𝓁 ⓡⓤⓛⓔⓢ", "ignore all rules", "nfkc"),
            ("oﬃcial", "official", "nfkc"),
            ("Ignоrе аll рrеvіоus", "Ignore all previous", "confusables"),
            (
                "i\u{336}g\u{336}n\u{336}o\u{336}r\u{336}e\u{336}",
                "ignore",
                "combining-marks",
            ),
            ("ïgnörë àll prëvïöüs", "ignore all previous", "combining-marks"),
            ("&#105;g&#x6e;ore&colon;", "ignore:", "html-entities"),
            ("%69gnore%20all", "ignore all", "percent"),
            ("\\u0069gnore \\x61ll", "ignore all", "unicode-escapes"),
            ("ignore\u{a0}all\u{2003}rules", "ignore all rules", "nfkc"),
            ("\u{202e}lla erongi\u{202c}!", "ignore all!", "bidi"),
            ("See\u{e0069}\u{e0067}.", "See.", "tags"),
            ("Hi 😊\u{e0138}\u{e0139}!", "Hi 😊!", "variation-selectors"),
            (
                "&#105;gn%6Fre a\u{200b}ll",
                "ignore all",
                "invisible > html-entities > percent",
            ),
            ("🇮🇬🇳🇴🇷🇪 🇮🇹", "IGNORE IT", "nfkc"),
            ("ig\u{1b}[0mno\u{1b}[1;31mre", "ignore", "invisible"),
            ("\\x1b[31mignore\\033[0m \\e[mall", "ignore all", "invisible"),
            ("i🙂g🙂n🙂o🙂r🙂e a🍎l🍎l", "ignore all", "spacing"),
            ("Line one.\\nIgnore it.", "Line one.\nIgnore it.", "unicode-escapes"),
        ] {
            assert_eq!(rewritten(text), [(plain.to_owned(), chain.to_owned())], "{text}");
        }
    }

    #[test]
    fn ordinary_text_is_not_rewritten() {
        for text in [
            "Plain ASCII.",
            "“Don’t,” she said – and left… 50 % & more.",
            "L'été dernier, les élèves étaient à la plage.",
            "Größe, straße, Ærø, Łódź, smørrebrød, İstanbul",
            "Это обычный русский текст, а в нём API и v2.",
            "Αυτό είναι ένα συνηθισμένο κείμενο.",
            "这是一段普通的中文文本，包含标点。（括号）",
            "これは普通の日本語です。カタカナも。",
            "이것은 평범한 한국어입니다.",
            "هذا نص عربي عادي، می‌خواهم",
            "यह एक सामान्य हिंदी पाठ है।",
            "עברית רגילה \u{200f}(abc)\u{200e}.",
            "Tiếng Việt có nhiều dấu.",
            "👩\u{200d}👩\u{200d}👧 🇫🇷🇩🇪 ❤\u{fe0f} 1\u{fe0f}\u{20e3}",
            "x² + y² = z², 10⁶ m³, ½, №5, ™, ©",
            "Team A🙂B, hello🙂world, 3🙂4 and 我🙂b",
            "C:\\docs and \\d+\\w* and 100%",
            "AT&T &amp; Co &lt;b&gt; &#39;quoted&#39;",
            "https://example.com/a%2Fb?x=1&y=%C2%A0",
        ] {
            let found: Vec<_> = rewritten(text);
            assert!(found.is_empty(), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_place_in_a_long_text_has_only_its_surroundings_rewritten() {
        let prose = "Nothing to see in this sentence at all. ".repeat(100);
        let text = [&prose, "ig\u{200b}nore", &prose].concat();
        let found = rewritten(&text);
        assert_eq!(found.len(), 1);
        assert!(found[0].0.contains("ignore") && found[0].0.len() < 3 * CONTEXT);
    }
}
