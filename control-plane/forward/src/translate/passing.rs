//! Events that are the client's already: they are looked at and left as they are.

use std::collections::VecDeque;

use bartizan_verdict::{Endpoint, Reason};
use bartizan_wire::usage::{StreamUsage, Usage};
use bytes::Bytes;

use super::{
    Progress,
    sight::{self, Sight},
};
use crate::{
    ask::{Ask, UsageChunk},
    failure::Failure,
    jobs::sequence_number,
    sse::{self, EVENT_LIMIT, Splitter},
};

/// A stream that passes. OpenAI's usage chunk is left out if the client did not ask for it.
#[derive(Debug)]
pub(crate) struct Passing {
    endpoint: Endpoint,
    splitter: Splitter,
    usage: StreamUsage,
    usage_chunk: UsageChunk,
    input_estimate: u64,
    progress: Progress,
    /// The last event that passed, of responses.
    last: Bytes,
}

impl Passing {
    pub(super) fn new(ask: &Ask<'_>, usage_chunk: UsageChunk) -> Self {
        Self {
            endpoint: ask.caller.endpoint,
            splitter: Splitter::new(EVENT_LIMIT),
            usage: StreamUsage::new(ask.caller.endpoint),
            usage_chunk,
            input_estimate: ask.input_estimate(),
            progress: Progress::Silent,
            last: Bytes::new(),
        }
    }

    pub(super) fn take(&mut self, bytes: Bytes, ready: &mut VecDeque<Bytes>) -> Result<(), Failure> {
        let region = self
            .splitter
            .push(bytes)
            .map_err(|_| Failure::new(Reason::AnswerUnreadable, "event too large"))?;
        let mut pass = |from, to| {
            if from < to {
                ready.push_back(region.slice(from..to));
            }
        };
        let (mut passed, mut end) = (0, 0);
        let mut result = Ok(());
        for event in sse::events(&region) {
            let next = end + event.len();
            match sight::look(event, self.endpoint, &mut self.usage) {
                Ok(Sight::SignOfLife) => {}
                Ok(Sight::Part) => {
                    self.progress = Progress::Begun;
                    if self.endpoint == Endpoint::Responses {
                        self.last = region.slice(end..next);
                    }
                }
                Ok(Sight::UsageChunk) if self.usage_chunk == UsageChunk::Pass => {}
                Ok(Sight::UsageChunk) => {
                    pass(passed, end);
                    passed = next;
                }
                Ok(Sight::Last) => {
                    end = next;
                    self.progress = Progress::Ended;
                    break;
                }
                Ok(Sight::Error(reason)) => result = Err(Failure::new(reason, "error event of the provider")),
                Err(sight::Unreadable) => result = Err(Failure::new(Reason::AnswerUnreadable, "event unreadable")),
            }
            if result.is_err() {
                break;
            }
            end = next;
        }
        pass(passed, end);
        result
    }

    /// A stream of MCP has no last event, so it may just end.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        if self.endpoint == Endpoint::Mcp && self.splitter.is_empty() {
            self.progress = Progress::Ended;
            Ok(())
        } else {
            Err(Failure::new(Reason::ProviderCut, "stream ended before its last event"))
        }
    }

    pub(super) const fn progress(&self) -> Progress {
        self.progress
    }

    /// The number after that of the last event; the first is 0.
    pub(super) fn next_number(&self) -> Option<u64> {
        if self.endpoint != Endpoint::Responses {
            return None;
        }
        if self.last.is_empty() {
            return Some(0);
        }
        sequence_number(&self.last).map(|number| number.saturating_add(1))
    }

    pub(super) fn usage(&self) -> Usage {
        self.usage.finish(self.input_estimate)
    }
}
