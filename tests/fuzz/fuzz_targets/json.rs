//! Our tokenizer against serde_json.
#![no_main]

use bartizan_wire::json::{JsonError, JsonErrorKind, Reader, Token, path_at};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|body: &[u8]| {
    match (value_of(body), serde_json::from_slice::<Value>(body)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs),
        (Ok(_), Err(error)) => panic!("we accept what serde_json refuses: {error}"),
        (Err(error), theirs) => {
            let on_purpose = matches!(
                error.kind,
                JsonErrorKind::DuplicateKey | JsonErrorKind::TooDeep | JsonErrorKind::NumberTooLarge
            );
            assert!(
                theirs.is_err() || on_purpose,
                "we refuse what serde_json accepts: {error}"
            );
            assert!(error.offset <= body.len() && error.path.len() < 1000);
        }
    }
});

/// Builds the value that the tokens describe.
fn value_of(body: &[u8]) -> Result<Value, JsonError> {
    let mut reader = Reader::new(body)?;
    let mut open: Vec<(Value, Option<String>)> = Vec::new();
    let mut key = None;
    let mut done = Value::Null;
    let mut middle = 0;
    let mut has_duplicate = false;
    while let Some(token) = reader.read()? {
        assert!(reader.token_range().end <= body.len() && reader.depth() <= open.len() + 1);
        middle = (middle + reader.token_range().start) / 2;
        let value = match token {
            Token::Key(text) => {
                key = Some(text.decode().into_owned());
                continue;
            }
            Token::ObjectStart | Token::ArrayStart => {
                let empty = if matches!(token, Token::ArrayStart) {
                    Value::Array(Vec::new())
                } else {
                    Value::Object(Map::new())
                };
                open.push((empty, key.take()));
                continue;
            }
            Token::ObjectEnd | Token::ArrayEnd => {
                let (value, outer_key) = open.pop().expect("ends match starts");
                key = outer_key;
                value
            }
            Token::String(text) => Value::String(text.decode().into_owned()),
            Token::Number(number) => serde_json::from_str(number.as_str()).expect("numbers are numbers"),
            Token::Bool(value) => Value::Bool(value),
            Token::Null => Value::Null,
        };
        match open.last_mut() {
            Some((Value::Array(array), _)) => array.push(value),
            Some((Value::Object(object), _)) => {
                has_duplicate |= object.insert(key.take().expect("members have keys"), value).is_some();
            }
            _ => done = value,
        }
    }
    assert!(!has_duplicate);
    assert!(path_at(body, middle).starts_with('$'));
    Ok(done)
}
