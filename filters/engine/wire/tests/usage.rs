//! Token counts of answers and streams, as each dialect has them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bartizan_verdict::Dialect;
use bartizan_wire::sse::Decoder;
use bartizan_wire::usage::{StreamUsage, Usage, from_answer};

#[test]
fn whole_answers_report_usage() {
    use Dialect::{Anthropic, OpenAi};
    let table = [
        (
            OpenAi,
            r#"{"usage":{"prompt_tokens":31,"completion_tokens":12,"total_tokens":43}}"#,
            Some((31, 12)),
        ),
        (
            OpenAi,
            r#"{"usage":{"prompt_tokens":31,"prompt_tokens_details":{"prompt_tokens":7},"completion_tokens":12}}"#,
            Some((31, 12)),
        ),
        (
            OpenAi,
            r#"{"choices":[{"usage":{"prompt_tokens":1,"completion_tokens":1}}]}"#,
            None,
        ),
        (OpenAi, r#"{"usage":null}"#, None),
        (OpenAi, r#"{"usage":{"input_tokens":1,"output_tokens":1}}"#, None),
        (OpenAi, r#"{"usage":{"prompt_tokens":1}}"#, None),
        (OpenAi, r#"{"usage":{"prompt_tokens":-1,"completion_tokens":1}}"#, None),
        (OpenAi, r#"{"usage":{"prompt_tokens":1.0,"completion_tokens":1}}"#, None),
        (OpenAi, r#"{"usage":{"prompt_tokens":"1","completion_tokens":1}}"#, None),
        (
            OpenAi,
            r#"{"usage":{"prompt_tokens":1000000000,"completion_tokens":0}}"#,
            Some((1_000_000_000, 0)),
        ),
        (
            OpenAi,
            r#"{"usage":{"prompt_tokens":1000000001,"completion_tokens":1}}"#,
            None,
        ),
        (OpenAi, r#"{"usage":{"prompt_tokens":1,"completion_tokens":1}"#, None),
        (
            Anthropic,
            r#"{"usage":{"input_tokens":20,"output_tokens":12}}"#,
            Some((20, 12)),
        ),
        (
            Anthropic,
            r#"{"usage":{"output_tokens":12,"cache_read_input_tokens":11,"cache_creation_input_tokens":null,"input_tokens":20}}"#,
            Some((31, 12)),
        ),
        (
            Anthropic,
            r#"{"usage":{"cache_read_input_tokens":11,"output_tokens":12}}"#,
            None,
        ),
        (
            Anthropic,
            r#"{"usage":{"input_tokens":20,"output_tokens":12,"cache_read_input_tokens":-1}}"#,
            None,
        ),
    ];
    for (dialect, body, expected) in table {
        let expected = expected.map(|(input, output)| Usage::reported(input, output));
        assert_eq!(from_answer(dialect, body.as_bytes()), expected, "{body}");
    }
}

fn observe(dialect: Dialect, stream: &str) -> StreamUsage {
    let mut usage = StreamUsage::new(dialect);
    Decoder::new(10_000)
        .push(stream.as_bytes(), |event| usage.observe(&event))
        .unwrap();
    usage
}

#[test]
fn openai_streams_report_usage_in_a_late_chunk() {
    let text = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n";
    let last = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":31,\"completion_tokens\":12}}\n\ndata: [DONE]\n\n";
    let usage = observe(Dialect::OpenAi, &format!("{text}{text}{last}"));
    assert_eq!(usage.reported(), Some(Usage::reported(31, 12)));
    assert_eq!(usage.finish(99), Usage::reported(31, 12));

    let cut = observe(
        Dialect::OpenAi,
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
    let usage = observe(Dialect::Anthropic, &format!("{start}{text}{text}{delta}"));
    assert_eq!(usage.reported(), Some(Usage::reported(31, 12)));

    let cut = observe(Dialect::Anthropic, &format!("{start}{text}{text}"));
    assert_eq!(cut.reported(), None);
    assert_eq!(cut.finish(99), Usage::estimated(31, 2));
}

#[test]
fn absurd_counts_spoil_a_stream() {
    let usage = observe(
        Dialect::OpenAi,
        "data: {\"usage\":{\"prompt_tokens\":-5,\"completion_tokens\":1}}\n\ndata: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}}\n\n",
    );
    assert_eq!(usage.reported(), None);
    assert_eq!(usage.finish(7), Usage::estimated(7, 2));
}
