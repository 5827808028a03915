//! Handing a job in.

use std::sync::Arc;

use bartizan_ports::{Job, JobBounds, JobDelivery, Submission, Submitted};
use bartizan_verdict::{Endpoint, JobFamily, Reason};
use bartizan_wire::{RequestFacts, skim};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::{Desk, background, random_name, view};
use crate::{
    answer::Answer,
    ask::Delivery,
    exchange::Caller,
    failure::{Classification, Failure},
    header::{ANTHROPIC_BETA, ANTHROPIC_VERSION, KEY, NO_USAGE, USAGE},
    table::Table,
};

/// What of a client's headers is kept, beside those that decide where requests go: the others may hold secrets.
const KEPT: [HeaderName; 5] = [
    header::CACHE_CONTROL,
    ANTHROPIC_BETA,
    ANTHROPIC_VERSION,
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

/// Codes of refusals, in answers and metrics.
const TOO_MANY: &str = "too_many_jobs";
pub(super) const TOO_MANY_BYTES: &str = "too_many_job_bytes";

/// What a client hands in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HandedIn<'a> {
    pub(crate) family: JobFamily,
    pub(crate) caller: &'a Caller,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
}

impl Desk {
    /// Puts a request into the store, and tells the client where to ask for it; or, where a response in the background
    /// is to be streamed, what becomes of it. It goes on without the client.
    ///
    /// # Errors
    /// What the endpoint would refuse, 429 if there are too many jobs, 503 if the store cannot answer.
    pub(crate) async fn submit(
        self: &Arc<Self>,
        table: &Table,
        handed_in: HandedIn<'_>,
    ) -> Result<Response<Answer>, Failure> {
        let job = self.put_in(table, handed_in).await?;
        if job.family == JobFamily::Responses && job.delivery == JobDelivery::Events {
            return Ok(self.follow(job, handed_in.caller, None));
        }
        let (status, body) = match handed_in.family {
            JobFamily::Jobs => (StatusCode::ACCEPTED, view::job(&job, None)),
            JobFamily::Responses => (StatusCode::OK, view::response(&job)),
        };
        let location = match handed_in.family {
            JobFamily::Jobs => format!("/v1/jobs/{}", job.id),
            JobFamily::Responses => format!("/v1/responses/{}", job.id),
        };
        let mut response = Response::new(Answer::whole(body.to_string().into()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USAGE, NO_USAGE);
        if let Ok(location) = HeaderValue::try_from(location) {
            headers.insert(header::LOCATION, location);
        }
        Ok(response)
    }

    async fn put_in(&self, table: &Table, handed_in: HandedIn<'_>) -> Result<Job, Failure> {
        let HandedIn {
            family,
            caller,
            headers,
            body,
        } = handed_in;
        let facts = skim(body).map_err(|error| Failure::of_body(&error))?;
        let model = model(&facts)?;
        if family == JobFamily::Jobs && caller.endpoint == Endpoint::Responses && background::asked_for(body)? {
            let message = "A job is worked on in the background already. Leave out `background`.";
            return Err(Failure::new(Reason::WrongType, "a job of a job")
                .message(Some(message.to_owned()))
                .place("$.background"));
        }
        // A job that can never be worked on is refused while somebody listens.
        table.route(&caller.tenant, &model, caller.endpoint, headers)?;
        let prefix = match family {
            JobFamily::Jobs => "job_",
            JobFamily::Responses => "resp_",
        };
        let times = self.times();
        let key_id = headers.get(KEY).and_then(|value| value.to_str().ok());
        let submission = Submission {
            id: random_name(prefix).ok_or_else(|| Failure::new(Reason::Unavailable, "no randomness"))?,
            tenant: caller.tenant.clone(),
            key_id: key_id.unwrap_or_default().to_owned(),
            family,
            endpoint: caller.endpoint,
            model,
            delivery: match Delivery::of(&facts, caller.endpoint) {
                Delivery::Stream(_) => JobDelivery::Events,
                Delivery::Whole | Delivery::AsTheyLike => JobDelivery::Whole,
            },
            headers: kept(table, headers),
            body: match family {
                JobFamily::Jobs => body.to_vec(),
                JobFamily::Responses => background::without(body)?,
            },
            created_at: times.now,
            expires_at: times.now.saturating_add(times.keep).unwrap_or(times.now),
        };
        let bounds = self.bounds();
        let bounds = JobBounds {
            unfinished: bounds.max_queued_per_tenant,
            kept: bounds.max_per_tenant,
            bytes: bounds.max_bytes_per_tenant,
        };
        let submitted = self.noted("submit", self.store.submit(&submission, bounds).await);
        let (code_word, message) = match submitted.map_err(|_| unavailable())? {
            Submitted::Queued => {
                self.metrics.queued();
                self.handed_in.notify_one();
                tracing::info!(
                    request = caller.request_id,
                    tenant = caller.tenant,
                    job = submission.id,
                    "job queued"
                );
                return Ok(view::of(&submission));
            }
            Submitted::TooManyUnfinished => {
                let most = bounds.unfinished;
                let what = "jobs wait or are worked on, which is as many as there may be. Wait for one, or cancel one.";
                (TOO_MANY, format!("{most} {what}"))
            }
            Submitted::TooManyKept => {
                let most = bounds.kept;
                let what = "jobs are kept, which is as many as there may be. Delete one.";
                (TOO_MANY, format!("{most} {what}"))
            }
            Submitted::TooManyBytes => {
                let most = bounds.bytes;
                let what = "Requests and answers of jobs that are kept, and this one, have more bytes than they may";
                (TOO_MANY_BYTES, format!("{what}: {most}. Delete one."))
            }
        };
        self.metrics.refused(code_word);
        Err(Failure::new(Reason::ConcurrencyLimited, code_word)
            .message(Some(message))
            .classification(code(code_word, "requests")))
    }
}

/// The store cannot answer.
pub(super) fn unavailable() -> Failure {
    Failure::new(Reason::Unavailable, "the store of jobs failed")
        .message(Some("Jobs are not available. Try again later.".to_owned()))
}

/// The operator has not said where Envoy is.
pub(crate) fn not_configured() -> Failure {
    Failure::new(Reason::Unavailable, "jobs are not configured")
        .message(Some("Jobs are not configured here.".to_owned()))
        .classification(code("jobs_not_configured", "server_error"))
}

pub(super) fn code(code: &str, kind: &str) -> Classification {
    Classification {
        kind: Some(kind.to_owned()),
        code: Some(code.to_owned()),
        param: None,
    }
}

fn model(facts: &RequestFacts<'_>) -> Result<String, Failure> {
    let name = facts.model.as_ref().map(|name| name.decode().into_owned());
    name.ok_or_else(|| {
        Failure::new(Reason::WrongType, "no model in the request")
            .message(Some("$.model: missing, expected a string".to_owned()))
            .place("$.model")
    })
}

/// What the provider, or whoever routes, may want to know later.
fn kept(table: &Table, headers: &HeaderMap) -> Vec<(String, String)> {
    let stays = |name: &HeaderName| KEPT.contains(name) || table.routes_by(name.as_str());
    let kept = headers.iter().filter(|(name, _)| stays(name));
    kept.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect()
}
