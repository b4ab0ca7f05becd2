//! Swing, microtiming, strokes, the note values of a metre, and the beat that comes next.

use crate::play::{beats, hear_drums, kit, listen, play_drums, steady};
use kmidi_engine::groove::note_values;
use kmidi_engine::groove::strokes::Kind;
use kmidi_engine::perform::SwingUnit;
use kmidi_engine::{Band, Event};
use kmidi_music::Meter;

const RATE: u32 = 48_000;
const KICK: u8 = 36;
const SNARE: u8 = 38;
const HAT: u8 = 42;

/// Bars of kick and snare in four at 110 beats a minute, the snare `late` seconds behind, hats on the beats and at `off` of each.
fn groove(off: f64, late: f64) -> Vec<(f64, u8, u8)> {
    let beat = 60.0 / 110.0;
    let mut strokes = Vec::new();
    for n in 0..64_u32 {
        let at = 0.4 + beat * f64::from(n);
        strokes.push(if n % 2 == 0 { (at, KICK, 110) } else { (at + late, SNARE, 100) });
        strokes.extend([(at, HAT, 80), (at + off * beat, HAT, 60)]);
    }
    strokes
}

fn last_swing(events: &[Event]) -> Option<(SwingUnit, f32)> {
    let told = events.iter().rev().find_map(|event| match event {
        Event::Swing { swing, .. } => Some(*swing),
        _ => None,
    });
    told.flatten().map(|swing| (swing.unit, swing.percent))
}

#[test]
fn swing_is_told_while_it_is_played() {
    for percent in [50.0, 58.0, 62.0, 66.7] {
        let events = play_drums(RATE, &groove(percent / 100.0, 0.0));
        let (unit, told) = last_swing(&events).unwrap_or_else(|| panic!("{percent}: no swing"));
        assert!(unit == SwingUnit::Eighth && (f64::from(told) - percent).abs() < 1.5, "{percent}: {told}");
    }
    // It is told once, not at every beat.
    let times =
        play_drums(RATE, &groove(0.62, 0.0)).iter().filter(|e| matches!(e, Event::Swing { .. })).count();
    assert!((1..4).contains(&times), "{times}");
    let alone: Vec<_> = groove(0.62, 0.0).into_iter().filter(|stroke| stroke.1 != HAT).collect();
    assert_eq!(last_swing(&play_drums(RATE, &alone)), None, "beats alone do not swing");
}

#[test]
fn a_late_snare_is_told_by_its_place() {
    let (engine, events) = hear_drums(RATE, &groove(0.5, 0.018));
    let numbers: Vec<u8> = events
        .iter()
        .filter_map(|event| match event {
            Event::Beat { number, .. } => *number,
            _ => None,
        })
        .collect();
    assert!(numbers.len() > 40);
    let feel = engine.feel();
    let mean = |band: Band| {
        let leans = (1..=4).filter_map(|beat| feel.lean(band, beat, 0)).filter(|lean| lean.strokes > 8);
        let (sum, count) = leans.fold((0.0, 0), |(sum, count), lean| (sum + lean.ms, count + 1));
        sum / count as f32
    };
    let behind = mean(Band::Mid) - mean(Band::High);
    assert!((behind - 18.0).abs() < 3.0, "{behind} ms");
}

#[test]
fn beats_in_threes_are_written_as_dotted_quarters() {
    let (beat, mut strokes) = (0.6, Vec::new());
    for n in 0..48_u32 {
        let at = 0.4 + beat * f64::from(n);
        let (drum, loud) = if n % 2 == 0 { (KICK, 115) } else { (SNARE, 95) };
        strokes.push((at, drum, loud));
        strokes.extend([0.0, 1.0, 2.0].map(|third| (at + beat * third / 3.0, HAT, 70)));
    }
    let last = |strokes: &[(f64, u8, u8)]| {
        play_drums(RATE, strokes).iter().rev().find_map(|event| match event {
            Event::Meter { meter, .. } => *meter,
            _ => None,
        })
    };
    let told = last(&strokes).expect("a metre");
    assert!(told.denominator == 8 && [6, 12].contains(&told.numerator), "{told:?}");
    assert_eq!(last(&groove(0.5, 0.0)).map(|meter| meter.denominator), Some(4));
}

#[test]
fn note_values_follow_from_felt_beats() {
    let of = |beats, bpm, threes| {
        let Meter { numerator, denominator } = note_values(beats, bpm, threes, None);
        (numerator, denominator)
    };
    assert_eq!([of(2, 80.0, true), of(4, 120.0, true), of(3, 90.0, false)], [(6, 8), (12, 8), (3, 4)]);
    let before = Some(Meter { numerator: 7, denominator: 8 });
    assert_eq!(note_values(7, 180.0, false, before).denominator, 8);
    assert_eq!(note_values(7, 150.0, false, before).denominator, 4);
    assert_eq!([of(7, 240.0, false), of(5, 110.0, false), of(4, 240.0, false)], [(7, 8), (5, 4), (4, 4)]);
}

#[test]
fn strokes_are_told_with_the_stream() {
    let mut strokes = groove(0.5, 0.0);
    let flam = strokes[31 * 3].0;
    strokes.push((flam - 0.025, SNARE, 40));
    let ghost = strokes[33 * 3].0 + 0.136;
    strokes.push((ghost, SNARE, 22));
    let told: Vec<(u64, Kind, u8)> = play_drums(RATE, &strokes)
        .iter()
        .filter_map(|event| match event {
            Event::Stroke(told) => Some((told.frame, told.kind, told.note)),
            _ => None,
        })
        .collect();
    assert_eq!(told.len(), strokes.len());
    let kind = |time: f64| {
        let frame = (time * f64::from(RATE)).round() as u64;
        told.iter().find(|told| told.0 == frame && told.2 == SNARE).map(|told| told.1)
    };
    assert_eq!(
        [kind(flam - 0.025), kind(flam), kind(ghost)],
        [Some(Kind::Grace), Some(Kind::Flam), Some(Kind::Ghost)]
    );
}

#[test]
fn the_next_beat_is_told_with_each() {
    let sound = kit(RATE, &steady(112.0, 50));
    let events = listen(RATE, &sound);
    let told: Vec<(f64, f64)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Beat { frame, next, .. } => Some((frame.seconds(RATE).0, next.seconds(RATE).0)),
            _ => None,
        })
        .collect();
    let errors: Vec<f64> =
        told.windows(2).filter(|pair| pair[0].0 > 5.0).map(|pair| (pair[0].1 - pair[1].0).abs()).collect();
    assert_eq!(told.len(), beats(&events, RATE).0.len());
    assert!(errors.len() > 30 && errors.iter().all(|error| *error < 0.015), "{errors:?}");
}
