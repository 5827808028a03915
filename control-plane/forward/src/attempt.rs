//! One attempt to have a request answered: at one candidate, from the provider's request to an answer that has begun.
//!
//! An attempt is good when its whole answer is there; or, of a stream, the provider's headers and the first event.
//! Until then nothing has left for the client, so that another attempt can be made.

use bartizan_verdict::{Dialect, Reason};
use bartizan_wire::usage::Usage;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::{
    ask::{Ask, Delivery, UsageChunk},
    failure::Failure,
    header::{MCP_SESSION_ID, PROVIDER_REQUEST_ID, REQUEST_ID, X_AMZN_REQUESTID, X_REQUEST_ID},
    patience::Patience,
    rejection,
    resilience::Said,
    route::Candidate,
    stream::Source,
    translate::{EVENT_STREAM, Reply},
    whole::{self, Incomplete},
};

/// An answer that may go to the client, with its headers.
#[derive(Debug)]
pub(crate) enum Begun {
    Whole(HeaderMap, Bytes, Usage),
    Stream(HeaderMap, Box<Source>),
    /// An MCP server took a message that needs no answer.
    Accepted(HeaderMap),
}

/// A request under way at a candidate.
struct Attempt<'a> {
    ask: &'a Ask<'a>,
    candidate: &'a Candidate,
    reply: Reply,
    patience: Patience,
}

/// Makes an attempt at a candidate, with the request that was made for it, and notes what the provider `said` of our
/// rate. Dropping the future ends it at once.
///
/// # Errors
/// What went wrong before anything could go to the client.
pub(crate) async fn make(
    ask: &Ask<'_>,
    candidate: &Candidate,
    (request, reply): (Request<Full<Bytes>>, Reply),
    began: Instant,
    said: &mut Said,
) -> Result<Begun, Failure> {
    let mut attempt = Attempt {
        ask,
        candidate,
        reply,
        patience: Patience::new(candidate.provider.timeouts(), began),
    };
    let response = attempt.send(request).await?;
    *said = Said::in_headers(response.headers());
    let id = provider_request_id(response.headers());
    let begun = attempt.receive(response).await;
    begun.map_err(|failure| failure.provider_request_id(id))
}

impl Attempt<'_> {
    /// Waits for the headers of the answer.
    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Failure> {
        let client = self.candidate.provider.clients.of(self.ask.lane);
        let response = tokio::select! {
            biased;
            response = client.request(request) => response,
            () = self.patience.spent() => return Err(Failure::timed_out("first-byte or total timeout")),
        };
        response.map_err(|error| Failure::of_call(&error))
    }

    async fn receive(mut self, response: Response<Incoming>) -> Result<Begun, Failure> {
        match self.ask.delivery {
            Delivery::Whole => self.whole(response).await,
            Delivery::AsTheyLike => self.either(response).await,
            Delivery::Stream(_) if response.status() != StatusCode::OK => Err(self.rejected(response).await),
            Delivery::Stream(usage_chunk) => {
                let (headers, mut source) = self.stream(response, usage_chunk)?;
                source.begun().await?;
                Ok(Begun::Stream(headers, Box::new(source)))
            }
        }
    }

    async fn rejected(&mut self, response: Response<Incoming>) -> Failure {
        self.patience.progress();
        rejection::failure(&self.candidate.provider, response, &mut self.patience).await
    }

    async fn whole(&mut self, response: Response<Incoming>) -> Result<Begun, Failure> {
        if response.status() != StatusCode::OK {
            return Err(self.rejected(response).await);
        }
        self.patience.progress();
        let (head, mut body) = checked(response, "application/json")?.into_parts();
        let body = whole::read(&mut body, self.ask.max_answer_bytes, &mut self.patience)
            .await
            .map_err(incomplete)?;
        let (body, usage) = self.reply.answer(self.ask, body)?;
        Ok(Begun::Whole(self.passed_on(head.headers), body, usage))
    }

    /// The answer of an MCP server: whole or a stream, as it likes; or none, to what needs none. A stream is passed on
    /// from its headers on: what a tool does is not done again, so there is nothing to wait for.
    async fn either(mut self, response: Response<Incoming>) -> Result<Begun, Failure> {
        match response.status() {
            StatusCode::ACCEPTED => {
                let mut headers = self.passed_on(response.into_parts().0.headers);
                headers.remove(header::CONTENT_TYPE);
                Ok(Begun::Accepted(headers))
            }
            StatusCode::NOT_FOUND if self.ask.headers.contains_key(MCP_SESSION_ID) => {
                Err(Failure::new(Reason::UnknownSession, "the MCP server answered 404"))
            }
            StatusCode::OK if is_type(response.headers(), EVENT_STREAM) => {
                self.patience.progress();
                let (headers, source) = self.stream(response, UsageChunk::Pass)?;
                Ok(Begun::Stream(headers, Box::new(source)))
            }
            _ => self.whole(response).await,
        }
    }

    fn stream(self, response: Response<Incoming>, usage_chunk: UsageChunk) -> Result<(HeaderMap, Source), Failure> {
        let (head, body) = checked(response, self.reply.stream_type())?.into_parts();
        let mut headers = self.passed_on(head.headers);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
        let events = self.reply.events(self.ask, usage_chunk);
        Ok((headers, Source::new(body, self.patience, events)))
    }

    /// What of a good answer's headers the client gets: the content type, and the provider's id of the request.
    fn passed_on(&self, mut headers: HeaderMap) -> HeaderMap {
        let dialect = self.ask.caller.dialect;
        let content_type = headers.remove(header::CONTENT_TYPE);
        let id = provider_request_id(&headers);
        let session = headers.remove(MCP_SESSION_ID).filter(|_| dialect == Dialect::Mcp);
        headers.clear();
        if let Some(session) = session {
            headers.insert(MCP_SESSION_ID, session);
        }
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, content_type);
        }
        if let Some(id) = id {
            if dialect == Dialect::Anthropic {
                headers.insert(REQUEST_ID, id.clone());
            }
            headers.insert(PROVIDER_REQUEST_ID, id);
        }
        self.reply.tell(&mut headers);
        headers
    }
}

/// An answer of the type that was asked for, in no encoding but its own.
fn checked(response: Response<Incoming>, expected: &str) -> Result<Response<Incoming>, Failure> {
    let headers = response.headers();
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Failure::new(Reason::AnswerUnreadable, "the answer is encoded"));
    }
    if is_type(headers, expected) {
        Ok(response)
    } else {
        Err(Failure::new(
            Reason::AnswerUnreadable,
            "the answer has another content type",
        ))
    }
}

fn is_type(headers: &HeaderMap, expected: &str) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = given.unwrap_or_default().split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case(expected)
}

fn incomplete(cause: Incomplete) -> Failure {
    match cause {
        Incomplete::TooLarge => Failure::new(Reason::AnswerTooLarge, "answer over maxAnswerBytes"),
        Incomplete::Broken => Failure::new(Reason::ProviderCut, "connection broke in the answer"),
        Incomplete::TimedOut => Failure::timed_out("idle or total timeout in the answer"),
    }
}

fn provider_request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let names = [REQUEST_ID, X_REQUEST_ID, X_AMZN_REQUESTID];
    names.iter().find_map(|name| headers.get(name)).cloned()
}
