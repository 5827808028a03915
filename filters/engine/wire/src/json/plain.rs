//! Running over the characters of a string that stand for themselves, which most of a chat's bytes do.

/// The number of bytes before the first that may not stand for itself in a string: a quote, a backslash or a control
/// character.
#[inline]
pub(crate) fn plain_run(bytes: &[u8]) -> usize {
    let (mut position, mut rest) = (0, bytes);
    loop {
        let (block, after) = match rest.split_first_chunk() {
            Some((block, after)) => (*block, after),
            None => (ended(rest), rest),
        };
        if let Some(first) = first_special(&block) {
            return position + first;
        }
        position += BLOCK;
        rest = after;
    }
}

/// The last bytes, and a quote after them, so that these end as others do.
fn ended(last: &[u8]) -> [u8; BLOCK] {
    let mut block = [b'"'; BLOCK];
    for (place, byte) in block.iter_mut().zip(last) {
        *place = *byte;
    }
    block
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
const BLOCK: usize = 16;

/// Sixteen bytes at once.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline]
fn first_special(block: &[u8; BLOCK]) -> Option<usize> {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_lt, u8x16_splat, u64x2, v128_or};

    let [low, high] = [
        u128::from_le_bytes(*block) as u64,
        (u128::from_le_bytes(*block) >> 64) as u64,
    ];
    let bytes = u64x2(low, high);
    let quoting = v128_or(u8x16_eq(bytes, u8x16_splat(b'"')), u8x16_eq(bytes, u8x16_splat(b'\\')));
    let special = u8x16_bitmask(v128_or(quoting, u8x16_lt(bytes, u8x16_splat(0x20))));
    (special != 0).then(|| special.trailing_zeros() as usize)
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
const BLOCK: usize = 8;

/// Eight bytes at once, as a word: subtracting borrows out of a byte that is too small, which sets its top bit. A borrow
/// can only reach bytes above the first that is special, so the first is always right.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline]
fn first_special(block: &[u8; BLOCK]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const TOPS: u64 = u64::from_le_bytes([0x80; 8]);

    let word = u64::from_le_bytes(*block);
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let special = (word.wrapping_sub(ONES * 0x20) & !word)
        | (quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash);
    (special & TOPS != 0).then(|| (special & TOPS).trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn is_special(byte: u8) -> bool {
        (byte == b'"') | (byte == b'\\') | (byte < 0x20)
    }

    #[test]
    fn every_byte_is_judged_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..40 {
                for filler in [b'a', 0x20, 0x7f, 0xff] {
                    let mut bytes = [filler; 40];
                    bytes[place] = byte;
                    let expected = if is_special(byte) { place } else { bytes.len() };
                    assert_eq!(plain_run(&bytes), expected, "{byte} at {place} among {filler}");
                    let short = &bytes[..=place];
                    assert_eq!(
                        plain_run(short),
                        expected.min(short.len()),
                        "{byte} at the end of {place}"
                    );
                    assert_eq!(plain_run(&bytes[..place]), place, "{place} of {filler}");
                }
            }
        }
    }
}
