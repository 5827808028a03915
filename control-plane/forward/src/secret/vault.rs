//! Secrets in HashiCorp Vault, by its HTTP API: <https://developer.hashicorp.com/vault/api-docs>.
//!
//! Who we are is a token: given, or had by logging in with the service account of our pod. It is renewed when two thirds
//! of its time are over; one that was had by logging in and cannot be renewed is had anew. The secret is read again at
//! its refresh interval, or, if it is leased, when two thirds of its lease are over.

mod answer;
mod http_api;
mod login;

use std::{path::PathBuf, sync::Arc, time::Duration};

use bartizan_platform::secret::Secret;
use bartizan_policy::{KvVersion, VaultAuth, VaultSecret};
use http::StatusCode;
use tokio::time::Instant;

use self::{
    answer::{Fields, Lease, Versioned},
    http_api::Api,
    login::Token,
};
use super::{
    source::Unreadable,
    tls::{self, ClientTls},
};
use crate::{
    Environment,
    credential::{AwsKeys, Credential},
};

/// Reads one secret, and keeps the token for it.
pub(super) struct Vault {
    secret: VaultSecret,
    form: Form,
    environment: Arc<dyn Environment>,
    /// Made with the first reading, and again when whom to trust changes.
    api: Option<(Option<ClientTls>, Api)>,
    token: Option<Token>,
    held: Option<(Credential, Instant)>,
}

/// What the secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Key,
    AwsKeys,
}

impl Vault {
    pub(super) const fn of_key(secret: VaultSecret, environment: Arc<dyn Environment>) -> Self {
        Self::new(secret, Form::Key, environment)
    }

    pub(super) const fn of_aws_keys(secret: VaultSecret, environment: Arc<dyn Environment>) -> Self {
        Self::new(secret, Form::AwsKeys, environment)
    }

    const fn new(secret: VaultSecret, form: Form, environment: Arc<dyn Environment>) -> Self {
        Self {
            secret,
            form,
            environment,
            api: None,
            token: None,
            held: None,
        }
    }

    /// Does what is due: renews the token, reads the secret. Says when something will be due next.
    pub(super) async fn read(&mut self, now: Instant) -> Result<(Credential, Instant), Unreadable> {
        let api = self.api().await?;
        let token = login::current(self.token.take(), &self.secret.auth, &*self.environment, &api, now).await?;
        let token = self.token.insert(token);
        let renewal = token.due();
        if let Some((credential, due)) = &self.held
            && *due > now
        {
            return Ok((credential.clone(), earlier(*due, renewal)));
        }
        let answer = fields(&self.secret, token, &api).await;
        if matches!(answer, Err(Unreadable::Vault(StatusCode::FORBIDDEN))) {
            // Perhaps it was revoked. The next reading is not long after this one.
            self.token = None;
        }
        let (fields, lease) = answer?;
        let credential = self.credential(&fields)?;
        let due = now + pause(lease, self.secret.refresh);
        self.held = Some((credential.clone(), due));
        Ok((credential, earlier(due, renewal)))
    }

    /// Files that change what is read: whom to trust, and the token that somebody else renews. The token of our pod's
    /// account is of no interest until the next login.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let token = match &self.secret.auth {
            VaultAuth::TokenFile(path) => Some(path),
            VaultAuth::TokenEnvironment(_) | VaultAuth::Kubernetes { .. } => None,
        };
        self.secret.ca.iter().chain(token).cloned().collect()
    }

    async fn api(&mut self) -> Result<Api, Unreadable> {
        let trust = match &self.secret.ca {
            Some(path) => Some(tls::trusting(path).await?),
            None => None,
        };
        match &self.api {
            Some((known, api)) if *known == trust => Ok(api.clone()),
            _ => {
                let api = Api::of(&self.secret, trust.as_ref())?;
                self.api = Some((trust, api.clone()));
                Ok(api)
            }
        }
    }

    fn credential(&self, fields: &Fields) -> Result<Credential, Unreadable> {
        let text = |name: &str| fields.text(name).ok_or_else(|| Unreadable::NoField(name.to_owned()));
        match self.form {
            Form::Key => Credential::key(text(&self.secret.field)?),
            Form::AwsKeys => {
                let token = fields.text("session_token").or_else(|| fields.text("security_token"));
                let id: Secret<String> = text("access_key")?;
                AwsKeys::new(id.expose(), text("secret_key")?, token).map(Credential::Aws)
            }
        }
    }
}

async fn fields(secret: &VaultSecret, token: &Token, api: &Api) -> Result<(Fields, Lease), Unreadable> {
    let VaultSecret { mount, path, .. } = secret;
    match secret.version {
        KvVersion::One => api
            .get(&format!("{mount}/{path}"), token.value())
            .await?
            .leased::<Fields>(),
        KvVersion::Two => {
            let answer = api.get(&format!("{mount}/data/{path}"), token.value()).await?;
            let (versioned, lease) = answer.leased::<Versioned>()?;
            Ok((versioned.data, lease))
        }
    }
}

/// How long a secret is good for.
fn pause(lease: Lease, refresh: Duration) -> Duration {
    if lease.is_leased {
        two_thirds(lease.duration)
    } else if lease.duration.is_zero() {
        refresh
    } else {
        refresh.min(lease.duration)
    }
}

/// Of a lease; at least a second.
fn two_thirds(duration: Duration) -> Duration {
    (duration * 2 / 3).max(Duration::from_secs(1))
}

fn earlier(one: Instant, other: Option<Instant>) -> Instant {
    other.map_or(one, |other| one.min(other))
}

#[cfg(test)]
mod tests;
