//! The auth filter: who is calling, and may this path be called at all?
//!
//! It is the first filter and the only one that reads what a stranger claims. From one reading of all headers it
//! removes whatever only Bartizan may say (`x-bartizan-*`), finds the one credential, looks its hash up, and refuses
//! what leads nowhere; the body is never looked at. A request that passes carries the tenant and the key's id for
//! later filters, and its credential no more. What is refused, and with what, is the table in `stream`.
//!
//! Cost: about 20 µs of the CPU of a busy machine. One hostcall reads all headers (7 µs of it) and one changes each header
//! that is changed, four for a plain request (1 µs each); to make the VM's context, call it and end it is 6 µs.
#![deny(missing_docs)]

mod meter;
mod stream;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use bartizan_host::{Filter, Gated, Host, Metrics};
use bartizan_policy::AuthConfig;

pub use meter::Meter;
pub use stream::AuthStream;

/// The filter of one worker.
#[derive(Debug)]
pub struct Auth {
    config: Option<Rc<AuthConfig>>,
    metrics: Rc<Metrics<Meter>>,
}

impl Filter for Auth {
    type Stream = Gated<AuthStream>;

    fn unconfigured() -> Self {
        Self {
            config: None,
            metrics: Rc::default(),
        }
    }

    fn configure(&mut self, host: &dyn Host, configuration: &[u8]) -> Result<(), String> {
        // Before the configuration is judged, so that refusals for the lack of one are counted too.
        self.metrics = Rc::new(Metrics::define(host));
        let config = AuthConfig::decode(configuration).map_err(|error| error.to_string())?;
        self.config = Some(Rc::new(config));
        Ok(())
    }

    fn stream(&self) -> Gated<AuthStream> {
        Gated(AuthStream::new(self.config.clone(), Rc::clone(&self.metrics)))
    }
}

bartizan_host::filter!(gate crate::Auth);
