//! How long to wait before an attempt is repeated.

use bartizan_policy::Retry;
use tokio::time::Duration;

/// The wait before the retry of that number, 0 for the first; `None` if it would be too long. `draw` returns a number
/// below the one it is given.
///
/// Without a wish of the provider it is a random part of an interval that doubles; with one it is that, and a random
/// part of the first interval, so that not everybody comes back at once.
pub(super) fn wait(
    settings: &Retry,
    number: u32,
    retry_after: Option<Duration>,
    draw: impl FnOnce(u64) -> u64,
) -> Option<Duration> {
    let random = |most: Duration| {
        let most = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(draw(most.max(1)))
    };
    match retry_after {
        Some(wish) if wish > settings.max_interval => None,
        Some(wish) => Some(wish + random(settings.base_interval)),
        None => {
            let doubled = settings.base_interval.saturating_mul(2_u32.saturating_pow(number));
            Some(random(doubled.min(settings.max_interval)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most_and_keep_to_the_provider_s_wish() {
        let settings = Retry {
            num_retries: 9,
            base_interval: Duration::from_millis(100),
            max_interval: Duration::from_secs(5),
            budget_percent: 20,
        };
        let seconds = Duration::from_secs;
        let table = [
            (0, None, Some(99)),
            (1, None, Some(199)),
            (3, None, Some(799)),
            (9, None, Some(4_999)),
            (40, None, Some(4_999)),
            (0, Some(seconds(2)), Some(2_099)),
            (3, Some(seconds(5)), Some(5_099)),
            (0, Some(seconds(6)), None),
        ];
        for (number, wish, expected) in table {
            let waited = wait(&settings, number, wish, |end| end - 1);
            assert_eq!(waited.map(|time| time.as_millis()), expected, "{number} {wish:?}");
        }
        assert_eq!(wait(&settings, 5, None, |_| 0), Some(Duration::ZERO));
    }
}
