//! Texts of a certain form. Their titles and descriptions make the messages: a text that does not fit "is not a
//! `<title>`; write `<description>`".

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

macro_rules! text {
    ($(#[$meta:meta])* $name:ident: $title:literal, $description:literal, $pattern:literal, $longest:literal $(, $extra:literal: $value:expr)*) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
        #[serde(transparent)]
        pub(crate) struct $name(String);

        impl $name {
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "title": $title,
                    "description": $description,
                    "pattern": $pattern,
                    "maxLength": $longest
                    $(, $extra: $value)*
                })
            }
        }
    };
}

text! {
    /// Name of a document.
    Name: "name", "Lower-case letters, digits, `-` and `.`, such as `team-a`.", "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", 253
}

text! {
    /// Name of a model, as vendors form them.
    ModelName: "model name", "Letters, digits and `._:/@+-`, such as `gpt-4o-mini`.", "^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$", 253
}

text! {
    /// A model, or all whose names begin alike.
    ModelPattern: "model name or pattern", "A model's name, the beginning of names and `*`, such as `gpt-*`, or `*`.", "^([A-Za-z0-9][A-Za-z0-9._:/@+-]*)?[*]?$", 254, "minLength": 1
}

text! {
    /// A provider, or all whose names begin alike.
    ProviderPattern: "provider's name or pattern", "A Provider's name, the beginning of names and `*`, such as `openai-*`, or `*`.", "^([a-z0-9][a-z0-9.-]*)?[*]?$", 254, "minLength": 1
}

text! {
    /// A currency.
    Currency: "currency", "The three letters of ISO 4217, such as `USD`.", "^[A-Z]{3}$", 3
}

text! {
    /// A path of requests, or all that begin alike.
    RoutePattern: "path or pattern", "A path without query, or the beginning of paths and `*`, such as `/v1/messages` or `/v1/*`.", "^/[^?#* ]*[*]?$", 2048
}

text! {
    /// A text that is a false alarm.
    AllowedText: "text", "Up to 4000 bytes, not only white space.", "[^\\s]", 4000
}

text! {
    /// Name of an API key.
    KeyId: "key id", "Letters, digits, `-`, `_` and `.`, such as `production-2`.", "^[A-Za-z0-9][A-Za-z0-9._-]*$", 253
}

text! {
    /// SHA-256 of an API key.
    Sha256: "SHA-256", "The 64 hexadecimal digits that `bartizan key new` prints, never the key itself.", "^[0-9a-fA-F]{64}$", 64, "writeOnly": true
}

text! {
    /// A moment.
    Time: "time", "A date and a time in UTC, such as `2027-01-01T00:00:00Z`.", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})$", 25
}

text! {
    /// The window of a limit.
    Window: "duration", "A number and s, m, h or d, such as `1m`.", "^[1-9][0-9]{0,8}(s|m|h|d)$", 10
}

text! {
    /// How long something may take.
    Duration: "duration", "A number and ms, s, m or h, such as `30s`.", "^[1-9][0-9]{0,8}(ms|s|m|h)$", 11
}

text! {
    /// Where a provider is.
    BaseUrl: "base URL", "A scheme, a host and perhaps a path, such as `https://api.openai.com/v1`.", "^https?://[^/?#@ ]+[^?# ]*$", 2048
}

text! {
    /// A region of Amazon Web Services.
    Region: "region", "A region of AWS, such as `eu-central-1`.", "^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", 32
}

text! {
    /// A dated version of Azure OpenAI's API.
    AzureVersion: "dated version of Azure OpenAI's API", "A date, perhaps with `-preview`, such as `2024-10-21`.", "^20[0-9]{2}-[0-9]{2}-[0-9]{2}(-preview)?$", 18
}

text! {
    /// Name of an environment variable.
    EnvironmentVariable: "name of an environment variable", "Letters, digits and `_`, such as `OPENAI_API_KEY`; the credential itself belongs in the environment.", "^[A-Za-z_][A-Za-z0-9_]*$", 256, "writeOnly": true
}

text! {
    /// Path of a file.
    FilePath: "path of a file", "A path, such as `/run/secrets/openai`.", "^[^\\x00]+$", 4096
}

text! {
    /// A path in HashiCorp Vault.
    VaultPath: "path in Vault", "Letters, digits, `.`, `_` and `-`, with `/` in between, such as `providers/openai`.", "^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$", 512
}

text! {
    /// Name of a header.
    HeaderName: "name of a header", "Letters, digits and `-`, such as `x-canary`.", "^[A-Za-z0-9][A-Za-z0-9-]*$", 128
}

text! {
    /// Value of a header.
    HeaderValue: "value of a header", "Up to 1000 printable characters of ASCII, such as `yes`.", "^[!-~]([ -~]*[!-~])?$", 1000
}

impl Window {
    /// In nanoseconds; `None` if that is more than 64 bits hold.
    pub(crate) fn nanoseconds(&self) -> Option<u64> {
        nanoseconds(&self.0)
    }
}

impl Duration {
    /// The length of time; `None` if its nanoseconds are more than 64 bits hold.
    pub(crate) fn length(&self) -> Option<std::time::Duration> {
        nanoseconds(&self.0).map(std::time::Duration::from_nanos)
    }
}

fn nanoseconds(text: &str) -> Option<u64> {
    let unit_at = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(unit_at)?;
    let unit: u64 = match unit {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_units() {
        let table = [
            ("1s", Some(1_000_000_000)),
            ("250ms", Some(250_000_000)),
            ("1m", Some(60_000_000_000)),
            ("2h", Some(7_200_000_000_000)),
            ("366d", Some(bartizan_limit::MAX_WINDOW)),
            ("999999999d", None),
            ("1", None),
            ("s", None),
            ("1w", None),
            ("-1s", None),
        ];
        for (text, expected) in table {
            assert_eq!(nanoseconds(text), expected, "{text}");
        }
    }
}
