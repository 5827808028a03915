use bartizan_host::MetricKind;
use bartizan_inspect::{Side, Unscannable};
use bartizan_verdict::{Action, Category, Reason};

/// What the filter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    /// Requests and answers by what became of them:
    /// `bartizan_threat_scan_{requests,answers}_total.outcome.<outcome>`.
    Judged(Side, Outcome),
    /// Requests and answers with a finding of a category, by what became of them:
    /// `bartizan_threat_scan_{request,answer}_findings_total.category.<category>.action.<action>`.
    Found(Side, Category, Action),
    /// Requests and answers with content that cannot be scanned:
    /// `bartizan_threat_scan_{request,answer}_unscannable_total.content.<kind>`.
    Unscannable(Side, Unscannable),
    /// Time spent on an exchange, in microseconds, sampled: `bartizan_threat_scan_request_us`.
    RequestTime,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was found.
    Allow,
    /// Findings were reported.
    Audit,
    /// Findings were masked.
    Mask,
    /// It passed unscanned because it is not to be scanned: an error, a list of models, or mode `off`.
    Unscanned,
    /// It passed unscanned because scanning failed and policy says `FailOpen`.
    FailedOpen,
    /// It was refused.
    Refused(Reason),
}

const SIDES: [Side; 2] = [Side::Request, Side::Answer];

/// Outcomes with a metric, for requests and answers alike.
const OUTCOMES: [Outcome; 17] = [
    Outcome::Allow,
    Outcome::Audit,
    Outcome::Mask,
    Outcome::Unscanned,
    Outcome::FailedOpen,
    Outcome::Refused(Reason::ContentBlocked),
    Outcome::Refused(Reason::ContentUnscannable),
    Outcome::Refused(Reason::FilterFailed),
    Outcome::Refused(Reason::AnswerUnreadable),
    Outcome::Refused(Reason::AnswerTooLarge),
    Outcome::Refused(Reason::UnsupportedEncoding),
    Outcome::Refused(Reason::EmptyBody),
    Outcome::Refused(Reason::BodyTooLarge),
    Outcome::Refused(Reason::MalformedBody),
    Outcome::Refused(Reason::DuplicateKey),
    Outcome::Refused(Reason::NestedTooDeep),
    Outcome::Refused(Reason::WrongType),
];

/// Actions that a finding can lead to.
const ACTIONS: [Action; 3] = [Action::Audit, Action::Mask, Action::Block];

impl bartizan_host::Meter for Meter {
    fn all() -> Vec<Self> {
        let judged = SIDES
            .into_iter()
            .flat_map(|side| OUTCOMES.map(|outcome| Self::Judged(side, outcome)));
        let found = SIDES.into_iter().flat_map(|side| {
            let categories = Category::ALL.iter();
            categories.flat_map(move |category| ACTIONS.map(|action| Self::Found(side, *category, action)))
        });
        let unscannable = SIDES
            .into_iter()
            .flat_map(|side| Unscannable::ALL.map(|kind| Self::Unscannable(side, kind)));
        let all = core::iter::once(Self::RequestTime).chain(judged).chain(found);
        all.chain(unscannable).collect()
    }

    fn index(self) -> usize {
        match self {
            Self::RequestTime => 0,
            Self::Judged(side, outcome) => {
                let place = OUTCOMES.iter().position(|known| *known == outcome);
                place.map_or(usize::MAX, |place| 1 + side as usize * OUTCOMES.len() + place)
            }
            Self::Found(side, category, action) => {
                let before = 1 + SIDES.len() * OUTCOMES.len();
                let pair = side as usize * Category::ALL.len() + category as usize;
                let place = ACTIONS.iter().position(|known| *known == action);
                place.map_or(usize::MAX, |place| before + pair * ACTIONS.len() + place)
            }
            Self::Unscannable(side, kind) => {
                let before = 1 + SIDES.len() * (OUTCOMES.len() + Category::ALL.len() * ACTIONS.len());
                before + side as usize * Unscannable::ALL.len() + kind as usize
            }
        }
    }

    fn name(self) -> String {
        match self {
            Self::RequestTime => "bartizan_threat_scan_request_us".to_owned(),
            Self::Judged(side, outcome) => {
                format!(
                    "bartizan_threat_scan_{}s_total.outcome.{}",
                    side.as_str(),
                    outcome.as_str()
                )
            }
            Self::Found(side, category, action) => format!(
                "bartizan_threat_scan_{}_findings_total.category.{category}.action.{action}",
                side.as_str()
            ),
            Self::Unscannable(side, kind) => format!(
                "bartizan_threat_scan_{}_unscannable_total.content.{}",
                side.as_str(),
                kind.as_str()
            ),
        }
    }

    fn kind(self) -> MetricKind {
        match self {
            Self::Judged(..) | Self::Found(..) | Self::Unscannable(..) => MetricKind::Counter,
            Self::RequestTime => MetricKind::Histogram,
        }
    }
}

// === impl Outcome ===

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Audit => "audit",
            Self::Mask => "mask",
            Self::Unscanned => "unscanned",
            Self::FailedOpen => "failed_open",
            Self::Refused(reason) => reason.code(),
        }
    }
}

impl From<Action> for Outcome {
    fn from(action: Action) -> Self {
        match action {
            Action::Allow => Self::Allow,
            Action::Audit => Self::Audit,
            Action::Mask => Self::Mask,
            Action::Block => Self::Refused(Reason::ContentBlocked),
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
