use std::rc::Rc;

use bartizan_host::{
    AnswerFlow, BodyFollows, BodyLength, Call, Counted, Flow, Host, Metrics, Reply, Request, Response, Stopwatch,
    Stream, Trailers,
};
use bartizan_limit::{Admission, Permit, Quota, Reservation, Snapshot, TenantLimits, TenantState};
use bartizan_policy::RateLimitConfig;
use bartizan_verdict::{Dialect, HasAnthropicVersion, Reason, header};
use bartizan_wire::{
    Refusal,
    usage::{self, Usage},
};

use crate::{
    Meter, ledger,
    lines::DataLines,
    meter::Basis,
    refusal::Limited,
    reserved::{Reserved, Spends},
};

/// One request and its answer.
#[derive(Debug)]
pub struct RateLimitStream {
    config: Option<Rc<RateLimitConfig>>,
    metrics: Rc<Metrics<Meter>>,
    stopwatch: Stopwatch,
    caller: Option<Caller>,
    start: Start,
    permit: Option<Permit>,
    reserved: Option<Reserved>,
    standing: Option<Standing>,
    seen: DataLines,
}

/// Who calls, and what it may do.
#[derive(Debug)]
struct Caller {
    call: Call,
    limits: TenantLimits,
}

/// A tenant's state, and when it was that.
#[derive(Clone, Copy, Debug)]
struct Standing {
    state: TenantState,
    at_ns: u64,
}

/// Whether a request was counted and has its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// It gets them when its body is there.
    Due,
    /// It has.
    Made,
}

/// A limit that was met.
#[derive(Clone, Copy, Debug)]
struct Met {
    reason: Reason,
    retry_after: Option<u64>,
}

// === impl RateLimitStream ===

impl RateLimitStream {
    pub(crate) fn new(config: Option<Rc<RateLimitConfig>>, metrics: Rc<Metrics<Meter>>) -> Self {
        let stopwatch = metrics.stopwatch();
        Self {
            config,
            metrics,
            stopwatch,
            caller: None,
            start: Start::Due,
            permit: None,
            reserved: None,
            standing: None,
            seen: DataLines::default(),
        }
    }

    /// Counts the request and takes its place among those that run; or the reply that refuses it.
    fn admit(&mut self, request: &Request<'_>, now_ns: u64) -> Result<(), Reply> {
        let (Some(config), Some(caller)) = (&self.config, &self.caller) else {
            return Err(failed(request));
        };
        let limits = caller.limits;
        let mut outcome = Ok(None);
        let updated = ledger::update(request.host(), &caller.call.tenant, &mut |state| match state.admit(
            &limits,
            config.lease(),
            now_ns,
        ) {
            Admission::Admitted { state, permit } => {
                outcome = Ok(permit);
                state
            }
            Admission::Refused { reason, retry_after } => {
                outcome = Err(Met { reason, retry_after });
                state
            }
        });
        let state = updated.map_err(|_| failed(request))?;
        self.standing = Some(Standing { state, at_ns: now_ns });
        match outcome {
            Ok(permit) => {
                (self.start, self.permit) = (Start::Made, permit);
                Ok(())
            }
            Err(met) => Err(self.limited(request, now_ns, met)),
        }
    }

    /// Sets aside what the request may come to use, having admitted it if that is due; or the reply that refuses it, its
    /// place given back.
    fn reserve(&mut self, request: &Request<'_>, now_ns: u64) -> Result<(), Reply> {
        let (Some(config), Some(caller)) = (&self.config, &self.caller) else {
            return Err(failed(request));
        };
        let (limits, start, held) = (caller.limits, self.start, self.permit);
        // Read once, and not for a request that is not admitted.
        let mut asked = None;
        let mut outcome = None;
        let updated = ledger::update(request.host(), &caller.call.tenant, &mut |before| {
            let (state, permit) = match start {
                Start::Made => (before, held),
                Start::Due => match before.admit(&limits, config.lease(), now_ns) {
                    Admission::Admitted { state, permit } => (state, permit),
                    Admission::Refused { reason, retry_after } => {
                        outcome = Some(Err(Met { reason, retry_after }));
                        return before;
                    }
                },
            };
            let Some(reserved) = *asked.get_or_insert_with(|| caller.asks(request)) else {
                outcome = None;
                return before;
            };
            match state.reserve(&limits, now_ns, reserved.total) {
                Reservation::Reserved(after) => {
                    outcome = Some(Ok((reserved, permit)));
                    after
                }
                Reservation::Refused { reason, retry_after } => {
                    outcome = Some(Err(Met { reason, retry_after }));
                    permit.map_or(state, |permit| state.release(permit))
                }
            }
        });
        let (Ok(state), Some(outcome)) = (updated, outcome) else {
            return Err(failed(request));
        };
        self.standing = Some(Standing { state, at_ns: now_ns });
        match outcome {
            Ok((reserved, permit)) => {
                (self.reserved, self.permit) = (Some(reserved), permit);
                Ok(())
            }
            Err(met) => {
                self.permit = None;
                Err(self.limited(request, now_ns, met))
            }
        }
    }

