//! The texts of an answer that are still arriving.

use std::collections::BTreeMap;
use std::ops::Range;

use bartizan_wire::json::{JsonErrorKind, escape_into};

use super::number::Numbers;
use super::sight::{End, Key, Mode, Piece};
use super::{Halt, Judge, Unreadable, release};
use crate::node::{self, Side};
use crate::{BodyError, Extractor, Role, SpanKind};

/// The most texts that an answer may have, those that have ended included.
const MAX_TEXTS: usize = 4096;
/// The most that is kept back until it is whole, in bytes, over all texts.
const MAX_HELD: usize = 8 << 20;

/// The texts, by where they stand.
#[derive(Debug)]
pub(super) struct Texts<T> {
    entries: BTreeMap<Key, Entry<T>>,
    /// Bytes that are kept back until they are whole.
    held: usize,
    /// For what is judged when it is whole.
    extractor: Extractor,
    /// What leaves of the text at hand.
    said: String,
}

#[derive(Debug)]
struct Entry<T> {
    state: State<T>,
    template: Template,
}

#[derive(Debug)]
enum State<T> {
    Flowing(T),
    Held { mode: Mode, text: String },
    Name(String),
    Ended,
}

/// The last event with a piece of a text, after which one is made for what was kept back.
#[derive(Debug, Default)]
pub(super) struct Template {
    /// The event's type; empty if it had none.
    pub(super) name: String,
    pub(super) data: Vec<u8>,
    /// Where the piece stands in the data.
    pub(super) at: Range<usize>,
}

/// What is left of a text that has ended, as it is written between quotes.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) raw: Vec<u8>,
    pub(super) template: Template,
}

// === impl Texts ===

