//! Token counts of answers and streams, as each endpoint has them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bartizan_verdict::Endpoint;
use bartizan_wire::json::JsonErrorKind;
use bartizan_wire::sse::Decoder;
use bartizan_wire::usage::{Parts, StreamUsage, Usage, from_answer};

#[test]
fn whole_answers_report_usage() {
    use Endpoint::{ChatCompletions, CountTokens, Embeddings, Messages, Responses};
    let table = [
        (
            ChatCompletions,
            r#"{"usage":{"prompt_tokens":31,"completion_tokens":12,"total_tokens":43}}"#,
            Some((31, 12)),
        ),
        (
            ChatCompletions,
            r#"{"usage":{"prompt_tokens":31,"prompt_tokens_details":{"prompt_tokens":7},"completion_tokens":12}}"#,
            Some((31, 12)),
        ),
        (
            ChatCompletions,
            r#"{"choices":[{"usage":{"prompt_tokens":1,"completion_tokens":1}}]}"#,
            None,
        ),
        (ChatCompletions, r#"{"usage":null}"#, None),
        (
            ChatCompletions,
            r#"{"usage":{"input_tokens":1,"output_tokens":1}}"#,
            None,
        ),
        (ChatCompletions, r#"{"usage":{"prompt_tokens":1}}"#, None),
        (
            ChatCompletions,
            r#"{"usage":{"prompt_tokens":-1,"completion_tokens":1}}"#,
            None,
        ),
        (
            ChatCompletions,
            r#"{"usage":{"prompt_tokens":1.0,"completion_tokens":1}}"#,
            None,
        ),
        (
            ChatCompletions,
            r#"{"usage":{"prompt_tokens":"1","completion_tokens":1}}"#,
            None,
        ),
        (
            ChatCompletions,
            r#"{"usage":{"prompt_tokens":1000000000,"completion_tokens":0}}"#,
            Some((1_000_000_000, 0)),
        ),
        (
            ChatCompletions,
            r#"{"usage":{"prompt_tokens":1000000001,"completion_tokens":1}}"#,
            None,
        ),
        (
            Messages,
            r#"{"usage":{"input_tokens":20,"output_tokens":12}}"#,
            Some((20, 12)),
        ),
        (
            Messages,
            r#"{"usage":{"output_tokens":12,"cache_read_input_tokens":11,"cache_creation_input_tokens":null,"input_tokens":20}}"#,
            Some((31, 12)),
        ),
        (
            Messages,
            r#"{"usage":{"cache_read_input_tokens":11,"output_tokens":12}}"#,
            None,
        ),
        (
            Messages,
            r#"{"usage":{"input_tokens":20,"output_tokens":12,"cache_read_input_tokens":-1}}"#,
            None,
        ),
        (
            Responses,
            r#"{"usage":{"input_tokens":20,"input_tokens_details":{"cached_tokens":7},"output_tokens":12,"total_tokens":32}}"#,
            Some((20, 12)),
        ),
        (
            Responses,
            r#"{"usage":{"prompt_tokens":20,"completion_tokens":12}}"#,
            None,
        ),
        (
            Embeddings,
            r#"{"usage":{"prompt_tokens":8,"total_tokens":8}}"#,
            Some((8, 0)),
        ),
        (Embeddings, r#"{"usage":{"total_tokens":8}}"#, None),
        (CountTokens, r#"{"input_tokens":2095}"#, Some((0, 0))),
    ];
    for (endpoint, body, expected) in table {
        let found = from_answer(endpoint, body.as_bytes()).unwrap();
        let found = found.map(|usage| (usage.input, usage.output));
        assert_eq!(found, expected, "{body}");
    }
}

#[test]
fn what_is_no_json_is_no_answer() {
    for endpoint in Endpoint::ALL {
        let cut = from_answer(*endpoint, br#"{"usage":{"prompt_tokens":1,"completion_tokens":1}"#);
        assert_eq!(cut.unwrap_err().kind, JsonErrorKind::UnexpectedEnd, "{endpoint:?}");
    }
}

#[test]
fn parts_with_a_price_of_their_own_are_told_apart() {
    let table = [
        (
            Endpoint::ChatCompletions,
            r#"{"usage":{"prompt_tokens":31,"prompt_tokens_details":{"cached_tokens":7,"audio_tokens":1},
                "completion_tokens":12,"completion_tokens_details":{"reasoning_tokens":5}}}"#,
            Some((7, 0, 5)),
        ),
        (
            Endpoint::Responses,
            r#"{"usage":{"input_tokens_details":{"cached_tokens":99},"input_tokens":20,"output_tokens":12,
                "output_tokens_details":{"reasoning_tokens":null}}}"#,
            Some((20, 0, 0)),
        ),
        (
            Endpoint::Messages,
            r#"{"usage":{"input_tokens":20,"cache_creation_input_tokens":5,"cache_read_input_tokens":11,
                "cache_creation":{"ephemeral_5m_input_tokens":5},"output_tokens":12}}"#,
            Some((11, 5, 0)),
        ),
        (
            Endpoint::ChatCompletions,
            r#"{"usage":{"prompt_tokens":1,"prompt_tokens_details":{"cached_tokens":-7},"completion_tokens":1}}"#,
            None,
        ),
    ];
    for (endpoint, body, expected) in table {
        let found = from_answer(endpoint, body.as_bytes()).unwrap();
        let found = found
            .map(|usage| usage.parts)
            .map(|parts| (parts.cached, parts.cache_written, parts.reasoning));
        assert_eq!(found, expected, "{body}");
    }
}

