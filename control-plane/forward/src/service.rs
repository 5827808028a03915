//! What becomes of a request: whether it came through Envoy, what it asks for, who may have that.

use std::{sync::Arc, time::Duration};

use bartizan_platform::secret::Secret;
use bartizan_policy::{CompiledPolicy, Timeouts};
use bartizan_verdict::{Dialect, Endpoint, HasAnthropicVersion, JobFamily, Reason, Route, RouteError};
use bartizan_wire::skim;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header, request::Parts, uri::PathAndQuery};
use hyper::body::Incoming;
use tokio::{sync::watch, time::Instant};

use crate::{
    answer::Answer,
    ask::{Ask, Delivery},
    cache::{Cache, Lookup, Question},
    call,
    exchange::Caller,
    failure::Failure,
    header::{ANTHROPIC_VERSION, CACHE, EDGE, NO_USAGE, TENANT, USAGE, X_REQUEST_ID},
    jobs::{self, Desk, HandedIn},
    lanes::Lane,
    late::{self, AsksForStream},
    metering::Metering,
    metrics::Metrics,
    models,
    patience::Patience,
    table::Table,
    tally,
    telemetry::Telemetry,
    whole::{self, Incomplete},
};

/// How long Envoy, which has the whole request before it calls, may take to hand it over.
const HAND_OVER: Timeouts = Timeouts {
    connect: Duration::ZERO,
    first_byte: Duration::from_secs(30),
    idle: Duration::from_secs(30),
    total: Duration::from_secs(120),
};

/// Answers requests of Envoy.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) token: Secret<String>,
    pub(crate) table: watch::Receiver<Arc<Table>>,
    pub(crate) metrics: Metrics,
    pub(crate) telemetry: Telemetry,
    pub(crate) cache: Option<Arc<Cache>>,
    /// Where jobs are handed in, if they are configured.
    pub(crate) desk: Option<Arc<Desk>>,
}

impl Service {
    /// Holds the cache to the bound of a policy.
    pub(crate) fn bound_cache(&self, policy: &CompiledPolicy) {
        if let Some(cache) = &self.cache {
            cache.answers.set_limit(policy.gateway.cache.max_bytes);
        }
    }

    /// The answer to a request that came on a connection of a lane.
    pub(crate) async fn answer(&self, request: Request<Incoming>, lane: Lane) -> Response<Answer> {
        let (head, body) = request.into_parts();
        let caller = Arc::new(caller(&head));
        match self.admit(head, body, &caller, lane).await {
            Ok(response) => response,
            Err(failure) => {
                self.metrics.refused(failure.reason);
                tracing::info!(
                    request = caller.request_id,
                    tenant = caller.tenant,
                    reason = %failure.reason,
                    detail = %failure.detail,
                    "request refused"
                );
                failure.response(&caller)
            }
        }
    }

    async fn admit(
        &self,
        mut head: Parts,
        body: Incoming,
        caller: &Arc<Caller>,
        lane: Lane,
    ) -> Result<Response<Answer>, Failure> {
        if !self.is_from_edge(&head.headers) {
            return Err(Failure::new(Reason::NotFromEdge, "no or another edge token"));
        }
        let path = head.uri.path().to_owned();
        let target = path_and_query(&head).to_owned();
        let route = Route::of(head.method.as_str(), &target).map_err(|error| match error {
            RouteError::UnknownPath => Failure::new(Reason::UnknownPath, "unknown path"),
            RouteError::MethodNotAllowed => Failure::new(Reason::MethodNotAllowed, "method not allowed"),
            RouteError::UnknownJobEndpoint => Failure::new(Reason::MalformedRequest, "a job for no endpoint"),
        })?;
        let table = Arc::clone(&self.table.borrow());
        let endpoint = match route {
            Route::Call(endpoint) => endpoint,
            Route::Submit(_) => {
                let body = received(body, table.max_body_bytes()).await?;
                return Box::pin(self.submit(&table, JobFamily::Jobs, &head, &body, caller)).await;
            }
            Route::Job(call) => {
                let query = head.uri.query().unwrap_or_default();
                return Box::pin(self.desk()?.answer(call, query, &head.headers, caller)).await;
            }
        };
        let (prices, telemetry) = (table.prices(), self.telemetry.clone());
        let metering = move |headers: &mut HeaderMap| Metering {
            prices,
            operation: telemetry.begin(endpoint, headers),
        };
        match endpoint {
            Endpoint::Models => models::answer(&table, &path, &caller.tenant, caller.dialect).map(listed),
            Endpoint::ChatCompletions
            | Endpoint::Responses
            | Endpoint::Embeddings
            | Endpoint::Messages
            | Endpoint::CountTokens => {
                let body = received(body, table.max_body_bytes()).await?;
                if endpoint == Endpoint::Responses && jobs::background_asked_for(&body)? {
                    return Box::pin(self.submit(&table, JobFamily::Responses, &head, &body, caller)).await;
                }
                let (interval, asks) = (table.keep_alive(), AsksForStream::default());
                let calling = converse(
                    table,
                    head,
                    body,
                    (Arc::clone(caller), lane, asks.clone()),
                    metering,
                    self.cache.clone(),
                );
                late::answer(Box::pin(calling), asks, interval, caller).await
            }
            Endpoint::Mcp => Box::pin(relay(&table, &mut head, body, (caller, lane), metering)).await,
        }
    }

    async fn submit(
        &self,
        table: &Table,
        family: JobFamily,
        head: &Parts,
        body: &Bytes,
        caller: &Caller,
    ) -> Result<Response<Answer>, Failure> {
        let handed_in = HandedIn {
            family,
            caller,
            headers: &head.headers,
            body,
        };
        self.desk()?.submit(table, handed_in).await
    }

