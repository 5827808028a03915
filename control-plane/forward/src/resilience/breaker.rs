//! Gives a provider's model a rest when it keeps failing. Time is an argument.

use std::collections::VecDeque;

use bartizan_policy::CircuitBreaker;
use tokio::time::{Duration, Instant};

/// How long a request that comes while trial requests run is told to stay away.
const TRIAL_PAUSE: Duration = Duration::from_secs(1);

/// Closed while all is well; open after too many failures; then on trial, until enough requests went well.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: State,
    /// How often it has been on trial, so that what began in one trial says nothing of the next.
    trials: u64,
}

#[derive(Debug)]
enum State {
    Closed {
        /// When the failures within the window happened, oldest first.
        failures: VecDeque<Instant>,
    },
    Open {
        until: Instant,
    },
    Trial {
        running: u32,
        good: u32,
    },
}

/// What a request may count for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ticket {
    Normal,
    /// It is one of the trial requests of this trial.
    Trial(u64),
}

/// How an attempt went, as far as the provider is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad,
    /// Nobody knows: the client left, or the provider only asked to wait.
    Open,
}

/// How the breaker stands, for a gauge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    Closed = 0,
    Trial = 1,
    Open = 2,
}

impl Default for State {
    fn default() -> Self {
        Self::Closed {
            failures: VecDeque::new(),
        }
    }
}

impl Breaker {
    /// Until when no request is let through; `None` if the next one is.
    pub(super) fn rests_until(&self, settings: &CircuitBreaker, now: Instant) -> Option<Instant> {
        match &self.state {
            _ if settings.failures == 0 => None,
            State::Closed { .. } => None,
            State::Open { until } => (now < *until).then_some(*until),
            // With none under way nothing would ever be recorded again, should policy now ask for fewer.
            State::Trial { running, good } => {
                (*running > 0 && running + good >= settings.trial_requests).then_some(now + TRIAL_PAUSE)
            }
        }
    }

    /// Lets a request through.
    ///
    /// # Errors
    /// Until when none is.
    pub(super) fn admit(&mut self, settings: &CircuitBreaker, now: Instant) -> Result<Ticket, Instant> {
        if let Some(until) = self.rests_until(settings, now) {
            return Err(until);
        }
        if settings.failures == 0 {
            return Ok(Ticket::Normal);
        }
        match &mut self.state {
            State::Closed { .. } => Ok(Ticket::Normal),
            State::Open { .. } => {
                self.trials += 1;
                self.state = State::Trial { running: 1, good: 0 };
                Ok(Ticket::Trial(self.trials))
            }
            State::Trial { running, .. } => {
                *running += 1;
                Ok(Ticket::Trial(self.trials))
            }
        }
    }

    /// Takes note of how a request went. What began before the last change of state says nothing.
    pub(super) fn record(&mut self, settings: &CircuitBreaker, now: Instant, ticket: Ticket, verdict: Verdict) {
        if settings.failures == 0 {
            return;
        }
        match (&mut self.state, ticket) {
            (State::Closed { failures }, Ticket::Normal) if verdict == Verdict::Bad => {
                failures.retain(|time| now.duration_since(*time) < settings.window);
                failures.push_back(now);
                if failures.len() >= usize::try_from(settings.failures).unwrap_or(usize::MAX) {
                    self.open(settings, now);
                }
            }
            (State::Trial { running, good }, Ticket::Trial(trial)) if trial == self.trials => {
                *running = running.saturating_sub(1);
                match verdict {
                    Verdict::Bad => self.open(settings, now),
                    Verdict::Good => {
                        *good += 1;
                        if *good >= settings.trial_requests {
                            self.state = State::default();
                        }
                    }
                    Verdict::Open => {}
                }
            }
            (State::Closed { .. } | State::Open { .. } | State::Trial { .. }, _) => {}
        }
    }

    pub(super) const fn stand(&self) -> Stand {
        match self.state {
            State::Closed { .. } => Stand::Closed,
            State::Open { .. } => Stand::Open,
            State::Trial { .. } => Stand::Trial,
        }
    }

