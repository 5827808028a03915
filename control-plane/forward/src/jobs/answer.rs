//! Asking for a job, and ending it.

use std::sync::Arc;

use bartizan_ports::{Job, JobDelivery, JobState, JobStoreError};
use bartizan_verdict::{JobCall, JobFamily, JobVerb, Reason};
use http::{HeaderMap, HeaderValue, Response, header};
use serde_json::{Value, json};

use super::{
    Desk,
    event::{self, Splitter},
    submit::{code, unavailable},
    view,
};
use crate::{
    answer::Answer,
    exchange::Caller,
    failure::Failure,
    header::{NO_USAGE, USAGE},
};

impl Desk {
    /// Does what is asked of a job of the caller's tenant; to others it does not exist.
    ///
    /// # Errors
    /// 404 for no such job, 503 if the store cannot answer.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        call: JobCall<'_>,
        query: &str,
        headers: &HeaderMap,
        caller: &Caller,
    ) -> Result<Response<Answer>, Failure> {
        let job = self.find(call, caller).await?;
        match call.verb {
            JobVerb::Get if wants_events(query, headers) => Ok(self.follow(job, caller, starting_after(query))),
            JobVerb::Get => self.show(&job).await.map(|body| whole(&body)),
            JobVerb::Cancel => {
                self.cancel(&job, caller).await?;
                let job = self.find(call, caller).await?;
                self.show(&job).await.map(|body| whole(&body))
            }
            JobVerb::Delete => {
                self.cancel(&job, caller).await?;
                let removed = self.store.remove(&caller.tenant, &job.id).await;
                self.noted("remove", removed).map_err(|_| unavailable())?;
                tracing::info!(
                    request = caller.request_id,
                    tenant = caller.tenant,
                    job = job.id,
                    "job deleted"
                );
                let object = match job.family {
                    JobFamily::Jobs => "job",
                    JobFamily::Responses => "response",
                };
                Ok(whole(
                    &json!({"id": job.id, "object": object, "deleted": true}).to_string(),
                ))
            }
        }
    }

    async fn find(&self, call: JobCall<'_>, caller: &Caller) -> Result<Job, Failure> {
        let found = self.look(&caller.tenant, call.id).await.map_err(|error| match error {
            JobStoreError::Unreadable { .. } => {
                let message = "What is kept of the job cannot be read by this version of the service.";
                Failure::new(Reason::Unavailable, "job unreadable")
                    .message(Some(message.to_owned()))
                    .classification(code("unreadable", "server_error"))
            }
            JobStoreError::Failed(_) | JobStoreError::Full(_) => unavailable(),
        })?;
        found.filter(|job| job.family == call.family).ok_or_else(|| {
            Failure::new(Reason::UnknownPath, "no such job")
                .message(Some("There is no such job, or it is not kept any more.".to_owned()))
                .classification(code("job_not_found", "invalid_request_error"))
        })
    }

    /// One that is over stays as it is.
    async fn cancel(&self, job: &Job, caller: &Caller) -> Result<(), Failure> {
        let cancelled = self.store.cancel(&caller.tenant, &job.id, self.times()).await;
        self.noted("cancel", cancelled).map_err(|_| unavailable())?;
        if !job.state.is_over() {
            tracing::info!(
                request = caller.request_id,
                tenant = caller.tenant,
                job = job.id,
                "job cancelled"
            );
        }
        self.interrupt(&job.id);
        Ok(())
    }

    async fn show(&self, job: &Job) -> Result<String, Failure> {
        match job.family {
            JobFamily::Jobs => {
                let body = match (&job.answer, job.state.is_over()) {
                    (Some(_), true) => Some(self.stored(&job.id).await?),
                    _ => None,
                };
                Ok(view::job(job, body.as_deref()).to_string())
            }
            JobFamily::Responses => Ok(self.response(job).await?.to_string()),
        }
    }

    /// The provider's own response once there is one.
    pub(super) async fn response(&self, job: &Job) -> Result<Value, Failure> {
        if job.state != JobState::Succeeded {
            return Ok(view::response(job));
        }
        let stored = self.stored(&job.id).await?;
        let own = match job.delivery {
            JobDelivery::Whole => String::from_utf8(stored).ok(),
            JobDelivery::Events => {
                let mut events = Splitter::default();
                events.push(&stored);
                let events: Vec<_> = std::iter::from_fn(|| events.next()).collect();
                events.iter().rev().find_map(|event| event::last_response(event))
            }
        };
        let own = own.and_then(|own| view::own_response(&own));
        let own = own.and_then(|own| serde_json::from_str(own.get()).ok());
        Ok(own.unwrap_or_else(|| view::response(job)))
    }

    /// All that was answered.
    pub(super) async fn stored(&self, id: &str) -> Result<Vec<u8>, Failure> {
        let (mut stored, mut read) = (Vec::new(), 0_u32);
        loop {
            let parts = self.noted("parts", self.store.parts(id, read).await);
            let parts = parts.map_err(|_| unavailable())?;
            if parts.is_empty() {
                return Ok(stored);
            }
            read = read.saturating_add(u32::try_from(parts.len()).unwrap_or(u32::MAX));
            stored.extend(parts.into_iter().flatten());
        }
    }
}

fn whole(body: &str) -> Response<Answer> {
    let mut response = Response::new(Answer::whole(body.to_owned().into()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USAGE, NO_USAGE);
    response
}

fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn wants_events(query: &str, headers: &HeaderMap) -> bool {
    match parameter(query, "stream") {
        Some(value) => value == "true",
        None => headers.get_all(header::ACCEPT).iter().any(|accept| {
            let accept = accept.to_str().unwrap_or_default();
            let mut types = accept
                .split(',')
                .map(|kind| kind.split(';').next().unwrap_or_default().trim());
            types.any(|kind| kind.eq_ignore_ascii_case("text/event-stream"))
        }),
    }
}

/// The number of the last event that the client has, as OpenAI's clients tell it.
fn starting_after(query: &str) -> Option<u64> {
    parameter(query, "starting_after")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_asked_for_by_query_or_header() {
        let table = [
            ("", None, false),
            ("stream=true", None, true),
            ("a=b&stream=true", Some("application/json"), true),
            ("stream=false", Some("text/event-stream"), false),
            ("streams=true", None, false),
            ("", Some("text/event-stream"), true),
            ("", Some("application/json, Text/Event-Stream;q=0.5"), true),
            ("", Some("*/*"), false),
        ];
        for (query, accept, expected) in table {
            let header = accept.map(|accept| (header::ACCEPT, HeaderValue::from_static(accept)));
            assert_eq!(
                wants_events(query, &header.into_iter().collect()),
                expected,
                "{query} {accept:?}"
            );
        }
        assert_eq!(starting_after("stream=true&starting_after=12"), Some(12));
        assert_eq!(starting_after("starting_after=x"), None);
    }
}
