//! Bodies beside this file, and what is found in them: every text, with who speaks, what it is, where, and what it says;
//! and then what cannot be scanned, and where.
//!
//! A line that ends in `(fixed)` is a text that cannot be masked where it stands.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bartizan_prompt::{Extraction, Extractor, Masking, Surface};

fn listing(extraction: &Extraction<'_>) -> String {
    let texts = extraction.spans().map(|span| {
        let fixed = if span.masking == Masking::Impossible {
            " (fixed)"
        } else {
            ""
        };
        format!(
            "{:?} {:?} {} {:?}{fixed}\n",
            span.role,
            span.kind,
            extraction.path(&span),
            span.text
        )
    });
    let unscannable = extraction
        .unscannable()
        .map(|(kind, path)| format!("unscannable {} {}\n", kind.as_str(), path()));
    texts.chain(unscannable).collect()
}

fn request(surface: Surface, body: &str) -> String {
    listing(&Extractor::new().request(surface, body.as_bytes()).unwrap())
}

fn answer(surface: Surface, body: &str) -> String {
    listing(&Extractor::new().answer(surface, body.as_bytes()).unwrap())
}

macro_rules! golden {
    ($($test:ident: $read:ident $surface:ident $file:literal;)+) => {
        $(#[test]
        fn $test() {
            let found = $read(Surface::$surface, include_str!(concat!("golden/", $file, ".json")));
            assert_same(&found, include_str!(concat!("golden/", $file, ".spans")));
        })+
    };
}

golden! {
    chat_requests: request Chat "chat_request";
    chat_answers: answer Chat "chat_answer";
    responses_requests: request Responses "responses_request";
    responses_answers: answer Responses "responses_answer";
    embeddings_requests: request Embeddings "embeddings_request";
    embeddings_answers: answer Embeddings "embeddings_answer";
    messages_requests: request Messages "messages_request";
    messages_answers: answer Messages "messages_answer";
    mcp_requests: request Mcp "mcp_request";
    mcp_answers: answer Mcp "mcp_answer";
    plain_json: request Json "json_request";
}

/// Compares line by line, and shows all that was found, ready to be saved.
fn assert_same(found: &str, expected: &str) {
    for (number, (ours, theirs)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(ours, theirs, "line {} of\n{found}", number + 1);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "lines of\n{found}");
}
