//! What servers in use do to their streams, and what no stream may do.

use bartizan_wire::convert::neutral::{Answer, Finish, StreamError};
use bartizan_wire::convert::stream::{from_chat, from_messages};
use serde_json::{Value, json};

use crate::gather::{Ended, answer, call, counts, read, text, thinking};

fn chat(events: &[Value]) -> Result<Ended, String> {
    let mut data: Vec<String> = events.iter().map(Value::to_string).collect();
    data.push("[DONE]".to_owned());
    read(from_chat::Reader::default(), &data).map_err(|error| error.to_string())
}

fn message(events: &[Value]) -> Result<Ended, String> {
    let data: Vec<String> = events.iter().map(Value::to_string).collect();
    read(from_messages::Reader::default(), &data).map_err(|error| error.to_string())
}

fn delta(delta: Value) -> Value {
    json!({"choices": [{"delta": delta}]})
}

fn calls(calls: Value) -> Value {
    delta(json!({"tool_calls": calls}))
}

fn whole(answer: Answer) -> Result<Ended, String> {
    Ok(Ended::Whole(answer))
}

#[test]
fn chat_servers_differences_are_tolerated() {
    let two = || {
        answer(
            vec![call("a", "look", "{\"q\":1}"), call("b", "look", "{\"q\":2}")],
            Finish::ToolCalls,
        )
    };
    let hello = || answer(vec![text("Hello")], Finish::Stop);
    let table = [
        (
            "no index, no reason",
            vec![delta(json!({"content": "Hel"})), delta(json!({"content": "lo"}))],
            hello(),
        ),
        (
            "an empty reason, then one",
            vec![
                json!({"choices": [{"delta": {"content": "Hello"}, "finish_reason": ""}]}),
                json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
            ],
            hello(),
        ),
        (
            "what filters found, before the first chunk",
            vec![
                json!({"id": "", "model": "", "choices": [], "prompt_filter_results": []}),
                delta(json!({"content": "Hello"})),
            ],
            hello(),
        ),
        (
            "a text at which it stopped",
            vec![json!({"choices": [{"delta": {"content": "Hello"}, "finish_reason": "stop", "stop_reason": "END"}]})],
            answer(vec![text("Hello")], Finish::StopSequence(Some("END".to_owned()))),
        ),
        (
            "thoughts as `reasoning`",
            vec![
                delta(json!({"content": "", "reasoning": "Hm."})),
                delta(json!({"content": "Hello"})),
            ],
            answer(vec![thinking("Hm.", None), text("Hello")], Finish::Stop),
        ),
        (
            "calls whole, at one index",
            vec![
                calls(json!([{"index": 0, "id": "a", "function": {"name": "look", "arguments": "{\"q\":1}"}}])),
                calls(json!([{"index": 0, "id": "b", "function": {"name": "look", "arguments": "{\"q\":2}"}}])),
            ],
            two(),
        ),
        (
            "calls without an index, arguments as objects",
            vec![calls(json!([
                {"id": "a", "function": {"name": "look", "arguments": {"q": 1}}},
                {"id": "b", "function": {"name": "look", "arguments": {"q": 2}}},
            ]))],
            two(),
        ),
        (
            "pieces without an index or an id",
            vec![
                calls(json!([{"id": "a", "function": {"name": "look", "arguments": "{\"q\""}}])),
                calls(json!([{"function": {"arguments": ":1}"}}])),
                calls(json!([{"id": "b", "function": {"name": "look", "arguments": "{\"q\""}}])),
                calls(json!([{"id": "b", "function": {"arguments": ":2}"}}])),
            ],
            two(),
        ),
        (
            "pieces of parallel calls in turns, the name again",
            vec![
                calls(json!([{"index": 0, "id": "a", "function": {"name": "look", "arguments": "{\"q\""}}])),
                calls(json!([{"index": 1, "id": "b", "function": {"name": "look", "arguments": "{\"q\""}}])),
                calls(json!([{"index": 0, "id": "a", "function": {"name": "look", "arguments": ":1}"}}])),
                calls(json!([{"index": 1, "function": {"arguments": ":2}"}}])),
                json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
            ],
            two(),
        ),
        (
            "no ids",
            vec![calls(
                json!([{"index": 0, "function": {"name": "look", "arguments": ""}}, {"index": 1, "function": {"name": "see"}}]),
            )],
            answer(
                vec![call("call_0", "look", ""), call("call_1", "see", "")],
                Finish::ToolCalls,
            ),
        ),
        (
            "a call as of old",
            vec![
                delta(json!({"function_call": {"name": "look", "arguments": "{"}})),
                delta(json!({"function_call": {"arguments": "}"}})),
            ],
            answer(vec![call("call_0", "look", "{}")], Finish::ToolCalls),
        ),
    ];
    for (case, events, expected) in table {
        assert_eq!(chat(&events), whole(expected), "{case}");
    }
}

