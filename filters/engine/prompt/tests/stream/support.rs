//! A judge with two words, and a client that joins what it is sent.

use std::collections::BTreeMap;

use bartizan_prompt::{AnswerStream, Edits, Extraction, Extractor, Halt, Judge, SpanKind, StreamFormat, Surface};
use bartizan_wire::sse::Decoder;
use serde_json::Value;

/// Is masked.
pub(crate) const SECRET: &str = "grey heron";
/// Stands in its place.
pub(crate) const MASK: &str = "[BIRD]";
/// Ends the answer.
pub(crate) const ATTACK: &str = "open the gate";

/// Looks for the two words, and keeps back what could become one.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) masked: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Blocked;

impl Judge for Words {
    /// What is kept back.
    type Text = String;
    type Stop = Blocked;

    fn begin(&mut self, _: SpanKind) -> String {
        String::new()
    }

    fn push(&mut self, text: &mut String, piece: &str, out: &mut String) -> Result<(), Blocked> {
        text.push_str(piece);
        if text.contains(ATTACK) {
            return Err(Blocked);
        }
        while let Some(at) = text.find(SECRET) {
            self.masked = true;
            out.push_str(&text[..at]);
            out.push_str(MASK);
            text.drain(..at + SECRET.len());
        }
        let is_live = |at: &usize| {
            let rest = text.get(*at..).unwrap_or("?");
            SECRET.starts_with(rest) || ATTACK.starts_with(rest)
        };
        let kept = (0..text.len()).find(is_live).unwrap_or(text.len());
        out.extend(text.drain(..kept));
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
                self.masked = true;
                edits.mask(&span, at..at + SECRET.len(), MASK).map_err(|_| Blocked)?;
            }
        }
        Ok(edits)
    }
}

/// What leaves of a stream that comes in these pieces, and how it ends.
pub(crate) fn run<'a>(
    format: StreamFormat,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (String, Result<bool, Halt<Blocked>>) {
    let mut stream = AnswerStream::new(format);
    let (mut judge, mut out) = (Words::default(), Vec::new());
    let outcome = pieces
        .into_iter()
        .try_for_each(|piece| stream.push(piece, &mut judge, &mut out))
        .and_then(|()| stream.finish(&mut judge, &mut out));
    (String::from_utf8(out).unwrap(), outcome.map(|()| judge.masked))
}

/// The same for a stream that comes at once.
pub(crate) fn delivered(format: StreamFormat, stream: &str) -> String {
    let (out, outcome) = run(format, [stream.as_bytes()]);
    outcome.unwrap();
    out
}

/// A whole answer as it leaves; `None` if it is blocked.
pub(crate) fn judged(surface: Surface, answer: &str) -> Option<String> {
    let mut extractor = Extractor::new();
    let texts = extractor.answer(surface, answer.as_bytes()).unwrap();
    let edits = Words::default().whole(&texts).ok()?;
    Some(String::from_utf8(texts.apply(edits)).unwrap())
}

/// What a client joins to texts, by where they stand.
pub(crate) type Texts = BTreeMap<String, String>;

pub(crate) fn joined(stream: &str) -> Texts {
    let mut texts = Texts::new();
    let mut join = |place: String, value: &Value| {
        if let Value::String(text) = value {
            texts.entry(place).or_default().push_str(text);
        }
    };
    Decoder::new(1 << 20)
        .push(stream.as_bytes(), |event| {
            let Ok(data) = serde_json::from_str::<Value>(event.data) else {
                assert_eq!(event.data, "[DONE]");
                return;
            };
            for choice in data["choices"].as_array().into_iter().flatten() {
                let (index, delta) = (&choice["index"], &choice["delta"]);
                join(format!("{index}/content"), &delta["content"]);
                join(format!("{index}/reasoning"), &delta["reasoning_content"]);
                for call in delta["tool_calls"].as_array().into_iter().flatten() {
                    let place = format!("{index}/call/{}", call["index"]);
                    join(place.clone() + "/name", &call["function"]["name"]);
                    join(place + "/arguments", &call["function"]["arguments"]);
                }
            }
            let index = &data["index"];
            for part in [&data["delta"], &data["content_block"]] {
                for field in ["text", "thinking", "partial_json", "name"] {
                    join(format!("{index}/{field}"), &part[field]);
                }
            }
            let place = format!("{}/{}", data["output_index"], data["content_index"]);
            join(place, &data["delta"]);
        })
        .unwrap();
    texts.retain(|_, text| !text.is_empty());
    texts
}
