//! How many tokens a request used: as providers report it, and as the forwarder tells the filters.
//!
//! A provider's report comes first. Where there is none, the number is an estimate and says so.
//!
//! ```
//! use bartizan_verdict::Endpoint;
//! use bartizan_wire::usage::{self, Usage};
//!
//! let answer = br#"{"usage":{"prompt_tokens":12,"completion_tokens":34}}"#;
//! let usage = usage::from_answer(Endpoint::ChatCompletions, answer);
//! assert_eq!(usage, Some(Usage::reported(12, 34)));
//! assert_eq!(Usage::reported(12, 34).to_string(), "input=12, output=34");
//! assert_eq!("input=12, output=34, estimated".parse(), Ok(Usage::estimated(12, 34)));
//! ```

mod header;
mod provider;

pub use header::ParseUsageError;
pub use provider::{StreamUsage, from_answer};

/// Tokens that a request used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt, cached ones included.
    pub input: u64,
    /// Tokens of the answer, reasoning included.
    pub output: u64,
    /// Who counted.
    pub basis: Basis,
}

/// Who counted the tokens of a [`Usage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The provider.
    Reported,
    /// We did, from the length of the text, as the provider did not say.
    Estimated,
}

/// Tokens that this many bytes of text come to, roughly: one for four bytes, rounded up.
///
/// Good for English within a third; other scripts have fewer characters a token but more bytes a character, which
/// about evens out.
#[must_use]
pub const fn estimate(text_bytes: u64) -> u64 {
    text_bytes.div_ceil(4)
}

// === impl Usage ===

impl Usage {
    /// What the provider reported.
    #[must_use]
    pub const fn reported(input: u64, output: u64) -> Self {
        Self {
            input,
            output,
            basis: Basis::Reported,
        }
    }

    /// What we estimate.
    #[must_use]
    pub const fn estimated(input: u64, output: u64) -> Self {
        Self {
            input,
            output,
            basis: Basis::Estimated,
        }
    }

    /// Both together.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}
