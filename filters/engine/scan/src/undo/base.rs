//! Bytes written in a power of two of letters and digits: hexadecimal, Base32, Base64, binary; and Base85.

/// Decodes pairs of hexadecimal digits; none if there is anything else.
pub(crate) fn hex(digits: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    bits(digits, 4, bytes, |digit| {
        char::from(digit)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
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

fn bits(letters: &[u8], each: u32, bytes: &mut Vec<u8>, value: impl Fn(u8) -> Option<u8>) -> Option<()> {
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

/// Decodes Ascii85, as Adobe and Git write it.
pub(crate) fn ascii85(letters: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    base85(letters, bytes, |letter| match letter {
        b'!'..=b'u' => Some(letter - b'!'),
        _ => None,
    })
}

/// Decodes the Base85 of RFC 1924, as Python and Git write it.
pub(crate) fn rfc1924(letters: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    const SIGNS: &[u8; 23] = b"!#$%&()*+-;<=>?@^_`{|}~";
    base85(letters, bytes, |letter| match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'A'..=b'Z' => Some(letter - b'A' + 10),
        b'a'..=b'z' => Some(letter - b'a' + 36),
        _ => SIGNS
            .iter()
            .zip(62..)
            .find(|(sign, _)| **sign == letter)
            .map(|(_, value)| value),
    })
}

/// Five letters make four bytes; of the last letters, each but one makes a byte.
fn base85(letters: &[u8], bytes: &mut Vec<u8>, value: impl Fn(u8) -> Option<u8>) -> Option<()> {
    bytes.clear();
    for five in letters.chunks(5) {
        let mut number = 0_u32;
        for place in 0..5 {
            let digit = match five.get(place) {
                Some(letter) => value(*letter)?,
                None => 84,
            };
            number = number.checked_mul(85)?.checked_add(u32::from(digit))?;
        }
        bytes.extend(number.to_be_bytes().iter().take(five.len() - 1));
    }
    Some(())
}

/// Decodes a line that was uuencoded onto `bytes`; how many bytes of it are used, with the line break only if there is
/// nothing else left.
pub(crate) fn uuencoded(line: &[u8], bytes: &mut Vec<u8>) -> Option<usize> {
    let value = |sign: u8| match sign {
        b' '..=b'_' => Some(sign - b' '),
        b'`' => Some(0),
        _ => None,
    };
    let (first, rest) = line.split_first()?;
    let count = usize::from(value(*first).filter(|count| (1..=45).contains(count))?);
    let letters = count.div_ceil(3) * 4;
    let coded = rest.get(..letters).unwrap_or(rest).trim_ascii_end();
    // Spaces at the end of a line are often lost; more of it than its length says is something else.
    if coded.len() + 4 <= letters || !rest.get(coded.len()..)?.trim_ascii().is_empty() {
        return None;
    }
    let start = bytes.len();
    let padded = coded.iter().copied().chain(std::iter::repeat(b' ')).take(letters);
    let (mut held, mut bits) = (0_u32, 0);
    for sign in padded {
        held = (held << 6) | u32::from(value(sign)?);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    bytes.truncate(start + count);
    Some(line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alphabet_is_decoded() {
        type Decode = fn(&[u8], &mut Vec<u8>) -> Option<()>;
        let table: [(Decode, &str, Option<&str>); 16] = [
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
            (ascii85, "8S;pZEb-B", Some("Ignore!")),
            (rfc1924, "NoQ_va%CX", Some("Ignore!")),
            (ascii85, "v", None),
        ];
        for (decode, letters, expected) in table {
            let mut bytes = vec![7];
            let decoded = decode(letters.as_bytes(), &mut bytes).map(|()| String::from_utf8_lossy(&bytes).into_owned());
            assert_eq!(decoded.as_deref(), expected, "{letters}");
        }
    }
}
