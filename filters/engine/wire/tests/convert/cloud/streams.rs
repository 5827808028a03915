use bartizan_wire::convert::neutral::{Answer, Content, Finish, Place, Placed, StreamError};
use serde_json::{Value, json};

use super::{converse, gemini, whole};
use crate::gather::{Ended, answer, call, counts, text, thinking};

fn chunk(parts: Value) -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": parts}}]})
}

fn last(parts: Value) -> Value {
    json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]})
}

#[test]
fn gemini_streams_come_together() {
    let signed = Content::ToolCall {
        id: "call_0_0a1b2c3d".to_owned(),
        name: "look".to_owned(),
        arguments: "{}".to_owned(),
        signature: Some(Placed::new("c2ln".to_owned(), Place::root())),
    };
    let two = Answer {
        choices: vec![
            answer(vec![text("a")], Finish::Stop).choices.remove(0),
            answer(vec![text("b")], Finish::Length).choices.remove(0),
        ],
        ..Answer::default()
    };
    let table = [
        (
            "words",
            vec![chunk(json!([{"text": "Hel"}])), last(json!([{"text": "lo"}]))],
            answer(vec![text("Hello")], Finish::Stop),
        ),
        (
            "thoughts, words, and the signature with an empty text",
            vec![
                chunk(json!([{"text": "H", "thought": true}])),
                chunk(json!([{"text": "m.", "thought": true}, {"text": "Yes"}])),
                last(json!([{"text": "", "thoughtSignature": "c2ln"}])),
            ],
            answer(
                vec![thinking("Hm.", None), text("Yes"), thinking("", Some("c2ln"))],
                Finish::Stop,
            ),
        ),
        (
            "parallel calls, each whole",
            vec![
                chunk(json!([{"functionCall": {"name": "look"}, "thoughtSignature": "c2ln"}])),
                last(json!([{"functionCall": {"id": "own", "name": "see", "args": {"q": 1}}}])),
            ],
            answer(vec![signed, call("own", "see", "{\"q\":1}")], Finish::ToolCalls),
        ),
        (
            "two candidates",
            vec![
                json!({"candidates": [{"content": {"parts": [{"text": "a"}]}}, {"index": 1, "content": {"parts": [{"text": "b"}]}}]}),
                json!({"candidates": [{"index": 1, "finishReason": "MAX_TOKENS"}]}),
                json!({"candidates": [{"finishReason": "STOP"}]}),
            ],
            two,
        ),
        (
            "a blocked prompt",
            vec![json!({"promptFeedback": {"blockReason": "SAFETY"}})],
            answer(vec![], Finish::ContentFilter),
        ),
        (
            "usage, again and again",
            vec![
                json!({"candidates": [{"content": {"parts": [{"text": "x"}]}}], "usageMetadata": {"promptTokenCount": 3}}),
                json!({"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1}}),
            ],
            Answer {
                usage: Some(counts(3, 0, 0, 1, None)),
                ..answer(vec![text("x")], Finish::Stop)
            },
        ),
    ];
    for (name, events, expected) in table {
        assert_eq!(gemini(&events), whole(expected), "{name}");
    }
}

#[test]
fn gemini_streams_fail_as_they_fail() {
    let cut = Err("$: missing, expected the end of the stream".to_owned());
    let failed = |error| Ok(Ended::Failed(error));
    let table = [
        (vec![], cut.clone()),
        (vec![chunk(json!([{"text": "x"}]))], cut),
        (
            vec![json!({"error": {"code": 503, "status": "UNAVAILABLE", "message": "m"}})],
            failed(StreamError::Overloaded),
        ),
        (
            vec![
                chunk(json!([{"text": "x"}])),
                json!({"error": {"status": "RESOURCE_EXHAUSTED"}}),
            ],
            failed(StreamError::Limited),
        ),
        (
            vec![json!({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}]})],
            failed(StreamError::Failed),
        ),
        (
            vec![
                chunk(json!([{"text": "Hm.", "thought": true}])),
                json!({"candidates": [{"finishReason": "OTHER"}]}),
            ],
            failed(StreamError::Failed),
        ),
        (
            vec![
                chunk(json!([{"text": "x"}])),
                last(json!([{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}])),
            ],
            failed(StreamError::Failed),
        ),
        (
            vec![json!({})],
            Err("$.candidates: missing, expected an array".to_owned()),
        ),
        (
            vec![json!({"candidates": [{"index": 1_000_000}]})],
            Err("$.index: expected a small number, found a number".to_owned()),
        ),
    ];
    for (events, expected) in table {
        assert_eq!(gemini(&events), expected, "{events:?}");
    }
}

