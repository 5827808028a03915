use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{BaseUrl, Duration, EnvironmentVariable, FilePath, VaultPath};

/// Where a credential is found: one of `env`, `file`, `vault` and `aws`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CredentialSpec {
    /// An environment variable of the forwarder.
    pub(crate) env: Option<EnvironmentVariable>,
    /// A file that the forwarder can read. It is watched: a new content is used within a second.
    pub(crate) file: Option<FilePath>,
    /// A secret in HashiCorp Vault.
    pub(crate) vault: Option<VaultSpec>,
    /// The keys of an AWS account, which sign requests; by default from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
    /// AWS_SESSION_TOKEN.
    pub(crate) aws: Option<AwsSpec>,
}

/// Where keys of AWS are found: `file` or `vault`; by default in the environment.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AwsSpec {
    /// A credentials file as AWS's own tools have it. It is watched.
    pub(crate) file: Option<FilePath>,
    /// Which part of the file; by default `default`.
    pub(crate) profile: Option<String>,
    /// A secret in HashiCorp Vault that has `access_key`, `secret_key` and perhaps `session_token`.
    pub(crate) vault: Option<VaultSpec>,
}

/// A secret in HashiCorp Vault: of a KV engine, or of one that makes keys and leases them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct VaultSpec {
    /// Where Vault is, such as `https://vault.example.com:8200`.
    pub(crate) address: BaseUrl,
    /// Where the engine is mounted; by default `secret`.
    pub(crate) mount: Option<VaultPath>,
    /// The secret's path within the engine.
    pub(crate) path: VaultPath,
    /// Which field of the secret; by default `key`. Keys of AWS have fields of their own.
    pub(crate) field: Option<String>,
    /// Version of the KV engine, 1 or 2; by default 2. 1 also reads engines that lease what they make.
    #[schemars(range(min = 1, max = 2))]
    pub(crate) version: Option<u8>,
    /// Vault's namespace.
    pub(crate) namespace: Option<VaultPath>,
    /// How often the secret is read again, if it has no lease; by default 5m.
    pub(crate) refresh: Option<Duration>,
    /// Who we are to Vault.
    pub(crate) auth: VaultAuthSpec,
    /// Certificates, in PEM, that vouch for Vault's; by default those of the operating system.
    pub(crate) ca_file: Option<FilePath>,
    /// Whether `address` may be `http://`, which sends tokens and secrets in the clear; by default not.
    #[serde(default)]
    pub(crate) allow_insecure_http: bool,
}

/// Who we are to Vault: one of `tokenEnv`, `tokenFile` and `kubernetes`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct VaultAuthSpec {
    /// An environment variable of the forwarder that holds a token, such as `VAULT_TOKEN`.
    pub(crate) token_env: Option<EnvironmentVariable>,
    /// A file that holds a token, such as the sink of a Vault agent. It is read again with each renewal.
    pub(crate) token_file: Option<FilePath>,
    /// The service account of our pod.
    pub(crate) kubernetes: Option<VaultKubernetesSpec>,
}

/// Login by the service account of a pod.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct VaultKubernetesSpec {
    /// The role in Vault.
    pub(crate) role: String,
    /// Where the auth method is mounted; by default `kubernetes`.
    pub(crate) mount: Option<VaultPath>,
    /// The service account's token; by default where Kubernetes puts it.
    pub(crate) token_file: Option<FilePath>,
}

/// Whom a provider's certificate must come from, and what we present. Files are in PEM, and are watched.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProviderTlsSpec {
    /// Certificates that vouch for the provider's, instead of those of the operating system.
    pub(crate) ca_file: Option<FilePath>,
    /// What we present, leaf first; by default nothing.
    pub(crate) certificate_file: Option<FilePath>,
    /// The private key of `certificateFile`.
    pub(crate) private_key_file: Option<FilePath>,
}
