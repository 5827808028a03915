//! The real host: every hostcall that is made, and why it cannot make the SDK panic.
//!
//! The SDK's wrappers panic on any status they do not expect, so each call here is made only where Envoy answers with
//! one they do: header maps only while a [`crate::Request`], a [`crate::Response`] or trailers are at hand; buffers from
//! offset 0; a reply once. Values are always bytes: the SDK's text getters panic on a value
//! that is not UTF-8. Header names are text, which is safe: Envoy's codecs refuse names that are not tokens.

#[macro_use]
mod uncalled;

use std::{
    cell::RefCell,
    panic,
    time::{Duration, SystemTime},
};

use proxy_wasm::{
    hostcalls,
    traits::{Context, HttpContext, RootContext},
    types::{Action as Verb, BufferType, Bytes, ContextType, GrpcStatusCode, LogLevel, MapType, MetricType, Status},
};

use crate::{
    Filter, Gate, Gated, Headers, Host, HostError, Level, MetricId, MetricKind, Reply, Stream, Swap, Versioned,
    exchange::{Action, Driver, End},
    traffic::{Body, Map, Traffic},
};

/// Runs `F` in this module. Called once, by [`crate::filter!`].
pub fn start<F: Filter>() {
    panic::set_hook(Box::new(|info| {
        // Only the place: the message of a failed slice or parse quotes what it failed on.
        let place = info
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        let _ = hostcalls::log(LogLevel::Critical, &format!("the filter panicked{place}"));
    }));
    proxy_wasm::set_root_context(|_| {
        Box::new(Root {
            filter: F::unconfigured(),
        })
    });
}

/// Runs `F` in a module that gets the headers of requests and nothing else.
pub fn start_gate<F: Filter<Stream = Gated<G>>, G: Gate>() {
    start::<F>();
}

