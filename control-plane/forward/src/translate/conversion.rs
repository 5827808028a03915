//! A request that goes by the neutral form, and its whole answer back.

use std::time::{SystemTime, UNIX_EPOCH};

use bartizan_policy::{Format, ProviderKind, UnsupportedFields};
use bartizan_verdict::{Endpoint, Reason};
use bartizan_wire::{
    BodyError,
    convert::{
        Context, Losses, answer, embeddings,
        neutral::{self, Counts, Place, Placed},
        request, tokens,
    },
    json::Text,
    usage::{self, Usage},
};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use super::EVENT_STREAM;
use crate::{ask::Ask, failure::Failure, frames, header::ANTHROPIC_BETA, route::Candidate};

/// What is known of a converted request when its answer comes.
#[derive(Debug)]
pub(crate) struct Conversion {
    pub(super) format: Format,
    pub(super) endpoint: Endpoint,
    pub(super) context: Context,
    /// How the client wants vectors.
    encoding: embeddings::Encoding,
    /// Places that the provider was not told of.
    dropped: Losses,
}

/// A request in the provider's format.
struct Written {
    body: Value,
    wants_usage: bool,
    encoding: embeddings::Encoding,
}

// === impl Conversion ===

impl Conversion {
    /// The body to send to the candidate, and what its answer needs.
    ///
    /// # Errors
    /// When the client's body is not what its dialect says, or has something that the provider cannot be told of and
    /// policy does not let drop.
    pub(super) fn begin(ask: &Ask<'_>, candidate: &Candidate, format: Format) -> Result<(Bytes, Self), Failure> {
        let endpoint = ask.caller.endpoint;
        let body: Value = serde_json::from_slice(ask.body)
            .map_err(|_| Failure::new(Reason::MalformedBody, "the request is not JSON"))?;
        // An answer of responses repeats parts of its request.
        let mut repeated = (endpoint == Endpoint::Responses).then(|| answer::to_responses::repeated(&body));
        let mut losses = Losses::default();
        let written = write(ask, body, candidate, format, &mut losses)?;
        if must_refuse(endpoint, &losses, candidate.unsupported_fields) {
            return Err(unsupported(&losses.grave()));
        }
        if asks_nothing(&written.body) {
            return Err(Failure::of_body(&nothing_asked(endpoint)));
        }
        if let Some(repeated) = &mut repeated {
            answer::to_responses::forget(repeated, &losses);
        }
        let asked = ask.facts.and_then(|facts| facts.model.as_ref());
        let context = Context {
            model: asked.map(Text::decode).unwrap_or_default().into_owned(),
            id: ask.caller.request_id.clone(),
            now: now(),
            wants_usage: written.wants_usage,
            request: repeated,
        };
        let conversion = Self {
            format,
            endpoint,
            context,
            encoding: written.encoding,
            dropped: losses,
        };
        Ok((written.body.to_string().into(), conversion))
    }

    /// The places that the provider was not told of, if there are any.
    pub(super) fn dropped(&self) -> Option<String> {
        (!self.dropped.is_empty()).then(|| self.dropped.to_string())
    }

    pub(super) const fn stream_type(&self) -> &'static str {
        match self.format {
            Format::Converse => frames::CONTENT_TYPE,
            _ => EVENT_STREAM,
        }
    }

    /// The client's answer, and what it used.
    pub(super) fn answer(&self, ask: &Ask<'_>, body: &[u8]) -> Result<(Bytes, Usage), Failure> {
        let value: Value = serde_json::from_slice(body)
            .map_err(|_| Failure::new(Reason::AnswerUnreadable, "the answer is not a JSON object"))?;
        let estimated = || {
            let output = usage::estimate(u64::try_from(body.len()).unwrap_or(u64::MAX));
            Usage::estimated(ask.input_estimate(), output)
        };
        let (written, usage) = match self.endpoint {
            Endpoint::Embeddings => {
                let answer = match self.format {
                    Format::GeminiEmbeddings => embeddings::from_gemini::read(value),
                    Format::TitanEmbeddings => embeddings::from_titan::read(value),
                    Format::CohereEmbeddings => embeddings::from_cohere::read(value),
                    _ => embeddings::from_openai::read(value),
                };
                let answer = answer.map_err(unreadable)?;
                let usage = answer.input_tokens.map(|tokens| Usage::reported(tokens, 0));
                let written = embeddings::to_client::write(&answer, self.encoding, &self.context);
                (
                    written,
                    usage.unwrap_or_else(|| Usage::estimated(ask.input_estimate(), 0)),
                )
            }
            Endpoint::CountTokens => {
                let count = match self.format {
                    Format::GeminiTokens => tokens::from_gemini::read(value),
                    _ => tokens::from_converse::read(value),
                };
                (tokens::write(count.map_err(unreadable)?), Usage::reported(0, 0))
            }
            _ => {
                let answer = self.read(value).map_err(unreadable)?;
                let written = match self.endpoint {
                    Endpoint::Responses => answer::to_responses::write(&answer, &self.context),
                    Endpoint::Messages => answer::to_messages::write(&answer, &self.context),
                    _ => answer::to_chat::write(&answer, &self.context),
                };
                (written, answer.usage.map_or_else(estimated, used))
            }
        };
        Ok((written.to_string().into(), usage))
    }

    fn read(&self, body: Value) -> Result<neutral::Answer, BodyError> {
        match self.format {
            Format::Messages => answer::from_messages::read(body),
            Format::GeminiContent => answer::from_gemini::read(body, &self.context),
            Format::Converse => answer::from_converse::read(body),
            _ => answer::from_chat::read(body),
        }
    }
}

