use bartizan_wire::convert::Losses;
use bartizan_wire::convert::embeddings::{
    Answer, Request, from_client, from_cohere, from_gemini, from_titan, to_cohere, to_gemini, to_titan,
};
use serde_json::{Value, json};

type Write = fn(&Request, &str, &mut Losses) -> Value;

fn written(write: Write, model: &str, body: Value) -> (Value, String) {
    let mut losses = Losses::default();
    let request = from_client::read(body, &mut losses).unwrap();
    (write(&request, model, &mut losses), losses.to_string())
}

#[test]
fn each_maker_is_asked_in_its_own_words() {
    let two = || json!({"model": "m", "input": ["a", "b"], "dimensions": 8});
    let table: [(Write, &str, Value, Value, &str); 7] = [
        (
            to_gemini::write,
            "gemini-embedding-001",
            two(),
            json!({"requests": [
                {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "a"}]}, "outputDimensionality": 8},
                {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "b"}]}, "outputDimensionality": 8}]}),
            "",
        ),
        (
            to_gemini::write,
            "g",
            json!({"model": "m", "input": [[1, 2]], "user": "u"}),
            json!({"requests": []}),
            "$.input[0], $.user",
        ),
        (
            to_titan::write,
            "amazon.titan-embed-text-v2:0",
            json!({"model": "m", "input": "a", "dimensions": 256}),
            json!({"inputText": "a", "dimensions": 256}),
            "",
        ),
        (
            to_titan::write,
            "amazon.titan-embed-text-v1",
            two(),
            json!({"inputText": "a"}),
            "$.input[1], $.dimensions",
        ),
        (
            to_cohere::write,
            "cohere.embed-english-v3",
            two(),
            json!({"texts": ["a", "b"], "input_type": "search_document"}),
            "$.dimensions",
        ),
        (
            to_cohere::write,
            "cohere.embed-v4:0",
            two(),
            json!({"texts": ["a", "b"], "input_type": "search_document", "output_dimension": 8}),
            "",
        ),
        (
            to_cohere::write,
            "cohere.embed-v4:0",
            json!({"model": "m", "input": [1, 2]}),
            json!({"texts": [], "input_type": "search_document"}),
            "$.input",
        ),
    ];
    for (write, model, body, expected, losses) in table {
        assert_eq!(
            written(write, model, body.clone()),
            (expected, losses.to_owned()),
            "{model} {body}"
        );
    }
}

#[test]
fn each_makers_vectors_are_read() {
    let answer = |vectors: &[&[f64]], input_tokens| Answer {
        model: String::new(),
        vectors: vectors.iter().map(|vector| vector.to_vec()).collect(),
        input_tokens,
    };
    let gemini =
        json!({"embeddings": [{"values": [0.5, 1]}, {"values": []}], "usageMetadata": {"promptTokenCount": 4}});
    assert_eq!(from_gemini::read(gemini), Ok(answer(&[&[0.5, 1.0], &[]], Some(4))));
    let titan = json!({"embedding": [0.5], "inputTextTokenCount": 3});
    assert_eq!(from_titan::read(titan), Ok(answer(&[&[0.5]], Some(3))));
    for cohere in [
        json!({"embeddings": [[0.5], [1]]}),
        json!({"embeddings": {"float": [[0.5], [1]]}}),
    ] {
        assert_eq!(from_cohere::read(cohere), Ok(answer(&[&[0.5], &[1.0]], None)));
    }
}

#[test]
fn what_is_no_vector_is_refused_with_its_place() {
    let errors = [
        from_gemini::read(json!({})),
        from_gemini::read(json!({"embeddings": [{"values": [1, "2"]}]})),
        from_titan::read(json!({"embedding": 7})),
        from_cohere::read(json!({"embeddings": {"int8": [[1]], "float": [1]}})),
    ];
    let errors = errors.map(|result| result.unwrap_err().to_string());
    assert_eq!(
        errors,
        [
            "$.embeddings: missing, expected an array",
            "$.embeddings[0].values[1]: expected a number, found a string",
            "$.embedding: expected an array, found a number",
            "$.embeddings.float[0]: expected an array, found a number",
        ]
    );
}
