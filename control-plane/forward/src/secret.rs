//! The secrets of providers: read where policy says they are, and kept current for as long as it says so.
//!
//! Each is read by a task of its own, which reads again when a file changes, a lease or a refresh interval runs out, or
//! an earlier reading failed. What is new goes into the next table of routes. A secret that was there and cannot be read
//! any more stays as it was, and a metric says so.

mod aws;
mod file;
mod keeper;
mod metrics;
mod source;
mod tls;
mod vault;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use bartizan_policy::{CredentialSource, Provider, ProviderTls};
use tokio::sync::Notify;

use self::{keeper::Keeper, source::CredentialReader, tls::TlsReader};
pub(crate) use self::{metrics::SecretMetrics, source::Unreadable, tls::ClientTls};
use crate::{Environment, credential::Credential};

/// How long the first reading of all that a policy names may hold the policy up. What comes later is used then.
const PATIENCE: Duration = Duration::from_secs(3);

/// What secrets are, in metrics and logs.
const CREDENTIAL: &str = "credential";
const TLS: &str = "tls";

/// The secrets that the policy in force names.
#[derive(Debug)]
pub(crate) struct Secrets {
    environment: Arc<dyn Environment>,
    metrics: SecretMetrics,
    changed: Arc<Notify>,
    /// By provider.
    credentials: HashMap<String, Keeper<CredentialSource, Credential>>,
    tls: HashMap<String, Keeper<ProviderTls, ClientTls>>,
}

impl Secrets {
    /// None yet. Must be called within a tokio runtime.
    pub(crate) fn new(environment: Arc<dyn Environment>, metrics: SecretMetrics) -> Self {
        Self {
            environment,
            metrics,
            changed: Arc::default(),
            credentials: HashMap::new(),
            tls: HashMap::new(),
        }
    }

    /// Told whenever a secret is there for the first time, or is another than before.
    pub(crate) fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Keeps what these providers need, and nothing else. Waits until each was read, but not for ever.
    pub(crate) async fn follow(&mut self, providers: &BTreeMap<String, Provider>) {
        self.credentials.retain(|name, keeper| {
            let source = providers.get(name).and_then(|provider| provider.credential.as_ref());
            let stays = source == Some(keeper.source());
            if !stays {
                self.metrics.forget(name, CREDENTIAL);
            }
            stays
        });
        self.tls.retain(|name, keeper| {
            let files = providers.get(name).and_then(|provider| provider.tls.as_ref());
            let stays = files == Some(keeper.source());
            if !stays {
                self.metrics.forget(name, TLS);
            }
            stays
        });
        for (name, provider) in providers {
            if let Some(source) = &provider.credential
                && !self.credentials.contains_key(name)
            {
                let reader = CredentialReader::new(source, Arc::clone(&self.environment));
                let keeper = self.keep(name, CREDENTIAL, source, reader);
                self.credentials.insert(name.clone(), keeper);
            }
            if let Some(files) = &provider.tls
                && !self.tls.contains_key(name)
            {
                let keeper = self.keep(name, TLS, files, TlsReader::new(files.clone()));
                self.tls.insert(name.clone(), keeper);
            }
        }
        let all_read = async {
            for keeper in self.credentials.values_mut() {
                keeper.was_read().await;
            }
            for keeper in self.tls.values_mut() {
                keeper.was_read().await;
            }
        };
        // Whatever is late counts as absent until it is there.
        let _ = tokio::time::timeout(PATIENCE, all_read).await;
    }

    /// The credential of a provider; `None` if it needs none.
    pub(crate) fn credential(&self, provider: &str) -> Result<Option<Arc<Credential>>, Arc<Unreadable>> {
        self.credentials.get(provider).map(Keeper::current).transpose()
    }

    /// The TLS of a provider; `None` if there is nothing particular about it.
    pub(crate) fn tls(&self, provider: &str) -> Result<Option<Arc<ClientTls>>, Arc<Unreadable>> {
        self.tls.get(provider).map(Keeper::current).transpose()
    }

    fn keep<S: Clone, R: keeper::Reader>(
        &self,
        provider: &str,
        what: &'static str,
        source: &S,
        reader: R,
    ) -> Keeper<S, R::Secret> {
        let meters = self.metrics.of(provider, what);
        Keeper::start(source.clone(), reader, meters, Arc::clone(&self.changed))
    }
}
