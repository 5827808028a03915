use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bartizan_verdict::Reason;
use bartizan_wire::usage::Usage;
use bytes::Bytes;
use http_body::Body;
use hyper::body::Incoming;

use crate::{
    failure::Failure,
    patience::Patience,
    translate::{Events, Progress},
};

/// The events of a provider, as the client gets them.
#[derive(Debug)]
pub(crate) struct Source {
    provider: Incoming,
    patience: Patience,
    events: Events,
    /// What may leave.
    pub(super) ready: VecDeque<Bytes>,
    end: End,
    wait: Wait,
}

/// Whether and how the answer came to its end.
#[derive(Clone, Debug)]
pub(super) enum End {
    Open,
    /// The last event came.
    Last,
    Failed(Failure),
}

/// Whose turn it is. Only the provider's silence counts: a client that takes its time is not the provider's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    Client,
    Provider,
}

impl Source {
    pub(crate) fn new(provider: Incoming, patience: Patience, events: Events) -> Self {
        Self {
            provider,
            patience,
            events,
            ready: VecDeque::new(),
            end: End::Open,
            wait: Wait::Client,
        }
    }

    /// Waits for the first event, as long as the provider may take for its first byte.
    ///
    /// # Errors
    /// When the stream failed before it.
    pub(crate) async fn begun(&mut self) -> Result<(), Failure> {
        // What is waited for is still the same, so there is no progress to note.
        self.wait = Wait::Provider;
        while self.events.progress() == Progress::Silent {
            if let End::Failed(failure) = &self.end {
                return Err(failure.clone());
            }
            poll_fn(|context| self.poll_read(context)).await;
        }
        self.wait = Wait::Client;
        Ok(())
    }

    pub(super) fn end(&self) -> End {
        self.end.clone()
    }

    /// Takes one part of the provider's answer.
    pub(super) fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match Pin::new(&mut self.provider).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                if self.events.progress() != Progress::Silent {
                    self.wait = Wait::Client;
                }
                if let Ok(bytes) = frame.into_data() {
                    self.take(bytes);
                }
            }
            Poll::Ready(Some(Err(_))) => {
                self.fail(Failure::new(Reason::ProviderCut, "connection broke in the stream"));
            }
            Poll::Ready(None) => {
                let ended = self.events.end(&mut self.ready);
                self.note(ended);
            }
            Poll::Pending => {
                if std::mem::replace(&mut self.wait, Wait::Provider) == Wait::Client {
                    self.patience.progress();
                }
                ready!(self.patience.poll_spent(context));
                self.fail(Failure::timed_out("a timeout in the stream"));
            }
        }
        Poll::Ready(())
    }

    /// Gives the provider a moment to end its answer.
    pub(super) fn linger(&mut self, time: Duration) {
        self.patience.wait_for(time);
    }

    /// Waits for the provider to end its answer, which frees its connection for the next request.
    pub(super) fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if Pin::new(&mut self.provider).poll_frame(context).is_pending() {
            ready!(self.patience.poll_spent(context));
        }
        Poll::Ready(())
    }

    /// What the stream has used so far.
    pub(super) fn usage(&self) -> Usage {
        self.events.usage()
    }

    /// The number of the event that would come next, if the client's dialect numbers them.
    pub(super) fn next_number(&self) -> Option<u64> {
        self.events.next_number()
    }

    fn take(&mut self, bytes: Bytes) {
        let taken = self.events.take(bytes, &mut self.ready);
        self.note(taken);
    }

    fn note(&mut self, taken: Result<(), Failure>) {
        match taken {
            Ok(()) if self.events.progress() == Progress::Ended => self.end = End::Last,
            Ok(()) => {}
            Err(failure) => self.fail(failure),
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.end = End::Failed(failure);
    }
}
