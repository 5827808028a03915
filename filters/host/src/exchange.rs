//! From the ABI's callbacks to the calls of a [`Stream`], the same under Envoy and in tests.
//!
//! What each callback means, and what Envoy is told to do (Envoy 1.40, `allow_on_headers_stop_iteration: true`):
//!
//! | callback | while the request is held | otherwise |
//! |---|---|---|
//! | request headers, end of stream | complete at once | go on |
//! | request body, more to come | stay held; the host keeps the bytes | go on |
//! | request body, end of stream | complete | go on |
//! | request trailers | complete: no end of stream ever comes | go on |
//!
//! Answers are treated alike. Sizes the ABI reports are not used: held, they are cumulative, flowing, they are not.

use crate::{
    AnswerFlow, BodyFollows, Flow, Host, Piece, PieceFlow, Place, Request, Response, Stream, Trailers,
    traffic::{Body, Map, Traffic},
};

/// Whether a callback's piece is the last one of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Yes,
    No,
}

/// What Envoy is told to do with the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Continue,
    Pause,
}

/// Both sides at once of what the callbacks of one stream may call.
pub(crate) trait Side: Host + Traffic {
    fn host(&self) -> &dyn Host;
    fn traffic(&self) -> &dyn Traffic;
}

impl<S: Host + Traffic> Side for S {
    fn host(&self) -> &dyn Host {
        self
    }

