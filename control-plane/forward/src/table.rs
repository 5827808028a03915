//! Who may use which model, and which provider serves it: the policy in force, with its providers ready to be called.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bartizan_policy::{
    CacheConfig, CompiledPolicy, HeaderMatch, JobsConfig, McpRefusal, Model, ModelRefusal, Provider as Document,
    ProviderKind, Requirement, Target, UnsupportedFields,
};
use bartizan_verdict::{Dialect, Endpoint, Reason};
use http::HeaderMap;
use tokio::sync::Notify;

use crate::{
    failure::Failure,
    metering::Prices,
    metrics::Metrics,
    provider::{Provider, Unusable},
    resilience::{Guard, ResilienceMetrics},
    route::{Candidate, Route, draw},
    sandbox::Sandbox,
    secret::Secrets,
    translate,
};

/// What requests are routed by. A request keeps the one it began with.
#[derive(Debug)]
pub(crate) struct Table {
    policy: Arc<CompiledPolicy>,
    providers: HashMap<String, Entry>,
}

#[derive(Debug)]
enum Entry {
    Ready(Arc<Provider>),
    /// It has to be there and cannot be called: its models exist, and fail.
    Broken,
}

/// Makes tables of policies.
#[derive(Debug)]
pub(crate) struct Tables {
    secrets: Secrets,
    metrics: Metrics,
    resilience: ResilienceMetrics,
    /// Runs from the first policy that has a provider of its type.
    sandbox: Option<Sandbox>,
}

// === impl Table ===

impl Table {
    /// Bounds of jobs.
    pub(crate) fn jobs(&self) -> JobsConfig {
        self.policy.gateway.jobs
    }

    pub(crate) fn prices(&self) -> Prices {
        Prices::of(Arc::clone(&self.policy))
    }

    /// How long answers of a model are kept, if they are.
    pub(crate) fn cache_time(&self, model: &str) -> Option<Duration> {
        self.policy.forward.models.get(model).and_then(|model| model.cache)
    }

    pub(crate) fn cache_bounds(&self) -> CacheConfig {
        self.policy.gateway.cache
    }

    pub(crate) fn max_body_bytes(&self) -> usize {
        usize::try_from(self.policy.gateway.max_body_bytes).unwrap_or(usize::MAX)
    }

    pub(crate) fn max_answer_bytes(&self) -> usize {
        usize::try_from(self.policy.gateway.max_answer_bytes).unwrap_or(usize::MAX)
    }

    pub(crate) fn keep_alive(&self) -> Duration {
        self.policy.gateway.keep_alive_interval
    }

    /// Whether a header decides where some model's requests go.
    pub(crate) fn routes_by(&self, header: &str) -> bool {
        let targets = self.policy.forward.models.values().flat_map(Model::targets);
        targets
            .flat_map(|target| &target.headers)
            .any(|known| known.name == header)
    }

    /// Where a request of these headers for the model of that name may be answered.
    pub(crate) fn route(
        &self,
        tenant: &str,
        model: &str,
        endpoint: Endpoint,
        headers: &HeaderMap,
    ) -> Result<Route, Failure> {
        let model = self
            .policy
            .forward
            .model_for(tenant, model)
            .map_err(|refusal| match refusal {
                ModelRefusal::Unknown => Failure::new(Reason::UnknownModel, "no such model"),
                ModelRefusal::NotPermitted => Failure::new(Reason::ModelNotPermitted, "model not permitted"),
            })?;
        let mut candidates = Vec::new();
        let mut why_not = None;
        for target in model.order(|header| has(headers, header), draw) {
            match self.candidate(model, target, endpoint) {
                Ok(candidate) => candidates.push(candidate),
                Err(failure) => why_not = why_not.or(Some(failure)),
            }
        }
        let mut candidates = candidates.into_iter();
        match candidates.next() {
            Some(first) => Ok(Route {
                name: model.name.clone(),
                first,
                others: candidates.collect(),
            }),
            None => Err(why_not.unwrap_or_else(|| Failure::new(Reason::UnknownModel, "nobody serves the model"))),
        }
    }

    fn candidate(&self, model: &Model, target: &Target, endpoint: Endpoint) -> Result<Candidate, Failure> {
        match self.providers.get(&target.provider) {
            None => Err(Failure::new(Reason::UnknownModel, "the model's provider is absent")),
            Some(Entry::Broken) => Err(Failure::new(
                Reason::Unavailable,
                "the model's provider cannot be called",
            )),
            Some(Entry::Ready(provider)) if !translate::serves(provider, endpoint, &target.upstream_model) => Err(
                Failure::new(Reason::UnknownModel, "the model does not serve this endpoint"),
            ),
            Some(Entry::Ready(provider)) => Ok(Candidate {
                provider: Arc::clone(provider),
                upstream_model: target.upstream_model.clone(),
                unsupported_fields: model.unsupported_fields,
            }),
        }
    }

