use bartizan_policy::Caller;
use bartizan_prompt::{AnswerStream, Edits, Extraction, Halt, Judge, SpanKind, StreamFormat, Unreadable};
use bartizan_scan::{Delivery, Finding, StreamScanner, Terms};
use bartizan_verdict::Action;

use crate::answer::{AnswerScratch, Seen, see};
use crate::inspector::{Inspector, Judgement, Side};
use crate::restorer::Restorer;
use crate::vault::Vault;

/// An answer that is judged as it streams.
#[derive(Debug)]
pub struct StreamedAnswer {
    stream: AnswerStream<Flowing>,
    judgement: Judgement,
    vault: Vault,
    /// What has been judged of a text and not been restored.
    said: String,
}

/// A text that is still arriving.
#[derive(Debug)]
pub(crate) struct Flowing {
    pub(crate) scanner: StreamScanner,
    restorer: Restorer,
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
pub(crate) struct Judging<'a> {
    pub(crate) inspector: &'a Inspector,
    pub(crate) terms: Terms<'a>,
    pub(crate) judgement: &'a mut Judgement,
    pub(crate) vault: &'a Vault,
    pub(crate) said: &'a mut String,
    /// Where what is found is written down, if somebody wants to know.
    pub(crate) seen: Option<Vec<Seen>>,
}

// === impl StreamedAnswer ===

impl StreamedAnswer {
    /// An answer that has not begun, to a request whose masks are in the vault.
    #[must_use]
    pub fn new(format: StreamFormat, vault: Vault) -> Self {
        Self {
            stream: AnswerStream::new(format),
            judgement: Judgement::clean(),
            vault,
            said: String::new(),
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
        let (stream, mut judging) = self.judging(inspector, caller);
        let pushed = stream.push(bytes, &mut judging, out);
        self.unless_ended(pushed)
    }

    /// The bytes have ended: appends to `out` what is left.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub fn finish(&mut self, inspector: &Inspector, caller: &Caller<'_>, out: &mut Vec<u8>) -> Result<(), Ended> {
        let (stream, mut judging) = self.judging(inspector, caller);
        let finished = stream.finish(&mut judging, out);
        self.unless_ended(finished)
    }

    /// The number of the event that would leave next, of a format that numbers them.
    #[must_use]
    pub fn next_number(&self) -> Option<u64> {
        self.stream.next_number()
    }

    fn judging<'a>(
        &'a mut self,
        inspector: &'a Inspector,
        caller: &Caller<'_>,
    ) -> (&'a mut AnswerStream<Flowing>, Judging<'a>) {
        let judging = Judging {
            inspector,
            terms: inspector.config().terms(inspector.mode(Side::Answer), caller),
            judgement: &mut self.judgement,
            vault: &self.vault,
            said: &mut self.said,
            seen: None,
        };
        (&mut self.stream, judging)
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

impl Judging<'_> {
    /// Scans a piece of a text, or its end, and takes note of what was found.
    fn scan(&mut self, text: &mut StreamScanner, piece: Option<&str>, out: &mut String) -> Result<(), Ended> {
        let before = text.findings().len();
        let (scanner, plan) = (self.inspector.scanner(), self.inspector.plan());
        let mut judge = |finding: &Finding| {
            let action = self.terms.action_of(finding);
            see(self.seen.as_mut(), 0, finding, action);
            action
        };
        let delivery = match piece {
            Some(piece) => text.push(scanner, plan, piece, &mut judge, out),
            None => text.finish(scanner, plan, &mut judge, out),
        };
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

    /// The same, and restores.
    pub(crate) fn take(&mut self, text: &mut Flowing, piece: Option<&str>, out: &mut String) -> Result<(), Ended> {
        if self.vault.is_empty() {
            return self.scan(&mut text.scanner, piece, out);
        }
        let mut said = std::mem::take(self.said);
        said.clear();
        let scanned = self.scan(&mut text.scanner, piece, &mut said);
        text.restorer.push(self.vault, &said, out);
        if piece.is_none() {
            text.restorer.finish(out);
        }
        *self.said = said;
        scanned
    }

    /// Judges texts that came whole.
    pub(crate) fn weigh(&mut self, texts: &Extraction<'_>, scratch: &mut AnswerScratch) -> Result<Edits, Ended> {
        let (judgement, edits) = self.inspector.weigh_answer(texts, &self.terms, scratch, self.vault);
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

impl Judge for Judging<'_> {
    type Text = Flowing;
    type Stop = Ended;

    fn begin(&mut self, _kind: SpanKind) -> Flowing {
        Flowing {
            scanner: StreamScanner::new(),
            restorer: Restorer::default(),
        }
    }

    fn push(&mut self, text: &mut Flowing, piece: &str, out: &mut String) -> Result<(), Ended> {
        self.take(text, Some(piece), out)
    }

    fn keeps(&self, text: &Flowing) -> bool {
        text.scanner.held() > 0 || text.restorer.holds()
    }

    fn finish(&mut self, mut text: Flowing, out: &mut String) -> Result<(), Ended> {
        self.take(&mut text, None, out)
    }

    fn whole(&mut self, texts: &Extraction<'_>) -> Result<Edits, Ended> {
        let inspector = self.inspector;
        let weighed = inspector.with_answer_scratch(|scratch| self.weigh(texts, scratch));
        weighed.unwrap_or(Err(Ended::Failed))
    }
}
