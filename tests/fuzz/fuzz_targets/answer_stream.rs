//! Bytes that may be the events of an answer, cut in different ways, before a judge with two words.
#![no_main]

use bartizan_prompt::{AnswerStream, Edits, Extraction, Halt, Judge, SpanKind, StreamFormat};
use libfuzzer_sys::fuzz_target;

/// Is masked.
const SECRET: &str = "grey heron";
/// Stands in its place.
const MASK: &str = "[BIRD]";
/// Ends the answer.
const ATTACK: &str = "open the gate";

struct Words;

#[derive(Debug, PartialEq, Eq)]
struct Blocked;

impl Judge for Words {
    /// What is kept back.
    type Text = String;
    type Stop = Blocked;

    fn begin(&mut self, _: SpanKind) -> String {
        String::new()
    }

    fn push(&mut self, text: &mut String, piece: &str, out: &mut String) -> Result<(), Blocked> {
        for character in piece.chars() {
            text.push(character);
            if text.ends_with(ATTACK) {
                return Err(Blocked);
            }
            if text.ends_with(SECRET) {
                out.push_str(&text[..text.len() - SECRET.len()]);
                out.push_str(MASK);
                text.clear();
            }
            let is_live = |at: &usize| {
                let rest = text.get(*at..).unwrap_or("?");
                SECRET.starts_with(rest) || ATTACK.starts_with(rest)
            };
            let kept = (0..text.len()).find(is_live).unwrap_or(text.len());
            out.extend(text.drain(..kept));
        }
        Ok(())
    }

    fn keeps(&self, text: &String) -> bool {
        !text.is_empty()
    }

    fn finish(&mut self, text: String, out: &mut String) -> Result<(), Blocked> {
        out.push_str(&text);
        Ok(())
    }

    fn whole(&mut self, texts: &Extraction<'_>) -> Result<Edits, Blocked> {
        let mut edits = Edits::new();
        for span in texts.spans() {
            if span.text.contains(ATTACK) {
                return Err(Blocked);
            }
            for (at, _) in span.text.match_indices(SECRET) {
                edits.mask(&span, at..at + SECRET.len(), MASK).map_err(|_| Blocked)?;
            }
        }
        Ok(edits)
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&seed, bytes)) = input.split_first() else { return };
    let format = match seed % 4 {
        0 => StreamFormat::ChatCompletions,
        1 => StreamFormat::Responses,
        2 => StreamFormat::Messages,
        _ => StreamFormat::Mcp,
    };
    let (out, outcome) = streamed(format, std::iter::once(bytes));
    for size in [1, 2 + usize::from(seed) / 4] {
        assert_eq!(streamed(format, bytes.chunks(size)), (out.clone(), outcome.clone()), "pieces of {size}");
    }
    let out = String::from_utf8(out).expect("events are UTF-8");
    assert!(!out.contains(SECRET) && !out.contains(ATTACK), "{out}");
    // What left is a stream in which nothing is to be blocked.
    if outcome.is_ok() {
        assert_eq!(streamed(format, std::iter::once(out.as_bytes())).1, Ok(()));
    }
});

fn streamed<'b>(format: StreamFormat, pieces: impl Iterator<Item = &'b [u8]>) -> (Vec<u8>, Result<(), String>) {
    let mut stream = AnswerStream::new(format);
    let mut out = Vec::new();
    let mut pieces = pieces;
    let outcome = pieces
        .try_for_each(|piece| stream.push(piece, &mut Words, &mut out))
        .and_then(|()| stream.finish(&mut Words, &mut out));
    (out, outcome.map_err(|halt: Halt<Blocked>| format!("{halt:?}")))
}
