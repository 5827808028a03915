//! An answer that arrives as a stream of events, and is judged and changed on its way.
//!
//! 1. Bytes are cut into events; only whole events leave.
//! 2. Every string of an event is one of three things. A *piece* continues a text that began in an earlier event: what a
//!    choice says, its reasoning, the arguments of a tool call. A *label* is a word of a closed set. Anything else is a
//!    text of its own, as in a [whole answer](crate::Extractor::answer): so is what the dialect repeats at the end.
//! 3. Pieces go to the [`Judge`], which says what may leave. What it keeps back leaves with a later piece of the same
//!    text, or, when the text ends, in an event that is made for it, right before the one that ends it.
//! 4. Arguments of tool calls are of no use before they are whole. They are kept back until then, and judged as those of
//!    a whole answer.
//! 5. An event in which nothing changes leaves as it came, to the byte. In one that changes, only the strings that
//!    change do, and its number, where events have numbers and others were made before it.
//!
//! What leaves does not depend on how the bytes were cut. The events keep their order; none is left out.
//!
//! Bounds: an event has at most 1 MiB, and what is kept back for tool calls at most 8 MiB together. What is no event
//! stream, or no JSON, or continues a text that has ended, ends the answer.

use bartizan_wire::BodyError;
use bartizan_wire::sse::end_of_event;

use crate::{Edits, Extraction, SpanKind};

mod chat;
mod event;
mod messages;
mod number;
mod release;
mod responses;
mod sight;
mod texts;

use event::Reading;
use texts::Texts;

/// The largest event.
const EVENT_LIMIT: usize = 1 << 20;

/// The shape of the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamFormat {
    /// OpenAI's chat completions: <https://platform.openai.com/docs/api-reference/chat-streaming>.
    ChatCompletions,
    /// OpenAI's responses: <https://platform.openai.com/docs/api-reference/responses-streaming>.
    Responses,
    /// Anthropic's messages: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.
    Messages,
    /// Whole messages of JSON-RPC: <https://modelcontextprotocol.io/specification>.
    Mcp,
}

/// Says what of an answer's texts may leave.
pub trait Judge {
    /// A text that is still arriving.
    type Text;
    /// Why nothing more of the answer may leave.
    type Stop;

    /// A new text of the assistant's.
    fn begin(&mut self, kind: SpanKind) -> Self::Text;

    /// Takes the next piece of a text and appends to `out` what may leave by now. If nothing is kept back or changed,
    /// that is the piece.
    ///
    /// # Errors
    /// If the answer has to end here.
    fn push(&mut self, text: &mut Self::Text, piece: &str, out: &mut String) -> Result<(), Self::Stop>;

    /// Whether something of the text is kept back.
    fn keeps(&self, text: &Self::Text) -> bool;

    /// The text has ended: appends to `out` what is left of it.
    ///
    /// # Errors
    /// If the answer has to end here.
    fn finish(&mut self, text: Self::Text, out: &mut String) -> Result<(), Self::Stop>;

    /// Judges texts that came whole.
    ///
    /// # Errors
    /// If the answer has to end here.
    fn whole(&mut self, texts: &Extraction<'_>) -> Result<Edits, Self::Stop>;
}

/// Why a stream has to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt<S> {
    /// The judge says so.
    Stopped(S),
    /// It cannot be read.
    Unreadable(Unreadable),
}

/// Why a stream cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// An event's data is not JSON, or has something else where text belongs.
    #[error(transparent)]
    Data(#[from] BodyError),
    /// Not a stream of events, or one that breaks off within an event.
    #[error("not a stream of events")]
    Events,
    /// An event is too long, or too much would have to be kept back, or there are too many texts.
    #[error("the answer is too large to be checked as it streams")]
    TooLarge,
    /// A text goes on after it has ended.
    #[error("a text goes on after its end")]
    AfterEnd,
}

/// A streamed answer; `T` is the [`Judge`]'s idea of a text.
#[derive(Debug)]
pub struct AnswerStream<T> {
    reading: Reading,
    texts: Texts<T>,
    /// An event whose end has not arrived.
    begun: Vec<u8>,
}

// === impl AnswerStream ===

impl<T> AnswerStream<T> {
    /// An answer that has not begun.
    #[must_use]
    pub fn new(format: StreamFormat) -> Self {
        Self {
            reading: Reading::new(format),
            texts: Texts::new(),
            begun: Vec::new(),
        }
    }

    /// Takes the next bytes and appends to `out` what may leave by now.
    ///
    /// # Errors
    /// If the answer has to end. What is in `out` may still leave; nothing may be pushed afterwards.
    pub fn push<J: Judge<Text = T>>(
        &mut self,
        bytes: &[u8],
        judge: &mut J,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt<J::Stop>> {
        let mut rest = bytes;
        if !self.begun.is_empty() {
            let searched = self.begun.len();
            self.begun.extend_from_slice(rest);
            let Some(end) = end_of_event(&self.begun, searched) else {
                return self.check_size();
            };
            rest = rest.get(end - searched..).unwrap_or_default();
            self.begun.truncate(end);
            let event = std::mem::take(&mut self.begun);
            self.event(&event, judge, out)?;
            self.begun = event;
            self.begun.clear();
        }
        while let Some(end) = end_of_event(rest, 0) {
            let (event, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            self.event(event, judge, out)?;
            rest = after;
        }
        self.begun.extend_from_slice(rest);
        self.check_size()
    }

    /// The bytes have ended: appends to `out` what is left.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub fn finish<J: Judge<Text = T>>(&mut self, judge: &mut J, out: &mut Vec<u8>) -> Result<(), Halt<J::Stop>> {
        self.reading.end(&mut self.texts, judge, out)?;
        if self.begun.is_empty() {
            return Ok(());
        }
        Err(Halt::Unreadable(Unreadable::Events))
    }

    /// The number of the event that would leave next, of a format that numbers them.
    #[must_use]
    pub fn next_number(&self) -> Option<u64> {
        self.reading.next_number()
    }

    fn event<J: Judge<Text = T>>(
        &mut self,
        event: &[u8],
        judge: &mut J,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt<J::Stop>> {
        if event.len() > EVENT_LIMIT {
            return Err(Halt::Unreadable(Unreadable::TooLarge));
        }
        self.reading.event(event, &mut self.texts, judge, out)
    }

    fn check_size<S>(&self) -> Result<(), Halt<S>> {
        if self.begun.len() > EVENT_LIMIT {
            return Err(Halt::Unreadable(Unreadable::TooLarge));
        }
        Ok(())
    }
}

// === impl Halt ===

impl<S, E: Into<Unreadable>> From<E> for Halt<S> {
    fn from(error: E) -> Self {
        Self::Unreadable(error.into())
    }
}
