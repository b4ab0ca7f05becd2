//! Standard MIDI files: what is written is read back, byte for byte and fault by fault.

mod common;

use common::{Numbers, mutate, note, smf, song};
use kmidi_io::smf::{self as midi, Division, Format, Message, Pedal, SmfFile};
use kmidi_io::{Error, Place};
use kmidi_music::song::Song;
use kmidi_music::{Meter, Seconds, Ticks};

fn parse(bytes: &[u8]) -> SmfFile {
    midi::parse(bytes, "test.mid").unwrap()
}

#[test]
fn a_song_survives_writing_and_reading() {
    let song = song();
    let bytes = midi::write_song(&song).unwrap();
    assert_eq!(bytes, midi::write_song(&song).unwrap(), "same song, same bytes");
    let file = parse(&bytes);
    assert_eq!((file.format, file.division), (Format::Parallel, Division::TicksPerQuarter(480)));
    assert_eq!((&file.tempo, &file.meters, &file.keys), (&song.tempo, &song.meters, &song.keys));
    assert_eq!(file.recipe(), Some(song.recipe.as_str()));
    let marked: Vec<_> = file.markers.iter().map(|m| (m.tick.0, m.text.as_str())).collect();
    assert_eq!(marked, [(0, "verse"), (3_840, "coda")]);
    let chords: Vec<_> = file.texts.iter().skip(1).map(|t| (t.tick.0, t.text.as_str())).collect();
    assert_eq!(chords, [(0, "C"), (1_920, "G7/B"), (3_840, "Dm")]);
    let names: Vec<_> = file.tracks.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["Prüfstück", "lead", "bass", "drums"]);
    assert!(file.tracks.iter().all(|t| t.end == Ticks(5_280)), "all end with the last bar");
    let notes = file.notes(Pedal::Ignored);
    let of = |track: usize| -> Vec<_> {
        let own = notes.iter().filter(|n| n.track == track);
        own.map(|n| note(n.onset.0, (n.end - n.onset).0, n.pitch, n.velocity)).collect()
    };
    for (i, track) in song.tracks.iter().enumerate() {
        assert_eq!(of(i + 1), track.notes, "{}", track.name);
        let placed = notes.iter().filter(|n| n.track == i + 1);
        assert!(placed.clone().all(|n| (n.channel, n.program) == (track.channel, track.program)));
    }
    let last = notes.iter().find(|n| n.pitch == 74).unwrap();
    assert_eq!((last.start_seconds, last.end_seconds), (Seconds(4.0), Seconds(5.2)));
    assert_eq!(file.seconds(Ticks(5_280)), Seconds(4.0 + 3.0 * 0.6));
}

#[test]
fn golden_bytes_of_one_note() {
    let expected: &[u8] = b"MThd\0\0\0\x06\0\x01\0\x02\x01\xe0\
        MTrk\0\0\0\x1f\0\xff\x03\x01t\0\xff\x58\x04\x04\x02\x18\x08\0\xff\x59\x02\xfd\0\0\xff\x51\x03\x07\xa1\x20\
        \x8f\0\xff\x2f\0\
        MTrk\0\0\0\x16\0\xff\x03\x01a\0\xc0\x05\0\x90\x3c\x40\x83\x60\x80\x3c\x40\x8b\x20\xff\x2f\0";
    assert_eq!(midi::write_song(&common::one_note_song()).unwrap(), expected);
}

#[test]
fn an_empty_song_is_a_valid_file() {
    let mut empty = common::one_note_song();
    empty.tracks.clear();
    let file = parse(&midi::write_song(&empty).unwrap());
    assert_eq!((file.end(), file.tracks.len(), file.recipe()), (Ticks(0), 1, None));
}

