//! When a connection of Envoy is looked after: once for all that is ready, not once for each.
//!
//! Answers of a connection are tasks of their own, and each wakes the connection to send what it has. A write for each
//! costs more than all that is done with an event, here and in Envoy. So the connection waits until those tasks have had
//! their turn that are ready already, and the operating system was asked for more; it waits for nothing that is to come.

use std::{pin::Pin, task::Poll};

use futures_util::{pending, poll};
use tokio::task::yield_now;

/// Drives a future that is the last of its task's: woken, it lets all others go first.
pub(crate) async fn last<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    loop {
        if let Poll::Ready(output) = poll!(future.as_mut()) {
            return output;
        }
        pending!();
        yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::{sync::mpsc, task::spawn};

    use super::*;

    /// What came each time that it was polled, until nobody sends any more.
    async fn polled(mut receiver: mpsc::UnboundedReceiver<u8>) -> Vec<Vec<u8>> {
        let mut polled = Vec::new();
        let connection = poll_fn(|context| {
            let mut came = Vec::new();
            let ended = loop {
                match receiver.poll_recv(context) {
                    Poll::Ready(Some(number)) => came.push(number),
                    Poll::Ready(None) => break Poll::Ready(()),
                    Poll::Pending => break Poll::Pending,
                }
            };
            polled.push(came);
            ended
        });
        last(std::pin::pin!(connection)).await;
        polled
    }

    #[tokio::test]
    async fn what_is_ready_goes_first() {
        let (sender, receiver) = mpsc::unbounded_channel();
        let polled = spawn(polled(receiver));
        // The second is not yet there when the first wakes the connection.
        spawn(async move {
            sender.send(1).unwrap();
            spawn(async move { sender.send(2).unwrap() });
        });
        assert_eq!(polled.await.unwrap(), [vec![], vec![1, 2]]);
    }
}
