//! Text as tokens of SQL, in whatever context it may be put.
//!
//! Quotes are tokens of their own: what a quote begins or ends depends on where the text is put, which nobody knows
//! here. Whoever reads the tokens decides.

use std::ops::Range;

use super::words::{WORDS, Word};
use crate::detect::source::{Source, is_word};

/// Longest comment inside a statement; a longer one is taken to have no end.
const COMMENT: usize = 128;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word with a meaning.
    Known(Word),
    /// Any other name.
    Name,
    Number,
    /// A quote character.
    Quote(u8),
    /// An apostrophe within a word.
    Apostrophe,
    /// `--`, `#`, or `/*` without an end.
    Comment,
    /// `/*!`: a comment that one database takes for a statement.
    Version,
    Semicolon,
    Open,
    Close,
    Comma,
    Dot,
    /// `=` and others that compare two values.
    Compare,
    /// `||`, `&&`.
    Logic,
    /// An operator that makes a value of two, or of one.
    Arithmetic,
    /// `::`, before the name of a type.
    Cast,
    /// Anything else: a byte that has no business in SQL.
    Other,
    /// The end of the text.
    End,
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether a comment stands before it where others put a space.
    pub(super) commented: bool,
}

impl Token {
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    pub(super) fn is(&self, word: Word) -> bool {
        self.kind == Kind::Known(word)
    }
}

