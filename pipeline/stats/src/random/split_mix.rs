//! SplitMix64, the generator of the simulated campaigns.

/// G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014:
/// a counter and a hash. Made of integer operations only, so the same on every machine.
///
/// ```
/// let mut random = stats::SplitMix64::new(1234567);
/// assert_eq!(random.next_u64(), 6457827717110365317);
/// assert!((0.0..1.0).contains(&random.unit()));
/// ```
#[derive(Clone, Debug)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number in [0, 1): the top 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// An integer from 0 to below `limit`, all but equally likely: the remainder of 64 bits. 0 for a
    /// limit of 0.
    pub fn below(&mut self, limit: u64) -> i64 {
        let drawn = self.next_u64();
        i64::try_from(drawn.checked_rem(limit).unwrap_or(0)).unwrap_or(i64::MAX)
    }

    /// A number with mean 0 and standard deviation 1, nearly normal and never beyond ±6: the sum of
    /// twelve units less 6 (Irwin and Hall). Sums are the same on every machine, logarithms are not.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::SplitMix64;

    /// The outputs that the authors' C program gives for this seed.
    #[test]
    fn draws_what_the_reference_draws() {
        let mut random = SplitMix64::new(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(expected.map(|_| random.next_u64()), expected);
    }

    #[test]
    fn normal_numbers_have_mean_0_and_variance_1() {
        let mut random = SplitMix64::new(1);
        let numbers: Vec<f64> = (0..100_000).map(|_| random.normal()).collect();
        assert!(crate::mean(&numbers).unwrap().abs() < 0.01);
        assert!((crate::variance(&numbers, 1).unwrap() - 1.0).abs() < 0.02);
    }
}
