use std::time::Duration;

/// How the forwarder stays steady when a provider is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resilience {
    /// Whether and when an attempt is repeated.
    pub retry: Retry,
    /// When each model is given a rest.
    pub circuit_breaker: CircuitBreaker,
    /// When the provider is asked last.
    pub health: PassiveHealth,
    /// How many requests it is sent at once.
    pub concurrency: Concurrency,
}

/// Whether and when an attempt is repeated at the same provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often, at most, for one request.
    pub num_retries: u32,
    /// The most to wait before the first retry; it doubles with every further one.
    pub base_interval: Duration,
    /// The most to wait before any retry, the provider's `retry-after` included.
    pub max_interval: Duration,
    /// The share of requests, in percent, that may be retries.
    pub budget_percent: u32,
}

/// When a model of a provider is given a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitBreaker {
    /// After so many failures within the window; 0 for never.
    pub failures: u32,
    /// In how long.
    pub window: Duration,
    /// For how long.
    pub open_time: Duration,
    /// How many requests are then let through, which all have to go well.
    pub trial_requests: u32,
}

/// When a provider is asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassiveHealth {
    /// From this share of failures on, in percent; 0 for never.
    pub failure_percentage: u32,
    /// The least number of requests that say anything.
    pub request_volume: u32,
    /// Within how long.
    pub interval: Duration,
    /// For how long.
    pub ejection_time: Duration,
}

/// How many requests a provider is sent at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// At once; `None` for as many as come.
    pub max_parallel: Option<u32>,
    /// Waiting for their turn.
    pub max_pending: u32,
    /// How long one waits at most.
    pub pending_timeout: Duration,
}

impl Default for Retry {
    /// Twice, after up to 100 ms and then 200 ms; 20 %.
    fn default() -> Self {
        Self {
            num_retries: 2,
            base_interval: Duration::from_millis(100),
            max_interval: Duration::from_secs(5),
            budget_percent: 20,
        }
    }
}

impl Default for CircuitBreaker {
    /// After 5 failures in 30 s, for 30 s; then 3 trial requests.
    fn default() -> Self {
        Self {
            failures: 5,
            window: Duration::from_secs(30),
            open_time: Duration::from_secs(30),
            trial_requests: 3,
        }
    }
}

impl Default for PassiveHealth {
    /// When half of at least 20 requests in 30 s fail, for 30 s.
    fn default() -> Self {
        Self {
            failure_percentage: 50,
            request_volume: 20,
            interval: Duration::from_secs(30),
            ejection_time: Duration::from_secs(30),
        }
    }
}

impl Default for Concurrency {
    /// As many as come; where there is a limit, 100 wait for 5 s.
    fn default() -> Self {
        Self {
            max_parallel: None,
            max_pending: 100,
            pending_timeout: Duration::from_secs(5),
        }
    }
}
