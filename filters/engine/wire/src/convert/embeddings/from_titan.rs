//! Vectors as Amazon's Titan embedding models answer with them.

use serde_json::Value;

use super::{Answer, vector};
use crate::BodyError;
use crate::convert::count::Count;
use crate::convert::fields::Fields;
use crate::convert::neutral::Place;

/// Reads the answer.
///
/// # Errors
/// When it is none.
pub fn read(body: Value) -> Result<Answer, BodyError> {
    let tokens = Count::of(&body, "inputTextTokenCount").sane().flatten();
    let mut body = Fields::new(body, Place::root())?;
    Ok(Answer {
        model: String::new(),
        vectors: vec![vector::of(&mut body, "embedding")?],
        input_tokens: tokens,
    })
}
