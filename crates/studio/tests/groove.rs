//! Grooves taken and given: what comes back, what stays together, what chance may do.

use kmidi_music::{Bpm, Meter, TempoMap, Ticks};
use kmidi_studio::groove::{
    Amounts, Bars, Extract, GRIDS, Grid, Habits, Note, Quantise, Template, Voice, apply, extract, feel, humanise, quantise,
};

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

fn common(ppq: u16) -> Bars {
    Bars::new(TempoMap::constant(ppq, Bpm(120.0)), &[])
}

fn drum(onset: u64, pitch: u8, velocity: u8) -> Note {
    Note { onset, end: onset + 60, channel: 9, program: 0, pitch, velocity }
}

/// Hats on sixteenths, kick and snare, each a little off, for so many bars at 960 ticks a quarter note.
fn played(bars: u64) -> Vec<Note> {
    let mut random = Random(3);
    let mut notes = Vec::new();
    for step in 0..16 * bars {
        let mut at = |pitch| {
            let off = random.below(81) as i64 - 40;
            drum((960 + 240 * step as i64 + off) as u64, pitch, 40 + random.below(80) as u8)
        };
        notes.push(at(42));
        match step % 8 {
            0 => notes.push(at(36)),
            4 => notes.push(at(38)),
            _ => {}
        }
    }
    notes
}

fn grid(name: &str) -> Grid {
    Grid::named(name).unwrap()
}

#[test]
fn what_was_taken_comes_back_over_a_thousand_bars() {
    let bars = common(960);
    let notes = played(1000);
    let template = extract(&notes, &bars, &Extract::default());
    template.check().unwrap();
    let plain = quantise(&notes, &bars, &Quantise::default());
    assert!(plain.iter().all(|note| note.onset % 240 == 0));
    let back = apply(&template, &plain, &bars, &Amounts::default());
    for (note, back) in notes.iter().zip(&back) {
        assert!(note.onset.abs_diff(back.onset) <= 1 && note.velocity.abs_diff(back.velocity) <= 1, "{note:?} {back:?}");
    }
    // A planted fault: a template of another bar is no identity.
    let folded = extract(&notes, &bars, &Extract { bars: Some(1), ..Extract::default() });
    assert_ne!(apply(&folded, &plain, &bars, &Amounts::default()), back);
}

#[test]
fn amounts_scale_timing_and_velocity() {
    let bars = common(960);
    let mut template = Template::empty("late snare", 4, 16, 1);
    let late = extract(&[drum(960 + 30, 38, 100)], &bars, &Extract { bars: Some(1), ..Extract::default() });
    template.cells = late.cells;
    let note = drum(960, 38, 60);
    let give = |timing, velocity| apply(&template, &[note], &bars, &Amounts { timing, velocity, ..Amounts::default() })[0];
    assert_eq!((give(1.0, 0.0).onset, give(1.0, 0.0).velocity), (990, 60));
    assert_eq!((give(0.5, 1.0).onset, give(0.5, 1.0).velocity), (975, 100));
    assert_eq!((give(1.3, -1.0).onset, give(1.3, -1.0).velocity), (999, 20));
    assert_eq!(give(9.0, 9.0), give(1.3, 1.0), "beyond the range counts as its end");
    // Another metre: nothing moves.
    let waltz = Bars::new(TempoMap::constant(960, Bpm(120.0)), &[(Ticks(0), Meter { numerator: 3, denominator: 4 })]);
    assert_eq!(apply(&template, &[note], &waltz, &Amounts::default()), [note]);
    // A voice that the template has not moves as the others do, as loud as it was.
    let kick = apply(&template, &[drum(960, 36, 60)], &bars, &Amounts::default())[0];
    assert_eq!((kick.onset, kick.velocity), (990, 60));
}

#[test]
fn the_notes_of_a_chord_stay_together() {
    let bars = common(480);
    let chord: Vec<Note> = [(481, 60), (487, 64), (495, 67)]
        .map(|(onset, pitch)| Note { onset, end: onset + 200, channel: 0, program: 0, pitch, velocity: 80 })
        .into();
    let spread = |notes: &[Note]| (notes[1].onset - notes[0].onset, notes[2].onset - notes[0].onset);
    let template = extract(&played(4), &common(960), &Extract { bars: Some(1), ..Extract::default() });
    for moved in [
        quantise(&chord, &bars, &Quantise::default()),
        humanise(&chord, &bars, &Habits::default(), 5),
        apply(&template, &chord, &bars, &Amounts { random: 1.0, ..Amounts::default() }),
    ] {
        assert_eq!(spread(&moved), (6, 14), "{moved:?}");
        assert!(moved.iter().zip(&chord).all(|(a, b)| a.end - a.onset == b.end - b.onset));
    }
}

