use std::ops::Range;

use bartizan_verdict::Role;
use bartizan_wire::BodyError;
use bartizan_wire::binary::Media;
use bartizan_wire::json::{Memory, Reader, part, path_at};

use crate::node::{Node, Side};
use crate::span::Layer;
use crate::unscannable::Unscanned;
use crate::{Edits, Masking, Span, SpanKind, Surface, Unscannable};

mod frame;
mod walk;

use frame::Frame;
pub(crate) use walk::Walk;

/// Finds the texts of bodies. Keeps its memory from body to body.
#[derive(Debug, Default)]
pub struct Extractor {
    records: Vec<Record>,
    /// What texts with escapes say, one behind the other.
    decoded: String,
    /// The values of `logprobs`.
    logprobs: Vec<Range<usize>>,
    unscanned: Unscanned,
    frames: Vec<Frame>,
    reading: Memory,
}

/// The texts of one body.
#[derive(Clone, Copy, Debug)]
pub struct Extraction<'a> {
    body: &'a str,
    records: &'a [Record],
    decoded: &'a str,
    logprobs: &'a [Range<usize>],
    unscanned: Unscanned,
}

/// A [`Span`] without its borrows.
#[derive(Clone, Debug)]
struct Record {
    /// Not known until the message's `role` has been read.
    role: Option<Role>,
    kind: SpanKind,
    masking: Masking,
    is_standing: bool,
    raw: Range<usize>,
    /// Where in [`Extractor::decoded`]; `None` if the text has no escapes.
    decoded: Option<Range<usize>>,
    layer: Layer,
    /// Whether it could be base64, which the object that it is in says at its end.
    base64: Base64,
}

/// Whether a text could be base64, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base64 {
    /// It is not, or that is settled.
    No,
    /// It could, and then it stands for text.
    OfText,
    /// It could, and then it stands for this.
    Of(Media),
}

// === impl Extractor ===

impl Extractor {
    /// An extractor that has read nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Finds every text of a request.
    ///
    /// # Errors
    /// If the body is not JSON that we read, or has something else where text, a role or a message belongs.
    pub fn request<'a>(&'a mut self, surface: Surface, body: &'a [u8]) -> Result<Extraction<'a>, BodyError> {
        let (root, role) = (
            Node::body(surface, Side::Request),
            Node::body_role(surface, Side::Request),
        );
        self.read(root, role, Side::Request, body)
    }

    /// Finds every text of a whole answer.
    ///
    /// # Errors
    /// As for [`request`](Self::request).
    pub fn answer<'a>(&'a mut self, surface: Surface, body: &'a [u8]) -> Result<Extraction<'a>, BodyError> {
        let (root, role) = (
            Node::body(surface, Side::Answer),
            Node::body_role(surface, Side::Answer),
        );
        self.read(root, role, Side::Answer, body)
    }

    /// Finds every text of a body whose root means `root`, and whose texts are of this role.
    pub(crate) fn read<'a>(
        &'a mut self,
        root: Node,
        role: Role,
        side: Side,
        body: &'a [u8],
    ) -> Result<Extraction<'a>, BodyError> {
        self.clear();
        let mut reader = Reader::reusing(std::mem::take(&mut self.reading), body)?;
        Walk::new(self, &mut reader, root, role, side).run()?;
        let body = reader.body();
        self.reading = reader.into_memory();
        Ok(self.extraction(body))
    }

    /// Forgets what was found; keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.decoded.clear();
        self.logprobs.clear();
        self.unscanned = Unscanned::EMPTY;
        self.frames.clear();
    }

    /// What was found in this body.
    pub(crate) fn extraction<'a>(&'a self, body: &'a str) -> Extraction<'a> {
        Extraction {
            body,
            records: &self.records,
            decoded: &self.decoded,
            logprobs: &self.logprobs,
            unscanned: self.unscanned,
        }
    }
}

// === impl Extraction ===

impl<'a> Extraction<'a> {
    /// Every text, in the order in which they stand in the body.
    pub fn spans(&self) -> impl ExactSizeIterator<Item = Span<'a>> + use<'a> {
        let this = *self;
        this.records.iter().map(move |record| this.span(record))
    }

    #[inline(never)]
    fn span(&self, record: &Record) -> Span<'a> {
        let raw_text = part(self.body, record.raw.clone());
        let text = match &record.decoded {
            Some(range) => part(self.decoded, range.clone()),
            None => raw_text,
        };
        Span {
            // Every message has told its role, or the body would have been refused.
            role: record.role.unwrap_or(Role::User),
            kind: record.kind,
            text,
            raw: record.raw.clone(),
            masking: record.masking,
            is_standing: record.is_standing,
            raw_text,
            layer: record.layer,
        }
    }

    /// Whether there is neither a text nor anything that cannot be scanned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && !self.has_unscannable()
    }

    /// Where the values of `logprobs` stand.
    pub(crate) const fn logprobs(&self) -> &'a [Range<usize>] {
        self.logprobs
    }

    /// What is in the body and cannot be read as text, each kind once; and what tells the path of the first of it, such
    /// as `$.messages[0].content[1].image_url.url`, by reading the body again.
    pub fn unscannable(&self) -> impl Iterator<Item = (Unscannable, impl Fn() -> String + use<'a>)> + use<'a> {
        let body = self.body.as_bytes();
        self.unscanned
            .iter()
            .map(move |(kind, offset)| (kind, move || path_at(body, offset)))
    }

    /// Whether there is anything of that kind in the body.
    #[must_use]
    pub fn has_unscannable(&self) -> bool {
        self.unscanned.is_any()
    }

    /// The path of a text, such as `$.messages[0].content`. Reads the body again up to there.
    #[must_use]
    pub fn path(&self, span: &Span<'_>) -> String {
        path_at(self.body.as_bytes(), span.raw.start)
    }

    /// The body with the edits; every other byte is as it was, but that `logprobs` become `null`.
    #[must_use]
    pub fn apply(&self, edits: Edits) -> Vec<u8> {
        let mut patch = edits.into_patch();
        if !patch.is_empty() {
            for range in self.logprobs {
                patch.replace(range.clone(), b"null".to_vec());
            }
        }
        patch.apply(self.body.as_bytes())
    }
}
