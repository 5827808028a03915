//! Facts of requests, and the two changes that the forwarder makes by them.

use bartizan_verdict::Reason;
use bartizan_wire::json::Patch;
use bartizan_wire::{BodyError, skim};

#[test]
fn facts_are_found_wherever_they_stand() {
    let body = br#"{"messages":[{"model":"no","stream":false,"n":9,"content":"hello"}],
        "max_tokens":5,"stream":true,"mod\u0065l":"a\"b","max_completion_tokens":7,"n":3,"user":"u"}"#;
    let facts = skim(body).unwrap();
    assert_eq!(facts.model.unwrap().decode(), "a\"b");
    assert_eq!((facts.stream, facts.max_tokens, facts.choices), (true, Some(7), 3));
    assert_eq!(facts.user.unwrap().decode(), "u");
}

#[test]
fn absent_and_null_mean_the_default() {
    let nulls = br#"{"model":null,"stream":null,"max_tokens":null,"n":null,"user":null,"stream_options":null}"#;
    for body in [&b"{}"[..], nulls] {
        let facts = skim(body).unwrap();
        assert!(facts.model.is_none() && facts.user.is_none() && !facts.wants_usage());
        assert_eq!((facts.stream, facts.max_tokens, facts.choices), (false, None, 1));
    }
}

#[test]
fn tokens_in_the_place_of_text_are_counted() {
    let table = [
        (r#"{"input":"twelve bytes"}"#, 0, 3),
        (r#"{"input":[1,2,3]}"#, 3, 3),
        (r#"{"input":[[1,2],[3]],"dimensions":8}"#, 3, 3),
        (r#"{"x":[1,2],"input":["four"],"y":[3]}"#, 0, 1),
    ];
    for (body, tokens, estimate) in table {
        let facts = skim(body.as_bytes()).unwrap();
        assert_eq!((facts.tokens, facts.input_estimate()), (tokens, estimate), "{body}");
    }
    let facts = skim(br#"{"max_output_tokens":9}"#).unwrap();
    assert_eq!(facts.max_tokens, Some(9));
}

#[test]
fn wrong_types_are_named() {
    let table = [
        ("[]", "$: expected an object, found an array"),
        ("7", "$: expected an object, found a number"),
        ("{\"model\":{}}", "$.model: expected a string, found an object"),
        ("{\"user\":[]}", "$.user: expected a string, found an array"),
        ("{\"stream\":\"true\"}", "$.stream: expected a boolean, found a string"),
        (
            "{\"max_tokens\":-1}",
            "$.max_tokens: expected a whole number that is not negative, found another number",
        ),
        (
            "{\"max_completion_tokens\":\"1\"}",
            "$.max_completion_tokens: expected a whole number that is not negative, found a string",
        ),
        (
            "{\"n\":0}",
            "$.n: expected a whole number of at least 1, found another number",
        ),
        (
            "{\"n\":1.5}",
            "$.n: expected a whole number of at least 1, found another number",
        ),
        (
            "{\"stream_options\":true}",
            "$.stream_options: expected an object, found a boolean",
        ),
        (
            "{\"stream_options\":{\"include_usage\":1}}",
            "$.stream_options.include_usage: expected a boolean, found a number",
        ),
    ];
    for (body, message) in table {
        let error = skim(body.as_bytes()).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.reason()),
            (message, Reason::WrongType)
        );
    }
}

#[test]
fn the_whole_body_has_to_be_json() {
    assert!(matches!(
        skim(br#"{"model":"a","messages":[}"#),
        Err(BodyError::Json(_))
    ));
    assert!(matches!(skim(br#"{"model":"a"}]"#), Err(BodyError::Json(_))));
    assert_eq!(skim(b"").unwrap_err().reason(), Reason::EmptyBody);
}

#[test]
fn text_is_measured_without_what_is_binary() {
    let table = [
        (r#"{"a":"12345","b":["678"],"c":{"d":"9"}}"#, 9),
        (
            r#"{"a":{"data":"AAAA","file_data":"AAAA","url":"data:image/png;base64,AAAA"}}"#,
            0,
        ),
        (r#"{"data":"a b","b":"data: text","c":"AAAA"}"#, 17),
    ];
    for (body, bytes) in table {
        assert_eq!(skim(body.as_bytes()).unwrap().text_bytes, bytes, "{body}");
    }
}

#[test]
fn the_model_is_replaced_in_place() {
    let body = br#"{ "model" : "sm\u0061ll" , "messages":[] }"#;
    let mut patch = Patch::new();
    skim(body).unwrap().name_model(&mut patch, "a\"b");
    assert_eq!(patch.apply(body), br#"{ "model" : "a\"b" , "messages":[] }"#);
}

#[test]
fn usage_is_asked_for_in_place() {
    let table = [
        (
            r#"{"stream":true}"#,
            r#"{"stream_options":{"include_usage":true},"stream":true}"#,
        ),
        (r#"{ }"#, r#"{"stream_options":{"include_usage":true} }"#),
        (
            r#"{"stream_options":null}"#,
            r#"{"stream_options":{"include_usage":true}}"#,
        ),
        (
            r#"{"stream_options":{ }}"#,
            r#"{"stream_options":{"include_usage":true }}"#,
        ),
        (
            r#"{"stream_options":{"x":1}}"#,
            r#"{"stream_options":{"include_usage":true,"x":1}}"#,
        ),
        (
            r#"{"stream_options":{"x":{"include_usage":true}}}"#,
            r#"{"stream_options":{"include_usage":true,"x":{"include_usage":true}}}"#,
        ),
        (
            r#"{"stream_options":{"include_usage":false}}"#,
            r#"{"stream_options":{"include_usage":true}}"#,
        ),
        (
            r#"{"stream_options":{"x":[],"include_usage":null},"y":1}"#,
            r#"{"stream_options":{"x":[],"include_usage":true},"y":1}"#,
        ),
        (
            r#"{"stream_options":{"include_usage":true}}"#,
            r#"{"stream_options":{"include_usage":true}}"#,
        ),
    ];
    for (body, expected) in table {
        let facts = skim(body.as_bytes()).unwrap();
        let mut patch = Patch::new();
        facts.ask_for_usage(&mut patch);
        assert_eq!(facts.wants_usage(), patch.is_empty());
        let patched = patch.apply(body.as_bytes());
        assert_eq!(String::from_utf8(patched.clone()).unwrap(), expected);
        assert!(skim(&patched).unwrap().wants_usage(), "{body}");
    }
}
