//! What an event of a provider is, without changing it.

use std::borrow::Cow;

use bartizan_verdict::{Endpoint, Reason};
use bartizan_wire::{
    json::{Reader, Token},
    sse::Event,
    usage::StreamUsage,
};
use memchr::{memchr_iter, memmem};

/// What is seen in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// A part of the answer.
    Part,
    /// A comment or a ping, of which the client has nothing.
    SignOfLife,
    /// OpenAI's chunk that has usage and no choices.
    UsageChunk,
    /// The end of the answer.
    Last,
    /// The provider failed in the middle of its answer.
    Error(Reason),
}

/// Not an event of a model's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Looks at one event, given with its empty line, and notes the usage that it reports.
pub(super) fn look(bytes: &[u8], endpoint: Endpoint, usage: &mut StreamUsage) -> Result<Sight, Unreadable> {
    let text = str::from_utf8(bytes).map_err(|_| Unreadable)?;
    let Some((name, data)) = fields(text)? else {
        return Ok(Sight::SignOfLife);
    };
    usage.observe(&Event {
        name,
        data: &data,
        id: "",
    });
    match endpoint {
        Endpoint::Messages => messages(name, &data),
        Endpoint::Responses => responses(name, &data),
        Endpoint::Mcp => mcp(&data),
        _ => chat(&data),
    }
}

/// The name and the data of an event, given with its empty line; `None` if it has no data.
pub(super) fn fields(event: &str) -> Result<Option<(&str, Cow<'_, str>)>, Unreadable> {
    let mut name = "message";
    let mut data: Option<Cow<'_, str>> = None;
    for line in lines(event) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => match &mut data {
                None => data = Some(Cow::Borrowed(value)),
                Some(data) => {
                    let data = data.to_mut();
                    data.push('\n');
                    data.push_str(value);
                }
            },
            "event" => name = value,
            "" | "id" | "retry" => {}
            _ => return Err(Unreadable),
        }
    }
    Ok(data.map(|data| (name, data)))
}

/// The lines of an event, without their ends.
fn lines(event: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    memchr_iter(b'\n', event.as_bytes()).filter_map(move |end| {
        let line = event.get(std::mem::replace(&mut start, end + 1)..end)?;
        Some(line.strip_suffix('\r').unwrap_or(line))
    })
}

/// <https://platform.openai.com/docs/api-reference/chat/streaming>
fn chat(data: &str) -> Result<Sight, Unreadable> {
    if data == "[DONE]" {
        return Ok(Sight::Last);
    }
    let members = Members::read(data).ok_or(Unreadable)?;
    Ok(match members {
        Members { has_error: true, .. } => Sight::Error(reason(data)),
        Members {
            has_usage: true,
            has_no_choices: true,
            ..
        } => Sight::UsageChunk,
        Members { .. } => Sight::Part,
    })
}

/// <https://docs.anthropic.com/en/docs/build-with-claude/streaming>
fn messages(name: &str, data: &str) -> Result<Sight, Unreadable> {
    let members = Members::read(data).ok_or(Unreadable)?;
    Ok(match name {
        "message_stop" => Sight::Last,
        "ping" => Sight::SignOfLife,
        "error" => Sight::Error(reason(data)),
        _ if members.has_error => Sight::Error(reason(data)),
        _ => Sight::Part,
    })
}

/// The type in the data counts, should there be no name. <https://platform.openai.com/docs/api-reference/responses-streaming>
fn responses(name: &str, data: &str) -> Result<Sight, Unreadable> {
    if data == "[DONE]" {
        return Ok(Sight::Last);
    }
    let members = Members::read(data).ok_or(Unreadable)?;
    let kind = members.kind.as_deref().unwrap_or(name);
    Ok(match kind {
        "response.completed" | "response.incomplete" => Sight::Last,
        "error" | "response.failed" | "response.cancelled" => Sight::Error(reason(data)),
        _ if members.has_error => Sight::Error(reason(data)),
        _ => Sight::Part,
    })
}

/// A message, or several. <https://modelcontextprotocol.io/specification>
fn mcp(data: &str) -> Result<Sight, Unreadable> {
    // A stream may begin with an event that has an id and nothing else.
    if data.is_empty() {
        return Ok(Sight::Part);
    }
    let mut reader = Reader::of_text(data).map_err(|_| Unreadable)?;
    let Ok(Some(Token::ObjectStart | Token::ArrayStart)) = reader.read() else {
        return Err(Unreadable);
    };
    while reader.read().map_err(|_| Unreadable)?.is_some() {}
    Ok(Sight::Part)
}

/// What the provider's own words for its failure come to.
fn reason(data: &str) -> Reason {
    let says = |word: &str| memmem::find(data.as_bytes(), word.as_bytes()).is_some();
    if says("\"overloaded_error\"") {
        Reason::Unavailable
    } else if says("\"rate_limit_error\"") || says("\"rate_limit_exceeded\"") {
        Reason::ProviderLimited
    } else {
        Reason::ProviderFailed
    }
}

/// Facts of an event's outermost object.
#[derive(Clone, Debug, Default)]
struct Members<'d> {
    /// Its `type`.
    kind: Option<Cow<'d, str>>,
    has_error: bool,
    has_usage: bool,
    has_no_choices: bool,
}

