//! Keys of AWS, as its own tools keep them.

use bartizan_platform::secret::Secret;

use super::source::Unreadable;
use crate::credential::{AwsKeys, Credential};

/// Reads a part of a credentials file: `[profile]`, then lines of `name = value`; `#` and `;` begin comments.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>
pub(super) fn from_file(text: &Secret<String>, profile: &str) -> Result<Credential, Unreadable> {
    let mut is_ours = false;
    let (mut id, mut secret, mut token) = (None, None, None);
    for line in text.expose().lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            is_ours = name.trim() == profile;
        } else if is_ours
            && !line.starts_with(['#', ';'])
            && let Some((name, value)) = line.split_once('=')
        {
            let value = value.trim();
            match name.trim() {
                "aws_access_key_id" => id = Some(value),
                "aws_secret_access_key" => secret = Some(value),
                "aws_session_token" => token = Some(value).filter(|value| !value.is_empty()),
                _ => {}
            }
        }
    }
    let (Some(id), Some(secret)) = (id, secret) else {
        return Err(Unreadable::NoProfile(profile.to_owned()));
    };
    let token = token.map(|token| Secret::new(token.to_owned()));
    AwsKeys::new(id, Secret::new(secret.to_owned()), token).map(Credential::Aws)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, profile: &str) -> Option<(String, String, Option<String>)> {
        let Credential::Aws(keys) = from_file(&Secret::new(text.to_owned()), profile).ok()? else {
            return None;
        };
        let token = keys.session_token.as_ref().map(|token| token.expose().clone());
        Some((
            keys.access_key_id.clone(),
            keys.secret_access_key.expose().clone(),
            token,
        ))
    }

    #[test]
    fn a_profile_is_read_from_a_credentials_file() {
        let file = "# mine\n[default]\naws_access_key_id = ID1\naws_secret_access_key=a=b/c\nregion = x\n\n\
                    [ other ]\naws_access_key_id=ID2\n;aws_session_token=old\naws_secret_access_key = s2\n\
                    aws_session_token = t2\n[half]\naws_access_key_id=ID3\n";
        let owned = |id: &str, secret: &str, token: Option<&str>| {
            Some((id.to_owned(), secret.to_owned(), token.map(str::to_owned)))
        };
        let table = [
            ("default", owned("ID1", "a=b/c", None)),
            ("other", owned("ID2", "s2", Some("t2"))),
            ("half", None),
            ("absent", None),
        ];
        for (profile, expected) in table {
            assert_eq!(read(file, profile), expected, "{profile}");
        }
    }
}
