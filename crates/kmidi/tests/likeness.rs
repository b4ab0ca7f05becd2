//! How near songs are to pieces that people wrote: histograms of composed songs against those of POP909's valid split.

use kmidi::Style;
use kmidi::music::song::Role;
use kmidi::music::{Intent, Key, Meter, PitchClass, Song};
use kmidi::studio::compose::Models;
use kmidi::studio::eval::harmony::Piece;

const DATA: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/melody_harmony/pop909.valid.jsonl.gz");

/// Counts of pitch classes above the tonic, intervals, steps between onsets, lengths (16ths), and changes of root.
#[derive(Default)]
struct Histograms([Vec<f64>; 5]);

const NAMES: [&str; 5] = ["pitch class", "interval", "inter-onset", "length", "chord change"];

impl Histograms {
    fn add(&mut self, tonic: PitchClass, melody: &[(f64, f64, u8)], chords: &[(PitchClass, bool)]) {
        let mut count = |which: usize, bin: usize, bins: usize| {
            self.0[which].resize(bins, 0.0);
            self.0[which][bin.min(bins - 1)] += 1.0;
        };
        for note in melody {
            count(0, PitchClass::new(i32::from(note.2)).above(tonic).into(), 12);
            count(3, (note.1 * 4.0).round().max(1.0) as usize, 33);
        }
        for pair in melody.windows(2) {
            let interval = (i32::from(pair[1].2) - i32::from(pair[0].2)).clamp(-12, 12) + 12;
            count(1, interval as usize, 25);
            count(2, ((pair[1].0 - pair[0].0) * 4.0).round().max(0.0) as usize, 33);
        }
        for pair in chords.windows(2).filter(|pair| pair[0] != pair[1]) {
            let from = 2 * usize::from(pair[0].0.above(tonic)) + usize::from(pair[0].1);
            let to = 2 * usize::from(pair[1].0.above(tonic)) + usize::from(pair[1].1);
            count(4, 24 * from + to, 576);
        }
    }

    /// The total variation distance of each histogram, 0 to 1.
    fn distances(&self, other: &Histograms) -> [f64; 5] {
        std::array::from_fn(|i| {
            let (a, b) = (&self.0[i], &other.0[i]);
            let (na, nb) = (a.iter().sum::<f64>(), b.iter().sum::<f64>());
            let bins = a.len().max(b.len());
            let at = |h: &Vec<f64>, k: usize| h.get(k).copied().unwrap_or(0.0);
            (0..bins).map(|k| (at(a, k) / na - at(b, k) / nb).abs()).sum::<f64>() / 2.0
        })
    }
}

fn people() -> Option<Histograms> {
    let pieces: Vec<Piece> = kmidi::labelled(DATA).ok()?;
    let mut all = Histograms::default();
    for piece in pieces.iter().filter(|piece| piece.key.len() == 1) {
        let (Ok(key), Some(melody)) = (piece.key[0].1.parse::<Key>(), &piece.melody) else { continue };
        let chord = |c: &kmidi::studio::eval::harmony::LabelledChord| {
            Some((c.root?, c.sounding?.set.contains(c.root? + 3)))
        };
        let chords: Vec<_> = piece.chords.iter().filter_map(chord).collect();
        all.add(key.tonic.pitch_class(), melody, &chords);
    }
    Some(all)
}

fn of_song(song: &Song, all: &mut Histograms) {
    let tonic = song.keys.last().unwrap().1.tonic.pitch_class();
    let quarters = |ticks: u64| ticks as f64 / 480.0;
    let notes = song.track(Role::Melody).map_or(&[][..], |t| &t.notes);
    let melody: Vec<_> =
        notes.iter().map(|n| (quarters(n.onset.0), quarters(n.duration.0), n.pitch)).collect();
    let chord = |c: &kmidi::music::song::ChordSpan| {
        let root = c.chord.root.pitch_class();
        (root, c.chord.pitch_classes().contains(root + 3))
    };
    all.add(tonic, &melody, &song.chords.iter().map(chord).collect::<Vec<_>>());
}

