//! One call of a provider, from the request to the answer.

use bartizan_verdict::{Dialect, Endpoint, Reason};
use bartizan_wire::{
    json::{Reader, Token},
    usage::{self, Usage},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;

use crate::{
    answer::Answer,
    exchange::Exchange,
    failure::Failure,
    header::{MCP_SESSION_ID, NO_USAGE, PROVIDER_REQUEST_ID, REQUEST_ID, USAGE, X_REQUEST_ID},
    patience::Patience,
    rejection,
    request::Delivery,
    stream::{EventStream, UsageChunk},
    whole::{self, Incomplete},
};

/// What the answer has to keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) delivery: Delivery,
    /// The largest whole answer, in bytes.
    pub(crate) max_answer_bytes: usize,
    /// Tokens of the request, should the provider not count them.
    pub(crate) input_estimate: u64,
}

/// What an MCP server chose to answer with.
enum Either {
    Whole(Response<Answer>),
    Stream(Response<Incoming>),
}

/// A request under way at its provider.
struct Call {
    exchange: Exchange,
    patience: Patience,
    terms: Terms,
    /// Whether the request names a session of MCP.
    names_session: bool,
}

/// Calls the provider of the exchange. Dropping the future, or the answer's body, ends the call at once.
pub(crate) async fn call(exchange: Exchange, request: Request<Full<Bytes>>, terms: Terms) -> Response<Answer> {
    let mut call = Call {
        patience: Patience::new(exchange.provider.timeouts()),
        exchange,
        terms,
        names_session: request.headers().contains_key(MCP_SESSION_ID),
    };
    let response = match call.send(request).await {
        Ok(response) => response,
        Err(failure) => return call.fail(&failure),
    };
    let provider_request_id = provider_request_id(response.headers());
    let result = match terms.delivery {
        Delivery::Whole => call.whole(response).await,
        Delivery::AsTheyLike => match call.either(response).await {
            Ok(Either::Whole(response)) => Ok(response),
            Ok(Either::Stream(response)) => return call.stream(response, UsageChunk::Pass),
            Err(failure) => Err(failure),
        },
        Delivery::Stream(_) if response.status() != StatusCode::OK => Err(call.rejected(response).await),
        Delivery::Stream(usage_chunk) => match checked(response, "text/event-stream") {
            Ok(response) => return call.stream(response, usage_chunk),
            Err(failure) => Err(failure),
        },
    };
    match result {
        Ok(response) => response,
        Err(failure) => call.fail(&failure.provider_request_id(provider_request_id)),
    }
}

impl Call {
    /// Waits for the headers of the answer.
    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Failure> {
        let response = tokio::select! {
            biased;
            response = self.exchange.provider.client.request(request) => response,
            () = self.patience.spent() => return Err(Failure::timed_out("first-byte or total timeout")),
        };
        self.patience.progress();
        response.map_err(|error| Failure::of_call(&error))
    }

    async fn rejected(&mut self, response: Response<Incoming>) -> Failure {
        rejection::failure(&self.exchange.provider, response, &mut self.patience).await
    }

    async fn whole(&mut self, response: Response<Incoming>) -> Result<Response<Answer>, Failure> {
        if response.status() != StatusCode::OK {
            return Err(self.rejected(response).await);
        }
        let (head, mut body) = checked(response, "application/json")?.into_parts();
        let body = whole::read(&mut body, self.terms.max_answer_bytes, &mut self.patience)
            .await
            .map_err(incomplete)?;
        let (endpoint, dialect) = (self.exchange.caller.endpoint, self.exchange.caller.dialect);
        if !is_answer(&body, endpoint) {
            return Err(Failure::new(
                Reason::AnswerUnreadable,
                "the answer is not a JSON object",
            ));
        }
        let usage = usage::from_answer(endpoint, &body).unwrap_or_else(|| {
            let output = usage::estimate(u64::try_from(body.len()).unwrap_or(u64::MAX));
            Usage::estimated(self.terms.input_estimate, output)
        });
        self.exchange.finish(usage);
        let mut headers = passed_on(head.headers, dialect);
        headers.insert(USAGE, HeaderValue::try_from(usage.to_string()).unwrap_or(NO_USAGE));
        Ok(respond(headers, Answer::whole(body)))
    }

    /// The answer of an MCP server: whole or a stream, as it likes; or none, to what needs none.
    async fn either(&mut self, response: Response<Incoming>) -> Result<Either, Failure> {
        match response.status() {
            StatusCode::ACCEPTED => {
                self.exchange.finish(Usage::reported(0, 0));
                let mut headers = passed_on(response.into_parts().0.headers, Dialect::Mcp);
                headers.remove(header::CONTENT_TYPE);
                headers.insert(USAGE, NO_USAGE);
                let mut accepted = respond(headers, Answer::whole(Bytes::new()));
                *accepted.status_mut() = StatusCode::ACCEPTED;
                Ok(Either::Whole(accepted))
            }
            StatusCode::NOT_FOUND if self.names_session => {
                Err(Failure::new(Reason::UnknownSession, "the MCP server answered 404"))
            }
            StatusCode::OK if is_type(response.headers(), "text/event-stream") => {
                checked(response, "text/event-stream").map(Either::Stream)
            }
            _ => self.whole(response).await.map(Either::Whole),
        }
    }

    fn stream(self, response: Response<Incoming>, usage_chunk: UsageChunk) -> Response<Answer> {
        let (head, body) = response.into_parts();
        let headers = passed_on(head.headers, self.exchange.caller.dialect);
        let stream = EventStream::new(
            body,
            self.patience,
            self.exchange,
            usage_chunk,
            self.terms.input_estimate,
        );
        respond(headers, Answer::Stream(Box::new(stream)))
    }

    fn fail(mut self, failure: &Failure) -> Response<Answer> {
        self.exchange.fail(failure);
        failure.response(&self.exchange.caller)
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

/// What of a good answer's headers the client gets: the content type, and the provider's id of the request.
fn passed_on(mut headers: HeaderMap, dialect: Dialect) -> HeaderMap {
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
    headers
}

fn provider_request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(REQUEST_ID).or_else(|| headers.get(X_REQUEST_ID)).cloned()
}

fn respond(headers: HeaderMap, answer: Answer) -> Response<Answer> {
    let mut response = Response::new(answer);
    *response.headers_mut() = headers;
    response
}
