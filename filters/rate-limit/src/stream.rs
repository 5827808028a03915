use std::rc::Rc;

use bartizan_host::{
    AnswerFlow, BodyFollows, Flow, Headers, Host, Metrics, Overhead, Reply, Request, Response, Stream,
};
use bartizan_limit::{Admission, Permit, Reservation, Snapshot, TenantLimits};
use bartizan_policy::RateLimitConfig;
use bartizan_verdict::{Dialect, HasAnthropicVersion, Reason, header};
use bartizan_wire::{
    Refusal, skim,
    usage::{self, Usage},
};

use crate::{
    Meter,
    ledger::{self, LedgerError},
    lines::DataLines,
    meter::Basis,
    refusal::Limited,
};

/// Tokens reserved for each choice of a request that names no `max_tokens`.
const DEFAULT_MAX_TOKENS: u64 = 1_024;

/// One request and its answer.
#[derive(Debug)]
pub struct RateLimitStream {
    config: Option<Rc<RateLimitConfig>>,
    metrics: Rc<Metrics<Meter>>,
    overhead: Overhead,
    caller: Option<Caller>,
    permit: Option<Permit>,
    reserved: Option<Reserved>,
    snapshot: Snapshot,
    seen: DataLines,
}

/// Who calls, and in which dialect it is told of its limits.
#[derive(Debug)]
struct Caller {
    tenant: String,
    limits: TenantLimits,
    dialect: Dialect,
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
        Self {
            config,
            metrics,
            overhead: Overhead::default(),
            caller: None,
            permit: None,
            reserved: None,
            snapshot: Snapshot::default(),
            seen: DataLines::default(),
        }
    }

    /// Counts the request and takes its place among those that run; or the reply that refuses it.
    fn admit(&mut self, request: &Request<'_>, now_ns: u64) -> Result<(), Reply> {
        let (Some(config), Some(caller)) = (self.config.clone(), self.caller(request)) else {
            return Err(failed(request));
        };
        let limits = caller.limits;
        if limits == TenantLimits::default() {
            self.caller = Some(caller);
            return Ok(());
        }
        let admitting = ledger::update(request.host(), &caller.tenant, |state| {
            let admitting = state.admit(&limits, config.lease(), now_ns);
            let after = match admitting.admission {
                Admission::Admitted { state, .. } => Some(state),
                Admission::Refused { .. } => None,
            };
            (after, admitting)
        });
        let admitting = admitting.map_err(|_| failed(request))?;
        match admitting.admission {
            Admission::Admitted { permit, .. } => {
                self.permit = permit;
                self.snapshot = admitting.snapshot;
                self.caller = Some(caller);
                Ok(())
            }
            Admission::Refused { reason, retry_after } => {
                let limited = Limited {
                    reason,
                    retry_after_ns: retry_after,
                    limits: &limits,
                    snapshot: &admitting.snapshot,
                    now_ns,
                };
                self.metrics.count(request.host(), Meter::Refused(reason));
                Err(limited.reply(caller.dialect, request_id(request).as_deref()))
            }
        }
    }

    /// Sets aside what the request may come to use; or the reply that refuses it, its place given back.
    fn reserve(&mut self, request: &Request<'_>, now_ns: u64) -> Result<(), Reply> {
        let (Some(caller), Ok(body)) = (&self.caller, request.body()) else {
            return Err(failed(request));
        };
        let reserved = Reserved::of(&body);
        let (limits, permit) = (caller.limits, self.permit);
        let reserving = ledger::update(request.host(), &caller.tenant, |state| {
            let reserving = state.reserve(&limits, now_ns, reserved.total);
            let after = match reserving.reservation {
                Reservation::Reserved(state) => Some(state),
                Reservation::Refused { .. } => permit.map(|permit| state.release(permit)),
            };
            (after, reserving)
        });
        let reserving = reserving.map_err(|_| failed(request))?;
        self.snapshot = reserving.snapshot;
        match reserving.reservation {
            Reservation::Reserved(_) => {
                self.reserved = Some(reserved);
                Ok(())
            }
            Reservation::Refused { reason, retry_after } => {
                self.permit = None;
                let limited = Limited {
                    reason,
                    retry_after_ns: retry_after,
                    limits: &limits,
                    snapshot: &self.snapshot,
                    now_ns,
                };
                self.metrics.count(request.host(), Meter::Refused(reason));
                Err(limited.reply(caller.dialect, request_id(request).as_deref()))
            }
        }
    }

    fn caller(&self, request: &Request<'_>) -> Option<Caller> {
        let tenant = String::from_utf8(request.header(header::TENANT).ok()??).ok()?;
        let (_, limits) = self.config.as_ref()?.tenant(&tenant)?;
        Some(Caller {
            limits: *limits,
            tenant,
            dialect: dialect(request),
        })
    }

    /// The request goes on, with this filter's time added to what auth wrote.
    fn pass(&mut self, request: &Request<'_>) -> Flow {
        self.overhead.stop(request.host());
        let spent = self.overhead.own_us().to_string();
        if request.add_header(header::OVERHEAD, spent.as_bytes()).is_err() {
            return self.refuse(request, failed(request));
        }
        self.metrics.count(request.host(), Meter::Allowed);
        Flow::Continue
    }

    fn refuse(&mut self, request: &Request<'_>, reply: Reply) -> Flow {
        self.overhead
            .carry(request.header(header::OVERHEAD).ok().flatten().as_deref());
        self.overhead.stop(request.host());
        if reply.status == Reason::FilterFailed.status() {
            self.metrics.count(request.host(), Meter::Refused(Reason::FilterFailed));
        }
        Flow::reply(reply.with(header::OVERHEAD, self.overhead.to_string()))
    }

    /// Settles by a report, if it can be read.
    fn settle_report(&mut self, host: &dyn Host, report: &[u8]) {
        let Some(reserved) = self.reserved else { return };
        let report: Option<Usage> = core::str::from_utf8(report).ok().and_then(|text| text.parse().ok());
        let (actual, basis) = match report {
            Some(usage) => match usage.basis {
                usage::Basis::Reported => (usage.total(), Basis::Reported),
                usage::Basis::Estimated => (usage.total(), Basis::Estimated),
            },
            None => (reserved.total, Basis::Kept),
        };
        self.settle(host, actual, basis);
    }

    /// Replaces what was reserved by what was used. Only the first call counts.
    fn settle(&mut self, host: &dyn Host, actual: u64, basis: Basis) {
        let (Some(caller), Some(reserved)) = (&self.caller, self.reserved.take()) else {
            return;
        };
        let (limits, now_ns) = (caller.limits, host.now_ns());
        let settled = ledger::update(host, &caller.tenant, |state| {
            let after = state.settle(&limits, now_ns, reserved.total, actual);
            (Some(after), after.snapshot(&limits, now_ns))
        });
        self.count_settled(host, &settled, basis);
        if let Ok(snapshot) = settled {
            self.snapshot = snapshot;
        }
    }

    fn count_settled<T>(&self, host: &dyn Host, settled: &Result<T, LedgerError>, basis: Basis) {
        let meter = match settled {
            Ok(_) => Meter::Settled(basis),
            Err(_) => Meter::LedgerFailed,
        };
        self.metrics.count(host, meter);
    }

    fn tell_limits(&self, response: &Response<'_>) {
        let Some(caller) = &self.caller else { return };
        let mut headers = bartizan_limit::Headers::default();
        headers.write(caller.dialect, &self.snapshot, None, response.host().now_ns());
        for (name, value) in headers.iter() {
            // An answer without them is still an answer.
            let _ = response.set_header(name, value.as_bytes());
        }
    }
}

