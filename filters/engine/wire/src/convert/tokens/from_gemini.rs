//! Counts as Gemini's `countTokens` answers with them; [`write_count`](crate::convert::request::to_gemini::write_count)
//! writes what is asked.

use serde_json::Value;

use crate::BodyError;
use crate::convert::fields::Fields;
use crate::convert::neutral::Place;

/// Reads the answer.
///
/// # Errors
/// When it has no count.
pub fn read(body: Value) -> Result<u64, BodyError> {
    let mut body = Fields::new(body, Place::root())?;
    body.count("totalTokens")?
        .ok_or_else(|| body.missing("totalTokens", "a whole number"))
}
