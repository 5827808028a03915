//! Who may be at a provider at once, and who waits in which order.

use std::collections::VecDeque;

use bartizan_policy::Concurrency;

/// Places at a provider, and the line before them. `T` is what a waiting one is called by.
#[derive(Debug)]
pub(super) struct Places<T> {
    taken: u32,
    line: VecDeque<(u64, T)>,
    /// The number of the next who waits.
    next: u64,
}

/// What becomes of one who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    In,
    /// It waits under this number.
    Waits(u64),
    /// The line is as long as it may be.
    Full,
}

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self {
            taken: 0,
            line: VecDeque::new(),
            next: 0,
        }
    }
}

impl<T> Places<T> {
    /// One comes; `called_by` is kept if it has to wait.
    pub(super) fn enter(&mut self, settings: &Concurrency, called_by: impl FnOnce() -> T) -> Entry {
        let is_free = settings.max_parallel.is_none_or(|most| self.taken < most);
        if is_free && self.line.is_empty() {
            self.taken = self.taken.saturating_add(1);
            return Entry::In;
        }
        if self.line.len() >= usize::try_from(settings.max_pending).unwrap_or(usize::MAX) {
            return Entry::Full;
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.line.push_back((number, called_by()));
        Entry::Waits(number)
    }

    /// One leaves its place.
    pub(super) fn leave(&mut self) {
        self.taken = self.taken.saturating_sub(1);
    }

    /// The next who may come in, and has its place with that. Asked until there is none.
    pub(super) fn call(&mut self, settings: &Concurrency) -> Option<T> {
        if settings.max_parallel.is_some_and(|most| self.taken >= most) {
            return None;
        }
        let (_, called_by) = self.line.pop_front()?;
        self.taken = self.taken.saturating_add(1);
        Some(called_by)
    }

    /// One waits no longer. Whether it still did; if not, it has a place already.
    pub(super) fn give_up(&mut self, number: u64) -> bool {
        let place = self.line.iter().position(|(waiting, _)| *waiting == number);
        place.is_some_and(|place| self.line.remove(place).is_some())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Duration;

    use super::*;

    const fn settings(max_parallel: Option<u32>, max_pending: u32) -> Concurrency {
        Concurrency {
            max_parallel,
            max_pending,
            pending_timeout: Duration::ZERO,
        }
    }

    #[test]
    fn places_are_taken_waited_for_and_given_in_turn() {
        let settings = settings(Some(2), 2);
        let mut places = Places::default();
        assert_eq!(places.enter(&settings, || 'a'), Entry::In);
        assert_eq!(places.enter(&settings, || 'b'), Entry::In);
        assert_eq!(places.enter(&settings, || 'c'), Entry::Waits(0));
        assert_eq!(places.enter(&settings, || 'd'), Entry::Waits(1));
        assert_eq!(places.enter(&settings, || 'e'), Entry::Full);
        assert_eq!(places.call(&settings), None);
        assert!(places.give_up(0) && !places.give_up(0));
        assert_eq!(places.enter(&settings, || 'f'), Entry::Waits(2));
        places.leave();
        assert_eq!((places.call(&settings), places.call(&settings)), (Some('d'), None));
        assert!(!places.give_up(1));
        assert_eq!(places.line.len(), 1);
        // Nobody passes those who wait.
        places.leave();
        assert_eq!(places.enter(&settings, || 'g'), Entry::Waits(3));
        assert_eq!(places.call(&settings), Some('f'));
    }

    #[test]
    fn limits_may_change_while_some_are_in() {
        let mut places = Places::default();
        for _ in 0..5 {
            assert_eq!(places.enter(&settings(None, 0), || ()), Entry::In);
        }
        assert_eq!(places.enter(&settings(Some(3), 9), || ()), Entry::Waits(0));
        places.leave();
        places.leave();
        assert_eq!(places.call(&settings(Some(3), 9)), None);
        assert_eq!(places.call(&settings(Some(4), 9)), Some(()));
        assert_eq!(places.enter(&settings(Some(4), 0), || ()), Entry::Full);
    }
}
