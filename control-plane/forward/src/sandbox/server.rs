//! The HTTP side of the sandbox: who may ask, and how an answer is delivered.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use bartizan_platform::{secret::Secret, tasks::Tasks};
use bartizan_verdict::{Dialect, Endpoint};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::net::TcpListener;

use super::{
    ENDPOINTS,
    ask::{Ask, Delivery},
    behaviour::{Behaviour, EVENT_DELAY, FIRST_TOKEN_DELAY, RETRY_AFTER},
    chat, embeddings, mcp, messages,
    reply::Reply,
    responses,
    script::{Script, Step},
};

/// The largest request body that is read.
const BODY_LIMIT: usize = 64 << 20;
/// Parts of a whole answer of `sandbox-slow-stream`.
const SLOW_PARTS: usize = 10;

/// What tells one answer from the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    /// Counts answers from 1.
    pub(super) number: u64,
    /// Now, in seconds since 1970.
    pub(super) seconds: u64,
}

#[derive(Debug)]
struct Desk {
    key: Secret<String>,
    answered: AtomicU64,
}

/// Answers connections until it is dropped.
pub(super) async fn serve(listener: TcpListener, key: Secret<String>) {
    let desk = Arc::new(Desk {
        key,
        answered: AtomicU64::new(0),
    });
    let mut connections = Tasks::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Without this, small writes of a stream wait for the peer's acknowledgement.
                    let _ = stream.set_nodelay(true);
                    let desk = Arc::clone(&desk);
                    connections.spawn("sandbox connection", async move {
                        let service = service_fn(move |request| answer(Arc::clone(&desk), request));
                        // A connection that breaks is the client's affair, and often the purpose.
                        let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
                    });
                }
                Err(error) => tracing::warn!(%error, "sandbox cannot accept a connection"),
            },
            Some(_) = connections.ended() => {}
        }
    }
}

async fn answer(desk: Arc<Desk>, request: Request<Incoming>) -> Result<Response<Script>, Infallible> {
    let path = request.uri().path();
    let found = ENDPOINTS.into_iter().find(|(place, _)| *place == path);
    let Some((_, endpoint)) = found.filter(|_| request.method() == Method::POST) else {
        return Ok(refusal(Dialect::OpenAi, StatusCode::NOT_FOUND, "nothing at this path"));
    };
    let dialect = endpoint.dialect().unwrap_or(Dialect::OpenAi);
    if !desk.admits(&request) {
        return Ok(refusal(dialect, StatusCode::UNAUTHORIZED, "invalid api key"));
    }
    let Ok(body) = Limited::new(request.into_body(), BODY_LIMIT).collect().await else {
        return Ok(refusal(dialect, StatusCode::PAYLOAD_TOO_LARGE, "request too large"));
    };
    let body = body.to_bytes();
    if endpoint == Endpoint::Mcp {
        return Ok(mcp::answer(&body));
    }
    let ask = match Ask::read(endpoint, &body) {
        Ok(ask) => ask,
        Err(message) => return Ok(refusal(dialect, StatusCode::BAD_REQUEST, &message)),
    };
    let Some(behaviour) = Behaviour::of(&ask.model) else {
        let message = format!("The sandbox has no model named {}.", ask.model);
        return Ok(refusal(dialect, StatusCode::NOT_FOUND, &message));
    };
    if behaviour == Behaviour::SlowFirstToken {
        tokio::time::sleep(FIRST_TOKEN_DELAY).await;
    }
    Ok(behave(&ask, behaviour, desk.stamp()))
}

impl Desk {
    fn admits(&self, request: &Request<Incoming>) -> bool {
        let headers = request.headers();
        let bearer = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        let key = headers.get("x-api-key").map(HeaderValue::as_bytes);
        bearer.or(key).is_some_and(|key| self.key.matches(key))
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            number: self.answered.fetch_add(1, Ordering::Relaxed) + 1,
            seconds: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |time| time.as_secs()),
        }
    }
}

