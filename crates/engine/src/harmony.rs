//! The Harmony Engine: chroma, chords and keys.

pub mod chord;
mod chroma;
pub mod context;
mod filter;
mod front;
pub mod key;
mod notes;
pub mod suggest;
pub mod tension;
pub mod tones;
pub mod voicing;

use crate::block::{Bounded, Event, HarmonyEvidence};
use crate::dsp::history::History;
use crate::groove::Place;
use crate::hops::Clock;
use chord::{NONE, STATES};
use chroma::{Chroma, Measured};
use context::{Context, Sounding, key_told};
use filter::Filter;
pub use filter::Terms;
use front::Front;
use kmidi_kernels::ShapeError;
use kmidi_music::{Chord, Frames};
use notes::Notes;
use tones::{LOOKS, SEMITONES, Trail};

/// Harmony is measured every this many hops: 40 ms.
pub const HOPS: usize = 4;
/// Harmony comes in the hop that is this many after a multiple of [`HOPS`].
const TURN: u64 = 1;
/// Half the long window: the evidence speaks about its middle. Seconds.
const SOUND_DELAY: f64 = 0.085;
/// A chord or key is never said to have begun longer before it was known than this, seconds.
const LONGEST_LAG: f64 = 0.250;
/// How sure the filter must be of another chord before the change is told.
const CHANGE_CHORD: f32 = 0.45;
/// What is best now has sounded for as long as this before it became so, seconds.
const NOTICING: f64 = 0.060;
/// How much a measurement of sound and one of notes counts against what was believed, as an exponent.
const NEWS: (f32, f32) = (1.2, 1.0);
/// How much likelier than usual a chord changes on a beat, halfway between two, and elsewhere, where beats are sure.
const ON_BEAT: [f32; 3] = [3.0, 0.6, 0.003];
/// A change this long before and after a beat is heard on it, seconds: the measurement is longer than the change.
const AROUND: (f64, f64) = (0.04, 0.16);
/// A tempo this sure counts in full.
const SURE_OF_BEATS: f32 = 0.05;

/// All that the engine keeps about harmony.
#[derive(Debug, Clone)]
pub(crate) struct Harmony {
    chroma: Chroma,
    sound: Front,
    notes: Front,
    filter: Filter,
    context: Context,
    heard: Heard,
}

/// What was heard and told since the last reset.
#[derive(Debug, Clone)]
struct Heard {
    notes: Notes,
    /// The notes of late.
    trail: Trail,
    /// The chord state that was told last; [`NONE`] before any.
    told: usize,
    /// The state that has been best lately, since when, and the bass heard since.
    candidate: (usize, u64, [f32; 12]),
    /// The state of the key that was told last.
    key: Option<usize>,
    /// The state of the likeliest key after the chord that was told last, sure or not.
    likeliest: usize,
    /// What was told last, with its frame; `None` where nothing tonal sounds.
    chord: Option<(Chord, Frames)>,
    /// The frame that the last measurement spoke about.
    latest: u64,
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            notes: Notes::default(),
            trail: Trail::default(),
            told: NONE,
            candidate: (NONE, 0, [0.0; 12]),
            key: None,
            likeliest: 0,
            chord: None,
            latest: 0,
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
    pub(crate) fn new(sample_rate: u32) -> Result<Self, ShapeError> {
        Ok(Self {
            chroma: Chroma::new(sample_rate)?,
            sound: Front::for_sound()?,
            notes: Front::for_notes()?,
            filter: Filter::new(),
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
        let held = self.heard.trail.step(now, begun);
        self.heard.notes.add(&mut treble, &mut bass);
        // What is played is known for certain; where there is none, the sound tells.
        let (tones, chords, news) = match sound {
            _ if playing => (held, self.notes.run(&held), NEWS.1),
            Some(tones) => (tones, self.sound.run(&tones), NEWS.0),
            None => ([[0.0; SEMITONES]; LOOKS], silence(), NEWS.1),
        };
        let delay = if playing || sound.is_none() { 0.0 } else { SOUND_DELAY };
        // Where sound gives way to MIDI, time stands still rather than goes back.
        let frame = clock.frame_before_hop(delay).max(self.heard.latest);
        self.heard.latest = frame;
        let (treble, bass) = (chroma::shares(treble), chroma::shares(bass));
        evidence.push(HarmonyEvidence { frame: Frames(frame), chroma: treble, bass, tones, chords });
        let scores = chords.map(|score| news * score);
        self.filter.step(&scores, place(delay).map_or(1.0, |place| likely_to_change(&place)));
        self.tell_chord(clock, frame, &bass, &scores, events)
    }

    /// The chord that was told last, from when, and the likeliest key; `None` where nothing tonal sounds.
    pub(crate) fn told(&self) -> Option<(Chord, Frames, usize)> {
        self.heard.chord.map(|(chord, frame)| (chord, frame, self.heard.likeliest))
    }

    fn tell_chord(
        &mut self,
        clock: &Clock,
        frame: u64,
        bass: &[f32; 12],
        scores: &[f32; STATES],
        events: &mut Bounded<Event>,
    ) -> bool {
        let chords = self.filter.chords();
        let best = (0..STATES).fold(NONE, |best, n| if chords[n] > chords[best] { n } else { best });
        let (candidate, since, low) = &mut self.heard.candidate;
        if best != *candidate {
            let noticed = frame.saturating_sub(clock.frames(NOTICING));
            (*candidate, *since, *low) = (best, noticed, *bass);
        } else {
            low.iter_mut().zip(bass).for_each(|(sum, b)| *sum += b);
        }
        if chords[best] < CHANGE_CHORD || best == self.heard.told {
            return false;
        }
        self.heard.told = best;
        let frame = Frames((*since).max(clock.frame_before_hop(LONGEST_LAG)));
        let low = *low;
        self.hear_key(best, &low, frame, events);
        let readings = self.readings(scores);
        let Reading { chord, confidence, .. } = readings[0];
        self.heard.chord = chord.map(|chord| (chord, frame));
        events.push(Event::Chord { frame, chord, confidence, readings });
        true
    }

    /// What a new chord says about the key.
    fn hear_key(&mut self, state: usize, bass: &[f32; 12], frame: Frames, events: &mut Bounded<Event>) {
        let Some(chord) = chord::spell(state, bass, None) else { return };
        let bass = chord.bass.pitch_class();
        let sounding = Sounding { set: chord.pitch_classes(), bass, duration: 0.0 };
        let heard = self.context.hear(sounding);
        let keys = heard.keys;
        self.heard.likeliest = heard.key().0;
        self.filter.in_keys(&keys);
        let now = key_told(&keys);
        if now != self.heard.key {
            self.heard.key = now;
            let most = keys.iter().fold(0.0, |a: f32, &b| a.max(b));
            let confidence = now.map_or(1.0 - most, |key| keys[key]);
            events.push(Event::Key { frame, key: now.map(key::key), confidence });
        }
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
        order.map(|state| state.unwrap_or(NONE)).map(|state| Reading {
            chord: chord::spell(state, &self.heard.candidate.2, key),
            confidence: chords[state],
            terms: self.filter.terms(state, scores),
        })
    }
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
