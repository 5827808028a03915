//! How many tokens a request may come to.

use crate::binary::{is_base64, is_binary_data_url};
use crate::json::{CLASSES, Class, MAX_DEPTH, MAX_LENGTH, Text, escape_at, measure_any, plain_run};
use crate::usage::estimate;
use crate::{BodyError, skim};

mod next;

use next::{
    ARRAY_END, BOOLEAN, COLON, COMMA, IS_KEY, KEY, NULL, NUMBER, Next, OBJECT, OBJECT_END, SPACE, STRING, VALUE,
};

/// What a request may come to, as far as it says; see [`demand`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Tokens of the request itself, roughly; [`crate::RequestFacts::input_estimate`].
    pub input: u64,
    /// The most tokens that one choice may have; [`crate::RequestFacts::max_tokens`].
    pub max_tokens: Option<u64>,
    /// How many choices are asked for; [`crate::RequestFacts::choices`].
    pub choices: u64,
}

/// Reads what [`skim`](fn@skim) would find of a request, and nothing else.
///
/// Nearly every body is walked through once, in a loop that is small enough to run well where each request finds it cold.
/// What that loop does not know (an escape in a key, two keys that may be the same, whatever is wrong) is for `skim`.
///
/// ```
/// use bartizan_wire::demand;
///
/// let demand = demand(br#"{"model":"small","max_tokens":64,"input":"twelve bytes"}"#)?;
/// assert_eq!((demand.input, demand.max_tokens, demand.choices), (3, Some(64), 1));
/// # Ok::<(), bartizan_wire::BodyError>(())
/// ```
///
/// # Errors
/// Those of `skim`.
pub fn demand(body: &[u8]) -> Result<Demand, BodyError> {
    if let Some(demand) = Walk::over(body) {
        return Ok(demand);
    }
    let facts = skim(body)?;
    Ok(Demand {
        input: facts.input_estimate(),
        max_tokens: facts.max_tokens,
        choices: facts.choices,
    })
}

/// What a member is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    /// Its string is no text for a model.
    Name,
    Flag,
    MaxTokens,
    Choices,
    StreamOptions,
    Input,
    /// Its strings may be base64.
    Data,
    Other,
}

/// Names that matter, and what stands under each: first the one in `stream_options`, then those that matter everywhere,
/// then those of the request itself.
const MEMBERS: [(&[u8], Member, Next); 12] = [
    (b"include_usage", Member::Flag, BOOLEAN | NULL),
    (b"data", Member::Data, VALUE),
    (b"file_data", Member::Data, VALUE),
    (b"model", Member::Name, STRING | NULL),
    (b"stream", Member::Flag, BOOLEAN | NULL),
    (b"max_tokens", Member::MaxTokens, NUMBER | NULL),
    (b"max_completion_tokens", Member::MaxTokens, NUMBER | NULL),
    (b"max_output_tokens", Member::MaxTokens, NUMBER | NULL),
    (b"n", Member::Choices, NUMBER | NULL),
    (b"user", Member::Name, STRING | NULL),
    (b"stream_options", Member::StreamOptions, OBJECT | NULL),
    (b"input", Member::Input, VALUE),
];

/// So many keys of the objects open at one time are told apart; with more, `skim` sorts them.
const MAX_KEYS: usize = 96;

/// Digits that surely fit.
const MAX_DIGITS: usize = 18;

/// A body being walked through: JSON as `skim` reads it, or no result.
struct Walk<'a> {
    body: &'a [u8],
    at: usize,
    next: Next,
    /// What may come behind the colon.
    behind_colon: Next,
    depth: usize,
    /// Which of the open arrays and objects are objects; the innermost is the lowest bit.
    objects: u64,
    keys: Keys,
    member: Member,
    in_input: bool,
    in_options: bool,
    /// Whether strings may be base64.
    in_data: bool,
    text_bytes: u64,
    tokens: u64,
    max_tokens: Option<u64>,
    choices: u64,
}

