//! What a client reads when Envoy itself refuses: the same envelopes as everywhere else, in the dialect called.

use bartizan_verdict::{Dialect, Reason};
use bartizan_wire::Refusal;
use envoy_types::pb::envoy::{
    config::{
        accesslog::v3::{AccessLogFilter, ExtensionFilter, access_log_filter::FilterSpecifier, extension_filter},
        core::v3::{SubstitutionFormatString, data_source, substitution_format_string},
    },
    extensions::{
        access_loggers::filters::cel::v3::ExpressionFilter,
        filters::network::http_connection_manager::v3::{LocalReplyConfig, ResponseMapper},
    },
};

use crate::proto::{any, data, number};

/// The same rule as `Dialect::of`, in Envoy's CEL.
const IS_ANTHROPIC: &str = "(request.url_path == '/v1/messages' || request.url_path.startsWith('/v1/messages/') \
                            || 'anthropic-version' in request.headers)";

const IS_MCP: &str = "(request.url_path == '/mcp' || request.url_path.startsWith('/mcp/'))";

/// Replies of our filters carry no details; Envoy's own always do.
const IS_OURS: &str = "response.code_details == ''";

/// What is done with the status of a reply.
#[derive(Clone, Copy)]
enum Status {
    /// The reason's own.
    Reason,
    /// Envoy's.
    Kept,
}

/// Which of Envoy's replies has which reason; the first that matches decides.
/// Details: <https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/http/http_conn_man/response_code_details>
const TABLE: [(&str, Reason, Status); 10] = [
    // Nothing may pass before the filters have arrived.
    (
        "response.code_details.startsWith('rbac_access_denied')",
        Reason::FilterFailed,
        Status::Reason,
    ),
    (
        "response.code_details == 'wasm_fail_stream'",
        Reason::FilterFailed,
        Status::Reason,
    ),
    (
        "response.code_details == 'response_payload_too_large'",
        Reason::AnswerTooLarge,
        Status::Reason,
    ),
    ("response.code == 408", Reason::RequestTimeout, Status::Reason),
    ("response.code == 413", Reason::BodyTooLarge, Status::Reason),
    ("response.code == 431", Reason::HeadersTooLarge, Status::Reason),
    ("response.code == 500", Reason::FilterFailed, Status::Reason),
    ("response.code == 504", Reason::ProviderTimeout, Status::Reason),
    ("response.code >= 500", Reason::Unavailable, Status::Reason),
    ("response.code >= 400", Reason::MalformedRequest, Status::Kept),
];

pub(crate) fn build() -> LocalReplyConfig {
    let ours = ResponseMapper {
        filter: Some(expression(IS_OURS)),
        ..ResponseMapper::default()
    };
    let theirs = TABLE.iter().flat_map(|(condition, reason, status)| {
        [
            mapper(&format!("{condition} && {IS_MCP}"), *reason, *status, Dialect::Mcp),
            mapper(
                &format!("{condition} && {IS_ANTHROPIC}"),
                *reason,
                *status,
                Dialect::Anthropic,
            ),
            mapper(condition, *reason, *status, Dialect::OpenAi),
        ]
    });
    LocalReplyConfig {
        mappers: core::iter::once(ours).chain(theirs).collect(),
        ..LocalReplyConfig::default()
    }
}

fn mapper(condition: &str, reason: Reason, status: Status, dialect: Dialect) -> ResponseMapper {
    let body = Refusal::new(reason).request_id("%REQ(X-REQUEST-ID)%").body(dialect);
    let body = String::from_utf8_lossy(&body).into_owned();
    ResponseMapper {
        filter: Some(expression(condition)),
        status_code: match status {
            Status::Reason => number(u32::from(reason.status())),
            Status::Kept => None,
        },
        body_format_override: Some(SubstitutionFormatString {
            content_type: "application/json".to_owned(),
            format: data(data_source::Specifier::InlineString(body))
                .map(substitution_format_string::Format::TextFormatSource),
            ..SubstitutionFormatString::default()
        }),
        ..ResponseMapper::default()
    }
}

/// A condition in CEL: <https://www.envoyproxy.io/docs/envoy/v1.40.0/intro/arch_overview/advanced/attributes>
fn expression(text: &str) -> AccessLogFilter {
    let filter = ExpressionFilter {
        expression: text.to_owned(),
        ..ExpressionFilter::default()
    };
    AccessLogFilter {
        filter_specifier: Some(FilterSpecifier::ExtensionFilter(ExtensionFilter {
            name: "envoy.access_loggers.extension_filters.cel".to_owned(),
            config_type: Some(extension_filter::ConfigType::TypedConfig(any(&filter))),
        })),
    }
}
