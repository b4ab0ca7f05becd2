//! A mode that shows is told with the key.

use crate::{RATE, silence};
use kmidi_engine::{Block, Config, Engine, Event, MidiEvent, MidiMessage};
use kmidi_music::{Mode, PitchClass};

/// The key and the mode told last of chords of a second each, again and again, `up` semitones higher.
fn last(chords: &[[u8; 4]], up: u8) -> (Option<PitchClass>, Option<Mode>) {
    let mut engine = Engine::new(Config { sample_rate: RATE, max_block: 480 }).unwrap();
    let mut told = (None, None);
    for second in 0..24 {
        let notes = chords[second % chords.len()];
        for hop in 0..100 {
            let message = |note: u8| match hop {
                0 => Some(MidiMessage::NoteOn { channel: 0, note: note + up, velocity: 80 }),
                95 => Some(MidiMessage::NoteOff { channel: 0, note: note + up }),
                _ => None,
            };
            let midi: Vec<MidiEvent> = notes
                .into_iter()
                .filter_map(message)
                .map(|message| MidiEvent { offset: 0, message })
                .collect();
            let sound = &silence()[..480];
            for event in engine.process(&Block { frames: 480, audio: &[sound], midi: &midi }).events.iter() {
                if let Event::Key { key, mode, .. } = event {
                    told = (key.map(|key| key.tonic.pitch_class()), *mode);
                }
            }
        }
    }
    told
}

#[test]
fn dorian_shows_by_its_sixth_and_minor_does_not() {
    let (dm, g, c) = ([50, 62, 65, 69], [43, 62, 67, 71], [48, 60, 64, 67]);
    let (gm, bb) = ([43, 62, 67, 70], [46, 62, 65, 70]);
    for up in [0, 5, 10] {
        let tonic = Some(PitchClass::new(2 + i32::from(up)));
        assert_eq!(last(&[dm, g, dm, c], up), (tonic, Some(Mode::Dorian)), "{up}");
        assert_eq!(last(&[dm, gm, dm, bb], up), (tonic, None), "{up}");
    }
}
