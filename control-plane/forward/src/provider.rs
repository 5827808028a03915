//! A provider as it is called: where, with which credential, over which connections.

use std::sync::Arc;

use bartizan_policy::{Format, Provider as Document, ProviderKind, Timeouts, Transfer, Upstream};
use bartizan_verdict::Endpoint;
use http::Uri;

use crate::{
    client::{self, Clients, Transport},
    credential::Credential,
    metrics::Meters,
    resilience::Guard,
    sandbox::Sandbox,
    secret::{ClientTls, Secrets, Unreadable},
};

/// A provider of the policy in force.
#[derive(Debug)]
pub(crate) struct Provider {
    document: Document,
    /// Without a slash at its end.
    base_url: String,
    server: Option<(String, u16)>,
    pub(crate) credential: Option<Arc<Credential>>,
    tls: Option<Arc<ClientTls>>,
    pub(crate) clients: Clients,
    pub(crate) meters: Meters,
    /// Who may be sent to it, and when.
    pub(crate) guard: Arc<Guard>,
}

/// Why a provider cannot be called.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("a secret is missing")]
    Secret(#[from] Arc<Unreadable>),
    #[error("the base URL is not one")]
    Address(#[from] http::uri::InvalidUri),
    #[error("cannot set up TLS")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the sandbox did not start")]
    NoSandbox,
}

// === impl Provider ===

impl Provider {
    /// A provider somewhere else. Connections of `before`, the same provider under an older policy, are kept.
    pub(crate) fn remote(
        document: &Document,
        secrets: &Secrets,
        meters: Meters,
        guard: Arc<Guard>,
        before: Option<&Self>,
    ) -> Result<Self, Unusable> {
        let base_url = document.base_url.clone().unwrap_or_default();
        let uri = Uri::try_from(base_url.as_str())?;
        let credential = secrets.credential(&document.name)?;
        let tls = secrets.tls(&document.name)?;
        Ok(Self {
            server: server(&uri),
            base_url,
            clients: clients(document, tls.as_ref(), before)?,
            credential,
            tls,
            document: document.clone(),
            meters,
            guard,
        })
    }

    /// The built-in one.
    pub(crate) fn sandbox(
        document: &Document,
        sandbox: &Sandbox,
        meters: Meters,
        guard: Arc<Guard>,
        before: Option<&Self>,
    ) -> Result<Self, Unusable> {
        Ok(Self {
            base_url: format!("http://{}", sandbox.address()),
            server: None,
            credential: Some(Arc::new(
                Credential::key(sandbox.key().clone()).map_err(|cause| Unusable::Secret(Arc::new(cause)))?,
            )),
            tls: None,
            clients: clients(document, None, before)?,
            document: document.clone(),
            meters,
            guard,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.document.name
    }

    pub(crate) const fn kind(&self) -> ProviderKind {
        self.document.kind
    }

    /// The host and port that it is called at; `None` for what is built in.
    pub(crate) fn server(&self) -> Option<(&str, u16)> {
        self.server.as_ref().map(|(host, port)| (host.as_str(), *port))
    }

    /// The region that requests are signed for; empty if they are not.
    pub(crate) fn region(&self) -> &str {
        self.document.region.as_deref().unwrap_or_default()
    }

    pub(crate) const fn timeouts(&self) -> &Timeouts {
        &self.document.timeouts
    }

    /// Whether it serves an endpoint of ours, or something that it can be converted to.
    pub(crate) fn serves(&self, endpoint: Endpoint, model: &str) -> bool {
        self.document.upstream(endpoint, model, Transfer::Whole).is_some()
    }

    /// Where requests to an endpoint of ours go, and in which form; `None` if the provider serves neither them nor
    /// anything that they can be converted to.
    pub(crate) fn upstream(&self, endpoint: Endpoint, model: &str, transfer: Transfer) -> Option<(Uri, Format)> {
        let Upstream { path, format } = self.document.upstream(endpoint, model, transfer)?;
        let uri = Uri::try_from([self.base_url.as_str(), &path].concat()).ok()?;
        Some((uri, format))
    }

    /// Text of the provider without our credential, should it repeat it.
    pub(crate) fn without_credential(&self, text: &str) -> String {
        match &self.credential {
            Some(credential) => credential.erased_from(text),
            None => text.to_owned(),
        }
    }

    /// Whether it is where a document says, so that what was learnt of it holds.
    pub(crate) fn is_at(&self, document: &Document) -> bool {
        (&self.document.kind, &self.document.base_url) == (&document.kind, &document.base_url)
    }

    fn shares_connections_with(&self, other: &Document, tls: Option<&Arc<ClientTls>>) -> bool {
        let Document {
            name: _,
            kind,
            base_url,
            region: _,
            api_version: _,
            credential: _,
            tls: _,
            timeouts,
            resilience: _,
            requirement: _,
        } = &self.document;
        // The same while nothing in its files changes.
        let same_tls = self.tls.as_ref().map(Arc::as_ptr) == tls.map(Arc::as_ptr);
        same_tls && (kind, base_url, timeouts.connect) == (&other.kind, &other.base_url, other.timeouts.connect)
    }
}

fn server(uri: &Uri) -> Option<(String, u16)> {
    let default = if uri.scheme_str() == Some("http") { 80 } else { 443 };
    let host = uri.host()?;
    Some((host.to_owned(), uri.port_u16().unwrap_or(default)))
}

fn clients(document: &Document, tls: Option<&Arc<ClientTls>>, before: Option<&Provider>) -> Result<Clients, Unusable> {
    if let Some(before) = before
        && before.shares_connections_with(document, tls)
    {
        return Ok(before.clients.clone());
    }
    let is_https = document
        .base_url
        .as_ref()
        .is_some_and(|base| base.starts_with("https:"));
    let transport = if is_https { Transport::Tls } else { Transport::Plain };
    let config = match tls {
        Some(tls) => tls.config.clone(),
        None => client::system_tls(transport).map_err(Unusable::Tls)?,
    };
    Ok(Clients::new(config, transport, document.timeouts.connect))
}
