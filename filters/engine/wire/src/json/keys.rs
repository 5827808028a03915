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

/// Up to this many keys are compared each with each, which beats sorting.
const FEW: usize = 8;

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
        self.marks.get(index)?.text(body)
    }

    /// A key among those from `first` on that says the same as an earlier one. Leaves them in another order.
    pub(super) fn duplicate<'a>(&mut self, first: usize, body: &'a str) -> Option<Text<'a>> {
        let marks = self.marks.get_mut(first..)?;
        if marks.len() <= FEW {
            return duplicate_of_few(marks, body);
        }
        marks.sort_unstable_by(|left, right| match (left.text(body), right.text(body)) {
            (Some(left_text), Some(right_text)) => {
                left_text.order(&right_text).then_with(|| left.start.cmp(&right.start))
            }
            _ => left.start.cmp(&right.start),
        });
        marks.windows(2).find_map(|pair| match pair {
            [left, right] if left.says_the_same(right, body) => right.text(body),
            _ => None,
        })
    }
}

fn duplicate_of_few<'a>(marks: &[Mark], body: &'a str) -> Option<Text<'a>> {
    for (index, mark) in marks.iter().enumerate() {
        if marks
            .iter()
            .take(index)
            .any(|earlier| earlier.says_the_same(mark, body))
        {
            return mark.text(body);
        }
    }
    None
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

    fn text(self, body: &str) -> Option<Text<'_>> {
        let start = self.start as usize;
        let end = start + (self.length_and_escaped >> 1) as usize;
        Some(Text::new(body.get(start..end)?, start, self.is_escaped()))
    }

    fn says_the_same(self, other: &Self, body: &str) -> bool {
        // WHY: without escapes, keys of different lengths differ, which settles nearly every pair.
        if !self.is_escaped() && !other.is_escaped() && self.length_and_escaped != other.length_and_escaped {
            return false;
        }
        match (self.text(body), other.text(body)) {
            (Some(left), Some(right)) => left.order(&right).is_eq(),
            _ => false,
        }
    }
}
