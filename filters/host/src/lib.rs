//! What a filter sees of Envoy: the only crate that knows proxy-wasm.
//!
//! A filter is a [`Filter`] (one per worker and configuration) that makes a [`Stream`] per request. Its methods get a
//! [`Request`] or a [`Response`], and these have just the calls that are legal at that moment. That matters: a hostcall
//! made in a phase where Envoy refuses it panics inside the SDK, which kills the VM and with it every stream of the
//! worker. What the ABI does oddly is straightened out in the exchange module:
//!
//! - HTTP/2 trailers end a body as well as `end_of_stream` does, and then no body callback ever says so.
//! - While a body is held its size is cumulative; while it flows it is the size of one chunk.
//! - Headers can be read and changed only as long as they are held.
//! - A reply of our own comes back to us as a response.
//! - An answer that flows can be broken off, but not in the callback whose bytes are to be its last.
//!
//! ```
//! use bartizan_host::{
//!     AnswerFlow, Filter, Flow, Host, Reply, Request, Response, Stream,
//!     fake::{Exchange, World},
//! };
//!
//! /// Refuses bodies that say "no".
//! struct Agreeable;
//!
//! impl Filter for Agreeable {
//!     type Stream = Self;
//!     fn unconfigured() -> Self {
//!         Self
//!     }
//!     fn configure(&mut self, _: &dyn Host, _: &[u8]) -> Result<(), String> {
//!         Ok(())
//!     }
//!     fn stream(&self) -> Self {
//!         Self
//!     }
//! }
//!
//! impl Stream for Agreeable {
//!     fn request_headers(&mut self, _: &Request<'_>) -> Flow {
//!         Flow::Pause
//!     }
//!     fn request_complete(&mut self, request: &Request<'_>) -> Flow {
//!         match request.body() {
//!             Ok(body) if body != b"no" => Flow::Continue,
//!             _ => Flow::reply(Reply::new(400, b"yes, please".to_vec())),
//!         }
//!     }
//! }
//!
//! let mut exchange = Exchange::new(&World::default(), &Agreeable);
//! exchange.request(&[(":path", "/")], &[b"n", b"o"]);
//! assert_eq!(exchange.reply().map(|reply| reply.status), Some(400));
//! ```
#![deny(missing_docs)]

mod call;
#[cfg(any(target_arch = "wasm32", feature = "fake"))]
mod exchange;
mod filter;
mod host;
mod metrics;
mod stopwatch;
mod traffic;

#[cfg(target_arch = "wasm32")]
mod envoy;
#[cfg(feature = "fake")]
pub mod fake;
#[cfg(test)]
mod tests;

pub use call::{BodyLength, Call, Counted, Encoding, ParseCallError};
pub use filter::{AnswerFlow, Filter, Flow, Gate, Gated, PieceFlow, Place, Stream};
pub use host::{Host, HostError, Level, MetricId, MetricKind, Swap, Versioned};
pub use metrics::{Meter, Metrics, SAMPLE};
pub use stopwatch::Stopwatch;
pub use traffic::{BodyFollows, Headers, Piece, Reply, Request, Response, Trailers};

/// What [`filter!`] expands to; nothing else may name it.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod private {
    pub use crate::envoy::{start, start_gate};
    pub use proxy_wasm;
}

/// Makes a crate's wasm module run a [`Filter`], named by its path from `crate`. On other targets it does nothing.
///
/// Each callback that a module exports costs 1 to 2 µs a request, whether it does anything or not. So a filter whose
/// stream is a [`Gated`] is named as `filter!(gate crate::Auth)`: its module then exports the callback for request
/// headers only. That takes no other stream, so a filter that waits for bodies cannot lose its callbacks.
#[macro_export]
macro_rules! filter {
    (gate $filter:ty) => {
        #[cfg(target_arch = "wasm32")]
        mod entry {
            $crate::private::proxy_wasm::main! {{
                $crate::private::start_gate::<$filter, _>();
            }}

            /// Tells the linker (`filters/wasm-ld`) what the module is.
            #[unsafe(no_mangle)]
            pub extern "C" fn bartizan_gate() {}
        }
    };
    ($filter:ty) => {
        #[cfg(target_arch = "wasm32")]
        mod entry {
            $crate::private::proxy_wasm::main! {{
                $crate::private::start::<$filter>();
            }}
        }
    };
}
