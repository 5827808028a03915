//! A forwarder on a socket of its own, and the part of Envoy.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bartizan_forward::{Config, ForwardListen, Jobs, bind};
use bartizan_platform::{drain, secret::Secret};
use bartizan_policy::{CompiledPolicy, Source, compile};
use bartizan_ports::AnswerCache;
use bartizan_store::MemoryCache;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, request};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prometheus::Registry;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::UnixStream,
    sync::watch,
    task::JoinHandle,
};

pub(crate) const TOKEN: &str = "edge-token-of-this-test";
pub(crate) const CREDENTIAL: &str = "sk-planted-secret-0123456789";
/// Longer than anything here takes, shorter than a test run may hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const BASE: &str = "
apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {name: acme}
spec: {}
---
apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {name: narrow}
spec: {models: ['sandbox-ch*', 'other-*']}
---
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec: {mode: enforce, rulePacks: []}
---
apiVersion: bartizan.dev/v1alpha1
kind: Provider
metadata: {name: sandbox}
spec: {type: sandbox, retry: {numRetries: 0}, circuitBreaker: {failures: 0}}
";

pub(crate) fn model(name: &str, provider: &str, upstream_model: &str) -> String {
    format!(
        "---\napiVersion: bartizan.dev/v1alpha1\nkind: Model\nmetadata: {{name: {name}}}\n\
         spec: {{provider: {provider}, upstreamModel: {upstream_model}}}\n"
    )
}

pub(crate) fn provider(name: &str, spec: &str) -> String {
    format!("---\napiVersion: bartizan.dev/v1alpha1\nkind: Provider\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n")
}

/// The sandbox with all its models.
pub(crate) fn sandbox() -> String {
    let names = [
        "chat",
        "echo",
        "long",
        "slow-first-token",
        "slow-stream",
        "rate-limited",
        "error",
        "cut",
        "garbage",
        "huge",
    ];
    names
        .map(|name| model(&format!("sandbox-{name}"), "sandbox", &format!("sandbox-{name}")))
        .concat()
}

pub(crate) fn policy(documents: &str) -> CompiledPolicy {
    let source = Source {
        file: "test.yaml".to_owned(),
        text: format!("{BASE}{documents}"),
    };
    compile(&[source]).unwrap()
}

pub(crate) struct Forwarder {
    pub(crate) registry: Registry,
    pub(crate) publish: watch::Sender<Arc<CompiledPolicy>>,
    pub(crate) trigger: drain::Trigger,
    pub(crate) serving: JoinHandle<()>,
    pub(crate) envoy: Envoy,
    directory: tempfile::TempDir,
}

impl Forwarder {
    pub(crate) async fn start(documents: &str) -> Self {
        Self::with(policy(documents)).await
    }

    pub(crate) async fn with(policy: CompiledPolicy) -> Self {
        Self::within(policy, &[]).await
    }

    /// With more variables in its environment.
    pub(crate) async fn within(policy: CompiledPolicy, variables: &[(&str, &str)]) -> Self {
        Self::keeping(policy, variables, Arc::new(MemoryCache::new(1 << 20))).await
    }

    /// With a cache of its own.
    pub(crate) async fn keeping(
        policy: CompiledPolicy,
        variables: &[(&str, &str)],
        cache: Arc<dyn AnswerCache>,
    ) -> Self {
        Self::serving(policy, variables, cache, None).await
    }

    /// With jobs.
    pub(crate) async fn with_jobs(policy: CompiledPolicy, jobs: Jobs) -> Self {
        Self::serving(policy, &[], Arc::new(MemoryCache::new(1 << 20)), Some(jobs)).await
    }

    async fn serving(
        policy: CompiledPolicy,
        variables: &[(&str, &str)],
        cache: Arc<dyn AnswerCache>,
        jobs: Option<Jobs>,
    ) -> Self {
        let mut environment = HashMap::from([("PLANTED".to_owned(), Secret::new(CREDENTIAL.to_owned()))]);
        for (name, value) in variables {
            environment.insert((*name).to_owned(), Secret::new((*value).to_owned()));
        }
        let directory = tempfile::tempdir().unwrap();
        let registry = Registry::new();
        let (publish, feed) = watch::channel(Arc::new(policy));
        let config = Config {
            listen: ForwardListen::Unix(socket(directory.path())),
            token: Secret::new(TOKEN.to_owned()),
            environment: Arc::new(environment),
            cache: Some(cache),
            jobs,
        };
        let bound = bind(config, feed, &registry).await.unwrap();
        let (trigger, watch) = drain::channel();
        let serving = tokio::spawn(bound.serve(watch));
        let envoy = Envoy::connect(&socket(directory.path())).await;
        Self {
            registry,
            publish,
            trigger,
            serving,
            envoy,
            directory,
        }
    }

    pub(crate) async fn connect(&self) -> Envoy {
        Envoy::connect(&self.socket()).await
    }

    pub(crate) fn socket(&self) -> PathBuf {
        socket(self.directory.path())
    }

