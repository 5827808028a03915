use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::text::{Currency, ModelPattern, ProviderPattern};

/// What providers charge.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PriceListSpec {
    /// What the prices are in.
    pub(crate) currency: Currency,
    /// The first that fits a provider and model holds.
    pub(crate) prices: Vec<PriceSpec>,
}

/// Prices of some models, each for a million tokens.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PriceSpec {
    /// Name of a Provider, or the beginning of names and `*`; by default any.
    pub(crate) provider: Option<ProviderPattern>,
    /// What the provider calls the model, or the beginning of that and `*`.
    pub(crate) model: ModelPattern,
    /// Of prompts.
    pub(crate) input: Price,
    /// Of what is read from the prompt cache; by default as `input`.
    pub(crate) cached_input: Option<Price>,
    /// Of what is written to the prompt cache; by default as `input`.
    pub(crate) cache_write: Option<Price>,
    /// Of answers; by default nothing, as of embeddings.
    pub(crate) output: Option<Price>,
    /// Of reasoning; by default as `output`.
    pub(crate) reasoning: Option<Price>,
}

/// A price for a million tokens, kept in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Price(pub(crate) u64);

const MILLIONTHS: u64 = 1_000_000;
const HIGHEST: u64 = 1_000_000;

impl JsonSchema for Price {
    fn schema_name() -> Cow<'static, str> {
        "Price".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "minimum": 0, "maximum": HIGHEST})
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Number)
    }
}

struct Number;

impl Visitor<'_> for Number {
    type Value = Price;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a number from 0 to {HIGHEST}")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Price, E> {
        if number > HIGHEST {
            return Err(E::custom("out of range"));
        }
        Ok(Price(number * MILLIONTHS))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "the number is within the range"
    )]
    fn visit_f64<E: Error>(self, number: f64) -> Result<Price, E> {
        if !(0.0..=HIGHEST as f64).contains(&number) {
            return Err(E::custom("out of range"));
        }
        Ok(Price((number * MILLIONTHS as f64).round() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_kept_in_millionths() {
        let table = [
            ("0", Some(0)),
            ("2.5", Some(2_500_000)),
            ("0.075", Some(75_000)),
            ("0.0000004", Some(0)),
            ("15", Some(15_000_000)),
            ("1000000.0", Some(1_000_000_000_000)),
            ("1000001", None),
            ("-0.1", None),
            ("-1", None),
            ("\"1\"", None),
        ];
        for (text, expected) in table {
            let read = serde_json::from_str::<Price>(text).ok();
            assert_eq!(read.map(|read| read.0), expected, "{text}");
        }
    }
}
