//! A request at its candidates: one attempt after the other, until one is good.

use std::sync::Arc;

use bartizan_verdict::Reason;
use bartizan_wire::usage::Usage;
use http::{HeaderMap, Response, StatusCode};
use tokio::time::{Duration, Instant, sleep};

use crate::{
    answer::Answer,
    ask::Ask,
    attempt::{self, Begun},
    cache::Recording,
    exchange::Exchange,
    failure::{Cure, Failure},
    header::{NO_USAGE, USAGE},
    metering::Metering,
    resilience::{Said, Standing, resting},
    route::{Candidate, Route},
    stream::EventStream,
    translate,
};

/// Has a request answered. Dropping the future, or the answer's body, ends what is under way at a provider at once.
pub(crate) async fn call(
    ask: &Ask<'_>,
    route: &Route,
    metering: Metering,
    recording: Option<Recording>,
) -> Response<Answer> {
    let mut call = Call {
        ask,
        began: Instant::now(),
        exchange: Exchange::begin(Arc::clone(ask.caller), &route.first, &route.name, metering, recording),
    };
    match call.answered(route).await {
        Ok(begun) => deliver(begun, call.exchange, ask.keep_alive),
        Err(failure) => {
            call.exchange.fail(&failure);
            failure.response(ask.caller)
        }
    }
}

/// A request on its way from candidate to candidate.
struct Call<'a> {
    ask: &'a Ask<'a>,
    began: Instant,
    exchange: Exchange,
}

/// Whether somebody else may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Others {
    Left,
    None,
}

impl Call<'_> {
    /// Asks one candidate after the other: those that are well first; those at rest not at all.
    async fn answered(&mut self, route: &Route) -> Result<Begun, Failure> {
        let (order, wait) = self.order(route);
        let mut why_not = None::<Failure>;
        for (index, candidate) in order.iter().enumerate() {
            let others = if index + 1 < order.len() {
                Others::Left
            } else {
                Others::None
            };
            self.exchange.turn_to(candidate);
            let failure = match self.at(candidate, others).await {
                Ok(begun) => return Ok(begun),
                Err(failure) => failure,
            };
            // What was really tried tells more.
            let failure = match why_not.take() {
                Some(before) if failure.is_unsent() && !before.is_unsent() => before,
                _ => failure,
            };
            let failure = why_not.insert(failure);
            if !self.may_go_on(failure, Cure::Elsewhere) {
                break;
            }
            if others == Others::Left {
                candidate.provider.guard.failed_over(failure);
            }
        }
        Err(why_not.unwrap_or_else(|| resting(wait)))
    }

    /// The candidates that may be asked, and how long the others rest at least.
    fn order<'r>(&self, route: &'r Route) -> (Vec<&'r Candidate>, Duration) {
        let (mut ready, mut last, mut wait) = (Vec::new(), Vec::new(), None::<Duration>);
        for candidate in route.candidates() {
            match candidate.provider.guard.standing(&candidate.upstream_model, self.began) {
                Standing::Ready => ready.push(candidate),
                Standing::Last => last.push(candidate),
                Standing::Resting(until) => {
                    let time = until.duration_since(self.began);
                    wait = Some(wait.map_or(time, |other| time.min(other)));
                }
            }
        }
        ready.append(&mut last);
        (ready, wait.unwrap_or_default())
    }

    /// Asks one candidate, and again if that may help.
    async fn at(&mut self, candidate: &Candidate, others: Others) -> Result<Begun, Failure> {
        let guard = &candidate.provider.guard;
        let end = self.began + candidate.provider.timeouts().total;
        // Another provider may have a place for what this one's format has none for.
        let mut request = translate::request(self.ask, candidate).map_err(Failure::unsent)?;
        guard.earn_retries();
        let mut admission = guard.admit(&candidate.upstream_model, end).await?;
        let mut number = 0;
        loop {
            if Instant::now() >= end {
                return Err(Failure::timed_out("no time was left to ask").unsent());
            }
            let mut said = Said::default();
            let failure = match attempt::make(self.ask, candidate, request, self.began, &mut said).await {
                Ok(begun) => {
                    admission.went_well(said);
                    self.exchange.is_answered(admission);
                    return Ok(begun);
                }
                Err(failure) => failure,
            };
            admission.failed(&failure, said);
            drop(admission);
            self.log(candidate, &failure);
            let is_better_elsewhere = others == Others::Left && is_slow(&failure);
            if is_better_elsewhere || !self.may_go_on(&failure, Cure::Again) {
                return Err(failure);
            }
            let Some(wait) = guard.retry_after(&failure, number, end) else {
                return Err(failure);
            };
            sleep(wait).await;
            // Should the provider be at rest by now, what it said before tells more.
            admission = guard.admit(&candidate.upstream_model, end).await.map_err(|_| failure)?;
            request = translate::request(self.ask, candidate)?;
            number += 1;
        }
    }

    /// Whether a failure leaves something to try. What a tool did is not done again, unless it cannot have begun.
    fn may_go_on(&self, failure: &Failure, wanted: Cure) -> bool {
        let may_help = match wanted {
            Cure::Again => failure.cure() == Cure::Again,
            Cure::Elsewhere | Cure::Never => failure.cure() != Cure::Never,
        };
        may_help && (self.ask.facts.is_some() || failure.is_unsent())
    }

    fn log(&self, candidate: &Candidate, failure: &Failure) {
        tracing::info!(
            request = self.ask.caller.request_id,
            provider = candidate.provider.name(),
            model = candidate.upstream_model,
            reason = %failure.reason,
            detail = %failure.detail,
            "attempt failed"
        );
    }
}

/// Whether it took the provider's time to fail, or it asks for some.
fn is_slow(failure: &Failure) -> bool {
    matches!(failure.reason, Reason::ProviderTimeout | Reason::ProviderLimited) || failure.wait().is_some()
}

/// The client's answer; from here on nothing is repeated.
fn deliver(begun: Begun, mut exchange: Exchange, keep_alive: Duration) -> Response<Answer> {
    match begun {
        Begun::Whole(mut headers, body, usage) => {
            exchange.answered(&headers, &body);
            headers.insert(USAGE, exchange.finish(usage).header());
            respond(headers, Answer::whole(body))
        }
        Begun::Accepted(mut headers) => {
            exchange.finish(Usage::reported(0, 0));
            headers.insert(USAGE, NO_USAGE);
            let mut accepted = respond(headers, Answer::whole(bytes::Bytes::new()));
            *accepted.status_mut() = StatusCode::ACCEPTED;
            accepted
        }
        Begun::Stream(headers, source) => {
            exchange.streams(&headers);
            let stream = EventStream::new(*source, exchange, keep_alive);
            respond(headers, Answer::Stream(Box::new(stream)))
        }
    }
}

fn respond(headers: HeaderMap, answer: Answer) -> Response<Answer> {
    let mut response = Response::new(answer);
    *response.headers_mut() = headers;
    response
}
