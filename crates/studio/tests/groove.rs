//! Grooves taken and given: what comes back, what stays together, what chance may do.

#[path = "groove_checks/returns.rs"]
mod returns;

use kmidi_music::{Bpm, Meter, TempoMap, Ticks};
use kmidi_studio::groove::{
    Amounts, Bars, Extract, GRIDS, Grid, Habits, Note, Quantise, Template, Voice, apply, extract, feel,
    humanise, quantise,
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
    Bars::common(ppq, 120.0)
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
fn amounts_scale_timing_and_velocity() {
    let bars = common(960);
    let mut template = Template::empty("late snare", 4, 16, 1);
    let late = extract(&[drum(960 + 30, 38, 100)], &bars, &Extract { bars: Some(1), ..Extract::default() });
    template.cells = late.cells;
    let note = drum(960, 38, 60);
    let give = |timing, velocity| {
        apply(&template, &[note], &bars, &Amounts { timing, velocity, ..Amounts::default() })[0]
    };
    assert_eq!((give(1.0, 0.0).onset, give(1.0, 0.0).velocity), (990, 60));
    assert_eq!((give(0.5, 1.0).onset, give(0.5, 1.0).velocity), (975, 100));
    assert_eq!((give(1.3, -1.0).onset, give(1.3, -1.0).velocity), (999, 20));
    assert_eq!(give(9.0, 9.0), give(1.3, 1.0), "beyond the range counts as its end");
    // Another metre: nothing moves.
    let waltz =
        Bars::new(TempoMap::constant(960, Bpm(120.0)), &[(Ticks(0), Meter { numerator: 3, denominator: 4 })]);
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
    // Three in the time of two, five in the time of four: a quarter has five sixteenths of quintuplets.
    assert_eq!(["1/8", "1/8T", "1/16Q", "1/8Q"].map(|name| grid(name).steps), [8, 12, 20, 10]);
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

/// The mean, the standard deviation and the correlation of each value with the next.
fn moments(values: &[f64]) -> (f64, f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let sum = |lag: usize| -> f64 { values.windows(lag + 1).map(|w| (w[0] - mean) * (w[lag] - mean)).sum() };
    (mean, (sum(0) / count).sqrt(), sum(1) / sum(0))
}

#[test]
fn players_have_their_own_habits_and_drift_together_within_limits() {
    let bars = common(960);
    let beats = 4000;
    let pitched = |onset, program, pitch| Note { channel: program / 8, program, ..drum(onset, pitch, 64) };
    let notes: Vec<Note> = (1..=beats)
        .flat_map(|n| {
            let at = 960 * n;
            [
                drum(at, 36, 64),
                drum(at, 38, 64),
                drum(at, 42, 64),
                pitched(at, 33, 40),
                pitched(at, 0, 60),
                pitched(at, 0, 64),
            ]
        })
        .collect();
    let habits = Habits::default();
    let moved = humanise(&notes, &bars, &habits, 1);
    assert_eq!(moved, humanise(&notes, &bars, &habits, 1));
    assert_ne!(moved, humanise(&notes, &bars, &habits, 2));
    assert_eq!(humanise(&notes, &bars, &Habits { amount: 0.0, ..habits.clone() }, 1), notes);
    // At 120 beats a minute a millisecond is 1.92 ticks.
    let late = |voice: usize| -> Vec<f64> {
        let of = |n: usize| (moved[n].onset as f64 - notes[n].onset as f64) / 1.92;
        (voice..notes.len()).step_by(6).map(of).collect()
    };
    let louder = |voice: usize| -> Vec<f64> {
        (voice..notes.len()).step_by(6).map(|n| f64::from(moved[n].velocity) - 64.0).collect()
    };
    let own = |voice| habits.players.iter().find(|player| player.0 == voice).unwrap().1;
    for (n, voice) in
        [Voice::Kick, Voice::Snare, Voice::HhClosed, Voice::Bass, Voice::Chords].into_iter().enumerate()
    {
        let (habit, offsets) = (own(voice), late(n));
        let (mean, deviation, drift) = moments(&offsets);
        let wanted = 1e3 * (habit.timing.powi(2) + habits.together.powi(2)).sqrt();
        assert!(
            (mean - 1e3 * habit.late).abs() < 1.5 && (deviation / wanted - 1.0).abs() < 0.06,
            "{voice:?}: {mean} {deviation}"
        );
        assert!((0.2..0.65).contains(&drift), "{voice:?}: {drift}");
        assert!(offsets.iter().all(|late| late.abs() <= 40.3), "{voice:?}");
        let (mean, deviation, _) = moments(&louder(n));
        assert!(
            mean.abs() < 0.6 && (deviation / habit.velocity - 1.0).abs() < 0.06,
            "{voice:?}: {mean} {deviation}"
        );
        assert!(louder(n).iter().all(|louder| louder.abs() <= 30.0));
    }
    assert_eq!(late(4), late(5), "the notes of a chord move together");
    // Without drift, what is left does not correlate: the check above can fail.
    let loose = humanise(&notes, &bars, &Habits { drift: 0.0, ..habits.clone() }, 1);
    let offsets: Vec<f64> =
        (0..notes.len()).step_by(6).map(|n| loose[n].onset as f64 - notes[n].onset as f64).collect();
    assert!(moments(&offsets).2.abs() < 0.06);
}

#[test]
fn swing_and_voices_are_measured() {
    let bars = common(960);
    let shuffle: Vec<Note> = (0..32)
        .flat_map(|beat| {
            [drum(960 * beat, 51, 90), drum(960 * beat + 640, 51, 45), drum(960 * beat + 5, 38, 20)]
        })
        .collect();
    let template =
        extract(&shuffle, &bars, &Extract { steps_per_quarter: 6, bars: Some(1), ..Extract::default() });
    let found = feel(&template);
    assert!((found.swing.eighths.unwrap() - 66.7).abs() < 0.5, "{found:?}");
    let snare = found.voices.iter().find(|voice| voice.voice == Voice::Snare).unwrap();
    assert_eq!((snare.swing.eighths, &snare.swing.eighths_at), (None, &vec![None; 4]));
    assert!(
        (snare.timing - 5.0).abs() < 0.1
            && (snare.velocity - 20.0).abs() < 0.1
            && (snare.notes - 4.0).abs() < 0.01
    );
}

#[test]
fn swing_is_measured_in_each_place_and_of_each_voice() {
    let bars = common(960);
    // Hats swing in the first and third beat alone; the snare, a little late throughout, swings its sixteenths.
    let notes: Vec<Note> = (0..32)
        .flat_map(|beat| {
            let off = if beat % 2 == 0 { 600 } else { 480 };
            let at = 960 * beat;
            [drum(at, 42, 80), drum(at + off, 42, 80), drum(at + 12, 38, 80), drum(at + 12 + 288, 38, 80)]
        })
        .collect();
    for bars_kept in [None, Some(1)] {
        let template = extract(&notes, &bars, &Extract { bars: bars_kept, ..Extract::default() });
        let of = |voice| feel(&template).voices.into_iter().find(|one| one.voice == voice).unwrap().swing;
        let near = |found: &Option<f64>, percent: f64| (found.unwrap() - percent).abs() < 1e-6;
        let hats = of(Voice::HhClosed);
        assert!(
            hats.eighths_at.iter().zip([62.5, 50.0, 62.5, 50.0]).all(|(found, percent)| near(found, percent)),
            "{hats:?}"
        );
        assert!(hats.sixteenths.is_none());
        let snare = of(Voice::Snare);
        assert!(near(&snare.sixteenths, 60.0) && snare.sixteenths_at.len() == 8, "{snare:?}");
        assert!(near(&snare.sixteenths_at[2], 60.0) && snare.sixteenths_at[1].is_none(), "{snare:?}");
    }
}

#[test]
fn straight_notes_are_swung_by_a_template_in_triplets_and_triplets_come_back() {
    let bars = common(960);
    let ride = |at: u64| drum(at, 51, 80);
    let jazz: Vec<Note> = (0..64).flat_map(|beat| [ride(960 * beat + 9), ride(960 * beat + 650)]).collect();
    let options = Extract { steps_per_quarter: 6, bars: Some(1), ..Extract::default() };
    let template = extract(&jazz, &bars, &options);
    let straight: Vec<Note> =
        (0..64).map(|n| drum(480 * n, 42, 80)).chain((0..8).map(|n| drum(960 * n + 240, 42, 80))).collect();
    let give =
        |timing| apply(&template, &straight, &bars, &Amounts { timing, velocity: 0.0, ..Amounts::default() });
    let moved = give(1.0);
    assert_eq!([moved[2].onset, moved[3].onset, moved[64].onset], [969, 960 + 650, 320]);
    assert_eq!(give(0.0), straight);
    assert_eq!(give(0.5)[3].onset, 960 + 565);
    // On a grid of eighth triplets the sixteenths swing too, though it has no step for them all.
    let eighths = extract(&jazz, &bars, &Extract { steps_per_quarter: 3, ..options.clone() });
    let sixteenths = [drum(960 + 480, 42, 80), drum(960 + 720, 42, 80)];
    let moved = apply(&eighths, &sixteenths, &bars, &Amounts::default());
    assert_eq!([moved[0].onset, moved[1].onset], [960 + 650, 960 + 800]);
    // Triplets stay where they are, and a whole performance in triplets is given back.
    let whole = extract(&jazz, &bars, &Extract { bars: None, ..options });
    let grid = Quantise { grid: grid("1/16T"), ..Quantise::default() };
    assert_eq!(apply(&whole, &quantise(&jazz, &bars, &grid), &bars, &Amounts::default()), jazz);
}

#[test]
fn bars_are_counted_by_their_own_metres() {
    let meter = |numerator, denominator| Meter { numerator, denominator };
    // Two bars of 4/4, three of 3/4, two of 4/4.
    let meters = [(Ticks(0), meter(4, 4)), (Ticks(7680), meter(3, 4)), (Ticks(7680 + 8640), meter(4, 4))];
    let bars = Bars::new(TempoMap::constant(960, Bpm(120.0)), &meters);
    let starts = [0, 3840, 7680, 10_560, 13_440, 16_320, 20_160];
    let notes: Vec<Note> = starts.into_iter().map(|start| drum(start + 960 + 20, 38, 100)).collect();
    let one = extract(&notes, &bars, &Extract { bars: Some(1), ..Extract::default() });
    assert_eq!(
        (one.steps_per_bar, one.cells.len(), one.cells[0].probability),
        (16, 1, 1.0),
        "four bars of 4/4, all the same"
    );
    let plain = quantise(&notes, &bars, &Quantise::default());
    let moved: Vec<u64> =
        apply(&one, &plain, &bars, &Amounts::default()).iter().map(|note| note.onset).collect();
    let wanted: Vec<u64> =
        (0..7).map(|n| starts[n] + 960 + if (2..5).contains(&n) { 0 } else { 20 }).collect();
    assert_eq!(moved, wanted, "waltzes keep their time");
    // Folded to two bars, of five: the first is played three times and the second twice, and both are always there.
    let odd: Vec<Note> = (0..5).map(|bar| drum(3840 * bar, 36, 90)).collect();
    let two = extract(&odd, &common(960), &Extract { bars: Some(2), ..Extract::default() });
    assert!(two.cells.len() == 2 && two.cells.iter().all(|cell| cell.probability == 1.0), "{:?}", two.cells);
}

#[test]
fn lengths_are_taken_and_given() {
    let bars = common(960);
    let long = Note { end: 240 + 180, ..drum(240, 38, 80) };
    let template = extract(&[long], &bars, &Extract::default());
    assert_eq!(template.cells[0].duration, 0.75);
    let short = drum(240, 38, 80);
    let give = |length| apply(&template, &[short], &bars, &Amounts { length, ..Amounts::default() })[0].end;
    assert_eq!([give(0.0), give(0.5), give(1.0)], [300, 360, 420]);
}

#[test]
fn nothing_that_can_be_played_breaks_anything() {
    let mut random = Random(11);
    for round in 0..300 {
        let ppq = [24, 96, 480, 960, 32_767][round % 5];
        let tempo = TempoMap::from_micros(
            ppq,
            (0..4).map(|n| (Ticks(n * random.below(5000)), 1 + random.below(16_000_000) as u32)).collect(),
        );
        let meters: Vec<(Ticks, Meter)> = (0..random.below(4))
            .map(|n| {
                (
                    Ticks(n * random.below(20_000)),
                    Meter { numerator: 1 + random.below(20) as u8, denominator: 1 << random.below(6) },
                )
            })
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
                assert!(
                    a.end > a.onset
                        && (1..=127).contains(&a.velocity)
                        && a.pitch == b.pitch
                        && a.channel == b.channel
                );
            }
        }
    }
}
