//! Standard MIDI files: what is written is read back, byte for byte and fault by fault.

mod common;

use common::{Numbers, mutate, note, smf, song};
use kmidi_io::smf::{self as midi, Division, Event, Format, Message, Pedal, SmfFile, SmfTrack, TrackEvent};
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
    let names: Vec<_> = file.tracks.iter().map(|t| t.name()).collect();
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
    let events: Vec<_> =
        parse(&bytes).tracks[1].channel_events().map(|e| e.message.bytes(e.channel)).collect();
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

/// Every kind of event, at random: what a file can hold and this project does not read, too.
fn random_file(numbers: &mut Numbers) -> SmfFile {
    let format = [Format::SingleTrack, Format::Parallel, Format::Independent][numbers.below(3)];
    let division = match numbers.below(3) {
        0 => Division::Smpte {
            frames_per_second: [24, 25, 29, 30][numbers.below(4)],
            ticks_per_frame: 1 + numbers.below(255) as u8,
        },
        _ => Division::TicksPerQuarter(1 + numbers.below(0x7fff) as u16),
    };
    let tracks = if format == Format::SingleTrack { 1 } else { numbers.below(5) };
    let mut track = || {
        let (mut tick, mut events) = (0u64, Vec::new());
        for _ in 0..numbers.below(60) {
            tick += [0, 0, 1, 100, 20_000, 0][numbers.below(6)];
            let mut seven = || numbers.below(128) as u8;
            let (a, b, channel) = (seven(), seven(), seven() & 0x0f);
            let mut bytes = |most: usize| -> Box<[u8]> {
                (0..numbers.below(most)).map(|_| numbers.below(256) as u8).collect()
            };
            let data = bytes(if a == 0 { 300 } else { 9 });
            let message = match b % 7 {
                0 => Message::NoteOff { key: a, velocity: b },
                1 => Message::NoteOn { key: a, velocity: b.max(1) },
                2 => Message::KeyPressure { key: a, pressure: b },
                3 => Message::Control { controller: a, value: b },
                4 => Message::Program(a),
                5 => Message::Pressure(a),
                _ => Message::Bend((i16::from(a) << 7 | i16::from(b)) - 8_192),
            };
            let event = match numbers.below(8) {
                0 => Event::SysEx(data),
                1 => Event::Escape(data),
                2 => Event::Meta { kind: if a == midi::meta::END_OF_TRACK { 0 } else { a }, data },
                3 => Event::Meta { kind: [0x51, 0x54, 0x58, 0x59, 3, 1, 6, 5][numbers.below(8)], data },
                _ => Event::Channel { channel, message },
            };
            events.push(TrackEvent { tick: Ticks(tick), event });
        }
        SmfTrack { events, end: Ticks(tick + numbers.below(1_000) as u64) }
    };
    let tracks = (0..tracks).map(|_| track()).collect();
    SmfFile::new(format, division, tracks)
}

#[test]
fn what_is_written_is_read_back_event_for_event() {
    let (mut numbers, mut events) = (Numbers(9), 0);
    for round in 0..2_000 {
        let file = random_file(&mut numbers);
        let bytes = midi::write(&file).unwrap();
        assert_eq!(parse(&bytes), file, "round {round}");
        assert_eq!(
            midi::salvage(&bytes, "x").unwrap(),
            midi::Salvaged { file: file.clone(), lost: Vec::new() }
        );
        events += file.tracks.iter().map(|t| t.events.len()).sum::<usize>();
    }
    assert!(events > 50_000, "{events} events");
}

#[test]
fn exclusive_messages_in_packets_and_running_status() {
    let track: &[u8] =
        b"\0\xf0\x03\x43\x12\0\x10\xf7\x02\x01\xf7\0\xf7\x01\xfa\0\x90\x3c\x40\x05\x3e\x40\x05\x3c\0\
        \0\xff\x05\x02la\0\xff\x60\x01x\0\xff\x2f\0";
    let file = parse(&smf(0, 96, &[track]));
    let on = |key| Message::NoteOn { key, velocity: 64 };
    let at = |tick, event| TrackEvent { tick: Ticks(tick), event };
    assert_eq!(
        file.tracks[0].events,
        [
            at(0, Event::SysEx([0x43, 0x12, 0].into())),
            at(16, Event::Escape([1, 0xf7].into())),
            at(16, Event::Escape([0xfa].into())),
            TrackEvent::channel(Ticks(16), 0, on(60)),
            TrackEvent::channel(Ticks(21), 0, on(62)),
            TrackEvent::channel(Ticks(26), 0, Message::NoteOff { key: 60, velocity: 64 }),
            TrackEvent::meta(Ticks(26), midi::meta::LYRIC, b"la"),
            TrackEvent::meta(Ticks(26), 0x60, b"x"),
        ]
    );
    assert_eq!(parse(&midi::write(&file).unwrap()), file);
    // Running status ends at a meta: what follows must say what it is.
    let broken = smf(0, 96, &[b"\0\x90\x3c\x40\0\xff\x01\0\0\x3e\x40\0\xff\x2f\0"]);
    assert!(matches!(midi::parse(&broken, "x"), Err(Error::Malformed { .. })));
}

