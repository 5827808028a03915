//! Tokens that carry a checksum or a header of their own.

use core::ops::Range;

use super::random::is_random;

/// Characters of the checksum at the end of a token.
const CHECKSUM: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Characters of a header that are decoded.
const HEADER: usize = 400;

/// Tokens that end in a CRC-32 of their body in base 62, as those of GitHub and npm do.
///
/// One with the right checksum needs no further proof. One without, mistyped or cut, must look random.
pub(super) fn crc32_base62(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let token = text.get(found.clone())?;
    let prefix = token.iter().position(|byte| *byte == b'_')? + 1;
    let (body, checksum) = token
        .get(prefix..)?
        .split_at_checked(token.len().checked_sub(prefix + CHECKSUM)?)?;
    let mut rest = crc32(body);
    let expected = checksum.iter().rev().all(|byte| {
        let digit = BASE62.get((rest % 62) as usize);
        rest /= 62;
        digit == Some(byte)
    });
    (expected || is_random(token)).then_some(found)
}

/// CRC-32 as in Ethernet and zip.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    })
}

/// JSON Web Tokens, RFC 7519: the first part is base64url of an object that names an algorithm.
pub(super) fn json_web_token(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let token = text.get(found.clone())?;
    let header = token.split(|byte| *byte == b'.').next()?;
    let header = header.get(..HEADER).unwrap_or(header);
    let mut decoded = Vec::with_capacity(header.len());
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in header {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held & 0xff) as u8);
        }
    }
    let names_algorithm = decoded.windows(5).any(|part| part == b"\"alg\"");
    (decoded.first() == Some(&b'{') && names_algorithm).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(check: fn(&[u8], Range<usize>) -> Option<Range<usize>>, text: &str) -> bool {
        check(text.as_bytes(), 0..text.len()).is_some()
    }

    #[test]
    fn crc32_is_that_of_the_catalogue() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_checksum_proves_a_token_and_chance_does_too() {
        for (token, expected) in [
            ("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", true),
            ("npm_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1yLcDC", false),
            ("npm_TheQu1ckBr0wnF0xJumps0v3rTheLazyD0g4", true),
            ("npm_short", false),
        ] {
            assert_eq!(found(crc32_base62, token), expected, "{token}");
        }
    }

    #[test]
    fn a_web_token_has_a_header() {
        for (token, expected) in [
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJl", true),
            (
                "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJl",
                true,
            ),
            ("eyJzdWIiOiJub2JvZHkifQ.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJl", false),
            ("eyJ!.eyJ.x", false),
        ] {
            assert_eq!(found(json_web_token, token), expected, "{token}");
        }
    }
}
