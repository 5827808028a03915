//! Whether a provider as a whole does well, seen from the requests it is sent. Time is an argument.

use bartizan_policy::PassiveHealth;
use tokio::time::Instant;

use super::breaker::Verdict;

/// Counts in windows, one after the other.
#[derive(Debug)]
pub(super) struct Health {
    window_began: Instant,
    good: u64,
    bad: u64,
    unwell_until: Option<Instant>,
}

impl Health {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            window_began: now,
            good: 0,
            bad: 0,
            unwell_until: None,
        }
    }

    pub(super) fn is_unwell(&self, now: Instant) -> bool {
        self.unwell_until.is_some_and(|until| now < until)
    }

    pub(super) fn record(&mut self, settings: &PassiveHealth, now: Instant, verdict: Verdict) {
        if now.saturating_duration_since(self.window_began) >= settings.interval {
            self.begin_window(now);
        }
        match verdict {
            Verdict::Good => self.good += 1,
            Verdict::Bad => self.bad += 1,
            Verdict::Open => return,
        }
        let all = self.good + self.bad;
        let says_something = settings.failure_percentage > 0 && all >= u64::from(settings.request_volume);
        if says_something && self.bad * 100 >= all * u64::from(settings.failure_percentage) {
            self.unwell_until = Some(now + settings.ejection_time);
            self.begin_window(now);
        }
    }

    fn begin_window(&mut self, now: Instant) {
        self.window_began = now;
        self.good = 0;
        self.bad = 0;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Duration;

    use super::*;

    const SETTINGS: PassiveHealth = PassiveHealth {
        failure_percentage: 50,
        request_volume: 4,
        interval: Duration::from_secs(10),
        ejection_time: Duration::from_secs(20),
    };

    /// The second in which it is found unwell, if it is.
    fn unwell_in(settings: &PassiveHealth, verdicts: &[(u64, char)]) -> Option<u64> {
        let began = Instant::now();
        let mut health = Health::new(began);
        for (second, verdict) in verdicts {
            let now = began + Duration::from_secs(*second);
            let verdict = match verdict {
                'g' => Verdict::Good,
                'b' => Verdict::Bad,
                _ => Verdict::Open,
            };
            health.record(settings, now, verdict);
            if health.is_unwell(now) {
                let just_before = now + settings.ejection_time - Duration::from_nanos(1);
                assert!(health.is_unwell(just_before) && !health.is_unwell(now + settings.ejection_time));
                return Some(*second);
            }
        }
        None
    }

    #[test]
    fn half_of_enough_requests_within_the_window_are_too_many() {
        let table = [
            (&[(0, 'b'), (1, 'b'), (2, 'b')][..], None),
            (&[(0, 'g'), (1, 'b'), (2, 'g'), (3, 'b')], Some(3)),
            (&[(0, 'g'), (1, 'g'), (2, 'g'), (3, 'b'), (4, 'b'), (5, 'b')], Some(5)),
            (&[(0, 'b'), (1, 'b'), (2, 'b'), (11, 'b'), (12, 'g')], None),
            (&[(0, 'b'), (1, 'o'), (2, 'o'), (3, 'o'), (4, 'o')], None),
        ];
        for (verdicts, expected) in table {
            assert_eq!(unwell_in(&SETTINGS, verdicts), expected, "{verdicts:?}");
        }
        let never = PassiveHealth {
            failure_percentage: 0,
            ..SETTINGS
        };
        assert_eq!(unwell_in(&never, &[(0, 'b'); 100]), None);
    }
}
