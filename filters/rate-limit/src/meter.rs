use bartizan_host::MetricKind;
use bartizan_verdict::Reason;

/// What the filter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    /// Requests passed on: `bartizan_rate_limit_requests_total.outcome.allow`.
    Allowed,
    /// Requests refused, by reason: `bartizan_rate_limit_requests_total.outcome.<code>`.
    Refused(Reason),
    /// Reservations settled, by what with: `bartizan_rate_limit_settlements_total.basis.<basis>`.
    Settled(Basis),
    /// Reservations and places that could not be given back: `bartizan_rate_limit_ledger_failures_total`. A place
    /// comes back by itself after one and a half times the longest stream, a reservation within a window.
    LedgerFailed,
    /// Time spent on a request, in microseconds, sampled: `bartizan_rate_limit_request_us`.
    RequestTime,
}

/// What a reservation was settled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// What the provider reported.
    Reported,
    /// What the forwarder estimated from the answer's length.
    Estimated,
    /// What was seen of an answer that did not end.
    Seen,
    /// Nothing: no provider was asked.
    Refunded,
    /// All that was reserved, as the report could not be read.
    Kept,
}

/// Every reason for which this filter refuses.
const REASONS: [Reason; 5] = [
    Reason::RequestsLimited,
    Reason::TokensLimited,
    Reason::TokensUnpayable,
    Reason::ConcurrencyLimited,
    Reason::FilterFailed,
];

const BASES: [Basis; 5] = [
    Basis::Reported,
    Basis::Estimated,
    Basis::Seen,
    Basis::Refunded,
    Basis::Kept,
];

impl bartizan_host::Meter for Meter {
    fn all() -> Vec<Self> {
        let refused = REASONS.into_iter().map(Self::Refused);
        let settled = BASES.into_iter().map(Self::Settled);
        let single = [Self::Allowed, Self::LedgerFailed, Self::RequestTime];
        single.into_iter().chain(refused).chain(settled).collect()
    }

    fn index(self) -> usize {
        match self {
            Self::Allowed => 0,
            Self::LedgerFailed => 1,
            Self::RequestTime => 2,
            Self::Refused(reason) => {
                let place = REASONS.iter().position(|known| *known == reason);
                place.map_or(usize::MAX, |place| place + 3)
            }
            Self::Settled(basis) => basis as usize + REASONS.len() + 3,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Allowed => "bartizan_rate_limit_requests_total.outcome.allow".to_owned(),
            Self::Refused(reason) => format!("bartizan_rate_limit_requests_total.outcome.{reason}"),
            Self::Settled(basis) => format!("bartizan_rate_limit_settlements_total.basis.{}", basis.as_str()),
            Self::LedgerFailed => "bartizan_rate_limit_ledger_failures_total".to_owned(),
            Self::RequestTime => "bartizan_rate_limit_request_us".to_owned(),
        }
    }

    fn kind(self) -> MetricKind {
        match self {
            Self::Allowed | Self::Refused(_) | Self::Settled(_) | Self::LedgerFailed => MetricKind::Counter,
            Self::RequestTime => MetricKind::Histogram,
        }
    }
}

impl Basis {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Estimated => "estimated",
            Self::Seen => "seen",
            Self::Refunded => "refunded",
            Self::Kept => "kept",
        }
    }
}

#[cfg(test)]
mod tests {
    use bartizan_host::Meter as _;

    use super::*;

    #[test]
    fn every_meter_stands_where_it_says() {
        for (index, meter) in Meter::all().into_iter().enumerate() {
            assert_eq!(meter.index(), index, "{meter:?}");
        }
    }
}
