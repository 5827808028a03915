//! Events that go by the neutral form.

use std::{collections::VecDeque, fmt};

use bartizan_policy::Format;
use bartizan_verdict::{Endpoint, Reason};
use bartizan_wire::{
    BodyError,
    convert::{
        neutral::{Counts, Delta, Event, StreamError},
        stream::{self, ReadEvents},
    },
    usage::{self, Usage},
};
use bytes::Bytes;

use super::{
    Progress,
    conversion::{Conversion, used},
    sight,
};
use crate::{
    ask::Ask,
    failure::Failure,
    frames::Frames,
    sse::{self, EVENT_LIMIT, Splitter},
};

/// A stream that is converted.
pub(crate) struct Converting {
    cutter: Cutter,
    reader: Box<dyn ReadEvents + Send>,
    writer: Writer,
    /// Of the last piece; kept for its memory.
    events: Vec<Event>,
    counts: Option<Counts>,
    /// What Anthropic counts at the beginning, of which only the prompt's part is true at the end.
    begun: Option<Counts>,
    /// Whether counts come at the beginning before those that hold.
    begins: bool,
    /// Bytes of the answer so far, should the provider not count its tokens.
    said: u64,
    input_estimate: u64,
    progress: Progress,
}

/// Where a provider's events begin and end.
enum Cutter {
    ServerSent(Splitter),
    Amazon(Frames),
}

enum Writer {
    Chat(stream::to_chat::Writer),
    Responses(Box<stream::to_responses::Writer>),
    Messages(stream::to_messages::Writer),
}

// === impl Converting ===

impl Converting {
    pub(super) fn new(ask: &Ask<'_>, conversion: Conversion) -> Self {
        let Conversion {
            format,
            endpoint,
            context,
            ..
        } = conversion;
        let reader: Box<dyn ReadEvents + Send> = match format {
            Format::Messages => Box::new(stream::from_messages::Reader::default()),
            Format::GeminiContent => Box::new(stream::from_gemini::Reader::new(context.clone())),
            Format::Converse => Box::new(stream::from_converse::Reader::default()),
            _ => Box::new(stream::from_chat::Reader::default()),
        };
        let writer = match endpoint {
            Endpoint::Responses => Writer::Responses(Box::new(stream::to_responses::Writer::new(context))),
            Endpoint::Messages => Writer::Messages(stream::to_messages::Writer::new(context)),
            _ => Writer::Chat(stream::to_chat::Writer::new(context)),
        };
        let cutter = match format {
            Format::Converse => Cutter::Amazon(Frames::new(EVENT_LIMIT)),
            _ => Cutter::ServerSent(Splitter::new(EVENT_LIMIT)),
        };
        Self {
            cutter,
            reader,
            writer,
            events: Vec::new(),
            counts: None,
            begun: None,
            begins: format == Format::Messages,
            said: 0,
            input_estimate: ask.input_estimate(),
            progress: Progress::Silent,
        }
    }

    pub(super) fn take(&mut self, bytes: Bytes, ready: &mut VecDeque<Bytes>) -> Result<(), Failure> {
        let mut out = Vec::new();
        let result = match &mut self.cutter {
            Cutter::ServerSent(splitter) => {
                let region = splitter.push(bytes);
                region
                    .map_err(|_| too_large())
                    .and_then(|region| self.server_sent(&region, &mut out))
            }
            Cutter::Amazon(frames) => {
                frames.push(&bytes);
                self.frames(&mut out)
            }
        };
        if !out.is_empty() {
            ready.push_back(out.into());
        }
        result
    }

    pub(super) fn end(&mut self, ready: &mut VecDeque<Bytes>) -> Result<(), Failure> {
        let cut = |_: BodyError| Failure::new(Reason::ProviderCut, "stream ended before its last event");
        let mut events = std::mem::take(&mut self.events);
        let ended = self.reader.end(&mut events).map_err(cut);
        let mut out = Vec::new();
        let written = self.write(&events, &mut out);
        if !out.is_empty() {
            ready.push_back(out.into());
        }
        ended.and(written)
    }

    pub(super) const fn progress(&self) -> Progress {
        self.progress
    }

    pub(super) const fn next_number(&self) -> Option<u64> {
        match &self.writer {
            Writer::Responses(writer) => Some(writer.next_number()),
            Writer::Chat(_) | Writer::Messages(_) => None,
        }
    }

    pub(super) fn usage(&self) -> Usage {
        match (self.counts, self.begun) {
            (Some(counts), _) => used(counts),
            (None, begun) => {
                let input = begun.map_or(self.input_estimate, |begun| begun.input);
                Usage::estimated(input, usage::estimate(self.said))
            }
        }
    }

    fn server_sent(&mut self, region: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        for event in sse::events(region) {
            let text = str::from_utf8(event).map_err(|_| unreadable())?;
            if let Some((name, data)) = sight::fields(text).map_err(|_| unreadable())? {
                self.convert(name, &data, out)?;
            }
            if self.progress == Progress::Ended {
                break;
            }
        }
        Ok(())
    }

    fn frames(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        while self.progress != Progress::Ended {
            let Cutter::Amazon(frames) = &mut self.cutter else {
                break;
            };
            let Some(frame) = frames.next().map_err(|_| unreadable())? else {
                break;
            };
            let data = frame.data().map_err(|_| unreadable())?;
            self.convert(frame.name(), data, out)?;
        }
        Ok(())
    }

    fn convert(&mut self, name: &str, data: &str, out: &mut Vec<u8>) -> Result<(), Failure> {
        let mut events = std::mem::take(&mut self.events);
        let read = self.reader.read(name, data, &mut events);
        // What came before what cannot be read is the client's.
        let written = self.write(&events, out);
        events.clear();
        self.events = events;
        read.map_err(|_| unreadable()).and(written)
    }

    fn write(&mut self, events: &[Event], out: &mut Vec<u8>) -> Result<(), Failure> {
        for event in events {
            match event {
                Event::Ping => {}
                Event::Error(error) => return Err(failed(*error)),
                Event::Usage(counts) => self.counts = Some(*counts),
                Event::Start {
                    usage: Some(counts), ..
                } if self.begins => self.begun = Some(*counts),
                Event::Start {
                    usage: Some(counts), ..
                } => self.counts = Some(*counts),
                Event::PartDelta {
                    delta: Delta::Text(text) | Delta::Arguments(text),
                    ..
                } => {
                    self.said = self.said.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
                }
                _ => {}
            }
            match &mut self.writer {
                Writer::Chat(writer) => writer.write(event, out),
                Writer::Responses(writer) => writer.write(event, out),
                Writer::Messages(writer) => writer.write(event, out),
            }
            self.progress = match event {
                Event::End => Progress::Ended,
                Event::Ping => self.progress,
                _ => Progress::Begun,
            };
        }
        Ok(())
    }
}

impl fmt::Debug for Converting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Converting")
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

fn too_large() -> Failure {
    Failure::new(Reason::AnswerUnreadable, "event too large")
}

fn unreadable() -> Failure {
    Failure::new(Reason::AnswerUnreadable, "event unreadable")
}

fn failed(error: StreamError) -> Failure {
    let reason = match error {
        StreamError::Overloaded => Reason::Unavailable,
        StreamError::Limited => Reason::ProviderLimited,
        StreamError::Failed => Reason::ProviderFailed,
    };
    Failure::new(reason, "error event of the provider")
}
