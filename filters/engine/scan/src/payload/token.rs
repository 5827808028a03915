//! Text to tokens, whatever language it is in: words, numbers, signs, quotes by whether they open, close or break out.

use super::kind::{self, PAIRS, START, quote};
use super::words::{COMPARES, Words};

/// What a token is: for its own sake (`fine`), and as one of a kind (`coarse`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) fine: u32,
    pub(super) coarse: u32,
    /// Spelt in upper and lower case at random, though it is a word that means something.
    pub(super) disguised: bool,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Bytes of the name of a pair, at most.
const NAME: usize = 48;

/// What a text is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// One value.
    Plain,
    /// `name=value&…`.
    Pairs,
    Json,
    Xml,
}

/// The tokens of a text, in order.
pub(super) struct Tokens<'t> {
    bytes: &'t [u8],
    words: &'t Words,
    at: usize,
    form: Form,
    /// In JSON: whether a string is open.
    string: bool,
    /// Which quotes the value has opened: `'`, `"`, `` ` ``.
    open: [bool; 3],
    /// A value begins at the next token.
    begins: bool,
    /// Nothing of the value has been read.
    fresh: bool,
    /// The operand before, and whether it is being compared.
    operand: (usize, usize),
    compares: bool,
}

/// Whether a byte is part of a word. Bytes outside ASCII are letters of some script.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