thread_local! {
    /// What counters of this VM have grown by since Envoy was last told. The first hostcall of each kind in a request
    /// costs about 5 µs in cold code; a counter can wait.
    static COUNTED: RefCell<Vec<(MetricId, u64)>> = const { RefCell::new(Vec::new()) };
    /// Contexts whose answer is to be broken off at the next tick.
    static ENDED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// How often Envoy is told of counters, and answers that have ended are broken off.
const TICK: Duration = Duration::from_millis(100);

fn tell_counters() {
    for (metric, by) in COUNTED.with_borrow_mut(core::mem::take) {
        let _ = hostcalls::increment_metric(metric.0, i64::try_from(by).unwrap_or(i64::MAX));
    }
}

/// Breaks off the answers that have ended. Their contexts are alive: one that ends is taken off the list.
fn hang_up() {
    for context in ENDED.with_borrow_mut(core::mem::take) {
        // Envoy does it when this callback has returned.
        if hostcalls::set_effective_context(context).is_ok() {
            let _ = hostcalls::reset_http_response();
        }
    }
}

struct Envoy;

struct Root<F> {
    filter: F,
}

struct Exchange<S: Stream> {
    context: u32,
    driver: Driver<S>,
}

// === impl Envoy ===

impl Host for Envoy {
    fn now_ns(&self) -> u64 {
        let now = hostcalls::get_current_time().unwrap_or(SystemTime::UNIX_EPOCH);
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        // Envoy tells it as 64 bits of nanoseconds, so it fits.
        since.as_secs() * 1_000_000_000 + u64::from(since.subsec_nanos())
    }

    fn shared(&self, key: &str) -> Result<Option<Versioned>, HostError> {
        match hostcalls::get_shared_data(key) {
            Ok((_, None)) => Ok(None),
            Ok((value, Some(version))) => Ok(Some(Versioned {
                value: value.unwrap_or_default(),
                version,
            })),
            Err(_) => Err(HostError("read shared data")),
        }
    }

    fn swap_shared(&self, key: &str, value: &[u8], version: u32) -> Result<Swap, HostError> {
        match hostcalls::set_shared_data(key, Some(value), Some(version)) {
            Ok(()) => Ok(Swap::Stored),
            Err(Status::CasMismatch) => Ok(Swap::Stale),
            Err(_) => Err(HostError("store shared data")),
        }
    }

    fn create_shared(&self, key: &str, value: &[u8]) -> Result<(), HostError> {
        hostcalls::set_shared_data(key, Some(value), None).map_err(|_| HostError("create shared data"))
    }

    fn define_metric(&self, kind: MetricKind, name: &str) -> Result<MetricId, HostError> {
        let kind = match kind {
            MetricKind::Counter => MetricType::Counter,
            MetricKind::Histogram => MetricType::Histogram,
        };
        hostcalls::define_metric(kind, name)
            .map(MetricId)
            .map_err(|_| HostError("define a metric"))
    }

    fn increment(&self, metric: MetricId, by: u64) {
        COUNTED.with_borrow_mut(|counted| match counted.iter_mut().find(|(known, _)| *known == metric) {
            Some((_, sum)) => *sum += by,
            None => counted.push((metric, by)),
        });
    }

    fn record(&self, metric: MetricId, value: u64) {
        let _ = hostcalls::record_metric(metric.0, value);
    }

    fn note(&self, name: &str, value: &str) {
        let _ = hostcalls::set_property(vec![name], Some(value.as_bytes()));
    }

    fn log(&self, level: Level, message: &str) {
        let level = match level {
            Level::Debug => LogLevel::Debug,
            Level::Warn => LogLevel::Warn,
        };
        let _ = hostcalls::log(level, message);
    }
}

impl Traffic for Envoy {
    fn headers(&self, map: Map) -> Result<Headers, HostError> {
        hostcalls::get_map_bytes(map.into())
            .map(Headers)
            .map_err(|_| HostError("read headers"))
    }

    fn header(&self, map: Map, name: &str) -> Result<Option<Vec<u8>>, HostError> {
        hostcalls::get_map_value_bytes(map.into(), name).map_err(|_| HostError("read a header"))
    }

    fn set_header(&self, map: Map, name: &str, value: &[u8]) -> Result<(), HostError> {
        hostcalls::set_map_value_bytes(map.into(), name, Some(value)).map_err(|_| HostError("set a header"))
    }

    fn remove_header(&self, map: Map, name: &str) -> Result<(), HostError> {
        hostcalls::remove_map_value(map.into(), name).map_err(|_| HostError("remove a header"))
    }

    fn body(&self, body: Body) -> Result<Vec<u8>, HostError> {
        hostcalls::get_buffer(body.into(), 0, usize::MAX)
            .map(Option::unwrap_or_default)
            .map_err(|_| HostError("read a body"))
    }

    fn replace_body(&self, body: Body, bytes: &[u8]) -> Result<(), HostError> {
        hostcalls::set_buffer(body.into(), 0, usize::MAX, bytes).map_err(|_| HostError("replace a body"))
    }

    fn arrived_ns(&self) -> Option<u64> {
        let time = hostcalls::get_property(vec!["request", "time"]).ok().flatten()?;
        time.try_into().ok().map(u64::from_le_bytes)
    }

    fn request_id(&self) -> Option<Vec<u8>> {
        hostcalls::get_property(vec!["request", "id"]).ok().flatten()
    }

    fn send_reply(&self, reply: &Reply) {
        let headers = reply
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let _ = hostcalls::send_http_response(u32::from(reply.status), headers, Some(&reply.body));
    }
}

impl From<Map> for MapType {
    fn from(map: Map) -> Self {
        match map {
            Map::RequestHeaders => Self::HttpRequestHeaders,
            Map::ResponseHeaders => Self::HttpResponseHeaders,
            Map::ResponseTrailers => Self::HttpResponseTrailers,
        }
    }
}

impl From<Body> for BufferType {
    fn from(body: Body) -> Self {
        match body {
            Body::Request => Self::HttpRequestBody,
            Body::Response => Self::HttpResponseBody,
        }
    }
}

// === impl Root ===

impl<F: Filter> Context for Root<F> {
    uncalled_of_context!();
}

impl<F> Drop for Root<F> {
    fn drop(&mut self) {
        tell_counters();
    }
}

impl<F: Filter> RootContext for Root<F> {
    fn on_configure(&mut self, _size: usize) -> bool {
        let bytes = hostcalls::get_buffer(BufferType::PluginConfiguration, 0, usize::MAX);
        let started = Envoy.now_ns();
        let outcome = match bytes {
            Ok(bytes) => self.filter.configure(&Envoy, &bytes.unwrap_or_default()),
            Err(_) => Err("envoy refused to hand over the configuration".to_owned()),
        };
        match outcome {
            Ok(()) => {
                let _ = hostcalls::set_tick_period(TICK);
                let took = Envoy.now_ns().saturating_sub(started) / 1_000;
                Envoy.log(Level::Debug, &format!("bartizan: configured in {took} us"));
                true
            }
            Err(reason) => {
                // Envoy's rejection carries no reason, so it has to be in the log.
                Envoy.log(
                    Level::Warn,
                    &format!("bartizan: the configuration was refused: {reason}"),
                );
                false
            }
        }
    }

    fn on_tick(&mut self) {
        tell_counters();
        hang_up();
    }

    // WHY: without the next two the SDK's dispatcher panics on the first request.
    fn create_http_context(&self, context: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Exchange {
            context,
            driver: Driver::new(self.filter.stream()),
        }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

// === impl Exchange ===

impl<S: Stream> Context for Exchange<S> {
    uncalled_of_context!();
}

/// WHY here: Envoy tells a module three times that a stream is over (log, done, delete), and each time costs 1 µs. The
/// last one has to be heard, as it frees the memory. A stream whose headers came gets it, whatever ended it.
impl<S: Stream> Drop for Exchange<S> {
    fn drop(&mut self) {
        if self.driver.is_ended() {
            ENDED.with_borrow_mut(|ended| ended.retain(|context| *context != self.context));
        }
        self.driver.done(&Envoy);
    }
}

impl<S: Stream> HttpContext for Exchange<S> {
    uncalled_of_http_context!();

    fn on_http_request_headers(&mut self, _count: usize, end: bool) -> Verb {
        self.driver.request_headers(&Envoy, end.into()).into()
    }

    fn on_http_request_body(&mut self, _size: usize, end: bool) -> Verb {
        self.driver.request_body(&Envoy, end.into()).into()
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Verb {
        self.driver.request_trailers(&Envoy).into()
    }

    fn on_http_response_headers(&mut self, _count: usize, end: bool) -> Verb {
        self.driver.response_headers(&Envoy, end.into()).into()
    }

    fn on_http_response_body(&mut self, _size: usize, end: bool) -> Verb {
        let was_ended = self.driver.is_ended();
        let action = self.driver.response_body(&Envoy, end.into());
        if self.driver.is_ended() && !was_ended {
            ENDED.with_borrow_mut(|ended| ended.push(self.context));
        }
        action.into()
    }

    fn on_http_response_trailers(&mut self, _count: usize) -> Verb {
        self.driver.response_trailers(&Envoy).into()
    }
}

impl From<bool> for End {
    fn from(end_of_stream: bool) -> Self {
        if end_of_stream { Self::Yes } else { Self::No }
    }
}

impl From<Action> for Verb {
    fn from(action: Action) -> Self {
        match action {
            Action::Continue => Self::Continue,
            Action::Pause => Self::Pause,
        }
    }
}
