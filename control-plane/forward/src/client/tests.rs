use std::{collections::BTreeSet, convert::Infallible, net::SocketAddr};

use http::{Response, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{rt::TokioIo, server::conn::auto};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A server on `localhost` that answers over TLS with the port that it is called from, and the certificate to trust it by.
async fn server(protocols: &[&str]) -> (SocketAddr, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, peer) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let service = service_fn(|_: http::Request<Incoming>| async move {
                    Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(peer.port().to_string())))
                });
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    (address, cert.der().clone())
}

fn trusting(certificate: CertificateDer<'static>) -> Client {
    with_tls(trust(certificate), Transport::Tls, TIMEOUT)
}

fn trust(certificate: CertificateDer<'static>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn uri(scheme: &str, host: &str, address: SocketAddr) -> Uri {
    format!("{scheme}://{host}:{}/", address.port()).parse().unwrap()
}

#[tokio::test]
async fn the_provider_chooses_the_version_of_http() {
    let table: [(&[&str], Version); 3] = [
        (&["h2", "http/1.1"], Version::HTTP_2),
        (&["http/1.1"], Version::HTTP_11),
        (&[], Version::HTTP_11),
    ];
    for (protocols, version) in table {
        let (address, certificate) = server(protocols).await;
        let response = trusting(certificate)
            .get(uri("https", "localhost", address))
            .await
            .unwrap();
        assert_eq!((response.status(), response.version()), (StatusCode::OK, version));
    }
}

#[tokio::test]
async fn a_certificate_of_another_name_or_of_nobody_we_know_is_refused() {
    let (address, certificate) = server(&["h2"]).await;
    let wrong_name = trusting(certificate).get(uri("https", "127.0.0.1", address)).await;
    assert!(wrong_name.unwrap_err().is_connect());
    let client = new(Transport::Tls, TIMEOUT).unwrap();
    assert!(
        client
            .get(uri("https", "localhost", address))
            .await
            .unwrap_err()
            .is_connect()
    );
}

#[tokio::test]
async fn a_provider_with_tls_is_never_called_without() {
    let (address, certificate) = server(&["h2"]).await;
    let plain = trusting(certificate).get(uri("http", "localhost", address)).await;
    assert!(plain.unwrap_err().is_connect());
}

#[tokio::test]
async fn each_lane_has_a_connection_of_its_own() {
    let (address, certificate) = server(&["h2"]).await;
    let clients = Clients::new(trust(certificate), Transport::Tls, TIMEOUT);
    let mut ports = BTreeSet::new();
    for lane in Lane::all() {
        for is_new in [true, false] {
            let response = clients.of(lane).get(uri("https", "localhost", address)).await.unwrap();
            let port = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(ports.insert(port), is_new, "{lane:?}");
        }
    }
}