/// Hashes of the keys of every object that is open. Before the first of an object stands where its outer one's begin.
struct Keys {
    hashes: [u32; MAX_KEYS],
    first: usize,
    end: usize,
}

// === impl Walk ===

impl<'a> Walk<'a> {
    fn over(body: &'a [u8]) -> Option<Demand> {
        if body.len() >= MAX_LENGTH || !(is_ascii(body) || core::str::from_utf8(body).is_ok()) {
            return None;
        }
        let mut walk = Self {
            body,
            at: 0,
            next: OBJECT,
            behind_colon: 0,
            depth: 0,
            objects: 0,
            keys: Keys {
                hashes: [0; MAX_KEYS],
                first: 0,
                end: 0,
            },
            member: Member::Other,
            in_input: false,
            in_options: false,
            in_data: false,
            text_bytes: 0,
            tokens: 0,
            max_tokens: None,
            choices: 1,
        };
        while let Some(&byte) = body.get(walk.at) {
            walk.step(byte)?;
        }
        (walk.next == SPACE).then(|| Demand {
            input: estimate(walk.text_bytes).saturating_add(walk.tokens),
            max_tokens: walk.max_tokens,
            choices: walk.choices,
        })
    }

    #[inline]
    fn step(&mut self, byte: u8) -> Option<()> {
        let class = CLASSES.get(usize::from(byte)).copied().unwrap_or(Class::Nothing);
        if self.next >> class as u8 & 1 == 0 {
            return None;
        }
        match class {
            Class::Nothing => return None,
            Class::Space => self.at += 1,
            Class::String => self.string()?,
            Class::Colon => {
                self.at += 1;
                self.next = self.behind_colon;
            }
            Class::Comma => {
                self.at += 1;
                self.next = if self.objects & 1 == 1 { KEY } else { VALUE };
            }
            Class::Object => {
                self.in_options |= self.member == Member::StreamOptions;
                self.keys.open()?;
                self.open(1)?;
                self.next = KEY | OBJECT_END;
            }
            Class::Array => {
                self.open(0)?;
                self.next = VALUE | ARRAY_END;
            }
            Class::ObjectEnd => {
                self.keys.close();
                self.close();
                self.in_options &= self.depth > 1;
            }
            Class::ArrayEnd => self.close(),
            Class::Number => self.number()?,
            Class::True => self.word(b"true")?,
            Class::False => self.word(b"false")?,
            Class::Null => self.word(b"null")?,
        }
        Some(())
    }

