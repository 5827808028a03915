//! Providers that cannot be connected to.

use std::{net::TcpListener, sync::Arc, time::Duration};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::{
    failures::{PATHS, requests},
    support::{Forwarder, model, policy, provider},
    upstream::{ONCE, documents},
};

#[tokio::test]
async fn a_provider_that_is_not_there_is_a_bad_gateway() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let forwarder = Forwarder::start(&documents(address)).await;
    for path in PATHS {
        for request in requests(path) {
            forwarder
                .envoy
                .post(path, request)
                .await
                .assert_error(path, 502, "provider_failed");
        }
    }
}

#[tokio::test]
async fn a_provider_whose_name_does_not_resolve_is_a_bad_gateway() {
    let spec = format!("type: openai, baseUrl: 'http://nowhere.invalid/v1', allowInsecureHttp: true, {ONCE}");
    let documents = [provider("nowhere", &spec), model("m", "nowhere", "x")].concat();
    let forwarder = Forwarder::start(&documents).await;
    for request in [r#"{"model":"m"}"#, r#"{"model":"m","stream":true}"#] {
        let answer = forwarder.envoy.post(PATHS[0], request).await;
        answer.assert_error(PATHS[0], 502, "provider_failed");
        assert!(!answer.text().contains("nowhere"), "{}", answer.text());
    }
}

#[tokio::test]
async fn a_provider_we_cannot_trust_is_a_bad_gateway_and_told_nothing() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepting = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        acceptor.accept(stream).await.is_ok()
    });
    let spec = format!(
        "type: openai, baseUrl: 'https://localhost:{}/v1', credential: {{env: PLANTED}}, {ONCE}",
        address.port()
    );
    let documents = [provider("there", &spec), model("m", "there", "x")].concat();
    let forwarder = Forwarder::start(&documents).await;
    let answer = forwarder.envoy.post(PATHS[0], r#"{"model":"m"}"#).await;
    answer.assert_error(PATHS[0], 502, "provider_failed");
    assert!(!accepting.await.unwrap());
}

#[tokio::test]
async fn a_connection_that_never_stands_times_out() {
    let full = FullListener::new();
    let mut policy = policy(&documents(full.address));
    for provider in policy.forward.providers.values_mut() {
        provider.timeouts.connect = Duration::from_millis(50);
    }
    let forwarder = Forwarder::with(policy).await;
    let [request, _] = requests(PATHS[0]);
    forwarder
        .envoy
        .post(PATHS[0], request)
        .await
        .assert_error(PATHS[0], 504, "provider_timeout");
}

/// A listener that accepts nobody, with its queue filled, so that the operating system answers no further connection.
struct FullListener {
    address: std::net::SocketAddr,
    _held: Vec<tokio::net::TcpStream>,
    _listener: tokio::net::TcpListener,
}

impl FullListener {
    fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let held = (0..8)
            .map(|_| {
                let stream = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(100));
                stream.map(|stream| {
                    stream.set_nonblocking(true).unwrap();
                    tokio::net::TcpStream::from_std(stream).unwrap()
                })
            })
            .map_while(Result::ok)
            .collect();
        Self {
            address,
            _held: held,
            _listener: listener,
        }
    }
}
