//! The Harmony Engine: chroma, chords and keys.

pub mod chord;
mod chroma;
pub mod context;
mod filter;
mod front;
pub mod key;
pub mod modes;
mod notes;
mod numerals;
mod struck;
pub mod suggest;
mod telling;
pub mod tension;
pub mod tones;
pub mod voicing;

use crate::block::{Bounded, Event, HarmonyEvidence};
use crate::dsp::history::History;
use crate::groove::Place;
use crate::hops::{Clock, HOP_SECONDS};
use chord::{NONE, STATES};
use chroma::{Chroma, Measured};
use context::{Context, InContext, Sounding};
use filter::Filter;
pub use filter::Terms;
use front::Front;
use key::KeyScorer;
use kmidi_kernels::{ShapeError, math};
use kmidi_music::{Chord, Frames, Mode, PitchClass, PitchClassSet};
use modes::Degrees;
use notes::Notes;
use numerals::Numerals;
pub use numerals::{InKey, Numeral};
use struck::Whole;
use telling::{Moment, Teller};
use tones::{LOOKS, SEMITONES, Trail};

/// Harmony is measured every this many hops: 40 ms.
pub const HOPS: usize = 4;
/// Harmony comes in the hop that is this many after a multiple of [`HOPS`].
const TURN: u64 = 1;
/// Half the long window: the evidence speaks about its middle. Seconds.
const SOUND_DELAY: f64 = 0.085;
/// What is best now has sounded for as long as this before it became so, in sound and in notes, seconds.
const NOTICING: (f64, f64) = (0.100, 0.030);
/// How much a measurement of sound and one of notes counts against what was believed, as an exponent.
const NEWS: (f32, f32) = (1.2, 1.0);
/// Measurements in a row repeat each other's evidence, so that the filter is too sure when a chord is told; this exponent makes a
/// probability of 0.8 right in four of five cases (temperature scaling, as in [`context`]). Found on rendered pieces of songs
/// that are in no evaluation.
const CALIBRATION: f32 = 0.375;
/// How much likelier than usual a chord changes on a beat, halfway between two, and elsewhere, where beats are sure.
const ON_BEAT: [f32; 3] = [3.0, 0.6, 0.003];
/// A change this long before and after a beat is heard on it, seconds: the measurement is longer than the change.
const AROUND: (f64, f64) = (0.04, 0.16);
/// How much likelier each measurement finds what was struck together and is held, nats.
const CERTAIN: f32 = 6.0;
/// What chords say of the mode counts less by this factor with each that follows, and none counts for longer than so many seconds.
const FADING: f32 = 0.97;
const LONGEST: f64 = 4.0;
/// A tempo this sure counts in full.
const SURE_OF_BEATS: f32 = 0.05;

/// All that the engine keeps about harmony.
#[derive(Debug, Clone)]
pub(crate) struct Harmony {
    chroma: Chroma,
    sound: Front,
    notes: Front,
    filter: Filter,
    numerals: Numerals,
    scorer: KeyScorer,
    context: Context,
    heard: Heard,
}

/// What was heard and told since the last reset.
#[derive(Debug, Clone, Default)]
struct Heard {
    notes: Notes,
    /// The notes of late.
    trail: Trail,
    /// What was told, and what may be next.
    teller: Teller,
    /// The state nearest to the chord that was struck together last.
    certain: Option<usize>,
    /// The chord that was told last, where that was by its notes and bass.
    struck: Option<(Option<PitchClassSet>, PitchClass)>,
    /// The state of the key that was told last.
    key: Option<usize>,
    /// The mode of that key that was told last.
    mode: Option<Mode>,
    /// What the chords of late hold, and the last of them with its frame.
    degrees: Degrees,
    last: Option<(PitchClassSet, Frames)>,
    /// The state of the likeliest key after the chord that was told last, sure or not.
    likeliest: usize,
    /// What was told last, with its frame; `None` where nothing tonal sounds.
    chord: Option<(Chord, Frames)>,
    /// The frame that the last measurement spoke about.
    latest: u64,
}

impl Heard {
    /// The chord that was told last ends: its notes speak of the mode.
    fn end_chord(&mut self, frame: Frames, clock: &Clock) {
        if let Some((set, from)) = self.last.take() {
            let seconds = clock.seconds(frame.0.saturating_sub(from.0)).min(LONGEST);
            self.degrees.fade(FADING);
            self.degrees.hear(set, seconds as f32);
        }
    }
}

/// What a chord may be.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reading {
    /// The chord spelled in the key, or `None` where nothing tonal sounds.
    pub chord: Option<Chord>,
    /// Its probability.
    pub confidence: f32,
    /// Why: their sum, less what is common to all readings, is the logarithm of the probability.
    pub terms: Terms,
}

impl Harmony {
    pub(crate) fn new() -> Result<Self, ShapeError> {
        Ok(Self {
            chroma: Chroma::new()?,
            sound: Front::for_sound()?,
            notes: Front::for_notes()?,
            filter: Filter::new(),
            numerals: Numerals::new(),
            scorer: KeyScorer::default(),
            context: Context::new(),
            heard: Heard::default(),
        })
    }

