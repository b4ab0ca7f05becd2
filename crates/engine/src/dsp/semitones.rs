//! Energy by semitone, from a spectrum.

use kmidi_kernels::math;

/// The lowest semitone that is measured, as a MIDI note number (E1).
pub(crate) const LOWEST: usize = 28;
/// How many semitones are measured (up to E7).
pub(crate) const COUNT: usize = 73;

/// Bell-shaped bands, one a semitone, at 440 Hz tuning.
#[derive(Debug, Clone)]
pub(crate) struct Semitones {
    /// (first bin, first weight, count) of each semitone.
    rows: [(usize, usize, usize); COUNT],
    weights: Box<[f32]>,
    level: [f32; COUNT],
}

impl Semitones {
    /// Bands over `bins` bins that are `bin_hertz` apart.
    pub(crate) fn new(bin_hertz: f32, bins: usize) -> Self {
        let mut weights = Vec::new();
        let rows = std::array::from_fn(|n| {
            let hertz = frequency((LOWEST + n) as f32);
            // Half a semitone either side, but never narrower than a bin and a half: the window's own main lobe.
            let reach = (hertz * 0.0293).max(1.5 * bin_hertz);
            let first = ((hertz - reach) / bin_hertz).ceil().max(1.0) as usize;
            let end = (((hertz + reach) / bin_hertz).floor() as usize + 1).min(bins);
            let start = weights.len();
            weights.extend((first..end.max(first)).map(|bin| {
                let off = (bin as f32 * bin_hertz - hertz) / reach;
                0.5 * (1.0 + math::cos(std::f32::consts::PI * off))
            }));
            (first.min(bins), start, weights.len() - start)
        });
        Self { rows, weights: weights.into(), level: [0.0; COUNT] }
    }

    /// How far each semitone stands out of its surroundings, with what overtones of lower notes explain taken away.
    pub(crate) fn run(&mut self, magnitudes: &[f32]) -> &[f32; COUNT] {
        let mut raw = [0.0; COUNT];
        for (slot, &(bin, start, count)) in raw.iter_mut().zip(&self.rows) {
            let sum = math::dot(&magnitudes[bin..bin + count], &self.weights[start..start + count]);
            *slot = math::ln(1.0 + sum);
        }
        // Whitening: less the mean of the octave around (Mauch and Dixon 2010 subtract and divide over as much).
        for n in 0..COUNT {
            let around = &raw[n.saturating_sub(6)..(n + 7).min(COUNT)];
            let mean = math::sum(around) / around.len() as f32;
            self.level[n] = (raw[n] - mean).max(0.0);
        }
        // From the bottom up, a note takes its own overtones (2nd to 6th partial) away from the notes above.
        for n in 0..COUNT {
            let own = self.level[n];
            for (above, share) in [(12, 0.45), (19, 0.40), (24, 0.30), (28, 0.30), (31, 0.20)] {
                if let Some(partial) = self.level.get_mut(n + above) {
                    *partial = (*partial - share * own).max(0.0);
                }
            }
        }
        &self.level
    }
}

/// Hertz of a MIDI note number, A4 = 440.
fn frequency(note: f32) -> f32 {
    440.0 * math::exp(std::f32::consts::LN_2 * (note - 69.0) / 12.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_with_overtones_is_heard_at_its_own_semitone() {
        let bin_hertz = 48_000.0 / 8192.0;
        let mut bands = Semitones::new(bin_hertz, 4097);
        for note in [40_usize, 52, 60, 69, 76] {
            let mut spectrum = vec![0.01; 4097];
            for partial in 1..=5 {
                let bin = (frequency(note as f32) * partial as f32 / bin_hertz).round() as usize;
                spectrum[bin] = 100.0 / partial as f32;
                spectrum[bin - 1] = 50.0 / partial as f32;
                spectrum[bin + 1] = 50.0 / partial as f32;
            }
            let level = bands.run(&spectrum);
            let loudest = (0..COUNT).max_by(|&a, &b| level[a].total_cmp(&level[b])).unwrap();
            assert_eq!(loudest + LOWEST, note);
        }
    }
}
