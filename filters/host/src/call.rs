use core::str::FromStr;

use bartizan_verdict::{Dialect, Endpoint, header};

use crate::Request;

/// What auth tells the filters after it, in one header (`x-bartizan-call: chat_completions openai acme`), because
/// reading three costs three times as much. What else it has seen comes first, as signs:
///
/// | sign | |
/// |---|---|
/// | `+` | [`Counted::Before`] |
/// | `=` | [`Encoding::Identity`] |
/// | `.` | [`BodyLength::Short`] |
///
/// A plain chat is `=.chat_completions openai acme`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is called.
    pub endpoint: Endpoint,
    /// The dialect to answer in.
    pub dialect: Dialect,
    /// Name of the tenant that calls.
    pub tenant: String,
    /// Whether it has been counted as a request before.
    pub counted: Counted,
    /// Whether its body came encoded.
    pub encoding: Encoding,
    /// How long its body says it is.
    pub length: BodyLength,
}

/// Whether a request has been counted against its tenant's limit of requests before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It has not.
    NotYet,
    /// It has: it is the work of a job, and was counted when it was submitted.
    Before,
}

/// Whether a request came with a `content-encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// It came without one, so there is none for anybody to look at.
    Identity,
    /// It came with one, which may have been undone since.
    Named,
}

/// What a request says of the length of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyLength {
    /// At most [`BodyLength::SHORT`] bytes.
    Short,
    /// More, or nothing.
    Other,
}

/// Not a value of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseCallError;

// === impl BodyLength ===

impl BodyLength {
    /// Bytes of a body that most often come together with its headers.
    pub const SHORT: u64 = 64 << 10;

    /// By the value of `content-length`, which is digits and nothing else.
    #[must_use]
    pub fn of(content_length: Option<&[u8]>) -> Self {
        let digits = content_length.unwrap_or_default();
        let mut length = 0_u64;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return Self::Other;
            }
            length = length.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
        }
        if digits.is_empty() || length > Self::SHORT {
            Self::Other
        } else {
            Self::Short
        }
    }
}

// === impl Call ===

impl Call {
    /// The header's value.
    #[must_use]
    pub fn text(&self) -> String {
        let sign = |stands, sign| if stands { sign } else { "" };
        // WHY not by a formatter: it goes through three times the code, and grows the text as it goes.
        [
            sign(self.counted == Counted::Before, "+"),
            sign(self.encoding == Encoding::Identity, "="),
            sign(self.length == BodyLength::Short, "."),
            self.endpoint.as_str(),
            " ",
            self.dialect.as_str(),
            " ",
            &self.tenant,
        ]
        .concat()
    }

    /// Reads the header; `None` if it is not there or not what auth writes, or if Envoy refuses.
    #[must_use]
    pub fn of(request: &Request<'_>) -> Option<Self> {
        Self::read(&request.header(header::CALL).ok()??)
    }

    /// Reads what calls most often begin with whole, as code that each request finds cold costs by the branch.
    fn read(text: &[u8]) -> Option<Self> {
        for (beginning, endpoint, dialect) in ORDINARY {
            if let Some(tenant) = text.strip_prefix(beginning) {
                return Some(Self {
                    endpoint,
                    dialect,
                    tenant: core::str::from_utf8(tenant).ok()?.to_owned(),
                    counted: Counted::NotYet,
                    encoding: Encoding::Identity,
                    length: BodyLength::Short,
                });
            }
        }
        Self::read_by_word(text)
    }

