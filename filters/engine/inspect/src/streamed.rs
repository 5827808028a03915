use bartizan_policy::Caller;
use bartizan_prompt::{AnswerStream, Edits, Extraction, Halt, Judge, SpanKind, StreamFormat, Unreadable};
use bartizan_scan::{Delivery, StreamScanner, Terms};
use bartizan_verdict::Action;

use crate::inspector::{Inspector, Judgement, Side};

/// An answer that is judged as it streams.
#[derive(Debug)]
pub struct StreamedAnswer {
    stream: AnswerStream<StreamScanner>,
    judgement: Judgement,
}

/// Why an answer has to end before its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// Something in it is to be blocked.
    #[error("the answer is blocked")]
    Blocked,
    /// It cannot be read: its sender's doing.
    #[error(transparent)]
    Unreadable(Unreadable),
    /// Judging failed: ours.
    #[error("the answer could not be judged")]
    Failed,
}

/// What judges the texts of one push.
struct Judging<'a> {
    inspector: &'a Inspector,
    terms: Terms<'a>,
    judgement: &'a mut Judgement,
}

// === impl StreamedAnswer ===

impl StreamedAnswer {
    /// An answer that has not begun.
    #[must_use]
    pub fn new(format: StreamFormat) -> Self {
        Self {
            stream: AnswerStream::new(format),
            judgement: Judgement::clean(),
        }
    }

    /// Takes the next bytes and appends to `out` what may leave by now, masks in place. Always with the same inspector.
    ///
    /// # Errors
    /// If the answer has to end. What is in `out` may still leave; nothing may be pushed afterwards.
    pub fn push(
        &mut self,
        inspector: &Inspector,
        caller: &Caller<'_>,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Ended> {
        let mut judging = Judging::new(inspector, caller, &mut self.judgement);
        let pushed = self.stream.push(bytes, &mut judging, out);
        self.unless_ended(pushed)
    }

    /// The bytes have ended: appends to `out` what is left.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub fn finish(&mut self, inspector: &Inspector, caller: &Caller<'_>, out: &mut Vec<u8>) -> Result<(), Ended> {
        let mut judging = Judging::new(inspector, caller, &mut self.judgement);
        let finished = self.stream.finish(&mut judging, out);
        self.unless_ended(finished)
    }

    /// What it has come to so far. `masked` is never there: what is masked has left as it should.
    #[must_use]
    pub const fn judgement(&self) -> &Judgement {
        &self.judgement
    }

    fn unless_ended(&mut self, outcome: Result<(), Halt<Ended>>) -> Result<(), Ended> {
        outcome.map_err(|halt| {
            self.judgement.action = Action::Block;
            match halt {
                Halt::Stopped(ended) => ended,
                Halt::Unreadable(unreadable) => Ended::Unreadable(unreadable),
            }
        })
    }
}

// === impl Judging ===

impl<'a> Judging<'a> {
    fn new(inspector: &'a Inspector, caller: &Caller<'_>, judgement: &'a mut Judgement) -> Self {
        Self {
            inspector,
            terms: inspector.config().terms(inspector.mode(Side::Answer), caller),
            judgement,
        }
    }

    /// Lets a text go on, and takes note of what was found in it since there were `before` findings.
    fn note(&mut self, text: &StreamScanner, before: usize, delivery: Delivery) -> Result<(), Ended> {
        // Nearly always there is nothing to note.
        if text.action() > Action::Allow {
            let found = text.findings().iter().skip(before);
            self.judgement
                .note(text.action(), found.map(|finding| finding.category));
        }
        match delivery {
            Delivery::Goes => Ok(()),
            Delivery::Stops => Err(Ended::Blocked),
        }
    }
}

impl Judge for Judging<'_> {
    type Text = StreamScanner;
    type Stop = Ended;

    fn begin(&mut self, _kind: SpanKind) -> StreamScanner {
        StreamScanner::new()
    }

    fn push(&mut self, text: &mut StreamScanner, piece: &str, out: &mut String) -> Result<(), Ended> {
        let before = text.findings().len();
        let (scanner, plan) = (self.inspector.scanner(), self.inspector.plan());
        let delivery = text.push(scanner, plan, piece, &mut |finding| self.terms.action_of(finding), out);
        self.note(text, before, delivery)
    }

    fn keeps(&self, text: &StreamScanner) -> bool {
        text.held() > 0
    }

    fn finish(&mut self, mut text: StreamScanner, out: &mut String) -> Result<(), Ended> {
        let before = text.findings().len();
        let (scanner, plan) = (self.inspector.scanner(), self.inspector.plan());
        let delivery = text.finish(scanner, plan, &mut |finding| self.terms.action_of(finding), out);
        self.note(&text, before, delivery)
    }

    fn whole(&mut self, texts: &Extraction<'_>) -> Result<Edits, Ended> {
        let weigh = |scratch: &mut _| self.inspector.weigh_answer(texts, &self.terms, scratch);
        let (judgement, edits) = self.inspector.with_answer_scratch(weigh).ok_or(Ended::Failed)?;
        self.judgement.note(judgement.action, judgement.categories);
        for kind in judgement.unscannable {
            if !self.judgement.unscannable.contains(&kind) {
                self.judgement.unscannable.push(kind);
            }
        }
        if judgement.action == Action::Block {
            self.judgement.refused_at = judgement.refused_at;
            return Err(Ended::Blocked);
        }
        Ok(edits)
    }
}
