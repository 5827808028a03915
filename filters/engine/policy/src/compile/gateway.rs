use super::models::LONGEST_TIMEOUT;
use super::read::Documents;
use crate::report::{Report, quote};
use crate::{GatewayConfig, Tls};

pub(super) fn compile(documents: &Documents<'_>, report: &mut Report) -> GatewayConfig {
    let default = GatewayConfig::default();
    let Some(document) = documents.gateways.first() else {
        return default;
    };
    let spec = &document.spec;
    let max_stream_duration = match &spec.max_stream_duration {
        None => default.max_stream_duration,
        Some(written) => written
            .length()
            .filter(|length| *length <= LONGEST_TIMEOUT)
            .unwrap_or_else(|| {
                let message = format!("{} is too long", quote(written.as_str()));
                document
                    .origin
                    .wrong(report, "spec.maxStreamDuration", message, "write at most 24h");
                default.max_stream_duration
            }),
    };
    GatewayConfig {
        max_body_bytes: spec.max_body_bytes.unwrap_or(default.max_body_bytes),
        max_answer_bytes: spec.max_answer_bytes.unwrap_or(default.max_answer_bytes),
        max_stream_duration,
        tls: spec.tls.as_ref().map(|tls| Tls {
            certificate_file: tls.certificate_file.as_str().into(),
            private_key_file: tls.private_key_file.as_str().into(),
        }),
    }
}
