//! The body of every response of the forwarder.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tokio::sync::mpsc;

use crate::{cache::Replay, late::Late, stream::EventStream};

/// An answer: whole, or events as they arrive. Either ends properly, so that nothing can fail any more.
#[derive(Debug)]
pub(crate) enum Answer {
    Whole(Full<Bytes>),
    Stream(Box<EventStream>),
    /// Comments, until the first event arrives.
    Late(Box<Late>),
    /// A stream of before.
    Replay(Box<Replay>),
    /// Of a job.
    Followed(mpsc::Receiver<Bytes>),
}

impl Answer {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self::Whole(Full::new(bytes))
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body).poll_frame(context),
            Self::Stream(stream) => stream.poll_next(context).map(|frame| frame.map(Ok)),
            Self::Late(late) => late.poll_next(context).map(|frame| frame.map(Ok)),
            Self::Replay(replay) => Poll::Ready(replay.next().map(Ok)),
            Self::Followed(events) => events
                .poll_recv(context)
                .map(|event| event.map(|event| Ok(Frame::data(event)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Stream(_) | Self::Late(_) | Self::Replay(_) | Self::Followed(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Stream(_) | Self::Late(_) | Self::Replay(_) | Self::Followed(_) => SizeHint::default(),
        }
    }
}
