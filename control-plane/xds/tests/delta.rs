//! The role over a real connection, with a client that speaks delta ADS as Envoy does.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{sync::Arc, time::Duration};

use bartizan_platform::{drain, secret::Secret};
use bartizan_policy::{CompiledPolicy, Source, compile};
use bartizan_ports::{ForwardAddress, ForwardTarget, NodeDirectory, NodeStatus};
use bartizan_xds::{AccessLog, Config, ResourceType, WasmDelivery, bind};
use envoy_types::pb::{
    envoy::{
        config::core::v3::Node,
        service::discovery::v3::{
            DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest,
            aggregated_discovery_service_client::AggregatedDiscoveryServiceClient,
        },
    },
    google::rpc::Status as Refusal,
};
use prometheus::Registry;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming, transport::Channel};

/// Long enough for a busy machine; nothing waits for it unless it fails.
const DEADLINE: Duration = Duration::from_secs(10);
/// Long enough to be sure that nothing comes, where nothing may.
const SILENCE: Duration = Duration::from_millis(100);

/// In the order in which they are sent.
const FILTERS: [&str; 3] = ["bartizan.threat-scan", "bartizan.rate-limit", "bartizan.auth"];

struct ControlPlane {
    url: String,
    policies: watch::Sender<Arc<CompiledPolicy>>,
    targets: watch::Sender<ForwardTarget>,
    directory: Arc<dyn NodeDirectory>,
    registry: Registry,
    trigger: drain::Trigger,
    served: JoinHandle<()>,
    _filters: tempfile::TempDir,
}

struct Client {
    requests: mpsc::Sender<DeltaDiscoveryRequest>,
    responses: Streaming<DeltaDiscoveryResponse>,
}

/// A policy that concerns all three filters.
fn policy(mode: &str) -> Arc<CompiledPolicy> {
    let hash = "3d1b49bb1f1c1e9fe7e5b41b4e3a2c1f5d7e8b9a0c1d2e3f405162738495a6b7";
    let text = format!(
        "apiVersion: bartizan.dev/v1alpha1\nkind: ThreatPolicy\nmetadata: {{name: default}}\n\
         spec: {{mode: {mode}, rulePacks: []}}\n---\n\
         apiVersion: bartizan.dev/v1alpha1\nkind: Tenant\nmetadata: {{name: {mode}}}\n\
         spec: {{keys: [{{id: dev, sha256: {hash}}}]}}\n"
    );
    let source = Source {
        file: "policy.yaml".to_owned(),
        text,
    };
    Arc::new(compile(&[source]).unwrap())
}

fn target(port: u16) -> ForwardTarget {
    ForwardTarget {
        addresses: vec![ForwardAddress::Tcp(([127, 0, 0, 1], port).into())],
        token: Secret::new("token".to_owned()),
        tls: None,
    }
}

fn request(resource_type: ResourceType) -> DeltaDiscoveryRequest {
    DeltaDiscoveryRequest {
        type_url: resource_type.url().to_owned(),
        ..DeltaDiscoveryRequest::default()
    }
}

fn subscribe(resource_type: ResourceType, names: &[&str]) -> DeltaDiscoveryRequest {
    DeltaDiscoveryRequest {
        resource_names_subscribe: names.iter().map(ToString::to_string).collect(),
        ..request(resource_type)
    }
}

fn name(response: &DeltaDiscoveryResponse) -> &str {
    assert_eq!(response.resources.len(), 1, "one resource a response");
    &response.resources[0].name
}

