//! What is no music, or music through a broken wire: defined answers, and little confidence where there is no beat.

use crate::play::{beats, clicks, kit, listen, noise, onsets, steady, surest};

/// Are the beats those of a kit at `bpm`, or every second of them, or twice as many?
#[track_caller]
fn keeps_time(sound: &[f32], bpm: f64, what: &str) {
    let rate = 48_000;
    let (times, tempo) = beats(&listen(rate, sound), rate);
    let ratio = f64::from(tempo.expect(what)) / bpm;
    let near = |wanted: f64| (ratio / wanted - 1.0).abs() < 0.02;
    assert!(near(0.5) || near(1.0) || near(2.0), "{what}: {tempo:?}");
    let half = 30.0 / bpm;
    let off = |time: &f64| {
        let place = (time - steady(bpm, 1)[0]) / half;
        (place - place.round()).abs() * half
    };
    let late: Vec<&f64> = times.iter().filter(|&&time| time > 5.0).collect();
    assert!(late.len() > 8 && late.iter().all(|time| off(time) < 0.04), "{what}: {times:?}");
}

#[test]
fn drums_through_a_broken_wire_keep_time() {
    let plain = kit(48_000, &steady(120.0, 30));
    let through = |wire: &dyn Fn(usize, f32) -> f32| -> Vec<f32> {
        plain.iter().enumerate().map(|(n, sample)| wire(n, *sample)).collect()
    };
    keeps_time(&plain, 120.0, "a whole wire");
    keeps_time(&through(&|_, sample| (4.0 * sample).clamp(-1.0, 1.0)), 120.0, "clipped by 12 dB");
    keeps_time(&through(&|_, sample| (20.0 * sample).clamp(-1.0, 1.0)), 120.0, "clipped by 26 dB");
    keeps_time(&through(&|_, sample| sample + 0.5), 120.0, "beside a constant");
    keeps_time(&through(&|n, sample| if n % 3_001 == 0 { f32::NAN } else { sample }), 120.0, "with NaN");
    keeps_time(
        &through(&|n, sample| if n % 3_001 == 0 { f32::INFINITY } else { sample }),
        120.0,
        "with infinities",
    );
    keeps_time(&through(&|_, sample| if sample == 0.0 { 1e-40 } else { sample }), 120.0, "with denormals");
}

#[test]
#[should_panic(expected = "other drums")]
fn drums_that_do_not_keep_time_are_told_apart() {
    keeps_time(&kit(48_000, &steady(97.0, 30)), 120.0, "other drums");
}

#[test]
fn silence_a_sine_and_a_constant_have_no_beat() {
    let rate = 48_000;
    let silence = vec![0.0; 480_000];
    let offset = vec![0.5; 480_000];
    let sine = |n: usize| (0.5 * (std::f64::consts::TAU * 440.0 * n as f64 / f64::from(rate)).sin()) as f32;
    for sound in [silence, offset, (0..480_000).map(sine).collect()] {
        let events = listen(rate, &sound);
        assert!(beats(&events, rate).0.is_empty() && onsets(&events, rate).len() <= 1, "{events:?}");
    }
}

#[test]
fn noise_has_no_tempo_to_be_sure_of() {
    let rate = 48_000;
    let mut hiss = noise();
    let hiss = surest(&listen(rate, &(0..14 * rate).map(|_| 0.4 * hiss()).collect::<Vec<_>>()));
    let drums = surest(&listen(rate, &kit(rate, &steady(120.0, 28))));
    assert!(hiss < 0.25 && drums > 1.5 * hiss, "noise {hiss}, a kit {drums}");
}

#[test]
fn a_metronome_in_a_large_room_keeps_its_beats() {
    let rate = 48_000;
    let dry = clicks(rate, &steady(100.0, 30));
    // A room that dies away by 60 dB in two seconds: a tail of noise at every click, as loud as the click.
    let mut tail = noise();
    let tail: Vec<f32> = (0..2 * rate)
        .map(|n| 0.3 * tail() * (-6.9 * f64::from(n) / f64::from(2 * rate)).exp() as f32)
        .collect();
    let mut wet = dry.clone();
    for time in steady(100.0, 30) {
        let start = (time * f64::from(rate)).round() as usize;
        wet[start..].iter_mut().zip(&tail).for_each(|(sample, tail)| *sample += tail);
    }
    keeps_time(&wet, 100.0, "a large room");
}
