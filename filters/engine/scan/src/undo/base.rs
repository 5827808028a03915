//! Bytes written in a power of two of letters and digits: hexadecimal, Base32, Base64, binary.

/// Decodes pairs of hexadecimal digits; none if there is anything else.
pub(crate) fn hex(digits: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    bits(digits, 4, bytes, |digit| {
        Some(match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            b'A'..=b'F' => digit - b'A' + 10,
            _ => return None,
        })
    })
}

/// Decodes Base32 in upper or lower case; what is left over at the end is dropped.
pub(crate) fn base32(letters: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    bits(letters, 5, bytes, |letter| match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a'),
        b'2'..=b'7' => Some(letter - b'2' + 26),
        _ => None,
    })
}

/// Decodes Base64 of either alphabet; what is left over at the end is dropped.
pub(crate) fn base64(letters: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    bits(letters, 6, bytes, |letter| match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    })
}

/// Decodes binary digits, eight to a byte.
pub(crate) fn binary(digits: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    bits(digits, 1, bytes, |digit| match digit {
        b'0' | b'1' => Some(digit - b'0'),
        _ => None,
    })
}

fn bits(letters: &[u8], each: u32, bytes: &mut Vec<u8>, value: fn(u8) -> Option<u8>) -> Option<()> {
    bytes.clear();
    let (mut held, mut count) = (0_u32, 0);
    for letter in letters.iter().filter(|letter| !letter.is_ascii_whitespace()) {
        held = (held << each) | u32::from(value(*letter)?);
        count += each;
        if count >= 8 {
            count -= 8;
            bytes.push((held >> count) as u8);
            held &= (1 << count) - 1;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alphabet_is_decoded() {
        type Decode = fn(&[u8], &mut Vec<u8>) -> Option<()>;
        let table: [(Decode, &str, Option<&str>); 13] = [
            (hex, "49676e6F7265", Some("Ignore")),
            (hex, "496g", None),
            (base32, "JFTW433SMU", Some("Ignore")),
            (base32, "jftw433smu", Some("Ignore")),
            (base32, "JFTW1", None),
            (base64, "SWdub3Jl", Some("Ignore")),
            (base64, "SWdub3JlIQ", Some("Ignore!")),
            (base64, "SWdu\nb3Jl", Some("Ignore")),
            (base64, "Pz8_Pj4-", Some("???>>>")),
            (base64, "Pz8/Pj4+", Some("???>>>")),
            (base64, "SWd*", None),
            (binary, "0100100101100111", Some("Ig")),
            (binary, "012", None),
        ];
        for (decode, letters, expected) in table {
            let mut bytes = vec![7];
            let decoded = decode(letters.as_bytes(), &mut bytes).map(|()| String::from_utf8_lossy(&bytes).into_owned());
            assert_eq!(decoded.as_deref(), expected, "{letters}");
        }
    }
}