fn write(
    ask: &Ask<'_>,
    body: Value,
    candidate: &Candidate,
    format: Format,
    losses: &mut Losses,
) -> Result<Written, Failure> {
    let model = candidate.upstream_model.as_str();
    let malformed = |error: BodyError| Failure::of_body(&error);
    let endpoint = ask.caller.endpoint;
    if endpoint == Endpoint::Embeddings {
        let asked = embeddings::from_client::read(body, losses).map_err(malformed)?;
        let body = match format {
            Format::GeminiEmbeddings => embeddings::to_gemini::write(&asked, model, losses),
            Format::TitanEmbeddings => embeddings::to_titan::write(&asked, model, losses),
            Format::CohereEmbeddings => embeddings::to_cohere::write(&asked, model, losses),
            _ => embeddings::to_openai::write(&asked, model, losses),
        };
        return Ok(Written {
            body,
            wants_usage: false,
            encoding: asked.encoding,
        });
    }
    let asked = match endpoint {
        Endpoint::Responses => request::from_responses::read(body, losses),
        Endpoint::Messages | Endpoint::CountTokens => request::from_messages::read(body, losses),
        _ => request::from_chat::read(body, losses),
    };
    let mut asked = asked.map_err(malformed)?;
    if matches!(endpoint, Endpoint::Messages | Endpoint::CountTokens) {
        asked.betas.extend(betas(ask.headers));
    }
    let body = match format {
        Format::Messages => request::to_messages::write(&asked, model, losses),
        Format::GeminiContent => request::to_gemini::write(&asked, model, losses),
        Format::GeminiTokens => request::to_gemini::write_count(&asked, model, losses),
        Format::Converse => request::to_converse::write(&asked, model, losses),
        Format::ConverseTokens => request::to_converse::write_count(&asked, model, losses),
        _ => request::to_chat::write(&asked, model, target(candidate.provider.kind()), losses),
    };
    Ok(Written {
        body,
        wants_usage: asked.wants_usage,
        encoding: embeddings::Encoding::default(),
    })
}

/// The features of Anthropic's that a client's headers name.
fn betas(headers: &HeaderMap) -> impl Iterator<Item = Placed<String>> {
    let lines = headers
        .get_all(ANTHROPIC_BETA)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let names = lines.flat_map(|line| line.split(',')).map(str::trim);
    let names = names.filter(|name| !name.is_empty());
    names.map(|name| Placed::new(name.to_owned(), Place::header(ANTHROPIC_BETA.as_str(), name)))
}

const fn target(kind: ProviderKind) -> &'static request::to_chat::Target {
    match kind {
        ProviderKind::OpenAi => &request::to_chat::Target::OPENAI,
        ProviderKind::AzureOpenAi => &request::to_chat::Target::AZURE_OPENAI,
        _ => &request::to_chat::Target::COMPATIBLE,
    }
}

/// Whether what is lost cannot be let go. A text without its vector never can: the client counts them.
fn must_refuse(endpoint: Endpoint, losses: &Losses, policy: UnsupportedFields) -> bool {
    let is_input = |place: &str| place == "$.input" || place.starts_with("$.input[");
    let is_text = |place: &str| endpoint == Endpoint::Embeddings && is_input(place);
    match policy {
        UnsupportedFields::Reject => losses.is_grave(),
        UnsupportedFields::Drop => losses.iter().any(|loss| is_text(loss.place.as_str())),
    }
}

/// Whether a body has no turn for the model to answer, be it that the client sent none or none that says something.
fn asks_nothing(body: &Value) -> bool {
    let turns = [
        "/messages",
        "/contents",
        "/generateContentRequest/contents",
        "/input/converse/messages",
    ];
    let mut turns = turns.iter().filter_map(|pointer| body.pointer(pointer)?.as_array());
    turns.any(Vec::is_empty)
}

fn nothing_asked(endpoint: Endpoint) -> BodyError {
    let name = if endpoint == Endpoint::Responses {
        "input"
    } else {
        "messages"
    };
    BodyError::WrongType {
        path: Place::root().member(name).to_string(),
        expected: "a message of the user's or the assistant's that says something",
        found: "none",
    }
}

fn unsupported(losses: &Losses) -> Failure {
    let message = format!("The model's provider does not support: {losses}.");
    let failure = Failure::new(Reason::UnsupportedField, "fields that cannot be carried over").message(Some(message));
    match losses.iter().next() {
        Some(first) => failure.place(first.place.as_str()),
        None => failure,
    }
}

fn unreadable(_: BodyError) -> Failure {
    Failure::new(Reason::AnswerUnreadable, "the answer is not of the provider's format")
}

/// What a provider's counts come to.
pub(super) fn used(counts: Counts) -> Usage {
    counts.into()
}

/// Seconds since 1970, for answers that tell when they were made.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_of_embeddings_cannot_be_let_go() {
        let root = Place::root();
        let table = [
            (Endpoint::Embeddings, root.member("input"), true),
            (Endpoint::Embeddings, root.member("input").item(3), true),
            (Endpoint::Embeddings, root.member("input_type"), false),
            (Endpoint::Embeddings, root.member("user"), false),
            (Endpoint::Responses, root.member("input").item(3), false),
        ];
        for (endpoint, place, expected) in table {
            let mut losses = Losses::default();
            losses.note(&place);
            assert_eq!(
                must_refuse(endpoint, &losses, UnsupportedFields::Drop),
                expected,
                "{place}"
            );
            assert!(must_refuse(endpoint, &losses, UnsupportedFields::Reject), "{place}");
        }
    }
}
