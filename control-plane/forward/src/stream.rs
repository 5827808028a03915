//! A streamed answer on its way through: every event leaves when it has arrived, and the end is always a proper one.
//!
//! 1. Bytes of the provider are cut into events; only whole events leave, so that a stream which breaks off can still
//!    be given an error event.
//! 2. Each event is looked at: is it JSON, does it report usage, is it the last? Its bytes are not changed. One event
//!    may be left out: OpenAI's usage chunk, if we asked for it and the client did not.
//! 3. After the dialect's last event, or an error event of ours, a trailer reports the usage.
//!
//! The provider is read only when the client can take more, so a slow client slows the provider. Nothing is held back
//! but the beginning of an event whose end has not arrived.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bartizan_verdict::{Endpoint, Reason};
use bartizan_wire::usage::StreamUsage;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame};
use hyper::body::Incoming;

mod event;
mod split;

use self::{event::Sight, split::Splitter};
use crate::{
    exchange::Exchange,
    failure::Failure,
    header::{NO_USAGE, USAGE},
    patience::Patience,
};

/// The largest event that is taken from a provider.
const EVENT_LIMIT: usize = 1 << 20;
/// How long the provider may take to end its answer after the last event, so that the connection can be used again.
/// The client has all it wants and may leave, so the trailer must not wait for long.
const LINGER: Duration = Duration::from_millis(20);

/// What becomes of the usage chunk of OpenAI's dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsageChunk {
    /// The client asked for it, or the dialect has none.
    Pass,
    /// We asked for it.
    Remove,
}

/// The body of a streamed answer.
#[derive(Debug)]
pub(crate) struct EventStream {
    provider: Incoming,
    patience: Patience,
    exchange: Exchange,
    splitter: Splitter,
    usage: StreamUsage,
    usage_chunk: UsageChunk,
    input_estimate: u64,
    ready: VecDeque<Bytes>,
    phase: Phase,
    wait: Wait,
}

/// Whose turn it is. Only the provider's silence counts: a client that takes its time is not the provider's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    Client,
    Provider,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Events are coming in.
    Reading,
    /// The last event came in; the provider is given a moment to end its answer.
    Lingering,
    /// Only the trailer is left to send.
    Ending,
    Over,
}

impl EventStream {
    pub(crate) fn new(
        provider: Incoming,
        patience: Patience,
        exchange: Exchange,
        usage_chunk: UsageChunk,
        input_estimate: u64,
    ) -> Self {
        Self {
            usage: StreamUsage::new(exchange.caller.endpoint),
            provider,
            patience,
            exchange,
            splitter: Splitter::new(EVENT_LIMIT),
            usage_chunk,
            input_estimate,
            ready: VecDeque::new(),
            phase: Phase::Reading,
            wait: Wait::Client,
        }
    }

    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Poll::Ready(Some(Frame::data(bytes)));
            }
            match self.phase {
                Phase::Reading => ready!(self.poll_read(context)),
                Phase::Lingering => ready!(self.poll_linger(context)),
                Phase::Ending => {
                    self.phase = Phase::Over;
                    return Poll::Ready(Some(Frame::trailers(self.trailers())));
                }
                Phase::Over => return Poll::Ready(None),
            }
        }
    }

    /// Takes one part of the provider's answer.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match Pin::new(&mut self.provider).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                self.wait = Wait::Client;
                if let Ok(bytes) = frame.into_data() {
                    self.take(bytes);
                }
            }
            Poll::Ready(Some(Err(_))) => {
                self.fail(&Failure::new(Reason::ProviderCut, "connection broke in the stream"))
            }
            // A stream of MCP has no last event.
            Poll::Ready(None) if self.exchange.caller.endpoint == Endpoint::Mcp && self.splitter.is_empty() => {
                self.finish();
            }
            Poll::Ready(None) => self.fail(&Failure::new(Reason::ProviderCut, "stream ended before its last event")),
            Poll::Pending => {
                if std::mem::replace(&mut self.wait, Wait::Provider) == Wait::Client {
                    self.patience.progress();
                }
                ready!(self.patience.poll_spent(context));
                self.fail(&Failure::timed_out("idle or total timeout in the stream"));
            }
        }
        Poll::Ready(())
    }

    /// Waits for the provider to end its answer, which frees its connection for the next request.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if Pin::new(&mut self.provider).poll_frame(context).is_pending() {
            ready!(self.patience.poll_spent(context));
        }
        self.phase = Phase::Ending;
        Poll::Ready(())
    }

    fn take(&mut self, bytes: Bytes) {
        let Ok(region) = self.splitter.push(bytes) else {
            return self.fail(&Failure::new(Reason::AnswerUnreadable, "event too large"));
        };
        let (mut passed, mut end) = (0, 0);
        let mut failure = None;
        for event in split::events(&region) {
            let next = end + event.len();
            match event::look(event, self.exchange.caller.endpoint, &mut self.usage) {
                Ok(Sight::Part) => {}
                Ok(Sight::UsageChunk) if self.usage_chunk == UsageChunk::Pass => {}
                Ok(Sight::UsageChunk) => {
                    self.pass(region.slice(passed..end));
                    passed = next;
                }
                Ok(Sight::Last) => {
                    end = next;
                    self.finish();
                    break;
                }
                Ok(Sight::Error(reason)) => failure = Some(Failure::new(reason, "error event of the provider")),
                Err(event::Unreadable) => failure = Some(Failure::new(Reason::AnswerUnreadable, "event unreadable")),
            }
            if failure.is_some() {
                break;
            }
            end = next;
        }
        self.pass(region.slice(passed..end));
        if let Some(failure) = failure {
            self.fail(&failure);
        }
    }

    fn pass(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.ready.push_back(bytes);
        }
    }

    fn finish(&mut self) {
        self.exchange.finish(self.usage.finish(self.input_estimate));
        self.patience.wait_for(LINGER);
        self.phase = Phase::Lingering;
    }

    fn fail(&mut self, failure: &Failure) {
        self.exchange
            .fail_after(self.usage.finish(self.input_estimate), failure);
        self.ready.push_back(failure.event(&self.exchange.caller));
        self.phase = Phase::Ending;
    }

    fn trailers(&self) -> HeaderMap {
        let usage = self.usage.finish(self.input_estimate).to_string();
        let mut trailers = HeaderMap::with_capacity(1);
        trailers.insert(USAGE, HeaderValue::try_from(usage).unwrap_or(NO_USAGE));
        trailers
    }
}
