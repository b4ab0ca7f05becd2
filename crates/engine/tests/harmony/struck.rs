//! Chords that are struck together are known exactly.

use crate::random::Random;
use crate::{RATE, listen};
use kmidi_engine::MidiMessage;
use kmidi_music::notation::harte::{self, Label};

/// Strikes chords, each for some milliseconds, and names them.
fn names(chords: &[(Vec<u8>, u32)]) -> Vec<(String, f64)> {
    let mut midi = Vec::new();
    let mut at = 0;
    for (notes, ms) in chords {
        let end = at + (RATE / 1000 * ms) as usize;
        midi.extend(notes.iter().map(|&note| (at, MidiMessage::NoteOn { channel: 0, note, velocity: 90 })));
        midi.extend(notes.iter().map(|&note| (end - 240, MidiMessage::NoteOff { channel: 0, note })));
        at = end;
    }
    midi.sort_by_key(|event| event.0);
    let chords = listen(&vec![0.0; at + RATE as usize / 5], &midi).0;
    chords
        .into_iter()
        .filter(|chord| chord.2 != "N")
        .map(|(start, known, name)| (name, known - start))
        .collect()
}

/// After ii V I in C, what these notes are called.
fn after_a_cadence(notes: &[u8]) -> String {
    let cadence = [vec![50, 57, 62, 65], vec![43, 59, 62, 67], vec![48, 60, 64, 67], notes.to_vec()];
    let told = names(&cadence.map(|notes| (notes, 1000)));
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told.iter().all(|told| told.1 < 0.13), "told late: {told:?}");
    told[3].0.clone()
}

#[test]
fn what_is_struck_is_named_by_all_its_notes_and_its_bass() {
    for (notes, name) in [
        (&[48, 60, 63, 67][..], "C:min"),
        (&[48, 52, 55, 58], "C:7"),
        (&[48, 62, 64, 67], "C:maj(9)"),
        (&[48, 50, 55], "C:sus2"),
        (&[48, 53, 55], "C:sus4"),
        (&[48, 51, 55, 59], "C:minmaj7"),
        (&[48, 52, 55, 58, 62], "C:9"),
        (&[48, 52, 55, 57, 62], "C:maj6(9)"),
        (&[48, 52, 56], "C:aug"),
        (&[43, 53, 57, 60], "F:maj(9)/2"),
        (&[52, 60, 67, 72], "C:maj/3"),
        (&[36, 43, 48], "C:5"),
        (&[48, 55, 58, 64, 69, 74], "C:13"),
    ] {
        let parse = |name: &str| match harte::parse(name) {
            Ok(Label::Chord(chord)) => chord,
            other => panic!("{name}: {other:?}"),
        };
        let told = parse(&after_a_cadence(notes));
        let wanted = parse(name);
        let same = |a: &kmidi_music::Chord, b: &kmidi_music::Chord| {
            a.root == b.root && a.bass == b.bass && a.pitch_classes() == b.pitch_classes()
        };
        assert!(same(&told, &wanted), "{notes:?}: {told:?}, not {name}");
    }
}

#[test]
fn a_minor_chord_on_the_same_root_is_told_at_once() {
    let told = names(&[(vec![48, 64, 67], 800), (vec![48, 63, 67], 800), (vec![48, 64, 67], 800)]);
    assert_eq!(told.iter().map(|told| told.0.as_str()).collect::<Vec<_>>(), ["C:maj", "C:min", "C:maj"]);
}

#[test]
fn all_keys_at_once_are_no_chord() {
    let all: Vec<u8> = (0..128).collect();
    let told = names(&[(vec![48, 64, 67], 1000), (all, 1500)]);
    assert_eq!(told.iter().map(|told| told.0.as_str()).collect::<Vec<_>>(), ["C:maj"]);
}