    /// How many past samples it wants to see.
    pub(crate) fn memory(&self) -> usize {
        self.chroma.memory()
    }

    pub(crate) fn reset(&mut self) {
        self.heard = Heard::default();
        self.chroma.reset();
        self.filter.reset();
        self.context.reset();
    }

    /// The keys and pedals that are down.
    pub(crate) fn notes(&mut self) -> &mut Notes {
        &mut self.heard.notes
    }

    /// One hop is complete. `place` tells where between two beats the sound of some seconds ago stands. Says whether a
    /// chord change was told.
    pub(crate) fn hop(
        &mut self,
        clock: &Clock,
        history: &History,
        place: impl Fn(f64) -> Option<Place>,
        events: &mut Bounded<Event>,
        evidence: &mut Bounded<HarmonyEvidence>,
    ) -> bool {
        self.heard.notes.hop();
        if clock.hop() % HOPS as u64 != TURN {
            return false;
        }
        let Measured { mut treble, mut bass, tones: sound } = self.chroma.run(history);
        let (playing, now, begun) = self.heard.notes.tones();
        let trail = self.heard.trail.step(now, begun, place(0.0).map(|place| place.interval));
        self.heard.notes.add(&mut treble, &mut bass);
        // What is played is known for certain; where there is none, the sound tells.
        let (tones, chords, news) = match sound {
            _ if playing => (trail, self.notes.run(&trail), NEWS.1),
            Some(tones) => (tones, self.sound.run(&tones), NEWS.0),
            None => ([[0.0; SEMITONES]; LOOKS], silence(), NEWS.1),
        };
        let (hold, known) = self.heard.notes.struck();
        let mut chords = chords;
        if let Some(state) = self.heard.certain.filter(|_| known) {
            chords[state] += CERTAIN;
        }
        let heard = !playing && sound.is_some();
        let (delay, noticing) = if heard { (SOUND_DELAY, NOTICING.0) } else { (0.0, NOTICING.1) };
        // Where sound gives way to MIDI, time stands still rather than goes back.
        let frame = clock.frame_before_hop(delay).max(self.heard.latest);
        self.heard.latest = frame;
        let (treble, bass) = (chroma::shares(treble), chroma::shares(bass));
        let keys = self.scorer.score(&treble, &bass);
        evidence.push(HarmonyEvidence { frame: Frames(frame), chroma: treble, bass, tones, chords, keys });
        let scores = chords.map(|score| news * score);
        let place = place(delay);
        self.filter.step(&scores, place.as_ref().map_or(1.0, likely_to_change));
        let beats = place.map_or([None; 2], |place| place.beats);
        let moment = Moment { frame, noticing, beats, hold };
        let told = self.heard.teller.step(self.filter.chords(), &bass, clock, &moment);
        if let Some(whole) = self.heard.notes.whole() {
            let frame = clock.frame_before_hop(f64::from(whole.age) * HOP_SECONDS);
            // Nothing begins before what was told last.
            let frame = frame.max(self.heard.teller.begun());
            if self.tell_struck(&whole, frame, clock, events) {
                return true;
            }
        }
        told.inspect(|&(state, frame)| self.tell_chord(state, frame, &scores, clock, events)).is_some()
    }

    /// Tells the chord that was struck together from `frame` on, unless it is the one that was told last. It is named by its notes and
    /// its bass, in the light of the key and of the chord before.
    fn tell_struck(&mut self, whole: &Whole, frame: u64, clock: &Clock, events: &mut Bounded<Event>) -> bool {
        let named = (whole.set, whole.bass);
        if self.heard.struck == Some(named) {
            return false;
        }
        self.heard.struck = Some(named);
        let frame = Frames(frame);
        let Some(set) = whole.set else {
            self.heard.certain = None;
            self.heard.teller.tell(NONE, frame.0);
            self.heard.chord = None;
            // So many notes have no root.
            let none = Reading { confidence: 1.0, ..Reading::default() };
            let readings = [none, Reading::default(), Reading::default()];
            events.push(Event::Chord {
                frame,
                chord: None,
                in_key: None,
                confidence: 1.0,
                readings,
                struck: None,
            });
            return true;
        };
        let heard = self.hear_key(Sounding { set, bass: whole.bass, duration: 0.0 }, frame, clock, events);
        let key = self.heard.key.map(key::key);
        let mut readings = [Reading::default(); 3];
        for (reading, (&(root, confidence), &terms)) in
            readings.iter_mut().zip(heard.roots.iter().zip(&heard.terms))
        {
            let chord = (confidence > 0.0).then(|| chord::named(root, whole.bass, set, key));
            *reading = Reading { chord, confidence, terms };
        }
        let Reading { chord, confidence, .. } = readings[0];
        let state = chord::nearest(heard.roots[0].0, set);
        self.heard.teller.tell(state, frame.0);
        self.heard.certain = Some(state);
        self.heard.chord = chord.map(|chord| (chord, frame));
        let in_key = self.heard.key.and_then(|key| {
            let mut low = [0.0; 12];
            low[whole.bass.index()] = 1.0;
            self.numerals.of(state, &chord::spell(state, &low, Some(key::key(key)))?, key)
        });
        events.push(Event::Chord { frame, chord, in_key, confidence, readings, struck: Some(set) });
        true
    }

