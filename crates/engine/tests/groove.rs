//! What the Groove Engine says about clicks, whose truth is known to the sample.

#[path = "groove/feel.rs"]
mod feel;
#[path = "groove/odd.rs"]
mod odd;
#[path = "groove/play.rs"]
mod play;

use kmidi_engine::{Band, Event};
use play::{beats, clicks, kit, listen, noise, onsets, steady};

#[test]
fn click_onsets_are_found_without_bias_at_every_rate() {
    // 0.37 s apart plus a drift, so that they fall anywhere within a hop.
    let times: Vec<f64> = (0..40).map(|n| 0.5 + 0.3713 * f64::from(n)).collect();
    for rate in [44_100, 48_000, 88_200, 96_000, 192_000] {
        let found = onsets(&listen(rate, &clicks(rate, &times)), rate);
        assert_eq!(found.len(), times.len(), "{rate}");
        let mut errors: Vec<f64> = found.iter().zip(&times).map(|(f, t)| 1e3 * (f - t)).collect();
        let worst = errors.iter().fold(0.0_f64, |a, e| a.max(e.abs()));
        errors.sort_by(f64::total_cmp);
        let bias = errors[errors.len() / 2];
        assert!(bias.abs() < 1.0 && worst < 6.0, "{rate} Hz: bias {bias:.2} ms, worst {worst:.2} ms");
    }
}

#[test]
fn onsets_are_told_with_their_band() {
    let rate = 48_000;
    let mut hiss = noise();
    let tone = |hertz: f64, t: f64| (std::f64::consts::TAU * hertz * t).sin();
    for band in [Band::Low, Band::Mid, Band::High] {
        let mut sound = vec![0.0; 6 * rate as usize];
        let mut last = [0.0; 2];
        for (n, sample) in sound.iter_mut().enumerate() {
            let t = n as f64 / f64::from(rate);
            let (since, sounds) = (t % 0.5, t >= 0.5);
            // A thump, a tone, a hat: noise less its mean with the samples before.
            let new = f64::from(hiss());
            let high = new - 2.0 * last[0] + last[1];
            last = [new, last[0]];
            let stroke = match band {
                Band::Low => (-since / 0.1).exp() * (since / 0.005).min(1.0) * tone(60.0, since),
                Band::Mid => (-since / 0.05).exp() * tone(880.0, since),
                Band::High => (-since / 0.03).exp() * high,
            };
            *sample = if sounds { (0.4 * stroke) as f32 } else { 0.0 };
        }
        let told: Vec<Band> = listen(rate, &sound)
            .iter()
            .filter_map(|event| match event {
                Event::Onset { band, .. } => Some(*band),
                _ => None,
            })
            .collect();
        let right = told.iter().filter(|&&found| found == band).count();
        assert!(told.len() >= 8 && 10 * right >= 9 * told.len(), "{band:?}: {told:?}");
    }
}

#[test]
fn a_metronome_gives_its_tempo_and_its_beats_at_every_rate() {
    for (bpm, rate) in [(120.0, 44_100), (120.0, 48_000), (120.0, 96_000), (72.0, 48_000), (180.0, 48_000)] {
        let times: Vec<f64> = (0..30).map(|n| 0.31 + 60.0 / bpm * f64::from(n)).collect();
        let (found, tempo) = beats(&listen(rate, &clicks(rate, &times)), rate);
        let tempo = f64::from(tempo.expect("a tempo"));
        assert!((tempo / bpm - 1.0).abs() < 0.005, "{bpm} at {rate} Hz: {tempo}");
        let near = |time: f64| found.iter().any(|f| (f - time).abs() < 0.015);
        let missed = times[8..].iter().filter(|&&time| !near(time)).count();
        assert_eq!(missed, 0, "{bpm} at {rate} Hz: {found:?}");
        assert!(found.len() <= times.len() + 2, "{} beats for {}", found.len(), times.len());
    }
}

#[test]
fn the_same_sound_has_the_same_beats_at_every_rate() {
    let times = steady(112.0, 60);
    let all: Vec<_> = [48_000, 44_100, 88_200, 96_000, 192_000]
        .map(|rate| beats(&listen(rate, &kit(rate, &times)), rate))
        .into();
    let (first, tempo) = &all[0];
    let tempo = f64::from(tempo.expect("a tempo"));
    assert!((tempo / 112.0 - 1.0).abs() < 0.005, "{tempo}");
    for (n, (found, other)) in all.iter().enumerate().skip(1) {
        assert!((f64::from(other.expect("a tempo")) / tempo - 1.0).abs() < 0.005, "{other:?}");
        // Once the beat is found, at the latest after five seconds, and while it is played.
        let late = |time: &&f64| (5.0..times[58]).contains(*time);
        let (a, b): (Vec<_>, Vec<_>) =
            (first.iter().filter(late).collect(), found.iter().filter(late).collect());
        assert!(a.len() > 40 && a.len() == b.len(), "{} beats and {}", a.len(), b.len());
        let worst = a.iter().zip(&b).fold(0.0_f64, |worst, (a, b)| worst.max((*a - *b).abs()));
        assert!(worst < 0.005, "rate {n}: {worst}: {a:?} {b:?}");
    }
}

/// The tempo of clicks as sound, and of the same as strokes of a hat on MIDI.
fn tempos(bpm: f64) -> [f64; 2] {
    let rate = 48_000;
    let times = steady(bpm, (bpm / 3.0) as usize);
    let told = |events: &[Event]| f64::from(beats(events, rate).1.expect("a tempo"));
    let strokes: Vec<(f64, u8, u8)> = times.iter().map(|&time| (time, 42, 100)).collect();
    [told(&listen(rate, &clicks(rate, &times))), told(&play::play_drums(rate, &strokes))]
}

#[test]
fn twice_as_slow_is_half_the_tempo() {
    for slow in [61.0, 68.0, 76.0, 83.0] {
        for (way, (fast, slow)) in
            ["sound", "MIDI"].iter().zip(tempos(2.0 * slow).into_iter().zip(tempos(slow)))
        {
            assert!((fast / slow - 2.0).abs() < 0.02, "{way}: {fast} and {slow}");
        }
    }
}

#[test]
fn a_new_tempo_is_followed_within_four_seconds() {
    let rate = 48_000;
    let mut times = steady(100.0, 26);
    let step = *times.last().unwrap();
    times.extend((1..40).map(|n| step + 60.0 / 140.0 * f64::from(n)));
    let sound = kit(rate, &times);
    let followed = listen(rate, &sound).iter().rev().find_map(|event| match event {
        Event::Tempo { frame, bpm, .. } if (bpm / 140.0 - 1.0).abs() > 0.05 => Some(frame.seconds(rate).0),
        _ => None,
    });
    let seconds = followed.expect("the first tempo") - step;
    assert!((0.0..4.0).contains(&seconds), "{seconds} s after the step another tempo was still told");
}
