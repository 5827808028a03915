//! Rows to jobs, and words to what they stand for.

use bartizan_ports::{AnswerHead, Job, JobDelivery, JobFailure, JobState, Submission};
use bartizan_verdict::{Endpoint, JobFamily};
use jiff::Timestamp;
use sqlx::{Error, Row, any::AnyRow};

const JOBS: &str = "jobs";
const RESPONSES: &str = "responses";
const WHOLE: &str = "whole";
const EVENTS: &str = "events";

pub(super) const fn family(family: JobFamily) -> &'static str {
    match family {
        JobFamily::Jobs => JOBS,
        JobFamily::Responses => RESPONSES,
    }
}

pub(super) const fn delivery(delivery: JobDelivery) -> &'static str {
    match delivery {
        JobDelivery::Whole => WHOLE,
        JobDelivery::Events => EVENTS,
    }
}

pub(super) fn submission(row: &AnyRow) -> Result<Submission, Error> {
    let headers: String = row.try_get("headers")?;
    Ok(Submission {
        id: row.try_get("id")?,
        tenant: row.try_get("tenant")?,
        key_id: row.try_get("key_id")?,
        family: read_family(row)?,
        endpoint: read_endpoint(row)?,
        model: row.try_get("model")?,
        delivery: read_delivery(row)?,
        headers: serde_json::from_str(&headers).map_err(|error| Error::Decode(error.into()))?,
        body: row.try_get("body")?,
        created_at: read_time(row.try_get("created_at")?)?,
        expires_at: read_time(row.try_get("expires_at")?)?,
    })
}

pub(super) fn job(row: &AnyRow) -> Result<Job, Error> {
    let state: String = row.try_get("state")?;
    let time = |column| row.try_get::<Option<i64>, _>(column)?.map(read_time).transpose();
    let status: Option<i64> = row.try_get("status")?;
    let content_type: Option<String> = row.try_get("content_type")?;
    let code: Option<String> = row.try_get("failure_code")?;
    let message: Option<String> = row.try_get("failure_message")?;
    Ok(Job {
        id: row.try_get("id")?,
        family: read_family(row)?,
        endpoint: read_endpoint(row)?,
        model: row.try_get("model")?,
        delivery: read_delivery(row)?,
        state: known(JobState::ALL.into_iter().find(|known| known.as_str() == state), &state)?,
        created_at: read_time(row.try_get("created_at")?)?,
        started_at: time("started_at")?,
        finished_at: time("finished_at")?,
        expires_at: read_time(row.try_get("expires_at")?)?,
        answer: status.map(|status| AnswerHead {
            status: u16::try_from(status).unwrap_or_default(),
            content_type: content_type.unwrap_or_default(),
        }),
        failure: code.map(|code| JobFailure {
            code,
            message: message.unwrap_or_default(),
        }),
    })
}

fn read_family(row: &AnyRow) -> Result<JobFamily, Error> {
    let word: String = row.try_get("family")?;
    let families = [JobFamily::Jobs, JobFamily::Responses];
    known(families.into_iter().find(|known| family(*known) == word), &word)
}

fn read_delivery(row: &AnyRow) -> Result<JobDelivery, Error> {
    let word: String = row.try_get("delivery")?;
    let deliveries = [JobDelivery::Whole, JobDelivery::Events];
    known(deliveries.into_iter().find(|known| delivery(*known) == word), &word)
}

fn read_endpoint(row: &AnyRow) -> Result<Endpoint, Error> {
    let word: String = row.try_get("endpoint")?;
    known(
        Endpoint::ALL.iter().copied().find(|known| known.as_str() == word),
        &word,
    )
}

fn read_time(millisecond: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(millisecond).map_err(|error| Error::Decode(error.into()))
}

fn known<T>(found: Option<T>, word: &str) -> Result<T, Error> {
    found.ok_or_else(|| Error::Decode(format!("{word:?} stands for nothing").into()))
}
