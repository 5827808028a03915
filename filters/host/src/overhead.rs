use core::fmt;

use crate::Host;

/// The time a request spends in filters, for `x-bartizan-overhead-us`: what earlier filters spent, and what this one
/// spends between [`Overhead::start`] and [`Overhead::stop`], as often as it is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overhead {
    earlier_us: u64,
    own_ns: u64,
    started_ns: u64,
}

impl Overhead {
    /// A callback begins; gives the moment, nanoseconds since 1970.
    pub fn start(&mut self, host: &dyn Host) -> u64 {
        self.started_ns = host.now_ns();
        self.started_ns
    }

    /// A callback ends. A clock that stepped back counts as no time.
    pub fn stop(&mut self, host: &dyn Host) {
        self.own_ns += host.now_ns().saturating_sub(self.started_ns);
    }

    /// Takes over what earlier filters wrote: a number each, joined by commas. Anything else counts as nothing.
    pub fn carry(&mut self, header: Option<&[u8]>) {
        let numbers = header
            .and_then(|value| core::str::from_utf8(value).ok())
            .unwrap_or_default();
        let numbers = numbers
            .split(',')
            .filter_map(|number| number.trim().parse::<u64>().ok());
        self.earlier_us = numbers.fold(0, u64::saturating_add);
    }

    /// Time spent in this filter, in whole microseconds, rounded up.
    #[must_use]
    pub const fn own_us(&self) -> u64 {
        self.own_ns.div_ceil(1_000)
    }
}

/// All filters so far, whole microseconds: what the client is told.
impl fmt::Display for Overhead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.earlier_us.saturating_add(self.own_us()).fmt(formatter)
    }
}
