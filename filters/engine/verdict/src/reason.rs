//! The one table of refusals: what each is called, its HTTP status, and what the client is told.
//!
//! Statuses and types follow the public error references of OpenAI and Anthropic; where both are silent (415, 405)
//! they follow RFC 9110. The public text never says which pattern matched, whether a key exists, or anything of a
//! provider's answer.

use core::fmt;

use crate::Dialect;

macro_rules! reasons {
    ($($(#[$meta:meta])* $variant:ident: $status:literal $code:literal, $openai:literal, $anthropic:literal, $text:literal;)+) => {
        /// Why a request or an answer was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$meta])* $variant,)+ }

        impl Reason {
            /// Every reason, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The HTTP status of the refusal.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// The stable code: `error.code` in OpenAI's envelope, a label in metrics. No two reasons share one.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// What the client is told where the refuser has nothing more exact to say.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// `error.type` in the envelope of the dialect.
            #[must_use]
            pub const fn error_type(self, dialect: Dialect) -> &'static str {
                match dialect {
                    Dialect::OpenAi => match self { $(Self::$variant => $openai,)+ },
                    Dialect::Anthropic => match self { $(Self::$variant => $anthropic,)+ },
                    // JSON-RPC has numbers instead, and our code beside them.
                    Dialect::Mcp => self.code(),
                }
            }
        }
    };
}

// Columns: status, code, type for OpenAI, type for Anthropic, public text.
reasons! {
    /// No credential header.
    MissingCredential: 401 "missing_api_key", "authentication_error", "authentication_error",
        "No API key provided. Send it as `Authorization: Bearer KEY` or `x-api-key: KEY`.";
    /// A credential that no tenant holds, or one that is disabled; telling them apart would confirm that a key exists.
    InvalidCredential: 401 "invalid_api_key", "authentication_error", "authentication_error",
        "The API key is not valid.";
    /// A credential past its expiry.
    ExpiredCredential: 401 "expired_api_key", "authentication_error", "authentication_error",
        "The API key has expired.";
    /// Several credentials, or one sent twice.
    AmbiguousCredential: 401 "ambiguous_api_key", "authentication_error", "authentication_error",
        "More than one credential was sent. Send exactly one.";
    /// A credential that is not visible ASCII, or not of the `Bearer` scheme.
    MalformedCredential: 401 "malformed_api_key", "authentication_error", "authentication_error",
        "The credential could not be read. Send it as `Authorization: Bearer KEY` or `x-api-key: KEY`.";

    /// The request did not come through our Envoy.
    NotFromEdge: 403 "not_from_edge", "permission_error", "permission_error",
        "This address only answers Bartizan's Envoy.";
    /// The tenant may not use the model.
    ModelNotPermitted: 403 "model_not_permitted", "permission_error", "permission_error",
        "Your API key may not use this model.";

    /// No such path.
    UnknownPath: 404 "unknown_path", "invalid_request_error", "not_found_error",
        "There is nothing at this path.";
    /// The path exists, with another method.
    MethodNotAllowed: 405 "method_not_allowed", "invalid_request_error", "invalid_request_error",
        "This path does not take this method.";
    /// No such model, or none on this endpoint.
    UnknownModel: 404 "model_not_found", "invalid_request_error", "not_found_error",
        "The model does not exist, or does not serve this endpoint.";

    /// The body is empty where one is needed.
    EmptyBody: 400 "empty_body", "invalid_request_error", "invalid_request_error",
        "The request has no body.";
    /// The body is not JSON.
    MalformedBody: 400 "malformed_body", "invalid_request_error", "invalid_request_error",
        "The body is not valid JSON.";
    /// An object has the same key twice; parsers differ on which counts.
    DuplicateKey: 400 "duplicate_key", "invalid_request_error", "invalid_request_error",
        "The body has an object with a key that appears twice.";
    /// More than 64 levels of nesting.
    NestedTooDeep: 400 "nested_too_deep", "invalid_request_error", "invalid_request_error",
        "The body is nested too deeply.";
    /// A value of the wrong type where text or structure belongs.
    WrongType: 400 "wrong_type", "invalid_request_error", "invalid_request_error",
        "The body has a value of the wrong type.";
    /// A member of the request that the model's provider cannot be told of.
    UnsupportedField: 400 "unsupported_field", "invalid_request_error", "invalid_request_error",
        "The request has a field that the model's provider does not support.";
    /// A guard refused the request or the answer.
    ContentBlocked: 400 "content_blocked", "invalid_request_error", "invalid_request_error",
        "The content was blocked by policy.";
    /// The request or the answer has content that cannot be scanned, and policy does not let it pass.
    ContentUnscannable: 400 "content_unscannable", "invalid_request_error", "invalid_request_error",
        "The content cannot be scanned, and policy does not let it pass.";

    /// The HTTP of the request is not to be understood, or asks for something that is not served, such as an upgrade.
    MalformedRequest: 400 "malformed_request", "invalid_request_error", "invalid_request_error",
        "The request is not valid HTTP, or asks for something that is not served here.";
    /// The client took too long to send its request.
    RequestTimeout: 408 "request_timeout", "invalid_request_error", "timeout_error",
        "The request was not received in time.";
    /// The headers are over the limit.
    HeadersTooLarge: 431 "headers_too_large", "invalid_request_error", "request_too_large",
        "The request headers are too large.";
    /// The body is over the limit.
    BodyTooLarge: 413 "body_too_large", "invalid_request_error", "request_too_large",
        "The request body is too large.";
    /// A content-encoding that cannot be undone here.
    UnsupportedEncoding: 415 "unsupported_encoding", "invalid_request_error", "invalid_request_error",
        "The content-encoding is not supported. Send the body plain or with one layer of gzip.";

    /// Too many requests in the window.
    RequestsLimited: 429 "rate_limit_exceeded", "requests", "rate_limit_error",
        "Request rate limit reached.";
    /// Too many tokens in the window.
    TokensLimited: 429 "token_limit_exceeded", "tokens", "rate_limit_error",
        "Token rate limit reached.";
    /// The request alone needs more tokens than a whole window holds.
    TokensUnpayable: 429 "request_exceeds_token_limit", "tokens", "rate_limit_error",
        "The request could use more tokens than the limit of a whole window. Lower `max_tokens` or shorten the prompt.";
    /// Too many requests at once.
    ConcurrencyLimited: 429 "concurrency_limit_exceeded", "requests", "rate_limit_error",
        "Too many requests at once.";
    /// An MCP server does not know the session that the request names; clients then begin another.
    UnknownSession: 404 "unknown_session", "invalid_request_error", "not_found_error",
        "The MCP server does not know this session. Begin another.";
    /// The provider refused the request for what is in it.
    ProviderRejected: 400 "provider_rejected_request", "invalid_request_error", "invalid_request_error",
        "The model provider rejected the request.";
    /// The provider limited us.
    ProviderLimited: 429 "provider_rate_limited", "rate_limit_error", "rate_limit_error",
        "The model provider is rate limiting. Try again later.";

    /// A filter could not do its work and policy says to fail closed.
    FilterFailed: 503 "filter_failed", "server_error", "api_error",
        "The request could not be checked.";
    /// Bartizan is stopping or has nothing to forward to.
    Unavailable: 503 "unavailable", "server_error", "overloaded_error",
        "The service is not available. Try again later.";
    /// The answer could not be read, so it could not be scanned.
    AnswerUnreadable: 502 "answer_unreadable", "server_error", "api_error",
        "The model provider's answer could not be read.";
    /// The answer is over the limit.
    AnswerTooLarge: 502 "answer_too_large", "server_error", "api_error",
        "The model provider's answer is too large.";
    /// The provider failed, refused us, or could not be reached.
    ProviderFailed: 502 "provider_failed", "server_error", "api_error",
        "The model provider failed.";
    /// The provider's answer broke off.
    ProviderCut: 502 "provider_cut", "server_error", "api_error",
        "The model provider's answer broke off.";
    /// The provider was too slow.
    ProviderTimeout: 504 "provider_timeout", "server_error", "timeout_error",
        "The model provider did not answer in time.";
}

impl Reason {
    /// `error.code` of JSON-RPC: <https://www.jsonrpc.org/specification#error_object>
    #[must_use]
    pub const fn json_rpc_code(self) -> i16 {
        match self {
            Self::EmptyBody | Self::MalformedBody | Self::DuplicateKey | Self::NestedTooDeep => -32_700,
            Self::WrongType => -32_600,
            _ if self.status() >= 500 => -32_603,
            _ => -32_000,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_reasons_share_a_code() {
        let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
    }

    #[test]
    fn every_reason_is_a_client_or_server_error_with_a_sentence() {
        for reason in Reason::ALL {
            assert!((400..600).contains(&reason.status()), "{reason}");
            assert_ne!(reason.status(), 422, "{reason}");
            assert!(reason.text().ends_with('.'), "{reason}");
        }
    }

    #[test]
    fn anthropic_types_are_ones_its_sdk_knows() {
        let known = [
            "invalid_request_error",
            "authentication_error",
            "permission_error",
            "not_found_error",
            "request_too_large",
            "rate_limit_error",
            "api_error",
            "overloaded_error",
            "timeout_error",
        ];
        for reason in Reason::ALL {
            assert!(known.contains(&reason.error_type(Dialect::Anthropic)), "{reason}");
        }
    }
}
