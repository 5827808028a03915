use std::time::Duration;

/// How long `sandbox-slow-first-token` is silent.
pub(super) const FIRST_TOKEN_DELAY: Duration = Duration::from_secs(2);
/// How long `sandbox-slow-stream` pauses before each event.
pub(super) const EVENT_DELAY: Duration = Duration::from_millis(200);
/// What `sandbox-rate-limited` puts into `retry-after`, in seconds.
pub(super) const RETRY_AFTER: &str = "7";

/// What a model of the sandbox does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    Chat,
    Echo,
    Long,
    SlowFirstToken,
    SlowStream,
    RateLimited,
    Error,
    Cut,
    Garbage,
    Huge,
}

impl Behaviour {
    /// `None` is a model that does not exist: a name under `sandbox-` that means nothing is most likely a typing error.
    pub(super) fn of(model: &str) -> Option<Self> {
        let Some(name) = model.strip_prefix("sandbox-") else {
            return Some(Self::Chat);
        };
        Some(match name {
            "chat" => Self::Chat,
            "echo" => Self::Echo,
            "long" => Self::Long,
            "slow-first-token" => Self::SlowFirstToken,
            "slow-stream" => Self::SlowStream,
            "rate-limited" => Self::RateLimited,
            "error" => Self::Error,
            "cut" => Self::Cut,
            "garbage" => Self::Garbage,
            "huge" => Self::Huge,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_choose_behaviour_and_typing_errors_choose_none() {
        let table = [
            ("sandbox-chat", Some(Behaviour::Chat)),
            ("sandbox-huge", Some(Behaviour::Huge)),
            ("anything-else", Some(Behaviour::Chat)),
            ("sandbox-eror", None),
            ("sandbox-", None),
        ];
        for (name, expected) in table {
            assert_eq!(Behaviour::of(name), expected, "{name}");
        }
    }
}
