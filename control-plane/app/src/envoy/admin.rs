use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio::time::{self, Instant};

use crate::http;

/// How long one answer of Envoy's admin may take.
const ANSWER_WAIT: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(10);

/// Envoy's own admin, as far as it is needed here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnvoyAdmin {
    address: SocketAddr,
}

#[derive(Deserialize)]
struct Listeners {
    #[serde(default)]
    listener_statuses: Vec<ListenerStatus>,
}

#[derive(Deserialize)]
struct ListenerStatus {
    name: String,
    local_address: Address,
}

#[derive(Deserialize)]
struct Address {
    socket_address: SocketAddress,
}

#[derive(Deserialize)]
struct SocketAddress {
    address: std::net::IpAddr,
    port_value: u16,
}

#[derive(Deserialize)]
struct Clusters {
    #[serde(default)]
    cluster_statuses: Vec<ClusterStatus>,
}

#[derive(Deserialize)]
struct ClusterStatus {
    name: String,
    #[serde(default)]
    host_statuses: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct ServerInfo {
    version: String,
    #[serde(default)]
    node: Node,
}

#[derive(Default, Deserialize)]
struct Node {
    #[serde(default)]
    cluster: String,
}

// === impl EnvoyAdmin ===

impl EnvoyAdmin {
    pub(crate) const fn new(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Waits until Envoy has written its admin's address into a file, as `--admin-address-path` has it do.
    pub(crate) async fn at(file: PathBuf) -> Self {
        loop {
            let address = fs::read_to_string(&file).unwrap_or_default();
            if let Ok(address) = address.trim().parse() {
                return Self { address };
            }
            time::sleep(LOOK).await;
        }
    }

    pub(crate) const fn address(self) -> SocketAddr {
        self.address
    }

    /// The bound address of the listener of that name, once it takes connections.
    pub(crate) async fn listener(self, name: &str) -> Result<Option<SocketAddr>> {
        let listeners: Listeners = self.get("/listeners?format=json").await?;
        let found = listeners
            .listener_statuses
            .into_iter()
            .find(|status| status.name == name);
        Ok(found.map(|status| {
            let address = status.local_address.socket_address;
            (address.address, address.port_value).into()
        }))
    }

    /// Whether the cluster of that name has an endpoint.
    pub(crate) async fn has_endpoint(self, cluster: &str) -> Result<bool> {
        let clusters: Clusters = self.get("/clusters?format=json").await?;
        let found = clusters.cluster_statuses.iter().find(|status| status.name == cluster);
        Ok(found.is_some_and(|status| !status.host_statuses.is_empty()))
    }

    /// Which cluster the Envoy says it belongs to.
    pub(crate) async fn node_cluster(self) -> Result<String> {
        let info: ServerInfo = self.get("/server_info").await?;
        Ok(info.node.cluster)
    }

    /// The version, such as `1.40.0`.
    pub(crate) async fn version(self) -> Result<String> {
        let info: ServerInfo = self.get("/server_info").await?;
        // commit/version/status/build/ssl
        Ok(info.version.split('/').nth(1).unwrap_or("unknown").to_owned())
    }

    /// Stops taking requests and waits until none is under way, for at most `deadline`.
    ///
    /// 1. Fails health checks and asks clients, answer by answer, to close their connections.
    /// 2. While requests are still coming at half of the deadline, takes no new connections.
    pub(crate) async fn drain(self, deadline: Duration) {
        let end = Instant::now() + deadline;
        for path in ["/healthcheck/fail", "/drain_listeners?graceful"] {
            if let Err(error) = self.post(path).await {
                tracing::warn!(error = format!("{error:#}"), "Envoy cannot be asked to drain");
            }
        }
        if self.idle_by(end - deadline / 2).await {
            return;
        }
        if let Err(error) = self.post("/drain_listeners").await {
            tracing::warn!(
                error = format!("{error:#}"),
                "Envoy cannot be asked to close its listeners"
            );
        }
        if !self.idle_by(end).await {
            tracing::warn!("requests were still under way at the drain deadline; they are cut");
        }
    }

    async fn idle_by(self, end: Instant) -> bool {
        while Instant::now() < end {
            match self.active_requests().await {
                Ok(0) => return true,
                Ok(active) => tracing::debug!(active, "draining"),
                Err(error) => tracing::warn!(error = format!("{error:#}"), "Envoy does not tell its active requests"),
            }
            time::sleep(LOOK).await;
        }
        false
    }

    /// Requests under way on every listener but the admin.
    async fn active_requests(self) -> Result<u64> {
        let answer = http::get(self.address, "/stats?filter=downstream_rq_active$", ANSWER_WAIT).await?;
        Ok(sum_active(&answer.text()))
    }

    /// Ends the process.
    pub(crate) async fn quit(self) -> Result<()> {
        self.post("/quitquitquit").await
    }

    async fn get<T: for<'de> Deserialize<'de>>(self, path: &str) -> Result<T> {
        let answer = http::get(self.address, path, ANSWER_WAIT).await?;
        ensure!(
            answer.status == 200,
            "status {} from http://{}{path}",
            answer.status,
            self.address
        );
        serde_json::from_slice(&answer.body).with_context(|| format!("http://{}{path} is not understood", self.address))
    }

    async fn post(self, path: &str) -> Result<()> {
        let answer = http::post(self.address, path, ANSWER_WAIT).await?;
        ensure!(
            answer.status == 200,
            "status {} from http://{}{path}",
            answer.status,
            self.address
        );
        Ok(())
    }
}

fn sum_active(stats: &str) -> u64 {
    stats
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| name.starts_with("http.") && !name.starts_with("http.admin."))
        .filter_map(|(_, value)| value.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_to_the_admin_are_not_counted() {
        let stats = "cluster.forward.upstream_rq_active: 9\n\
                     http.admin.downstream_rq_active: 1\n\
                     http.bartizan.downstream_rq_active: 3\n\
                     http.other.downstream_rq_active: 2\n\
                     http.bartizan.downstream_rq_time: No recorded values\n";
        assert_eq!(sum_active(stats), 5);
        assert_eq!(sum_active(""), 0);
    }

    #[test]
    fn a_listener_is_read_as_envoy_writes_it() {
        let text = r#"{"listener_statuses":[{"name":"bartizan","local_address":{"socket_address":
            {"address":"127.0.0.1","port_value":10000}}}]}"#;
        let listeners: Listeners = serde_json::from_str(text).unwrap();
        let address = &listeners.listener_statuses[0].local_address.socket_address;
        assert_eq!(
            (address.address.to_string().as_str(), address.port_value),
            ("127.0.0.1", 10000)
        );
        assert!(
            serde_json::from_str::<Listeners>("{}")
                .unwrap()
                .listener_statuses
                .is_empty()
        );
    }
}
