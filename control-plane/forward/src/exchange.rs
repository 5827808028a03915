//! One request on its way through, for as long as it lasts.

use std::{sync::Arc, time::Instant};

use bartizan_verdict::{Dialect, Endpoint};
use bartizan_wire::usage::Usage;
use bytes::Bytes;
use http::HeaderMap;

use crate::{
    cache::Recording,
    failure::Failure,
    metering::{Charge, Metering},
    metrics::Outcome,
    provider::Provider,
    resilience::Admission,
    route::Candidate,
    telemetry::{Ending, ErrorType},
};

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
    pub(crate) caller: Arc<Caller>,
    pub(crate) provider: Arc<Provider>,
    upstream_model: String,
    /// What policy calls the model.
    model: String,
    started: Instant,
    state: State,
    metering: Metering,
    charge: Option<Charge>,
    /// Its place at the provider, while it is there.
    admission: Option<Admission>,
    /// What keeps the answer, if it is to be kept.
    recording: Option<Recording>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    UnderWay,
    Over,
}

impl Exchange {
    pub(crate) fn begin(
        caller: Arc<Caller>,
        candidate: &Candidate,
        model: &str,
        metering: Metering,
        recording: Option<Recording>,
    ) -> Self {
        candidate.provider.meters.began();
        Self {
            caller,
            provider: Arc::clone(&candidate.provider),
            upstream_model: candidate.upstream_model.clone(),
            model: model.to_owned(),
            started: Instant::now(),
            state: State::UnderWay,
            metering,
            charge: None,
            admission: None,
            recording,
        }
    }

    /// Another provider is asked from now on.
    pub(crate) fn turn_to(&mut self, candidate: &Candidate) {
        let is_same =
            self.provider.name() == candidate.provider.name() && self.upstream_model == candidate.upstream_model;
        if !is_same {
            // What is kept is kept for the one that was to be asked first.
            self.recording = None;
        }
        self.provider.meters.left();
        candidate.provider.meters.began();
        self.provider = Arc::clone(&candidate.provider);
        self.upstream_model.clone_from(&candidate.upstream_model);
    }

    /// A whole answer came.
    pub(crate) fn answered(&mut self, headers: &HeaderMap, body: &Bytes) {
        if let Some(mut recording) = self.recording.take() {
            recording.head(headers);
            recording.keep_whole(body);
        }
        if let Some(operation) = &mut self.metering.operation {
            operation.answered(body);
        }
    }

    /// A stream has begun.
    pub(crate) fn streams(&mut self, headers: &HeaderMap) {
        if let Some(recording) = &mut self.recording {
            recording.head(headers);
        }
    }

    /// All of a stream has left for the client.
    pub(crate) fn delivered(&mut self) {
        if let Some(recording) = self.recording.take() {
            recording.keep_stream();
        }
    }

    /// Some events of the answer leave for the client.
    pub(crate) fn passes(&mut self, events: &[u8]) {
        if let Some(recording) = &mut self.recording {
            recording.events(events);
        }
        self.observe(events);
    }

    /// Takes note of events for telemetry, which ends with the answer: the last events leave after that.
    pub(crate) fn observe(&mut self, events: &[u8]) {
        if let Some(operation) = &mut self.metering.operation {
            operation.chunk(events, &self.provider, &self.upstream_model);
        }
    }

    /// The provider has begun a good answer, and is busy with it until the end.
    pub(crate) fn is_answered(&mut self, admission: Admission) {
        self.admission = Some(admission);
    }

    /// The answer was delivered whole.
    pub(crate) fn finish(&mut self, usage: Usage) -> Charge {
        let charge = self.charge(usage);
        self.end(Outcome::Ok);
        charge
    }

    /// The answer is an error.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        self.recording = None;
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
    pub(crate) fn fail_after(&mut self, usage: Usage, failure: &Failure) -> Charge {
        let charge = self.charge(usage);
        if let Some(admission) = &mut self.admission {
            admission.broke(failure);
        }
        self.fail(failure);
        charge
    }

    /// The client is gone after this much had been delivered.
    pub(crate) fn leave(&mut self, usage: Usage) {
        if self.state == State::UnderWay {
            self.charge(usage);
        }
    }

    fn charge(&mut self, usage: Usage) -> Charge {
        let prices = &self.metering.prices;
        let charge = prices.charge(self.provider.name(), &self.upstream_model, usage);
        self.provider.meters.charged(&charge, &self.model);
        if charge.cost.is_none() && usage.total() > 0 && prices.are_known() {
            self.provider.meters.unpriced();
        }
        self.charge = Some(charge);
        charge
    }

    fn end(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.state, State::Over) == State::UnderWay {
            self.provider.meters.ended(outcome, self.started.elapsed());
            if let Some(operation) = self.metering.operation.take() {
                operation.end(&Ending {
                    caller: &self.caller,
                    provider: &self.provider,
                    model: &self.model,
                    upstream_model: &self.upstream_model,
                    charge: self.charge,
                    error: match outcome {
                        Outcome::Ok => None,
                        Outcome::Failed(reason) => Some(ErrorType::Failed(reason)),
                        Outcome::ClientGone => Some(ErrorType::ClientGone),
                    },
                });
            }
            self.admission = None;
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
