//! The work on one job: one request to Envoy, and its answer into the store.

use std::{future::Future, time::Duration};

use bartizan_identity::JobPass;
use bartizan_ports::{
    AnswerHead, AnswerPart, Appended, JobDelivery, JobEnd, JobFailure, JobStoreError, Mine, Submission,
};
use bartizan_verdict::{Endpoint, JobFamily};
use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header, uri::PathAndQuery};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    Desk, EdgeAddress, Watched,
    event::{self, Numbers, Splitter},
    follow::is_events,
    metrics::Run,
    settle::{Claim, Due},
    submit::TOO_MANY_BYTES,
};

/// How long a credential is good: it is read when the request arrives, and made anew for each.
const CREDENTIAL_SECONDS: i64 = 60;
/// How long Envoy may be away before a job that has not been sent is given up.
const AWAY: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How often the store is asked to take a part of an answer.
const TRIES: u32 = 5;
/// How long a job waits that a limit held back, if the limit does not say, and at most.
const HELD_BACK: (i64, i64) = (1, 60);
/// The most of an answer that is stored at once.
const PART: usize = 256 << 10;

const EDGE_UNREACHABLE: &str = "edge_unreachable";
const TIMED_OUT: &str = "timed_out";
const TOO_LARGE: &str = "answer_too_large";

/// Codes of failures of the work itself, which the answer knows nothing of.
pub(super) const OURS: [&str; 10] = [
    TOO_MANY_BYTES,
    EDGE_UNREACHABLE,
    TIMED_OUT,
    TOO_LARGE,
    "interrupted",
    "expired",
    "internal_error",
    "unreadable",
    "store_full",
    "store_failed",
];

/// Those of them that the answer, or its want, is to blame for.
pub(super) const OF_THE_ANSWER: [&str; 3] = [TIMED_OUT, TOO_LARGE, "interrupted"];

/// What came of it.
enum Outcome {
    Over(JobEnd),
    /// Nothing was done, and it may be tried again at that moment.
    PutBack(Timestamp),
    /// It is not ours any more: cancelled, deleted, or taken for interrupted.
    Unwanted,
}

impl Desk {
    /// Works on a job until it is over, or nobody wants it.
    pub(super) async fn work(&self, claim: &Claim, job: Submission) {
        let watched = self.watched(&job.id);
        // What was said of an earlier try, which was put back, is not meant for this one. Should it be, it is said again.
        std::pin::pin!(watched.unwanted.notified()).enable();
        watched.changed.send_replace(());
        let deadline = Instant::now() + self.bounds().max_duration;
        // Dropping the request ends it at the provider.
        let outcome = tokio::select! {
            biased;
            () = watched.unwanted.notified() => Outcome::Unwanted,
            () = sleep_until(deadline) => failed(TIMED_OUT, "The job took longer than a job may."),
            outcome = Box::pin(self.attempt(claim, &job, &watched)) => outcome,
        };
        let run = self.conclude(claim, outcome).await;
        self.metrics.ran(run);
        tracing::info!(tenant = job.tenant, job = job.id, outcome = ?run, "job worked on");
        watched.changed.send_replace(());
    }

    /// Notes what came of it.
    async fn conclude(&self, claim: &Claim, outcome: Outcome) -> Run {
        let (run, due) = match outcome {
            Outcome::Unwanted => return Run::Cancelled,
            Outcome::PutBack(not_before) => (Run::PutBack, Due::PutBack(not_before)),
            Outcome::Over(JobEnd::Succeeded) => (Run::Succeeded, Due::End(JobEnd::Succeeded, self.times())),
            Outcome::Over(end @ JobEnd::Failed(_)) => (Run::Failed, Due::End(end, self.times())),
        };
        match self.settle(claim, due).await {
            Some(Mine::No) => Run::Cancelled,
            Some(Mine::Yes) | None => run,
        }
    }

