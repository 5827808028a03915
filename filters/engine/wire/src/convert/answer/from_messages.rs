//! Whole messages of Anthropic.
//!
//! Blocks of tools that run with the provider are passed over: no request of ours asks for them.

use serde_json::Value;

use crate::BodyError;
use crate::convert::count::Count;
use crate::convert::fields::Fields;
use crate::convert::neutral::{Answer, Choice, Citation, Content, Counts, Finish, Part, Place};

/// Reads a message.
///
/// # Errors
/// When it is none: not an object, without content, or with something of the wrong type in it.
pub fn read(body: Value) -> Result<Answer, BodyError> {
    let mut body = Fields::new(body, Place::root())?;
    if let Some(kind) = body.take("type").filter(|kind| kind != "message") {
        return Err(body.wrong("type", "`message`", &kind));
    }
    if body.peek("content").is_none() {
        return Err(body.missing("content", "an array"));
    }
    let mut parts = Vec::new();
    for (value, place) in body.list("content")? {
        parts.extend(block(Fields::new(value, place)?)?);
    }
    let sequence = body.string("stop_sequence")?;
    let finish = finish(body.string("stop_reason")?.as_deref(), sequence);
    if let Some(words) = body.take("stop_details").and_then(explanation)
        && finish == Finish::Refusal
    {
        parts.push(Part::new(Content::Refusal(words), Place::root()));
    }
    Ok(Answer {
        id: body.string("id")?.unwrap_or_default(),
        model: body.string("model")?.unwrap_or_default(),
        created: None,
        choices: vec![Choice { parts, finish }],
        usage: body
            .take("usage")
            .as_ref()
            .and_then(|usage| Report::default().read(usage)),
    })
}

/// `None` for a block that no client of ours can be told.
fn block(mut block: Fields) -> Result<Option<Part>, BodyError> {
    let content = match block.required_string("type")?.as_str() {
        "text" => {
            let text = block.required_string("text")?;
            let citations = block
                .list("citations")?
                .into_iter()
                .map(|(raw, _)| citation(raw))
                .collect();
            Content::Text { text, citations }
        }
        "thinking" => Content::Thinking {
            text: block.string("thinking")?.unwrap_or_default(),
            signature: block.string("signature")?.filter(|signature| !signature.is_empty()),
        },
        "redacted_thinking" => Content::RedactedThinking {
            data: block.required_string("data")?,
        },
        "tool_use" => Content::ToolCall {
            id: block.required_string("id")?,
            name: block.required_string("name")?,
            arguments: block.take("input").map_or_else(String::new, |input| input.to_string()),
            signature: None,
        },
        _ => return Ok(None),
    };
    Ok(Some(Part::new(content, Place::root())))
}

/// Why an answer ended; a word that nobody knows is a stop.
pub(crate) fn finish(reason: Option<&str>, sequence: Option<String>) -> Finish {
    match reason {
        Some("stop_sequence") => Finish::StopSequence(sequence),
        Some("max_tokens") => Finish::Length,
        Some("tool_use") => Finish::ToolCalls,
        Some("pause_turn") => Finish::Pause,
        Some("refusal") => Finish::Refusal,
        Some("model_context_window_exceeded") => Finish::ContextWindow,
        _ => Finish::Stop,
    }
}

/// The words for a refusal.
pub(crate) fn explanation(mut details: Value) -> Option<String> {
    match details.get_mut("explanation").map(Value::take) {
        Some(Value::String(words)) if !words.is_empty() => Some(words),
        _ => None,
    }
}

/// What a piece of an answer rests on.
pub(crate) fn citation(raw: Value) -> Citation {
    let text = |name: &str| raw.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| raw.get(name).and_then(Value::as_u64);
    let range = |unit: &'static str, start: &str, end: &str| Some(unit).zip(number(start).zip(number(end)));
    let range = match raw.get("type").and_then(Value::as_str) {
        Some("char_location") => range("char", "start_char_index", "end_char_index"),
        Some("page_location") => range("page", "start_page_number", "end_page_number"),
        Some("content_block_location" | "search_result_location") => {
            range("content_block", "start_block_index", "end_block_index")
        }
        _ => None,
    };
    Citation {
        text: text("cited_text"),
        title: text("document_title").or_else(|| text("title")),
        url: text("url"),
        document: number("document_index"),
        range: range.map(|(_, range)| range),
        unit: range.map(|(unit, _)| unit),
        raw: Some(raw),
    }
}

/// Counts as they come, at once or bit by bit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Report {
    input: Option<u64>,
    cached: Option<u64>,
    cache_written: Option<u64>,
    output: Option<u64>,
    reasoning: Option<u64>,
    is_absurd: bool,
}

// === impl Report ===

impl Report {
    /// Takes counts, which replace earlier ones, and adds up what is known: nothing if any cannot be right.
    pub(crate) fn read(&mut self, usage: &Value) -> Option<Counts> {
        let mut take = |slot: &mut Option<u64>, count: Count| match count.sane() {
            Some(count) => *slot = count.or(*slot),
            None => self.is_absurd = true,
        };
        take(&mut self.input, Count::of(usage, "input_tokens"));
        take(&mut self.cached, Count::of(usage, "cache_read_input_tokens"));
        take(&mut self.cache_written, Count::of(usage, "cache_creation_input_tokens"));
        take(&mut self.output, Count::of(usage, "output_tokens"));
        if let Some(details) = usage.get("output_tokens_details") {
            take(&mut self.reasoning, Count::of(details, "thinking_tokens"));
        }
        self.counts()
    }

    fn counts(&self) -> Option<Counts> {
        if self.is_absurd {
            return None;
        }
        let (cached, cache_written) = (self.cached.unwrap_or_default(), self.cache_written.unwrap_or_default());
        Some(Counts {
            // Cached tokens are not part of Anthropic's `input_tokens`.
            input: self.input? + cached + cache_written,
            cached,
            cache_written,
            output: self.output.unwrap_or_default(),
            reasoning: self.reasoning,
        })
    }
}
