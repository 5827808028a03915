//! | what comes | what the client gets |
//! |---|---|
//! | no credential, an unknown, expired or unreadable one, more than one | 401, `www-authenticate: Bearer` |
//! | a good credential and an unknown path | 404 |
//! | a good credential and the wrong method, or an upgrade | 405, `allow` |
//! | a job that is for no endpoint, or for one that has no jobs | 400 |
//! | the forwarder's credential of a job whose submitter has its key no more | 401 |
//! | no configuration yet, or a hostcall that Envoy refuses | 503 |
//!
//! The credential is judged before the path, so that a stranger cannot map what is served here.

use std::rc::Rc;

use bartizan_host::{
    BodyLength, Call, Counted, Encoding, Gate, Headers, HostError, Metrics, Reply, Request, Stopwatch,
};
use bartizan_identity::{CredentialSearch, Principal};
use bartizan_policy::AuthConfig;
use bartizan_verdict::{Dialect, Endpoint, HasAnthropicVersion, Reason, Route, RouteError, header};
use bartizan_wire::Refusal;

use crate::Meter;

/// One request.
#[derive(Debug)]
pub struct AuthStream {
    config: Option<Rc<AuthConfig>>,
    metrics: Rc<Metrics<Meter>>,
    stopwatch: Stopwatch,
}

/// Who calls what.
#[derive(Debug)]
struct Admitted<'a> {
    principal: Principal<'a>,
    endpoint: Endpoint,
    /// The job that the request is the work of.
    job: Option<String>,
}

/// What the client is told of a job that is for no endpoint.
const NO_JOB_ENDPOINT: &str = "Name the endpoint that the job is for, once: `/v1/jobs?endpoint=/v1/chat/completions`, \
    `/v1/responses`, `/v1/messages` or `/v1/embeddings`.";

/// What the headers say that decisions need.
#[derive(Debug, Default)]
struct Claim<'h> {
    /// The last value of each [`Told`].
    told: [Option<&'h [u8]>; Told::COUNT],
    credential: CredentialSearch<'h>,
    /// The name of the header that holds the credential.
    carrier: Option<&'h str>,
    /// Whether there is one that only Bartizan may set.
    is_internal: bool,
}

/// The headers that decisions need, in the order of [`Claim::told`].
#[derive(Clone, Copy, Debug)]
enum Told {
    Method,
    Path,
    RequestId,
    AnthropicVersion,
    Upgrade,
    ContentEncoding,
    ContentLength,
}

// === impl AuthStream ===

impl AuthStream {
    pub(crate) fn new(config: Option<Rc<AuthConfig>>, metrics: Rc<Metrics<Meter>>) -> Self {
        let stopwatch = metrics.stopwatch();
        Self {
            config,
            metrics,
            stopwatch,
        }
    }

    fn decide(&self, claim: &Claim<'_>, now_ns: impl FnOnce() -> u64) -> Result<Admitted<'_>, Reason> {
        let config = self.config.as_ref().ok_or(Reason::FilterFailed)?;
        let credential = claim.credential.result()?;
        let job_key = config.job_key.as_ref();
        // The clock is read once at most, and its cost is a hostcall.
        if credential.begins_as_job()
            && let Some(key) = job_key
        {
            let now = now_ns();
            let pass = credential.job_pass(key, || now)?;
            let principal = config.keys.held(pass.tenant, pass.key_id, || now)?;
            // Work is a call and nothing else, so a job makes no further job.
            return match claim.route()? {
                Route::Call(endpoint) if Endpoint::JOBS.contains(&endpoint) => Ok(Admitted {
                    principal,
                    endpoint,
                    job: Some(pass.job.to_owned()),
                }),
                Route::Call(_) | Route::Submit(_) | Route::Job(_) => Err(Reason::UnknownPath),
            };
        }
        let principal = config.keys.lookup(&credential.hash(), now_ns)?;
        let endpoint = claim.route()?.judged_as();
        Ok(Admitted {
            principal,
            endpoint,
            job: None,
        })
    }

    fn refuse(&mut self, claim: &Claim<'_>, reason: Reason, request: &Request<'_>) -> Box<Reply> {
        let host = request.host();
        self.stopwatch.stop(host);
        self.metrics.count(host, Meter::Refused(reason));
        self.metrics.record(host, Meter::RequestTime, &self.stopwatch);
        // Whom a refused client claims to be must not stand in the access log. The refusal stands if this fails.
        for name in [header::TENANT, header::KEY] {
            let _ = request.remove_header(name);
        }
        let mut refusal = Refusal::new(reason);
        if let Some(id) = claim.told(Told::RequestId).and_then(|id| core::str::from_utf8(id).ok()) {
            refusal = refusal.request_id(id);
        }
        if reason == Reason::MalformedRequest {
            refusal = refusal.message(NO_JOB_ENDPOINT);
        }
        let reply = Reply::json(reason.status(), refusal.body(claim.dialect()))
            .with(header::OVERHEAD, request.elapsed_us().to_string());
        Box::new(match reason.status() {
            401 => reply.with("www-authenticate", "Bearer"),
            405 => reply.with("allow", claim.allowed_method()),
            _ => reply,
        })
    }
}

impl Gate for AuthStream {
    fn judge(&mut self, request: &Request<'_>) -> Result<(), Box<Reply>> {
        self.stopwatch.start(request.host());
        let Ok(headers) = request.headers() else {
            return Err(self.refuse(&Claim::default(), Reason::FilterFailed, request));
        };
        let claim = Claim::of(&headers);
        let published = match self.decide(&claim, || request.host().now_ns()) {
            Ok(admitted) => {
                let call = Call {
                    endpoint: admitted.endpoint,
                    // WHY not the header first: the forwarder and the provider read a body by its path, so whoever
                    // scans it must not be talked into reading it by another dialect's rules.
                    dialect: admitted.endpoint.dialect().unwrap_or_else(|| claim.dialect()),
                    tenant: admitted.principal.tenant.to_owned(),
                    counted: match admitted.job {
                        Some(_) => Counted::Before,
                        None => Counted::NotYet,
                    },
                    encoding: match claim.told(Told::ContentEncoding) {
                        Some(_) => Encoding::Named,
                        None => Encoding::Identity,
                    },
                    length: BodyLength::of(claim.told(Told::ContentLength)),
                };
                publish(&admitted, &call, &claim, &headers, request)
            }
            Err(reason) => return Err(self.refuse(&claim, reason, request)),
        };
        if published.is_err() {
            return Err(self.refuse(&claim, Reason::FilterFailed, request));
        }
        self.stopwatch.stop(request.host());
        self.metrics.count(request.host(), Meter::Allowed);
        self.metrics.record(request.host(), Meter::RequestTime, &self.stopwatch);
        Ok(())
    }
}

// === impl Claim ===

impl<'h> Claim<'h> {
    /// One pass over all headers: each is sorted by the length of its name before anything is compared.
    fn of(headers: &'h Headers) -> Self {
        let mut claim = Self::default();
        for (name, value) in headers.iter() {
            if claim.credential.see(name.as_bytes(), value) {
                claim.carrier = Some(name);
            }
            claim.is_internal |= name.starts_with(header::INTERNAL_PREFIX);
            for (known, told) in Told::named(name.len()) {
                if name == *known
                    && let Some(place) = claim.told.get_mut(*told as usize)
                {
                    *place = Some(value);
                }
            }
        }
        claim
    }

