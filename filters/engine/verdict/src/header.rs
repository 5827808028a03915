//! Names of the HTTP headers by which Bartizan's parts talk to each other and to the client.
//!
//! Everything under [`INTERNAL_PREFIX`] that a client sends is removed by the auth filter before anything reads it.

/// Prefix of every header that only Bartizan may set.
pub const INTERNAL_PREFIX: &str = "x-bartizan-";
/// Request, auth to all later: name of the tenant the caller belongs to.
pub const TENANT: &str = "x-bartizan-tenant";
/// Request, auth to all later: id (never the value) of the API key used.
pub const KEY: &str = "x-bartizan-key";
/// Request, auth to the filters after it: endpoint, dialect and tenant, in one header.
pub const CALL: &str = "x-bartizan-call";
/// Request, auth to forwarder: id of the job that the request is the work of.
pub const JOB: &str = "x-bartizan-job";
/// Request, Envoy to forwarder: proof that the request passed our Envoy. Injected from an SDS secret.
pub const EDGE: &str = "x-bartizan-edge";
/// Response or trailer, forwarder to rate-limit: tokens used, an RFC 9651 dictionary such as `input=12, output=34`.
pub const USAGE: &str = "x-bartizan-usage";
/// Response, forwarder to threat-scan, which removes it: what follows was judged before it was stored, as the answer of a
/// job. Only the forwarder can say so, since it passes on no header of a provider that it does not know.
pub const JUDGED: &str = "x-bartizan-judged";
/// Response to the client: `allow`, `audit`, `mask` or `block`, with parameters.
pub const VERDICT: &str = "x-bartizan-verdict";
/// Response to the client: whole microseconds from the request's last byte to the first one that the forwarder got; on a
/// refusal, from the request's first byte to the refusal.
pub const OVERHEAD: &str = "x-bartizan-overhead-us";
/// Request and response: id that Envoy gives each request.
pub const REQUEST_ID: &str = "x-request-id";
/// Headers in which a client may present its credential; auth removes them before the request leaves Envoy.
pub const CREDENTIALS: [&str; 3] = ["authorization", "x-api-key", "api-key"];
