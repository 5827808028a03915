use bartizan_verdict::{Dialect, Endpoint};

/// The shape of a body: which of its parts are text, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Surface {
    /// OpenAI's chat completions.
    Chat,
    /// OpenAI's responses.
    Responses,
    /// OpenAI's embeddings.
    Embeddings,
    /// Anthropic's messages, and the counting of their tokens.
    Messages,
    /// JSON-RPC of the Model Context Protocol: one message, or several in an array.
    Mcp,
    /// Any JSON; every string in it is text.
    Json,
}

impl Surface {
    /// Every surface.
    pub const ALL: &'static [Self] = &[
        Self::Chat,
        Self::Responses,
        Self::Embeddings,
        Self::Messages,
        Self::Mcp,
        Self::Json,
    ];

    /// The dialect in which errors are answered; OpenAI's where the body alone does not tell.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Chat | Self::Responses | Self::Embeddings | Self::Json => Dialect::OpenAi,
            Self::Messages => Dialect::Anthropic,
            Self::Mcp => Dialect::Mcp,
        }
    }
}

impl From<Endpoint> for Surface {
    fn from(endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::ChatCompletions => Self::Chat,
            Endpoint::Responses => Self::Responses,
            Endpoint::Embeddings => Self::Embeddings,
            Endpoint::Messages | Endpoint::CountTokens => Self::Messages,
            Endpoint::Mcp => Self::Mcp,
            Endpoint::Models => Self::Json,
        }
    }
}
