use std::{borrow::Cow, fmt};

/// A place in the client's body, such as `$.messages[0].content[1]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place(Cow<'static, str>);

// === impl Place ===

impl Place {
    /// The body itself: `$`.
    #[must_use]
    pub const fn root() -> Self {
        Self(Cow::Borrowed("$"))
    }

    /// A member of the object here.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        // WHY not `format!`: there is one for every member that is read.
        let mut text = String::with_capacity(self.0.len() + 1 + name.len());
        text.push_str(&self.0);
        text.push('.');
        text.push_str(name);
        Self(text.into())
    }

    /// An item of the list here.
    #[must_use]
    pub fn item(&self, number: usize) -> Self {
        Self(format!("{}[{number}]", self.0).into())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::root()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
