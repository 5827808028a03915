use std::collections::BTreeMap;
use std::num::NonZeroU32;

use bartizan_identity::{Key, KeyHash, KeyState, KeyTable};
use bartizan_limit::{Quota, TenantLimits};

use super::read::{Document, Documents};
use super::routes;
use crate::TenantModels;
use crate::document::{Kind, QuotaSpec, TenantSpec};
use crate::report::{Report, quote};

pub(super) struct Tenants {
    pub(super) keys: Option<KeyTable>,
    pub(super) limits: Vec<(String, TenantLimits)>,
    pub(super) models: BTreeMap<String, TenantModels>,
    pub(super) mcp_servers: BTreeMap<String, Vec<String>>,
}

pub(super) fn compile(documents: &Documents<'_>, report: &mut Report) -> Tenants {
    let mut keys = Keys::default();
    let mut limits = Vec::with_capacity(documents.tenants.len());
    let mut models = BTreeMap::new();
    let mut mcp_servers = BTreeMap::new();
    for tenant in &documents.tenants {
        keys.add(tenant, report);
        limits.push((tenant.name.clone(), limits_of(tenant, report)));
        models.insert(tenant.name.clone(), models_of(tenant, documents, report));
        mcp_servers.insert(tenant.name.clone(), mcp_servers_of(tenant, documents, report));
    }
    Tenants {
        keys: keys.build(report),
        limits,
        models,
        mcp_servers,
    }
}

fn mcp_servers_of(tenant: &Document<'_, TenantSpec>, documents: &Documents<'_>, report: &mut Report) -> Vec<String> {
    let servers = tenant.spec.mcp_servers.iter().map(|name| name.as_str().to_owned());
    let servers: Vec<String> = servers.collect();
    for (index, name) in servers.iter().enumerate() {
        let field = format!("spec.mcpServers[{index}]");
        let provider = documents.providers.iter().find(|provider| provider.name == *name);
        if documents.lack(Kind::Provider, name) {
            let message = format!("there is no Provider {}", quote(name));
            let remedy = documents.remedy_for(Kind::Provider, name);
            tenant.origin.wrong(report, &field, message, remedy);
        } else if provider.is_some_and(|provider| !provider.spec.kind.has_tools()) {
            let message = format!("Provider {} serves models, not tools", quote(name));
            tenant
                .origin
                .wrong(report, &field, message, "name one of type mcp or sandbox");
        }
    }
    servers
}

#[derive(Default)]
struct Keys<'d> {
    keys: Vec<Key<'d>>,
    /// Where each hash was first seen.
    seen: BTreeMap<KeyHash, (&'d Document<'d, TenantSpec>, usize)>,
}

impl<'d> Keys<'d> {
    fn add(&mut self, tenant: &'d Document<'d, TenantSpec>, report: &mut Report) {
        let mut ids = BTreeMap::new();
        for (index, key) in tenant.spec.keys.iter().enumerate() {
            let field = |name: &str| format!("spec.keys[{index}].{name}");
            if let Some(first) = ids.insert(&key.id, index) {
                let message = format!("the tenant has another key {}, keys[{first}]", quote(key.id.as_str()));
                tenant
                    .origin
                    .wrong(report, &field("id"), message, "give each key an id of its own");
            }
            let expires_at = match key.expires_at.as_ref().map(|time| nanoseconds(time.as_str())) {
                None => None,
                Some(Ok(time)) => Some(time),
                Some(Err(problem)) => {
                    tenant
                        .origin
                        .wrong(report, &field("expiresAt"), problem, "write a moment that exists");
                    None
                }
            };
            let Some(hash) = KeyHash::from_hex(key.sha256.as_str()) else {
                continue;
            };
            if let Some((holder, place)) = self.seen.get(&hash) {
                let message = format!(
                    "the key is also a key of tenant {}, in {}",
                    quote(&holder.name),
                    holder.origin.line(&format!("spec.keys[{place}].sha256"))
                );
                tenant.origin.wrong(
                    report,
                    &field("sha256"),
                    message,
                    "`bartizan key new` makes one of its own",
                );
                continue;
            }
            self.seen.insert(hash, (tenant, index));
            let state = if key.disabled {
                KeyState::Disabled
            } else {
                KeyState::Enabled
            };
            self.keys.push(Key {
                hash,
                tenant: &tenant.name,
                id: key.id.as_str(),
                expires_at,
                state,
            });
        }
    }

    fn build(self, report: &mut Report) -> Option<KeyTable> {
        match KeyTable::build(&self.keys) {
            Ok(table) => Some(table),
            Err(error) => {
                report.add_to_all(&error.to_string(), "");
                None
            }
        }
    }
}

/// Nanoseconds since the Unix epoch; a moment before it is the epoch, one after 2554 is never.
fn nanoseconds(time: &str) -> Result<u64, String> {
    let moment: jiff::Timestamp = time.parse().map_err(|_| format!("{} is not a time", quote(time)))?;
    Ok(u64::try_from(moment.as_nanosecond().max(0)).unwrap_or(u64::MAX))
}

fn limits_of(tenant: &Document<'_, TenantSpec>, report: &mut Report) -> TenantLimits {
    let limits = &tenant.spec.limits;
    let mut quota = |field: &str, spec: &Option<QuotaSpec>| {
        let spec = spec.as_ref()?;
        let quota = spec
            .window
            .nanoseconds()
            .and_then(|window| Quota::new(spec.limit, window));
        if quota.is_none() {
            let message = format!("{} is too long", quote(spec.window.as_str()));
            let field = format!("spec.limits.{field}.window");
            tenant.origin.wrong(report, &field, message, "write at most 366d");
        }
        quota
    };
    TenantLimits {
        requests: quota("requests", &limits.requests),
        tokens: quota("tokens", &limits.tokens),
        concurrent_requests: limits.concurrent_requests.and_then(NonZeroU32::new),
    }
}

fn models_of(tenant: &Document<'_, TenantSpec>, documents: &Documents<'_>, report: &mut Report) -> TenantModels {
    let patterns = tenant.spec.models.iter().map(|pattern| pattern.as_str().to_owned());
    let patterns: Vec<String> = patterns.collect();
    for (index, pattern) in patterns.iter().enumerate() {
        if !pattern.ends_with('*') && routes::is_unknown(documents, pattern) {
            let message = format!("there is no Model {}", quote(pattern));
            let remedy = documents.remedy_for(Kind::Model, pattern);
            tenant
                .origin
                .wrong(report, &format!("spec.models[{index}]"), message, remedy);
        }
    }
    TenantModels {
        permitted: patterns,
        overrides: overrides_of(tenant, documents, report),
    }
}

fn overrides_of(
    tenant: &Document<'_, TenantSpec>,
    documents: &Documents<'_>,
    report: &mut Report,
) -> BTreeMap<String, String> {
    let mut overrides = BTreeMap::new();
    for (index, spec) in tenant.spec.model_overrides.iter().enumerate() {
        let field = |name: &str| format!("spec.modelOverrides[{index}].{name}");
        let (name, model) = (spec.name.as_str(), spec.model.as_str());
        if routes::is_unknown(documents, model) {
            let message = format!("there is no Model {}", quote(model));
            let remedy = documents.remedy_for(Kind::Model, model);
            tenant.origin.wrong(report, &field("model"), message, remedy);
        }
        let model = routes::name_of(documents, model).to_owned();
        if overrides.insert(name.to_owned(), model).is_some() {
            let message = format!("{} has a meaning for the tenant already", quote(name));
            tenant.origin.wrong(report, &field("name"), message, "remove one");
        }
    }
    overrides
}
