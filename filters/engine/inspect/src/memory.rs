//! Texts that were found clean before, so that a conversation is scanned by what is new in it.

use std::hash::{BuildHasher, RandomState};

use bartizan_scan::Effect;
use bartizan_verdict::Role;
use siphasher::sip::SipHasher13;

/// Texts remembered, at most. A slot is 16 bytes, so this is 256 KiB for each worker.
const SLOTS: usize = 1 << 14;
/// Slots in which a text may be; a new one takes the place of the oldest of them.
const WAYS: usize = 4;
const GROUPS: usize = SLOTS / WAYS;

/// Texts that were found clean under one configuration, by a hash of text, role and tenant.
///
/// The hash is SipHash-1-3 with a key that no stranger knows, so nobody can make a text that passes for another. By
/// chance it takes one text in 2^50 for a remembered one.
#[derive(Debug)]
pub(crate) struct Memory {
    /// For names of tenants.
    tenants: [u64; 2],
    /// For texts of each role, with what the tenant's name comes to.
    roles: [u64; Role::ALL.len()],
    /// Empty until the first text is remembered.
    groups: Vec<[Slot; WAYS]>,
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

// === impl Memory ===

impl Memory {
    pub(crate) fn new(key: &RandomState) -> Self {
        Self {
            tenants: [0_u8, 1].map(|half| key.hash_one(("tenants", half))),
            roles: std::array::from_fn(|role| key.hash_one(("texts", role))),
            groups: Vec::new(),
        }
    }

    /// The name of a text.
    ///
    /// Tenant and role make the key, so that each part is hashed as it stands: the standard library's hasher, which takes
    /// parts of any length one after the other, is four times the code.
    pub(crate) fn name(&self, tenant: &str, role: Role, text: &str) -> Name {
        let [low, high] = self.tenants;
        let tenant = SipHasher13::new_with_keys(low, high).hash(tenant.as_bytes());
        let role = self.roles.get(role as usize).copied().unwrap_or_default();
        Name(SipHasher13::new_with_keys(role, tenant).hash(text.as_bytes()).max(1))
    }

    /// What a text did to the message it was in, if it is remembered.
    pub(crate) fn recall(&self, name: Name) -> Option<Effect> {
        let slots = self.groups.get(group(name))?;
        slots.iter().find(|slot| slot.hash == name.0).map(|slot| slot.effect)
    }

    /// Remembers a text as clean that is not remembered.
    pub(crate) fn remember(&mut self, name: Name, effect: Effect) {
        if self.groups.is_empty() {
            self.groups = vec![[Slot::default(); WAYS]; GROUPS];
        }
        if let Some(slots) = self.groups.get_mut(group(name)) {
            let [first, second, third, _] = *slots;
            *slots = [Slot { hash: name.0, effect }, first, second, third];
        }
    }
}

/// Where a text may be: in one of the groups of slots, by the upper bits of its name.
fn group(name: Name) -> usize {
    // INVARIANT: fewer groups than 2^32.
    usize::try_from(name.0 >> 32).unwrap_or_default() % GROUPS
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
        let mut memory = Memory::new(&RandomState::new());
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
    fn tenant_and_text_are_not_taken_for_each_other() {
        let memory = Memory::new(&RandomState::new());
        let mut names = std::collections::BTreeSet::new();
        let texts: Vec<String> = (0..20).map(|length| "a".repeat(length)).collect();
        for (tenant, text) in texts
            .iter()
            .flat_map(|tenant| texts.iter().map(move |text| (tenant, text)))
        {
            assert!(names.insert(memory.name(tenant, Role::User, text).0), "{tenant} {text}");
        }
    }

    #[test]
    fn memory_is_bounded_and_forgets_the_oldest() {
        let mut memory = Memory::new(&RandomState::new());
        let names: Vec<Name> = (0..SLOTS * 4)
            .map(|number| memory.name("acme", Role::User, &text(number)))
            .collect();
        for name in &names {
            memory.remember(*name, Effect::default());
        }
        assert_eq!(memory.groups.len() * WAYS, SLOTS);
        let remembered = |names: &[Name]| names.iter().filter(|name| memory.recall(**name).is_some()).count();
        assert_eq!(memory.recall(names[names.len() - 1]), Some(Effect::default()));
        // Of the last thousand nearly all are left, of the first thousand nearly none.
        assert!(remembered(&names[names.len() - 1_000..]) > 950);
        assert!(remembered(&names[..1_000]) < 50);
    }
}
