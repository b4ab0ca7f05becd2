//! Live parts: where notes go, that none hangs, and that the cut into blocks changes nothing.
#![allow(clippy::disallowed_macros, clippy::disallowed_types, clippy::disallowed_methods)]

#[path = "perform/stream.rs"]
mod stream;
#[path = "perform/strokes.rs"]
mod strokes;

use kmidi_engine::perform::{
    ANY, Amounts, Grid, Quantizer, Settings, Setup, SetupError, Stroke, Swing, SwingUnit, Template,
    TemplateError, TemplatePlayer, Transport,
};
use kmidi_engine::{MidiEvent, MidiMessage};
use stream::{Chance, Part, RATE, Stream, assert_sound, at, off, on};

fn setup(lookahead_ms: f32, capacity: usize) -> Setup {
    Setup { sample_rate: RATE, lookahead_ms, capacity }
}

fn quantizer(lookahead_ms: f32, settings: Settings) -> Quantizer {
    Quantizer::new(setup(lookahead_ms, 4_096), settings).unwrap()
}

/// The frames at which notes begin.
fn begins(out: &[(u64, MidiMessage)]) -> Vec<u64> {
    out.iter().filter(|event| matches!(event.1, MidiMessage::NoteOn { .. })).map(|event| event.0).collect()
}

/// Where single notes played at these frames of a steady 120 beats a minute begin, the latency taken away.
fn moved(settings: Settings, lookahead_ms: f32, frames: &[u64]) -> Vec<u64> {
    let midi = frames.iter().flat_map(|&frame| [(frame, on(60)), (frame + 50, off(60))]).collect();
    let mut part = quantizer(lookahead_ms, settings);
    let out = Stream::steady(midi, 40 * u64::from(RATE)).play(&mut part, || 512);
    assert_sound(&out, "single notes");
    begins(&out).into_iter().map(|frame| frame - part.latency_frames()).collect()
}

#[test]
fn without_strength_the_input_comes_later_by_the_latency() {
    let mut chance = Chance(5);
    let (mut midi, mut frame) = (Vec::new(), 0);
    for n in 0..2_000_u64 {
        frame += chance.below(700);
        let note = (n / 3 * 7 % 100) as u8;
        midi.push(match n % 3 {
            0 => (frame, on(note)),
            1 => (frame, MidiMessage::Control { channel: 3, controller: 64, value: (n % 128) as u8 }),
            _ => (frame, off(note)),
        });
    }
    let stream = Stream::steady(midi, frame + 2 * u64::from(RATE));
    for lookahead in [0.0, 0.03, 12.5, 30.0, 1_000.0] {
        let mut part = quantizer(lookahead, Settings { strength: 0.0, ..Settings::default() });
        let latency = part.latency_frames();
        assert_eq!(latency, (f64::from(lookahead) * 48.0).round() as u64);
        let late: Vec<_> = stream.midi.iter().map(|&(frame, message)| (frame + latency, message)).collect();
        assert_eq!(stream.play(&mut part, || 512), late);
        assert_eq!(part.passed(), 0);
    }
}

#[test]
fn notes_go_to_the_lines_of_every_grid() {
    let mut chance = Chance(7);
    let frames: Vec<u64> = (1..30).map(|n| 60_000 * n + chance.below(30_000)).collect();
    for grid in Grid::ALL {
        let step = grid.step() * 24_000.0;
        for (frame, to) in
            frames.iter().zip(moved(Settings { grid, ..Settings::default() }, 1_000.0, &frames))
        {
            let line = (*frame as f64 / step).round() * step;
            assert!((to as f64 - line).abs() <= 0.51, "{grid:?}: {frame} to {to}, the line is {line}");
        }
    }
}

