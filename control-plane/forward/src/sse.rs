//! Where events begin and end in a stream of bytes.
//!
//! An event ends with an empty line. Lines end with LF or CRLF; a lone CR, which the standard allows and no provider
//! sends, is not seen as an end, and then not as JSON either, so such a stream is refused rather than misread.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>

use bytes::{Bytes, BytesMut};
use memchr::{memchr_iter, memrchr_iter};

/// The largest event that is taken from a provider.
pub(crate) const EVENT_LIMIT: usize = 1 << 20;

/// An event did not end within the limit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Cuts a stream after whole events.
#[derive(Debug)]
pub(crate) struct Splitter {
    /// The beginning of an event whose end has not arrived.
    begun: BytesMut,
    limit: usize,
}

impl Splitter {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            begun: BytesMut::new(),
            limit,
        }
    }

    /// Whether no event has begun.
    pub(crate) fn is_empty(&self) -> bool {
        self.begun.is_empty()
    }

    /// Takes the next bytes and returns all events that are whole now, as they came; copied only if the first of them
    /// had begun before.
    pub(crate) fn push(&mut self, mut bytes: Bytes) -> Result<Bytes, TooLong> {
        let whole = if self.begun.is_empty() {
            let whole = bytes.split_to(last_end(&bytes, 0));
            self.begun.extend_from_slice(&bytes);
            whole
        } else {
            // What was looked at before holds no end; but the end may begin in its last two bytes.
            let unseen = self.begun.len().saturating_sub(2);
            self.begun.extend_from_slice(&bytes);
            let end = last_end(&self.begun, unseen);
            self.begun.split_to(end).freeze()
        };
        if self.begun.len() > self.limit {
            return Err(TooLong);
        }
        Ok(whole)
    }
}

/// The events of a region that ends with an event.
pub(crate) fn events(region: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(b'\n', region)
        .map(|place| place + 1)
        .filter(|&end| is_end(region.get(..end).unwrap_or_default()))
        .filter_map(move |end| region.get(std::mem::replace(&mut start, end)..end))
}

/// The place after the last event that ends at or after `from`; 0 if there is none.
fn last_end(bytes: &[u8], from: usize) -> usize {
    memrchr_iter(b'\n', bytes)
        .map(|place| place + 1)
        .take_while(|&end| end > from)
        .find(|&end| is_end(bytes.get(..end).unwrap_or_default()))
        .unwrap_or_default()
}

fn is_end(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\n\n") || bytes.ends_with(b"\n\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] = b"data: a\n\nevent: b\r\ndata: b\r\n\r\n: c\n\r\ndata: d\r\n\ndata: e";
    const EVENTS: [&[u8]; 4] = [
        b"data: a\n\n",
        b"event: b\r\ndata: b\r\n\r\n",
        b": c\n\r\n",
        b"data: d\r\n\n",
    ];

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut() {
        for size in 1..=STREAM.len() {
            let mut splitter = Splitter::new(100);
            let mut seen: Vec<Vec<u8>> = Vec::new();
            for piece in STREAM.chunks(size) {
                let whole = splitter.push(Bytes::copy_from_slice(piece)).unwrap();
                seen.extend(events(&whole).map(<[u8]>::to_vec));
            }
            assert_eq!(seen, EVENTS, "pieces of {size}");
            assert_eq!(&splitter.begun[..], b"data: e");
        }
    }

    #[test]
    fn whole_events_are_not_copied() {
        let bytes = Bytes::from_static(b"data: a\n\ndata: b\n\n");
        let whole = Splitter::new(100).push(bytes.clone()).unwrap();
        assert_eq!((whole.as_ptr(), whole.len()), (bytes.as_ptr(), bytes.len()));
    }

    #[test]
    fn an_event_without_an_end_is_refused() {
        let mut splitter = Splitter::new(8);
        assert_eq!(splitter.push(Bytes::from_static(b"data: 12")), Ok(Bytes::new()));
        assert_eq!(splitter.push(Bytes::from_static(b"3")), Err(TooLong));
    }
}
