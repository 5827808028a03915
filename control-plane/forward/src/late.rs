//! Streams whose first event is long in coming.
//!
//! Until the first event of a stream nothing leaves for the client, so that another attempt can be made. Somebody on the
//! way may take that silence for death; so after a while the headers leave, and comments follow. Attempts go on: what
//! has left is no part of any answer. What goes wrong now is told by an error event, as the status is said already.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, header};
use http_body::Frame;
use tokio::time::sleep;

use crate::{
    answer::Answer,
    exchange::Caller,
    failure::Failure,
    header::{NO_USAGE, USAGE},
    keep_alive::KeepAlive,
    stream::EventStream,
};

/// A request that is being answered.
pub(crate) type Calling = Pin<Box<dyn Future<Output = Result<Response<Answer>, Failure>> + Send>>;

/// Whether a request turned out to ask for a stream that somebody can give.
#[derive(Clone, Debug, Default)]
pub(crate) struct AsksForStream(Arc<AtomicBool>);

/// The body of an answer that has not begun.
pub(crate) struct Late {
    state: State,
    keep_alive: KeepAlive,
    caller: Arc<Caller>,
    /// What was to be in the headers, which have left: it is in the trailers.
    headers: HeaderMap,
}

enum State {
    Waiting(Calling),
    Begun(Box<EventStream>),
    /// Only the trailer is left to send.
    Ending,
    Over,
}

/// Waits for an answer; of a stream, no longer than the `interval` of comments.
///
/// # Errors
/// When the request is refused before anybody was asked.
pub(crate) async fn answer(
    mut calling: Calling,
    asks: AsksForStream,
    interval: Duration,
    caller: &Arc<Caller>,
) -> Result<Response<Answer>, Failure> {
    tokio::select! {
        biased;
        answered = &mut calling => return answered,
        () = sleep(interval) => {}
    }
    if !asks.0.load(Ordering::Relaxed) {
        return calling.await;
    }
    let late = Late {
        state: State::Waiting(calling),
        keep_alive: KeepAlive::overdue(interval),
        caller: Arc::clone(caller),
        headers: HeaderMap::new(),
    };
    let mut response = Response::new(Answer::Late(Box::new(late)));
    let event_stream = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, event_stream);
    Ok(response)
}

impl AsksForStream {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Late {
    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        loop {
            match &mut self.state {
                State::Waiting(calling) => match calling.as_mut().poll(context) {
                    Poll::Ready(answered) => {
                        if let Some(event) = self.begin(answered) {
                            return Poll::Ready(Some(Frame::data(event)));
                        }
                    }
                    Poll::Pending => {
                        let comment = ready!(self.keep_alive.poll(context));
                        return Poll::Ready(Some(Frame::data(comment)));
                    }
                },
                State::Begun(stream) => {
                    let mut frame = ready!(stream.poll_next(context));
                    if let Some(trailers) = frame.as_mut().and_then(Frame::trailers_mut) {
                        trailers.extend(std::mem::take(&mut self.headers));
                    }
                    return Poll::Ready(frame);
                }
                State::Ending => {
                    self.state = State::Over;
                    let trailers = HeaderMap::from_iter([(USAGE, NO_USAGE)]);
                    return Poll::Ready(Some(Frame::trailers(trailers)));
                }
                State::Over => return Poll::Ready(None),
            }
        }
    }

    /// Goes on with the answer; returns the event that tells of a failure.
    fn begin(&mut self, answered: Result<Response<Answer>, Failure>) -> Option<Bytes> {
        let failure = match answered {
            Ok(mut response) => {
                let failure = response.extensions_mut().remove::<Failure>();
                self.headers = std::mem::take(response.headers_mut());
                self.headers.remove(header::CONTENT_TYPE);
                match response.into_body() {
                    Answer::Stream(stream) => {
                        self.state = State::Begun(stream);
                        return None;
                    }
                    // A kept stream is there before it is known that a stream is asked for, so it is never late.
                    Answer::Whole(_) | Answer::Late(_) | Answer::Replay(_) | Answer::Followed(_) => failure,
                }
            }
            Err(failure) => Some(failure),
        };
        self.state = State::Ending;
        failure.map(|failure| failure.event(&self.caller, Some(0)))
    }
}

impl std::fmt::Debug for Late {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Late").finish_non_exhaustive()
    }
}
