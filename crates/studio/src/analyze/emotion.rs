//! What a piece feels like: the engine's cues, of the notes of MIDI, or of what a model hears in sound ([`kmidi_neural::emotion::sound`]); where that knows
//! nothing yet, of the onsets and chords.

use super::report::{Analysis, Emotion};
use kmidi_engine::emotion::{Cues, Tally, confidence};
use kmidi_engine::mel::MelFrames;
use kmidi_engine::{MidiEvent, MidiMessage};
use kmidi_music::Affect;
use kmidi_music::emotion::by_closeness;
use kmidi_music::notation::harte::{self, Label};
use kmidi_neural::emotion::sound::Sound;
use kmidi_neural::shipped;

/// How many named emotions are told.
const NAMES: usize = 5;
/// MIDI's channel of drums, from 0: strokes have no pitch.
const DRUMS: u8 = 9;

/// Pairs the messages of MIDI and counts the notes that they make.
#[derive(Debug)]
pub(super) struct Notes {
    tally: Tally,
    /// Onset (frames) and velocity of what sounds, channel by channel, key by key.
    sounding: Vec<Option<(u64, u8)>>,
}

impl Default for Notes {
    fn default() -> Self {
        Self { tally: Tally::default(), sounding: vec![None; 16 * 128] }
    }
}

impl Notes {
    /// A message at `frame`.
    pub(super) fn hear(&mut self, event: &MidiEvent, frame: u64, rate: u32) {
        match event.message {
            MidiMessage::NoteOn { channel, note, velocity } if channel != DRUMS => {
                self.end(slot(channel, note), frame, rate);
                if velocity > 0 {
                    self.sounding[slot(channel, note)] = Some((frame, velocity));
                }
            }
            MidiMessage::NoteOff { channel, note } => self.end(slot(channel, note), frame, rate),
            _ => {}
        }
    }

    /// The count at the end of the piece: what still sounds ends there.
    pub(super) fn finish(mut self, frame: u64, rate: u32) -> Tally {
        (0..self.sounding.len()).for_each(|slot| self.end(slot, frame, rate));
        self.tally
    }

    fn end(&mut self, slot: usize, frame: u64, rate: u32) {
        if let Some((onset, velocity)) = self.sounding[slot].take() {
            let seconds = |frames: u64| (frames as f64 / f64::from(rate)) as f32;
            let pitch = (slot % 128) as u8;
            self.tally.hear(seconds(onset), seconds(frame.saturating_sub(onset)), pitch, velocity);
        }
    }
}

fn slot(channel: u8, note: u8) -> usize {
    usize::from(channel & 15) * 128 + usize::from(note & 127)
}

/// The model over sound, all channels together. Made with the first sound.
#[derive(Debug, Default)]
pub(super) struct Ear(Option<Box<(MelFrames, Sound)>>);

impl Ear {
    /// Hears `frames` frames of `audio`, a slice a channel; shorter channels are silent for the rest.
    pub(super) fn hear(&mut self, frames: usize, audio: &[&[f32]], rate: u32) {
        if audio.is_empty() {
            return;
        }
        if self.0.is_none() {
            let model = shipped("emotion-sound").and_then(|onnx| Sound::new(onnx).ok());
            self.0 = MelFrames::new(rate).ok().zip(model).map(Box::new);
        }
        let Some(pair) = &mut self.0 else { return };
        let (mel, model) = &mut **pair;
        for n in 0..frames {
            let at = |channel: &&[f32]| channel.get(n).map_or(0.0, |&sample| f64::from(sample));
            let mean = audio.iter().map(at).sum::<f64>() / audio.len() as f64;
            mel.push(mean, |frame| model.hear(frame));
        }
    }

    /// What all of it feels like.
    pub(super) fn feel(&self) -> Option<Affect> {
        self.0.as_ref().and_then(|pair| pair.1.feel()).map(|felt| felt.affect)
    }
}

/// The emotion of an analysis: of its notes, else of what was `felt` in the sound, else of its onsets and chords; `None` where there is none of these.
pub(super) fn of(notes: &Tally, felt: Option<Affect>, answer: &Analysis) -> Option<Emotion> {
    let by_onsets = || of_sound(answer).map(Cues::affect);
    let affect = notes.cues().map(Cues::affect).or(felt).or_else(by_onsets)?;
    let near = by_closeness(affect).into_iter().take(NAMES);
    let tenths = |value: f32| libm::round(f64::from(value) * 1e3) / 1e3;
    Some(Emotion {
        valence: tenths(affect.valence),
        arousal: tenths(affect.arousal),
        quadrant: affect.quadrant(),
        confidence: tenths(confidence(affect)),
        categories: near.map(|(word, closeness)| (word.name.to_owned(), tenths(closeness))).collect(),
    })
}

