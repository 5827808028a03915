//! Texts that were found clean before, so that a conversation is scanned by what is new in it.

use std::hash::{BuildHasher, RandomState};

use bartizan_scan::Effect;
use bartizan_verdict::Role;

/// Texts remembered, at most. A slot is 16 bytes, so this is 256 KiB for each worker.
const SLOTS: usize = 1 << 14;
/// Slots in which a text may be; a new one takes the place of the oldest of them.
const WAYS: usize = 4;

/// Texts that were found clean under one configuration, by a hash of text, role and tenant.
///
/// The hash is SipHash with a key that no stranger knows, so nobody can make a text that passes for another. By chance
/// it takes one text in 2^50 for a remembered one.
#[derive(Debug)]
pub(crate) struct Memory {
    key: RandomState,
    /// Empty until the first text is remembered.
    slots: Vec<Slot>,
}

/// A remembered text.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// Never 0 where a text is.
    hash: u64,
    effect: Effect,
}

/// The name of a text in a [`Memory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name(u64);

impl Memory {
    pub(crate) const fn new(key: RandomState) -> Self {
        Self { key, slots: Vec::new() }
    }

    /// The name of a text.
    pub(crate) fn name(&self, tenant: &str, role: Role, text: &str) -> Name {
        let hash = self.key.hash_one((tenant, role as u8, text));
        Name(hash.max(1))
    }

    /// What a text did to the message it was in, if it is remembered.
    pub(crate) fn recall(&self, name: Name) -> Option<Effect> {
        let slots = self.slots.get(bucket(name))?;
        slots.iter().find(|slot| slot.hash == name.0).map(|slot| slot.effect)
    }

    /// Remembers a text as clean.
    pub(crate) fn remember(&mut self, name: Name, effect: Effect) {
        if self.slots.is_empty() {
            self.slots = vec![Slot::default(); SLOTS];
        }
        let Some(slots) = self.slots.get_mut(bucket(name)) else {
            return;
        };
        if slots.iter().all(|slot| slot.hash != name.0) {
            for place in (1..slots.len()).rev() {
                slots.swap(place, place - 1);
            }
            if let Some(first) = slots.first_mut() {
                *first = Slot { hash: name.0, effect };
            }
        }
    }
}

/// Where a text may be: one of the groups of slots, by the upper bits of its name.
fn bucket(name: Name) -> std::ops::Range<usize> {
    let groups = SLOTS / WAYS;
    // INVARIANT: fewer groups than 2^32.
    let group = usize::try_from(name.0 >> 32).unwrap_or_default() % groups;
    group * WAYS..group * WAYS + WAYS
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test may choose at random what must not matter"
)]
mod tests {
    use super::*;

    fn text(number: usize) -> String {
        format!("{number:064}")
    }

    #[test]
    fn a_text_is_remembered_for_its_role_and_tenant_only() {
        let mut memory = Memory::new(RandomState::new());
        let name = memory.name("acme", Role::User, &text(1));
        assert_eq!(memory.recall(name), None);
        memory.remember(name, Effect::default());
        assert_eq!(memory.recall(name), Some(Effect::default()));
        for (tenant, role, text) in [
            ("globex", Role::User, text(1)),
            ("acme", Role::Tool, text(1)),
            ("acme", Role::User, text(2)),
        ] {
            let other = memory.name(tenant, role, &text);
            assert_eq!(memory.recall(other), None, "{tenant} {role} {text}");
        }
    }

    #[test]
    fn memory_is_bounded_and_forgets_the_oldest() {
        let mut memory = Memory::new(RandomState::new());
        let names: Vec<Name> = (0..SLOTS * 4)
            .map(|number| memory.name("acme", Role::User, &text(number)))
            .collect();
        for name in &names {
            memory.remember(*name, Effect::default());
        }
        assert_eq!(memory.slots.len(), SLOTS);
        let remembered = |names: &[Name]| names.iter().filter(|name| memory.recall(**name).is_some()).count();
        assert_eq!(memory.recall(names[names.len() - 1]), Some(Effect::default()));
        // Of the last thousand nearly all are left, of the first thousand nearly none.
        assert!(remembered(&names[names.len() - 1_000..]) > 950);
        assert!(remembered(&names[..1_000]) < 50);
    }
}
