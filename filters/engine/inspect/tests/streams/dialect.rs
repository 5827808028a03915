//! Answers with texts in any place, whole and as events.

use std::collections::BTreeMap;

use bartizan_inspect::{StreamFormat, Surface};
use serde_json::{Value, json};

use crate::chance::Chance;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Chat,
    Responses,
    Messages,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Content,
    Reasoning,
    Arguments,
}

/// A text of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// Which item or block it is.
    pub(crate) index: usize,
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// Texts by place, less those that are empty.
pub(crate) type Texts = BTreeMap<(usize, Place), String>;

/// Says where to cut a text.
pub(crate) type Cut<'a> = dyn FnMut(&str, &mut Chance) -> Vec<usize> + 'a;

impl Place {
    pub(crate) const ALL: [Self; 3] = [Self::Content, Self::Reasoning, Self::Arguments];
}

impl Said {
    /// The text as it stands in its place.
    fn written(&self) -> String {
        match self.place {
            Place::Arguments => json!({"a": self.text}).to_string(),
            Place::Content | Place::Reasoning => self.text.clone(),
        }
    }
}

impl Dialect {
    pub(crate) const ALL: [Self; 3] = [Self::Chat, Self::Responses, Self::Messages];

    pub(crate) const fn surface(self) -> Surface {
        match self {
            Self::Chat => Surface::Chat,
            Self::Responses => Surface::Responses,
            Self::Messages => Surface::Messages,
        }
    }

    pub(crate) const fn format(self) -> StreamFormat {
        match self {
            Self::Chat => StreamFormat::ChatCompletions,
            Self::Responses => StreamFormat::Responses,
            Self::Messages => StreamFormat::Messages,
        }
    }

    /// Two texts share a choice; items and blocks have one each.
    pub(crate) const fn key(self, said: &Said) -> (usize, Place) {
        match self {
            Self::Chat => (said.index / 2, said.place),
            Self::Responses | Self::Messages => (said.index, said.place),
        }
    }

    /// A whole answer.
    pub(crate) fn body(self, said: &[Said]) -> Vec<u8> {
        let items = said.iter().map(|said| self.item(said));
        let body = match self {
            Self::Responses => json!({"object": "response", "id": "r", "output": items.collect::<Vec<_>>()}),
            Self::Messages => {
                json!({"type": "message", "role": "assistant", "model": "m", "content": items.collect::<Vec<_>>()})
            }
            Self::Chat => {
                let mut messages: BTreeMap<usize, Value> = BTreeMap::new();
                for said in said {
                    let message = messages
                        .entry(self.key(said).0)
                        .or_insert_with(|| json!({"role": "assistant"}));
                    let (field, value) = chat_field(said.place, json!(said.written()));
                    message[field] = value;
                }
                let choices = messages.into_iter();
                let choices = choices.map(|(index, message)| json!({"index": index, "message": message}));
                json!({"id": "c", "model": "m", "choices": choices.collect::<Vec<_>>()})
            }
        };
        body.to_string().into_bytes()
    }