/// The song's first track with these notes, read back as (onset, end, pitch, velocity).
fn rewritten(notes: &[(u64, u64, u8, u8)]) -> Vec<(u64, u64, u8, u8)> {
    let mut song = common::one_note_song();
    song.tracks[0].notes = notes.iter().map(|&(o, d, p, v)| note(o, d, p, v)).collect();
    let file = parse(&midi::write_song(&song).unwrap());
    let mut sounding = [0i32; 128];
    for (_, event) in file.events() {
        match event.message {
            Message::NoteOn { key, .. } => sounding[usize::from(key)] += 1,
            Message::NoteOff { key, .. } => sounding[usize::from(key)] -= 1,
            _ => {}
        }
        assert!(sounding.iter().all(|n| (0..=1).contains(n)), "one at a time on each key");
    }
    assert!(sounding.iter().all(|&n| n == 0), "no note is stuck");
    file.notes(Pedal::Ignored).iter().map(|n| (n.onset.0, n.end.0, n.pitch, n.velocity)).collect()
}

#[test]
fn overlaps_are_cut_and_no_note_is_stuck() {
    assert_eq!(rewritten(&[(0, 500, 60, 80), (240, 100, 60, 90)]), [(0, 240, 60, 80), (240, 340, 60, 90)]);
    assert_eq!(rewritten(&[(0, 100, 60, 80), (0, 300, 60, 90)]), [(0, 300, 60, 90)]);
    assert_eq!(rewritten(&[(0, 240, 60, 80), (240, 240, 60, 90)]).len(), 2, "repeated notes touch");
    assert_eq!(rewritten(&[(10, 0, 60, 80)]), [(10, 11, 60, 80)]);
    let mut shared = common::song();
    shared.tracks[1].channel = 0;
    shared.tracks[1].notes = vec![note(100, 1_000, 72, 50)];
    let notes = parse(&midi::write_song(&shared).unwrap()).notes(Pedal::Ignored);
    let high: Vec<_> = notes.iter().filter(|n| n.pitch == 72).map(|n| (n.onset.0, n.end.0)).collect();
    assert_eq!(high, [(0, 100), (100, 480), (480, 960)], "across tracks of one channel too");
}

#[test]
fn note_offs_stand_before_note_ons_and_are_explicit() {
    let mut song = common::one_note_song();
    song.tracks[0].notes = vec![note(480, 480, 60, 80), note(0, 480, 64, 80)];
    let bytes = midi::write_song(&song).unwrap();
    let events: Vec<_> = parse(&bytes).tracks[1].events.iter().map(|e| e.message.bytes(e.channel)).collect();
    assert_eq!(
        events,
        [[0xc0, 5, 0], [0x90, 64, 80], [0x80, 64, 64], [0x90, 60, 80], [0x80, 60, 64]],
        "program, on, off, on, off"
    );
}

