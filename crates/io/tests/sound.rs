//! Packed sound: against the samples that were encoded, cut off at many places, and damaged at random.
//!
//! `corpus/sound` holds one tone in every kind; `tone` below makes its samples from whole numbers.

mod common;

use common::{Numbers, mutate};
use kmidi_io::sound::{Kind, SoundReader};
use kmidi_io::{Error, Place};

const RATE: u32 = 22_050;
const FRAMES: usize = 23_000;

/// The tone as it was encoded: a C major triad of triangle waves on both channels, and on the right a click every half
/// second.
fn tone() -> [Vec<i16>; 2] {
    let steps = [50_960_245u32, 64_205_885, 76_354_078]; // 261.6256, 329.6276, 391.9954 Hz in 2^-32 periods a frame
    let (mut phases, mut seed) = ([0u32; 3], 1u32);
    let [mut left, mut right] = [Vec::new(), Vec::new()];
    for n in 0..FRAMES {
        let triangle = |phase: &u32| {
            let high = (phase >> 16) as i32;
            if high < 32_768 { high - 16_384 } else { 49_151 - high }
        };
        let sum = phases.iter().map(triangle).sum::<i32>().div_euclid(64);
        phases.iter_mut().zip(steps).for_each(|(phase, step)| *phase = phase.wrapping_add(step));
        let since = (n % 11_025) as i32;
        let mut click = 0;
        if since < 64 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            click = (((seed >> 17) as i32 - 16_384) * (64 - since)).div_euclid(256);
        }
        left.push(sum as i16);
        right.push((sum + click) as i16);
    }
    [left, right]
}

fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/../../corpus/sound/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn read_all(bytes: Vec<u8>) -> kmidi_io::Result<(SoundReader, Vec<Vec<f32>>)> {
    let mut reader = SoundReader::from_bytes(bytes, "some/tone.x")?;
    let mut channels = vec![Vec::new(); reader.channels()];
    let mut part = channels.clone();
    loop {
        let got = reader.read(&mut part, 1_000)?;
        assert!(part.iter().all(|channel| channel.len() == got), "every channel is as long as it says");
        if got == 0 {
            return Ok((reader, channels));
        }
        channels.iter_mut().zip(&part).for_each(|(whole, part)| whole.extend(part));
        assert!(channels[0].len() < 10_000_000, "no end");
    }
}

fn as_floats(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|&s| f32::from(s) / 32_768.0).collect()
}

