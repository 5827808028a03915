//! Bodies in which something else stands where text, a role or a message belongs: each is refused, naming the place.

use bartizan_prompt::{Extractor, Surface};
use bartizan_verdict::Reason;

fn refused(surface: Surface, body: &str) -> Option<(String, Reason)> {
    let mut extractor = Extractor::new();
    let error = extractor.request(surface, body.as_bytes()).err()?;
    Some((error.to_string(), error.reason()))
}

#[test]
fn openai_requests_are_refused_by_place() {
    let table = [
        ("[]", "$: expected an object, found an array"),
        ("\"x\"", "$: expected an object, found a string"),
        ("null", "$: expected an object, found null"),
        ("{}", "$.messages: missing, expected an array"),
        (r#"{"messages":null}"#, "$.messages: expected an array, found null"),
        (r#"{"messages":{}}"#, "$.messages: expected an array, found an object"),
        (r#"{"messages":"x"}"#, "$.messages: expected an array, found a string"),
        (
            r#"{"messages":["x"]}"#,
            "$.messages[0]: expected an object, found a string",
        ),
        (
            r#"{"messages":[[]]}"#,
            "$.messages[0]: expected an object, found an array",
        ),
        (
            r#"{"messages":[null]}"#,
            "$.messages[0]: expected an object, found null",
        ),
        (
            r#"{"messages":[{"content":"x"}]}"#,
            "$.messages[0].role: missing, expected a role",
        ),
        (
            r#"{"messages":[{"role":1}]}"#,
            "$.messages[0].role: expected a role, found a number",
        ),
        (
            r#"{"messages":[{"role":null}]}"#,
            "$.messages[0].role: expected a role, found null",
        ),
        (
            r#"{"messages":[{"role":"User"}]}"#,
            "$.messages[0].role: expected `system`, `developer`, `user`, `assistant` or `tool`, found another role",
        ),
        (
            r#"{"messages":[{"role":"user","content":"a"},{"role":"user","content":7}]}"#,
            "$.messages[1].content: expected a string or an array, found a number",
        ),
        (
            r#"{"messages":[{"role":"user","content":{"type":"text"}}]}"#,
            "$.messages[0].content: expected a string or an array, found an object",
        ),
        (
            r#"{"messages":[{"role":"user","content":["a"]}]}"#,
            "$.messages[0].content[0]: expected an object, found a string",
        ),
        (
            r#"{"messages":[{"role":"user","content":[{"type":"text","text":["a"]}]}]}"#,
            "$.messages[0].content[0].text: expected a string, found an array",
        ),
        (
            r#"{"messages":[{"role":"user","content":[{"type":"text","text":{"value":"a"}}]}]}"#,
            "$.messages[0].content[0].text: expected a string, found an object",
        ),
        (
            r#"{"messages":[{"role":"assistant","tool_calls":{}}]}"#,
            "$.messages[0].tool_calls: expected an array, found an object",
        ),
        (
            r#"{"messages":[{"role":"assistant","tool_calls":[{"function":"f"}]}]}"#,
            "$.messages[0].tool_calls[0].function: expected an object, found a string",
        ),
        (
            r#"{"messages":[],"tools":{}}"#,
            "$.tools: expected an array, found an object",
        ),
        (
            r#"{"messages":[],"tools":["f"]}"#,
            "$.tools[0]: expected an object, found a string",
        ),
    ];
    for (body, message) in table {
        assert_eq!(
            refused(Surface::Chat, body),
            Some((message.to_owned(), Reason::WrongType)),
            "{body}"
        );
    }
}

#[test]
fn anthropic_requests_are_refused_by_place() {
    let table = [
        (
            r#"{"messages":[{"role":"tool","content":"x"}]}"#,
            "$.messages[0].role: expected `user`, `assistant` or `system`, found another role",
        ),
        (
            r#"{"messages":[{"role":"user","content":null}]}"#,
            "$.messages[0].content: expected a string or an array, found null",
        ),
        (
            r#"{"messages":[],"system":{}}"#,
            "$.system: expected a string or an array, found an object",
        ),
        (
            r#"{"messages":[],"system":[1]}"#,
            "$.system[0]: expected an object, found a number",
        ),
    ];
    for (body, message) in table {
        assert_eq!(
            refused(Surface::Messages, body),
            Some((message.to_owned(), Reason::WrongType)),
            "{body}"
        );
    }
}

#[test]
fn other_requests_are_refused_by_place() {
    use Surface::{Embeddings, Mcp, Messages, Responses};
    let table = [
        (Responses, "[]", "$: expected an object, found an array"),
        (
            Responses,
            r#"{"input":7}"#,
            "$.input: expected a string or an array, found a number",
        ),
        (
            Responses,
            r#"{"input":{"role":"user","content":"a"}}"#,
            "$.input: expected a string or an array, found an object",
        ),
        (
            Responses,
            r#"{"input":["a"]}"#,
            "$.input[0]: expected an object, found a string",
        ),
        (
            Responses,
            r#"{"input":[{"content":"a"}]}"#,
            "$.input[0].role: missing, expected a role",
        ),
        (
            Responses,
            r#"{"input":[{"content":"a","type":"message"}]}"#,
            "$.input[0].role: missing, expected a role",
        ),
        (
            Responses,
            r#"{"input":[{"role":"root","content":"a"}]}"#,
            "$.input[0].role: expected `system`, `developer`, `user`, `assistant` or `tool`, found another role",
        ),
        (
            Responses,
            r#"{"input":[{"role":"user","content":{"text":"a"}}]}"#,
            "$.input[0].content: expected a string or an array, found an object",
        ),
        (
            Responses,
            r#"{"input":[{"role":"user","content":[{"type":"input_text","text":["a"]}]}]}"#,
            "$.input[0].content[0].text: expected a string, found an array",
        ),
        (
            Responses,
            r#"{"input":"a","instructions":["b"]}"#,
            "$.instructions: expected a string, found an array",
        ),
        (
            Responses,
            r#"{"input":"a","tools":{}}"#,
            "$.tools: expected an array, found an object",
        ),
        (
            Embeddings,
            r#"{"model":"m"}"#,
            "$.input: missing, expected a string or an array",
        ),
        (
            Embeddings,
            r#"{"input":null}"#,
            "$.input: expected a string or an array, found null",
        ),
        (
            Embeddings,
            r#"{"input":[null]}"#,
            "$.input[0]: expected a string, a token or an array of tokens, found null",
        ),
        (
            Embeddings,
            r#"{"input":[{"text":"a"}]}"#,
            "$.input[0]: expected a string, a token or an array of tokens, found an object",
        ),
        (
            Embeddings,
            r#"{"input":[["a"]]}"#,
            "$.input[0][0]: expected a token, found a string",
        ),
        (
            Messages,
            r#"{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"text":7}]}]}]}"#,
            "$.messages[0].content[0].content[0].text: expected a string, found a number",
        ),
        (Mcp, r#""a""#, "$: expected an object or an array, found a string"),
        (Mcp, "null", "$: expected an object or an array, found null"),
        (Mcp, r#"[["a"]]"#, "$[0]: expected an object, found an array"),
        (
            Mcp,
            r#"{"method":["tools/call"]}"#,
            "$.method: expected a string, found an array",
        ),
        (
            Mcp,
            r#"{"method":"tools/call","params":"a"}"#,
            "$.params: expected an object or an array, found a string",
        ),
        (
            Mcp,
            r#"{"method":"tools/call","params":{"arguments":"{}"}}"#,
            "$.params.arguments: expected an object, found a string",
        ),
    ];
    for (surface, body, message) in table {
        assert_eq!(
            refused(surface, body),
            Some((message.to_owned(), Reason::WrongType)),
            "{body}"
        );
    }
}

#[test]
fn answers_are_refused_by_place() {
    let table = [
        (
            Surface::Responses,
            r#"{"output":{}}"#,
            "$.output: expected an array, found an object",
        ),
        (
            Surface::Responses,
            r#"{"output":[{"type":"message","content":[{"text":1}]}]}"#,
            "$.output[0].content[0].text: expected a string, found a number",
        ),
        (
            Surface::Mcp,
            r#"{"result":{"content":[{"type":"text","text":1}]}}"#,
            "$.result.content[0].text: expected a string, found a number",
        ),
        (Surface::Embeddings, "[]", "$: expected an object, found an array"),
    ];
    for (surface, body, message) in table {
        let error = Extractor::new().answer(surface, body.as_bytes()).err();
        assert_eq!(error.map(|error| error.to_string()).as_deref(), Some(message), "{body}");
    }
}

#[test]
fn what_is_not_json_is_refused_as_such() {
    let table = [
        ("", Reason::EmptyBody),
        ("{\"messages\":[}", Reason::MalformedBody),
        (r#"{"messages":[],"messages":[]}"#, Reason::DuplicateKey),
        (
            r#"{"messages":[{"role":"user","content":"a","r\u006fle":"system"}]}"#,
            Reason::DuplicateKey,
        ),
    ];
    for (body, reason) in table {
        assert_eq!(
            refused(Surface::Chat, body).map(|(_, reason)| reason),
            Some(reason),
            "{body}"
        );
    }
}

#[test]
fn null_says_nothing_beside_tool_calls_and_options() {
    let body = r#"{"messages":[{"role":"assistant","content":null,"tool_calls":null,"refusal":null}],"tools":null}"#;
    assert_eq!(refused(Surface::Chat, body), None);
    assert_eq!(refused(Surface::Messages, r#"{"messages":[],"system":null}"#), None);
}

#[test]
fn an_error_leaves_the_extractor_usable() {
    let mut extractor = Extractor::new();
    assert!(
        extractor
            .request(Surface::Chat, br#"{"messages":[{"content":"left behind"#)
            .is_err()
    );
    let body = br#"{"messages":[{"role":"user","content":"a"}]}"#;
    let found = extractor
        .request(Surface::Chat, body)
        .map(|prompt| prompt.spans().len());
    assert_eq!(found, Ok(1));
}

#[test]
fn a_body_of_countless_texts_is_refused() {
    let body = |count: usize| format!(r#"{{"messages":[],"stop":[{}]}}"#, vec!["\"x\""; count].join(","));
    assert_eq!(refused(Surface::Chat, &body(65_536)), None);
    let message = "$.stop[65536]: more than 65536 texts in one body".to_owned();
    assert_eq!(
        refused(Surface::Chat, &body(65_537)),
        Some((message, Reason::BodyTooLarge))
    );
}
