//! The names of all telemetry that leaves by OTLP; Prometheus has its own in `metrics.rs`.
//!
//! Those that begin with `gen_ai`, `error` and `server` are of the GenAI conventions, which are still in development:
//! <https://github.com/open-telemetry/semantic-conventions-genai>. Ours begin with `bartizan`.

/// Attributes of spans and metrics.
pub(crate) mod attribute {
    pub(crate) const OPERATION: &str = "gen_ai.operation.name";
    pub(crate) const PROVIDER: &str = "gen_ai.provider.name";
    pub(crate) const REQUEST_MODEL: &str = "gen_ai.request.model";
    pub(crate) const REQUEST_STREAM: &str = "gen_ai.request.stream";
    pub(crate) const RESPONSE_ID: &str = "gen_ai.response.id";
    pub(crate) const RESPONSE_MODEL: &str = "gen_ai.response.model";
    pub(crate) const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
    pub(crate) const TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
    pub(crate) const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
    pub(crate) const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
    pub(crate) const CACHE_READ_TOKENS: &str = "gen_ai.usage.cache_read.input_tokens";
    pub(crate) const CACHE_CREATION_TOKENS: &str = "gen_ai.usage.cache_creation.input_tokens";
    pub(crate) const REASONING_TOKENS: &str = "gen_ai.usage.reasoning.output_tokens";
    pub(crate) const TOKEN_TYPE: &str = "gen_ai.token.type";
    pub(crate) const ERROR_TYPE: &str = "error.type";
    pub(crate) const SERVER_ADDRESS: &str = "server.address";
    pub(crate) const SERVER_PORT: &str = "server.port";
    /// Name of the tenant that called.
    pub(crate) const TENANT: &str = "bartizan.tenant";
    /// `x-request-id`.
    pub(crate) const REQUEST_ID: &str = "bartizan.request.id";
    /// What policy calls the model.
    pub(crate) const MODEL: &str = "bartizan.model";
    /// What policy calls the provider.
    pub(crate) const PROVIDER_NAME: &str = "bartizan.provider";
    /// Micro-units.
    pub(crate) const COST: &str = "bartizan.usage.cost";
    /// Whether the provider did not tell the tokens.
    pub(crate) const ESTIMATED: &str = "bartizan.usage.estimated";
}

/// Metrics, each with its unit.
pub(crate) mod metric {
    pub(crate) const TOKENS: (&str, &str) = ("gen_ai.client.token.usage", "{token}");
    pub(crate) const DURATION: (&str, &str) = ("gen_ai.client.operation.duration", "s");
    pub(crate) const TIME_TO_FIRST_CHUNK: (&str, &str) = ("gen_ai.client.operation.time_to_first_chunk", "s");
    pub(crate) const TIME_PER_OUTPUT_CHUNK: (&str, &str) = ("gen_ai.client.operation.time_per_output_chunk", "s");
}

/// Values of attributes.
pub(crate) mod value {
    use bartizan_policy::ProviderKind;
    use bartizan_verdict::Endpoint;

    /// Of [`TOKEN_TYPE`](super::attribute::TOKEN_TYPE).
    pub(crate) const INPUT: &str = "input";
    /// Of [`TOKEN_TYPE`](super::attribute::TOKEN_TYPE).
    pub(crate) const OUTPUT: &str = "output";
    /// Of [`ERROR_TYPE`](super::attribute::ERROR_TYPE), beside the codes of `Reason`.
    pub(crate) const CLIENT_GONE: &str = "client_gone";

    /// Of [`OPERATION`](super::attribute::OPERATION); `None` for what is no operation of a model.
    pub(crate) const fn operation(endpoint: Endpoint) -> Option<&'static str> {
        match endpoint {
            Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Messages => Some("chat"),
            Endpoint::Embeddings => Some("embeddings"),
            Endpoint::CountTokens => Some("count_tokens"),
            Endpoint::Models | Endpoint::Mcp => None,
        }
    }

    /// Of [`PROVIDER`](super::attribute::PROVIDER).
    pub(crate) const fn provider(kind: ProviderKind) -> &'static str {
        match kind {
            ProviderKind::OpenAi => "openai",
            ProviderKind::OpenAiCompatible => "openai_compatible",
            ProviderKind::AzureOpenAi => "azure.ai.openai",
            ProviderKind::Anthropic => "anthropic",
            ProviderKind::Gemini => "gcp.gemini",
            ProviderKind::Bedrock => "aws.bedrock",
            ProviderKind::Mcp => "mcp",
            ProviderKind::Sandbox => "sandbox",
        }
    }
}
