//! What a piece feels like: the engine's cues, of the notes of MIDI or of the onsets and chords of sound.

use super::report::{Analysis, Emotion};
use kmidi_engine::emotion::{Cues, Tally, confidence};
use kmidi_engine::{MidiEvent, MidiMessage};
use kmidi_music::emotion::by_closeness;
use kmidi_music::notation::harte::{self, Label};

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

/// The emotion of an analysis. Without notes its onsets and chords speak; `None` where there are none of both.
pub(super) fn of(notes: &Tally, answer: &Analysis) -> Option<Emotion> {
    let affect = notes.cues().or_else(|| of_sound(answer))?.affect();
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
            let emotion = of(&Tally::default(), &song(labels, rate)).unwrap();
            assert_eq!(emotion.quadrant, quadrant, "{emotion:?}");
            assert_eq!(emotion.categories.len(), NAMES);
            assert!(emotion.categories.is_sorted_by(|a, b| a.1 >= b.1));
        }
        assert_eq!(of(&Tally::default(), &song(["N", "X", "N", "N"], 2.0)), None);
        assert_eq!(of(&Tally::default(), &Analysis::default()), None);
    }
}
