use std::rc::Rc;

use bartizan_host::{
    AnswerFlow, BodyFollows, BodyLength, Call, Counted, Flow, Host, Metrics, Reply, Request, Response, Stopwatch,
    Stream, Trailers,
};
use bartizan_limit::{Admission, Permit, Quota, Reservation, Snapshot, TenantLimits, TenantState};
use bartizan_policy::RateLimitConfig;
use bartizan_verdict::{Dialect, Endpoint, HasAnthropicVersion, Reason, header};
use bartizan_wire::{
    Refusal, skim,
    usage::{self, Usage},
};

use crate::{Meter, ledger, lines::DataLines, meter::Basis, refusal::Limited};

/// Tokens reserved for each choice of a request that names no `max_tokens`.
const DEFAULT_MAX_TOKENS: u64 = 1_024;

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
    snapshot: Snapshot,
    seen: DataLines,
}

/// Who calls, and what it may do.
#[derive(Debug)]
struct Caller {
    call: Call,
    limits: TenantLimits,
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

/// What a request spends tokens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spends {
    Both,
    Prompt,
    Nothing,
}

/// Tokens set aside and not settled yet.
#[derive(Clone, Copy, Debug)]
struct Reserved {
    total: u64,
    prompt: u64,
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
            snapshot: Snapshot::default(),
            seen: DataLines::default(),
        }
    }

    /// Counts the request and takes its place among those that run; or the reply that refuses it.
    fn admit(&mut self, request: &Request<'_>, now_ns: u64) -> Result<(), Reply> {
        let (Some(config), Some(caller)) = (&self.config, &self.caller) else {
            return Err(failed(request));
        };
        let limits = caller.limits;
        let admitting = ledger::update(request.host(), &caller.call.tenant, |state| {
            let admitting = state.admit(&limits, config.lease(), now_ns);
            let after = match admitting.admission {
                Admission::Admitted { state, .. } => Some(state),
                Admission::Refused { .. } => None,
            };
            (after, admitting)
        });
        let admitting = admitting.map_err(|_| failed(request))?;
        self.snapshot = admitting.snapshot;
        match admitting.admission {
            Admission::Admitted { permit, .. } => {
                self.start = Start::Made;
                self.permit = permit;
                Ok(())
            }
            Admission::Refused { reason, retry_after } => {
                Err(self.limited(request, now_ns, Met { reason, retry_after }))
            }
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
        let reserving = ledger::update(request.host(), &caller.call.tenant, |state: &TenantState| {
            let (state, permit) = match start {
                Start::Made => (*state, held),
                Start::Due => {
                    let admitting = state.admit(&limits, config.lease(), now_ns);
                    match admitting.admission {
                        Admission::Admitted { state, permit } => (state, permit),
                        Admission::Refused { reason, retry_after } => {
                            return (None, Some((admitting.snapshot, Err(Met { reason, retry_after }))));
                        }
                    }
                }
            };
            let Some(reserved) = *asked.get_or_insert_with(|| Reserved::asked(request, caller)) else {
                return (None, None);
            };
            let reserving = state.reserve(&limits, now_ns, reserved.total);
            let (after, outcome) = match reserving.reservation {
                Reservation::Reserved(after) => (after, Ok((reserved, permit))),
                Reservation::Refused { reason, retry_after } => (
                    permit.map_or(state, |permit| state.release(permit)),
                    Err(Met { reason, retry_after }),
                ),
            };
            (Some(after), Some((reserving.snapshot, outcome)))
        });
        let Ok(Some((snapshot, outcome))) = reserving else {
            return Err(failed(request));
        };
        self.snapshot = snapshot;
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
            snapshot: &self.snapshot,
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
        let report: Option<Usage> = core::str::from_utf8(report).ok().and_then(|text| text.parse().ok());
        let (actual, basis) = match report {
            Some(usage) => match usage.basis {
                usage::Basis::Reported => (usage.total(), Basis::Reported),
                usage::Basis::Estimated => (usage.total(), Basis::Estimated),
            },
            None => (reserved.total, Basis::Kept),
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
        let given_back = ledger::update(host, &caller.call.tenant, |state| {
            let after = reserved.map_or(*state, |reserved| state.settle(&limits, now_ns, reserved.total, actual));
            let after = permit.map_or(after, |permit| after.release(permit));
            (Some(after), after.snapshot(&limits, now_ns))
        });
        match given_back {
            Ok(snapshot) => {
                self.snapshot = snapshot;
                if reserved.is_some() {
                    self.metrics.count(host, Meter::Settled(basis));
                }
            }
            Err(_) => self.metrics.count(host, Meter::LedgerFailed),
        }
    }

    fn tell_limits(&self, response: &Response<'_>, now_ns: u64) {
        let Some(caller) = &self.caller else { return };
        let mut headers = bartizan_limit::Headers::default();
        headers.write(caller.call.dialect, &self.snapshot, None, now_ns);
        for (name, value) in headers.iter() {
            // An answer without them is still an answer.
            let _ = response.set_header(name, value.as_bytes());
        }
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

// === impl Spends ===

impl Spends {
    const fn of(endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Messages => Self::Both,
            Endpoint::Embeddings => Self::Prompt,
            Endpoint::CountTokens | Endpoint::Mcp | Endpoint::Models => Self::Nothing,
        }
    }
}

// === impl Reserved ===

impl Reserved {
    /// What a request with its body at hand may come to use; nothing if Envoy keeps the body.
    fn asked(request: &Request<'_>, caller: &Caller) -> Option<Self> {
        let limit = caller.limits.tokens.map_or(u64::MAX, Quota::limit);
        let body = request.body().ok()?;
        Some(Self::of(Spends::of(caller.call.endpoint), &body, limit))
    }

    /// What a request may come to use. Where it does not say, no more is assumed than the `limit` can pay: our guess
    /// must not make a request impossible.
    fn of(spends: Spends, body: &[u8], limit: u64) -> Self {
        let (prompt, named, choices) = match skim(body) {
            Ok(facts) => (facts.input_estimate(), facts.max_tokens, facts.choices),
            Err(_) => (usage::estimate(body.len() as u64), None, 1),
        };
        let answer = match (spends, named) {
            (Spends::Prompt | Spends::Nothing, _) => 0,
            (Spends::Both, Some(each)) => each.saturating_mul(choices),
            (Spends::Both, None) => DEFAULT_MAX_TOKENS
                .saturating_mul(choices)
                .min(limit.saturating_sub(prompt)),
        };
        Self {
            total: prompt.saturating_add(answer),
            prompt,
        }
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
