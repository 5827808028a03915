//! Whole answers of Amazon Bedrock's Converse.
//!
//! Blocks that no request of ours asks for, such as films, are passed over. Converse names neither the answer nor
//! the model.

use serde_json::Value;

use crate::BodyError;
use crate::convert::count::Count;
use crate::convert::fields::Fields;
use crate::convert::neutral::{Answer, Choice, Citation, Content, Counts, Finish, Part, Place, Source};

/// Reads the answer of `Converse`.
///
/// # Errors
/// When it is none, or the model failed to give an answer.
pub fn read(body: Value) -> Result<Answer, BodyError> {
    let mut body = Fields::new(body, Place::root())?;
    let Some(mut output) = body.object("output")? else {
        return Err(body.missing("output", "an object"));
    };
    let Some(mut message) = output.object("message")? else {
        return Err(output.missing("message", "an object"));
    };
    let mut parts = Vec::new();
    for (value, place) in message.list("content")? {
        parts.extend(block(Fields::new(value, place)?)?.map(|content| Part::new(content, Place::root())));
    }
    let sequence = sequence(body.take("additionalModelResponseFields").as_ref());
    let reason = body.string("stopReason")?;
    let finish = match ended(reason.as_deref(), sequence) {
        Ended::With(finish) => finish,
        Ended::Failed => {
            let reason = reason.unwrap_or_default().into();
            return Err(body.wrong("stopReason", "the reason of an answer", &reason));
        }
    };
    Ok(Answer {
        id: String::new(),
        model: String::new(),
        created: None,
        choices: vec![Choice { parts, finish }],
        usage: body.take("usage").as_ref().and_then(counts),
    })
}

/// `None` for a block that no client of ours can be told.
fn block(mut block: Fields) -> Result<Option<Content>, BodyError> {
    if let Some(text) = block.string("text")? {
        let citations = Vec::new();
        return Ok(Some(Content::Text { text, citations }));
    }
    if let Some(mut call) = block.object("toolUse")? {
        return Ok(Some(Content::ToolCall {
            id: call.required_string("toolUseId")?,
            name: call.required_string("name")?,
            arguments: call.take("input").map_or_else(String::new, |input| input.to_string()),
            signature: None,
        }));
    }
    if let Some(mut reasoning) = block.object("reasoningContent")? {
        if let Some(data) = reasoning.string("redactedContent")? {
            return Ok(Some(Content::RedactedThinking { data }));
        }
        let Some(mut thoughts) = reasoning.object("reasoningText")? else {
            return Ok(None);
        };
        return Ok(Some(Content::Thinking {
            text: thoughts.string("text")?.unwrap_or_default(),
            signature: thoughts.string("signature")?.filter(|signature| !signature.is_empty()),
        }));
    }
    if let Some(image) = block.object("image")? {
        return picture(image);
    }
    let Some(mut cited) = block.object("citationsContent")? else {
        return Ok(None);
    };
    let mut text = String::new();
    for (value, place) in cited.list("content")? {
        text.push_str(&Fields::new(value, place)?.string("text")?.unwrap_or_default());
    }
    let citations = cited.list("citations")?.into_iter().map(|(value, _)| citation(&value));
    Ok(Some(Content::Text {
        text,
        citations: citations.collect(),
    }))
}

/// A picture whose bytes are told.
fn picture(mut image: Fields) -> Result<Option<Content>, BodyError> {
    let format = image.string("format")?;
    let Some(mut source) = image.object("source")? else {
        return Ok(None);
    };
    Ok(format
        .zip(source.string("bytes")?)
        .map(|(format, data)| Content::Image {
            source: Source::Base64 {
                media_type: format!("image/{format}"),
                data,
            },
            detail: None,
        }))
}

/// What a piece of an answer rests on.
pub(in crate::convert) fn citation(value: &Value) -> Citation {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let sources = value.get("sourceContent").and_then(Value::as_array);
    let words = sources.into_iter().flatten().filter_map(|source| text(source, "text"));
    let words: String = words.collect();
    let location = value.get("location");
    let within = [
        ("documentChar", "char"),
        ("documentPage", "page"),
        ("documentChunk", "content_block"),
    ];
    let place = within
        .iter()
        .find_map(|(name, unit)| Some((location?.get(name)?, *unit)));
    let range = place.and_then(|(place, unit)| {
        let (start, end) = (place.get("start")?.as_u64()?, place.get("end")?.as_u64()?);
        Some(((start, end), unit))
    });
    Citation {
        text: (!words.is_empty()).then_some(words),
        title: text(value, "title"),
        url: location.and_then(|location| text(location.get("web")?, "url")),
        document: place.and_then(|(place, _)| place.get("documentIndex")?.as_u64()),
        range: range.map(|(range, _)| range),
        unit: range.map(|(_, unit)| unit),
        raw: None,
    }
}

/// How an answer ended.
pub(in crate::convert) enum Ended {
    With(Finish),
    /// The model produced what is no answer.
    Failed,
}

/// What Bedrock's reason comes to; a word that nobody knows is a stop.
pub(in crate::convert) fn ended(reason: Option<&str>, sequence: Option<String>) -> Ended {
    Ended::With(match reason {
        Some("stop_sequence") => Finish::StopSequence(sequence),
        Some("max_tokens") => Finish::Length,
        Some("tool_use") => Finish::ToolCalls,
        Some("guardrail_intervened" | "content_filtered") => Finish::ContentFilter,
        Some("refusal") => Finish::Refusal,
        Some("pause_turn") => Finish::Pause,
        Some("model_context_window_exceeded") => Finish::ContextWindow,
        Some("malformed_model_output" | "malformed_tool_use") => return Ended::Failed,
        _ => Finish::Stop,
    })
}

/// The text at which a model stopped, if it was asked to tell.
pub(in crate::convert) fn sequence(fields: Option<&Value>) -> Option<String> {
    fields?.get("stop_sequence")?.as_str().map(str::to_owned)
}

/// What an answer used; nothing if a count cannot be right.
pub(in crate::convert) fn counts(usage: &Value) -> Option<Counts> {
    let count = |name: &str| Count::of(usage, name).sane();
    let cached = count("cacheReadInputTokens")?.unwrap_or_default();
    let cache_written = count("cacheWriteInputTokens")?.unwrap_or_default();
    Some(Counts {
        // Cached tokens are not part of Bedrock's `inputTokens`.
        input: count("inputTokens")?? + cached + cache_written,
        cached,
        cache_written,
        output: count("outputTokens")?.unwrap_or_default(),
        reasoning: None,
    })
}
