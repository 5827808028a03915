use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{KeyId, ModelName, ModelPattern, Name, Sha256, Time, Window};

/// Who may call: keys, models and limits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TenantSpec {
    /// The API keys, by their hashes; a tenant without any cannot call.
    #[serde(default)]
    pub(crate) keys: Vec<KeySpec>,
    /// The models it may use; by default all.
    #[serde(default = "every_model")]
    pub(crate) models: Vec<ModelPattern>,
    /// Names that mean another Model to this tenant than to others, or nothing to others; it may use them.
    #[serde(default)]
    pub(crate) model_overrides: Vec<ModelOverrideSpec>,
    /// Names of the Providers whose tools it may call, each of type `mcp` or `sandbox`; by default none.
    #[serde(default)]
    pub(crate) mcp_servers: Vec<Name>,
    /// How much it may use; by default as much as it likes.
    #[serde(default)]
    pub(crate) limits: LimitsSpec,
}

/// What a name means to a tenant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ModelOverrideSpec {
    /// What its applications ask for.
    pub(crate) name: ModelName,
    /// The Model that they get.
    pub(crate) model: ModelName,
}

/// One API key.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KeySpec {
    /// What logs and people call the key; unique in its tenant.
    pub(crate) id: KeyId,
    /// SHA-256 of the key.
    pub(crate) sha256: Sha256,
    /// When it stops being good; by default never.
    pub(crate) expires_at: Option<Time>,
    /// Whether it is refused already now; by default not.
    #[serde(default)]
    pub(crate) disabled: bool,
}

/// How much a tenant may use; what is not written is not limited.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LimitsSpec {
    /// Requests in a window.
    pub(crate) requests: Option<QuotaSpec>,
    /// Tokens in a window, of prompts and answers together.
    pub(crate) tokens: Option<QuotaSpec>,
    /// Requests running at once.
    #[schemars(range(min = 1))]
    pub(crate) concurrent_requests: Option<u32>,
}

/// So much in a window. All of it may be used at once; it comes back evenly over the window.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct QuotaSpec {
    /// How much.
    #[schemars(range(min = 1, max = 1_000_000_000_000_000_u64))]
    pub(crate) limit: u64,
    /// In how long; at most 366 days.
    pub(crate) window: Window,
}

fn every_model() -> Vec<ModelPattern> {
    serde_json::from_value(serde_json::json!(["*"])).unwrap_or_default()
}