#[test]
fn strength_range_and_limits_hold() {
    let sixteenths = Settings::default();
    // Lines lie at multiples of 6,000.
    let played = [11_000, 19_500, 37_000, 44_000];
    assert_eq!(moved(sixteenths, 200.0, &played), [12_000, 18_000, 36_000, 42_000]);
    assert_eq!(
        moved(Settings { strength: 0.5, ..sixteenths }, 200.0, &played),
        [11_500, 18_750, 36_500, 43_000]
    );
    assert_eq!(
        moved(Settings { range: 0.2, ..sixteenths }, 200.0, &played),
        [12_000, 19_500, 36_000, 44_000]
    );
    let limited = Settings { max_move_ms: 25.0, ..sixteenths };
    assert_eq!(moved(limited, 200.0, &played), [12_000, 18_300, 36_000, 42_800]);
    // 20 ms of lookahead are 960 frames towards earlier; later is free.
    assert_eq!(moved(sixteenths, 20.0, &played), [12_000, 18_540, 36_040, 43_040]);
    // What is no number moves nothing, and beyond the range is its end.
    assert_eq!(moved(Settings { strength: f32::NAN, ..sixteenths }, 200.0, &played), played);
    assert_eq!(
        moved(Settings { strength: 9.0, range: 9.0, ..sixteenths }, 200.0, &played),
        [12_000, 18_000, 36_000, 42_000]
    );
    assert_eq!(moved(Settings { max_move_ms: f32::NAN, ..sixteenths }, 200.0, &played), played);
}

#[test]
fn straight_eighths_swing() {
    let played: Vec<u64> = (2..12).map(|n| 12_000 * n).collect();
    for percent in [50.0, 58.0, 200.0 / 3.0, 75.0_f32] {
        let swing = Swing { unit: SwingUnit::Eighth, percent };
        let settings = Settings { grid: Grid::Eighth, swing, ..Settings::default() };
        let late = (240.0 * f64::from(percent)).round() as u64 - 12_000;
        let swung: Vec<u64> = played.iter().map(|&frame| frame + late * (frame / 12_000 % 2)).collect();
        assert_eq!(moved(settings, 0.0, &played), swung, "{percent} %");
    }
}

#[test]
fn chords_flams_and_lengths_keep_their_shape() {
    let chord: Vec<_> =
        [(11_000, 60), (11_300, 64), (12_400, 67)].map(|(frame, note)| (frame, on(note))).to_vec();
    let ends = [(20_000, off(64)), (20_100, off(60)), (33_000, off(67))];
    let stream = Stream::steady([&chord[..], &ends].concat(), 96_000);
    // The first goes 1,000 frames later; 1,400 frames are 29 ms.
    let out = stream.play(&mut quantizer(100.0, Settings::default()), || 512);
    let together: Vec<_> = stream.midi.iter().map(|&(frame, message)| (frame + 5_800, message)).collect();
    assert_eq!(out, together);
    // Each by itself; each end moves with its beginning.
    let apart = quantizer(100.0, Settings { chord_ms: 0.0, ..Settings::default() });
    let out = stream.play(&mut { apart }, || 512);
    assert_eq!(begins(&out), [16_800; 3]);
    assert_eq!(out[3..].iter().map(|event| event.0).collect::<Vec<_>>(), [25_500, 25_900, 37_400]);
    // A flam is two strokes of one key; thirty-seconds at a fast tempo are no chord, whatever the setting.
    let flam = Stream::steady(
        vec![(11_000, on(38)), (11_010, off(38)), (12_000, on(38)), (12_100, off(38))],
        96_000,
    );
    assert_eq!(begins(&flam.play(&mut quantizer(100.0, Settings::default()), || 512)), [16_800, 17_800]);
    let fine = Settings { grid: Grid::ThirtySecond, chord_ms: 500.0, ..Settings::default() };
    assert_eq!(moved(fine, 100.0, &[12_100, 15_200, 18_100]), [12_000, 15_000, 18_000]);
}

