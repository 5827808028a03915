use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{Duration, HeaderName, HeaderValue, ModelName, Name};

/// A model that applications can ask for. It has either a `provider` or `targets`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ModelSpec {
    /// Name of the Provider that serves it, if there is one.
    pub(crate) provider: Option<Name>,
    /// What the provider calls it; by default the same.
    pub(crate) upstream_model: Option<ModelName>,
    /// Who serves it, if there are several: each request goes to one of them, by weight, and to the others should
    /// that one fail.
    #[serde(default)]
    pub(crate) targets: Vec<TargetSpec>,
    /// What is tried, in this order, when nobody above answers: names of Models, or a provider and its model.
    #[serde(default)]
    pub(crate) fallbacks: Vec<FallbackSpec>,
    /// Other names that applications may ask for it by.
    #[serde(default)]
    pub(crate) aliases: Vec<ModelName>,
    /// What becomes of fields that the provider's format has no place for; by default `reject`.
    pub(crate) unsupported_fields: Option<UnsupportedFieldsSpec>,
    /// Whether and how long answers are kept, to be given again to a tenant that asks exactly the same; by default not.
    pub(crate) cache: Option<ModelCacheSpec>,
}

/// How answers of a model are kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ModelCacheSpec {
    /// How long; at most 24h.
    pub(crate) ttl: Duration,
}

/// One of several who serve a model.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TargetSpec {
    /// Name of the Provider.
    pub(crate) provider: Name,
    /// What the provider calls the model; by default the same.
    pub(crate) upstream_model: Option<ModelName>,
    /// Its share of the requests, in proportion to the weights of the others; by default 1.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) weight: Option<u32>,
    /// Which requests go here; by default all that go nowhere by their headers.
    #[serde(rename = "match")]
    pub(crate) matching: Option<MatchSpec>,
}

/// Which requests are meant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MatchSpec {
    /// Headers that a request has, all of them.
    #[schemars(length(min = 1))]
    pub(crate) headers: Vec<HeaderMatchSpec>,
}

/// A header that a request has.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HeaderMatchSpec {
    /// Its name.
    pub(crate) name: HeaderName,
    /// Its value, exactly; by default any.
    pub(crate) value: Option<HeaderValue>,
}

/// What is tried when a model is not answered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum FallbackSpec {
    /// A Model, with its own targets and fallbacks.
    Model(ModelName),
    /// A provider's model.
    Target(FallbackTargetSpec),
}

/// A provider's model that is tried when another is not answered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FallbackTargetSpec {
    /// Name of the Provider.
    pub(crate) provider: Name,
    /// What the provider calls the model.
    pub(crate) upstream_model: ModelName,
}

/// What becomes of fields that a provider's format has no place for.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum UnsupportedFieldsSpec {
    /// The request is refused, and told which.
    Reject,
    /// They are left out, and the answer's header `x-bartizan-dropped-fields` tells which.
    Drop,
}
