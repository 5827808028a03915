//! A provider as it is called: where, with which credential, over which connections.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use bartizan_policy::{Provider as Document, Timeouts, Transfer, Upstream};
use bartizan_verdict::Endpoint;
use http::Uri;

use crate::{
    client::{self, Client, Transport},
    credential::Credential,
    metrics::Meters,
    sandbox::{self, Sandbox},
    secret::{ClientTls, Secrets, Unreadable},
};

/// A provider of the policy in force.
#[derive(Debug)]
pub(crate) struct Provider {
    document: Document,
    /// Where each endpoint is.
    endpoints: HashMap<Endpoint, Uri>,
    pub(crate) credential: Option<Arc<Credential>>,
    tls: Option<Arc<ClientTls>>,
    pub(crate) client: Client,
    pub(crate) meters: Meters,
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
        before: Option<&Self>,
    ) -> Result<Self, Unusable> {
        let endpoints = Endpoint::ALL.iter().filter_map(|endpoint| {
            let Upstream { path, format } = document.upstream(*endpoint, "", Transfer::Whole)?;
            let url = format!("{}{path}", document.base_url.as_ref()?);
            format
                .is_of(*endpoint)
                .then(|| Uri::try_from(url).map(|uri| (*endpoint, uri)))
        });
        let credential = secrets.credential(&document.name)?;
        let tls = secrets.tls(&document.name)?;
        Ok(Self {
            endpoints: endpoints.collect::<Result<_, _>>()?,
            client: client(document, tls.as_ref(), before)?,
            credential,
            tls,
            document: document.clone(),
            meters,
        })
    }

    /// The built-in one.
    pub(crate) fn sandbox(
        document: &Document,
        sandbox: &Sandbox,
        meters: Meters,
        before: Option<&Self>,
    ) -> Result<Self, Unusable> {
        let endpoints = sandbox::ENDPOINTS
            .into_iter()
            .map(|(path, endpoint)| Ok((endpoint, local(sandbox.address(), path)?)));
        Ok(Self {
            endpoints: endpoints.collect::<Result<_, Unusable>>()?,
            credential: Some(Arc::new(
                Credential::key(sandbox.key().clone()).map_err(|cause| Unusable::Secret(Arc::new(cause)))?,
            )),
            tls: None,
            client: client(document, None, before)?,
            document: document.clone(),
            meters,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.document.name
    }

    pub(crate) const fn timeouts(&self) -> &Timeouts {
        &self.document.timeouts
    }

    /// Where an endpoint is; `None` if the provider does not have it.
    pub(crate) fn uri(&self, endpoint: Endpoint) -> Option<&Uri> {
        self.endpoints.get(&endpoint)
    }

    /// Text of the provider without our credential, should it repeat it.
    pub(crate) fn without_credential(&self, text: &str) -> String {
        match &self.credential {
            Some(credential) => credential.erased_from(text),
            None => text.to_owned(),
        }
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

fn client(document: &Document, tls: Option<&Arc<ClientTls>>, before: Option<&Provider>) -> Result<Client, Unusable> {
    if let Some(before) = before
        && before.shares_connections_with(document, tls)
    {
        return Ok(before.client.clone());
    }
    let is_https = document
        .base_url
        .as_ref()
        .is_some_and(|base| base.starts_with("https:"));
    let transport = if is_https { Transport::Tls } else { Transport::Plain };
    if let Some(tls) = tls {
        return Ok(client::with_tls(
            tls.config.clone(),
            transport,
            document.timeouts.connect,
        ));
    }
    client::new(transport, document.timeouts.connect).map_err(Unusable::Tls)
}

fn local(address: SocketAddr, path: &str) -> Result<Uri, Unusable> {
    Ok(Uri::try_from(format!("http://{address}{path}"))?)
}
