//! Replies in the format of OpenAI's embeddings.
//!
//! <https://platform.openai.com/docs/api-reference/embeddings>

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json, value::RawValue};

use super::ask::Ask;

const DIMENSIONS: usize = 8;
const LONGEST: usize = 4_096;

/// What is to be embedded, each as it is written: one text, the tokens of one, or several of either.
pub(super) fn texts(input: &RawValue) -> Result<Vec<&RawValue>, serde_json::Error> {
    if serde_json::from_str::<String>(input.get()).is_ok() {
        return Ok(vec![input]);
    }
    Ok(match serde_json::from_str::<Vec<&RawValue>>(input.get())? {
        several
            if several
                .iter()
                .all(|each| each.get().bytes().all(|byte| byte.is_ascii_digit())) =>
        {
            vec![input]
        }
        several => several,
    })
}

/// The answer.
pub(super) fn whole(ask: &Ask<'_>) -> Bytes {
    let dimensions = ask.dimensions.unwrap_or(DIMENSIONS).clamp(1, LONGEST);
    let data: Vec<Value> = ask
        .texts
        .iter()
        .zip(0..)
        .map(|(text, index)| {
            let vector = vector(text.get(), dimensions);
            let embedding = if ask.as_base64 {
                let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                Value::from(STANDARD.encode(bytes))
            } else {
                json!(vector)
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    let usage = json!({"prompt_tokens": ask.input_tokens, "total_tokens": ask.input_tokens});
    json!({"object": "list", "data": data, "model": ask.model, "usage": usage})
        .to_string()
        .into()
}

/// Figures between -1 and 1 that are the same whenever the text is.
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    // FNV-1a, and a step of it for each figure.
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let mut hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    std::iter::repeat_with(|| {
        hash = step(hash, 1);
        let sixteen = u16::try_from(hash >> 40 & 0xffff).unwrap_or_default();
        f32::from(sixteen) / f32::from(u16::MAX) * 2.0 - 1.0
    })
    .take(dimensions)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_told_apart() {
        let table = [
            (r#""one""#, 1),
            (r#"["one","two"]"#, 2),
            ("[1,2,3]", 1),
            ("[[1,2],[3]]", 2),
        ];
        for (input, count) in table {
            let input: &RawValue = serde_json::from_str(input).unwrap();
            assert_eq!(texts(input).unwrap().len(), count, "{input}");
        }
    }

    #[test]
    fn vectors_come_from_the_text() {
        assert_eq!(vector("a", 8), vector("a", 8));
        assert_ne!(vector("a", 8), vector("b", 8));
        assert!(vector("a", 100).iter().all(|number| (-1.0..=1.0).contains(number)));
    }
}
