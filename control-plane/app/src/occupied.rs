//! Finding out, before anything starts, that an address is taken, and by whom.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use anyhow::{Result, bail};

use crate::{envoy::EnvoyAdmin, http};

const ANSWER_WAIT: Duration = Duration::from_secs(1);

/// An address about to be used, and the flag that sets it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) flag: &'static str,
    pub(crate) address: SocketAddr,
}

/// Fails, in words for the user, when one of the addresses cannot be listened on.
///
/// `admin` and `envoy_admin` are where a Bartizan, or an Envoy it left behind, would answer.
pub(crate) async fn check(wanted: &[Wanted], admin: SocketAddr, envoy_admin: Option<SocketAddr>) -> Result<()> {
    for Wanted { flag, address } in wanted {
        // Port 0 is free by definition, but the IP may not be ours.
        let Err(error) = TcpListener::bind(address) else {
            continue;
        };
        if error.kind() != io::ErrorKind::AddrInUse {
            bail!("cannot listen on {address} ({flag}): {error}");
        }
        if is_bartizan(admin).await {
            bail!("Bartizan is already running (its admin is http://{admin}); stop it or pass other addresses");
        }
        if let Some(envoy_admin) = envoy_admin
            && is_our_envoy(envoy_admin).await
        {
            bail!(
                "{address} ({flag}) is in use by the Envoy of an earlier Bartizan, which still enforces its last policy; \
                 stop it with: curl -X POST http://{envoy_admin}/quitquitquit"
            );
        }
        bail!(
            "{address} ({flag}) is in use by another program; stop it or pass another address, such as {flag} 127.0.0.1:0"
        );
    }
    Ok(())
}

async fn is_bartizan(admin: SocketAddr) -> bool {
    let answer = http::get(admin, "/healthz", ANSWER_WAIT).await;
    answer.is_ok_and(|answer| answer.text().starts_with(bartizan_admin::PRODUCT))
}

async fn is_our_envoy(envoy_admin: SocketAddr) -> bool {
    let cluster = EnvoyAdmin::new(envoy_admin).node_cluster().await;
    cluster.is_ok_and(|cluster| cluster == crate::wiring::NODE_CLUSTER)
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncWriteExt, net::TcpListener as AsyncListener};

    use super::*;

    const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

    fn wanted(address: SocketAddr) -> [Wanted; 1] {
        [Wanted { flag: "--xds", address }]
    }

    /// Answers every connection with the same HTTP body.
    async fn answering(body: &'static str) -> SocketAddr {
        let listener = AsyncListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            }
        });
        address
    }

    #[tokio::test]
    async fn a_free_address_is_fine_and_stays_free() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        check(&wanted(free), NOBODY, None).await.unwrap();
        TcpListener::bind(free).unwrap();
    }

    #[tokio::test]
    async fn another_program_is_told_from_a_bartizan() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let error = check(&wanted(address), NOBODY, Some(NOBODY))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("{address} (--xds) is in use by another program")),
            "{error}"
        );

        let admin = answering("bartizan 0.1.0\n").await;
        let error = check(&wanted(address), admin, None).await.unwrap_err().to_string();
        assert!(error.starts_with("Bartizan is already running"), "{error}");

        let envoy = answering(r#"{"version":"c/1.40.0/Clean/RELEASE/B","node":{"cluster":"bartizan"}}"#).await;
        let error = check(&wanted(address), NOBODY, Some(envoy))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("the Envoy of an earlier Bartizan"), "{error}");
    }

    #[tokio::test]
    async fn an_address_that_is_not_ours_is_named() {
        let foreign = ([192, 0, 2, 1], 0).into();
        let error = check(&wanted(foreign), NOBODY, None).await.unwrap_err().to_string();
        assert!(error.starts_with("cannot listen on 192.0.2.1:0 (--xds): "), "{error}");
    }
}
