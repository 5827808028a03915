//! Credentials of providers, and the TLS they ask for.

use std::path::PathBuf;
use std::time::Duration;

use super::length::LONGEST;
use super::read::Document;
use crate::document::{AwsSpec, CredentialSpec, ProviderSpec, VaultAuthSpec, VaultSpec};
use crate::report::{Report, quote};
use crate::{AwsSource, CredentialSource, KvVersion, ProviderTls, VaultAuth, VaultSecret};

const DEFAULT_MOUNT: &str = "secret";
const DEFAULT_FIELD: &str = "key";
const DEFAULT_PROFILE: &str = "default";
const DEFAULT_KUBERNETES_MOUNT: &str = "kubernetes";
/// Where Kubernetes puts the token of a pod's service account.
const SERVICE_ACCOUNT_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const DEFAULT_REFRESH: Duration = Duration::from_secs(300);
/// More often would be a burden on Vault.
const SHORTEST_REFRESH: Duration = Duration::from_secs(1);

type Provider<'t> = Document<'t, ProviderSpec>;

pub(super) fn credential(
    provider: &Provider<'_>,
    credential: &CredentialSpec,
    report: &mut Report,
) -> Option<CredentialSource> {
    let CredentialSpec { env, file, vault, aws } = credential;
    match (env, file, vault, aws) {
        (Some(variable), None, None, None) => Some(CredentialSource::Environment(variable.as_str().to_owned())),
        (None, Some(path), None, None) => Some(CredentialSource::File(PathBuf::from(path.as_str()))),
        (None, None, Some(vault), None) => Some(CredentialSource::Vault(secret(
            provider,
            "spec.credential.vault",
            vault,
            report,
        ))),
        (None, None, None, Some(source)) => aws_source(provider, source, report).map(CredentialSource::Aws),
        _ => {
            let message = "the credential must have exactly one of env, file, vault and aws".to_owned();
            provider
                .origin
                .wrong(report, "spec.credential", message, "write one of them");
            None
        }
    }
}

fn aws_source(provider: &Provider<'_>, spec: &AwsSpec, report: &mut Report) -> Option<AwsSource> {
    let field = "spec.credential.aws";
    match (&spec.file, &spec.vault, &spec.profile) {
        (None, None, None) => Some(AwsSource::Environment),
        (Some(path), None, profile) => Some(AwsSource::File {
            path: PathBuf::from(path.as_str()),
            profile: profile.clone().unwrap_or_else(|| DEFAULT_PROFILE.to_owned()),
        }),
        (None, Some(vault), None) => Some(AwsSource::Vault(secret(
            provider,
            "spec.credential.aws.vault",
            vault,
            report,
        ))),
        (Some(_), Some(_), _) => {
            let message = "keys of AWS are in a file or in Vault".to_owned();
            provider.origin.wrong(report, field, message, "write one of them");
            None
        }
        (None, _, Some(_)) => {
            let message = "a profile is a part of a file".to_owned();
            provider
                .origin
                .wrong(report, field, message, "add file, or remove profile");
            None
        }
    }
}

fn secret(provider: &Provider<'_>, field: &str, spec: &VaultSpec, report: &mut Report) -> VaultSecret {
    let mut wrong = |name: &str, message: String, remedy: &str| {
        provider
            .origin
            .wrong(report, &format!("{field}.{name}"), message, remedy);
    };
    let address = spec.address.as_str().trim_end_matches('/');
    if !address.parse::<http::Uri>().is_ok_and(|uri| uri.host().is_some()) {
        wrong(
            "address",
            format!("{} is not a URL", quote(address)),
            "write one such as https://vault.example.com:8200",
        );
    } else if address.starts_with("http:") && !spec.allow_insecure_http {
        let message = "tokens and secrets would travel in the clear".to_owned();
        wrong("address", message, "write https://, or add allowInsecureHttp: true");
    }
    let refresh = spec.refresh.as_ref().map_or(Some(DEFAULT_REFRESH), |written| {
        written
            .length()
            .filter(|length| (SHORTEST_REFRESH..=LONGEST).contains(length))
    });
    if refresh.is_none() {
        let message = "the secret would be read too often or too rarely".to_owned();
        wrong("refresh", message, "write 1s to 24h");
    }
    VaultSecret {
        address: address.to_owned(),
        mount: spec
            .mount
            .as_ref()
            .map_or(DEFAULT_MOUNT, |mount| mount.as_str())
            .to_owned(),
        path: spec.path.as_str().to_owned(),
        field: spec.field.clone().unwrap_or_else(|| DEFAULT_FIELD.to_owned()),
        version: match spec.version {
            Some(1) => KvVersion::One,
            _ => KvVersion::Two,
        },
        namespace: spec.namespace.as_ref().map(|name| name.as_str().to_owned()),
        refresh: refresh.unwrap_or(DEFAULT_REFRESH),
        auth: auth(provider, field, &spec.auth, report),
        ca: spec.ca_file.as_ref().map(|path| PathBuf::from(path.as_str())),
    }
}

fn auth(provider: &Provider<'_>, field: &str, spec: &VaultAuthSpec, report: &mut Report) -> VaultAuth {
    match (&spec.token_env, &spec.token_file, &spec.kubernetes) {
        (Some(variable), None, None) => VaultAuth::TokenEnvironment(variable.as_str().to_owned()),
        (None, Some(path), None) => VaultAuth::TokenFile(PathBuf::from(path.as_str())),
        (None, None, Some(account)) => VaultAuth::Kubernetes {
            mount: account
                .mount
                .as_ref()
                .map_or(DEFAULT_KUBERNETES_MOUNT, |mount| mount.as_str())
                .to_owned(),
            role: account.role.clone(),
            token: PathBuf::from(
                account
                    .token_file
                    .as_ref()
                    .map_or(SERVICE_ACCOUNT_TOKEN, |path| path.as_str()),
            ),
        },
        _ => {
            let message = "auth must have exactly one of tokenEnv, tokenFile and kubernetes".to_owned();
            provider
                .origin
                .wrong(report, &format!("{field}.auth"), message, "write one of them");
            VaultAuth::TokenEnvironment(String::new())
        }
    }
}

pub(super) fn tls(provider: &Provider<'_>, report: &mut Report) -> Option<ProviderTls> {
    let spec = provider.spec.tls.as_ref()?;
    let is_encrypted = provider
        .spec
        .base_url
        .as_ref()
        .is_none_or(|base| base.as_str().starts_with("https:"));
    if !is_encrypted {
        let message = "a provider at http:// has no TLS".to_owned();
        provider
            .origin
            .wrong(report, "spec.tls", message, "remove it, or write https:// in baseUrl");
    }
    let identity = match (&spec.certificate_file, &spec.private_key_file) {
        (Some(certificate), Some(key)) => Some((PathBuf::from(certificate.as_str()), PathBuf::from(key.as_str()))),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            let message = "a certificate and its private key belong together".to_owned();
            provider.origin.wrong(
                report,
                "spec.tls",
                message,
                "write both certificateFile and privateKeyFile",
            );
            None
        }
    };
    Some(ProviderTls {
        ca: spec.ca_file.as_ref().map(|path| PathBuf::from(path.as_str())),
        identity,
    })
}
