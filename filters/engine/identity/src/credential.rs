use core::fmt;

use bartizan_verdict::{Reason, header};

use crate::{JobKey, JobPass, KeyHash};

/// The longest key that is read, in bytes.
pub const MAX_CREDENTIAL_BYTES: usize = 4096;

/// The key a client sent. Its `Debug` form never shows it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credential<'h> {
    key: &'h [u8],
}

impl<'h> Credential<'h> {
    /// SHA-256 of the key, by which tables know it.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(self.key)
    }

    /// Whether it claims to be the forwarder's, for a job.
    #[must_use]
    pub fn begins_as_job(&self) -> bool {
        self.key.starts_with(JobKey::PREFIX.as_bytes())
    }

    /// Whom the forwarder speaks for. `now` gives nanoseconds since the Unix epoch.
    ///
    /// # Errors
    /// [`Reason::InvalidCredential`] unless it was made under `key`, [`Reason::ExpiredCredential`] once its time is over.
    pub fn job_pass(&self, key: &JobKey, now: impl FnOnce() -> u64) -> Result<JobPass<'h>, Reason> {
        key.verify(self.key, now)
    }
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credential([secret])")
    }
}

/// Finds the one credential among a request's headers; names compare without regard to case.
///
/// # Errors
/// As [`CredentialSearch::result`].
pub fn credential_from<'h, N: AsRef<[u8]>>(
    headers: impl IntoIterator<Item = (N, &'h [u8])>,
) -> Result<Credential<'h>, Reason> {
    let mut search = CredentialSearch::default();
    for (name, value) in headers {
        search.see(name.as_ref(), value);
    }
    search.result()
}

/// [`credential_from`], for who goes through the headers for more than that.
#[derive(Clone, Copy, Default)]
pub struct CredentialSearch<'h> {
    found: Option<(Carrier, &'h [u8])>,
    several: bool,
}

impl<'h> CredentialSearch<'h> {
    /// Looks at the next header, and says whether it is one of those that hold credentials.
    pub fn see(&mut self, name: &[u8], value: &'h [u8]) -> bool {
        let Some(carrier) = Carrier::of(name) else {
            return false;
        };
        self.several |= self.found.replace((carrier, value)).is_some();
        true
    }

    /// The credential of the headers that were seen.
    ///
    /// # Errors
    /// - [`Reason::MissingCredential`]: no credential header.
    /// - [`Reason::AmbiguousCredential`]: more than one credential header, whatever they hold, or a comma-joined list in
    ///   one (which is how a proxy may join two headers of a name, RFC 9110 section 5.3).
    /// - [`Reason::MalformedCredential`]: empty, over [`MAX_CREDENTIAL_BYTES`], not visible ASCII, or an `Authorization`
    ///   whose scheme is not `Bearer` (RFC 6750 section 2.1; schemes compare without regard to case, RFC 9110
    ///   section 11.1).
    pub fn result(self) -> Result<Credential<'h>, Reason> {
        if self.several {
            return Err(Reason::AmbiguousCredential);
        }
        let (carrier, value) = self.found.ok_or(Reason::MissingCredential)?;
        // As nearly every client sends it. What is visible ASCII throughout has no white space to be removed.
        let key = match carrier {
            Carrier::Authorization => value.strip_prefix(b"Bearer "),
            Carrier::Plain => Some(value),
        };
        match key {
            Some(key) if is_readable(key) => Ok(Credential { key }),
            Some(_) | None => carrier.read(value),
        }
    }
}

impl fmt::Debug for CredentialSearch<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CredentialSearch([secret])")
    }
}

/// How a header holds its key.
#[derive(Clone, Copy)]
enum Carrier {
    /// After a scheme.
    Authorization,
    /// As it is.
    Plain,
}

impl Carrier {
    fn of(name: &[u8]) -> Option<Self> {
        // No two of them are of one length, so that a name is compared with one at most.
        let known = header::CREDENTIALS
            .into_iter()
            .find(|known| known.len() == name.len())?;
        is_without_case(name, known.as_bytes()).then(|| {
            if known.len() == AUTHORIZATION.len() {
                Self::Authorization
            } else {
                Self::Plain
            }
        })
    }

    /// Reads a value, however it is written.
    #[cold]
    fn read(self, value: &[u8]) -> Result<Credential<'_>, Reason> {
        let value = trim(value);
        let key = match self {
            Self::Authorization => trim(after_bearer(value).ok_or(Reason::MalformedCredential)?),
            Self::Plain => value,
        };
        if key.contains(&b',') {
            return Err(Reason::AmbiguousCredential);
        }
        if is_readable(key) {
            Ok(Credential { key })
        } else {
            Err(Reason::MalformedCredential)
        }
    }
}

const AUTHORIZATION: &str = "authorization";

const _: () = {
    let [first, second, third] = header::CREDENTIALS;
    assert!(first.len() == AUTHORIZATION.len() && first.len() != second.len());
    assert!(second.len() != third.len() && first.len() != third.len());
};

/// Whether it may be a key: visible ASCII, but no list.
fn is_readable(key: &[u8]) -> bool {
    let is_graphic = |byte: &u8| byte.is_ascii_graphic() && *byte != b',';
    (1..=MAX_CREDENTIAL_BYTES).contains(&key.len()) && key.iter().all(is_graphic)
}

/// What follows the scheme; `None` if it is another.
fn after_bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked("bearer ".len())?;
    is_without_case(scheme, b"bearer ").then_some(rest)
}