fn of_sound(answer: &Analysis) -> Option<Cues> {
    let (first, last) = (answer.onsets.first()?, answer.onsets.last()?);
    // As many gaps as onsets but one lie between the first and the last.
    let rate = (answer.onsets.len() - 1) as f64 / f64::max(last - first, 0.5);
    let mut classes = [0.0_f32; 12];
    for chord in &answer.chords {
        let Ok(Label::Chord(named)) = harte::parse(&chord.label) else { continue };
        for class in named.pitch_classes().iter() {
            classes[class.index()] += (chord.end - chord.start) as f32;
        }
    }
    Cues::of_sound(rate as f32, &classes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(messages: &[(u64, MidiMessage)]) -> Tally {
        let mut notes = Notes::default();
        for &(frame, message) in messages {
            notes.hear(&MidiEvent { offset: 0, message }, frame, 1000);
        }
        notes.finish(4000, 1000)
    }

    fn on(channel: u8, note: u8, velocity: u8) -> MidiMessage {
        MidiMessage::NoteOn { channel, note, velocity }
    }

    #[test]
    fn notes_end_with_their_release_their_repetition_or_the_piece() {
        let mut wanted = Tally::default();
        wanted.hear(0.0, 1.0, 60, 70);
        wanted.hear(1.0, 0.5, 60, 80);
        wanted.hear(2.0, 2.0, 62, 90);
        let off = MidiMessage::NoteOff { channel: 0, note: 62 };
        let drum = on(DRUMS, 38, 127);
        let found = hear(&[
            (0, on(0, 60, 70)),
            (10, off),
            (20, drum),
            (1000, on(0, 60, 80)),
            (1500, on(0, 60, 0)),
            (2000, on(3, 62, 90)),
        ]);
        assert_eq!(found, wanted);
        assert_eq!(hear(&[(0, drum)]).cues(), None);
    }

    #[test]
    fn sound_is_heard_by_the_model_after_some_seconds() {
        let hear = |seconds: f64, rate: f64, level: f64| {
            let mut ear = Ear::default();
            let sample = |n: usize| {
                let t = n as f64 / 24_000.0;
                let struck = libm::exp(-4.0 * (t * rate - libm::floor(t * rate)) / rate);
                let tone = |hertz: f64| libm::sin(std::f64::consts::TAU * hertz * t);
                (level * struck * [196.0, 261.6, 329.6, 392.0].map(tone).iter().sum::<f64>()) as f32
            };
            let samples: Vec<f32> = (0..(24_000.0 * seconds) as usize).map(sample).collect();
            ear.hear(samples.len(), &[&samples, &samples[..samples.len() / 2]], 24_000);
            ear.feel()
        };
        assert_eq!(Ear::default().feel(), None);
        assert_eq!(hear(2.0, 2.0, 0.1), None);
        let (calm, lively) = (hear(12.0, 0.8, 0.02).unwrap(), hear(12.0, 7.0, 0.2).unwrap());
        assert!(lively.arousal > calm.arousal + 0.3, "{lively:?} {calm:?}");
        let emotion = of(&Tally::default(), Some(lively), &Analysis::default()).unwrap();
        assert!((emotion.valence - f64::from(lively.valence)).abs() < 1e-3);
    }

    #[test]
    fn sound_is_told_by_its_onsets_and_chords() {
        let chord = |label: &str, start: f64| super::super::ChordSegment {
            start,
            end: start + 2.0,
            label: label.to_owned(),
            symbol: None,
            roman: None,
            function: None,
            tension: None,
            key: None,
            confidence: 1.0,
            known: None,
        };
        let song = |labels: [&str; 4], rate: f64| Analysis {
            onsets: (0..=(8.0 * rate) as usize).map(|n| n as f64 / rate).collect(),
            chords: labels.iter().enumerate().map(|(n, label)| chord(label, 2.0 * n as f64)).collect(),
            ..Analysis::default()
        };
        let (major, minor) = (["C:maj", "F:maj", "G:7", "C:maj"], ["C:min", "F:min", "G:7", "C:min"]);
        for (labels, rate, quadrant) in [(major, 6.0, 1), (minor, 6.0, 2), (minor, 1.0, 3), (major, 1.0, 4)] {
            let emotion = of(&Tally::default(), None, &song(labels, rate)).unwrap();
            assert_eq!(emotion.quadrant, quadrant, "{emotion:?}");
            assert_eq!(emotion.categories.len(), NAMES);
            assert!(emotion.categories.is_sorted_by(|a, b| a.1 >= b.1));
        }
        assert_eq!(of(&Tally::default(), None, &song(["N", "X", "N", "N"], 2.0)), None);
        assert_eq!(of(&Tally::default(), None, &Analysis::default()), None);
    }
}
