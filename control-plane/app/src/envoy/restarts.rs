use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// More crashes than this within [`WINDOW`] are a loop.
const CRASHES: usize = 5;
const WINDOW: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Decides whether a crashed Envoy is started again, and after how long.
#[derive(Debug, Default)]
pub(crate) struct Restarts {
    crashes: VecDeque<Instant>,
}

/// What to do after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Start again after the pause.
    Restart(Duration),
    /// It crashes again and again: give up.
    GiveUp,
}

impl Restarts {
    /// Records a crash at `now`. Pauses double with each crash of the last minute.
    pub(crate) fn crashed(&mut self, now: Instant) -> Next {
        while self
            .crashes
            .front()
            .is_some_and(|crash| now.duration_since(*crash) > WINDOW)
        {
            self.crashes.pop_front();
        }
        self.crashes.push_back(now);
        match u32::try_from(self.crashes.len()) {
            Ok(count) if self.crashes.len() <= CRASHES => Next::Restart(FIRST_PAUSE * 2_u32.pow(count - 1)),
            _ => Next::GiveUp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_until_it_is_a_loop() {
        let mut restarts = Restarts::default();
        let now = Instant::now();
        let pauses: Vec<_> = (0..6).map(|_| restarts.crashed(now)).collect();
        let expected = [100, 200, 400, 800, 1600].map(|pause| Next::Restart(Duration::from_millis(pause)));
        assert_eq!(pauses[..5], expected);
        assert_eq!(pauses[5], Next::GiveUp);
    }

    #[test]
    fn a_crash_now_and_then_is_no_loop() {
        let mut restarts = Restarts::default();
        let mut now = Instant::now();
        for _ in 0..100 {
            assert_eq!(restarts.crashed(now), Next::Restart(FIRST_PAUSE));
            now += WINDOW + Duration::from_secs(1);
        }
    }
}