/// A place in a text, from which tokens are read. A copy reads ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexer<'t> {
    pub(super) source: Source<'t>,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(source: Source<'t>) -> Self {
        Self { source, at: 0 }
    }

    /// Reads on from another place.
    pub(super) fn from(self, at: usize) -> Self {
        Self { at, ..self }
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Token {
        let commented = self.pass_space();
        let start = self.at;
        let (kind, length) = self.kind();
        self.at = start + length;
        Token {
            kind,
            start,
            end: self.at,
            commented,
        }
    }

    /// The next token, which is next again.
    pub(super) fn peek(mut self) -> Token {
        self.next()
    }

    /// Takes the next token if it is the wanted one.
    pub(super) fn take(&mut self, wanted: Kind) -> bool {
        let mut ahead = *self;
        let taken = ahead.next().kind == wanted;
        if taken {
            *self = ahead;
        }
        taken
    }

    /// The bytes of a token.
    pub(super) fn bytes(&self, token: &Token) -> &'t [u8] {
        self.source.slice(token.range())
    }

    /// Passes over whitespace and comments that end; whether there was such a comment.
    fn pass_space(&mut self) -> bool {
        let mut commented = false;
        loop {
            match self.source.byte(self.at) {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.at += 1,
                // A no-break space.
                0xc2 if self.source.byte(self.at + 1) == 0xa0 => self.at += 2,
                // The escape of a line break, in texts that are JSON.
                b'\\' if matches!(self.source.byte(self.at + 1), b'n' | b'r' | b't') => self.at += 2,
                b'/' if self.source.byte(self.at + 1) == b'*' && self.source.byte(self.at + 2) != b'!' => {
                    let Some(end) = self.comment_end() else {
                        return commented;
                    };
                    commented = true;
                    self.at = end;
                }
                b'*' if self.source.byte(self.at + 1) == b'/' => self.at += 2,
                _ => return commented,
            }
        }
    }

    fn comment_end(&self) -> Option<usize> {
        let body = self.source.slice(self.at + 2..self.at + 2 + COMMENT);
        let length = body.windows(2).position(|pair| pair == b"*/")?;
        Some(self.at + 2 + length + 2)
    }

    fn kind(&self) -> (Kind, usize) {
        let (byte, next) = (self.source.byte(self.at), self.source.byte(self.at + 1));
        match byte {
            0 if self.at >= self.source.len() => (Kind::End, 0),
            b'0'..=b'9' => self.number(),
            b'.' if next.is_ascii_digit() => self.number(),
            b'.' => (Kind::Dot, 1),
            b'\'' if self.is_apostrophe() => (Kind::Apostrophe, 1),
            // Three in a row open or close what no database knows.
            b'"' | b'`' if next == byte && self.source.byte(self.at + 2) == byte => (Kind::Other, 3),
            b'\'' | b'"' | b'`' => (Kind::Quote(byte), 1),
            b'\\' if matches!(next, b'\'' | b'"') => (Kind::Quote(next), 2),
            b'-' if next == b'-' => (Kind::Comment, 2),
            b'#' => (Kind::Comment, 1),
            b'/' if next == b'*' => {
                if self.source.byte(self.at + 2) == b'!' {
                    let end = self.source.past(self.at + 3, |byte| byte.is_ascii_digit());
                    (Kind::Version, end - self.at)
                } else {
                    (Kind::Comment, 2)
                }
            }
            b';' => (Kind::Semicolon, 1),
            b'(' => (Kind::Open, 1),
            b')' => (Kind::Close, 1),
            b',' => (Kind::Comma, 1),
            b'|' if next == b'|' => (Kind::Logic, 2),
            b'&' if next == b'&' => (Kind::Logic, 2),
            b'@' if next == b'>' => (Kind::Compare, 2),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'@' | 0x80.. => self.word(),
            // A tag.
            b'<' if next.is_ascii_alphabetic() && self.source.before(self.at).is_ascii_whitespace() => (Kind::Other, 1),
            b'<' if next == b'/' => (Kind::Other, 1),
            b'=' | b'<' | b'>' => (Kind::Compare, self.operator(b"=<>@-")),
            b'!' if matches!(next, b'=' | b'<' | b'>' | b'~') => (Kind::Compare, self.operator(b"=<>~*")),
            b'-' if next == b'>' => (Kind::Compare, self.operator(b">")),
            b':' if next == b':' => (Kind::Cast, 2),
            b'?' if matches!(next, b' ' | b'|' | b'&' | b'-') => (Kind::Compare, self.operator(b"|&")),
            b'+' | b'-' | b'*' | b'/' | b'%' | b'|' | b'&' | b'^' | b'~' | b'!' => (Kind::Arithmetic, 1),
            _ => (Kind::Other, 1),
        }
    }

    fn operator(&self, rest: &[u8]) -> usize {
        let end = self.source.past(self.at + 1, |byte| rest.contains(&byte));
        // `=-1` and `<@x` hold operators of their own; only arrows do not.
        let length = end - self.at;
        if self.source.byte(end - 1) == b'-' && length > 1 {
            length - 1
        } else {
            length
        }
    }

    fn word(&self) -> (Kind, usize) {
        let end = self
            .source
            .past(self.at + 1, |byte| is_word(byte) || matches!(byte, b'$' | b'@'));
        let word = self.source.slice(self.at..end);
        (WORDS.get(word).map_or(Kind::Name, Kind::Known), end - self.at)
    }

    /// A number ends where a word with a meaning begins: `1or 1=1` needs no space.
    fn number(&self) -> (Kind, usize) {
        let source = self.source;
        if source.has(self.at, b"0x") {
            let end = source.past(self.at + 2, |byte| byte.is_ascii_hexdigit());
            return (Kind::Number, end - self.at);
        }
        let mut end = source.past(self.at, |byte| byte.is_ascii_digit() || byte == b'.');
        if source.byte(end).eq_ignore_ascii_case(&b'e') && source.byte(end + 1).is_ascii_digit() {
            end = source.past(end + 1, |byte| byte.is_ascii_digit());
        }
        let tail = source.past(end, is_word);
        if tail == end || WORDS.get(source.slice(end..tail)).is_some() {
            return (Kind::Number, end - self.at);
        }
        (Kind::Name, tail - self.at)
    }

    /// Whether the quote here stands between letters, as in `isn't`, and not before a word that goes on with SQL.
    fn is_apostrophe(&self) -> bool {
        if !is_word(self.source.before(self.at)) || !self.source.byte(self.at + 1).is_ascii_alphabetic() {
            return false;
        }
        let end = self.source.past(self.at + 1, is_word);
        let head = self.source.slice(self.at.saturating_sub(8)..self.at);
        let start = head
            .iter()
            .rposition(|byte| !is_word(*byte))
            .map_or(0, |before| before + 1);
        let goes_on = |word| {
            matches!(
                word,
                Word::Or
                    | Word::And
                    | Word::Union
                    | Word::Compare
                    | Word::Between
                    | Word::Order
                    | Word::Group
                    | Word::Is
                    | Word::In
                    | Word::Not
                    | Word::Limit
            )
        };
        !WORDS.get(self.source.slice(self.at + 1..end)).is_some_and(goes_on)
            && !WORDS.get(head.get(start..).unwrap_or_default()).is_some_and(goes_on)
    }
}
