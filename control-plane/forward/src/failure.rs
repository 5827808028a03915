//! What can go wrong with a request, and what the client is told of it; the table is at the top of the crate.

use std::{borrow::Cow, error::Error, time::Duration};

use bartizan_verdict::{Dialect, Endpoint, Reason};
use bartizan_wire::{BodyError, Refusal};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use crate::{
    answer::Answer,
    client::ConnectTimedOut,
    exchange::Caller,
    header::{NO_USAGE, PROVIDER_REQUEST_ID, REQUEST_ID, USAGE},
};

/// Why a request is not answered as asked.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// For the log: what happened, without a word of the request, the answer or a credential.
    pub(crate) detail: Cow<'static, str>,
    cure: Cure,
    sent: Sent,
    told: Box<Told>,
}

/// What may help against a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cure {
    /// Nothing: what is wrong is wrong everywhere.
    Never,
    /// Another provider or model.
    Elsewhere,
    /// Even the same provider, a little later.
    Again,
}

/// Whether a provider may have seen the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    No,
    Perhaps,
}

/// What the client is told besides the reason.
#[derive(Clone, Debug, Default)]
struct Told {
    /// In place of the reason's public text, where that is not exact enough.
    message: Option<String>,
    /// Place in the request, such as `$.model`.
    place: Option<String>,
    /// The provider's own classification, for a client of the same dialect.
    classification: Option<Classification>,
    /// How long the provider asks to be left alone.
    retry_after: Option<Duration>,
    provider_request_id: Option<HeaderValue>,
}

/// `type`, `code` and `param` of a provider's error; clients decide by them, for example on `context_length_exceeded`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Classification {
    pub(crate) kind: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) param: Option<String>,
}

// === impl Cure ===

impl Cure {
    /// Of failures of which no more is known. An answer that is too large would be as large again.
    pub(crate) const fn of(reason: Reason) -> Self {
        match reason {
            Reason::ProviderCut | Reason::ProviderLimited | Reason::ProviderTimeout | Reason::Unavailable => {
                Self::Again
            }
            Reason::ProviderFailed | Reason::AnswerUnreadable => Self::Elsewhere,
            _ => Self::Never,
        }
    }
}

// === impl Failure ===

