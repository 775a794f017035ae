//! Random and regular partitions of observations.

use std::ops::Range;

use rand_mt::Mt;

/// The numbers from 0 to `n` - 1 in random order: `numpy.random.RandomState(seed).permutation(n)`, and so
/// the rows of `pandas.DataFrame.sample(frac=1, random_state=seed)`.
///
/// The words are those of MT19937 (Matsumoto and Nishimura, ACM TOMACS 8, 1998), seeded with its
/// `init_genrand`. The shuffle is that of Fisher and Yates from the last place down: for each place i
/// an index of at most i is drawn, by cutting a word to the bits that i has, and again until it is not
/// greater than i.
///
/// ```
/// assert_eq!(stats::shuffled_indices(5, 1234), [4, 0, 1, 2, 3]);
/// ```
pub fn shuffled_indices(n: u32, seed: u32) -> Vec<usize> {
    let mut random = Mt::new(seed);
    let mut indices: Vec<usize> = (0..n as usize).collect();
    for last in (1..n).rev() {
        let mask = u32::MAX >> last.leading_zeros();
        let drawn = loop {
            let word = random.next_u32() & mask;
            if word <= last {
                break word;
            }
        };
        indices.swap(last as usize, drawn as usize);
    }
    indices
}

/// The parts of `n` observations that are held out in turn: `sklearn.model_selection.KFold(count)` without
/// shuffling. They follow each other; the first `n % count` have one more than the others.
pub fn folds(n: usize, count: usize) -> Vec<Range<usize>> {
    let mut start = 0;
    let size = |fold: usize| n / count + usize::from(fold < n % count);
    let fold = |fold: usize| {
        let end = start + size(fold);
        let held_out = start..end;
        start = end;
        held_out
    };
    (0..count).map(fold).collect()
}

#[cfg(test)]
mod tests {
    use super::folds;

    #[test]
    fn folds_follow_each_other_and_the_first_are_longer() {
        assert_eq!(folds(11, 4), [0..3, 3..6, 6..9, 9..11]);
        assert_eq!(folds(2, 3), [0..1, 1..2, 2..2]);
        assert!(folds(5, 0).is_empty());
    }
}
