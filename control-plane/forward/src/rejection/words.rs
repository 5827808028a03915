//! What a provider says of its refusal, in its own form.

use bartizan_policy::ProviderKind;
use bartizan_verdict::Reason;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use crate::header::X_AMZN_ERRORTYPE;

/// What an error's body and headers say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Words {
    /// For people.
    pub(super) message: Option<String>,
    /// `type`, `code` and `param`, for programs.
    pub(super) kind: Option<Value>,
    pub(super) code: Option<Value>,
    pub(super) param: Option<Value>,
    /// What it comes to, where the status alone does not tell.
    pub(super) reason: Option<Reason>,
    /// Seconds to wait.
    pub(super) retry_after: Option<u32>,
}

/// OpenAI's, Anthropic's and Azure's: all have `error.message`.
#[derive(Deserialize)]
struct Common {
    error: Details,
}

#[derive(Deserialize)]
struct Details {
    message: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Value>,
    code: Option<Value>,
    param: Option<Value>,
}

/// Google's: <https://cloud.google.com/apis/design/errors>.
#[derive(Deserialize)]
struct Google {
    error: Status,
}

#[derive(Deserialize)]
struct Status {
    message: Option<String>,
    status: Option<String>,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    reason: Option<String>,
    #[serde(rename = "retryDelay")]
    retry_delay: Option<String>,
}

/// Amazon's, whose name is in a header: <https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html>.
#[derive(Deserialize)]
struct Amazon {
    #[serde(alias = "Message")]
    message: Option<String>,
}

/// Whether the status of an answer does not tell enough without its body.
pub(super) const fn has_more_to_say(kind: ProviderKind) -> bool {
    matches!(kind, ProviderKind::Gemini | ProviderKind::Bedrock)
}

/// Reads an error's body; nothing of one that is in no form known.
pub(super) fn read(kind: ProviderKind, headers: &HeaderMap, body: &[u8]) -> Words {
    match kind {
        ProviderKind::Gemini => google(body),
        ProviderKind::Bedrock => amazon(headers, body),
        ProviderKind::Sandbox
        | ProviderKind::OpenAi
        | ProviderKind::OpenAiCompatible
        | ProviderKind::AzureOpenAi
        | ProviderKind::Anthropic
        | ProviderKind::Mcp => common(body),
    }
}

fn common(body: &[u8]) -> Words {
    let Ok(Common { error }) = serde_json::from_slice(body) else {
        return Words::default();
    };
    Words {
        message: error.message,
        kind: error.kind,
        code: error.code,
        param: error.param,
        ..Words::default()
    }
}

/// A bad key and a country that is not served are the operator's to mend, though Google calls them bad requests.
fn google(body: &[u8]) -> Words {
    // A stream's error comes in a list; first, as a list is also read as the members of an object.
    let list = serde_json::from_slice::<[Google; 1]>(body).map(|[one]| one);
    let Ok(Google { error }) = list.or_else(|_| serde_json::from_slice(body)) else {
        return Words::default();
    };
    let has = |word: &str| {
        let mut reasons = error.details.iter().filter_map(|detail| detail.reason.as_deref());
        reasons.any(|reason| reason.starts_with(word))
    };
    let reason = match error.status.as_deref() {
        Some("INVALID_ARGUMENT") if has("API_KEY") => Some(Reason::ProviderFailed),
        Some("FAILED_PRECONDITION" | "PERMISSION_DENIED" | "UNAUTHENTICATED") => Some(Reason::ProviderFailed),
        Some("RESOURCE_EXHAUSTED") => Some(Reason::ProviderLimited),
        Some("DEADLINE_EXCEEDED") => Some(Reason::ProviderTimeout),
        Some("UNAVAILABLE") => Some(Reason::Unavailable),
        _ => None,
    };
    let delays = error.details.iter().filter_map(|detail| detail.retry_delay.as_deref());
    Words {
        message: error.message,
        code: error.status.map(Value::from),
        reason,
        retry_after: delays.filter_map(seconds).max(),
        ..Words::default()
    }
}

/// A length of time as Google writes it: `34s`, `1.5s`. Part of a second is a second more to wait.
fn seconds(text: &str) -> Option<u32> {
    let (whole, part) = match text.strip_suffix('s')?.split_once('.') {
        Some((whole, part)) => (whole, u32::from(part.bytes().any(|digit| digit != b'0'))),
        None => (text.strip_suffix('s')?, 0),
    };
    whole.parse::<u32>().ok()?.checked_add(part)
}

