//! Telephone numbers, by the groups they are written in.
//!
//! What matches is a run of digits with signs between, often longer than the number. So every beginning of it that
//! ends with a group is tried, the longest first.

use core::ops::Range;

use super::Accepted;
use super::checksum::{digit, number};

/// Groups that are told apart, and digits of the longest number.
const MOST: usize = 16;
/// Digits of the shortest number.
const SHORTEST: usize = 7;

/// A beginning of a match: its groups of digits, and what stands between.
struct Written<'t> {
    text: &'t [u8],
    digits: &'t [u8],
    /// Digits in each group.
    groups: &'t [usize],
    /// Whether there are digits after it, with a space between as there is within.
    goes_on: bool,
}

/// A telephone number; one that is written as nothing else is needs no word to say so.
pub(super) fn phone(text: &[u8], found: Range<usize>) -> Option<Accepted> {
    // In a table most numbers end here: they begin as no number does that is told by its groups alone.
    let after_digits = matches!(text.get(..found.start)?, [.., digit, b' '] if digit.is_ascii_digit());
    let may_tell = match text.get(found.clone())? {
        [b'+' | b'(' | b'0', ..] => true,
        [_, rest @ ..] => matches!(rest.iter().position(|byte| !byte.is_ascii_digit()), Some(0 | 2)),
        [] => false,
    };
    if after_digits && !may_tell {
        return None;
    }
    let mut unsure = None;
    let telling = beginnings(text, found, |written, range| {
        let telling = is_international(written) || is_north_american(written) || is_national(written);
        if telling || (!after_digits && is_grouped(written)) {
            return Some(range);
        }
        if unsure.is_none() && !after_digits && is_plausible(written) {
            unsure = Some(range);
        }
        None
    });
    match telling {
        Some(range) => Some(Accepted { range, telling: true }),
        None => unsure.map(Accepted::unsure),
    }
}

/// A number with its country: `+` or `00`, a country code that exists, and as many digits as numbers there can have.
fn is_international(written: &Written<'_>) -> bool {
    let digits = match written.digits.strip_prefix(b"00") {
        _ if written.text.starts_with(b"+") => written.digits,
        Some(digits) if written.groups.len() > 1 => digits,
        Some(_) | None => return false,
    };
    let Some(code) = country_code(digits) else { return false };
    let subscriber = digits.len() - code;
    !is_monotonous(digits)
        && match digits {
            [b'1', ..] => subscriber == 10,
            [b'7', ..] => subscriber == 10,
            _ => (6..=13).contains(&subscriber) && digits.len() <= 15,
        }
}

/// A number of the United States, Canada and the Caribbean: 3-3-4, perhaps after a 1.
fn is_north_american(written: &Written<'_>) -> bool {
    let (digits, area) = match (written.digits, written.groups) {
        (digits, [3, 3, 4]) => (digits, 0),
        ([b'1', digits @ ..], [1, 3, 3, 4]) => (digits, 2),
        _ => return false,
    };
    let written_from_area = written.text.get(area..).unwrap_or_default();
    let after_area = written_from_area
        .iter()
        .find(|byte| !byte.is_ascii_digit() && **byte != b'(');
    let exchange = matches!(digits, [b'2'..=b'9', _, _, b'2'..=b'9', ..]);
    match after_area {
        Some(b')' | b'-') => true,
        // Figures in a table stand like this as well.
        Some(b'.' | b' ') => exchange,
        _ => false,
    }
}

/// A number of a country where they begin with a 0, in groups; or with its area in parentheses.
fn is_national(written: &Written<'_>) -> bool {
    let groups = written.groups;
    let total = written.digits.len();
    let area_in_parentheses = written.text.starts_with(b"(")
        && matches!(groups, [2..=5, ..])
        && written.text.get(groups.first().map_or(0, |first| first + 1)) == Some(&b')');
    let is_year = groups.first() == Some(&4) && matches!(number(written.digits, 0..4), 1500..=2100);
    let grouped = match groups {
        // An area and a subscriber, who may have one group or several.
        [2..=5, 2..=8] => true,
        [2..=5, 2..=5, rest @ ..] => rest.len() <= 3 && rest.iter().all(|group| (2..=4).contains(group)),
        [1, 2..=4, 2..=4, 2..=4, rest @ ..] => rest.iter().all(|group| *group == 2) && !is_book(written),
        // No groups at all, and a 0 before an area: few other numbers begin with one.
        [10 | 11] => !is_book(written) && !is_counting(written.digits),
        _ => false,
    };
    let trunk = matches!(written.digits, [b'0', b'1'..=b'9', ..]) && (9..=12).contains(&total);
    let in_parentheses = area_in_parentheses && !is_year && (8..=12).contains(&total);
    grouped && (trunk || in_parentheses) && !is_date(written) && groups != [3, 2, 4]
}

