use crate::{Host, Piece, Reply, Request, Response, Trailers};

/// A filter with one configuration, shared by all streams of one worker.
pub trait Filter: 'static {
    /// What handles one request and its answer.
    type Stream: Stream;

    /// The filter before it has any configuration; its streams must refuse everything.
    fn unconfigured() -> Self;

    /// Takes a new configuration. It runs on the threads that serve requests, so it borrows rather than builds.
    ///
    /// # Errors
    /// A sentence for the operator's log, if the configuration cannot be used; the previous one then stays in force.
    fn configure(&mut self, host: &dyn Host, configuration: &[u8]) -> Result<(), String>;

    /// A handler for a new request.
    fn stream(&self) -> Self::Stream;
}

/// One request and its answer.
///
/// Methods are called in the order of declaration, each at most once except [`Stream::response_chunk`] and
/// [`Stream::response_piece`]. After a reply of its own, or after [`PieceFlow::End`], a stream only sees
/// [`Stream::done`].
pub trait Stream: 'static {
    /// The request's headers are there. With [`Flow::Pause`] nothing goes on until [`Stream::request_complete`].
    fn request_headers(&mut self, request: &Request<'_>) -> Flow;

    /// The whole body is there and the headers are still held. Called only after [`Flow::Pause`], even if the body is
    /// empty. Pausing here again would hang the request, so it counts as [`Flow::Continue`].
    fn request_complete(&mut self, request: &Request<'_>) -> Flow {
        let _ = request;
        Flow::Continue
    }

    /// The answer's headers are there. The answer may be one that Envoy or a later filter made.
    fn response_headers(&mut self, response: &Response<'_>) -> AnswerFlow {
        let _ = response;
        AnswerFlow::Pass
    }

    /// A piece of an answer that flows on; called only after [`AnswerFlow::Watch`].
    fn response_chunk(&mut self, chunk: &[u8]) {
        let _ = chunk;
    }

    /// A piece of an answer that is rewritten as it flows; called only after [`AnswerFlow::Rewrite`]. Where pieces begin
    /// and end says nothing. The last one may be empty; there is no last one if the answer ends with trailers.
    fn response_piece(&mut self, piece: &Piece<'_>) -> PieceFlow {
        let _ = piece;
        PieceFlow::Pass
    }

    /// The whole answer is there and its headers are still held. Called only after [`AnswerFlow::Hold`], even if the
    /// body is empty. A reply takes its place as with [`AnswerFlow::Replace`]; changing headers and body where they are
    /// is better, as the filters before this one then see it.
    fn response_complete(&mut self, response: &Response<'_>) -> Flow {
        let _ = response;
        Flow::Continue
    }

    /// The answer ends with trailers. Its body can no longer be changed.
    fn response_trailers(&mut self, trailers: &Trailers<'_>) {
        let _ = trailers;
    }

    /// The request is over, however it ended. Called exactly once. The access log is written by then.
    fn done(&mut self, host: &dyn Host) {
        let _ = host;
    }
}

/// One request of a filter that judges by headers alone, and sees nothing else of the exchange: Envoy calls its module
/// for the headers and for nothing after them.
pub trait Gate: 'static {
    /// The request's headers are there.
    ///
    /// # Errors
    /// The reply that refuses it.
    fn judge(&mut self, request: &Request<'_>) -> Result<(), Box<Reply>>;
}

/// A [`Gate`] as a stream. Whatever can wait for a body or change an answer is out of its reach.
#[derive(Debug)]
pub struct Gated<G>(pub G);

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Flow {
    /// It goes on to the next filter.
    Continue,
    /// It waits for its body.
    Pause,
    /// It is answered here.
    Reply(Box<Reply>),
}

/// What becomes of an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum AnswerFlow {
    /// It goes on to the client, unseen.
    Pass,
    /// It goes on to the client, and the stream sees each piece.
    Watch,
    /// It goes on to the client as the stream rewrites it, piece by piece. `content-length` must have been removed.
    Rewrite,
    /// It waits until it is whole. Above Envoy's buffer limit Envoy answers 500 instead.
    Hold,
    /// Another answer takes its place. The filters between this one and the client do not see it.
    Replace(Box<Reply>),
}

/// Whether more of a message may follow a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It may.
    Middle,
    /// It is the last.
    Last,
}

/// What becomes of a piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PieceFlow {
    /// It goes on as it came.
    Pass,
    /// These bytes go on in its place.
    Replace(Vec<u8>),
    /// These bytes go on in its place, and nothing after them. Whoever makes the answer is hung up on when they have
    /// left, at the latest after a tenth of a second. To the client the answer breaks off behind them: there is no way to
    /// end it in order.
    End(Vec<u8>),
}

// === impl Gated ===

impl<G: Gate> Stream for Gated<G> {
    fn request_headers(&mut self, request: &Request<'_>) -> Flow {
        match self.0.judge(request) {
            Ok(()) => Flow::Continue,
            Err(reply) => Flow::Reply(reply),
        }
    }
}

// === impl Flow ===

impl Flow {
    /// Answers the request here.
    #[must_use]
    pub fn reply(reply: Reply) -> Self {
        Self::Reply(Box::new(reply))
    }
}
