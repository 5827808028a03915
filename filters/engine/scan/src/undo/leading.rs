//! How many bytes of a text are of a kind: one loop for all kinds, as each of its own would cost a filter.

/// Bytes at the start that are of a kind, `most` of them at most.
#[inline(never)]
pub(crate) fn leading(bytes: &[u8], most: usize, is: &dyn Fn(u8) -> bool) -> usize {
    let mut count = 0;
    for byte in bytes {
        if count >= most || !is(*byte) {
            break;
        }
        count += 1;
    }
    count
}

/// Bytes at the end that are of a kind.
#[inline(never)]
pub(crate) fn trailing(bytes: &[u8], is: &dyn Fn(u8) -> bool) -> usize {
    let mut count = 0;
    for byte in bytes.iter().rev() {
        if !is(*byte) {
            break;
        }
        count += 1;
    }
    count
}

/// Bytes that are of a kind, wherever they are.
#[inline(never)]
pub(crate) fn count(bytes: &[u8], is: &dyn Fn(u8) -> bool) -> usize {
    let mut count = 0;
    for byte in bytes {
        count += usize::from(is(*byte));
    }
    count
}
