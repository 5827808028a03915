use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use crate::{Host, HostError, Level, MetricId, MetricKind, Swap, Versioned};

/// What all workers of one Envoy share: clock, shared data, metrics, log.
#[derive(Clone, Debug, Default)]
pub struct World(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    now_ns: u64,
    step_ns: u64,
    shared: BTreeMap<String, Versioned>,
    last_version: u32,
    contended: u32,
    shared_fails: bool,
    metrics: Vec<(String, Vec<u64>)>,
    notes: BTreeMap<String, String>,
    log: Vec<(Level, String)>,
}

// === impl World ===

impl World {
    /// A world at a moment, in nanoseconds since 1970.
    #[must_use]
    pub fn at(now_ns: u64) -> Self {
        let world = Self::default();
        world.state().now_ns = now_ns;
        world
    }

    /// Lets time pass.
    pub fn advance(&self, nanoseconds: u64) {
        self.state().now_ns += nanoseconds;
    }

    /// Makes each reading of the clock take this long.
    pub fn tick(&self, nanoseconds: u64) {
        self.state().step_ns = nanoseconds;
    }

    /// Makes the next swaps find that another worker was faster, though the value stays what it was.
    pub fn contend(&self, swaps: u32) {
        self.state().contended = swaps;
    }

    /// Makes every use of shared data fail from now on.
    pub fn break_shared_data(&self) {
        self.state().shared_fails = true;
    }

    /// A shared value.
    #[must_use]
    pub fn shared_value(&self, key: &str) -> Option<Vec<u8>> {
        self.state().shared.get(key).map(|entry| entry.value.clone())
    }

    /// Overwrites a shared value.
    pub fn put_shared(&self, key: &str, value: &[u8]) {
        self.state().store(key, value);
    }

    /// What a counter stands at; zero if it was never defined.
    #[must_use]
    pub fn counter(&self, name: &str) -> u64 {
        self.recorded(name).iter().sum()
    }

    /// What was recorded in a histogram.
    #[must_use]
    pub fn recorded(&self, name: &str) -> Vec<u64> {
        let state = self.state();
        let metric = state.metrics.iter().find(|(defined, _)| defined == name);
        metric.map_or_else(Vec::new, |(_, values)| values.clone())
    }

    /// Counters that are not zero.
    #[must_use]
    pub fn counted(&self) -> BTreeMap<String, u64> {
        let state = self.state();
        let counters = state.metrics.iter().filter(|(name, _)| name.contains("_total"));
        let sums = counters.map(|(name, values)| (name.clone(), values.iter().sum()));
        sums.filter(|(_, sum)| *sum > 0).collect()
    }

    /// What the access log was last told under a name.
    #[must_use]
    pub fn noted(&self, name: &str) -> Option<String> {
        self.state().notes.get(name).cloned()
    }

    /// Everything logged.
    #[must_use]
    pub fn log_lines(&self) -> Vec<(Level, String)> {
        self.state().log.clone()
    }

    /// What the clock shows, without the time that reading it takes.
    pub(super) fn moment(&self) -> u64 {
        self.state().now_ns
    }

    fn state(&self) -> MutexGuard<'_, State> {
        match self.0.lock() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        }
    }
}

impl Host for World {
    fn now_ns(&self) -> u64 {
        let mut state = self.state();
        state.now_ns += state.step_ns;
        state.now_ns
    }

    fn shared(&self, key: &str) -> Result<Option<Versioned>, HostError> {
        let state = self.state();
        if state.shared_fails {
            return Err(HostError("read shared data"));
        }
        Ok(state.shared.get(key).cloned())
    }

    fn swap_shared(&self, key: &str, value: &[u8], version: u32) -> Result<Swap, HostError> {
        let mut state = self.state();
        if state.shared_fails {
            return Err(HostError("store shared data"));
        }
        if state.contended > 0 {
            state.contended -= 1;
            return Ok(Swap::Stale);
        }
        if state.shared.get(key).is_some_and(|entry| entry.version != version) {
            return Ok(Swap::Stale);
        }
        state.store(key, value);
        Ok(Swap::Stored)
    }

    fn create_shared(&self, key: &str, value: &[u8]) -> Result<(), HostError> {
        let mut state = self.state();
        if state.shared_fails {
            return Err(HostError("create shared data"));
        }
        state.store(key, value);
        Ok(())
    }

    fn define_metric(&self, _kind: MetricKind, name: &str) -> Result<MetricId, HostError> {
        let mut state = self.state();
        let known = state.metrics.iter().position(|(defined, _)| defined == name);
        let index = known.unwrap_or_else(|| {
            state.metrics.push((name.to_owned(), Vec::new()));
            state.metrics.len() - 1
        });
        u32::try_from(index)
            .map(MetricId)
            .map_err(|_| HostError("define a metric"))
    }

    fn increment(&self, metric: MetricId, by: u64) {
        self.record(metric, by);
    }

    fn record(&self, metric: MetricId, value: u64) {
        if let Some((_, values)) = self.state().metrics.get_mut(metric.0 as usize) {
            values.push(value);
        }
    }

    fn note(&self, name: &str, value: &str) {
        self.state().notes.insert(name.to_owned(), value.to_owned());
    }

    fn log(&self, level: Level, message: &str) {
        self.state().log.push((level, message.to_owned()));
    }
}

// === impl State ===

impl State {
    fn store(&mut self, key: &str, value: &[u8]) {
        self.last_version += 1;
        let entry = Versioned {
            value: value.to_vec(),
            version: self.last_version,
        };
        self.shared.insert(key.to_owned(), entry);
    }
}