fn delta(index: u64, delta: Value) -> (&'static str, Value) {
    ("contentBlockDelta", json!({"contentBlockIndex": index, "delta": delta}))
}

fn stop(reason: &str) -> (&'static str, Value) {
    ("messageStop", json!({"stopReason": reason}))
}

#[test]
fn converse_streams_come_together() {
    let start = || ("messageStart", json!({"role": "assistant"}));
    let end = |index: u64| ("contentBlockStop", json!({"contentBlockIndex": index}));
    let call_start = |index: u64, id: &str| {
        let call = json!({"toolUse": {"toolUseId": id, "name": "look"}});
        ("contentBlockStart", json!({"contentBlockIndex": index, "start": call}))
    };
    let table = [
        (
            "words, which nothing announces, and usage at the end",
            vec![
                start(),
                delta(0, json!({"text": "Hel"})),
                delta(0, json!({"text": "lo"})),
                end(0),
                stop("end_turn"),
                (
                    "metadata",
                    json!({"usage": {"inputTokens": 3, "outputTokens": 1}, "metrics": {"latencyMs": 7}}),
                ),
            ],
            Answer {
                usage: Some(counts(3, 0, 0, 1, None)),
                ..answer(vec![text("Hello")], Finish::Stop)
            },
        ),
        (
            "thoughts, then parallel calls, one without arguments",
            vec![
                start(),
                delta(0, json!({"reasoningContent": {"text": "Hm."}})),
                delta(0, json!({"reasoningContent": {"signature": "c2ln"}})),
                end(0),
                delta(1, json!({"reasoningContent": {"redactedContent": "AAAA"}})),
                end(1),
                call_start(2, "t1"),
                call_start(3, "t2"),
                delta(2, json!({"toolUse": {"input": "{\"q\""}})),
                delta(2, json!({"toolUse": {"input": ":1}"}})),
                end(2),
                end(3),
                stop("tool_use"),
            ],
            answer(
                vec![
                    thinking("Hm.", Some("c2ln")),
                    Content::RedactedThinking {
                        data: "AAAA".to_owned(),
                    },
                    call("t1", "look", "{\"q\":1}"),
                    call("t2", "look", ""),
                ],
                Finish::ToolCalls,
            ),
        ),
        (
            "blocks that nobody ended, and events that nobody knows",
            vec![
                start(),
                ("later", json!({})),
                delta(0, json!({"text": "x"})),
                stop("max_tokens"),
            ],
            answer(vec![text("x")], Finish::Length),
        ),
        (
            "the text at which it stopped",
            vec![
                start(),
                (
                    "messageStop",
                    json!({"stopReason": "stop_sequence", "additionalModelResponseFields": {"stop_sequence": "END"}}),
                ),
            ],
            // A choice that says nothing.
            answer(vec![], Finish::StopSequence(Some("END".to_owned()))),
        ),
    ];
    for (name, events, expected) in table {
        assert_eq!(converse(&events), whole(expected), "{name}");
    }
}

#[test]
fn converse_streams_fail_as_they_fail() {
    let failed = |error| Ok(Ended::Failed(error));
    let table = [
        (vec![], Err("$: missing, expected the end of the stream".to_owned())),
        (
            vec![delta(0, json!({"text": "x"}))],
            Err("$: missing, expected the end of the stream".to_owned()),
        ),
        (
            vec![
                delta(0, json!({"text": "x"})),
                ("throttlingException", json!({"message": "m"})),
            ],
            failed(StreamError::Limited),
        ),
        (
            vec![("serviceUnavailableException", json!({}))],
            failed(StreamError::Overloaded),
        ),
        (
            vec![("modelStreamErrorException", json!({}))],
            failed(StreamError::Failed),
        ),
        (vec![stop("malformed_model_output")], failed(StreamError::Failed)),
        (
            vec![
                delta(0, json!({"text": "x"})),
                (
                    "contentBlockStart",
                    json!({"contentBlockIndex": 1, "start": {"image": {"format": "png"}}}),
                ),
                delta(1, json!({"image": {"source": {"bytes": "AAAA"}}})),
            ],
            failed(StreamError::Failed),
        ),
        (
            vec![delta(0, json!({"toolUse": {"input": "{"}}))],
            Err("$.start: missing, expected a call that begins".to_owned()),
        ),
    ];
    for (events, expected) in table {
        assert_eq!(converse(&events), expected, "{events:?}");
    }
}
