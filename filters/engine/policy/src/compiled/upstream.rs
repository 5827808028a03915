use bartizan_verdict::Endpoint;

use super::forward::{Provider, ProviderKind};

/// Where a request goes at a provider, and in which form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// What follows the provider's base URL; escaped, and with its query.
    pub path: String,
    /// What is written there, and read from there.
    pub format: Format,
}

/// The form of requests to a provider, and of its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// OpenAI's chat completions.
    Chat,
    /// Chat completions as servers compatible with OpenAI have them: without the developer role, and with `max_tokens`.
    CompatibleChat,
    /// OpenAI's responses.
    Responses,
    /// OpenAI's embeddings.
    Embeddings,
    /// Anthropic's messages.
    Messages,
    /// Anthropic's count of tokens.
    CountTokens,
    /// Gemini's `generateContent` and `streamGenerateContent`.
    GeminiContent,
    /// Gemini's `batchEmbedContents`.
    GeminiEmbeddings,
    /// Gemini's `countTokens`.
    GeminiTokens,
    /// Bedrock's `Converse` and `ConverseStream`.
    Converse,
    /// Bedrock's `InvokeModel` of Amazon's Titan embedding models.
    TitanEmbeddings,
    /// Bedrock's `InvokeModel` of Cohere's embedding models.
    CohereEmbeddings,
    /// Bedrock's `CountTokens`.
    ConverseTokens,
    /// JSON-RPC of the Model Context Protocol.
    Mcp,
}

/// How an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// At once.
    Whole,
    /// Event by event.
    Stream,
}

// === impl Provider ===

impl Provider {
    /// Where a request to `endpoint` of ours goes, for what the provider calls `model`; `None` if neither the provider
    /// serves it nor anything that it can be converted to. The model is of no account for MCP.
    ///
    /// | | chat | responses | messages | embeddings | tokens counted |
    /// |---|---|---|---|---|---|
    /// | `sandbox` | itself | itself | itself | itself | itself |
    /// | `openai`, `azure-openai` | itself | itself | chat | itself | |
    /// | `openai-compatible` | itself | chat | chat | itself | |
    /// | `anthropic` | messages | messages | itself | | itself |
    /// | `gemini` | `generateContent` | the same | the same | `batchEmbedContents` | `countTokens` |
    /// | `bedrock` | `Converse` | the same | the same | `InvokeModel`: Titan and Cohere | `CountTokens` |
    ///
    /// As in each vendor's SDK, OpenAI's base URL includes the version (`https://api.openai.com/v1`) and Anthropic's,
    /// Gemini's and Azure's do not; an MCP server's is the whole of it.
    #[must_use]
    pub fn upstream(&self, endpoint: Endpoint, model: &str, transfer: Transfer) -> Option<Upstream> {
        let format = format(self.kind, endpoint, model)?;
        let path = match self.kind {
            ProviderKind::Sandbox => sandbox_path(format)?.to_owned(),
            ProviderKind::OpenAi | ProviderKind::OpenAiCompatible => openai_path(format)?.to_owned(),
            ProviderKind::AzureOpenAi => azure_path(format, model, self.api_version.as_deref())?,
            ProviderKind::Anthropic => anthropic_path(format)?.to_owned(),
            ProviderKind::Gemini => gemini_path(format, model, transfer)?,
            ProviderKind::Bedrock => bedrock_path(format, model, transfer)?,
            ProviderKind::Mcp => String::new(),
        };
        Some(Upstream { path, format })
    }
}

// === impl Format ===

impl Format {
    /// Whether requests to an endpoint are in this form already.
    #[must_use]
    pub const fn is_of(self, endpoint: Endpoint) -> bool {
        match self {
            Self::Chat => matches!(endpoint, Endpoint::ChatCompletions),
            Self::Responses => matches!(endpoint, Endpoint::Responses),
            Self::Embeddings => matches!(endpoint, Endpoint::Embeddings),
            Self::Messages => matches!(endpoint, Endpoint::Messages),
            Self::CountTokens => matches!(endpoint, Endpoint::CountTokens),
            Self::Mcp => matches!(endpoint, Endpoint::Mcp),
            Self::CompatibleChat
            | Self::GeminiContent
            | Self::GeminiEmbeddings
            | Self::GeminiTokens
            | Self::Converse
            | Self::TitanEmbeddings
            | Self::CohereEmbeddings
            | Self::ConverseTokens => false,
        }
    }
}

