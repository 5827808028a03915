use std::{fmt, pin::Pin, time::Duration};

use bytes::Bytes;

/// What a cache will answer.
pub type Cached<'a, T> = Pin<Box<dyn Future<Output = Result<T, CacheError>> + Send + 'a>>;

/// Where answers are kept, to be given again to whoever asks exactly the same.
///
/// The keys are made by who asks, such that nobody can come by another tenant's. What is put may be gone at once, if it
/// is too large or there is no room; it is never there for longer than its time.
pub trait AnswerCache: fmt::Debug + Send + Sync + 'static {
    /// The answer under a key, if there is one.
    fn get<'a>(&'a self, key: &'a CacheKey) -> Cached<'a, Option<CachedAnswer>>;

    /// Keeps an answer for so long, in place of an earlier one.
    fn put<'a>(&'a self, key: &'a CacheKey, answer: CachedAnswer, time_to_live: Duration) -> Cached<'a, ()>;

    /// Sets how many bytes may be kept. A cache whose engine has a bound of its own leaves it at that.
    fn set_limit(&self, _bytes: u64) {}

    /// Bytes that are kept; `None` if the engine does not tell.
    fn size(&self) -> Option<u64> {
        None
    }
}

/// What exactly was asked, and by whom: a digest of it all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CacheKey(pub [u8; 32]);

/// An answer as the client got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedAnswer {
    /// Seconds since 1970 when it was complete.
    pub stored_at: u64,
    /// Whether it was a stream of events.
    pub is_stream: bool,
    /// Its headers that are not about the one exchange.
    pub headers: Vec<(String, String)>,
    /// All of its bytes.
    pub body: Bytes,
}

/// Why a cache did not answer. It has no word of what is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cache is unavailable: {0}")]
pub struct CacheError(pub String);

// === impl CacheKey ===

impl fmt::Debug for CacheKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CacheKey(")?;
        for byte in self.0.iter().take(4) {
            write!(formatter, "{byte:02x}")?;
        }
        formatter.write_str("…)")
    }
}
