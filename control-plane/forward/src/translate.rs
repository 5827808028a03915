//! Between the dialect of the client and the format of a provider; all that depends on both is here.
//!
//! [`request`] makes the provider's request of the client's, and with it the [`Reply`], which makes the client's answer
//! of the provider's: a whole one at once, a stream event by event. Where both speak alike, bytes stay as they are but
//! for the few that [`request`](mod@request) tells; elsewhere they go by the neutral form of [`bartizan_wire::convert`].

use bartizan_policy::Transfer;
use bartizan_verdict::{Endpoint, Reason};
use bartizan_wire::usage::{self, Usage};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::Full;

mod compatible;
mod conversion;
mod converting;
mod events;
mod passing;
mod request;
mod sight;

pub(crate) use events::{Events, Progress};

use self::{conversion::Conversion, converting::Converting, passing::Passing};
use crate::{
    ask::{Ask, Delivery, UsageChunk},
    failure::Failure,
    header::DROPPED_FIELDS,
    provider::Provider,
    route::Candidate,
};

/// How a provider's answer becomes the client's.
#[derive(Debug)]
pub(crate) enum Reply {
    /// It is the client's already.
    AsItIs,
    /// By way of the neutral form.
    Converted(Box<Conversion>),
}

/// Whether a provider serves an endpoint of ours, if need be by conversion.
pub(crate) fn serves(provider: &Provider, endpoint: Endpoint, model: &str) -> bool {
    provider.serves(endpoint, model)
}

/// The request to send to a candidate, and how its answer becomes the client's.
///
/// # Errors
/// When the candidate does not serve what is asked for, or cannot be told all of it, or the request cannot be signed.
pub(crate) fn request(ask: &Ask<'_>, candidate: &Candidate) -> Result<(Request<Full<Bytes>>, Reply), Failure> {
    let transfer = match ask.delivery {
        Delivery::Whole | Delivery::AsTheyLike => Transfer::Whole,
        Delivery::Stream(_) => Transfer::Stream,
    };
    let (endpoint, model) = (ask.caller.endpoint, candidate.upstream_model.as_str());
    let Some((uri, format)) = candidate.provider.upstream(endpoint, model, transfer) else {
        return Err(Failure::new(
            Reason::UnknownModel,
            "the model does not serve this endpoint",
        ));
    };
    let (body, reply) = if format.is_of(endpoint) {
        (request::body(ask, model), Reply::AsItIs)
    } else if compatible::is_close(format, endpoint) {
        (compatible::body(&request::body(ask, model)), Reply::AsItIs)
    } else {
        let (body, conversion) = Conversion::begin(ask, candidate, format)?;
        (body, Reply::Converted(Box::new(conversion)))
    };
    Ok((request::request(ask, candidate, format, uri, &body)?, reply))
}

// === impl Reply ===

impl Reply {
    /// The client's answer, and what it used.
    ///
    /// # Errors
    /// When the provider's answer is none.
    pub(crate) fn answer(&self, ask: &Ask<'_>, body: Bytes) -> Result<(Bytes, Usage), Failure> {
        match self {
            Self::AsItIs => passed(ask, body),
            Self::Converted(conversion) => conversion.answer(ask, &body),
        }
    }

    /// The client's stream.
    pub(crate) fn events(self, ask: &Ask<'_>, usage_chunk: UsageChunk) -> Events {
        match self {
            Self::AsItIs => Events::Passing(Passing::new(ask, usage_chunk)),
            Self::Converted(conversion) => Events::Converting(Box::new(Converting::new(ask, *conversion))),
        }
    }

    /// What the answer's headers have to tell of the conversion.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        if let Self::Converted(conversion) = self
            && let Some(dropped) = conversion.dropped()
            && let Ok(dropped) = HeaderValue::try_from(dropped)
        {
            headers.insert(DROPPED_FIELDS, dropped);
        }
    }

    /// The content type of a stream as the provider sends it.
    pub(crate) const fn stream_type(&self) -> &'static str {
        match self {
            Self::AsItIs => EVENT_STREAM,
            Self::Converted(conversion) => conversion.stream_type(),
        }
    }
}

pub(crate) const EVENT_STREAM: &str = "text/event-stream";

fn passed(ask: &Ask<'_>, body: Bytes) -> Result<(Bytes, Usage), Failure> {
    let endpoint = ask.caller.endpoint;
    let reported = may_be_answer(&body, endpoint)
        .then(|| usage::from_answer(endpoint, &body))
        .and_then(Result::ok)
        .ok_or_else(|| Failure::new(Reason::AnswerUnreadable, "the answer is not a JSON object"))?;
    let usage = reported.unwrap_or_else(|| {
        let output = usage::estimate(u64::try_from(body.len()).unwrap_or(u64::MAX));
        Usage::estimated(ask.input_estimate(), output)
    });
    Ok((body, usage))
}

/// Whether a body, if it is JSON, is an object; or an array, where that may be an answer.
fn may_be_answer(body: &[u8], endpoint: Endpoint) -> bool {
    match body.trim_ascii_start().first() {
        Some(b'{') => true,
        Some(b'[') => endpoint == Endpoint::Mcp,
        _ => false,
    }
}