const FEELINGS: [&str; 6] = ["happy", "sad", "bittersweet, then hopeful", "calm", "nostalgic", "hopeful"];

/// Songs of many feelings and seeds in the style of pop.
fn composed(models: Models, seeds: std::ops::Range<u64>) -> Histograms {
    let mut style = Style::named("pop").unwrap();
    style.models = models;
    let mut all = Histograms::default();
    for seed in seeds {
        let text = FEELINGS[seed as usize % FEELINGS.len()];
        let intent = Intent { seed, meter: Some(Meter::COMMON), ..kmidi::intent_from_text(text).unwrap() };
        of_song(&kmidi::compose_in(&intent, &style).unwrap().1, &mut all);
    }
    all
}

/// What the rules reach, and no more than a little more than that is let through.
const MOST: [f64; 5] = [0.19, 0.19, 0.42, 0.45, 0.55];

#[test]
fn songs_are_as_near_to_people_as_they_were() {
    let Some(people) = people() else {
        println!("no data at {DATA}");
        return;
    };
    let told = |name: &str, distances: [f64; 5]| {
        let figures: Vec<String> = NAMES.iter().zip(distances).map(|(n, d)| format!("{n} {d:.3}")).collect();
        println!("{name}: {}", figures.join(", "));
        distances
    };
    let rules = told("rules", composed(Models { dynamics: 0.7, ..Models::NONE }, 0..60).distances(&people));
    assert!(rules.iter().zip(MOST).all(|(found, most)| *found <= most), "{rules:?}");
    // With the models that are asked by default, to compare.
    told("as shipped", composed(Models::default(), 0..60).distances(&people));
    // A planted fault: notes anywhere in the range.
    let mut spoilt = Histograms::default();
    let style = Style::named("pop").unwrap();
    for seed in 0..20 {
        let intent =
            Intent { seed, meter: Some(Meter::COMMON), ..kmidi::intent_from_text("hopeful").unwrap() };
        let mut song = kmidi::compose_in(&intent, &style).unwrap().1;
        let notes = &mut song.tracks[0].notes;
        notes.iter_mut().enumerate().for_each(|(i, n)| n.pitch = 58 + (i * i * 37 % 19) as u8);
        of_song(&song, &mut spoilt);
    }
    assert!(spoilt.distances(&people)[1] > rules[1] + 0.05, "{:?}", spoilt.distances(&people));
}

const PLAYED: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/dynamics/pop909_arrangement.valid.jsonl.gz");

/// An arrangement as it was played: onset, duration, pitch, velocity, role.
#[derive(serde::Deserialize)]
struct Played {
    notes: Vec<(f64, f64, u8, u8, u8)>,
}

/// How much louder each note is than the one before in its part, in classes of four, as shares.
fn steps_of_loudness<'a>(parts: impl Iterator<Item = &'a [u8]>) -> [f64; 21] {
    let mut counts = [0.0; 21];
    for pair in parts.flat_map(|part| part.windows(2)) {
        let step = (i32::from(pair[1]) - i32::from(pair[0])).clamp(-40, 40);
        counts[((step + 42) / 4) as usize] += 1.0;
    }
    let sum: f64 = counts.iter().sum();
    counts.map(|count| count / sum)
}

/// Velocities of the melody, and of chords and bass together, in songs in the style of pop, the dynamics model counting so much.
fn loudness(dynamics: f32, seeds: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    let mut style = Style::named("pop").unwrap();
    style.models.dynamics = dynamics;
    let mut parts = Vec::new();
    for seed in seeds {
        let text = FEELINGS[seed as usize % FEELINGS.len()];
        let intent = Intent { seed, meter: Some(Meter::COMMON), ..kmidi::intent_from_text(text).unwrap() };
        let song = kmidi::compose_in(&intent, &style).unwrap().1;
        for roles in [&[Role::Melody][..], &[Role::Chords, Role::Bass]] {
            let tracks = song.tracks.iter().filter(|track| roles.contains(&track.role));
            let mut notes: Vec<_> = tracks.flat_map(|track| &track.notes).collect();
            notes.sort_by_key(|note| (note.onset, note.pitch));
            parts.push(notes.iter().map(|note| note.velocity).collect());
        }
    }
    parts
}