impl<'d> Members<'d> {
    /// `None` if the data is not one JSON object.
    fn read(data: &'d str) -> Option<Self> {
        let mut reader = Reader::of_text(data).ok()?;
        let Some(Token::ObjectStart) = reader.read().ok()? else {
            return None;
        };
        let mut members = Self::default();
        while let Some(token) = reader.read().ok()? {
            let Token::Key(key) = token else { continue };
            if reader.depth() != 1 {
                continue;
            }
            if key.is("choices") {
                members.has_no_choices = reader
                    .read()
                    .ok()?
                    .is_some_and(|token| matches!(token, Token::ArrayStart))
                    && reader
                        .read()
                        .ok()?
                        .is_some_and(|token| matches!(token, Token::ArrayEnd));
            } else if key.is("type") {
                if let Some(Token::String(kind)) = reader.read().ok()? {
                    members.kind = Some(kind.decode());
                }
            } else if key.is("usage") {
                members.has_usage = has_value(&mut reader)?;
            } else if key.is("error") {
                members.has_error = has_value(&mut reader)?;
            }
        }
        Some(members)
    }
}

/// Whether the member whose key was just read is anything but null; `None` if it is not JSON.
fn has_value(reader: &mut Reader<'_>) -> Option<bool> {
    Some(!matches!(reader.read().ok()??, Token::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(endpoint: Endpoint, text: &str) -> Result<Sight, Unreadable> {
        look(text.as_bytes(), endpoint, &mut StreamUsage::new(endpoint))
    }

    #[test]
    fn openai_events_are_told_apart() {
        let table = [
            (
                r#"data: {"choices":[{"delta":{"content":"\"error\" \"usage\""}}],"usage":null}"#,
                Ok(Sight::Part),
            ),
            (
                r#"data: {"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}"#,
                Ok(Sight::Part),
            ),
            (
                r#"data: {"choices":[],"usage":{"prompt_tokens":1}}"#,
                Ok(Sight::UsageChunk),
            ),
            (
                r#"data: {"usage":{"prompt_tokens":1},"choices":[]}"#,
                Ok(Sight::UsageChunk),
            ),
            (r#"data: {"choices":[],"prompt_filter_results":[]}"#, Ok(Sight::Part)),
            ("data: [DONE]", Ok(Sight::Last)),
            (
                r#"data: {"error":{"message":"x"}}"#,
                Ok(Sight::Error(Reason::ProviderFailed)),
            ),
            (
                r#"data: {"error":{"code":"rate_limit_exceeded"}}"#,
                Ok(Sight::Error(Reason::ProviderLimited)),
            ),
            (r#"data: {"error":null,"choices":[{}]}"#, Ok(Sight::Part)),
            (": still here", Ok(Sight::SignOfLife)),
            ("id: 1\nretry: 5", Ok(Sight::SignOfLife)),
            ("data: {\ndata: \"choices\":[]}", Ok(Sight::Part)),
            ("data: {\"choices\": garbage", Err(Unreadable)),
            ("data: 7", Err(Unreadable)),
            ("data: {} {}", Err(Unreadable)),
            ("data: {\"a\":1}\rdata: {}", Err(Unreadable)),
            ("<html>", Err(Unreadable)),
        ];
        for (text, expected) in table {
            assert_eq!(
                seen(Endpoint::ChatCompletions, &format!("{text}\n\n")),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn anthropic_events_are_told_apart() {
        let table = [
            ("event: ping\ndata: {\"type\":\"ping\"}", Ok(Sight::SignOfLife)),
            (
                "event: content_block_delta\ndata: {\"delta\":{\"text\":\"message_stop\"}}",
                Ok(Sight::Part),
            ),
            (
                "event: message_stop\ndata: {\"type\":\"message_stop\"}",
                Ok(Sight::Last),
            ),
            (
                "event: error\ndata: {\"error\":{\"type\":\"overloaded_error\"}}",
                Ok(Sight::Error(Reason::Unavailable)),
            ),
            (
                "event: error\ndata: {\"error\":{\"type\":\"api_error\"}}",
                Ok(Sight::Error(Reason::ProviderFailed)),
            ),
            (
                "data: {\"type\":\"error\",\"error\":{}}",
                Ok(Sight::Error(Reason::ProviderFailed)),
            ),
            ("event: message_stop\ndata: garbage", Err(Unreadable)),
        ];
        for (text, expected) in table {
            assert_eq!(seen(Endpoint::Messages, &format!("{text}\n\n")), expected, "{text}");
        }
    }

    #[test]
    fn events_of_responses_are_told_apart() {
        let table = [
            (
                r#"event: response.output_text.delta
data: {"type":"response.output_text.delta","delta":"response.completed"}"#,
                Ok(Sight::Part),
            ),
            (
                r#"data: {"type":"response.created","response":{"error":null}}"#,
                Ok(Sight::Part),
            ),
            (
                "event: response.completed\ndata: {\"type\":\"response.completed\"}",
                Ok(Sight::Last),
            ),
            (r#"data: {"response":{},"type":"response.incomplete"}"#, Ok(Sight::Last)),
            (
                r#"data: {"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded"}}}"#,
                Ok(Sight::Error(Reason::ProviderLimited)),
            ),
            (
                r#"data: {"type":"error","message":"x"}"#,
                Ok(Sight::Error(Reason::ProviderFailed)),
            ),
            ("data: [DONE]", Ok(Sight::Last)),
            ("data: garbage", Err(Unreadable)),
        ];
        for (text, expected) in table {
            assert_eq!(seen(Endpoint::Responses, &format!("{text}\n\n")), expected, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let mut usage = StreamUsage::new(Endpoint::ChatCompletions);
        assert_eq!(
            look(b"data: {\"a\":\"\xff\"}\n\n", Endpoint::ChatCompletions, &mut usage),
            Err(Unreadable)
        );
    }
}
