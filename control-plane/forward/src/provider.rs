//! A provider as it is called: where, with which credential, over which connections.

use std::{collections::HashMap, fs, net::SocketAddr, path::Path};

use bartizan_platform::secret::Secret;
use bartizan_policy::{CredentialSource, Provider as Document, Timeouts};
use bartizan_verdict::{Dialect, Endpoint};
use http::{HeaderName, HeaderValue, Uri, header};

use crate::{
    Environment,
    client::{self, Client, Transport},
    header::X_API_KEY,
    metrics::Meters,
    sandbox::{self, Sandbox},
};

/// A provider of the policy in force.
#[derive(Debug)]
pub(crate) struct Provider {
    document: Document,
    /// Where each endpoint is.
    endpoints: HashMap<Endpoint, Uri>,
    pub(crate) credential: Option<Credential>,
    pub(crate) client: Client,
    pub(crate) meters: Meters,
}

/// A credential in the form that each dialect wants it.
#[derive(Debug)]
pub(crate) struct Credential {
    value: Secret<String>,
    bearer: HeaderValue,
    key: HeaderValue,
}

/// Why a provider cannot be called.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("environment variable {0} is not set")]
    NoVariable(String),
    #[error("cannot read {0}")]
    NoFile(String, #[source] std::io::Error),
    #[error("the credential is empty or has characters that no header can carry")]
    Malformed,
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
        environment: &dyn Environment,
        meters: Meters,
        before: Option<&Self>,
    ) -> Result<Self, Unusable> {
        let endpoints = Endpoint::ALL.iter().filter_map(|endpoint| {
            let url = document.url(*endpoint)?;
            Some(Uri::try_from(url).map(|uri| (*endpoint, uri)))
        });
        let credential = document
            .credential
            .as_ref()
            .map(|source| Credential::read(source, environment));
        Ok(Self {
            endpoints: endpoints.collect::<Result<_, _>>()?,
            credential: credential.transpose()?,
            client: client(document, before)?,
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
            credential: Some(Credential::new(sandbox.key().clone())?),
            client: client(document, before)?,
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
            Some(credential) => text.replace(credential.value.expose().as_str(), "[credential]"),
            None => text.to_owned(),
        }
    }

    fn shares_connections_with(&self, other: &Document) -> bool {
        let Document {
            name: _,
            kind,
            base_url,
            credential: _,
            timeouts,
            requirement: _,
        } = &self.document;
        (kind, base_url, timeouts.connect) == (&other.kind, &other.base_url, other.timeouts.connect)
    }
}

fn client(document: &Document, before: Option<&Provider>) -> Result<Client, Unusable> {
    if let Some(before) = before
        && before.shares_connections_with(document)
    {
        return Ok(before.client.clone());
    }
    let is_https = document
        .base_url
        .as_ref()
        .is_some_and(|base| base.starts_with("https:"));
    let transport = if is_https { Transport::Tls } else { Transport::Plain };
    client::new(transport, document.timeouts.connect).map_err(Unusable::Tls)
}

fn local(address: SocketAddr, path: &str) -> Result<Uri, Unusable> {
    Ok(Uri::try_from(format!("http://{address}{path}"))?)
}

// === impl Credential ===

impl Credential {
    fn read(source: &CredentialSource, environment: &dyn Environment) -> Result<Self, Unusable> {
        let text = match source {
            CredentialSource::Environment(name) => environment
                .variable(name)
                .ok_or_else(|| Unusable::NoVariable(name.clone()))?,
            CredentialSource::File(path) => read_file(path)?,
        };
        Self::new(Secret::new(text.trim().to_owned()))
    }

    fn new(value: Secret<String>) -> Result<Self, Unusable> {
        let header = |text: &str| {
            let mut header = HeaderValue::try_from(text).map_err(|_| Unusable::Malformed)?;
            header.set_sensitive(true);
            Ok::<_, Unusable>(header)
        };
        if value.expose().is_empty() {
            return Err(Unusable::Malformed);
        }
        Ok(Self {
            bearer: header(&format!("Bearer {}", value.expose()))?,
            key: header(value.expose())?,
            value,
        })
    }

    /// The header in which a dialect carries it.
    pub(crate) fn header(&self, dialect: Dialect) -> (HeaderName, HeaderValue) {
        match dialect {
            Dialect::OpenAi | Dialect::Mcp => (header::AUTHORIZATION, self.bearer.clone()),
            Dialect::Anthropic => (X_API_KEY, self.key.clone()),
        }
    }
}

fn read_file(path: &Path) -> Result<String, Unusable> {
    fs::read_to_string(path).map_err(|error| Unusable::NoFile(path.display().to_string(), error))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn read(value: &str) -> Result<Credential, Unusable> {
        let environment = HashMap::from([("KEY".to_owned(), Secret::new(value.to_owned()))]);
        Credential::read(&CredentialSource::Environment("KEY".to_owned()), &environment)
    }

    #[test]
    fn a_credential_never_prints() {
        let credential = read(" sk-planted\n").unwrap();
        assert_eq!(credential.header(Dialect::OpenAi).1, "Bearer sk-planted");
        assert_eq!(credential.header(Dialect::Anthropic).1, "sk-planted");
        assert!(!format!("{credential:?}").contains("planted"));
    }

    #[test]
    fn a_credential_that_cannot_be_used_is_refused_without_repeating_it() {
        for bad in ["", "  ", "sk-a\nb", "sk-\u{7f}"] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("empty or has characters"), "{bad:?}: {error}");
        }
        let missing = CredentialSource::Environment("ABSENT".to_owned());
        let nothing = HashMap::<String, Secret<String>>::new();
        assert!(matches!(
            Credential::read(&missing, &nothing),
            Err(Unusable::NoVariable(_))
        ));
        let missing = CredentialSource::File("/nonexistent/key".into());
        assert!(matches!(
            Credential::read(&missing, &nothing),
            Err(Unusable::NoFile(..))
        ));
    }
}
