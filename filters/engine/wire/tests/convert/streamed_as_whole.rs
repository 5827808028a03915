//! A stream read event by event comes to the same as the whole answer.

use bartizan_wire::convert::{answer, stream};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::gather::{self, Ended};

#[derive(Clone, Debug)]
struct Said {
    thoughts: String,
    text: String,
    refusal: String,
    calls: Vec<(String, Value)>,
    finish: usize,
    usage: Option<[u32; 3]>,
    /// Where texts are cut, as shares of 255.
    cuts: Vec<u8>,
}

fn said() -> impl Strategy<Value = Said> {
    let call = (
        "[a-z]{1,8}",
        prop_oneof![
            Just(json!({})),
            "\\PC{0,12}".prop_map(|text| json!({"q": text, "n": [1, 2]}))
        ],
    );
    (
        "\\PC{0,20}",
        "\\PC{0,60}",
        "\\PC{0,9}",
        prop::collection::vec(call, 0..4),
        0_usize..4,
        prop::option::of(any::<[u16; 3]>()),
        prop::collection::vec(any::<u8>(), 0..5),
    )
        .prop_map(|(thoughts, text, refusal, calls, finish, usage, cuts)| Said {
            thoughts,
            text,
            refusal,
            calls,
            finish,
            usage: usage.map(|counts| counts.map(u32::from)),
            cuts,
        })
}

impl Said {
    /// A text in pieces.
    fn pieces(&self, text: &str) -> Vec<String> {
        let letters: Vec<char> = text.chars().collect();
        let mut places: Vec<usize> = self
            .cuts
            .iter()
            .map(|cut| usize::from(*cut) * letters.len() / 255)
            .collect();
        places.sort_unstable();
        places.push(letters.len());
        let mut from = 0;
        let mut pieces = Vec::new();
        for place in places {
            pieces.push(letters[from..place].iter().collect());
            from = place;
        }
        pieces
    }

    fn chat_usage(&self) -> Value {
        self.usage.map_or(Value::Null, |[input, cached, output]| {
            let details = json!({"cached_tokens": cached.min(input)});
            json!({"prompt_tokens": input, "completion_tokens": output, "prompt_tokens_details": details})
        })
    }