#[test]
fn loudness_is_nearer_to_people_with_the_dynamics_model() {
    let Ok(pieces) = kmidi::labelled::<Played>(PLAYED) else {
        println!("skipped: no data at {PLAYED}");
        return;
    };
    let part = |piece: &Played, role| -> Vec<u8> {
        let mut notes: Vec<_> = piece.notes.iter().filter(|note| note.4 == role).collect();
        notes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)));
        notes.iter().map(|note| note.3).collect()
    };
    let parts: Vec<Vec<u8>> = pieces.iter().flat_map(|p| [part(p, 0), part(p, 2)]).collect();
    let people = steps_of_loudness(parts.iter().map(Vec::as_slice));
    let distance = |dynamics| {
        let parts = loudness(dynamics, 0..30);
        let found = steps_of_loudness(parts.iter().map(Vec::as_slice));
        found.iter().zip(people).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0
    };
    let [rules, shipped, model] = [0.0, Models::default().dynamics, 1.0].map(distance);
    println!("steps of loudness: rules {rules:.3}, as shipped {shipped:.3}, the model alone {model:.3}");
    assert!(shipped < 0.75 * rules && model < shipped);
}

#[test]
fn players_loudness_keeps_the_plan() {
    let mut style = Style::named("pop").unwrap();
    let mut song = |dynamics, seed| {
        style.models.dynamics = dynamics;
        let intent = Intent { seed, bars: Some(16), ..kmidi::intent_from_text("hopeful").unwrap() };
        kmidi::compose_in(&intent, &style).unwrap().1
    };
    for seed in 0..5 {
        let (plain, played) = (song(0.0, seed), song(1.0, seed));
        for (track, (before, after)) in plain.tracks.iter().zip(&played.tracks).enumerate() {
            if before.role == Role::Drums {
                assert_eq!(before, after);
                continue;
            }
            let same = |(a, b): (&kmidi::music::Note, &kmidi::music::Note)| {
                (a.onset, a.duration, a.pitch) == (b.onset, b.duration, b.pitch)
            };
            assert!(before.notes.len() == after.notes.len());
            assert!(before.notes.iter().zip(&after.notes).all(same));
            let pairs = before.notes.iter().zip(&after.notes);
            let changed = pairs.filter(|(a, b)| a.velocity != b.velocity).count();
            assert!(2 * changed > before.notes.len(), "track {track}: {changed}");
            for section in 0..plain.sections.len() {
                let mean = |notes: &[kmidi::music::Note]| {
                    let inside = |n: &&kmidi::music::Note| {
                        plain.sections.partition_point(|s| s.onset <= n.onset) == section + 1
                    };
                    let loud: Vec<f64> = notes.iter().filter(inside).map(|n| f64::from(n.velocity)).collect();
                    loud.iter().sum::<f64>() / loud.len().max(1) as f64
                };
                let (planned, found) = (mean(&before.notes), mean(&after.notes));
                assert!((planned - found).abs() < 1.0, "section {section}: {planned}, {found}");
            }
        }
    }
}

#[test]
fn what_the_models_say_follows_from_the_seed() {
    let mut style = Style::named("pop").unwrap();
    style.models = Models { harmony: 1.0, melody: 1.0, dynamics: 0.5, groove: 0.5 };
    let song = |style: &Style, seed| {
        let intent = Intent { seed, bars: Some(16), ..kmidi::intent_from_text("hopeful").unwrap() };
        kmidi::compose_in(&intent, style).unwrap()
    };
    let plain = Style::named("pop").unwrap();
    let mut changed = 0;
    for seed in 0..8 {
        let (plan, made) = song(&style, seed);
        assert_eq!(made, song(&style, seed).1);
        assert!(plan.chords.iter().all(|c| c.terms.iter().any(|t| t.0 == "model")));
        changed += usize::from(made.chords != song(&plain, seed).1.chords);
    }
    assert!(changed > 2, "{changed}");
}
