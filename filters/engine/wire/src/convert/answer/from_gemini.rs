//! Whole answers of Google's Gemini API.
//!
//! Gemini names no calls, or does so only with some models: where it does not, ids are made of their place in the
//! answer. A signed text becomes the text and, where thoughts are told, thoughts without words that carry the signature.

use serde_json::Value;

use crate::BodyError;
use crate::convert::Context;
use crate::convert::count::Count;
use crate::convert::fields::Fields;
use crate::convert::neutral::{Answer, Choice, Citation, Content, Counts, Finish, Part, Place, Placed, Source};

/// The most characters of the request's id that an id of a call has: other providers take 40 in all.
const ID_LENGTH: usize = 24;

/// Reads a `GenerateContentResponse`.
///
/// # Errors
/// When it is none, or the model failed to give an answer.
pub fn read(body: Value, context: &Context) -> Result<Answer, BodyError> {
    let mut body = Fields::new(body, Place::root())?;
    let usage = body.take("usageMetadata").as_ref().and_then(counts);
    let blocked = blocked(body.take("promptFeedback").as_ref());
    let mut choices = Vec::new();
    let mut calls = 0;
    for (candidate, place) in body.list("candidates")? {
        choices.push(choice(Fields::new(candidate, place)?, &mut calls, context)?);
    }
    if choices.is_empty() {
        let Some(finish) = blocked else {
            return Err(body.missing("candidates", "an array"));
        };
        let parts = Vec::new();
        choices.push(Choice { parts, finish });
    }
    Ok(Answer {
        id: body.string("responseId")?.unwrap_or_default(),
        model: body.string("modelVersion")?.unwrap_or_default(),
        created: None,
        choices,
        usage,
    })
}

fn choice(mut candidate: Fields, calls: &mut u32, context: &Context) -> Result<Choice, BodyError> {
    let mut parts = Vec::new();
    let mut is_told = false;
    if let Some(mut content) = candidate.object("content")? {
        for (value, place) in content.list("parts")? {
            let Some(piece) = piece(Fields::new(value, place)?)? else {
                continue;
            };
            match piece {
                Piece::Thought(text) => {
                    is_told = true;
                    let signature = None;
                    parts.push(Content::Thinking { text, signature });
                }
                Piece::Text { text, signature } => {
                    let citations = Vec::new();
                    if !text.is_empty() {
                        parts.push(Content::Text { text, citations });
                    }
                    if let Some(signature) = signature.filter(|_| is_told) {
                        parts.push(Content::Thinking {
                            text: String::new(),
                            signature: Some(signature),
                        });
                    }
                }
                Piece::Image(source) => parts.push(Content::Image { source, detail: None }),
                Piece::Call(mut call) => {
                    call.name_it(calls, context);
                    parts.push(Content::ToolCall {
                        id: call.id,
                        name: call.name,
                        arguments: call.arguments,
                        signature: call.signature.map(|signature| Placed::new(signature, Place::root())),
                    });
                }
            }
        }
    }
    cite(&citations(&mut candidate, Spans::Known), &mut parts);
    let has_calls = parts.iter().any(|part| matches!(part, Content::ToolCall { .. }));
    let is_answered = parts
        .iter()
        .any(|part| matches!(part, Content::Text { .. } | Content::Image { .. }));
    let reason = candidate.string("finishReason")?;
    let Some(finish) = ended(reason.as_deref(), has_calls, is_answered) else {
        let reason = reason.unwrap_or_default().into();
        return Err(candidate.wrong("finishReason", "the reason of an answer", &reason));
    };
    let parts = parts.into_iter().map(|content| Part::new(content, Place::root()));
    Ok(Choice {
        parts: parts.collect(),
        finish,
    })
}

/// A piece of an answer, as far as clients can be told of it.
pub(in crate::convert) enum Piece {
    Thought(String),
    Text { text: String, signature: Option<String> },
    Image(Source),
    Call(Call),
}

/// A call of a tool; whole, also in streams.
pub(in crate::convert) struct Call {
    pub(in crate::convert) id: String,
    pub(in crate::convert) name: String,
    pub(in crate::convert) arguments: String,
    pub(in crate::convert) signature: Option<String>,
}

/// `None` for a part that no client of ours asks for, such as code that Gemini ran.
///
/// # Errors
/// When something in it is of the wrong type.
pub(in crate::convert) fn piece(mut part: Fields) -> Result<Option<Piece>, BodyError> {
    let is_thought = part.flag("thought")?.unwrap_or(false);
    let signature = part.string("thoughtSignature")?;
    if let Some(text) = part.string("text")? {
        return Ok(Some(if is_thought {
            Piece::Thought(text)
        } else {
            Piece::Text { text, signature }
        }));
    }
    if let Some(mut data) = part.object("inlineData")? {
        let media_type = data.required_string("mimeType")?;
        if !media_type.starts_with("image/") {
            return Err(data.wrong("mimeType", "the type of a picture", &media_type.into()));
        }
        let data = data.required_string("data")?;
        // Sketches are thoughts that nobody is told.
        return Ok((!is_thought).then_some(Piece::Image(Source::Base64 { media_type, data })));
    }
    let Some(mut call) = part.object("functionCall")? else {
        let text = String::new();
        return Ok(signature.map(|signature| Piece::Text {
            text,
            signature: Some(signature),
        }));
    };
    let arguments = match call.take("args") {
        None => "{}".to_owned(),
        Some(arguments @ Value::Object(_)) => arguments.to_string(),
        Some(other) => return Err(call.wrong("args", "an object", &other)),
    };
    Ok(Some(Piece::Call(Call {
        id: call.string("id")?.unwrap_or_default(),
        name: call.required_string("name")?,
        arguments,
        signature,
    })))
}

