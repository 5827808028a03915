use std::time::Duration;

use bartizan_platform::secret::Secret;
use bartizan_policy::{Timeouts, VaultSecret};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::Full;
use zeroize::Zeroize;

use super::{
    super::tls::{self, ClientTls},
    answer::Answer,
};
use crate::{
    client::{self, Client, Transport},
    patience::Patience,
    secret::source::Unreadable,
    whole,
};

/// For one request to Vault.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    first_byte: Duration::from_secs(10),
    idle: Duration::from_secs(10),
    total: Duration::from_secs(10),
};
/// Secrets are smaller by far.
const ANSWER_LIMIT: usize = 1 << 20;

const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
/// Tells an agent of Vault that this is no request which a browser was tricked into.
const IS_REQUEST: HeaderName = HeaderName::from_static("x-vault-request");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One Vault. Its tokens are sent to its address only; a redirect is an error.
#[derive(Clone)]
pub(super) struct Api {
    client: Client,
    address: String,
    namespace: Option<HeaderValue>,
}

impl Api {
    pub(super) fn of(secret: &VaultSecret, trust: Option<&ClientTls>) -> Result<Self, Unreadable> {
        let transport = if secret.address.starts_with("https:") {
            Transport::Tls
        } else {
            Transport::Plain
        };
        let client = match trust {
            Some(trust) => client::with_tls(trust.config.clone(), transport, TIMEOUTS.connect),
            None => client::new(transport, TIMEOUTS.connect).map_err(|cause| tls::unusable(None, cause))?,
        };
        let namespace = secret.namespace.as_ref().map(HeaderValue::try_from).transpose();
        Ok(Self {
            client,
            address: secret.address.clone(),
            namespace: namespace.map_err(|_| Unreadable::Malformed)?,
        })
    }

    pub(super) async fn get(&self, path: &str, token: &HeaderValue) -> Result<Answer, Unreadable> {
        self.call(Method::GET, path, Some(token), Bytes::new()).await
    }

    pub(super) async fn post(
        &self,
        path: &str,
        token: Option<&HeaderValue>,
        body: Bytes,
    ) -> Result<Answer, Unreadable> {
        self.call(Method::POST, path, token, body).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&HeaderValue>,
        body: Bytes,
    ) -> Result<Answer, Unreadable> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/v1/{path}", self.address))
            .body(Full::new(body))
            .map_err(|_| Unreadable::Malformed)?;
        let headers = request.headers_mut();
        headers.insert(IS_REQUEST, TRUE);
        headers.insert(header::CONTENT_TYPE, JSON);
        if let Some(token) = token {
            headers.insert(TOKEN, token.clone());
        }
        if let Some(namespace) = &self.namespace {
            headers.insert(NAMESPACE, namespace.clone());
        }
        let mut patience = Patience::new(&TIMEOUTS, tokio::time::Instant::now());
        let response = tokio::select! {
            response = self.client.request(request) => response.map_err(|error| unreachable(&error))?,
            () = patience.spent() => return Err(Unreadable::NoVault("timeout".to_owned())),
        };
        if response.status() != StatusCode::OK {
            return Err(Unreadable::Vault(response.status()));
        }
        let mut body = response.into_body();
        let body = whole::read(&mut body, ANSWER_LIMIT, &mut patience)
            .await
            .map_err(|_| Unreadable::VaultAnswer)?;
        Ok(Answer::new(Secret::new(taken(body))))
    }
}

/// The bytes, and no other copy of them where that can be helped.
fn taken(body: Bytes) -> Vec<u8> {
    let copy = body.to_vec();
    if let Ok(mut original) = body.try_into_mut() {
        original.as_mut().zeroize();
    }
    copy
}

fn unreachable(error: &hyper_util::client::legacy::Error) -> Unreadable {
    Unreadable::NoVault(if error.is_connect() {
        "no connection".to_owned()
    } else {
        "connection broke".to_owned()
    })
}
