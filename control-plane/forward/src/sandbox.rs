//! The built-in provider: no key, no network, no cost, and every bad day a provider can have, on request.
//!
//! It is a real HTTP server (HTTP/1.1 and HTTP/2 with prior knowledge) on a loopback port of its own, so the forwarder
//! treats it like any other provider. It has OpenAI's chat completions (`/v1/chat/completions`) and responses
//! (`/v1/responses`) and Anthropic's messages (`/v1/messages`), whole and streamed, with usage; OpenAI's embeddings
//! (`/v1/embeddings`), whose figures come from the text and mean nothing; and Anthropic's count of tokens
//! (`/v1/messages/count_tokens`). It is a server of the Model Context Protocol as well (`/mcp`), with a tool that answers
//! what it is given, a prompt and a resource. Each run has its own random key, so that nobody but the forwarder of this run is
//! answered.
//!
//! | Model | What it does |
//! |---|---|
//! | `sandbox-chat`, and any name without the prefix `sandbox-` | answers with one short sentence |
//! | `sandbox-echo` | answers with the text of the last user message, which shows what masking did to it |
//! | `sandbox-long` | answers with `max_tokens` words (50 when absent, at most 10,000), streamed a word an event |
//! | `sandbox-slow-first-token` | nothing at all, not even headers, for 2 s; then as `sandbox-chat` |
//! | `sandbox-slow-stream` | 200 ms before every event, or before each of ten parts of a whole answer |
//! | `sandbox-rate-limited` | 429 with `retry-after: 7` |
//! | `sandbox-error` | 500 |
//! | `sandbox-cut` | the connection breaks half-way through the answer |
//! | `sandbox-garbage` | 200, and then what is no JSON |
//! | `sandbox-huge` | 1.5 MB of text, or four bytes for each of `max_tokens` if that is more, at most 64 MiB |
//!
//! Every model but the failing ones calls tools: when the last message is the user's and contains the name of a tool
//! of the request, or `tool_choice` asks for one, the answer is a call of it, with arguments made from its schema.
//! A tool result is answered in text that repeats it.
//!
//! A token is a word of the answer, or four bytes of the request's messages or input.

use std::{io, net::SocketAddr};

use bartizan_platform::secret::Secret;
use bartizan_verdict::Endpoint;
use tokio::{net::TcpListener, task::JoinHandle};

mod ask;
mod behaviour;
mod chat;
mod embeddings;
mod last;
mod mcp;
mod messages;
mod reply;
mod responses;
mod script;
mod server;

/// What it has, and where.
pub(crate) const ENDPOINTS: [(&str, Endpoint); 6] = [
    ("/v1/chat/completions", Endpoint::ChatCompletions),
    ("/v1/responses", Endpoint::Responses),
    ("/v1/embeddings", Endpoint::Embeddings),
    ("/v1/messages", Endpoint::Messages),
    ("/v1/messages/count_tokens", Endpoint::CountTokens),
    ("/mcp", Endpoint::Mcp),
];

/// A running sandbox; it stops when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    key: Secret<String>,
    serving: JoinHandle<()>,
}

impl Sandbox {
    /// Starts one on a free loopback port, within the current tokio runtime.
    ///
    /// # Errors
    /// When no port can be bound, or the operating system has no randomness for the key.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let key = random_key()?;
        let serving = tokio::spawn(server::serve(listener, key.clone()));
        Ok(Self { address, key, serving })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key it asks for, as `Authorization: Bearer KEY` or `x-api-key: KEY`.
    #[must_use]
    pub const fn key(&self) -> &Secret<String> {
        &self.key
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn random_key() -> io::Result<Secret<String>> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let digits = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Secret::new(digits))
}
