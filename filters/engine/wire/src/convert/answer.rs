//! Whole answers: from a provider's format to the neutral form, and from there to a client's dialect.
//!
//! Readers are `fn read(body: Value) -> Result<Answer, BodyError>`; writers are
//! `fn write(answer: &Answer, context: &Context) -> Value`.

pub mod from_chat;
pub mod from_converse;
pub mod from_gemini;
pub mod from_messages;
pub mod to_chat;
pub mod to_messages;
pub mod to_responses;

pub(in crate::convert) mod arguments;
pub(in crate::convert) mod id;
