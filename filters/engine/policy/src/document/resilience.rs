use schemars::JsonSchema;
use serde::Deserialize;

use super::text::Duration;

/// Whether and when an attempt is repeated at the same provider. Nothing is, once a byte of the answer has left.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RetrySpec {
    /// How often, at most, for one request; by default 2, and 0 for never.
    #[schemars(range(min = 0, max = 10))]
    pub(crate) num_retries: Option<u32>,
    /// How long to wait before.
    #[serde(default)]
    pub(crate) back_off: BackOffSpec,
    /// The share of requests, in percent, that may be retries, so that a provider in trouble is not given more; by
    /// default 20. Some ten a minute are always allowed.
    #[schemars(range(min = 0, max = 100))]
    pub(crate) budget_percent: Option<u32>,
}

/// How long to wait before an attempt is repeated: a random time up to `baseInterval`, twice that the next time, and
/// so on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BackOffSpec {
    /// The most before the first retry; by default 100ms.
    pub(crate) base_interval: Option<Duration>,
    /// The most before any retry; by default 5s. When a provider asks for a longer wait by `retry-after`, it is not
    /// asked again for the request.
    pub(crate) max_interval: Option<Duration>,
}

/// When a model of a provider is given a rest: nobody calls it until some trial requests go well.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CircuitBreakerSpec {
    /// After so many failures within `window`; by default 5, and 0 for never.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) failures: Option<u32>,
    /// In how long; by default 30s.
    pub(crate) window: Option<Duration>,
    /// For how long; by default 30s.
    pub(crate) open_time: Option<Duration>,
    /// How many requests are then let through, which all have to go well; by default 3.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) trial_requests: Option<u32>,
}

/// When a provider is asked last.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HealthCheckSpec {
    /// Judged by the requests it is sent anyway.
    #[serde(default)]
    pub(crate) passive: PassiveHealthSpec,
}

/// When a provider is asked last, for a while: when too many of its requests fail, over all of its models.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PassiveHealthSpec {
    /// The share of failures, in percent; by default 50, and 0 for never.
    #[schemars(range(min = 0, max = 100))]
    pub(crate) failure_percentage_threshold: Option<u32>,
    /// The least number of requests that say anything; by default 20.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) request_volume: Option<u32>,
    /// Within how long; by default 30s.
    pub(crate) interval: Option<Duration>,
    /// For how long; by default 30s.
    pub(crate) base_ejection_time: Option<Duration>,
}

/// How many requests a provider is sent at once, and how many wait.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConcurrencySpec {
    /// Requests at once; by default as many as come.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) max_parallel_requests: Option<u32>,
    /// Requests that wait for their turn; by default 100, and 0 for none.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) max_pending_requests: Option<u32>,
    /// How long one waits at most; by default 5s.
    pub(crate) pending_timeout: Option<Duration>,
}