#[test]
fn chat_usage_comes_with_any_chunk_and_is_none_if_absurd() {
    let usage = |usage: Value| {
        vec![json!({"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}], "usage": usage})]
    };
    let table = [
        (
            json!({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}),
            Some(counts(3, 0, 0, 2, None)),
        ),
        (
            json!({"prompt_tokens": 9, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
                "completion_tokens_details": {"reasoning_tokens": 5}}),
            Some(counts(9, 4, 2, 7, Some(5))),
        ),
        (json!({"prompt_tokens": 3, "completion_tokens": -2}), None),
        (json!({"prompt_tokens": 0.5, "completion_tokens": 2}), None),
        (json!({"prompt_tokens": 3, "completion_tokens": 2_000_000_000}), None),
        (json!({"prompt_tokens": "3", "completion_tokens": 2}), None),
        (json!({"completion_tokens": 2}), None),
        (json!(7), None),
        (Value::Null, None),
    ];
    for (reported, expected) in table {
        let mut answer = answer(vec![text("Hi")], Finish::Stop);
        answer.usage = expected;
        assert_eq!(chat(&usage(reported.clone())), whole(answer), "{reported}");
    }
}

#[test]
fn broken_chat_streams_are_errors() {
    let start = delta(json!({"content": "Hi"}));
    let table = [
        ("nothing", vec![], "$.choices: missing, expected an array"),
        ("no object", vec![json!([1])], "$: expected an object, found an array"),
        (
            "no chunk",
            vec![json!({"object": "page"})],
            "$.choices: missing, expected an array",
        ),
        (
            "choices of another type",
            vec![json!({"choices": 7})],
            "$.choices: expected an array, found a number",
        ),
        (
            "content of another type",
            vec![delta(json!({"content": 7}))],
            "$.content: expected a string, found a number",
        ),
        (
            "a delta of another type",
            vec![json!({"choices": [{"delta": "Hi"}]})],
            "$.choices.delta: expected an object, found a string",
        ),
        (
            "a choice out of bounds",
            vec![json!({"choices": [{"index": 4000, "delta": {}}]})],
            "$.choices.index: expected a small number, found a number",
        ),
        (
            "a call of no tool",
            vec![start, calls(json!([{"index": 0, "function": {"arguments": "{}"}}]))],
            "$.choices.delta.tool_calls.function.name: missing, expected a string",
        ),
    ];
    for (case, events, expected) in table {
        assert_eq!(chat(&events), Err(expected.to_owned()), "{case}");
    }
    let cut = read(
        from_chat::Reader::default(),
        &[delta(json!({"content": "Hi"})).to_string()],
    );
    assert_eq!(
        cut.unwrap_err().to_string(),
        "$: missing, expected the end of the stream"
    );
    let garbage = read(from_chat::Reader::default(), &["<html>".to_owned()]);
    assert_eq!(garbage.unwrap_err().to_string(), "$: unexpected character (byte 0)");
}

#[test]
fn errors_in_the_middle_end_a_stream() {
    let table = [
        (json!({"error": {"message": "gone", "code": 500}}), StreamError::Failed),
        (json!({"error": {"code": "rate_limit_exceeded"}}), StreamError::Limited),
        (json!({"error": {"code": 503}}), StreamError::Overloaded),
        (json!({"error": "gone"}), StreamError::Failed),
    ];
    for (event, expected) in table {
        assert_eq!(
            chat(&[delta(json!({"content": "Hi"})), event.clone()]),
            Ok(Ended::Failed(expected)),
            "{event}"
        );
    }
    let start = json!({"type": "message_start", "message": {"id": "m1", "model": "m"}});
    let table = [
        ("overloaded_error", StreamError::Overloaded),
        ("rate_limit_error", StreamError::Limited),
        ("api_error", StreamError::Failed),
    ];
    for (kind, expected) in table {
        let error = json!({"type": "error", "error": {"type": kind, "message": "gone"}});
        assert_eq!(message(&[start.clone(), error]), Ok(Ended::Failed(expected)), "{kind}");
    }
}

#[test]
fn message_streams_differences_are_tolerated() {
    let start = json!({"type": "message_start", "message": {"usage": {"input_tokens": 5, "cache_creation_input_tokens": 2, "cache_read_input_tokens": 3, "output_tokens": 1}}});
    let block = |block: Value| json!({"type": "content_block_start", "index": 0, "content_block": block});
    let stop = |reason: &str| json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}, "usage": {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}}});
    let end = json!({"type": "message_stop"});
    let mut expected = answer(vec![text("Hello")], Finish::Stop);
    expected.usage = Some(counts(10, 3, 2, 9, Some(4)));
    // A block that is not ended, words in its start, a new kind of event.
    let events = [
        start.clone(),
        block(json!({"type": "text", "text": "Hello"})),
        json!({"type": "news"}),
        stop("end_turn"),
        end.clone(),
    ];
    assert_eq!(message(&events), whole(expected.clone()));

    expected.choices = answer(vec![call("k1", "look", "{\"q\":1}")], Finish::ToolCalls).choices;
    let events = [
        start.clone(),
        block(json!({"type": "tool_use", "id": "k1", "name": "look", "input": {"q": 1}})),
        stop("tool_use"),
        end.clone(),
    ];
    assert_eq!(message(&events), whole(expected.clone()));

    // Usage that cannot be right is none; an end without a reason is a stop.
    let absurd = json!({"type": "message_delta", "delta": {}, "usage": {"output_tokens": -1}});
    let mut silent = answer(vec![], Finish::Stop);
    silent.usage = None;
    let begins = json!({"type": "message_start", "message": {"usage": {"input_tokens": 0.5}}});
    assert_eq!(message(&[begins, absurd, end.clone()]), whole(silent));

    let mut refused = answer(
        vec![bartizan_wire::convert::neutral::Content::Refusal(
            "Not that.".to_owned(),
        )],
        Finish::Refusal,
    );
    refused.usage = Some(counts(10, 3, 2, 1, None));
    let refusal = json!({"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": {"explanation": "Not that."}}});
    assert_eq!(message(&[start, refusal, end]), whole(refused));
}

#[test]
fn broken_message_streams_are_errors() {
    let start = json!({"type": "message_start", "message": {}});
    let end = json!({"type": "message_stop"});
    let table = [
        (
            "no start",
            vec![end.clone()],
            "$.message: missing, expected an event of a message",
        ),
        (
            "no kind",
            vec![json!({})],
            "$.type: missing, expected an event of a message",
        ),
        (
            "no end",
            vec![start.clone()],
            "$: missing, expected the end of the stream",
        ),
        (
            "a piece of no block",
            vec![
                start.clone(),
                json!({"type": "content_block_delta", "index": 3, "delta": {}}),
            ],
            "$.content_block: missing, expected an event of a message",
        ),
        (
            "a call without a name",
            vec![
                start.clone(),
                json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "k"}}),
            ],
            "$.content_block.name: missing, expected an event of a message",
        ),
        (
            "text of another type",
            vec![
                start,
                json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": 1}}),
            ],
            "$.text: expected a string, found a number",
        ),
    ];
    for (case, events, expected) in table {
        assert_eq!(message(&events), Err(expected.to_owned()), "{case}");
    }
}