impl Failure {
    pub(crate) fn new(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason,
            detail: detail.into(),
            cure: Cure::of(reason),
            sent: Sent::Perhaps,
            told: Box::default(),
        }
    }

    /// A provider could not even be asked.
    pub(crate) fn not_asked(detail: &'static str) -> Self {
        Self::new(Reason::Unavailable, detail).unsent()
    }

    /// The provider was not asked, and another one may be.
    pub(crate) fn unsent(self) -> Self {
        Self {
            cure: Cure::Elsewhere,
            sent: Sent::No,
            ..self
        }
    }

    pub(crate) fn timed_out(detail: &'static str) -> Self {
        Self::new(Reason::ProviderTimeout, detail)
    }

    /// A request body that could not be read.
    pub(crate) fn of_body(error: &BodyError) -> Self {
        Self::new(error.reason(), "request body")
            .message(Some(error.to_string()))
            .place(error.path())
    }

    /// No answer came: no connection, or one that broke before the headers.
    pub(crate) fn of_call(error: &hyper_util::client::legacy::Error) -> Self {
        if caused_by::<ConnectTimedOut>(error) {
            Self {
                sent: Sent::No,
                ..Self::timed_out("connect timeout")
            }
        } else if error.is_connect() {
            let kind = root(error).map_or_else(|| "no connection".to_owned(), |cause| cause.kind().to_string());
            Self {
                sent: Sent::No,
                ..Self::new(Reason::ProviderFailed, kind).cured(Cure::Again)
            }
        } else {
            Self::new(Reason::ProviderCut, "connection broke before the answer")
        }
    }

    pub(crate) const fn cure(&self) -> Cure {
        self.cure
    }

    /// How long the provider asks to be left alone.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.told.retry_after
    }

    /// Whether the provider has seen nothing of the request, for certain.
    pub(crate) fn is_unsent(&self) -> bool {
        self.sent == Sent::No
    }

    pub(crate) const fn cured(mut self, cure: Cure) -> Self {
        self.cure = cure;
        self
    }

    pub(crate) fn message(mut self, message: Option<String>) -> Self {
        self.told.message = message;
        self
    }

    pub(crate) fn place(mut self, place: &str) -> Self {
        self.told.place = Some(place.to_owned());
        self
    }

    pub(crate) fn classification(mut self, classification: Classification) -> Self {
        self.told.classification = Some(classification);
        self
    }

    pub(crate) fn retry_after(mut self, time: Option<Duration>) -> Self {
        self.told.retry_after = time;
        self
    }

    pub(crate) fn provider_request_id(mut self, id: Option<HeaderValue>) -> Self {
        self.told.provider_request_id = id;
        self
    }

    /// The whole answer that tells the client. The failure itself is among its extensions.
    pub(crate) fn response(&self, caller: &Caller) -> Response<Answer> {
        let mut response = Response::new(Answer::whole(self.body(caller)));
        *response.status_mut() =
            StatusCode::from_u16(self.reason.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USAGE, NO_USAGE);
        if matches!(self.reason.status(), 429 | 503) {
            headers.insert(
                header::RETRY_AFTER,
                HeaderValue::from(self.told.retry_after.map_or(1, whole_seconds)),
            );
        }
        // Anthropic's SDKs read the id from here, and then it is the one in the body.
        if caller.dialect == Dialect::Anthropic
            && let Ok(id) = HeaderValue::try_from(&caller.request_id)
            && !id.is_empty()
        {
            headers.insert(REQUEST_ID, id);
        }
        if let Some(id) = &self.told.provider_request_id {
            headers.insert(PROVIDER_REQUEST_ID, id.clone());
        }
        response.extensions_mut().insert(self.clone());
        response
    }

    /// The event that tells the client within a stream. `number` is its place there, if events are numbered.
    pub(crate) fn event(&self, caller: &Caller, number: Option<u64>) -> Bytes {
        let refusal = self.refusal(caller);
        match caller.endpoint {
            Endpoint::Responses => refusal.response_event(number).into(),
            _ => refusal.event(caller.dialect).into(),
        }
    }

    fn body(&self, caller: &Caller) -> Bytes {
        match (&self.told.classification, caller.dialect) {
            (Some(classification), Dialect::OpenAi) => self.classified(classification),
            (Some(_), Dialect::Anthropic | Dialect::Mcp) | (None, _) => {
                self.refusal(caller).body(caller.dialect).into()
            }
        }
    }

    fn classified(&self, classification: &Classification) -> Bytes {
        let reason = self.reason;
        let body = json!({"error": {
            "message": self.told.message.as_deref().unwrap_or_else(|| reason.text()),
            "type": classification.kind.as_deref().unwrap_or_else(|| reason.error_type(Dialect::OpenAi)),
            "param": classification.param,
            "code": classification.code.as_deref().unwrap_or_else(|| reason.code()),
        }});
        body.to_string().into()
    }

    fn refusal<'a>(&'a self, caller: &'a Caller) -> Refusal<'a> {
        let mut refusal = Refusal::new(self.reason);
        if let Some(message) = &self.told.message {
            refusal = refusal.message(message);
        }
        if let Some(place) = &self.told.place {
            refusal = refusal.place(place);
        }
        if !caller.request_id.is_empty() {
            refusal = refusal.request_id(&caller.request_id);
        }
        refusal
    }
}

/// Rounded up, and at least one: a client that is told 0 would be back at once.
fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn caused_by<T: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<T>())
}

fn root<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a std::io::Error> {
    causes(error).filter_map(|cause| cause.downcast_ref()).last()
}
