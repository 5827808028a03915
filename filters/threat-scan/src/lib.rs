//! The threat-scan filter: what do the request and the answer say?
//!
//! A request with a body waits until the body is whole, so that no byte of it, and no header, leaves before it has been
//! judged. Every text in it is searched by the rules of policy; the strictest action of all findings wins. A whole
//! answer is held and judged likewise. An answer that streams is judged as it flows: what could still become a finding is
//! kept back, everything else leaves at once. Its headers say `answer=streaming`; the verdict comes as a trailer, where
//! the client has HTTP/2, and in metrics and access log.
//!
//! | what comes | what happens |
//! |---|---|
//! | a finding to block | 400 `content_blocked`, naming the category and never the rule |
//! | a finding to mask | placeholders in its place, every other byte as it was |
//! | a finding to audit | reported |
//! | in a stream, a finding to block or an event that cannot be read | the error event of the dialect, nothing more of the answer, and its maker is hung up on |
//! | a stream that is compressed | 502 `answer_unreadable` |
//! | a content-encoding that is still there | 415 |
//! | no body where one belongs, or one that cannot be read | 400, naming the place |
//! | an answer of status 2xx that is not readable JSON | 502 `answer_unreadable` |
//! | an answer of another status, `/v1/models` | passes unscanned |
//! | the answer of a job, as the forwarder stored it | passes unscanned: it was scanned before |
//! | scanning itself fails | 503, unless policy says `FailOpen`; a stream ends |
//! | no configuration yet | 503 |
//!
//! A refused answer is put in the place of the one that came, rather than sent as a reply of this filter: so the filters
//! before this one still see what the provider reported.
#![deny(missing_docs)]

mod meter;
mod stream;
mod streamed;
#[cfg(test)]
mod tests;

use std::hash::RandomState;
use std::rc::Rc;

use bartizan_host::{Filter, Host, Metrics};
use bartizan_inspect::Inspector;
use bartizan_policy::ThreatScanConfig;

pub use meter::{Meter, Outcome};
pub use stream::ThreatScanStream;

/// The filter of one worker.
#[derive(Debug)]
pub struct ThreatScan {
    inspector: Option<Rc<Inspector>>,
    metrics: Rc<Metrics<Meter>>,
}

impl Filter for ThreatScan {
    type Stream = ThreatScanStream;

    fn unconfigured() -> Self {
        Self {
            inspector: None,
            metrics: Rc::default(),
        }
    }

    fn configure(&mut self, host: &dyn Host, configuration: &[u8]) -> Result<(), String> {
        // Before the configuration is judged, so that refusals for the lack of one are counted too.
        self.metrics = Rc::new(Metrics::define(host));
        let config = ThreatScanConfig::decode(configuration).map_err(|error| error.to_string())?;
        let inspector = Inspector::new(config).map_err(|error| error.to_string())?;
        self.inspector = Some(Rc::new(inspector.remembering(&RandomState::new())));
        Ok(())
    }

    fn stream(&self) -> ThreatScanStream {
        ThreatScanStream::new(self.inspector.clone(), Rc::clone(&self.metrics))
    }
}

bartizan_host::filter!(crate::ThreatScan);
