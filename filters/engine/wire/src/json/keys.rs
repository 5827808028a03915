use bartizan_verdict::order::{sort_by, sort_by_key};

use super::text::Text;

/// The keys of every object that is open, outermost first, each as its place in the body.
#[derive(Debug, Default)]
pub(super) struct Keys {
    marks: Vec<Mark>,
}

/// Where a key stands, in eight bytes: bodies are under 2 GiB, which leaves a bit for "has an escape".
#[derive(Clone, Copy, Debug)]
struct Mark {
    start: u32,
    length_and_escaped: u32,
}

/// Up to this many keys are compared each with each, which beats hashing.
const FEW: usize = 8;

/// What tells of most objects that no key is in them twice, without looking at the keys again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// A bit for each key, by a hash of how its first bytes are written.
    bits: u64,
    /// Whether two keys have the same bit, or one is not written as it reads.
    may_repeat: bool,
}

/// Bytes of a key that tell it from others.
const SEEN_BYTES: usize = 32;
/// Gives the keys of each object in an ordinary request or answer bits of their own.
const SEEN_MULTIPLIER: u32 = 0xb596_41d3;

// === impl Keys ===

impl Keys {
    pub(super) fn new() -> Self {
        Self {
            marks: Vec::with_capacity(32),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.marks.len()
    }

    pub(super) fn push(&mut self, key: &Text<'_>) {
        self.marks.push(Mark::new(key));
    }

    /// Forgets the keys from `first` on.
    pub(super) fn truncate(&mut self, first: usize) {
        self.marks.truncate(first);
    }

    /// The key with this number, counted from the outermost object's first.
    pub(super) fn get<'a>(&self, index: usize, body: &'a str) -> Option<Text<'a>> {
        Some(self.marks.get(index)?.text(body))
    }

    /// A key among those from `first` on that says the same as an earlier one.
    #[cold]
    #[inline(never)]
    pub(super) fn duplicate<'a>(&self, first: usize, body: &'a str) -> Option<Text<'a>> {
        let marks = self.marks.get(first..)?;
        if marks.len() <= FEW {
            duplicate_of_few(marks, body)
        } else {
            duplicate_of_many(marks, body)
        }
    }
}

fn duplicate_of_few<'a>(marks: &[Mark], body: &'a str) -> Option<Text<'a>> {
    for (index, mark) in marks.iter().enumerate() {
        if marks
            .iter()
            .take(index)
            .any(|earlier| earlier.says_the_same(mark, body))
        {
            return Some(mark.text(body));
        }
    }
    None
}

/// Sorts by hash, and what has the same hash by what it says: n log n even if every hash collides.
fn duplicate_of_many<'a>(marks: &[Mark], body: &'a str) -> Option<Text<'a>> {
    let texts = marks.iter().map(|mark| mark.text(body));
    let mut order: Vec<(u64, u32)> = texts.zip(0..).map(|(text, number)| (hash(&text), number)).collect();
    sort_by_key(&mut order, |place| *place);
    let runs = order.chunk_by(|left, right| left.0 == right.0);
    runs.filter(|run| run.len() > 1).find_map(|run| {
        let mut same: Vec<_> = run
            .iter()
            .filter_map(|(_, number)| Some((marks.get(*number as usize)?.text(body), *number)))
            .collect();
        sort_by(&mut same, |(left, first), (right, second)| {
            left.order(right).then(first.cmp(second)).is_lt()
        });
        same.windows(2).find_map(|pair| match pair {
            [(left, _), (right, _)] if left.order(right).is_eq() => Some(*right),
            _ => None,
        })
    })
}

/// A hash of what a key says, eight bytes at a time.
fn hash(key: &Text<'_>) -> u64 {
    // An odd number without a pattern: 2^64 divided by the golden ratio.
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let text = key.decode();
    let (words, tail) = text.as_bytes().as_chunks::<8>();
    let rest = tail
        .iter()
        .fold(text.len() as u64, |word, &byte| word << 8 | u64::from(byte));
    words
        .iter()
        .map(|word| u64::from_le_bytes(*word))
        .chain([rest])
        .fold(0, |hash, word| {
            let mixed = (hash ^ word).wrapping_mul(MULTIPLIER);
            mixed ^ mixed >> 32
        })
}

// === impl Seen ===

impl Seen {
    /// Takes note of one more key.
    #[inline]
    pub(super) fn note(&mut self, key: &Text<'_>) {
        let mut hash = 0_u32;
        let bytes = key.raw().as_bytes();
        for byte in bytes.get(..SEEN_BYTES).unwrap_or(bytes) {
            hash = (hash ^ u32::from(*byte)).wrapping_mul(SEEN_MULTIPLIER);
        }
        let bit = 1_u64 << (hash >> 26);
        self.may_repeat |= key.is_escaped() | (self.bits & bit != 0);
        self.bits |= bit;
    }

    /// Whether a key may be one of those before; never wrong if it says no.
    pub(super) const fn may_repeat(self) -> bool {
        self.may_repeat
    }
}

// === impl Mark ===

impl Mark {
    fn new(key: &Text<'_>) -> Self {
        let range = key.range();
        let length = u32::try_from(range.len()).unwrap_or(u32::MAX >> 1);
        Self {
            start: u32::try_from(range.start).unwrap_or(u32::MAX),
            length_and_escaped: length << 1 | u32::from(key.is_escaped()),
        }
    }

    const fn is_escaped(self) -> bool {
        self.length_and_escaped & 1 == 1
    }

    fn text(self, body: &str) -> Text<'_> {
        let start = self.start as usize;
        let end = start + (self.length_and_escaped >> 1) as usize;
        Text::of(body, start..end, self.is_escaped())
    }

    fn says_the_same(self, other: &Self, body: &str) -> bool {
        // WHY: without escapes, keys of different lengths differ, which settles nearly every pair.
        if !self.is_escaped() && !other.is_escaped() && self.length_and_escaped != other.length_and_escaped {
            return false;
        }
        self.text(body).order(&other.text(body)).is_eq()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_repeat(keys: &str) -> bool {
        let mut seen = Seen::default();
        for key in keys.split(' ') {
            seen.note(&Text::of(key, 0..key.len(), false));
        }
        seen.may_repeat()
    }

    #[test]
    fn ordinary_objects_are_not_searched_for_keys_that_repeat() {
        for keys in [
            "model messages temperature max_tokens stream tools tool_choice top_p n stop user seed response_format",
            "role content name tool_calls tool_call_id",
            "id object created model choices usage system_fingerprint service_tier",
            "index message logprobs finish_reason delta",
            "role content refusal annotations tool_calls function_call audio",
            "prompt_tokens completion_tokens total_tokens prompt_tokens_details completion_tokens_details",
            "model max_tokens messages system stream temperature tools tool_choice metadata stop_sequences thinking",
            "id type role content model stop_reason stop_sequence usage container",
            "input_tokens output_tokens cache_creation_input_tokens cache_read_input_tokens service_tier",
            "model input instructions stream tools max_output_tokens temperature previous_response_id store reasoning",
        ] {
            assert!(!may_repeat(keys), "{keys}");
        }
        assert!(may_repeat("a b a"));
    }
}
