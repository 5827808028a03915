//! Streamed answers, event by event: from a provider's events to the neutral form, and from there to a client's.
//!
//! A reader is a state machine over a provider's events, `fn read(&mut self, name: &str, data: &str, out: &mut Vec<Event>)
//! -> Result<(), BodyError>`; a writer is one over neutral events, `fn write(&mut self, event: &Event, out: &mut Vec<u8>)`,
//! whose bytes are server-sent events.
