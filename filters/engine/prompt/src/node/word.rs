/// What the `type` of an object says about the texts in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Word {
    /// Nothing: there is none.
    #[default]
    Absent,
    /// A message: its role says whose they are.
    Message,
    /// A call of a tool, by the model.
    Call,
    /// What a tool gave back.
    Output,
    /// The model's reasoning.
    Reasoning,
    /// What the operator sets.
    Setting,
    /// An image that the model made.
    GeneratedImage,
    /// A mere reference to something earlier.
    Reference,
    /// What a search found.
    Retrieved,
    /// A summary of what went before, by the model.
    Summary,
    /// An image.
    Image,
    /// Sound.
    Audio,
    /// What the provider alone can decrypt.
    Encrypted,
    /// Data as base64.
    Base64,
    /// None of these.
    Other,
}

impl Word {
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "message" => Self::Message,
            "reasoning" => Self::Reasoning,
            "compaction" => Self::Summary,
            "additional_tools" | "configuration_update" => Self::Setting,
            "image_generation_call" => Self::GeneratedImage,
            "item_reference" => Self::Reference,
            "search_result" | "web_search_result" | "web_fetch_result" => Self::Retrieved,
            "image" => Self::Image,
            "audio" => Self::Audio,
            "redacted_thinking" => Self::Encrypted,
            "base64" => Self::Base64,
            "mcp_approval_request" | "program" => Self::Call,
            "mcp_list_tools" => Self::Output,
            _ if word.ends_with("_call") => Self::Call,
            _ if word.ends_with("_output") => Self::Output,
            _ => Self::Other,
        }
    }
}
