//! Streamed answers, event by event: from a provider's events to the neutral form, and from there to a client's.
//!
//! A reader is a state machine over a provider's events, a [`ReadEvents`]; a writer is one over neutral events,
//! `fn write(&mut self, event: &Event, out: &mut Vec<u8>)`, whose bytes are server-sent events.

pub mod from_chat;
pub mod from_converse;
pub mod from_gemini;
pub mod from_messages;
pub mod to_chat;
pub mod to_messages;
pub mod to_responses;

mod collect;
mod lines;
mod parse;

pub use collect::Collector;

use super::neutral::Event;
use crate::BodyError;

/// Turns the events of a provider's stream into neutral ones.
pub trait ReadEvents {
    /// Takes the next event: its name (`message` if it has none) and its data.
    ///
    /// After [`Event::End`] or [`Event::Error`] nothing more comes of it.
    ///
    /// # Errors
    /// When the event is none of this format: the stream has failed.
    fn read(&mut self, name: &str, data: &str, out: &mut Vec<Event>) -> Result<(), BodyError>;

    /// Takes note that the provider's bytes have ended.
    ///
    /// # Errors
    /// When the answer had not: the stream was cut.
    fn end(&mut self, out: &mut Vec<Event>) -> Result<(), BodyError>;
}

/// The error of a stream that was cut.
#[must_use]
pub fn cut() -> BodyError {
    BodyError::Missing {
        path: "$".to_owned(),
        expected: "the end of the stream",
    }
}