    /// The chord that was told last, from when, and the likeliest key; `None` where nothing tonal sounds.
    pub(crate) fn told(&self) -> Option<(Chord, Frames, usize)> {
        self.heard.chord.map(|(chord, frame)| (chord, frame, self.heard.likeliest))
    }

    fn tell_chord(
        &mut self,
        state: usize,
        frame: Frames,
        scores: &[f32; STATES],
        clock: &Clock,
        events: &mut Bounded<Event>,
    ) {
        (self.heard.struck, self.heard.certain) = (None, None);
        if let Some(chord) = chord::spell(state, self.heard.teller.bass(), None) {
            let (set, bass) = (chord.pitch_classes(), chord.bass.pitch_class());
            self.hear_key(Sounding { set, bass, duration: 0.0 }, frame, clock, events);
        } else {
            self.heard.end_chord(frame, clock);
        }
        let readings = self.readings(scores);
        let Reading { chord, confidence, .. } = readings[0];
        self.heard.chord = chord.map(|chord| (chord, frame));
        let in_key = chord.zip(self.heard.key).and_then(|(chord, key)| self.numerals.of(state, &chord, key));
        events.push(Event::Chord { frame, chord, in_key, confidence, readings, struck: None });
    }

    /// What a new chord is in context, and what it says about the key.
    fn hear_key(
        &mut self,
        sounding: Sounding,
        frame: Frames,
        clock: &Clock,
        events: &mut Bounded<Event>,
    ) -> InContext {
        self.heard.end_chord(frame, clock);
        self.heard.last = Some((sounding.set, frame));
        let heard = self.context.hear(sounding);
        let (likeliest, most) = heard.keys.best();
        self.heard.likeliest = likeliest;
        self.filter.in_keys(&heard.keys.likely);
        let told = heard.told();
        let now = told.map(|(key, _)| key);
        if now != self.heard.key {
            self.heard.degrees = Degrees::default();
        }
        let key = now.map(key::key);
        let degrees = &self.heard.degrees;
        let mode = key.and_then(|key| degrees.mode(key.tonic.pitch_class(), key.mode.is_minor()));
        if (now, mode) != (self.heard.key, self.heard.mode) {
            (self.heard.key, self.heard.mode) = (now, mode);
            let confidence = told.map_or(1.0 - most, |(_, sure)| sure);
            events.push(Event::Key { frame, key, mode, confidence });
        }
        heard
    }

    /// The three likeliest chords.
    fn readings(&self, scores: &[f32; STATES]) -> [Reading; 3] {
        let chords = self.filter.chords();
        let mut order = [None; 3];
        for state in 0..STATES {
            let beats = |other: &Option<usize>| other.is_none_or(|other| chords[state] > chords[other]);
            if let Some(place) = order.iter().position(beats) {
                order[place..].rotate_right(1);
                order[place] = Some(state);
            }
        }
        let key = self.heard.key.map(key::key);
        let shares = chords.map(softer);
        let total = math::sum(&shares).max(f32::MIN_POSITIVE);
        order.map(|state| state.unwrap_or(NONE)).map(|state| {
            let Terms { heard, key: by_key, before } = self.filter.terms(state, scores);
            let [heard, by_key, before] = [heard, by_key, before].map(|term| CALIBRATION * term);
            Reading {
                chord: chord::spell(state, self.heard.teller.bass(), key),
                confidence: shares[state] / total,
                terms: Terms { heard, key: by_key, before },
            }
        })
    }
}

/// `p` to the power of [`CALIBRATION`].
fn softer(p: f32) -> f32 {
    const { assert!(CALIBRATION == 0.25 + 0.125) };
    let fourth = p.sqrt().sqrt();
    fourth * fourth.sqrt()
}

/// How much likelier than usual a chord changes there (beats in a chord filter: Papadopoulos and Peeters 2008).
fn likely_to_change(place: &Place) -> f32 {
    let near = |since: f64| (-AROUND.0..AROUND.1).contains(&since);
    let which = match place.since {
        since if near(since) || near(since - place.interval) => 0,
        since if near(since - place.interval / 2.0) => 1,
        _ => 2,
    };
    1.0 + (place.sure / SURE_OF_BEATS).min(1.0) * (ON_BEAT[which] - 1.0)
}

/// The log-probability of each state in silence: nothing sounds, almost surely.
fn silence() -> [f32; STATES] {
    const ELSE: f32 = -12.0;
    let mut scores = [ELSE; STATES];
    scores[NONE] = 0.0;
    scores
}
