//! Names of headers that the forwarder reads or writes.

use bartizan_verdict::header;
use http::{HeaderName, HeaderValue};

pub(crate) const EDGE: HeaderName = HeaderName::from_static(header::EDGE);
pub(crate) const TENANT: HeaderName = HeaderName::from_static(header::TENANT);
pub(crate) const KEY: HeaderName = HeaderName::from_static(header::KEY);
pub(crate) const USAGE: HeaderName = HeaderName::from_static(header::USAGE);
pub(crate) const JUDGED: HeaderName = HeaderName::from_static(header::JUDGED);
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static(header::REQUEST_ID);
/// Anthropic's name for the id of a request; its SDKs read it from every answer.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
/// The id that the provider gave the request, for a report to the provider. `x-request-id` is Envoy's.
pub(crate) const PROVIDER_REQUEST_ID: HeaderName = HeaderName::from_static("x-provider-request-id");
pub(crate) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Azure's.
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("api-key");
/// Google's.
pub(crate) const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
/// Amazon's id of a request, and its name of what went wrong.
pub(crate) const X_AMZN_REQUESTID: HeaderName = HeaderName::from_static("x-amzn-requestid");
pub(crate) const X_AMZN_ERRORTYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
pub(crate) const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");
pub(crate) const ANTHROPIC_BETA: HeaderName = HeaderName::from_static("anthropic-beta");
/// The trace that a request is part of. <https://www.w3.org/TR/trace-context/>
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
pub(crate) const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// What the headers of MCP's protocol begin with: the session, the version, what is called.
pub(crate) const MCP_PREFIX: &str = "mcp-";
pub(crate) const MCP_SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
/// What the cache of answers had to do with a request: `hit`, `miss` or `bypass`.
pub(crate) const CACHE: HeaderName = HeaderName::from_static("x-bartizan-cache");
/// Places in the request, with commas between them, that the provider was not told of, or not in so many words: `$.seed, $.user`.
pub(crate) const DROPPED_FIELDS: HeaderName = HeaderName::from_static("x-bartizan-dropped-fields");
/// Members of the answer that are no more than estimates: `input_tokens`.
pub(crate) const ESTIMATED: HeaderName = HeaderName::from_static("x-bartizan-estimated");

/// Usage of a request that was not answered.
pub(crate) const NO_USAGE: HeaderValue = HeaderValue::from_static("input=0, output=0");