    fn limited(&self, request: &Request<'_>, now_ns: u64, met: Met) -> Reply {
        let Some(caller) = &self.caller else {
            return failed(request);
        };
        self.metrics.count(request.host(), Meter::Refused(met.reason));
        let limited = Limited {
            reason: met.reason,
            retry_after_ns: met.retry_after,
            limits: &caller.limits,
            snapshot: &self.snapshot(caller),
            now_ns,
        };
        limited.reply(caller.call.dialect, request_id(request).as_deref())
    }

    fn caller(&self, request: &Request<'_>) -> Option<Caller> {
        let call = Call::of(request)?;
        let (_, limits) = self.config.as_ref()?.tenant(&call.tenant)?;
        let limits = match call.counted {
            Counted::NotYet => *limits,
            // Tokens and places are taken where the work is done, so those limits hold.
            Counted::Before => TenantLimits {
                requests: None,
                ..*limits
            },
        };
        Some(Caller { limits, call })
    }

    /// The request goes on.
    fn pass(&mut self, request: &Request<'_>) -> Flow {
        let host = request.host();
        self.stopwatch.stop(host);
        self.metrics.count(host, Meter::Allowed);
        self.metrics.record(host, Meter::RequestTime, &self.stopwatch);
        Flow::Continue
    }

    fn refuse(&mut self, request: &Request<'_>, reply: Reply) -> Flow {
        let host = request.host();
        self.stopwatch.stop(host);
        self.metrics.record(host, Meter::RequestTime, &self.stopwatch);
        if reply.status == Reason::FilterFailed.status() {
            self.metrics.count(host, Meter::Refused(Reason::FilterFailed));
        }
        Flow::reply(reply.with(header::OVERHEAD, request.elapsed_us().to_string()))
    }

    /// Settles by a report, if it can be read.
    fn settle_report(&mut self, host: &dyn Host, now_ns: u64, report: &[u8]) {
        let Some(reserved) = self.reserved else { return };
        let (actual, basis) = match Usage::of_header(report) {
            Ok(usage) => match usage.basis {
                usage::Basis::Reported => (usage.total(), Basis::Reported),
                usage::Basis::Estimated => (usage.total(), Basis::Estimated),
            },
            Err(_) => (reserved.total, Basis::Kept),
        };
        self.give_back(host, now_ns, actual, basis);
    }

    /// Replaces what was reserved, if anything, by what was used, and leaves the place among those that run. Only the
    /// first call does anything.
    fn give_back(&mut self, host: &dyn Host, now_ns: u64, actual: u64, basis: Basis) {
        let (reserved, permit) = (self.reserved.take(), self.permit.take());
        let Some(caller) = &self.caller else { return };
        if reserved.is_none() && permit.is_none() {
            return;
        }
        let limits = caller.limits;
        let updated = ledger::update(host, &caller.call.tenant, &mut |state| {
            let after = reserved.map_or(state, |reserved| state.settle(&limits, now_ns, reserved.total, actual));
            permit.map_or(after, |permit| after.release(permit))
        });
        match updated {
            Ok(state) => {
                self.standing = Some(Standing { state, at_ns: now_ns });
                if reserved.is_some() {
                    self.metrics.count(host, Meter::Settled(basis));
                }
            }
            Err(_) => self.metrics.count(host, Meter::LedgerFailed),
        }
    }

    /// The tenant's limits as this request last left them.
    fn snapshot(&self, caller: &Caller) -> Snapshot {
        let standing = self.standing.as_ref();
        standing.map_or_else(Snapshot::default, |standing| {
            standing.state.snapshot(&caller.limits, standing.at_ns)
        })
    }

    fn tell_limits(&self, response: &Response<'_>, now_ns: u64) {
        let Some(caller) = &self.caller else { return };
        bartizan_limit::tell(
            caller.call.dialect,
            &self.snapshot(caller),
            None,
            now_ns,
            &mut |name, value| {
                // An answer without them is still an answer.
                let _ = response.set_header(name, value);
            },
        );
    }
}

