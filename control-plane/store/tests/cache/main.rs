//! The same suite over every cache of answers.
#![expect(
    clippy::unwrap_used,
    reason = "clippy exempts test functions, but not what they share"
)]

mod server;

use std::{sync::Arc, time::Duration};

use bartizan_ports::{AnswerCache, CacheKey, CachedAnswer};
use bartizan_store::{MemoryCache, RedisCache};

use self::server::RedisServer;

const HOUR: Duration = Duration::from_secs(3600);
const LIMIT: u64 = 1 << 20;

fn key(number: u8) -> CacheKey {
    CacheKey([number; 32])
}

fn answer(body: &str, is_stream: bool) -> CachedAnswer {
    CachedAnswer {
        stored_at: 1_700_000_000,
        is_stream,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_owned().into(),
    }
}

/// What every cache does.
async fn suite(cache: Arc<dyn AnswerCache>) {
    assert_eq!(cache.get(&key(1)).await, Ok(None));
    for (number, is_stream) in [(1, false), (2, true)] {
        let answer = answer(&format!("body {number}"), is_stream);
        cache.put(&key(number), answer.clone(), HOUR).await.unwrap();
        assert_eq!(cache.get(&key(number)).await, Ok(Some(answer)));
    }
    assert_eq!(cache.get(&key(3)).await, Ok(None), "another key is another answer");

    cache.put(&key(1), answer("newer", false), HOUR).await.unwrap();
    assert_eq!(cache.get(&key(1)).await.unwrap().unwrap().body, "newer");
    let large = answer(&"x".repeat(300_000), true);
    cache.put(&key(4), large.clone(), HOUR).await.unwrap();
    assert_eq!(cache.get(&key(4)).await, Ok(Some(large)));

    cache
        .put(&key(5), answer("brief", false), Duration::from_millis(30))
        .await
        .unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while cache.get(&key(5)).await.unwrap().is_some() {
        assert!(tokio::time::Instant::now() < deadline, "its time never ends");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let asking: Vec<_> = (0..50)
        .map(|number| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move {
                let answer = answer(&format!("one of many {number}"), false);
                cache.put(&key(100 + number), answer.clone(), HOUR).await.unwrap();
                assert_eq!(cache.get(&key(100 + number)).await, Ok(Some(answer)));
            })
        })
        .collect();
    for one in asking {
        one.await.unwrap();
    }
}

#[tokio::test]
async fn memory_keeps_answers() {
    suite(Arc::new(MemoryCache::new(LIMIT))).await;
}

#[tokio::test]
async fn redis_keeps_answers() {
    let server = RedisServer::start().await;
    suite(Arc::new(server.cache())).await;
}

#[tokio::test]
async fn forwarders_share_a_redis() {
    let server = RedisServer::start().await;
    let (one, other) = (server.cache(), server.cache());
    one.put(&key(1), answer("shared", false), HOUR).await.unwrap();
    assert_eq!(other.get(&key(1)).await.unwrap().unwrap().body, "shared");
}

#[tokio::test]
async fn a_redis_that_is_gone_is_an_error_at_once_and_is_found_again() {
    let mut server = RedisServer::start().await;
    let cache = server.cache();
    cache.put(&key(1), answer("a", false), HOUR).await.unwrap();
    server.stop().await;
    let began = tokio::time::Instant::now();
    for _ in 0..100 {
        assert!(cache.get(&key(1)).await.is_err());
    }
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    server.restart().await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while cache.put(&key(2), answer("b", false), HOUR).await.is_err() {
        assert!(tokio::time::Instant::now() < deadline, "Redis is never found again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn what_somebody_else_keeps_in_redis_is_no_answer() {
    let server = RedisServer::start().await;
    let cache = server.cache();
    let name = format!("bartizan:answer:{}", "07".repeat(32));
    server.command(&format!("SET {name} something")).await;
    assert_eq!(cache.get(&key(7)).await, Ok(None));
    server.command(&format!("DEL {name}")).await;
    server.command(&format!("LPUSH {name} something")).await;
    let error = cache.get(&key(7)).await.unwrap_err().to_string();
    assert!(!error.contains("something"), "{error}");
}

#[tokio::test]
async fn an_address_that_is_none_is_not_repeated() {
    let error = RedisCache::new("http://:planted@redis").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("planted"), "{error}");
}
