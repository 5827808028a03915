//! Whether the secret part of a match looks as if chance had made it, and not a person to show where a secret goes.

use core::ops::Range;

/// What a credential is called in examples, in lower case. Chance writes none of them in a token.
const STAND_INS: [&[u8]; 14] = [
    b"example",
    b"xxxx",
    b"****",
    b"....",
    b"your",
    b"placeholder",
    b"change",
    b"redacted",
    b"dummy",
    b"sample",
    b"insert",
    b"replace",
    b"goes_here",
    b"goes-here",
];

/// Bytes of the longest secret that is looked at; longer ones are judged by their beginning.
const LONGEST: usize = 256;
/// As many characters each one more (or one less, or the same) than the one before are counting, not chance.
const COUNTING: usize = 7;

/// The token a match ends with, if it looks random: `AccountKey=…` is a name and a token.
pub(super) fn entropy(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let token = last_token(text, found)?;
    is_random(text.get(token.clone())?).then_some(token)
}

/// As [`entropy`], for what is a secret only because it is given as one: it must also have digits and letters, and
/// change between them as chance does and words joined by dashes do not.
pub(super) fn assigned(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let token = last_token(text, found)?;
    let bytes = text.get(token.clone())?;
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let called = text.get(token.end).is_some_and(|next| b"([{.".contains(next));
    (!called && digits >= 2 && letters >= 2 && changes(bytes) * 6 >= bytes.len() && is_random(bytes)).then_some(token)
}

/// The value of `password = …`, if it can be one: with digits or signs as well as letters, and no variable, call, path
/// or stand-in.
pub(super) fn password(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let matched = text.get(found.clone())?;
    let joint = value_joint(matched)?;
    let value = matched.get(joint + 1..)?;
    // The punctuation of the sentence is not part of it.
    let punctuation = value.iter().rev().take_while(|byte| b".,;:)".contains(byte)).count();
    let value = value.get(..value.len() - punctuation)?;
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let others = value
        .iter()
        .filter(|byte| byte.is_ascii_digit() || b"!@#%^&*?+~".contains(byte));
    let plain = !value.first().is_some_and(|first| b"$%{<[(&/.*".contains(first))
        && !value.iter().any(|byte| b"(){}[]<>".contains(byte))
        && !text.get(found.end).is_some_and(|next| b"([{".contains(next));
    let distinct = distinct(value);
    let is_value = plain && value.len() >= 5 && letters >= 2 && distinct >= 4 && others.count() >= 1;
    (is_value && !is_stand_in(value)).then(|| found.start + joint + 1..found.end - punctuation)
}

/// The last byte before the value of an assignment, which may have signs in it, but no space or quote.
fn value_joint(matched: &[u8]) -> Option<usize> {
    let quoted = matched
        .iter()
        .rposition(|byte| byte.is_ascii_whitespace() || b"\"'`".contains(byte));
    let signed = matched.iter().position(|byte| b"=:>".contains(byte));
    // A colon of Chinese and Japanese has three bytes, and so do the words for "is"; all begin with one of these.
    let wide = || {
        matched
            .windows(3)
            .rposition(|part| matches!(part, [0xef, 0xbc, 0x9a] | [0xe6, 0x98, 0xaf] | [0xe3, 0x81, 0xaf]))
    };
    let wide = wide().map(|place| place + 2);
    let signed = signed.map(|first| {
        let more = matched.get(first + 1..).unwrap_or_default();
        first + more.iter().take_while(|byte| b"=:>".contains(byte)).count()
    });
    quoted.max(signed).max(wide)
}

/// What people write for a password in an address that shows where it goes.
const USUAL: [&[u8]; 10] = [
    b"password",
    b"passwd",
    b"pass",
    b"pwd",
    b"secret",
    b"user",
    b"token",
    b"pw",
    b"mypassword",
    b"hunter2",
];

/// The password of `scheme://user:password@host`, if it is no variable or stand-in.
pub(super) fn url_password(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let matched = text.get(found.clone())?;
    let at = matched.iter().rposition(|byte| *byte == b'@')?;
    let user = matched.windows(3).position(|part| part == b"://")? + 3;
    let colon = user + matched.get(user..at)?.iter().position(|byte| *byte == b':')?;
    let value = matched.get(colon + 1..at)?;
    let variable = value.first().is_some_and(|first| b"$%{[(*".contains(first)) || value.contains(&b'{');
    let usual = USUAL.iter().any(|word| word.eq_ignore_ascii_case(value));
    (!variable && !usual && distinct(value) >= 3 && !is_stand_in(value))
        .then_some(found.start + colon + 1..found.start + at)
}

