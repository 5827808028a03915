use bartizan_verdict::Reason;

use crate::json::JsonError;

/// Why a request or an answer could not be read: not JSON, or something of the wrong type where we have to read.
///
/// The message is fit for the client: it names the place and never repeats a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The body is not JSON that we read.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A value of the wrong type, or one that is not among those allowed.
    #[error("{path}: expected {expected}, found {found}")]
    WrongType {
        /// Where, such as `$.messages[0].content`.
        path: String,
        /// What belongs there, with its article.
        expected: &'static str,
        /// What is there, with its article.
        found: &'static str,
    },
    /// Something that has to be there is not.
    #[error("{path}: missing, expected {expected}")]
    Missing {
        /// Where it belongs.
        path: String,
        /// What belongs there, with its article.
        expected: &'static str,
    },
    /// More texts than anybody would write by hand or by program, so that reading them one by one is an attack.
    #[error("{path}: more than {limit} texts in one body")]
    TooManyTexts {
        /// Where the limit was reached.
        path: String,
        /// The most texts that a body may have.
        limit: usize,
    },
}

// === impl BodyError ===

impl BodyError {
    /// The refusal that a client gets for this error in its request.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Json(error) => error.reason(),
            Self::WrongType { .. } | Self::Missing { .. } => Reason::WrongType,
            Self::TooManyTexts { .. } => Reason::BodyTooLarge,
        }
    }

    /// The place of the error, such as `$.messages[0].content`.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Json(error) => &error.path,
            Self::WrongType { path, .. } | Self::Missing { path, .. } | Self::TooManyTexts { path, .. } => path,
        }
    }
}
