//! A judgement with everything that led to it, for people.

use std::ops::Range;

use bartizan_policy::Caller;
use bartizan_prompt::{Extraction, Span, Surface, Unscannable};
use bartizan_scan::{Finding, Findings, MaskRange, Rule, Score, Scores, Subject, Threshold, Undone, decide};
use bartizan_verdict::{Action, Category, Mode, Role};

use crate::inspector::{Fault, Inspector, Judgement, Side, role_of};
use crate::seam::each_seam;

mod answer;

/// What was found in a message, and what is done about it.
#[derive(Clone, Debug)]
pub struct Explanation<'i> {
    /// What is to be done; `Block` too where a mask cannot stand.
    pub action: Action,
    /// The highest score of each category, of findings that reach no threshold too.
    pub scores: Scores,
    /// Whether the message had more in it than is kept count of, which counts as a finding to be blocked.
    pub overflowed: bool,
    /// What cannot be scanned in it, each kind once; nothing if policy lets that pass unreported.
    pub unscannable: Vec<Unscannable>,
    /// Every finding, by text and place.
    pub findings: Vec<Found<'i>>,
    /// The message with its placeholders, if `action` is to mask.
    pub masked: Option<Vec<u8>>,
}

/// A finding, and why something is done about it, or nothing.
#[derive(Clone, Debug)]
pub struct Found<'i> {
    /// The rule that holds.
    pub rule: &'i Rule,
    /// What is done about it.
    pub action: Action,
    /// How sure the rule is.
    pub score: Score,
    /// The scores from which something is done about this category in the words of this role.
    pub threshold: Threshold,
    /// Whose words they are.
    pub role: Role,
    /// Where the text stands in a body, such as `$.messages[0].content`; empty for a text of its own.
    pub place: String,
    /// Bytes of the text.
    pub range: Range<usize>,
    /// What stands there.
    pub text: String,
    /// What had to be undone to see it.
    pub undone: Undone,
}

impl Found<'_> {
    /// What the rule looks for.
    #[must_use]
    pub const fn category(&self) -> Category {
        self.rule.category
    }
}

impl Inspector {
    /// Judges a text and explains how.
    ///
    /// All categories are searched for, of which some may be ignored in the words of the role.
    #[must_use]
    pub fn explain_text(&self, role: Role, text: &str, caller: &Caller<'_>) -> Explanation<'_> {
        let mut findings = Findings::new();
        self.scanner().scan(text, Subject::of(role), &mut findings);
        let whole = |finding: &Finding| {
            (
                String::new(),
                text.get(finding.range.clone()).unwrap_or_default().to_owned(),
            )
        };
        self.explanation(&findings, self.mode(Side::Request), caller, &whole, &|masks| {
            let mut masked = String::with_capacity(text.len());
            let mut vault = self.vault_for(text);
            let mut from = 0;
            for mask in masks {
                let rule = self.scanner().rules().get(mask.rule)?;
                let is_reversible = self.config().reversible.contains(rule.category);
                let value = text.get(mask.range.clone()).filter(|_| is_reversible);
                let name = value.and_then(|value| vault.placeholder(&rule.placeholder, value, self.scanner().rules()));
                masked.push_str(text.get(from..mask.range.start)?);
                masked.push_str(name.as_ref().unwrap_or(&rule.placeholder));
                from = mask.range.end;
            }
            masked.push_str(text.get(from..)?);
            Some(masked.into_bytes())
        })
    }

    /// Judges a body and explains how.
    ///
    /// Of an answer, only what can come to something is searched for.
    ///
    /// # Errors
    /// If the body cannot be read.
    pub fn explain(
        &self,
        side: Side,
        surface: Surface,
        body: &[u8],
        caller: &Caller<'_>,
    ) -> Result<Explanation<'_>, Fault> {
        let mut extractor = bartizan_prompt::Extractor::new();
        if side == Side::Answer {
            let texts = extractor.answer(surface, body).map_err(Fault::Unreadable)?;
            return Ok(self.explain_answer(&texts, caller));
        }
        let texts = extractor.request(surface, body).map_err(Fault::Unreadable)?;
        let spans: Vec<Span<'_>> = texts.spans().collect();
        let mut findings = Findings::new();
        for span in &spans {
            self.scanner()
                .scan(span.text, Subject::of(role_of(span)), &mut findings);
        }
        let terms = self.config().terms(self.mode(side), caller);
        each_seam(&texts, &mut |role, seam| {
            let mut around = Findings::new();
            self.scanner().scan(&seam.text, Subject::of(role), &mut around);
            seam.note(&around, &|finding| Some(terms.action_of(finding)), &mut findings);
        });
        let place = |finding: &Finding| place(&texts, &spans, finding);
        let reversible = self.config().reversible;
        let mask = |masks: &[MaskRange]| self.mask(masks, &texts, reversible).map(|(masked, _)| masked);
        let mut explanation = self.explanation(&findings, self.mode(side), caller, &place, &mask);
        let mut judgement = Judgement {
            action: explanation.action,
            masked: explanation.masked.take(),
            ..Judgement::clean()
        };
        self.regard_unscannable(&mut judgement, self.mode(side), &texts);
        Ok(Explanation {
            action: judgement.action,
            unscannable: judgement.unscannable,
            masked: judgement.masked,
            ..explanation
        })
    }

    fn explanation(
        &self,
        findings: &Findings,
        mode: Mode,
        caller: &Caller<'_>,
        place: &dyn Fn(&Finding) -> (String, String),
        mask: &dyn Fn(&[MaskRange]) -> Option<Vec<u8>>,
    ) -> Explanation<'_> {
        let terms = self.config().terms(mode, caller);
        let outcome = decide(findings, &terms);
        let mut action = outcome.action;
        let mut masked = None;
        if action == Action::Mask {
            masked = mask(&outcome.masks);
            if masked.is_none() {
                action = Action::Block;
            }
        }
        let mut in_order: Vec<&Finding> = findings.as_slice().iter().collect();
        in_order.sort_by_key(|finding| (finding.span, finding.range.start, finding.range.end, finding.rule));
        // Across a border a finding may have been made in both ways of putting texts together.
        in_order.dedup();
        let found = in_order.into_iter().filter_map(|finding| {
            let (place, text) = place(finding);
            self.found(finding, terms.action_of(finding), place, text)
        });
        Explanation {
            action,
            scores: findings.scores(),
            overflowed: outcome.overflowed,
            unscannable: Vec::new(),
            findings: found.collect(),
            masked,
        }
    }

    /// What is told about a finding.
    pub(crate) fn found(&self, finding: &Finding, action: Action, place: String, text: String) -> Option<Found<'_>> {
        Some(Found {
            rule: self.scanner().rules().get(finding.rule)?,
            action,
            score: finding.score,
            threshold: self.config().thresholds.get(finding.category, finding.role),
            role: finding.role,
            place,
            range: finding.range.clone(),
            text,
            undone: finding.undone,
        })
    }
}

/// Where a finding stands, and what stands there.
fn place(texts: &Extraction<'_>, spans: &[Span<'_>], finding: &Finding) -> (String, String) {
    match spans.get(finding.span) {
        Some(span) => {
            let text = span.text.get(finding.range.clone()).unwrap_or_default();
            (texts.path(span), text.to_owned())
        }
        None => Default::default(),
    }
}
