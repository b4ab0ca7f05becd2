use super::*;
use kmidi_music::song::{Role, Track};
use kmidi_music::{Bpm, Meter, Note, TempoMap};

const RATE: u32 = 48_000;

fn note(start: f64, end: f64, channel: u8, program: u8, pitch: u8) -> NoteEvent {
    NoteEvent { start, end, channel, program, pitch, velocity: 100 }
}

fn song(tracks: Vec<Track>) -> Song {
    Song {
        title: String::new(),
        tempo: TempoMap::constant(480, Bpm(120.0)),
        meters: vec![(Ticks(0), Meter::COMMON)],
        keys: Vec::new(),
        marks: Vec::new(),
        sections: Vec::new(),
        chords: Vec::new(),
        tracks,
        recipe: String::new(),
    }
}

/// Frequency from the lag at which the sound is most like itself, refined by a parabola over a long lag.
fn measured_hz(samples: &[f32], near: f64) -> f64 {
    let at = |lag: usize| -> f64 {
        samples[..20_000].iter().zip(&samples[lag..]).map(|(a, b)| f64::from(a * b)).sum()
    };
    let periods = 60.0;
    let centre = (periods * f64::from(RATE) / near) as usize;
    let best = (centre - 40..centre + 40).max_by(|&a, &b| at(a).total_cmp(&at(b))).unwrap();
    let (a, b, c) = (at(best - 1), at(best), at(best + 1));
    let lag = best as f64 + 0.5 * (a - c) / (a - 2.0 * b + c);
    periods * f64::from(RATE) / lag
}

#[test]
fn an_empty_song_is_silent() {
    let sound = render(&song(Vec::new()), RATE).unwrap();
    assert_eq!(sound.left.len(), RATE as usize);
    assert!(sound.left.iter().chain(&sound.right).all(|&x| x == 0.0));
}

#[test]
fn a4_is_440_hertz_in_every_family() {
    for program in [0, 8, 16, 24, 32, 40, 56, 64, 72, 80, 88] {
        let sound = render_notes(&[note(0.0, 1.5, 0, program, 69)], RATE).unwrap();
        let mono: Vec<f32> = sound.left.iter().zip(&sound.right).map(|(l, r)| l + r).collect();
        // Before the vibrato comes in at a quarter of a second; the room only repeats the note.
        let hz = measured_hz(&mono[4_000..], 440.0);
        let cents = 1_200.0 * libm::log2(hz / 440.0);
        // Two detuned strings beat: they have no one period, and are held to less.
        let allowed = if matches!(program, 16 | 40 | 88) { 4.0 } else { 1.0 };
        assert!(cents.abs() < allowed, "program {program}: {hz} Hz, {cents} cents");
    }
}

#[test]
fn loud_music_stays_below_full_scale_and_quiet_music_is_untouched() {
    let crowd: Vec<NoteEvent> = (0..60).map(|i| note(0.1, 1.0, i % 4, i, 40 + i)).collect();
    let sound = render_notes(&crowd, RATE).unwrap();
    let peak = sound.left.iter().chain(&sound.right).fold(0.0f32, |p, x| p.max(x.abs()));
    assert!((0.8..1.0).contains(&peak), "{peak}");
    let one = render_notes(&[note(0.1, 1.0, 0, 0, 60)], RATE).unwrap();
    let peak = one.left.iter().chain(&one.right).fold(0.0f32, |p, x| p.max(x.abs()));
    assert!((0.03..0.6).contains(&peak), "{peak}");
}

#[test]
fn the_same_notes_give_the_same_bits_in_any_order() {
    let mut notes: Vec<NoteEvent> = (0..40)
        .map(|i| {
            note(
                f64::from(i) * 0.05,
                f64::from(i) * 0.05 + 0.3,
                if i % 3 == 0 { 9 } else { i % 3 },
                i,
                35 + i,
            )
        })
        .collect();
    let first = render_notes(&notes, 44_100).unwrap();
    notes.reverse();
    assert!(first == render_notes(&notes, 44_100).unwrap());
}

#[test]
fn drums_sound_within_five_milliseconds() {
    for pitch in [35, 36, 38, 40, 42, 44, 45, 46, 49, 51, 37, 39, 54, 56, 75, 12] {
        let sound = render_notes(&[note(0.5, 0.6, DRUM_CHANNEL, 0, pitch)], RATE).unwrap();
        let mono: Vec<f32> = sound.left.iter().zip(&sound.right).map(|(l, r)| (l + r).abs()).collect();
        let peak = mono.iter().copied().fold(0.0, f32::max);
        let first = mono.iter().position(|&x| x > 0.2 * peak).unwrap();
        let late = first as f64 / f64::from(RATE) - 0.5;
        assert!((0.0..0.005).contains(&late), "drum {pitch}: {late} s");
    }
}

#[test]
fn a_hi_hat_stroke_ends_the_open_one() {
    let level = |notes: &[NoteEvent]| -> f32 {
        let sound = render_notes(notes, RATE).unwrap();
        sound.left[13_000..15_000].iter().map(|x| x.abs()).sum()
    };
    let open = note(0.0, 0.1, DRUM_CHANNEL, 0, 46);
    let closed = NoteEvent { velocity: 1, ..note(0.25, 0.3, DRUM_CHANNEL, 0, 42) };
    assert!(level(&[open, closed]) < 0.2 * level(&[open]));
}

