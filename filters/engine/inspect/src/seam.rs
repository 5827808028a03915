//! Texts that a model reads as one: the parts of a message, and messages of one role that follow each other.
//!
//! What is found in a text of its own does not depend on the others. But a phrase may begin in one part and end in the
//! next, so what is on both sides of a border is scanned together as well: once put together as it is, as for a word that
//! was cut, and once with a line break between, as for words that were. A finding across a border is told in the texts
//! that it lies in.

use std::ops::Range;

use bartizan_prompt::{Extraction, Span, SpanKind};
use bartizan_scan::{Finding, Findings};
use bartizan_verdict::{Action, Role};

use crate::inspector::role_of;

/// Bytes of a text, on each side of a border, that are read together with what is across it. Texts that are no longer
/// than twice this are read whole, so that a phrase in many small parts is seen.
const REACH: usize = 512;

/// What stands around borders, put together.
#[derive(Debug, Default)]
pub(crate) struct Seam {
    pub(crate) text: String,
    pieces: Vec<Piece>,
    /// Whether a line break had to be put in.
    is_broken: bool,
}

/// A part of a text in a [`Seam`].
#[derive(Clone, Debug)]
struct Piece {
    /// Where it stands in the seam.
    at: Range<usize>,
    /// Number of the text.
    span: usize,
    /// Where it begins in the text.
    from: usize,
}

/// A text that a model may read on from.
#[derive(Clone, Copy, Debug)]
struct Text<'a> {
    /// Which one of the body.
    number: usize,
    whose: (SpanKind, Role),
    says: &'a str,
}

/// What stands between two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Nothing,
    /// A line break, unless there is a space anyway.
    Break,
}

impl Seam {
    /// Adds what was found in the seam to what was found in the texts, as `action` has it: what is masked in every text that
    /// it lies in, and else in the first and the last of them. What lies in one only is found there.
    pub(crate) fn note(&self, around: &Findings, action: &dyn Fn(&Finding) -> Option<Action>, findings: &mut Findings) {
        findings.add_overflow(around);
        for finding in around.as_slice() {
            let Some(action) = action(finding) else { continue };
            let first = self.pieces.partition_point(|piece| piece.at.end <= finding.range.start);
            let end = self.pieces.partition_point(|piece| piece.at.start < finding.range.end);
            if end <= first + 1 {
                continue;
            }
            let pieces = self.pieces.get(first..end).unwrap_or_default().iter().enumerate();
            let is_told = |place: usize| action == Action::Mask || place == 0 || place + 1 == end - first;
            for (_, piece) in pieces.filter(|(place, _)| is_told(*place)) {
                let start = finding.range.start.max(piece.at.start) - piece.at.start + piece.from;
                let end = finding.range.end.min(piece.at.end) - piece.at.start + piece.from;
                findings.add(Finding {
                    span: piece.span,
                    range: start..end,
                    ..finding.clone()
                });
            }
        }
    }

    fn push(&mut self, text: &Text<'_>, part: Range<usize>, between: Between) {
        let says = text.says.get(part.clone()).unwrap_or_default();
        let is_apart = |before: &str| before.ends_with(char::is_whitespace) || says.starts_with(char::is_whitespace);
        if between == Between::Break && !self.text.is_empty() && !is_apart(&self.text) {
            self.text.push('\n');
            self.is_broken = true;
        }
        let start = self.text.len();
        self.text.push_str(says);
        self.pieces.push(Piece {
            at: start..self.text.len(),
            span: text.number,
            from: part.start,
        });
    }
}

/// Whether any two of texts are read as one, as they come.
#[derive(Debug, Default)]
pub(crate) struct Following {
    last: Option<(SpanKind, Role)>,
    /// Whether two follow each other that are.
    pub(crate) is_any: bool,
}

impl Following {
    /// Takes the next text.
    pub(crate) fn push(&mut self, span: &Span<'_>) {
        if let Some(whose) = whose(span) {
            self.is_any |= self.last == Some(whose);
            self.last = Some(whose);
        }
    }
}

/// Whose a text is that may be read as one with the next.
fn whose(span: &Span<'_>) -> Option<(SpanKind, Role)> {
    let is_said = matches!(span.kind, SpanKind::Message | SpanKind::ToolResult) && !span.is_repeat();
    is_said.then(|| (span.kind, role_of(span)))
}

/// Calls `each` with what stands around the borders of texts that are read as one, and whose it is; never, if none are
/// [`Following`] each other.
#[inline(never)]
pub(crate) fn each_seam(texts: &Extraction<'_>, each: &mut dyn FnMut(Role, &Seam)) {
    // Empty, and nothing allocated, where no text goes on in the next, as in most conversations.
    let mut run: Vec<Text<'_>> = Vec::new();
    let mut last: Option<Text<'_>> = None;
    for (number, span) in texts.spans().enumerate() {
        let Some(whose) = whose(&span) else { continue };
        let text = Text {
            number,
            whose,
            says: span.text,
        };
        if let Some(before) = last.replace(text) {
            if before.whose == text.whose || !run.is_empty() {
                run.push(before);
            }
            if before.whose != text.whose {
                sew(&run, each);
                run.clear();
            }
        }
    }
    if !run.is_empty() {
        run.extend(last);
    }
    sew(&run, each);
}

/// Calls `each` with the seams of texts that follow each other, in both ways in which they may be put together.
fn sew(run: &[Text<'_>], each: &mut dyn FnMut(Role, &Seam)) {
    let mut seam = Seam::default();
    for between in [Between::Nothing, Between::Break] {
        for (place, text) in run.iter().enumerate() {
            let (is_first, is_last) = (place == 0, place + 1 == run.len());
            let head = text.says.floor_char_boundary(REACH);
            let tail = text.says.ceil_char_boundary(text.says.len().saturating_sub(REACH));
            if !is_first && !is_last && head >= tail {
                seam.push(text, 0..text.says.len(), between);
                continue;
            }
            if !is_first {
                seam.push(text, 0..head, between);
                // Without a break it is what it was before.
                if between == Between::Nothing || seam.is_broken {
                    each(text.whose.1, &seam);
                }
                seam = Seam::default();
            }
            if !is_last {
                seam.push(text, tail..text.says.len(), between);
            }
        }
    }
}
