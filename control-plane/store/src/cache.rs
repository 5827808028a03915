//! Caches of answers.

mod coding;
mod memory;
mod redis;

pub use memory::MemoryCache;
pub use redis::{RedisAddressError, RedisCache};
