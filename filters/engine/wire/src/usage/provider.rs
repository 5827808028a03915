use bartizan_verdict::Dialect;
use memchr::memmem;

use super::Usage;
use crate::json::{JsonError, Reader, Token};
use crate::sse::Event;

/// What each dialect calls its counts; the only place that knows.
struct Names {
    /// These add up to the input. The first has to be there.
    input: &'static [&'static str],
    output: &'static str,
}

impl Names {
    const fn of(dialect: Dialect) -> Self {
        match dialect {
            // Cached tokens are part of `prompt_tokens`, reasoning is part of `completion_tokens`.
            Dialect::OpenAi => Self {
                input: &["prompt_tokens"],
                output: "completion_tokens",
            },
            // Cached tokens are not part of `input_tokens`.
            Dialect::Anthropic => Self {
                input: &["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"],
                output: "output_tokens",
            },
            // Tools count none.
            Dialect::Mcp => Self { input: &[], output: "" },
        }
    }
}

/// Counts above this are taken for a provider's mistake rather than for usage.
const MAX_COUNT: u64 = 1_000_000_000;

/// The usage that a whole answer reports; `None` if it has none, or one that cannot be right: negative, fractional, or
/// over a thousand million.
#[must_use]
pub fn from_answer(dialect: Dialect, body: &[u8]) -> Option<Usage> {
    Counts::read(dialect, body).ok()?.usage()
}

/// The usage of a streamed answer, from its events.
///
/// OpenAI's dialect reports it in one of the last chunks, if asked to. Anthropic's reports the input with
/// `message_start` and the output, growing, with each `message_delta`.
#[derive(Clone, Copy, Debug)]
pub struct StreamUsage {
    dialect: Dialect,
    counts: Counts,
    pieces: u64,
}

/// Counts as they were found.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    input: [Option<u64>; 3],
    output: Option<u64>,
    /// A count that cannot be right was among them.
    is_absurd: bool,
}

// === impl StreamUsage ===

impl StreamUsage {
    /// The usage of a stream that has not begun.
    #[must_use]
    pub const fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            counts: Counts {
                input: [None; 3],
                output: None,
                is_absurd: false,
            },
            pieces: 0,
        }
    }

    /// Takes note of the next event. Data that is not JSON reports nothing.
    pub fn observe(&mut self, event: &Event<'_>) {
        let data = event.data.as_bytes();
        // WHY: one event in a hundred has usage; the others, where it is absent or null, need no more than this search.
        if mentions_usage(data)
            && let Ok(counts) = Counts::read(self.dialect, data)
        {
            self.counts.update(counts);
        }
        let is_piece = match self.dialect {
            Dialect::OpenAi => data != b"[DONE]",
            Dialect::Anthropic => event.name == "content_block_delta",
            Dialect::Mcp => false,
        };
        self.pieces += u64::from(is_piece);
    }

    /// The usage that the stream has reported in full.
    #[must_use]
    pub fn reported(&self) -> Option<Usage> {
        self.counts.usage()
    }

    /// The usage of a stream that has ended, in whatever way: as reported, else as far as reported with the rest
    /// estimated: one token an event of output, and `input_estimate` tokens of input.
    #[must_use]
    pub fn finish(&self, input_estimate: u64) -> Usage {
        self.reported().unwrap_or_else(|| {
            let sane = if self.counts.is_absurd {
                Counts::default()
            } else {
                self.counts
            };
            Usage::estimated(
                sane.input().unwrap_or(input_estimate),
                sane.output.unwrap_or(self.pieces),
            )
        })
    }
}

/// Whether there may be usage other than `null`, as OpenAI has it in every chunk but the last.
fn mentions_usage(data: &[u8]) -> bool {
    const KEY: &[u8] = b"\"usage\"";
    memmem::find_iter(data, KEY).any(|place| {
        let after = data.get(place + KEY.len()..).unwrap_or_default();
        !after.starts_with(b":null")
    })
}

// === impl Counts ===

impl Counts {
    /// Reads `usage` at the top of an answer or event. Of `message.usage`, which opens Anthropic's streams, only the
    /// input is taken: its output is no more than a beginning.
    fn read(dialect: Dialect, data: &[u8]) -> Result<Self, JsonError> {
        let names = Names::of(dialect);
        let mut counts = Self::default();
        let mut reader = Reader::new(data)?;
        let mut in_message = false;
        let mut usage_depth = 0;
        while let Some(token) = reader.read()? {
            match token {
                Token::Key(key) if reader.depth() == usage_depth => {
                    let name = key.decode();
                    let value = reader.read()?;
                    if !(in_message && name == names.output) {
                        counts.set(&names, &name, value);
                    }
                }
                Token::Key(key) if reader.depth() == 1 => {
                    in_message = dialect == Dialect::Anthropic && key.is("message");
                    usage_depth = if key.is("usage") { 2 } else { 0 };
                }
                Token::Key(key) if reader.depth() == 2 && in_message => {
                    usage_depth = if key.is("usage") { 3 } else { 0 };
                }
                _ => {}
            }
        }
        Ok(counts)
    }

    fn set(&mut self, names: &Names, name: &str, value: Option<Token<'_>>) {
        let slot = if name == names.output {
            &mut self.output
        } else if let Some(number) = names.input.iter().position(|input| *input == name)
            && let Some(slot) = self.input.get_mut(number)
        {
            slot
        } else {
            return;
        };
        match value {
            Some(Token::Number(number)) if number.as_u64().is_some_and(|count| count <= MAX_COUNT) => {
                *slot = number.as_u64();
            }
            Some(Token::Null) => {}
            _ => self.is_absurd = true,
        }
    }

    /// Takes the counts of a later event, which replace earlier ones.
    fn update(&mut self, later: Self) {
        for (count, newer) in self.input.iter_mut().zip(later.input) {
            *count = newer.or(*count);
        }
        self.output = later.output.or(self.output);
        self.is_absurd |= later.is_absurd;
    }

    fn input(&self) -> Option<u64> {
        let [first, rest @ ..] = self.input;
        Some(first? + rest.iter().flatten().sum::<u64>())
    }

    fn usage(&self) -> Option<Usage> {
        if self.is_absurd {
            return None;
        }
        Some(Usage::reported(self.input()?, self.output?))
    }
}