fn observe(endpoint: Endpoint, stream: &str) -> StreamUsage {
    let mut usage = StreamUsage::new(endpoint);
    Decoder::new(10_000)
        .push(stream.as_bytes(), |event| usage.observe(&event))
        .unwrap();
    usage
}

#[test]
fn openai_streams_report_usage_in_a_late_chunk() {
    let text = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n";
    let last = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":31,\"completion_tokens\":12}}\n\ndata: [DONE]\n\n";
    let usage = observe(Endpoint::ChatCompletions, &format!("{text}{text}{last}"));
    assert_eq!(usage.reported(), Some(Usage::reported(31, 12)));
    assert_eq!(usage.finish(99), Usage::reported(31, 12));

    let cut = observe(
        Endpoint::ChatCompletions,
        &format!("{text}{text}data: garbage \"usage\"\n\ndata: [DONE]\n\n"),
    );
    assert_eq!(cut.reported(), None);
    assert_eq!(cut.finish(99), Usage::estimated(99, 3));
}

#[test]
fn anthropic_streams_report_input_first_and_output_last() {
    let start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"content\":[],\"usage\":{\"input_tokens\":20,\"cache_read_input_tokens\":11,\"output_tokens\":1}}}\n\n";
    let text = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"a\"}}\n\n";
    let delta =
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},\"usage\":{\"output_tokens\":12}}\n\n";
    let usage = observe(Endpoint::Messages, &format!("{start}{text}{text}{delta}"));
    let parts = Parts {
        cached: 11,
        ..Parts::NONE
    };
    assert_eq!(usage.reported(), Some(Usage::reported(31, 12).of_which(parts)));

    let cut = observe(Endpoint::Messages, &format!("{start}{text}{text}"));
    assert_eq!(cut.reported(), None);
    assert_eq!(cut.finish(99), Usage::estimated(31, 2));
}

#[test]
fn responses_report_usage_in_the_last_event() {
    let created = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\n";
    let text = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n";
    let last = "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"output\":[],\"usage\":{\"input_tokens\":31,\"output_tokens\":12}}}\n\n";
    let usage = observe(Endpoint::Responses, &format!("{created}{text}{text}{last}"));
    assert_eq!(usage.reported(), Some(Usage::reported(31, 12)));

    let cut = observe(Endpoint::Responses, &format!("{created}{text}{text}"));
    assert_eq!(cut.reported(), None);
    assert_eq!(cut.finish(99), Usage::estimated(99, 2));
}

#[test]
fn absurd_counts_spoil_a_stream() {
    let usage = observe(
        Endpoint::ChatCompletions,
        "data: {\"usage\":{\"prompt_tokens\":-5,\"completion_tokens\":1}}\n\ndata: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}}\n\n",
    );
    assert_eq!(usage.reported(), None);
    assert_eq!(usage.finish(7), Usage::estimated(7, 2));
}
