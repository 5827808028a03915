use std::collections::VecDeque;

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;

use crate::{
    header::{NO_USAGE, USAGE},
    sse,
};

/// A kept stream, event by event, then the trailer.
#[derive(Debug)]
pub(crate) struct Replay {
    events: VecDeque<Bytes>,
    trailers: Option<HeaderMap>,
}

impl Replay {
    pub(super) fn new(body: &Bytes) -> Self {
        let events = sse::events(body).map(|event| body.slice_ref(event)).collect();
        let mut trailers = HeaderMap::with_capacity(1);
        trailers.insert(USAGE, NO_USAGE);
        Self {
            events,
            trailers: Some(trailers),
        }
    }

    pub(crate) fn next(&mut self) -> Option<Frame<Bytes>> {
        match self.events.pop_front() {
            Some(event) => Some(Frame::data(event)),
            None => self.trailers.take().map(Frame::trailers),
        }
    }
}
