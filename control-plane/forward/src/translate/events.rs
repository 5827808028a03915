use std::collections::VecDeque;

use bartizan_wire::usage::Usage;
use bytes::Bytes;

use super::{converting::Converting, passing::Passing};
use crate::failure::Failure;

/// A stream on its way from the provider's format to the client's.
#[derive(Debug)]
pub(crate) enum Events {
    Passing(Passing),
    Converting(Box<Converting>),
}

/// How far a stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// No event came, or none but signs of life.
    Silent,
    /// Part of the answer came.
    Begun,
    /// Its last event came.
    Ended,
}

// === impl Events ===

impl Events {
    /// Takes bytes of the provider, and hands on what the client gets of the events that are whole now, up to the last.
    ///
    /// # Errors
    /// When an event cannot be read, or tells of a failure. What came before it is handed on.
    pub(crate) fn take(&mut self, bytes: Bytes, ready: &mut VecDeque<Bytes>) -> Result<(), Failure> {
        match self {
            Self::Passing(passing) => passing.take(bytes, ready),
            Self::Converting(converting) => converting.take(bytes, ready),
        }
    }

    /// Takes note that the provider's bytes have ended before the last event.
    ///
    /// # Errors
    /// When they may not.
    pub(crate) fn end(&mut self, ready: &mut VecDeque<Bytes>) -> Result<(), Failure> {
        match self {
            Self::Passing(passing) => passing.end(),
            Self::Converting(converting) => converting.end(ready),
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        match self {
            Self::Passing(passing) => passing.progress(),
            Self::Converting(converting) => converting.progress(),
        }
    }

    /// The number of the event that would come next, if the client's dialect numbers them.
    pub(crate) fn next_number(&self) -> Option<u64> {
        match self {
            Self::Passing(passing) => passing.next_number(),
            Self::Converting(converting) => converting.next_number(),
        }
    }

    /// What the stream has used so far.
    pub(crate) fn usage(&self) -> Usage {
        match self {
            Self::Passing(passing) => passing.usage(),
            Self::Converting(converting) => converting.usage(),
        }
    }
}
