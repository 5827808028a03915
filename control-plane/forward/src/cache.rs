//! Answers that are given again to whoever asks exactly the same.
//!
//! A request is the same if the tenant, the endpoint, the model and where it goes first, the headers that the provider is
//! sent, and every byte of the body are. What is kept is what the client got: a whole, good answer of the first candidate,
//! or all events of a stream that came to its end. The filters scan it again on its way.

mod key;
mod metrics;
mod recording;
mod replay;

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bartizan_policy::CacheConfig;
use bartizan_ports::{AnswerCache, CacheKey, CachedAnswer};
use bartizan_verdict::Endpoint;
use http::{HeaderMap, HeaderValue, Response, header};

pub(crate) use self::{metrics::CacheMetrics, recording::Recording, replay::Replay};
use crate::{
    answer::Answer,
    exchange::Caller,
    header::{CACHE, NO_USAGE, USAGE},
    route::Route,
};

const HIT: HeaderValue = HeaderValue::from_static("hit");
const MISS: HeaderValue = HeaderValue::from_static("miss");
const BYPASS: HeaderValue = HeaderValue::from_static("bypass");

/// The cache of this forwarder.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    pub(crate) answers: Arc<dyn AnswerCache>,
    pub(crate) metrics: CacheMetrics,
}

/// All that an answer depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) route: &'a Route,
}

/// What the cache has to do with a request.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// Its model's answers are not kept.
    Off,
    /// It is answered.
    Hit(Box<Response<Answer>>),
    /// It is not, but its answer is kept.
    Miss(Recording),
    /// It has nothing to do with it, though its model's answers are kept.
    Bypass,
}

/// What the client wants of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Whatever,
    /// A new answer, which may be kept.
    Fresh,
    /// Nothing is to be kept.
    Nothing,
}

// === impl Cache ===

impl Cache {
    /// Looks for an answer. A cache that fails has none.
    pub(crate) async fn look(
        &self,
        question: &Question<'_>,
        time_to_live: Option<Duration>,
        bounds: CacheConfig,
    ) -> Lookup {
        let Some(time_to_live) = time_to_live.filter(|_| is_cacheable(question.caller.endpoint)) else {
            return Lookup::Off;
        };
        let wish = Wish::of(question.headers);
        if wish == Wish::Nothing || key::builds_on_state(question.body) {
            self.metrics.bypass.inc();
            return Lookup::Bypass;
        }
        let key = key::of(question);
        if wish == Wish::Whatever
            && let Some(answer) = self.get(&key).await
            && age(&answer) <= time_to_live
        {
            self.metrics.hit.inc();
            return Lookup::Hit(Box::new(response(answer)));
        }
        self.metrics.miss.inc();
        let largest = usize::try_from(bounds.max_answer_bytes).unwrap_or(usize::MAX);
        Lookup::Miss(Recording::new(self.clone(), key, time_to_live, largest))
    }

    async fn get(&self, key: &CacheKey) -> Option<CachedAnswer> {
        match self.answers.get(key).await {
            Ok(answer) => answer,
            Err(error) => {
                self.metrics.get_failed.inc();
                tracing::debug!(%error, "answer not looked up");
                None
            }
        }
    }
}

// === impl Lookup ===

impl Lookup {
    /// What the client is told, if the cache has anything to do with its model.
    pub(crate) const fn told(&self) -> Option<HeaderValue> {
        match self {
            Self::Off => None,
            Self::Hit(_) => Some(HIT),
            Self::Miss(_) => Some(MISS),
            Self::Bypass => Some(BYPASS),
        }
    }
}

// === impl Wish ===

impl Wish {
    /// <https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1>
    fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::CACHE_CONTROL).iter();
        let directives = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        let mut wish = Self::Whatever;
        for directive in directives.map(str::trim) {
            if directive.eq_ignore_ascii_case("no-store") {
                return Self::Nothing;
            }
            if directive.eq_ignore_ascii_case("no-cache") || directive.eq_ignore_ascii_case("max-age=0") {
                wish = Self::Fresh;
            }
        }
        wish
    }
}

const fn is_cacheable(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Embeddings | Endpoint::Messages
    )
}

fn response(answer: CachedAnswer) -> Response<Answer> {
    let mut headers = HeaderMap::new();
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<http::HeaderName>(), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(header::AGE, HeaderValue::from(age(&answer).as_secs()));
    let body = if answer.is_stream {
        Answer::Replay(Box::new(Replay::new(&answer.body)))
    } else {
        headers.insert(USAGE, NO_USAGE);
        Answer::whole(answer.body)
    };
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    response.headers_mut().insert(CACHE, HIT);
    response
}

fn age(answer: &CachedAnswer) -> Duration {
    Duration::from_secs(now().saturating_sub(answer.stored_at))
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_say_what_may_be_kept() {
        let table = [
            (&[][..], Wish::Whatever),
            (&["max-age=60"], Wish::Whatever),
            (&["no-cache"], Wish::Fresh),
            (&["max-age=0"], Wish::Fresh),
            (&["No-Store"], Wish::Nothing),
            (&["no-cache, no-store"], Wish::Nothing),
            (&["no-cache", "no-store"], Wish::Nothing),
        ];
        for (values, expected) in table {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CACHE_CONTROL, HeaderValue::from_static(value));
            }
            assert_eq!(Wish::of(&headers), expected, "{values:?}");
        }
    }
}
