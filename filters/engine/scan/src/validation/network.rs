//! Addresses of machines.

use core::net::{Ipv4Addr, Ipv6Addr};
use core::ops::Range;

/// An IPv4 address of one machine, and no version number, which is written alike.
pub(super) fn ipv4(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let address: Ipv4Addr = parse(text, &found)?;
    let [first, ..] = address.octets();
    let of_a_machine = first != 0 && first < 224 && !address.is_loopback() && !address.is_link_local();
    let all_small = address.octets().iter().all(|octet| *octet < 10);
    let before = text.get(..found.start).unwrap_or_default();
    let after = text.get(found.end..).unwrap_or_default();
    let joined_before = match before {
        // A range has an address before the dash, a file or package its name.
        [.., name, b'-' | b'/' | b'_' | b'.'] => {
            name.is_ascii_alphabetic() || (before.ends_with(b".") && name.is_ascii_digit())
        }
        _ => false,
    };
    let joined_after = match after {
        [b'-' | b'_' | b'+', name, ..] => name.is_ascii_alphabetic(),
        [b'.', digit, ..] => digit.is_ascii_digit(),
        _ => false,
    };
    (of_a_machine && !all_small && !joined_before && !joined_after).then_some(found)
}

/// An IPv6 address of one machine. Code has double colons too, so a short one must begin as addresses in use do.
pub(super) fn ipv6(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let before = text.get(..found.start).and_then(<[u8]>::last);
    let joined = before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b":._".contains(byte));
    let cut = text
        .get(found.end)
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || b":_".contains(byte));
    if joined || cut {
        return None;
    }
    // The full stop after an address is not part of it.
    let written = text.get(found.clone())?;
    let written = written.strip_suffix(b".").unwrap_or(written);
    let address: Ipv6Addr = core::str::from_utf8(written).ok()?.parse().ok()?;
    let groups = written.split(|byte| *byte == b':').filter(|group| !group.is_empty());
    let in_use = matches!(
        written.split(|byte| *byte == b':').next(),
        Some([b'2' | b'3' | b'f' | b'F', _, _, _])
    );
    let of_a_machine = !address.is_loopback() && !address.is_unspecified() && !address.is_multicast();
    (of_a_machine && (in_use || written.contains(&b'.') || groups.count() >= 3))
        .then(|| found.start..found.start + written.len())
}

/// A hardware address: six pairs with the same sign between, neither all 0 nor all F.
pub(super) fn mac(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let before = text.get(..found.start).and_then(<[u8]>::last);
    let written = text.get(found.clone())?;
    let sign = written.iter().find(|byte| !byte.is_ascii_hexdigit())?;
    let joined = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == sign);
    let mut pairs = written.split(|byte| byte == sign);
    let six = pairs.clone().count() == 6 && pairs.all(|pair| pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit));
    let all = |wanted: u8| {
        let mut digits = written.iter().filter(|byte| *byte != sign);
        digits.all(|byte| byte.to_ascii_lowercase() == wanted)
    };
    (six && !all(b'0') && !all(b'f') && !joined(before) && !joined(text.get(found.end))).then_some(found)
}

fn parse<T: core::str::FromStr>(text: &[u8], found: &Range<usize>) -> Option<T> {
    core::str::from_utf8(text.get(found.clone())?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&[u8], Range<usize>) -> Option<Range<usize>>;

    /// Whether the part of a text between the bars is accepted.
    fn accepts(check: Check, text: &str) -> bool {
        let (before, rest) = text.split_once('|').unwrap();
        let (found, after) = rest.split_once('|').unwrap();
        let whole = format!("{before}{found}{after}");
        check(whole.as_bytes(), before.len()..before.len() + found.len()).is_some()
    }

    #[test]
    fn addresses_are_told_from_versions_and_code() {
        for (check, text, expected) in [
            (ipv4 as Check, "host |10.20.30.40|:80", true),
            (ipv4, "http://|192.168.7.12|/x", true),
            (ipv4, "10.0.0.17-|10.0.0.90|", true),
            (ipv4, "|127.0.0.1|", false),
            (ipv4, "|0.0.0.0|", false),
            (ipv4, "|224.0.0.251|", false),
            (ipv4, "|255.255.255.0|", false),
            (ipv4, "§ |1.2.3.4|", false),
            (ipv4, "nginx/|1.25.3.14|", false),
            (ipv4, "tool-|1.25.3.14|.tar", false),
            (ipv4, "|10.25.3.14|-beta", false),
            (ipv4, "|10.25.3.14|.15", false),
            (ipv6, "at |2001:db8:85a3::8a2e:370:7334|.", true),
            (ipv6, "[|2001:db8::1|]:443", true),
            (ipv6, "|fe80::1|%eth0", true),
            (ipv6, "|1:2:3:4:5:6:7:8|", true),
            (ipv6, "|::ffff:10.20.30.40|", true),
            (ipv6, "|::1|", false),
            (ipv6, "|::|", false),
            (ipv6, "a[|1::2|]", false),
            (ipv6, "|Abe::Cad|", false),
            (ipv6, "x|2001:db8::1|", false),
            (ipv6, "|2001::db8::1|", false),
            (mac, "|00:1a:2B:3c:4d:5e|", true),
            (mac, "|00-1A-2B-3C-4D-5E|", true),
            (mac, "|00-1A:2B-3C-4D-5E|", false),
            (mac, "|ff:ff:ff:ff:ff:ff|", false),
            (mac, "|00:00:00:00:00:00|", false),
            (mac, "|00:1a:2B:3c:4d:5e|:6f", false),
        ] {
            assert_eq!(accepts(check, text), expected, "{text}");
        }
    }
}
