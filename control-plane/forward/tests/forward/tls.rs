//! A forwarder on another machine than Envoy.

use std::{collections::HashMap, fs, net::SocketAddr, path::Path, sync::Arc};

use bartizan_forward::{BindError, Bound, Config, ForwardListen, ListenTls, bind};
use bartizan_platform::{drain, secret::Secret};
use bartizan_ports::ForwardAddress;
use prometheus::Registry;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio::{net::TcpStream, sync::watch};
use tokio_rustls::TlsConnector;

use super::support::{Envoy, TOKEN, chats, policy, sandbox};

const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0);

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut parameters = CertificateParams::new([]).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// Writes `NAME.pem` and `NAME.key`, vouched for by the authority.
fn certify(directory: &Path, name: &str, authority: &Authority) {
    let key = KeyPair::generate().unwrap();
    let parameters = CertificateParams::new([name.to_owned()]).unwrap();
    let certificate = parameters.signed_by(&key, authority).unwrap();
    fs::write(directory.join(format!("{name}.pem")), certificate.pem()).unwrap();
    fs::write(directory.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

async fn start(listen: ForwardListen) -> Result<Bound, BindError> {
    let (_publish, feed) = watch::channel(Arc::new(policy(&sandbox())));
    let config = Config {
        listen,
        token: Secret::new(TOKEN.to_owned()),
        environment: Arc::new(HashMap::<String, Secret<String>>::new()),
        cache: None,
        jobs: None,
    };
    bind(config, feed, &Registry::new()).await
}

fn files(directory: &Path) -> ListenTls {
    ListenTls {
        ca: directory.join("ca.pem"),
        certificate: directory.join("forward.pem"),
        key: directory.join("forward.key"),
    }
}

async fn handshake(directory: &Path, port: u16, client: Option<&str>) -> std::io::Result<Envoy> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(directory.join("ca.pem")).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match client {
        None => builder.with_no_client_auth(),
        Some(name) => {
            let certificate = CertificateDer::from_pem_file(directory.join(format!("{name}.pem"))).unwrap();
            let key = PrivateKeyDer::from_pem_file(directory.join(format!("{name}.key"))).unwrap();
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = ServerName::try_from("forward").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    Ok(Envoy::over(stream).await)
}

#[tokio::test]
async fn only_a_client_with_a_certificate_is_answered() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, theirs) = (authority(), authority());
    fs::write(directory.path().join("ca.pem"), ours.pem()).unwrap();
    certify(directory.path(), "forward", &ours);
    certify(directory.path(), "envoy", &ours);
    certify(directory.path(), "stranger", &theirs);

    let bound = start(ForwardListen::Tls(ANYWHERE, files(directory.path())))
        .await
        .unwrap();
    let ForwardAddress::Tcp(address) = *bound.address() else {
        panic!("{}", bound.address());
    };
    let (trigger, watch) = drain::channel();
    let serving = tokio::spawn(bound.serve(watch));
    let envoy = handshake(directory.path(), address.port(), Some("envoy"))
        .await
        .unwrap();
    for (path, body) in chats("sandbox-chat", "") {
        assert_eq!(envoy.post(path, body).await.status, 200);
    }
    for client in [None, Some("stranger")] {
        assert!(
            !is_answered(directory.path(), address.port(), client).await,
            "{client:?}"
        );
    }
    drop(envoy);
    trigger.drain(super::support::PATIENCE).await;
    serving.await.unwrap();
}

/// Whether a client gets as far as an answer of any kind. In TLS 1.3 the server judges a client's certificate after the
/// client is done with the handshake, so that alone does not tell.
async fn is_answered(directory: &Path, port: u16, client: Option<&str>) -> bool {
    let Ok(envoy) = handshake(directory, port, client).await else {
        return false;
    };
    envoy.is_answered().await
}

#[tokio::test]
async fn plain_http_stays_on_loopback() {
    let error = start(ForwardListen::Loopback(ANYWHERE)).await.unwrap_err();
    assert!(matches!(error, BindError::PlainOffLoopback(_)), "{error}");
    let bound = start(ForwardListen::Loopback(([127, 0, 0, 1], 0).into()))
        .await
        .unwrap();
    let ForwardAddress::Tcp(address) = *bound.address() else {
        panic!("{}", bound.address());
    };
    assert_ne!(address.port(), 0);
    let error = start(ForwardListen::Loopback(address)).await.unwrap_err();
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("ca.pem"), "nothing").unwrap();
    let error = start(ForwardListen::Tls(ANYWHERE, files(directory.path())))
        .await
        .unwrap_err();
    assert!(error.to_string().ends_with("ca.pem"), "{error}");
}