    fn traffic(&self) -> &dyn Traffic {
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Passing,
    Watched,
    Rewritten,
    Held,
    /// Its last bytes are on their way; whoever makes it is to be hung up on.
    Ended,
    /// It has bytes that must not leave: nothing leaves any more. Whoever makes it is to be hung up on.
    Stuck,
}

/// One stream and where it is at.
#[derive(Debug)]
pub(crate) struct Driver<S> {
    stream: S,
    request_held: bool,
    answer: Answer,
    replied: bool,
}

impl<S: Stream> Driver<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            request_held: false,
            answer: Answer::Passing,
            replied: false,
        }
    }

    pub(crate) fn request_headers(&mut self, side: &dyn Side, end: End) -> Action {
        let flow = self.stream.request_headers(&request(side, end));
        match (flow, end) {
            (Flow::Continue, _) => Action::Continue,
            (Flow::Pause, End::No) => {
                self.request_held = true;
                Action::Pause
            }
            (Flow::Pause, End::Yes) => self.request_complete(side),
            (Flow::Reply(reply), _) => {
                self.send(side, &reply);
                Action::Pause
            }
        }
    }

    pub(crate) fn request_body(&mut self, side: &dyn Side, end: End) -> Action {
        match (self.request_held, end) {
            // After a reply Envoy drops what still arrives.
            _ if self.replied => Action::Pause,
            (false, _) => Action::Continue,
            (true, End::No) => Action::Pause,
            (true, End::Yes) => self.request_complete(side),
        }
    }

    pub(crate) fn request_trailers(&mut self, side: &dyn Side) -> Action {
        self.request_body(side, End::Yes)
    }

    pub(crate) fn response_headers(&mut self, side: &dyn Side, end: End) -> Action {
        if self.replied {
            return Action::Continue;
        }
        match (self.stream.response_headers(&response(side, end)), end) {
            (AnswerFlow::Pass, _) => Action::Continue,
            (AnswerFlow::Watch, _) => {
                self.answer = Answer::Watched;
                Action::Continue
            }
            (AnswerFlow::Rewrite, _) => {
                self.answer = Answer::Rewritten;
                Action::Continue
            }
            (AnswerFlow::Hold, End::No) => {
                self.answer = Answer::Held;
                Action::Pause
            }
            (AnswerFlow::Hold, End::Yes) => self.response_complete(side, End::Yes),
            (AnswerFlow::Replace(reply), _) => {
                self.send(side, &reply);
                Action::Pause
            }
        }
    }

    pub(crate) fn response_body(&mut self, side: &dyn Side, end: End) -> Action {
        if self.replied {
            return Action::Continue;
        }
        match (self.answer, end) {
            (Answer::Passing, _) => Action::Continue,
            (Answer::Watched, _) => {
                if let Ok(chunk) = side.body(Body::Response) {
                    self.stream.response_chunk(&chunk);
                }
                Action::Continue
            }
            (Answer::Rewritten, _) => self.rewrite(side, end),
            (Answer::Held, End::No) => Action::Pause,
            (Answer::Held, End::Yes) => self.response_complete(side, End::No),
            (Answer::Ended, _) => {
                // The last bytes have left with an earlier callback.
                let replaced = side.replace_body(Body::Response, &[]);
                self.unless_stuck(replaced.is_ok())
            }
            (Answer::Stuck, _) => Action::Pause,
        }
    }

    fn rewrite(&mut self, side: &dyn Side, end: End) -> Action {
        let place = match end {
            End::Yes => Place::Last,
            End::No => Place::Middle,
        };
        let flow = match side.body(Body::Response) {
            Ok(bytes) => self.stream.response_piece(&Piece {
                host: side.host(),
                traffic: side.traffic(),
                bytes: &bytes,
                place,
            }),
            // What cannot be seen must not pass.
            Err(_) => PieceFlow::End(Vec::new()),
        };
        let replaced = match flow {
            PieceFlow::Pass => return Action::Continue,
            PieceFlow::Replace(bytes) => side.replace_body(Body::Response, &bytes),
            PieceFlow::End(bytes) => {
                self.answer = match end {
                    End::Yes => Answer::Passing,
                    End::No => Answer::Ended,
                };
                side.replace_body(Body::Response, &bytes)
            }
        };
        self.unless_stuck(replaced.is_ok())
    }

    /// Goes on, unless what must not leave could not be replaced.
    fn unless_stuck(&mut self, is_replaced: bool) -> Action {
        if is_replaced {
            return Action::Continue;
        }
        self.answer = Answer::Stuck;
        Action::Pause
    }

    /// Whether the answer is to be broken off when its last bytes have left.
    ///
    /// WHY not in a callback of its body: the bytes it was given would be lost, and Envoy 1.40 goes on encoding the
    /// reset stream of an HTTP/2 connection, and crashes.
    pub(crate) fn is_ended(&self) -> bool {
        matches!(self.answer, Answer::Ended | Answer::Stuck)
    }

    pub(crate) fn response_trailers(&mut self, side: &dyn Side) -> Action {
        if self.replied {
            return Action::Continue;
        }
        let held = self.answer == Answer::Held && self.response_complete(side, End::No) == Action::Pause;
        if held || self.answer == Answer::Stuck {
            return Action::Pause;
        }
        if self.answer != Answer::Ended
            && let Ok(trailers) = side.headers(Map::ResponseTrailers)
        {
            self.stream.response_trailers(&Trailers {
                host: side.host(),
                traffic: side.traffic(),
                trailers,
            });
        }
        Action::Continue
    }

    pub(crate) fn done(&mut self, host: &dyn Host) {
        self.stream.done(host);
    }

    fn request_complete(&mut self, side: &dyn Side) -> Action {
        self.request_held = false;
        match self.stream.request_complete(&request(side, End::No)) {
            Flow::Continue | Flow::Pause => Action::Continue,
            Flow::Reply(reply) => {
                self.send(side, &reply);
                Action::Pause
            }
        }
    }

    fn response_complete(&mut self, side: &dyn Side, end: End) -> Action {
        self.answer = Answer::Passing;
        match self.stream.response_complete(&response(side, end)) {
            Flow::Continue | Flow::Pause => Action::Continue,
            Flow::Reply(reply) => {
                self.send(side, &reply);
                Action::Pause
            }
        }
    }

    /// INVARIANT: at most once a stream; Envoy refuses a second reply, and the SDK panics on the refusal.
    fn send(&mut self, side: &dyn Side, reply: &crate::Reply) {
        if !self.replied {
            self.replied = true;
            side.send_reply(reply);
        }
    }
}

fn request(side: &dyn Side, end: End) -> Request<'_> {
    Request {
        host: side.host(),
        traffic: side.traffic(),
        body_follows: follows(end),
    }
}

fn response(side: &dyn Side, end: End) -> Response<'_> {
    Response {
        host: side.host(),
        traffic: side.traffic(),
        body_follows: follows(end),
    }
}

fn follows(end: End) -> BodyFollows {
    match end {
        End::Yes => BodyFollows::No,
        End::No => BodyFollows::Yes,
    }
}