    fn desk(&self) -> Result<&Arc<Desk>, Failure> {
        self.desk.as_ref().ok_or_else(jobs::not_configured)
    }

    fn is_from_edge(&self, headers: &HeaderMap) -> bool {
        let mut tokens = headers.get_all(EDGE).iter();
        match (tokens.next(), tokens.next()) {
            (Some(token), None) => self.token.matches(token.as_bytes()),
            _ => false,
        }
    }
}

/// Finds who serves the model that a request names, and has it answered.
async fn converse(
    table: Arc<Table>,
    mut head: Parts,
    body: Bytes,
    (caller, lane, asks): (Arc<Caller>, Lane, AsksForStream),
    metering: impl FnOnce(&mut HeaderMap) -> Metering,
    cache: Option<Arc<Cache>>,
) -> Result<Response<Answer>, Failure> {
    let facts = skim(&body).map_err(|error| Failure::of_body(&error))?;
    let Some(name) = facts.model else {
        let failure = Failure::new(Reason::WrongType, "no model in the request");
        return Err(failure
            .message(Some("$.model: missing, expected a string".to_owned()))
            .place("$.model"));
    };
    let route = |endpoint| table.route(&caller.tenant, &name.decode(), endpoint, &head.headers);
    let route = match route(caller.endpoint) {
        Err(failure) if is_countable(&caller, &failure) && route(Endpoint::Messages).is_ok() => {
            return tally::estimated(&body);
        }
        route => route?,
    };
    let question = Question {
        caller: &caller,
        headers: &head.headers,
        body: &body,
        route: &route,
    };
    let lookup = match cache {
        Some(cache) => {
            cache
                .look(&question, table.cache_time(&route.name), table.cache_bounds())
                .await
        }
        None => Lookup::Off,
    };
    let told = lookup.told();
    let recording = match lookup {
        Lookup::Hit(response) => return Ok(*response),
        Lookup::Miss(recording) => Some(recording),
        Lookup::Off | Lookup::Bypass => None,
    };
    let metering = metering(&mut head.headers);
    let delivery = Delivery::of(&facts, caller.endpoint);
    if matches!(delivery, Delivery::Stream(_)) {
        asks.set();
    }
    let ask = Ask {
        caller: &caller,
        lane,
        headers: &head.headers,
        body: &body,
        facts: Some(&facts),
        delivery,
        max_answer_bytes: table.max_answer_bytes(),
        keep_alive: table.keep_alive(),
    };
    let mut response = call::call(&ask, &route, metering, recording).await;
    if let Some(told) = told {
        response.headers_mut().insert(CACHE, told);
    }
    Ok(response)
}

/// Whether tokens are to be counted by a provider that does not count, so that we have to.
fn is_countable(caller: &Caller, failure: &Failure) -> bool {
    caller.endpoint == Endpoint::CountTokens && failure.reason == Reason::UnknownModel
}

/// Calls the MCP server that a path names.
async fn relay(
    table: &Table,
    head: &mut Parts,
    body: Incoming,
    (caller, lane): (&Arc<Caller>, Lane),
    metering: impl FnOnce(&mut HeaderMap) -> Metering,
) -> Result<Response<Answer>, Failure> {
    let named = Endpoint::mcp_server(head.uri.path());
    let route = table.mcp_server(&caller.tenant, named)?;
    let body = received(body, table.max_body_bytes()).await?;
    let metering = metering(&mut head.headers);
    let ask = Ask {
        caller,
        lane,
        headers: &head.headers,
        body: &body,
        facts: None,
        delivery: Delivery::AsTheyLike,
        max_answer_bytes: table.max_answer_bytes(),
        keep_alive: table.keep_alive(),
    };
    Ok(call::call(&ask, &route, metering, None).await)
}

async fn received(mut body: Incoming, limit: usize) -> Result<Bytes, Failure> {
    let body = whole::read(&mut body, limit, &mut Patience::new(&HAND_OVER, Instant::now()))
        .await
        .map_err(|incomplete| match incomplete {
            Incomplete::TooLarge => Failure::new(Reason::BodyTooLarge, "request over maxBodyBytes"),
            Incomplete::Broken => Failure::new(Reason::MalformedBody, "request broke off"),
            Incomplete::TimedOut => Failure::new(Reason::MalformedBody, "request did not end"),
        })?;
    if body.is_empty() {
        return Err(Failure::new(Reason::EmptyBody, "empty request"));
    }
    Ok(body)
}

fn caller(head: &Parts) -> Caller {
    let has_version = if head.headers.contains_key(ANTHROPIC_VERSION) {
        HasAnthropicVersion::Yes
    } else {
        HasAnthropicVersion::No
    };
    let path = head.uri.path();
    let endpoint = Route::of("POST", path_and_query(head)).map_or(Endpoint::Models, Route::judged_as);
    Caller {
        endpoint,
        // That of the endpoint, where it has one: OpenAI's paths are OpenAI's whatever the headers say.
        dialect: endpoint.dialect().unwrap_or_else(|| Dialect::of(path, has_version)),
        request_id: text(&head.headers, &X_REQUEST_ID),
        tenant: text(&head.headers, &TENANT),
    }
}

fn path_and_query(head: &Parts) -> &str {
    head.uri.path_and_query().map_or("", PathAndQuery::as_str)
}

fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn listed(models: String) -> Response<Answer> {
    let mut response = Response::new(Answer::whole(models.into()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USAGE, NO_USAGE);
    response
}
