use std::{path::PathBuf, sync::Arc};

use bartizan_platform::secret::Secret;
use bartizan_policy::{AwsSource, CredentialSource};
use tokio::time::Instant;

use super::{aws, file, keeper::Reader, vault::Vault};
use crate::{
    Environment,
    credential::{AwsKeys, Credential},
};

/// Why there is no secret. Nothing here repeats what was read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("environment variable {0} is not set")]
    NoVariable(String),
    #[error("cannot read {0}")]
    NoFile(String, #[source] std::io::Error),
    #[error("the credential is empty or has characters that no header can carry")]
    Malformed,
    #[error("the file has no keys of profile {0}")]
    NoProfile(String),
    #[error("{file} has no certificate or key that can be used")]
    Tls {
        file: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("cannot reach Vault: {0}")]
    NoVault(String),
    #[error("Vault answered {0}")]
    Vault(http::StatusCode),
    #[error("the answer of Vault cannot be read")]
    VaultAnswer,
    #[error("the secret in Vault has no text in field {0}")]
    NoField(String),
    #[error("it has not been read yet")]
    TooSlow,
}

/// Reads a credential.
pub(super) enum CredentialReader {
    Variable(String, Arc<dyn Environment>),
    File(PathBuf),
    AwsVariables(Arc<dyn Environment>),
    AwsFile(PathBuf, String),
    Vault(Box<Vault>),
}

impl CredentialReader {
    pub(super) fn new(source: &CredentialSource, environment: Arc<dyn Environment>) -> Self {
        match source {
            CredentialSource::Environment(name) => Self::Variable(name.clone(), environment),
            CredentialSource::File(path) => Self::File(path.clone()),
            CredentialSource::Vault(secret) => Self::Vault(Box::new(Vault::of_key(secret.clone(), environment))),
            CredentialSource::Aws(AwsSource::Environment) => Self::AwsVariables(environment),
            CredentialSource::Aws(AwsSource::File { path, profile }) => Self::AwsFile(path.clone(), profile.clone()),
            CredentialSource::Aws(AwsSource::Vault(secret)) => {
                Self::Vault(Box::new(Vault::of_aws_keys(secret.clone(), environment)))
            }
        }
    }
}

impl Reader for CredentialReader {
    type Secret = Credential;

    fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::File(path) | Self::AwsFile(path, _) => vec![path.clone()],
            Self::Variable(..) | Self::AwsVariables(_) => Vec::new(),
            Self::Vault(vault) => vault.files(),
        }
    }

    async fn read(&mut self, now: Instant) -> Result<(Credential, Option<Instant>), Unreadable> {
        let credential = match self {
            Self::Variable(name, environment) => Credential::key(variable(&**environment, name)?),
            Self::File(path) => Credential::key(file::text(path).await?),
            Self::AwsVariables(environment) => aws_variables(&**environment),
            Self::AwsFile(path, profile) => aws::from_file(&file::text(path).await?, profile),
            Self::Vault(vault) => return vault.read(now).await.map(|(credential, due)| (credential, Some(due))),
        };
        Ok((credential?, None))
    }
}

/// The names that AWS's own tools read.
fn aws_variables(environment: &dyn Environment) -> Result<Credential, Unreadable> {
    let id = variable(environment, "AWS_ACCESS_KEY_ID")?;
    let secret = variable(environment, "AWS_SECRET_ACCESS_KEY")?;
    let token = variable(environment, "AWS_SESSION_TOKEN").ok();
    // Empty is as good as unset to AWS's tools.
    let token = token.filter(|token| !token.expose().is_empty());
    AwsKeys::new(id.expose(), secret, token).map(Credential::Aws)
}

pub(super) fn variable(environment: &dyn Environment, name: &str) -> Result<Secret<String>, Unreadable> {
    match environment.variable(name) {
        Some(value) => Ok(file::trimmed(&Secret::new(value))),
        None => Err(Unreadable::NoVariable(name.to_owned())),
    }
}
