//! Rows of chords: the key that they are in, and the song that they make.

use kmidi_engine::harmony::context::{Context, Idiom, Sounding};
use kmidi_engine::harmony::key::{self, KEYS};
use kmidi_kernels::math;
use kmidi_music::note::Note;
use kmidi_music::song::{ChordSpan, Role, Song, Track};
use kmidi_music::{Bpm, Chord, Key, Meter, TempoMap, Ticks, roman};
use std::collections::BTreeSet;

/// How much the first chord of a row counts as the beginning of a piece, as an exponent of its odds.
const BEGINNING: f32 = 0.3;

/// The keys that a row of chords of equal weight may be in as a whole, the likeliest first, with their probabilities;
/// nothing for no chord.
///
/// One key is taken to hold throughout. How likely each chord is in a key, in common practice and in songs, are the
/// counts behind [`Context`]; the first chord counts a little as the beginning of a piece. A loop says no more than its
/// chords: what is said often shares the weight of what is said once. The twelve major and the twelve minor keys are
/// weighed.
pub fn likely_keys(chords: &[Chord]) -> Vec<(Key, f32)> {
    let mut context = Context::new();
    let sets = chords.iter().map(|chord| (chord.pitch_classes(), chord.bass.pitch_class()));
    let weight = sets.collect::<BTreeSet<_>>().len() as f32 / chords.len() as f32;
    let mut logs = [[0.0f32; KEYS]; Idiom::COUNT];
    for (index, chord) in chords.iter().enumerate() {
        let set = chord.pitch_classes();
        let evidence = context.hear(Sounding { set, bass: chord.bass.pitch_class(), duration: 1.0 }).evidence;
        let beginning = if index == 0 { BEGINNING } else { 0.0 };
        for (idiom, logs) in logs.iter_mut().enumerate() {
            for (state, log) in logs.iter_mut().enumerate() {
                let ln = |likelihood: f32| math::ln(likelihood.max(f32::MIN_POSITIVE));
                *log +=
                    weight * ln(evidence.stay[idiom][state]) + beginning * ln(evidence.start[idiom][state]);
            }
        }
    }
    let top = logs.iter().flatten().fold(f32::MIN, |top, &log| top.max(log));
    let odds = |state: usize| logs.iter().map(|logs| math::exp(logs[state] - top)).sum::<f32>();
    let total: f32 = (0..KEYS).map(odds).sum();
    let mut keys: Vec<_> = (0..KEYS).map(|state| (key::key(state), odds(state) / total)).collect();
    keys.sort_by(|a, b| b.1.total_cmp(&a.1));
    if chords.is_empty() { Vec::new() } else { keys }
}

/// Ticks of a quarter note in what [`song`] makes.
const QUARTER: u16 = 480;

/// A song in 4/4 at 90 beats a minute, a bar a chord: of each its key, itself and the MIDI numbers that sound.
pub fn song(title: &str, bars: &[(Key, Chord, Vec<u8>)]) -> Song {
    let bar = Meter::COMMON.bar(QUARTER);
    let mut keys: Vec<(Ticks, Key)> = Vec::new();
    let (mut chords, mut notes) = (Vec::new(), Vec::new());
    for (index, (key, chord, pitches)) in (0..).zip(bars) {
        let onset = Ticks(bar.0 * index);
        if keys.last().is_none_or(|last| last.1 != *key) {
            keys.push((onset, *key));
        }
        chords.push(ChordSpan {
            onset,
            duration: bar,
            chord: *chord,
            roman: roman::of(chord, *key),
            key: *key,
        });
        notes.extend(pitches.iter().map(|&pitch| Note { onset, duration: bar, pitch, velocity: 80 }));
    }
    let track = Track { name: "Chords".into(), role: Role::Chords, channel: 0, program: 0, notes };
    Song {
        title: title.to_owned(),
        tempo: TempoMap::constant(QUARTER, Bpm(90.0)),
        meters: vec![(Ticks(0), Meter::COMMON)],
        keys,
        marks: Vec::new(),
        sections: Vec::new(),
        chords,
        tracks: vec![track],
        recipe: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmidi_music::notation::symbol;

    fn chords(text: &str) -> Vec<Chord> {
        text.split(' ').map(|word| symbol::parse(word).unwrap()).collect()
    }

    #[test]
    fn plain_progressions_tell_their_key() {
        for (symbols, expected) in [
            ("C G Am F", "C:maj"),
            ("C Am F G", "C:maj"),
            ("Dm7 G7 Cmaj7", "C:maj"),
            ("Am Dm E7 Am", "A:min"),
            ("Cm7b5 F7 Bbm", "Bb:min"),
            ("F#m7b5 B7 Em", "E:min"),
            ("Ebmaj7 Abmaj7 Bb7 Ebmaj7", "Eb:maj"),
            ("D A Bm F#m G D G A", "D:maj"),
            ("Dm Gm A Dm", "D:min"),
            ("Am G F E", "A:min"),
            ("Db Gb Ab Db", "Db:maj"),
        ] {
            let keys = likely_keys(&chords(symbols));
            assert_eq!(keys[0].0.to_string(), expected, "{symbols}: {:?}", &keys[..3]);
            assert!((keys.iter().map(|k| k.1).sum::<f32>() - 1.0).abs() < 1e-4 && keys.len() == KEYS);
        }
        assert!(likely_keys(&[]).is_empty());
        // The same four chords are at home in two keys: the first chord decides, and not by much.
        let keys = likely_keys(&chords("Am F C G"));
        assert!(keys[0].1 < 0.7 && keys[1].1 > 0.25, "{:?}", &keys[..2]);
    }

    #[test]
    fn a_long_row_keeps_its_probabilities_finite() {
        let long: Vec<Chord> = chords("C Am F G").into_iter().cycle().take(20_000).collect();
        let keys = likely_keys(&long);
        assert_eq!(keys[0].0.to_string(), "C:maj");
        assert!(keys.iter().all(|k| k.1.is_finite()));
    }

    #[test]
    fn a_song_has_a_bar_a_chord() {
        let (c, g): (Key, Key) = ("C".parse().unwrap(), "G".parse().unwrap());
        let chord = |text: &str| symbol::parse(text).unwrap();
        let song = song("Two bars", &[(c, chord("C"), vec![48, 64]), (g, chord("D7"), vec![50])]);
        assert_eq!(song.keys, [(Ticks(0), c), (Ticks(1_920), g)]);
        assert_eq!(song.end(), Ticks(3_840));
        assert_eq!(song.chords.iter().map(|c| c.roman.as_str()).collect::<Vec<_>>(), ["I", "V7"]);
        assert_eq!(
            song.tracks[0].notes.iter().map(|n| (n.onset.0, n.pitch)).collect::<Vec<_>>(),
            [(0, 48), (0, 64), (1_920, 50)]
        );
    }
}
