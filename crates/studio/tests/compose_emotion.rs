//! What a feeling does to a song, measured on the notes: arousal on tempo, density and loudness, valence on mode and register.

mod compose_checks;

use compose_checks::{feeling, melody, shape_faults};
use kmidi_music::{Mode, Song};
use kmidi_studio::compose::{STYLES, compose};

/// Steps of a feeling from -1 to 1.
const STEPS: usize = 11;
/// Songs a step.
const SEEDS: u64 = 50;

/// What is measured of a song: beats a minute, notes a second, mean velocity, share of major time, brightness, register.
fn measures(song: &Song) -> [f64; 6] {
    let seconds = song.tempo.seconds(song.end()).0;
    let notes: Vec<_> = song.tracks.iter().flat_map(|t| &t.notes).collect();
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (sum, count) = values.fold((0.0, 0.0), |(s, n), x| (s + x, n + 1.0));
        sum / count
    };
    let over_time = |value: fn(Mode) -> f64| {
        let total: u64 = song.chords.iter().map(|c| c.duration.0).sum();
        song.chords.iter().map(|c| value(c.key.mode) * c.duration.0 as f64).sum::<f64>() / total as f64
    };
    [
        song.tempo.at(kmidi_music::Ticks(0)).0,
        notes.len() as f64 / seconds,
        mean(&mut notes.iter().map(|n| f64::from(n.velocity))),
        over_time(|m| f64::from(u8::from(matches!(m, Mode::Major | Mode::Lydian | Mode::Mixolydian)))),
        over_time(brightness),
        mean(&mut melody(song).iter().map(|n| f64::from(n.pitch))),
    ]
}

/// The order of Temperley and Tan (2013), from sad to happy.
fn brightness(mode: Mode) -> f64 {
    match mode {
        Mode::Locrian => 0.0,
        Mode::Phrygian => 1.0,
        Mode::Minor => 2.0,
        Mode::Dorian => 3.0,
        Mode::Mixolydian => 4.0,
        Mode::Lydian => 5.0,
        Mode::Major => 6.0,
    }
}

/// Ranks from 1, equal values sharing the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    values
        .iter()
        .map(|x| {
            let below = values.iter().filter(|y| *y < x).count() as f64;
            let equal = values.iter().filter(|y| *y == x).count() as f64;
            below + (equal + 1.0) / 2.0
        })
        .collect()
}

/// Spearman's rank correlation.
fn rho(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (ranks(a), ranks(b));
    let middle = (a.len() as f64 + 1.0) / 2.0;
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(p, q)| (p - middle) * (q - middle)).sum::<f64>();
    dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()
}

/// Correlation of each measure with one side of the feeling, the other side moving freely with the seed.
fn correlations(song: impl Fn(f32, f32, u64) -> Song) -> [f64; 6] {
    let (mut steps, mut columns) = (Vec::new(), vec![Vec::new(); 6]);
    for step in 0..STEPS {
        let level = step as f32 / (STEPS - 1) as f32 * 2.0 - 1.0;
        for seed in 0..SEEDS {
            steps.push(f64::from(level));
            let other = (seed % 5) as f32 / 2.0 - 1.0;
            for (column, value) in columns.iter_mut().zip(measures(&song(level, other, seed))) {
                column.push(value);
            }
        }
    }
    std::array::from_fn(|k| rho(&steps, &columns[k]))
}

#[test]
fn arousal_and_valence_mean_something() {
    let aroused = correlations(|a, v, seed| compose(&feeling(v, a, seed)).unwrap().1);
    let glad = correlations(|v, a, seed| compose(&feeling(v, a, seed)).unwrap().1);
    eprintln!("arousal with tempo, density, velocity: {:.3?}", &aroused[..3]);
    eprintln!("valence with major share, brightness, register: {:.3?}", &glad[3..]);
    assert!(aroused[..3].iter().all(|&r| r >= 0.9), "{aroused:.3?}");
    assert!(glad[3..].iter().all(|&r| r >= 0.8), "{glad:.3?}");
    // Songs that do not hear the feeling show no correlation.
    let deaf = correlations(|_, _, seed| compose(&feeling(0.0, 0.0, seed)).unwrap().1);
    assert!(deaf.iter().all(|r| r.is_nan() || r.abs() < 0.1), "{deaf:.3?}");
}

#[test]
fn low_low_is_slow_and_soft_against_high_high() {
    let of = |x: f32, seed| measures(&compose(&feeling(x, x, seed)).unwrap().1);
    let pairs = (0..100).filter(|&seed| {
        let (low, high) = (of(-0.8, seed), of(0.8, seed));
        low[0] < high[0] && low[2] < high[2]
    });
    assert!(pairs.count() >= 95);
}

#[test]
fn every_style_is_whole_at_every_corner() {
    for style in STYLES {
        for (k, (v, a)) in
            [(-0.9, -0.9), (-0.7, 0.9), (0.1, 0.0), (0.9, -0.8), (0.9, 0.9)].into_iter().enumerate()
        {
            for seed in 0..4 {
                let mut intent = feeling(v, a, seed + 10 * k as u64);
                intent.style = Some(style.into());
                let (plan, song) = compose(&intent).unwrap();
                assert_eq!(shape_faults(&plan, &song), Vec::<String>::new(), "{style} {v} {a} {seed}");
                assert_eq!(plan.style, style);
                let scored = plan.chords.iter().all(|c| c.terms.iter().all(|t| t.1.is_finite()));
                assert!(scored, "{style}");
            }
        }
    }
}
