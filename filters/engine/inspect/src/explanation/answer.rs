//! Answers are explained by judging them as the filter does, and writing down what is found on the way.

use bartizan_policy::Caller;
use bartizan_prompt::{AnswerStream, Edits, Extraction, Halt, Judge, Span, SpanKind, StreamFormat};
use bartizan_scan::Scores;
use bartizan_verdict::Action;
use bartizan_wire::sse::end_of_event;

use super::{Explanation, Found, place};
use crate::answer::{AnswerScratch, Seen};
use crate::inspector::{Inspector, Judgement, Side};
use crate::streamed::{Ended, Flowing, Judging};
use crate::vault::Vault;

/// What explains the texts of a stream.
struct Explaining<'i, 'a> {
    inspector: &'i Inspector,
    judging: Judging<'a>,
    /// The event that is read, counted from 1.
    event: usize,
    scores: Scores,
    overflowed: bool,
    found: Vec<Found<'i>>,
}

/// A text that is still arriving.
struct Said {
    flowing: Flowing,
    place: String,
    text: String,
}

// === impl Inspector ===

impl Inspector {
    /// Judges a whole answer and explains how.
    pub(super) fn explain_answer(&self, texts: &Extraction<'_>, caller: &Caller<'_>) -> Explanation<'_> {
        let terms = self.config().terms(self.mode(Side::Answer), caller);
        let mut scratch = AnswerScratch::explaining();
        let (judgement, edits) = self.weigh_answer(texts, &terms, &mut scratch, &Vault::default());
        let mut scores = Scores::default();
        let spans: Vec<Span<'_>> = texts.spans().collect();
        let mut seen = scratch.seen.unwrap_or_default();
        seen.sort_by_key(|Seen { finding, .. }| (finding.span, finding.range.start, finding.range.end, finding.rule));
        let found = seen.iter().filter_map(|Seen { finding, action }| {
            scores.raise(finding.category, finding.score);
            let (place, text) = place(texts, &spans, finding);
            self.found(finding, *action, place, text)
        });
        Explanation {
            findings: found.collect(),
            scores,
            overflowed: scratch.overflowed,
            action: judgement.action,
            unscannable: judgement.unscannable,
            masked: (judgement.action == Action::Mask).then(|| texts.apply(edits)),
        }
    }

    /// Judges an answer that streamed and explains how. Of one that is to be masked, `masked` is what would have left.
    ///
    /// Only what can come to something is searched for.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn explain_stream(
        &self,
        format: StreamFormat,
        events: &[u8],
        caller: &Caller<'_>,
    ) -> Result<Explanation<'_>, Ended> {
        let mut judgement = Judgement::clean();
        let (vault, mut said) = (Vault::default(), String::new());
        let judging = Judging {
            inspector: self,
            terms: self.config().terms(self.mode(Side::Answer), caller),
            judgement: &mut judgement,
            vault: &vault,
            said: &mut said,
            seen: Some(Vec::new()),
        };
        let mut explaining = Explaining {
            inspector: self,
            judging,
            event: 0,
            scores: Scores::default(),
            overflowed: false,
            found: Vec::new(),
        };
        let mut left = Vec::new();
        let ended = explaining.read(format, events, &mut left);
        let Explaining {
            scores,
            overflowed,
            found: findings,
            ..
        } = explaining;
        match ended {
            Ok(()) => {}
            Err(Halt::Stopped(Ended::Blocked)) => judgement.action = Action::Block,
            Err(Halt::Stopped(ended)) => return Err(ended),
            Err(Halt::Unreadable(unreadable)) => return Err(Ended::Unreadable(unreadable)),
        }
        Ok(Explanation {
            action: judgement.action,
            scores,
            overflowed,
            unscannable: judgement.unscannable,
            findings,
            masked: (judgement.action == Action::Mask).then_some(left),
        })
    }
}

// === impl Explaining ===

impl Explaining<'_, '_> {
    /// Reads event by event.
    fn read(&mut self, format: StreamFormat, events: &[u8], out: &mut Vec<u8>) -> Result<(), Halt<Ended>> {
        let mut stream = AnswerStream::new(format);
        let mut rest = events;
        while !rest.is_empty() {
            self.event += 1;
            let (event, after) = rest.split_at(end_of_event(rest, 0).unwrap_or(rest.len()));
            stream.push(event, self, out)?;
            rest = after;
        }
        stream.finish(self, out)
    }

    /// Takes over what was found in a text that is still arriving.
    fn note(&mut self, said: &Said) {
        let inspector = self.inspector;
        self.overflowed |= said.flowing.scanner.overflowed();
        for Seen { finding, action } in self.judging.seen.iter_mut().flat_map(std::mem::take) {
            self.scores.raise(finding.category, finding.score);
            let text = said.text.get(finding.range.clone()).unwrap_or_default();
            let found = inspector.found(&finding, action, said.place.clone(), text.to_owned());
            self.found.extend(found);
        }
    }
}

impl Judge for Explaining<'_, '_> {
    type Text = Said;
    type Stop = Ended;

    fn begin(&mut self, kind: SpanKind) -> Said {
        Said {
            flowing: self.judging.begin(kind),
            place: format!("{} from event {} on", kind.as_str(), self.event),
            text: String::new(),
        }
    }

    fn push(&mut self, said: &mut Said, piece: &str, out: &mut String) -> Result<(), Ended> {
        said.text.push_str(piece);
        let pushed = self.judging.take(&mut said.flowing, Some(piece), out);
        self.note(said);
        pushed
    }

    fn keeps(&self, said: &Said) -> bool {
        self.judging.keeps(&said.flowing)
    }

    fn finish(&mut self, mut said: Said, out: &mut String) -> Result<(), Ended> {
        let finished = self.judging.take(&mut said.flowing, None, out);
        self.note(&said);
        finished
    }

    fn whole(&mut self, texts: &Extraction<'_>) -> Result<Edits, Ended> {
        let mut scratch = AnswerScratch::explaining();
        let weighed = self.judging.weigh(texts, &mut scratch);
        self.overflowed |= scratch.overflowed;
        let spans: Vec<Span<'_>> = texts.spans().collect();
        for Seen { finding, action } in scratch.seen.unwrap_or_default() {
            self.scores.raise(finding.category, finding.score);
            let (path, text) = place(texts, &spans, &finding);
            let place = format!("{path} in event {}", self.event);
            self.found.extend(self.inspector.found(&finding, action, place, text));
        }
        weighed
    }
}
