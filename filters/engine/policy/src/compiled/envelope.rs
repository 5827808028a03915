use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Bytes that are not the compiled form asked for.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum DecodeError {
    /// They do not begin as any compiled form of this version does.
    #[error("the bytes are not a compiled policy of this version")]
    Magic,
    /// They are a compiled form, for another filter.
    #[error("the bytes are compiled for another filter")]
    Kind,
    /// They are cut short, have more after their end, or were changed.
    #[error("the bytes of the compiled policy are damaged")]
    Damaged,
}

/// Which compiled form bytes hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Auth = b'A',
    RateLimit = b'R',
    ThreatScan = b'T',
}

const MAGIC: &[u8; 3] = b"BZ1";

/// `BZ1`, the kind (1 byte), a checksum of the rest (8 bytes, little-endian), the content in postcard's format
/// (<https://postcard.jamesmunns.com/wire-format>).
pub(super) fn encode(kind: Kind, content: &impl Serialize) -> Vec<u8> {
    // Our forms have known lengths and no maps with odd keys, so nothing in them can fail to serialise; should it
    // ever, the empty content is refused by every reader.
    let content = postcard::to_allocvec(content).unwrap_or_default();
    let mut bytes = Vec::with_capacity(MAGIC.len() + 1 + 8 + content.len());
    bytes.extend(MAGIC);
    bytes.push(kind as u8);
    bytes.extend(checksum(&content).to_le_bytes());
    bytes.extend(content);
    bytes
}

pub(super) fn decode<'b, T: Deserialize<'b>>(kind: Kind, bytes: &'b [u8]) -> Result<T, DecodeError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(DecodeError::Magic)?;
    let (found, rest) = rest.split_first().ok_or(DecodeError::Magic)?;
    if *found != kind as u8 {
        return Err(DecodeError::Kind);
    }
    let (stored, content) = rest.split_first_chunk().ok_or(DecodeError::Damaged)?;
    if u64::from_le_bytes(*stored) != checksum(content) {
        return Err(DecodeError::Damaged);
    }
    match postcard::take_from_bytes(content) {
        Ok((value, [])) => Ok(value),
        Ok((_, [_, ..])) | Err(_) => Err(DecodeError::Damaged),
    }
}

/// After FNV-1a, but by eight bytes at a time, because a pack of rules is large and Envoy waits meanwhile. It notices
/// accidents, not forgers: whoever can change a filter's configuration needs no trick.
fn checksum(content: &[u8]) -> u64 {
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29);
    let (words, rest) = content.as_chunks::<8>();
    let hash = words
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let hash = rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)));
    mix(hash, u64::try_from(content.len()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_unchanged_bytes_of_the_right_kind_decode() {
        let good = encode(Kind::Auth, &("digest", 7_u32));
        assert_eq!(decode(Kind::Auth, &good), Ok(("digest", 7_u32)));
        assert_eq!(decode::<(&str, u32)>(Kind::RateLimit, &good), Err(DecodeError::Kind));
        assert_eq!(decode::<(&str, u32)>(Kind::Auth, b""), Err(DecodeError::Magic));
        assert_eq!(decode::<(&str, u32)>(Kind::Auth, b"{}"), Err(DecodeError::Magic));
        assert_eq!(decode::<(&str, u32, u32)>(Kind::Auth, &good), Err(DecodeError::Damaged));
        assert_eq!(decode::<&str>(Kind::Auth, &good), Err(DecodeError::Damaged));
        for length in 0..good.len() {
            assert!(
                decode::<(&str, u32)>(Kind::Auth, &good[..length]).is_err(),
                "cut at {length}"
            );
        }
        for place in 0..good.len() {
            let mut changed = good.clone();
            changed[place] ^= 1;
            assert!(decode::<(&str, u32)>(Kind::Auth, &changed).is_err(), "byte {place}");
        }
    }
}
