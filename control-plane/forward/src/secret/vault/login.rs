use std::{path::Path, time::Duration};

use bartizan_platform::secret::Secret;
use bartizan_policy::VaultAuth;
use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::{
    super::{
        file,
        source::{Unreadable, variable},
    },
    answer::Auth,
    http_api::Api,
    two_thirds,
};
use crate::{Environment, credential::secret_header};

const RENEW: &str = "auth/token/renew-self";

/// Who we are to Vault, for some time.
pub(super) struct Token {
    /// As it was given, to notice another.
    given: Option<Secret<String>>,
    header: HeaderValue,
    life: Life,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// It was given, and nothing is known of it.
    Unknown,
    /// It lasts as long as it lasts.
    Fixed,
    /// It is renewed at that time.
    Renewable(Instant),
    /// It is had anew at that time.
    Ending(Instant),
}

/// <https://developer.hashicorp.com/vault/api-docs/auth/kubernetes#login>
#[derive(Serialize)]
struct KubernetesLogin<'a> {
    role: &'a str,
    jwt: &'a str,
}

// === impl Token ===

impl Token {
    pub(super) const fn value(&self) -> &HeaderValue {
        &self.header
    }

    /// When something has to be done about it.
    pub(super) const fn due(&self) -> Option<Instant> {
        match self.life {
            Life::Renewable(due) | Life::Ending(due) => Some(due),
            Life::Unknown | Life::Fixed => None,
        }
    }

    fn given(text: Secret<String>) -> Result<Self, Unreadable> {
        Ok(Self {
            header: secret_header(&[text.expose()])?,
            given: Some(text),
            life: Life::Unknown,
        })
    }

    fn issued(auth: &Auth, now: Instant) -> Result<Self, Unreadable> {
        let text = auth.token()?;
        Ok(Self {
            header: secret_header(&[text.expose()])?,
            given: None,
            life: life(auth, now),
        })
    }

    async fn renew(&mut self, api: &Api, now: Instant) -> Result<(), Unreadable> {
        let answer = api.post(RENEW, Some(&self.header), Bytes::from_static(b"{}")).await?;
        self.life = life(&answer.auth()?, now);
        Ok(())
    }
}

fn life(auth: &Auth, now: Instant) -> Life {
    let due = now + two_thirds(Duration::from_secs(auth.lease_duration));
    match (auth.lease_duration, auth.renewable) {
        (0, _) => Life::Fixed,
        (_, true) => Life::Renewable(due),
        (_, false) => Life::Ending(due),
    }
}

/// A token that is good now: the one from before if it is, or can be renewed.
pub(super) async fn current(
    before: Option<Token>,
    auth: &VaultAuth,
    environment: &dyn Environment,
    api: &Api,
    now: Instant,
) -> Result<Token, Unreadable> {
    match auth {
        VaultAuth::TokenEnvironment(name) => given(before, variable(environment, name)?, api, now).await,
        VaultAuth::TokenFile(path) => given(before, file::text(path).await?, api, now).await,
        VaultAuth::Kubernetes { mount, role, token } => {
            if let Some(mut before) = before {
                match before.life {
                    Life::Renewable(due) if due <= now => {
                        if before.renew(api, now).await.is_ok() {
                            return Ok(before);
                        }
                    }
                    Life::Ending(due) if due <= now => {}
                    _ => return Ok(before),
                }
            }
            login(mount, role, token, api, now).await
        }
    }
}

/// A token that somebody else gave us. It is renewed if Vault lets us; if not, it is up to whoever gave it.
async fn given(before: Option<Token>, text: Secret<String>, api: &Api, now: Instant) -> Result<Token, Unreadable> {
    let is_same = |token: &Token| {
        let known = token.given.as_ref();
        known.is_some_and(|known| known.matches(text.expose().as_bytes()))
    };
    let mut token = match before.filter(is_same) {
        Some(token) => token,
        None => Token::given(text)?,
    };
    let is_due = token.life == Life::Unknown || token.due().is_some_and(|due| due <= now);
    if is_due && let Err(cause) = token.renew(api, now).await {
        match cause {
            Unreadable::Vault(StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN) => token.life = Life::Fixed,
            // Vault is away or not itself, so the secret cannot be read either.
            cause => return Err(cause),
        }
    }
    Ok(token)
}

async fn login(mount: &str, role: &str, token: &Path, api: &Api, now: Instant) -> Result<Token, Unreadable> {
    let jwt = file::text(token).await?;
    let body = KubernetesLogin {
        role,
        jwt: jwt.expose(),
    };
    let body = Zeroizing::new(serde_json::to_vec(&body).map_err(|_| Unreadable::Malformed)?);
    let answer = api
        .post(&format!("auth/{mount}/login"), None, Bytes::from_owner(body))
        .await?;
    Token::issued(&answer.auth()?, now)
}
