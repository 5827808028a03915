use std::borrow::Cow;

use serde_json::Number;

use super::Value;

/// The core schema (YAML 1.2.2, section 10.3.2), less what JSON cannot say: infinities and NaN stay text.
pub(super) fn resolve_plain(text: Cow<'_, str>) -> Value<'_> {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Boolean(true),
        "false" | "False" | "FALSE" => return Value::Boolean(false),
        _ => {}
    }
    let numeric = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let unsigned = text.strip_prefix('+').unwrap_or(&text);
    let number = match (numeric, text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (true, ..) => unsigned
            .parse::<u64>()
            .map(Number::from)
            .or_else(|_| unsigned.parse::<i64>().map(Number::from))
            .ok()
            .or_else(|| Number::from_f64(unsigned.parse::<f64>().ok()?)),
        (false, Some(digits), _) => u64::from_str_radix(digits, 16).ok().map(Number::from),
        (false, None, Some(digits)) => u64::from_str_radix(digits, 8).ok().map(Number::from),
        (false, None, None) => None,
    };
    match number {
        Some(number) => Value::Number(number, text),
        None => Value::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Node, Place};

    #[test]
    fn scalars_are_what_the_core_schema_says() {
        let table = [
            ("1", "1"),
            ("-1", "-1"),
            ("+7", "7"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "1.8446744073709552e+19"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("1.5", "1.5"),
            ("1e3", "1000.0"),
            (".inf", "\".inf\""),
            ("1m", "\"1m\""),
            ("no", "\"no\""),
            ("e", "\"e\""),
            ("", "null"),
            ("-", "\"-\""),
            ("true", "true"),
            ("~", "null"),
            ("2027-01-01T00:00:00Z", "\"2027-01-01T00:00:00Z\""),
        ];
        for (text, expected) in table {
            let node = Node {
                place: Place::default(),
                value: resolve_plain(text.into()),
            };
            assert_eq!(node.to_json().to_string(), expected, "{text}");
        }
    }
}
