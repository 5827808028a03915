//! What proves to a provider that we may call it, in the form that it is used in.

use std::fmt;

use bartizan_platform::secret::Secret;
use bartizan_policy::ProviderKind;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use zeroize::Zeroizing;

use crate::{
    header::{API_KEY, X_API_KEY, X_GOOG_API_KEY},
    secret::Unreadable,
};

/// A credential for one provider. Nothing of it prints, and its memory is overwritten when the last use is over; what
/// the connection has buffered is out of our hands.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// Sent along with each request.
    Key(ApiKey),
    /// Signs each request.
    Aws(AwsKeys),
}

/// A key in the form that each provider wants it.
#[derive(Clone)]
pub(crate) struct ApiKey {
    value: Secret<String>,
    bearer: HeaderValue,
    key: HeaderValue,
}

/// Keys of an AWS account. The id is no secret: it is in every signature.
#[derive(Clone)]
pub(crate) struct AwsKeys {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: Secret<String>,
    /// Of temporary keys.
    pub(crate) session_token: Option<Secret<String>>,
}

// === impl Credential ===

impl Credential {
    pub(crate) fn key(value: Secret<String>) -> Result<Self, Unreadable> {
        ApiKey::new(value).map(Self::Key)
    }

    /// Text of the provider without our credential, should it repeat it.
    pub(crate) fn erased_from(&self, text: &str) -> String {
        match self {
            Self::Key(key) => text.replace(key.value.expose().as_str(), ERASED),
            Self::Aws(keys) => {
                let without = text.replace(keys.secret_access_key.expose().as_str(), ERASED);
                match &keys.session_token {
                    Some(token) => without.replace(token.expose().as_str(), ERASED),
                    None => without,
                }
            }
        }
    }
}

impl PartialEq for Credential {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(one), Self::Key(other)) => one.value.matches(other.value.expose().as_bytes()),
            (Self::Aws(one), Self::Aws(other)) => {
                let token = |keys: &AwsKeys| keys.session_token.as_ref().map(|token| token.expose().clone());
                one.access_key_id == other.access_key_id
                    && one
                        .secret_access_key
                        .matches(other.secret_access_key.expose().as_bytes())
                    && token(one).map(Zeroizing::new) == token(other).map(Zeroizing::new)
            }
            (Self::Key(_), Self::Aws(_)) | (Self::Aws(_), Self::Key(_)) => false,
        }
    }
}

const ERASED: &str = "[credential]";

// === impl ApiKey ===

impl ApiKey {
    fn new(value: Secret<String>) -> Result<Self, Unreadable> {
        if value.expose().is_empty() {
            return Err(Unreadable::Malformed);
        }
        Ok(Self {
            bearer: secret_header(&["Bearer ", value.expose()])?,
            key: secret_header(&[value.expose()])?,
            value,
        })
    }

