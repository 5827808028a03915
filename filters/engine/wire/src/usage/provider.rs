use bartizan_verdict::Endpoint;
use memchr::memchr_iter;

use super::{Parts, Usage};
use crate::json::{JsonError, Reader, Token};
use crate::sse::Event;

/// What each endpoint calls its counts; the only place that knows.
struct Names {
    /// These add up to the input. The first has to be there.
    input: &'static [&'static str],
    /// `None` where there is no output.
    output: Option<&'static str>,
    /// The object of a stream's event that has `usage` in it, beside the event itself.
    within: Option<&'static str>,
    /// Whether an output in there is no more than a beginning.
    begins: bool,
    /// Which of `input` are written to a cache and read from it; where they are parts of the first, objects within
    /// `usage` tell instead.
    cache: Option<(usize, usize)>,
}

/// Within the objects that tell the parts of counts.
const CACHED: &str = "cached_tokens";
const REASONING: &str = "reasoning_tokens";

impl Names {
    /// `None` where no tokens are used.
    const fn of(endpoint: Endpoint) -> Option<Self> {
        Some(match endpoint {
            // Cached tokens are part of `prompt_tokens`, reasoning is part of `completion_tokens`.
            Endpoint::ChatCompletions => Self {
                input: &["prompt_tokens"],
                output: Some("completion_tokens"),
                within: None,
                begins: false,
                cache: None,
            },
            // The same of `input_tokens` and `output_tokens`.
            Endpoint::Responses => Self {
                input: &["input_tokens"],
                output: Some("output_tokens"),
                within: Some("response"),
                begins: false,
                cache: None,
            },
            Endpoint::Embeddings => Self {
                input: &["prompt_tokens"],
                output: None,
                within: None,
                begins: false,
                cache: None,
            },
            // Cached tokens are not part of `input_tokens`.
            Endpoint::Messages => Self {
                input: &["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"],
                output: Some("output_tokens"),
                within: Some("message"),
                begins: true,
                cache: Some((1, 2)),
            },
            Endpoint::CountTokens | Endpoint::Mcp | Endpoint::Models => return None,
        })
    }
}

/// Counts above this are taken for a provider's mistake rather than for usage.
const MAX_COUNT: u64 = 1_000_000_000;

/// The usage that a whole answer reports; `None` if it has none, or one that cannot be right: negative, fractional, or
/// over a thousand million. Where no tokens are used, none are reported.
///
/// # Errors
/// If the answer is not JSON.
pub fn from_answer(endpoint: Endpoint, body: &[u8]) -> Result<Option<Usage>, JsonError> {
    let mut reader = Reader::new(body)?;
    if let Some(names) = Names::of(endpoint) {
        return Ok(Counts::read(&names, reader)?.usage(&names));
    }
    while reader.read()?.is_some() {}
    Ok(Some(Usage::reported(0, 0)))
}

/// The usage of a streamed answer, from its events.
///
/// Chat completions report it in one of the last chunks, if asked to; responses in the last event. Anthropic's messages
/// report the input with `message_start` and the output, growing, with each `message_delta`.
#[derive(Clone, Copy, Debug)]
pub struct StreamUsage {
    endpoint: Endpoint,
    counts: Counts,
    pieces: u64,
}

/// Counts as they were found.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    input: [Option<u64>; 3],
    output: Option<u64>,
    cached: Option<u64>,
    reasoning: Option<u64>,
    /// A count that cannot be right was among them.
    is_absurd: bool,
}

// === impl StreamUsage ===

impl StreamUsage {
    /// The usage of a stream that has not begun.
    #[must_use]
    pub const fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            counts: Counts {
                input: [None; 3],
                output: None,
                cached: None,
                reasoning: None,
                is_absurd: false,
            },
            pieces: 0,
        }
    }

    /// Takes note of the next event. Data that is not JSON reports nothing.
    pub fn observe(&mut self, event: &Event<'_>) {
        // WHY: one event in a hundred has usage; the others, where it is absent or null, need no more than this search.
        if mentions_usage(event.data.as_bytes())
            && let Some(names) = Names::of(self.endpoint)
            && let Ok(counts) = Reader::of_text(event.data).and_then(|reader| Counts::read(&names, reader))
        {
            self.counts.update(counts);
        }
        let is_piece = match self.endpoint {
            Endpoint::Responses => event.name.ends_with(".delta"),
            Endpoint::Messages => event.name == "content_block_delta",
            _ => event.data != "[DONE]",
        };
        self.pieces += u64::from(is_piece);
    }

    /// The usage that the stream has reported in full.
    #[must_use]
    pub fn reported(&self) -> Option<Usage> {
        match Names::of(self.endpoint) {
            Some(names) => self.counts.usage(&names),
            None => Some(Usage::reported(0, 0)),
        }
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
    // By a letter that few words have: preparing a search for all of the key costs more than an event takes to read.
    memchr_iter(b'g', data).any(|place| {
        let (before, after) = data.split_at_checked(place).unwrap_or_default();
        before.ends_with(b"\"usa") && after.starts_with(b"ge\"") && !after.starts_with(b"ge\":null")
    })
}

