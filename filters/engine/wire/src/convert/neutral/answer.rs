use super::Part;

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The provider's id; empty if it gives none.
    pub id: String,
    /// The provider's name of the model; empty if it gives none.
    pub model: String,
    /// Seconds since 1970, if the provider tells.
    pub created: Option<u64>,
    /// One, or as many as were asked for.
    pub choices: Vec<Choice>,
    /// What it used, if the provider tells.
    pub usage: Option<Counts>,
}

/// One of several answers to the same request.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What is said, in order.
    pub parts: Vec<Part>,
    /// Why it ended.
    pub finish: Finish,
}

/// Why an answer ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Finish {
    /// The model was done.
    #[default]
    Stop,
    /// One of the texts to stop at came, this one if the provider tells.
    StopSequence(Option<String>),
    /// The most tokens were reached.
    Length,
    /// The model waits for tools.
    ToolCalls,
    /// The provider withheld the rest.
    ContentFilter,
    /// The model would not answer.
    Refusal,
    /// The provider paused a long turn, to be taken up by sending it back.
    Pause,
    /// The model's context is full.
    ContextWindow,
}

/// Tokens used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of the prompt, cached ones included.
    pub input: u64,
    /// Of `input`, read from the prompt cache.
    pub cached: u64,
    /// Of `input`, written to the prompt cache.
    pub cache_written: u64,
    /// Of the answer, reasoning included.
    pub output: u64,
    /// Of `output`, spent on reasoning, if the provider tells.
    pub reasoning: Option<u64>,
}
