//! One event on its way through.

use std::ops::Range;

use bartizan_wire::json::{Patch, Reader, Token};
use bartizan_wire::sse::{Field, lines};

use super::number::Numbers;
use super::sight::{End, Mode, Sifter, Sight};
use super::texts::{Left, Template, Texts};
use super::{Halt, Judge, StreamFormat, Unreadable, release};
use crate::extractor::Walk;
use crate::node::{self, Node, Side};
use crate::word::is_label;
use crate::{BodyError, Extractor, Masking, Role, SpanKind, Surface};

/// The most pieces, and the most ends of texts, that an event may have.
const MAX_PIECES: usize = 1024;

/// How events are read; keeps its memory from event to event.
#[derive(Debug)]
pub(super) struct Reading {
    format: StreamFormat,
    extractor: Extractor,
    sight: Sight,
    numbers: Numbers,
}

/// The lines of an event.
struct Lines<'e> {
    event: &'e str,
    name: &'e str,
    data: Data,
    comments: Comments,
}

/// What is in the lines that nobody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comments {
    None,
    /// They stay.
    Some,
    /// They have something in them that must not leave: they are emptied.
    Emptied,
}

/// Where the data of an event stands.
enum Data {
    None,
    /// In one line.
    Line(Range<usize>),
    /// In several, joined here.
    Joined(String),
}

// === impl Reading ===

impl Reading {
    pub(super) fn new(format: StreamFormat) -> Self {
        Self {
            format,
            extractor: Extractor::new(),
            sight: Sight::default(),
            numbers: Numbers::default(),
        }
    }

    /// The number of the event that would leave next, of a format that has some.
    pub(super) fn next_number(&self) -> Option<u64> {
        self.numbers.next()
    }

