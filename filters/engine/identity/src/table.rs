use core::{cmp::Ordering, fmt};
use std::collections::BTreeMap;

use bartizan_verdict::Reason;
use thiserror::Error;

use crate::KeyHash;

/// The longest name of a tenant or key, in bytes.
pub const MAX_NAME_BYTES: usize = 253;

/// An expiry that never comes.
const NEVER: u64 = u64::MAX;

/// One key, as it goes into a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'n> {
    /// SHA-256 of the key.
    pub hash: KeyHash,
    /// The tenant that holds it; at most [`MAX_NAME_BYTES`].
    pub tenant: &'n str,
    /// Its id, by which logs and people name it; at most [`MAX_NAME_BYTES`].
    pub id: &'n str,
    /// The first moment at which it is no longer good: nanoseconds since the Unix epoch; `None`: never.
    pub expires_at: Option<u64>,
    /// Whether it may be used at all.
    pub state: KeyState,
}

/// Whether a key may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyState {
    /// It may.
    #[default]
    Enabled,
    /// It may not; to the caller it looks like a key that does not exist.
    Disabled,
}

/// Who a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principal<'t> {
    /// Name of the tenant.
    pub tenant: &'t str,
    /// Id of the key used.
    pub key_id: &'t str,
}

/// Why keys do not make a table.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BuildError {
    /// Two keys have the same hash, so a request could not be told to be either's.
    #[error("two keys have the same hash: {first} and {second}")]
    DuplicateHash {
        /// `tenant/id` of the one.
        first: String,
        /// `tenant/id` of the other.
        second: String,
    },
    /// A name is empty or over [`MAX_NAME_BYTES`].
    #[error("a tenant's or key's name is empty or longer than {MAX_NAME_BYTES} bytes: {0}")]
    Name(String),
    /// More than 4 GiB of names.
    #[error("the names take more than 4 GiB")]
    TooLarge,
}

