//! Sorting in few bytes of code: core's sorts are unrolled for speed, and each type that is sorted adds 3 to 13 KB to a
//! filter. What is sorted here are findings, of which there are few.

/// Sorts by a key; equal ones end up in any order. A heap sort: n log n steps whatever the order.
pub(crate) fn sort_by_key<T, K: Ord>(list: &mut [T], key: impl Fn(&T) -> K) {
    for root in (0..list.len() / 2).rev() {
        sift(list, root, &key);
    }
    for end in (1..list.len()).rev() {
        list.swap(0, end);
        if let Some(heap) = list.get_mut(..end) {
            sift(heap, 0, &key);
        }
    }
}

/// Moves the element at `root` down until none below it is greater.
fn sift<T, K: Ord>(heap: &mut [T], mut root: usize, key: &impl Fn(&T) -> K) {
    loop {
        let below = [2 * root + 1, 2 * root + 2];
        let children = below
            .into_iter()
            .filter_map(|child| Some((key(heap.get(child)?), child)));
        let (Some((greatest, child)), Some(own)) = (children.max(), heap.get(root).map(key)) else {
            return;
        };
        if greatest <= own {
            return;
        }
        heap.swap(root, child);
        root = child;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_sorts(mut list in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut expected = list.clone();
            expected.sort_unstable();
            sort_by_key(&mut list, |number| *number);
            prop_assert_eq!(list, expected);
        }
    }
}
