//! What a model says is scanned as a text that flows, also where it comes whole, so that both come to the same.

use bartizan_policy::ThreatScanConfig;
use bartizan_prompt::{Edits, Extraction, Masking};
use bartizan_scan::{
    Delivery, Finding, Findings, Scanner, Score, StreamPlan, StreamScanner, Subject, Terms, Undone, decide,
};
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
}

/// A part of a text that is to be masked.
struct Mask {
    span: usize,
    finding: Finding,
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
        for (number, span) in texts.spans().enumerate() {
            let role = role_of(&span);
            if role != Role::Assistant {
                let applies = self.config().applies_to(role);
                self.scanner()
                    .scan(span.text, Subject { role, applies }, &mut scratch.findings);
                scanned.push(number);
                if !vault.is_empty() && !span.is_repeat() {
                    restore(vault, &span, &mut edits);
                }
                continue;
            }
            let AnswerScratch { flowing, said, .. } = scratch;
            flowing.clear();
            said.clear();
            let mut judge = |finding: &Finding| {
                let action = terms.action_of(finding);
                if action == Action::Mask {
                    let finding = finding.clone();
                    masks.push(Mask { span: number, finding });
                }
                action
            };
            if flowing.push(self.scanner(), self.plan(), span.text, &mut judge, said) == Delivery::Goes {
                flowing.finish(self.scanner(), self.plan(), &mut judge, said);
            }
            if !vault.is_empty() {
                let (mut restorer, mut whole) = (Restorer::default(), String::new());
                restorer.push(vault, said, &mut whole);
                restorer.finish(&mut whole);
                if whole != *said {
                    // A key is left as it is.
                    let _ = edits.mask(&span, 0..span.text.len(), &whole);
                }
            }
            let found = flowing.findings().iter();
            judgement.note(flowing.action(), found.map(|finding| finding.category));
        }
        let outcome = decide(&scratch.findings, terms);
        judgement.note(outcome.action, outcome.categories);
        for finding in scratch.findings.as_slice() {
            if terms.action_of(finding) == Action::Mask
                && let Some(span) = scanned.get(finding.span)
            {
                let finding = finding.clone();
                masks.push(Mask { span: *span, finding });
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

/// A placeholder cannot stand where one is needed.
struct Unmasked;
