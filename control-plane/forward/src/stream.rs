//! A streamed answer on its way through: every event leaves when it has arrived, and the end is always a proper one.
//!
//! 1. Bytes of the provider are cut into events; only whole events leave, so that a stream which breaks off can still
//!    be given an error event.
//! 2. Each event becomes what the client gets of it; see [`Events`].
//! 3. When nothing came for a while, a comment leaves.
//! 4. After the dialect's last event, or an error event of ours, a trailer reports the usage.
//!
//! The provider is read only when the client can take more, so a slow client slows the provider. Nothing is held back
//! but the beginning of an event whose end has not arrived.

use std::{
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;

mod source;

use self::source::End;
pub(crate) use self::source::Source;
use crate::{
    exchange::Exchange,
    failure::Failure,
    header::{NO_USAGE, USAGE},
    keep_alive::KeepAlive,
    metering::Charge,
};

/// How long the provider may take to end its answer after the last event, so that the connection can be used again.
/// The client has all it wants and may leave, so the trailer must not wait for long.
const LINGER: Duration = Duration::from_millis(20);

/// The body of a streamed answer.
#[derive(Debug)]
pub(crate) struct EventStream {
    source: Source,
    exchange: Exchange,
    /// What the answer came to, once it is over.
    charge: Option<Charge>,
    keep_alive: KeepAlive,
    phase: Phase,
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
    pub(crate) fn new(source: Source, exchange: Exchange, keep_alive: Duration) -> Self {
        Self {
            source,
            exchange,
            charge: None,
            keep_alive: KeepAlive::new(keep_alive),
            phase: Phase::Reading,
        }
    }

    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        loop {
            // At once, not when its last bytes have left: the client has all it wants then, and may be gone.
            if self.phase == Phase::Reading {
                match self.source.end() {
                    End::Open => {}
                    End::Last => self.finish(),
                    End::Failed(failure) => self.fail(&failure),
                }
            }
            if let Some(bytes) = self.source.ready.pop_front() {
                self.exchange.passes(&bytes);
                self.keep_alive.progress();
                return Poll::Ready(Some(Frame::data(bytes)));
            }
            match self.phase {
                Phase::Reading if self.source.poll_read(context).is_pending() => {
                    let comment = ready!(self.keep_alive.poll(context));
                    return Poll::Ready(Some(Frame::data(comment)));
                }
                Phase::Reading => {}
                Phase::Lingering => {
                    ready!(self.source.poll_linger(context));
                    self.phase = Phase::Ending;
                }
                Phase::Ending => {
                    self.exchange.delivered();
                    self.phase = Phase::Over;
                    return Poll::Ready(Some(Frame::trailers(self.trailers())));
                }
                Phase::Over => return Poll::Ready(None),
            }
        }
    }

    fn finish(&mut self) {
        self.observe_rest();
        self.charge = Some(self.exchange.finish(self.source.usage()));
        self.source.linger(LINGER);
        self.phase = Phase::Lingering;
    }

    fn fail(&mut self, failure: &Failure) {
        self.observe_rest();
        self.charge = Some(self.exchange.fail_after(self.source.usage(), failure));
        let event = failure.event(&self.exchange.caller, self.source.next_number());
        self.source.ready.push_back(event);
        self.phase = Phase::Ending;
    }

    fn observe_rest(&mut self) {
        for events in &self.source.ready {
            self.exchange.observe(events);
        }
    }

    fn trailers(&self) -> HeaderMap {
        let mut trailers = HeaderMap::with_capacity(1);
        trailers.insert(USAGE, self.charge.as_ref().map_or(NO_USAGE, Charge::header));
        trailers
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        // The client left half-way, but what came until then was used.
        if self.phase == Phase::Reading {
            self.exchange.leave(self.source.usage());
        }
    }
}
