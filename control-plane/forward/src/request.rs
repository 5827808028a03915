//! What is sent to a provider: the client's body with as few changes as possible, and none of its private headers.

use bartizan_policy::Model;
use bartizan_verdict::{Dialect, Endpoint};
use bartizan_wire::{RequestFacts, json::Patch};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;

use crate::{
    credential::Credential,
    header::{ANTHROPIC_BETA, ANTHROPIC_VERSION, MCP_PREFIX},
    provider::Provider,
    stream::UsageChunk,
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EITHER: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("bartizan/", env!("CARGO_PKG_VERSION")));
/// What is sent for a client that names no version. <https://docs.anthropic.com/en/api/versioning>
const DEFAULT_ANTHROPIC_VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

/// How the client wants its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    Stream(UsageChunk),
    /// Either, as an MCP server chooses.
    AsTheyLike,
}

impl Delivery {
    pub(crate) fn of(facts: &RequestFacts<'_>, endpoint: Endpoint) -> Self {
        match (endpoint, facts.stream) {
            (Endpoint::ChatCompletions, true) if !facts.wants_usage() => Self::Stream(UsageChunk::Remove),
            (Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Messages, true) => {
                Self::Stream(UsageChunk::Pass)
            }
            (_, _) => Self::Whole,
        }
    }
}

/// The body to send: the client's own bytes, but for the provider's name of the model and, in a stream of chat
/// completions, the wish for usage.
pub(crate) fn body(body: &Bytes, facts: &RequestFacts<'_>, model: &Model, delivery: Delivery) -> Bytes {
    let mut patch = Patch::new();
    if model.name != model.upstream_model {
        facts.name_model(&mut patch, &model.upstream_model);
    }
    if delivery == Delivery::Stream(UsageChunk::Remove) {
        facts.ask_for_usage(&mut patch);
    }
    if patch.is_empty() {
        body.clone()
    } else {
        patch.apply(body).into()
    }
}

/// The request to send. Of the client's headers only Anthropic's version and beta features pass.
pub(crate) fn request(
    provider: &Provider,
    (dialect, uri): (Dialect, &Uri),
    client: &HeaderMap,
    delivery: Delivery,
    body: Bytes,
) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    let headers = request.headers_mut();
    headers.reserve(8);
    headers.insert(header::CONTENT_TYPE, JSON);
    headers.insert(header::USER_AGENT, USER_AGENT);
    let accept = match delivery {
        Delivery::Whole => JSON,
        Delivery::Stream(_) => EVENTS,
        Delivery::AsTheyLike => EITHER,
    };
    headers.insert(header::ACCEPT, accept);
    if let Some(Credential::Key(key)) = &provider.credential {
        let (name, value) = key.header(dialect);
        headers.insert(name, value);
    }
    if dialect == Dialect::Anthropic {
        let version = client.get(ANTHROPIC_VERSION).cloned();
        headers.insert(ANTHROPIC_VERSION, version.unwrap_or(DEFAULT_ANTHROPIC_VERSION));
        for beta in client.get_all(ANTHROPIC_BETA) {
            headers.append(ANTHROPIC_BETA, beta.clone());
        }
    }
    request
}

/// The message to send to an MCP server. Of the client's headers those of the protocol pass, such as the session.
pub(crate) fn mcp(provider: &Provider, uri: &Uri, client: &HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = request(provider, (Dialect::Mcp, uri), client, Delivery::AsTheyLike, body);
    let passing = client.iter().filter(|(name, _)| name.as_str().starts_with(MCP_PREFIX));
    for (name, value) in passing {
        request.headers_mut().append(name, value.clone());
    }
    request
}

#[cfg(test)]
mod tests {
    use bartizan_wire::skim;

    use super::*;

    fn sent(client: &str, upstream_model: &str) -> (Delivery, String) {
        let client = Bytes::copy_from_slice(client.as_bytes());
        let model = Model {
            name: "m".to_owned(),
            provider: "p".to_owned(),
            upstream_model: upstream_model.to_owned(),
        };
        let facts = skim(&client).unwrap();
        let delivery = Delivery::of(&facts, Endpoint::ChatCompletions);
        let sent = body(&client, &facts, &model, delivery);
        (delivery, String::from_utf8(sent.to_vec()).unwrap())
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
