//! What a handful of notes is called: up to three readings, best first, each with its reasons.
//!
//! Every sounding pitch class is tried as the root. The quality that explains the others at the least cost is looked up
//! in a table that is made from the chord table when the crate is compiled, so that naming a chord takes well under a
//! microsecond and allocates nothing.

use super::quality::{COUNT, row};
use super::{Chord, Degree, Quality};
use crate::key::Key;
use crate::pitch::{PitchClass, PitchClassSet, PitchName};

/// A reason for a reading, and what it adds to or takes from the score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// The reason, in words.
    pub name: &'static str,
    /// What it is worth; the terms of a reading add up to its score.
    pub value: f32,
}

/// One way to name the notes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The chord, spelled, with its bass.
    pub chord: Chord,
    /// The share of this reading among all roots that were tried, 0 to 1.
    pub confidence: f32,
    terms: [Term; 8],
    used: usize,
}

impl Reading {
    /// The reasons; they add up to [`Reading::score`].
    pub fn terms(&self) -> &[Term] {
        &self.terms[..self.used]
    }

    /// The sum of the terms. Larger is better; a difference of 1 is plain to hear.
    pub fn score(&self) -> f32 {
        self.terms().iter().map(|t| t.value).sum()
    }

    /// How a sounding note is spelled in this reading: as the chord tone that it is, else by the root.
    pub fn spell(&self, note: u8) -> PitchName {
        let above = PitchClass::new(note.into()).above(self.chord.root.pitch_class());
        let tone = self.chord.degrees().iter().find(|d| d.interval().semitones() == above);
        tone.map_or_else(
            || PitchName::nearest(PitchClass::new(note.into()), self.chord.root.fifths() + 2),
            |d| self.chord.root + d.interval(),
        )
    }
}

/// The readings of one chord, best first: at most three, or four where a diminished seventh has four equal roots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Readings {
    list: [Reading; 4],
    used: usize,
}

impl core::ops::Deref for Readings {
    type Target = [Reading];
    fn deref(&self) -> &[Reading] {
        &self.list[..self.used]
    }
}

/// Every quality's semitones, by its place in the table.
static TEMPLATES: [u16; COUNT] = templates();

const fn templates() -> [u16; COUNT] {
    let mut out = [0; COUNT];
    let mut i = 0;
    while i < COUNT {
        out[i] = row(i).on_root().bits();
        i += 1;
    }
    out
}

/// What it costs, in hundredths, that tones of a quality do not sound. The fifth is left out most easily, the third
/// hardest; a suspension without its fifth is heard as another chord over a foreign bass.
const fn missing(template: u16, sounding: u16) -> u32 {
    let gone = template & !sounding;
    let third = template & 0b0000_0001_1000 != 0;
    (if third { 60 } else { 200 }) * (gone >> 7 & 1) as u32
        + 200 * (gone & 0b0000_0001_1000).count_ones()
        + 150 * (gone & 0b1100_0000_0000).count_ones()
        + 120 * (gone & 0b0011_0110_0110).count_ones()
}

/// What it costs that tones sound which the quality lacks.
const fn foreign(template: u16, sounding: u16) -> u32 {
    240 * (sounding & !template).count_ones()
}

/// What a common quality is worth: the first of the table most.
const fn common(place: usize) -> u32 {
    if place < 38 { 150 - 4 * place as u32 } else { 0 }
}

/// The chord that `set` makes on `root` over `bass`: the best quality, with tones added and left out. Spelled by `key`, or
/// as [`readings`] spells without one.
pub fn on_root(root: PitchClass, bass: PitchClass, set: PitchClassSet, key: Option<Key>) -> Chord {
    build(root, bass, set.with(bass), key)
}

/// How a set of tones above a root is best explained.
#[derive(Clone, Copy)]
struct Explained {
    /// The place of the quality in the table.
    quality: u8,
    /// What its tones cost that do not sound, and those that it lacks, in hundredths.
    missing: u16,
    foreign: u16,
}

/// The best explanation of each set of tones above a root; the root's own bit is left out.
static BEST: [Explained; 2048] = best();

const fn best() -> [Explained; 2048] {
    let templates = templates();
    let mut out = [Explained { quality: 0, missing: 0, foreign: 0 }; 2048];
    let mut set = 0;
    while set < 2048 {
        let sounding = (set as u16) << 1 | 1;
        let (mut i, mut least) = (0, u32::MAX);
        while i < COUNT {
            let (missing, foreign) = (missing(templates[i], sounding), foreign(templates[i], sounding));
            let cost = 150 + missing + foreign - common(i);
            if cost < least {
                least = cost;
                out[set] = Explained { quality: i as u8, missing: missing as u16, foreign: foreign as u16 };
            }
            i += 1;
        }
        set += 1;
    }
    out
}

/// A tone that the quality lacks, as a degree: above a full chord as a tension, else in the place that is free.
fn tension(semitones: u8, template: u16) -> Degree {
    let has = |s: u8| template >> s & 1 == 1;
    match semitones {
        0 => Degree::new(1, 0),
        1 => Degree::new(9, -1),
        2 => Degree::new(9, 0),
        3 if has(4) => Degree::new(9, 1),
        3 => Degree::new(3, -1),
        4 => Degree::new(3, 0),
        5 => Degree::new(11, 0),
        6 if has(7) => Degree::new(11, 1),
        6 => Degree::new(5, -1),
        7 => Degree::new(5, 0),
        8 if has(7) || has(6) => Degree::new(13, -1),
        8 => Degree::new(5, 1),
        9 if has(10) || has(11) => Degree::new(13, 0),
        9 => Degree::new(6, 0),
        10 => Degree::new(7, -1),
        _ => Degree::new(7, 0),
    }
}

