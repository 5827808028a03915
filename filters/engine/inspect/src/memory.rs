//! Texts that were found clean before, so that a conversation is scanned by what is new in it.

use std::hash::{BuildHasher, RandomState};

use bartizan_scan::Effect;
use bartizan_verdict::Role;

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
    key: [u64; 2],
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

/// SipHash-1-3 of words. The hasher of the standard library takes bytes as they come, and is four times the code.
///
/// <https://www.aumasson.jp/siphash/siphash.pdf>
struct Sip([u64; 4]);

// === impl Memory ===

impl Memory {
    pub(crate) fn new(key: &RandomState) -> Self {
        Self {
            key: [0_u64, 1].map(|half| key.hash_one(half)),
            groups: Vec::new(),
        }
    }

    /// The name of a text.
    pub(crate) fn name(&self, tenant: &str, role: Role, text: &str) -> Name {
        let mut sip = Sip::new(self.key);
        sip.take_bytes(tenant.as_bytes());
        sip.take_bytes(text.as_bytes());
        // With the length, so that tenant and text cannot be parted in another way.
        sip.take((tenant.len() as u64) << 8 | role as u64);
        Name(sip.finish().max(1))
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

// === impl Sip ===

impl Sip {
    const fn new([low, high]: [u64; 2]) -> Self {
        Self([
            low ^ 0x736f_6d65_7073_6575,
            high ^ 0x646f_7261_6e64_6f6d,
            low ^ 0x6c79_6765_6e65_7261,
            high ^ 0x7465_6462_7974_6573,
        ])
    }

    #[inline(always)]
    const fn round(&mut self) {
        let [mut a, mut b, mut c, mut d] = self.0;
        a = a.wrapping_add(b);
        c = c.wrapping_add(d);
        b = b.rotate_left(13) ^ a;
        d = d.rotate_left(16) ^ c;
        a = a.rotate_left(32).wrapping_add(d);
        c = c.wrapping_add(b);
        d = d.rotate_left(21) ^ a;
        b = b.rotate_left(17) ^ c;
        self.0 = [a, b, c.rotate_left(32), d];
    }

    #[inline(always)]
    const fn take(&mut self, word: u64) {
        let [a, b, c, d] = self.0;
        self.0 = [a, b, c, d ^ word];
        self.round();
        let [a, b, c, d] = self.0;
        self.0 = [a ^ word, b, c, d];
    }

    /// Takes bytes, with their number, so that no two rows of them are the same words.
    #[inline(never)]
    fn take_bytes(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.take(u64::from_le_bytes(*word));
        }
        let last = rest.iter().rev().fold(0, |last, byte| last << 8 | u64::from(*byte));
        self.take(last | (bytes.len() as u64) << 56);
    }

    const fn finish(mut self) -> u64 {
        let [a, b, c, d] = self.0;
        self.0 = [a, b, c ^ 0xff, d];
        self.round();
        self.round();
        self.round();
        let [a, b, c, d] = self.0;
        a ^ b ^ c ^ d
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test may choose at random what must not matter"
)]
mod tests {
    use std::hash::Hasher as _;

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
    fn the_hash_is_that_of_the_standard_library() {
        for length in 0..70 {
            let bytes: Vec<u8> = (0..length).map(|number: u8| number.wrapping_mul(37)).collect();
            let mut sip = Sip::new([0, 0]);
            sip.take_bytes(&bytes);
            let mut known = std::hash::DefaultHasher::new();
            known.write(&bytes);
            assert_eq!(sip.finish(), known.finish(), "{length}");
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
