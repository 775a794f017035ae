//! The sorts of numpy, where the order of equal keys shapes a published result.

mod network;

use std::cmp::Ordering;

pub use network::argsort_network;

/// Parts of up to this many elements are left to the insertion sort.
const SMALL: usize = 16;

/// The permutation that numpy's `argsort(kind="quicksort")` gives for object arrays, which is what
/// pandas uses for `sort_values` on one text column up to version 1.x.
///
/// It is an introsort: median of three, then an insertion sort for small partitions, with a
/// heapsort where the partitions get too deep. It is **not** stable, so among equal keys the order
/// follows from the algorithm alone: `npy_aquicksort` and `npy_aheapsort` of numpy 1.19,
/// `numpy/core/src/npysort/{quicksort,heapsort}.c.src`.
///
/// ```
/// // Sixteen keys or fewer are sorted stably, by insertion.
/// assert_eq!(stats::argsort_quicksort(&["b", "a", "b", "a"]), [1, 3, 0, 2]);
/// ```
pub fn argsort_quicksort<K: Ord>(keys: &[K]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    if order.len() < 2 {
        return order;
    }
    // How many partitions deep a part may lie; looked at only when a part is begun, as numpy does.
    let depth = 2 * i64::from(order.len().ilog2());
    let mut open = vec![(0, order.len() - 1, depth)];
    while let Some((mut low, mut high, mut depth)) = open.pop() {
        if depth < 0 {
            heapsort(&mut order[low..=high], keys);
            continue;
        }
        while high - low >= SMALL {
            let middle = partition(&mut order, low, high, keys);
            depth -= 1;
            // The larger part waits, the smaller one goes on.
            if middle - low < high - middle {
                open.push((middle + 1, high, depth));
                high = middle - 1;
            } else {
                open.push((low, middle - 1, depth));
                low = middle + 1;
            }
        }
        insertion_sort(&mut order[low..=high], keys);
    }
    order
}

/// Splits `order[low..=high]` at the median of its first, middle and last key; returns where that
/// key ends up.
fn partition<K: Ord>(order: &mut [usize], low: usize, high: usize, keys: &[K]) -> usize {
    let less = |order: &[usize], a: usize, b: usize| keys[order[a]] < keys[order[b]];
    let middle = low + (high - low) / 2;
    for (a, b) in [(middle, low), (high, middle), (middle, low)] {
        if less(order, a, b) {
            order.swap(a, b);
        }
    }
    let pivot = &keys[order[middle]];
    let (mut i, mut j) = (low, high - 1);
    order.swap(middle, j);
    loop {
        i += 1;
        while keys[order[i]] < *pivot {
            i += 1;
        }
        j -= 1;
        while *pivot < keys[order[j]] {
            j -= 1;
        }
        if i >= j {
            break;
        }
        order.swap(i, j);
    }
    order.swap(i, high - 1);
    i
}

fn insertion_sort<K: Ord>(order: &mut [usize], keys: &[K]) {
    for i in 1..order.len() {
        let moved = order[i];
        let mut j = i;
        while j > 0 && keys[moved] < keys[order[j - 1]] {
            order[j] = order[j - 1];
            j -= 1;
        }
        order[j] = moved;
    }
}

/// Counted from 1 as in the original, because the tree of a heap is.
fn heapsort<K: Ord>(order: &mut [usize], keys: &[K]) {
    let sift = |order: &mut [usize], mut parent: usize, end: usize, moved: usize| {
        let mut child = 2 * parent;
        while child <= end {
            if child < end && keys[order[child - 1]] < keys[order[child]] {
                child += 1;
            }
            if keys[moved].cmp(&keys[order[child - 1]]) != Ordering::Less {
                break;
            }
            order[parent - 1] = order[child - 1];
            parent = child;
            child *= 2;
        }
        order[parent - 1] = moved;
    };
    for start in (1..=order.len() / 2).rev() {
        let moved = order[start - 1];
        sift(order, start, order.len(), moved);
    }
    for end in (2..=order.len()).rev() {
        let moved = order[end - 1];
        order[end - 1] = order[0];
        sift(order, 1, end - 1, moved);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    /// Made by `tests/reference/argsort_vectors.py`.
    #[test]
    fn the_order_is_that_of_numpy() {
        #[derive(Deserialize)]
        struct Vectors {
            cases: Vec<Case>,
        }
        #[derive(Deserialize)]
        struct Case {
            keys: Vec<String>,
            order: Vec<usize>,
        }
        let vectors = include_str!("../../../tests/reference/argsort_vectors.json");
        let vectors: Vectors = serde_json::from_str(vectors).unwrap();
        for case in &vectors.cases {
            assert_eq!(argsort_quicksort(&case.keys), case.order, "{:?}", case.keys);
        }
        let unstable = vectors
            .cases
            .iter()
            .filter(|case| case.order.windows(2).any(|w| case.keys[w[0]] == case.keys[w[1]] && w[0] > w[1]));
        assert!(unstable.count() > 5, "the vectors must tell this sort from a stable one");
    }

    proptest! {
        #[test]
        fn it_sorts_and_is_a_permutation(keys in prop::collection::vec(0..6_u8, 0..200)) {
            let order = argsort_quicksort(&keys);
            prop_assert!(order.windows(2).all(|pair| keys[pair[0]] <= keys[pair[1]]));
            let mut all = order;
            all.sort_unstable();
            prop_assert_eq!(all, (0..keys.len()).collect::<Vec<_>>());
        }

        #[test]
        fn the_heapsort_sorts_too(keys in prop::collection::vec(0..6_u8, 0..60)) {
            let mut order: Vec<usize> = (0..keys.len()).collect();
            heapsort(&mut order, &keys);
            prop_assert!(order.windows(2).all(|pair| keys[pair[0]] <= keys[pair[1]]));
        }

        #[test]
        fn few_keys_are_sorted_stably(keys in prop::collection::vec(0..3_u8, 0..=16)) {
            let mut stable: Vec<usize> = (0..keys.len()).collect();
            stable.sort_by_key(|&i| keys[i]);
            prop_assert_eq!(argsort_quicksort(&keys), stable);
        }
    }
}
