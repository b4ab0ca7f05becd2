//! What the engine says does not depend on how its input is cut, on what it heard before a reset, or on the float mode
//! of its caller, and no input makes it panic or say something that is not a number.
#![allow(unsafe_code)]
#![allow(clippy::disallowed_macros, clippy::disallowed_types, clippy::disallowed_methods)]

#[path = "blocks/piece.rs"]
mod piece;

use kmidi_engine::{Block, Config, Engine, Event, MidiEvent, MidiMessage};
use piece::{Chance, Piece, Said};

const SIZES: [usize; 6] = [1, 17, 64, 480, 512, 4_096];

#[test]
fn the_cut_into_blocks_changes_nothing() {
    for rate in [44_100, 48_000, 88_200, 96_000, 192_000] {
        let piece = Piece::new(rate, 12);
        let reference = piece.play(&mut piece.engine(480), &piece.cuts(|| 480), || ());
        reference.assert_rich();
        reference.assert_finite();
        for size in SIZES {
            let said = piece.play(&mut piece.engine(size), &piece.cuts(|| size), || ());
            reference.assert_same(&said, &format!("{rate} Hz, blocks of {size}"));
        }
        let mut chance = Chance(u64::from(rate));
        for longest in [3, 100, 1_000, 20_000] {
            let cuts = piece.cuts(|| chance.below(longest + 1));
            let said = piece.play(&mut piece.engine(longest), &cuts, || ());
            reference.assert_same(&said, &format!("{rate} Hz, blocks of 0 to {longest}"));
        }
        let said = piece.play(&mut piece.engine(65_536), &piece.cuts(|| 512), || ());
        reference.assert_same(&said, &format!("{rate} Hz, room for longer blocks"));
    }
}

/// Of a block beyond `max_block` the output holds what fits and counts the rest; what follows is as if nothing had been.
#[test]
fn a_block_longer_than_announced_is_heard_whole() {
    let piece = Piece::new(48_000, 12);
    let cuts = piece.cuts(|| 480);
    let (early, late) = (cuts.len() / 4, cuts.len() * 3 / 4);
    let mut engine = piece.engine(480);
    let before = piece.play(&mut engine, &cuts[..=early], || ());
    let during = piece.play(&mut engine, &cuts[early..=late], || ());
    let after = piece.play(&mut engine, &cuts[late..], || ());
    for longest in [480, 4_096, 65_536] {
        let mut engine = piece.engine(longest);
        before.assert_same(&piece.play(&mut engine, &cuts[..=early], || ()), "before the long block");
        let output = piece.hear(&mut engine, cuts[early], cuts[late]);
        let mut said = Said::default();
        said.add_what_fits(output);
        let dropped = [output.events.dropped(), output.hops.dropped(), output.harmony.dropped()];
        assert!(dropped[1] > 0, "the block was not too long for {longest}");
        let lists =
            [(&said.events, &during.events), (&said.hops, &during.hops), (&said.harmony, &during.harmony)];
        for ((held, all), dropped) in lists.into_iter().zip(dropped) {
            assert_eq!(held.len() + dropped as usize, all.len(), "room for {longest}");
            assert_eq!(held[..], all[..held.len()], "room for {longest}");
        }
        after.assert_same(&piece.play(&mut engine, &cuts[late..], || ()), "after the long block");
    }
}

/// The comparison notices one sample and one event.
#[test]
fn another_input_is_told_apart() {
    let mut piece = Piece::new(48_000, 12);
    let cuts = piece.cuts(|| 512);
    let reference = piece.play(&mut piece.engine(512), &cuts, || ());
    piece.sound[0][60_000] += 1e-3;
    let said = piece.play(&mut piece.engine(512), &cuts, || ());
    assert!(reference != said, "a sample made no difference");
    piece.sound[0][60_000] = Piece::new(48_000, 12).sound[0][60_000];
    reference.assert_same(&piece.play(&mut piece.engine(512), &cuts, || ()), "the sample put back");
    let note =
        piece.midi.iter().position(|(_, message)| matches!(message, MidiMessage::NoteOn { channel: 0, .. }));
    piece.midi.remove(note.unwrap());
    assert!(reference != piece.play(&mut piece.engine(512), &cuts, || ()), "a note made no difference");
}

