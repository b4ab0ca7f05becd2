//! What the Harmony Engine says about plain chords, from sound and from MIDI.

#[path = "harmony/broken.rs"]
mod broken;
#[path = "harmony/modes.rs"]
mod modes;
#[path = "common/random.rs"]
mod random;
#[path = "harmony/struck.rs"]
mod struck;

use kmidi_engine::{Block, Config, Engine, Event, MidiEvent, MidiMessage};
use kmidi_music::notation::harte::{self, Label};
use kmidi_music::roman::Function;

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

/// The progression as MIDI, each note as the notes that `play` makes of it.
fn played<const N: usize>(play: impl Fn(u8) -> [u8; N]) -> Vec<(usize, MidiMessage)> {
    let mut midi = Vec::new();
    for (n, (_, notes)) in PROGRESSION.iter().enumerate() {
        let start = n * 2 * RATE as usize;
        for note in notes.iter().flat_map(|&note| play(note)) {
            midi.push((start, MidiMessage::NoteOn { channel: 0, note, velocity: 90 }));
            midi.push((start + 2 * RATE as usize - 100, MidiMessage::NoteOff { channel: 0, note }));
        }
    }
    midi.sort_by_key(|event| event.0);
    midi
}

fn silence() -> Vec<f32> {
    vec![0.0; 2 * PROGRESSION.len() * RATE as usize]
}

#[test]
fn chords_and_key_from_midi() {
    check(listen(&silence(), &played(|note| [note])), 0.20);
}

#[test]
fn transposing_the_notes_transposes_the_answer() {
    let classes = |chords: &[(f64, f64, String)], key: Option<&String>, up: i32| {
        let mut out = Vec::new();
        for (_, _, label) in chords {
            match harte::parse(label) {
                Ok(Label::Chord(chord)) => {
                    let above = chord.root.pitch_class().value() as i32 - up;
                    out.push(Some((above.rem_euclid(12), chord.quality)));
                }
                _ => out.push(None),
            }
        }
        let key: Option<kmidi_music::Key> = key.and_then(|key| key.parse().ok());
        let tonic = key.map(|key| (key.tonic.pitch_class().value() as i32 - up).rem_euclid(12));
        (out, tonic)
    };
    let (chords, key) = listen(&silence(), &played(|note| [note]));
    let plain = classes(&chords, key.as_ref(), 0);
    for up in -5..=6 {
        let (chords, key) = listen(&silence(), &played(|note| [(i32::from(note) + up) as u8]));
        assert_eq!(classes(&chords, key.as_ref(), up), plain, "{up} semitones up");
    }
}

/// What each chord is in its key: numeral, function, tension.
fn in_keys(midi: &[(usize, MidiMessage)], block: usize) -> Vec<Option<(String, Option<Function>, u8)>> {
    let mut engine = Engine::new(Config { sample_rate: RATE, max_block: block }).unwrap();
    let (mut out, mut key) = (Vec::new(), None);
    for start in (0..silence().len()).step_by(block) {
        let now: Vec<MidiEvent> = midi
            .iter()
            .filter(|(frame, _)| (start..start + block).contains(frame))
            .map(|&(frame, message)| MidiEvent { offset: (frame - start) as u32, message })
            .collect();
        for event in engine.process(&Block { frames: block, audio: &[], midi: &now }).events.iter() {
            match event {
                Event::Key { key: told, .. } => key = *told,
                Event::Chord { chord, in_key, .. } => {
                    assert_eq!(
                        in_key.map(|named| named.key),
                        chord.and(key),
                        "a chord stands in the key that was told"
                    );
                    let named = |named: &kmidi_engine::harmony::InKey| {
                        (named.numeral.to_string(), named.function, named.tension.total())
                    };
                    out.push(in_key.as_ref().map(named));
                }
                _ => {}
            }
        }
    }
    out
}

#[test]
fn each_chord_has_its_place_in_the_key_wherever_that_lies() {
    let plain = in_keys(&played(|note| [note]), 480);
    let known: Vec<_> = plain
        .iter()
        .flatten()
        .map(|(numeral, function, tension)| (numeral.as_str(), *function, *tension))
        .collect();
    // The key is told once a few chords spoke for it.
    for wanted in [("V", Some(Function::Dominant), 5), ("I", Some(Function::Tonic), 0)] {
        assert!(known.contains(&wanted), "{wanted:?} in {known:?}");
    }
    assert_eq!(in_keys(&played(|note| [note]), 64), plain);
    for up in -5..=6 {
        assert_eq!(in_keys(&played(|note| [(i32::from(note) + up) as u8]), 480), plain, "{up} semitones up");
    }
}

#[test]
fn octave_doublings_change_no_name() {
    let labels = |midi: &[(usize, MidiMessage)]| -> Vec<String> {
        listen(&silence(), midi).0.into_iter().map(|chord| chord.2).collect()
    };
    let plain = labels(&played(|note| [note]));
    assert_eq!(labels(&played(|note| [note, note + 12])), plain);
    assert_eq!(labels(&played(|note| [note, note + 24])), plain);
}

#[test]
fn readings_are_ranked_and_add_up() {
    let mut engine = Engine::new(Config { sample_rate: RATE, max_block: 480 }).unwrap();
    let midi = played(|note| [note]);
    let mut told = 0;
    for start in (0..silence().len()).step_by(480) {
        let within = |frame: usize| (start..start + 480).contains(&frame);
        let now: Vec<MidiEvent> = midi
            .iter()
            .filter(|event| within(event.0))
            .map(|&(frame, message)| MidiEvent { offset: (frame - start) as u32, message })
            .collect();
        let output = engine.process(&Block { frames: 480, audio: &[], midi: &now });
        for event in output.events.iter() {
            let Event::Chord { chord, confidence, readings, .. } = event else { continue };
            told += 1;
            assert_eq!((readings[0].chord, readings[0].confidence), (*chord, *confidence));
            let score = |n: usize| {
                let terms = readings[n].terms;
                f64::from(terms.heard + terms.key + terms.before)
            };
            // A chord of three notes may have one root alone.
            let used = readings.iter().filter(|reading| reading.confidence > 0.0).count();
            for n in 1..used {
                assert!(readings[n].confidence <= readings[n - 1].confidence);
                let odds = f64::from(readings[0].confidence / readings[n].confidence).ln();
                assert!((score(0) - score(n) - odds).abs() < 0.01 * odds.abs().max(1.0), "{readings:?}");
            }
        }
    }
    assert!(told >= PROGRESSION.len());
}

#[test]
fn silence_and_drums_alone_are_no_chord() {
    let silence = vec![0.0; 4 * RATE as usize];
    assert_eq!(listen(&silence, &[]), (vec![], None));
    let hit = |n: usize| (n * 12_000, MidiMessage::NoteOn { channel: 9, note: 38, velocity: 100 });
    let drums: Vec<_> = (0..16).map(hit).collect();
    assert_eq!(listen(&silence, &drums), (vec![], None));
}
