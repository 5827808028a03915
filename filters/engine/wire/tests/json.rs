//! The tokenizer against serde_json: what we accept it accepts with the same meaning, and what it accepts we accept but
//! for the three things we refuse on purpose.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use bartizan_verdict::Reason;
use bartizan_wire::json::{JsonError, JsonErrorKind, MAX_DEPTH, Patch, Reader, Token, path_at};
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Builds the value that the tokens describe.
fn value_of(body: &[u8]) -> Result<Value, JsonError> {
    let mut reader = Reader::new(body)?;
    let mut open: Vec<(Value, Option<String>)> = Vec::new();
    let mut key = None;
    let mut done = Value::Null;
    while let Some(token) = reader.read()? {
        let value = match token {
            Token::Key(text) => {
                key = Some(text.decode().into_owned());
                continue;
            }
            Token::ObjectStart => {
                open.push((Value::Object(Map::new()), key.take()));
                continue;
            }
            Token::ArrayStart => {
                open.push((Value::Array(Vec::new()), key.take()));
                continue;
            }
            Token::ObjectEnd | Token::ArrayEnd => {
                let (value, outer_key) = open.pop().unwrap();
                key = outer_key;
                value
            }
            Token::String(text) => Value::String(text.decode().into_owned()),
            Token::Number(number) => serde_json::from_str(number.as_str()).unwrap(),
            Token::Bool(value) => Value::Bool(value),
            Token::Null => Value::Null,
        };
        match open.last_mut() {
            Some((Value::Array(array), _)) => array.push(value),
            Some((Value::Object(object), _)) => {
                object.insert(key.take().unwrap(), value);
            }
            _ => done = value,
        }
    }
    Ok(done)
}

fn error_of(body: &[u8]) -> (JsonErrorKind, String, usize) {
    let error = value_of(body).unwrap_err();
    (error.kind, error.path, error.offset)
}

fn compare(body: &[u8]) {
    let theirs = serde_json::from_slice::<Value>(body);
    match (value_of(body), theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs),
        (Ok(_), Err(error)) => panic!("we accept what serde_json does not: {error}: {}", body.escape_ascii()),
        (Err(error), Ok(_)) => {
            let strict = [
                JsonErrorKind::DuplicateKey,
                JsonErrorKind::TooDeep,
                JsonErrorKind::NumberTooLarge,
            ];
            assert!(strict.contains(&error.kind), "{error}: {}", body.escape_ascii());
        }
        (Err(_), Err(_)) => {}
    }
}

#[test]
fn errors_name_kind_path_and_offset() {
    use JsonErrorKind::*;
    let table: [(&[u8], JsonErrorKind, &str, usize); 26] = [
        (b"", Empty, "$", 0),
        (b" \n", Empty, "$", 2),
        (b"{", UnexpectedEnd, "$", 1),
        (b"{\"a\"", UnexpectedEnd, "$.a", 4),
        (b"{\"a\":", UnexpectedEnd, "$.a", 5),
        (b"[1,", UnexpectedEnd, "$[1]", 3),
        (b"\"a", UnexpectedEnd, "$", 2),
        (b"\xef\xbb\xbf{}", UnexpectedByte, "$", 0),
        (b"[1,]", UnexpectedByte, "$[1]", 3),
        (b"{\"a\":1,}", UnexpectedByte, "$.a", 7),
        (b"[1 2]", UnexpectedByte, "$[0]", 3),
        (b"{'a':1}", UnexpectedByte, "$", 1),
        (b"[}", UnexpectedByte, "$[0]", 1),
        (b"tru", UnexpectedByte, "$", 0),
        (b"NaN", UnexpectedByte, "$", 0),
        (b"{} {}", TrailingBytes, "$", 3),
        (b"{\"m\":[{\"t\":\"a\nb\"}]}", ControlCharacter, "$.m[0].t", 13),
        (b"[\"\\x\"]", BadEscape, "$[0]", 2),
        (b"[\"\\ud800\"]", BadEscape, "$[0]", 2),
        (b"[\"\\ud800\\u0041\"]", BadEscape, "$[0]", 2),
        (b"[\"\\udc00\"]", BadEscape, "$[0]", 2),
        (b"[01]", BadNumber, "$[0]", 1),
        (b"[1e400]", NumberTooLarge, "$[0]", 1),
        (b"{\"a\":1,\"b\":2,\"a\":3}", DuplicateKey, "$.a", 14),
        (b"{\"x\":{\"a\":1,\"\\u0061\":2}}", DuplicateKey, "$.x[\"\\u0061\"]", 13),
        (b"[\"\xff\"]", NotUtf8, "$", 2),
    ];
    for (body, kind, path, offset) in table {
        assert_eq!(
            error_of(body),
            (kind, path.to_owned(), offset),
            "{}",
            body.escape_ascii()
        );
    }
}

#[test]
fn errors_have_reasons() {
    let table: [(&[u8], Reason); 4] = [
        (b"", Reason::EmptyBody),
        (b"{", Reason::MalformedBody),
        (b"{\"a\":1,\"a\":1}", Reason::DuplicateKey),
        (&[b'['; MAX_DEPTH + 1], Reason::NestedTooDeep),
    ];
    for (body, reason) in table {
        assert_eq!(value_of(body).unwrap_err().reason(), reason);
    }
}

