use bartizan_identity::KeyTable;
use serde::{Deserialize, Serialize};

use super::envelope::{self, DecodeError, Kind};

/// What the auth filter knows: whose each key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthConfig {
    /// Every tenant's keys.
    pub keys: KeyTable,
}

#[derive(Serialize, Deserialize)]
struct Content<'b> {
    keys: &'b [u8],
}

impl AuthConfig {
    /// The bytes to give to the filter.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        envelope::encode(
            Kind::Auth,
            &Content {
                keys: self.keys.as_bytes(),
            },
        )
    }

    /// Reads what [`AuthConfig::encode`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let content: Content<'_> = envelope::decode(Kind::Auth, bytes)?;
        let keys = KeyTable::from_bytes(content.keys.to_vec()).map_err(|_| DecodeError::Damaged)?;
        Ok(Self { keys })
    }
}
