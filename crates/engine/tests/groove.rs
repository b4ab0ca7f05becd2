//! What the Groove Engine says about clicks, whose truth is known to the sample.

use kmidi_engine::{Band, Block, Config, Engine, Event};

/// Feeds mono sound in blocks of 512 frames and collects the events.
fn listen(sample_rate: u32, sound: &[f32]) -> Vec<Event> {
    let mut engine = Engine::new(Config { sample_rate, max_block: 512 }).unwrap();
    let mut events = Vec::new();
    for chunk in sound.chunks(512) {
        events.extend_from_slice(
            &engine.process(&Block { frames: chunk.len(), audio: &[chunk], midi: &[] }).events,
        );
    }
    events
}

/// Decaying bursts of a 1 kHz tone at the given times, with a little noise in between.
fn clicks(sample_rate: u32, times: &[f64]) -> Vec<f32> {
    let rate = f64::from(sample_rate);
    let mut sound = vec![0.0; ((times.last().unwrap() + 1.0) * rate) as usize];
    for &time in times {
        let start = (time * rate).round() as usize;
        for n in 0..(0.03 * rate) as usize {
            let t = n as f64 / rate;
            sound[start + n] +=
                (0.6 * (-t / 0.006).exp() * (std::f64::consts::TAU * 1000.0 * t).sin()) as f32;
        }
    }
    sound
}

fn onsets(events: &[Event], sample_rate: u32) -> Vec<f64> {
    let time = |event: &Event| match event {
        Event::Onset { frame, .. } => Some(frame.seconds(sample_rate).0),
        _ => None,
    };
    events.iter().filter_map(time).collect()
}

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

/// (time, number, confidence) of the beats and the last tempo.
fn beats(events: &[Event], sample_rate: u32) -> (Vec<f64>, Option<f32>) {
    let mut times = Vec::new();
    let mut tempo = None;
    for event in events {
        match event {
            Event::Beat { frame, .. } => times.push(frame.seconds(sample_rate).0),
            Event::Tempo { bpm, .. } => tempo = Some(*bpm),
            _ => {}
        }
    }
    (times, tempo)
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

/// A kit in four: a falling thump on one and three, noise on two and four, short noise on every eighth.
fn kit(sample_rate: u32, beats: &[f64]) -> Vec<f32> {
    let rate = f64::from(sample_rate);
    let mut sound = vec![0.0_f32; ((beats.last().unwrap() + 1.0) * rate) as usize];
    // Noise that is the same function of time at every rate: sines too many to hear as such.
    let hiss =
        |t: f64| (1..40).map(|n| (f64::from(n * n) * 613.0 * t + f64::from(n)).sin()).sum::<f64>() / 8.0;
    let mut add = |at: f64, length: f64, wave: &dyn Fn(f64) -> f64| {
        let first = (at * rate).ceil() as usize;
        for n in first..((at + length) * rate) as usize {
            if let Some(sample) = sound.get_mut(n) {
                *sample += wave(n as f64 / rate - at) as f32;
            }
        }
    };
    for (n, pair) in beats.windows(2).enumerate() {
        let thump = |t: f64| 0.6 * (-t / 0.08).exp() * (380.0 * t - 900.0 * t * t).sin();
        let snare = |t: f64| 0.3 * (-t / 0.06).exp() * hiss(t);
        let hat = |t: f64| 0.1 * (-t / 0.02).exp() * hiss(7.0 * t);
        add(pair[0], 0.25, if n % 2 == 0 { &thump } else { &snare });
        add(pair[0], 0.08, &hat);
        add((pair[0] + pair[1]) / 2.0, 0.08, &hat);
    }
    sound
}

fn steady(bpm: f64, count: usize) -> Vec<f64> {
    (0..count).map(|n| 0.31 + 60.0 / bpm * n as f64).collect()
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
        // 192 kHz is promised less: its bands are the sums of other bins.
        let limit = if n == 4 { 0.010 } else { 0.005 };
        assert!(worst < limit, "rate {n}: {worst}: {a:?} {b:?}");
    }
}

#[test]
fn twice_as_slow_is_half_the_tempo() {
    let rate = 48_000;
    let tempo = |bpm: f64| {
        let times = steady(bpm, (bpm / 3.0) as usize);
        f64::from(beats(&listen(rate, &clicks(rate, &times)), rate).1.expect("a tempo"))
    };
    let (fast, slow) = (tempo(152.0), tempo(76.0));
    assert!((fast / slow - 2.0).abs() < 0.02, "{fast} and {slow}");
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

#[test]
fn broken_sound_is_answered() {
    let rate = 48_000;
    let mut kit = kit(rate, &steady(120.0, 24));
    kit.iter_mut().enumerate().for_each(|(n, sample)| {
        *sample = match n % 3_001 {
            0 => f32::NAN,
            1 => f32::INFINITY,
            2 => 1e-40,
            _ => (20.0 * *sample).clamp(-1.0, 1.0) + 0.3,
        }
    });
    let events = listen(rate, &kit);
    let (times, tempo) = beats(&events, rate);
    assert!(times.len() > 8 && tempo.is_some_and(f32::is_finite), "{times:?}");
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

/// White noise from -0.5 to 0.5.
fn noise() -> impl FnMut() -> f32 {
    let mut state = 1_u32;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    }
}

/// How sure every tempo that was told was, at most.
fn surest(events: &[Event]) -> f32 {
    let confidence = |event: &Event| match event {
        Event::Tempo { confidence, .. } => Some(*confidence),
        _ => None,
    };
    events.iter().filter_map(confidence).fold(0.0, f32::max)
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
    let (times, tempo) = beats(&listen(rate, &wet), rate);
    let ratio = tempo.unwrap() / 100.0;
    let near = |wanted: f32| (ratio / wanted - 1.0).abs() < 0.02;
    assert!(near(0.5) || near(1.0) || near(2.0), "{tempo:?}");
    let late = times.iter().filter(|&&time| time > 5.0);
    let off = |time: &f64| {
        let place = (time - steady(100.0, 30)[0]) / 0.3;
        (place - place.round()).abs() * 300.0
    };
    assert!(times.len() > 12 && late.clone().all(|time| off(time) < 40.0), "{times:?}");
}
