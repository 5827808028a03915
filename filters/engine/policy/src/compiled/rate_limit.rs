use bartizan_limit::{Lease, TenantLimits};
use serde::{Deserialize, Serialize};

use super::envelope::{self, DecodeError, Kind};

/// What the rate-limit filter knows: how much each tenant may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimitConfig {
    max_stream_duration: u64,
    /// Sorted by name.
    tenants: Vec<(Box<str>, TenantLimits)>,
}

impl RateLimitConfig {
    /// Limits of tenants in any order; of two with the same name, one is kept. `max_stream_duration`: the longest a
    /// request can run, in nanoseconds.
    #[must_use]
    pub fn new(max_stream_duration: u64, tenants: Vec<(String, TenantLimits)>) -> Self {
        let mut tenants: Vec<_> = tenants
            .into_iter()
            .map(|(name, limits)| (name.into_boxed_str(), limits))
            .collect();
        tenants.sort_by(|(one, _), (other, _)| one.cmp(other));
        tenants.dedup_by(|(one, _), (other, _)| one == other);
        Self {
            max_stream_duration,
            tenants,
        }
    }

    /// The limits of a tenant, and its place among all; `None` for a tenant there is not.
    #[must_use]
    pub fn tenant(&self, name: &str) -> Option<(usize, &TenantLimits)> {
        let place = self.tenants.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        self.tenants.get(place).map(|(_, limits)| (place, limits))
    }

    /// Every tenant, sorted by name.
    pub fn tenants(&self) -> impl ExactSizeIterator<Item = (&str, &TenantLimits)> {
        self.tenants.iter().map(|(name, limits)| (&**name, limits))
    }

    /// How long a running request is counted at most.
    #[must_use]
    pub fn lease(&self) -> Lease {
        Lease::outliving(self.max_stream_duration)
    }

    /// The longest a request can run, in nanoseconds.
    #[must_use]
    pub const fn max_stream_duration(&self) -> u64 {
        self.max_stream_duration
    }

    /// The bytes to give to the filter.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        envelope::encode(Kind::RateLimit, self)
    }

    /// Reads what [`RateLimitConfig::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let config: Self = envelope::decode(Kind::RateLimit, bytes)?;
        if config.tenants.is_sorted_by(|(one, _), (other, _)| one < other) {
            Ok(config)
        } else {
            Err(DecodeError::Damaged)
        }
    }
}
