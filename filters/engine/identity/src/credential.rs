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
/// - [`Reason::MissingCredential`]: no credential header.
/// - [`Reason::AmbiguousCredential`]: more than one credential header, whatever they hold, or a comma-joined list in
///   one (which is how a proxy may join two headers of a name, RFC 9110 section 5.3).
/// - [`Reason::MalformedCredential`]: empty, over [`MAX_CREDENTIAL_BYTES`], not visible ASCII, or an `Authorization`
///   whose scheme is not `Bearer` (RFC 6750 section 2.1; schemes compare without regard to case, RFC 9110
///   section 11.1).
pub fn credential_from<'h, N: AsRef<[u8]>>(
    headers: impl IntoIterator<Item = (N, &'h [u8])>,
) -> Result<Credential<'h>, Reason> {
    let mut found = None;
    for (name, value) in headers {
        let Some(carrier) = Carrier::of(name.as_ref()) else {
            continue;
        };
        if found.replace((carrier, value)).is_some() {
            return Err(Reason::AmbiguousCredential);
        }
    }
    let (carrier, value) = found.ok_or(Reason::MissingCredential)?;
    let key = match carrier {
        Carrier::Authorization => without_bearer(trim(value)).ok_or(Reason::MalformedCredential)?,
        Carrier::Plain => trim(value),
    };
    if key.contains(&b',') {
        return Err(Reason::AmbiguousCredential);
    }
    let readable = (1..=MAX_CREDENTIAL_BYTES).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    if readable {
        Ok(Credential { key })
    } else {
        Err(Reason::MalformedCredential)
    }
}

/// How a header holds its key.
enum Carrier {
    /// After a scheme.
    Authorization,
    /// As it is.
    Plain,
}

impl Carrier {
    fn of(name: &[u8]) -> Option<Self> {
        let known = header::CREDENTIALS
            .into_iter()
            .find(|known| name.eq_ignore_ascii_case(known.as_bytes()))?;
        Some(if known == "authorization" {
            Self::Authorization
        } else {
            Self::Plain
        })
    }
}

fn without_bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| trim(rest))
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
    }
}
