//! The Harmony Engine: chroma, chords and keys.

pub mod chord;
mod chroma;
pub mod key;
mod notes;

use crate::block::{Bounded, Event, HarmonyEvidence};
use crate::dsp::history::History;
use crate::hops::Clock;
use chord::{ChordFilter, STATES};
use chroma::Chroma;
use key::KeyFilter;
use kmidi_kernels::ShapeError;
use kmidi_music::{Chord, Frames, Key};
use notes::Notes;

/// Harmony is measured every this many hops: 40 ms.
pub const HOPS: usize = 4;
/// Harmony comes in the hop that is this many after a multiple of [`HOPS`], away from whole-second boundaries.
const TURN: u64 = 1;
/// Half the long window: the evidence speaks about its middle. Seconds.
const SOUND_DELAY: f64 = 0.085;
/// A chord or key is never said to have begun longer before it was known than this, seconds.
const LONGEST_LAG: f64 = 0.250;
/// How sure the filter must be of another chord before the change is told.
const CHANGE_CHORD: f32 = 0.6;
/// The same for a key, and how sure it must stay.
const CHANGE_KEY: f32 = 0.75;
const KEEP_KEY: f32 = 0.45;

/// All that the engine keeps about harmony.
#[derive(Debug, Clone)]
pub(crate) struct Harmony {
    chroma: Chroma,
    notes: Notes,
    chords: ChordFilter,
    keys: KeyFilter,
    /// The chord state that was told last, and its spelling.
    told: Option<(usize, Chord)>,
    /// The state that has been best lately, since when, and the bass heard since.
    candidate: (usize, u64, [f32; 12]),
    started: bool,
    key: Option<Key>,
    /// The frame that the last measurement spoke about.
    latest: u64,
}

impl Harmony {
    pub(crate) fn new(sample_rate: u32) -> Result<Self, ShapeError> {
        Ok(Self {
            chroma: Chroma::new(sample_rate)?,
            notes: Notes::default(),
            chords: ChordFilter::new(),
            keys: KeyFilter::default(),
            told: None,
            candidate: (chord::NONE, 0, [0.0; 12]),
            started: false,
            key: None,
            latest: 0,
        })
    }

    /// How many past samples it wants to see.
    pub(crate) fn memory(&self) -> usize {
        self.chroma.memory()
    }

    pub(crate) fn reset(&mut self) {
        self.notes = Notes::default();
        self.chords.reset();
        self.keys = KeyFilter::default();
        self.told = None;
        self.candidate = (chord::NONE, 0, [0.0; 12]);
        self.started = false;
        self.key = None;
        self.latest = 0;
    }

    /// The keys and pedals that are down.
    pub(crate) fn notes(&mut self) -> &mut Notes {
        &mut self.notes
    }

    /// One hop is complete. Says whether a chord change was told.
    pub(crate) fn hop(
        &mut self,
        clock: &Clock,
        history: &History,
        events: &mut Bounded<Event>,
        evidence: &mut Bounded<HarmonyEvidence>,
    ) -> bool {
        self.notes.hop();
        if clock.hop() % HOPS as u64 != TURN {
            return false;
        }
        let (mut treble, mut bass) = self.chroma.run(history);
        let from_sound = treble.iter().chain(&bass).any(|&v| v > 0.0);
        self.notes.add(&mut treble, &mut bass);
        // Where sound gives way to MIDI, time stands still rather than goes back.
        let frame = clock.frame_before_hop(if from_sound { SOUND_DELAY } else { 0.0 }).max(self.latest);
        self.latest = frame;
        let (treble, bass) = (chroma::shares(treble), chroma::shares(bass));
        let mut scores = [0.0; STATES];
        chord::score(&treble, &bass, &mut scores);
        evidence.push(HarmonyEvidence { frame: Frames(frame), chroma: treble, bass, chords: scores });
        self.keys.step(&treble, &bass);
        self.tell_key(clock, frame, events);
        self.chords.step(&scores);
        self.tell_chord(clock, frame, &bass, events)
    }

    fn tell_key(&mut self, clock: &Clock, frame: u64, events: &mut Bounded<Event>) {
        let (best, confidence) = self.keys.best();
        let key = if confidence > CHANGE_KEY || (Some(best) == self.key && confidence > KEEP_KEY) {
            Some(best)
        } else if self.key.is_some_and(|told| self.keys.probability(told) > KEEP_KEY * 0.5) {
            self.key
        } else {
            None
        };
        if key != self.key {
            self.key = key;
            let frame = frame.max(clock.frame_before_hop(LONGEST_LAG));
            let confidence = if key.is_some() { confidence } else { 1.0 - confidence };
            events.push(Event::Key { frame: Frames(frame), key, confidence });
        }
    }

    fn tell_chord(
        &mut self,
        clock: &Clock,
        frame: u64,
        bass: &[f32; 12],
        events: &mut Bounded<Event>,
    ) -> bool {
        let (best, confidence) = self.chords.best();
        if best != self.candidate.0 {
            self.candidate = (best, frame, *bass);
        } else {
            self.candidate.2.iter_mut().zip(bass).for_each(|(sum, b)| *sum += b);
        }
        let told = self.told.map_or(chord::NONE, |told| told.0);
        if confidence < CHANGE_CHORD || (best == told && self.started) {
            return false;
        }
        if best == chord::NONE && !self.started {
            return false;
        }
        self.started = true;
        let spelled = chord::spell(best, &self.candidate.2, self.key);
        self.told = spelled.map(|chord| (best, chord));
        let since = self.candidate.1.max(clock.frame_before_hop(LONGEST_LAG));
        events.push(Event::Chord { frame: Frames(since), chord: spelled, confidence });
        true
    }
}
