//! Mutual TLS for a forwarder on another machine than Envoy.

use std::{io, path::Path, sync::Arc, time::Duration};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::Connection;
use crate::{BindError, ListenTls};

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Demands a certificate of every client, and speaks HTTP/2 only.
pub(super) fn acceptor(files: &ListenTls) -> Result<TlsAcceptor, BindError> {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&files.ca)? {
        roots.add(certificate).map_err(|error| unusable(&files.ca, error))?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|error| unusable(&files.ca, error))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unusable(&files.key, error))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&files.certificate, error))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates(&files.certificate)?, key)
        .map_err(|error| unusable(&files.certificate, error))?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

pub(super) async fn handshake(stream: TcpStream, acceptor: &TlsAcceptor) -> io::Result<Box<dyn Connection>> {
    let stream = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await??;
    Ok(Box::new(stream))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, BindError> {
    let certificates = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(unusable(file, "no certificate in it")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(unusable(file, error)),
    }
}

fn unusable(file: &Path, source: impl Into<Source>) -> BindError {
    BindError::Tls {
        file: file.to_owned(),
        source: source.into(),
    }
}
