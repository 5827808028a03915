//! Where the forwarders are: the target as it is given, with names resolved and kept up to date.

use std::{io, time::Duration};

use bartizan_ports::{ForwardAddress, ForwardTarget, ForwardTargets};
use tokio::sync::watch;

use crate::snapshot::{Endpoint, Forward};

/// How often names are resolved again.
const REFRESH: Duration = Duration::from_secs(5);

/// Follows the targets for as long as anybody wants to know.
pub(crate) async fn follow(mut targets: ForwardTargets, forward: watch::Sender<Forward>) {
    loop {
        let named = has_names(&targets.borrow());
        tokio::select! {
            () = changed(&mut targets) => {}
            () = tokio::time::sleep(REFRESH), if named => {}
        }
        let target = targets.borrow_and_update().clone();
        let known = forward.borrow().clone();
        let resolved = resolve(&target, &known.endpoints).await;
        forward.send_if_modified(|current| {
            let same = current.endpoints == resolved.endpoints
                && current.token.expose() == resolved.token.expose()
                && current.tls == resolved.tls;
            if !same {
                tracing::info!(endpoints = ?resolved.endpoints, "forwarders changed");
                *current = resolved;
            }
            !same
        });
    }
}

/// Waits for a new value, for ever if there will be none: a feed that ends leaves its last value in force.
pub(crate) async fn changed<T>(feed: &mut watch::Receiver<T>) {
    if feed.changed().await.is_err() {
        std::future::pending().await
    }
}

/// Resolves the names of a target. While one does not resolve, what is known is kept: a name server's failure must not
/// take away forwarders that still answer.
pub(crate) async fn resolve(target: &ForwardTarget, known: &[Endpoint]) -> Forward {
    let mut endpoints = Vec::new();
    for address in &target.addresses {
        match lookup(address).await {
            Ok(found) => endpoints.extend(found),
            Err(error) => {
                tracing::warn!(%address, %error, "a forwarder's name does not resolve");
                endpoints.extend_from_slice(known);
            }
        }
    }
    // An order of its own: name servers rotate theirs, and a new order would be a new version.
    endpoints.sort_unstable();
    endpoints.dedup();
    Forward {
        endpoints,
        token: target.token.clone(),
        tls: target.tls.clone(),
    }
}

async fn lookup(address: &ForwardAddress) -> io::Result<Vec<Endpoint>> {
    match address {
        ForwardAddress::Unix(path) => Ok(vec![Endpoint::Unix(path.clone())]),
        ForwardAddress::Tcp(address) => Ok(vec![Endpoint::Tcp(*address)]),
        ForwardAddress::Dns { host, port } => {
            let found = tokio::net::lookup_host((host.as_str(), *port)).await?;
            Ok(found.map(Endpoint::Tcp).collect())
        }
    }
}

fn has_names(target: &ForwardTarget) -> bool {
    target
        .addresses
        .iter()
        .any(|address| matches!(address, ForwardAddress::Dns { .. }))
}

#[cfg(test)]
mod tests {
    use bartizan_platform::secret::Secret;

    use super::*;

    fn target(addresses: Vec<ForwardAddress>) -> ForwardTarget {
        ForwardTarget {
            addresses,
            token: Secret::new("token".to_owned()),
            tls: None,
        }
    }

    #[tokio::test]
    async fn addresses_are_taken_as_they_are_in_an_order_of_their_own() {
        let (one, two) = (([127, 0, 0, 1], 1).into(), ([127, 0, 0, 1], 2).into());
        let addresses = vec![
            ForwardAddress::Tcp(two),
            ForwardAddress::Tcp(one),
            ForwardAddress::Tcp(two),
        ];
        let forward = resolve(&target(addresses), &[]).await;
        assert_eq!(forward.endpoints, [Endpoint::Tcp(one), Endpoint::Tcp(two)]);
    }

    #[tokio::test]
    async fn a_name_that_does_not_resolve_keeps_what_is_known() {
        let known = [Endpoint::Tcp(([127, 0, 0, 1], 8081).into())];
        let name = ForwardAddress::Dns {
            host: "forward.invalid".to_owned(),
            port: 8081,
        };
        assert_eq!(resolve(&target(vec![name]), &known).await.endpoints, known);
    }

    #[tokio::test]
    async fn a_new_token_is_passed_on() {
        let (sender, targets) = watch::channel(target(Vec::new()));
        let (forward, mut followed) = watch::channel(resolve(&target(Vec::new()), &[]).await);
        let follower = follow(targets, forward);
        let changes = async {
            sender.send_modify(|target| target.token = Secret::new("new".to_owned()));
            followed.changed().await.unwrap();
            assert_eq!(followed.borrow().token.expose(), "new");
        };
        tokio::select! {
            () = follower => panic!("the follower ended"),
            () = changes => {}
        }
    }
}
