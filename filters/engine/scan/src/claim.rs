//! What a rule asks of a match of its regex, beyond having matched.

use std::ops::Range;

use crate::nearby::{CONTEXT_AFTER, Words};
use crate::pack::{LoadError, PackedClaim};
use crate::pattern::{Budget, Exhausted};
use crate::validation::{Accepted, Check};

/// The numbers of digits in the first groups of something: four bits for each, the first one lowest; 0 is the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Groups(u32);

impl Groups {
    /// Groups that are told apart.
    const MOST: u32 = 8;

    /// The groups of digits that something begins with; none if it begins with something else.
    pub(crate) const fn of(written: &[u8]) -> Self {
        let (mut groups, mut count, mut digits, mut place) = (0, 0, 0_u32, 0);
        while place < written.len() && count < Self::MOST {
            let rest = written.split_at(place).1;
            match rest.first() {
                Some(byte) if byte.is_ascii_digit() => digits += 1,
                Some(_) | None if digits == 0 => break,
                Some(_) | None => {
                    groups |= Self::four_bits(digits) << (4 * count);
                    (count, digits) = (count + 1, 0);
                }
            }
            place += 1;
        }
        if digits > 0 && count < Self::MOST {
            groups |= Self::four_bits(digits) << (4 * count);
        }
        Self(groups)
    }

    const fn four_bits(digits: u32) -> u32 {
        if digits < 15 { digits } else { 15 }
    }

    /// Digits in the first group, up to 15.
    const fn first(self) -> u32 {
        self.0 & 15
    }

    /// Whether the first groups are these.
    const fn begin_with(self, groups: Self) -> bool {
        let bits = (u32::BITS - groups.0.leading_zeros()).next_multiple_of(4);
        let mask = if bits < u32::BITS {
            !(u32::MAX << bits)
        } else {
            u32::MAX
        };
        self.0 & mask == groups.0
    }
}

/// A rule and its conditions. Rules with the same regex share its automaton, and each makes its own claim to a match.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) rule: usize,
    check: Option<Check>,
    context: Option<usize>,
    unless: Option<usize>,
    /// What the groups of digits can be with which a finding begins; empty: anything.
    groups: Vec<Groups>,
}

impl Claim {
    pub(crate) fn load(packed: &PackedClaim<'_>, rules: usize, lists: usize) -> Result<Self, LoadError> {
        let check = match packed.function.checked_sub(1) {
            None => None,
            Some(function) => {
                let check = Check::load(function, packed.number);
                Some(check.ok_or(LoadError::Inconsistent("a check that does not exist"))?)
            }
        };
        let claim = Self {
            rule: packed.rule as usize,
            context: packed.context.map(|list| list as usize),
            unless: packed.unless.map(|list| list as usize),
            groups: check.as_ref().map_or_else(Vec::new, Check::groups),
            check,
        };
        let known = |list: Option<usize>| list.is_none_or(|list| list < lists);
        if claim.rule >= rules || !known(claim.context) || !known(claim.unless) {
            return Err(LoadError::Inconsistent("a regex of no rule, or with words of no list"));
        }
        Ok(claim)
    }

    /// Whether what begins with these groups of digits can be a finding.
    fn may_be(&self, groups: Groups) -> bool {
        self.groups.is_empty() || self.groups.iter().any(|form| groups.begin_with(*form))
    }

    /// Whether every match is a finding.
    pub(crate) fn is_unconditional(&self) -> bool {
        self.check.is_none() && self.context.is_none() && self.unless.is_none()
    }

    /// Bytes after a match that have a say in whether it is a finding.
    pub(crate) fn outlook(&self) -> usize {
        match (self.context, &self.check) {
            // A word may end with the last of them, if none goes on after it.
            (Some(_), _) => CONTEXT_AFTER + 1,
            (None, Some(_)) => Check::OUTLOOK,
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
        let accepted = match &self.check {
            None => Some(Accepted::unsure(matched.clone())),
            Some(check) => check.accepted(text, matched.clone()),
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

/// The claims of the rules that have the same regex.
#[derive(Debug)]
pub(crate) struct Claims {
    claims: Vec<Claim>,
    /// By the number of digits in the first group: places of the claims to such numbers. Most claims end here.
    by_first_group: [Vec<u16>; 16],
}

impl Claims {
    pub(crate) fn new(claims: Vec<Claim>) -> Self {
        let by_first_group = core::array::from_fn(|digits| {
            let wanted = |claim: &Claim| {
                claim.groups.is_empty() || claim.groups.iter().any(|groups| groups.first() as usize == digits)
            };
            let numbered = (0_u16..).zip(&claims);
            numbered
                .filter(|(_, claim)| wanted(claim))
                .map(|(place, _)| place)
                .collect()
        });
        Self { claims, by_first_group }
    }

    pub(crate) fn iter(&self) -> core::slice::Iter<'_, Claim> {
        self.claims.iter()
    }

    /// The claims to what begins with these bytes.
    pub(crate) fn to(&self, written: &[u8]) -> impl Iterator<Item = &Claim> {
        let groups = Groups::of(written);
        let places = self.by_first_group.get(groups.first() as usize).into_iter().flatten();
        let claims = places.filter_map(|place| self.claims.get(usize::from(*place)));
        claims.filter(move |claim| claim.may_be(groups))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_begin_with_fewer_groups() {
        let groups = |written: &str| Groups::of(written.as_bytes());
        for (whole, beginning, expected) in [
            ("130 692 544 12", "130 692 544", true),
            ("130-692-544", "999 999 999", true),
            ("130 692 5441", "999 999 999", false),
            ("130692544", "999 999 999", false),
            ("12345678901234567", "123456789012345", true), // told apart no further
            ("+1 2", "", true),
            ("1 2 3 4 5 6 7 8 9 0", "1 2 3 4 5 6 7 8", true),
            ("1 2", "1 2 3", false),
        ] {
            assert_eq!(
                groups(whole).begin_with(groups(beginning)),
                expected,
                "{whole:?} {beginning:?}"
            );
        }
    }
}
