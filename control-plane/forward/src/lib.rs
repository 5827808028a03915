//! The forward role: takes admitted requests from Envoy and calls model providers.
//!
//! 1. Envoy connects over HTTP/2, by Unix socket, loopback or mutual TLS, and proves each request with a token in
//!    `x-bartizan-edge`. Nobody else is answered, so nobody walks round the filters.
//! 2. The model that a request names decides the provider; the tenant's policy decides whether it may.
//! 3. The request goes on as it came, but for the provider's name of the model, the provider's credential and a wish
//!    for usage. The answer comes back as it came: whole once it proved to be JSON, or event by event.
//!    A message of MCP goes to the server that its path names, if the tenant may call it; the session passes both ways.
//! 4. An attempt is made at one candidate after the other until one answers: again at the same if that may help, else
//!    at the next. A stream's attempt is good with its first event; what goes wrong after that is told within the
//!    stream, and nothing is repeated. The module `resilience` says who is asked first, later, or not at all.
//! 5. Every answer says what it used, in the header or trailer `x-bartizan-usage`.
//!
//! A client that goes away takes its request at the provider with it.
//!
//! Every failure is an error in the dialect called:
//!
//! | What happened | Reason | Status |
//! |---|---|---|
//! | provider refuses the request: 400, 404, 409, 413, 422 | `ProviderRejected`, with its message | 400 |
//! | provider refuses us: 401, 402, 403, 407 | `ProviderFailed` | 502 |
//! | provider limits us: 429 | `ProviderLimited`, with its `retry-after` | 429 |
//! | provider is overloaded: 503, 529 | `Unavailable`, with its `retry-after` | 503 |
//! | Gemini or Bedrock names a cause that its status hides: a bad key, a quota, a model not ready | by its name | |
//! | provider gave up: 408, 504; or our patience ended | `ProviderTimeout` | 504 |
//! | any other status but 200, redirects among them | `ProviderFailed` | 502 |
//! | no connection | `ProviderFailed` | 502 |
//! | connection broke before the answer was whole | `ProviderCut` | 502 |
//! | an MCP server answers a session with 404 | `UnknownSession` | 404 |
//! | 200, but no JSON object, or not the content type asked for | `AnswerUnreadable` | 502 |
//! | 200, but larger than `maxAnswerBytes` | `AnswerTooLarge` | 502 |
//! | no credential for the provider | `Unavailable` | 503 |
//! | its circuit breaker is open, too many wait for it, or the wait was too long | `Unavailable`, with `retry-after` | 503 |
//!
//! A request may reach several providers, and one whose connection broke may charge for what it did. Here a request is
//! charged once: for the answer that was delivered.
//!
//! A stream that has begun has its status already: there the same reasons are an error event, after which the stream ends properly.
//!
//! The provider named `sandbox` is built in; see [`sandbox`].
//!
//! ```
//! use std::{collections::HashMap, sync::Arc};
//!
//! use bartizan_forward::{Config, ForwardListen};
//! use bartizan_platform::secret::Secret;
//! use bartizan_policy::{Source, compile};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let document = "
//! apiVersion: bartizan.dev/v1alpha1
//! kind: Provider
//! metadata: {name: sandbox}
//! spec: {type: sandbox}
//! ---
//! apiVersion: bartizan.dev/v1alpha1
//! kind: Model
//! metadata: {name: sandbox-chat}
//! spec: {provider: sandbox}
//! ---
//! apiVersion: bartizan.dev/v1alpha1
//! kind: ThreatPolicy
//! metadata: {name: default}
//! spec: {mode: enforce, rulePacks: []}
//! ";
//! let source = Source { file: "policies.yaml".to_owned(), text: document.to_owned() };
//! let policy = compile(&[source]).map_err(|mistakes| format!("{mistakes:?}"))?;
//! let (_publish, feed) = tokio::sync::watch::channel(Arc::new(policy));
//! let config = Config {
//!     listen: ForwardListen::Loopback(([127, 0, 0, 1], 0).into()),
//!     token: Secret::new("only Envoy knows".to_owned()),
//!     environment: Arc::new(HashMap::<String, Secret<String>>::new()),
//!     cache: None,
//!     jobs: None,
//! };
//! let bound = bartizan_forward::bind(config, feed, &prometheus::Registry::new()).await?;
//! println!("Envoy may connect to {}", bound.address());
//! # Ok(())
//! # }
//! ```
#![deny(missing_docs)]

pub mod sandbox;

mod answer;
mod ask;
mod attempt;
mod cache;
mod call;
mod client;
mod config;
mod credential;
mod exchange;
mod failure;
mod frames;
mod header;
mod jobs;
mod keep_alive;
mod lanes;
mod late;
mod listen;
mod metering;
mod metrics;
mod models;
mod patience;
mod provider;
mod rejection;
mod resilience;
mod route;
mod secret;
mod serve;
mod service;
mod sign;
mod sse;
mod stream;
mod table;
mod tally;
mod telemetry;
mod translate;
mod whole;

pub use config::{BindError, Config, Environment, ForwardListen, ListenTls, ProcessEnvironment};
pub use jobs::{EdgeAddress, EdgeTrust, Jobs};
pub use serve::{Bound, bind};
