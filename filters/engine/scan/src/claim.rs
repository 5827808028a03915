//! What a rule asks of a match of its regex, beyond having matched.

use std::ops::Range;

use crate::nearby::{CONTEXT_AFTER, Words};
use crate::pack::{LoadError, PackedClaim};
use crate::pattern::{Budget, Exhausted};
use crate::validation::{Accepted, Validation};

/// A rule and its conditions. Rules with the same regex share its automaton, and each makes its own claim to a match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) rule: usize,
    validation: Option<Validation>,
    context: Option<usize>,
    unless: Option<usize>,
    /// The numbers of digits with which a finding can begin, a bit for each.
    beginnings: u32,
}

impl Claim {
    pub(crate) fn load(packed: &PackedClaim, rules: usize, lists: usize) -> Result<Self, LoadError> {
        let claim = Self {
            rule: packed.rule as usize,
            validation: packed.validation,
            context: packed.context.map(|list| list as usize),
            unless: packed.unless.map(|list| list as usize),
            beginnings: packed.validation.map_or(u32::MAX, Validation::beginnings),
        };
        let known = |list: Option<usize>| list.is_none_or(|list| list < lists);
        if claim.rule >= rules || !known(claim.context) || !known(claim.unless) {
            return Err(LoadError::Inconsistent("a regex of no rule, or with words of no list"));
        }
        Ok(claim)
    }

    /// Whether what begins with so many digits can be a finding. Most claims to a number end here.
    pub(crate) const fn may_begin_with(&self, digits: u32) -> bool {
        self.beginnings >> (if digits < 31 { digits } else { 31 }) & 1 == 1
    }

    /// Whether every match is a finding.
    pub(crate) fn is_unconditional(&self) -> bool {
        self.validation.is_none() && self.context.is_none() && self.unless.is_none()
    }

    /// Bytes after a match that have a say in whether it is a finding.
    pub(crate) fn outlook(&self) -> usize {
        match (self.context, self.validation) {
            // A word may end with the last of them, if none goes on after it.
            (Some(_), _) => CONTEXT_AFTER + 1,
            (None, Some(_)) => Validation::OUTLOOK,
            (None, None) => 0,
        }
    }

    /// The part of the match that is a finding, if it meets the rule's conditions.
    pub(crate) fn accepted(
        &self,
        text: &[u8],
        matched: &Range<usize>,
        lists: &[Words],
        budget: &mut Budget,
    ) -> Result<Option<Range<usize>>, Exhausted> {
        budget.spend(1)?;
        let accepted = match self.validation {
            None => Some(Accepted::unsure(matched.clone())),
            Some(validation) => validation.accepted(text, matched.clone()),
        };
        let Some(Accepted { range, telling }) = accepted else {
            return Ok(None);
        };
        let list = |number: Option<usize>| number.and_then(|number| lists.get(number));
        if !telling
            && let Some(words) = list(self.context)
            && !words.surround(text, &range, budget)?
        {
            return Ok(None);
        }
        if let Some(words) = list(self.unless)
            && words.precede(text, range.start, budget)?
        {
            return Ok(None);
        }
        Ok(Some(range))
    }
}
