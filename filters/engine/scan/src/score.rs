use std::fmt;

use bartizan_verdict::Category;
use serde::{Deserialize, Serialize};

/// How sure a detector is, in hundredths from 0 to 1, by how many benign texts would be suspected as much.
///
/// The scale is the same for every detector: 0.50 is a score that about 1 % of benign texts of the kind exceed, 0.90 one
/// that about 0.1 % exceed, and between and around them the share falls by ten for each 0.40. A rule without doubts,
/// such as a phrase, scores 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub struct Score(u8);

impl Score {
    /// Nothing suspicious at all.
    pub const NONE: Self = Self(0);
    /// What about 1 % of benign texts exceed; from here on findings are reported, unless policy says otherwise.
    pub const AUDIT: Self = Self(50);
    /// What about 0.1 % of benign texts exceed; from here on findings are acted upon, unless policy says otherwise.
    pub const ACT: Self = Self(90);
    /// No doubt.
    pub const FULL: Self = Self(100);

    /// A score of so many hundredths; more than 100 are 100.
    #[must_use]
    pub const fn new(hundredths: u8) -> Self {
        if hundredths > 100 { Self::FULL } else { Self(hundredths) }
    }

    /// The score in hundredths, 0 to 100.
    #[must_use]
    pub const fn hundredths(self) -> u8 {
        self.0
    }

    /// The score as a number from 0 to 1.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

/// The number from 0 to 1, with two digits: `0.87`.
impl fmt::Display for Score {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl From<u8> for Score {
    fn from(hundredths: u8) -> Self {
        Self::new(hundredths)
    }
}

impl From<Score> for u8 {
    fn from(score: Score) -> Self {
        score.0
    }
}

/// The highest score of each category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scores([Score; Category::ALL.len()]);

impl Scores {
    /// The highest score of a category; [`Score::NONE`] where nothing was found.
    #[must_use]
    pub fn get(&self, category: Category) -> Score {
        self.0.get(category as usize).copied().unwrap_or_default()
    }

    /// Every category with its score, in the order of [`Category::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Category, Score)> + '_ {
        Category::ALL.iter().copied().zip(self.0)
    }

    /// Takes note of a score.
    pub fn raise(&mut self, category: Category, score: Score) {
        if let Some(highest) = self.0.get_mut(category as usize) {
            *highest = score.max(*highest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_printed_as_a_number_from_0_to_1() {
        for (hundredths, shown) in [
            (0, "0.00"),
            (7, "0.07"),
            (87, "0.87"),
            (100, "1.00"),
            (101, "1.00"),
            (255, "1.00"),
        ] {
            assert_eq!(Score::new(hundredths).to_string(), shown);
        }
        assert!(Score::NONE < Score::AUDIT && Score::AUDIT < Score::ACT && Score::ACT < Score::FULL);
    }

    #[test]
    fn the_highest_score_of_a_category_is_kept() {
        let mut scores = Scores::default();
        scores.raise(Category::Jailbreak, Score::new(70));
        scores.raise(Category::Jailbreak, Score::new(30));
        assert_eq!(scores.get(Category::Jailbreak), Score::new(70));
        let found: Vec<_> = scores.iter().filter(|(_, score)| *score > Score::NONE).collect();
        assert_eq!(found, [(Category::Jailbreak, Score::new(70))]);
    }
}
