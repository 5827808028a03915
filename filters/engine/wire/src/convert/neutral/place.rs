use std::{borrow::Cow, fmt};

/// A place in the client's body, such as `$.messages[0].content[1]`, or in a header.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place(Cow<'static, str>);

/// A longer name is cut.
const MAX_NAME: usize = 64;

// === impl Place ===

impl Place {
    /// The body itself: `$`.
    #[must_use]
    pub const fn root() -> Self {
        Self(Cow::Borrowed("$"))
    }

    /// A value in a header of the client's, such as `anthropic-beta: context-1m-2025-08-07`.
    #[must_use]
    pub fn header(name: &str, value: &str) -> Self {
        let value: String = value.chars().take(MAX_NAME).flat_map(char::escape_default).collect();
        Self(format!("{name}: {value}").into())
    }

    /// A member of the object here. A name that is no word stands in brackets and quotes, shortened and in ASCII: places
    /// are told in headers.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        // WHY not `format!`: there is one for every member that is read.
        let mut text = String::with_capacity(self.0.len() + 1 + name.len().min(MAX_NAME));
        text.push_str(&self.0);
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(is_word) {
            text.push('.');
            text.push_str(name);
        } else {
            let mut shown = name.chars();
            text.push_str("[\"");
            text.extend(shown.by_ref().take(MAX_NAME).flat_map(char::escape_default));
            text.push_str(if shown.as_str().is_empty() { "\"]" } else { "...\"]" });
        }
        Self(text.into())
    }

    /// An item of the list here.
    #[must_use]
    pub fn item(&self, number: usize) -> Self {
        Self(format!("{}[{number}]", self.0).into())
    }

    /// The places of the objects and lists that this one is in, as text.
    pub fn around(&self) -> impl Iterator<Item = &str> {
        let ends = self.0.match_indices(['.', '[']);
        ends.filter_map(|(end, _)| self.0.get(..end))
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
