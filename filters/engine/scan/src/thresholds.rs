use bartizan_verdict::{Category, Role};
use serde::{Deserialize, Serialize};

use crate::category_set::CategorySet;
use crate::score::Score;

/// From which scores on something is done about findings of one category in the words of one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// From here on a finding is reported; none: never.
    pub audit: Option<Score>,
    /// From here on a finding is acted upon; none: never.
    pub act: Option<Score>,
}

/// How far a finding goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Below every threshold: nothing is done.
    Nothing,
    /// It is reported.
    Audit,
    /// Its action is carried out.
    Act,
}

impl Threshold {
    /// Reported from 0.50, acted upon from 0.90.
    pub const USUAL: Self = Self {
        audit: Some(Score::AUDIT),
        act: Some(Score::ACT),
    };
    /// For texts that a model takes orders from although nobody should give it any there.
    const STRICT: Self = Self {
        audit: Some(Score::new(40)),
        act: Some(Score::new(80)),
    };
    /// Reported, never acted upon.
    const REPORTED: Self = Self {
        audit: Some(Score::AUDIT),
        act: None,
    };
    /// Not even looked for.
    pub const IGNORED: Self = Self { audit: None, act: None };

    /// How far a finding of that score goes.
    #[must_use]
    pub fn reach(self, score: Score) -> Reach {
        let reached = |threshold: Option<Score>| threshold.is_some_and(|threshold| score >= threshold);
        if reached(self.act) {
            Reach::Act
        } else if reached(self.audit) {
            Reach::Audit
        } else {
            Reach::Nothing
        }
    }

    /// What holds unless policy says otherwise.
    const fn of(category: Category, role: Role) -> Self {
        match (category, role) {
            // An operator's own words read like an attack on the model.
            (Category::PromptInjection | Category::Jailbreak | Category::PromptExtraction, Role::System) => {
                Self::IGNORED
            }
            (Category::PromptInjection, Role::Tool | Role::Document) => Self::STRICT,
            // What tools are called with is put into queries, pages and commands. What people ask is only talk of it,
            // and so is what models answer.
            (
                Category::SqlInjection
                | Category::CrossSiteScripting
                | Category::CommandInjection
                | Category::FileInclusion,
                Role::System | Role::Assistant,
            ) => Self::IGNORED,
            (
                Category::SqlInjection
                | Category::CrossSiteScripting
                | Category::CommandInjection
                | Category::FileInclusion,
                Role::User,
            ) => Self::REPORTED,
            (
                Category::PromptInjection
                | Category::Jailbreak
                | Category::PromptExtraction
                | Category::SpecialTokens
                | Category::Exfiltration
                | Category::HiddenText
                | Category::Secrets
                | Category::Pii
                | Category::SqlInjection
                | Category::CrossSiteScripting
                | Category::CommandInjection
                | Category::FileInclusion
                | Category::ResourceAbuse,
                _,
            ) => Self::USUAL,
        }
    }
}

const ROLES: usize = Role::ALL.len();

/// The thresholds of every category and role.
///
/// By default findings are reported from 0.50 and acted upon from 0.90. Texts of tools and documents are judged more
/// strictly for injection: 0.40 and 0.80. A system prompt is not searched for injection, jailbreaks and extraction.
/// Injection into queries, pages, commands and paths is reported in a user's words, acted upon in those of tools and in
/// documents, and not looked for elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<u8>", try_from = "Vec<u8>")]
pub struct Thresholds([[Threshold; ROLES]; Category::ALL.len()]);

/// The bytes are not the thresholds of every category and role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a table of thresholds")]
pub struct NotThresholds;

impl Default for Thresholds {
    fn default() -> Self {
        let mut thresholds = Self([[Threshold::USUAL; ROLES]; Category::ALL.len()]);
        for category in Category::ALL {
            for role in Role::ALL {
                thresholds.set(*category, *role, Threshold::of(*category, *role));
            }
        }
        thresholds
    }
}

impl Thresholds {
    /// The threshold of a category in the words of a role.
    #[must_use]
    pub fn get(&self, category: Category, role: Role) -> Threshold {
        let of_category = self.0.get(category as usize);
        let threshold = of_category.and_then(|roles| roles.get(role as usize));
        // INVARIANT: the table has a place for each pair.
        threshold.copied().unwrap_or(Threshold::USUAL)
    }

