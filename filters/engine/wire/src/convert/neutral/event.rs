use super::{Citation, Counts, Finish};

/// A step of a streamed answer.
///
/// Each choice: parts begin, grow and end one after the other, or several at once where a provider streams parallel tool
/// calls so; then it finishes. `Start` comes first, once; `End` last, once, unless the stream breaks off with `Error`.
/// Readers repair what a provider leaves out: a part that nobody ended is ended before the choice finishes.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The answer begins.
    Start {
        /// The provider's id; empty if it gives none.
        id: String,
        /// The provider's name of the model; empty if it gives none.
        model: String,
        /// What the prompt used, if the provider tells at the beginning.
        usage: Option<Counts>,
    },
    /// A part begins. Parts of one choice are numbered from 0 without gaps, in the order in which they begin.
    PartStart {
        /// Number of the choice.
        choice: u32,
        /// Number of the part.
        part: u32,
        /// What it is.
        start: PartStart,
    },
    /// A part grows.
    PartDelta {
        /// Number of the choice.
        choice: u32,
        /// Number of the part.
        part: u32,
        /// By what.
        delta: Delta,
    },
    /// A part is whole.
    PartEnd {
        /// Number of the choice.
        choice: u32,
        /// Number of the part.
        part: u32,
    },
    /// A choice is whole.
    Finish {
        /// Number of the choice.
        choice: u32,
        /// Why it ended.
        finish: Finish,
    },
    /// Tokens used so far; a later one replaces an earlier.
    Usage(Counts),
    /// The provider is still there.
    Ping,
    /// The answer is whole.
    End,
    /// The provider failed; nothing follows.
    Error(StreamError),
}

/// What a part is that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartStart {
    /// Words.
    Text,
    /// Words for why there is no answer.
    Refusal,
    /// Thoughts.
    Thinking,
    /// Thoughts that only the provider can read; whole at once.
    RedactedThinking {
        /// Encrypted.
        data: String,
    },
    /// A call of a tool.
    ToolCall {
        /// Names the call.
        id: String,
        /// The tool.
        name: String,
        /// What the provider wants to see again with the call.
        signature: Option<String>,
    },
}

/// What a part grows by.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// Of words, a refusal or thoughts.
    Text(String),
    /// Of a tool's arguments: a piece of JSON text.
    Arguments(String),
    /// The proof that thoughts are the provider's own; whole, once.
    Signature(String),
    /// What the words rest on.
    Citation(Box<Citation>),
}

/// How a provider failed in the middle of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamError {
    /// It is overloaded.
    Overloaded,
    /// It limits us.
    Limited,
    /// Anything else.
    Failed,
}