impl<T> Texts<T> {
    pub(super) fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
            held: 0,
            extractor: Extractor::new(),
            said: String::new(),
        }
    }

    /// Takes a piece, and gives what is to be written between the quotes in its place; `None` if it stays as it is.
    pub(super) fn push<J: Judge<Text = T>>(
        &mut self,
        piece: &Piece,
        says: &str,
        ends: bool,
        judge: &mut J,
    ) -> Result<Option<Vec<u8>>, Halt<J::Stop>> {
        self.said.clear();
        if self.entries.len() >= MAX_TEXTS && !self.entries.contains_key(&piece.key) {
            return Err(Unreadable::TooLarge.into());
        }
        let entry = self.entries.entry(piece.key).or_insert_with(|| Entry {
            state: match piece.mode {
                Mode::Flow => State::Flowing(judge.begin(piece.kind)),
                Mode::Name => State::Name(String::new()),
                mode => State::Held {
                    mode,
                    text: String::new(),
                },
            },
            template: Template::default(),
        });
        match &mut entry.state {
            State::Flowing(text) => judge.push(text, says, &mut self.said).map_err(Halt::Stopped)?,
            State::Held { text, .. } => {
                self.held += says.len();
                if self.held > MAX_HELD {
                    return Err(Unreadable::TooLarge.into());
                }
                text.push_str(says);
            }
            // A client joins the pieces of a name, and only whole ones have been judged. Some providers repeat it.
            State::Name(name) if name.is_empty() => says.clone_into(name),
            State::Name(name) if says.is_empty() || name == says => {}
            State::Name(_) => return Err(Unreadable::AfterEnd.into()),
            State::Ended if says.is_empty() => {}
            State::Ended => return Err(Unreadable::AfterEnd.into()),
        }
        let is_written = matches!(entry.state, State::Flowing(_) | State::Held { .. });
        let state = match ends {
            true => std::mem::replace(&mut entry.state, State::Ended),
            false => State::Ended,
        };
        let rest = self.finish(state, judge)?;
        if !is_written || (rest.is_none() && self.said == says) {
            return Ok(None);
        }
        Ok(Some(rest.unwrap_or_else(|| escaped(&self.said))))
    }

    /// What may leave of the text at which [`push`](Self::push) has failed, as it is written between quotes.
    pub(super) fn left(&self) -> Vec<u8> {
        escaped(&self.said)
    }

    /// Ends the texts that `ends` covers, and appends an event for what is left of each.
    pub(super) fn end<J: Judge<Text = T>>(
        &mut self,
        ends: &[End],
        judge: &mut J,
        numbers: &mut Numbers,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt<J::Stop>> {
        if ends.is_empty() {
            return Ok(());
        }
        let is_open = |entry: &Entry<T>| !matches!(entry.state, State::Ended);
        let mut entries = std::mem::take(&mut self.entries);
        let ending = entries
            .iter_mut()
            .filter(|(key, entry)| is_open(entry) && ends.iter().any(|end| end.covers(**key)));
        for (key, entry) in ending {
            let state = std::mem::replace(&mut entry.state, State::Ended);
            let template = std::mem::take(&mut entry.template);
            self.said.clear();
            let finished = self.finish(state, judge);
            // What the judge has let go leaves, also where it stops.
            let raw = match &finished {
                Ok(Some(raw)) => raw.clone(),
                Ok(None) | Err(_) => escaped(&self.said),
            };
            release::write(&Left { raw, template }, key.index, numbers, out);
            finished?;
        }
        self.entries = entries;
        Ok(())
    }

    /// Whether a text that stands outside of any data would have to change.
    pub(super) fn changes<J: Judge<Text = T>>(&mut self, text: &str, judge: &mut J) -> Result<bool, Halt<J::Stop>> {
        let written = self.judge_whole(Mode::HeldText, text, judge)?;
        Ok(written != escaped(text))
    }

    /// Whether something of the text is kept back.
    pub(super) fn keeps<J: Judge<Text = T>>(&self, key: Key, judge: &J) -> bool {
        self.entries.get(&key).is_some_and(|entry| entry.keeps(judge))
    }

    /// Whether something of any text is kept back.
    pub(super) fn keep_any<J: Judge<Text = T>>(&self, judge: &J) -> bool {
        self.entries.values().any(|entry| entry.keeps(judge))
    }

    /// Remembers the event for what is kept back of a text.
    pub(super) fn remember(&mut self, piece: &Piece, name: &str, data: &str) {
        if let Some(Entry { template, .. }) = self.entries.get_mut(&piece.key) {
            name.clone_into(&mut template.name);
            data.as_bytes().clone_into(&mut template.data);
            template.at = piece.raw.clone();
        }
    }

    /// What is left of a text: appended to `said` as text, or as it is written.
    fn finish<J: Judge<Text = T>>(&mut self, state: State<T>, judge: &mut J) -> Result<Option<Vec<u8>>, Halt<J::Stop>> {
        match state {
            State::Flowing(text) => {
                judge.finish(text, &mut self.said).map_err(Halt::Stopped)?;
                Ok(None)
            }
            State::Held { text, .. } if text.is_empty() => Ok(None),
            State::Held { mode, text } => {
                self.held = self.held.saturating_sub(text.len());
                self.judge_whole(mode, &text, judge).map(Some)
            }
            State::Name(_) | State::Ended => Ok(None),
        }
    }

    /// Judges a text as that of a whole answer is; gives it as it is written between quotes.
    fn judge_whole<J: Judge<Text = T>>(
        &mut self,
        mode: Mode,
        text: &str,
        judge: &mut J,
    ) -> Result<Vec<u8>, Halt<J::Stop>> {
        if mode == Mode::HeldInput {
            let input = node::free(SpanKind::ToolCall);
            match self
                .extractor
                .read(input, Role::Assistant, Side::Answer, text.as_bytes())
            {
                Ok(texts) => {
                    let edits = judge.whole(&texts).map_err(Halt::Stopped)?;
                    return Ok(escaped(&String::from_utf8_lossy(&texts.apply(edits))));
                }
                Err(error) if is_ambiguous(&error) => return Err(error.into()),
                // A model that has run out of tokens leaves half of it.
                Err(_) => {}
            }
        }
        let node = match mode {
            Mode::HeldText => node::text(SpanKind::ToolCall),
            _ => node::ARGUMENTS,
        };
        let quoted = [b"\"", &*escaped(text), b"\""].concat();
        let texts = self.extractor.read(node, Role::Assistant, Side::Answer, &quoted)?;
        let edits = judge.whole(&texts).map_err(Halt::Stopped)?;
        let written = texts.apply(edits);
        let inside = written.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        Ok(inside.unwrap_or_default().to_vec())
    }
}

// === impl Template ===

impl Template {
    pub(super) fn of(piece: &Piece, name: &str, data: &str) -> Self {
        Self {
            name: name.to_owned(),
            data: data.into(),
            at: piece.raw.clone(),
        }
    }
}

// === impl Entry ===

impl<T> Entry<T> {
    fn keeps<J: Judge<Text = T>>(&self, judge: &J) -> bool {
        match &self.state {
            State::Flowing(text) => judge.keeps(text),
            State::Held { text, .. } => !text.is_empty(),
            State::Name(_) | State::Ended => false,
        }
    }
}

fn escaped(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}

/// Whether readers could differ on what it says.
fn is_ambiguous(error: &BodyError) -> bool {
    match error {
        BodyError::Json(error) => matches!(error.kind, JsonErrorKind::DuplicateKey | JsonErrorKind::TooDeep),
        _ => true,
    }
}
