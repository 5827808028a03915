use core::fmt;

use bartizan_verdict::Reason;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What the key is derived for, so that it is of no use for anything else.
const PURPOSE: &[u8] = b"bartizan job credential 1";
const MAC_DIGITS: usize = 64;

/// The key under which the forwarder, when it works on a job, speaks for the tenant that submitted it. Both sides derive
/// it from the token that Envoy and forwarder share. It never prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct JobKey([u8; 32]);

/// Whom a job is worked on for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobPass<'c> {
    /// The job.
    pub job: &'c str,
    /// Name of the tenant that submitted it.
    pub tenant: &'c str,
    /// Id of the key with which it did.
    pub key_id: &'c str,
    /// The first second since the Unix epoch at which the credential is no longer good.
    pub expires_at: u64,
}

// === impl JobKey ===

impl JobKey {
    /// What a credential of a job begins with; no API key does.
    pub(crate) const PREFIX: &str = "bz-job/";

    /// Derives the key: HMAC-SHA256 of a fixed text under the token.
    #[must_use]
    pub fn derive(token: &[u8]) -> Self {
        Self(mac(token, PURPOSE))
    }

    /// Takes a key as it is.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The credential, to be sent as an API key would be: the pass in the clear, then its HMAC-SHA256. `None` if a
    /// name has what would make it ambiguous.
    ///
    /// ```
    /// use bartizan_identity::{JobKey, JobPass, credential_from};
    ///
    /// let key = JobKey::derive(b"token of Envoy and forwarder");
    /// let pass = JobPass { job: "job_1", tenant: "acme", key_id: "dev", expires_at: 60 };
    /// let credential = key.issue(&pass).unwrap();
    /// let headers = [("x-api-key", credential.as_bytes())];
    /// let found = credential_from(headers).unwrap();
    /// assert_eq!(found.job_pass(&key, || 59_999_999_999), Ok(pass));
    /// ```
    #[must_use]
    pub fn issue(&self, pass: &JobPass<'_>) -> Option<String> {
        let names = [pass.job, pass.tenant, pass.key_id];
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'/' && byte != b',';
        if names.iter().any(|name| name.is_empty() || !name.bytes().all(is_plain)) {
            return None;
        }
        let JobPass {
            job,
            tenant,
            key_id,
            expires_at,
        } = pass;
        let claims = format!("{}{expires_at}/{job}/{tenant}/{key_id}", Self::PREFIX);
        let digits = hexadecimal(&mac(&self.0, claims.as_bytes()));
        Some(format!("{claims}/{digits}"))
    }

    /// Reads a credential that [`JobKey::issue`] made. `now` is in nanoseconds.
    pub(crate) fn verify<'c>(&self, credential: &'c [u8], now: impl FnOnce() -> u64) -> Result<JobPass<'c>, Reason> {
        let pass = core::str::from_utf8(credential).ok().and_then(|text| self.read(text));
        let pass = pass.ok_or(Reason::InvalidCredential)?;
        if pass.expires_at.saturating_mul(1_000_000_000) <= now() {
            return Err(Reason::ExpiredCredential);
        }
        Ok(pass)
    }

    /// `None` unless the whole is as issued.
    fn read<'c>(&self, text: &'c str) -> Option<JobPass<'c>> {
        let (claims, digits) = text.rsplit_once('/')?;
        if !is_same(
            hexadecimal(&mac(&self.0, claims.as_bytes())).as_bytes(),
            digits.as_bytes(),
        ) {
            return None;
        }
        let mut parts = claims.strip_prefix(Self::PREFIX)?.split('/');
        let expires_at: u64 = parts.next()?.parse().ok()?;
        let pass = JobPass {
            job: parts.next()?,
            tenant: parts.next()?,
            key_id: parts.next()?,
            expires_at,
        };
        parts.next().is_none().then_some(pass)
    }
}

impl fmt::Debug for JobKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JobKey([secret])")
    }
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // A key of any length is good, so the error cannot be.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
        mac.update(message);
        mac.finalize().into_bytes().into()
    })
}

fn hexadecimal(bytes: &[u8; 32]) -> String {
    let mut digits = String::with_capacity(MAC_DIGITS);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            digits.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
    }
    digits
}

/// Takes as long wherever the first difference is.
fn is_same(expected: &[u8], given: &[u8]) -> bool {
    let difference = expected
        .iter()
        .zip(given)
        .fold(0, |difference, (left, right)| difference | (left ^ right));
    expected.len() == given.len() && core::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASS: JobPass<'_> = JobPass {
        job: "job_1",
        tenant: "acme",
        key_id: "dev",
        expires_at: 100,
    };

    fn key() -> JobKey {
        JobKey::derive(b"token")
    }

    fn verified(credential: &str, seconds: u64) -> Result<JobPass<'_>, Reason> {
        key().verify(credential.as_bytes(), || seconds * 1_000_000_000)
    }

    #[test]
    fn the_code_is_hmac_sha_256() {
        // RFC 4231, test case 2.
        let code = mac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(
            hexadecimal(&code),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn a_credential_is_good_until_it_expires() {
        let credential = key().issue(&PASS).unwrap();
        assert_eq!(verified(&credential, 99), Ok(PASS));
        assert_eq!(verified(&credential, 100), Err(Reason::ExpiredCredential));
        let endless = JobPass {
            expires_at: u64::MAX,
            ..PASS
        };
        assert_eq!(verified(&key().issue(&endless).unwrap(), 1), Ok(endless));
    }

    #[test]
    fn nobody_else_can_make_or_change_one() {
        let invalid = Err(Reason::InvalidCredential);
        let credential = key().issue(&PASS).unwrap();
        for place in 0..credential.len() {
            let mut changed = credential.clone().into_bytes();
            changed[place] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(verified(&changed, 1), invalid, "{changed}");
        }
        let other = JobKey::derive(b"other").issue(&PASS).unwrap();
        let (claims, _) = credential.rsplit_once('/').unwrap();
        let upper = format!("{claims}/{}", credential.rsplit_once('/').unwrap().1.to_uppercase());
        let table = [
            other.as_str(),
            upper.as_str(),
            claims,
            JobKey::PREFIX,
            "",
            "bz-job/100/job_1/acme/dev/",
            &credential[..credential.len() - 1],
            &format!("{credential}0"),
            &format!("{credential}/"),
        ];
        for forged in table {
            assert_eq!(verified(forged, 1), invalid, "{forged}");
        }
    }

    #[test]
    fn names_that_would_be_ambiguous_get_none() {
        for name in ["", "a/b", "a b", "a,b", "\u{e9}"] {
            assert_eq!(key().issue(&JobPass { tenant: name, ..PASS }), None, "{name}");
            assert_eq!(key().issue(&JobPass { key_id: name, ..PASS }), None, "{name}");
            assert_eq!(key().issue(&JobPass { job: name, ..PASS }), None, "{name}");
        }
    }

    #[test]
    fn the_key_never_prints() {
        assert_eq!(format!("{:?}", key()), "JobKey([secret])");
    }
}
