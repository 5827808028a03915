//! The line before a provider that may have so many requests at once.

use std::sync::{Arc, Mutex};

use bartizan_policy::Concurrency;
use prometheus::{Histogram, IntGauge};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use super::{
    locked,
    places::{Entry, Places},
};

/// Places at a provider, and those who wait for one.
#[derive(Debug)]
pub(super) struct Line {
    state: Mutex<State>,
    depth: IntGauge,
    time: Histogram,
}

#[derive(Debug)]
struct State {
    places: Places<oneshot::Sender<()>>,
    /// What holds for whoever comes, or leaves.
    limits: Concurrency,
}

/// A place at a provider; dropping it lets the next one in.
#[derive(Debug)]
pub(super) struct Place(Arc<Line>);

/// Why there is no place for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// As many wait as may.
    LineFull,
    /// Nobody left in time.
    WaitTooLong,
}

/// One who waits for a place. Dropping it leaves the line.
struct Waiting<'a> {
    line: &'a Arc<Line>,
    number: u64,
    is_over: bool,
}

// === impl Line ===

impl Line {
    pub(super) fn new(limits: Concurrency, depth: IntGauge, time: Histogram) -> Self {
        Self {
            state: Mutex::new(State {
                places: Places::default(),
                limits,
            }),
            depth,
            time,
        }
    }

    /// Other limits hold from now on.
    pub(super) fn limit(&self, limits: Concurrency) {
        let mut state = locked(&self.state);
        state.limits = limits;
        state.call();
    }

    /// Waits for a place, at most until the `end`.
    ///
    /// # Errors
    /// When too many wait, or the wait was too long.
    pub(super) async fn place(self: &Arc<Self>, end: Instant) -> Result<Place, NoPlace> {
        let (called_by, called) = oneshot::channel();
        let (entry, limits) = {
            let mut state = locked(&self.state);
            let limits = state.limits;
            (state.places.enter(&limits, || called_by), limits)
        };
        let number = match entry {
            Entry::In => return Ok(Place(Arc::clone(self))),
            Entry::Full => return Err(NoPlace::LineFull),
            Entry::Waits(number) => number,
        };
        let began = Instant::now();
        let mut waiting = Waiting::new(self, number);
        let _ = timeout_at(end.min(began + limits.pending_timeout), called).await;
        self.time.observe(began.elapsed().as_secs_f64());
        waiting.end().ok_or(NoPlace::WaitTooLong)
    }
}

// === impl State ===

impl State {
    /// Lets in whoever may come in.
    fn call(&mut self) {
        while let Some(called_by) = self.places.call(&self.limits) {
            // One that is gone gives its place back itself.
            let _ = called_by.send(());
        }
    }
}

// === impl Place ===

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = locked(&self.0.state);
        state.places.leave();
        state.call();
    }
}

// === impl Waiting ===

impl<'a> Waiting<'a> {
    fn new(line: &'a Arc<Line>, number: u64) -> Self {
        line.depth.inc();
        Self {
            line,
            number,
            is_over: false,
        }
    }

    /// The place, if there is one by now.
    fn end(&mut self) -> Option<Place> {
        self.is_over = true;
        self.line.depth.dec();
        let still_waits = locked(&self.line.state).places.give_up(self.number);
        (!still_waits).then(|| Place(Arc::clone(self.line)))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            drop(self.end());
        }
    }
}