/// Why bytes are not a table.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the bytes are not a key table: {0}")]
pub struct TableError(&'static str);

/// Keys by hash, in one block of bytes: what the auth filter looks credentials up in.
///
/// Layout, integers little-endian: count of entries (`u32`), the entries in ascending order of hash, then the names
/// (UTF-8, back to back). An entry is hash (32 bytes), expiry (`u64`, nanoseconds since the Unix epoch, all ones:
/// never), offset of the tenant's name (`u32`), offset of the key's id (`u32`), their lengths (`u8` each), and
/// 1 for a disabled key, else 0 (`u8`).
#[derive(Clone, PartialEq, Eq)]
pub struct KeyTable {
    bytes: Vec<u8>,
    count: usize,
}

const COUNT_BYTES: usize = 4;
const ENTRY_BYTES: usize = 32 + 8 + 4 + 4 + 1 + 1 + 1;

type Entry = [u8; ENTRY_BYTES];

impl KeyTable {
    /// Makes a table of keys in any order.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn build(keys: &[Key<'_>]) -> Result<Self, BuildError> {
        let mut sorted: Vec<&Key<'_>> = keys.iter().collect();
        sorted.sort_by_key(|key| (key.hash, key.tenant, key.id));
        for (first, second) in sorted.iter().zip(sorted.iter().skip(1)) {
            if first.hash == second.hash {
                return Err(BuildError::DuplicateHash {
                    first: full_name(first),
                    second: full_name(second),
                });
            }
        }
        let mut names = Names::default();
        let mut bytes = Vec::with_capacity(COUNT_BYTES + sorted.len() * ENTRY_BYTES);
        bytes.extend(
            u32::try_from(sorted.len())
                .map_err(|_| BuildError::TooLarge)?
                .to_le_bytes(),
        );
        for key in &sorted {
            let (tenant_at, tenant_length) = names.place(key.tenant)?;
            let (id_at, id_length) = names.place(key.id)?;
            bytes.extend(key.hash.as_bytes());
            bytes.extend(key.expires_at.unwrap_or(NEVER).to_le_bytes());
            bytes.extend(tenant_at.to_le_bytes());
            bytes.extend(id_at.to_le_bytes());
            bytes.extend([tenant_length, id_length, u8::from(key.state == KeyState::Disabled)]);
        }
        bytes.extend(names.text.as_bytes());
        Ok(Self {
            bytes,
            count: sorted.len(),
        })
    }

    /// Takes bytes that [`KeyTable::as_bytes`] gave, after checking all of them, in one pass and without allocating.
    ///
    /// # Errors
    /// [`TableError`] if they are not a table.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, TableError> {
        let (count, _) = bytes
            .split_first_chunk::<COUNT_BYTES>()
            .ok_or(TableError("too short"))?;
        let count = usize::try_from(u32::from_le_bytes(*count)).map_err(|_| TableError("too many entries"))?;
        let table = Self { bytes, count };
        let (entries, names) = table.parts().ok_or(TableError("too short for its entries"))?;
        let names = core::str::from_utf8(names).map_err(|_| TableError("names are not UTF-8"))?;
        let mut previous: Option<&[u8]> = None;
        for entry in entries {
            let fields = Fields::of(entry).ok_or(TableError("an entry is cut short"))?;
            if previous.is_some_and(|previous| previous >= fields.hash) {
                return Err(TableError("entries are out of order"));
            }
            if fields.name(names, fields.tenant).is_none() || fields.name(names, fields.id).is_none() {
                return Err(TableError("a name lies outside the table"));
            }
            previous = Some(fields.hash);
        }
        Ok(table)
    }

    /// The bytes of the table.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many keys it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether it holds no key.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whose key this is. `now` gives nanoseconds since the Unix epoch; it is asked only if the key has an expiry, as
    /// reading the clock is not free everywhere.
    ///
    /// # Errors
    /// [`Reason::InvalidCredential`] for an unknown or disabled key, [`Reason::ExpiredCredential`] for one whose
    /// expiry is not after `now`.
    pub fn lookup(&self, hash: &KeyHash, now: impl FnOnce() -> u64) -> Result<Principal<'_>, Reason> {
        // WHY: comparing hashes byte by byte leaks at most how a secret's *hash* compares, which is of no use to guess it.
        let (entries, names) = self.parts().ok_or(Reason::InvalidCredential)?;
        let entry = entries
            .binary_search_by(|entry| order(entry.get(..32).unwrap_or_default(), hash.as_bytes()))
            .ok()
            .and_then(|index| entries.get(index))
            .and_then(Fields::of)
            .ok_or(Reason::InvalidCredential)?;
        entry.principal(names, now)
    }

    /// Whether a tenant still has a key of that id that is good. Looks at one key after the other: for what is rare.
    ///
    /// # Errors
    /// As [`KeyTable::lookup`].
    pub fn held(&self, tenant: &str, id: &str, now: impl FnOnce() -> u64) -> Result<Principal<'_>, Reason> {
        let (entries, names) = self.parts().ok_or(Reason::InvalidCredential)?;
        let is = |place, name: &str| place_range(place).and_then(|range| names.get(range)) == Some(name.as_bytes());
        let entry = entries
            .iter()
            .filter_map(Fields::of)
            .find(|entry| is(entry.tenant, tenant) && is(entry.id, id))
            .ok_or(Reason::InvalidCredential)?;
        entry.principal(names, now)
    }

    fn parts(&self) -> Option<(&[Entry], &[u8])> {
        let rest = self.bytes.get(COUNT_BYTES..)?;
        let (entries, names) = rest.split_at_checked(self.count.checked_mul(ENTRY_BYTES)?)?;
        Some((entries.as_chunks().0, names))
    }
}

impl fmt::Debug for KeyTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeyTable")
            .field("keys", &self.count)
            .finish_non_exhaustive()
    }
}

/// WHY not inline: where the length is known, each comparison of a search becomes 400 bytes of code of its own.
#[inline(never)]
fn order(left: &[u8], right: &[u8]) -> Ordering {
    left.cmp(right)
}

