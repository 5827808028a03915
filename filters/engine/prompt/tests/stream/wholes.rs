//! A stream says the same as the whole answer would, however the model's words were cut into events.

use bartizan_prompt::{Halt, StreamFormat, Surface};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{ATTACK, Blocked, SECRET, Texts, joined, judged, run};

/// What a model says, in a choice or block each.
#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Thinking(String),
    Call(String),
}

fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => Just("grey"), 4 => Just(" "), 4 => Just("heron"), 3 => Just("open the"), 2 => Just("gate"),
        2 => Just("é🏰"), 1 => Just("\n\"\\"), 1 => Just(SECRET), 1 => Just("y"),
    ];
    prop::collection::vec(word, 1..12).prop_map(|words| words.concat())
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let part = prop_oneof![
        words().prop_map(Part::Text),
        words().prop_map(Part::Thinking),
        words().prop_map(|word| Part::Call(json!({"a": word, "b": [word, 7]}).to_string())),
    ];
    prop::collection::vec(part, 1..4)
}

/// A text in pieces of some characters.
fn pieces<'a>(text: &'a str, sizes: &'a [u8]) -> impl Iterator<Item = String> + 'a {
    let mut characters = text.chars().peekable();
    let mut sizes = sizes.iter().cycle();
    std::iter::from_fn(move || {
        characters.peek()?;
        let size = usize::from(*sizes.next()?);
        Some(characters.by_ref().take(size).collect())
    })
}

fn chat(parts: &[Part], sizes: &[u8]) -> (String, String) {
    let (mut stream, mut choices) = (String::new(), Vec::new());
    for (part, index) in parts.iter().zip(0..) {
        let mut event = |delta: Value, finish: Value| {
            let choice = json!({"index": index, "delta": delta, "finish_reason": finish});
            stream += &format!("data: {}\n\n", json!({"id": "c", "choices": [choice]}));
        };
        let message = match part {
            Part::Text(text) => {
                pieces(text, sizes).for_each(|piece| event(json!({"content": piece}), Value::Null));
                json!({"content": text})
            }
            Part::Thinking(text) => {
                pieces(text, sizes).for_each(|piece| event(json!({"reasoning_content": piece}), Value::Null));
                json!({"content": null, "reasoning_content": text})
            }
            Part::Call(arguments) => {
                let call = |function: Value| json!({"tool_calls": [{"index": 0, "function": function}]});
                event(call(json!({"name": "f", "arguments": ""})), Value::Null);
                pieces(arguments, sizes).for_each(|piece| event(call(json!({"arguments": piece})), Value::Null));
                json!({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": arguments}}]})
            }
        };
        event(json!({}), json!("stop"));
        choices.push(json!({"index": index, "message": message, "finish_reason": "stop"}));
    }
    (stream + "data: [DONE]\n\n", json!({"choices": choices}).to_string())
}

fn chat_texts(answer: &Value) -> Texts {
    let mut texts = Texts::new();
    for choice in answer["choices"].as_array().unwrap() {
        let (index, message) = (&choice["index"], &choice["message"]);
        let function = &message["tool_calls"][0]["function"];
        let places = [
            ("content", &message["content"]),
            ("reasoning", &message["reasoning_content"]),
            ("call/0/name", &function["name"]),
            ("call/0/arguments", &function["arguments"]),
        ];
        let said = places
            .iter()
            .filter_map(|(place, value)| Some((place, value.as_str()?)));
        texts.extend(said.map(|(place, text)| (format!("{index}/{place}"), text.to_owned())));
    }
    texts
}

fn messages(parts: &[Part], sizes: &[u8]) -> (String, String) {
    let (mut stream, mut blocks) = (String::new(), Vec::new());
    for (part, index) in parts.iter().zip(0..) {
        let mut event = |name: &str, field: &str, value: Value| {
            let data = json!({"type": name, "index": index, field: value});
            stream += &format!("event: {name}\ndata: {data}\n\n");
        };
        let (start, kind, field, text) = match part {
            Part::Text(text) => (json!({"type": "text", "text": ""}), "text_delta", "text", text),
            Part::Thinking(text) => (
                json!({"type": "thinking", "thinking": ""}),
                "thinking_delta",
                "thinking",
                text,
            ),
            Part::Call(input) => {
                let start = json!({"type": "tool_use", "id": "t", "name": "f", "input": {}});
                (start, "input_json_delta", "partial_json", input)
            }
        };
        event("content_block_start", "content_block", start);
        for piece in pieces(text, sizes) {
            event("content_block_delta", "delta", json!({"type": kind, field: piece}));
        }
        event("content_block_stop", "x", Value::Null);
        blocks.push(match part {
            Part::Text(text) => json!({"type": "text", "text": text}),
            Part::Thinking(text) => json!({"type": "thinking", "thinking": text}),
            Part::Call(input) => {
                json!({"type": "tool_use", "id": "t", "name": "f", "input": serde_json::from_str::<Value>(input).unwrap()})
            }
        });
    }
    (stream, json!({"content": blocks}).to_string())
}

fn message_texts(answer: &Value) -> Texts {
    let mut texts = Texts::new();
    for (block, index) in answer["content"].as_array().unwrap().iter().zip(0..) {
        for field in ["text", "thinking", "name"] {
            if let Some(text) = block[field].as_str() {
                texts.insert(format!("{index}/{field}"), text.to_owned());
            }
        }
        if block["type"] == "tool_use" {
            texts.insert(format!("{index}/partial_json"), block["input"].to_string());
        }
    }
    texts
}

proptest! {
    #[test]
    fn a_stream_and_the_whole_answer_are_judged_alike(
        parts in parts(),
        sizes in prop::collection::vec(1..9_u8, 1..6),
    ) {
        type Texter = fn(&Value) -> Texts;
        let (chat, messages) = (chat(&parts, &sizes), messages(&parts, &sizes));
        let table: [(StreamFormat, Surface, _, Texter); 2] = [
            (StreamFormat::ChatCompletions, Surface::Chat, chat, chat_texts),
            (StreamFormat::Messages, Surface::Messages, messages, message_texts),
        ];
        for (format, surface, (stream, answer), texts_of) in table {
            let (out, outcome) = run(format, [stream.as_bytes()]);
            let whole = judged(surface, &answer);
            prop_assert_eq!(outcome == Err(Halt::Stopped(Blocked)), whole.is_none(), "{}", answer);
            if let Some(whole) = whole {
                prop_assert_eq!(outcome, Ok(whole != answer));
                let mut texts = texts_of(&serde_json::from_str(&whole).unwrap());
                texts.retain(|_, text| !text.is_empty());
                prop_assert_eq!(joined(&out), texts);
            }
            prop_assert!(!out.contains(SECRET) && !out.contains(ATTACK));
        }
    }
}