    /// The MCP server that a tenant calls.
    pub(crate) fn mcp_server(&self, tenant: &str, named: Option<&str>) -> Result<Route, Failure> {
        let unknown = |detail| Failure::new(Reason::UnknownPath, detail);
        let name = self
            .policy
            .forward
            .mcp_server_for(tenant, named)
            .map_err(|refusal| match refusal {
                McpRefusal::Unknown => unknown("no such MCP server, or not permitted"),
                McpRefusal::Unnamed => unknown("no MCP server is named")
                    .message(Some("Name the MCP server in the path: /mcp/NAME.".to_owned())),
            })?;
        match self.providers.get(name) {
            Some(Entry::Ready(provider)) if translate::serves(provider, Endpoint::Mcp, "") => Ok(Route {
                name: name.to_owned(),
                first: Candidate {
                    provider: Arc::clone(provider),
                    upstream_model: String::new(),
                    unsupported_fields: UnsupportedFields::Reject,
                },
                others: Vec::new(),
            }),
            Some(Entry::Ready(_)) => Err(unknown("the provider is no MCP server")),
            Some(Entry::Broken) => Err(Failure::new(Reason::Unavailable, "the MCP server cannot be called")),
            None => Err(unknown("the MCP server is absent")),
        }
    }

    /// The names that a tenant may ask for in a dialect, sorted, each with the provider that serves it first.
    pub(crate) fn models(&self, tenant: &str, dialect: Dialect) -> impl Iterator<Item = (&str, &str)> {
        let serves = move |target: &&Target| {
            let document = self.policy.forward.providers.get(&target.provider);
            document.is_some_and(|provider| provider.kind.serves(dialect))
                && self.providers.contains_key(&target.provider)
        };
        let models = self.policy.forward.models_for(tenant).into_iter();
        models.filter_map(move |(name, model)| {
            let target = model.targets().find(serves)?;
            Some((name, target.provider.as_str()))
        })
    }

    /// Whether the policy names the provider, and there is nothing to call it with.
    fn leaves_out(&self, name: &str) -> bool {
        self.policy.forward.providers.contains_key(name) && !self.providers.contains_key(name)
    }

    fn provider(&self, name: &str) -> Option<&Provider> {
        match self.providers.get(name)? {
            Entry::Ready(provider) => Some(provider),
            Entry::Broken => None,
        }
    }
}

fn has(headers: &HeaderMap, wanted: &HeaderMatch) -> bool {
    let mut given = headers.get_all(&wanted.name).iter();
    match &wanted.value {
        None => given.next().is_some(),
        Some(value) => given.any(|given| given == value),
    }
}

// === impl Tables ===

impl Tables {
    pub(crate) fn new(secrets: Secrets, metrics: Metrics, resilience: ResilienceMetrics) -> Self {
        Self {
            secrets,
            metrics,
            resilience,
            sandbox: None,
        }
    }

    pub(crate) fn secrets_changed(&self) -> Arc<Notify> {
        self.secrets.changed()
    }

    pub(crate) const fn running_sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_ref()
    }

    /// The table of a policy, with the secrets that are there; connections of `before` that still serve are kept.
    pub(crate) async fn table(&mut self, policy: Arc<CompiledPolicy>, before: Option<&Table>) -> Table {
        self.secrets.follow(&policy.forward.providers).await;
        let mut providers = HashMap::new();
        for (name, document) in &policy.forward.providers {
            let ready = self
                .provider(document, before.and_then(|table| table.provider(name)))
                .await;
            match (ready, document.requirement) {
                (Ok(provider), _) => {
                    providers.insert(name.clone(), Entry::Ready(Arc::new(provider)));
                }
                // Once, not with every edit of something else.
                (Err(_), Requirement::Optional) if before.is_some_and(|table| table.leaves_out(name)) => {}
                (Err(cause), Requirement::Optional) => {
                    tracing::info!(
                        provider = name,
                        cause = &cause as &dyn std::error::Error,
                        "provider left out"
                    );
                }
                (Err(cause), Requirement::Required) => {
                    tracing::error!(
                        provider = name,
                        cause = &cause as &dyn std::error::Error,
                        "provider unusable"
                    );
                    providers.insert(name.clone(), Entry::Broken);
                }
            }
        }
        Table { policy, providers }
    }

    async fn provider(&mut self, document: &Document, before: Option<&Provider>) -> Result<Provider, Unusable> {
        let meters = self.metrics.of_provider(&document.name);
        let known = before
            .filter(|before| before.is_at(document))
            .map(|before| &*before.guard);
        let guard = Guard::new(&document.name, document.resilience, &self.resilience, known);
        match document.kind {
            ProviderKind::Sandbox => Provider::sandbox(document, self.sandbox().await?, meters, guard, before),
            ProviderKind::OpenAi
            | ProviderKind::OpenAiCompatible
            | ProviderKind::AzureOpenAi
            | ProviderKind::Anthropic
            | ProviderKind::Gemini
            | ProviderKind::Bedrock
            | ProviderKind::Mcp => Provider::remote(document, &self.secrets, meters, guard, before),
        }
    }

    async fn sandbox(&mut self) -> Result<&Sandbox, Unusable> {
        if self.sandbox.is_none() {
            let started = Sandbox::start().await;
            self.sandbox = started
                .inspect_err(|error| tracing::error!(%error, "sandbox cannot start"))
                .ok();
        }
        self.sandbox.as_ref().ok_or(Unusable::NoSandbox)
    }
}
