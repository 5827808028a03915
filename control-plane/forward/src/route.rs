//! Where a request may be answered.

use std::sync::Arc;

use bartizan_policy::UnsupportedFields;

use crate::provider::Provider;

/// One place where a request may be answered.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) provider: Arc<Provider>,
    /// What the provider calls the model; empty for MCP, which has none.
    pub(crate) upstream_model: String,
    /// What becomes of fields that its provider cannot be told of.
    pub(crate) unsupported_fields: UnsupportedFields,
}

/// Where a request may be answered, in the order in which it is tried.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// What policy calls the model, or the MCP server.
    pub(crate) name: String,
    pub(crate) first: Candidate,
    /// What is tried when `first` fails.
    pub(crate) others: Vec<Candidate>,
}

impl Route {
    pub(crate) fn candidates(&self) -> impl Iterator<Item = &Candidate> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// A random number below `end`. Should there be no randomness, it is 0: the first of several is taken, and works.
pub(crate) fn draw(end: u64) -> u64 {
    getrandom::u64().unwrap_or_default() % end.max(1)
}
