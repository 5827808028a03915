//! The numbers of events, where they have some.

use std::ops::Range;

use bartizan_wire::json::Patch;

/// Counts on over events that were made.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// What the provider gave, or would have given, the event that leaves next; `None` before the first number.
    given: Option<u64>,
    /// How many numbered events were made.
    made: u64,
}

// === impl Numbers ===

impl Numbers {
    /// An event is at hand.
    pub(super) const fn arrive(&mut self, number: Option<&(u64, Range<usize>)>) {
        if let Some((number, _)) = number {
            self.given = Some(*number);
        }
    }

    /// Changes the number of the event at hand, if events were made before it.
    pub(super) fn renumber(&self, number: Option<&(u64, Range<usize>)>, patch: &mut Patch) {
        if let (Some((number, range)), 1..) = (number, self.made) {
            let number = number.saturating_add(self.made);
            patch.replace(range.clone(), number.to_string().into_bytes());
        }
    }

    /// The event at hand has left.
    pub(super) const fn leave(&mut self, number: Option<&(u64, Range<usize>)>) {
        if let Some((number, _)) = number {
            self.given = Some(number.saturating_add(1));
        }
    }

    /// The number of the event that leaves next.
    pub(super) fn next(&self) -> Option<u64> {
        self.given.map(|given| given.saturating_add(self.made))
    }

    /// The number of an event that is made.
    pub(super) fn take(&mut self) -> u64 {
        let number = self.next().unwrap_or_default();
        self.made += 1;
        number
    }
}
