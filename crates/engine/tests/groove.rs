//! What the Groove Engine says about clicks, whose truth is known to the sample.

use kmidi_engine::{Block, Config, Engine, Event};

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
    for rate in [22_050, 44_100, 48_000, 88_200, 96_000, 192_000] {
        let found = onsets(&listen(rate, &clicks(rate, &times)), rate);
        assert_eq!(found.len(), times.len(), "{rate}");
        let errors: Vec<f64> = found.iter().zip(&times).map(|(f, t)| 1e3 * (f - t)).collect();
        let bias = errors.iter().sum::<f64>() / errors.len() as f64;
        let worst = errors.iter().fold(0.0_f64, |a, e| a.max(e.abs()));
        assert!(bias.abs() < 0.5 && worst < 3.0, "{rate} Hz: bias {bias:.2} ms, worst {worst:.2} ms");
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
        let missed = times[6..].iter().filter(|&&time| !near(time)).count();
        assert_eq!(missed, 0, "{bpm} at {rate} Hz");
        assert!(found.len() <= times.len() + 2, "{} beats for {}", found.len(), times.len());
    }
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
