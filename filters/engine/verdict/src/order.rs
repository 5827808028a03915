//! Sorting in few bytes of code. The standard library's sorts are unrolled for speed, and each type that is sorted adds 3
//! to 13 KB to a filter; here one heap sort serves all types, and a type adds its comparison.

/// Sorts by a key; equal ones end up in any order. A heap sort: n log n steps whatever the order, a few times as slow as
/// the standard library.
pub fn sort_by_key<T, K: Ord>(list: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(list, |left, right| key(left) < key(right));
}

/// As [`sort_by_key`], by what is less than what.
pub fn sort_by<T>(list: &mut [T], less: impl Fn(&T, &T) -> bool) {
    let length = list.len();
    sort(length, &mut Compared { list, less });
}

/// What is sorted, by places.
trait Heap {
    fn is_less(&self, left: usize, right: usize) -> bool;
    fn swap(&mut self, left: usize, right: usize);
}

struct Compared<'l, T, L> {
    list: &'l mut [T],
    less: L,
}

impl<T, L: Fn(&T, &T) -> bool> Heap for Compared<'_, T, L> {
    fn is_less(&self, left: usize, right: usize) -> bool {
        match (self.list.get(left), self.list.get(right)) {
            (Some(left), Some(right)) => (self.less)(left, right),
            _ => false,
        }
    }

    fn swap(&mut self, left: usize, right: usize) {
        self.list.swap(left, right);
    }
}

fn sort(length: usize, heap: &mut dyn Heap) {
    for root in (0..length / 2).rev() {
        sift(heap, root, length);
    }
    for end in (1..length).rev() {
        heap.swap(0, end);
        sift(heap, 0, end);
    }
}

/// Moves the element at `root` down until none below it, and before `end`, is greater.
fn sift(heap: &mut dyn Heap, mut root: usize, end: usize) {
    loop {
        let mut child = 2 * root + 1;
        if child >= end {
            return;
        }
        if child + 1 < end && heap.is_less(child, child + 1) {
            child += 1;
        }
        if !heap.is_less(root, child) {
            return;
        }
        heap.swap(root, child);
        root = child;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_list_is_sorted() {
        let mut chance = 1_u32;
        for length in 0..60 {
            for range in [2, 10, 1000] {
                let list = core::iter::repeat_with(|| {
                    chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (chance >> 16) % range
                });
                let mut list: Vec<u32> = list.take(length).collect();
                let mut expected = list.clone();
                expected.sort_unstable();
                sort_by_key(&mut list, |number| *number);
                assert_eq!(list, expected);
                sort_by(&mut list, |left, right| left > right);
                expected.reverse();
                assert_eq!(list, expected);
            }
        }
    }
}
