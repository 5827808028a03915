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

mod calls;
mod function;
mod marker;
mod media;
mod thinking;

/// What is said to a model whose provider can be told to answer in JSON only by its schema.
const ONLY_JSON: &str = "Answer with one JSON object and nothing else: no words around it, and no code fence.";