    /// Sets the threshold of a category in the words of a role.
    pub fn set(&mut self, category: Category, role: Role, threshold: Threshold) {
        let of_category = self.0.get_mut(category as usize);
        if let Some(slot) = of_category.and_then(|roles| roles.get_mut(role as usize)) {
            *slot = threshold;
        }
    }

    /// What texts of a role are to be searched for.
    #[must_use]
    pub fn applies_to(&self, role: Role) -> CategorySet {
        let categories = Category::ALL.iter().copied();
        categories
            .filter(|category| self.get(*category, role) != Threshold::IGNORED)
            .collect()
    }
}

/// In the bytes of thresholds: never.
const NEVER: u8 = u8::MAX;

impl From<Thresholds> for Vec<u8> {
    fn from(thresholds: Thresholds) -> Self {
        let byte = |score: Option<Score>| score.map_or(NEVER, Score::hundredths);
        let all = thresholds.0.iter().flatten();
        all.flat_map(|threshold| [byte(threshold.audit), byte(threshold.act)])
            .collect()
    }
}

impl TryFrom<Vec<u8>> for Thresholds {
    type Error = NotThresholds;

    fn try_from(bytes: Vec<u8>) -> Result<Self, NotThresholds> {
        let mut thresholds = Self::default();
        let score = |byte: u8| match byte {
            NEVER => Ok(None),
            0..=100 => Ok(Some(Score::new(byte))),
            _ => Err(NotThresholds),
        };
        let (pairs, rest) = bytes.as_chunks::<2>();
        if pairs.len() != Category::ALL.len() * ROLES || !rest.is_empty() {
            return Err(NotThresholds);
        }
        for (slot, [audit, act]) in thresholds.0.iter_mut().flatten().zip(pairs) {
            *slot = Threshold {
                audit: score(*audit)?,
                act: score(*act)?,
            };
        }
        Ok(thresholds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_reaches_what_it_is_not_below() {
        let only_act = Threshold {
            audit: None,
            act: Some(Score::new(30)),
        };
        for (threshold, hundredths, reach) in [
            (Threshold::USUAL, 49, Reach::Nothing),
            (Threshold::USUAL, 50, Reach::Audit),
            (Threshold::USUAL, 89, Reach::Audit),
            (Threshold::USUAL, 90, Reach::Act),
            (Threshold::REPORTED, 100, Reach::Audit),
            (Threshold::IGNORED, 100, Reach::Nothing),
            (only_act, 29, Reach::Nothing),
            (only_act, 30, Reach::Act),
        ] {
            assert_eq!(
                threshold.reach(Score::new(hundredths)),
                reach,
                "{threshold:?} {hundredths}"
            );
        }
    }

    #[test]
    fn the_defaults_are_a_truth_table() {
        use Category::{CommandInjection, Jailbreak, Pii, PromptExtraction, PromptInjection, Secrets, SqlInjection};
        let thresholds = Thresholds::default();
        let [ignored, reported, usual, strict] = [
            Threshold::IGNORED,
            Threshold::REPORTED,
            Threshold::USUAL,
            Threshold::STRICT,
        ];
        // By role: system, user, assistant, tool, document.
        for (category, expected) in [
            (PromptInjection, [ignored, usual, usual, strict, strict]),
            (Jailbreak, [ignored, usual, usual, usual, usual]),
            (PromptExtraction, [ignored, usual, usual, usual, usual]),
            (SqlInjection, [ignored, reported, ignored, usual, usual]),
            (CommandInjection, [ignored, reported, ignored, usual, usual]),
            (Secrets, [usual; ROLES]),
            (Pii, [usual; ROLES]),
        ] {
            for (role, expected) in Role::ALL.iter().zip(expected) {
                assert_eq!(thresholds.get(category, *role), expected, "{category} of {role}");
                assert_eq!(thresholds.applies_to(*role).contains(category), expected != ignored);
            }
        }
    }

    #[test]
    fn thresholds_survive_encoding() {
        let mut thresholds = Thresholds::default();
        thresholds.set(Category::Pii, Role::Tool, Threshold::IGNORED);
        let bytes = Vec::<u8>::from(thresholds);
        assert_eq!(Thresholds::try_from(bytes.clone()), Ok(thresholds));
        assert_eq!(Thresholds::try_from(bytes[1..].to_vec()), Err(NotThresholds));
        assert_eq!(Thresholds::try_from(bytes[2..].to_vec()), Err(NotThresholds));
        assert_eq!(Thresholds::try_from(vec![101; bytes.len()]), Err(NotThresholds));
    }
}
