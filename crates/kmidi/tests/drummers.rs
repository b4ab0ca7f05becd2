//! How near the drums of songs are to drummers: timing and loudness by voice, beside the Groove MIDI Dataset.

use kmidi::music::song::Role;
use kmidi::music::{Affect, Meter, Song};
use kmidi::studio::compose::Models;
use kmidi::{Intent, compose_in, perform, style};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/groove/gmd.");

/// Onset, duration, note, velocity, voice, nearest 16th, ticks after it.
type Stroke = (i64, i64, u8, u8, u8, u32, f64);

#[derive(serde::Deserialize)]
struct Performance {
    style: String,
    beat_type: String,
    meter: (u32, u32),
    tpq: f64,
    notes: Vec<Stroke>,
}

/// The styles of ours whose drums lie on 16ths, with the names that they have there.
const STYLES: [(&str, &str); 5] =
    [("rock", "rock"), ("pop", "pop"), ("funk", "funk"), ("hip-hop", "hiphop"), ("bossa-nova", "latin")];

/// Offsets in 16ths and velocities less the mean of the piece, for each of the nine voices.
#[derive(Default)]
struct Spread([[Vec<f64>; 2]; 9]);

impl Spread {
    fn add(&mut self, strokes: &[(usize, f64, f64)]) {
        let mean = strokes.iter().map(|s| s.2).sum::<f64>() / strokes.len().max(1) as f64;
        for &(voice, offset, velocity) in strokes {
            self.0[voice][0].push(offset);
            self.0[voice][1].push(velocity - mean);
        }
    }

    /// The 1-Wasserstein distances by voice, weighted by the notes of `people`, of those voices that both have.
    fn distances(&self, people: &Spread) -> [f64; 2] {
        std::array::from_fn(|kind| {
            let (mut sum, mut notes) = (0.0, 0.0);
            for (ours, theirs) in self.0.iter().zip(&people.0) {
                let (ours, theirs) = (&ours[kind], &theirs[kind]);
                if ours.is_empty() || theirs.is_empty() {
                    continue;
                }
                let quantile = |of: &[f64], q: usize| of[(2 * q + 1) * of.len() / 400];
                let sorted = |of: &[f64]| {
                    let mut of = of.to_vec();
                    of.sort_by(f64::total_cmp);
                    of
                };
                let (a, b) = (sorted(ours), sorted(theirs));
                let apart: f64 = (0..200).map(|q| (quantile(&a, q) - quantile(&b, q)).abs()).sum();
                sum += apart / 200.0 * theirs.len() as f64;
                notes += theirs.len() as f64;
            }
            sum / notes
        })
    }
}

fn people(split: &str) -> Option<Spread> {
    let performances: Vec<Performance> = kmidi::labelled(format!("{DATA}{split}.jsonl.gz")).ok()?;
    let mut all = Spread::default();
    for of in performances.iter().filter(|p| p.beat_type == "beat" && p.meter == (4, 4)) {
        let name = of.style.split('/').next().unwrap_or("");
        if STYLES.iter().any(|style| style.1 == name) {
            let stroke = |n: &Stroke| (usize::from(n.4), n.6 * 4.0 / of.tpq, f64::from(n.3));
            all.add(&of.notes.iter().map(stroke).collect::<Vec<_>>());
        }
    }
    Some(all)
}

fn voice(pitch: u8) -> Option<usize> {
    let voices: [&[u8]; 9] =
        [&[35, 36], &[37, 38, 40], &[42, 44], &[46], &[41, 43], &[45, 47], &[48, 50], &[49, 57], &[51, 53]];
    voices.iter().position(|of| of.contains(&pitch))
}

fn strokes(song: &Song) -> Vec<(usize, f64, f64)> {
    let track = song.track(Role::Drums);
    let stroke = |n: &kmidi::music::Note| {
        let place = n.onset.0 as f64 / 120.0;
        Some((voice(n.pitch)?, place - place.round(), f64::from(n.velocity)))
    };
    track.map_or(&[][..], |track| &track.notes).iter().filter_map(stroke).collect()
}

/// The drums of songs in all of [`STYLES`], the model counting so much.
fn ours(groove: f32) -> Spread {
    let mut all = Spread::default();
    for (name, _) in STYLES {
        let mut style = style(name).unwrap();
        style.models.groove = groove;
        for seed in 0..8 {
            let feeling = Affect::new(0.3, seed as f32 / 10.0, 0.0);
            let intent = Intent { seed, meter: Some(Meter::COMMON), ..Intent::feeling(feeling) };
            let song = compose_in(&intent, &style).unwrap().1;
            all.add(&strokes(&perform(&song, &style).unwrap()));
        }
    }
    all
}

#[test]
fn drums_are_nearer_to_drummers_with_the_groove_model() {
    let Some(people) = people("valid") else {
        println!("skipped: no data at {DATA}");
        return;
    };
    let told = |name: &str, groove| {
        let [time, loudness] = ours(groove).distances(&people);
        println!("{name}: offsets {time:.4} 16ths, velocities {loudness:.2} from drummers");
        [time, loudness]
    };
    let rules = told("grooves of the styles, written loudness", 0.0);
    told("half of the way to the model", 0.5);
    let model = told("the model", 1.0);
    let shipped = told("as shipped", Models::default().groove);
    assert!(shipped[1] < rules[1] && shipped[0] < rules[0] + 0.02, "{shipped:?} {rules:?} {model:?}");
}

#[test]
fn other_metres_and_voices_stay_as_written() {
    let mut style = style("waltz").unwrap();
    let mut song = |groove| {
        style.models.groove = groove;
        let intent = Intent { seed: 3, ..Intent::feeling(Affect::new(0.4, 0.5, 0.0)) };
        let song = compose_in(&intent, &style).unwrap().1;
        perform(&song, &style).unwrap()
    };
    assert_eq!(song(0.0), song(1.0));
}
