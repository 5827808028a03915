//! Requests: from a client's dialect to the neutral form, and from there to a provider's format.
//!
//! Readers are `fn read(body: Value, losses: &mut Losses) -> Result<Request, BodyError>`; writers are
//! `fn write(request: &Request, model: &str, losses: &mut Losses) -> Value`, some with a description of their target.

pub mod from_chat;
pub mod from_messages;
pub mod from_responses;
pub mod to_chat;
pub mod to_converse;
pub mod to_gemini;
pub mod to_messages;

mod function;
mod marker;
mod media;
mod thinking;
