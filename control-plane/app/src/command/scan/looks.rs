//! What bytes look like: a request, an answer, an answer that streamed, or just a text.

use bartizan_inspect::{Side, StreamFormat, Surface};
use serde_json::Value;

/// What something looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// A JSON body.
    Body(Side, Surface),
    /// Server-sent events; of a dialect, if they look like one.
    Events(Option<StreamFormat>),
    /// Nothing that we know.
    Text,
}

/// What bytes look like, and the model that they name.
pub(super) fn look(bytes: &[u8]) -> (Looks, Option<String>) {
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        let looks = body(&value).map_or(Looks::Text, |(side, surface)| Looks::Body(side, surface));
        return (looks, model(&value));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return (Looks::Text, None);
    };
    let is_field = |line: &str| {
        ["data:", "event:", "id:", "retry:", ":"]
            .iter()
            .any(|field| line.starts_with(field))
    };
    if !text.lines().find(|line| !line.is_empty()).is_some_and(is_field) {
        return (Looks::Text, None);
    }
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let (mut format, mut named) = (None, None);
    let mut is_json = false;
    for value in data.filter_map(|data| serde_json::from_str::<Value>(data).ok()) {
        is_json |= value.is_object();
        format = format.or_else(|| dialect(&value));
        named = named.or_else(|| model(&value));
        if format.is_some() && named.is_some() {
            break;
        }
    }
    let looks = if is_json { Looks::Events(format) } else { Looks::Text };
    (looks, named)
}

/// What an event looks like.
fn dialect(event: &Value) -> Option<StreamFormat> {
    let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
    Some(if event.get("choices").is_some_and(Value::is_array) {
        StreamFormat::ChatCompletions
    } else if event.get("jsonrpc").is_some() {
        StreamFormat::Mcp
    } else if kind.starts_with("response.") {
        StreamFormat::Responses
    } else if kind.starts_with("message_") || kind.starts_with("content_block_") {
        StreamFormat::Messages
    } else {
        return None;
    })
}

/// What a JSON object looks like, if it looks like a message of a surface.
fn body(value: &Value) -> Option<(Side, Surface)> {
    let object = value.as_object()?;
    let list = |key: &str| object.get(key).is_some_and(Value::is_array);
    let is = |key: &str, wanted: &str| object.get(key).is_some_and(|found| found == wanted);
    let has = |key: &str| object.contains_key(key);
    Some(if is("jsonrpc", "2.0") {
        let side = if has("method") { Side::Request } else { Side::Answer };
        (side, Surface::Mcp)
    } else if list("messages") && has("system") {
        (Side::Request, Surface::Messages)
    } else if list("messages") {
        (Side::Request, Surface::Chat)
    } else if list("choices") {
        (Side::Answer, Surface::Chat)
    } else if is("type", "message") && has("content") {
        (Side::Answer, Surface::Messages)
    } else if is("object", "response") {
        (Side::Answer, Surface::Responses)
    } else if has("input") && (has("encoding_format") || has("dimensions")) {
        (Side::Request, Surface::Embeddings)
    } else if has("input") && has("model") {
        (Side::Request, Surface::Responses)
    } else {
        return None;
    })
}

/// The model that a body names, or an event, or the message that it begins with.
fn model(value: &Value) -> Option<String> {
    let inner = ["message", "response"].iter().filter_map(|key| value.get(key));
    let named = std::iter::once(value)
        .chain(inner)
        .find_map(|object| object.get("model"));
    Some(named?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_told_by_their_looks() {
        let body = Looks::Body;
        for (text, expected) in [
            (r#"{"model": "m", "messages": []}"#, body(Side::Request, Surface::Chat)),
            (
                r#"{"system": "s", "messages": []}"#,
                body(Side::Request, Surface::Messages),
            ),
            (r#"{"choices": []}"#, body(Side::Answer, Surface::Chat)),
            (
                r#"{"type": "message", "content": []}"#,
                body(Side::Answer, Surface::Messages),
            ),
            (
                r#"{"model": "m", "input": "i"}"#,
                body(Side::Request, Surface::Responses),
            ),
            (
                r#"{"model": "m", "input": "i", "dimensions": 3}"#,
                body(Side::Request, Surface::Embeddings),
            ),
            (
                r#"{"object": "response", "output": []}"#,
                body(Side::Answer, Surface::Responses),
            ),
            (
                r#"{"jsonrpc": "2.0", "method": "tools/call"}"#,
                body(Side::Request, Surface::Mcp),
            ),
            (r#"{"jsonrpc": "2.0", "result": {}}"#, body(Side::Answer, Surface::Mcp)),
            (r#"{"messages": 1}"#, Looks::Text),
            (r#"["messages"]"#, Looks::Text),
            ("messages", Looks::Text),
        ] {
            assert_eq!(look(text.as_bytes()).0, expected, "{text}");
        }
    }

    #[test]
    fn streams_are_told_by_their_events() {
        use StreamFormat::{ChatCompletions, Mcp, Messages, Responses};
        for (text, expected) in [
            (
                "data: {\"model\": \"m\", \"choices\": []}\n\n",
                Looks::Events(Some(ChatCompletions)),
            ),
            (
                ": hello\n\nevent: message_start\ndata: {\"type\": \"message_start\", \"message\": {\"model\": \"m\"}}\n\n",
                Looks::Events(Some(Messages)),
            ),
            (
                "event: ping\ndata: {\"type\": \"ping\"}\n\ndata: {\"type\": \"content_block_stop\", \"model\": \"m\"}\n\n",
                Looks::Events(Some(Messages)),
            ),
            (
                "data: {\"type\": \"response.created\", \"response\": {\"model\": \"m\"}}\r\n\r\n",
                Looks::Events(Some(Responses)),
            ),
            (
                "id: 1\ndata: {\"jsonrpc\": \"2.0\", \"model\": \"m\"}\n\n",
                Looks::Events(Some(Mcp)),
            ),
            ("data: {\"model\": \"m\"}\n\n", Looks::Events(None)),
        ] {
            assert_eq!(look(text.as_bytes()), (expected, Some("m".to_owned())), "{text}");
        }
        for text in [
            "data: nothing of the kind",
            "event: a wedding",
            "",
            "\n",
            "hello\ndata: {}\n\n",
        ] {
            assert_eq!(look(text.as_bytes()).0, Looks::Text, "{text}");
        }
    }
}