// === impl Counts ===

impl Counts {
    /// Reads `usage` at the top of an answer or event, and in the object of an event that has it.
    fn read(names: &Names, mut reader: Reader<'_>) -> Result<Self, JsonError> {
        let mut counts = Self {
            output: names.output.is_none().then_some(0),
            ..Self::default()
        };
        let mut is_within = false;
        let mut usage_depth = 0;
        while let Some(token) = reader.read()? {
            match token {
                Token::Key(key) if reader.depth() == usage_depth => {
                    let name = key.decode();
                    let value = reader.read()?;
                    if !(is_within && names.begins && names.output == Some(&*name)) {
                        counts.set(names, &name, value);
                    }
                }
                Token::Key(key) if usage_depth > 0 && reader.depth() == usage_depth + 1 => {
                    let slot = if key.is(CACHED) {
                        &mut counts.cached
                    } else if key.is(REASONING) {
                        &mut counts.reasoning
                    } else {
                        continue;
                    };
                    match count(reader.read()?) {
                        Ok(number) => *slot = number.or(*slot),
                        Err(Absurd) => counts.is_absurd = true,
                    }
                }
                Token::Key(key) if reader.depth() == 1 => {
                    is_within = names.within.is_some_and(|object| key.is(object));
                    usage_depth = if key.is("usage") { 2 } else { 0 };
                }
                Token::Key(key) if reader.depth() == 2 && is_within => {
                    usage_depth = if key.is("usage") { 3 } else { 0 };
                }
                _ => {}
            }
        }
        Ok(counts)
    }

    fn set(&mut self, names: &Names, name: &str, value: Option<Token<'_>>) {
        let slot = if names.output == Some(name) {
            &mut self.output
        } else if let Some(number) = names.input.iter().position(|input| *input == name)
            && let Some(slot) = self.input.get_mut(number)
        {
            slot
        } else {
            return;
        };
        match count(value) {
            Ok(number) => *slot = number.or(*slot),
            Err(Absurd) => self.is_absurd = true,
        }
    }

    /// Takes the counts of a later event, which replace earlier ones.
    fn update(&mut self, later: Self) {
        for (count, newer) in self.input.iter_mut().zip(later.input) {
            *count = newer.or(*count);
        }
        self.output = later.output.or(self.output);
        self.cached = later.cached.or(self.cached);
        self.reasoning = later.reasoning.or(self.reasoning);
        self.is_absurd |= later.is_absurd;
    }

    fn input(&self) -> Option<u64> {
        let [first, rest @ ..] = self.input;
        Some(first? + rest.iter().flatten().sum::<u64>())
    }

    fn usage(&self, names: &Names) -> Option<Usage> {
        if self.is_absurd {
            return None;
        }
        let at = |place: usize| self.input.get(place).copied().flatten().unwrap_or_default();
        let (cache_written, cached) = match names.cache {
            Some((written, read)) => (at(written), at(read)),
            None => (0, self.cached.unwrap_or_default()),
        };
        let parts = Parts {
            cached,
            cache_written,
            reasoning: self.reasoning.unwrap_or_default(),
        };
        Some(Usage::reported(self.input()?, self.output?).of_which(parts))
    }
}

/// Not a number of tokens.
struct Absurd;

fn count(value: Option<Token<'_>>) -> Result<Option<u64>, Absurd> {
    match value {
        Some(Token::Number(number)) => match number.as_u64() {
            Some(count) if count <= MAX_COUNT => Ok(Some(count)),
            _ => Err(Absurd),
        },
        Some(Token::Null) => Ok(None),
        _ => Err(Absurd),
    }
}
