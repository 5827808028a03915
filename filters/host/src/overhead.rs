use crate::Host;

/// The time a request spends in a filter, between [`Overhead::start`] and [`Overhead::stop`], as often as they are
/// called. Reading the clock costs half a microsecond, so callbacks that do next to nothing are better left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overhead {
    spent_ns: u64,
    started_ns: u64,
}

impl Overhead {
    /// A callback begins; gives the moment, nanoseconds since 1970.
    pub fn start(&mut self, host: &dyn Host) -> u64 {
        self.started_ns = host.now_ns();
        self.started_ns
    }

    /// A callback ends; gives the time spent so far, whole microseconds rounded up. A clock that stepped back counts as
    /// no time.
    pub fn stop(&mut self, host: &dyn Host) -> u64 {
        self.spent_ns += host.now_ns().saturating_sub(self.started_ns);
        self.micros()
    }

    /// Time spent up to the last stop, in whole microseconds, rounded up.
    #[must_use]
    pub const fn micros(&self) -> u64 {
        self.spent_ns.div_ceil(1_000)
    }
}
