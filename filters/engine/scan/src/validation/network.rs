//! Addresses of machines.

use core::ops::Range;

use super::checksum::value;

/// An IPv4 address of one machine, and no version number, which is written alike.
pub(super) fn ipv4(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let octets = octets(text.get(found.clone())?)?;
    // This network, masks, and well-known addresses that everybody has. Others that are no machine's stand where addresses
    // are made up.
    let of_a_machine = !matches!(
        octets,
        [0 | 255, ..] | [127, 0, ..] | [224, 0, 0, _] | [239, 255, 255, 250] | [169, 254, 169, 254]
    );
    let all_small = octets.iter().all(|octet| *octet < 10);
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
    let groups = groups(written)?;
    let begins = written.iter().take_while(|byte| **byte != b':').count() == 4;
    let in_use = begins && matches!(written.first(), Some(b'2' | b'3' | b'f' | b'F'));
    let zero = groups.iter().rev().skip(1).all(|group| *group == 0);
    let of_a_machine = !(zero && groups[7] < 2) && groups[0] >> 8 != 0xff;
    let count = written
        .split(|byte| *byte == b':')
        .filter(|group| !group.is_empty())
        .count();
    (of_a_machine && (in_use || written.contains(&b'.') || count >= 3))
        .then(|| found.start..found.start + written.len())
}

/// The four numbers of an IPv4 address, written without zeros in front.
fn octets(written: &[u8]) -> Option<[u8; 4]> {
    let mut octets = [0; 4];
    let mut parts = written.split(|byte| *byte == b'.');
    for octet in &mut octets {
        let part = parts.next()?;
        let plain = part.iter().all(u8::is_ascii_digit) && (part.len() == 1 || part.first() != Some(&b'0'));
        *octet = u8::try_from(value(part))
            .ok()
            .filter(|_| plain && matches!(part.len(), 1..=3))?;
    }
    parts.next().is_none().then_some(octets)
}

/// The eight groups of an IPv6 address. The last two may be written as an IPv4 address.
fn groups(written: &[u8]) -> Option<[u16; 8]> {
    let (mut groups, mut count, mut gap) = ([0_u16; 8], 0, None);
    let mut rest = written;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(b"::") {
            // There is one gap at most.
            if gap.replace(count).is_some() {
                return None;
            }
            rest = after;
            continue;
        }
        if count > 0 && gap != Some(count) {
            rest = rest.strip_prefix(b":")?;
        }
        let length = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let (group, after) = rest.split_at_checked(length)?;
        if after.starts_with(b".") {
            let [one, two, three, four] = octets(rest)?;
            *groups.get_mut(count)? = u16::from_be_bytes([one, two]);
            *groups.get_mut(count + 1)? = u16::from_be_bytes([three, four]);
            count += 2;
            break;
        }
        if !(1..=4).contains(&length) {
            return None;
        }
        let slot = groups.get_mut(count)?;
        for byte in group {
            *slot = *slot << 4 | u16::try_from(char::from(*byte).to_digit(16)?).ok()?;
        }
        (count, rest) = (count + 1, after);
    }
    match gap {
        // What stands after the gap belongs at the end.
        Some(gap) if count < 8 => {
            let mut spread = [0; 8];
            for (slot, group) in spread.iter_mut().zip(groups.iter().take(gap)) {
                *slot = *group;
            }
            let after = groups.iter().take(count).skip(gap).rev();
            for (slot, group) in spread.iter_mut().rev().zip(after) {
                *slot = *group;
            }
            Some(spread)
        }
        None if count == 8 => Some(groups),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use core::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn addresses_are_those_of_the_standard_library(
            text in prop_oneof!["[0-9a-f:.]{1,20}", "([0-9a-f]{0,5}:){0,8}[0-9a-f]{0,5}", "([0-9]{1,3}[.]){3}[0-9]{0,4}",
                "([0-9a-f]{1,4}:){0,7}:([0-9a-f]{1,4}:){0,7}([0-9]{1,3}[.]){0,3}[0-9]{0,3}"],
        ) {
            let expected: Option<Ipv4Addr> = text.parse().ok();
            prop_assert_eq!(octets(text.as_bytes()), expected.map(|address| address.octets()), "{}", text);
            let expected: Option<Ipv6Addr> = text.parse().ok();
            prop_assert_eq!(groups(text.as_bytes()), expected.map(|address| address.segments()), "{}", text);
        }
    }

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
            (ipv4, "|245.13.7.92|", true),
            (ipv4, "|169.254.7.92|", true),
            (ipv4, "|169.254.169.254|", false),
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
