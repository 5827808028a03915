use core::fmt;

use sha2::{Digest, Sha256};

/// SHA-256 of an API key: all that Bartizan ever stores of one.
///
/// A plain hash is enough because keys are random (`bartizan key new` makes 256 bits), so there is no dictionary to
/// try; a slow password hash would only slow every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// Hashes a key.
    #[must_use]
    pub fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// Takes a hash as it is.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits, of either case; `None` for anything else.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        Some(Self(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(KeyHash::of(b"abc").to_string(), ABC);
    }

    #[test]
    fn hexadecimal_of_either_case_reads_back() {
        assert_eq!(KeyHash::from_hex(ABC), Some(KeyHash::of(b"abc")));
        assert_eq!(KeyHash::from_hex(&ABC.to_uppercase()), Some(KeyHash::of(b"abc")));
    }

    #[test]
    fn anything_else_is_not_a_hash() {
        let table = [
            "",
            "ab",
            &ABC[1..],
            &format!("{ABC}0"),
            &format!("{ABC}00"),
            &ABC.replace('b', "g"),
            &"é".repeat(32),
        ];
        for text in table {
            assert_eq!(KeyHash::from_hex(text), None, "{text}");
        }
    }
}