    fn told(&self, told: Told) -> Option<&'h [u8]> {
        self.told.get(told as usize).copied().flatten()
    }

    /// What is called. An upgrade is nothing: what would flow after it is no message that could be checked.
    fn route(&self) -> Result<Route<'h>, Reason> {
        if self.told(Told::Upgrade).is_some() {
            return Err(Reason::MethodNotAllowed);
        }
        let method = self.told(Told::Method).unwrap_or_default();
        let method = core::str::from_utf8(method).map_err(|_| Reason::MethodNotAllowed)?;
        Route::of(method, self.path()).map_err(|error| match error {
            RouteError::UnknownPath => Reason::UnknownPath,
            RouteError::MethodNotAllowed => Reason::MethodNotAllowed,
            RouteError::UnknownJobEndpoint => Reason::MalformedRequest,
        })
    }

    fn dialect(&self) -> Dialect {
        let anthropic = match self.told(Told::AnthropicVersion) {
            Some(_) => HasAnthropicVersion::Yes,
            None => HasAnthropicVersion::No,
        };
        Dialect::of(self.path(), anthropic)
    }

    fn allowed_method(&self) -> &'static str {
        Route::allowed(self.path())
    }

    /// A path that is not text leads nowhere.
    fn path(&self) -> &'h str {
        core::str::from_utf8(self.told(Told::Path).unwrap_or_default()).unwrap_or_default()
    }
}

// === impl Told ===

impl Told {
    const COUNT: usize = 7;

    /// Those whose names are so long.
    const fn named(length: usize) -> &'static [(&'static str, Self)] {
        match length {
            5 => &[(":path", Self::Path)],
            7 => &[(":method", Self::Method), ("upgrade", Self::Upgrade)],
            12 => &[(header::REQUEST_ID, Self::RequestId)],
            14 => &[("content-length", Self::ContentLength)],
            16 => &[("content-encoding", Self::ContentEncoding)],
            17 => &[("anthropic-version", Self::AnthropicVersion)],
            _ => &[],
        }
    }
}

/// Takes out what must not go on and says who is calling. Setting a header also removes every one a client sent.
fn publish(
    admitted: &Admitted<'_>,
    call: &Call,
    claim: &Claim<'_>,
    headers: &Headers,
    request: &Request<'_>,
) -> Result<(), HostError> {
    let principal = admitted.principal;
    match claim.carrier {
        // Who was admitted has sent one credential.
        Some(carrier) if !claim.is_internal => request.remove_header(carrier)?,
        Some(_) | None => {
            for (name, _) in headers.iter().filter(|(name, _)| must_go(name)) {
                request.remove_header(name)?;
            }
        }
    }
    request.set_header(header::TENANT, principal.tenant.as_bytes())?;
    request.set_header(header::KEY, principal.key_id.as_bytes())?;
    if let Some(job) = &admitted.job {
        request.set_header(header::JOB, job.as_bytes())?;
    }
    request.set_header(header::CALL, call.text().as_bytes())
}

fn must_go(name: &str) -> bool {
    let set_here = [header::TENANT, header::KEY, header::CALL].contains(&name);
    header::CREDENTIALS.contains(&name) || (name.starts_with(header::INTERNAL_PREFIX) && !set_here)
}