#[test]
fn grids_swing_range_and_limits() {
    let bars = common(960);
    let at = |onset: u64, how: &Quantise| quantise(&[drum(onset, 38, 80)], &bars, how)[0].onset;
    for (grid, step) in GRIDS.iter().map(|grid| (grid, 3840.0 / f64::from(grid.steps))) {
        let how = Quantise { grid: *grid, ..Quantise::default() };
        let target = (3.0 * step).round() as u64;
        assert_eq!(at(target + (0.3 * step) as u64, &how), target, "{}", grid.name);
    }
    assert!(GRIDS.len() >= 9);
    let swung = Quantise { grid: grid("1/8"), swing: 2.0 / 3.0, ..Quantise::default() };
    assert_eq!((at(470, &swung), at(950, &swung), at(600, &swung)), (640, 960, 640));
    let half = Quantise { strength: 0.5, ..Quantise::default() };
    assert_eq!(at(250, &half), 245);
    let near = Quantise { range: 0.2, ..Quantise::default() };
    assert_eq!((at(250, &near), at(300, &near)), (240, 300));
    // 5 ms at 120 beats a minute are 9.6 ticks.
    let little = Quantise { most: 0.005, ..Quantise::default() };
    assert_eq!(at(300, &little), 290);
}

#[test]
fn players_drift_within_their_limits() {
    let bars = common(960);
    let notes: Vec<Note> = (0..2000).map(|n| drum(960 + 240 * n, 42, 80)).collect();
    let habits = Habits::default();
    let moved = humanise(&notes, &bars, &habits, 1);
    let late: Vec<f64> = moved.iter().zip(&notes).map(|(a, b)| a.onset as f64 - b.onset as f64).collect();
    let mean = late.iter().sum::<f64>() / late.len() as f64;
    let sum = |lag: usize| -> f64 { late.windows(lag + 1).map(|w| (w[0] - mean) * (w[lag] - mean)).sum() };
    let r = sum(1) / sum(0);
    assert!((0.5..0.85).contains(&r), "autocorrelation {r}");
    // 30 ms at most; 9 ms usually: 17 ticks.
    let deviation = (sum(0) / late.len() as f64).sqrt();
    assert!((14.0..20.0).contains(&deviation) && late.iter().all(|late| late.abs() <= 58.0), "{deviation}");
    assert_eq!(moved, humanise(&notes, &bars, &habits, 1));
    assert_ne!(moved, humanise(&notes, &bars, &habits, 2));
    assert_eq!(humanise(&notes, &bars, &Habits { amount: 0.0, ..habits }, 1), notes);
}

#[test]
fn swing_and_voices_are_measured() {
    let bars = common(960);
    let shuffle: Vec<Note> = (0..32)
        .flat_map(|beat| [drum(960 * beat, 51, 90), drum(960 * beat + 640, 51, 45), drum(960 * beat + 5, 38, 20)])
        .collect();
    let template = extract(&shuffle, &bars, &Extract { steps_per_quarter: 6, bars: Some(1), ..Extract::default() });
    let found = feel(&template);
    assert!((found.swing_8th.unwrap() - 66.7).abs() < 0.5, "{found:?}");
    let snare = found.voices.iter().find(|voice| voice.voice == Voice::Snare).unwrap();
    assert!((snare.timing - 5.0).abs() < 0.1 && (snare.velocity - 20.0).abs() < 0.1 && (snare.notes - 4.0).abs() < 0.01);
}

#[test]
fn nothing_that_can_be_played_breaks_anything() {
    let mut random = Random(11);
    for round in 0..300 {
        let ppq = [24, 96, 480, 960, 32_767][round % 5];
        let tempo = TempoMap::from_micros(ppq, (0..4).map(|n| (Ticks(n * random.below(5000)), 1 + random.below(16_000_000) as u32)).collect());
        let meters: Vec<(Ticks, Meter)> = (0..random.below(4))
            .map(|n| (Ticks(n * random.below(20_000)), Meter { numerator: 1 + random.below(20) as u8, denominator: 1 << random.below(6) }))
            .collect();
        let bars = Bars::new(tempo, &meters);
        let notes: Vec<Note> = (0..random.below(120))
            .map(|_| {
                let onset = random.below([100, 10_000, 1 << 40][round % 3]);
                Note {
                    onset,
                    end: onset + 1 + random.below(10_000),
                    channel: random.below(16) as u8,
                    program: random.below(128) as u8,
                    pitch: random.below(128) as u8,
                    velocity: 1 + random.below(127) as u8,
                }
            })
            .collect();
        let options = Extract {
            steps_per_quarter: 1 + random.below(24) as u32,
            bars: (round % 2 == 0).then_some(1 + random.below(4) as u32),
            ..Extract::default()
        };
        let template = extract(&notes, &bars, &options);
        template.check().unwrap_or_else(|error| panic!("{error}: {notes:?}"));
        feel(&template);
        let how = Quantise { grid: GRIDS[round % GRIDS.len()], swing: 0.6, ..Quantise::default() };
        let amounts = Amounts { random: 1.0, seed: round as u64, ..Amounts::default() };
        for moved in [
            apply(&template, &notes, &bars, &amounts),
            quantise(&notes, &bars, &how),
            humanise(&notes, &bars, &Habits::default(), round as u64),
        ] {
            assert_eq!(moved.len(), notes.len());
            for (a, b) in moved.iter().zip(&notes) {
                assert!(a.end > a.onset && (1..=127).contains(&a.velocity) && a.pitch == b.pitch && a.channel == b.channel);
            }
        }
    }
}
