use std::time::Duration;

use bartizan_ports::{CacheKey, CachedAnswer};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};

use super::{Cache, now};
use crate::header::DROPPED_FIELDS;

/// An answer that is kept once it is whole. Dropping it keeps nothing.
#[derive(Debug)]
pub(crate) struct Recording {
    cache: Cache,
    key: CacheKey,
    time_to_live: Duration,
    largest: usize,
    headers: Vec<(String, String)>,
    events: BytesMut,
    is_too_large: bool,
}

impl Recording {
    pub(super) fn new(cache: Cache, key: CacheKey, time_to_live: Duration, largest: usize) -> Self {
        Self {
            cache,
            key,
            time_to_live,
            largest,
            headers: Vec::new(),
            events: BytesMut::new(),
            is_too_large: false,
        }
    }

    /// Takes note of the headers that say something about the answer, not about the exchange.
    pub(crate) fn head(&mut self, headers: &HeaderMap) {
        for name in [header::CONTENT_TYPE, DROPPED_FIELDS] {
            if let Some(value) = headers.get(&name).and_then(|value| value.to_str().ok()) {
                self.headers.push((name.as_str().to_owned(), value.to_owned()));
            }
        }
    }

    /// Some events of a stream leave for the client.
    pub(crate) fn events(&mut self, events: &[u8]) {
        if self.is_too_large || self.events.len() + events.len() > self.largest {
            self.is_too_large = true;
            self.events = BytesMut::new();
        } else {
            self.events.extend_from_slice(events);
        }
    }

    /// All events of a stream have left.
    pub(crate) fn keep_stream(mut self) {
        if !self.is_too_large {
            let events = self.events.split().freeze();
            self.keep(events, true);
        }
    }

    /// Keeps a whole answer.
    pub(crate) fn keep_whole(self, body: &Bytes) {
        if body.len() <= self.largest {
            self.keep(body.clone(), false);
        }
    }

    fn keep(self, body: Bytes, is_stream: bool) {
        let Self {
            cache,
            key,
            time_to_live,
            headers,
            ..
        } = self;
        let answer = CachedAnswer {
            stored_at: now(),
            is_stream,
            headers,
            body,
        };
        // The client does not wait for it.
        tokio::spawn(async move {
            if let Err(error) = cache.answers.put(&key, answer, time_to_live).await {
                cache.metrics.put_failed.inc();
                tracing::debug!(%error, "answer not kept");
            }
            if let Some(bytes) = cache.answers.size() {
                cache.metrics.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
            }
        });
    }
}
