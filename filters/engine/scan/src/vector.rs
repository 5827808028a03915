//! Bytes asked about sixteen at a time.
//!
//! A filter is built for size, and then the compiler makes no loop into vector instructions: one over single bytes takes ten
//! times as long as here. Elsewhere it does, and the same operations are written as loops.

/// Bytes of a [`Bytes`].
const WIDTH: usize = 16;
/// Bytes of a block, of which there are as many as bits in its [`mask`].
pub(crate) const BLOCK: usize = 64;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use instructions::Vector;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use loops::Vector;

/// Sixteen bytes; as an answer, each is all ones for yes and 0 for no.
#[derive(Clone, Copy)]
pub(crate) struct Bytes(Vector);

/// A bit for each byte of a block that is of a kind, the first byte in the lowest.
#[inline(always)]
pub(crate) fn mask(block: &[u8; BLOCK], is: impl Fn(Bytes) -> Bytes) -> u64 {
    let parts = block.as_chunks::<WIDTH>().0.iter().rev();
    parts.fold(0, |mask, part| mask << WIDTH | u64::from(is(Bytes::of(part)).bits()))
}

/// How many bytes are of a kind, which 0 must not be.
#[inline(always)]
pub(crate) fn count(bytes: &[u8], is: impl Fn(Bytes) -> Bytes) -> usize {
    let (parts, rest) = bytes.as_chunks::<WIDTH>();
    let mut last = [0; WIDTH];
    for (slot, byte) in last.iter_mut().zip(rest) {
        *slot = *byte;
    }
    let parts = parts.iter().chain([&last]);
    parts.map(|part| is(Bytes::of(part)).bits().count_ones() as usize).sum()
}

impl Bytes {
    /// Those that are one of these.
    #[inline(always)]
    pub(crate) fn among<const COUNT: usize>(self, bytes: &[u8; COUNT]) -> Self {
        bytes
            .iter()
            .fold(Self::of(&[0; WIDTH]), |is, byte| is.or(self.is(*byte)))
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod instructions {
    use core::arch::wasm32::{
        u8x16_bitmask, u8x16_eq, u8x16_le, u8x16_lt, u8x16_splat, u8x16_sub, u64x2, v128, v128_or,
    };

    use super::{Bytes, WIDTH};

    pub(super) type Vector = v128;

    impl Bytes {
        #[inline(always)]
        pub(super) fn of(bytes: &[u8; WIDTH]) -> Self {
            let word = u128::from_le_bytes(*bytes);
            Self(u64x2(word as u64, (word >> 64) as u64))
        }

        /// Those that are this one.
        #[inline(always)]
        pub(crate) fn is(self, byte: u8) -> Self {
            Self(u8x16_eq(self.0, u8x16_splat(byte)))
        }

        /// Those that are not above this one.
        #[inline(always)]
        pub(crate) fn up_to(self, byte: u8) -> Self {
            Self(u8x16_le(self.0, u8x16_splat(byte)))
        }

        /// Those that are one of so many, from `first` on.
        #[inline(always)]
        pub(crate) fn within(self, first: u8, count: u8) -> Self {
            Self(u8x16_lt(u8x16_sub(self.0, u8x16_splat(first)), u8x16_splat(count)))
        }

        #[inline(always)]
        pub(super) fn bits(self) -> u16 {
            u8x16_bitmask(self.0)
        }

        /// What is yes in either.
        #[inline(always)]
        pub(crate) fn or(self, other: Self) -> Self {
            Self(v128_or(self.0, other.0))
        }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod loops {
    use super::{Bytes, WIDTH};

    pub(super) type Vector = [u8; WIDTH];

    const fn answer(yes: bool) -> u8 {
        if yes { u8::MAX } else { 0 }
    }

    impl Bytes {
        #[inline(always)]
        pub(super) fn of(bytes: &[u8; WIDTH]) -> Self {
            Self(*bytes)
        }

        /// Those that are this one.
        #[inline(always)]
        pub(crate) fn is(self, byte: u8) -> Self {
            Self(self.0.map(|here| answer(here == byte)))
        }

        /// Those that are not above this one.
        #[inline(always)]
        pub(crate) fn up_to(self, byte: u8) -> Self {
            Self(self.0.map(|here| answer(here <= byte)))
        }

        /// Those that are one of so many, from `first` on.
        #[inline(always)]
        pub(crate) fn within(self, first: u8, count: u8) -> Self {
            Self(self.0.map(|here| answer(here.wrapping_sub(first) < count)))
        }

        #[inline(always)]
        pub(super) fn bits(self) -> u16 {
            // The lowest bits of eight bytes become the bits of one.
            let eight = |bytes: u64| (bytes & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            let word = u128::from_le_bytes(self.0);
            (eight(word as u64) | eight((word >> 64) as u64) << 8) as u16
        }

        /// What is yes in either.
        #[inline(always)]
        pub(crate) fn or(self, other: Self) -> Self {
            Self((u128::from_le_bytes(self.0) | u128::from_le_bytes(other.0)).to_le_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_judged_at_every_place() {
        type Question = (fn(Bytes) -> Bytes, fn(u8) -> bool);
        let questions: [Question; 4] = [
            (|bytes| bytes.is(0xe9), |byte| byte == 0xe9),
            (|bytes| bytes.up_to(b' '), |byte| byte <= b' '),
            (|bytes| bytes.within(b'a', 26), |byte| byte.is_ascii_lowercase()),
            (|bytes| bytes.among(b"(;)"), |byte| b"(;)".contains(&byte)),
        ];
        for (is, wanted) in questions {
            for byte in 0..=u8::MAX {
                for place in 0..BLOCK {
                    let mut block = [b'+'; BLOCK];
                    if let Some(slot) = block.get_mut(place) {
                        *slot = byte;
                    }
                    assert_eq!(mask(&block, is), u64::from(wanted(byte)) << place, "{byte} at {place}");
                    let bytes = &block[..=place];
                    if !wanted(0) {
                        assert_eq!(count(bytes, is), usize::from(wanted(byte)), "{byte} after {place}");
                    }
                }
            }
        }
    }
}
