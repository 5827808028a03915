//! Secrets of providers that are replaced while requests go on.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::{
    support::{Forwarder, PATIENCE, model, provider},
    upstream::{Upstream, WITHOUT_BREAKER, whole},
};

const CHAT: &str = "/v1/chat/completions";
const BODY: &str = r#"{"model":"m"}"#;
const JSON: &str = "content-type: application/json\r\n";

fn documents(address: impl std::fmt::Display, more: &str) -> String {
    let spec = format!("type: openai, baseUrl: 'http://{address}', allowInsecureHttp: true, {more}");
    [provider("there", &spec), model("m", "there", "x")].concat()
}

/// Asks until the provider is sent this key.
async fn is_sent(forwarder: &Forwarder, upstream: &mut Upstream, key: &str) {
    let expected = format!("authorization: Bearer {key}\r\n");
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        assert!(tokio::time::Instant::now() < deadline, "{key} is never used");
        if forwarder.envoy.post(CHAT, BODY).await.status == 200 && upstream.next().await.head.contains(&expected) {
            return;
        }
    }
}

/// What Kubernetes does to a mounted Secret: a new directory, and a link to it that is replaced at once.
fn mount(directory: &Path, generation: &str, key: &str) {
    fs::create_dir(directory.join(generation)).unwrap();
    fs::write(directory.join(generation).join("key"), key).unwrap();
    symlink(generation, directory.join("..data_tmp")).unwrap();
    fs::rename(directory.join("..data_tmp"), directory.join("..data")).unwrap();
}

#[tokio::test]
async fn a_mounted_secret_is_followed_and_the_last_good_one_stays() {
    let mut upstream = Upstream::answering("200 OK", JSON, "{}").await;
    let directory = tempfile::tempdir().unwrap();
    mount(directory.path(), "..1", "first-key");
    symlink("..data/key", directory.path().join("key")).unwrap();
    let file = directory.path().join("key");
    let documents = documents(upstream.address, &format!("credential: {{file: {}}}", file.display()));
    let forwarder = Forwarder::start(&documents).await;
    is_sent(&forwarder, &mut upstream, "first-key").await;
    mount(directory.path(), "..2", "second-key");
    is_sent(&forwarder, &mut upstream, "second-key").await;

    mount(directory.path(), "..3", "");
    let labels = ["there", "credential"];
    forwarder
        .metric_becomes("bartizan_forward_secret_stale", &labels, 1.0)
        .await;
    is_sent(&forwarder, &mut upstream, "second-key").await;
    mount(directory.path(), "..4", "fourth-key");
    is_sent(&forwarder, &mut upstream, "fourth-key").await;
    assert_eq!(forwarder.metric("bartizan_forward_secret_stale", &labels), 0.0);
}

#[tokio::test]
async fn a_provider_whose_credential_comes_late_is_called_from_then_on() {
    let mut upstream = Upstream::answering("200 OK", JSON, "{}").await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    let source = format!("credential: {{file: {}}}", file.display());
    for (more, status) in [("", 503), (", optional: true", 404)] {
        let forwarder = Forwarder::start(&documents(upstream.address, &format!("{source}{more}"))).await;
        assert_eq!(forwarder.envoy.post(CHAT, BODY).await.status, status);
        fs::write(&file, "late-key").unwrap();
        is_sent(&forwarder, &mut upstream, "late-key").await;
        fs::remove_file(&file).unwrap();
    }
}

#[tokio::test]
async fn a_secret_in_vault_is_read_and_followed() {
    let mut upstream = Upstream::answering("200 OK", JSON, "{}").await;
    let vault = vault().await;
    let source = format!(
        "credential: {{vault: {{address: 'http://{vault}', path: openai, refresh: 1s, allowInsecureHttp: true, \
         auth: {{tokenEnv: PLANTED}}}}}}"
    );
    let forwarder = Forwarder::start(&documents(upstream.address, &source)).await;
    is_sent(&forwarder, &mut upstream, "vault-key-0").await;
    is_sent(&forwarder, &mut upstream, "vault-key-1").await;
}

