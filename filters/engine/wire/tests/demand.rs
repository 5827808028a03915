//! What limits turn on, against the reading of the whole request.

use bartizan_wire::{BodyError, Demand, demand, skim};
use proptest::prelude::*;
use proptest::sample::select;

/// What `demand` has to come to.
fn expected(body: &[u8]) -> Result<Demand, BodyError> {
    let facts = skim(body)?;
    Ok(Demand {
        input: facts.input_estimate(),
        max_tokens: facts.max_tokens,
        choices: facts.choices,
    })
}

fn compare(body: &[u8]) -> Result<(), TestCaseError> {
    prop_assert_eq!(demand(body), expected(body), "{}", body.escape_ascii());
    Ok(())
}

/// One of the usual most often, so that most bodies are JSON.
fn mostly(usual: Vec<&'static str>, odd: Vec<&'static str>) -> impl Strategy<Value = &'static str> {
    prop_oneof![40 => select(usual), 1 => select(odd)]
}

fn keys() -> impl Strategy<Value = String> {
    let known = vec![
        "model",
        "stream",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "n",
        "user",
        "stream_options",
        "include_usage",
        "input",
        "data",
        "file_data",
        "messages",
        "role",
        "content",
        "",
    ];
    let odd = vec![r"m\u0061x_tokens", r"d\u0061ta", r"\u006e", r"a\qb"];
    prop_oneof![2 => mostly(known, odd).prop_map(str::to_owned), 1 => "[a-z]{1,3}"]
}

fn strings() -> impl Strategy<Value = String> {
    let media = vec![
        "aGVsbG8=",
        r"aGVs\/bG8",
        "data:image/png;base64,aGVsbG8=",
        "data:text/plain;base64,aGVsbG8=",
        "data:image/png,aGVs",
        r"d\u0061ta:image/png;base64,aGVs",
        "caf\u{e9} \u{65e5}\u{672c} \u{1f600}",
        r"\ud83d\ude00",
        "\u{7f}",
    ];
    prop_oneof![
        "[ -~&&[^\"\\\\]]{0,40}",
        r#"([a-z ]|\\n|\\"|\\\\|\\u00e9){0,12}"#,
        mostly(media, vec![r"\ud83d", r"a\", "a\nb"]).prop_map(str::to_owned)
    ]
}

fn numbers() -> impl Strategy<Value = String> {
    let whole = vec![
        "0",
        "1",
        "64",
        "5000",
        "123456789012345678",
        "1234567890123456789",
        "18446744073709551615",
    ];
    let odd = vec!["00", "01", "1.", "1e308", "18446744073709551616", "-", "+1", "1a"];
    let other = vec!["-0", "-1", "1.5", "1e3", "1E+3"];
    prop_oneof![6 => mostly(whole, odd), 1 => select(other)].prop_map(str::to_owned)
}

/// JSON with spaces here and there, now and then not quite.
fn values() -> impl Strategy<Value = String> {
    let words = mostly(vec!["true", "false", "null"], vec!["tru", "nulll", "None", ""]).prop_map(str::to_owned);
    let texts = strings().prop_map(|text| format!("\"{text}\""));
    prop_oneof![2 => texts, 2 => numbers(), 1 => words].prop_recursive(4, 40, 6, |inner| {
        let arrays = (prop::collection::vec(inner.clone(), 0..5), commas());
        let arrays = arrays.prop_map(|(values, comma)| format!("[{}]", values.join(comma)));
        prop_oneof![arrays, objects(inner)]
    })
}

/// A member is of the type that it should be in three of four.
fn objects(values: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    let colons = || mostly(vec![":", " : ", "\t:\n"], vec!["", "::"]);
    let any = (keys(), colons(), values).prop_map(|(key, colon, value)| format!("\"{key}\"{colon}{value}"));
    let right = select(vec![
        r#""model":"m""#,
        r#""stream":true"#,
        r#""max_tokens":7"#,
        r#""max_completion_tokens":9"#,
        r#""n":3"#,
        r#""user":null"#,
        r#""stream_options":{"include_usage":false}"#,
        r#""input":[1,[2,3],"a"]"#,
    ]);
    let member = prop_oneof![1 => any, 3 => right.prop_map(str::to_owned)];
    let members = prop::collection::vec(member, 0..8).prop_map(|members| {
        // The same key twice is one odd thing among many.
        let mut told_apart: Vec<String> = Vec::new();
        for member in members {
            let key = member.split(':').next().unwrap_or_default();
            if member.len() % 16 == 0 || !told_apart.iter().any(|other| other.starts_with(key)) {
                told_apart.push(member);
            }
        }
        told_apart
    });
    (members, commas()).prop_map(|(members, comma)| format!("{{{}}}", members.join(comma)))
}

fn commas() -> impl Strategy<Value = &'static str> {
    mostly(vec![",", " , ", "\r\n,"], vec![",,", " "])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_request_demands_what_reading_all_of_it_says(body in objects(values())) {
        compare(body.as_bytes())?;
    }

    #[test]
    fn so_does_one_that_was_cut_or_changed(
        body in objects(values()),
        place in any::<prop::sample::Index>(),
        byte in prop_oneof![select(b"{}[]:,\"\\ntf0-9e. \t\x00\x1f\x80\xc3\xff".to_vec()), any::<u8>()],
        way in 0..3,
    ) {
        let mut bytes = body.into_bytes();
        let place = place.index(bytes.len());
        match way {
            0 => bytes.truncate(place),
            1 => bytes.insert(place, byte),
            _ => bytes.splice(place..=place, [byte]).for_each(drop),
        }
        compare(&bytes)?;
    }

    #[test]
    fn so_do_tokens_of_json_in_any_order(tokens in prop::collection::vec(select(vec![
        "{", "}", "[", "]", ":", ",", " ", "\"n\"", "\"input\"", "\"a\"", "\"data\"", "\"stream_options\"", "1", "2.5", "true", "null",
    ]), 0..14)) {
        compare(format!("{{{}}}", tokens.concat()).as_bytes())?;
    }
}

#[test]
fn bodies_of_any_depth_and_width_are_read_alike() {
    for depth in 1..70 {
        let arrays = format!(r#"{{"input":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
        let objects = format!(r#"{}1{}"#, r#"{"a":"#.repeat(depth), "}".repeat(depth));
        for body in [arrays, objects] {
            assert_eq!(demand(body.as_bytes()), expected(body.as_bytes()), "{body}");
        }
    }
    for width in [1, 8, 9, 94, 95, 96, 97, 300] {
        let members: Vec<_> = (0..width).map(|number| format!(r#""k{number}":"text""#)).collect();
        for last in ["\"k0\":1", "\"n\":2"] {
            let body = format!("{{{},{last}}}", members.join(","));
            assert_eq!(demand(body.as_bytes()), expected(body.as_bytes()), "{width}");
        }
    }
}
