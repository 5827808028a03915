//! How the forwarder stays steady when a provider is not.
//!
//! Each provider has a [`Guard`]. It says who may be sent to the provider, takes note of how that went, and counts it:
//!
//! | Part | What it does | For |
//! |---|---|---|
//! | [`breaker`] | gives it a rest after too many failures | each model |
//! | [`allowance`] | asks it last while it says that nothing is left of its rate limit | each model |
//! | [`health`] | asks it last while too many of its requests fail | the provider |
//! | [`places`] | limits how many requests are there at once, and how many wait | the provider |
//! | [`budget`], [`back_off`] | limits how often attempts are repeated, and says when | the provider |
//!
//! The parts are arithmetic on a given time; what waits and locks is here. A new policy keeps what was learnt.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bartizan_policy::{Resilience, Retry};
use bartizan_verdict::Reason;
use tokio::{
    sync::oneshot,
    time::{Duration, Instant, timeout_at},
};

mod allowance;
mod back_off;
mod breaker;
mod budget;
mod health;
mod metrics;
mod places;

use self::{
    allowance::Allowance,
    breaker::{Breaker, Ticket, Verdict},
    budget::Budget,
    health::Health,
    metrics::{BreakerMeter, Cause, ProviderMeters},
    places::{Entry, Places},
};
pub(crate) use self::{allowance::Said, metrics::ResilienceMetrics};
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
    places: Mutex<Line>,
    budget: Mutex<Budget>,
    health: Mutex<Health>,
    models: Mutex<HashMap<String, Arc<ModelState>>>,
    meters: ProviderMeters,
}

/// Places, and the limits that hold for whoever leaves one.
#[derive(Debug)]
struct Line {
    places: Places<oneshot::Sender<()>>,
    limits: bartizan_policy::Concurrency,
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

/// A request that was let through to a provider, for as long as it is there.
#[derive(Debug)]
pub(crate) struct Admission {
    guard: Arc<Guard>,
    model: Arc<ModelState>,
    ticket: Option<Ticket>,
    _place: Place,
}

/// A place at a provider; dropping it lets the next one in.
#[derive(Debug)]
struct Place(Arc<State>);

/// One who waits for a place. Dropping it leaves the line.
struct Waiting<'a> {
    state: &'a Arc<State>,
    number: u64,
    is_over: bool,
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
        let mut line = locked(&state.places);
        line.limits = settings.concurrency;
        line.call();
        drop(line);
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
        let place = self.place(end).await?;
        let model = self.state.model(model);
        let now = Instant::now();
        let mut breaker = locked(&model.breaker);
        let admitted = breaker.admit(&self.settings.circuit_breaker, now);
        model.meter.stands(breaker.stand());
        drop(breaker);
        match admitted {
            Ok(ticket) => Ok(Admission {
                guard: Arc::clone(self),
                model,
                ticket: Some(ticket),
                _place: place,
            }),
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

    async fn place(&self, end: Instant) -> Result<Place, Failure> {
        let (called_by, called) = oneshot::channel();
        let (entry, limits) = {
            let mut line = locked(&self.state.places);
            let limits = line.limits;
            (line.places.enter(&limits, || called_by), limits)
        };
        let meters = &self.state.meters;
        let number = match entry {
            Entry::In => return Ok(Place(Arc::clone(&self.state))),
            Entry::Full => {
                meters.passed_over(Cause::QueueFull);
                return Err(Failure::not_asked("too many wait for the provider"));
            }
            Entry::Waits(number) => number,
        };
        let began = Instant::now();
        let mut waiting = Waiting::new(&self.state, number);
        let _ = timeout_at(end.min(began + limits.pending_timeout), called).await;
        meters.queue_time.observe(began.elapsed().as_secs_f64());
        waiting.end().ok_or_else(|| {
            meters.passed_over(Cause::QueueTimeout);
            Failure::not_asked("waited too long for the provider")
        })
    }
}

/// The failure of a request for which nobody may be asked for so long.
pub(crate) fn resting(time: Duration) -> Failure {
    Failure::not_asked("circuit breaker open").retry_after(Some(time))
}

// === impl State ===

impl State {
    fn new(provider: &str, settings: &Resilience, metrics: &ResilienceMetrics) -> Self {
        let now = Instant::now();
        Self {
            places: Mutex::new(Line {
                places: Places::default(),
                limits: settings.concurrency,
            }),
            budget: Mutex::new(Budget::new(now)),
            health: Mutex::new(Health::new(now)),
            models: Mutex::default(),
            meters: metrics.of(provider),
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

// === impl Line ===

impl Line {
    /// Lets in whoever may come in.
    fn call(&mut self) {
        while let Some(called_by) = self.places.call(&self.limits) {
            // One that is gone gives its place back itself.
            let _ = called_by.send(());
        }
    }
}

// === impl Admission ===

impl Admission {
    /// The provider began a good answer.
    pub(crate) fn went_well(&mut self, said: Said) {
        self.note(said);
        self.guard.state.meters.attempted("ok");
        self.record(Verdict::Good);
    }

    /// The provider failed before there was an answer, or refused.
    pub(crate) fn failed(&mut self, failure: &Failure, said: Said) {
        self.note(said.or_of_refusal(failure));
        self.guard.state.meters.attempted(failure.reason.code());
        self.record(verdict(failure));
    }

    /// The answer that began well broke off.
    pub(crate) fn broke(&mut self, failure: &Failure) {
        // The trial it may have been is over: an answer that begins is a good one.
        self.ticket = Some(Ticket::Normal);
        self.record(verdict(failure));
    }

    fn note(&self, said: Said) {
        locked(&self.model.allowance).note(said, Instant::now());
    }

    fn record(&mut self, verdict: Verdict) {
        let Some(ticket) = self.ticket.take() else { return };
        let now = Instant::now();
        let settings = &self.guard.settings;
        let mut breaker = locked(&self.model.breaker);
        breaker.record(&settings.circuit_breaker, now, ticket, verdict);
        self.model.meter.stands(breaker.stand());
        drop(breaker);
        locked(&self.guard.state.health).record(&settings.health, now, verdict);
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.record(Verdict::Open);
    }
}

/// Whether the provider is to blame for a failure.
const fn verdict(failure: &Failure) -> Verdict {
    match failure.reason {
        Reason::ProviderFailed
        | Reason::ProviderCut
        | Reason::ProviderTimeout
        | Reason::AnswerUnreadable
        | Reason::Unavailable => Verdict::Bad,
        Reason::ProviderLimited => Verdict::Open,
        // It answered; what it said was about the request.
        _ => Verdict::Good,
    }
}

// === impl Place ===

impl Drop for Place {
    fn drop(&mut self) {
        let mut line = locked(&self.0.places);
        line.places.leave();
        line.call();
    }
}

// === impl Waiting ===

impl<'a> Waiting<'a> {
    fn new(state: &'a Arc<State>, number: u64) -> Self {
        state.meters.queue_depth.inc();
        Self {
            state,
            number,
            is_over: false,
        }
    }

    /// The place, if there is one by now.
    fn end(&mut self) -> Option<Place> {
        self.is_over = true;
        self.state.meters.queue_depth.dec();
        let still_waits = locked(&self.state.places).places.give_up(self.number);
        (!still_waits).then(|| Place(Arc::clone(self.state)))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            drop(self.end());
        }
    }
}

/// Nothing panics while it holds a lock; should it, the numbers are still numbers.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