#[test]
fn a_tune_over_a_chord_is_no_part_of_it() {
    // Notes struck alone: what is struck with the next chord may be one of the tune.
    let mut told = names(&[
        (vec![48, 64, 67], 500),
        (vec![74], 250),
        (vec![76], 250),
        (vec![48, 64, 67, 81], 250),
        (vec![79], 250),
    ]);
    assert!(told.iter().any(|told| told.0 == "C:maj"), "{told:?}");
    told.retain(|told| told.0.starts_with("C:maj6") || told.0.starts_with("A:"));
    assert_eq!(told, []);
}

/// A row of chords: any root, quality, inversion and length.
fn random_piece(seed: u64) -> Vec<(Vec<u8>, u32)> {
    const KINDS: [&[u8]; 9] = [
        &[0, 4, 7],
        &[0, 3, 7],
        &[0, 4, 7, 10],
        &[0, 3, 7, 10],
        &[0, 4, 7, 11],
        &[0, 3, 6],
        &[0, 5, 7],
        &[0, 4, 7, 9],
        &[0, 2, 7],
    ];
    let mut random = Random(seed);
    (0..12)
        .map(|_| {
            let root = 45 + random.below(12) as u8;
            let kind = KINDS[random.below(KINDS.len() as u64) as usize];
            let up = random.below(kind.len() as u64) as usize;
            let mut notes: Vec<u8> = kind
                .iter()
                .enumerate()
                .map(|(n, above)| root + above + if n < up { 12 } else { 0 })
                .collect();
            notes.sort_unstable();
            (notes, 250 + random.below(900) as u32)
        })
        .collect()
}

/// Root and bass above C, and the notes above the root.
fn classes(told: &[(String, f64)], up: u8) -> Vec<(i32, i32, u16)> {
    let down =
        |name: kmidi_music::PitchName| (i32::from(name.pitch_class().value()) - i32::from(up)).rem_euclid(12);
    told.iter()
        .map(|(name, _)| match harte::parse(name) {
            Ok(Label::Chord(chord)) => {
                let above = chord.pitch_classes().transposed((12 - chord.root.pitch_class().value()) % 12);
                (down(chord.root), down(chord.bass), above.bits())
            }
            other => panic!("{name}: {other:?}"),
        })
        .collect()
}

#[test]
fn any_row_of_chords_moves_with_its_notes_and_bears_octave_doublings() {
    for seed in 0..12 {
        let piece = random_piece(seed);
        let plain = classes(&names(&piece), 0);
        assert!(plain.len() >= 8, "seed {seed}: {plain:?}");
        let changed = |change: &dyn Fn(&[u8]) -> Vec<u8>| -> Vec<(Vec<u8>, u32)> {
            piece.iter().map(|(notes, ms)| (change(notes), *ms)).collect()
        };
        for up in [1, 5, 6, 11] {
            let moved = changed(&|notes| notes.iter().map(|note| note + up).collect());
            assert_eq!(classes(&names(&moved), up), plain, "seed {seed}, {up} semitones up");
        }
        let doubled = changed(&|notes| notes.iter().flat_map(|note| [*note, note + 12]).collect());
        assert_eq!(classes(&names(&doubled), 0), plain, "seed {seed}, doubled");
    }
}

/// Notes as (on, off, note), milliseconds; gives (label, start, known), seconds.
pub(super) fn told(notes: &[(u32, u32, u8)]) -> Vec<(String, f64, f64)> {
    let frame = |ms: u32| (RATE / 1000 * ms) as usize;
    let mut midi: Vec<(usize, MidiMessage)> = Vec::new();
    for &(on, off, note) in notes {
        midi.push((frame(on), MidiMessage::NoteOn { channel: 0, note, velocity: 90 }));
        midi.push((frame(off), MidiMessage::NoteOff { channel: 0, note }));
    }
    // Keys come up before others go down.
    midi.sort_by_key(|event| (event.0, matches!(event.1, MidiMessage::NoteOn { .. })));
    let end = notes.iter().map(|note| note.1).max().unwrap_or(0) + 500;
    let chords = listen(&vec![0.0; frame(end)], &midi).0;
    chords.into_iter().map(|(start, known, name)| (name, start, known)).collect()
}