/// The run of characters of tokens that a range ends with; `=` belongs to it only at the very end, as padding.
fn last_token(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let matched = text.get(found.clone())?;
    let padding = matched.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = matched.get(..matched.len() - padding)?;
    let in_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/_-.~".contains(byte);
    let start = body
        .iter()
        .rposition(|byte| !in_token(byte))
        .map_or(0, |before| before + 1);
    (start < body.len()).then_some(found.start + start..found.end)
}

/// Whether a token has about as much information for its length as chance gives, and is nobody's example.
pub(super) fn is_random(token: &[u8]) -> bool {
    let token = token.get(..LONGEST).unwrap_or(token);
    // What stands before hexadecimal digits is a prefix: they have less information than other characters.
    let runs = token.split(|byte| !byte.is_ascii_hexdigit() && *byte != b'-');
    let digits = runs.max_by_key(|run| run.len()).unwrap_or_default();
    let all = token.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
    let hexadecimal = digits.len() >= 16 && all * 5 >= token.len() * 3;
    // Of a thousand random tokens of up to 64 characters one has less; and none of the longer ones.
    let (part, percent, enough) = if hexadecimal {
        (digits, 58, 340)
    } else {
        (token, 70, 420)
    };
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    let least = u64::min(u64::from(logarithm(length)) * percent, enough << FRACTION);
    !is_stand_in(token) && u64::from(information(part)) * 100 >= least && !repeats(token)
}

/// Bits after the point in logarithms.
const FRACTION: u32 = 16;

