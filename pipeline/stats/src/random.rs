//! Random indices, the same for the same seed on every machine and with every version of a crate.
//!
//! The stream is that of `numpy.random.default_rng(seed).integers(0, n, size)`, which seaborn resamples
//! with. Of the three parts only the generator is a crate's, PCG64 of `rand_pcg`, an algorithm fixed by
//! its definition. The seeding and the draw from a range are written out here: crates reserve the right
//! to change theirs.

mod split_mix;

use rand_core::Rng;
use rand_pcg::Pcg64;

pub use split_mix::SplitMix64;

/// A stream of random 32-bit words and indices.
pub(crate) struct RandomStream {
    generator: Pcg64,
    /// The upper half of the last 64-bit output, where only the lower one is used yet.
    pending: Option<u32>,
}

impl RandomStream {
    /// The stream of `numpy.random.default_rng(seed)`.
    pub(crate) fn new(seed: u64) -> Self {
        let [state_high, state_low, stream_high, stream_low] = seed_words(seed);
        let join = |high: u64, low: u64| u128::from(high) << 64 | u128::from(low);
        let generator = Pcg64::new(join(state_high, state_low), join(stream_high, stream_low));
        Self { generator, pending: None }
    }

    /// The lower half of each 64-bit output, then its upper half.
    fn next_u32(&mut self) -> u32 {
        if let Some(upper) = self.pending.take() {
            return upper;
        }
        let word = self.generator.next_u64();
        self.pending = Some((word >> 32) as u32);
        word as u32
    }

    /// A number from 0 to `n` - 1, all equally likely.
    ///
    /// Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019): of the product of
    /// a random word and n, the upper half is the draw; the word is rejected if the lower half is below
    /// 2³² mod n, which makes the draw unbiased. `n` = 1 takes nothing from the stream, as in numpy; `n`
    /// = 0 gives 0.
    pub(crate) fn index_below(&mut self, n: u32) -> usize {
        if n <= 1 {
            return 0;
        }
        let mut product = u64::from(self.next_u32()) * u64::from(n);
        // The remainder is below n, so that the costly division is seldom needed.
        if (product as u32) < n {
            let rejected_below = n.wrapping_neg() % n;
            while (product as u32) < rejected_below {
                product = u64::from(self.next_u32()) * u64::from(n);
            }
        }
        (product >> 32) as usize
    }
}

/// The first four 64-bit words of `numpy.random.SeedSequence(seed)`.
///
/// A hash that spreads nearby seeds over unrelated states: M. O'Neill, "Developing a seed_seq
/// alternative" (2015), with numpy's constants. The pool holds four 32-bit words; a 64-bit seed fills
/// two and zeros the rest.
fn seed_words(seed: u64) -> [u64; 4] {
    const POOL_SIZE: usize = 4;
    const MIX_LEFT: u32 = 0xca01_f9dd;
    const MIX_RIGHT: u32 = 0x4973_f715;
    let mix = |x: u32, y: u32| {
        let mixed = MIX_LEFT.wrapping_mul(x).wrapping_sub(MIX_RIGHT.wrapping_mul(y));
        mixed ^ mixed >> 16
    };

    let mut fill = Scrambler { factor: 0x43b0_d7e5, step: 0x931e_8875 };
    let mut pool = [seed as u32, (seed >> 32) as u32, 0, 0].map(|word| fill.scramble(word));
    for source in 0..POOL_SIZE {
        for target in (0..POOL_SIZE).filter(|&target| target != source) {
            pool[target] = mix(pool[target], fill.scramble(pool[source]));
        }
    }

    let mut draw = Scrambler { factor: 0x8b51_f9dd, step: 0x58f3_8ded };
    let mut words = pool.iter().cycle().map(|&word| u64::from(draw.scramble(word)));
    let mut next_word = || words.next().unwrap_or_default();
    std::array::from_fn(|_| next_word() | next_word() << 32)
}

/// A multiplicative hash whose factor changes with every use.
struct Scrambler {
    factor: u32,
    step: u32,
}

impl Scrambler {
    fn scramble(&mut self, word: u32) -> u32 {
        let keyed = word ^ self.factor;
        self.factor = self.factor.wrapping_mul(self.step);
        let product = keyed.wrapping_mul(self.factor);
        product ^ product >> 16
    }
}

#[cfg(test)]
mod tests {
    use super::RandomStream;

    /// `numpy.random.default_rng(seed).integers(0, n, count)`, for seeds and ranges at their limits.
    #[test]
    fn draws_what_numpy_draws() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/reference/stats_vectors.json")).unwrap();
        let cases = vectors["index_draws"].as_array().unwrap();
        assert!(cases.len() >= 10);
        for case in cases {
            // Seeds are text: not every JSON reader keeps 64-bit integers.
            let seed: u64 = case["seed"].as_str().unwrap().parse().unwrap();
            let n = u32::try_from(case["n"].as_u64().unwrap()).unwrap();
            let expected: Vec<u64> = case["draws"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
            let mut stream = RandomStream::new(seed);
            let draws: Vec<u64> = expected.iter().map(|_| stream.index_below(n) as u64).collect();
            assert_eq!(draws, expected, "seed {seed}, n {n}");
        }
    }
}