impl ControlPlane {
    async fn start() -> Self {
        let filters = tempfile::tempdir().unwrap();
        for module in ["auth", "rate-limit", "threat-scan"] {
            std::fs::write(filters.path().join(module).with_extension("wasm"), module).unwrap();
        }
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            wasm: WasmDelivery::Inline {
                filters: filters.path().to_owned(),
            },
            envoy_listen: ([127, 0, 0, 1], 10000).into(),
            access_log: AccessLog::Off,
        };
        let (policies, feed) = watch::channel(policy("enforce"));
        let (targets, followed) = watch::channel(target(8081));
        let registry = Registry::new();
        let bound = bind(config, feed, followed, &registry).await.unwrap();
        let (trigger, watch) = drain::channel();
        Self {
            url: format!("http://{}", bound.address()),
            policies,
            targets,
            directory: bound.directory(),
            registry,
            trigger,
            served: tokio::spawn(async move { bound.serve(watch).await.unwrap() }),
            _filters: filters,
        }
    }

    async fn client(&self) -> AggregatedDiscoveryServiceClient<Channel> {
        AggregatedDiscoveryServiceClient::connect(self.url.clone())
            .await
            .unwrap()
    }

    /// Opens a stream and says who it is with its first request.
    async fn stream(&self, first: DeltaDiscoveryRequest) -> Client {
        let (requests, receiver) = mpsc::channel(16);
        let node = Node {
            id: "edge-1".to_owned(),
            cluster: "bartizan".to_owned(),
            ..Node::default()
        };
        let first = DeltaDiscoveryRequest {
            node: Some(node),
            ..first
        };
        requests.send(first).await.unwrap();
        let stream = ReceiverStream::new(receiver);
        let responses = self.client().await.delta_aggregated_resources(stream).await.unwrap();
        Client {
            requests,
            responses: responses.into_inner(),
        }
    }

    /// Waits until the directory shows what is expected.
    async fn node(&self, expected: impl Fn(&NodeStatus) -> bool) -> NodeStatus {
        let found = timeout(DEADLINE, async {
            loop {
                if let Some(node) = self.directory.nodes().into_iter().find(&expected) {
                    return node;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("{:#?}", self.directory.nodes()))
    }

    fn metric(&self, line: &str) -> bool {
        let text = prometheus::TextEncoder::new().encode_to_string(&self.registry.gather());
        text.unwrap().lines().any(|each| each == line)
    }
}

impl Client {
    async fn next(&mut self) -> DeltaDiscoveryResponse {
        let message = timeout(DEADLINE, self.responses.message()).await.expect("nothing came");
        message.unwrap().expect("the stream ended")
    }

    async fn is_silent(&mut self) -> bool {
        timeout(SILENCE, self.responses.message()).await.is_err()
    }

    async fn send(&self, request: DeltaDiscoveryRequest) {
        self.requests.send(request).await.unwrap();
    }

    async fn accept(&self, response: &DeltaDiscoveryResponse) {
        let answer = DeltaDiscoveryRequest {
            type_url: response.type_url.clone(),
            response_nonce: response.nonce.clone(),
            ..DeltaDiscoveryRequest::default()
        };
        self.send(answer).await;
    }

    async fn refuse(&self, response: &DeltaDiscoveryResponse) {
        let answer = DeltaDiscoveryRequest {
            type_url: response.type_url.clone(),
            response_nonce: response.nonce.clone(),
            error_detail: Some(Refusal {
                code: Code::Internal.into(),
                message: "Unable to create Wasm plugin".to_owned(),
                ..Refusal::default()
            }),
            ..DeltaDiscoveryRequest::default()
        };
        self.send(answer).await;
    }

    /// Receives and accepts the three filters.
    async fn accept_filters(&mut self) -> [DeltaDiscoveryResponse; 3] {
        let mut responses = Vec::new();
        for expected in FILTERS {
            let response = self.next().await;
            assert_eq!(name(&response), expected);
            self.accept(&response).await;
            responses.push(response);
        }
        responses.try_into().unwrap()
    }
}

#[tokio::test]
async fn a_client_is_given_what_it_asks_for_and_then_what_changes() {
    let control_plane = ControlPlane::start().await;
    let mut client = control_plane.stream(request(ResourceType::Cluster)).await;
    let cluster = client.next().await;
    assert_eq!(name(&cluster), "forward");
    client.accept(&cluster).await;
    client.send(subscribe(ResourceType::Filter, &FILTERS)).await;
    client.accept_filters().await;
    client.send(subscribe(ResourceType::Endpoints, &["forward"])).await;
    let endpoints = client.next().await;
    client.accept(&endpoints).await;
    let first = control_plane.node(|node| node.policy_digest.is_some()).await;
    assert_eq!(first.policy_digest.as_deref(), Some(policy("enforce").digest.as_str()));
    assert!(client.is_silent().await, "nothing changed");

    control_plane.policies.send_replace(policy("audit"));
    client.accept_filters().await;
    control_plane
        .node(|node| node.policy_digest.as_deref() == Some(policy("audit").digest.as_str()))
        .await;
    assert!(client.is_silent().await, "only the filters changed");

    control_plane.targets.send_replace(target(8082));
    let moved = client.next().await;
    assert_eq!(moved.type_url, ResourceType::Endpoints.url());
    assert_ne!(moved.resources[0].version, endpoints.resources[0].version);
    assert!(control_plane.metric("bartizan_xds_connected_nodes 1"));
    assert!(control_plane.metric("bartizan_xds_pushes_total{type=\"TypedExtensionConfig\"} 6"));
    assert!(control_plane.metric("bartizan_xds_acks_total{type=\"TypedExtensionConfig\"} 6"));
}

#[tokio::test]
async fn a_refusal_is_shown_and_its_content_not_sent_again_even_on_a_new_stream() {
    let control_plane = ControlPlane::start().await;
    let mut client = control_plane
        .stream(subscribe(ResourceType::Filter, &FILTERS[..1]))
        .await;
    let good = client.next().await;
    client.accept(&good).await;
    control_plane.policies.send_replace(policy("audit"));
    let bad = client.next().await;
    client.refuse(&bad).await;
    let node = control_plane
        .node(|node| node.resources.iter().any(|resource| resource.rejected.is_some()))
        .await;
    let [filter] = node.resources.as_slice() else {
        panic!("{:?}", node.resources);
    };
    let rejection = filter.rejected.as_ref().unwrap();
    assert_eq!(rejection.version, bad.resources[0].version);
    assert_eq!(rejection.message, "Unable to create Wasm plugin");
    assert_eq!(filter.acknowledged.as_ref(), Some(&good.resources[0].version));
    assert!(control_plane.metric("bartizan_xds_nacks_total{type=\"TypedExtensionConfig\"} 1"));
    assert!(client.is_silent().await);

    drop(client);
    control_plane.node(|node| !node.connected).await;
    let mut again = subscribe(ResourceType::Filter, &FILTERS[..1]);
    let kept = (FILTERS[0].to_owned(), good.resources[0].version.clone());
    again.initial_resource_versions = [kept].into();
    let mut client = control_plane.stream(again).await;
    control_plane.node(|node| node.connected).await;
    assert!(client.is_silent().await, "refused before");
    control_plane.policies.send_replace(policy("off"));
    assert_eq!(name(&client.next().await), FILTERS[0]);
}

#[tokio::test]
async fn a_client_that_breaks_the_protocol_is_told_how() {
    let control_plane = ControlPlane::start().await;
    let mut client = control_plane.client().await;

    let sotw = client
        .stream_aggregated_resources(tokio_stream::empty::<DiscoveryRequest>())
        .await;
    let status = sotw.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(status.message().contains("DELTA_GRPC"), "{}", status.message());

    let nameless = tokio_stream::once(request(ResourceType::Cluster));
    let mut stream = client.delta_aggregated_resources(nameless).await.unwrap().into_inner();
    let status = timeout(DEADLINE, stream.message()).await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("node.id"), "{}", status.message());

    let names: Vec<String> = (0..2000).map(|index| index.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut greedy = control_plane.stream(subscribe(ResourceType::Secret, &names)).await;
    let status = timeout(DEADLINE, greedy.responses.message())
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(control_plane.metric("bartizan_xds_refused_streams_total 2"));
}

#[tokio::test]
async fn a_type_that_is_not_served_does_not_disturb_the_others() {
    let control_plane = ControlPlane::start().await;
    let runtime = DeltaDiscoveryRequest {
        type_url: "type.googleapis.com/envoy.service.runtime.v3.Runtime".to_owned(),
        ..DeltaDiscoveryRequest::default()
    };
    let mut client = control_plane.stream(runtime).await;
    client.send(request(ResourceType::Listener)).await;
    assert_eq!(name(&client.next().await), "bartizan");
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_nobody_up() {
    let control_plane = ControlPlane::start().await;
    let _deaf = control_plane.stream(subscribe(ResourceType::Filter, &FILTERS)).await;
    control_plane.node(|node| node.connected).await;
    let mut client = control_plane.stream(subscribe(ResourceType::Filter, &FILTERS)).await;
    for mode in ["audit", "off", "enforce"] {
        client.accept_filters().await;
        control_plane.policies.send_replace(policy(mode));
    }
    client.accept_filters().await;
}

#[tokio::test]
async fn draining_ends_every_stream() {
    let control_plane = ControlPlane::start().await;
    let mut client = control_plane.stream(request(ResourceType::Cluster)).await;
    client.next().await;
    assert_eq!(control_plane.trigger.drain(DEADLINE).await, drain::Drained::All);
    assert!(
        timeout(DEADLINE, client.responses.message())
            .await
            .unwrap()
            .unwrap()
            .is_none()
    );
    control_plane.served.await.unwrap();
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let filters = tempfile::tempdir().unwrap();
    for module in ["auth", "rate-limit", "threat-scan"] {
        std::fs::write(filters.path().join(module).with_extension("wasm"), module).unwrap();
    }
    let config = Config {
        listen: taken.local_addr().unwrap(),
        wasm: WasmDelivery::Inline {
            filters: filters.path().to_owned(),
        },
        envoy_listen: ([127, 0, 0, 1], 10000).into(),
        access_log: AccessLog::Off,
    };
    let (_policies, feed) = watch::channel(policy("enforce"));
    let (_targets, followed) = watch::channel(target(8081));
    let error = bind(config, feed, followed, &Registry::new()).await.unwrap_err();
    assert!(
        error.to_string().contains(&taken.local_addr().unwrap().to_string()),
        "{error}"
    );
}