#[test]
fn after_a_reset_nothing_is_remembered() {
    let piece = Piece::new(48_000, 12);
    let cuts = piece.cuts(|| 512);
    let mut engine = piece.engine(512);
    let first = piece.play(&mut engine, &cuts, || ());
    first.assert_rich();
    for round in 0..2 {
        engine.reset();
        first.assert_same(&piece.play(&mut engine, &cuts, || ()), &format!("after reset {round}"));
    }
    // Reset in the midst of a hop, of held notes and a held pedal, and of spoilt sound.
    let other = Piece::new(48_000, 7);
    for blocks in [1, 100, other.cuts(|| 499).len() / 2] {
        engine.reset();
        other.play(&mut engine, &other.cuts(|| 499)[..=blocks], || ());
        let pedal = MidiMessage::Control { channel: 0, controller: 64, value: 127 };
        let key = MidiMessage::NoteOn { channel: 0, note: 61, velocity: 127 };
        let midi = [pedal, key].map(|message| MidiEvent { offset: 0, message });
        engine.process(&Block { frames: 1, audio: &[], midi: &midi });
        engine.reset();
        first.assert_same(
            &piece.play(&mut engine, &cuts, || ()),
            &format!("after {blocks} blocks and a reset"),
        );
    }
}

#[test]
fn a_copy_says_the_same() {
    let piece = Piece::new(48_000, 12);
    let cuts = piece.cuts(|| 512);
    let engine = piece.engine(512);
    let one = piece.play(&mut engine.clone(), &cuts, || ());
    one.assert_same(&piece.play(&mut engine.clone(), &cuts, || ()), "a copy");
}

/// Sets the float mode that a careless host may leave: rounding down, denormals kept.
#[cfg(target_arch = "x86_64")]
fn set_mode(mode: u32) -> u32 {
    let mut found = 0_u32;
    // SAFETY: SSE is part of x86_64; the first instruction writes `found`, the second reads a mode without reserved
    // bits and with all exceptions masked. What this test computes under that mode is not looked at.
    unsafe {
        std::arch::asm!("stmxcsr [{}]", "ldmxcsr [{}]", in(reg) &raw mut found, in(reg) &raw const mode, options(nostack));
    }
    found
}

#[cfg(target_arch = "x86_64")]
#[test]
fn the_float_mode_of_the_caller_changes_nothing() {
    use std::hint::black_box;
    const USUAL: u32 = 0x1f80;
    let piece = Piece::new(48_000, 12);
    let cuts = piece.cuts(|| 512);
    let reference = piece.play(&mut piece.engine(512), &cuts, || ());
    reference.assert_rich();
    // Down, up, to zero; flush to zero; denormals are zero.
    for mode in [0x3f80, 0x5f80, 0x7f80, 0x9f80, 0x1fc0] {
        let mut engine = piece.engine(512);
        let said = piece.play(&mut engine, &cuts, || {
            set_mode(mode);
        });
        let found = set_mode(USUAL);
        assert_eq!(found & !0x3f, mode & !0x3f, "the caller's mode was not given back");
        reference.assert_same(&said, &format!("float mode {mode:#x}"));
        set_mode(mode);
        let mut engine = piece.engine(512);
        set_mode(USUAL);
        let said = piece.play(&mut engine, &cuts, || ());
        reference.assert_same(&said, &format!("made in float mode {mode:#x}"));
    }
    // The mode matters where the engine does not shield itself.
    let third = || black_box(black_box(1.0_f32) / black_box(3.0_f32));
    let usual = third();
    set_mode(0x3f80);
    let rounded_down = third();
    set_mode(USUAL);
    assert_ne!(usual.to_bits(), rounded_down.to_bits());
}

