/// Makers of models, as far as Converse leaves it to each what it takes. The id tells, also within an ARN; that of an
/// inference profile of one's own does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Anthropic's Claude.
    Claude,
    /// Amazon's Nova of the first generation, which does not think.
    Nova,
    /// Amazon's Nova from the second generation on.
    Nova2,
    /// OpenAI's open models.
    OpenAi,
    /// Any other, or an id that does not tell.
    Other,
}

// === impl Family ===

impl Family {
    pub(super) fn of(model: &str) -> Self {
        if model.contains("anthropic.") || model.contains("claude-") {
            Self::Claude
        } else if model.contains("amazon.nova-2-") {
            Self::Nova2
        } else if model.contains("amazon.nova") {
            Self::Nova
        } else if model.contains("openai.") {
            Self::OpenAi
        } else {
            Self::Other
        }
    }
}
