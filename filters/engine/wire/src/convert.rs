//! Conversions between what an application sends and what a provider takes, by way of one neutral form.
//!
//! ```text
//! request:  chat, responses, messages ── request::from_* ──► neutral::Request ── request::to_* ──► chat, messages, …
//! answer:   chat, messages, gemini, … ── answer::from_* ───► neutral::Answer ─── answer::to_* ───► chat, responses, …
//! stream:   the same, event by event ─── stream::from_* ───► neutral::Event ──── stream::to_* ───► SSE of the client
//! ```
//!
//! Rules that every direction keeps:
//!
//! - A member that nobody knows how to carry is a [`Loss`], never forgotten: [`Fields`](fields::Fields) notes every
//!   member that was not taken. The forwarder refuses the request with its place, or drops it and says so.
//! - A member of the wrong type is a [`BodyError`](crate::BodyError) with its place.
//! - Order is kept: of members in schemas, of parts, of tools. The same request becomes the same bytes, so that the
//!   provider's prompt cache works.
//! - Nothing reads a clock or makes up an id: [`Context`] brings both.

pub mod answer;
pub mod embeddings;
pub mod fields;
pub mod neutral;
pub mod request;
pub mod stream;
pub mod tokens;

mod citation;
mod context;
mod count;
mod loss;
mod returned;

pub use context::Context;
pub use loss::{Loss, Losses};