    fn open(&mut self, object: u64) -> Option<()> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        self.objects = self.objects << 1 | object;
        self.at += 1;
        self.member = Member::Other;
        Some(())
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.objects >>= 1;
        self.at += 1;
        self.after_value();
    }

    #[inline(never)]
    fn after_value(&mut self) {
        self.member = Member::Other;
        self.next = match (self.depth, self.objects & 1) {
            (0, _) => SPACE,
            (_, 1) => COMMA | OBJECT_END,
            _ => COMMA | ARRAY_END,
        };
    }

    /// A key or a string value, from its first quote to behind its last.
    fn string(&mut self) -> Option<()> {
        let start = self.at + 1;
        let mut end = start;
        loop {
            end += plain_run(self.body.get(end..)?);
            match self.body.get(end)? {
                b'"' => break,
                b'\\' if self.next & IS_KEY == 0 => end += escape_at(self.body.get(end..)?)?.1,
                _ => return None,
            }
        }
        let raw = self.body.get(start..end)?;
        self.at = end + 1;
        if self.next & IS_KEY != 0 {
            return self.key(raw);
        }
        if self.member != Member::Name && !self.is_binary(raw)? {
            self.text_bytes += raw.len() as u64;
        }
        self.after_value();
        Some(())
    }

    fn key(&mut self, key: &[u8]) -> Option<()> {
        self.keys.push(key)?;
        let names = match (self.depth, self.in_options) {
            (1, _) => 1..MEMBERS.len(),
            (2, true) => 0..3,
            _ => 1..3,
        };
        let known = MEMBERS.get(names)?.iter().find(|(name, ..)| *name == key);
        let (member, may_be) = known.map_or((Member::Other, VALUE), |(_, member, may_be)| (*member, *may_be));
        self.in_data = member == Member::Data;
        if self.depth == 1 {
            self.in_input = member == Member::Input;
        }
        self.member = member;
        self.next = COLON;
        self.behind_colon = may_be;
        Some(())
    }

    fn is_binary(&self, raw: &[u8]) -> Option<bool> {
        let is_url = raw.starts_with(b"data:");
        if !self.in_data && !is_url {
            return Some(false);
        }
        let text = Text::of_raw(core::str::from_utf8(raw).ok()?);
        Some(self.in_data && is_base64(&text) || is_url && is_binary_data_url(&text))
    }

    fn number(&mut self) -> Option<()> {
        let rest = self.body.get(self.at..)?;
        let (mut value, mut digits) = (0_u64, 0);
        for byte in rest {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            digits += 1;
        }
        let is_whole = (1..=MAX_DIGITS).contains(&digits)
            && !matches!(rest.get(digits), Some(b'.' | b'e' | b'E'))
            && (digits == 1 || rest.first() != Some(&b'0'));
        self.at += if is_whole { digits } else { measure_any(rest).ok()? };
        match self.member {
            Member::MaxTokens if is_whole => self.max_tokens = self.max_tokens.max(Some(value)),
            Member::Choices if is_whole && value > 0 => self.choices = value,
            Member::MaxTokens | Member::Choices => return None,
            _ => self.tokens += u64::from(self.in_input && self.depth > 1),
        }
        self.after_value();
        Some(())
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        if !self.body.get(self.at..)?.starts_with(word) {
            return None;
        }
        self.at += word.len();
        self.after_value();
        Some(())
    }
}

/// As the standard library's, in less code.
fn is_ascii(bytes: &[u8]) -> bool {
    let (blocks, tail) = bytes.as_chunks::<16>();
    let blocks = blocks.iter().fold(0, |bits, block| bits | u128::from_le_bytes(*block));
    let tail = tail.iter().fold(0, |bits, byte| bits | byte);
    blocks & u128::from_le_bytes([0x80; 16]) == 0 && tail < 0x80
}

// === impl Keys ===

impl Keys {
    fn open(&mut self) -> Option<()> {
        *self.hashes.get_mut(self.end)? = u32::try_from(self.first).ok()?;
        self.end += 1;
        self.first = self.end;
        Some(())
    }

    fn close(&mut self) {
        self.end = self.first - 1;
        self.first = self.hashes.get(self.end).copied().unwrap_or_default() as usize;
    }

    /// Nothing if the object has another key that may be the same, or if there is no place.
    fn push(&mut self, key: &[u8]) -> Option<()> {
        let hash = key
            .iter()
            .fold(0, |hash: u32, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        let others = self.hashes.get(self.first..self.end)?;
        for other in others {
            if *other == hash {
                return None;
            }
        }
        *self.hashes.get_mut(self.end)? = hash;
        self.end += 1;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_bodies_are_walked_through() {
        let bodies = [
            r#"{"model":"m","max_tokens":5,"stream":true,"stream_options":{"include_usage":true},"temperature":0.7,
                "messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"\"Caf\u00e9\"\n é"}]}"#,
            r#"{"model":"m","input":["twelve bytes",[1,2]],"n":null}"#,
            r#"{"messages":[{"content":[{"source":{"data":"aGVsbG8="}},{"url":"data:image/png;base64,aGVs"}]}]}"#,
        ];
        for body in bodies {
            assert!(Walk::over(body.as_bytes()).is_some(), "{body}");
        }
    }

    #[test]
    fn what_is_odd_is_left_to_the_reader() {
        let bodies = [
            r#"{"a":1,"a":2}"#,
            r#"{"\u0061":1}"#,
            r#"{"n":0}"#,
            r#"{"a" 1}"#,
            "[]",
            "{",
            "",
            "{}{}",
        ];
        for body in bodies {
            assert!(Walk::over(body.as_bytes()).is_none(), "{body}");
        }
    }
}