/// Offset and length of a name.
type Place = (u32, u8);

fn place_range((at, length): Place) -> Option<core::ops::Range<usize>> {
    let start = usize::try_from(at).ok()?;
    Some(start..start.checked_add(usize::from(length))?)
}

struct Fields<'t> {
    hash: &'t [u8],
    expires_at: Option<u64>,
    tenant: Place,
    id: Place,
    state: KeyState,
}

impl<'t> Fields<'t> {
    fn of(entry: &'t Entry) -> Option<Self> {
        let (hash, rest) = entry.split_first_chunk::<32>()?;
        let (expires_at, rest) = rest.split_first_chunk()?;
        let (tenant_at, rest) = rest.split_first_chunk()?;
        let (id_at, rest) = rest.split_first_chunk()?;
        let [tenant_length, id_length, disabled] = rest else {
            return None;
        };
        let expires_at = u64::from_le_bytes(*expires_at);
        Some(Self {
            hash,
            expires_at: (expires_at != NEVER).then_some(expires_at),
            tenant: (u32::from_le_bytes(*tenant_at), *tenant_length),
            id: (u32::from_le_bytes(*id_at), *id_length),
            state: if *disabled == 0 {
                KeyState::Enabled
            } else {
                KeyState::Disabled
            },
        })
    }

    /// Whose key it is, if it may be used.
    fn principal<'n>(&self, names: &'n [u8], now: impl FnOnce() -> u64) -> Result<Principal<'n>, Reason> {
        if self.state == KeyState::Disabled {
            return Err(Reason::InvalidCredential);
        }
        if self.expires_at.is_some_and(|expiry| expiry <= now()) {
            return Err(Reason::ExpiredCredential);
        }
        let name = |place| {
            let bytes = names.get(place_range(place)?)?;
            core::str::from_utf8(bytes).ok()
        };
        match (name(self.tenant), name(self.id)) {
            (Some(tenant), Some(key_id)) => Ok(Principal { tenant, key_id }),
            (None, _) | (_, None) => Err(Reason::InvalidCredential),
        }
    }

    fn name<'n>(&self, names: &'n str, place: Place) -> Option<&'n str> {
        names.get(place_range(place)?)
    }
}

#[derive(Default)]
struct Names<'n> {
    text: String,
    known: BTreeMap<&'n str, Place>,
}

impl<'n> Names<'n> {
    fn place(&mut self, name: &'n str) -> Result<Place, BuildError> {
        if let Some(place) = self.known.get(name) {
            return Ok(*place);
        }
        if name.is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(BuildError::Name(name.to_owned()));
        }
        let at = u32::try_from(self.text.len()).map_err(|_| BuildError::TooLarge)?;
        let length = u8::try_from(name.len()).map_err(|_| BuildError::Name(name.to_owned()))?;
        self.text.push_str(name);
        self.known.insert(name, (at, length));
        Ok((at, length))
    }
}

