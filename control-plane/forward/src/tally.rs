//! Tokens of a prompt counted here, for providers that cannot be asked.

use bartizan_wire::convert::{Losses, request::from_messages, tokens};
use bytes::Bytes;
use http::{HeaderValue, Response, header};

use crate::{
    answer::Answer,
    failure::Failure,
    header::{ESTIMATED, NO_USAGE, USAGE},
};

/// The answer to a count of tokens: an estimate, which a header tells, as the body has no place for it.
///
/// # Errors
/// When the body is not a message of Anthropic's dialect.
pub(crate) fn estimated(body: &Bytes) -> Result<Response<Answer>, Failure> {
    let malformed = |error| Failure::of_body(&error);
    let body = serde_json::from_slice(body)
        .map_err(|_| Failure::new(bartizan_verdict::Reason::MalformedBody, "the request is not JSON"))?;
    // What a provider could not be told of is no matter: none is asked.
    let request = from_messages::read(body, &mut Losses::default()).map_err(malformed)?;
    let count = tokens::write(tokens::estimate(&request));
    let mut response = Response::new(Answer::whole(count.to_string().into()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ESTIMATED, HeaderValue::from_static("input_tokens"));
    headers.insert(USAGE, NO_USAGE);
    Ok(response)
}