#[test]
fn depth_counts_open_containers() {
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    assert!(value_of(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(error_of(&nested(MAX_DEPTH + 1)).0, JsonErrorKind::TooDeep);
    let wide = format!("[{}]", vec!["[[]]"; 500].join(","));
    assert!(value_of(wide.as_bytes()).is_ok());
}

#[test]
fn duplicates_are_found_among_few_and_many_keys() {
    for count in [1, 7, 8, 9, 1000] {
        let members: Vec<_> = (0..count)
            .map(|number| format!("\"key{number}\":{{\"key0\":[]}}"))
            .collect();
        let body = format!("{{{}}}", members.join(","));
        assert!(value_of(body.as_bytes()).is_ok(), "{count}");
        for duplicate in [0, count / 2, count - 1] {
            let body = format!("{{{},\"\\u006bey{duplicate}\":0}}", members.join(","));
            let (kind, path, offset) = error_of(body.as_bytes());
            assert_eq!(
                (kind, offset),
                (
                    JsonErrorKind::DuplicateKey,
                    body.len() - format!("\\u006bey{duplicate}\":0}}").len()
                )
            );
            assert_eq!(path, format!("$[\"\\u006bey{duplicate}\"]"));
        }
    }
}

#[test]
fn a_megabyte_of_keys_takes_no_time_to_speak_of() {
    let members: Vec<_> = (0..100_000).map(|number| format!("\"{number:08}\":0")).collect();
    assert!(value_of(format!("{{{}}}", members.join(",")).as_bytes()).is_ok());
}

#[test]
fn a_path_leads_to_each_place() {
    let body = br#"{"messages":[{"content":[{"text":"x"}]},"y"],"odd key":{"":null}}"#;
    let table = [
        ("x\"", "$.messages[0].content[0].text"),
        ("y\"", "$.messages[1]"),
        ("null", "$[\"odd key\"][\"\"]"),
    ];
    for (needle, path) in table {
        let offset = body
            .windows(needle.len())
            .position(|window| window == needle.as_bytes())
            .unwrap();
        assert_eq!(path_at(body, offset), path);
    }
    assert_eq!(path_at(body, 10_000), "$");
}

#[test]
fn a_path_stays_a_line() {
    let long_key = "k".repeat(100_000);
    let body = format!("{}1{}", format!("{{\"{long_key}\":").repeat(60), "}".repeat(60));
    assert!(path_at(body.as_bytes(), body.find('1').unwrap()).len() < 400);
}

#[test]
fn overlapping_changes_become_one() {
    let patched = |changes: &[(std::ops::Range<usize>, &str)]| {
        let mut patch = Patch::new();
        for (range, text) in changes {
            patch.replace(range.clone(), text.as_bytes().to_vec());
        }
        String::from_utf8(patch.apply(b"0123456789")).unwrap()
    };
    assert_eq!(patched(&[]), "0123456789");
    assert_eq!(patched(&[(7..8, "b"), (1..3, "a")]), "0a3456b89");
    assert_eq!(patched(&[(1..3, "a"), (3..5, "b")]), "0ab56789");
    assert_eq!(patched(&[(1..4, "a"), (2..6, "b"), (5..7, "c")]), "0a789");
    assert_eq!(patched(&[(1..2, "a"), (1..4, "b")]), "0b456789");
    assert_eq!(patched(&[(2..2, "a")]), "01a23456789");
    assert_eq!(patched(&[(8..99, "a"), (50..60, "b")]), "01234567a");
}

/// JSON values with text of all kinds, also of the kinds that need escapes.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f32>().prop_map(|number| Value::from(f64::from(number))),
        "\\PC{0,20}|[\\x00-\\x22\\\\\u{e9}\u{1f600}]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-c\"\\\\\n]{0,3}", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whole_values_are_read_as_serde_json_reads_them(value in values()) {
        let compact = serde_json::to_vec(&value).unwrap();
        prop_assert_eq!(value_of(&compact).unwrap(), serde_json::from_slice::<Value>(&compact).unwrap());
        compare(&serde_json::to_vec_pretty(&value).unwrap());
    }

    #[test]
    fn broken_values_are_judged_as_serde_json_judges_them(
        value in values(),
        place in any::<prop::sample::Index>(),
        byte in prop::sample::select(b"{}[]:,\"\\u0dD9eE+-.tfn \n\x00\x7f\x80\xc3\xff".to_vec()),
        change in 0..3,
    ) {
        let mut body = serde_json::to_vec(&value).unwrap();
        let place = place.index(body.len());
        match change {
            0 => body[place] = byte,
            1 => body.insert(place, byte),
            _ => body.truncate(place),
        }
        compare(&body);
    }

    #[test]
    fn keys_that_say_the_same_are_found_however_they_are_written(
        keys in prop::collection::vec(("(first bytes that are all the same )?[abc]{0,2}", any::<bool>()), 0..12),
    ) {
        let written = |(key, escaped): &(String, bool)| match key.chars().next() {
            Some(first) if *escaped => format!("\"\\u{:04x}{}\":0", u32::from(first), &key[1..]),
            _ => format!("\"{key}\":0"),
        };
        let members: Vec<String> = keys.iter().map(written).collect();
        let body = format!("[{{}},{{{}}}]", members.join(","));
        let distinct: std::collections::BTreeSet<_> = keys.iter().map(|(key, _)| key).collect();
        let kind = value_of(body.as_bytes()).err().map(|error| error.kind);
        prop_assert_eq!(kind, (distinct.len() < keys.len()).then_some(JsonErrorKind::DuplicateKey));
    }

    #[test]
    fn any_bytes_are_judged_as_serde_json_judges_them(body in "[\\[\\]{}:,\" \\\\u0-9a-fE+.truefalsn-]{0,24}") {
        compare(body.as_bytes());
    }
}
