use std::borrow::Cow;
use std::fmt;

use bartizan_scan::Score;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// A number from 0 to 1, kept in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hundredths(pub(crate) Score);

impl JsonSchema for Hundredths {
    fn schema_name() -> Cow<'static, str> {
        "Score".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "minimum": 0, "maximum": 1})
    }
}

impl<'de> Deserialize<'de> for Hundredths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Number)
    }
}

/// A number from 0 to 1, or `never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level(pub(crate) Option<Score>);

/// How [`Level`] is written where no score is enough.
const NEVER: &str = "never";

impl JsonSchema for Level {
    fn schema_name() -> Cow<'static, str> {
        "Level".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["number", "string"], "minimum": 0, "maximum": 1, "pattern": format!("^{NEVER}$")})
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrNever)
    }
}

struct NumberOrNever;

impl Visitor<'_> for NumberOrNever {
    type Value = Level;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a number from 0 to 1, or {NEVER}")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Level, E> {
        Number.visit_u64(number).map(|number| Level(Some(number.0)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Level, E> {
        Number.visit_f64(number).map(|number| Level(Some(number.0)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Level, E> {
        if text == NEVER {
            Ok(Level(None))
        } else {
            Err(E::custom("an unknown level"))
        }
    }
}

struct Number;

impl Visitor<'_> for Number {
    type Value = Hundredths;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number from 0 to 1")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Hundredths, E> {
        let hundredths = number.checked_mul(100).and_then(|number| u8::try_from(number).ok());
        let score = hundredths.filter(|number| *number <= 100).map(Score::new);
        score.map(Hundredths).ok_or_else(|| E::custom("out of range"))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Hundredths, E> {
        let nearest = (0..=100_u8).find(|hundredths| number * 100.0 < f64::from(*hundredths) + 0.5);
        let score = nearest.filter(|_| number >= 0.0).map(Score::new);
        score.map(Hundredths).ok_or_else(|| E::custom("out of range"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_hundredths() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1", Some(100)),
            ("0.5", Some(50)),
            ("0.294", Some(29)),
            ("0.295", Some(30)),
            ("1.0", Some(100)),
            ("1.01", None),
            ("-0.1", None),
            ("2", None),
            ("-1", None),
            ("\"0.5\"", None),
            ("\"never\"", None),
        ] {
            let read = serde_json::from_str::<Hundredths>(text).ok();
            assert_eq!(read.map(|read| read.0.hundredths()), expected, "{text}");
            let level = serde_json::from_str::<Level>(text).ok().and_then(|level| level.0);
            assert_eq!(level.map(Score::hundredths), expected, "{text}");
        }
    }

    #[test]
    fn a_level_may_be_never() {
        assert_eq!(serde_json::from_str::<Level>("\"never\"").unwrap(), Level(None));
        assert!(serde_json::from_str::<Level>("\"Never\"").is_err());
    }
}
