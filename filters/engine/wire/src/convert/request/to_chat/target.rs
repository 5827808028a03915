/// What a provider of chat completions takes, where they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The operator's role: `developer` or `system`.
    pub system_role: &'static str,
    /// What the most tokens are called: `max_completion_tokens`, which counts reasoning, or `max_tokens`.
    pub max_tokens: &'static str,
    /// Whether a stream can be asked to end with usage.
    pub has_stream_options: bool,
    /// Whether efforts beyond `none`, `low`, `medium` and `high` are known; otherwise the nearest is meant.
    pub has_all_efforts: bool,
    /// Whether tools can be held to their schema.
    pub has_strict_tools: bool,
    /// Whether files and sound are taken beside text and pictures.
    pub has_files: bool,
    /// Whether the model is shown the thoughts of earlier turns.
    pub has_thoughts: bool,
    /// Whether a message of several texts is better one string: some compatible servers' templates know no lists.
    pub joins_texts: bool,
    /// The most texts to stop at.
    pub max_stops: usize,
    /// The most characters of a call's id.
    pub longest_call_id: usize,
}

// === impl Target ===

impl Target {
    /// OpenAI itself.
    pub const OPENAI: Self = Self {
        system_role: "developer",
        max_tokens: "max_completion_tokens",
        has_stream_options: true,
        has_all_efforts: true,
        has_strict_tools: true,
        has_files: true,
        has_thoughts: false,
        joins_texts: false,
        max_stops: 4,
        longest_call_id: 40,
    };

    /// Azure OpenAI: the same, but for the operator's role, as deployments of older models know only `system`; newer
    /// ones take it for `developer`.
    pub const AZURE_OPENAI: Self = Self {
        system_role: "system",
        ..Self::OPENAI
    };

    /// Ollama, vLLM, llama.cpp and the like, as far as all of them go: what one of them passes over in silence is taken
    /// for unsupported. Ollama's documented list has `max_tokens`, `reasoning_effort` and `stream_options`, but not
    /// `strict`, and no parts beside text and pictures.
    pub const COMPATIBLE: Self = Self {
        system_role: "system",
        max_tokens: "max_tokens",
        has_stream_options: true,
        has_all_efforts: false,
        has_strict_tools: false,
        has_files: false,
        has_thoughts: true,
        joins_texts: true,
        max_stops: usize::MAX,
        longest_call_id: usize::MAX,
    };
}
