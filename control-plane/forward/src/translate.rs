//! Between the dialect of the client and the format of a provider; all that depends on both is here.
//!
//! 1. [`uri`] tells whether and where a provider takes an endpoint's requests.
//! 2. [`request`] makes the provider's request of the client's.
//! 3. [`answer`] makes the client's answer of a provider's whole one, and [`Events`] does so event by event.

use std::collections::VecDeque;

use bartizan_verdict::{Endpoint, Reason};
use bartizan_wire::{
    json::{Reader, Token},
    usage::{self, StreamUsage, Usage},
};
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::Full;

mod event;
mod request;

use self::event::Sight;
use crate::{
    ask::{Ask, UsageChunk},
    failure::Failure,
    provider::Provider,
    route::Candidate,
    sse,
};

/// A stream on its way from the provider's format to the client's.
#[derive(Debug)]
pub(crate) struct Events {
    endpoint: Endpoint,
    usage: StreamUsage,
    usage_chunk: UsageChunk,
    input_estimate: u64,
    progress: Progress,
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

/// Where requests to an endpoint of ours go at a provider; `None` if it does not serve them.
pub(crate) fn uri(provider: &Provider, endpoint: Endpoint) -> Option<&Uri> {
    provider.uri(endpoint)
}

/// The request to send to a candidate.
///
/// # Errors
/// When the candidate does not serve what is asked for.
pub(crate) fn request(ask: &Ask<'_>, candidate: &Candidate) -> Result<Request<Full<Bytes>>, Failure> {
    let Some(uri) = uri(&candidate.provider, ask.caller.endpoint) else {
        return Err(Failure::new(
            Reason::UnknownModel,
            "the model does not serve this endpoint",
        ));
    };
    let body = request::body(ask, &candidate.upstream_model);
    Ok(request::request(ask, candidate, uri, body))
}

/// The client's answer, and what it used.
///
/// # Errors
/// When the provider's answer is none.
pub(crate) fn answer(ask: &Ask<'_>, body: Bytes) -> Result<(Bytes, Usage), Failure> {
    let endpoint = ask.caller.endpoint;
    if !is_answer(&body, endpoint) {
        return Err(Failure::new(
            Reason::AnswerUnreadable,
            "the answer is not a JSON object",
        ));
    }
    let usage = usage::from_answer(endpoint, &body).unwrap_or_else(|| {
        let output = usage::estimate(u64::try_from(body.len()).unwrap_or(u64::MAX));
        Usage::estimated(ask.input_estimate(), output)
    });
    Ok((body, usage))
}

// === impl Events ===

impl Events {
    pub(crate) fn new(ask: &Ask<'_>, usage_chunk: UsageChunk) -> Self {
        Self {
            endpoint: ask.caller.endpoint,
            usage: StreamUsage::new(ask.caller.endpoint),
            usage_chunk,
            input_estimate: ask.input_estimate(),
            progress: Progress::Silent,
        }
    }

    /// Takes whole events of the provider, and hands on what the client gets of them, up to the last event. Events
    /// are checked and left as they are; OpenAI's usage chunk is left out if the client did not ask for it.
    ///
    /// # Errors
    /// When an event cannot be read, or tells of a failure. What came before it is handed on.
    pub(crate) fn take(&mut self, region: &Bytes, ready: &mut VecDeque<Bytes>) -> Result<(), Failure> {
        let mut pass = |from, to| {
            if from < to {
                ready.push_back(region.slice(from..to));
            }
        };
        let (mut passed, mut end) = (0, 0);
        let mut result = Ok(());
        for event in sse::events(region) {
            let next = end + event.len();
            match event::look(event, self.endpoint, &mut self.usage) {
                Ok(Sight::SignOfLife) => {}
                Ok(Sight::Part) => self.progress = Progress::Begun,
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
                Err(event::Unreadable) => result = Err(Failure::new(Reason::AnswerUnreadable, "event unreadable")),
            }
            if result.is_err() {
                break;
            }
            end = next;
        }
        pass(passed, end);
        result
    }

    pub(crate) const fn progress(&self) -> Progress {
        self.progress
    }

    /// Whether the stream may end without a last event, as one of MCP does.
    pub(crate) fn may_just_end(&self) -> bool {
        self.endpoint == Endpoint::Mcp
    }

    /// What the stream has used so far.
    pub(crate) fn usage(&self) -> Usage {
        self.usage.finish(self.input_estimate)
    }
}

/// Whether a body is a JSON object; or an array, where that may be an answer.
fn is_answer(body: &[u8], endpoint: Endpoint) -> bool {
    let Ok(mut reader) = Reader::new(body) else {
        return false;
    };
    match reader.read() {
        Ok(Some(Token::ObjectStart)) => {}
        Ok(Some(Token::ArrayStart)) if endpoint == Endpoint::Mcp => {}
        _ => return false,
    }
    loop {
        match reader.read() {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}
