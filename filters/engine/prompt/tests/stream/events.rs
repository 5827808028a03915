//! Which events leave, to the byte.

use bartizan_prompt::{AnswerStream, Halt, StreamFormat, Unreadable};

use crate::support::{ATTACK, Blocked, Words, delivered, run};

const CHAT: StreamFormat = StreamFormat::ChatCompletions;
const MESSAGES: StreamFormat = StreamFormat::Messages;
const RESPONSES: StreamFormat = StreamFormat::Responses;
const MCP: StreamFormat = StreamFormat::Mcp;

fn chunk(choices: &str) -> String {
    format!("data: {{\"id\":\"c1\", \"created\":7,\"choices\":[{choices}]}}\n\n")
}

fn says(delta: &str) -> String {
    chunk(&format!(r#"{{"index":0,"delta":{delta},"finish_reason":null}}"#))
}

fn content(text: &str) -> String {
    says(&format!(r#"{{"content":"{text}"}}"#))
}

/// An event that was made for text that was kept back.
fn made(delta: &str) -> String {
    format!(
        "data: {{\"id\":\"c1\",\"created\":7,\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":null}}]}}\n\n"
    )
}

fn stop() -> String {
    chunk(r#"{"index":0,"delta":{},"finish_reason":"stop"}"#)
}

fn named(name: &str, fields: &str) -> String {
    format!("event: {name}\ndata: {{\"type\":\"{name}\",{fields}}}\n\n")
}

fn block(text: &str) -> String {
    named(
        "content_block_delta",
        &format!(r#""index":0,"delta":{{"type":"text_delta","text":"{text}"}}"#),
    )
}

macro_rules! converted {
    ($($name:literal),+) => {
        [$(
            (CHAT, include_str!(concat!("../../../wire/tests/golden/stream/", $name, ".to.chat.sse"))),
            (RESPONSES, include_str!(concat!("../../../wire/tests/golden/stream/", $name, ".to.responses.sse"))),
            (MESSAGES, include_str!(concat!("../../../wire/tests/golden/stream/", $name, ".to.messages.sse"))),
        )+]
    };
}

#[test]
fn what_conversions_write_leaves_to_the_byte() {
    for (format, stream) in converted!("words.chat", "cited.messages", "refused.chat") {
        assert_eq!(delivered(format, stream), stream);
    }
}

#[test]
fn what_is_clean_leaves_to_the_byte() {
    let chat = [
        ": OPENROUTER PROCESSING\n\n",
        "data: {\"choices\" : [ {\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}}]}\n\n",
        &says(r#"{"thinking_blocks":[{"index":0,"type":"thinking","thinking":"Hm.","signature":"c2ln"}]}"#),
        &content(r"caf\u00e9 \/ \ud83c\udff0\n"),
        "id: 7\r\nevent: message\r\ndata: {\"choices\":[\r\ndata: ]}\r\n\r\n",
        &stop(),
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n",
        "data: [DONE]\n\n",
    ]
    .concat();
    assert_eq!(delivered(CHAT, &chat), chat);
    let messages = [
        named("message_start", r#""message":{"role":"assistant","content":[]}"#),
        named(
            "content_block_start",
            r#""index":0,"content_block":{"type":"text","text":""}"#,
        ),
        named("ping", r#""x":1.0"#),
        block("It is"),
        block(" so."),
        named("content_block_stop", r#""index":0"#),
        named(
            "message_delta",
            r#""delta":{"stop_reason":"end_turn","stop_sequence":null}"#,
        ),
        named("message_stop", r#""x":null"#),
    ]
    .concat();
    assert_eq!(delivered(MESSAGES, &messages), messages);
}

#[test]
fn what_could_become_a_finding_waits_for_what_follows() {
    let table = [
        // It became one.
        (vec!["a grey", " her", "on b"], vec!["a ", "", "[BIRD] b"]),
        // It did not.
        (vec!["a grey", " cat"], vec!["a ", "grey cat"]),
        (vec!["grey ", "grey ", "heron"], vec!["", "grey ", "[BIRD]"]),
        // In the middle of what else a piece says.
        (vec!["x grey heron y"], vec!["x [BIRD] y"]),
        (vec![r"\u0067rey heron \u00e9"], vec!["[BIRD] é"]),
        (vec![r"\ud83c\udff0 grey heron \n"], vec![r"🏰 [BIRD] \n"]),
    ];
    for (pieces, expected) in table {
        let events = |pieces: &[&str]| pieces.iter().map(|piece| content(piece)).collect::<String>() + &stop();
        assert_eq!(delivered(CHAT, &events(&pieces)), events(&expected), "{pieces:?}");
    }
}

#[test]
fn what_is_left_when_a_text_ends_leaves_before_its_end() {
    let role = says(r#"{"role":"assistant","content":"a grey","refusal":null}"#);
    let sent = role.clone() + &stop() + "data: [DONE]\n\n";
    let expected =
        role.replace("a grey", "a ") + &made(r#"{"content":"grey","refusal":null}"#) + &stop() + "data: [DONE]\n\n";
    assert_eq!(delivered(CHAT, &sent), expected);
    // In the ending event itself, if that has a piece of the text.
    let last = chunk(r#"{"index":0,"delta":{"content":"."},"finish_reason":"length"}"#);
    let expected = content("") + &last.replace("\".\"", "\"grey.\"");
    assert_eq!(delivered(CHAT, &(content("grey") + &last)), expected);
    // Before the end of everything, whatever that is.
    for end in ["data: [DONE]\n\n", "data: {\"error\":{\"message\":\"x\"}}\n\n", ""] {
        let expected = content("") + &made(r#"{"content":"grey"}"#) + end;
        assert_eq!(delivered(CHAT, &(content("grey") + end)), expected, "{end}");
    }
}

#[test]
fn what_is_left_of_an_anthropic_block_leaves_before_its_end() {
    let start = named(
        "content_block_start",
        r#""index":0,"content_block":{"type":"text","text":""}"#,
    );
    let end = named("content_block_stop", r#""index":0"#);
    let sent = start.clone() + &block("a grey") + &end;
    assert_eq!(
        delivered(MESSAGES, &sent),
        start.clone() + &block("a ") + &block("grey") + &end
    );
    let opening = start.replace("\"text\":\"\"", "\"text\":\"grey\"");
    assert_eq!(delivered(MESSAGES, &(opening + &end)), start + &block("grey") + &end);
}

#[test]
fn what_is_left_of_a_response_s_text_leaves_before_its_end() {
    let delta = |text: &str, more: &str| {
        named(
            "response.output_text.delta",
            &format!(
                r#""sequence_number":4,"item_id":"m_1","output_index":0,"content_index":0,"delta":"{text}","logprobs":[]{more}"#
            ),
        )
    };
    let done = named(
        "response.output_text.done",
        r#""output_index":0,"content_index":0,"text":"a grey heron grey""#,
    );
    let completed = named(
        "response.completed",
        r#""response":{"output":[{"content":[{"text":"a grey heron grey"}]}]}"#,
    );
    let padded = |text: &str| delta(text, r#","obfuscation":"9f3""#);
    let sent = padded("a grey") + &padded(" heron ") + &padded("grey") + &done + &completed;
    let expected = padded("a ")
        + &padded("[BIRD] ")
        + &padded("")
        + &delta("grey", "").replace("\"sequence_number\":4", "\"sequence_number\":5")
        + &done.replace("grey heron", "[BIRD]")
        + &completed.replace("grey heron", "[BIRD]");
    assert_eq!(delivered(RESPONSES, &sent), expected);
}

#[test]
fn numbers_count_on_over_events_that_are_made() {
    let event = |name: &str, number: u64, more: &str| {
        let fields = format!(r#""output_index":0,"content_index":0,"sequence_number":{number}{more}"#);
        named(name, &fields)
    };
    let delta = |number: u64, text: &str| event("response.output_text.delta", number, &format!(r#","delta":"{text}""#));
    let (done, end) = ("response.output_text.done", "response.completed");
    let sent = [delta(4, "a grey"), event(done, 5, ""), event(end, 6, "")].concat();
    let expected = [delta(4, "a "), delta(5, "grey"), event(done, 6, ""), event(end, 7, "")].concat();
    assert_eq!(delivered(RESPONSES, &sent), expected);
    // An answer that stops goes on counting too.
    let mut stream = AnswerStream::new(RESPONSES);
    let mut out = Vec::new();
    assert_eq!(stream.next_number(), None);
    stream.push(sent.as_bytes(), &mut Words::default(), &mut out).unwrap();
    assert_eq!(stream.next_number(), Some(8));
    let mut stream = AnswerStream::new(RESPONSES);
    let attack = delta(0, "a grey") + &delta(1, &format!(" cat, {ATTACK}"));
    stream
        .push(attack.as_bytes(), &mut Words::default(), &mut out)
        .unwrap_err();
    assert_eq!(stream.next_number(), Some(1));
}

#[test]
fn arguments_leave_when_they_are_whole() {
    let call = |fields: &str| says(&format!(r#"{{"tool_calls":[{{"index":1,{fields}}}]}}"#));
    let open = call(r#""id":"t1","type":"function","function":{"name":"f","arguments":""}"#);
    let part = |arguments: &str| call(&format!(r#""function":{{"arguments":"{arguments}"}}"#));
    let sent = open.clone() + &part(r#"{\"a\":\"gr"#) + &part(r#"\\u0065y heron\"}"#) + &stop();
    let whole = made(r#"{"tool_calls":[{"index":1,"function":{"arguments":"{\"a\":\"[BIRD]\"}"}}]}"#);
    assert_eq!(delivered(CHAT, &sent), open + &part("") + &part("") + &whole + &stop());
    // All in one event.
    let all = r#"{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t1","function":{"name":"f","arguments":"{\"a\":1}"}}]},"finish_reason":"tool_calls"}"#;
    assert_eq!(delivered(CHAT, &chunk(all)), chunk(all));
}

#[test]
fn anthropic_s_tool_input_leaves_when_it_is_whole() {
    let start = named(
        "content_block_start",
        r#""index":2,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}"#,
    );
    let part = |json: &str| {
        named(
            "content_block_delta",
            &format!(r#""index":2,"delta":{{"type":"input_json_delta","partial_json":"{json}"}}"#),
        )
    };
    let stop = named("content_block_stop", r#""index":2"#);
    for (pieces, expected) in [
        (vec!["", r#"{\"a\": "#, r#"\"grey heron\"}"#], r#"{\"a\": \"[BIRD]\"}"#),
        (
            vec![r#"{\"a\": \"gr\\u0065y he"#, r#"ron\\n\"}"#],
            r#"{\"a\": \"[BIRD]\\n\"}"#,
        ),
        // The model ran out of tokens.
        (vec![r#"{\"a\": \"grey heron"#], r#"{\"a\": \"[BIRD]"#),
    ] {
        let sent: String = pieces.iter().map(|piece| part(piece)).collect();
        let blank: String = pieces.iter().map(|_| part("")).collect();
        let out = delivered(MESSAGES, &(start.clone() + &sent + &stop));
        assert_eq!(out, start.clone() + &blank + &part(expected) + &stop, "{pieces:?}");
    }
}

#[test]
fn texts_of_several_choices_are_told_apart() {
    let both = |first: &str, second: &str| {
        chunk(&format!(
            r#"{{"index":0,"delta":{{"content":"{first}"}}}},{{"delta":{{"content":"{second}","reasoning_content":"{first}"}},"index":1}}"#
        ))
    };
    let sent = both("a grey", "grey her") + &both(" cat", "on.");
    let expected = both("a ", "") + &both("grey cat", "[BIRD].");
    assert_eq!(delivered(CHAT, &sent), expected);
}

#[test]
fn a_field_that_no_dialect_has_is_text_that_goes_on() {
    let thought = |text: &str| {
        says(&format!(
            r#"{{"musings":[{{"index":0,"type":"x","text":"{text}"}}],"content":null}}"#
        ))
    };
    let sent = thought("a grey") + &thought(" heron") + &thought(" grey") + "data: [DONE]\n\n";
    let left = made(r#"{"musings":[{"index":0,"type":"x","text":"grey"}],"content":null}"#);
    assert_eq!(
        delivered(CHAT, &sent),
        thought("a ") + &thought("[BIRD]") + &thought(" ") + &left + "data: [DONE]\n\n"
    );
}

#[test]
fn whole_texts_of_an_event_are_masked_in_it() {
    let event = named(
        "content_block_delta",
        r#""index":0,"delta":{"type":"citations_delta","citation":{"cited_text":"grey heron","x":1}}"#,
    );
    assert_eq!(delivered(MESSAGES, &event), event.replace("grey heron", "[BIRD]"));
    let event = "data: {\"choices\":[],\"note\":\ndata: \"grey heron\",\"n\":1}\nid: 7\n\n";
    let expected = "data: {\"choices\":[],\"note\":\ndata: \"[BIRD]\",\"n\":1}\nid: 7\n\n";
    assert_eq!(delivered(CHAT, event), expected);
}

#[test]
fn a_comment_with_a_finding_is_emptied() {
    let table = [
        (": keep-alive\n\n", ": keep-alive\n\n"),
        (": a grey heron\n\n", ": \n\n"),
        (": a grey heron\ndata: {}\n\n", ": \ndata: {}\n\n"),
    ];
    for (event, expected) in table {
        assert_eq!(delivered(CHAT, event), expected);
    }
}

#[test]
fn log_probabilities_leave_only_with_their_text() {
    let with = |text: &str, logprobs: &str| {
        chunk(&format!(
            r#"{{"index":0,"delta":{{"content":"{text}"}},"logprobs":{logprobs}}}"#
        ))
    };
    let probable = r#"{"content":[{"token":"grey"}]}"#;
    let sent = with("the", probable) + &with("grey", probable) + &with(" cat", probable) + &with(".", probable);
    let expected = with("the", probable) + &with("", "null") + &with("grey cat", "null") + &with(".", probable);
    assert_eq!(delivered(CHAT, &sent), expected);
}

#[test]
fn an_attack_ends_the_answer_before_it_leaves() {
    let (out, outcome) = run(
        CHAT,
        [(content("so, open") + &content(" the ga") + &content("te") + &content("x")).as_bytes()],
    );
    assert_eq!(out, content("so, ") + &content(""));
    assert_eq!(outcome, Err(Halt::Stopped(Blocked)));
    let whole = named(
        "message_start",
        &format!(r#""message":{{"content":[{{"type":"text","text":"{ATTACK}"}}]}}"#),
    );
    assert_eq!(
        run(MESSAGES, [whole.as_bytes()]),
        (String::new(), Err(Halt::Stopped(Blocked)))
    );
}

#[test]
fn what_cannot_be_read_ends_the_answer() {
    let good = content("a");
    let name = |name: &str| {
        says(&format!(
            r#"{{"tool_calls":[{{"index":0,"function":{{"name":"{name}"}}}}]}}"#
        ))
    };
    let repeated = name("f") + &name("f") + &name("");
    assert_eq!(delivered(CHAT, &repeated), repeated);
    let table = [
        "data: {\n\n".to_owned(),
        "data: {} {}\n\n".to_owned(),
        "data: 7\n\n".to_owned(),
        "data: \n\n".to_owned(),
        "data: {\"a\":1,\"a\":2}\n\n".to_owned(),
        "data: {\"a\":1}\rdata: {}\n\n".to_owned(),
        "<html>\n\n".to_owned(),
        "event: two words\ndata: {}\n\n".to_owned(),
        "data: {\"choices\":[7]}\n\n".to_owned(),
        says("\"a\""),
        says(r#"{"content":7}"#),
        chunk(r#"{"index":-1,"delta":{"content":"a"}}"#),
        stop() + &content("b"),
        name("f") + &name("g"),
        "data: {\"choices\":[]}".to_owned(),
        format!("data: {{\"x\":\"{}\"}}\n\n", "y ".repeat(1 << 19)),
        "data: y".repeat(1 << 18),
    ];
    for bad in table {
        let shown = bad.get(..80).unwrap_or(&bad);
        let (out, outcome) = run(CHAT, [good.as_bytes(), bad.as_bytes()]);
        assert!(out.starts_with(&good), "{shown}");
        assert!(matches!(outcome, Err(Halt::Unreadable(_))), "{shown}: {outcome:?}");
    }
    let (_, outcome) = run(CHAT, [b"data: {\"a\":\"\xff\"}\n\n".as_slice()]);
    assert_eq!(outcome, Err(Halt::Unreadable(Unreadable::Events)));
}

#[test]
fn what_is_kept_back_is_bounded() {
    let part = says(&format!(
        r#"{{"tool_calls":[{{"index":0,"function":{{"arguments":"{}"}}}}]}}"#,
        "y".repeat(1_000_000)
    ));
    let (_, outcome) = run(CHAT, std::iter::repeat_n(part.as_bytes(), 8));
    assert_eq!(outcome, Ok(false));
    let (_, outcome) = run(CHAT, std::iter::repeat_n(part.as_bytes(), 9));
    assert_eq!(outcome, Err(Halt::Unreadable(Unreadable::TooLarge)));
    let texts: String = (0..5000)
        .map(|index| chunk(&format!(r#"{{"index":{index},"delta":{{"content":""}}}}"#)))
        .collect();
    assert_eq!(
        run(CHAT, [texts.as_bytes()]).1,
        Err(Halt::Unreadable(Unreadable::TooLarge))
    );
}

#[test]
fn messages_of_mcp_are_judged_whole() {
    let message = |text: &str| {
        format!(
            "event: message\nid: s_1\ndata: {{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{\"content\":[{{\"type\":\"text\",\"text\":\"{text}\"}}]}}}}\n\n"
        )
    };
    let begun = "id: s_0\ndata: \n\n";
    let progress = "data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":1}}\n\n";
    let clean = [begun, progress, &message("all is well")].concat();
    assert_eq!(delivered(MCP, &clean), clean);
    let masked = delivered(MCP, &message("it is grey heron here"));
    assert_eq!(masked, message("it is [BIRD] here"));
    let (out, outcome) = run(MCP, [[progress, &message(ATTACK), begun].concat().as_bytes()]);
    assert_eq!((out.as_str(), outcome), (progress, Err(Halt::Stopped(Blocked))));
    let (_, outcome) = run(MCP, ["data: 7\n\n".as_bytes()]);
    assert!(matches!(outcome, Err(Halt::Unreadable(_))));
}

#[test]
fn what_was_judged_leaves_also_if_something_later_blocks() {
    // In another text of the same event, and in what comes whole.
    let two = chunk(&format!(
        r#"{{"index":0,"delta":{{"content":"a grey b","refusal":"{ATTACK}"}},"finish_reason":null}}"#
    ));
    let whole = chunk(&format!(
        r#"{{"index":0,"delta":{{"content":"a grey b"}},"finish_reason":null,"x":"{ATTACK}"}}"#
    ));
    for sent in [two, whole] {
        let (left, outcome) = run(CHAT, [sent.as_bytes()]);
        assert_eq!(outcome, Err(Halt::Stopped(Blocked)));
        let joined = crate::support::joined(&left);
        assert_eq!(joined.get("0/content").map(String::as_str), Some("a grey b"), "{sent}");
        assert!(!left.contains(ATTACK), "{left}");
    }
    // A key that blocks is on the way to the text.
    let key = says(&format!(r#"{{"{ATTACK}":"a grey b"}}"#));
    assert_eq!(
        run(CHAT, [key.as_bytes()]),
        (String::new(), Err(Halt::Stopped(Blocked)))
    );
}
