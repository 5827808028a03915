//! Bytes asked about sixteen at a time.
//!
//! A filter is built for size, and then the compiler makes no loop into vector instructions: one over single bytes takes ten
//! times as long as here. Elsewhere it does, and the same operations are written as loops.

/// Bytes of a [`Bytes`].
const WIDTH: usize = 16;
/// Bytes of a [`Block`], of which there are as many as bits in a mask.
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
fn mask(block: &[u8; BLOCK], is: impl Fn(Bytes) -> Bytes) -> u64 {
    // WHY no loop: it would be one more branch for each kind.
    let ([first, second, third, fourth], []) = block.as_chunks::<WIDTH>() else {
        return 0;
    };
    let bits = |part| u64::from(is(Bytes::of(part)).bits());
    bits(first) | bits(second) << WIDTH | bits(third) << (2 * WIDTH) | bits(fourth) << (3 * WIDTH)
}

/// How many bytes are of a kind, which 0 must not be.
#[inline(always)]
pub(crate) fn count(bytes: &[u8], is: impl Fn(Bytes) -> Bytes) -> usize {
    let (parts, rest) = bytes.as_chunks::<WIDTH>();
    let bits = |part: &[u8; WIDTH]| u32::from(is(Bytes::of(part)).bits());
    let last = match bytes.last_chunk() {
        Some(last) => bits(last) >> (WIDTH - rest.len()),
        None => bits(&filled(rest, 0)),
    };
    let mut sum = last.count_ones();
    for part in parts {
        sum += bits(part).count_ones();
    }
    sum as usize
}

/// Bytes, fewer than there is room for, and what fills them up.
#[inline(never)]
fn filled<const SIZE: usize>(bytes: &[u8], with: u8) -> [u8; SIZE] {
    let mut filled = [with; SIZE];
    for (slot, byte) in filled.iter_mut().zip(bytes) {
        *slot = *byte;
    }
    filled
}

/// A block of a text, or what there is of one.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    bytes: [u8; BLOCK],
    /// How many of them stand before it.
    ahead: u32,
    /// A bit for each byte that there is.
    pub(crate) present: u64,
}

impl Block {
    /// The block that begins at `start`.
    #[inline(always)]
    pub(crate) fn at(text: &[u8], start: usize) -> Self {
        let rest = text.get(start..).unwrap_or_default();
        if let Some(bytes) = rest.first_chunk() {
            return Self {
                bytes: *bytes,
                ahead: 0,
                present: u64::MAX,
            };
        }
        let missing = BLOCK - rest.len();
        let present = u64::MAX.checked_shr(missing as u32).unwrap_or(0);
        match text.last_chunk() {
            Some(bytes) if present != 0 => Self {
                bytes: *bytes,
                ahead: missing as u32,
                present,
            },
            _ => Self {
                bytes: filled(rest, 0),
                ahead: 0,
                present,
            },
        }
    }

    /// A bit for each byte that is of a kind, the first byte in the lowest.
    #[inline(always)]
    pub(crate) fn mask(&self, is: impl Fn(Bytes) -> Bytes) -> u64 {
        mask(&self.bytes, is) >> self.ahead & self.present
    }
}

/// A set of bytes of ASCII.
#[derive(Clone, Copy)]
pub(crate) struct Set {
    /// By the lower half of a byte: a bit for each upper half with which it is one of the set.
    lower: [u8; WIDTH],
}

impl Set {
    /// The bit of each upper half; those beyond ASCII have none.
    const UPPER: [u8; WIDTH] = [1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0];

    pub(crate) const fn of(mut bytes: &[u8]) -> Self {
        let mut lower = [0; WIDTH];
        while let [first, rest @ ..] = bytes {
            let mut half = 0;
            let mut slots: &mut [u8] = &mut lower;
            while let Some((slot, others)) = slots.split_first_mut() {
                if half == *first & 15 && first.is_ascii() {
                    *slot |= 1 << (*first >> 4);
                }
                half += 1;
                slots = others;
            }
            bytes = rest;
        }
        Self { lower }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod instructions {
    use core::arch::wasm32::{
        u8x16_bitmask, u8x16_le, u8x16_lt, u8x16_ne, u8x16_shr, u8x16_splat, u8x16_sub, u8x16_swizzle, u64x2, v128,
        v128_and, v128_or,
    };

    use super::{Bytes, Set, WIDTH};

    pub(super) type Vector = v128;

    impl Bytes {
        #[inline(always)]
        pub(super) fn of(bytes: &[u8; WIDTH]) -> Self {
            let word = u128::from_le_bytes(*bytes);
            Self(u64x2(word as u64, (word >> 64) as u64))
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

        /// Those that are one of a set.
        #[inline(always)]
        pub(crate) fn among(self, set: &Set) -> Self {
            let lower = u8x16_swizzle(Self::of(&set.lower).0, v128_and(self.0, u8x16_splat(15)));
            let upper = u8x16_swizzle(Self::of(&Set::UPPER).0, u8x16_shr(self.0, 4));
            Self(u8x16_ne(v128_and(lower, upper), u8x16_splat(0)))
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
    use super::{Bytes, Set, WIDTH};

    pub(super) type Vector = [u8; WIDTH];

    const fn answer(yes: bool) -> u8 {
        if yes { u8::MAX } else { 0 }
    }

    impl Bytes {
        #[inline(always)]
        pub(super) fn of(bytes: &[u8; WIDTH]) -> Self {
            Self(*bytes)
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

        /// Those that are one of a set.
        #[inline(always)]
        pub(crate) fn among(self, set: &Set) -> Self {
            let half = |halves: &[u8; WIDTH], half: u8| halves.get(usize::from(half)).copied().unwrap_or(0);
            Self(
                self.0
                    .map(|here| answer(half(&set.lower, here & 15) & half(&Set::UPPER, here >> 4) != 0)),
            )
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
            (|bytes| bytes.within(0xe9, 1), |byte| byte == 0xe9),
            (|bytes| bytes.up_to(b' '), |byte| byte <= b' '),
            (|bytes| bytes.within(b'a', 26), |byte| byte.is_ascii_lowercase()),
            (
                |bytes| bytes.among(&const { Set::of(b"(;)\0z\x7f") }),
                |byte| b"(;)\0z\x7f".contains(&byte),
            ),
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

    #[test]
    fn a_block_has_what_there_is_of_the_text() {
        let text = b"One, two; 3 and\0f\xe9ur \xff. ".repeat(6);
        let signs = const { Set::of(b",;.\0") };
        for end in 0..=text.len() {
            let text = &text[..end];
            for start in (0..=end + 1).step_by(7) {
                let block = Block::at(text, start);
                let naive = |is: &dyn Fn(u8) -> bool| {
                    let bytes = text.iter().skip(start).take(BLOCK).enumerate();
                    bytes.fold(0, |mask, (place, byte)| mask | u64::from(is(*byte)) << place)
                };
                assert_eq!(block.present, naive(&|_| true));
                assert_eq!(
                    block.mask(|bytes| bytes.among(&signs)),
                    naive(&|byte| b",;.\0".contains(&byte))
                );
                assert_eq!(block.mask(|bytes| bytes.within(0x80, 0x80)), naive(&|byte| byte > 0x7f));
            }
        }
    }
}
