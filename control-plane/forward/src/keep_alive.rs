//! Comments in the place of a long silence.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};

/// Every reader of events passes over it.
const COMMENT: Bytes = Bytes::from_static(b": keep-alive\n\n");

/// The timer of one stream's silence. As with [`Patience`](crate::patience::Patience), there is no timer until something
/// has to be waited for, and it is left where it is while events flow.
#[derive(Debug)]
pub(crate) struct KeepAlive {
    interval: Duration,
    due: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl KeepAlive {
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            interval,
            due: Instant::now() + interval,
            timer: None,
        }
    }

    /// The silence has lasted long enough already.
    pub(crate) fn overdue(interval: Duration) -> Self {
        Self {
            interval,
            due: Instant::now(),
            timer: None,
        }
    }

    /// Something left for the client.
    pub(crate) fn progress(&mut self) {
        self.due = Instant::now() + self.interval;
    }

    /// Waits until the silence is long enough, and gives the comment to send.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Bytes> {
        let due = self.due;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        while timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= due {
                // Moved on now, so that the next call finds a timer that has not fired.
                self.due = Instant::now() + self.interval;
                timer.as_mut().reset(self.due);
                return Poll::Ready(COMMENT);
            }
            timer.as_mut().reset(due);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_comment_comes_for_every_interval_of_silence() {
        let began = Instant::now();
        let mut keep_alive = KeepAlive::new(Duration::from_secs(15));
        let mut seconds = Vec::new();
        for _ in 0..2 {
            poll_fn(|context| keep_alive.poll(context)).await;
            seconds.push(began.elapsed().as_secs());
        }
        tokio::time::advance(Duration::from_secs(10)).await;
        keep_alive.progress();
        poll_fn(|context| keep_alive.poll(context)).await;
        seconds.push(began.elapsed().as_secs());
        assert_eq!(seconds, [15, 30, 55]);

        let mut overdue = KeepAlive::overdue(Duration::from_secs(15));
        poll_fn(|context| overdue.poll(context)).await;
        assert_eq!(began.elapsed().as_secs(), 55);
    }
}
