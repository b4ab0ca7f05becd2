//! What the beat front end hears: how loud the sound is by band, what rose since the hop before the last, and what is new.
//!
//! Two looks at the latest samples, a short one that sees at once what begins and a long one that tells notes apart.
//! Both windows fall faster than they rise, so that the newest samples count. A rise is counted as in SuperFlux (Böck and
//! Widmer 2013, "Maximum filter vibrato suppression for onset detection"): over the loudest of the band's neighbours.

use crate::block::Band;
use crate::dsp::bands::Bands;
use crate::dsp::history::History;
use crate::dsp::spectrum::Spectrum;
use kmidi_kernels::{ShapeError, math};

/// Bands of the short look.
const SHORT: usize = 27;
/// Bands of the long look.
const LONG: usize = 66;
/// Bands of the long look that are told together how new they are.
const GROUP: usize = 9;
const GROUPS: usize = LONG.div_ceil(GROUP);
/// How many numbers a hop gives that speak of this moment: short levels, short rises, long rises.
pub const MOMENT: usize = 2 * SHORT + LONG;
/// How many numbers a hop gives: those, and how new what sounds is, by group.
pub const HEARD: usize = MOMENT + GROUPS;
/// What a band usually is follows what it is by this share a hop: over about a second.
const FOLLOW: f32 = 0.01;
/// What is heard in one hop: logarithms of 1 + magnitude, base 10, where a full-scale sine has magnitude 512.
pub type Heard = [f32; HEARD];

/// The rises of the short look in one hop.
pub(crate) type Rises = [f32; SHORT];

/// The rises among what was heard.
pub(crate) fn rises(heard: &Heard) -> Rises {
    std::array::from_fn(|n| heard[SHORT + n])
}

/// The windows, seconds: 1024 and 2048 frames at 48 kHz.
const WINDOWS: [f64; 2] = [1024.0 / 48_000.0, 2048.0 / 48_000.0];
/// The share of a window that falls.
const FALLING: f64 = 0.25;
/// Borders of [`Band`], hertz.
const BORDERS: [f32; 2] = [250.0, 2_500.0];
/// What a sine of full scale measures.
const FULL_SCALE: f32 = 512.0;

#[derive(Debug, Clone)]
pub(crate) struct Ear {
    short: Look<SHORT>,
    long: Look<LONG>,
    /// What the bands of the long look usually are.
    usual: [f32; LONG],
}

impl Ear {
    pub(crate) fn new() -> Result<Self, ShapeError> {
        Ok(Self {
            short: Look::new(WINDOWS[0], (60.0, 17_000.0), 4)?,
            long: Look::new(WINDOWS[1], (30.0, 8_000.0), 12)?,
            usual: [0.0; LONG],
        })
    }

    /// How many past samples it wants to see.
    pub(crate) fn memory(&self) -> usize {
        self.short.spectrum.length().max(self.long.spectrum.length())
    }

    pub(crate) fn reset(&mut self) {
        self.short.reset();
        self.long.reset();
        self.usual = [0.0; LONG];
    }

    /// In which band the mean rise of the bands of the short look is greatest, over hops that were heard.
    pub(crate) fn band(&self, hops: impl Iterator<Item = Rises>) -> Band {
        let [low, high] = BORDERS.map(|hertz| self.short.bands.below(hertz).min(SHORT));
        let mut means = [0.0; 3];
        for rises in hops {
            let parts = [&rises[..low], &rises[low..high], &rises[high..]];
            for (mean, part) in means.iter_mut().zip(parts) {
                *mean += math::sum(part) / part.len().max(1) as f32;
            }
        }
        let [low, mid, high] = means;
        match () {
            () if low >= mid && low >= high => Band::Low,
            () if mid >= high => Band::Mid,
            () => Band::High,
        }
    }

    /// Hears one hop.
    ///
    /// *Real-time safety*: no allocation.
    pub(crate) fn hop(&mut self, history: &History) -> Heard {
        let mut heard = [0.0; HEARD];
        let (short, rest) = heard.split_at_mut(2 * SHORT);
        let (levels, rises) = short.split_at_mut(SHORT);
        levels.copy_from_slice(self.short.hop(history, rises));
        let (rises, new) = rest.split_at_mut(LONG);
        let levels = self.long.hop(history, rises);
        let groups = levels.chunks(GROUP).zip(self.usual.chunks_mut(GROUP));
        for (new, (levels, usual)) in new.iter_mut().zip(groups) {
            for (level, usual) in levels.iter().zip(usual) {
                *new += (level - *usual).max(0.0) / GROUP as f32;
                *usual += FOLLOW * (level - *usual);
            }
        }
        heard
    }
}

/// One window and its bands.
#[derive(Debug, Clone)]
struct Look<const BANDS: usize> {
    spectrum: Spectrum,
    bands: Bands,
    /// Levels of this hop and of the two before, newest first.
    past: [[f32; BANDS]; 3],
}

impl<const BANDS: usize> Look<BANDS> {
    fn new(window: f64, range: (f32, f32), per_octave: u32) -> Result<Self, ShapeError> {
        let spectrum = Spectrum::new(window, FALLING, FULL_SCALE)?;
        let grid = (1.0 / window) as f32;
        let bands = Bands::new(range, per_octave, grid, spectrum.bin_hertz(), spectrum.bins());
        Ok(Self { spectrum, bands, past: [[0.0; BANDS]; 3] })
    }

    fn reset(&mut self) {
        self.past = [[0.0; BANDS]; 3];
    }

    /// The levels, with their rises over the hop before the last in `rises`.
    fn hop(&mut self, history: &History, rises: &mut [f32]) -> &[f32; BANDS] {
        self.past.rotate_right(1);
        let [now, _, before] = &mut self.past;
        match self.spectrum.run(history) {
            None => now.fill(0.0),
            Some(magnitudes) => {
                self.bands.apply(magnitudes, now);
                now.iter_mut().for_each(|band| *band = math::log10(1.0 + *band));
            }
        }
        for (n, (rise, level)) in rises.iter_mut().zip(&*now).enumerate() {
            let neighbours = &before[n.saturating_sub(1)..(n + 2).min(BANDS)];
            *rise = (level - neighbours.iter().fold(0.0_f32, |a, &b| a.max(b))).max(0.0);
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_fill_their_places() {
        let ear = Ear::new().unwrap();
        assert_eq!((ear.short.bands.len(), ear.long.bands.len()), (SHORT, LONG));
    }

    #[test]
    fn a_stroke_rises_within_a_hop_and_a_held_tone_does_not() {
        let mut ear = Ear::new().unwrap();
        let mut history = History::new(ear.memory());
        let mut rises = Vec::new();
        for hop in 0..40 {
            for n in 0..480 {
                let t = (hop * 480 + n) as f32 / 48_000.0;
                history.push(if hop < 20 { 0.0 } else { 0.3 * math::sin(std::f32::consts::TAU * 880.0 * t) });
            }
            rises.push(math::sum(&ear.hop(&history)[SHORT..2 * SHORT]));
        }
        assert!(rises[..20].iter().all(|&rise| rise == 0.0), "{rises:?}");
        assert!(rises[20] > 2.0 && rises[25..].iter().all(|&rise| rise < 0.1), "{rises:?}");
    }
}
