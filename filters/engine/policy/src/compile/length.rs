use std::time::Duration;

use crate::document::Duration as Written;
use crate::report::{Origin, Report, quote};

/// A day.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// The length of time that is written in a field, or the default.
pub(super) fn checked(
    origin: &Origin<'_>,
    field: &str,
    written: Option<&Written>,
    default: Duration,
    report: &mut Report,
) -> Duration {
    let Some(written) = written else { return default };
    let length = written.length().filter(|length| *length <= LONGEST);
    length.unwrap_or_else(|| {
        let message = format!("{} is too long", quote(written.as_str()));
        origin.wrong(report, field, message, "write at most 24h");
        default
    })
}
