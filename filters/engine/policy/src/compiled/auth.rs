use bartizan_identity::{JobKey, KeyTable};
use serde::{Deserialize, Serialize};

use super::envelope::{self, DecodeError, Kind};

/// What the auth filter knows: whose each key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthConfig {
    /// Every tenant's keys.
    pub keys: KeyTable,
    /// Under which the forwarder speaks for tenants whose jobs it works on; `None`: it cannot. No document says it: who
    /// knows the forwarder's token adds it.
    pub job_key: Option<JobKey>,
}

#[derive(Serialize, Deserialize)]
struct Content<'b> {
    keys: &'b [u8],
    job_key: Option<[u8; 32]>,
}

impl AuthConfig {
    /// The bytes to give to the filter.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        envelope::encode(
            Kind::Auth,
            &Content {
                keys: self.keys.as_bytes(),
                job_key: self.job_key.map(|key| *key.as_bytes()),
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
        let job_key = content.job_key.map(JobKey::from_bytes);
        Ok(Self { keys, job_key })
    }
}
