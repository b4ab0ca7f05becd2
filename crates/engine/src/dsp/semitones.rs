//! The notes of a spectrum: its peaks by semitone, and how the music is tuned.

use kmidi_kernels::math;

/// The lowest semitone that is measured, as a MIDI note number (E1).
pub(crate) const LOWEST: usize = 28;
/// How many semitones are measured (up to E7).
pub(crate) const COUNT: usize = 73;

/// Peaks quieter than this share of the loudest are side lobes and noise.
const QUIETEST: f32 = 0.003;

/// The peaks of each semitone.
#[derive(Debug, Clone)]
pub(crate) struct Semitones {
    bin_hertz: f32,
    /// The bins that lie within the measured semitones.
    range: (usize, usize),
    heights: [f32; COUNT],
}

impl Semitones {
    /// For spectra of `bins` bins that are `bin_hertz` apart.
    pub(crate) fn new(bin_hertz: f32, bins: usize) -> Self {
        let bin = |note: usize| (frequency(note as f32) / bin_hertz) as usize;
        let range = (bin(LOWEST).max(1), (bin(LOWEST + COUNT) + 1).min(bins - 1));
        Self { bin_hertz, range, heights: [0.0; COUNT] }
    }

    /// The summed height of the peaks within each semitone, lowest first, and what they say about the tuning.
    ///
    /// Only peaks of the spectrum count (Gómez 2006, "Tonal description of polyphonic audio"): in the low register the
    /// main lobe of one note covers its neighbours.
    pub(crate) fn run(&mut self, magnitudes: &[f32], tuning: &Tuning) -> (&[f32; COUNT], Lean) {
        self.heights = [0.0; COUNT];
        let mut lean = Lean::default();
        let offset = tuning.semitones();
        let threshold = QUIETEST * math::max(&magnitudes[self.range.0..self.range.1]);
        for bin in self.range.0..self.range.1 {
            let [before, at, after] = [magnitudes[bin - 1], magnitudes[bin], magnitudes[bin + 1]];
            if at <= threshold || at < before || at <= after {
                continue;
            }
            let curve = before - 2.0 * at + after;
            let shift = 0.5 * (before - after) / curve.min(-f32::MIN_POSITIVE);
            let height = at - 0.25 * (before - after) * shift;
            let hertz = (bin as f32 + shift.clamp(-0.5, 0.5)) * self.bin_hertz;
            let pitch = 69.0 + 12.0 / std::f32::consts::LN_2 * math::ln(hertz / 440.0);
            let note = pitch - offset - LOWEST as f32;
            let nearest = note.round();
            // Between two semitones a peak belongs to neither.
            let weight = 1.0 - 1.6 * (note - nearest).abs();
            if let Some(slot) = self.heights.get_mut(nearest.max(0.0) as usize).filter(|_| nearest >= 0.0) {
                *slot += weight * height;
            }
            let angle = std::f32::consts::TAU * (pitch - pitch.floor());
            lean.sum += height;
            lean.towards[0] += height * math::cos(angle);
            lean.towards[1] += height * math::sin(angle);
        }
        (&self.heights, lean)
    }
}

/// Where the peaks of a measurement lie between two semitones.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lean {
    /// Their heights.
    sum: f32,
    /// Their heights as vectors; a whole turn is a semitone.
    towards: [f32; 2],
}

/// How far the music is from 440 Hz: the mean direction of its peaks between two semitones (Gómez 2006), of late.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tuning([f32; 2]);

impl Tuning {
    /// What a measurement leaves of those before it: half is gone in two seconds.
    const KEEP: f32 = 0.986;
    /// How much 440 Hz is believed before anything is heard, in measurements.
    const PRIOR: f32 = 3.0;

    /// One measurement on. A loud one tells no more than a soft one.
    pub(crate) fn hear(&mut self, lean: &Lean) {
        let share = |part: f32| part / (1.0 + lean.sum);
        self.0.iter_mut().zip(lean.towards).for_each(|(sum, part)| *sum = Self::KEEP * *sum + share(part));
    }

    /// From -0.5 to 0.5.
    pub(crate) fn semitones(&self) -> f32 {
        math::atan2(self.0[1], self.0[0] + Self::PRIOR) / std::f32::consts::TAU
    }
}

/// How far each semitone stands out of its surroundings, with what overtones of lower notes explain taken away.
pub(crate) fn standing_out(heights: &[f32; COUNT]) -> [f32; COUNT] {
    let raw = heights.map(|height| math::ln(1.0 + height));
    // Whitening: less the mean of the octave around (Mauch and Dixon 2010 subtract and divide over as much).
    let mut level: [f32; COUNT] = std::array::from_fn(|n| {
        let around = &raw[n.saturating_sub(6)..(n + 7).min(COUNT)];
        (raw[n] - math::sum(around) / around.len() as f32).max(0.0)
    });
    // From the bottom up, a note takes its own overtones (2nd to 6th partial) away from the notes above.
    for n in 0..COUNT {
        let own = level[n];
        for (above, share) in [(12, 0.45), (19, 0.50), (24, 0.40), (28, 0.40), (31, 0.30)] {
            if let Some(partial) = level.get_mut(n + above) {
                *partial = (*partial - share * own).max(0.0);
            }
        }
    }
    level
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
            let level = standing_out(bands.run(&spectrum, &Tuning::default()).0);
            let loudest = (0..COUNT).max_by(|&a, &b| level[a].total_cmp(&level[b])).unwrap();
            assert_eq!(loudest + LOWEST, note);
        }
    }
}