/// Whether bytes are those of a text that is in lower case, without regard to case.
///
/// WHY not `eq_ignore_ascii_case`: made for long texts, it runs through several times the code.
fn is_without_case(bytes: &[u8], lower: &[u8]) -> bool {
    bytes.len() == lower.len()
        && bytes
            .iter()
            .zip(lower)
            .all(|(byte, lower)| byte.to_ascii_lowercase() == *lower)
}

/// Removes optional white space (RFC 9110 section 5.6.3): spaces and tabs.
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &[u8] = b"bz-key";

    type Headers<'h> = &'h [(&'h str, &'h [u8])];

    fn read(headers: Headers<'_>) -> Result<KeyHash, Reason> {
        credential_from(headers.iter().map(|(name, value)| (*name, *value))).map(|credential| credential.hash())
    }

    #[test]
    fn one_credential_is_found_wherever_it_is() {
        let table: [Headers<'_>; 8] = [
            &[("authorization", b"Bearer bz-key")],
            &[("Authorization", b"bearer bz-key")],
            &[("authorization", b"BEARER   bz-key ")],
            &[("x-api-key", b"bz-key")],
            &[("X-Api-Key", b" bz-key\t")],
            &[("api-key", b"bz-key")],
            &[(":method", b"POST"), ("api-key", b"bz-key"), ("accept", b"\xff")],
            &[
                ("x-api-keys", b"other"),
                ("authorization-2", b"Bearer other"),
                ("api-key", b"bz-key"),
            ],
        ];
        for headers in table {
            assert_eq!(read(headers), Ok(KeyHash::of(KEY)), "{headers:?}");
        }
    }

    #[test]
    fn what_two_readers_could_understand_differently_is_refused() {
        use Reason::{AmbiguousCredential, MalformedCredential, MissingCredential};
        let long = vec![b'k'; MAX_CREDENTIAL_BYTES + 1];
        let table: [(Headers<'_>, Reason); 21] = [
            (&[], MissingCredential),
            (&[("cookie", b"bz-key")], MissingCredential),
            (
                &[("authorization", b"Bearer a"), ("x-api-key", b"b")],
                AmbiguousCredential,
            ),
            (
                &[("authorization", b"Bearer a"), ("x-api-key", b"a")],
                AmbiguousCredential,
            ),
            (
                &[("authorization", b"Bearer a"), ("authorization", b"Bearer a")],
                AmbiguousCredential,
            ),
            (&[("x-api-key", b"a"), ("X-API-KEY", b"a")], AmbiguousCredential),
            (&[("x-api-key", b"a"), ("api-key", b"")], AmbiguousCredential),
            (&[("x-api-key", b"\xff"), ("api-key", b"a")], AmbiguousCredential),
            (&[("authorization", b"Bearer a, Bearer b")], AmbiguousCredential),
            (&[("authorization", b"Bearer a,Bearer a")], AmbiguousCredential),
            (&[("x-api-key", b"a,b")], AmbiguousCredential),
            (&[("authorization", b"Basic YTpi")], MalformedCredential),
            (&[("authorization", b"bz-key")], MalformedCredential),
            (&[("authorization", b"Bearer")], MalformedCredential),
            (&[("authorization", b"Bearer  ")], MalformedCredential),
            (&[("authorization", b"Bearerbz-key")], MalformedCredential),
            (&[("authorization", b"Bearer a b")], MalformedCredential),
            (&[("x-api-key", b"")], MalformedCredential),
            (&[("x-api-key", b"caf\xc3\xa9")], MalformedCredential),
            (&[("x-api-key", b"\xff\xfe")], MalformedCredential),
            (&[("x-api-key", b"a\0b")], MalformedCredential),
        ];
        for (headers, reason) in table {
            assert_eq!(read(headers), Err(reason), "{headers:?}");
        }
        assert_eq!(read(&[("api-key", &long)]), Err(MalformedCredential));
        assert!(read(&[("api-key", &long[1..])]).is_ok());
    }

    #[test]
    fn debug_output_never_shows_the_key() {
        let credential = credential_from([("api-key", KEY)]).unwrap();
        assert_eq!(format!("{credential:?}"), "Credential([secret])");
        let mut search = CredentialSearch::default();
        assert!(search.see(b"api-key", KEY));
        assert_eq!(format!("{search:?}"), "CredentialSearch([secret])");
    }

    proptest! {
        #[test]
        fn the_short_way_to_a_key_and_the_long_one_lead_to_the_same(
            scheme in "(Bearer |bearer |BEARER\t|Bearer|Basic )?",
            key in prop_oneof![
                "[!-~]{0,12}",
                "[ \t]{0,2}[ -~]{0,12}[ \t,]{0,2}",
                proptest::collection::vec(any::<char>(), 0..4).prop_map(String::from_iter),
                (MAX_CREDENTIAL_BYTES - 8..MAX_CREDENTIAL_BYTES + 8).prop_map(|length| "k".repeat(length)),
            ],
        ) {
            let value = format!("{scheme}{key}");
            for (name, carrier) in [("authorization", Carrier::Authorization), ("x-api-key", Carrier::Plain)] {
                let found = credential_from([(name, value.as_bytes())]);
                prop_assert_eq!(found, carrier.read(value.as_bytes()));
            }
        }

        #[test]
        fn names_compare_without_case_and_in_no_other_way(bytes in proptest::collection::vec(any::<u8>(), 7)) {
            let expected = bytes.eq_ignore_ascii_case(b"api-key");
            prop_assert_eq!(is_without_case(&bytes, b"api-key"), expected);
            for at in 0..7 {
                let mut near = *b"Api-Key";
                near[at] = bytes[0];
                prop_assert_eq!(is_without_case(&near, b"api-key"), near.eq_ignore_ascii_case(b"api-key"));
            }
        }
    }
}
