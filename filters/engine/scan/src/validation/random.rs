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
    let joint = matched.iter().rposition(|byte| b" \t=:>\"'`".contains(byte))?;
    let value = matched.get(joint + 1..)?;
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let others = value
        .iter()
        .filter(|byte| byte.is_ascii_digit() || b"!@#%^&*?+~".contains(byte));
    let plain = !value.first().is_some_and(|first| b"$%{<[(&/.*".contains(first))
        && !value.iter().any(|byte| b"(){}[]<>".contains(byte))
        && !text.get(found.end).is_some_and(|next| b"([{".contains(next));
    let distinct = distinct(value);
    let is_value = plain && value.len() >= 5 && letters >= 2 && distinct >= 4 && others.count() >= 1;
    (is_value && !is_stand_in(value)).then_some(found.start + joint + 1..found.end)
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
    let hexadecimal = token.iter().all(u8::is_ascii_hexdigit);
    #[expect(clippy::cast_precision_loss, reason = "at most 256 characters")]
    let length = token.len() as f64;
    // Of a thousand random tokens, 16 characters or longer, one has less.
    let least = length.log2() * if hexadecimal { 0.58 } else { 0.70 };
    !is_stand_in(token) && information(token) >= least && !repeats(token)
}

/// Bits of information in a character, after Shannon.
fn information(token: &[u8]) -> f64 {
    let mut counts = [0_u16; 256];
    for byte in token {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 256 characters")]
    let length = token.len() as f64;
    let parts = counts.iter().filter(|count| **count > 0).map(|count| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    });
    parts.sum()
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
        ] {
            assert_eq!(found(password, text), expected, "{text}");
        }
    }
}
