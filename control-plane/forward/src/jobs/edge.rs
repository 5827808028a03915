//! The connection to Envoy's own listener.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hyper_rustls::ConfigBuilderExt;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio::{sync::watch, task::spawn_blocking};

use super::{EdgeAddress, EdgeTrust};
use crate::client::{self, Client, Transport};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Where Envoy is, and connections to it.
#[derive(Debug)]
pub(crate) struct Edge {
    address: watch::Receiver<Option<EdgeAddress>>,
    made: Mutex<Option<(EdgeAddress, Client)>>,
}

impl Edge {
    pub(super) fn new(address: watch::Receiver<Option<EdgeAddress>>) -> Self {
        Self {
            address,
            made: Mutex::default(),
        }
    }

    /// Whether Envoy serves.
    pub(super) fn serves(&self) -> bool {
        self.address.borrow().is_some()
    }

    /// Signals that Envoy may have begun, or ceased, to serve.
    pub(super) fn changes(&self) -> watch::Receiver<Option<EdgeAddress>> {
        self.address.clone()
    }

    /// Where Envoy is now, and a client for it; nothing while it does not serve.
    ///
    /// # Errors
    /// When certificates cannot be read.
    pub(super) async fn client(&self) -> Result<Option<(EdgeAddress, Client)>, Failed> {
        let Some(address) = self.address.borrow().clone() else {
            return Ok(None);
        };
        let known = self.made().clone();
        if let Some((_, client)) = known.filter(|(known, _)| *known == address) {
            return Ok(Some((address, client)));
        }
        // Files are read where nobody waits but who needs them. Two who do so at once are two clients, one of which stays.
        let trust = address.trust.clone();
        let config = spawn_blocking(move || config(&trust)).await??;
        let client = client::with_tls(config, Transport::Plain, CONNECT_TIMEOUT);
        *self.made() = Some((address.clone(), client.clone()));
        Ok(Some((address, client)))
    }

    /// After a connection failed: certificates may have been renewed, so they are read anew.
    pub(super) fn forget(&self) {
        *self.made() = None;
    }

    fn made(&self) -> MutexGuard<'_, Option<(EdgeAddress, Client)>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn config(trust: &EdgeTrust) -> Result<ClientConfig, Failed> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match trust {
        EdgeTrust::System => builder.with_native_roots()?,
        EdgeTrust::Authority(file) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(file)? {
                roots.add(certificate)?;
            }
            builder.with_root_certificates(roots)
        }
        EdgeTrust::Certificate(file) => {
            let expected = certificates(file)?.swap_remove(0);
            let verifier = OneCertificate { expected, provider };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
    };
    Ok(builder.with_no_client_auth())
}

/// At least one.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failed> {
    let certificates = CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        return Err(format!("{} has no certificate in it", file.display()).into());
    }
    Ok(certificates)
}

/// Believes who presents one certificate and proves to have its key.
#[derive(Debug)]
struct OneCertificate {
    expected: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OneCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.expected {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command, sync::mpsc};

    use super::*;

    #[tokio::test]
    async fn nobody_waits_for_a_certificate_that_is_slow_to_read() {
        let directory = tempfile::tempdir().unwrap();
        let slow = directory.path().join("ca.pem");
        assert!(Command::new("mkfifo").arg(&slow).status().unwrap().success());
        let (_told, address) = watch::channel(Some(EdgeAddress {
            uri: "https://localhost:1".parse().unwrap(),
            trust: EdgeTrust::Authority(slow.clone()),
        }));
        let edge = Arc::new(Edge::new(address));
        // The reader is stuck until others had their turn on the only thread, or somebody gives up.
        let (went_on, others) = mpsc::channel();
        let writer = std::thread::spawn(move || {
            let file = fs::OpenOptions::new().write(true).open(slow).unwrap();
            let went_on = others.recv_timeout(Duration::from_secs(5)).is_ok();
            drop(file);
            went_on
        });
        let asks = Arc::clone(&edge);
        let asking = tokio::spawn(async move { asks.client().await.map(drop) });
        tokio::task::yield_now().await;
        edge.forget();
        went_on.send(()).unwrap();
        assert!(asking.await.unwrap().is_err(), "an empty file vouches for nobody");
        assert!(writer.join().unwrap());
    }
}
