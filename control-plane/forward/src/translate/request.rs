//! What is sent to a provider: the client's body with as few changes as possible, and none of its private headers.

use std::time::SystemTime;

use bartizan_policy::Format;
use bartizan_verdict::Reason;
use bartizan_wire::json::{Patch, Text};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;

use crate::{
    ask::{Ask, Delivery, UsageChunk},
    credential::Credential,
    failure::Failure,
    frames,
    header::{ANTHROPIC_BETA, ANTHROPIC_VERSION, MCP_PREFIX, TRACEPARENT, TRACESTATE},
    route::Candidate,
    sign::{Unsignable, sign},
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EITHER: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const FRAMES: HeaderValue = HeaderValue::from_static(frames::CONTENT_TYPE);
const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("bartizan/", env!("CARGO_PKG_VERSION")));
/// What is sent for a client that names no version, or speaks another dialect. <https://docs.anthropic.com/en/api/versioning>
const DEFAULT_ANTHROPIC_VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

/// The body to send: the client's own bytes, but for the provider's name of the model and, in a stream of chat
/// completions, the wish for usage.
pub(super) fn body(ask: &Ask<'_>, upstream_model: &str) -> Bytes {
    let mut patch = Patch::new();
    if let Some(facts) = ask.facts {
        let asked = facts.model.as_ref().map(Text::decode);
        if asked.as_deref() != Some(upstream_model) {
            facts.name_model(&mut patch, upstream_model);
        }
        if ask.delivery == Delivery::Stream(UsageChunk::Remove) {
            facts.ask_for_usage(&mut patch);
        }
    }
    if patch.is_empty() {
        ask.body.clone()
    } else {
        patch.apply(ask.body).into()
    }
}

/// The request to send, with our credential. Of the client's headers only those of the trace pass, Anthropic's version
/// and beta features, and those of MCP's protocol, such as the session.
///
/// # Errors
/// When it has to be signed and cannot be.
pub(super) fn request(
    ask: &Ask<'_>,
    candidate: &Candidate,
    format: Format,
    uri: Uri,
    body: &Bytes,
) -> Result<Request<Full<Bytes>>, Failure> {
    let mut request = Request::new(Full::new(body.clone()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    headers.reserve(8);
    headers.insert(header::CONTENT_TYPE, JSON);
    headers.insert(header::USER_AGENT, USER_AGENT);
    let accept = match ask.delivery {
        Delivery::Whole => JSON,
        Delivery::Stream(_) if format == Format::Converse => FRAMES,
        Delivery::Stream(_) => EVENTS,
        Delivery::AsTheyLike => EITHER,
    };
    headers.insert(header::ACCEPT, accept);
    let provider = &candidate.provider;
    match provider.credential.as_deref() {
        Some(Credential::Key(key)) => {
            let (name, value) = key.header(provider.kind());
            headers.insert(name, value);
        }
        Some(Credential::Aws(keys)) => {
            sign(&mut request, body, keys, provider.region(), SystemTime::now())
                .map_err(|Unsignable| Failure::new(Reason::ProviderFailed, "the request cannot be signed"))?;
        }
        None => {}
    }
    let headers = request.headers_mut();
    if let Some(parent) = ask.headers.get(TRACEPARENT).filter(|parent| names_trace(parent)) {
        headers.insert(TRACEPARENT, parent.clone());
        if let Some(state) = ask.headers.get(TRACESTATE) {
            headers.insert(TRACESTATE, state.clone());
        }
    }
    match format {
        Format::Messages | Format::CountTokens => {
            // What is converted is written for the default version; a later one takes no temperature, for one.
            let is_own = format.is_of(ask.caller.endpoint);
            let version = ask.headers.get(ANTHROPIC_VERSION).filter(|_| is_own).cloned();
            headers.insert(ANTHROPIC_VERSION, version.unwrap_or(DEFAULT_ANTHROPIC_VERSION));
            for beta in ask.headers.get_all(ANTHROPIC_BETA).iter().filter(|_| is_own) {
                headers.append(ANTHROPIC_BETA, beta.clone());
            }
        }
        Format::Mcp => {
            let of_mcp = |name: &HeaderName| name.as_str().starts_with(MCP_PREFIX);
            for (name, value) in ask.headers.iter().filter(|(name, _)| of_mcp(name)) {
                headers.append(name, value.clone());
            }
        }
        _ => {}
    }
    Ok(request)
}

/// Whether a header is what it should be, `00-TRACE-SPAN-FLAGS`, and no other message to the provider.
fn names_trace(parent: &HeaderValue) -> bool {
    let mut parts = parent.as_bytes().split(|byte| *byte == b'-');
    let is_hex = |part: &[u8]| part.iter().all(u8::is_ascii_hexdigit);
    let is_next = |length| move |part: &[u8]| part.len() == length && is_hex(part);
    [2, 32, 16, 2]
        .into_iter()
        .all(|length| parts.next().is_some_and(is_next(length)))
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bartizan_verdict::{Dialect, Endpoint};
    use bartizan_wire::skim;
    use http::HeaderMap;

    use super::*;
    use crate::{exchange::Caller, lanes::Lane};

    fn sent(client: &str, upstream_model: &str) -> (Delivery, String) {
        let client = Bytes::copy_from_slice(client.as_bytes());
        let facts = skim(&client).unwrap();
        let caller = Arc::new(Caller {
            endpoint: Endpoint::ChatCompletions,
            dialect: Dialect::OpenAi,
            request_id: String::new(),
            tenant: String::new(),
        });
        let ask = Ask {
            caller: &caller,
            lane: Lane::all().next().unwrap(),
            headers: &HeaderMap::new(),
            body: &client,
            facts: Some(&facts),
            delivery: Delivery::of(&facts, Endpoint::ChatCompletions),
            max_answer_bytes: 0,
            keep_alive: std::time::Duration::ZERO,
        };
        let sent = body(&ask, upstream_model);
        (ask.delivery, String::from_utf8(sent.to_vec()).unwrap())
    }

    #[test]
    fn no_byte_is_changed_without_need() {
        let table = [
            r#"{ "model" : "m", "x": 1.0e0, "messages": [ ] }"#,
            r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#,
        ];
        for body in table {
            assert_eq!(sent(body, "m").1, body);
        }
    }

    #[test]
    fn the_model_is_named_and_usage_is_asked_for() {
        let whole = sent(r#"{"x":[1, 2],"model":"m"}"#, "gpt \"x\"");
        assert_eq!(
            whole,
            (Delivery::Whole, r#"{"x":[1, 2],"model":"gpt \"x\""}"#.to_owned())
        );
        let (delivery, stream) = sent(r#"{"model":"m","stream":true}"#, "m");
        assert_eq!(delivery, Delivery::Stream(UsageChunk::Remove));
        assert_eq!(
            stream,
            r#"{"stream_options":{"include_usage":true},"model":"m","stream":true}"#
        );
    }
}