impl Stream for RateLimitStream {
    fn request_headers(&mut self, request: &Request<'_>) -> Flow {
        self.stopwatch.start(request.host());
        self.caller = self.caller(request);
        let Some(caller) = &self.caller else {
            return self.refuse(request, failed(request));
        };
        let waits = caller.limits.tokens.is_some()
            && Spends::of(caller.call.endpoint) != Spends::Nothing
            && request.body_follows() == BodyFollows::Yes;
        // Bodies that may be long are held for none but requests that have a place.
        let admits = caller.limits != TenantLimits::default() && !(waits && caller.call.length == BodyLength::Short);
        if admits && let Err(reply) = self.admit(request, request.host().now_ns()) {
            return self.refuse(request, reply);
        }
        if waits {
            self.stopwatch.stop(request.host());
            return Flow::Pause;
        }
        self.pass(request)
    }

    fn request_complete(&mut self, request: &Request<'_>) -> Flow {
        self.stopwatch.start(request.host());
        match self.reserve(request, request.host().now_ns()) {
            Ok(()) => self.pass(request),
            Err(reply) => self.refuse(request, reply),
        }
    }

    fn response_headers(&mut self, response: &Response<'_>) -> AnswerFlow {
        let limited = self
            .caller
            .as_ref()
            .is_some_and(|caller| caller.limits != TenantLimits::default());
        let mut flow = AnswerFlow::Pass;
        if limited {
            let host = response.host();
            let now_ns = host.now_ns();
            // An answer that reports its usage here is whole: nobody works on it any more.
            match self
                .reserved
                .and_then(|_| response.header(header::USAGE).ok().flatten())
            {
                Some(report) => self.settle_report(host, now_ns, &report),
                None if self.reserved.is_none() => {}
                None if is_event_stream(response) => flow = AnswerFlow::Watch,
                None => self.give_back(host, now_ns, 0, Basis::Refunded),
            }
            self.tell_limits(response, now_ns);
        }
        let _ = response.remove_header(header::USAGE);
        flow
    }

    fn response_chunk(&mut self, chunk: &[u8]) {
        self.seen.push(chunk);
    }

    fn response_trailers(&mut self, trailers: &Trailers<'_>) {
        if let Some(report) = trailers.get(header::USAGE) {
            self.settle_report(trailers.host(), trailers.host().now_ns(), report);
            // One that stays tells the client what it used, which is no harm.
            let _ = trailers.remove(header::USAGE);
        }
    }

    fn done(&mut self, host: &dyn Host) {
        if self.reserved.is_some() || self.permit.is_some() {
            let prompt = self.reserved.map_or(0, |reserved| reserved.prompt);
            self.give_back(
                host,
                host.now_ns(),
                prompt.saturating_add(self.seen.count()),
                Basis::Seen,
            );
        }
    }
}

// === impl Caller ===

impl Caller {
    /// What a request with its body at hand may come to use; nothing if Envoy keeps the body.
    fn asks(&self, request: &Request<'_>) -> Option<Reserved> {
        let limit = self.limits.tokens.map_or(u64::MAX, Quota::limit);
        let body = request.body().ok()?;
        Some(Reserved::of(Spends::of(self.call.endpoint), &body, limit))
    }
}

/// No configuration, no tenant, a tenant this configuration does not know, or no access to its state: closed.
fn failed(request: &Request<'_>) -> Reply {
    let mut refusal = Refusal::new(Reason::FilterFailed);
    let id = request_id(request);
    if let Some(id) = &id {
        refusal = refusal.request_id(id);
    }
    Reply::json(Reason::FilterFailed.status(), refusal.body(dialect(request)))
}

/// The dialect of a request that auth has said nothing of.
fn dialect(request: &Request<'_>) -> Dialect {
    let path = request.header(":path").ok().flatten().unwrap_or_default();
    let anthropic = match request.header("anthropic-version") {
        Ok(Some(_)) => HasAnthropicVersion::Yes,
        Ok(None) | Err(_) => HasAnthropicVersion::No,
    };
    Dialect::of(core::str::from_utf8(&path).unwrap_or_default(), anthropic)
}

fn request_id(request: &Request<'_>) -> Option<String> {
    String::from_utf8(request.header(header::REQUEST_ID).ok()??).ok()
}

fn is_event_stream(response: &Response<'_>) -> bool {
    let media_type = response.header("content-type").ok().flatten().unwrap_or_default();
    media_type
        .get(..b"text/event-stream".len())
        .is_some_and(|start| start.eq_ignore_ascii_case(b"text/event-stream"))
}
