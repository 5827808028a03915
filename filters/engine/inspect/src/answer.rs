//! What a model says is scanned as a text that flows, also where it comes whole, so that both come to the same.

use bartizan_policy::ThreatScanConfig;
use bartizan_prompt::{Edits, Extraction, Masking};
use bartizan_scan::{Finding, Findings, Scanner, Score, StreamPlan, StreamScanner, Subject, Terms, Undone, decide};
use bartizan_verdict::order::sort_by_key;
use bartizan_verdict::{Action, Role};

use crate::inspector::{Inspector, Judgement, role_of};
use crate::restorer::{Restorer, restore};
use crate::vault::Vault;

/// Memory that is kept between answers.
#[derive(Debug, Default)]
pub(crate) struct AnswerScratch {
    flowing: StreamScanner,
    said: String,
    findings: Findings,
    /// Whether a bound was met in one of the texts.
    pub(crate) overflowed: bool,
    /// Where what is found is written down, if somebody wants to know.
    pub(crate) seen: Option<Vec<Seen>>,
}

/// A finding, and what is done about it; maybe nothing.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) finding: Finding,
    pub(crate) action: Action,
}

/// A part of a text that is to be masked.
struct Mask {
    span: usize,
    finding: Finding,
}

impl AnswerScratch {
    /// One in which is written down what is found.
    pub(crate) fn explaining() -> Self {
        Self {
            seen: Some(Vec::new()),
            ..Self::default()
        }
    }
}

/// What must be waited for in texts that flow.
pub(crate) fn plan(config: &ThreatScanConfig, scanner: &Scanner) -> StreamPlan {
    let role = Role::Assistant;
    let terms = Terms {
        mode: config.answers,
        actions: &config.actions,
        thresholds: &config.thresholds,
        exceptions: Vec::new(),
    };
    let strictest = |rule: usize| {
        scanner.rules().get(rule).map_or(Action::Allow, |about| {
            terms.action_of(&Finding {
                span: 0,
                rule,
                category: about.category,
                action: about.action,
                role,
                range: 0..0,
                score: Score::FULL,
                undone: Undone::NOTHING,
            })
        })
    };
    let applies = config.applies_to(role);
    StreamPlan::new(scanner, Subject { role, applies }, &strictest)
}

impl Inspector {
    /// Judges the texts of an answer, or of an event of one. The edits count unless it is blocked.
    pub(crate) fn weigh_answer(
        &self,
        texts: &Extraction<'_>,
        terms: &Terms<'_>,
        scratch: &mut AnswerScratch,
        vault: &Vault,
    ) -> (Judgement, Edits) {
        let mut judgement = Judgement::clean();
        let mut edits = Edits::new();
        let mut masks: Vec<Mask> = Vec::new();
        let mut scanned: Vec<usize> = Vec::new();
        scratch.findings.clear();
        scratch.overflowed = false;
        for (number, span) in texts.spans().enumerate() {
            let role = role_of(&span);
            if role != Role::Assistant {
                let applies = self.config().applies_to(role);
                self.scanner()
                    .scan(span.text, Subject { role, applies }, &mut scratch.findings);
                scanned.push(number);
                if !vault.is_empty() && span.text.contains('[') && !span.is_repeat() {
                    restore(vault, &span, &mut edits);
                }
                continue;
            }
            let AnswerScratch {
                flowing, said, seen, ..
            } = scratch;
            flowing.clear();
            said.clear();
            let mut judge = |finding: &Finding| {
                let action = terms.action_of(finding);
                see(seen.as_mut(), number, finding, action);
                if action == Action::Mask {
                    let finding = finding.clone();
                    masks.push(Mask { span: number, finding });
                }
                action
            };
            flowing.push_last(self.scanner(), self.plan(), span.text, &mut judge, said);
            if !vault.is_empty() && said.contains('[') {
                let (mut restorer, mut whole) = (Restorer::default(), String::new());
                restorer.push(vault, said, &mut whole);
                restorer.finish(&mut whole);
                if whole != *said {
                    // A key is left as it is.
                    let _ = edits.mask(&span, 0..span.text.len(), &whole);
                }
            }
            scratch.overflowed |= flowing.overflowed();
            let found = flowing.findings().iter();
            judgement.note(flowing.action(), found.map(|finding| finding.category));
        }
        let outcome = decide(&scratch.findings, terms);
        scratch.overflowed |= outcome.overflowed;
        judgement.note(outcome.action, outcome.categories);
        for finding in scratch.findings.as_slice() {
            let Some(span) = scanned.get(finding.span).copied() else {
                continue;
            };
            let action = terms.action_of(finding);
            see(scratch.seen.as_mut(), span, finding, action);
            if action == Action::Mask {
                let finding = finding.clone();
                masks.push(Mask { span, finding });
            }
        }
        if judgement.action == Action::Mask
            && let Err(Unmasked) = self.mask_parts(masks, texts, &mut edits)
        {
            judgement.action = Action::Block;
        }
        self.regard_unscannable(&mut judgement, terms.mode, texts);
        (judgement, edits)
    }

    fn mask_parts(&self, mut masks: Vec<Mask>, texts: &Extraction<'_>, edits: &mut Edits) -> Result<(), Unmasked> {
        // Of two that begin together the longer one says what it is; after that, the one that stands first in the pack.
        sort_by_key(&mut masks, |Mask { span, finding }| {
            (*span, finding.range.start, usize::MAX - finding.range.end, finding.rule)
        });
        let mut masks = masks.into_iter().peekable();
        for (number, span) in texts.spans().enumerate() {
            while let Some(Mask { finding, .. }) = masks.next_if(|mask| mask.span == number) {
                let rule = self.scanner().rules().get(finding.rule).ok_or(Unmasked)?;
                if span.masking == Masking::Impossible {
                    return Err(Unmasked);
                }
                edits
                    .mask(&span, finding.range, &rule.placeholder)
                    .map_err(|_| Unmasked)?;
            }
        }
        Ok(())
    }
}

/// Writes a finding in a text down, if that is wanted.
pub(crate) fn see(seen: Option<&mut Vec<Seen>>, span: usize, finding: &Finding, action: Action) {
    if let Some(seen) = seen {
        let finding = Finding {
            span,
            ..finding.clone()
        };
        seen.push(Seen { finding, action });
    }
}

/// A placeholder cannot stand where one is needed.
struct Unmasked;
