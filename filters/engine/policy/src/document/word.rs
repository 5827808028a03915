use core::marker::PhantomData;
use std::borrow::Cow;
use std::fmt;

use bartizan_scan::{Detector, Validation};
use bartizan_verdict::{Action, Category, Mode, Role};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// A value of a closed set that other crates name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Word<T>(pub(crate) T);

/// A closed set of values with names.
pub(crate) trait Vocabulary: Sized + Copy + 'static {
    const NAME: &'static str;
    fn all() -> &'static [Self];
    fn word(self) -> &'static str;

    fn parse(text: &str) -> Option<Self> {
        Self::all().iter().copied().find(|value| value.word() == text)
    }
}

macro_rules! vocabulary {
    ($($type:ident),+) => {
        $(impl Vocabulary for $type {
            const NAME: &'static str = stringify!($type);

            fn all() -> &'static [Self] {
                $type::ALL
            }

            fn word(self) -> &'static str {
                self.as_str()
            }
        })+
    };
}

vocabulary!(Action, Category, Detector, Mode, Role, Validation);

impl<T: Vocabulary> JsonSchema for Word<T> {
    fn schema_name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<_> = T::all().iter().map(|value| value.word()).collect();
        json_schema!({"type": "string", "enum": words})
    }
}

impl<'de, T: Vocabulary> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words<T>(PhantomData<T>);

        impl<T: Vocabulary> Visitor<'_> for Words<T> {
            type Value = Word<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "a {}", T::NAME)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Word<T>, E> {
                T::parse(text)
                    .map(Word)
                    .ok_or_else(|| E::custom(format_args!("unknown {}", T::NAME)))
            }
        }

        deserializer.deserialize_str(Words(PhantomData))
    }
}
