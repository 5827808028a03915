//! What is told of requests: prices in the usage header, spans and metrics to a collector of this test's own.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{KeyValue, any_value::Value as AnyValue},
    metrics::v1::metric::Data,
    trace::v1::Span,
};
use prost::Message;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use super::{
    support::{Forwarder, PATIENCE, eventually, model, policy, post, sandbox},
    upstream::{Step, Upstream, chunk, stream_head, whole},
};

const CHAT: &str = "/v1/chat/completions";
const JSON: &str = "content-type: application/json\r\n";
const PRICES: &str = "---
apiVersion: bartizan.dev/v1alpha1
kind: PriceList
metadata: {name: default}
spec:
  currency: USD
  prices:
  - {provider: 'openai-*', model: 'real-*', input: 2.5, cachedInput: 1.25, output: 10}
";
const ANSWER: &str = r#"{"id":"chatcmpl-7","model":"real-model-0613","choices":[{"message":{"content":"planted words"},
    "finish_reason":"stop"}],"usage":{"prompt_tokens":100,"prompt_tokens_details":{"cached_tokens":60},
    "completion_tokens":10,"completion_tokens_details":{"reasoning_tokens":4}}}"#;

/// A metric's name, its attributes, and the sum of it.
type Point = (String, BTreeMap<String, String>, f64);

/// What a collector was sent.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
    metrics: Arc<Mutex<Vec<Point>>>,
    services: Arc<Mutex<Vec<String>>>,
    raw: Arc<Mutex<Vec<u8>>>,
}

impl Collector {
    async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self::default();
        let serving = collector.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        (collector, address)
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        while stream.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
            let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .unwrap();
            let body = &bytes[end + 4..];
            if body.len() < length.parse().unwrap() {
                continue;
            }
            self.raw.lock().unwrap().extend_from_slice(body);
            if head.starts_with("POST /v1/traces ") {
                self.take_spans(&ExportTraceServiceRequest::decode(body).unwrap());
            } else {
                assert!(head.starts_with("POST /v1/metrics "), "{head}");
                self.take_metrics(ExportMetricsServiceRequest::decode(body).unwrap());
            }
            stream
                .write_all(&whole("200 OK", "content-type: application/x-protobuf\r\n", ""))
                .await
                .unwrap();
            bytes.clear();
        }
    }

    fn take_spans(&self, request: &ExportTraceServiceRequest) {
        for resource in &request.resource_spans {
            let attributes = attributes(&resource.resource.as_ref().unwrap().attributes);
            self.services.lock().unwrap().push(attributes["service.name"].clone());
            for scope in &resource.scope_spans {
                self.spans.lock().unwrap().extend(scope.spans.iter().cloned());
            }
        }
    }

    fn take_metrics(&self, request: ExportMetricsServiceRequest) {
        let scopes = request
            .resource_metrics
            .into_iter()
            .flat_map(|resource| resource.scope_metrics);
        for metric in scopes.flat_map(|scope| scope.metrics) {
            let Some(Data::Histogram(histogram)) = metric.data else {
                panic!("{} is no histogram", metric.name);
            };
            for point in histogram.data_points {
                assert!(point.explicit_bounds.len() == 14, "{:?}", point.explicit_bounds);
                let found = (metric.name.clone(), attributes(&point.attributes), point.sum.unwrap());
                self.metrics.lock().unwrap().push(found);
            }
        }
    }

    fn span(&self, name: &str) -> Option<Span> {
        self.spans
            .lock()
            .unwrap()
            .iter()
            .find(|span| span.name == name)
            .cloned()
    }
}

fn attributes(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &AnyValue| match value {
        AnyValue::StringValue(text) => text.clone(),
        AnyValue::IntValue(number) => number.to_string(),
        AnyValue::DoubleValue(_) => "seconds".to_owned(),
        AnyValue::BoolValue(is) => is.to_string(),
        AnyValue::ArrayValue(array) => format!(
            "{:?}",
            array
                .values
                .iter()
                .map(|value| format!("{:?}", value.value))
                .collect::<Vec<_>>()
        ),
        other => panic!("{other:?}"),
    };
    let pairs = attributes.iter().map(|pair| {
        let value = pair.value.as_ref().and_then(|value| value.value.as_ref()).unwrap();
        (pair.key.clone(), text(value))
    });
    pairs.collect()
}

async fn start(documents: &str, collector: &str) -> Forwarder {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector),
        ("OTEL_SERVICE_NAME", "edge-of-this-test"),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
    ];
    Forwarder::within(policy(&format!("{documents}{PRICES}")), &variables).await
}

