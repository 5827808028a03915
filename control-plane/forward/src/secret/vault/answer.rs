//! What Vault answers. Texts are taken straight into memory that is overwritten when it is not needed any more.

use std::{collections::HashMap, fmt, time::Duration};

use bartizan_platform::secret::Secret;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use zeroize::Zeroize;

use super::super::source::Unreadable;

/// The body of a good answer.
pub(super) struct Answer(Secret<Vec<u8>>);

/// The fields of a secret that are text.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Fields(HashMap<String, Text>);

/// A secret of version 2 of the KV engine.
#[derive(Deserialize)]
pub(super) struct Versioned {
    pub(super) data: Fields,
}

/// How long a secret or token may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) duration: Duration,
    /// Whether it ends with the time; otherwise the time is a hint.
    pub(super) is_leased: bool,
}

/// A token that Vault issued or renewed.
#[derive(Deserialize)]
pub(super) struct Auth {
    client_token: Text,
    /// Seconds; 0 is for ever.
    #[serde(default)]
    pub(super) lease_duration: u64,
    #[serde(default)]
    pub(super) renewable: bool,
}

#[derive(Deserialize)]
struct Leased<D> {
    #[serde(default)]
    lease_id: String,
    #[serde(default)]
    lease_duration: u64,
    data: D,
}

#[derive(Deserialize)]
struct Login {
    auth: Auth,
}

struct Text(Option<Secret<String>>);

// === impl Answer ===

impl Answer {
    pub(super) const fn new(body: Secret<Vec<u8>>) -> Self {
        Self(body)
    }

    pub(super) fn leased<D: DeserializeOwned>(&self) -> Result<(D, Lease), Unreadable> {
        let leased: Leased<D> = self.read()?;
        let lease = Lease {
            duration: Duration::from_secs(leased.lease_duration),
            is_leased: !leased.lease_id.is_empty() && leased.lease_duration > 0,
        };
        Ok((leased.data, lease))
    }

    pub(super) fn auth(&self) -> Result<Auth, Unreadable> {
        self.read::<Login>().map(|login| login.auth)
    }

    fn read<D: DeserializeOwned>(&self) -> Result<D, Unreadable> {
        // serde's message would quote what it found.
        serde_json::from_slice(self.0.expose()).map_err(|_| Unreadable::VaultAnswer)
    }
}

// === impl Fields ===

impl Fields {
    pub(super) fn text(&self, name: &str) -> Option<Secret<String>> {
        self.0.get(name)?.0.clone()
    }
}

// === impl Auth ===

impl Auth {
    pub(super) fn token(&self) -> Result<&Secret<String>, Unreadable> {
        self.client_token.0.as_ref().ok_or(Unreadable::VaultAnswer)
    }
}

// === impl Text ===

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrNot)
    }
}

struct TextOrNot;

impl<'de> Visitor<'de> for TextOrNot {
    type Value = Text;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Some(Secret::new(text.trim().to_owned()))))
    }

    fn visit_string<E: Error>(self, mut text: String) -> Result<Text, E> {
        let taken = self.visit_str(&text);
        text.zeroize();
        taken
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_unit<E: Error>(self) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Text, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Text, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }
}
