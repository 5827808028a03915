//! Addresses of crypto-currencies, which end in a checksum.

use core::ops::Range;

use sha2::{Digest, Sha256};

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// Bytes of a decoded Base58Check address: version, hash, checksum.
const ADDRESS: usize = 25;

/// Base58Check: the last four bytes are those of the double SHA-256 of the others.
pub(super) fn base58check(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let mut decoded = [0_u8; ADDRESS];
    for byte in text.get(found.clone())? {
        let mut carry = BASE58.iter().position(|other| other == byte)?;
        for slot in decoded.iter_mut().rev() {
            carry += usize::from(*slot) * 58;
            *slot = u8::try_from(carry & 0xff).ok()?;
            carry >>= 8;
        }
        if carry > 0 {
            return None;
        }
    }
    let (body, checksum) = decoded.split_at_checked(ADDRESS - 4)?;
    Sha256::digest(Sha256::digest(body))
        .starts_with(checksum)
        .then_some(found)
}

/// Bech32 and Bech32m, BIP-173 and BIP-350: the last six characters are a code over all others.
pub(super) fn bech32(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let address = text.get(found.clone())?;
    let separator = address.iter().rposition(|byte| *byte == b'1')?;
    let (prefix, data) = (address.get(..separator)?, address.get(separator + 1..)?);
    let mut sum = prefix
        .iter()
        .fold(1, |sum, byte| step(sum, byte.to_ascii_lowercase() >> 5));
    sum = step(sum, 0);
    sum = prefix.iter().fold(sum, |sum, byte| step(sum, byte & 31));
    for byte in data {
        let value = BECH32.iter().position(|other| *other == byte.to_ascii_lowercase())?;
        sum = step(sum, u8::try_from(value).ok()?);
    }
    (data.len() >= 6 && matches!(sum, 1 | 0x2bc8_30a3)).then_some(found)
}

fn step(sum: u32, value: u8) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let top = sum >> 25;
    let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
    let chosen = GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1);
    chosen.fold(next, |next, (_, generator)| next ^ generator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_specifications_pass_and_neighbours_fail() {
        type Check = fn(&[u8], Range<usize>) -> Option<Range<usize>>;
        for (check, right, wrong) in [
            (
                base58check as Check,
                "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
                "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            ),
            (
                base58check,
                "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
                "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNL0",
            ),
            (
                bech32,
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            ),
            (bech32, "a1lqfn3a", "a1lqfn3b"),
            (bech32, "A12UEL5L", "A12UEL5M"),
        ] {
            assert!(check(right.as_bytes(), 0..right.len()).is_some(), "{right}");
            assert!(check(wrong.as_bytes(), 0..wrong.len()).is_none(), "{wrong}");
        }
    }
}
