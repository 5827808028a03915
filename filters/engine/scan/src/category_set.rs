use bartizan_verdict::Category;
use serde::{Deserialize, Serialize};

/// A set of categories; which of a pack's rules apply to a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CategorySet(u32);

impl CategorySet {
    /// No category.
    pub const EMPTY: Self = Self(0);
    /// Every category.
    pub const ALL: Self = Self((1 << Category::ALL.len()) - 1);

    const fn bit(category: Category) -> u32 {
        1 << category as u32
    }

    /// This set and `category`.
    #[must_use]
    pub const fn with(self, category: Category) -> Self {
        Self(self.0 | Self::bit(category))
    }

    /// This set less `category`.
    #[must_use]
    pub const fn without(self, category: Category) -> Self {
        Self(self.0 & !Self::bit(category))
    }

    /// Whether `category` is in the set.
    #[must_use]
    pub const fn contains(self, category: Category) -> bool {
        self.0 & Self::bit(category) != 0
    }

    /// Whether no category is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 & Self::ALL.0 == 0
    }
}

impl FromIterator<Category> for CategorySet {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        categories.into_iter().fold(Self::EMPTY, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let all: CategorySet = Category::ALL.iter().copied().collect();
        assert_eq!(all, CategorySet::ALL);
        let without = all.without(Category::Pii);
        assert!(!without.contains(Category::Pii) && without.contains(Category::Secrets));
        assert!(CategorySet::EMPTY.is_empty() && !without.is_empty());
        assert_eq!(
            CategorySet::EMPTY.with(Category::Pii).without(Category::Pii),
            CategorySet::EMPTY
        );
    }
}
