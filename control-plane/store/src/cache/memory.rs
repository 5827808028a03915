use std::{
    collections::{BTreeMap, HashMap},
    future::ready,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bartizan_ports::{AnswerCache, CacheKey, Cached, CachedAnswer};

/// What an entry takes besides its bytes, roughly.
const OVERHEAD: u64 = 256;

/// Answers in the memory of this process. When they are more than the limit, those go first that were not asked for for
/// the longest time.
#[derive(Debug)]
pub struct MemoryCache {
    entries: Mutex<Entries>,
}

#[derive(Debug)]
struct Entries {
    by_key: HashMap<CacheKey, Entry>,
    /// Least recently used first.
    by_use: BTreeMap<u64, CacheKey>,
    /// How often anything was used.
    uses: u64,
    size: u64,
    limit: u64,
}

#[derive(Debug)]
struct Entry {
    answer: CachedAnswer,
    expires: Instant,
    used: u64,
    size: u64,
}

// === impl MemoryCache ===

impl MemoryCache {
    /// An empty one of at most so many bytes.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self {
            entries: Mutex::new(Entries {
                by_key: HashMap::new(),
                by_use: BTreeMap::new(),
                uses: 0,
                size: 0,
                limit,
            }),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Entries) -> T) -> T {
        // A panic elsewhere leaves nothing half done that could be wrong: at worst an entry is lost.
        change(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AnswerCache for MemoryCache {
    fn get<'a>(&'a self, key: &'a CacheKey) -> Cached<'a, Option<CachedAnswer>> {
        Box::pin(ready(Ok(self.with(|entries| entries.get(key, Instant::now())))))
    }

    fn put<'a>(&'a self, key: &'a CacheKey, answer: CachedAnswer, time_to_live: Duration) -> Cached<'a, ()> {
        self.with(|entries| entries.put(*key, answer, Instant::now(), time_to_live));
        Box::pin(ready(Ok(())))
    }

    fn set_limit(&self, bytes: u64) {
        self.with(|entries| {
            entries.limit = bytes;
            entries.shrink(Instant::now());
        });
    }

    fn size(&self) -> Option<u64> {
        Some(self.with(|entries| entries.size))
    }
}

// === impl Entries ===

impl Entries {
    fn get(&mut self, key: &CacheKey, now: Instant) -> Option<CachedAnswer> {
        if self.by_key.get(key)?.expires <= now {
            self.remove(key);
            return None;
        }
        self.uses += 1;
        let entry = self.by_key.get_mut(key)?;
        self.by_use.remove(&std::mem::replace(&mut entry.used, self.uses));
        self.by_use.insert(self.uses, *key);
        Some(entry.answer.clone())
    }

    fn put(&mut self, key: CacheKey, answer: CachedAnswer, now: Instant, time_to_live: Duration) {
        self.remove(&key);
        let headers: usize = answer
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        let bytes = u64::try_from(answer.body.len() + headers).unwrap_or(u64::MAX);
        let size = bytes.saturating_add(OVERHEAD);
        let Some(expires) = now.checked_add(time_to_live) else {
            return;
        };
        if size > self.limit {
            return;
        }
        self.uses += 1;
        self.by_use.insert(self.uses, key);
        self.by_key.insert(
            key,
            Entry {
                answer,
                expires,
                used: self.uses,
                size,
            },
        );
        self.size += size;
        self.shrink(now);
    }

    /// Makes room: first what is over, if it is too much; then what was not used for the longest time.
    fn shrink(&mut self, now: Instant) {
        if self.size > self.limit {
            let over: Vec<CacheKey> = self
                .by_key
                .iter()
                .filter(|(_, entry)| entry.expires <= now)
                .map(|(key, _)| *key)
                .collect();
            for key in over {
                self.remove(&key);
            }
        }
        while self.size > self.limit {
            let Some(key) = self.by_use.values().next().copied() else {
                return;
            };
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &CacheKey) {
        if let Some(entry) = self.by_key.remove(key) {
            self.by_use.remove(&entry.used);
            self.size -= entry.size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> CachedAnswer {
        CachedAnswer {
            stored_at: 0,
            is_stream: false,
            headers: Vec::new(),
            body: body.to_owned().into(),
        }
    }

    fn entries(limit: u64) -> Entries {
        MemoryCache::new(limit).entries.into_inner().unwrap()
    }

    const A: CacheKey = CacheKey([1; 32]);
    const B: CacheKey = CacheKey([2; 32]);
    const C: CacheKey = CacheKey([3; 32]);
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn what_was_not_used_for_the_longest_time_goes_first() {
        let now = Instant::now();
        let mut entries = entries(2 * (OVERHEAD + 4));
        entries.put(A, answer("aaaa"), now, HOUR);
        entries.put(B, answer("bbbb"), now, HOUR);
        assert!(entries.get(&A, now).is_some());
        entries.put(C, answer("cccc"), now, HOUR);
        assert!(entries.get(&B, now).is_none());
        assert!(entries.get(&A, now).is_some() && entries.get(&C, now).is_some());
        // One that is over goes before one that is used.
        entries.put(C, answer("cccc"), now, Duration::from_secs(1));
        entries.put(B, answer("bbbb"), now + Duration::from_secs(2), HOUR);
        assert!(entries.get(&A, now).is_some() && entries.get(&B, now).is_some());
        assert_eq!(entries.size, 2 * (OVERHEAD + 4));
    }

    #[test]
    fn nothing_is_larger_than_the_limit_or_older_than_its_time() {
        let now = Instant::now();
        let mut entries = entries(OVERHEAD + 4);
        entries.put(A, answer("aaaaa"), now, HOUR);
        assert_eq!((entries.size, entries.by_use.len()), (0, 0));
        entries.put(A, answer("aaaa"), now, HOUR);
        assert!(entries.get(&A, now + HOUR).is_none());
        assert_eq!((entries.size, entries.by_use.len(), entries.by_key.len()), (0, 0, 0));
        entries.put(A, answer("aaaa"), now, Duration::MAX);
        assert_eq!(entries.size, 0);
    }
}