#[tokio::test]
async fn every_answer_tells_its_cost_and_metrics_add_it_up() {
    let upstream = Upstream::answering("200 OK", JSON, ANSWER).await;
    let documents = format!(
        "{}{}{PRICES}",
        upstream.documents(),
        model("free", "openai-there", "unpriced")
    );
    let forwarder = Forwarder::start(&documents).await;
    let answer = forwarder.envoy.post(CHAT, r#"{"model":"m-openai"}"#).await;
    // 40 * 2.5 + 60 * 1.25 + 10 * 10 micro-units.
    assert_eq!(answer.usage(), "input=100, output=10, cached=60, reasoning=4, cost=275");
    let free = forwarder.envoy.post(CHAT, r#"{"model":"free"}"#).await;
    assert_eq!(free.usage(), "input=100, output=10, cached=60, reasoning=4");
    let metric = |name: &str, labels: &[&str]| forwarder.metric(name, labels);
    assert_eq!(
        metric(
            "bartizan_forward_cost_micros_total",
            &["reported", "m-openai", "openai-there"]
        ),
        275.0
    );
    assert_eq!(
        metric("bartizan_forward_token_parts_total", &["cached", "openai-there"]),
        120.0
    );
    assert_eq!(
        metric("bartizan_forward_unpriced_requests_total", &["openai-there"]),
        1.0
    );
}

#[tokio::test]
async fn new_prices_hold_for_what_begins_after_them() {
    let upstream = Upstream::answering("200 OK", JSON, ANSWER).await;
    let forwarder = Forwarder::start(&format!("{}{PRICES}", upstream.documents())).await;
    let dearer = format!(
        "{}{}",
        upstream.documents(),
        PRICES.replace("output: 10}", "output: 1000}")
    );
    forwarder.publish.send_replace(Arc::new(policy(&dearer)));
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        assert!(tokio::time::Instant::now() < deadline);
        let answer = forwarder.envoy.post(CHAT, r#"{"model":"m-openai"}"#).await;
        if answer.usage().ends_with("cost=10175") {
            break;
        }
        assert!(answer.usage().ends_with("cost=275"), "{}", answer.usage());
    }
}

#[tokio::test]
async fn a_request_becomes_a_span_of_its_trace_and_metrics_without_a_word_of_it() {
    let mut upstream = Upstream::answering("200 OK", JSON, ANSWER).await;
    let (collector, address) = Collector::start().await;
    let forwarder = start(&upstream.documents(), &address).await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let request = post(CHAT)
        .header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"))
        .header("tracestate", "vendor=1")
        .body(http_body_util::Full::new(
            r#"{"model":"m-openai","messages":[{"role":"user","content":"planted words"}]}"#.into(),
        ))
        .unwrap();
    assert_eq!(forwarder.envoy.answer(request).await.status, 200);

    let name = "chat real-model";
    eventually("the span arrives", || collector.span(name).is_some()).await;
    let span = collector.span(name).unwrap();
    assert_eq!(hex(&span.trace_id), trace);
    assert_eq!(hex(&span.parent_span_id), "b7ad6b7169203331");
    assert_eq!(span.kind, 3, "CLIENT");
    let head = upstream.next().await.head;
    assert!(
        head.contains(&format!("traceparent: 00-{trace}-{}-01\r\n", hex(&span.span_id))),
        "{head}"
    );
    assert!(head.contains("tracestate: vendor=1\r\n"), "{head}");
    let mut found = attributes(&span.attributes);
    let reasons = found.remove("gen_ai.response.finish_reasons").unwrap();
    assert!(reasons.contains("stop"), "{reasons}");
    let port = upstream.address.port().to_string();
    let expected = [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "real-model"),
        ("gen_ai.request.stream", "false"),
        ("gen_ai.response.id", "chatcmpl-7"),
        ("gen_ai.response.model", "real-model-0613"),
        ("gen_ai.usage.input_tokens", "100"),
        ("gen_ai.usage.output_tokens", "10"),
        ("gen_ai.usage.cache_read.input_tokens", "60"),
        ("gen_ai.usage.reasoning.output_tokens", "4"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
        ("bartizan.tenant", "acme"),
        ("bartizan.request.id", "req-test-1"),
        ("bartizan.model", "m-openai"),
        ("bartizan.provider", "openai-there"),
        ("bartizan.usage.cost", "275"),
        ("bartizan.usage.estimated", "false"),
    ];
    let expected: BTreeMap<_, _> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(found, expected);

    let is_there = |name: &str, key: &str, value: &str, sum: f64| {
        let metrics = collector.metrics.lock().unwrap();
        metrics.iter().any(|(found, attributes, total)| {
            found == name && attributes.get(key).is_some_and(|found| found == value) && *total == sum
        })
    };
    let tokens = "gen_ai.client.token.usage";
    eventually("tokens of the prompt", || {
        is_there(tokens, "gen_ai.token.type", "input", 100.0)
    })
    .await;
    eventually("tokens of the answer", || {
        is_there(tokens, "gen_ai.token.type", "output", 10.0)
    })
    .await;
    let duration = "gen_ai.client.operation.duration";
    let names = || -> Vec<String> {
        let metrics = collector.metrics.lock().unwrap();
        metrics.iter().map(|(name, ..)| name.clone()).collect()
    };
    eventually("the duration", || names().iter().any(|name| name == duration)).await;
    assert_eq!(collector.services.lock().unwrap()[0], "edge-of-this-test");
    let raw = String::from_utf8_lossy(&collector.raw.lock().unwrap()).into_owned();
    for secret in ["planted words", super::support::CREDENTIAL, super::support::TOKEN] {
        assert!(!raw.contains(secret), "{secret} was exported");
    }
}

#[tokio::test]
async fn a_trace_goes_on_to_the_provider_without_telemetry_of_ours() {
    let mut upstream = Upstream::answering("200 OK", JSON, ANSWER).await;
    let forwarder = Forwarder::start(&upstream.documents()).await;
    let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    for (parent, passes) in [(good, true), ("00-0af7-b7ad-00", false), ("any message", false)] {
        let request = post(CHAT)
            .header("traceparent", parent)
            .body(http_body_util::Full::new(r#"{"model":"m-openai"}"#.into()))
            .unwrap();
        forwarder.envoy.answer(request).await;
        let head = upstream.next().await.head;
        assert_eq!(head.contains(&format!("traceparent: {parent}\r\n")), passes, "{head}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn streams_tell_the_time_to_the_first_chunk_and_failures_their_kind() {
    let (collector, address) = Collector::start().await;
    let forwarder = start(&sandbox(), &address).await;
    for (path, body) in super::support::chats("sandbox-chat", r#""stream":true,"#) {
        assert_eq!(forwarder.envoy.post(path, body).await.status, 200);
    }
    let (path, body) = &super::support::chats("sandbox-error", "")[0];
    forwarder.envoy.post(path, body.clone()).await;
    // A refusal before a provider is chosen is no operation of a model.
    forwarder.envoy.post(CHAT, r#"{"model":"unknown"}"#).await;
    eventually("the spans arrive", || collector.spans.lock().unwrap().len() >= 3).await;
    let streamed = attributes(&collector.span("chat sandbox-chat").unwrap().attributes);
    assert_eq!(streamed["gen_ai.request.stream"], "true");
    assert_eq!(streamed["gen_ai.response.time_to_first_chunk"], "seconds");
    let failed = collector.span("chat sandbox-error").unwrap();
    assert_eq!(attributes(&failed.attributes)["error.type"], "provider_failed");
    assert_eq!(failed.status.unwrap().code, 2, "ERROR");
    for name in [
        "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.client.operation.time_per_output_chunk",
    ] {
        let is_there = || {
            collector
                .metrics
                .lock()
                .unwrap()
                .iter()
                .any(|(found, ..)| found == name)
        };
        eventually(name, is_there).await;
    }
    assert_eq!(collector.spans.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_stream_that_comes_in_one_read_is_told_as_any_other() {
    let events = concat!(
        "data: {\"id\":\"c\",\"model\":\"real-model\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n",
        "data: [DONE]\n\n",
    );
    let upstream = Upstream::start(vec![stream_head(), chunk(events), chunk(""), Step::Keep]).await;
    let (collector, address) = Collector::start().await;
    let forwarder = start(&upstream.documents(), &address).await;
    let body = r#"{"model":"m-openai","stream":true,"messages":[{"role":"user","content":"x"}]}"#;
    assert_eq!(forwarder.envoy.post(CHAT, body).await.status, 200);
    let name = "chat real-model";
    eventually("the span arrives", || collector.span(name).is_some()).await;
    let told = attributes(&collector.span(name).unwrap().attributes);
    assert_eq!(told["gen_ai.request.stream"], "true");
    assert_eq!(told["gen_ai.response.time_to_first_chunk"], "seconds");
    assert!(told["gen_ai.response.finish_reasons"].contains("length"), "{told:?}");
}

#[tokio::test]
async fn streams_of_responses_tell_why_they_ended() {
    let response = |kind: &str, status: &str| {
        format!(
            "event: {kind}\ndata: {{\"type\":\"{kind}\", \"response\": {{\"id\":\"r\",\"model\":\"real-model\",\"status\":\"{status}\"}}}}\n\n"
        )
    };
    let passing = |kind: &str, status: &str| response("response.created", "in_progress") + &response(kind, status);
    let converted = concat!(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"real-model\",\"usage\":{\"input_tokens\":1}}}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\"},\"usage\":{\"output_tokens\":1}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    );
    let table = [
        ("m-openai", passing("response.completed", "completed"), "completed"),
        ("m-openai", passing("response.incomplete", "incomplete"), "incomplete"),
        ("m-anthropic", converted.to_owned(), "incomplete"),
    ];
    for (model, events, reason) in table {
        let upstream = Upstream::start(vec![stream_head(), chunk(&events), chunk(""), Step::Keep]).await;
        let (collector, address) = Collector::start().await;
        let forwarder = start(&upstream.documents(), &address).await;
        let body = format!(r#"{{"model":"{model}","stream":true,"input":"x"}}"#);
        let answer = forwarder.envoy.post("/v1/responses", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        eventually("the span arrives", || !collector.spans.lock().unwrap().is_empty()).await;
        let told = attributes(&collector.spans.lock().unwrap()[0].attributes);
        let reasons = told.get("gen_ai.response.finish_reasons").cloned().unwrap_or_default();
        assert!(reasons.contains(reason), "{model}: {told:?}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_half_way_is_charged_for_what_it_got() {
    let gate = Arc::new(Notify::new());
    let delta = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    let script = vec![stream_head(), chunk(delta), chunk(delta), Step::Gate(Arc::clone(&gate))];
    let upstream = Upstream::start(script).await;
    let (collector, address) = Collector::start().await;
    let forwarder = start(&upstream.documents(), &address).await;
    let request = post(CHAT)
        .body(http_body_util::Full::new(
            r#"{"model":"m-openai","stream":true}"#.into(),
        ))
        .unwrap();
    let answer = forwarder.envoy.send(request).await;
    drop(answer);
    forwarder
        .metric_becomes("bartizan_forward_requests_total", &["client_gone", "openai-there"], 1.0)
        .await;
    let labels = ["estimated", "m-openai", "openai-there"];
    assert!(forwarder.metric("bartizan_forward_cost_micros_total", &labels) >= 10.0);
    eventually("the span arrives", || collector.span("chat real-model").is_some()).await;
    let found = attributes(&collector.span("chat real-model").unwrap().attributes);
    assert_eq!(found["error.type"], "client_gone");
    assert_eq!(found["bartizan.usage.estimated"], "true");
}

#[tokio::test]
async fn a_collector_that_is_away_costs_requests_nothing_and_drops_are_counted() {
    let upstream = Upstream::answering("200 OK", JSON, ANSWER).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let forwarder = start(&upstream.documents(), &format!("http://{nobody}")).await;
    for _ in 0..20 {
        let answer = forwarder.envoy.post(CHAT, r#"{"model":"m-openai"}"#).await;
        assert_eq!(answer.status, 200);
    }
    forwarder
        .metric_becomes("bartizan_forward_telemetry_spans_dropped_total", &[], 20.0)
        .await;
    assert!(forwarder.metric("bartizan_forward_telemetry_exports_total", &["failed", "traces"]) >= 1.0);

    let Forwarder {
        trigger,
        serving,
        envoy,
        ..
    } = forwarder;
    drop(envoy);
    let began = tokio::time::Instant::now();
    trigger.drain(PATIENCE).await;
    serving.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
}

#[tokio::test]
async fn spans_that_wait_are_exported_when_the_process_ends() {
    let upstream = Upstream::answering("200 OK", JSON, ANSWER).await;
    let (collector, address) = Collector::start().await;
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*address)];
    let forwarder = Forwarder::within(policy(&upstream.documents()), &variables).await;
    forwarder.envoy.post(CHAT, r#"{"model":"m-openai"}"#).await;
    let Forwarder {
        trigger,
        serving,
        envoy,
        ..
    } = forwarder;
    drop(envoy);
    trigger.drain(PATIENCE).await;
    tokio::time::timeout(Duration::from_secs(5), serving)
        .await
        .unwrap()
        .unwrap();
    assert!(collector.span("chat real-model").is_some());
    assert_eq!(collector.services.lock().unwrap()[0], "bartizan");
    assert!(!collector.metrics.lock().unwrap().is_empty());
}