    fn read_by_word(text: &[u8]) -> Option<Self> {
        let (counted, rest) = sign(text, b'+');
        let (plain, rest) = sign(rest, b'=');
        let (short, rest) = sign(rest, b'.');
        let endpoints = Endpoint::ALL.iter();
        let (endpoint, rest) = endpoints
            .copied()
            .find_map(|known| Some((known, word(rest, known.as_str())?)))?;
        let dialects = Dialect::ALL.iter();
        let (dialect, rest) = dialects
            .copied()
            .find_map(|known| Some((known, word(rest, known.as_str())?)))?;
        Some(Self {
            endpoint,
            dialect,
            tenant: core::str::from_utf8(rest).ok()?.to_owned(),
            counted: if counted { Counted::Before } else { Counted::NotYet },
            encoding: if plain { Encoding::Identity } else { Encoding::Named },
            length: if short { BodyLength::Short } else { BodyLength::Other },
        })
    }
}

/// How chats begin that are short and plain.
const ORDINARY: [(&[u8], Endpoint, Dialect); 2] = [
    (
        b"=.chat_completions openai ",
        Endpoint::ChatCompletions,
        Dialect::OpenAi,
    ),
    (b"=.messages anthropic ", Endpoint::Messages, Dialect::Anthropic),
];

/// Whether a text begins with a sign, and what comes behind it.
fn sign(text: &[u8], sign: u8) -> (bool, &[u8]) {
    match text {
        [first, rest @ ..] if *first == sign => (true, rest),
        _ => (false, text),
    }
}

/// What comes behind a word and a space.
fn word<'t>(text: &'t [u8], word: &str) -> Option<&'t [u8]> {
    text.strip_prefix(word.as_bytes())?.strip_prefix(b" ")
}

impl FromStr for Call {
    type Err = ParseCallError;

    fn from_str(text: &str) -> Result<Self, ParseCallError> {
        Self::read(text.as_bytes()).ok_or(ParseCallError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_reads_back_as_written() {
        for &endpoint in Endpoint::ALL {
            for &dialect in Dialect::ALL {
                for seen in 0..8 {
                    let call = Call {
                        endpoint,
                        dialect,
                        tenant: "acme".to_owned(),
                        counted: [Counted::NotYet, Counted::Before][seen & 1],
                        encoding: [Encoding::Named, Encoding::Identity][seen >> 1 & 1],
                        length: [BodyLength::Other, BodyLength::Short][seen >> 2],
                    };
                    assert_eq!(call.text().parse(), Ok(call));
                }
            }
        }
        for text in ["models anthropic acme", "+=.messages anthropic acme"] {
            let call = text.parse().map(|call: Call| call.text());
            assert_eq!(call.as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_ordinary_reads_as_word_by_word() {
        for (beginning, ..) in ORDINARY {
            for tenant in ["", "acme", "a b", "\u{e9}"] {
                let text = [beginning, tenant.as_bytes()].concat();
                let call = Call::read(&text);
                assert_eq!(call.as_ref().map(|call| &*call.tenant), Some(tenant));
                assert_eq!(call, Call::read_by_word(&text));
            }
            let not_text = [beginning, b"\xff"].concat();
            assert_eq!((Call::read(&not_text), Call::read_by_word(&not_text)), (None, None));
        }
    }

    #[test]
    fn a_length_that_is_no_number_is_not_short() {
        let table: [(Option<&[u8]>, BodyLength); 11] = [
            (Some(b"0"), BodyLength::Short),
            (Some(b"00000000000000000000000065536"), BodyLength::Short),
            (Some(b"99999999999999999999999999999"), BodyLength::Other),
            (Some(b""), BodyLength::Other),
            (Some(b"+12"), BodyLength::Other),
            (Some(b" 12"), BodyLength::Other),
            (Some(b"65536"), BodyLength::Short),
            (Some(b"65537"), BodyLength::Other),
            (Some(b"12, 12"), BodyLength::Other),
            (Some(b"\xff"), BodyLength::Other),
            (None, BodyLength::Other),
        ];
        for (value, expected) in table {
            assert_eq!(BodyLength::of(value), expected, "{value:?}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "models",
            "models openai",
            "model openai a",
            "models oai a",
            "++models openai a",
            ".=models openai a",
        ] {
            assert_eq!(text.parse::<Call>(), Err(ParseCallError), "{text}");
        }
    }
}