/// Names the notes (MIDI numbers, the lowest first; the order of the others does not matter). Octaves do not count,
/// the lowest note does. Without a key, roots are spelled Db, Eb, F#, Ab and Bb. No notes, no readings.
///
/// *Real-time safety*: allocates nothing, takes no lock; time is bounded by twelve roots.
pub fn readings(notes: &[u8], key: Option<Key>) -> Readings {
    let empty = Term { name: "", value: 0.0 };
    let nothing = Reading {
        chord: Chord::new(PitchName::C, Quality::ROOT),
        confidence: 0.0,
        terms: [empty; 8],
        used: 0,
    };
    let mut out = Readings { list: [nothing; 4], used: 0 };
    let Some(&lowest) = notes.first() else { return out };
    let bass = PitchClass::new(lowest.into());
    let sounding: PitchClassSet = notes.iter().map(|&n| PitchClass::new(n.into())).collect();

    let mut ranked = [(f32::MIN, PitchClass::new(0)); 12];
    let mut tried = 0;
    for root in sounding.iter() {
        let mut score = 0.0;
        weigh(root, bass, sounding, key, |_, value| score += value);
        let place = ranked[..tried].partition_point(|r| r.0 >= score);
        ranked.copy_within(place..tried, place + 1);
        ranked[place] = (score, root);
        tried += 1;
    }
    let mut shares = [0.0; 12];
    for (share, (score, _)) in shares.iter_mut().zip(&ranked[..tried]) {
        *share = libm::expf(2.0 * (score - ranked[0].0));
    }
    let total: f32 = shares[..tried].iter().sum();
    let fourfold = sounding.len() == 4 && explain(sounding, bass).0 == Quality::DIM7;
    out.used = tried.min(if fourfold { 4 } else { 3 });
    for ((reading, &(_, root)), share) in out.list[..out.used].iter_mut().zip(&ranked).zip(shares) {
        (reading.chord, reading.confidence) = (build(root, bass, sounding, key), share / total);
        weigh(root, bass, sounding, key, |name, value| {
            reading.terms[reading.used] = Term { name, value };
            reading.used += 1;
        });
    }
    out
}

/// The best quality on `root`, and the tones above it as a set on root 0.
fn explain(sounding: PitchClassSet, root: PitchClass) -> (Quality, u16) {
    let above = sounding.transposed((12 - root.value()) % 12).bits();
    (Quality::at(BEST[usize::from(above >> 1)].quality.into()), above)
}

/// Gives every term that is not zero to `add`, at most eight.
fn weigh(
    root: PitchClass,
    bass: PitchClass,
    sounding: PitchClassSet,
    key: Option<Key>,
    mut add: impl FnMut(&'static str, f32),
) {
    let (quality, above) = explain(sounding, root);
    let template = TEMPLATES[quality.index()];
    let mut add = |name, value: f32| {
        if value != 0.0 {
            add(name, value);
        }
    };
    add("common quality", common(quality.index()) as f32 / 100.0);
    let Explained { missing, foreign, .. } = BEST[usize::from(above >> 1)];
    add("tones missing", -f32::from(missing) / 100.0);
    add("foreign tones", -f32::from(foreign) / 100.0);
    let interval = bass.above(root);
    let (name, value) = match interval {
        0 if matches!(quality, Quality::DIM7 | Quality::AUG) => ("bass is root", 0.8), // as good a root as the others
        0 => ("bass is root", 1.5),
        _ if template >> interval & 1 == 0 => ("bass is foreign", -0.5),
        3 | 4 => ("bass is third", 0.6),
        6..=8 => ("bass is fifth", 0.5),
        9..=11 => ("bass is sixth or seventh", 0.3),
        _ => ("bass is a tension", 0.1),
    };
    add(name, value);
    // Am7/G and C6/G are the same notes; inverted, the seventh chord is what is meant.
    let sixth = matches!(quality, Quality::MAJ6 | Quality::MIN6) && interval != 0;
    add("sixth chord inverted", if sixth { -0.6 } else { 0.0 });
    if let Some(key) = key {
        let scale = key.scale();
        add("root in key", if scale.contains(root) { 0.4 } else { -0.2 });
        let leading = match (quality, key.tonic.pitch_class().above(root)) {
            (Quality::DIM7, 1) => 1.0,
            (Quality::DIM7, 6) => 0.4, // leads to the dominant
            _ => 0.0,
        };
        add("root is a leading note", leading);
        add("all in key", if scale.intersection(sounding) == sounding { 0.2 } else { 0.0 });
    }
}

fn build(root: PitchClass, bass: PitchClass, sounding: PitchClassSet, key: Option<Key>) -> Chord {
    let (quality, above) = explain(sounding, root);
    let template = TEMPLATES[quality.index()];
    let mut chord = Chord::new(key.map_or(PitchName::nearest(root, 0), |k| k.spell_root(root)), quality);
    if above != template {
        for degree in quality.degrees().iter() {
            if above >> degree.interval().semitones() & 1 == 0 {
                chord.omitted = chord.omitted.with(degree);
            }
        }
        for semitones in (0..12).filter(|s| above >> s & 1 == 1 && template >> s & 1 == 0) {
            chord.added = chord.added.with(tension(semitones, template));
        }
    }
    let interval = bass.above(root);
    if interval != 0 {
        let tone = chord.degrees().iter().find(|d| d.interval().semitones() == interval);
        chord.bass = chord.root + tone.map_or(tension(interval, template), |d| d).interval();
    }
    chord
}
