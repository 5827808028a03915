//! How jobs look to those who submitted them.

use bartizan_ports::{Job, JobFailure, JobState, Submission};
use jiff::Timestamp;
use serde_json::{Value, json, value::RawValue};

/// The state of a job that was just submitted.
pub(super) fn of(submission: &Submission) -> Job {
    Job {
        id: submission.id.clone(),
        family: submission.family,
        endpoint: submission.endpoint,
        model: submission.model.clone(),
        delivery: submission.delivery,
        state: JobState::Queued,
        created_at: submission.created_at,
        started_at: None,
        finished_at: None,
        expires_at: submission.expires_at,
        answer: None,
        failure: None,
    }
}

/// A job, with its answer once it is over and has one.
pub(super) fn job(job: &Job, answer: Option<&[u8]>) -> Value {
    let response = match (&job.answer, answer) {
        (Some(head), Some(body)) => json!({
            "status_code": head.status,
            "content_type": head.content_type,
            "body": body_of(body),
        }),
        _ => Value::Null,
    };
    json!({
        "id": job.id,
        "object": "job",
        "status": job.state.as_str(),
        "endpoint": job.endpoint.path(),
        "model": job.model,
        "created_at": job.created_at.as_second(),
        "started_at": job.started_at.map(Timestamp::as_second),
        "finished_at": job.finished_at.map(Timestamp::as_second),
        "expires_at": job.expires_at.as_second(),
        "response": response,
        "error": error(job),
    })
}

/// A body as JSON if it is JSON, else as text.
fn body_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into())
}

/// A job as a response in the background, as OpenAI's clients know it, for as long as the provider has given none.
pub(super) fn response(job: &Job) -> Value {
    let status = match job.state {
        JobState::Queued => "queued",
        JobState::Running => "in_progress",
        JobState::Cancelled => "cancelled",
        // One that succeeded has a response of its own, so this is for one that cannot be read.
        JobState::Failed | JobState::Succeeded => "failed",
    };
    json!({
        "id": job.id,
        "object": "response",
        "created_at": job.created_at.as_second(),
        "status": status,
        "background": true,
        "error": error(job),
        "incomplete_details": null,
        "instructions": null,
        "metadata": {},
        "model": job.model,
        "output": [],
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "store": true,
        "temperature": null,
        "tool_choice": "auto",
        "tools": [],
        "top_p": null,
        "usage": null,
    })
}

/// A job's own response as it stands in the store; `None` if it is no object.
pub(super) fn own_response(stored: &str) -> Option<Box<RawValue>> {
    let raw = RawValue::from_string(stored.to_owned()).ok()?;
    raw.get().trim_start().starts_with('{').then_some(raw)
}

fn error(job: &Job) -> Value {
    match (&job.failure, job.state) {
        (Some(JobFailure { code, message }), _) => json!({"code": code, "message": message}),
        (None, JobState::Cancelled | JobState::Queued | JobState::Running | JobState::Succeeded | JobState::Failed) => {
            Value::Null
        }
    }
}