    fn open(&mut self, settings: &CircuitBreaker, now: Instant) {
        self.state = State::Open {
            until: now + settings.open_time,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: CircuitBreaker = CircuitBreaker {
        failures: 3,
        window: Duration::from_secs(10),
        open_time: Duration::from_secs(20),
        trial_requests: 2,
    };

    /// Plays steps of `SECOND ACTION` and shows what each came to: `+` begins the next request, `gN` and `bN` and `oN`
    /// end the Nth.
    fn play(script: &str) -> String {
        let began = Instant::now();
        let (mut breaker, mut tickets, mut shown) = (Breaker::default(), Vec::new(), String::new());
        for step in script.split_whitespace() {
            let (second, action) = step.split_once(':').unwrap();
            let now = began + Duration::from_secs(second.parse().unwrap());
            let verdict = match action.chars().next().unwrap() {
                'g' => Verdict::Good,
                'b' => Verdict::Bad,
                'o' => Verdict::Open,
                _ => {
                    match breaker.admit(&SETTINGS, now) {
                        Ok(ticket) => {
                            shown.push(if ticket == Ticket::Normal { 'n' } else { 't' });
                            tickets.push(ticket);
                        }
                        Err(until) => {
                            assert_eq!(breaker.rests_until(&SETTINGS, now), Some(until));
                            shown.push('-');
                        }
                    }
                    continue;
                }
            };
            let ticket = tickets[action[1..].parse::<usize>().unwrap()];
            breaker.record(&SETTINGS, now, ticket, verdict);
            shown.push(match breaker.stand() {
                Stand::Closed => 'C',
                Stand::Trial => 'T',
                Stand::Open => 'O',
            });
        }
        shown
    }

    #[test]
    fn it_opens_rests_tries_and_closes() {
        let opened = "0:+ 0:+ 0:+ 1:b0 2:b1 3:b2";
        let table = [
            ("0:+ 0:g0", "nC"),
            (opened, "nnnCCO"),
            // A failure that is older than the window does not count.
            ("0:+ 0:b0 1:+ 1:b1 10:+ 10:b2 11:+ 11:b3", "nCnCnCnC"),
            ("0:+ 0:b0 1:+ 1:b1 9:+ 9:b2", "nCnCnO"),
            // It rests for its time, then two trial requests are let through, and no more.
            ("0:+ 0:+ 0:+ 1:b0 2:b1 3:b2 4:+ 22:+ 23:+ 23:+ 23:+", "nnnCCO--tt-"),
            // Both have to go well.
            (
                "0:+ 0:+ 0:+ 1:b0 2:b1 3:b2 23:+ 23:+ 24:g3 24:+ 24:g4 24:+",
                "nnnCCOttT-Cn",
            ),
            (
                "0:+ 0:+ 0:+ 1:b0 2:b1 3:b2 23:+ 23:+ 24:g3 24:b4 43:+ 44:+",
                "nnnCCOttTO-t",
            ),
            // One that nobody knows of gives its place back.
            ("0:+ 0:+ 0:+ 1:b0 2:b1 3:b2 23:+ 23:+ 24:o3 24:+ 24:+", "nnnCCOttTt-"),
            // What began before the rest, or in an earlier trial, says nothing.
            ("0:+ 0:+ 0:+ 0:+ 1:b0 2:b1 3:b2 4:b3 23:+ 24:g3 24:b3", "nnnnCCOOtTT"),
            (
                "0:+ 0:+ 0:+ 1:b0 2:b1 3:b2 23:+ 23:+ 24:b3 44:+ 45:g4 45:b4",
                "nnnCCOttOtTT",
            ),
        ];
        for (script, expected) in table {
            assert_eq!(play(script), expected, "{script}");
        }
    }

    #[test]
    fn without_a_number_of_failures_it_never_opens() {
        let settings = CircuitBreaker {
            failures: 0,
            ..SETTINGS
        };
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..1000 {
            let ticket = breaker.admit(&settings, now).unwrap();
            breaker.record(&settings, now, ticket, Verdict::Bad);
        }
        assert_eq!(breaker.stand(), Stand::Closed);
    }
}