fn chord(on: u32, off: u32, notes: [u8; 3]) -> impl Iterator<Item = (u32, u32, u8)> {
    notes.into_iter().map(move |note| (on, off, note))
}

const C: [u8; 3] = [48, 64, 67];
const F: [u8; 3] = [53, 60, 69];
const G: [u8; 3] = [43, 62, 71];

#[test]
fn short_and_repeated_chords_are_told() {
    // 100 ms each.
    let quick: Vec<_> =
        (0..12).flat_map(|n| chord(100 * n, 100 * n + 95, [C, F, G][n as usize % 3])).collect();
    let names: Vec<String> = told(&quick).into_iter().map(|told| told.0).filter(|name| name != "N").collect();
    assert_eq!(names, ["C:maj", "F:maj", "G:maj"].repeat(4));
    // A tremolo: F every 70 ms.
    let tremolo: Vec<_> = chord(0, 990, C)
        .chain((0..28).flat_map(|n| chord(1000 + 70 * n, 1060 + 70 * n, F)))
        .chain(chord(3000, 4500, G))
        .collect();
    let heard = told(&tremolo);
    let names: Vec<&str> = heard.iter().map(|told| told.0.as_str()).filter(|name| *name != "N").collect();
    assert_eq!(names, ["C:maj", "F:maj", "G:maj"], "{heard:?}");
    assert!(heard.iter().all(|(_, start, known)| known - start <= 0.2501), "{heard:?}");
}

#[test]
fn what_is_held_over_does_not_date_a_chord_back() {
    // The old chord is held 300 ms into the new ones; then a pedal's worth: C held under F for three seconds.
    for over in [50, 300, 3_000] {
        let notes: Vec<_> =
            chord(0, 1_000 + over, C).chain(chord(1_000, 4_500, F)).chain(chord(4_600, 6_000, G)).collect();
        let heard = told(&notes);
        assert!(heard.iter().all(|(_, start, known)| known - start <= 0.2501), "{over}: {heard:?}");
        assert!(heard.is_sorted_by(|a, b| a.1 <= b.1), "{over}: {heard:?}");
        assert!(heard.iter().any(|told| told.0 == "G:maj"), "{over}: {heard:?}");
    }
}

#[test]
fn a_grace_note_is_no_part_of_a_chord() {
    let notes: Vec<_> = chord(0, 900, F).chain([(1_000, 1_030, 63)]).chain(chord(1_030, 2_000, C)).collect();
    let names: Vec<String> = told(&notes).into_iter().map(|told| told.0).filter(|name| name != "N").collect();
    assert_eq!(names, ["F:maj", "C:maj"]);
}

#[test]
fn sound_is_heard_again_after_a_chord_was_played() {
    let tone = |hertz: f64, t: f64| (std::f64::consts::TAU * hertz * t).sin();
    let sound: Vec<f32> = (0..8 * RATE as usize)
        .map(|n| {
            let t = n as f64 / f64::from(RATE);
            let chord = [110.0, 220.0, 277.2, 329.6].map(|hertz| tone(hertz, t) + 0.4 * tone(2.0 * hertz, t));
            if t < 3.0 {
                0.0
            } else {
                (0.08 * ((t - 3.0) / 0.02).min(1.0) * chord.iter().sum::<f64>()) as f32
            }
        })
        .collect();
    let on = |note| (0, MidiMessage::NoteOn { channel: 0, note, velocity: 90 });
    let off = |note| (RATE as usize, MidiMessage::NoteOff { channel: 0, note });
    let midi: Vec<_> = C.map(on).into_iter().chain(C.map(off)).collect();
    let names: Vec<String> =
        listen(&sound, &midi).0.into_iter().map(|told| told.2).filter(|name| name != "N").collect();
    assert_eq!(names, ["C:maj", "A:maj"]);
}
