//! The thin layer between gRPC and [`Session`].
//!
//! Each stream is a state that moves on only when the client takes what it is sent: a client that does not read is not
//! listened to either, so no stream can make this process hold more than one response.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use bartizan_platform::drain;
use envoy_types::pb::envoy::{
    config::core::v3::{ControlPlane, Node, node::UserAgentVersionType},
    service::discovery::v3::{
        self as discovery, DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse,
        aggregated_discovery_service_server::{AggregatedDiscoveryService, AggregatedDiscoveryServiceServer},
    },
};
use futures_util::stream::{self, Stream, StreamExt};
use jiff::Timestamp;
use tokio::sync::watch;
use tonic::{Code, Response, Status, Streaming, transport::Server};

use crate::{
    directory::{Directory, Identity, StreamNumber},
    metrics::Metrics,
    resource::{ResourceType, Snapshot},
    session::{self, Change, MAX_NAME_LENGTH, Outcome, Receipt, Request, Session},
};

/// Largest request, in bytes. An Envoy's description of itself takes some 60 KB.
const MAX_REQUEST: usize = 4 << 20;
/// Finds out that an Envoy's machine is gone.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// An Envoy needs one stream.
const STREAMS_PER_CONNECTION: u32 = 8;

/// Serves every Envoy.
#[derive(Clone, Debug)]
pub(crate) struct Discovery {
    pub(crate) snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) metrics: Metrics,
    pub(crate) watch: drain::Watch,
}

/// One Envoy's stream, once it has said who it is.
struct Peer {
    id: String,
    number: StreamNumber,
    session: Session,
    sent_at: HashMap<String, Instant>,
    discovery: Discovery,
}

/// One stream.
struct Conversation {
    requests: Streaming<DeltaDiscoveryRequest>,
    peer: Option<Peer>,
    discovery: Discovery,
}

/// What made a stream move.
enum Event {
    Request(Box<DeltaDiscoveryRequest>),
    Snapshot,
    /// The client left, or this process is about to.
    End,
}

type Responses = Pin<Box<dyn Stream<Item = Result<DeltaDiscoveryResponse, Status>> + Send>>;

/// The server, ready to be given connections.
pub(crate) fn server(discovery: Discovery) -> tonic::transport::server::Router {
    let service = AggregatedDiscoveryServiceServer::new(discovery).max_decoding_message_size(MAX_REQUEST);
    Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .add_service(service)
}

// === impl Discovery ===

#[tonic::async_trait]
impl AggregatedDiscoveryService for Discovery {
    type StreamAggregatedResourcesStream = stream::Empty<Result<DiscoveryResponse, Status>>;
    type DeltaAggregatedResourcesStream = Responses;

    async fn stream_aggregated_resources(
        &self,
        _request: tonic::Request<Streaming<DiscoveryRequest>>,
    ) -> Result<Response<Self::StreamAggregatedResourcesStream>, Status> {
        Err(Status::unimplemented(
            "this control plane speaks delta xDS only: set api_type to DELTA_GRPC in the bootstrap's ads_config, or \
             print a bootstrap with `bartizan bootstrap`",
        ))
    }

    async fn delta_aggregated_resources(
        &self,
        request: tonic::Request<Streaming<DeltaDiscoveryRequest>>,
    ) -> Result<Response<Self::DeltaAggregatedResourcesStream>, Status> {
        let conversation = Conversation {
            requests: request.into_inner(),
            peer: None,
            discovery: self.clone(),
        };
        let responses = stream::unfold(Some(conversation), |conversation| async {
            let mut conversation = conversation?;
            match conversation.advance().await {
                Ok(Some(response)) => Some((Ok(response), Some(conversation))),
                Ok(None) => None,
                Err(status) => Some((Err(conversation.refused(status)), None)),
            }
        });
        Ok(Response::new(responses.boxed()))
    }
}

// === impl Conversation ===

impl Conversation {
    /// Waits for the next thing to say; `None` when the stream is over.
    async fn advance(&mut self) -> Result<Option<DeltaDiscoveryResponse>, Status> {
        loop {
            // Marks the snapshot as seen, so that only a newer one wakes the stream again.
            let snapshot = Arc::clone(&self.discovery.snapshots.borrow_and_update());
            if let Some(response) = self.peer.as_mut().and_then(|peer| peer.next(&snapshot)) {
                return Ok(Some(response));
            }
            match self.event().await? {
                Event::Request(request) => self.receive(*request)?,
                Event::Snapshot => {}
                Event::End => return Ok(None),
            }
        }
    }

    async fn event(&mut self) -> Result<Event, Status> {
        tokio::select! {
            biased;
            _ = self.discovery.watch.signaled() => Ok(Event::End),
            request = self.requests.message() => match request {
                Ok(Some(request)) => Ok(Event::Request(Box::new(request))),
                Ok(None) => Ok(Event::End),
                // An Envoy that stops, or loses its network, breaks its stream off.
                Err(status) if matches!(status.code(), Code::Cancelled | Code::Unknown | Code::Unavailable) => {
                    Ok(Event::End)
                }
                Err(status) => Err(status),
            },
            changed = self.discovery.snapshots.changed() => Ok(match changed {
                Ok(()) => Event::Snapshot,
                Err(_) => Event::End,
            }),
        }
    }

    fn receive(&mut self, message: DeltaDiscoveryRequest) -> Result<(), Status> {
        let (node, request) = parse(message);
        let peer = match &mut self.peer {
            Some(peer) => peer,
            // The protocol: later requests of a stream need not say again which node it is.
            None => self.peer.insert(Peer::connect(node, &self.discovery)?),
        };
        match request {
            Ok(request) => peer.receive(request),
            Err(type_url) => {
                tracing::warn!(node = %peer.id, type_url = %shortened(&type_url), "an Envoy asked for a type of resource that is not served");
                Ok(())
            }
        }
    }

