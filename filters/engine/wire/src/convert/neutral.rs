//! What all dialects have in common: a conversation, its answer, and the answer's events.
//!
//! It is as rich as the richest of them, so that a direction loses only what its target cannot say.

mod answer;
mod event;
mod part;
mod place;
mod request;
mod tool;

pub use answer::{Answer, Choice, Counts, Finish};
pub use event::{Delta, Event, PartStart, StreamError};
pub use part::{CacheMarker, Citation, Content, Document, Part, Source};
pub use place::Place;
pub use request::{Effort, Format, Message, Placed, Reasoning, Request, Role, Sampling};
pub use tool::{Tool, ToolChoice};
