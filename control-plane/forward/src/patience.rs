//! How long an answer is waited for.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bartizan_policy::Timeouts;
use tokio::time::{Instant, Sleep, sleep_until};

/// The timer of one exchange: first for the headers of the answer, then between its parts, never past the total.
///
/// WHY: an answer has thousands of parts, and moving a timer costs more than looking at a clock. So there is no timer
/// until something has to be waited for, it is left where it is while there is progress, and moved when it fires too
/// early.
#[derive(Debug)]
pub(crate) struct Patience {
    timer: Option<Pin<Box<Sleep>>>,
    idle: Duration,
    end: Instant,
    due: Instant,
}

impl Patience {
    /// Of an attempt that begins now, to have a request answered that came when it `began`.
    pub(crate) fn new(timeouts: &Timeouts, began: Instant) -> Self {
        let now = Instant::now();
        let end = began + timeouts.total;
        Self {
            timer: None,
            idle: timeouts.idle,
            end,
            due: end.min(now + timeouts.first_byte),
        }
    }

    /// Something arrived.
    pub(crate) fn progress(&mut self) {
        self.wait_for(self.idle);
    }

    /// Waits at most this long from now on.
    pub(crate) fn wait_for(&mut self, time: Duration) {
        self.due = self.end.min(Instant::now() + time);
        if let Some(timer) = &mut self.timer
            && self.due < timer.deadline()
        {
            timer.as_mut().reset(self.due);
        }
    }

    pub(crate) fn poll_spent(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let due = self.due;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        while timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= due {
                return Poll::Ready(());
            }
            timer.as_mut().reset(due);
        }
        Poll::Pending
    }

    pub(crate) async fn spent(&mut self) {
        poll_fn(|context| self.poll_spent(context)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUTS: Timeouts = Timeouts {
        connect: Duration::from_secs(1),
        first_byte: Duration::from_secs(10),
        idle: Duration::from_secs(4),
        total: Duration::from_secs(15),
    };

    async fn seconds_until_spent(patience: &mut Patience, started: Instant) -> u64 {
        patience.spent().await;
        started.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_byte_then_the_pauses_then_the_total_are_waited_for() {
        let started = Instant::now();
        assert_eq!(
            seconds_until_spent(&mut Patience::new(&TIMEOUTS, started), started).await,
            10
        );

        let started = Instant::now();
        let mut patience = Patience::new(&TIMEOUTS, started);
        patience.progress();
        assert_eq!(seconds_until_spent(&mut patience, started).await, 4);

        let started = Instant::now();
        let mut patience = Patience::new(&TIMEOUTS, started);
        for _ in 0..4 {
            patience.progress();
            tokio::time::advance(Duration::from_secs(3)).await;
        }
        patience.progress();
        assert_eq!(seconds_until_spent(&mut patience, started).await, 15);
    }
}