    fn refused(&self, status: Status) -> Status {
        self.discovery.metrics.refused_stream();
        let node = self.peer.as_ref().map_or("unknown", |peer| &peer.id);
        tracing::warn!(%node, code = ?status.code(), reason = status.message(), "xds stream refused");
        status
    }
}

// === impl Peer ===

impl Peer {
    fn connect(node: Option<Node>, discovery: &Discovery) -> Result<Self, Status> {
        let identity = identity(node)?;
        let id = identity.id.clone();
        tracing::info!(node = %id, cluster = %identity.cluster, version = ?identity.envoy_version, "envoy connected");
        let (number, refusals) = discovery
            .directory
            .connect(identity)
            .map_err(|full| Status::resource_exhausted(full.to_string()))?;
        discovery.metrics.connected();
        Ok(Self {
            id,
            number,
            session: Session::new(refusals),
            sent_at: HashMap::new(),
            discovery: discovery.clone(),
        })
    }

    fn receive(&mut self, request: Request) -> Result<(), Status> {
        let receipt = self
            .session
            .receive(request, Timestamp::now())
            .map_err(|error| Status::resource_exhausted(error.to_string()))?;
        if let Some(receipt) = receipt {
            self.record(&receipt);
        }
        self.discovery
            .directory
            .update(&self.id, self.number, self.session.holdings());
        Ok(())
    }

    fn next(&mut self, snapshot: &Snapshot) -> Option<DeltaDiscoveryResponse> {
        let response = self.session.next(snapshot)?;
        self.sent_at.insert(response.nonce.clone(), Instant::now());
        self.discovery.metrics.pushed(response.resource_type);
        self.discovery
            .directory
            .update(&self.id, self.number, self.session.holdings());
        Some(encode(response, snapshot))
    }

    fn record(&mut self, receipt: &Receipt) {
        let after = self.sent_at.remove(&receipt.nonce).map(|sent| sent.elapsed());
        let resource_type = receipt.resource_type;
        match &receipt.outcome {
            Outcome::Accepted => self.discovery.metrics.accepted(resource_type, after),
            Outcome::Rejected(rejection) => {
                self.discovery.metrics.rejected(resource_type);
                tracing::warn!(
                    node = %self.id,
                    resource_type = resource_type.short_name(),
                    resource = %receipt.name,
                    version = %rejection.version,
                    reason = %rejection.message,
                    "envoy refused a resource and keeps what it had",
                );
            }
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.discovery.directory.disconnect(&self.id, self.number);
        self.discovery.metrics.disconnected();
        tracing::info!(node = %self.id, "envoy disconnected");
    }
}

fn identity(node: Option<Node>) -> Result<Identity, Status> {
    let node = node.filter(|node| !node.id.is_empty()).ok_or_else(|| {
        Status::invalid_argument("the first request must carry a node with an id: set node.id in the bootstrap")
    })?;
    if node.id.len().max(node.cluster.len()) > MAX_NAME_LENGTH {
        return Err(Status::invalid_argument(format!(
            "node.id and node.cluster may have {MAX_NAME_LENGTH} bytes at most"
        )));
    }
    let envoy_version = node.user_agent_version_type.and_then(|version| match version {
        UserAgentVersionType::UserAgentVersion(text) => Some(text).filter(|text| text.len() <= MAX_NAME_LENGTH),
        UserAgentVersionType::UserAgentBuildVersion(build) => build
            .version
            .map(|version| format!("{}.{}.{}", version.major_number, version.minor_number, version.patch)),
    });
    Ok(Identity {
        id: node.id,
        cluster: node.cluster,
        envoy_version,
    })
}

/// The node and the request in a message, or the type URL that is not served.
fn parse(message: DeltaDiscoveryRequest) -> (Option<Node>, Result<Request, String>) {
    let Some(resource_type) = ResourceType::of_url(&message.type_url) else {
        return (message.node, Err(message.type_url));
    };
    let request = Request {
        resource_type,
        subscribe: message.resource_names_subscribe,
        unsubscribe: message.resource_names_unsubscribe,
        initial_versions: message.initial_resource_versions.into_iter().collect(),
        nonce: message.response_nonce,
        error: message.error_detail.map(|status| status.message),
    };
    (message.node, Ok(request))
}

/// What a client sent, fit for a log line.
fn shortened(text: &str) -> String {
    text.chars().take(MAX_NAME_LENGTH).collect()
}

fn encode(response: session::Response, snapshot: &Snapshot) -> DeltaDiscoveryResponse {
    let (resources, removed_resources) = match response.change {
        Change::Update(resource) => {
            let message = discovery::Resource {
                name: resource.name().to_owned(),
                version: resource.version().to_owned(),
                resource: Some(resource.body().clone()),
                ..discovery::Resource::default()
            };
            (vec![message], Vec::new())
        }
        Change::Remove(name) => (Vec::new(), vec![name]),
    };
    DeltaDiscoveryResponse {
        // Of no use to the protocol; it shows in Envoy's config dump.
        system_version_info: snapshot.policy_digest().to_owned(),
        resources,
        removed_resources,
        type_url: response.resource_type.url().to_owned(),
        nonce: response.nonce,
        control_plane: Some(ControlPlane {
            identifier: "bartizan".to_owned(),
        }),
        ..DeltaDiscoveryResponse::default()
    }
}