fn behave(ask: &Ask<'_>, behaviour: Behaviour, stamp: Stamp) -> Response<Script> {
    match behaviour {
        Behaviour::RateLimited => {
            let mut response = refusal(
                ask.dialect(),
                StatusCode::TOO_MANY_REQUESTS,
                "The sandbox is limiting rates.",
            );
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
            return response;
        }
        Behaviour::Error => {
            return refusal(
                ask.dialect(),
                StatusCode::INTERNAL_SERVER_ERROR,
                "sandbox detail that must not leave",
            );
        }
        Behaviour::Chat
        | Behaviour::Echo
        | Behaviour::Long
        | Behaviour::SlowFirstToken
        | Behaviour::SlowStream
        | Behaviour::Cut
        | Behaviour::Garbage
        | Behaviour::Huge => {}
    }
    let reply = Reply::to(ask, behaviour);
    match ask.delivery {
        Delivery::Whole => whole(ask, &reply, behaviour, stamp),
        Delivery::Stream | Delivery::StreamWithUsage => stream(ask, &reply, behaviour, stamp),
    }
}

fn whole(ask: &Ask<'_>, reply: &Reply, behaviour: Behaviour, stamp: Stamp) -> Response<Script> {
    let mut body = match ask.endpoint {
        Endpoint::Responses => responses::whole(ask, reply, stamp),
        Endpoint::Embeddings => embeddings::whole(ask),
        Endpoint::Messages => messages::whole(ask, reply, stamp),
        Endpoint::CountTokens => messages::count(ask),
        Endpoint::ChatCompletions | Endpoint::Mcp | Endpoint::Models => chat::whole(ask, reply, stamp),
    };
    if behaviour == Behaviour::Garbage {
        body = Bytes::from_static(b"<html>sandbox garbage</html>");
    }
    let length = body.len();
    let script = match behaviour {
        Behaviour::Cut => Script::new([Step::Send(body.split_to(length / 2)), Step::Break]),
        Behaviour::SlowStream => {
            let mut steps = Vec::new();
            while !body.is_empty() {
                let part = body.split_to(body.len().min(length.div_ceil(SLOW_PARTS)));
                steps.extend([Step::Wait(EVENT_DELAY), Step::Send(part)]);
            }
            Script::new(steps)
        }
        Behaviour::Chat
        | Behaviour::Echo
        | Behaviour::Long
        | Behaviour::SlowFirstToken
        | Behaviour::RateLimited
        | Behaviour::Error
        | Behaviour::Garbage
        | Behaviour::Huge => Script::whole(body),
    };
    let mut response = respond(StatusCode::OK, "application/json", ask.dialect(), script);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

fn stream(ask: &Ask<'_>, reply: &Reply, behaviour: Behaviour, stamp: Stamp) -> Response<Script> {
    let events = match ask.endpoint {
        Endpoint::Responses => responses::events(ask, reply, stamp),
        Endpoint::Messages => messages::events(ask, reply, stamp),
        _ => chat::events(ask, reply, stamp),
    };
    let half = events.len() / 2;
    let sends = events.into_iter().map(Step::Send);
    let script = match behaviour {
        Behaviour::SlowStream => Script::new(sends.flat_map(|send| [Step::Wait(EVENT_DELAY), send])),
        Behaviour::Cut => Script::new(sends.take(half).chain([Step::Break])),
        Behaviour::Garbage => {
            let garbage = Bytes::from_static(b"data: {\"sandbox\": garbage\n\n");
            Script::new(sends.take(half).chain([Step::Send(garbage)]))
        }
        Behaviour::Chat
        | Behaviour::Echo
        | Behaviour::Long
        | Behaviour::SlowFirstToken
        | Behaviour::RateLimited
        | Behaviour::Error
        | Behaviour::Huge => Script::new(sends),
    };
    respond(StatusCode::OK, "text/event-stream", ask.dialect(), script)
}

fn refusal(dialect: Dialect, status: StatusCode, message: &str) -> Response<Script> {
    let kind = match status {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::NOT_FOUND => "not_found_error",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        StatusCode::INTERNAL_SERVER_ERROR => "api_error",
        _ => "invalid_request_error",
    };
    let body = match dialect {
        Dialect::OpenAi => chat::error(kind, message),
        Dialect::Anthropic => messages::error(kind, message),
        Dialect::Mcp => mcp::error(message),
    };
    respond(status, "application/json", dialect, Script::whole(body))
}

pub(super) fn respond(
    status: StatusCode,
    content_type: &'static str,
    dialect: Dialect,
    script: Script,
) -> Response<Script> {
    let mut response = Response::new(script);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    let request_id = match dialect {
        Dialect::OpenAi | Dialect::Mcp => "x-request-id",
        Dialect::Anthropic => "request-id",
    };
    headers.insert(request_id, HeaderValue::from_static("req_sandbox"));
    response
}