impl Stream for RateLimitStream {
    fn request_headers(&mut self, request: &Request<'_>) -> Flow {
        let now_ns = self.overhead.start(request.host());
        if let Err(reply) = self.admit(request, now_ns) {
            return self.refuse(request, reply);
        }
        let tokens_limited = self
            .caller
            .as_ref()
            .is_some_and(|caller| caller.limits.tokens.is_some());
        if tokens_limited && request.body_follows() == BodyFollows::Yes {
            self.overhead.stop(request.host());
            return Flow::Pause;
        }
        self.pass(request)
    }

    fn request_complete(&mut self, request: &Request<'_>) -> Flow {
        let now_ns = self.overhead.start(request.host());
        match self.reserve(request, now_ns) {
            Ok(()) => self.pass(request),
            Err(reply) => self.refuse(request, reply),
        }
    }

    fn response_headers(&mut self, response: &Response<'_>) -> AnswerFlow {
        let host = response.host();
        self.overhead.start(host);
        let mut flow = AnswerFlow::Pass;
        if self.reserved.is_some() {
            match response.header(header::USAGE) {
                Ok(Some(report)) => self.settle_report(host, &report),
                Ok(None) | Err(_) if is_event_stream(response) => flow = AnswerFlow::Watch,
                Ok(None) | Err(_) => self.settle(host, 0, Basis::Refunded),
            }
        }
        let _ = response.remove_header(header::USAGE);
        self.tell_limits(response);
        self.overhead.stop(host);
        flow
    }

    fn response_chunk(&mut self, chunk: &[u8]) {
        self.seen.push(chunk);
    }

    fn response_trailers(&mut self, host: &dyn Host, trailers: &Headers, remove: &dyn Fn(&str)) {
        if let Some(report) = trailers.get(header::USAGE) {
            self.settle_report(host, report);
            remove(header::USAGE);
        }
    }

    fn done(&mut self, host: &dyn Host) {
        self.overhead.start(host);
        let (reserved, permit) = (self.reserved.take(), self.permit.take());
        if let Some(caller) = &self.caller
            && (reserved.is_some() || permit.is_some())
        {
            let (limits, now_ns) = (caller.limits, host.now_ns());
            let seen = reserved.map(|reserved| (reserved.total, reserved.prompt.saturating_add(self.seen.count())));
            let given_back = ledger::update(host, &caller.tenant, |state| {
                let state = seen.map_or(*state, |(total, actual)| state.settle(&limits, now_ns, total, actual));
                (Some(permit.map_or(state, |permit| state.release(permit))), ())
            });
            if reserved.is_some() || given_back.is_err() {
                self.count_settled(host, &given_back, Basis::Seen);
            }
        }
        self.overhead.stop(host);
        self.metrics.record(host, Meter::RequestTime, self.overhead.own_us());
    }
}

// === impl Reserved ===

impl Reserved {
    fn of(body: &[u8]) -> Self {
        let (text_bytes, answer) = match skim(body) {
            Ok(facts) => {
                let each = facts.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS);
                (facts.text_bytes, each.saturating_mul(facts.choices))
            }
            Err(_) => (body.len() as u64, DEFAULT_MAX_TOKENS),
        };
        let prompt = usage::estimate(text_bytes);
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

/// One read for most requests; a second, which mostly misses, for those whose path does not tell.
fn dialect(request: &Request<'_>) -> Dialect {
    let path = request.header(":path").ok().flatten().unwrap_or_default();
    let path = core::str::from_utf8(&path).unwrap_or_default();
    match Dialect::of(path, HasAnthropicVersion::No) {
        Dialect::Anthropic => Dialect::Anthropic,
        Dialect::OpenAi => match request.header("anthropic-version") {
            Ok(Some(_)) => Dialect::Anthropic,
            Ok(None) | Err(_) => Dialect::OpenAi,
        },
    }
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
