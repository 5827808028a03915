//! Embeddings: client to provider and back.

use bartizan_wire::convert::embeddings::{Answer, Encoding, from_client, from_openai, to_client, to_openai};
use bartizan_wire::convert::{Context, Losses};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::arbitrary;

fn request(body: Value) -> Result<(Value, String), String> {
    let mut losses = Losses::default();
    let request = from_client::read(body, &mut losses).map_err(|error| error.to_string())?;
    Ok((to_openai::write(&request, "embedder", &mut losses), losses.to_string()))
}

#[test]
fn requests_keep_what_they_say() {
    let table = [
        (
            json!({"model": "m", "input": "One."}),
            json!({"model": "embedder", "input": ["One."], "encoding_format": "float"}),
            "",
        ),
        (
            json!({"model": "m", "input": ["One.", [1, 2]], "encoding_format": "base64", "dimensions": 8, "user": "u"}),
            json!({"model": "embedder", "input": ["One.", [1, 2]], "encoding_format": "float", "dimensions": 8, "user": "u"}),
            "",
        ),
        (
            json!({"model": "m", "input": [1, 2], "truncate": true}),
            json!({"model": "embedder", "input": [[1, 2]], "encoding_format": "float"}),
            "$.truncate",
        ),
    ];
    for (body, expected, losses) in table {
        assert_eq!(request(body.clone()), Ok((expected, losses.to_owned())), "{body}");
    }
}

#[test]
fn wrong_requests_are_refused_with_their_place() {
    let table = [
        (json!({}), "$.input: missing, expected a string or an array"),
        (
            json!({"input": []}),
            "$.input: expected a string or a filled array, found an array",
        ),
        (
            json!({"input": ["a", 7]}),
            "$.input[1]: expected a string or an array, found a number",
        ),
        (
            json!({"input": [1, -2]}),
            "$.input[1]: expected a whole number, found a number",
        ),
        (
            json!({"input": "a", "dimensions": "8"}),
            "$.dimensions: expected a whole number, found a string",
        ),
        (
            json!({"input": "a", "encoding_format": "int8"}),
            "$.encoding_format: expected `float` or `base64`, found a string",
        ),
    ];
    for (body, expected) in table {
        assert_eq!(request(body.clone()), Err(expected.to_owned()), "{body}");
    }
}

#[test]
fn answers_are_put_in_order_whatever_their_form() {
    let body = json!({"object": "list", "model": "e", "data": [
        {"index": 1, "embedding": "AACAPwAAAMA="}, {"index": 0, "embedding": [0.25, -1]}],
        "usage": {"prompt_tokens": 5, "total_tokens": 5}});
    let answer = from_openai::read(body).unwrap();
    let expected = Answer {
        model: "e".to_owned(),
        vectors: vec![vec![0.25, -1.0], vec![1.0, -2.0]],
        input_tokens: Some(5),
    };
    assert_eq!(answer, expected);
    let floats = to_client::write(&answer, Encoding::Floats, &Context::default());
    assert_eq!(
        floats["data"][1],
        json!({"object": "embedding", "index": 1, "embedding": [1.0, -2.0]})
    );
    let encoded = to_client::write(&answer, Encoding::Base64, &Context::default());
    assert_eq!(
        encoded["data"][1],
        json!({"object": "embedding", "index": 1, "embedding": "AACAPwAAAMA="})
    );
    assert_eq!(encoded["usage"], json!({"prompt_tokens": 5, "total_tokens": 5}));
}

#[test]
fn answers_that_are_none_are_refused() {
    let table = [
        (json!([]), "$: expected an object, found an array"),
        (json!({"error": "gone"}), "$.data: missing, expected an array"),
        (json!({"data": [{}]}), "$.data[0].embedding: missing, expected an array"),
        (
            json!({"data": [{"embedding": ["a"]}]}),
            "$.data[0].embedding[0]: expected a number, found a string",
        ),
        (
            json!({"data": [{"embedding": "AAA"}]}),
            "$.data[0].embedding: expected base64 of numbers, found a string",
        ),
    ];
    for (body, expected) in table {
        assert_eq!(
            from_openai::read(body.clone()).unwrap_err().to_string(),
            expected,
            "{body}"
        );
    }
    let absurd = json!({"data": [], "usage": {"prompt_tokens": -1}});
    assert_eq!(from_openai::read(absurd).unwrap().input_tokens, None);
}

proptest! {
    #[test]
    fn vectors_survive_base64(vector in prop::collection::vec(any::<f32>().prop_filter("finite", |number| number.is_finite()), 0..40)) {
        let vector: Vec<f64> = vector.into_iter().map(f64::from).collect();
        let answer = Answer { vectors: vec![vector], ..Answer::default() };
        for encoding in [Encoding::Floats, Encoding::Base64] {
            let written = to_client::write(&answer, encoding, &Context::default());
            prop_assert_eq!(&from_openai::read(written).unwrap().vectors, &answer.vectors);
        }
    }

    #[test]
    fn nothing_panics(any in arbitrary::value(), near in arbitrary::mutated(json!({"model": "m", "input": ["a", [1]], "dimensions": 1,
        "encoding_format": "float", "data": [{"index": 0, "embedding": [1]}]}))) {
        for body in [any, near] {
            let _ = request(body.clone());
            let _ = from_openai::read(body);
        }
    }
}
