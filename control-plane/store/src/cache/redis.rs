use std::{
    fmt::Write,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bartizan_ports::{AnswerCache, CacheError, CacheKey, Cached, CachedAnswer};
use redis::{
    Client, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use super::coding;

/// How long Redis may take. A provider takes longer than that to answer anything.
const TIMEOUT: Duration = Duration::from_millis(100);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long Redis is left alone after it failed, so that it costs requests nothing while it is away.
const PAUSE: Duration = Duration::from_secs(1);
/// What the names of our keys begin with.
const PREFIX: &str = "bartizan:answer:";

/// Answers in Redis, for all forwarders that share it. How much is kept is up to Redis (`maxmemory`).
pub struct RedisCache {
    connection: ConnectionManager,
    /// When it may be tried again after it failed.
    paused_until: Mutex<Option<Instant>>,
}

/// Not an address of a Redis.
#[derive(Debug, thiserror::Error)]
#[error("not the address of a Redis, such as redis://127.0.0.1:6379 or rediss://:PASSWORD@redis.example.com")]
pub struct RedisAddressError;

// === impl RedisCache ===

impl RedisCache {
    /// Connects when it is first needed, and again whenever the connection is lost. Must be called within a tokio
    /// runtime.
    ///
    /// # Errors
    /// [`RedisAddressError`]; it does not repeat the address, which may have a password in it.
    pub fn new(address: &str) -> Result<Self, RedisAddressError> {
        let client = Client::open(address).map_err(|_| RedisAddressError)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let connection = client
            .get_connection_manager_lazy(config)
            .map_err(|_| RedisAddressError)?;
        Ok(Self {
            connection,
            paused_until: Mutex::new(None),
        })
    }

    async fn ask<T: redis::FromRedisValue>(&self, command: redis::Cmd) -> Result<T, CacheError> {
        let now = Instant::now();
        if self.paused().is_some_and(|until| now < until) {
            return Err(CacheError("it failed a moment ago".to_owned()));
        }
        let mut connection = self.connection.clone();
        let answer = tokio::time::timeout(TIMEOUT, command.query_async(&mut connection)).await;
        let answer = match answer {
            Ok(answer) => answer.map_err(|error| unavailable(&error)),
            Err(_) => Err(CacheError("timeout".to_owned())),
        };
        let until = answer.is_err().then(|| now + PAUSE);
        *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
        answer
    }

    fn paused(&self) -> Option<Instant> {
        *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AnswerCache for RedisCache {
    fn get<'a>(&'a self, key: &'a CacheKey) -> Cached<'a, Option<CachedAnswer>> {
        Box::pin(async move {
            let mut command = redis::cmd("GET");
            command.arg(name(key));
            let bytes: Option<Vec<u8>> = self.ask(command).await?;
            Ok(bytes.and_then(|bytes| coding::decode(&bytes.into())))
        })
    }

    fn put<'a>(&'a self, key: &'a CacheKey, answer: CachedAnswer, time_to_live: Duration) -> Cached<'a, ()> {
        Box::pin(async move {
            let milliseconds = u64::try_from(time_to_live.as_millis()).unwrap_or(u64::MAX).max(1);
            let mut command = redis::cmd("SET");
            command
                .arg(name(key))
                .arg(coding::encode(&answer))
                .arg("PX")
                .arg(milliseconds);
            self.ask::<()>(command).await
        })
    }
}

impl std::fmt::Debug for RedisCache {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RedisCache").finish_non_exhaustive()
    }
}

fn name(key: &CacheKey) -> String {
    let mut name = String::with_capacity(PREFIX.len() + 64);
    name.push_str(PREFIX);
    for byte in key.0 {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// The kind alone: Redis may repeat what it was sent.
fn unavailable(error: &RedisError) -> CacheError {
    CacheError(format!("{:?}", error.kind()))
}