    /// The header in which a provider wants it. Bedrock takes keys of its own besides those of an account.
    pub(crate) fn header(&self, kind: ProviderKind) -> (HeaderName, HeaderValue) {
        match kind {
            ProviderKind::Sandbox
            | ProviderKind::OpenAi
            | ProviderKind::OpenAiCompatible
            | ProviderKind::Bedrock
            | ProviderKind::Mcp => (header::AUTHORIZATION, self.bearer.clone()),
            ProviderKind::Anthropic => (X_API_KEY, self.key.clone()),
            ProviderKind::AzureOpenAi => (API_KEY, self.key.clone()),
            ProviderKind::Gemini => (X_GOOG_API_KEY, self.key.clone()),
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

/// The value of a header that is never logged nor put into a compression table. Its bytes are shared by all clones and
/// overwritten when the last is dropped.
pub(crate) fn secret_header(parts: &[&str]) -> Result<HeaderValue, Unreadable> {
    let bytes = Zeroizing::new(parts.concat().into_bytes());
    let mut header = HeaderValue::from_maybe_shared(Bytes::from_owner(bytes)).map_err(|_| Unreadable::Malformed)?;
    header.set_sensitive(true);
    Ok(header)
}

// === impl AwsKeys ===

impl AwsKeys {
    /// # Errors
    /// When one of them is empty or has other characters than keys have.
    pub(crate) fn new(id: &str, secret: Secret<String>, token: Option<Secret<String>>) -> Result<Self, Unreadable> {
        let is_good = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        let are_good =
            is_good(id) && is_good(secret.expose()) && token.as_ref().is_none_or(|token| is_good(token.expose()));
        if !are_good {
            return Err(Unreadable::Malformed);
        }
        Ok(Self {
            access_key_id: id.to_owned(),
            secret_access_key: secret,
            session_token: token,
        })
    }
}

impl fmt::Debug for AwsKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(value: &str) -> Result<ApiKey, Unreadable> {
        ApiKey::new(Secret::new(value.to_owned()))
    }

    fn aws(id: &str, secret: &str, token: Option<&str>) -> Result<Credential, Unreadable> {
        let token = token.map(|token| Secret::new(token.to_owned()));
        AwsKeys::new(id, Secret::new(secret.to_owned()), token).map(Credential::Aws)
    }

    #[test]
    fn a_credential_never_prints() {
        let key = key("sk-planted").unwrap();
        assert_eq!(key.header(ProviderKind::OpenAi).1, "Bearer sk-planted");
        assert_eq!(key.header(ProviderKind::Anthropic).1, "sk-planted");
        let keys = aws("AKIDPLANTED", "planted/secret", Some("planted-token")).unwrap();
        for printed in [
            format!("{key:?}"),
            format!("{:?}", key.header(ProviderKind::OpenAi)),
            format!("{keys:?}"),
        ] {
            assert!(!printed.to_lowercase().contains("planted"), "{printed}");
        }
    }

    #[test]
    fn each_provider_gets_a_key_in_its_own_header() {
        let key = key("sk-1").unwrap();
        let table = [
            (ProviderKind::OpenAi, "authorization", "Bearer sk-1"),
            (ProviderKind::OpenAiCompatible, "authorization", "Bearer sk-1"),
            (ProviderKind::Bedrock, "authorization", "Bearer sk-1"),
            (ProviderKind::Anthropic, "x-api-key", "sk-1"),
            (ProviderKind::AzureOpenAi, "api-key", "sk-1"),
            (ProviderKind::Gemini, "x-goog-api-key", "sk-1"),
        ];
        for (kind, name, value) in table {
            let (header, content) = key.header(kind);
            assert_eq!((header.as_str(), content.to_str().unwrap()), (name, value), "{kind:?}");
            assert!(content.is_sensitive());
        }
    }

    #[test]
    fn a_credential_that_cannot_be_used_is_refused_without_repeating_it() {
        for bad in ["", "sk-a\nb", "sk-\u{7f}"] {
            let error = key(bad).unwrap_err().to_string();
            assert!(error.contains("empty or has characters"), "{bad:?}: {error}");
        }
        for (id, secret, token) in [
            ("", "s", None),
            ("i", "", None),
            ("i", "s t", None),
            ("i", "s", Some("")),
        ] {
            assert!(aws(id, secret, token).is_err(), "{id} {secret} {token:?}");
        }
    }

    #[test]
    fn a_provider_that_repeats_a_credential_is_not() {
        let key = Credential::key(Secret::new("sk-planted".to_owned())).unwrap();
        assert_eq!(key.erased_from("bad key sk-planted!"), "bad key [credential]!");
        let keys = aws("AKID", "planted", Some("token")).unwrap();
        assert_eq!(keys.erased_from("AKID planted token"), "AKID [credential] [credential]");
    }

    #[test]
    fn the_same_credential_is_recognised() {
        let key = |value: &str| Credential::key(Secret::new(value.to_owned())).unwrap();
        assert!(key("a") == key("a") && key("a") != key("b"));
        let one = aws("i", "s", Some("t")).unwrap();
        assert!(one == one.clone() && one != aws("i", "s", None).unwrap() && one != key("s"));
    }
}
