//! Readers refuse or read whatever comes, and writers write whatever was read.

use bartizan_wire::convert::answer;
use bartizan_wire::convert::neutral::Event;
use bartizan_wire::convert::stream::{self, ReadEvents};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::arbitrary;

fn chat_answer() -> Value {
    json!({"id": "c1", "model": "m", "created": 1, "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
        "role": "assistant", "content": "Words.", "reasoning_content": "Hm.", "refusal": null,
        "annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A", "start_index": 0, "end_index": 1}}],
        "tool_calls": [{"id": "k1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}})
}

fn messages_answer() -> Value {
    json!({"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}, {"type": "redacted_thinking", "data": "eA=="},
        {"type": "text", "text": "Words.", "citations": [{"type": "char_location", "cited_text": "W", "document_index": 0, "start_char_index": 0, "end_char_index": 1}]},
        {"type": "tool_use", "id": "k1", "name": "look", "input": {}}],
        "stop_reason": "refusal", "stop_sequence": null, "stop_details": {"type": "refusal", "explanation": "No."},
        "usage": {"input_tokens": 3, "output_tokens": 2, "cache_read_input_tokens": 1}})
}

fn feed(mut reader: impl ReadEvents, data: &[String]) -> Vec<Event> {
    let mut events = Vec::new();
    for piece in data {
        if reader.read("message", piece, &mut events).is_err() {
            break;
        }
    }
    let _ = reader.end(&mut events);
    events
}

proptest! {
    #[test]
    fn whole_answers(any in arbitrary::value(), chat in arbitrary::mutated(chat_answer()), message in arbitrary::mutated(messages_answer())) {
        let _ = answer::from_chat::read(any.clone());
        let _ = answer::from_messages::read(any);
        let _ = answer::from_chat::read(chat);
        let _ = answer::from_messages::read(message);
    }

    #[test]
    fn chat_streams(data in arbitrary::events(
        &json!({"id": "c1", "choices": [{"index": 0, "delta": {"role": "assistant"}}]}),
        vec![
            json!({"choices": [{"index": 0, "delta": {"content": "a", "reasoning": "b"}, "finish_reason": null}]}),
            json!({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "k1", "function": {"name": "look", "arguments": "{"}}]}}]}),
            json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}),
            json!("[DONE]"),
        ],
    )) {
        feed(stream::from_chat::Reader::default(), &data);
    }

    #[test]
    fn message_streams(data in arbitrary::events(
        &json!({"type": "message_start", "message": {"id": "m1", "model": "m", "usage": {"input_tokens": 1}}}),
        vec![
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "k1", "name": "look", "input": {}}}),
            json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{"}}),
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "a"}}),
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}),
            json!({"type": "message_stop"}),
        ],
    )) {
        feed(stream::from_messages::Reader::default(), &data);
    }
}
