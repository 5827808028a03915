use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
};

use bartizan_policy::VaultAuth;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::*;

/// A Vault of this test's own: it answers what it was told to, in order, and notes what it was asked.
#[derive(Clone, Default)]
struct StandIn {
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    asked: Arc<Mutex<Vec<String>>>,
    address: String,
    /// After an answer.
    hangs_up: bool,
}

impl StandIn {
    async fn start(answers: &[(u16, Value)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stand_in = Self {
            answers: Arc::new(Mutex::new(answers.iter().cloned().collect())),
            address: format!("http://{}", listener.local_addr().unwrap()),
            ..Self::default()
        };
        let serving = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        stand_in
    }

    async fn serve(self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut bytes = Vec::new();
        while stream.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let field = |name: &str| {
                let line = head.lines().find_map(|line| line.strip_prefix(name));
                line.unwrap_or_default().to_owned()
            };
            if body.len() < field("content-length: ").parse().unwrap_or(0) {
                continue;
            }
            assert_eq!(field("x-vault-request: "), "true");
            let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
            let note = format!(
                "{line} {}{} {body}",
                field("x-vault-token: "),
                field("x-vault-namespace: ")
            );
            self.asked.lock().unwrap().push(note.trim().to_owned());
            let (status, answer) = self.answers.lock().unwrap().pop_front().unwrap();
            let answer = answer.to_string();
            let head = format!(
                "HTTP/1.1 {status} X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: {}",
                answer.len()
            );
            stream
                .write_all(format!("{head}\r\n\r\n{answer}").as_bytes())
                .await
                .unwrap();
            bytes.clear();
            if self.hangs_up {
                return stream.shutdown().await.unwrap();
            }
        }
    }

    /// Over TLS, each connection with the certificate that is set by then, and for one request.
    async fn start_tls(answers: &[(u16, Value)], presents: &Arc<Mutex<TlsAcceptor>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stand_in = Self {
            answers: Arc::new(Mutex::new(answers.iter().cloned().collect())),
            address: format!("https://localhost:{}", listener.local_addr().unwrap().port()),
            hangs_up: true,
            ..Self::default()
        };
        let (serving, presents) = (stand_in.clone(), Arc::clone(presents));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = presents.lock().unwrap().clone();
                if let Ok(stream) = acceptor.accept(stream).await {
                    tokio::spawn(serving.clone().serve(stream));
                }
            }
        });
        stand_in
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn vault(&self, version: KvVersion, auth: VaultAuth) -> Vault {
        Vault::of_key(self.secret(version, auth), environment())
    }

    fn secret(&self, version: KvVersion, auth: VaultAuth) -> VaultSecret {
        VaultSecret {
            address: self.address.clone(),
            mount: "kv".to_owned(),
            path: "team/openai".to_owned(),
            field: "key".to_owned(),
            version,
            namespace: None,
            refresh: Duration::from_secs(300),
            auth,
            ca: None,
        }
    }
}

fn environment() -> Arc<dyn Environment> {
    Arc::new(HashMap::from([(
        "TOKEN".to_owned(),
        Secret::new("hvs.given".to_owned()),
    )]))
}

fn token() -> VaultAuth {
    VaultAuth::TokenEnvironment("TOKEN".to_owned())
}

fn auth(token: &str, seconds: u64, renewable: bool) -> Value {
    json!({"auth": {"client_token": token, "lease_duration": seconds, "renewable": renewable, "policies": ["p"]}})
}

fn two(key: &str) -> Value {
    json!({"request_id": "r", "lease_id": "", "lease_duration": 0,
        "data": {"data": {"key": key, "number": 7, "list": [1], "map": {"a": null}}, "metadata": {"version": 3}}})
}

