//! Named tasks with an owner, so that none ends, or panics, unseen.

use std::{
    collections::HashMap,
    fmt,
    future::{Future, poll_fn},
};

use tokio::task::{Id, JoinError, JoinSet};

/// Tasks that end together with their owner: dropping it aborts those that still run.
pub struct Tasks<T> {
    running: JoinSet<T>,
    names: HashMap<Id, &'static str>,
}

/// A task that ended.
#[derive(Debug)]
pub struct Ended<T> {
    /// The name it was spawned with.
    pub name: &'static str,
    /// What it returned; the error says that it panicked.
    pub result: Result<T, JoinError>,
}

impl<T: Send + 'static> Tasks<T> {
    /// No tasks yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            running: JoinSet::new(),
            names: HashMap::new(),
        }
    }

    /// Runs a future to its end, beside the caller.
    pub fn spawn(&mut self, name: &'static str, task: impl Future<Output = T> + Send + 'static) {
        let id = self.running.spawn(task).id();
        self.names.insert(id, name);
    }

    /// Waits for the next task to end; `None` when there is none.
    pub async fn ended(&mut self) -> Option<Ended<T>> {
        let (id, result) = match poll_fn(|context| self.running.poll_join_next_with_id(context)).await? {
            Ok((id, value)) => (id, Ok(value)),
            Err(error) => (error.id(), Err(error)),
        };
        let name = self.names.remove(&id).unwrap_or("unnamed");
        Some(Ended { name, result })
    }

    /// How many run.
    #[must_use]
    pub fn count(&self) -> usize {
        self.running.len()
    }
}

impl<T: Send + 'static> Default for Tasks<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Tasks<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.names.values()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_end_is_reported_with_its_name() {
        let mut tasks = Tasks::new();
        tasks.spawn("good", async { 7 });
        tasks.spawn("bad", async { panic!("as planned") });
        assert_eq!(tasks.count(), 2);
        let mut ends = Vec::new();
        while let Some(ended) = tasks.ended().await {
            ends.push((ended.name, ended.result.ok()));
        }
        ends.sort_unstable();
        assert_eq!(ends, [("bad", None), ("good", Some(7))]);
    }
}
