//! One request on its way through, for as long as it lasts.

use std::{sync::Arc, time::Instant};

use bartizan_verdict::{Dialect, Endpoint};
use bartizan_wire::usage::Usage;

use crate::{failure::Failure, metrics::Outcome, provider::Provider};

/// Who asked, as far as errors and logs have to know.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// What is called; whatever, if that is not known.
    pub(crate) endpoint: Endpoint,
    pub(crate) dialect: Dialect,
    /// `x-request-id` as Envoy set it; empty if it did not.
    pub(crate) request_id: String,
    /// `x-bartizan-tenant`; empty if it is absent.
    pub(crate) tenant: String,
}

/// A request that a provider was chosen for. Dropping it unfinished means that the client is gone.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) caller: Caller,
    pub(crate) provider: Arc<Provider>,
    model: String,
    started: Instant,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    UnderWay,
    Over,
}

impl Exchange {
    pub(crate) fn begin(caller: Caller, provider: &Arc<Provider>, model: &str) -> Self {
        provider.meters.began();
        Self {
            caller,
            provider: Arc::clone(provider),
            model: model.to_owned(),
            started: Instant::now(),
            state: State::UnderWay,
        }
    }

    /// Another provider is asked from now on.
    pub(crate) fn turn_to(&mut self, provider: &Arc<Provider>) {
        self.provider.meters.left();
        provider.meters.began();
        self.provider = Arc::clone(provider);
    }

    /// The answer was delivered whole.
    pub(crate) fn finish(&mut self, usage: Usage) {
        self.provider.meters.used(usage);
        self.end(Outcome::Ok);
    }

    /// The answer is an error.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        self.end(Outcome::Failed(failure.reason));
        tracing::info!(
            request = self.caller.request_id,
            tenant = self.caller.tenant,
            provider = self.provider.name(),
            model = self.model,
            reason = %failure.reason,
            detail = %failure.detail,
            "request failed"
        );
    }

    /// The answer broke off after this much had been delivered.
    pub(crate) fn fail_after(&mut self, usage: Usage, failure: &Failure) {
        self.provider.meters.used(usage);
        self.fail(failure);
    }

    fn end(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.state, State::Over) == State::UnderWay {
            self.provider.meters.ended(outcome, self.started.elapsed());
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.state == State::UnderWay {
            self.end(Outcome::ClientGone);
            tracing::info!(
                request = self.caller.request_id,
                tenant = self.caller.tenant,
                provider = self.provider.name(),
                model = self.model,
                "client gone"
            );
        }
    }
}