/// A Vault of this test's own, whose secret is another each time it is read.
async fn vault() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let reads = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let reads = Arc::clone(&reads);
            tokio::spawn(async move {
                let mut bytes = vec![0; 4096];
                while let Ok(count) = stream.read(&mut bytes).await
                    && count > 0
                {
                    let answer = if bytes.starts_with(b"GET /v1/secret/data/openai ") {
                        let number = reads.fetch_add(1, Ordering::Relaxed);
                        let body = format!(r#"{{"data":{{"data":{{"key":"vault-key-{number}"}}}}}}"#);
                        whole("200 OK", "", &body)
                    } else {
                        whole("403 Forbidden", "", "{}")
                    };
                    stream.write_all(&answer).await.unwrap();
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_takes_no_credential_along() {
    let elsewhere = Upstream::answering("200 OK", JSON, "{}").await;
    let redirect = format!("location: http://{}/chat/completions\r\n", elsewhere.address);
    let mut upstream = Upstream::answering("307 Temporary Redirect", &redirect, "").await;
    let forwarder = Forwarder::start(&documents(upstream.address, "credential: {env: PLANTED}")).await;
    let answer = forwarder.envoy.post(CHAT, BODY).await;
    answer.assert_error(CHAT, 502, "provider_failed");
    upstream.next().await;
    assert_eq!(elsewhere.connections(), 0);
    // Nor does it come later.
    let check = forwarder.envoy.post(CHAT, BODY).await;
    assert_eq!((check.status.as_u16(), elsewhere.connections()), (502, 0));
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut parameters = CertificateParams::new([]).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate and its key, in PEM.
fn certify(name: &str, authority: &Authority) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = parameters.signed_by(&key, authority).unwrap();
    (certificate.pem(), key.serialize_pem())
}

/// A provider on `localhost` that asks for a certificate of the authority, and answers with how many it has served.
async fn tls_provider(ours: &Authority) -> u16 {
    let (certificate, key) = certify("localhost", ours);
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(ours.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut bytes = vec![0; 4096];
                while stream.read(&mut bytes).await.is_ok_and(|count| count > 0) {
                    stream.write_all(&whole("200 OK", JSON, "{}")).await.unwrap();
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn a_provider_is_trusted_by_its_own_authority_and_shown_our_certificate_as_it_is_renewed() {
    let (ours, theirs) = (authority(), authority());
    let port = tls_provider(&ours).await;
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("ca.pem"), ours.pem()).unwrap();
    let present = |authority: &Authority| {
        let (certificate, key) = certify("bartizan", authority);
        fs::write(path("own.pem"), certificate).unwrap();
        fs::write(path("own.key"), key).unwrap();
    };
    present(&theirs);
    let spec = |more: &str| {
        let spec = format!(
            "type: openai, baseUrl: 'https://localhost:{port}', credential: {{env: PLANTED}}, {WITHOUT_BREAKER}, {more}"
        );
        [provider("there", &spec), model("m", "there", "x")].concat()
    };
    let tls = format!(
        "tls: {{caFile: {}, certificateFile: {}, privateKeyFile: {}}}",
        path("ca.pem").display(),
        path("own.pem").display(),
        path("own.key").display()
    );
    // Nobody vouches for the provider, or for us.
    let only_ca = format!("tls: {{caFile: {}}}", path("ca.pem").display());
    for wrong in ["", &only_ca, &tls] {
        let forwarder = Forwarder::start(&spec(wrong)).await;
        assert_eq!(forwarder.envoy.post(CHAT, BODY).await.status, 502, "{wrong}");
    }
    let forwarder = Forwarder::start(&spec(&tls)).await;
    present(&ours);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while forwarder.envoy.post(CHAT, BODY).await.status != 200 {
        assert!(
            tokio::time::Instant::now() < deadline,
            "the renewed certificate is never used"
        );
    }
    // Half a renewal is none.
    fs::write(path("own.key"), certify("bartizan", &ours).1).unwrap();
    let labels = ["there", "tls"];
    forwarder
        .metric_becomes("bartizan_forward_secret_stale", &labels, 1.0)
        .await;
    assert_eq!(forwarder.envoy.post(CHAT, BODY).await.status, 200);
}
