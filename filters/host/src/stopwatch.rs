use crate::Host;

/// Times a filter's work on a request, between [`Stopwatch::start`] and [`Stopwatch::stop`], as often as they are
/// called. [`crate::Metrics::stopwatch`] hands out one that runs for one request in [`crate::SAMPLE`]: reading the
/// clock is a hostcall, and a distribution does not need every value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stopwatch {
    runs: Runs,
    spent_ns: u64,
    started_ns: u64,
}

/// Whether a stopwatch is one of those that run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Runs {
    Yes,
    #[default]
    No,
}

// === impl Stopwatch ===

impl Stopwatch {
    pub(crate) const fn new(runs: Runs) -> Self {
        Self {
            runs,
            spent_ns: 0,
            started_ns: 0,
        }
    }

    /// A callback begins.
    pub fn start(&mut self, host: &dyn Host) {
        if self.runs == Runs::Yes {
            self.started_ns = host.now_ns();
        }
    }

    /// A callback ends. A clock that stepped back counts as no time.
    pub fn stop(&mut self, host: &dyn Host) {
        if self.runs == Runs::Yes {
            self.spent_ns += host.now_ns().saturating_sub(self.started_ns);
        }
    }

    /// Time spent up to the last stop, in whole microseconds, rounded up; `None` if it does not run.
    pub(crate) fn micros(&self) -> Option<u64> {
        (self.runs == Runs::Yes).then(|| self.spent_ns.div_ceil(1_000))
    }
}
