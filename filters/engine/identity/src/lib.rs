//! From a request's headers to the caller's name: which key was sent, and whose it is.
//!
//! A client may present one credential, in `Authorization: Bearer KEY`, `x-api-key: KEY` or `api-key: KEY`.
//! [`credential_from`] finds it and refuses whatever two readers could understand differently: a second credential
//! header, even with the same value, a comma-joined list, another scheme, bytes that are not visible ASCII.
//! [`KeyTable`] knows keys by SHA-256 only; it is one block of bytes that loads without building anything, so that a
//! filter with 10,000 tenants starts at once.
//!
//! ```
//! use bartizan_identity::{Key, KeyHash, KeyState, KeyTable, credential_from};
//! use bartizan_verdict::Reason;
//!
//! let key = Key {
//!     hash: KeyHash::of(b"bz-acme-dev-key"),
//!     tenant: "acme",
//!     id: "dev",
//!     expires_at: None,
//!     state: KeyState::Enabled,
//! };
//! let table = KeyTable::build(&[key])?;
//!
//! let headers: [(&str, &[u8]); 2] = [(":path", b"/v1/models"), ("authorization", b"Bearer bz-acme-dev-key")];
//! let credential = credential_from(headers).unwrap();
//! let principal = table.lookup(&credential.hash(), || 0).unwrap();
//! assert_eq!((principal.tenant, principal.key_id), ("acme", "dev"));
//!
//! let none: [(&str, &[u8]); 1] = [(":path", b"/v1/models")];
//! assert_eq!(credential_from(none).unwrap_err(), Reason::MissingCredential);
//! # Ok::<(), bartizan_identity::BuildError>(())
//! ```
//!
//! A job is worked on when its client is long gone: the forwarder then speaks for the tenant by a credential that a
//! [`JobKey`] makes, and [`KeyTable::held`] tells whether the tenant still has the key that submitted it.
//!
//! What it cannot do: verify JWTs or client certificates, or tell how many requests a key may make.
#![deny(missing_docs)]

mod credential;
mod hash;
mod job;
mod table;

pub use credential::{Credential, CredentialSearch, MAX_CREDENTIAL_BYTES, credential_from};
pub use hash::KeyHash;
pub use job::{JobKey, JobPass};
pub use table::{BuildError, Key, KeyState, KeyTable, MAX_NAME_BYTES, Principal, TableError};