fn format(kind: ProviderKind, endpoint: Endpoint, model: &str) -> Option<Format> {
    match kind {
        ProviderKind::Sandbox => own(endpoint),
        ProviderKind::OpenAi | ProviderKind::AzureOpenAi => match endpoint {
            Endpoint::ChatCompletions | Endpoint::Messages => Some(Format::Chat),
            Endpoint::Responses => Some(Format::Responses),
            Endpoint::Embeddings => Some(Format::Embeddings),
            Endpoint::CountTokens | Endpoint::Mcp | Endpoint::Models => None,
        },
        ProviderKind::OpenAiCompatible => match endpoint {
            Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Messages => Some(Format::CompatibleChat),
            Endpoint::Embeddings => Some(Format::Embeddings),
            Endpoint::CountTokens | Endpoint::Mcp | Endpoint::Models => None,
        },
        ProviderKind::Anthropic => match endpoint {
            Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Messages => Some(Format::Messages),
            Endpoint::CountTokens => Some(Format::CountTokens),
            Endpoint::Embeddings | Endpoint::Mcp | Endpoint::Models => None,
        },
        ProviderKind::Gemini => match endpoint {
            Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Messages => Some(Format::GeminiContent),
            Endpoint::Embeddings => Some(Format::GeminiEmbeddings),
            Endpoint::CountTokens => Some(Format::GeminiTokens),
            Endpoint::Mcp | Endpoint::Models => None,
        },
        ProviderKind::Bedrock => match endpoint {
            Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Messages => Some(Format::Converse),
            Endpoint::Embeddings => bedrock_embeddings(model),
            Endpoint::CountTokens => Some(Format::ConverseTokens),
            Endpoint::Mcp | Endpoint::Models => None,
        },
        ProviderKind::Mcp => (endpoint == Endpoint::Mcp).then_some(Format::Mcp),
    }
}

const fn own(endpoint: Endpoint) -> Option<Format> {
    match endpoint {
        Endpoint::ChatCompletions => Some(Format::Chat),
        Endpoint::Responses => Some(Format::Responses),
        Endpoint::Embeddings => Some(Format::Embeddings),
        Endpoint::Messages => Some(Format::Messages),
        Endpoint::CountTokens => Some(Format::CountTokens),
        Endpoint::Mcp => Some(Format::Mcp),
        Endpoint::Models => None,
    }
}

/// Each maker's embedding models have a body of their own; the model's id tells the maker, also within an ARN.
fn bedrock_embeddings(model: &str) -> Option<Format> {
    if model.contains("amazon.titan-embed-text") {
        Some(Format::TitanEmbeddings)
    } else if model.contains("cohere.embed") {
        Some(Format::CohereEmbeddings)
    } else {
        None
    }
}

fn sandbox_path(format: Format) -> Option<&'static str> {
    match format {
        Format::Chat => Some("/v1/chat/completions"),
        Format::Responses => Some("/v1/responses"),
        Format::Embeddings => Some("/v1/embeddings"),
        Format::Mcp => Some("/mcp"),
        _ => anthropic_path(format),
    }
}

const fn openai_path(format: Format) -> Option<&'static str> {
    match format {
        Format::Chat | Format::CompatibleChat => Some("/chat/completions"),
        Format::Responses => Some("/responses"),
        Format::Embeddings => Some("/embeddings"),
        _ => None,
    }
}

const fn anthropic_path(format: Format) -> Option<&'static str> {
    match format {
        Format::Messages => Some("/v1/messages"),
        Format::CountTokens => Some("/v1/messages/count_tokens"),
        _ => None,
    }
}

/// The v1 API takes the deployment in the body; dated versions take it in the path, but for responses.
/// <https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle>
fn azure_path(format: Format, deployment: &str, api_version: Option<&str>) -> Option<String> {
    let path = openai_path(format)?;
    Some(match (format, api_version) {
        (_, None) => format!("/openai/v1{path}"),
        (Format::Responses, Some(version)) => format!("/openai{path}?api-version={version}"),
        (_, Some(version)) => {
            let deployment = Segment(deployment);
            format!("/openai/deployments/{deployment}{path}?api-version={version}")
        }
    })
}

/// <https://ai.google.dev/api/generate-content>
fn gemini_path(format: Format, model: &str, transfer: Transfer) -> Option<String> {
    let method = match (format, transfer) {
        (Format::GeminiContent, Transfer::Whole) => "generateContent",
        (Format::GeminiContent, Transfer::Stream) => "streamGenerateContent?alt=sse",
        (Format::GeminiEmbeddings, _) => "batchEmbedContents",
        (Format::GeminiTokens, _) => "countTokens",
        _ => return None,
    };
    // A tuned model has a collection of its own: `tunedModels/name`.
    let (collection, name) = model.split_once('/').unwrap_or(("models", model));
    Some(format!("/v1beta/{}/{}:{method}", Segment(collection), Segment(name)))
}

/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html>
fn bedrock_path(format: Format, model: &str, transfer: Transfer) -> Option<String> {
    let operation = match (format, transfer) {
        (Format::Converse, Transfer::Whole) => "converse",
        (Format::Converse, Transfer::Stream) => "converse-stream",
        (Format::TitanEmbeddings | Format::CohereEmbeddings, _) => "invoke",
        (Format::ConverseTokens, _) => "count-tokens",
        _ => return None,
    };
    Some(format!("/model/{}/{operation}", Segment(model)))
}

/// A piece of a path, in which everything but RFC 3986's unreserved characters is escaped.
struct Segment<'a>(&'a str);

impl std::fmt::Display for Segment<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                write!(formatter, "{}", char::from(byte))?;
            } else {
                write!(formatter, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