#[test]
fn a_key_struck_again_ends_its_old_note_first() {
    let midi = vec![(100, on(60)), (200, on(60)), (300, off(60)), (400, off(60)), (500, off(61))];
    let mut part = quantizer(10.0, Settings { strength: 0.0, ..Settings::default() });
    let out = Stream::steady(midi, 4_000).play(&mut part, || 64);
    assert_eq!(out, [(580, on(60)), (680, off(60)), (680, on(60)), (780, off(60))]);
    // Both go to one line: the first is cut to nothing, and its end does not end the second.
    let midi = vec![(11_000, on(60)), (11_900, off(60)), (12_800, on(60)), (15_000, off(60))];
    let settings = Settings { chord_ms: 0.0, ..Settings::default() };
    let out = Stream::steady(midi, 96_000).play(&mut quantizer(20.0, settings), || 64);
    assert_eq!(out, [(12_960, on(60)), (12_960, off(60)), (12_960, on(60)), (15_160, off(60))]);
    // All notes off releases the keys of its channel, also those that have not begun yet.
    let all_off = MidiMessage::Control { channel: 0, controller: 123, value: 0 };
    let midi = vec![(8_000, on(50)), (11_000, on(60)), (11_500, all_off)];
    let out = Stream::steady(midi, 96_000).play(&mut quantizer(20.0, Settings::default()), || 64);
    let ends = [(11_500, off(50)), (12_460, all_off), (12_960, on(60)), (13_460, off(60))];
    assert_eq!(out, [&[(8_000, on(50))], &ends[..]].concat());
}

#[test]
fn jumps_stops_and_resets_end_what_sounds() {
    // Sounding: 60. Waiting: 61, until 18,960.
    let midi = vec![(6_000, on(60)), (15_500, on(61)), (30_000, off(60)), (40_000, off(61))];
    let stream = |second| Stream {
        midi: midi.clone(),
        transports: vec![(0, at(0.0, 120.0)), (16_000, second)],
        frames: 96_000,
    };
    let settings = Settings { grid: Grid::Sixteenth, ..Settings::default() };
    let play = |second| stream(second).play(&mut quantizer(20.0, settings), || 512);
    let jumped = play(at(0.0, 120.0));
    assert_eq!(jumped, [(6_960, on(60)), (16_000, off(60)), (18_960, on(61)), (43_460, off(61))]);
    assert_eq!(play(Transport::STOPPED), [(6_960, on(60)), (16_000, off(60))]);
    // Another tempo is no jump: lengths stay.
    let slower = play(at(2.0 / 3.0, 60.0));
    assert_eq!(slower, [(6_960, on(60)), (18_960, on(61)), (30_960, off(60)), (43_460, off(61))]);

    let mut part = quantizer(20.0, settings);
    let mut heard = Vec::new();
    let note = |message| MidiEvent { offset: 0, message };
    part.process(2_000, &[note(on(60))], &Transport::STOPPED, |event| heard.push(event));
    part.process(10, &[note(on(61))], &Transport::STOPPED, |event| heard.push(event));
    part.reset();
    part.process(2_000, &[note(off(61))], &Transport::STOPPED, |event| heard.push(event));
    assert_eq!(heard, [MidiEvent { offset: 960, message: on(60) }, note(off(60))]);
}

#[test]
fn what_finds_no_room_leaves_at_once_and_ends() {
    let midi =
        (0..10).map(|n| (100 + n, on(n as u8))).chain((0..10).map(|n| (500 + n, off(n as u8)))).collect();
    let mut part =
        Quantizer::new(setup(100.0, 7), Settings { strength: 0.0, ..Settings::default() }).unwrap();
    let out = Stream::steady(midi, 96_000).play(&mut part, || 64);
    assert_sound(&out, "a full queue");
    assert_eq!(part.passed(), 7);
    let first: Vec<u64> = begins(&out);
    assert_eq!(first, [103, 104, 105, 106, 107, 108, 109, 4_900, 4_901, 4_902]);
    assert_eq!(out.len(), 20);
}

fn template() -> Template {
    // Sixteenths of one bar: the snare 3 % of a beat late on 2 and 4, hats early, and anyone late on the second eighth.
    let stroke = |step, voice, offset, velocity| Stroke { step, voice, offset, velocity };
    let snare = [4, 12].map(|step| stroke(step, 1, 0.03, 110));
    let hats = [0, 4].map(|step| stroke(step, 2, -0.01, 60));
    Template::new(1, 16, 4, &[&snare[..], &hats, &[stroke(2, ANY as u8, 0.1, 40)]].concat()).unwrap()
}

