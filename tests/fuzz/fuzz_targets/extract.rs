//! Finding the texts of a body, and masking a part of one of them.
#![no_main]

use bartizan_prompt::{BodyError, Edits, Extraction, Extractor, Masking, Surface};
use libfuzzer_sys::fuzz_target;

/// What a body may be read as.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Request(Surface),
    Answer(Surface),
}

fuzz_target!(|body: &[u8]| {
    for &surface in Surface::ALL {
        check(Kind::Request(surface), body);
        check(Kind::Answer(surface), body);
    }
});

fn check(kind: Kind, body: &[u8]) {
    let mut extractor = Extractor::new();
    let Ok(found) = read(&mut extractor, kind, body) else {
        return;
    };
    let spans: Vec<_> = found.spans().collect();
    assert!(
        spans
            .iter()
            .all(|span| !span.text.is_empty() && found.path(span).starts_with('$'))
    );
    assert_eq!(found.apply(Edits::new()), body);

    // Which part is masked changes with every mutation of the body.
    let choice: usize = body.iter().map(|&byte| usize::from(byte)).sum();
    let Some(span) = spans.get(choice % spans.len().max(1)) else {
        return;
    };
    let start = choice / 7 % span.text.len();
    let length = choice / 11 % 9;
    let mut edits = Edits::new();
    let masked = edits.mask(span, start..start + length, "[X]");
    assert_eq!(masked.is_ok(), span.masking == Masking::Possible);
    if edits.is_empty() {
        return;
    }
    let after = found.apply(edits);
    serde_json::from_slice::<serde_json::Value>(&after).expect("a masked body is JSON");
    let has_logprobs = body.windows(8).any(|window| window == b"logprobs");
    if !has_logprobs {
        assert!(after.starts_with(&body[..span.raw.start]) && after.ends_with(&body[span.raw.end..]));
    }
    // The inside of a text within a text comes and goes with its escapes.
    if spans.iter().filter(|other| other.raw == span.raw).count() > 1 {
        return;
    }
    let mut extractor_after = Extractor::new();
    let found_after = read(&mut extractor_after, kind, &after).expect("a masked body is a body");
    let texts_after: Vec<_> = found_after.spans().map(|span| span.text.to_owned()).collect();
    let end = (start + length).min(span.text.len());
    let kept = (
        &span.text[..span.text.floor_char_boundary(start)],
        &span.text[span.text.ceil_char_boundary(end)..],
    );
    let expected: Vec<_> = spans
        .iter()
        .map(|other| {
            if other == span {
                format!("{}[X]{}", kept.0, kept.1)
            } else {
                other.text.to_owned()
            }
        })
        .collect();
    assert_eq!(texts_after, expected);
}

fn read<'a>(extractor: &'a mut Extractor, kind: Kind, body: &'a [u8]) -> Result<Extraction<'a>, BodyError> {
    match kind {
        Kind::Request(surface) => extractor.request(surface, body),
        Kind::Answer(surface) => extractor.answer(surface, body),
    }
}