#[test]
fn what_the_format_cannot_hold_is_not_written() {
    let refused = |events: Vec<TrackEvent>, end: u64, words: &str| {
        let file = SmfFile::new(
            Format::Parallel,
            Division::TicksPerQuarter(96),
            vec![SmfTrack { events, end: Ticks(end) }],
        );
        let error = midi::write(&file).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    };
    let on =
        |channel, key, velocity| TrackEvent::channel(Ticks(0), channel, Message::NoteOn { key, velocity });
    refused(vec![on(16, 60, 1)], 0, "channels go from 0 to 15");
    refused(vec![on(0, 128, 1)], 0, "above 127");
    refused(vec![on(0, 60, 0)], 0, "is a note-off");
    refused(vec![TrackEvent::channel(Ticks(0), 0, Message::Bend(8_192))], 0, "bend");
    refused(vec![TrackEvent::meta(Ticks(0), 0x2f, b"")], 0, "end-of-track");
    refused(vec![TrackEvent::meta(Ticks(9), 1, b""), on(0, 60, 1)], 9, "lies before");
    refused(vec![TrackEvent::meta(Ticks(1 << 28), 1, b"")], 1 << 28, "2^28");
    refused(vec![TrackEvent::meta(Ticks(9), 1, b"")], 8, "ends before its last event");
}

#[test]
fn the_patterns_of_type_2_lie_one_after_another() {
    let first = b"\0\xff\x58\x04\x03\x02\x18\x08\0\xff\x51\x03\x0f\x42\x40\0\xc0\x05\0\x90\x3c\x40\x60\x90\x3e\x40\x60\xff\x2f\0";
    let second = b"\0\xff\x06\x01B\0\x90\x3c\x50\x60\x80\x3c\0\0\xff\x2f\0";
    let bytes = smf(2, 96, &[first, second]);
    let file = parse(&bytes);
    assert_eq!(
        (file.format, file.starts(), file.end()),
        (Format::Independent, vec![Ticks(0), Ticks(192)], Ticks(288))
    );
    // The first pattern: one second a quarter note, 3/4. The second begins anew: half a second, 4/4, program 0.
    assert_eq!(file.tempo.changes(), [(Ticks(0), 1_000_000), (Ticks(192), 500_000)]);
    assert_eq!(file.meters, [(Ticks(0), Meter::new(3, 4).unwrap()), (Ticks(192), Meter::COMMON)]);
    assert_eq!(file.markers[0].tick, Ticks(192));
    let notes: Vec<_> =
        file.notes(Pedal::Held).iter().map(|n| (n.onset.0, n.end.0, n.pitch, n.program)).collect();
    assert_eq!(notes, [(0, 192, 60, 5), (96, 192, 62, 5), (192, 288, 60, 0)], "notes end with their pattern");
    assert_eq!(file.seconds(file.end()), Seconds(2.5));
    assert_eq!(file.tracks[1].events[1].tick, Ticks(0), "ticks of a track count from its own start");
    assert_eq!(parse(&midi::write(&file).unwrap()), file);
}

/// What is kept of bytes, and what is told: (notes, losses).
fn salvaged(bytes: &[u8]) -> (midi::Salvaged, Vec<String>) {
    let salvaged = midi::salvage(bytes, "x").unwrap();
    let told = salvaged.lost.iter().map(ToString::to_string).collect();
    (salvaged, told)
}

#[test]
fn what_is_left_of_a_cut_off_file_is_kept_and_the_rest_is_told() {
    let three: [&[u8]; 3] = [
        b"\0\xff\x51\x03\x07\xa1\x20\0\xff\x2f\0",
        b"\0\x90\x3c\x40\x60\x80\x3c\x40\0\x90\x40\x40\x60\x80\x40\x40\0\xff\x2f\0",
        b"\0\x91\x30\x40\x81\x40\x81\x30\x40\0\xff\x2f\0",
    ];
    let good = smf(1, 96, &three);
    let second = 14 + 8 + three[0].len() + 8;
    // Inside the note-off of the second note: one note is whole, one loses its end, a track is missing.
    let cut = second + 14;
    let (found, told) = salvaged(&good[..cut]);
    assert_eq!(
        told,
        [
            format!("byte {cut}: track 2 is cut off after 3 events; 1 sounding notes were ended there"),
            format!("byte {cut}: 1 of 3 tracks are missing"),
        ]
    );
    let notes: Vec<_> =
        found.file.notes(Pedal::Ignored).iter().map(|n| (n.onset.0, n.end.0, n.pitch)).collect();
    assert_eq!(notes, [(0, 96, 60), (96, 97, 64)], "it ends at the end of what was read");
    assert!(matches!(midi::parse(&good[..cut], "x"), Err(Error::Truncated { .. })), "strictly it is refused");

    // Damage in the middle: the track before it and the one after it are whole.
    let mut broken = good.clone();
    broken[second + 9] = 0xf4;
    let (found, told) = salvaged(&broken);
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with(&format!("byte {}: track 2 is damaged, ", second + 8)), "{told:?}");
    assert_eq!(found.file.tracks.len(), 3);
    assert_eq!(found.file.notes(Pedal::Ignored).len(), 2, "one of the second track, one of the third");

    // A length that is wrong, too large or too small, hides no other track.
    for wrong in [0xff, 0x20, 0x02] {
        let mut broken = good.clone();
        broken[second - 1] = wrong;
        let (found, told) = salvaged(&broken);
        assert!(!told.is_empty(), "{wrong:#x}");
        assert_eq!(found.file.tracks[2].channel_events().count(), 2, "{wrong:#x}: {told:?}");
    }
    // A delta time of days.
    let long = smf(0, 1, &[b"\0\x90\x3c\x40\x01\x80\x3c\x40\xff\xff\xff\x7f\x90\x3c\x40\0\xff\x2f\0"]);
    let (found, told) = salvaged(&long);
    assert!(
        told.len() == 1 && told[0].contains("hours") && told[0].contains("2 events before it"),
        "{told:?}"
    );
    assert_eq!(found.file.end(), Ticks(1));
}