    /// The value of a counter or gauge, by the values of its labels.
    pub(crate) fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name);
        let metrics = family.map(|family| family.get_metric()).unwrap_or_default();
        let wanted = metrics.iter().find(|metric| {
            let values: Vec<&str> = metric.get_label().iter().map(|label| label.value()).collect();
            labels.iter().all(|label| values.contains(label))
        });
        wanted.map_or(0.0, |metric| {
            metric.get_counter().get_value() + metric.get_gauge().get_value()
        })
    }

    /// Waits until a metric has a value.
    pub(crate) async fn metric_becomes(&self, name: &str, labels: &[&str], value: f64) {
        eventually(&format!("{name} {labels:?} = {value}"), || {
            self.metric(name, labels) == value
        })
        .await;
    }
}

fn socket(directory: &Path) -> PathBuf {
    directory.join("run").join("forward.sock")
}

/// Polls a condition until it holds.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Sends what Envoy would.
#[derive(Clone)]
pub(crate) struct Envoy {
    sender: http2::SendRequest<Full<Bytes>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: HeaderMap,
}

impl Envoy {
    async fn connect(socket: &Path) -> Self {
        Self::over(UnixStream::connect(socket).await.unwrap()).await
    }

    pub(crate) async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        Self { sender }
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        let mut sender = self.sender.clone();
        tokio::time::timeout(PATIENCE, sender.send_request(request))
            .await
            .unwrap()
            .unwrap()
    }

    /// Whether a request is answered at all, however.
    pub(crate) async fn is_answered(&self) -> bool {
        let request = Request::get("http://forward/").body(Full::default()).unwrap();
        self.sender.clone().send_request(request).await.is_ok()
    }

    pub(crate) async fn answer(&self, request: Request<Full<Bytes>>) -> Answer {
        let (head, body) = self.send(request).await.into_parts();
        let body = tokio::time::timeout(PATIENCE, body.collect()).await.unwrap().unwrap();
        Answer {
            status: head.status,
            headers: head.headers,
            trailers: body.trailers().cloned().unwrap_or_default(),
            body: body.to_bytes(),
        }
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        self.answer(post(path).body(Full::new(body.into())).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.answer(admitted("GET", path).body(Full::default()).unwrap()).await
    }
}

/// A request as the filters would have let it through.
pub(crate) fn admitted(method: &str, path: &str) -> request::Builder {
    Request::builder()
        .method(method)
        .uri(format!("http://forward{path}"))
        .header("x-bartizan-edge", TOKEN)
        .header("x-bartizan-tenant", "acme")
        .header("x-request-id", "req-test-1")
}

pub(crate) fn post(path: &str) -> request::Builder {
    admitted("POST", path).header("content-type", "application/json")
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The usage, which is in the header of whole answers and in the trailer of streams; never in both.
    pub(crate) fn usage(&self) -> &str {
        let values: Vec<_> = [&self.headers, &self.trailers]
            .into_iter()
            .flat_map(|headers| headers.get_all("x-bartizan-usage"))
            .collect();
        match values.as_slice() {
            [value] => value.to_str().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Checks the envelope of an error in the dialect of the path.
    pub(crate) fn assert_error(&self, path: &str, status: u16, code: &str) {
        assert_eq!(self.status, status, "{path}: {}", self.text());
        assert_eq!(self.header("content-type"), "application/json", "{path}");
        assert_eq!(self.usage(), "input=0, output=0", "{path}");
        assert_envelope(&self.json(), path, code);
    }
}

pub(crate) fn assert_envelope(error: &Value, path: &str, code: &str) {
    let reason = bartizan_verdict::Reason::ALL
        .iter()
        .find(|reason| reason.code() == code)
        .unwrap();
    if path.starts_with("/v1/messages") {
        assert_eq!(error["type"], "error", "{error}");
        assert_eq!(error["request_id"], "req-test-1", "{error}");
        let kind = reason.error_type(bartizan_verdict::Dialect::Anthropic);
        assert_eq!(error["error"]["type"], kind, "{error}");
    } else if path.starts_with("/mcp") {
        assert_eq!(error["jsonrpc"], "2.0", "{error}");
        assert_eq!(error["error"]["data"]["code"], code, "{error}");
        assert_eq!(error["error"]["data"]["request_id"], "req-test-1", "{error}");
    } else {
        assert_eq!(error["error"]["code"], code, "{error}");
    }
}

/// The same chat in both dialects.
pub(crate) fn chats(model: &str, more: &str) -> [(&'static str, String); 2] {
    let messages = r#""messages":[{"role":"user","content":"tell me a word"}]"#;
    [
        (
            "/v1/chat/completions",
            format!(r#"{{"model":"{model}",{more}{messages}}}"#),
        ),
        (
            "/v1/messages",
            format!(r#"{{"model":"{model}","max_tokens":100,{more}{messages}}}"#),
        ),
    ]
}

/// The data of every event of a stream.
pub(crate) fn events(body: &str) -> Vec<&str> {
    let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
    data.collect()
}
