use bartizan_host::Reply;
use bartizan_limit::{Snapshot, TenantLimits};
use bartizan_verdict::{Dialect, Reason};
use bartizan_wire::Refusal;

const SECOND: u64 = 1_000_000_000;

/// A refusal by a limit: which one, what it holds, and when it is worth another try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limited<'a> {
    pub(crate) reason: Reason,
    pub(crate) retry_after_ns: Option<u64>,
    pub(crate) limits: &'a TenantLimits,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) now_ns: u64,
}

impl Limited<'_> {
    pub(crate) fn reply(&self, dialect: Dialect, request_id: Option<&str>) -> Reply {
        let message = self.message();
        let mut refusal = Refusal::new(self.reason).message(&message);
        if let Some(id) = request_id {
            refusal = refusal.request_id(id);
        }
        let mut reply = Reply::json(self.reason.status(), refusal.body(dialect));
        bartizan_limit::tell(
            dialect,
            self.snapshot,
            Some(self.retry_after_ns()),
            self.now_ns,
            &mut |name, value| {
                let value = String::from_utf8_lossy(value).into_owned();
                reply.headers.push((name, value));
            },
        );
        match self.reason {
            // Both SDKs obey this one; without it they would try in vain.
            Reason::TokensUnpayable => reply.with("x-should-retry", "false"),
            _ => reply,
        }
    }

    /// A place may be free at any moment, so the shortest wait there is; a request that never fits waits a window.
    fn retry_after_ns(&self) -> u64 {
        let never = match (self.reason, self.limits.tokens) {
            (Reason::TokensUnpayable, Some(quota)) => quota.window(),
            _ => SECOND,
        };
        self.retry_after_ns.unwrap_or(never)
    }

    fn message(&self) -> String {
        let text = self.reason.text();
        let wait = self.retry_after_ns().div_ceil(SECOND).max(1);
        let quota = match self.reason {
            Reason::RequestsLimited => self.limits.requests,
            Reason::TokensLimited | Reason::TokensUnpayable => self.limits.tokens,
            _ => None,
        };
        match (self.reason, quota, self.limits.concurrent_requests) {
            (Reason::TokensUnpayable, Some(quota), _) => format!("{text} The limit is {}.", quota.limit()),
            (_, Some(quota), _) => {
                let seconds = quota.window().div_ceil(SECOND);
                format!(
                    "{text} The limit is {} in {seconds} s; try again in {wait} s.",
                    quota.limit()
                )
            }
            (_, None, Some(limit)) => format!("{text} The limit is {limit}; try again in {wait} s."),
            (_, None, None) => text.to_owned(),
        }
    }
}