/// How the tone comes out of a lossy file: the shift (frames) at which it is most like, and the error there in decibels
/// below the tone.
fn likeness(sound: &[f32], truth: &[f32]) -> (i64, f64) {
    let error = |shift: i64| {
        let pairs = (100..truth.len() as i64 - 100).filter_map(|n| {
            Some((f64::from(*sound.get(usize::try_from(n + shift).ok()?)?), f64::from(truth[n as usize])))
        });
        let (wrong, all) = pairs.fold((0.0, 0.0), |(e, t), (s, x)| (e + (s - x) * (s - x), t + x * x));
        10.0 * (all / wrong).log10()
    };
    (-60..=60).map(|shift| (shift, error(shift))).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

#[test]
fn flac_gives_the_samples_that_were_encoded() {
    let (reader, sound) = read_all(file("tone.flac")).unwrap();
    assert_eq!((reader.kind(), reader.sample_rate(), reader.channels()), (Kind::Flac, RATE, 2));
    assert_eq!(reader.frames(), Some(FRAMES as u64));
    let [left, right] = tone();
    assert!(sound[0] == as_floats(&left) && sound[1] == as_floats(&right), "to the bit");
}

#[test]
fn wav_is_read_by_the_same_reader() {
    let [left, right] = tone().map(|samples| as_floats(&samples));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tone.flac"); // the content decides
    kmidi_io::wav::write_stereo(&path, RATE, &left, &right, kmidi_io::wav::Encoding::Int(16)).unwrap();
    let reader = SoundReader::open(&path).unwrap();
    assert_eq!(
        (reader.kind(), reader.sample_rate(), reader.frames()),
        (Kind::Wav, RATE, Some(FRAMES as u64))
    );
    let (_, sound) = read_all(std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(sound, [left, right]);
}

#[test]
fn lossy_kinds_are_in_time_and_at_level() {
    let [left, _] = tone().map(|samples| as_floats(&samples));
    for (name, kind, frames, shift, decibels) in [
        ("tone.mp3", Kind::Mp3, Some(FRAMES as u64), 0, 17.0),
        ("tone.ogg", Kind::Ogg, Some(FRAMES as u64), 0, 20.0),
    ] {
        let (reader, sound) = read_all(file(name)).unwrap();
        assert_eq!((reader.kind(), reader.sample_rate(), reader.channels()), (kind, RATE, 2), "{name}");
        assert_eq!((reader.frames(), frames), (Some(sound[0].len() as u64), frames), "{name}");
        let (at, error) = likeness(&sound[0], &left);
        println!("{name}: best at a shift of {at} frames, error {error:.1} dB below the tone");
        assert!(at == shift && error > decibels, "{name}: {at} frames off, {error:.1} dB");
    }
    // Without the encoder's own frame nobody knows the delay: the sound is whole, and late by it.
    let (reader, sound) = read_all(file("plain.mp3")).unwrap();
    assert_eq!(reader.frames(), Some(sound[0].len() as u64));
    let late = sound[0].len() - FRAMES;
    assert!((500..3_000).contains(&late), "{late} frames more");
}

#[test]
#[ignore = "writes the WAV that corpus/sound was encoded from"]
fn write_the_tone() {
    let [left, right] = tone().map(|samples| as_floats(&samples));
    let path = std::env::temp_dir().join("tone.wav");
    kmidi_io::wav::write_stereo(&path, RATE, &left, &right, kmidi_io::wav::Encoding::Int(16)).unwrap();
    println!("{}", path.display());
}

/// What a lossy or lossless file must say when it is cut at `n` bytes.
fn check_cut(name: &str, bytes: &[u8], n: usize) {
    match read_all(bytes[..n].to_vec()) {
        Err(error @ (Error::Truncated { .. } | Error::Malformed { .. } | Error::Kind { .. })) => {
            let text = error.to_string();
            assert!(text.starts_with("some/tone.x: "), "{name} cut at {n}: {text}");
            assert!(
                n < 64 || matches!(error, Error::Truncated { .. }) && error.place() != Place::File || n < 200,
                "{name} cut at {n}: {error:?}"
            );
        }
        Err(other) => panic!("{name} cut at {n}: {other:?}"),
        Ok(_) => panic!("{name} cut at {n} is no whole file"),
    }
}

#[test]
fn cut_off_files_are_refused_wherever_they_end() {
    for name in ["tone.flac", "tone.mp3", "tone.ogg"] {
        let bytes = file(name);
        for n in (0..bytes.len()).step_by(97).chain([bytes.len() - 1, bytes.len() - 2]) {
            check_cut(name, &bytes, n);
        }
    }
}

/// Damages a file so many times; gives how often it was read and how often refused.
fn damage(name: &str, rounds: usize, seed: u64) -> (usize, usize) {
    let (good, mut numbers) = (file(name), Numbers(seed));
    let (mut read, mut refused) = (0, 0);
    for round in 0..rounds {
        // Half of the damage falls on the headers.
        let bytes = if round % 2 == 0 {
            mutate(&good, &mut numbers)
        } else {
            [&mutate(&good[..300], &mut numbers), &good[300..]].concat()
        };
        match read_all(bytes) {
            Ok(_) => read += 1,
            Err(error) => {
                assert!(error.to_string().starts_with("some/tone.x: "), "{error}");
                refused += 1;
            }
        }
    }
    println!("{name}: {read} read, {refused} refused");
    (read, refused)
}

#[test]
fn damaged_files_give_an_answer_or_an_error() {
    for (name, rounds) in [("tone.flac", 700), ("tone.mp3", 700), ("plain.mp3", 300), ("tone.ogg", 700)] {
        let (read, refused) = damage(name, rounds, 5);
        assert!(refused > rounds / 4, "{name}: {read} read, {refused} refused");
    }
}

/// The same bytes with the checksum that each page should have (RFC 3533, section 6, bit by bit).
fn with_checksums(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut at = 0;
    while at + 27 <= bytes.len() {
        let segments = usize::from(bytes[at + 26]);
        let body: usize = bytes[at + 27..].iter().take(segments).map(|&n| usize::from(n)).sum();
        let end = (at + 27 + segments + body).min(bytes.len());
        bytes[at + 22..at + 26].fill(0);
        let crc = bytes[at..end].iter().fold(0u32, |crc, &byte| {
            let step = |crc: u32, _| if crc >> 31 == 0 { crc << 1 } else { crc << 1 ^ 0x04c1_1db7 };
            (0..8).fold(crc ^ u32::from(byte) << 24, step)
        });
        bytes[at + 22..at + 26].copy_from_slice(&crc.to_le_bytes());
        at = end;
    }
    bytes
}

/// Damage that the pages' checksums do not show reaches the decoder.
fn hidden_damage(rounds: usize, seed: u64) -> (usize, usize) {
    let (good, mut numbers) = (file("tone.ogg"), Numbers(seed));
    let pages: Vec<usize> = (0..good.len() - 4).filter(|&at| good[at..].starts_with(b"OggS")).collect();
    let (mut read, mut refused) = (0, 0);
    for round in 0..rounds {
        let mut bytes = good.clone();
        for _ in 0..=numbers.below(3) {
            let at = numbers.below(if round % 2 == 0 { good.len() } else { 4_000 });
            // The pages' own heads stay as they are.
            if pages.iter().all(|&page| !(page..page + 27 + usize::from(good[page + 26])).contains(&at)) {
                bytes[at] ^= 1 << numbers.below(8);
            }
        }
        match read_all(with_checksums(bytes)) {
            Ok(_) => read += 1,
            Err(_) => refused += 1,
        }
    }
    println!("tone.ogg, hidden: {read} read, {refused} refused");
    (read, refused)
}

#[test]
fn damage_that_no_checksum_shows_is_borne() {
    assert!(with_checksums(file("tone.ogg")) == file("tone.ogg"), "the encoder's checksums");
    let (read, refused) = hidden_damage(500, 3);
    assert!(read > 20 && refused > 20, "{read} read, {refused} refused");
}

#[test]
#[ignore = "the same for minutes"]
fn much_damage() {
    hidden_damage(20_000, 78);
    for name in ["tone.flac", "tone.mp3", "plain.mp3", "tone.ogg"] {
        damage(name, 30_000, 77);
    }
}

#[test]
fn other_sounds_and_no_sounds_are_told_apart() {
    let refused = |bytes: &[u8], words: &str| match SoundReader::from_bytes(bytes.to_vec(), "x") {
        Err(error) => assert!(error.to_string().contains(words), "{error}"),
        Ok(reader) => panic!("{reader:?} is not {words}"),
    };
    refused(b"MThd\0\0\0\x06\0\0\0\0\0\x60", "a MIDI file");
    refused(
        &[b"OggS\0\x02", &[0; 21][..], &[0x13], b"OpusHead"].concat(),
        "Opus in Ogg, which is not supported",
    );
    refused(b"do re mi", "a text file");
    refused(b"ID3\x04\0\0\0\0\x0f\x7f", "ID3 tag");
    refused(&[b"ID3\x04\0\0\0\0\0\0fLaC", &[0; 100][..]].concat(), "no MPEG audio frame");
}

#[test]
fn tags_around_the_sound_are_passed_over() {
    let good = file("tone.mp3");
    let plain = read_all(good.clone()).unwrap().1;
    let tagged = [b"ID3\x04\0\0\0\0\0\x05hello", &good[..], b"TAG", &[b' '; 125]].concat();
    assert_eq!(read_all(tagged).unwrap().1, plain);
    let ogg = file("tone.ogg");
    assert_eq!(read_all([&ogg[..], &[0; 100]].concat()).unwrap().1, read_all(ogg).unwrap().1);
}

#[test]
fn damage_inside_has_its_place() {
    let place = |name: &str, at: usize| {
        let mut bytes = file(name);
        bytes[at] ^= 0x10;
        match read_all(bytes) {
            Err(error) => (error.place(), error.to_string()),
            Ok(_) => panic!("{name}: damage at {at} was not seen"),
        }
    };
    let (found, text) = place("tone.ogg", 6_000);
    assert!(matches!(found, Place::Byte(at) if at > 3_000 && at <= 6_000), "{text}");
    let (found, text) = place("tone.flac", 9_000);
    assert!(matches!(found, Place::Frame(at) if at > 4_000 && at < 20_000), "{text}");
    // An MP3 frame has no checksum; its header has a form.
    let frame = 208 * 20;
    let mut bytes = file("tone.mp3");
    let at = (0..300).map(|n| frame + n).find(|&n| bytes[n..n + 2] == [0xff, 0xf3]).unwrap();
    bytes[at] = 0;
    assert_eq!(read_all(bytes).unwrap_err().place(), Place::Byte(at as u64));
}