// === impl Call ===

impl Call {
    /// Gives the call an id if it has none: the same for the same place in the answer to the same request.
    pub(in crate::convert) fn name_it(&mut self, calls: &mut u32, context: &Context) {
        if self.id.is_empty() {
            let request: String = context
                .id
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .take(ID_LENGTH)
                .collect();
            self.id = format!("call_{calls}_{request}");
        }
        *calls = calls.saturating_add(1);
    }
}

/// What Gemini's reason comes to; `None` for an answer that failed: it has neither calls nor words, and no reason that a
/// client is told.
pub(in crate::convert) fn ended(reason: Option<&str>, has_calls: bool, is_answered: bool) -> Option<Finish> {
    Some(match reason {
        Some("MAX_TOKENS") => Finish::Length,
        Some(
            "SAFETY"
            | "RECITATION"
            | "LANGUAGE"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "MODEL_ARMOR"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION",
        ) => Finish::ContentFilter,
        _ if has_calls => Finish::ToolCalls,
        None | Some("STOP") => Finish::Stop,
        // Such as a call that is none.
        Some(_) if is_answered => Finish::Stop,
        Some(_) => return None,
    })
}

/// How an answer ends whose prompt was blocked.
pub(in crate::convert) fn blocked(feedback: Option<&Value>) -> Option<Finish> {
    let reason = feedback?.get("blockReason")?.as_str()?;
    (!reason.is_empty()).then_some(Finish::ContentFilter)
}

/// What an answer used; nothing if a count cannot be right.
pub(in crate::convert) fn counts(usage: &Value) -> Option<Counts> {
    let count = |name: &str| Count::of(usage, name).sane();
    let prompt = count("promptTokenCount")?;
    let answer = count("candidatesTokenCount")?;
    let thoughts = count("thoughtsTokenCount")?;
    let tools = count("toolUsePromptTokenCount")?.unwrap_or_default();
    let cached = count("cachedContentTokenCount")?.unwrap_or_default();
    Some(Counts {
        input: prompt? + tools,
        cached,
        cache_written: 0,
        // Thoughts are not part of Gemini's `candidatesTokenCount`.
        output: answer.unwrap_or_default() + thoughts.unwrap_or_default(),
        reasoning: thoughts,
    })
}

/// Whether the places of citations can be told: they count bytes of a text that has to be at hand whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::convert) enum Spans {
    Known,
    Unknown,
}

/// What an answer rests on: pages that were searched, and sources that it repeats. Ranges are in bytes here.
pub(in crate::convert) fn citations(candidate: &mut Fields, spans: Spans) -> Vec<Citation> {
    let mut found = Vec::new();
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let range = |value: &Value| {
        let index = |name: &str| value.get(name).and_then(Value::as_u64);
        let range = (index("startIndex").unwrap_or(0), index("endIndex")?);
        (spans == Spans::Known && range.0 <= range.1).then_some(range)
    };
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(grounding) = candidate.take("groundingMetadata") {
        let chunks = list(&grounding, "groundingChunks");
        for support in list(&grounding, "groundingSupports") {
            let segment = support.get("segment").cloned().unwrap_or_default();
            for index in list(&support, "groundingChunkIndices") {
                let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
                let page = index.and_then(|index| chunks.get(index)?.get("web"));
                found.extend(page.map(|page| Citation {
                    text: text(&segment, "text"),
                    title: text(page, "title"),
                    url: text(page, "uri"),
                    document: None,
                    range: range(&segment),
                    unit: range(&segment).map(|_| "answer"),
                    raw: None,
                }));
            }
        }
    }
    if let Some(sources) = candidate.take("citationMetadata") {
        for source in list(&sources, "citationSources") {
            found.push(Citation {
                text: None,
                title: text(&source, "title"),
                url: text(&source, "uri"),
                document: None,
                range: range(&source),
                unit: range(&source).map(|_| "answer"),
                raw: None,
            });
        }
    }
    found.retain(|citation| citation.url.is_some());
    found
}

/// Puts citations on the last text, their ranges in characters.
fn cite(found: &[Citation], parts: &mut [Content]) {
    let last = parts.iter_mut().rev().find_map(|part| match part {
        Content::Text { text, citations } => Some((text, citations)),
        _ => None,
    });
    let Some((text, citations)) = last else {
        return;
    };
    let characters = |bytes: u64| {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let before = text.char_indices().take_while(|(at, _)| *at < bytes).count();
        u64::try_from(before).unwrap_or(u64::MAX)
    };
    citations.extend(found.iter().cloned().map(|citation| {
        Citation {
            range: citation
                .range
                .map(|(first, last)| (characters(first), characters(last))),
            ..citation
        }
    }));
}
