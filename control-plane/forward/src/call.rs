//! A request at its candidates: one attempt after the other, until one is good.

use bartizan_wire::usage::Usage;
use http::{HeaderMap, Response, StatusCode};
use tokio::time::Instant;

use crate::{
    answer::Answer,
    ask::Ask,
    attempt::{self, Begun},
    exchange::Exchange,
    header::{NO_USAGE, USAGE},
    metering::Metering,
    route::Route,
    stream::EventStream,
};

/// Has a request answered. Dropping the future, or the answer's body, ends what is under way at a provider at once.
pub(crate) async fn call(ask: &Ask<'_>, route: &Route, metering: Metering) -> Response<Answer> {
    let began = Instant::now();
    let mut exchange = Exchange::begin(ask.caller.clone(), &route.first, &route.name, metering);
    let mut candidates = route.candidates();
    let mut result = attempt::make(ask, &route.first, began).await;
    candidates.next();
    for candidate in candidates {
        match &result {
            Err(failure) if failure.may_pass_elsewhere() => {
                exchange.turn_to(candidate);
                result = attempt::make(ask, candidate, began).await;
            }
            Ok(_) | Err(_) => break,
        }
    }
    match result {
        Ok(begun) => deliver(begun, exchange),
        Err(failure) => {
            exchange.fail(&failure);
            failure.response(ask.caller)
        }
    }
}

/// The client's answer; from here on nothing is repeated.
fn deliver(begun: Begun, mut exchange: Exchange) -> Response<Answer> {
    match begun {
        Begun::Whole(mut headers, body, usage) => {
            exchange.answered(&body);
            headers.insert(USAGE, exchange.finish(usage).header());
            respond(headers, Answer::whole(body))
        }
        Begun::Accepted(mut headers) => {
            exchange.finish(Usage::reported(0, 0));
            headers.insert(USAGE, NO_USAGE);
            let mut accepted = respond(headers, Answer::whole(bytes::Bytes::new()));
            *accepted.status_mut() = StatusCode::ACCEPTED;
            accepted
        }
        Begun::Stream(headers, source) => {
            let stream = EventStream::new(*source, exchange);
            respond(headers, Answer::Stream(Box::new(stream)))
        }
    }
}

fn respond(headers: HeaderMap, answer: Answer) -> Response<Answer> {
    let mut response = Response::new(answer);
    *response.headers_mut() = headers;
    response
}
