//! Bodies beside this file are read into types and written again: nothing may be lost or added, and what is read has to
//! be where it belongs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;

use bartizan_wire::{Field, anthropic, openai};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a body, and checks that it is written as it was.
fn read<T: DeserializeOwned + Serialize + Debug>(text: &str) -> T {
    let value: Value = serde_json::from_str(text).unwrap();
    let typed: T = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_value(&typed).unwrap(), value, "{typed:?}");
    typed
}

#[test]
fn openai_requests_are_kept() {
    let request: openai::ChatRequest = read(include_str!("golden/openai/request.json"));
    assert_eq!(request.max_tokens, Field::Null);
    assert_eq!(request.max_completion_tokens, Field::Value(400));
    assert_eq!(request.messages[2].content, Field::Null);
    assert_eq!(request.messages[4].role, openai::Role::Other("critic".to_owned()));
    assert!(request.rest.contains_key("response_format"));
    let calls = request.messages[2].tool_calls.get().unwrap();
    assert_eq!(calls[0].function.get().unwrap().arguments, r#"{"at":"a.png"}"#);
}

#[test]
fn openai_answers_are_kept() {
    let answer: openai::ChatAnswer = read(include_str!("golden/openai/answer.json"));
    assert_eq!(answer.usage.get().unwrap().prompt_tokens, 31);
    assert_eq!(
        answer.choices[0].message.content,
        Field::Value(openai::Content::Text("A lighthouse.".to_owned()))
    );
    assert_eq!(answer.choices[1].finish_reason, Field::Value("tool_calls".to_owned()));
}

#[test]
fn openai_chunks_are_kept() {
    let chunks: Vec<openai::ChatChunk> = read(include_str!("golden/openai/chunks.json"));
    assert_eq!(chunks[1].choices[0].delta.content, Field::Value("A light".to_owned()));
    assert!(chunks[4].choices[0].delta.content.is_absent());
    assert_eq!(chunks[5].usage.get().unwrap().total_tokens, 43);
}

#[test]
fn anthropic_requests_are_kept() {
    let request: anthropic::MessagesRequest = read(include_str!("golden/anthropic/request.json"));
    let anthropic::Content::Blocks(blocks) = &request.messages[2].content else {
        panic!("no blocks")
    };
    assert!(matches!(
        &blocks[0],
        anthropic::Block::ToolResult {
            is_error: Field::Value(false),
            ..
        }
    ));
    assert!(matches!(&blocks[2], anthropic::Block::Other(image) if image["type"] == "image"));
    assert!(request.rest.contains_key("metadata"));
}

#[test]
fn anthropic_answers_are_kept() {
    let answer: anthropic::MessagesAnswer = read(include_str!("golden/anthropic/answer.json"));
    assert_eq!(answer.usage.cache_creation_input_tokens, Field::Null);
    assert_eq!(answer.usage.cache_read_input_tokens, Field::Value(11));
    assert!(matches!(&answer.content[0], anthropic::Block::Text { text, .. } if text == "A lighthouse."));
}

#[test]
fn anthropic_events_are_kept() {
    let events: Vec<anthropic::StreamEvent> = read(include_str!("golden/anthropic/events.json"));
    let unknown = events
        .iter()
        .filter(|event| matches!(event, anthropic::StreamEvent::Other(_)))
        .count();
    assert_eq!(unknown, 1);
    assert!(matches!(&events[11], anthropic::StreamEvent::Other(event) if event["type"] == "an_event_of_tomorrow"));
}

#[test]
fn errors_are_kept() {
    let openai: openai::ErrorAnswer = read(include_str!("golden/openai/error.json"));
    assert_eq!(openai.error.code, Field::Value("rate_limit_exceeded".into()));
    let anthropic: anthropic::ErrorAnswer = read(include_str!("golden/anthropic/error.json"));
    assert_eq!(anthropic.error.kind, "rate_limit_error");
}
