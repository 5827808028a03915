//! Threads that each do all the work of their connections: an Envoy worker's requests, and the calls of providers that
//! answer them.
//!
//! A request is little work that is woken often: by Envoy, by the provider, by both again for every event. Handed from
//! thread to thread each time, as a runtime that shares its tasks does, it costs twice the CPU. So a connection of Envoy
//! stays on one thread, and so do the connections to providers that were opened for it. Envoy has a connection for each
//! of its workers, so the threads share the load as the workers do.

use std::{future::pending, io, sync::Arc, thread};

use bartizan_platform::tasks::{Ended, Tasks};
use tokio::{
    runtime,
    sync::{mpsc, oneshot},
};
use tracing::dispatcher;

/// Which lane something is on: a number from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lane(usize);

/// The lanes of a forwarder, each given connections. When this is dropped they end, with all that they have under way.
#[derive(Debug)]
pub(crate) struct Lanes<T> {
    ways: Vec<Way<T>>,
    /// WHY to the end: what a lane opened for all, as to a database, works only as long as its lane does.
    _stays: Vec<oneshot::Sender<()>>,
    finished: mpsc::Receiver<()>,
}

/// The way to a lane.
#[derive(Debug)]
struct Way<T> {
    connections: mpsc::UnboundedSender<(T, Load)>,
    load: Load,
}

/// As many clones as the lane has connections, and one.
type Load = Arc<()>;

// === impl Lane ===

impl Lane {
    /// One for each processor that we may use.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..thread::available_parallelism().map_or(1, usize::from)).map(Self)
    }

    /// This lane's of what each has.
    pub(crate) fn of<T>(self, each: &[T]) -> Option<&T> {
        each.get(self.0)
    }
}

// === impl Lanes ===

impl<T: Send + 'static> Lanes<T> {
    /// Starts the lanes, which log where the caller does. `converse` looks after a connection until it ends.
    ///
    /// # Errors
    /// When the operating system has no threads left.
    pub(crate) fn start<F>(converse: impl Fn(T, Lane) -> F + Clone + Send + 'static) -> io::Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (finishing, finished) = mpsc::channel(1);
        let (mut ways, mut stays) = (Vec::new(), Vec::new());
        let log = dispatcher::get_default(Clone::clone);
        for lane in Lane::all() {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            let (connections, given) = mpsc::unbounded_channel();
            let (stay, left) = oneshot::channel();
            let (converse, finishing, log) = (converse.clone(), finishing.clone(), log.clone());
            thread::Builder::new().name("forward".to_owned()).spawn(move || {
                let work = async {
                    look_after(given, |connection| converse(connection, lane)).await;
                    drop(finishing);
                    pending().await
                };
                let until_left = async {
                    tokio::select! {
                        () = work => {}
                        _ = left => {}
                    }
                };
                dispatcher::with_default(&log, || runtime.block_on(until_left));
            })?;
            ways.push(Way {
                connections,
                load: Load::default(),
            });
            stays.push(stay);
        }
        Ok(Self {
            ways,
            _stays: stays,
            finished,
        })
    }

    /// Has a connection looked after, by the lane that has the fewest. Should a lane have died, the others go on; if all
    /// have, the connection is closed.
    pub(crate) fn take(&self, connection: T) {
        let alive = self.ways.iter().filter(|way| !way.connections.is_closed());
        let sent = alive
            .min_by_key(|way| Arc::strong_count(&way.load))
            .is_some_and(|way| way.connections.send((connection, Arc::clone(&way.load))).is_ok());
        if !sent {
            tracing::error!("no thread is left for a connection");
        }
    }

    /// Takes no more connections, and waits until all have ended.
    pub(crate) async fn finish(&mut self) {
        self.ways.clear();
        let _ = self.finished.recv().await;
    }
}

async fn look_after<T, F>(mut given: mpsc::UnboundedReceiver<(T, Load)>, converse: impl Fn(T) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = Tasks::new();
    loop {
        tokio::select! {
            Some(ended) = connections.ended() => noted(&ended),
            next = given.recv() => match next {
                Some((connection, load)) => {
                    let conversation = converse(connection);
                    connections.spawn("forward connection", async move {
                        conversation.await;
                        drop(load);
                    });
                }
                None => break,
            },
        }
    }
    while let Some(ended) = connections.ended().await {
        noted(&ended);
    }
}

/// A task that ends is nothing; one that panics is a mistake of ours.
pub(crate) fn noted(ended: &Ended<()>) {
    if let Err(error) = &ended.result {
        tracing::error!(task = ended.name, %error, "task failed");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn each_lane_gets_its_share_and_keeps_it() {
        let (seen, came) = channel();
        let mut lanes = Lanes::start(move |ends: oneshot::Receiver<()>, lane| {
            let seen = seen.clone();
            async move {
                let _ = seen.send((lane.0, thread::current().id()));
                let _ = ends.await;
            }
        })
        .unwrap();
        let count = Lane::all().count();
        let ends: Vec<_> = (0..2 * count)
            .map(|_| {
                let (end, ends) = oneshot::channel();
                lanes.take(ends);
                end
            })
            .collect();
        let mut places: Vec<_> = ends.iter().map(|_| came.recv_timeout(PATIENCE).unwrap()).collect();
        places.sort_by_key(|(lane, _)| *lane);
        for (lane, pair) in places.chunks(2).enumerate() {
            assert!(pair.iter().all(|place| *place == (lane, pair[0].1)), "{places:?}");
        }
        drop(ends);
        lanes.finish().await;
    }

    #[tokio::test]
    async fn a_lane_stays_until_all_are_dropped_and_then_leaves_its_work() {
        let (seen, came) = channel::<()>();
        let lanes = Lanes::start(move |(), _| {
            let seen = seen.clone();
            async move {
                pending::<()>().await;
                drop(seen);
            }
        })
        .unwrap();
        lanes.take(());
        drop(lanes);
        // All senders are gone only when the lanes are.
        let waiting = tokio::task::spawn_blocking(move || came.recv_timeout(PATIENCE));
        assert_eq!(
            waiting.await.unwrap(),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
        );
    }

    #[tokio::test]
    async fn what_a_lane_opened_for_all_works_when_its_connections_have_ended() {
        let mut lanes = Lanes::start(|asks: oneshot::Receiver<oneshot::Sender<()>>, _| async {
            tokio::spawn(async move { asks.await.unwrap().send(()).unwrap() });
        })
        .unwrap();
        let (asking, asks) = oneshot::channel();
        lanes.take(asks);
        lanes.finish().await;
        let (answering, answer) = oneshot::channel();
        asking.send(answering).unwrap();
        tokio::time::timeout(PATIENCE, answer).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_lane_that_died_gets_nothing_more() {
        let way = || {
            let (connections, given) = mpsc::unbounded_channel();
            let load = Load::default();
            (Way { connections, load }, given)
        };
        let ((dead, died), (alive, mut given)) = (way(), way());
        drop(died);
        let lanes = Lanes {
            ways: vec![dead, alive],
            _stays: Vec::new(),
            finished: mpsc::channel(1).1,
        };
        for number in 0..3 {
            lanes.take(number);
            assert_eq!(given.try_recv().unwrap().0, number);
        }
    }

    #[tokio::test]
    async fn a_connection_that_panics_ends_by_itself() {
        let mut lanes = Lanes::start(|(), _| async { panic!("as planned") }).unwrap();
        lanes.take(());
        lanes.finish().await;
    }
}
