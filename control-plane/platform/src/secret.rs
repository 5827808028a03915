//! Values that must not reach a log.

use std::fmt;

use zeroize::Zeroize;

/// A value that prints as `[secret]`, cannot be serialised, and is overwritten in memory when it is dropped;
/// [`Secret::expose`] is the only way to it.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value. Call it where the value is used, and keep the result out of anything that is printed.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: AsRef<[u8]> + Zeroize> Secret<T> {
    /// Whether `candidate` is exactly the secret. The time taken depends on the lengths only, not on where they differ.
    #[must_use]
    pub fn matches(&self, candidate: &[u8]) -> bool {
        let secret = self.0.as_ref();
        let difference = secret
            .iter()
            .zip(candidate)
            .fold(0, |difference, (left, right)| difference | (left ^ right));
        secret.len() == candidate.len() && std::hint::black_box(difference) == 0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints() {
        let printed = format!("{:?}", Some(Secret::new("hunter2".to_owned())));
        assert_eq!(printed, "Some([secret])");
    }

    #[test]
    fn only_the_whole_secret_matches() {
        let secret = Secret::new("token".to_owned());
        assert!(secret.matches(b"token"));
        for wrong in ["", "toke", "tokens", "Token"] {
            assert!(!secret.matches(wrong.as_bytes()), "{wrong}");
        }
    }
}
