use std::path::Path;

use bartizan_policy::Tls;
use envoy_types::pb::envoy::{
    config::core::v3::{WatchedDirectory, data_source},
    extensions::transport_sockets::tls::v3::{
        CertificateValidationContext, GenericSecret, Secret, TlsCertificate, secret,
    },
};

use super::Forward;
use crate::proto::{data, file};

/// What Envoy puts into `x-bartizan-edge`.
pub(crate) const FORWARD_TOKEN: &str = "forward-token";
/// What Envoy presents to forwarders.
pub(crate) const FORWARD_TLS: &str = "forward-tls";
/// What vouches for forwarders.
pub(crate) const FORWARD_CA: &str = "forward-ca";
/// What Envoy presents to clients.
pub(crate) const LISTENER_TLS: &str = "listener-tls";

/// Certificates and keys are named by their path on Envoy's machine: a private key never travels, and Envoy itself
/// takes up a renewed one.
pub(crate) fn build_all(forward: &Forward, listener_tls: Option<&Tls>) -> Vec<Secret> {
    let token = data_source::Specifier::InlineString(forward.token.expose().clone());
    let mut secrets = vec![generic(FORWARD_TOKEN, token)];
    secrets.extend(listener_tls.map(listener));
    if let Some(tls) = &forward.tls {
        secrets.push(certificate(FORWARD_TLS, &tls.certificate, &tls.key));
        secrets.push(Secret {
            name: FORWARD_CA.to_owned(),
            r#type: Some(secret::Type::ValidationContext(CertificateValidationContext {
                trusted_ca: file(&tls.ca),
                watched_directory: directory_of(&tls.ca),
                ..CertificateValidationContext::default()
            })),
        });
    }
    secrets
}

pub(crate) fn generic(name: &str, value: data_source::Specifier) -> Secret {
    Secret {
        name: name.to_owned(),
        r#type: Some(secret::Type::GenericSecret(GenericSecret {
            secret: data(value),
            ..GenericSecret::default()
        })),
    }
}

pub(crate) fn listener(tls: &Tls) -> Secret {
    certificate(LISTENER_TLS, &tls.certificate_file, &tls.private_key_file)
}

fn certificate(name: &str, chain: &Path, key: &Path) -> Secret {
    Secret {
        name: name.to_owned(),
        r#type: Some(secret::Type::TlsCertificate(TlsCertificate {
            certificate_chain: file(chain),
            private_key: file(key),
            watched_directory: directory_of(chain),
            ..TlsCertificate::default()
        })),
    }
}

/// The directory in which a renewed file would appear; Kubernetes swaps a symbolic link in it.
fn directory_of(path: &Path) -> Option<WatchedDirectory> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    Some(WatchedDirectory {
        path: directory.unwrap_or(Path::new(".")).display().to_string(),
        ..WatchedDirectory::default()
    })
}