/// Hears it at several rates and block sizes, twice over, and what is said is finite and within range.
#[track_caller]
fn survives(name: &str, sound: impl Fn(usize, u32) -> f32, midi: &[MidiEvent]) {
    for rate in [8_000, 44_100, 192_000] {
        for size in [1, 64, 4_096] {
            let mut engine = Engine::new(Config { sample_rate: rate, max_block: size }).unwrap();
            let one: Vec<f32> = (0..rate as usize + size).map(|n| sound(n, rate)).collect();
            let plain = vec![0.25_f32; size];
            let mut said = Said::default();
            // One frame at a time, the MIDI of each block would be most of the work.
            let seconds = if size == 1 { 0.05 } else { 2.0 };
            for block in 0..(seconds * f64::from(rate) / size as f64).ceil() as usize {
                let start = block * size % rate as usize;
                let audio =
                    [&one[start..start + size], &plain[..if block % 5 == 4 { size / 2 } else { size }]];
                let frames = if block % 7 == 6 { 0 } else { size };
                let output = engine.process(&Block { frames, audio: &audio, midi });
                assert!(output.end.0 - output.start.0 == frames as u64, "{name}");
                for event in output.events.iter() {
                    let sure = match *event {
                        Event::Onset { .. } | Event::Stroke(_) | Event::Expected { .. } => 0.0,
                        Event::Beat { confidence, .. }
                        | Event::Tempo { confidence, .. }
                        | Event::Meter { confidence, .. }
                        | Event::Swing { confidence, .. }
                        | Event::Chord { confidence, .. }
                        | Event::Key { confidence, .. } => confidence,
                    };
                    assert!((0.0..=1.0).contains(&sure), "{name}: {event:?}");
                }
                said.add_what_fits(output);
            }
            assert!(!said.hops.is_empty(), "{name}: nothing was said");
            said.assert_finite();
        }
    }
}

#[test]
fn ugly_sound_is_survived() {
    survives("NaN", |_, _| f32::NAN, &[]);
    survives("infinities", |n, _| [f32::INFINITY, f32::NEG_INFINITY][n % 2], &[]);
    survives("denormals", |n, _| f32::from_bits(1 + (n as u32 * 7_919) % 0x007f_fffe), &[]);
    survives("largest", |n, _| [f32::MAX, f32::MIN][n / 3 % 2], &[]);
    survives("silence", |_, _| 0.0, &[]);
    survives("every bit pattern", |n, _| f32::from_bits((n as u32).wrapping_mul(0x9e37_79b9)), &[]);
    survives("now and then", |n, _| if n % 997 == 0 { f32::NAN } else { 0.5 * (n as f32 * 0.05).sin() }, &[]);
    survives("one click", |n, rate| if n == rate as usize / 3 { 1.0 } else { 0.0 }, &[]);
}

#[test]
fn storms_of_midi_are_survived() {
    let on = |channel, note| MidiMessage::NoteOn { channel, note, velocity: 127 };
    let all_keys: Vec<MidiEvent> =
        (0..128).map(|note| MidiEvent { offset: u32::from(note), message: on(0, note) }).collect();
    survives("all keys", |n, _| (n as f32 * 0.01).sin(), &all_keys);

    let mut chance = Chance(99);
    let storm: Vec<MidiEvent> = (0..1_000)
        .map(|_| {
            let (channel, note, value) =
                (chance.below(256) as u8, chance.below(256) as u8, chance.below(256) as u8);
            let message = match chance.below(5) {
                0 | 1 => MidiMessage::NoteOn { channel, note, velocity: value },
                2 => MidiMessage::NoteOff { channel, note },
                3 => {
                    MidiMessage::Control { channel, controller: [64, 120, 123][usize::from(note) % 3], value }
                }
                _ => MidiMessage::Control { channel, controller: note, value },
            };
            let offset = [chance.below(64), chance.below(5_000), u32::MAX as usize][chance.below(3)] as u32;
            MidiEvent { offset, message }
        })
        .collect();
    survives("a storm", |_, _| 0.0, &storm);

    let same = vec![MidiEvent { offset: 0, message: on(9, 36) }; 1_000];
    survives("one drum", |_, _| 0.0, &same);
}

#[test]
fn blocks_without_frames_are_heard() {
    let mut engine = Engine::new(Config { sample_rate: 48_000, max_block: 1 }).unwrap();
    let on = MidiMessage::NoteOn { channel: 0, note: 60, velocity: 100 };
    for _ in 0..1_000 {
        let midi = [MidiEvent { offset: 5, message: on }];
        let output = engine.process(&Block { frames: 0, audio: &[&[], &[1.0]], midi: &midi });
        assert_eq!((output.start.0, output.end.0), (0, 0));
        let mut said = Said::default();
        said.hops.extend(output.hops.iter().map(|item| format!("{item:?}")));
        assert!(said.hops.is_empty(), "time passed in a block without frames");
    }
}