/// Bits of information in a character, after Shannon, times 2^16.
fn information(token: &[u8]) -> u32 {
    let mut counts = [0_u16; 256];
    for byte in token {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let length = u32::try_from(token.len()).unwrap_or(u32::MAX);
    let counts = counts.iter().map(|count| u32::from(*count));
    let known: u32 = counts.map(|count| count * logarithm(count)).sum();
    logarithm(length).saturating_sub(known.checked_div(length).unwrap_or(0))
}

/// The logarithm to base 2, times 2^16; of 0 it is 0. In integers: that of floats brings 3 KB of tables.
fn logarithm(number: u32) -> u32 {
    let Some(whole) = number.checked_ilog2() else { return 0 };
    // From 1 to 2, times 2^31. Squared, its logarithm has one bit more before the point.
    let mut rest = u64::from(number) << (31 - whole);
    let mut logarithm = whole;
    for _ in 0..FRACTION {
        rest = (rest * rest) >> 31;
        let carry = rest >= 1 << 32;
        logarithm = logarithm << 1 | u32::from(carry);
        rest >>= u32::from(carry);
    }
    logarithm
}

/// Whether most of a token is what stood in it before: the same four characters again and again.
fn repeats(token: &[u8]) -> bool {
    let pieces = token.len().saturating_sub(3);
    let again = (1..pieces).filter(|place| {
        let piece = token.get(*place..*place + 4).unwrap_or_default();
        token
            .get(..*place + 3)
            .is_some_and(|before| before.windows(4).any(|earlier| earlier == piece))
    });
    pieces >= 8 && again.count() * 2 >= pieces
}

/// How often the kind of character changes: lower case, upper case, digit.
fn changes(token: &[u8]) -> usize {
    let kind = |byte: &u8| match byte {
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 3,
        _ => 0,
    };
    token
        .windows(2)
        .filter(|pair| match pair {
            [left, right] => kind(left) * kind(right) > 0 && kind(left) != kind(right),
            _ => false,
        })
        .count()
}

fn distinct(token: &[u8]) -> usize {
    let new = |place: &usize| {
        !token
            .get(..*place)
            .unwrap_or_default()
            .iter()
            .any(|byte| token.get(*place) == Some(byte))
    };
    (0..token.len()).filter(new).count()
}

/// Whether a token only shows where one goes.
fn is_stand_in(token: &[u8]) -> bool {
    let has = |word: &&[u8]| token.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    STAND_INS.iter().any(has) || counts(token)
}

/// Whether a token has counting in it, up or down, or the same character many times over.
fn counts(token: &[u8]) -> bool {
    let steps = |step: i16| {
        let mut run = 1;
        token.windows(2).any(|pair| {
            let next = matches!(pair, [left, right] if i16::from(*right) - i16::from(*left) == step);
            run = if next { run + 1 } else { 1 };
            run >= COUNTING
        })
    };
    steps(1) || steps(-1) || steps(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(check: fn(&[u8], Range<usize>) -> Option<Range<usize>>, text: &str) -> Option<&str> {
        check(text.as_bytes(), 0..text.len()).map(|range| &text[range])
    }

    #[test]
    fn logarithms_are_those_of_floats() {
        for number in 1..=512_u32 {
            let expected = f64::from(number).log2() * 65_536.0;
            let difference = f64::from(logarithm(number)) - expected;
            assert!((-1.01..=0.0).contains(&difference), "{number}: {difference}");
        }
        assert_eq!(logarithm(0), 0);
    }

    #[test]
    fn a_random_token_is_told_from_an_example() {
        for (text, expected) in [
            (
                "AccountKey=Zm94anVtcHNvdmVydGhlbGF6eWRvZzQy==",
                Some("Zm94anVtcHNvdmVydGhlbGF6eWRvZzQy=="),
            ),
            (
                "tok_Qu1ckBr0wnF0xJumps0v3rL4zyD0g",
                Some("tok_Qu1ckBr0wnF0xJumps0v3rL4zyD0g"),
            ),
            (
                "0badc0de5ca1ab1e0ddba11deadbeef7",
                Some("0badc0de5ca1ab1e0ddba11deadbeef7"),
            ),
            ("key: 9f8a1c3b7d2e4f60", Some("9f8a1c3b7d2e4f60")),
            ("tok_EXAMPLEexample0EXAMPLEexample0", None),
            ("tok_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", None),
            ("tok_YourTokenQ7k2Z9p4W1m8", None),
            ("00000000000000000000000000000000", None),
            ("0123456789abcdef0123456789abcdef", None),
            ("abababababababababababababababab", None),
            ("deadbeefdeadbeefdeadbeefdeadbeef", None),
            ("tok_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", None),
        ] {
            assert_eq!(found(entropy, text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_given_as_a_secret_must_not_be_words() {
        for (text, expected) in [
            ("api_key = \"q7Rz2LmX9vTb4KpW\"", None), // ends in a quote, which no regex takes in
            ("api_key = \"q7Rz2LmX9vTb4KpW", Some("q7Rz2LmX9vTb4KpW")),
            ("token: 4f9d2c81b7e6a350", Some("4f9d2c81b7e6a350")),
            ("secret=the-name-of-the-secret-2024", None),
            ("secret=my_application_secret_v2_eu1", None),
            ("token=tokenizer_from_pretrained", None),
        ] {
            assert_eq!(found(assigned, text), expected, "{text}");
        }
        let call = b"token=q7Rz2LmX9vTb4KpW(1)";
        assert_eq!(assigned(call, 0..22), None);
    }

    #[test]
    fn an_address_has_a_password_if_it_is_no_variable() {
        for (text, expected) in [
            ("postgres://app:q7Rz2Lm@d", Some("q7Rz2Lm")),
            ("redis://:q7Rz:2Lm@d", Some("q7Rz:2Lm")),
            ("https://user:password@d", None),
            ("https://user:$PASSWORD@d", None),
            ("https://user:{password}@d", None),
            ("https://user:****@d", None),
            ("https://user:xxxxxx@d", None),
        ] {
            assert_eq!(found(url_password, text), expected, "{text}");
        }
    }

    #[test]
    fn a_password_is_a_value_and_no_variable() {
        for (text, expected) in [
            ("password = hunter2x", Some("hunter2x")),
            ("password: \"Tr0ub4dor&3", Some("Tr0ub4dor&3")),
            ("passwd=correct#horse", Some("correct#horse")),
            ("password = required", None),
            ("password=$DB_PASSWORD1", None),
            ("password = <password1>", None),
            ("password = getpass1()", None),
            ("password: changeme1", None),
            ("password: 12345678", None),
            ("password=a=b:c#1", Some("a=b:c#1")),
            ("the password is hunter2x.", Some("hunter2x")),
            ("密码：hunter2x", Some("hunter2x")),
        ] {
            assert_eq!(found(password, text), expected, "{text}");
        }
    }
}