#[test]
fn every_cut_keeps_all_events_before_it() {
    let good = midi::write_song(&song()).unwrap();
    let whole = parse(&good);
    let events =
        |file: &SmfFile| -> Vec<Vec<TrackEvent>> { file.tracks.iter().map(|t| t.events.clone()).collect() };
    let mut before = 0;
    for n in 14..good.len() {
        let (found, told) = salvaged(&good[..n]);
        assert!(!told.is_empty(), "cut at {n}");
        let mut kept = 0;
        for (part, all) in events(&found.file).iter().zip(events(&whole)) {
            let same = part.iter().zip(&all).take_while(|(a, b)| a == b).count();
            let added = &part[same..];
            let off =
                |e: &TrackEvent| matches!(e.event, Event::Channel { message: Message::NoteOff { .. }, .. });
            assert!(added.iter().all(off), "cut at {n}: only ends of notes are added: {added:?}");
            kept += same;
        }
        assert!(kept >= before, "cut at {n}: {kept} events, {before} a byte before");
        before = kept;
    }
    assert_eq!(
        before,
        events(&whole).iter().map(Vec::len).sum::<usize>(),
        "the last byte only ends the track"
    );
}

#[test]
fn ten_thousand_damaged_files_are_salvaged() {
    let (mut numbers, good) = (Numbers(4), midi::write_song(&song()).unwrap());
    let (mut whole, mut parts) = (0, 0);
    for _ in 0..10_000 {
        let bytes = mutate(&good, &mut numbers);
        let strict = midi::parse(&bytes, "x");
        match (midi::salvage(&bytes, "x"), strict) {
            (Ok(found), Ok(file)) => {
                whole += 1;
                if found.lost.is_empty() {
                    assert_eq!(found.file, file);
                }
            }
            (Ok(found), Err(_)) => {
                parts += 1;
                assert!(!found.lost.is_empty());
                let again = midi::write(&found.file).unwrap();
                assert_eq!(parse(&again), found.file, "what is kept is a file");
                assert!(found.lost.iter().all(|loss| loss.byte <= bytes.len() as u64));
            }
            (Err(_), Ok(_)) => panic!("strictly it can be read"),
            (Err(_), Err(_)) => {}
        }
    }
    assert!(whole > 500 && parts > 3_000, "{whole} whole, {parts} in parts");
}

/// All files below a folder whose names end so.
fn below(folder: &std::path::Path, ending: &str, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => below(&path, ending, found),
            false if path.extension().is_some_and(|e| e == ending) => found.push(path),
            false => {}
        }
    }
}

#[test]
fn import_export_import_gives_equal_events_for_every_file_at_hand() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut folders = vec![root.join("corpus"), root.join("../shared/eval"), root.join("../shared/data")];
    folders.extend(std::env::var_os("KMIDI_MIDI_FILES").map(Into::into)); // one more folder, by hand
    let (mut files, mut events) = (0, 0);
    for folder in folders {
        let mut found = Vec::new();
        ["mid", "midi", "MID"].iter().for_each(|ending| below(&folder, ending, &mut found));
        println!(
            "{}: {} MIDI files{}",
            folder.display(),
            found.len(),
            if folder.is_dir() { "" } else { " (skipped: no such folder)" }
        );
        for path in found {
            let file = match midi::read(&path) {
                Ok(file) => file,
                Err(error) => {
                    println!("not read: {error}");
                    assert!(!path.starts_with(root.join("corpus")), "{error}");
                    continue;
                }
            };
            let again = parse(&midi::write(&file).unwrap());
            assert_eq!(again, file, "{}", path.display());
            files += 1;
            events += file.tracks.iter().map(|t| t.events.len()).sum::<usize>();
        }
    }
    println!("{files} files, {events} events: equal");
    assert!(files >= 10 && events > 10_000, "{files} files, {events} events");
}
