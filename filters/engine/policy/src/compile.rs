//! Documents to compiled policy.

mod addresses;
mod credentials;
mod examples;
mod exceptions;
mod gateway;
mod length;
mod masking;
mod models;
mod prices;
mod read;
mod resilience;
mod routes;
mod tenants;
mod threats;
mod thresholds;

use crate::report::Report;
use crate::{AuthConfig, CompiledPolicy, PolicyError, RateLimitConfig};
use bartizan_scan::Round;
use read::Documents;
use threats::Kept;

/// The only `apiVersion` there is.
pub const API_VERSION: &str = "bartizan.dev/v1alpha1";

/// The largest file, in bytes: 32 MiB.
pub const MAX_SOURCE_BYTES: usize = 32 << 20;

/// A file of documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, for messages.
    pub file: String,
    /// Its content.
    pub text: String,
}

/// Compiles all documents of all files into one policy.
///
/// # Errors
/// See [`Compiler::compile`].
pub fn compile(sources: &[Source]) -> Result<CompiledPolicy, Vec<PolicyError>> {
    Compiler::default().compile(sources)
}

/// Compiles one version of a policy after another, and keeps what is dear: regexes that have not changed are not compiled
/// again, nor examples tried again, whatever else is wrong with a version. What comes out is what [`compile`] gives.
///
/// Kept is what the last version used, and the last two that were good.
#[derive(Debug, Default)]
pub struct Compiler {
    kept: Kept,
}

impl Compiler {
    /// Compiles all documents of all files into one policy. Every rule is tried on its own examples.
    ///
    /// # Errors
    /// Every mistake in every document, sorted by place: YAML that cannot be read, fields that are unknown, missing or
    /// of the wrong form, references to what does not exist, names and keys used twice, rules that do not do what
    /// their examples say. Mistakes that only show once others are gone come the next time.
    pub fn compile(&mut self, sources: &[Source]) -> Result<CompiledPolicy, Vec<PolicyError>> {
        let policy = self.compile_round(sources);
        self.kept.end_round(match policy {
            Ok(_) => Round::Accepted,
            Err(_) => Round::Refused,
        });
        policy
    }

    fn compile_round(&mut self, sources: &[Source]) -> Result<CompiledPolicy, Vec<PolicyError>> {
        let (mut report, mut warnings) = (Report::default(), Report::default());
        let documents = Documents::read(sources, &mut report);
        let tenants = tenants::compile(&documents, &mut report);
        let forward = models::compile(&documents, &mut report);
        let prices = prices::compile(&documents, &mut report);
        let gateway = gateway::compile(&documents, &mut report);
        let threat_scan = threats::compile(&documents, &gateway, &mut self.kept, &mut report, &mut warnings);
        let (Some(keys), Some(threat_scan), 0) = (tenants.keys, threat_scan, report.len()) else {
            return Err(report.into_errors());
        };
        let longest = u64::try_from(gateway.max_stream_duration.as_nanos()).unwrap_or(u64::MAX);
        Ok(CompiledPolicy {
            auth: AuthConfig { keys, job_key: None },
            rate_limit: RateLimitConfig::new(longest, tenants.limits),
            threat_scan,
            forward: forward
                .with_tenants(tenants.models, tenants.mcp_servers)
                .with_prices(prices),
            gateway,
            digest: documents.digest(),
            warnings: warnings.into_errors(),
        })
    }
}
