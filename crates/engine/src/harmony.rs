//! The Harmony Engine: chroma, chords and keys.

pub mod chord;
mod chroma;
pub mod context;
pub mod key;
mod notes;
pub mod voicing;

use crate::block::{Bounded, Event, HarmonyEvidence};
use crate::dsp::history::History;
use crate::hops::Clock;
use chord::{ChordFilter, ChordScorer};
use chroma::Chroma;
use key::{KeyFilter, KeyScorer};
use kmidi_kernels::ShapeError;
use kmidi_music::Frames;
use notes::Notes;

/// Harmony is measured every this many hops: 40 ms.
pub const HOPS: usize = 4;
/// Harmony comes in the hop that is this many after a multiple of [`HOPS`].
const TURN: u64 = 1;
/// Half the long window: the evidence speaks about its middle. Seconds.
const SOUND_DELAY: f64 = 0.085;
/// A chord or key is never said to have begun longer before it was known than this, seconds.
const LONGEST_LAG: f64 = 0.250;
/// How sure the filter must be of another chord before the change is told.
const CHANGE_CHORD: f32 = 0.6;
/// The same for a key.
const CHANGE_KEY: f32 = 0.75;
/// A key that is told stands while it is at least this likely.
const KEEP_KEY: f32 = 0.225;

/// All that the engine keeps about harmony.
#[derive(Debug, Clone)]
pub(crate) struct Harmony {
    chroma: Chroma,
    chord_scorer: ChordScorer,
    key_scorer: KeyScorer,
    heard: Heard,
}

/// What was heard and told since the last reset.
#[derive(Debug, Clone)]
struct Heard {
    notes: Notes,
    chords: ChordFilter,
    keys: KeyFilter,
    /// The chord state that was told last; [`chord::NONE`] before any.
    told: usize,
    /// The state that has been best lately, since when, and the bass heard since.
    candidate: (usize, u64, [f32; 12]),
    /// The state of the key that was told last.
    key: Option<usize>,
    /// The frame that the last measurement spoke about.
    latest: u64,
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            notes: Notes::default(),
            chords: ChordFilter::default(),
            keys: KeyFilter::default(),
            told: chord::NONE,
            candidate: (chord::NONE, 0, [0.0; 12]),
            key: None,
            latest: 0,
        }
    }
}

impl Harmony {
    pub(crate) fn new(sample_rate: u32) -> Result<Self, ShapeError> {
        Ok(Self {
            chroma: Chroma::new(sample_rate)?,
            chord_scorer: ChordScorer::default(),
            key_scorer: KeyScorer::default(),
            heard: Heard::default(),
        })
    }

    /// How many past samples it wants to see.
    pub(crate) fn memory(&self) -> usize {
        self.chroma.memory()
    }

    pub(crate) fn reset(&mut self) {
        self.heard = Heard::default();
    }

    /// The keys and pedals that are down.
    pub(crate) fn notes(&mut self) -> &mut Notes {
        &mut self.heard.notes
    }

    /// One hop is complete. Says whether a chord change was told.
    pub(crate) fn hop(
        &mut self,
        clock: &Clock,
        history: &History,
        events: &mut Bounded<Event>,
        evidence: &mut Bounded<HarmonyEvidence>,
    ) -> bool {
        self.heard.notes.hop();
        if clock.hop() % HOPS as u64 != TURN {
            return false;
        }
        let (mut treble, mut bass) = self.chroma.run(history);
        let from_sound = treble.iter().chain(&bass).any(|&v| v > 0.0);
        self.heard.notes.add(&mut treble, &mut bass);
        // Where sound gives way to MIDI, time stands still rather than goes back.
        let frame = clock.frame_before_hop(if from_sound { SOUND_DELAY } else { 0.0 }).max(self.heard.latest);
        self.heard.latest = frame;
        let (treble, bass) = (chroma::shares(treble), chroma::shares(bass));
        let scores = self.chord_scorer.score(&treble, &bass);
        evidence.push(HarmonyEvidence { frame: Frames(frame), chroma: treble, bass, chords: scores });
        if treble.iter().any(|&share| share > 0.0) {
            self.heard.keys.step(&self.key_scorer.score(&treble, &bass));
        }
        self.tell_key(clock, frame, events);
        self.heard.chords.step(&scores);
        self.tell_chord(clock, frame, &bass, events)
    }

    fn tell_key(&mut self, clock: &Clock, frame: u64, events: &mut Bounded<Event>) {
        let (best, probability) = self.heard.keys.best();
        let now = if probability > CHANGE_KEY {
            Some(best)
        } else {
            self.heard.key.filter(|&told| self.heard.keys.probability(told) > KEEP_KEY)
        };
        if now != self.heard.key {
            self.heard.key = now;
            let frame = Frames(frame.max(clock.frame_before_hop(LONGEST_LAG)));
            let confidence = if now.is_some() { probability } else { 1.0 - probability };
            events.push(Event::Key { frame, key: now.map(key::key), confidence });
        }
    }

    fn tell_chord(
        &mut self,
        clock: &Clock,
        frame: u64,
        bass: &[f32; 12],
        events: &mut Bounded<Event>,
    ) -> bool {
        let (best, confidence) = self.heard.chords.best();
        let (candidate, since, low) = &mut self.heard.candidate;
        if best != *candidate {
            (*candidate, *since, *low) = (best, frame, *bass);
        } else {
            low.iter_mut().zip(bass).for_each(|(sum, b)| *sum += b);
        }
        if confidence < CHANGE_CHORD || best == self.heard.told {
            return false;
        }
        self.heard.told = best;
        let chord = chord::spell(best, low, self.heard.key.map(key::key));
        let frame = Frames((*since).max(clock.frame_before_hop(LONGEST_LAG)));
        events.push(Event::Chord { frame, chord, confidence });
        true
    }
}