#[test]
fn what_does_not_fit_is_refused_with_its_bar() {
    let wrong = |change: &dyn Fn(&mut Song)| {
        let mut song = song();
        change(&mut song);
        match midi::write_song(&song) {
            Err(Error::Unwritable { place, .. }) => place,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wrong(&|s| s.tracks[0].notes[2].pitch = 128), Place::Bar(3));
    assert_eq!(wrong(&|s| s.tracks[1].notes[1].velocity = 0), Place::Bar(2));
    assert_eq!(wrong(&|s| s.tracks[0].channel = 16), Place::Bar(1));
    assert_eq!(wrong(&|s| s.tracks[0].notes[0].duration = Ticks(u64::MAX)), Place::File);
}

#[test]
fn signatures_far_round_the_circle_are_respelled() {
    let mut song = common::one_note_song();
    song.keys = vec![(Ticks(0), "G#".parse().unwrap())];
    assert_eq!(parse(&midi::write_song(&song).unwrap()).keys[0].1.to_string(), "Ab:maj");
    song.keys = vec![(Ticks(0), "D dorian".parse().unwrap())];
    assert_eq!(parse(&midi::write_song(&song).unwrap()).keys[0].1.signature(), 0);
}

#[test]
fn type_0_running_status_smpte_and_odd_metas_are_read() {
    let track = b"\0\x90\x3c\x40\x19\x3c\0\0\xff\x58\x04\x06\x03\x18\x08\0\xff\x59\x02\x7f\0\0\xff\x06\x02\xe9!\0\xff\x2f\0";
    let file = parse(&smf(0, 0xe728, &[track])); // 25 frames of 40 ticks: one tick a millisecond
    assert_eq!(file.division, Division::Smpte { frames_per_second: 25, ticks_per_frame: 40 });
    assert_eq!(file.format, Format::SingleTrack);
    let notes = file.notes(Pedal::Ignored);
    assert_eq!(notes.len(), 1);
    assert!((notes[0].end_seconds.0 - 0.025).abs() < 1e-12);
    assert_eq!(file.meters, [(Ticks(25), Meter::new(6, 8).unwrap())]);
    assert!(file.keys.is_empty(), "127 sharps are no signature");
    assert_eq!(file.markers[0].text, "é!", "Latin-1");
}

#[test]
fn the_pedal_holds_notes() {
    // Key down at 0, pedal down at 10, key up at 20, key struck again at 30, key up at 40, pedal up at 50.
    let track = b"\0\x90\x3c\x40\x0a\xb0\x40\x7f\x0a\x80\x3c\0\x0a\x90\x3c\x50\x0a\x80\x3c\0\x0a\xb0\x40\0\0\xff\x2f\0";
    let file = parse(&smf(0, 96, &[track]));
    let ends = |pedal| file.notes(pedal).iter().map(|n| n.end.0).collect::<Vec<_>>();
    assert_eq!(ends(Pedal::Ignored), [20, 40]);
    assert_eq!(ends(Pedal::Held), [30, 50]);
}

#[test]
fn unended_notes_last_to_the_end() {
    let file = parse(&smf(0, 96, &[b"\0\x90\x3c\x40\x60\xff\x2f\0"]));
    assert_eq!(file.notes(Pedal::Ignored)[0].end, Ticks(96));
}

/// (what is wrong, bytes, the error's variant, its place)
fn faults() -> Vec<(&'static str, Vec<u8>, &'static str, Place)> {
    let good = midi::write_song(&song()).unwrap();
    let cut = |n: usize| good[..n].to_vec();
    let mut missing = smf(1, 96, &[b"\0\xff\x2f\0"]);
    missing[11] = 2;
    let mut long_delta = smf(0, 1, &[b"\0\xff\x51\x03\xff\xff\xff\xff\xff\xff\x7f\x90\x3c\x40\0\xff\x2f\0"]);
    let size = long_delta.len() as u64;
    long_delta.extend(b"ignored");
    vec![
        ("empty", Vec::new(), "Kind", Place::File),
        ("text", b"not a MIDI file".to_vec(), "Kind", Place::File),
        ("renamed WAV", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0".to_vec(), "Kind", Place::File),
        ("renamed PNG", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "Kind", Place::File),
        ("zeros", vec![0; 1_000], "Kind", Place::File),
        ("cut in the mark", cut(3), "Truncated", Place::Byte(3)),
        ("cut in the header's head", cut(6), "Truncated", Place::Byte(6)),
        ("cut in the header", cut(12), "Truncated", Place::Byte(12)),
        ("cut after the header", cut(14), "Truncated", Place::Byte(14)),
        ("cut in a track's head", cut(20), "Truncated", Place::Byte(20)),
        ("cut in a track", cut(100), "Truncated", Place::Byte(100)),
        ("cut at the last byte", cut(good.len() - 1), "Truncated", Place::Byte(good.len() as u64 - 1)),
        ("a track too few", missing, "Truncated", Place::Byte(26)),
        ("short header", b"MThd\0\0\0\x02\0\x01".to_vec(), "Malformed", Place::Byte(4)),
        ("type 2", smf(2, 96, &[b"\0\xff\x2f\0"]), "Unsupported", Place::Byte(8)),
        ("type 9", smf(9, 96, &[b"\0\xff\x2f\0"]), "Malformed", Place::Byte(8)),
        ("zero ticks a quarter", smf(1, 0, &[b"\0\xff\x2f\0"]), "Malformed", Place::Byte(12)),
        ("26 frames a second", smf(1, 0xe628, &[b"\0\xff\x2f\0"]), "Malformed", Place::Byte(12)),
        ("128 frames a second", smf(1, 0x8028, &[b"\0\xff\x2f\0"]), "Malformed", Place::Byte(12)),
        ("zero ticks a frame", smf(1, 0xe700, &[b"\0\xff\x2f\0"]), "Malformed", Place::Byte(12)),
        ("no status", smf(1, 96, &[b"\0\x3c\x40\0\xff\x2f\0"]), "Malformed", Place::Byte(22)),
        (
            "data byte with its top bit",
            smf(1, 96, &[b"\0\x90\x3c\x40\0\x90\xff\x40"]),
            "Malformed",
            Place::Byte(26),
        ),
        ("event cut by its track", smf(1, 96, &[b"\0\x90\x3c\x40\0\x80\x3c"]), "Malformed", Place::Byte(26)),
        ("text past its track", smf(1, 96, &[b"\0\xff\x01\x7fabc"]), "Malformed", Place::Byte(22)),
        (
            "delta of five bytes",
            smf(1, 96, &[b"\xff\xff\xff\xff\x7f\x90\x3c\x40"]),
            "Malformed",
            Place::Byte(22),
        ),
        ("system message", smf(1, 96, &[b"\0\xf4\0\xff\x2f\0"]), "Malformed", Place::Byte(22)),
        ("a year long", long_delta, "TooLarge", Place::Byte(size - 4)),
    ]
}

fn variant(error: &Error) -> &'static str {
    match error {
        Error::Kind { .. } => "Kind",
        Error::Truncated { .. } => "Truncated",
        Error::Malformed { .. } => "Malformed",
        Error::Unsupported { .. } => "Unsupported",
        Error::TooLarge { .. } => "TooLarge",
        _ => "other",
    }
}

#[test]
fn every_fault_is_named_with_its_place() {
    for (what, bytes, expected, place) in faults() {
        let error = midi::parse(&bytes, "some/test.mid").expect_err(what);
        assert_eq!((variant(&error), error.place()), (expected, place), "{what}: {error}");
        assert!(error.to_string().starts_with("some/test.mid: "), "{what}: {error}");
    }
}

#[test]
fn a_huge_sparse_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.mid");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(5 << 30).unwrap();
    assert!(matches!(midi::read(&path), Err(Error::Kind { .. })));
    std::fs::write(&path, b"MThd\0\0\0\x06\0\x01\0\x01\x01\xe0").unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(5 << 30).unwrap();
    assert!(matches!(midi::read(&path), Err(Error::TooLarge { .. })));
}

#[test]
fn thousands_of_tracks_are_read() {
    let track: &[u8] = b"\0\x90\x3c\x40\0\xff\x2f\0";
    let file = parse(&smf(1, 96, &vec![track; 20_000]));
    assert_eq!((file.tracks.len(), file.events().len()), (20_000, 20_000));
}

#[test]
fn ten_thousand_damaged_files_give_an_answer_or_an_error() {
    let (mut numbers, good) = (Numbers(1), midi::write_song(&song()).unwrap());
    let (mut read, mut refused) = (0, 0);
    for _ in 0..10_000 {
        match midi::parse(&mutate(&good, &mut numbers), "damaged.mid") {
            Ok(file) => {
                let notes = file.notes(Pedal::Held);
                assert!(notes.iter().all(|n| n.end > n.onset && n.end_seconds.0.is_finite()));
                read += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(read > 500 && refused > 500, "both happen: {read} read, {refused} refused");
}
