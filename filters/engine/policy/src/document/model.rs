use schemars::JsonSchema;
use serde::Deserialize;

use super::credential::{CredentialSpec, ProviderTlsSpec};
use super::resilience::{CircuitBreakerSpec, ConcurrencySpec, HealthCheckSpec, RetrySpec};
use super::text::{AzureVersion, BaseUrl, Duration, Region};

/// Who serves models, or tools.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProviderSpec {
    /// What it speaks. `sandbox` is built in, needs nothing else and has neither models nor tools behind it.
    #[serde(rename = "type")]
    pub(crate) kind: ProviderType,
    /// Where it is; by default the vendor's own address. As in the vendors' SDKs, OpenAI's includes `/v1`, Anthropic's
    /// and Gemini's do not, and Azure's is the endpoint of the resource. An MCP server's is the whole URL that is posted
    /// to.
    pub(crate) base_url: Option<BaseUrl>,
    /// Where Bedrock's models are; requests are signed for it. For `bedrock` only, which needs it.
    pub(crate) region: Option<Region>,
    /// The dated version of Azure's API; by default the v1 API is spoken. For `azure-openai` only.
    pub(crate) api_version: Option<AzureVersion>,
    /// Where the credential for it is found; a provider at another address than the vendor's may need none.
    pub(crate) credential: Option<CredentialSpec>,
    /// Whom its certificate must come from, and what we present; by default the certificate authorities of the
    /// operating system, and nothing.
    pub(crate) tls: Option<ProviderTlsSpec>,
    /// How long to wait for it.
    #[serde(default)]
    pub(crate) timeouts: TimeoutsSpec,
    /// Whether and when an attempt is repeated.
    #[serde(default)]
    pub(crate) retry: RetrySpec,
    /// When each of its models is given a rest.
    #[serde(default)]
    pub(crate) circuit_breaker: CircuitBreakerSpec,
    /// When it is asked last.
    #[serde(default)]
    pub(crate) health_check: HealthCheckSpec,
    /// How many requests it is sent at once.
    #[serde(default)]
    pub(crate) concurrency: ConcurrencySpec,
    /// Whether the provider and its models are left out when its credential is missing; by default that is a fault.
    #[serde(default)]
    pub(crate) optional: bool,
    /// Whether `baseUrl` may be `http://`, which sends prompts and credential in the clear; by default not.
    #[serde(default)]
    pub(crate) allow_insecure_http: bool,
}

/// What a provider speaks.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ProviderType {
    /// The built-in sandbox.
    Sandbox,
    /// OpenAI, or whoever has all that it has: chat completions, responses and embeddings.
    #[serde(rename = "openai")]
    OpenAi,
    /// A server with OpenAI's chat completions and perhaps embeddings, such as Ollama, vLLM and llama.cpp.
    #[serde(rename = "openai-compatible")]
    OpenAiCompatible,
    /// OpenAI's models at Azure; `upstreamModel` is the name of a deployment.
    #[serde(rename = "azure-openai")]
    AzureOpenAi,
    /// Anthropic, or whoever is compatible with it.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// Amazon Bedrock; `upstreamModel` is the id or ARN of a model or of an inference profile.
    Bedrock,
    /// A server of the Model Context Protocol; it has tools instead of models, and its name is in the path.
    Mcp,
}

impl ProviderType {
    /// Whether it can be an MCP server.
    pub(crate) const fn has_tools(self) -> bool {
        matches!(self, Self::Mcp | Self::Sandbox)
    }
}

/// How long to wait for a provider.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TimeoutsSpec {
    /// For a connection; by default 5s.
    pub(crate) connect: Option<Duration>,
    /// From the request's end to the answer's headers and, in a stream, its first event; by default 60s.
    pub(crate) first_byte: Option<Duration>,
    /// Between two pieces of an answer; by default 60s.
    pub(crate) idle: Option<Duration>,
    /// For everything, from when the request came, whoever was tried before; by default 10m.
    pub(crate) total: Option<Duration>,
}
