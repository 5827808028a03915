//! What a client asks for, read once. Every attempt makes its own request from it.

use std::{sync::Arc, time::Duration};

use bartizan_verdict::Endpoint;
use bartizan_wire::RequestFacts;
use bytes::Bytes;
use http::HeaderMap;

use crate::{exchange::Caller, lanes::Lane};

/// One request of a client, for as long as attempts are made to answer it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) caller: &'a Arc<Caller>,
    /// Where it is answered, and with whose connections.
    pub(crate) lane: Lane,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    /// What the body says; `None` for MCP, whose messages are passed on unread.
    pub(crate) facts: Option<&'a RequestFacts<'a>>,
    pub(crate) delivery: Delivery,
    /// The largest whole answer, in bytes.
    pub(crate) max_answer_bytes: usize,
    /// How long a stream may be silent before the client gets a comment.
    pub(crate) keep_alive: Duration,
}

/// How the client wants its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Stream(UsageChunk),
    /// Either, as an MCP server chooses.
    AsTheyLike,
}

/// What becomes of the usage chunk of OpenAI's dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsageChunk {
    /// The client asked for it, or the dialect has none.
    Pass,
    /// We asked for it.
    Remove,
}

// === impl Ask ===

impl Ask<'_> {
    /// Tokens of the request, should the provider not count them.
    pub(crate) fn input_estimate(&self) -> u64 {
        self.facts.map_or(0, RequestFacts::input_estimate)
    }
}

// === impl Delivery ===

impl Delivery {
    pub(crate) fn of(facts: &RequestFacts<'_>, endpoint: Endpoint) -> Self {
        match (endpoint, facts.stream) {
            (Endpoint::ChatCompletions, true) if !facts.wants_usage() => Self::Stream(UsageChunk::Remove),
            (Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Messages, true) => {
                Self::Stream(UsageChunk::Pass)
            }
            (_, _) => Self::Whole,
        }
    }
}
