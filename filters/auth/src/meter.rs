use bartizan_host::MetricKind;
use bartizan_verdict::Reason;

/// What the filter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    /// Requests passed on: `bartizan_auth_requests_total.outcome.allow`.
    Allowed,
    /// Requests refused, by reason: `bartizan_auth_requests_total.outcome.<code>`.
    Refused(Reason),
    /// Time spent on a request, in microseconds, sampled: `bartizan_auth_request_us`.
    RequestTime,
}

/// Every reason for which this filter refuses.
const REASONS: [Reason; 9] = [
    Reason::MissingCredential,
    Reason::InvalidCredential,
    Reason::ExpiredCredential,
    Reason::AmbiguousCredential,
    Reason::MalformedCredential,
    Reason::UnknownPath,
    Reason::MethodNotAllowed,
    Reason::MalformedRequest,
    Reason::FilterFailed,
];

impl bartizan_host::Meter for Meter {
    fn all() -> Vec<Self> {
        let refused = REASONS.into_iter().map(Self::Refused);
        [Self::Allowed, Self::RequestTime].into_iter().chain(refused).collect()
    }

    fn index(self) -> usize {
        match self {
            Self::Allowed => 0,
            Self::RequestTime => 1,
            Self::Refused(reason) => {
                let place = REASONS.iter().position(|known| *known == reason);
                place.map_or(usize::MAX, |place| place + 2)
            }
        }
    }

    fn name(self) -> String {
        match self {
            Self::Allowed => "bartizan_auth_requests_total.outcome.allow".to_owned(),
            Self::RequestTime => "bartizan_auth_request_us".to_owned(),
            Self::Refused(reason) => format!("bartizan_auth_requests_total.outcome.{reason}"),
        }
    }

    fn kind(self) -> MetricKind {
        match self {
            Self::Allowed | Self::Refused(_) => MetricKind::Counter,
            Self::RequestTime => MetricKind::Histogram,
        }
    }
}