#[test]
fn a_template_is_given_to_live_notes() {
    let drum = |note, velocity| MidiMessage::NoteOn { channel: 9, note, velocity };
    let snare_late = (24_300, drum(38, 90));
    let midi = vec![
        (11_900, on(60)),
        (12_200, drum(36, 100)),
        (18_100, drum(38, 80)),
        (24_100, drum(42, 70)),
        snare_late,
        // The next bar: step 0.
        (96_050, drum(42, 90)),
    ];
    let stream = Stream::steady(midi, 192_000);
    let play = |amounts| {
        let mut part = TemplatePlayer::new(setup(50.0, 256), &template(), amounts).unwrap();
        assert_eq!(part.latency_frames(), 2_400);
        let out = stream.play(&mut part, || 512);
        let played = |event: &(u64, MidiMessage)| match event.1 {
            MidiMessage::NoteOn { note, velocity, .. } => Some((event.0 - 2_400, note, velocity)),
            _ => None,
        };
        out.iter().filter_map(played).collect::<Vec<_>>()
    };
    let whole = [
        (14_400, 60, 40),
        (14_400, 36, 40),
        (18_100, 38, 80),
        (23_760, 42, 60),
        (24_720, 38, 110),
        (95_760, 42, 60),
    ];
    assert_eq!(play(Amounts::default()), whole);
    let own = Amounts { quantize: 0.0, velocity: 0.0, ..Amounts::default() };
    let kept = [
        (14_300, 60, 90),
        (14_600, 36, 100),
        (18_100, 38, 80),
        (23_860, 42, 70),
        (25_020, 38, 90),
        (95_810, 42, 90),
    ];
    assert_eq!(play(own), kept);
    let away = Amounts { timing: 1.3, velocity: -1.0, ..Amounts::default() };
    let far = [
        (15_120, 60, 127),
        (15_120, 36, 127),
        (18_100, 38, 80),
        (23_688, 42, 80),
        (24_936, 38, 70),
        (95_688, 42, 120),
    ];
    assert_eq!(play(away), far);
    let nothing = Amounts { timing: 0.0, velocity: 0.0, quantize: 0.0, ..Amounts::default() };
    let as_played: Vec<u64> = play(nothing).iter().map(|note| note.0).collect();
    assert_eq!(as_played, stream.midi.iter().map(|event| event.0).collect::<Vec<_>>());
}

#[test]
fn strokes_of_one_key_never_change_places() {
    // A late step before an early one: the second stroke would come first, and waits for the first.
    let stroke = |step, offset| Stroke { step, voice: 1, offset, velocity: 90 };
    let template = Template::new(1, 16, 4, &[stroke(1, 0.2), stroke(2, -0.2)]).unwrap();
    let mut part = TemplatePlayer::new(setup(200.0, 64), &template, Amounts::default()).unwrap();
    let drum = |velocity| MidiMessage::NoteOn { channel: 9, note: 38, velocity };
    let midi = vec![(6_000, drum(80)), (6_100, drum(0)), (12_000, drum(80)), (12_100, drum(0))];
    let out = Stream::steady(midi, 96_000).play(&mut part, || 512);
    assert_sound(&out, "one key");
    assert_eq!(out.iter().map(|event| event.0).collect::<Vec<_>>(), [20_400, 20_400, 20_400, 20_500]);
}