/// Names are those of Bedrock and of what stands before it; what they say of us is the operator's to mend.
fn amazon(headers: &HeaderMap, body: &[u8]) -> Words {
    // The name may be followed by an address: `ValidationException:http://…`.
    let name = headers.get(X_AMZN_ERRORTYPE).and_then(|name| name.to_str().ok());
    let name = name.and_then(|name| name.split(':').next());
    let reason = match name {
        Some(
            "AccessDeniedException"
            | "ExpiredTokenException"
            | "IncompleteSignatureException"
            | "InvalidSignatureException"
            | "MissingAuthenticationTokenException"
            | "UnrecognizedClientException",
        ) => Some(Reason::ProviderFailed),
        Some("ThrottlingException" | "TooManyRequestsException" | "ServiceQuotaExceededException") => {
            Some(Reason::ProviderLimited)
        }
        Some("ModelNotReadyException" | "ServiceUnavailableException") => Some(Reason::Unavailable),
        Some("ModelTimeoutException") => Some(Reason::ProviderTimeout),
        _ => None,
    };
    let body: Option<Amazon> = serde_json::from_slice(body).ok();
    Words {
        message: body
            .and_then(|body| body.message)
            .map(|message| without_accounts(&message)),
        code: name.map(Value::from),
        reason,
        ..Words::default()
    }
}

/// Text without the names of resources, which tell the operator's account and roles.
fn without_accounts(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.find("arn:") {
        Some(place) => format!("{}[resource]", word.get(..place).unwrap_or_default()),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    #[test]
    fn googles_words_tell_whose_fault_it_is() {
        let error = |status: &str, details: Value| json!({"error": {"code": 400, "message": "m", "status": status, "details": details}});
        let table = [
            (error("INVALID_ARGUMENT", json!([])), None, None),
            (
                error("INVALID_ARGUMENT", json!([{"@type": "t", "reason": "API_KEY_INVALID"}])),
                Some(Reason::ProviderFailed),
                None,
            ),
            (
                error("FAILED_PRECONDITION", json!([])),
                Some(Reason::ProviderFailed),
                None,
            ),
            (
                error(
                    "RESOURCE_EXHAUSTED",
                    json!([{"retryDelay": "34.07s"}, {"retryDelay": "never"}]),
                ),
                Some(Reason::ProviderLimited),
                Some(35),
            ),
            (
                json!([error("UNAVAILABLE", json!([]))]),
                Some(Reason::Unavailable),
                None,
            ),
        ];
        for (body, reason, retry_after) in table {
            let words = read(ProviderKind::Gemini, &HeaderMap::new(), body.to_string().as_bytes());
            assert_eq!((words.reason, words.retry_after), (reason, retry_after), "{body}");
            assert_eq!(words.message.as_deref(), Some("m"), "{body}");
        }
    }

    #[test]
    fn amazons_names_tell_whose_fault_it_is() {
        let table = [
            ("ValidationException:http://a.example/b", "ValidationException", None),
            (
                "ThrottlingException",
                "ThrottlingException",
                Some(Reason::ProviderLimited),
            ),
            (
                "ModelNotReadyException",
                "ModelNotReadyException",
                Some(Reason::Unavailable),
            ),
            (
                "ExpiredTokenException",
                "ExpiredTokenException",
                Some(Reason::ProviderFailed),
            ),
            (
                "ModelTimeoutException",
                "ModelTimeoutException",
                Some(Reason::ProviderTimeout),
            ),
        ];
        for (header, code, reason) in table {
            let headers = HeaderMap::from_iter([(X_AMZN_ERRORTYPE, HeaderValue::from_static(header))]);
            let words = read(ProviderKind::Bedrock, &headers, br#"{"message":"m"}"#);
            assert_eq!(words.code, Some(code.into()));
            assert_eq!(
                (words.reason, words.message.as_deref()),
                (reason, Some("m")),
                "{header}"
            );
        }
    }

    #[test]
    fn the_operators_account_is_not_told() {
        let body = br#"{"message":"No access to (arn:aws:bedrock:eu-west-1:000000000000:inference-profile/p) here"}"#;
        let words = read(ProviderKind::Bedrock, &HeaderMap::new(), body);
        assert_eq!(words.message.as_deref(), Some("No access to ([resource] here"));
    }

    #[test]
    fn azures_filter_is_told_as_openais_error_is() {
        let body = json!({"error": {"message": "filtered", "type": null, "param": "prompt", "code": "content_filter",
            "status": 400, "innererror": {"code": "ResponsibleAIPolicyViolation"}}});
        let words = read(
            ProviderKind::AzureOpenAi,
            &HeaderMap::new(),
            body.to_string().as_bytes(),
        );
        let expected = Words {
            message: Some("filtered".to_owned()),
            code: Some("content_filter".into()),
            param: Some("prompt".into()),
            ..Words::default()
        };
        assert_eq!(words, expected);
    }

    #[test]
    fn what_is_in_no_form_known_says_nothing() {
        for kind in [ProviderKind::OpenAi, ProviderKind::Gemini, ProviderKind::Bedrock] {
            for body in ["", "<html>", "[]", "7", r#"{"error":"x"}"#, r#"{"message":7}"#] {
                let words = read(kind, &HeaderMap::new(), body.as_bytes());
                assert_eq!(words, Words::default(), "{kind:?} {body}");
            }
        }
    }
}
