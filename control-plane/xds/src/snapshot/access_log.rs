use std::path::Path;

use envoy_types::pb::{
    envoy::{
        config::{
            accesslog::v3::{self as log, access_log},
            core::v3::{SubstitutionFormatString, substitution_format_string},
        },
        extensions::access_loggers::{
            file::v3::{FileAccessLog, file_access_log},
            stream::v3::{StdoutAccessLog, stdout_access_log},
        },
    },
    google::protobuf::{Any, Struct, Value, value},
};
use prost::{Message, Name};

use super::AccessLog;

/// One line a request. No body, no credential, and no query string, in which a client may have put one. Tenant and key
/// are what the auth filter found, not headers that a refused client may have sent.
/// Operators: <https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/observability/access_log/usage>
const FIELDS: [(&str, &str); 21] = [
    ("time", "%START_TIME%"),
    ("request_id", "%REQ(X-REQUEST-ID)%"),
    ("client", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
    ("protocol", "%PROTOCOL%"),
    ("method", "%REQ(:METHOD)%"),
    ("path", "%PATH(NQ)%"),
    ("tenant", "%REQ(X-BARTIZAN-TENANT)%"),
    ("key", "%REQ(X-BARTIZAN-KEY)%"),
    ("status", "%RESPONSE_CODE%"),
    ("details", "%RESPONSE_CODE_DETAILS%"),
    ("flags", "%RESPONSE_FLAGS%"),
    ("verdict", "%RESP(X-BARTIZAN-VERDICT)%"),
    // Of an answer that streamed, whose headers had left before it was known.
    ("stream_verdict", "%FILTER_STATE(wasm.bartizan_answer:PLAIN)%"),
    ("overhead_us", "%RESP(X-BARTIZAN-OVERHEAD-US)%"),
    ("bytes_received", "%BYTES_RECEIVED%"),
    ("bytes_sent", "%BYTES_SENT%"),
    ("duration_ms", "%DURATION%"),
    ("request_ms", "%REQUEST_DURATION%"),
    ("first_byte_ms", "%RESPONSE_DURATION%"),
    ("forwarder", "%UPSTREAM_HOST%"),
    ("user_agent", "%REQ(USER-AGENT)%"),
];

pub(crate) fn build(access_log: &AccessLog) -> Vec<log::AccessLog> {
    let (name, config) = match access_log {
        AccessLog::Off => return Vec::new(),
        AccessLog::Stdout => (
            "envoy.access_loggers.stdout",
            packed(|format| StdoutAccessLog {
                access_log_format: Some(stdout_access_log::AccessLogFormat::LogFormat(format)),
            }),
        ),
        AccessLog::File(path) => ("envoy.access_loggers.file", packed(|format| file(path, format))),
    };
    vec![log::AccessLog {
        name: name.to_owned(),
        config_type: Some(access_log::ConfigType::TypedConfig(config)),
        ..log::AccessLog::default()
    }]
}

fn file(path: &Path, format: SubstitutionFormatString) -> FileAccessLog {
    FileAccessLog {
        path: path.display().to_string(),
        access_log_format: Some(file_access_log::AccessLogFormat::LogFormat(format)),
    }
}

/// Packs a logger with all fields.
///
/// WHY: the format is a map, and prost writes maps in random order, which would give the listener a new version in
/// every process and drain its connections for nothing. A message split into several is, concatenated, the same
/// message (<https://protobuf.dev/programming-guides/encoding/#last-one-wins>), so each field is written on its own.
fn packed<M: Message + Name>(logger: impl Fn(SubstitutionFormatString) -> M) -> Any {
    let value = FIELDS
        .iter()
        .flat_map(|(name, operator)| logger(format(name, operator)).encode_to_vec())
        .collect();
    Any {
        type_url: M::type_url(),
        value,
    }
}

fn format(name: &str, operator: &str) -> SubstitutionFormatString {
    let field = Value {
        kind: Some(value::Kind::StringValue(operator.to_owned())),
    };
    SubstitutionFormatString {
        format: Some(substitution_format_string::Format::JsonFormat(Struct {
            fields: [(name.to_owned(), field)].into(),
        })),
        ..SubstitutionFormatString::default()
    }
}