#[test]
fn no_voice_clicks_at_its_ends() {
    for program in [0, 16, 33, 48, 80, 89] {
        let sound = render_notes(&[note(0.0, 0.4, 0, program, 45)], RATE).unwrap();
        let jump = |range: std::ops::Range<usize>| {
            sound.left[range].windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0f32, f32::max)
        };
        let inside = 1.2 * jump(200..19_000);
        assert!(jump(0..200) <= inside && jump(19_100..60_000) <= inside, "program {program}");
        assert!(sound.left[0].abs() < 1e-3 && sound.left[60_000..].iter().all(|x| x.abs() < 0.01));
    }
}

#[test]
fn songs_render_as_their_notes_do() {
    let track = Track {
        name: "lead".into(),
        role: Role::Melody,
        channel: 0,
        program: 80,
        notes: vec![Note { onset: Ticks(480), duration: Ticks(480), pitch: 69, velocity: 100 }],
    };
    let song = song(vec![track]);
    assert_eq!(notes_of(&song), [note(0.5, 1.0, 0, 80, 69)]);
    assert!(render(&song, RATE).unwrap() == render_notes(&notes_of(&song), RATE).unwrap());
}

#[test]
fn wrong_times_and_rates_are_refused() {
    assert!(matches!(render_notes(&[], 0), Err(RenderError::SampleRate(0, 8_000))));
    for (start, end) in [(-1.0, 1.0), (f64::NAN, 1.0), (0.0, 1e9)] {
        let wrong = [note(0.0, 1.0, 0, 0, 60), note(start, end, 0, 0, 60)];
        assert!(matches!(render_notes(&wrong, RATE), Err(RenderError::Time { index: 1, .. })));
    }
    assert!(render_notes(&[note(0.0, 0.1, 0, 200, 255)], 8_000).is_ok(), "bytes beyond 127 are masked");
}

/// The smallest SoundFont: one square wave, one instrument, one preset.
fn soundfont() -> Vec<u8> {
    fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [id.as_slice(), &(body.len() as u32).to_le_bytes(), body, &vec![0; body.len() % 2]].concat()
    }
    fn list(kind: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
        chunk(b"LIST", &[kind.to_vec(), chunks.concat()].concat())
    }
    fn words(values: &[u16]) -> Vec<u8> {
        values.iter().flat_map(|v| v.to_le_bytes()).collect()
    }
    let name = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(20, 0);
        bytes
    };
    let wave: Vec<u16> = (0..2_000u16).map(|i| if i / 50 % 2 == 0 { 8_000 } else { 57_536 }).collect();
    let info = list(
        b"INFO",
        &[chunk(b"ifil", &words(&[2, 1])), chunk(b"isng", b"EMU8000\0"), chunk(b"INAM", b"t\0")],
    );
    let samples = list(b"sdta", &[chunk(b"smpl", &[words(&wave), vec![0; 200]].concat())]);
    let preset = |text: &str, bag: u16| [name(text), words(&[0, 0, bag]), vec![0; 12]].concat();
    let sample = |text: &str, end: u32| {
        let places = [0u32, end, 0, end.saturating_sub(100), 44_100].map(u32::to_le_bytes).concat();
        [name(text), places, vec![60, 0], words(&[0, 1])].concat()
    };
    let parameters = list(
        b"pdta",
        &[
            chunk(b"phdr", &[preset("p", 0), preset("EOP", 1)].concat()),
            chunk(b"pbag", &words(&[0, 0, 1, 0])),
            chunk(b"pmod", &[0; 10]),
            chunk(b"pgen", &words(&[41, 0, 0, 0])),
            chunk(b"inst", &[name("i"), words(&[0]), name("EOI"), words(&[1])].concat()),
            chunk(b"ibag", &words(&[0, 0, 2, 0])),
            chunk(b"imod", &[0; 10]),
            chunk(b"igen", &words(&[54, 1, 53, 0, 0, 0])),
            chunk(b"shdr", &[sample("s", 1_900), sample("EOS", 0)].concat()),
        ],
    );
    chunk(b"RIFF", &[b"sfbk".to_vec(), info, samples, parameters].concat())
}

#[test]
fn a_soundfont_sounds_from_the_notes_start() {
    let sound = render_with_soundfont(&[note(0.5, 1.0, 0, 0, 60)], &soundfont(), RATE).unwrap();
    let first = sound.left.iter().position(|x| x.abs() > 1e-3).unwrap() as f64 / f64::from(RATE);
    assert!((0.5..0.505).contains(&first), "{first}");
}

#[test]
fn bad_soundfonts_are_refused_without_a_panic() {
    let good = soundfont();
    let notes = [note(0.0, 0.1, 0, 0, 60)];
    let refused = |bytes: &[u8]| match render_with_soundfont(&notes, bytes, RATE) {
        Err(RenderError::SoundFont(reason)) => reason,
        other => panic!("{:?}", other.map(|s| s.left.len())),
    };
    assert!(refused(b"").contains("sfbk"));
    assert!(refused(b"RIFF\0\0\0\0WAVEfmt ").contains("sfbk"));
    assert!(refused(&good[..good.len() - 30]).contains("cut off"));
    let mut compressed = good.clone();
    let at = compressed.windows(4).position(|w| w == b"smpl").unwrap();
    compressed[at + 8..at + 12].copy_from_slice(b"OggS");
    assert!(refused(&compressed).contains(".sf3"), "{}", refused(&compressed));
    for at in (12..good.len()).filter(|&at| !(200..4_300).contains(&at)) {
        let mut damaged = good.clone();
        damaged[at] ^= 0xff;
        let _ = render_with_soundfont(&notes[..], &damaged, 16_000); // any answer will do, a panic will not
    }
}
