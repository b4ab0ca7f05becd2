//! What both chord models know a chord, a note and a place by.

use kmidi_engine::harmony::context::Family;
use kmidi_music::PitchClass;

/// How many chords there are: a root above the tonic, and a family.
pub const TOKENS: usize = 12 * Family::COUNT;

/// The place of a chord among [`TOKENS`].
#[must_use]
pub fn token(root: PitchClass, family: Family, tonic: PitchClass) -> usize {
    usize::from(root.above(tonic)) * Family::COUNT + family.index()
}

/// A note of a melody. Times are quarter notes from the start of the piece.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// Where it begins.
    pub onset: f32,
    /// How long it sounds.
    pub duration: f32,
    /// MIDI number.
    pub pitch: u8,
}

/// A key as the models see it; 0 in mode where none is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home {
    /// The tonic; where no key is known, by convention the root of the last chord.
    pub tonic: PitchClass,
    /// Is the third minor? `None` where that is not known.
    pub minor: Option<bool>,
}

/// The metre in force.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metre {
    /// Where it began: a downbeat, in quarter notes.
    pub origin: f32,
    /// Beats a bar.
    pub beats: u32,
    /// Quarter notes a bar.
    pub bar: f32,
}

impl Metre {
    /// The metre `beats`/`unit` from `origin` on; nonsense counts as 4/4.
    #[must_use]
    pub fn new(origin: f32, beats: u32, unit: u32) -> Self {
        let bar = beats as f32 * 4.0 / unit as f32;
        match bar.is_finite() && bar > 0.0 && beats > 0 && origin.is_finite() {
            true => Self { origin, beats, bar },
            false => Self { origin: 0.0, beats: 4, bar: 4.0 },
        }
    }

    /// Quarter notes after the bar line, and the number of the bar.
    pub(crate) fn at(&self, onset: f32) -> (f32, i32) {
        let since = onset - self.origin + SLACK;
        let bar = (since / self.bar).floor();
        (since - bar * self.bar - SLACK, bar as i32)
    }
}

/// Times nearer than this many quarter notes are the same.
pub(crate) const SLACK: f32 = 0.02;

/// Writes numbers one after the other.
pub(crate) struct Writer<'a> {
    to: &'a mut [f32],
    at: usize,
}

impl<'a> Writer<'a> {
    /// Begins at the first number, with all of them 0.
    pub(crate) fn new(to: &'a mut [f32]) -> Self {
        to.fill(0.0);
        Self { to, at: 0 }
    }

    pub(crate) fn number(&mut self, value: f32) {
        if let Some(slot) = self.to.get_mut(self.at) {
            *slot = value;
        }
        self.at += 1;
    }

    /// `count` numbers, all 0 but the one at `place`.
    pub(crate) fn one_of(&mut self, count: usize, place: Option<usize>) {
        for slot in 0..count {
            self.number(f32::from(u8::from(place == Some(slot))));
        }
    }

    /// Major, minor, not known.
    pub(crate) fn mode(&mut self, home: Home) {
        self.one_of(3, Some(home.minor.map_or(2, usize::from)));
    }

    /// Where an onset lies in the bar and among bars, and the metre: [`PLACE`] numbers.
    pub(crate) fn place(&mut self, metre: Metre, onset: f32) {
        let (within, bar) = metre.at(onset);
        let share = within / metre.bar;
        self.one_of(8, Some(((share * 8.0 + 0.1) as usize).min(7)));
        self.one_of(8, Some(bar.rem_euclid(8) as usize));
        self.one_of(5, Some([2, 3, 4, 6].iter().position(|&beats| beats == metre.beats).unwrap_or(4)));
        self.number(f32::from(u8::from((within - within.round_ties_even()).abs() < SLACK)));
    }

    pub(crate) fn all(&mut self, values: &[f32]) {
        values.iter().for_each(|&value| self.number(value));
    }

    pub(crate) fn written(&self) -> usize {
        self.at
    }
}

/// How many numbers a place has.
pub(crate) const PLACE: usize = 22;

/// `values` divided by their sum, where there is one.
pub(crate) fn shares(mut values: [f32; 12]) -> [f32; 12] {
    let sum = kmidi_kernels::math::sum(&values);
    if sum > 0.0 {
        values.iter_mut().for_each(|value| *value /= sum);
    }
    values
}
