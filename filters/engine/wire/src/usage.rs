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
//! assert_eq!(usage, Ok(Some(Usage::reported(12, 34))));
//! assert_eq!(Usage::reported(12, 34).to_string(), "input=12, output=34");
//! assert_eq!("input=12, output=34, estimated, cost=5".parse(), Ok(Usage::estimated(12, 34)));
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
    /// What of them has a price of its own.
    pub parts: Parts,
    /// Who counted.
    pub basis: Basis,
}

/// Tokens of a [`Usage`] that providers price apart. They are within its numbers, not beside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Of the input: read from the provider's prompt cache.
    pub cached: u64,
    /// Of the input: written to the provider's prompt cache.
    pub cache_written: u64,
    /// Of the output: spent on reasoning.
    pub reasoning: u64,
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
            parts: Parts::NONE,
            basis: Basis::Reported,
        }
    }

    /// What we estimate.
    #[must_use]
    pub const fn estimated(input: u64, output: u64) -> Self {
        Self {
            input,
            output,
            parts: Parts::NONE,
            basis: Basis::Estimated,
        }
    }

    /// The same, with parts of it known; as much of them as there can be.
    #[must_use]
    pub fn of_which(mut self, parts: Parts) -> Self {
        let cached = parts.cached.min(self.input);
        self.parts = Parts {
            cached,
            cache_written: parts.cache_written.min(self.input - cached),
            reasoning: parts.reasoning.min(self.output),
        };
        self
    }

    /// Both together.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

// === impl Parts ===

impl Parts {
    /// Nothing has a price of its own.
    pub const NONE: Self = Self {
        cached: 0,
        cache_written: 0,
        reasoning: 0,
    };
}

#[cfg(feature = "convert")]
impl From<crate::convert::neutral::Counts> for Usage {
    fn from(counts: crate::convert::neutral::Counts) -> Self {
        Self::reported(counts.input, counts.output).of_which(Parts {
            cached: counts.cached,
            cache_written: counts.cache_written,
            reasoning: counts.reasoning.unwrap_or_default(),
        })
    }
}