/// Groups that little else has: those of mobile numbers in eastern Europe and Turkey, and in China. Not if figures go on
/// as in a table.
fn is_grouped(written: &Written<'_>) -> bool {
    let grouped = matches!(
        (written.groups, written.digits),
        ([3, 3, 2, 2], [b'2'..=b'9', ..]) | ([1, 3, 3, 2, 2], [b'8', b'9', ..]) | ([3, 4, 4], [b'1', b'3'..=b'9', ..])
    );
    grouped && !written.goes_on && !is_monotonous(written.digits)
}

/// Whether the digits are a book's number: ISBN-10.
fn is_book(written: &Written<'_>) -> bool {
    let weighted = written.digits.iter().zip((1..=10).rev());
    let sum: u32 = weighted.map(|(byte, weight)| digit(*byte) * weight).sum();
    written.digits.len() == 10 && sum.is_multiple_of(11)
}

/// Whether the digits count up.
fn is_counting(digits: &[u8]) -> bool {
    let pairs = digits.windows(2);
    pairs
        .filter(|pair| matches!(pair, [one, next] if next.wrapping_sub(*one) == 1))
        .count()
        >= 8
}

/// Digits that can be a telephone number, where words beside them say so. Not if figures go on as in a table.
fn is_plausible(written: &Written<'_>) -> bool {
    if written.goes_on {
        return false;
    }
    let (first, rest) = match written.groups {
        [first, rest @ ..] => (*first, rest),
        [] => return false,
    };
    let rest_is = match rest {
        [] => first >= 9,
        [.., last] => *last >= 2 && rest.len() <= 5 && rest.iter().all(|group| (2..=8).contains(group)),
    };
    let total = written.digits.len();
    rest_is && (7..=13).contains(&total) && !is_date(written) && !is_monotonous(written.digits) && !is_span(written)
}

