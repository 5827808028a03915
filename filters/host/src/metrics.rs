use core::{cell::Cell, fmt, marker::PhantomData};

use crate::{Host, MetricId, MetricKind, Stopwatch, stopwatch::Runs};

/// The metrics of one filter: a closed set, so that nothing a client sends can become a name.
///
/// A name is dotted; parts that vary come in pairs of label and value after it
/// (`bartizan_auth_requests_total.outcome.allow`), which is the shape Envoy's tag extraction turns into labels.
pub trait Meter: Copy + 'static {
    /// Every metric, in the order of [`Meter::index`].
    fn all() -> Vec<Self>;

    /// Where this one stands in [`Meter::all`].
    fn index(self) -> usize;

    /// Its name for Envoy.
    fn name(self) -> String;

    /// What it counts.
    fn kind(self) -> MetricKind;
}

/// Of so many requests one is timed and recorded in a histogram. To record costs 7 µs, a quarter of what a filter may cost at all,
/// and the shape of a distribution does not need every value.
pub const SAMPLE: u32 = 64;

/// The metrics of one filter, defined once when it is configured and then used by index.
pub struct Metrics<M> {
    ids: Vec<Option<MetricId>>,
    until_sample: Cell<u32>,
    meters: PhantomData<M>,
}

impl<M: Meter> Metrics<M> {
    /// Defines every metric. One that Envoy refuses is never counted; that must not stop a request.
    #[must_use]
    pub fn define(host: &dyn Host) -> Self {
        let ids = M::all()
            .into_iter()
            .map(|meter| host.define_metric(meter.kind(), &meter.name()).ok())
            .collect();
        Self {
            ids,
            until_sample: Cell::new(0),
            meters: PhantomData,
        }
    }

    /// Adds one to a counter.
    pub fn count(&self, host: &dyn Host, meter: M) {
        if let Some(id) = self.id(meter) {
            host.increment(id, 1);
        }
    }

    /// A stopwatch for a request; one in [`SAMPLE`] runs, beginning with the first.
    #[must_use]
    pub fn stopwatch(&self) -> Stopwatch {
        if let Some(left) = self.until_sample.get().checked_sub(1) {
            self.until_sample.set(left);
            return Stopwatch::new(Runs::No);
        }
        self.until_sample.set(SAMPLE - 1);
        Stopwatch::new(Runs::Yes)
    }

    /// Adds what a stopwatch shows to a histogram, if it is one that runs.
    pub fn record(&self, host: &dyn Host, meter: M, stopwatch: &Stopwatch) {
        if let (Some(micros), Some(id)) = (stopwatch.micros(), self.id(meter)) {
            host.record(id, micros);
        }
    }

    fn id(&self, meter: M) -> Option<MetricId> {
        self.ids.get(meter.index()).copied().flatten()
    }
}

impl<M> Default for Metrics<M> {
    fn default() -> Self {
        Self {
            ids: Vec::new(),
            until_sample: Cell::new(0),
            meters: PhantomData,
        }
    }
}

impl<M> fmt::Debug for Metrics<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").field("ids", &self.ids).finish()
    }
}
