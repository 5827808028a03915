//! What comes of a request that was let through.

use std::sync::Arc;

use bartizan_verdict::Reason;
use tokio::time::Instant;

use super::{
    Guard, ModelState, Said,
    breaker::{Ticket, Verdict},
    line::Place,
    locked,
};
use crate::failure::Failure;

/// A request that was let through to a provider, for as long as it is there.
#[derive(Debug)]
pub(crate) struct Admission {
    guard: Arc<Guard>,
    model: Arc<ModelState>,
    /// What its outcome counts for, until that is known.
    ticket: Option<Ticket>,
    _place: Place,
}

impl Admission {
    pub(super) const fn new(guard: Arc<Guard>, model: Arc<ModelState>, ticket: Ticket, place: Place) -> Self {
        Self {
            guard,
            model,
            ticket: Some(ticket),
            _place: place,
        }
    }

    /// The provider began a good answer.
    pub(crate) fn went_well(&mut self, said: Said) {
        self.note(said);
        self.guard.state.meters.went_well();
        self.record(Verdict::Good);
    }

    /// The provider failed before there was an answer, or refused.
    pub(crate) fn failed(&mut self, failure: &Failure, said: Said) {
        self.note(said.or_of_refusal(failure));
        self.guard.state.meters.failed(failure.reason.code());
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