    /// Takes one event, its empty line included, and appends what leaves of it.
    pub(super) fn event<J: Judge>(
        &mut self,
        event: &[u8],
        texts: &mut Texts<J::Text>,
        judge: &mut J,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt<J::Stop>> {
        let mut lines = Lines::read(event)?;
        if lines.comments == Comments::Some {
            lines.judge_comments(texts, judge)?;
        }
        // MCP begins streams with an event that has an id and nothing else.
        let is_mcp = self.format == StreamFormat::Mcp;
        let Some(data) = lines.data().filter(|data| !(is_mcp && data.is_empty())) else {
            lines.write(None, out);
            return Ok(());
        };
        if data == "[DONE]" {
            self.end(texts, judge, out)?;
            lines.write(None, out);
            return Ok(());
        }
        self.sift(data)?;
        self.numbers.arrive(self.sight.number.as_ref());
        match self.judge(data, texts, judge, out) {
            Ok(mut patch) => {
                let number = self.sight.number.as_ref();
                self.numbers.renumber(number, &mut patch);
                self.numbers.leave(number);
                for piece in &self.sight.pieces {
                    if texts.keeps(piece.key, judge) {
                        texts.remember(piece, lines.name, data);
                    }
                }
                let patched = (!patch.is_empty()).then(|| patch.apply(data.as_bytes()));
                lines.write(patched.as_deref(), out);
                Ok(())
            }
            Err(halt) => {
                self.write_judged(lines.name, data, out);
                Err(halt)
            }
        }
    }

    /// Judges what was seen in an event, and appends events for what is left of texts that end with it; gives what is to
    /// change in it.
    fn judge<J: Judge>(
        &mut self,
        data: &str,
        texts: &mut Texts<J::Text>,
        judge: &mut J,
        out: &mut Vec<u8>,
    ) -> Result<Patch, Halt<J::Stop>> {
        self.judge_pieces(texts, judge)?;
        texts.end(&self.sight.ends, judge, &mut self.numbers, out)?;
        let mut patch = Patch::new();
        let found = self.extractor.extraction(data);
        if !found.is_empty() {
            patch = judge.whole(&found).map_err(Halt::Stopped)?.into_patch();
        }
        for piece in &mut self.sight.pieces {
            if let Some(written) = piece.written.take()
                && data.as_bytes().get(piece.raw.clone()) != Some(&written)
            {
                patch.replace(piece.raw.clone(), written);
            }
        }
        // They repeat the text, token by token, so they may leave only where the text does.
        if !found.logprobs().is_empty() && (!patch.is_empty() || texts.keep_any(judge)) {
            for range in found.logprobs() {
                match data.get(range.clone()) {
                    Some("[]") => {}
                    Some(list) if list.starts_with('[') => patch.replace(range.clone(), b"[]".to_vec()),
                    _ => patch.replace(range.clone(), b"null".to_vec()),
                }
            }
        }
        Ok(patch)
    }

    /// Every text has ended: appends events for what is left of them.
    pub(super) fn end<J: Judge>(
        &mut self,
        texts: &mut Texts<J::Text>,
        judge: &mut J,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt<J::Stop>> {
        texts.end(&[End::All], judge, &mut self.numbers, out)
    }

    /// Reads the data.
    fn sift(&mut self, data: &str) -> Result<(), Unreadable> {
        self.sight.clear();
        self.extractor.clear();
        let mut reader = Reader::new(data.as_bytes()).map_err(BodyError::from)?;
        if self.format == StreamFormat::Mcp {
            let root = Node::body(Surface::Mcp, Side::Answer);
            let role = Node::body_role(Surface::Mcp, Side::Answer);
            return Ok(Walk::new(&mut self.extractor, &mut reader, root, role, Side::Answer).run()?);
        }
        let root = node::free(SpanKind::Other);
        let walk = Walk::new(&mut self.extractor, &mut reader, root, Role::Assistant, Side::Answer);
        let sight = &mut self.sight;
        let mut sifter = Sifter { walk, sight };
        match sifter.walk.read()? {
            Some(Token::ObjectStart) => {}
            Some(other) => return Err(sifter.walk.wrong_type("an object", other.type_name()).into()),
            None => return Err(Unreadable::Events),
        }
        match self.format {
            StreamFormat::ChatCompletions | StreamFormat::Mcp => sifter.chunk()?,
            StreamFormat::Responses => sifter.response_event()?,
            StreamFormat::Messages => sifter.message_event()?,
        }
        // Nothing may come behind it.
        sifter.walk.read()?;
        if self.sight.pieces.len() > MAX_PIECES || self.sight.ends.len() > MAX_PIECES {
            return Err(Unreadable::TooLarge);
        }
        Ok(())
    }

    fn judge_pieces<J: Judge>(&mut self, texts: &mut Texts<J::Text>, judge: &mut J) -> Result<(), Halt<J::Stop>> {
        let Sight { pieces, said, ends, .. } = &mut self.sight;
        let mut rest = pieces.as_mut_slice();
        while let Some((piece, later)) = std::mem::take(&mut rest).split_first_mut() {
            let is_last = !later.iter().any(|later| later.key == piece.key);
            let ends_here = is_last && ends.iter().any(|end| end.covers(piece.key));
            let says = said.get(piece.said.clone()).unwrap_or_default();
            piece.written = texts.push(piece, says, ends_here, judge).inspect_err(|_| {
                piece.written = Some(texts.left());
            })?;
            piece.is_judged = true;
            rest = later;
        }
        Ok(())
    }

    /// Appends what leaves of the pieces of an event that does not leave itself. Had they come in events of their own,
    /// they would have left, and what leaves must not depend on that.
    fn write_judged(&mut self, name: &str, data: &str, out: &mut Vec<u8>) {
        // A block that has not been opened has no pieces. Keys are texts that leave with their event or not at all, and one
        // may be on the way to a piece.
        let mut whole = self.extractor.extraction(data).spans();
        if (self.format == StreamFormat::Messages && has(data, b"\"content_block\""))
            || whole.any(|span| span.masking == Masking::Impossible)
        {
            return;
        }
        for piece in &mut self.sight.pieces {
            let raw = match piece.written.take() {
                // A name leaves with its event.
                _ if piece.mode == Mode::Name => continue,
                Some(written) => written,
                None if piece.is_judged => data.get(piece.raw.clone()).unwrap_or_default().into(),
                None => continue,
            };
            let template = Template::of(piece, name, data);
            release::write(&Left { raw, template }, piece.key.index, &mut self.numbers, out);
        }
    }
}

/// Whether a text has a part. `str::contains` would bring 4 KB of code to be fast with long ones.
pub(super) fn has(text: &str, part: &[u8]) -> bool {
    text.as_bytes().windows(part.len()).any(|window| window == part)
}

// === impl Lines ===

impl<'e> Lines<'e> {
    fn read(event: &'e [u8]) -> Result<Self, Unreadable> {
        let event = str::from_utf8(event).map_err(|_| Unreadable::Events)?;
        let mut this = Self {
            event,
            name: "",
            data: Data::None,
            comments: Comments::None,
        };
        let mut returns = event.bytes().enumerate().filter(|(_, byte)| *byte == b'\r');
        if !returns.all(|(at, _)| event.as_bytes().get(at + 1) == Some(&b'\n')) {
            return Err(Unreadable::Events);
        }
        for line in lines(event) {
            let value = event.get(line.value.clone()).unwrap_or_default();
            match line.field {
                Field::Data => this.data = this.data.and(event, line.value),
                Field::Name if is_label(value) => this.name = value,
                Field::Id | Field::Retry if is_label(value) => {}
                Field::Comment => this.comments = Comments::Some,
                Field::Name | Field::Id | Field::Retry | Field::Unknown => return Err(Unreadable::Events),
            }
        }
        Ok(this)
    }

    fn judge_comments<J: Judge>(&mut self, texts: &mut Texts<J::Text>, judge: &mut J) -> Result<(), Halt<J::Stop>> {
        for line in lines(self.event).filter(|line| line.field == Field::Comment) {
            let comment = self.event.get(line.value).unwrap_or_default();
            if texts.changes(comment, judge)? {
                self.comments = Comments::Emptied;
            }
        }
        Ok(())
    }

    fn data(&self) -> Option<&str> {
        match &self.data {
            Data::None => None,
            Data::Line(range) => self.event.get(range.clone()),
            Data::Joined(data) => Some(data),
        }
    }

    /// Appends the event, with other data if there is some.
    fn write(&self, data: Option<&[u8]>, out: &mut Vec<u8>) {
        match (&self.data, data) {
            (_, None) if self.comments != Comments::Emptied => out.extend_from_slice(self.event.as_bytes()),
            (Data::Line(range), Some(data)) if self.comments != Comments::Emptied => {
                out.extend_from_slice(self.event.get(..range.start).unwrap_or_default().as_bytes());
                out.extend_from_slice(data);
                out.extend_from_slice(self.event.get(range.end..).unwrap_or_default().as_bytes());
            }
            _ => self.rewrite(data, out),
        }
    }

    /// Writes line by line.
    #[inline(never)]
    fn rewrite(&self, data: Option<&[u8]>, out: &mut Vec<u8>) {
        let mut data = data.or(self.data().map(str::as_bytes));
        for field in lines(self.event) {
            let mut value = self.event.get(field.value).unwrap_or_default().as_bytes();
            let name = match field.field {
                Field::Data => {
                    // All of it stands where the first line of it stood.
                    let Some(mut rest) = data.take() else { continue };
                    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                        let (line, after) = rest.split_at(end);
                        write_line("data", line, out);
                        rest = after.get(1..).unwrap_or_default();
                    }
                    value = rest;
                    "data"
                }
                Field::Name => "event",
                Field::Id => "id",
                Field::Retry => "retry",
                Field::Comment | Field::Unknown => {
                    if self.comments != Comments::Some {
                        value = b"";
                    }
                    ""
                }
            };
            write_line(name, value, out);
        }
        out.push(b'\n');
    }
}

/// Appends a line of an event.
pub(super) fn write_line(name: &str, value: &[u8], out: &mut Vec<u8>) {
    for part in [name.as_bytes(), b": ", value, b"\n"] {
        out.extend_from_slice(part);
    }
}

// === impl Data ===

impl Data {
    /// One line more.
    fn and(self, event: &str, line: Range<usize>) -> Self {
        let more = event.get(line.clone()).unwrap_or_default();
        match self {
            Self::None => Self::Line(line),
            Self::Line(first) => Self::Joined(event.get(first).unwrap_or_default().to_owned()).and(event, line),
            Self::Joined(mut data) => {
                data.push('\n');
                data.push_str(more);
                Self::Joined(data)
            }
        }
    }
}
