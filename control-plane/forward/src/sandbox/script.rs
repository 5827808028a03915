//! A body that is played step by step: send, wait, break.

use std::{
    collections::VecDeque,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::Sleep;

/// What comes next in a body.
#[derive(Debug)]
pub(super) enum Step {
    Send(Bytes),
    Wait(Duration),
    /// The connection breaks here.
    Break,
}

/// The body of an answer of the sandbox.
#[derive(Debug)]
pub(super) struct Script {
    steps: VecDeque<Step>,
    waiting: Option<Pin<Box<Sleep>>>,
    pace: Pace,
}

/// Whether what was sent has to leave before the next step.
#[derive(Debug, PartialEq, Eq)]
enum Pace {
    Ready,
    /// WHY: hyper writes to the network when a body has nothing for it, so one empty turn after every step makes each
    /// event a write of its own, as a model's tokens are.
    Flush,
}

impl Script {
    pub(super) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            waiting: None,
            pace: Pace::Ready,
        }
    }

    pub(super) fn whole(body: Bytes) -> Self {
        Self::new([Step::Send(body)])
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if std::mem::replace(&mut self.pace, Pace::Ready) == Pace::Flush {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            if let Some(sleep) = self.waiting.as_mut() {
                ready!(sleep.as_mut().poll(context));
                self.waiting = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Wait(time)) => self.waiting = Some(Box::pin(tokio::time::sleep(time))),
                Some(Step::Break) => return Poll::Ready(Some(Err(io::ErrorKind::BrokenPipe.into()))),
                Some(Step::Send(bytes)) => {
                    self.pace = Pace::Flush;
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty() && self.waiting.is_none()
    }
}