fn full_name(key: &Key<'_>) -> String {
    format!("{}/{}", key.tenant, key.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key<'n>(secret: &str, tenant: &'n str, id: &'n str) -> Key<'n> {
        Key {
            hash: KeyHash::of(secret.as_bytes()),
            tenant,
            id,
            expires_at: None,
            state: KeyState::Enabled,
        }
    }

    fn table() -> KeyTable {
        KeyTable::build(&[
            key("one", "acme", "dev"),
            key("two", "acme", "prod"),
            Key {
                expires_at: Some(1_000),
                ..key("three", "globex", "dev")
            },
            Key {
                state: KeyState::Disabled,
                ..key("four", "globex", "old")
            },
            Key {
                state: KeyState::Disabled,
                expires_at: Some(1),
                ..key("five", "globex", "older")
            },
        ])
        .unwrap()
    }

    #[test]
    fn a_key_is_held_while_it_is_good() {
        use Reason::{ExpiredCredential, InvalidCredential};
        let cases = [
            ("acme", "dev", 0, Ok(("acme", "dev"))),
            ("globex", "dev", 999, Ok(("globex", "dev"))),
            ("globex", "dev", 1_000, Err(ExpiredCredential)),
            ("globex", "old", 0, Err(InvalidCredential)),
            ("acme", "old", 0, Err(InvalidCredential)),
            ("initech", "dev", 0, Err(InvalidCredential)),
            ("", "", 0, Err(InvalidCredential)),
        ];
        let table = table();
        for (tenant, id, now, expected) in cases {
            let held = table.held(tenant, id, || now);
            assert_eq!(
                held.map(|principal| (principal.tenant, principal.key_id)),
                expected,
                "{tenant}/{id} at {now}"
            );
        }
    }

    #[test]
    fn keys_lead_to_their_tenants() {
        use Reason::{ExpiredCredential, InvalidCredential};
        let cases = [
            ("one", 0, Ok(("acme", "dev"))),
            ("two", u64::MAX, Ok(("acme", "prod"))),
            ("three", 999, Ok(("globex", "dev"))),
            ("three", 1_000, Err(ExpiredCredential)),
            ("three", u64::MAX, Err(ExpiredCredential)),
            ("four", 0, Err(InvalidCredential)),
            ("five", 2, Err(InvalidCredential)),
            ("six", 0, Err(InvalidCredential)),
            ("", 0, Err(InvalidCredential)),
        ];
        for table in [table(), KeyTable::from_bytes(table().as_bytes().to_vec()).unwrap()] {
            for (secret, now, expected) in cases {
                let found = table.lookup(&KeyHash::of(secret.as_bytes()), || now);
                assert_eq!(
                    found.map(|found| (found.tenant, found.key_id)),
                    expected,
                    "{secret} at {now}"
                );
            }
        }
    }

    #[test]
    fn an_empty_table_knows_nobody() {
        let table = KeyTable::build(&[]).unwrap();
        assert!(table.is_empty());
        assert_eq!(table.lookup(&KeyHash::of(b"one"), || 0), Err(Reason::InvalidCredential));
        assert_eq!(KeyTable::from_bytes(table.as_bytes().to_vec()), Ok(table));
    }

    #[test]
    fn keys_that_cannot_be_told_apart_make_no_table() {
        let twice = KeyTable::build(&[key("one", "globex", "b"), key("two", "x", "y"), key("one", "acme", "a")]);
        assert_eq!(
            twice.unwrap_err(),
            BuildError::DuplicateHash {
                first: "acme/a".to_owned(),
                second: "globex/b".to_owned()
            }
        );
        let long = "n".repeat(MAX_NAME_BYTES + 1);
        assert_eq!(
            KeyTable::build(&[key("one", &long, "a")]).unwrap_err(),
            BuildError::Name(long.clone())
        );
        assert_eq!(
            KeyTable::build(&[key("one", "acme", "")]).unwrap_err(),
            BuildError::Name(String::new())
        );
    }

    #[test]
    fn bytes_that_are_not_a_table_are_refused() {
        let good = table().as_bytes().to_vec();
        for length in 0..COUNT_BYTES + 5 * ENTRY_BYTES {
            assert!(
                KeyTable::from_bytes(good[..length].to_vec()).is_err(),
                "cut at {length}"
            );
        }
        let mut swapped = good.clone();
        swapped[COUNT_BYTES] = 0xff;
        assert_eq!(
            KeyTable::from_bytes(swapped).unwrap_err(),
            TableError("entries are out of order")
        );
        let mut outside = good.clone();
        outside[COUNT_BYTES + 40] = 0xff;
        assert_eq!(
            KeyTable::from_bytes(outside).unwrap_err(),
            TableError("a name lies outside the table")
        );
        let mut unreadable = good;
        *unreadable.last_mut().unwrap() = 0xff;
        assert_eq!(
            KeyTable::from_bytes(unreadable).unwrap_err(),
            TableError("names are not UTF-8")
        );
    }

    #[test]
    fn debug_output_shows_no_hash() {
        assert_eq!(format!("{:?}", table()), "KeyTable { keys: 5, .. }");
    }
}
