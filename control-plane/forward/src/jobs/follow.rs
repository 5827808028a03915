//! The events of a job, from the first on and as they come.

use std::{sync::Arc, time::Duration};

use bartizan_ports::{Job, JobDelivery, JobFailure, JobState};
use bartizan_verdict::{Dialect, Endpoint, JobFamily, Reason};
use bartizan_wire::Refusal;
use bytes::Bytes;
use http::{HeaderValue, Response, header};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use super::{
    Desk, Watched,
    event::{self, Splitter},
    view,
};
use crate::{
    answer::Answer,
    exchange::Caller,
    header::{JUDGED, NO_USAGE, USAGE},
};

/// How often a job is looked at that another forwarder works on.
const LOOK: Duration = Duration::from_millis(500);
/// How long a stream may be silent before a comment shows that it lives.
const SILENCE: Duration = Duration::from_secs(15);
const COMMENT: Bytes = Bytes::from_static(b": waiting\n\n");
/// Tells clients that connect again by themselves when to do so, in milliseconds.
const COME_BACK: &[u8] = b"retry: 1000\n";
/// How long a client that reads slowly may take for its last events when the process is about to end.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Pieces that wait for a client that reads slowly.
const AHEAD: usize = 4;

/// Why a client is told no more of a job.
enum Stop {
    ClientGone,
    /// The store did not say how the job stands.
    StoreFailed,
}

/// One client that follows a job.
struct Follower {
    desk: Arc<Desk>,
    watched: Arc<Watched>,
    tenant: String,
    id: String,
    /// Whose words errors are in.
    endpoint: Endpoint,
    sender: mpsc::Sender<Bytes>,
    /// Parts of the answer that were read.
    read: u32,
    /// Events up to this number are known to the client.
    starting_after: Option<u64>,
    splitter: Splitter,
    /// The last state that was told.
    told: Option<JobState>,
    /// How many events of ours were told.
    number: u64,
    spoken_at: Instant,
}

impl Desk {
    /// Answers with the events of a job. It ends when the job does, or this process is about to; the client can come
    /// again, as can one that leaves before.
    pub(super) fn follow(self: &Arc<Self>, job: Job, caller: &Caller, starting_after: Option<u64>) -> Response<Answer> {
        let (sender, events) = mpsc::channel(AHEAD);
        let follower = Follower {
            desk: Arc::clone(self),
            watched: self.watched(&job.id),
            tenant: caller.tenant.clone(),
            id: job.id,
            endpoint: job.endpoint,
            sender,
            read: 0,
            starting_after,
            splitter: Splitter::default(),
            told: None,
            number: 0,
            spoken_at: Instant::now(),
        };
        tokio::spawn(follower.run());
        let mut response = Response::new(Answer::Followed(events));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(USAGE, NO_USAGE);
        // What is stored was judged when the job was worked on.
        headers.insert(JUDGED, HeaderValue::from_static("1"));
        response
    }
}

impl Follower {
    async fn run(mut self) {
        if let Err(Stop::StoreFailed) = self.follow().await {
            let message = "Jobs are not available. Ask for it again later.";
            // A client that is gone is nothing; it may come again.
            let _ = self.fail(Reason::Unavailable, message).await;
        }
    }

    async fn follow(&mut self) -> Result<(), Stop> {
        let mut changed = self.watched.changed.subscribe();
        let mut stopping = self.desk.stopping.subscribe();
        loop {
            changed.mark_unchanged();
            // The state first: what is over has no parts that come later.
            let job = match self.desk.look(&self.tenant, &self.id).await {
                Ok(Some(job)) => job,
                Ok(None) => return self.fail(Reason::UnknownPath, "The job was deleted.").await,
                Err(_) => return Err(Stop::StoreFailed),
            };
            self.tell(&job).await?;
            if job.state.is_over() {
                return self.end(&job).await;
            }
            if *stopping.borrow_and_update() {
                return self.come_back().await;
            }
            tokio::select! {
                _ = changed.changed() => {}
                _ = stopping.changed() => {}
                () = sleep(LOOK) => {}
                () = self.sender.closed() => return Err(Stop::ClientGone),
            }
            if self.spoken_at.elapsed() >= SILENCE {
                self.send(COMMENT).await?;
            }
        }
    }

    /// Tells what is new.
    async fn tell(&mut self, job: &Job) -> Result<(), Stop> {
        if job.delivery == JobDelivery::Whole {
            if self.told.replace(job.state) != Some(job.state) {
                let event = self.state_event(job).await?;
                self.send(event).await?;
            }
            return Ok(());
        }
        // An answer that is no stream is an error, told at the end.
        if !job.answer.as_ref().is_some_and(|head| is_events(&head.content_type)) {
            return Ok(());
        }
        loop {
            let parts = self
                .desk
                .noted("parts", self.desk.store.parts(&self.id, self.read).await);
            let parts = parts.map_err(|_| Stop::StoreFailed)?;
            if parts.is_empty() {
                return Ok(());
            }
            for part in parts {
                self.read = self.read.saturating_add(1);
                self.pass(part).await?;
            }
        }
    }