    fn chat_reason(&self) -> &'static str {
        ["stop", "length", "content_filter", "tool_calls"][self.finish]
    }

    fn whole_chat(&self) -> Value {
        let calls: Vec<Value> = self
            .calls
            .iter()
            .enumerate()
            .map(|(number, (name, input))| {
                json!({"id": format!("k{number}"), "type": "function", "function": {"name": name, "arguments": input.to_string()}})
            })
            .collect();
        json!({"id": "c1", "object": "chat.completion", "model": "m", "choices": [{
            "index": 0, "finish_reason": self.chat_reason(), "message": {
                "role": "assistant", "reasoning_content": self.thoughts, "content": self.text, "refusal": self.refusal, "tool_calls": calls
            }}], "usage": self.chat_usage()})
    }

    fn streamed_chat(&self) -> Vec<String> {
        let mut deltas = vec![json!({"role": "assistant", "content": ""})];
        for (name, text) in [
            ("reasoning_content", &self.thoughts),
            ("content", &self.text),
            ("refusal", &self.refusal),
        ] {
            deltas.extend(
                self.pieces(text)
                    .into_iter()
                    .map(|piece| crate::arbitrary::object(name, piece.into())),
            );
        }
        for (number, (name, input)) in self.calls.iter().enumerate() {
            let function = json!({"name": name, "arguments": ""});
            deltas.push(json!({"tool_calls": [{"index": number, "id": format!("k{number}"), "type": "function", "function": function}]}));
            for piece in self.pieces(&input.to_string()) {
                deltas.push(json!({"tool_calls": [{"index": number, "function": {"arguments": piece}}]}));
            }
        }
        let chunk = |choices: Value, usage: Value| {
            json!({"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": choices, "usage": usage})
                .to_string()
        };
        let mut data: Vec<String> = deltas
            .into_iter()
            .map(|delta| {
                chunk(
                    json!([{"index": 0, "delta": delta, "finish_reason": null}]),
                    Value::Null,
                )
            })
            .collect();
        data.push(chunk(
            json!([{"index": 0, "delta": {}, "finish_reason": self.chat_reason()}]),
            Value::Null,
        ));
        data.push(chunk(json!([]), self.chat_usage()));
        data.push("[DONE]".to_owned());
        data
    }

    fn usage(&self) -> Value {
        self.usage.map_or(Value::Null, |[input, cached, output]| {
            json!({"input_tokens": input, "cache_read_input_tokens": cached, "output_tokens": output})
        })
    }

    fn reason(&self) -> &'static str {
        ["end_turn", "max_tokens", "pause_turn", "tool_use"][self.finish]
    }

    fn blocks(&self) -> Vec<Value> {
        let mut blocks = vec![
            json!({"type": "thinking", "thinking": self.thoughts, "signature": "c2ln"}),
            json!({"type": "text", "text": self.text}),
            json!({"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}),
        ];
        for (number, (name, input)) in self.calls.iter().enumerate() {
            blocks.push(json!({"type": "tool_use", "id": format!("k{number}"), "name": name, "input": input}));
        }
        blocks
    }

    fn whole_message(&self) -> Value {
        json!({"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": self.blocks(),
            "stop_reason": self.reason(), "stop_sequence": null, "usage": self.usage()})
    }

    fn streamed_message(&self) -> Vec<String> {
        let mut events = vec![
            json!({"type": "message_start", "message": {"id": "m1", "type": "message", "model": "m", "content": [], "usage": null}}),
            json!({"type": "ping"}),
        ];
        for (index, mut block) in self.blocks().into_iter().enumerate() {
            let mut deltas = Vec::new();
            match block["type"].as_str().unwrap() {
                "thinking" => {
                    deltas.extend(
                        self.pieces(&self.thoughts)
                            .into_iter()
                            .map(|text| json!({"type": "thinking_delta", "thinking": text})),
                    );
                    deltas.push(json!({"type": "signature_delta", "signature": "c2ln"}));
                    block["thinking"] = "".into();
                    block["signature"] = "".into();
                }
                "text" => {
                    deltas.extend(
                        self.pieces(&self.text)
                            .into_iter()
                            .map(|text| json!({"type": "text_delta", "text": text})),
                    );
                    block["text"] = "".into();
                }
                _ => {
                    let input = block["input"].take().to_string();
                    deltas.extend(
                        self.pieces(&input)
                            .into_iter()
                            .map(|text| json!({"type": "input_json_delta", "partial_json": text})),
                    );
                    block["input"] = json!({});
                }
            }
            events.push(json!({"type": "content_block_start", "index": index, "content_block": block}));
            for delta in deltas {
                events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
            }
            events.push(json!({"type": "content_block_stop", "index": index}));
        }
        events.push(json!({"type": "message_delta", "delta": {"stop_reason": self.reason(), "stop_sequence": null}, "usage": self.usage()}));
        events.push(json!({"type": "message_stop"}));
        events.iter().map(Value::to_string).collect()
    }
}

proptest! {
    #[test]
    fn chat_completions(said in said()) {
        let whole = answer::from_chat::read(said.whole_chat()).unwrap();
        let streamed = gather::read(stream::from_chat::Reader::default(), &said.streamed_chat()).unwrap();
        prop_assert_eq!(streamed, Ended::Whole(whole));
    }

    #[test]
    fn messages(said in said()) {
        let whole = answer::from_messages::read(said.whole_message()).unwrap();
        let streamed = gather::read(stream::from_messages::Reader::default(), &said.streamed_message()).unwrap();
        prop_assert_eq!(streamed, Ended::Whole(whole));
    }
}