fn key(value: &str) -> Credential {
    Credential::key(Secret::new(value.to_owned())).unwrap()
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn version_2_is_read_with_a_given_token_that_is_renewed() {
    let stand_in = StandIn::start(&[
        (200, auth("hvs.given", 90, true)),
        (200, two("first")),
        (200, auth("hvs.given", 90, true)),
        (200, two("second")),
    ])
    .await;
    let mut vault = stand_in.vault(KvVersion::Two, token());
    let start = Instant::now();
    let (credential, due) = vault.read(start).await.unwrap();
    assert!(credential == key("first"));
    assert_eq!(due - start, 60 * SECOND, "the token is due before the secret");
    assert_eq!(
        stand_in.asked(),
        [
            "POST /v1/auth/token/renew-self hvs.given {}",
            "GET /v1/kv/data/team/openai hvs.given"
        ]
    );
    // Only the token is due.
    let (credential, _) = vault.read(start + 60 * SECOND).await.unwrap();
    assert!(credential == key("first"));
    assert_eq!(stand_in.asked(), ["POST /v1/auth/token/renew-self hvs.given {}"]);
    stand_in
        .answers
        .lock()
        .unwrap()
        .push_front((200, auth("hvs.given", 90, true)));
    let (credential, _) = vault.read(start + 300 * SECOND).await.unwrap();
    assert!(credential == key("second"));
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_is_used_as_it_is() {
    let stand_in = StandIn::start(&[
        (400, json!({"errors": ["lease is not renewable"]})),
        (200, two("first")),
        (200, two("second")),
    ])
    .await;
    let mut vault = stand_in.vault(KvVersion::Two, token());
    let start = Instant::now();
    let (_, due) = vault.read(start).await.unwrap();
    assert_eq!(due - start, 300 * SECOND);
    let (credential, _) = vault.read(due).await.unwrap();
    assert!(credential == key("second"));
}

#[tokio::test]
async fn version_1_and_leased_secrets_are_read() {
    let leased = json!({"lease_id": "aws/creds/x/1", "lease_duration": 900, "renewable": true,
        "data": {"access_key": "AKID", "secret_key": "s", "security_token": null, "session_token": "t"}});
    let stand_in = StandIn::start(&[
        (403, json!({"errors": []})),
        (
            200,
            json!({"lease_id": "", "lease_duration": 60, "data": {"key": " one\n"}}),
        ),
        (403, json!({"errors": []})),
        (200, leased),
    ])
    .await;
    let start = Instant::now();
    let mut vault = stand_in.vault(KvVersion::One, token());
    let (credential, due) = vault.read(start).await.unwrap();
    assert!(credential == key("one"));
    assert_eq!(due - start, 60 * SECOND, "Vault's hint is shorter than ours");
    assert_eq!(stand_in.asked().last().unwrap(), "GET /v1/kv/team/openai hvs.given");

    let mut vault = Vault::of_aws_keys(stand_in.secret(KvVersion::One, token()), environment());
    let (credential, due) = vault.read(start).await.unwrap();
    let token = Some(Secret::new("t".to_owned()));
    let keys = AwsKeys::new("AKID", Secret::new("s".to_owned()), token).unwrap();
    assert!(credential == Credential::Aws(keys));
    assert_eq!(due - start, 600 * SECOND);
}

#[tokio::test]
async fn a_pod_logs_in_renews_and_logs_in_again() {
    let jwt = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(jwt.path(), "jwt-1\n").unwrap();
    let account = VaultAuth::Kubernetes {
        mount: "k8s/prod".to_owned(),
        role: "edge".to_owned(),
        token: jwt.path().to_owned(),
    };
    let stand_in = StandIn::start(&[
        (200, auth("hvs.a", 3, true)),
        (200, two("first")),
        (200, auth("hvs.a", 3, true)),
        (403, json!({})),
        (200, auth("hvs.b", 30, false)),
        (200, auth("hvs.c", 30, false)),
    ])
    .await;
    let secret = VaultSecret {
        namespace: Some("team".to_owned()),
        ..stand_in.secret(KvVersion::Two, account)
    };
    let mut vault = Vault::of_key(secret, environment());
    let start = Instant::now();
    let (_, due) = vault.read(start).await.unwrap();
    assert_eq!(due - start, 2 * SECOND);
    std::fs::write(jwt.path(), "jwt-2\n").unwrap();
    vault.read(start + 2 * SECOND).await.unwrap();
    vault.read(start + 4 * SECOND).await.unwrap();
    vault.read(start + 24 * SECOND).await.unwrap();
    assert_eq!(
        stand_in.asked(),
        [
            r#"POST /v1/auth/k8s/prod/login team {"role":"edge","jwt":"jwt-1"}"#,
            "GET /v1/kv/data/team/openai hvs.ateam",
            "POST /v1/auth/token/renew-self hvs.ateam {}",
            "POST /v1/auth/token/renew-self hvs.ateam {}",
            r#"POST /v1/auth/k8s/prod/login team {"role":"edge","jwt":"jwt-2"}"#,
            r#"POST /v1/auth/k8s/prod/login team {"role":"edge","jwt":"jwt-2"}"#,
        ]
    );
}

#[tokio::test]
async fn what_vault_refuses_or_garbles_is_told_without_repeating_it() {
    let table = [
        (403, json!({"errors": ["planted"]}), "Vault answered 403 Forbidden"),
        (404, json!({}), "Vault answered 404 Not Found"),
        (307, json!({}), "Vault answered 307 Temporary Redirect"),
        (
            503,
            json!({"errors": ["Vault is sealed"]}),
            "Vault answered 503 Service Unavailable",
        ),
        (200, json!("planted"), "the answer of Vault cannot be read"),
        (
            200,
            json!({"data": {"key": "planted"}}),
            "the answer of Vault cannot be read",
        ),
        (
            200,
            json!({"data": {"data": {"other": "planted"}}}),
            "the secret in Vault has no text in field key",
        ),
        (
            200,
            json!({"data": {"data": {"key": 7}}}),
            "the secret in Vault has no text in field key",
        ),
        (
            200,
            json!({"data": {"data": {"key": "planted\nline"}}}),
            "the credential is empty or has characters that no header can carry",
        ),
    ];
    for (status, answer, expected) in table {
        let stand_in = StandIn::start(&[(403, json!({})), (status, answer)]).await;
        let mut vault = stand_in.vault(KvVersion::Two, token());
        let error = vault.read(Instant::now()).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(!format!("{error:?}").contains("planted"), "{error:?}");
    }
    let nobody = StandIn {
        address: "http://127.0.0.1:1".to_owned(),
        ..StandIn::default()
    };
    let error = nobody
        .vault(KvVersion::Two, token())
        .read(Instant::now())
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "cannot reach Vault: no connection");
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut parameters = CertificateParams::new([]).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for `localhost` that the authority vouches for.
fn presenting(authority: &Authority) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = parameters.signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    Arc::new(config).into()
}

#[tokio::test]
async fn vault_is_trusted_over_tls_by_its_authority_alone_and_by_the_next_one() {
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.pem");
    let (first, second) = (authority(), authority());
    std::fs::write(&ca, first.pem()).unwrap();
    let presents = Arc::new(Mutex::new(presenting(&first)));
    let answers = [(403, json!({})), (200, two("one")), (200, two("two"))];
    let stand_in = StandIn::start_tls(&answers, &presents).await;
    let secret = |ca| VaultSecret {
        ca,
        ..stand_in.secret(KvVersion::Two, token())
    };
    let start = Instant::now();
    // The operating system's authorities do not vouch for it.
    let error = Vault::of_key(secret(None), environment())
        .read(start)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "cannot reach Vault: no connection");
    assert!(stand_in.asked().is_empty());

    let mut vault = Vault::of_key(secret(Some(ca.clone())), environment());
    let (credential, due) = vault.read(start).await.unwrap();
    assert!(credential == key("one"));
    *presents.lock().unwrap() = presenting(&second);
    assert!(vault.read(due).await.is_err());
    std::fs::write(&ca, second.pem()).unwrap();
    let (credential, due) = vault.read(due).await.unwrap();
    assert!(credential == key("two"));
    // One that is broken is told, whether or not anything is due.
    std::fs::write(&ca, "nothing").unwrap();
    let error = vault.read(due - SECOND).await.unwrap_err().to_string();
    assert!(error.contains("ca.pem"), "{error}");
}

#[tokio::test]
async fn files_that_change_what_is_read_are_watched() {
    let stand_in = StandIn::default();
    let table = [
        (None, token(), vec![]),
        (Some("ca"), token(), vec!["ca"]),
        (Some("ca"), VaultAuth::TokenFile("token".into()), vec!["ca", "token"]),
        (
            None,
            VaultAuth::Kubernetes {
                mount: String::new(),
                role: String::new(),
                token: "jwt".into(),
            },
            vec![],
        ),
    ];
    for (ca, auth, expected) in table {
        let secret = VaultSecret {
            ca: ca.map(Into::into),
            ..stand_in.secret(KvVersion::Two, auth)
        };
        let files = Vault::of_key(secret, environment()).files();
        assert_eq!(files, expected.into_iter().map(PathBuf::from).collect::<Vec<_>>());
    }
}