/// Tries each beginning of a match that ends with a group and could be the whole of a number, the longest first.
fn beginnings(
    text: &[u8],
    found: Range<usize>,
    mut accept: impl FnMut(&Written<'_>, Range<usize>) -> Option<Range<usize>>,
) -> Option<Range<usize>> {
    let before = text.get(..found.start).unwrap_or_default();
    let joined = match before {
        [.., digit, b'-' | b'.' | b'/' | b':'] => digit.is_ascii_digit(),
        [.., byte] => byte.is_ascii_alphanumeric() || b"+_#=$".contains(byte),
        [] => false,
    };
    let matched = text.get(found.clone()).filter(|_| !joined)?;
    let (mut digits, mut groups, mut ends) = ([0_u8; MOST], [0_usize; MOST], [0_usize; MOST]);
    let (mut taken, mut grouped, mut in_group) = (0, 0, false);
    for (at, byte) in matched.iter().enumerate() {
        if !byte.is_ascii_digit() {
            grouped += usize::from(in_group);
            in_group = false;
            continue;
        }
        let (Some(digit), Some(group), Some(end)) =
            (digits.get_mut(taken), groups.get_mut(grouped), ends.get_mut(grouped))
        else {
            break;
        };
        (*digit, *end, in_group) = (*byte, at + 1, true);
        *group += 1;
        taken += 1;
    }
    let whole = grouped + usize::from(in_group);
    (1..=whole).rev().find_map(|count| {
        let (groups, end) = (groups.get(..count)?, *ends.get(count - 1)?);
        let digits = digits.get(..groups.iter().sum())?;
        if digits.len() < SHORTEST {
            return None;
        }
        let follows_on = match text.get(found.start + end..).unwrap_or_default() {
            [b'-' | b'.' | b'/', digit, ..] => digit.is_ascii_digit(),
            [byte, ..] => byte.is_ascii_digit(),
            [] => false,
        };
        let spaced = matched.get(..end)?.contains(&b' ');
        let after = text.get(found.start + end..);
        let goes_on = spaced && matches!(after, Some([b' ', digit, ..]) if digit.is_ascii_digit());
        let written = Written {
            text: matched.get(..end)?,
            digits,
            groups,
            goes_on,
        };
        if follows_on {
            None
        } else {
            accept(&written, found.start..found.start + end)
        }
    })
}

/// Digits of the country code that a number begins with, ITU-T E.164.
fn country_code(digits: &[u8]) -> Option<usize> {
    match (number(digits, 0..1), number(digits, 0..2)) {
        (1 | 7, _) => Some(1),
        (_, 20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86 | 90..=95 | 98) => {
            Some(2)
        }
        (_, 21..=26 | 29 | 35 | 37 | 38 | 42 | 50 | 59 | 67..=69 | 80 | 85 | 87 | 88 | 96 | 97 | 99) => Some(3),
        _ => None,
    }
}

/// Whether the first groups are a day, perhaps with a time after it.
fn is_date(written: &Written<'_>) -> bool {
    let (first, second, third) = match written.groups {
        [first, second, third, ..] => (*first, *second, *third),
        _ => return false,
    };
    let one = number(written.digits, 0..first);
    let two = number(written.digits, first..first + second);
    let three = number(written.digits, first + second..first + second + third);
    let is_year = |length: usize, year: u32| length == 4 && (1000..=2999).contains(&year);
    let small = |length: usize, value: u32| length <= 2 && (1..=31).contains(&value);
    (is_year(first, one) && small(second, two) && small(third, three))
        || (small(first, one) && small(second, two) && is_year(third, three))
        || (written.groups.len() == 3 && first == 2 && small(first, one) && small(second, two) && third == 2)
}

/// Whether the digits are two years: a span of time.
fn is_span(written: &Written<'_>) -> bool {
    let is_year = |year: u32| (1500..=2100).contains(&year);
    written.groups == [4, 4] && is_year(number(written.digits, 0..4)) && is_year(number(written.digits, 4..8))
}

/// Whether one digit makes up nearly all.
fn is_monotonous(digits: &[u8]) -> bool {
    let most = (b'0'..=b'9')
        .map(|wanted| digits.iter().filter(|digit| **digit == wanted).count())
        .max();
    most.is_some_and(|most| most + 2 > digits.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(is_number: fn(&Written<'_>) -> bool, text: &str) -> Option<&str> {
        found_at(is_number, text, 0)
    }

    fn found_at(is_number: fn(&Written<'_>) -> bool, text: &str, start: usize) -> Option<&str> {
        let accept = |written: &Written<'_>, range| is_number(written).then_some(range);
        beginnings(text.as_bytes(), start..text.len(), accept).map(|range| &text[range])
    }

    #[test]
    fn numbers_with_a_country() {
        for (text, expected) in [
            ("+44 20 7946 0958", Some("+44 20 7946 0958")),
            ("+49 (0)30 901820", Some("+49 (0)30 901820")),
            ("+1-202-555-0143", Some("+1-202-555-0143")),
            ("001-404-555-0143", Some("001-404-555-0143")),
            ("0044 20 7946 0958 2024", Some("0044 20 7946 0958")),
            ("+1 202 555 0143 99", Some("+1 202 555 0143")),
            ("+1 202 555 014", None),
            ("+28 123 456 789", None),
            ("+100000000", None),
            ("44 20 7946 0958", None),
        ] {
            assert_eq!(found(is_international, text), expected, "{text}");
        }
        assert_eq!(found_at(is_international, "1+12025550143", 1), None);
    }

    #[test]
    fn numbers_of_north_america() {
        for (text, expected) in [
            ("(202) 555-0143", Some("(202) 555-0143")),
            ("202-555-0143", Some("202-555-0143")),
            ("202.555.0143", Some("202.555.0143")),
            ("202 555 0143", Some("202 555 0143")),
            ("1-800-555-0143", Some("1-800-555-0143")),
            ("202-555-0143 2024", Some("202-555-0143")),
            ("102 555 0143", None),
            ("2025550143", None),
            ("202-555-01432", None),
        ] {
            assert_eq!(found(is_north_american, text), expected, "{text}");
        }
        assert_eq!(found_at(is_north_american, "7-202-555-0143", 2), None);
    }

    #[test]
    fn numbers_of_other_countries() {
        for (text, expected) in [
            ("020 7946 0958", Some("020 7946 0958")),
            ("01 23 45 67 89", Some("01 23 45 67 89")),
            ("01.23.45.67.89", Some("01.23.45.67.89")),
            ("030/901820", Some("030/901820")),
            ("090-1234-5678", Some("090-1234-5678")),
            ("(08) 8312 1234", Some("(08) 8312 1234")),
            ("(11) 98456-5666", Some("(11) 98456-5666")),
            ("0 (917) 123 4567", Some("0 (917) 123 4567")),
            ("0 532 123 45 67", Some("0 532 123 45 67")),
            ("05321234567", Some("05321234567")),
            ("0612345670", Some("0612345670")),
            ("0306406152", None),
            ("01234567890", None),
            ("0-19-8534-531", None),
            ("053212345678901", None),
            ("01.02.2024", None),
            ("01/02/2024 10", None),
            ("078-05-1120", None),
            ("0-306-40615-2", None),
            ("(1998) 279 535", None),
            ("612 345 678", None),
        ] {
            assert_eq!(found(is_national, text), expected, "{text}");
        }
    }

    #[test]
    fn groups_that_little_else_has() {
        for (text, expected) in [
            ("532 123 45 67", Some("532 123 45 67")),
            ("8 912 345-67-89", Some("8 912 345-67-89")),
            ("138 1234 5678", Some("138 1234 5678")),
            ("532 123 45 67 89", None),
            ("132 123 45 67", None),
            ("128 1234 5678", None),
        ] {
            assert_eq!(found(is_grouped, text), expected, "{text}");
        }
    }

    #[test]
    fn digits_that_words_make_a_number() {
        for (text, expected) in [
            ("2025550143", Some("2025550143")),
            ("555-0143", Some("555-0143")),
            ("612 345 678", Some("612 345 678")),
            ("13812345678", Some("13812345678")),
            ("12345", None),
            ("2024-05-12", None),
            ("12/05/2024 10", None),
            ("1990-2024", None),
            ("12 34 56 78 90 12 34", None),
            ("2025550143 2025550144", Some("2025550143")),
            ("0000000000", None),
            ("1 2 3 4 5 6 7", None),
        ] {
            assert_eq!(found(is_plausible, text), expected, "{text}");
        }
    }
}