    /// Asks the store several times: an answer that was paid for must not be lost to a hiccup. One that is full will not
    /// do better in a moment, and the place is wanted by others.
    async fn insist<T, F>(&self, what: &'static str, ask: impl Fn() -> F) -> Result<T, Outcome>
    where
        F: Future<Output = Result<T, JobStoreError>>,
    {
        let mut pause = FIRST_PAUSE;
        for tries_left in (0..TRIES).rev() {
            match self.noted(what, ask().await) {
                Ok(answer) => return Ok(answer),
                Err(JobStoreError::Full(_)) => return Err(over(JobFailure::store_full())),
                Err(JobStoreError::Failed(_) | JobStoreError::Unreadable { .. }) if tries_left > 0 => {
                    sleep(pause).await;
                    pause *= 4;
                }
                Err(JobStoreError::Failed(_) | JobStoreError::Unreadable { .. }) => break,
            }
        }
        Err(over(JobFailure::store_failed()))
    }

    async fn attempt(&self, claim: &Claim, job: &Submission, watched: &Watched) -> Outcome {
        let response = match self.send(job).await {
            Ok(response) => response,
            Err(outcome) => return outcome,
        };
        if let Some(not_before) = held_back(job, &response, self.bounds().max_duration) {
            return Outcome::PutBack(not_before);
        }
        let head = AnswerHead {
            status: response.status().as_u16(),
            content_type: text(response.headers(), &header::CONTENT_TYPE),
        };
        let begin = || self.store.begin(&claim.owner, &job.id, &head);
        match self.insist("begin", begin).await {
            Ok(Mine::Yes) => {}
            Ok(Mine::No) => return Outcome::Unwanted,
            Err(outcome) => return outcome,
        }
        let mut answer = Writing {
            desk: self,
            owner: &claim.owner,
            job,
            watched,
            parts: 0,
            left: self.table.borrow().max_answer_bytes(),
        };
        let status = response.status();
        if is_events(&head.content_type) {
            answer.events(response.into_body()).await
        } else {
            answer.whole(status, response.into_body()).await
        }
    }

    /// Sends the request, as soon as Envoy takes it. Only what Envoy has not begun to read is sent again.
    async fn send(&self, job: &Submission) -> Result<Response<Incoming>, Outcome> {
        let give_up = Instant::now() + AWAY;
        let mut pause = FIRST_PAUSE;
        let mut stopping = self.stopping.subscribe();
        loop {
            match self.edge.client().await {
                Ok(Some((edge, client))) => {
                    let request = self
                        .request(job, &edge)
                        .ok_or_else(|| failed(EDGE_UNREACHABLE, "The request of the job cannot be sent as it is."))?;
                    match client.request(request).await {
                        Ok(response) => return Ok(response),
                        Err(error) if error.is_connect() => {
                            tracing::warn!(job = job.id, error = %causes(&error), "cannot reach Envoy");
                            self.edge.forget();
                        }
                        Err(error) => {
                            tracing::warn!(job = job.id, error = %causes(&error), "Envoy hung up");
                            return Err(interrupted());
                        }
                    }
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(job = job.id, %error, "cannot connect to Envoy"),
            }
            if Instant::now() >= give_up {
                return Err(failed(
                    EDGE_UNREACHABLE,
                    "The service could not be reached to work on the job.",
                ));
            }
            tokio::select! {
                () = sleep(pause) => {}
                // Another process, or the next, may have more luck.
                _ = stopping.wait_for(|stopping| *stopping) => return Err(Outcome::PutBack(Timestamp::now())),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn request(&self, job: &Submission, edge: &EdgeAddress) -> Option<Request<Full<Bytes>>> {
        let mut parts = edge.uri.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::from_static(job.endpoint.path()));
        let now = Timestamp::now().as_second();
        let pass = JobPass {
            job: &job.id,
            tenant: &job.tenant,
            key_id: &job.key_id,
            expires_at: u64::try_from(now + CREDENTIAL_SECONDS).ok()?,
        };
        let mut credential = HeaderValue::try_from(format!("Bearer {}", self.key.issue(&pass)?)).ok()?;
        credential.set_sensitive(true);
        let mut request = Request::new(Full::new(Bytes::copy_from_slice(&job.body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_parts(parts).ok()?;
        let headers = request.headers_mut();
        for (name, value) in &job.headers {
            headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?);
        }
        let accept = match job.delivery {
            JobDelivery::Whole => "application/json",
            JobDelivery::Events => "text/event-stream",
        };
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::AUTHORIZATION, credential);
        Some(request)
    }
}

/// An answer on its way into the store.
struct Writing<'a> {
    desk: &'a Desk,
    owner: &'a str,
    job: &'a Submission,
    watched: &'a Watched,
    parts: u32,
    /// Bytes that the answer may still have.
    left: usize,
}

impl Writing<'_> {
    async fn whole(&mut self, status: StatusCode, mut body: Incoming) -> Outcome {
        let mut answer = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return interrupted();
            };
            if let Some(data) = frame.data_ref() {
                if data.len() > self.left {
                    return too_large();
                }
                self.left -= data.len();
                answer.extend_from_slice(data);
            }
        }
        let succeeded = status == StatusCode::OK;
        if succeeded && self.job.family == JobFamily::Responses {
            answer = event::renamed(&answer, &self.job.id);
        }
        for part in answer.chunks(PART) {
            if let Err(outcome) = self.store(part).await {
                return outcome;
            }
        }
        if succeeded {
            return Outcome::Over(JobEnd::Succeeded);
        }
        Outcome::Over(JobEnd::Failed(event::failure_of_body(&answer).unwrap_or_else(|| {
            JobFailure {
                code: status.as_u16().to_string(),
                message: "The job was not answered as asked.".to_owned(),
            }
        })))
    }

    async fn events(&mut self, mut body: Incoming) -> Outcome {
        let mut splitter = Splitter::default();
        let mut numbers = Numbers::default();
        let mut failure = None;
        loop {
            let Some(frame) = body.frame().await else { break };
            // What has arrived meanwhile is stored at once with it.
            let mut frame = Some(frame);
            let mut part = Vec::new();
            let mut is_broken = false;
            while let Some(received) = frame.take() {
                let Ok(received) = received else {
                    is_broken = true;
                    break;
                };
                if let Some(data) = received.data_ref() {
                    if data.len() > self.left {
                        return too_large();
                    }
                    self.left -= data.len();
                    splitter.push(data);
                }
                while let Some(event) = splitter.next() {
                    failure = event::failure(&event).or(failure);
                    part.extend(match (self.job.family, self.job.endpoint) {
                        (JobFamily::Responses, _) => numbers.next(event, Some(&self.job.id)),
                        (JobFamily::Jobs, Endpoint::Responses) => numbers.next(event, None),
                        (JobFamily::Jobs, _) => event,
                    });
                }
                if part.len() < PART {
                    frame = body.frame().now_or_never().flatten();
                }
            }
            if !part.is_empty()
                && let Err(outcome) = self.store(&part).await
            {
                return outcome;
            }
            if is_broken {
                return interrupted();
            }
        }
        if splitter.length() > 0 {
            return interrupted();
        }
        Outcome::Over(failure.map_or(JobEnd::Succeeded, JobEnd::Failed))
    }

    async fn store(&mut self, part: &[u8]) -> Result<(), Outcome> {
        let part = AnswerPart {
            number: self.parts.saturating_add(1),
            data: part,
        };
        let most = self.desk.bounds().max_bytes_per_tenant;
        let append = || self.desk.store.append(self.owner, &self.job.id, part, most);
        match self.desk.insist("append", append).await? {
            Appended::Yes => {
                self.parts = part.number;
                self.watched.changed.send_replace(());
                Ok(())
            }
            Appended::NotMine => Err(Outcome::Unwanted),
            Appended::NoRoom => Err(failed(
                TOO_MANY_BYTES,
                "There is no room for the answer: the jobs that are kept have as many bytes as they may. Delete one.",
            )),
        }
    }
}

/// When to try again a request that a limit held back; nothing was done for it. `None` if it was not held back, or has
/// been for as long as the work itself might take, or will be for ever.
fn held_back(job: &Submission, response: &Response<Incoming>, longest: Duration) -> Option<Timestamp> {
    let headers = response.headers();
    let is_hopeless = headers.get("x-should-retry").is_some_and(|value| value == "false");
    if response.status() != StatusCode::TOO_MANY_REQUESTS || is_hopeless {
        return None;
    }
    let now = Timestamp::now();
    if now.duration_since(job.created_at).unsigned_abs() > longest {
        return None;
    }
    let (least, most) = HELD_BACK;
    let told: i64 = text(headers, &header::RETRY_AFTER).parse().unwrap_or(least);
    now.checked_add(SignedDuration::from_secs(told.clamp(least, most))).ok()
}

fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

const fn over(failure: JobFailure) -> Outcome {
    Outcome::Over(JobEnd::Failed(failure))
}

fn failed(code: &str, message: &str) -> Outcome {
    over(JobFailure {
        code: code.to_owned(),
        message: message.to_owned(),
    })
}

fn interrupted() -> Outcome {
    over(JobFailure::interrupted())
}

fn too_large() -> Outcome {
    failed(TOO_LARGE, "The answer is larger than `maxAnswerBytes`.")
}

fn causes(error: &dyn std::error::Error) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
