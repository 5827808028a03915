use std::path::PathBuf;
use std::time::Duration;

/// Where a credential is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// A key in an environment variable.
    Environment(String),
    /// A key in a file.
    File(PathBuf),
    /// A key in HashiCorp Vault.
    Vault(VaultSecret),
    /// The keys of an AWS account.
    Aws(AwsSource),
}

/// Where keys of AWS are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsSource {
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and perhaps `AWS_SESSION_TOKEN`.
    Environment,
    /// A credentials file of AWS's own tools.
    File {
        /// Where it is.
        path: PathBuf,
        /// Which part of it.
        profile: String,
    },
    /// Fields `access_key`, `secret_key` and perhaps `session_token`, or `security_token`; [`VaultSecret::field`] is
    /// not used.
    Vault(VaultSecret),
}

/// A secret in HashiCorp Vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultSecret {
    /// Where Vault is, without a slash at the end.
    pub address: String,
    /// Where the engine is mounted, without slashes around it.
    pub mount: String,
    /// The secret's path within the engine, without slashes around it.
    pub path: String,
    /// Which field of it.
    pub field: String,
    /// Version of the KV engine.
    pub version: KvVersion,
    /// Vault's namespace.
    pub namespace: Option<String>,
    /// How often the secret is read again, if it has no lease.
    pub refresh: Duration,
    /// Who we are to Vault.
    pub auth: VaultAuth,
    /// Certificates that vouch for Vault's; `None` means those of the operating system.
    pub ca: Option<PathBuf>,
}

/// Version of Vault's KV engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KvVersion {
    /// Without versions of secrets; engines that lease secrets answer alike.
    One,
    /// With versions of secrets.
    Two,
}

/// Who we are to Vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultAuth {
    /// A token in an environment variable.
    TokenEnvironment(String),
    /// A token in a file.
    TokenFile(PathBuf),
    /// A login by a service account of Kubernetes.
    Kubernetes {
        /// Where the auth method is mounted, without slashes around it.
        mount: String,
        /// The role in Vault.
        role: String,
        /// The service account's token.
        token: PathBuf,
    },
}

/// What is particular about a provider's TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderTls {
    /// Certificates that vouch for the provider's; `None` means those of the operating system.
    pub ca: Option<PathBuf>,
    /// What we present: a certificate and its private key.
    pub identity: Option<(PathBuf, PathBuf)>,
}
