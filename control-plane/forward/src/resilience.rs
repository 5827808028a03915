//! How the forwarder stays steady when a provider is not.
//!
//! Each provider has a [`Guard`]. It says who may be sent to the provider, takes note of how that went, and counts it:
//!
//! | Part | What it does | For |
//! |---|---|---|
//! | [`breaker`] | gives it a rest after too many failures | each model |
//! | [`allowance`] | asks it last while it says that nothing is left of its rate limit | each model |
//! | [`health`] | asks it last while too many of its requests fail | the provider |
//! | [`mod@line`], [`places`] | limits how many requests are there at once, and how many wait | the provider |
//! | [`budget`], [`back_off`] | limits how often attempts are repeated, and says when | the provider |
//!
//! The parts are arithmetic on a given time; what waits and locks is here. A new policy keeps what was learnt.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bartizan_policy::{Resilience, Retry};
use tokio::time::{Duration, Instant};

mod admission;
mod allowance;
mod back_off;
mod breaker;
mod budget;
mod health;
mod line;
mod metrics;
mod places;

pub(crate) use self::{admission::Admission, allowance::Said, metrics::ResilienceMetrics};
use self::{
    allowance::Allowance,
    breaker::Breaker,
    budget::Budget,
    health::Health,
    line::{Line, NoPlace},
    metrics::{BreakerMeter, Cause, ProviderMeters},
};
use crate::{
    failure::{Cure, Failure},
    route::draw,
};

/// What is known of a provider, and the rules that policy gives it.
#[derive(Debug)]
pub(crate) struct Guard {
    settings: Resilience,
    state: Arc<State>,
}

/// What outlives a policy.
#[derive(Debug)]
struct State {
    line: Arc<Line>,
    budget: Mutex<Budget>,
    health: Mutex<Health>,
    models: Mutex<HashMap<String, Arc<ModelState>>>,
    meters: ProviderMeters,
}

#[derive(Debug)]
struct ModelState {
    breaker: Mutex<Breaker>,
    allowance: Mutex<Allowance>,
    meter: BreakerMeter,
}

/// Whether a candidate may be tried now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Ready,
    /// If nobody else is left.
    Last,
    /// Not before then.
    Resting(Instant),
}

// === impl Guard ===

impl Guard {
    /// The guard of a provider under a policy; what it learnt under the one before is kept.
    pub(crate) fn new(
        provider: &str,
        settings: Resilience,
        metrics: &ResilienceMetrics,
        before: Option<&Self>,
    ) -> Arc<Self> {
        let state = before.map_or_else(
            || Arc::new(State::new(provider, &settings, metrics)),
            |before| Arc::clone(&before.state),
        );
        state.line.limit(settings.concurrency);
        Arc::new(Self { settings, state })
    }

    /// Whether the provider's model may be tried.
    pub(crate) fn standing(&self, model: &str, now: Instant) -> Standing {
        let model = self.state.model(model);
        let rests_until = locked(&model.breaker).rests_until(&self.settings.circuit_breaker, now);
        if let Some(until) = rests_until {
            self.state.meters.passed_over(Cause::Resting);
            return Standing::Resting(until);
        }
        let cause = if locked(&model.allowance).is_used_up(now) {
            Cause::UsedUp
        } else if locked(&self.state.health).is_unwell(now) {
            Cause::Unwell
        } else {
            return Standing::Ready;
        };
        self.state.meters.passed_over(cause);
        Standing::Last
    }

    /// Waits until a request may be sent to the provider's model, at most until the `end`.
    ///
    /// # Errors
    /// When the model is given a rest, too many wait, or the wait was too long.
    pub(crate) async fn admit(self: &Arc<Self>, model: &str, end: Instant) -> Result<Admission, Failure> {
        let place = self.state.line.place(end).await.map_err(|why| {
            self.state.meters.passed_over(match why {
                NoPlace::LineFull => Cause::QueueFull,
                NoPlace::WaitTooLong => Cause::QueueTimeout,
            });
            no_place(why, self.settings.concurrency.pending_timeout)
        })?;
        let model = self.state.model(model);
        let now = Instant::now();
        let mut breaker = locked(&model.breaker);
        let admitted = breaker.admit(&self.settings.circuit_breaker, now);
        model.meter.stands(breaker.stand());
        drop(breaker);
        match admitted {
            Ok(ticket) => Ok(Admission::new(Arc::clone(self), model, ticket, place)),
            Err(until) => {
                self.state.meters.passed_over(Cause::Resting);
                Err(resting(until.saturating_duration_since(now)))
            }
        }
    }

    /// A request is sent here for the first time, which earns a part of a retry.
    pub(crate) fn earn_retries(&self) {
        locked(&self.state.budget).earn(self.settings.retry.budget_percent);
    }

    /// How long to wait before a failed attempt is repeated here, if it may be: the retry of that number, 0 for the
    /// first, which has to begin before the `end`.
    pub(crate) fn retry_after(&self, failure: &Failure, number: u32, end: Instant) -> Option<Duration> {
        let settings: &Retry = &self.settings.retry;
        if failure.cure() != Cure::Again || number >= settings.num_retries {
            return None;
        }
        let now = Instant::now();
        let wait = back_off::wait(settings, number, failure.wait(), draw)?;
        if now + wait >= end || !locked(&self.state.budget).take(now) {
            return None;
        }
        self.state.meters.retried(failure.reason.code());
        Some(wait)
    }

    /// The request goes on to another provider or model.
    pub(crate) fn failed_over(&self, failure: &Failure) {
        self.state.meters.failed_over(failure.reason.code());
    }
}

/// The failure of a request for which nobody may be asked for so long.
pub(crate) fn resting(time: Duration) -> Failure {
    let message = "The provider of the model failed too often and is given a rest. Try again later.";
    Failure::not_asked("circuit breaker open")
        .message(Some(message.to_owned()))
        .retry_after(Some(time))
}

/// The failure of a request that does not come to its turn. Whoever waits now has left the line within the time that one
/// may wait.
fn no_place(why: NoPlace, pending_timeout: Duration) -> Failure {
    let (detail, message) = match why {
        NoPlace::LineFull => (
            "too many wait for the provider",
            "Too many requests wait for the provider of the model. Try again in a moment.",
        ),
        NoPlace::WaitTooLong => (
            "waited too long for the provider",
            "The request waited too long for its turn at the provider of the model. Try again in a moment.",
        ),
    };
    Failure::not_asked(detail)
        .message(Some(message.to_owned()))
        .retry_after(Some(pending_timeout))
}

// === impl State ===

impl State {
    fn new(provider: &str, settings: &Resilience, metrics: &ResilienceMetrics) -> Self {
        let now = Instant::now();
        let meters = metrics.of(provider);
        let (depth, time) = (meters.queue_depth.clone(), meters.queue_time.clone());
        Self {
            line: Arc::new(Line::new(settings.concurrency, depth, time)),
            budget: Mutex::new(Budget::new(now)),
            health: Mutex::new(Health::new(now)),
            models: Mutex::default(),
            meters,
        }
    }

    /// What is known of a model. Models are those of policy, so that there are not too many.
    fn model(&self, name: &str) -> Arc<ModelState> {
        let mut models = locked(&self.models);
        if let Some(model) = models.get(name) {
            return Arc::clone(model);
        }
        let model = Arc::new(ModelState {
            breaker: Mutex::default(),
            allowance: Mutex::default(),
            meter: self.meters.breaker(name),
        });
        models.insert(name.to_owned(), Arc::clone(&model));
        model
    }
}

/// Nothing panics while it holds a lock; should it, the numbers are still numbers.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
