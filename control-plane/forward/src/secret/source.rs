use std::path::Path;

use bartizan_platform::secret::Secret;
use bartizan_policy::{AwsSource, CredentialSource};

use crate::{
    Environment,
    credential::{AwsKeys, Credential},
};

/// Why there is no credential. Nothing here repeats what was read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("environment variable {0} is not set")]
    NoVariable(String),
    #[error("cannot read {0}")]
    NoFile(String, #[source] std::io::Error),
    #[error("the credential is empty or has characters that no header can carry")]
    Malformed,
    #[error("credentials of this kind cannot be read yet")]
    Unsupported,
}

pub(crate) fn read(source: &CredentialSource, environment: &dyn Environment) -> Result<Credential, Unreadable> {
    match source {
        CredentialSource::Environment(name) => Credential::key(variable(environment, name)?),
        CredentialSource::File(path) => Credential::key(file(path)?),
        CredentialSource::Aws(AwsSource::Environment) => aws(environment),
        CredentialSource::Aws(_) | CredentialSource::Vault(_) => Err(Unreadable::Unsupported),
    }
}

/// The names that AWS's own tools read.
fn aws(environment: &dyn Environment) -> Result<Credential, Unreadable> {
    let id = variable(environment, "AWS_ACCESS_KEY_ID")?;
    let secret = variable(environment, "AWS_SECRET_ACCESS_KEY")?;
    let token = variable(environment, "AWS_SESSION_TOKEN").ok();
    AwsKeys::new(id.expose(), secret, token).map(Credential::Aws)
}

fn variable(environment: &dyn Environment, name: &str) -> Result<Secret<String>, Unreadable> {
    match environment.variable(name) {
        Some(value) => Ok(trimmed(&Secret::new(value))),
        None => Err(Unreadable::NoVariable(name.to_owned())),
    }
}

fn file(path: &Path) -> Result<Secret<String>, Unreadable> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(trimmed(&Secret::new(text))),
        Err(error) => Err(Unreadable::NoFile(path.display().to_string(), error)),
    }
}

fn trimmed(secret: &Secret<String>) -> Secret<String> {
    Secret::new(secret.expose().trim().to_owned())
}