const fn is_name(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'[' | b']' | b'.' | b'-')
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str, words: &'t Words) -> Self {
        let bytes = text.as_bytes();
        let mut tokens = Self {
            bytes,
            words,
            at: 0,
            form: Form::Plain,
            string: false,
            open: [false; 3],
            begins: true,
            fresh: true,
            operand: (0, 0),
            compares: false,
        };
        let first = tokens.past_space(0);
        let second = tokens.byte(tokens.past_space(first + 1));
        tokens.form = match (tokens.byte(first), second) {
            (b'{', b'"' | b'}') | (b'[', b'"' | b'{' | b'[') => Form::Json,
            (b'<', b'?') if bytes.get(first..).is_some_and(|rest| rest.starts_with(b"<?xml")) => Form::Xml,
            _ => match tokens.name(first) {
                Some(end) => {
                    tokens.at = end;
                    Form::Pairs
                }
                None => Form::Plain,
            },
        };
        tokens
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |before| self.byte(before))
    }

    fn past_space(&self, mut at: usize) -> usize {
        while self.byte(at).is_ascii_whitespace() {
            at += 1;
        }
        at
    }

    /// Where the value of the pair that begins at `start` begins, if one does.
    fn name(&self, start: usize) -> Option<usize> {
        let mut at = start;
        while at - start < NAME && is_name(self.byte(at)) {
            at += 1;
        }
        let value = self.byte(at + 1);
        let is_pair = at > start && self.byte(at) == b'=' && !matches!(value, b'=' | b'>' | b' ' | b'~');
        is_pair.then_some(at + 1)
    }

    /// A token that is as it is.
    const fn plain(kind: u32, start: usize, end: usize) -> Token {
        Token {
            fine: kind,
            coarse: kind,
            disguised: false,
            start,
            end,
        }
    }

    /// A value begins.
    fn begin(&mut self) {
        self.begins = true;
        self.fresh = true;
        self.open = [false; 3];
        self.compares = false;
        self.operand = (0, 0);
    }

    /// The next token; none at the end.
    pub(super) fn next(&mut self) -> Option<Token> {
        if self.begins {
            self.begins = false;
            return Some(Self::plain(START, self.at, self.at));
        }
        let mut line = false;
        loop {
            let byte = *self.bytes.get(self.at)?;
            let escapes = byte == b'\\' && self.form == Form::Json && self.string;
            if byte == b'\n' || escapes && matches!(self.byte(self.at + 1), b'n' | b'r') {
                line = true;
            } else if escapes && self.byte(self.at + 1) == b't' {
                // A space.
            } else if escapes && matches!(self.byte(self.at + 1), b'"' | b'/' | b'\\') {
                self.at += 1;
                break;
            } else if !byte.is_ascii_whitespace() {
                break;
            }
            self.at += 1 + usize::from(escapes);
        }
        if line {
            self.open = [false; 3];
            return Some(Self::plain(kind::LINE, self.at, self.at));
        }
        let start = self.at;
        let byte = self.byte(start);
        let fresh = std::mem::take(&mut self.fresh);
        let token = match byte {
            b'0'..=b'9' => self.number(start),
            b'\'' | b'"' | b'`' => self.quote(start, byte, fresh),
            _ if is_word(byte) => self.word(start),
            _ => self.sign(start, byte),
        };
        self.at = token.end.max(start + 1);
        Some(token)
    }

    fn number(&mut self, start: usize) -> Token {
        let hexadecimal = self.byte(start) == b'0' && matches!(self.byte(start + 1), b'x' | b'X');
        let mut end = start + if hexadecimal { 2 } else { 1 };
        while self.byte(end).is_ascii_digit()
            || hexadecimal && self.byte(end).is_ascii_hexdigit()
            || self.byte(end) == b'.' && self.byte(end + 1).is_ascii_digit()
        {
            end += 1;
        }
        let number = if hexadecimal { kind::HEXADECIMAL } else { kind::NUMBER };
        self.operand(start, end, Self::plain(number, start, end))
    }

    /// A token that can stand in a comparison.
    fn operand(&mut self, start: usize, end: usize, token: Token) -> Token {
        let (from, to) = self.operand;
        let same = self.compares && to > from && self.slice(from, to).eq_ignore_ascii_case(self.slice(start, end));
        self.operand = (start, end);
        self.compares = false;
        if same {
            return Self::plain(kind::SAME, start, end);
        }
        token
    }

    fn slice(&self, start: usize, end: usize) -> &'t [u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    fn word(&mut self, start: usize) -> Token {
        let mut end = start;
        let (mut upper, mut lower, mut other, mut turns) = (false, false, false, 0);
        while is_word(self.byte(end)) {
            let byte = self.byte(end);
            turns += u32::from(lower && byte.is_ascii_uppercase());
            upper |= byte.is_ascii_uppercase();
            lower = byte.is_ascii_lowercase();
            other |= byte >= 0x80;
            end += 1;
        }
        let (hash, class) = self.words.find(self.slice(start, end));
        if class != 0 {
            let coarse = kind::KNOWN | u32::from(class);
            let token = Token {
                fine: hash,
                coarse,
                disguised: turns > 0,
                start,
                end,
            };
            if class == COMPARES {
                self.compares = true;
                return token;
            }
            return self.operand(start, end, token);
        }
        let long = (end - start).ilog2();
        let shape = u32::from(upper) | u32::from(other) << 1 | u32::from(self.before(end).is_ascii_digit()) << 2;
        let coarse = kind::WORD | u32::from(other);
        if self
            .slice(start, end)
            .get(..2)
            .is_some_and(|head| head.eq_ignore_ascii_case(b"on"))
            && end - start > 4
            && self.byte(self.past_space(end)) == b'='
        {
            return Self::plain(kind::HANDLER, start, end);
        }
        let token = Token {
            fine: kind::WORD | shape << 8 | long,
            coarse,
            disguised: false,
            start,
            end,
        };
        self.operand(start, end, token)
    }

    fn quote(&mut self, start: usize, byte: u8, fresh: bool) -> Token {
        let bounds = byte == b'"' && (self.form == Form::Json && self.before(start) != b'\\')
            || byte == b'"' && self.form == Form::Xml && (self.string || self.before(start) == b'=');
        if bounds {
            self.string = !self.string;
            if self.string {
                self.begin();
                self.begins = false;
                return Self::plain(START, start, start + 1);
            }
            return Self::plain(kind::END, start, start + 1);
        }
        let (before, after) = (self.before(start), self.byte(start + 1));
        let slot = match byte {
            b'\'' => 0,
            b'"' => 1,
            _ => 2,
        };
        let open = self.open.get_mut(slot);
        let is_open = open.as_ref().is_some_and(|open| **open);
        let mut end = start + 1;
        let does = if after == byte {
            end += 1;
            quote::DOUBLED
        } else if is_open {
            quote::CLOSES
        } else if byte == b'\'' && before.is_ascii_alphabetic() && after.is_ascii_alphabetic() {
            quote::APOSTROPHE
        } else if fresh {
            quote::BEGINS
        } else if is_word(before) || matches!(before, b')' | b'%' | b'\'' | b'"' | b'.' | b'*' | b'!') {
            quote::BREAKS
        } else {
            quote::OPENS
        };
        if let Some(open) = open {
            *open = match does {
                quote::CLOSES => false,
                quote::OPENS => true,
                quote::BEGINS => is_word(after),
                _ => *open,
            };
        }
        let coarse = kind::QUOTE | u32::from(byte) << 8 | does;
        let gaps = u32::from(before.is_ascii_whitespace()) | u32::from(after.is_ascii_whitespace()) << 1;
        Token {
            fine: coarse | gaps << 4,
            coarse,
            disguised: false,
            start,
            end,
        }
    }

    fn sign(&mut self, start: usize, byte: u8) -> Token {
        if byte == b'&'
            && self.form == Form::Pairs
            && let Some(end) = self.name(start + 1)
        {
            self.begin();
            return Self::plain(kind::END, start, end);
        }
        let mut end = start;
        while self.bytes.get(end) == Some(&byte) {
            end += 1;
        }
        let count = (end - start).min(4) as u32;
        if byte == b'.' && count == 2 && matches!(self.byte(end), b'/' | b'\\') {
            return self.climb(start);
        }
        let after = self.byte(end);
        let gaps = u32::from(self.before(start).is_ascii_whitespace()) | u32::from(after.is_ascii_whitespace()) << 1;
        if matches!(byte, b'=' | b'<' | b'>') {
            self.compares = true;
        } else if !matches!(byte, b'(' | b'!' | b'-' | b'+') {
            self.compares = false;
            if !matches!(byte, b')') {
                self.operand = (0, 0);
            }
        }
        if count == 1 && PAIRS.contains(&[byte, after]) {
            let coarse = kind::PAIR | u32::from(byte) << 8 | u32::from(after);
            return Self::plain(coarse, start, end + 1);
        }
        let coarse = u32::from(byte) | count << 8;
        Token {
            fine: coarse | gaps << 12,
            coarse,
            disguised: false,
            start,
            end,
        }
    }

    /// `../` again and again.
    fn climb(&self, start: usize) -> Token {
        let (mut end, mut count) = (start, 0);
        while self.byte(end) == b'.' && self.byte(end + 1) == b'.' {
            let mut next = end + 2;
            while matches!(self.byte(next), b'/' | b'\\') {
                next += 1;
            }
            if next == end + 2 {
                break;
            }
            (end, count) = (next, count + 1);
        }
        let style = u32::from(self.byte(start + 2) == b'\\') << 4;
        let coarse = kind::CLIMB | u32::min(count, 4);
        Token {
            fine: coarse | style,
            coarse,
            disguised: false,
            start,
            end,
        }
    }
}
