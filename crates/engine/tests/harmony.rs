//! What the Harmony Engine says about plain chords, from sound and from MIDI.

use kmidi_engine::{Block, Config, Engine, Event, MidiEvent, MidiMessage};
use kmidi_music::notation::harte::{self, Label};

const RATE: u32 = 48_000;
/// I vi IV V I in C, two seconds each: MIDI notes, bass first.
const PROGRESSION: [(&str, [u8; 4]); 5] = [
    ("C:maj", [48, 60, 64, 67]),
    ("A:min", [45, 60, 64, 69]),
    ("F:maj", [41, 60, 65, 69]),
    ("G:maj", [43, 59, 62, 67]),
    ("C:maj", [48, 60, 64, 67]),
];

/// (start, known, label) of the chords and the label of the last key.
fn listen(sound: &[f32], midi: &[(usize, MidiMessage)]) -> (Vec<(f64, f64, String)>, Option<String>) {
    let mut engine = Engine::new(Config { sample_rate: RATE, max_block: 480 }).unwrap();
    let (mut chords, mut key) = (Vec::new(), None);
    for (n, block) in sound.chunks(480).enumerate() {
        let start = n * 480;
        let now: Vec<MidiEvent> = midi
            .iter()
            .filter(|(frame, _)| (start..start + block.len()).contains(frame))
            .map(|&(frame, message)| MidiEvent { offset: (frame - start) as u32, message })
            .collect();
        let output = engine.process(&Block { frames: block.len(), audio: &[block], midi: &now });
        for event in output.events.iter() {
            match event {
                Event::Chord { frame, chord, .. } => {
                    let label = harte::print(chord.map_or(Label::None, Label::Chord));
                    chords.push((frame.seconds(RATE).0, output.end.seconds(RATE).0, label));
                }
                Event::Key { key: now, .. } => key = now.map(|key| key.to_string()),
                _ => {}
            }
        }
    }
    (chords, key)
}

fn check((chords, key): (Vec<(f64, f64, String)>, Option<String>), latest: f64) {
    let labels: Vec<&str> = chords.iter().map(|c| c.2.as_str()).filter(|&label| label != "N").collect();
    assert_eq!(labels, PROGRESSION.map(|p| p.0), "{chords:?}");
    assert_eq!(key.as_deref(), Some("C:maj"));
    for (n, (start, known, label)) in chords.iter().filter(|c| c.2 != "N").enumerate() {
        let truth = 2.0 * n as f64;
        assert!(known - truth < latest, "{label} known after {:.3} s", known - truth);
        assert!(
            known - start <= 0.2501 && (start - truth).abs() < 0.15,
            "{label} starts at {start}, known at {known}"
        );
    }
}

#[test]
fn chords_and_key_from_sound() {
    let seconds = 2 * PROGRESSION.len();
    let sound: Vec<f32> = (0..seconds * RATE as usize)
        .map(|n| {
            let time = n as f64 / f64::from(RATE);
            let notes = PROGRESSION[n / (2 * RATE as usize)].1;
            let voice = |note: u8| -> f64 {
                let hertz = 440.0 * 2_f64.powf((f64::from(note) - 69.0) / 12.0);
                (1..=6)
                    .map(|k| (std::f64::consts::TAU * hertz * f64::from(k) * time).sin() / f64::from(k * k))
                    .sum()
            };
            // A soft start: a click is every chord at once.
            (0.1 * (time / 0.02).min(1.0) * notes.into_iter().map(voice).sum::<f64>()) as f32
        })
        .collect();
    check(listen(&sound, &[]), 0.35);
}

#[test]
fn chords_and_key_from_midi() {
    let mut midi = Vec::new();
    for (n, (_, notes)) in PROGRESSION.iter().enumerate() {
        let start = n * 2 * RATE as usize;
        for &note in notes {
            midi.push((start, MidiMessage::NoteOn { channel: 0, note, velocity: 90 }));
            midi.push((start + 2 * RATE as usize - 100, MidiMessage::NoteOff { channel: 0, note }));
        }
    }
    midi.sort_by_key(|event| event.0);
    check(listen(&vec![0.0; 2 * PROGRESSION.len() * RATE as usize], &midi), 0.30);
}

#[test]
fn silence_and_drums_alone_are_no_chord() {
    let silence = vec![0.0; 4 * RATE as usize];
    assert_eq!(listen(&silence, &[]), (vec![], None));
    let hit = |n: usize| (n * 12_000, MidiMessage::NoteOn { channel: 9, note: 38, velocity: 100 });
    let drums: Vec<_> = (0..16).map(hit).collect();
    assert_eq!(listen(&silence, &drums), (vec![], None));
}
