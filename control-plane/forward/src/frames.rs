//! Amazon's event streams: frames with checksums, each an event with its name, or an exception.
//!
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use aws_smithy_types::event_stream::Message;
use bytes::{Bytes, BytesMut};

/// The name of an error that has none of its own, and of a frame that is no event.
const NAMELESS_ERROR: &str = "internalServerException";

/// The beginning of a frame that the decoder takes as soon as it is there: two lengths and a checksum.
const PRELUDE: usize = 12;

/// The content type of such a stream.
pub(crate) const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

/// Cuts a stream into frames.
#[derive(Debug)]
pub(crate) struct Frames {
    begun: BytesMut,
    decoder: MessageFrameDecoder,
    /// Whether `begun` begins with a frame; else the decoder has its first bytes.
    is_at_start: bool,
    limit: usize,
}

/// An event, or an exception, whose name then ends in `Exception`.
#[derive(Debug)]
pub(crate) struct Frame(Message);

/// A frame is broken, or did not end within the limit. Nothing after it can be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

// === impl Frames ===

impl Frames {
    /// Frames of at most so many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            begun: BytesMut::new(),
            decoder: MessageFrameDecoder::new(),
            is_at_start: true,
            limit,
        }
    }

    /// Takes the next bytes; [`Frames::next`] gives what is whole now.
    pub(crate) fn push(&mut self, bytes: &Bytes) {
        self.begun.extend_from_slice(bytes);
    }

    /// The next whole frame, if there is one.
    ///
    /// # Errors
    /// When it is broken or too large.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, Unreadable> {
        // WHY: the decoder would wait for the end of a frame of any length before it looks at its checksums.
        if self.is_at_start && self.begun_length() > self.limit {
            return Err(Unreadable);
        }
        let has_prelude = self.begun.len() >= PRELUDE;
        match self.decoder.decode_frame(&mut self.begun) {
            Ok(DecodedFrame::Complete(message)) => {
                self.is_at_start = true;
                Ok(Some(Frame(message)))
            }
            Ok(_) => {
                self.is_at_start &= !has_prelude;
                Ok(None)
            }
            Err(_) => Err(Unreadable),
        }
    }

    /// How long the frame that has begun says it is; 0 if it has not said so yet.
    fn begun_length(&self) -> usize {
        let first = self.begun.first_chunk::<4>();
        first.map_or(0, |bytes| {
            usize::try_from(u32::from_be_bytes(*bytes)).unwrap_or(usize::MAX)
        })
    }
}

// === impl Frame ===

impl Frame {
    /// The name of the event or exception.
    pub(crate) fn name(&self) -> &str {
        let name = match self.header(":message-type") {
            Some("event") => self.header(":event-type"),
            Some("exception") => self.header(":exception-type"),
            // An error that the service has no name for.
            _ => None,
        };
        name.unwrap_or(NAMELESS_ERROR)
    }

    /// Its payload, as text.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn data(&self) -> Result<&str, Unreadable> {
        str::from_utf8(self.0.payload()).map_err(|_| Unreadable)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let header = self.0.headers().iter().find(|header| header.name().as_str() == name)?;
        Some(header.value().as_string().ok()?.as_str())
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_eventstream::frame::write_message_to;
    use aws_smithy_types::{event_stream::Header, event_stream::HeaderValue, str_bytes::StrBytes};

    use super::*;

    fn frame(headers: &[(&'static str, &'static str)], payload: &'static str) -> Vec<u8> {
        let mut message = Message::new(payload.as_bytes());
        for (name, value) in headers {
            let value = HeaderValue::String(StrBytes::from(*value));
            message = message.add_header(Header::new(*name, value));
        }
        let mut bytes = Vec::new();
        write_message_to(&message, &mut bytes).unwrap();
        bytes
    }

    fn event(name: &'static str, payload: &'static str) -> Vec<u8> {
        let headers = [
            (":event-type", name),
            (":content-type", "application/json"),
            (":message-type", "event"),
        ];
        frame(&headers, payload)
    }

    fn read(frames: &mut Frames) -> Vec<(String, String)> {
        let mut seen = Vec::new();
        while let Some(frame) = frames.next().unwrap() {
            seen.push((frame.name().to_owned(), frame.data().unwrap().to_owned()));
        }
        seen
    }

    #[test]
    fn frames_are_the_same_wherever_the_bytes_are_cut() {
        let bytes = [
            event("messageStart", r#"{"role":"assistant"}"#),
            event("contentBlockDelta", r#"{"delta":{"text":"é"}}"#),
            event("messageStop", "{}"),
        ]
        .concat();
        let expected = [
            ("messageStart", r#"{"role":"assistant"}"#),
            ("contentBlockDelta", r#"{"delta":{"text":"é"}}"#),
            ("messageStop", "{}"),
        ]
        .map(|(name, data)| (name.to_owned(), data.to_owned()));
        for cut in 0..=bytes.len() {
            let mut frames = Frames::new(1_000);
            let (one, other) = bytes.split_at(cut);
            frames.push(&Bytes::copy_from_slice(one));
            let mut seen = read(&mut frames);
            frames.push(&Bytes::copy_from_slice(other));
            seen.extend(read(&mut frames));
            assert_eq!(seen, expected, "cut at {cut}");
        }
        for size in 1..40 {
            let mut frames = Frames::new(1_000);
            let mut seen = Vec::new();
            for piece in bytes.chunks(size) {
                frames.push(&Bytes::copy_from_slice(piece));
                seen.extend(read(&mut frames));
            }
            assert_eq!(seen, expected, "pieces of {size}");
        }
    }

    #[test]
    fn exceptions_are_told_by_their_names() {
        let table: [(&[(&'static str, &'static str)], &str); 4] = [
            (
                &[
                    (":message-type", "exception"),
                    (":exception-type", "throttlingException"),
                ],
                "throttlingException",
            ),
            (
                &[(":message-type", "error"), (":error-code", "InternalError")],
                NAMELESS_ERROR,
            ),
            (&[(":event-type", "messageStop")], NAMELESS_ERROR),
            (&[], NAMELESS_ERROR),
        ];
        for (headers, expected) in table {
            let mut frames = Frames::new(1_000);
            frames.push(&frame(headers, "{}").into());
            assert_eq!(frames.next().unwrap().unwrap().name(), expected, "{headers:?}");
        }
    }

    #[test]
    fn no_byte_of_a_frame_can_be_changed() {
        let good = event("messageStop", r#"{"stopReason":"end_turn"}"#);
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 1;
            let mut frames = Frames::new(1_000);
            frames.push(&bad.into());
            // A length that grew leaves the frame without an end; the stream is then cut.
            assert!(!matches!(frames.next(), Ok(Some(_))), "byte {place}");
        }
    }

    #[test]
    fn a_frame_that_says_it_is_too_long_is_refused_at_once() {
        let good = event("messageStop", "{}");
        let mut frames = Frames::new(good.len());
        for _ in 0..3 {
            frames.push(&good.clone().into());
            assert_eq!(frames.next().unwrap().unwrap().name(), "messageStop");
            assert!(matches!(frames.next(), Ok(None)));
        }
        let mut frames = Frames::new(good.len() - 1);
        frames.push(&good[..3].to_vec().into());
        assert!(matches!(frames.next(), Ok(None)));
        frames.push(&good[3..].to_vec().into());
        assert!(matches!(frames.next(), Err(Unreadable)));
    }
}
