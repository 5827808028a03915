//! Events of an answer on their way into the store and out of it.

use std::{borrow::Cow, collections::BTreeMap};

use bartizan_ports::JobFailure;
use bartizan_wire::sse::{Field, end_of_event, lines};
use bytes::BytesMut;
use serde::Deserialize;
use serde_json::value::RawValue;

type Object<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Cuts bytes, however they arrive, into whole events.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    held: BytesMut,
    searched: usize,
}

impl Splitter {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        let Some(end) = end_of_event(&self.held, self.searched) else {
            // The end may begin in what is here: a line feed, and a carriage return behind it.
            self.searched = self.held.len().saturating_sub(2);
            return None;
        };
        self.searched = 0;
        Some(self.held.split_to(end).to_vec())
    }

    /// Bytes that are held.
    pub(super) fn length(&self) -> usize {
        self.held.len()
    }

    /// What never became an event.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        self.searched = 0;
        self.held.split().to_vec()
    }
}

/// The data of an event that is JSON; nothing for others.
fn data(event: &[u8]) -> Option<String> {
    let event = std::str::from_utf8(event).ok()?;
    let mut data: Option<String> = None;
    for line in lines(event).filter(|line| line.field == Field::Data) {
        let value = event.get(line.value)?;
        match &mut data {
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
            None => data = Some(value.to_owned()),
        }
    }
    data
}

fn name(event: &[u8]) -> Option<&str> {
    let event = std::str::from_utf8(event).ok()?;
    let named = lines(event).find(|line| line.field == Field::Name)?;
    event.get(named.value)
}

/// An error as any dialect has it, whole or in an event.
#[derive(Deserialize)]
struct Body {
    error: Option<Told>,
    /// Of a response that failed.
    response: Option<Failed>,
}

