//! Which parts of the process are still on their way to serving.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// The parts of the process that are not ready. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    pending: Arc<Mutex<Vec<&'static str>>>,
}

/// One part that is not ready yet; it is once this is dropped, or [`Task::ready`] is called.
#[must_use = "dropping the task marks it ready"]
pub struct Task {
    name: &'static str,
    registered: Instant,
    readiness: Readiness,
}

// === impl Readiness ===

impl Readiness {
    /// Adds a part that has to become ready. One that fell back to not being ready is registered anew.
    pub fn register(&self, name: &'static str) -> Task {
        self.lock().push(name);
        Task {
            name,
            registered: Instant::now(),
            readiness: self.clone(),
        }
    }

    /// The names of the parts that are not ready, in the order they were registered; empty when all are.
    #[must_use]
    pub fn pending(&self) -> Vec<String> {
        self.lock().iter().map(ToString::to_string).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<&'static str>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Task ===

impl Task {
    /// Marks the part ready.
    pub fn ready(self) {
        drop(self);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let mut pending = self.readiness.lock();
        if let Some(place) = pending.iter().position(|name| *name == self.name) {
            pending.remove(place);
        }
        tracing::debug!(
            part = self.name,
            after_ms = self.registered.elapsed().as_millis(),
            awaited = ?*pending,
            "ready"
        );
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Task").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pending_is_listed_until_it_is_ready() {
        let readiness = Readiness::default();
        let (xds, envoy) = (readiness.register("xds"), readiness.register("envoy"));
        assert_eq!(readiness.pending(), ["xds", "envoy"]);
        xds.ready();
        assert_eq!(readiness.pending(), ["envoy"]);
        drop(envoy);
        assert!(readiness.pending().is_empty());
    }

    #[test]
    fn a_part_that_failed_again_is_pending_again() {
        let readiness = Readiness::default();
        readiness.register("envoy").ready();
        let again = readiness.register("envoy");
        assert_eq!(readiness.pending(), ["envoy"]);
        drop(again);
    }
}
