use std::time::Duration;

use super::models::LONGEST_TIMEOUT;
use super::read::Documents;
use crate::document::JobsSpec;
use crate::report::{Report, quote};
use crate::{GatewayConfig, JobsConfig, Tls};

/// The longest a job is kept.
const LONGEST_KEEP: Duration = Duration::from_secs(30 * 24 * 3600);

pub(super) fn compile(documents: &Documents<'_>, report: &mut Report) -> GatewayConfig {
    let default = GatewayConfig::default();
    let Some(document) = documents.gateways.first() else {
        return default;
    };
    let spec = &document.spec;
    let within = |report: &mut Report, field, length: Option<Duration>, longest: Duration, written: &str| {
        let fits = length.filter(|length| *length <= longest);
        if fits.is_none() {
            let message = format!("{} is too long", quote(written));
            let hours = longest.as_secs() / 3600;
            let advice = match hours {
                48.. => format!("write at most {}d", hours / 24),
                _ => format!("write at most {hours}h"),
            };
            document.origin.wrong(report, field, message, &advice);
        }
        fits
    };
    let max_stream_duration = spec.max_stream_duration.as_ref().and_then(|written| {
        let (length, field) = (written.length(), "spec.maxStreamDuration");
        within(report, field, length, LONGEST_TIMEOUT, written.as_str())
    });
    let bounds = spec.jobs.as_ref();
    let keep = bounds.and_then(|jobs| jobs.keep.as_ref()).and_then(|written| {
        let length = written.nanoseconds().map(Duration::from_nanos);
        within(report, "spec.jobs.keep", length, LONGEST_KEEP, written.as_str())
    });
    let max_duration = bounds.and_then(|jobs| jobs.max_duration.as_ref()).and_then(|written| {
        let (length, field) = (written.length(), "spec.jobs.maxDuration");
        within(report, field, length, LONGEST_TIMEOUT, written.as_str())
    });
    let number = |field: fn(&JobsSpec) -> Option<u32>, otherwise| bounds.and_then(field).unwrap_or(otherwise);
    let jobs = JobsConfig {
        keep: keep.unwrap_or(default.jobs.keep),
        max_duration: max_duration.unwrap_or(default.jobs.max_duration),
        max_running: number(|jobs| jobs.max_running, default.jobs.max_running),
        max_queued_per_tenant: number(|jobs| jobs.max_queued_per_tenant, default.jobs.max_queued_per_tenant),
        max_per_tenant: number(|jobs| jobs.max_per_tenant, default.jobs.max_per_tenant),
    };
    GatewayConfig {
        max_body_bytes: spec.max_body_bytes.unwrap_or(default.max_body_bytes),
        max_answer_bytes: spec.max_answer_bytes.unwrap_or(default.max_answer_bytes),
        max_stream_duration: max_stream_duration.unwrap_or(default.max_stream_duration),
        tls: spec.tls.as_ref().map(|tls| Tls {
            certificate_file: tls.certificate_file.as_str().into(),
            private_key_file: tls.private_key_file.as_str().into(),
        }),
        jobs,
    }
}