#[derive(Deserialize)]
struct Failed {
    error: Option<Told>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Told {
    code: Option<serde_json::Value>,
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
}

/// The failure that an event tells of, if it does: an error in any dialect, or a response that failed.
pub(super) fn failure(event: &[u8]) -> Option<JobFailure> {
    // Most events tell of none, and most are not worth parsing.
    memchr::memmem::find(event, b"\"error\"")?;
    let body: Body = serde_json::from_str(&data(event)?).ok()?;
    let in_response = body
        .response
        .filter(|response| response.status.as_deref() == Some("failed"));
    told(body.error.or(in_response.and_then(|response| response.error)))
}

/// The failure that a whole body tells of.
pub(super) fn failure_of_body(body: &[u8]) -> Option<JobFailure> {
    told(serde_json::from_slice::<Body>(body).ok()?.error)
}

fn told(told: Option<Told>) -> Option<JobFailure> {
    let told = told?;
    let code = match told.code {
        Some(serde_json::Value::String(code)) => Some(code),
        Some(serde_json::Value::Number(code)) => Some(code.to_string()),
        _ => told.kind,
    };
    Some(JobFailure {
        code: code.unwrap_or_else(|| "error".to_owned()),
        message: told.message.unwrap_or_default(),
    })
}

/// A response under our name: its id is the job's, and it says that it was worked on in the background. What is no
/// object stays as it is.
pub(super) fn renamed(response: &[u8], id: &str) -> Vec<u8> {
    let renamed = std::str::from_utf8(response).ok().and_then(|text| rename(text, id));
    renamed.map_or_else(|| response.to_vec(), String::into_bytes)
}

/// The events of a stream of a response, as they are stored.
#[derive(Debug, Default)]
pub(super) struct Numbers(u64);

impl Numbers {
    /// Gives an event its place among those stored as its number, whatever number it came with, if any: a client must be
    /// able to name the last event that it got. With an id, the response in it, if there is one, goes by that. What has
    /// no object stays as it is.
    pub(super) fn next(&mut self, event: Vec<u8>, id: Option<&str>) -> Vec<u8> {
        let id = id.filter(|_| memchr::memmem::find(&event, b"\"response\"").is_some());
        let stays = id.is_none() && sequence_number(&event) == Some(self.0);
        let rewritten = if stays { None } else { rewritten(&event, self.0, id) };
        if stays || rewritten.is_some() {
            self.0 = self.0.saturating_add(1);
        }
        rewritten.unwrap_or(event)
    }
}

fn rewritten(event: &[u8], number: u64, id: Option<&str>) -> Option<Vec<u8>> {
    let data = data(event)?;
    let mut object: Object<'_> = serde_json::from_str(&data).ok()?;
    let number = serde_json::value::to_raw_value(&number).ok()?;
    object.insert("sequence_number".into(), &number);
    let response = id.and_then(|id| rename(object.get("response")?.get(), id));
    let response = response.and_then(|response| RawValue::from_string(response).ok());
    if let Some(response) = &response {
        object.insert("response".into(), response);
    }
    // Between tokens alone there may be line feeds, which would end the line.
    let data = serde_json::to_string(&object).ok()?.replace('\n', " ");
    let written = match name(event) {
        Some(name) => format!("event: {name}\ndata: {data}\n\n"),
        None => format!("data: {data}\n\n"),
    };
    Some(written.into_bytes())
}

fn rename(response: &str, id: &str) -> Option<String> {
    let mut object: Object<'_> = serde_json::from_str(response).ok()?;
    let id = serde_json::value::to_raw_value(id).ok()?;
    let background = serde_json::value::to_raw_value(&true).ok()?;
    object.insert("id".into(), &id);
    object.insert("background".into(), &background);
    serde_json::to_string(&object).ok()
}

/// The response that the last event of a stream has.
pub(super) fn last_response(event: &[u8]) -> Option<String> {
    let data = data(event)?;
    let object: Object<'_> = serde_json::from_str(&data).ok()?;
    Some(object.get("response")?.get().to_owned())
}

/// Its number, of an event that has one.
pub(crate) fn sequence_number(event: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Numbered {
        sequence_number: u64,
    }
    let numbered: Numbered = serde_json::from_str(&data(event)?).ok()?;
    Some(numbered.sequence_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_whole_however_they_arrive() {
        let stream = b"data: a\n\nevent: b\r\ndata: c\r\n\r\n: comment\n\ndata: cut";
        let expected = ["data: a\n\n", "event: b\r\ndata: c\r\n\r\n", ": comment\n\n"];
        for size in 1..stream.len() {
            let mut splitter = Splitter::default();
            let mut seen = Vec::new();
            for piece in stream.chunks(size) {
                splitter.push(piece);
                while let Some(event) = splitter.next() {
                    seen.push(String::from_utf8(event).unwrap());
                }
            }
            assert_eq!(seen, expected, "in pieces of {size}");
            assert_eq!(splitter.rest(), b"data: cut");
        }
    }

    #[test]
    fn failures_are_found_in_every_dialect() {
        let table = [
            (
                r#"data: {"error":{"message":"m","type":"t","code":"c"}}"#,
                Some(("c", "m")),
            ),
            (
                r#"data: {"error":{"message":"m","type":"t","code":null}}"#,
                Some(("t", "m")),
            ),
            (
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"t\",\"message\":\"m\"}}",
                Some(("t", "m")),
            ),
            (
                r#"data: {"type":"response.failed","response":{"status":"failed","error":{"code":"c","message":"m"}}}"#,
                Some(("c", "m")),
            ),
            (r#"data: {"response":{"status":"completed","error":null}}"#, None),
            (r#"data: {"error":null}"#, None),
            (r#"data: {"choices":[{"delta":{"content":"\"error\""}}]}"#, None),
            (r#"data: {"delta":"an \"error\": {}"}"#, None),
            ("data: [DONE]", None),
        ];
        for (event, expected) in table {
            let found = failure(format!("{event}\n\n").as_bytes());
            let found = found
                .as_ref()
                .map(|found| (found.code.as_str(), found.message.as_str()));
            assert_eq!(found, expected, "{event}");
        }
        let body = failure_of_body(br#"{"error":{"message":"m","code":"content_blocked"}}"#).unwrap();
        assert_eq!(body.code, "content_blocked");
        assert_eq!(failure_of_body(b"{}"), None);
        assert_eq!(failure_of_body(b"not JSON"), None);
    }

    #[test]
    fn a_response_goes_by_the_id_of_its_job() {
        let table = [
            (
                r#"{"id":"resp_p","n":1.0e2,"output":[{"id":"x"}]}"#,
                r#"{"background":true,"id":"resp_j","n":1.0e2,"output":[{"id":"x"}]}"#,
            ),
            ("[1]", "[1]"),
            ("\u{0}", "\u{0}"),
        ];
        for (response, expected) in table {
            assert_eq!(renamed(response.as_bytes(), "resp_j"), expected.as_bytes());
        }
    }

    #[test]
    fn events_are_numbered_in_the_order_in_which_they_are_stored() {
        // What came, and what is stored for a response in the background, and for a job.
        let same = "data: {\"type\":\"t\", \"sequence_number\": 1}\n\n";
        let table = [
            (
                "event: a\ndata: {\"type\":\"a\",\"response\":{\"id\":\"p\"},\"sequence_number\":3}\n\n",
                "event: a\ndata: {\"response\":{\"background\":true,\"id\":\"j\"},\"sequence_number\":0,\"type\":\"a\"}\n\n",
                "event: a\ndata: {\"response\":{\"id\":\"p\"},\"sequence_number\":0,\"type\":\"a\"}\n\n",
            ),
            (same, same, same),
            (": waiting\n\n", ": waiting\n\n", ": waiting\n\n"),
            // The number of the one before.
            (
                "data: {\"sequence_number\":1,\"delta\":\"a\"}\n\n",
                "data: {\"delta\":\"a\",\"sequence_number\":2}\n\n",
                "data: {\"delta\":\"a\",\"sequence_number\":2}\n\n",
            ),
            // None at all, more than a line, and a response that is only spoken of.
            (
                "data: {\"delta\":\r\ndata: [1.0e2,\r\ndata: \"\\\"response\\\"\"]}\r\n\r\n",
                "data: {\"delta\":[1.0e2, \"\\\"response\\\"\"],\"sequence_number\":3}\n\n",
                "data: {\"delta\":[1.0e2, \"\\\"response\\\"\"],\"sequence_number\":3}\n\n",
            ),
            (
                "data: {\"sequence_number\":-1,\"response\":[]}\n\n",
                "data: {\"response\":[],\"sequence_number\":4}\n\n",
                "data: {\"response\":[],\"sequence_number\":4}\n\n",
            ),
            ("data: [DONE]\n\n", "data: [DONE]\n\n", "data: [DONE]\n\n"),
        ];
        let (mut response, mut job) = (Numbers::default(), Numbers::default());
        for (event, of_response, of_job) in table {
            let stored = response.next(event.as_bytes().to_vec(), Some("j"));
            assert_eq!(String::from_utf8(stored).unwrap(), of_response, "{event}");
            let stored = job.next(event.as_bytes().to_vec(), None);
            assert_eq!(String::from_utf8(stored).unwrap(), of_job, "{event}");
        }
    }

    #[test]
    fn the_last_response_of_a_stream_is_found() {
        let event = b"data: {\"response\":{\"id\":\"j\"},\"sequence_number\":3}\n\n";
        assert_eq!(last_response(event).as_deref(), Some(r#"{"id":"j"}"#));
        assert_eq!(sequence_number(event), Some(3));
        assert_eq!(last_response(b"data: [DONE]\n\n"), None);
    }
}
