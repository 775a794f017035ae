//! The sort that numpy runs with vector instructions.

/// The permutation that numpy's default `argsort` gives for 64-bit integers on a processor with AVX-512
/// (numpy 1.25 and later) or AVX2 (2.0 and later), which is what pandas uses for `sort_values` on one
/// column of integers.
///
/// It is a bitonic sorting network (K. E. Batcher, AFIPS 1968) in which equal keys are never exchanged.
/// It is **not** stable: where equal keys end up follows from the network alone, and not from the width
/// of the vectors. Places beyond the last key hold keys greater than all others. Keys that are in order
/// already are left alone.
///
/// `None` beyond 256 keys: numpy partitions these first, which is not imitated.
///
/// ```
/// assert_eq!(stats::argsort_network(&[2, 2, 1, 1]), Some(vec![3, 2, 1, 0]));
/// ```
pub fn argsort_network<K: Ord>(keys: &[K]) -> Option<Vec<usize>> {
    /// What one network sorts.
    const MOST: usize = 256;
    if keys.len() > MOST {
        return None;
    }
    if keys.is_sorted() {
        return Some((0..keys.len()).collect());
    }
    // An index without key stands for a key beyond all others.
    let size = keys.len().next_power_of_two();
    let mut order: Vec<usize> = (0..size).collect();
    let mut compare = |low: usize, high: usize| {
        let exchange = match (keys.get(order[low]), keys.get(order[high])) {
            (Some(low), Some(high)) => high < low,
            (low, high) => low.is_none() && high.is_some(),
        };
        if exchange {
            order.swap(low, high);
        }
    };
    let mut block = 2;
    while block <= size {
        // Two sorted halves, the second read backwards, are bitonic.
        for start in (0..size).step_by(block) {
            (0..block / 2).for_each(|i| compare(start + i, start + block - 1 - i));
        }
        let mut distance = block / 4;
        while distance > 0 {
            (0..size).filter(|i| i & distance == 0).for_each(|i| compare(i, i + distance));
            distance /= 2;
        }
        block *= 2;
    }
    order.retain(|index| *index < keys.len());
    Some(order)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::argsort_network;

    /// Made by `tests/reference/argsort_network_vectors.py`.
    #[test]
    fn the_order_is_that_of_numpy() {
        #[derive(Deserialize)]
        struct Vectors {
            cases: Vec<Case>,
        }
        #[derive(Deserialize)]
        struct Case {
            keys: Vec<i64>,
            order: Vec<usize>,
        }
        let vectors = include_str!("../../../../tests/reference/argsort_network_vectors.json");
        let vectors: Vectors = serde_json::from_str(vectors).unwrap();
        for Case { keys, order } in &vectors.cases {
            assert_eq!(argsort_network(keys).as_ref(), Some(order), "{keys:?}");
        }
        let is_unstable =
            |case: &&Case| case.order.windows(2).any(|w| case.keys[w[0]] == case.keys[w[1]] && w[0] > w[1]);
        assert!(vectors.cases.iter().filter(is_unstable).count() > 30, "the vectors tell it from a stable sort");
    }

    #[test]
    fn more_keys_than_one_network_sorts_are_refused() {
        assert_eq!(argsort_network(&[0; 257]), None);
    }

    proptest! {
        #[test]
        fn it_sorts_and_is_a_permutation(keys in prop::collection::vec(0..6_u8, 0..=256)) {
            let order = argsort_network(&keys).unwrap();
            prop_assert!(order.windows(2).all(|pair| keys[pair[0]] <= keys[pair[1]]));
            let mut all = order;
            all.sort_unstable();
            prop_assert_eq!(all, (0..keys.len()).collect::<Vec<_>>());
        }
    }
}
