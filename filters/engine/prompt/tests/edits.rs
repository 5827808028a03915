//! Masking: whatever is masked, the rest of the body stays as it was, to the byte.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bartizan_prompt::{Edits, Extractor, Masking, Surface, Unmaskable};
use proptest::prelude::*;

/// Number of a text, part of it, and what is to stand there.
type Part<'a> = (usize, std::ops::Range<usize>, &'a str);

/// Masks parts of the texts of a request.
fn masked(body: &str, parts: &[Part<'_>]) -> String {
    let mut extractor = Extractor::new();
    let prompt = extractor.request(Surface::Chat, body.as_bytes()).unwrap();
    let spans: Vec<_> = prompt.spans().collect();
    let mut edits = Edits::new();
    for (number, range, replacement) in parts {
        edits
            .mask(spans.get(*number).unwrap(), range.clone(), replacement)
            .unwrap();
    }
    String::from_utf8(prompt.apply(edits)).unwrap()
}

fn texts(body: &str) -> Vec<String> {
    let mut extractor = Extractor::new();
    let prompt = extractor.request(Surface::Chat, body.as_bytes()).unwrap();
    prompt.spans().map(|span| span.text.to_owned()).collect()
}

fn user(content: &str) -> String {
    format!(r#"{{ "messages" : [{{"role":"user","content":"{content}"}}] }}"#)
}

#[test]
fn parts_are_masked_where_they_stand() {
    let table: [(&str, &[Part<'_>], &str); 11] = [
        ("I am ana.", &[(0, 5..8, "[NAME]")], "I am [NAME]."),
        (r"a\nb", &[(0, 0..1, "x")], r"x\nb"),
        (r"a\nb", &[(0, 1..2, "x")], "axb"),
        (r"a\nb\tc", &[(0, 2..3, "x")], r"a\nx\tc"),
        (r"a\ud83d\ude00b", &[(0, 2..3, "x")], "axb"),
        (r"a\u00e9b", &[(0, 1..2, "x")], "axb"),
        ("aéb", &[(0, 2..3, "x")], "axb"),
        ("ab", &[(0, 0..1, "say \"\\\n")], r#"say \"\\\nb"#),
        ("abcdef", &[(0, 4..5, "y"), (0, 1..2, "x")], "axcdyf"),
        ("abcdef", &[(0, 1..3, "x"), (0, 2..5, "y")], "axf"),
        ("abc", &[(0, 2..2, "x"), (0, 1..99, "y")], "ay"),
    ];
    for (content, parts, expected) in table {
        assert_eq!(masked(&user(content), parts), user(expected), "{content} {parts:?}");
    }
}

#[test]
fn texts_within_texts_are_masked_where_they_stand() {
    let body = |arguments: &str| {
        format!(
            r#"{{"messages":[{{"role":"assistant","tool_calls":[{{"function":{{"arguments":"{arguments}"}}}}]}}]}}"#
        )
    };
    // Once without, once with the inner escapes undone.
    let call = body(r#"{\"to\":\"\\u0061na@example.com\\n\"}"#);
    assert_eq!(
        texts(&call),
        [r#"{"to":"\u0061na@example.com\n"}"#, "{\"to\":\"ana@example.com\n\"}"]
    );
    assert_eq!(
        masked(&call, &[(1, 7..22, "[EMAIL]")]),
        body(r#"{\"to\":\"[EMAIL]\\n\"}"#)
    );
    assert_eq!(
        masked(&call, &[(0, 13..27, "[EMAIL]"), (1, 7..22, "[EMAIL]")]),
        body(r#"{\"to\":\"[EMAIL]\\n\"}"#)
    );
    assert_eq!(masked(&call, &[(1, 7..22, "\"")]), body(r#"{\"to\":\"\\\"\\n\"}"#));
}

#[test]
fn a_mask_in_a_text_that_holds_json_leaves_json() {
    let body = |arguments: &str| {
        let arguments = serde_json::to_string(arguments).unwrap();
        format!(
            r#"{{"messages":[{{"role":"assistant","tool_calls":[{{"function":{{"name":"f","arguments":{arguments}}}}}]}}]}}"#
        )
    };
    let table = [
        // The `n` of the line break counts as part of the address where escapes are not undone.
        (
            r#"{"a":"x\nana@example.com"}"#,
            "nana@example.com",
            r#"{"a":"x[EMAIL]"}"#,
        ),
        (
            r#"{"a":"x\\ana@example.com"}"#,
            "ana@example.com",
            r#"{"a":"x\\[EMAIL]"}"#,
        ),
        (
            r#"{"a":"x\u00e4ana@example.com"}"#,
            "4ana@example.com",
            r#"{"a":"x[EMAIL]"}"#,
        ),
        (
            r#"{"a":"ana@example.com\"b"}"#,
            "ana@example.com\\",
            r#"{"a":"[EMAIL]b"}"#,
        ),
        (
            r#"{"a":"ana@example.com\ud83d\ude00b"}"#,
            "ana@example.com\\ud",
            r#"{"a":"[EMAIL]b"}"#,
        ),
    ];
    for (arguments, found, expected) in table {
        serde_json::from_str::<serde_json::Value>(arguments).unwrap();
        let start = arguments.find(found).unwrap();
        let after = masked(&body(arguments), &[(1, start..start + found.len(), "[EMAIL]")]);
        assert_eq!(after, body(expected), "{arguments}");
        serde_json::from_str::<serde_json::Value>(expected).unwrap();
    }
}

/// Each mask costs its own part of a text and not the whole: otherwise these bodies would take minutes, on the thread
/// that serves every other request.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
fn many_masks_in_a_long_text_cost_no_more_than_the_text() {
    const MASKS: usize = 2_000;
    let call = |arguments: &str| {
        format!(
            r#"{{"messages":[{{"role":"assistant","tool_calls":[{{"function":{{"name":"f","arguments":"{arguments}"}}}}]}}]}}"#
        )
    };
    let filler = r"\\n".repeat(200_000);
    let escaped = call(&(filler.clone() + &r"\\u0061na ".repeat(MASKS)));
    let text = "ana ".repeat(MASKS) + &"x".repeat(4_000_000);
    let plain = format!(r#"{{"messages":[{{"role":"user","content":"{text}"}}]}}"#);
    let bodies = [
        (&escaped, "inside JSON"),
        (&call(&text), "JSON"),
        (&call(&(filler + &text)), "JSON with escapes"),
        (&plain, "plain"),
    ];
    let started = std::time::Instant::now();
    for (body, layer) in bodies {
        let mut extractor = Extractor::new();
        let prompt = extractor.request(Surface::Chat, body.as_bytes()).unwrap();
        let span = prompt.spans().last().unwrap();
        let mut edits = Edits::new();
        for (start, _) in span.text.match_indices("ana") {
            edits.mask(&span, start..start + 3, "[NAME]").unwrap();
        }
        let masked = String::from_utf8(prompt.apply(edits)).unwrap();
        assert_eq!(masked.matches("[NAME] ").count(), MASKS, "{layer}");
        assert!(serde_json::from_str::<serde_json::Value>(&masked).is_ok(), "{layer}");
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

/// A document's texts are dropped without a look at all the others.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
fn many_documents_among_many_texts_cost_no_more_than_their_bytes() {
    let parts = r#"{"text":"a"},"#.repeat(50_000) + &r#"{"source":{"type":"base64","data":"iVBO"}},"#.repeat(60_000);
    let body = format!(r#"{{"messages":[{{"role":"user","content":[{parts}{{"text":"b"}}]}}]}}"#);
    let started = std::time::Instant::now();
    assert_eq!(texts(&body).len(), 50_001);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn keys_cannot_be_masked() {
    let body = br#"{"messages":[],"metadata":{"ana@example.com":"x"}}"#;
    let mut extractor = Extractor::new();
    let prompt = extractor.request(Surface::Chat, body).unwrap();
    let key = prompt.spans().next().unwrap();
    assert_eq!((key.text, key.masking), ("ana@example.com", Masking::Impossible));
    assert_eq!(Edits::new().mask(&key, 0..3, "x"), Err(Unmaskable));
}

#[test]
fn logprobs_do_not_survive_a_mask() {
    let body =
        br#"{"choices":[{"logprobs":{"content":[{"token":"ana"}]},"message":{"content":"ana"}},{"logprobs":null}]}"#;
    let mut extractor = Extractor::new();
    let answer = extractor.answer(Surface::Chat, body).unwrap();
    assert_eq!(answer.apply(Edits::new()), body);
    let mut edits = Edits::new();
    edits.mask(&answer.spans().next().unwrap(), 0..3, "[NAME]").unwrap();
    assert_eq!(
        answer.apply(edits),
        br#"{"choices":[{"logprobs":null,"message":{"content":"[NAME]"}},{"logprobs":null}]}"#
    );
}

/// A text, and one of the many ways to write it in JSON.
fn written() -> impl Strategy<Value = (String, String)> {
    let character = prop_oneof![
        "[a-z ]".prop_map(|text| (text.clone(), text)),
        Just((String::from("\n"), String::from(r"\n"))),
        Just((String::from("\""), String::from("\\\""))),
        Just((String::from("\\"), String::from(r"\\"))),
        Just((String::from("/"), String::from(r"\/"))),
        Just((String::from("é"), String::from("é"))),
        Just((String::from("é"), String::from(r"\u00E9"))),
        Just((String::from("😀"), String::from("😀"))),
        Just((String::from("😀"), String::from(r"\uD83D\ude00"))),
    ];
    prop::collection::vec(character, 1..20).prop_map(|characters| characters.into_iter().unzip())
}

proptest! {
    #[test]
    fn a_mask_changes_its_part_and_nothing_else(
        contents in prop::collection::vec(written(), 1..4),
        which in any::<prop::sample::Index>(),
        ends in any::<[prop::sample::Index; 2]>(),
        replacement in "[a-z\"\\\\\n\u{e9}]{0,6}",
    ) {
        let which = which.index(contents.len());
        let messages: Vec<_> = contents.iter().map(|(_, raw)| format!(r#"{{"role":"user","content":"{raw}"}}"#)).collect();
        let body = format!(r#"{{"messages":[{}]}}"#, messages.join(" , "));
        let expected_texts: Vec<_> = contents.iter().map(|(text, _)| text.clone()).collect();
        prop_assert_eq!(&texts(&body), &expected_texts);

        let text = &contents[which].0;
        let [mut start, mut end] = ends.map(|end| end.index(text.len() + 1));
        if start > end {
            std::mem::swap(&mut start, &mut end);
        }
        let after = masked(&body, &[(which, start..end, &replacement)]);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&after).is_ok());

        if start == end {
            prop_assert_eq!(after, body);
        } else {
            let (before, behind) = (&text[..text.floor_char_boundary(start)], &text[text.ceil_char_boundary(end)..]);
            let mut expected = expected_texts;
            expected[which] = format!("{before}{replacement}{behind}");
            expected.retain(|text| !text.is_empty());
            prop_assert_eq!(texts(&after), expected);
            for (number, (_, raw)) in contents.iter().enumerate() {
                prop_assert!(number == which || after.contains(raw));
            }
        }
    }
}
