//! Seeded random numbers for the tests of this crate.

/// SplitMix64 (Steele, Lea and Flood 2014), the whole generator.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `-scale` up to `scale`.
    pub(crate) fn signed(&mut self, scale: f32) -> f32 {
        scale * ((self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0)
    }

    /// `length` numbers from -1 up to 1.
    pub(crate) fn vector(&mut self, length: usize) -> Vec<f32> {
        (0..length).map(|_| self.signed(1.0)).collect()
    }
}

/// Fails unless `found` is `expected` within `tolerance`.
#[track_caller]
pub(crate) fn assert_close(found: f32, expected: f64, tolerance: f64) {
    let distance = (f64::from(found) - expected).abs();
    assert!(
        distance <= tolerance,
        "found {found}, expected {expected}: {distance:e} apart, {tolerance:e} allowed"
    );
}
