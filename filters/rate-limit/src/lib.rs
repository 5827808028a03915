//! The rate-limit filter: requests per window, tokens per window and requests at once, per tenant.
//!
//! A tenant's state is one shared value, changed by compare-and-swap, so the limits are exact across all workers of one
//! Envoy; several Envoys each hold their own. At the headers a request is counted and takes its place among those that
//! run. If tokens are limited it then waits for its body and *reserves* what it may come to use: its prompt as one
//! token for four bytes of text, and `max_tokens` for each choice asked for (1,024 if it names none, or what the limit has
//! left beside the prompt); of embeddings the prompt only, and of a count of tokens and of calls of tools nothing. Where
//! the body says that it has no more than 64 KiB, the request is counted when it is there, in one swap with the
//! reservation. The answer *settles* the reservation:
//!
//! | the answer | is charged |
//! |---|---|
//! | reports its usage, in `x-bartizan-usage` as header or trailer | that |
//! | is no stream and reports none: Envoy or a later filter made it | nothing |
//! | is a stream that ends without a report: the client left, or it broke off | the prompt, and a token for each `data:` line |
//! | never came | the prompt |
//! | reports something unreadable | what was reserved |
//!
//! A request that is refused for its tokens leaves its place at once; it stays counted as a request. A whole
//! answer gives the place back when it reports its usage, as nobody works on it any more, even if the client is slow to
//! read it; whatever else becomes of a request, its end does. A body that cannot be read is not judged here: it is reserved for by its
//! length, and threat-scan refuses it.
//!
//! What a chat costs is how much code it runs through, as Envoy makes all of it cold between two callbacks: about a third
//! of that is the SDK's and the allocator's, a sixth reads the body, a quarter works out and stores the tenant's state twice.
#![deny(missing_docs)]

mod ledger;
mod lines;
mod meter;
mod refusal;
mod reserved;
mod stream;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use bartizan_host::{Filter, Host, Metrics};
use bartizan_policy::RateLimitConfig;

pub use meter::Meter;
pub use stream::RateLimitStream;

/// The filter of one worker.
#[derive(Debug)]
pub struct RateLimit {
    config: Option<Rc<RateLimitConfig>>,
    metrics: Rc<Metrics<Meter>>,
}

impl Filter for RateLimit {
    type Stream = RateLimitStream;

    fn unconfigured() -> Self {
        Self {
            config: None,
            metrics: Rc::default(),
        }
    }

    fn configure(&mut self, host: &dyn Host, configuration: &[u8]) -> Result<(), String> {
        // Before the configuration is judged, so that refusals for the lack of one are counted too.
        self.metrics = Rc::new(Metrics::define(host));
        let config = RateLimitConfig::decode(configuration).map_err(|error| error.to_string())?;
        // WHY here: Envoy configures the main thread before any worker, so no two workers race to create a value.
        for (tenant, _) in config.tenants() {
            ledger::prepare(host, tenant).map_err(|error| error.to_string())?;
        }
        self.config = Some(Rc::new(config));
        Ok(())
    }

    fn stream(&self) -> RateLimitStream {
        RateLimitStream::new(self.config.clone(), Rc::clone(&self.metrics))
    }
}

bartizan_host::filter!(crate::RateLimit);
