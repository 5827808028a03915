//! What a request used and cost.

use std::{fmt, sync::Arc};

use bartizan_policy::{CompiledPolicy, Price};
use bartizan_wire::usage::Usage;
use http::HeaderValue;

use crate::{header::NO_USAGE, telemetry::Operation};

/// Millionths of a micro-unit, the unit of prices for a token, in a micro-unit.
const PRICE_UNITS: u128 = 1_000_000;
/// The largest integer of a structured header; RFC 9651 section 3.3.1.
const LARGEST: u128 = 999_999_999_999_999;

/// What a request is reckoned by, from its beginning on.
#[derive(Debug)]
pub(crate) struct Metering {
    pub(crate) prices: Prices,
    /// What is traced of it, if anything is.
    pub(crate) operation: Option<Box<Operation>>,
}

/// The prices of the policy that a request began with.
#[derive(Clone, Debug)]
pub(crate) struct Prices(Arc<CompiledPolicy>);

/// What a request used, and what that cost in micro-units, if there is a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    pub(crate) usage: Usage,
    pub(crate) cost: Option<u64>,
}

// === impl Prices ===

impl Prices {
    pub(crate) const fn of(policy: Arc<CompiledPolicy>) -> Self {
        Self(policy)
    }

    /// Whether policy has prices at all.
    pub(crate) fn are_known(&self) -> bool {
        self.0.forward.prices.is_some()
    }

    pub(crate) fn charge(&self, provider: &str, upstream_model: &str, usage: Usage) -> Charge {
        let list = self.0.forward.prices.as_ref();
        let price = list.and_then(|list| list.price(provider, upstream_model));
        Charge {
            usage,
            cost: price.map(|price| cost(price, usage)),
        }
    }
}

// === impl Charge ===

impl Charge {
    /// The value of the header or trailer that tells the filters.
    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::try_from(self.to_string()).unwrap_or(NO_USAGE)
    }
}

impl fmt::Display for Charge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.usage)?;
        match self.cost {
            Some(cost) => write!(formatter, ", cost={cost}"),
            None => Ok(()),
        }
    }
}

/// In micro-units; the exact sum, rounded up once.
fn cost(price: &Price, usage: Usage) -> u64 {
    let parts = usage.parts;
    let input = usage
        .input
        .saturating_sub(parts.cached)
        .saturating_sub(parts.cache_written);
    let output = usage.output.saturating_sub(parts.reasoning);
    let sum: u128 = [
        (input, price.input),
        (parts.cached, price.cached_input),
        (parts.cache_written, price.cache_write),
        (output, price.output),
        (parts.reasoning, price.reasoning),
    ]
    .into_iter()
    .map(|(tokens, price)| u128::from(tokens) * u128::from(price))
    .sum();
    u64::try_from(sum.div_ceil(PRICE_UNITS).min(LARGEST)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use bartizan_wire::usage::Parts;

    use super::*;

    const PRICE: Price = Price {
        input: 2_500_000,
        cached_input: 1_250_000,
        cache_write: 3_125_000,
        output: 10_000_000,
        reasoning: 20_000_000,
    };

    #[test]
    fn cost_is_the_exact_sum_rounded_up_once() {
        let none = Parts::NONE;
        let table = [
            (1_000_000, 0, none, 2_500_000),
            (0, 1_000_000, none, 10_000_000),
            (0, 0, none, 0),
            // 2.5 is 3, but twice 2.5 is 5.
            (1, 0, none, 3),
            (2, 0, none, 5),
            (
                100,
                10,
                Parts {
                    cached: 50,
                    cache_written: 8,
                    reasoning: 4,
                },
                // 42 * 2.5 + 50 * 1.25 + 8 * 3.125 + 6 * 10 + 4 * 20 = 332.5
                333,
            ),
            (u64::MAX, u64::MAX, none, 999_999_999_999_999),
        ];
        for (input, output, parts, expected) in table {
            let usage = Usage::reported(input, output).of_which(parts);
            assert_eq!(cost(&PRICE, usage), expected, "{usage}");
        }
    }

    #[test]
    fn the_header_tells_usage_and_cost() {
        let charge = |cost| Charge {
            usage: Usage::estimated(1, 2),
            cost,
        };
        assert_eq!(charge(None).header(), "input=1, output=2, estimated");
        assert_eq!(charge(Some(25)).header(), "input=1, output=2, estimated, cost=25");
    }
}
