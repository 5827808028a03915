//! What is particular about a provider's TLS.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use bartizan_policy::ProviderTls;
use hyper_rustls::ConfigBuilderExt;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{keeper::Reader, source::Unreadable};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Whom to trust and what to present, ready for connections.
pub(crate) struct ClientTls {
    pub(crate) config: ClientConfig,
    /// What it was made of.
    files: Files,
}

#[derive(PartialEq, Eq)]
struct Files {
    ca: Option<Vec<u8>>,
    identity: Option<(Vec<u8>, Zeroizing<Vec<u8>>)>,
}

/// Reads the files of a provider's TLS.
pub(super) struct TlsReader {
    paths: ProviderTls,
}

// === impl ClientTls ===

impl PartialEq for ClientTls {
    fn eq(&self, other: &Self) -> bool {
        self.files == other.files
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ClientTls").finish_non_exhaustive()
    }
}

// === impl TlsReader ===

impl TlsReader {
    pub(super) const fn new(paths: ProviderTls) -> Self {
        Self { paths }
    }

    async fn load(&self) -> Result<ClientTls, Unreadable> {
        let ca = match &self.paths.ca {
            Some(path) => Some(bytes(path).await?),
            None => None,
        };
        let identity = match &self.paths.identity {
            Some((certificate, key)) => Some((bytes(certificate).await?, Zeroizing::new(bytes(key).await?))),
            None => None,
        };
        let files = Files { ca, identity };
        Ok(ClientTls {
            config: self.config(&files)?,
            files,
        })
    }

    fn config(&self, files: &Files) -> Result<ClientConfig, Unreadable> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(None, error))?;
        let ca_path = self.paths.ca.as_deref();
        let builder = match &files.ca {
            Some(pem) => builder.with_root_certificates(roots(pem).map_err(|cause| unusable(ca_path, cause))?),
            None => builder.with_native_roots().map_err(|error| unusable(None, error))?,
        };
        let Some((certificate, key)) = &files.identity else {
            return Ok(builder.with_no_client_auth());
        };
        let (certificate_path, key_path) = self.paths.identity.as_ref().map_or((None, None), |(one, other)| {
            (Some(one.as_path()), Some(other.as_path()))
        });
        let chain = certificates(certificate).map_err(|cause| unusable(certificate_path, cause))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| unusable(key_path, error))?;
        // A key that does not belong to the certificate, as when only one of them is new yet, is refused here.
        builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| unusable(key_path, error))
    }
}

impl Reader for TlsReader {
    type Secret = ClientTls;

    fn files(&self) -> Vec<PathBuf> {
        let identity = self
            .paths
            .identity
            .iter()
            .flat_map(|(certificate, key)| [certificate, key]);
        self.paths.ca.iter().chain(identity).cloned().collect()
    }

    async fn read(&mut self, _now: Instant) -> Result<(ClientTls, Option<Instant>), Unreadable> {
        self.load().await.map(|tls| (tls, None))
    }
}

/// Trust in the certificates of a file, and in nobody else.
pub(super) async fn trusting(path: &Path) -> Result<ClientTls, Unreadable> {
    let paths = ProviderTls {
        ca: Some(path.to_owned()),
        identity: None,
    };
    TlsReader::new(paths).load().await
}

fn roots(pem: &[u8]) -> Result<RootCertStore, Cause> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate)?;
    }
    Ok(roots)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Cause> {
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        return Err("no certificate in it".into());
    }
    Ok(certificates)
}

async fn bytes(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let read = tokio::fs::read(path).await;
    read.map_err(|error| Unreadable::NoFile(path.display().to_string(), error))
}

pub(super) fn unusable(path: Option<&Path>, source: impl Into<Cause>) -> Unreadable {
    Unreadable::Tls {
        file: path.map_or_else(|| "the operating system".to_owned(), |path| path.display().to_string()),
        source: source.into(),
    }
}