    /// Passes events on, without those that the client has.
    async fn pass(&mut self, part: Vec<u8>) -> Result<(), Stop> {
        let Some(last) = self.starting_after else {
            return self.send(part.into()).await;
        };
        self.splitter.push(&part);
        while let Some(event) = self.splitter.next() {
            if event::sequence_number(&event).is_none_or(|number| number > last) {
                self.send(event.into()).await?;
            }
        }
        Ok(())
    }

    /// How the job stands, as an event.
    async fn state_event(&mut self, job: &Job) -> Result<Bytes, Stop> {
        let number = self.number;
        self.number = number.saturating_add(1);
        let (name, data) = match job.family {
            JobFamily::Jobs => {
                let body = match &job.answer {
                    Some(_) if job.state.is_over() => Some(self.stored(job).await?),
                    _ => None,
                };
                ("job", view::job(job, body.as_deref()))
            }
            JobFamily::Responses => {
                let response = self.desk.response(job).await;
                let response = response.map_err(|_| Stop::StoreFailed)?;
                let name = match job.state {
                    JobState::Queued => "response.queued",
                    JobState::Running => "response.in_progress",
                    JobState::Succeeded if is_incomplete(&response) => "response.incomplete",
                    JobState::Succeeded => "response.completed",
                    JobState::Failed | JobState::Cancelled => "response.failed",
                };
                let data = serde_json::json!({"type": name, "sequence_number": number, "response": response});
                (name, data)
            }
        };
        Ok(format!("event: {name}\ndata: {data}\n\n").into())
    }

    async fn stored(&self, job: &Job) -> Result<Vec<u8>, Stop> {
        self.desk.stored(&job.id).await.map_err(|_| Stop::StoreFailed)
    }

    /// Tells a client that waits for events of an answer why there are no more, unless the answer did.
    async fn end(&mut self, job: &Job) -> Result<(), Stop> {
        let rest = self.splitter.rest();
        if !rest.is_empty() {
            self.send(rest.into()).await?;
        }
        if job.delivery == JobDelivery::Whole {
            return Ok(());
        }
        let told_by_answer = job.answer.as_ref().is_some_and(|head| is_events(&head.content_type));
        match (job.state, &job.failure) {
            (JobState::Cancelled, _) => self.fail(Reason::ProviderCut, "The job was cancelled.").await,
            (JobState::Failed, Some(failure)) if is_ours(failure) || !told_by_answer => {
                let (reason, message) = (reason(failure), failure.message.clone());
                match (&job.answer, told_by_answer) {
                    (Some(_), false) => self.fail_as_stored(job).await,
                    _ => self.fail(reason, &message).await,
                }
            }
            _ => Ok(()),
        }
    }

    /// The body of the refusal that was the answer, as an event.
    async fn fail_as_stored(&mut self, job: &Job) -> Result<(), Stop> {
        let body = self.stored(job).await?;
        let body = String::from_utf8_lossy(&body).replace(['\n', '\r'], " ");
        let event = match job.endpoint.dialect() {
            Some(Dialect::Anthropic) => format!("event: error\ndata: {body}\n\n"),
            _ if job.endpoint == Endpoint::Responses => format!("event: error\ndata: {body}\n\n"),
            _ => format!("data: {body}\n\ndata: [DONE]\n\n"),
        };
        self.send(event.into()).await
    }

    /// The process is about to end, and must not wait for a job that may take long.
    async fn come_back(&mut self) -> Result<(), Stop> {
        let message = "The service is stopping. The job goes on: follow it again in a moment.";
        let event = [COME_BACK, &self.failure(Reason::Unavailable, message)].concat();
        self.send(event.into()).await
    }

    async fn fail(&mut self, reason: Reason, message: &str) -> Result<(), Stop> {
        let event = self.failure(reason, message);
        self.send(event.into()).await
    }

    fn failure(&self, reason: Reason, message: &str) -> Vec<u8> {
        let refusal = Refusal::new(reason).message(message);
        match self.endpoint {
            // WHY no number: it is none of the job's events, and the client may come back for those after the last.
            Endpoint::Responses => refusal.response_event(None),
            _ => refusal.event(self.endpoint.dialect().unwrap_or(Dialect::OpenAi)),
        }
    }

    async fn send(&mut self, bytes: Bytes) -> Result<(), Stop> {
        self.spoken_at = Instant::now();
        let mut stopping = self.desk.stopping.subscribe();
        let out_of_time = async {
            // The desk is ours, so this is no error.
            let _ = stopping.wait_for(|stopping| *stopping).await;
            sleep(LAST_WORDS).await;
        };
        tokio::select! {
            biased;
            sent = self.sender.send(bytes) => sent.map_err(|_| Stop::ClientGone),
            () = out_of_time => Err(Stop::ClientGone),
        }
    }
}

pub(super) fn is_events(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("text/event-stream")
}

/// Whether a failure happened outside of the answer, which then says nothing of it.
fn is_ours(failure: &JobFailure) -> bool {
    super::work::OURS.contains(&failure.code.as_str())
}

/// Whether the provider is to blame for a failure.
fn reason(failure: &JobFailure) -> Reason {
    match is_ours(failure) && !super::work::OF_THE_ANSWER.contains(&failure.code.as_str()) {
        true => Reason::Unavailable,
        false => Reason::ProviderFailed,
    }
}

fn is_incomplete(response: &serde_json::Value) -> bool {
    response.get("status").and_then(serde_json::Value::as_str) == Some("incomplete")
}
