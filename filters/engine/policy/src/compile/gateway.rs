use std::time::Duration;

use super::length;
use super::read::Documents;
use crate::document::JobsSpec;
use crate::report::{Report, quote};
use crate::{CacheConfig, GatewayConfig, JobsConfig, Tls};

/// The longest a job is kept.
const LONGEST_KEEP: Duration = Duration::from_secs(30 * 24 * 3600);

pub(super) fn compile(documents: &Documents<'_>, report: &mut Report) -> GatewayConfig {
    let default = GatewayConfig::default();
    let Some(document) = documents.gateways.first() else {
        return default;
    };
    let spec = &document.spec;
    let bounds = spec.jobs.as_ref();
    let keep = bounds.and_then(|jobs| jobs.keep.as_ref()).and_then(|written| {
        let length = written.nanoseconds().map(Duration::from_nanos);
        let fits = length.filter(|length| *length <= LONGEST_KEEP);
        if fits.is_none() {
            let message = format!("{} is too long", quote(written.as_str()));
            document
                .origin
                .wrong(report, "spec.jobs.keep", message, "write at most 30d");
        }
        fits
    });
    let mut length = |field, written, default| length::checked(&document.origin, field, written, default, report);
    let max_stream_duration = length(
        "spec.maxStreamDuration",
        spec.max_stream_duration.as_ref(),
        default.max_stream_duration,
    );
    let keep_alive_interval = length(
        "spec.keepAliveInterval",
        spec.keep_alive_interval.as_ref(),
        default.keep_alive_interval,
    );
    let max_duration = length(
        "spec.jobs.maxDuration",
        bounds.and_then(|jobs| jobs.max_duration.as_ref()),
        default.jobs.max_duration,
    );
    let number = |field: fn(&JobsSpec) -> Option<u32>, otherwise| bounds.and_then(field).unwrap_or(otherwise);
    let jobs = JobsConfig {
        keep: keep.unwrap_or(default.jobs.keep),
        max_duration,
        max_running: number(|jobs| jobs.max_running, default.jobs.max_running),
        max_queued_per_tenant: number(|jobs| jobs.max_queued_per_tenant, default.jobs.max_queued_per_tenant),
        max_per_tenant: number(|jobs| jobs.max_per_tenant, default.jobs.max_per_tenant),
        max_bytes_per_tenant: bounds
            .and_then(|jobs| jobs.max_bytes_per_tenant)
            .unwrap_or(default.jobs.max_bytes_per_tenant),
    };
    let cache = spec.cache.as_ref();
    let cache = CacheConfig {
        max_bytes: cache
            .and_then(|cache| cache.max_bytes)
            .unwrap_or(default.cache.max_bytes),
        max_answer_bytes: cache
            .and_then(|cache| cache.max_answer_bytes)
            .unwrap_or(default.cache.max_answer_bytes),
    };
    GatewayConfig {
        max_body_bytes: spec.max_body_bytes.unwrap_or(default.max_body_bytes),
        max_answer_bytes: spec.max_answer_bytes.unwrap_or(default.max_answer_bytes),
        max_stream_duration,
        keep_alive_interval,
        tls: spec.tls.as_ref().map(|tls| Tls {
            certificate_file: tls.certificate_file.as_str().into(),
            private_key_file: tls.private_key_file.as_str().into(),
        }),
        cache,
        jobs,
    }
}