    /// An item or block with a text.
    fn item(self, said: &Said) -> Value {
        let text = said.written();
        match (self, said.place) {
            (Self::Chat, _) => Value::Null,
            (Self::Responses, Place::Content) => {
                json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]})
            }
            (Self::Responses, Place::Reasoning) => {
                json!({"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": text}]})
            }
            (Self::Responses, Place::Arguments) => {
                json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": text})
            }
            (Self::Messages, Place::Content) => json!({"type": "text", "text": text}),
            (Self::Messages, Place::Reasoning) => json!({"type": "thinking", "thinking": text, "signature": ""}),
            (Self::Messages, Place::Arguments) => {
                json!({"type": "tool_use", "id": "t", "name": "f", "input": {"a": said.text}})
            }
        }
    }

    /// The answer as events: the texts cut, and their pieces among each other by chance.
    pub(crate) fn events(self, said: &[Said], chance: &mut Chance, cut: &mut Cut<'_>) -> Vec<u8> {
        let mut stream = String::new();
        for said in said {
            self.begin(said, &mut stream);
        }
        let mut queues: Vec<Vec<String>> = Vec::new();
        for said in said {
            let text = said.written();
            let mut places = cut(&text, chance);
            places.extend([0, text.len()]);
            places.sort_unstable();
            let pieces = places.windows(2).map(|ends| text[ends[0]..ends[1]].to_owned());
            queues.push(pieces.rev().collect());
        }
        while queues.iter().any(|queue| !queue.is_empty()) {
            let number = chance.below(queues.len());
            if let Some(piece) = queues[number].pop() {
                self.piece(&said[number], &piece, &mut stream);
            }
        }
        for said in said {
            self.end(said, &mut stream);
        }
        match self {
            Self::Chat => stream.push_str("data: [DONE]\n\n"),
            Self::Responses => {
                let body: Value = serde_json::from_slice(&self.body(said)).unwrap();
                event(&mut stream, &json!({"type": "response.completed", "response": body}));
            }
            Self::Messages => event(&mut stream, &json!({"type": "message_stop"})),
        }
        stream.into_bytes()
    }

    fn begin(self, said: &Said, stream: &mut String) {
        let (index, _) = self.key(said);
        match (self, said.place) {
            (Self::Chat, Place::Arguments) => {
                let call =
                    json!({"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""}});
                let delta = json!({"role": "assistant", "tool_calls": [call]});
                event(
                    stream,
                    &json!({"id": "c", "choices": [{"index": index, "delta": delta}]}),
                );
            }
            (Self::Messages, place) => {
                let block = match place {
                    Place::Content => json!({"type": "text", "text": ""}),
                    Place::Reasoning => json!({"type": "thinking", "thinking": ""}),
                    Place::Arguments => json!({"type": "tool_use", "id": "t", "name": "f", "input": {}}),
                };
                event(
                    stream,
                    &json!({"type": "content_block_start", "index": index, "content_block": block}),
                );
            }
            (Self::Chat | Self::Responses, _) => {}
        }
    }

    fn piece(self, said: &Said, piece: &str, stream: &mut String) {
        let (index, _) = self.key(said);
        let data = match self {
            Self::Chat => {
                let (field, value) = match said.place {
                    Place::Arguments => ("tool_calls", json!([{"index": 0, "function": {"arguments": piece}}])),
                    place => chat_field(place, json!(piece)),
                };
                json!({"id": "c", "choices": [{"index": index, "delta": {field: value}}]})
            }
            Self::Responses => {
                json!({"type": format!("{}.delta", stem(said.place)), "output_index": index, "content_index": 0, "delta": piece})
            }
            Self::Messages => {
                let (kind, field) = match said.place {
                    Place::Content => ("text_delta", "text"),
                    Place::Reasoning => ("thinking_delta", "thinking"),
                    Place::Arguments => ("input_json_delta", "partial_json"),
                };
                json!({"type": "content_block_delta", "index": index, "delta": {"type": kind, field: piece}})
            }
        };
        event(stream, &data);
    }

    fn end(self, said: &Said, stream: &mut String) {
        let (index, place) = self.key(said);
        let data = match self {
            // Only the first text of a choice ends it.
            Self::Chat if said.index.is_multiple_of(2) => return,
            Self::Chat => json!({"id": "c", "choices": [{"index": index, "delta": {}, "finish_reason": "stop"}]}),
            Self::Responses => {
                let field = if place == Place::Arguments { "arguments" } else { "text" };
                json!({"type": format!("{}.done", stem(place)), "output_index": index, "content_index": 0, field: said.written()})
            }
            Self::Messages => json!({"type": "content_block_stop", "index": index}),
        };
        event(stream, &data);
    }

    /// The texts of a whole answer.
    pub(crate) fn texts_of_body(self, body: &[u8]) -> Texts {
        self.texts_of(&serde_json::from_slice(body).unwrap())
    }

    fn texts_of(self, body: &Value) -> Texts {
        let mut texts = Texts::new();
        let mut note = |index: usize, place: Place, value: &Value| note(&mut texts, (index, place), value);
        for (number, item) in body["content"].as_array().into_iter().flatten().enumerate() {
            note(number, Place::Content, &item["text"]);
            note(number, Place::Reasoning, &item["thinking"]);
            note(number, Place::Arguments, &item["input"]);
        }
        for (number, item) in body["output"].as_array().into_iter().flatten().enumerate() {
            let place = if item["type"] == "message" {
                Place::Content
            } else {
                Place::Reasoning
            };
            note(number, place, &item["content"][0]["text"]);
            note(number, Place::Arguments, &item["arguments"]);
        }
        for choice in body["choices"].as_array().into_iter().flatten() {
            let (index, message) = (number(&choice["index"]), &choice["message"]);
            note(index, Place::Content, &message["content"]);
            note(index, Place::Reasoning, &message["reasoning_content"]);
            note(
                index,
                Place::Arguments,
                &message["tool_calls"][0]["function"]["arguments"],
            );
        }
        in_order(texts)
    }

    /// The texts that a client joins of a stream. What is repeated at the end must be the same.
    pub(crate) fn texts_of_stream(self, stream: &[u8]) -> Texts {
        let stream = std::str::from_utf8(stream).unwrap();
        let (mut texts, mut repeated) = (Texts::new(), Texts::new());
        let mut completed = None;
        let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
        for data in data.filter(|data| *data != "[DONE]") {
            let event: Value = serde_json::from_str(data).unwrap();
            for choice in event["choices"].as_array().into_iter().flatten() {
                let (index, delta) = (number(&choice["index"]), &choice["delta"]);
                note(&mut texts, (index, Place::Content), &delta["content"]);
                note(&mut texts, (index, Place::Reasoning), &delta["reasoning_content"]);
                let arguments = &delta["tool_calls"][0]["function"]["arguments"];
                note(&mut texts, (index, Place::Arguments), arguments);
            }
            let (index, delta) = (number(&event["index"]), &event["delta"]);
            note(&mut texts, (index, Place::Content), &delta["text"]);
            note(&mut texts, (index, Place::Reasoning), &delta["thinking"]);
            note(&mut texts, (index, Place::Arguments), &delta["partial_json"]);
            for place in Place::ALL {
                let index = number(&event["output_index"]);
                if event["type"] == format!("{}.delta", stem(place)) {
                    note(&mut texts, (index, place), delta);
                } else if event["type"] == format!("{}.done", stem(place)) {
                    note(&mut repeated, (index, place), &event["text"]);
                    note(&mut repeated, (index, place), &event["arguments"]);
                }
            }
            if event["type"] == "response.completed" {
                completed = Some(self.texts_of(&event["response"]));
            }
        }
        let (texts, repeated) = (in_order(texts), in_order(repeated));
        for (key, text) in &repeated {
            assert_eq!(texts.get(key), Some(text));
        }
        assert!(completed.is_none_or(|completed| completed.values().eq(texts.values())));
        texts
    }
}

fn chat_field(place: Place, text: Value) -> (&'static str, Value) {
    match place {
        Place::Content => ("content", text),
        Place::Reasoning => ("reasoning_content", text),
        Place::Arguments => {
            let function = json!({"name": "f", "arguments": text});
            (
                "tool_calls",
                json!([{"id": "c", "type": "function", "function": function}]),
            )
        }
    }
}

const fn stem(place: Place) -> &'static str {
    match place {
        Place::Content => "response.output_text",
        Place::Reasoning => "response.reasoning_text",
        Place::Arguments => "response.function_call_arguments",
    }
}

fn event(stream: &mut String, data: &Value) {
    if let Some(kind) = data["type"].as_str() {
        stream.push_str("event: ");
        stream.push_str(kind);
        stream.push('\n');
    }
    stream.push_str("data: ");
    stream.push_str(&data.to_string());
    stream.push_str("\n\n");
}

fn number(value: &Value) -> usize {
    value.as_u64().map_or(0, |number| usize::try_from(number).unwrap())
}

fn note(texts: &mut Texts, key: (usize, Place), value: &Value) {
    match value {
        Value::String(text) => texts.entry(key).or_default().push_str(text),
        Value::Object(_) => texts.entry(key).or_default().push_str(&value.to_string()),
        _ => {}
    }
}

/// Leaves out what is empty, and writes arguments one way.
fn in_order(mut texts: Texts) -> Texts {
    texts.retain(|_, text| !text.is_empty());
    for ((_, place), text) in &mut texts {
        if *place == Place::Arguments
            && let Ok(value) = serde_json::from_str::<Value>(text)
        {
            *text = value.to_string();
        }
    }
    texts
}
