//! What is played to the engine, and what it says.

use kmidi_engine::{Block, Config, Engine, Event, MidiEvent, MidiMessage};

/// Feeds mono sound in blocks of 512 frames and collects the events.
pub(crate) fn listen(sample_rate: u32, sound: &[f32]) -> Vec<Event> {
    let mut engine = Engine::new(Config { sample_rate, max_block: 512 }).unwrap();
    let mut events = Vec::new();
    for chunk in sound.chunks(512) {
        events.extend_from_slice(
            &engine.process(&Block { frames: chunk.len(), audio: &[chunk], midi: &[] }).events,
        );
    }
    events
}

/// Strikes drums on MIDI, (seconds, note, velocity), and collects the events.
pub(crate) fn play_drums(sample_rate: u32, strokes: &[(f64, u8, u8)]) -> Vec<Event> {
    let (mut engine, events) = hear_drums(sample_rate, strokes);
    engine.reset();
    events
}

/// The same, and the engine that heard it.
pub(crate) fn hear_drums(sample_rate: u32, strokes: &[(f64, u8, u8)]) -> (Engine, Vec<Event>) {
    let mut engine = Engine::new(Config { sample_rate, max_block: 512 }).unwrap();
    let mut strokes: Vec<(u64, u8, u8)> = strokes
        .iter()
        .map(|&(time, note, velocity)| ((time * f64::from(sample_rate)).round() as u64, note, velocity))
        .collect();
    strokes.sort();
    let end = strokes.last().map_or(0, |stroke| stroke.0) + u64::from(sample_rate) / 2;
    let mut events = Vec::new();
    for start in (0..end).step_by(512) {
        let now = strokes.iter().filter(|stroke| (start..start + 512).contains(&stroke.0));
        let midi: Vec<MidiEvent> = now
            .map(|&(frame, note, velocity)| MidiEvent {
                offset: (frame - start) as u32,
                message: MidiMessage::NoteOn { channel: 9, note, velocity },
            })
            .collect();
        events.extend_from_slice(&engine.process(&Block { frames: 512, audio: &[], midi: &midi }).events);
    }
    (engine, events)
}

/// Decaying bursts of a 1 kHz tone at the given times, with a little noise in between.
pub(crate) fn clicks(sample_rate: u32, times: &[f64]) -> Vec<f32> {
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

pub(crate) fn onsets(events: &[Event], sample_rate: u32) -> Vec<f64> {
    let time = |event: &Event| match event {
        Event::Onset { frame, .. } => Some(frame.seconds(sample_rate).0),
        _ => None,
    };
    events.iter().filter_map(time).collect()
}

/// (time, number, confidence) of the beats and the last tempo.
pub(crate) fn beats(events: &[Event], sample_rate: u32) -> (Vec<f64>, Option<f32>) {
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

/// A kit in four: a falling thump on one and three, noise on two and four, short noise on every eighth.
pub(crate) fn kit(sample_rate: u32, beats: &[f64]) -> Vec<f32> {
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

pub(crate) fn steady(bpm: f64, count: usize) -> Vec<f64> {
    (0..count).map(|n| 0.31 + 60.0 / bpm * n as f64).collect()
}

/// White noise from -0.5 to 0.5.
pub(crate) fn noise() -> impl FnMut() -> f32 {
    let mut state = 1_u32;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    }
}

/// How sure every tempo that was told was, at most.
pub(crate) fn surest(events: &[Event]) -> f32 {
    let confidence = |event: &Event| match event {
        Event::Tempo { confidence, .. } => Some(*confidence),
        _ => None,
    };
    events.iter().filter_map(confidence).fold(0.0, f32::max)
}