#[test]
fn what_is_out_of_range_is_refused() {
    let stroke = Stroke { step: 0, voice: 0, offset: 0.0, velocity: 1 };
    let size = |bars, steps_a_bar, steps_a_beat| TemplateError::Size { bars, steps_a_bar, steps_a_beat };
    for (bars, bar, beat) in [(0, 16, 4), (5, 16, 4), (1, 0, 4), (1, 97, 4), (1, 16, 0), (1, 16, 97)] {
        assert_eq!(Template::new(bars, bar, beat, &[]), Err(size(bars, bar, beat)));
    }
    assert!(Template::new(4, 96, 24, &[Stroke { step: 383, ..stroke }]).is_ok());
    let wrong = [
        Stroke { step: 16, ..stroke },
        Stroke { voice: 10, ..stroke },
        Stroke { offset: f32::NAN, ..stroke },
        Stroke { velocity: 0, ..stroke },
        Stroke { velocity: 128, ..stroke },
    ];
    for stroke_ in wrong {
        assert_eq!(Template::new(1, 16, 4, &[stroke, stroke_]), Err(TemplateError::Stroke(1)));
    }
    let with = |setup| Quantizer::new(setup, Settings::default()).map(|part| part.latency_frames());
    assert_eq!(with(Setup { sample_rate: 0, ..setup(1.0, 8) }), Err(SetupError::SampleRate(0)));
    assert_eq!(with(setup(-1.0, 8)), Err(SetupError::Lookahead(-1.0)));
    assert!(with(setup(f32::NAN, 8)).is_err());
    assert_eq!(with(setup(1.0, 1)), Err(SetupError::Capacity(1)));
}

/// Parts that do as much as they can.
fn parts(capacity: usize) -> [Box<dyn Part>; 3] {
    let swing = Swing { unit: SwingUnit::Eighth, percent: 63.0 };
    let settings = Settings { grid: Grid::Eighth, swing, strength: 0.9, range: 0.4, ..Settings::default() };
    let each = Settings { grid: Grid::SixteenthQuintuplet, chord_ms: 0.0, ..Settings::default() };
    [
        Box::new(Quantizer::new(setup(35.0, capacity), settings).unwrap()),
        Box::new(Quantizer::new(setup(5.0, capacity), each).unwrap()),
        Box::new(TemplatePlayer::new(setup(20.0, capacity), &template(), Amounts::default()).unwrap()),
    ]
}

#[test]
fn storms_leave_no_note_and_no_order_behind() {
    for seed in 1..=6 {
        let stream = Stream::storm(seed, 300);
        for capacity in [2, 33, 65_536] {
            for (n, mut part) in parts(capacity).into_iter().enumerate() {
                let out = stream.play(&mut *part, || 512);
                assert_sound(&out, &format!("seed {seed}, room for {capacity}, part {n}"));
                assert!(out.len() > 1_000, "{}", out.len());
            }
        }
    }
}

#[test]
fn the_cut_into_blocks_changes_nothing() {
    for capacity in [40, 4_096] {
        let stream = Stream::storm(11, 200);
        for n in 0..parts(capacity).len() {
            let reference = stream.play(&mut *parts(capacity)[n], || 480);
            for size in [1, 17, 64, 4_096] {
                let cut = stream.play(&mut *parts(capacity)[n], || size);
                assert!(cut == reference, "part {n}, blocks of {size}, room for {capacity}");
            }
            let mut chance = Chance(3);
            for longest in [4, 90, 20_000] {
                let cut = stream.play(&mut *parts(capacity)[n], || chance.below(longest));
                assert!(cut == reference, "part {n}, blocks of 0 to {longest}, room for {capacity}");
            }
        }
    }
}

#[test]
fn frames_beyond_the_block_and_before_each_other_are_pulled_in() {
    let mut part = quantizer(0.0, Settings::default());
    let event = |offset, message| MidiEvent { offset, message };
    let mut heard = Vec::new();
    let midi = [event(50, on(60)), event(10, on(61)), event(9_999, off(60)), event(0, off(61))];
    part.process(100, &midi, &Transport::STOPPED, |event| heard.push(event.offset));
    assert_eq!(heard, [50, 50, 99, 99]);
    heard.clear();
    // A block without frames has no end of its own: what is due leaves in it or at the start of the next.
    part.process(0, &[event(7, on(60)), event(8, off(60))], &Transport::STOPPED, |event| {
        heard.push(event.offset);
    });
    part.process(1, &[], &Transport::STOPPED, |event| heard.push(event.offset));
    assert_eq!(heard, [0, 0]);
}
