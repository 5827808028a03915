/// What the answer's conversion has to know of the request, and what only the caller can know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// The model as the application named it; told back where the provider names none.
    pub model: String,
    /// An id for an answer that has none; unique for the request, of letters, digits and hyphens.
    pub id: String,
    /// Seconds since 1970, for answers that tell when they were made.
    pub now: u64,
    /// Whether a stream of chat completions ends with a chunk of usage, as the client asked.
    pub wants_usage: bool,
    /// What the answer of responses repeats of its request: see [`answer::to_responses::repeated`](super::answer::to_responses::repeated).
    pub request: Option<serde_json::Map<String, serde_json::Value>>,
}
