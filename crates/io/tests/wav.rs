//! WAV files: against `hound` as an independent reader and writer, fault by fault, and damaged at random.

mod common;

use common::{Numbers, mutate};
use kmidi_io::wav::{Encoding, WavReader, write_stereo};
use kmidi_io::{Error, Place};
use std::io::Cursor;

fn open(bytes: &[u8]) -> kmidi_io::Result<WavReader<Cursor<&[u8]>>> {
    WavReader::new(Cursor::new(bytes), bytes.len() as u64, "test.wav")
}

fn read_all(bytes: &[u8]) -> kmidi_io::Result<Vec<Vec<f32>>> {
    let mut reader = open(bytes)?;
    let mut channels = vec![Vec::new(); reader.channels()];
    let (mut part, mut all) = (channels.clone(), 0);
    loop {
        let got = reader.read(&mut part, 1_000)?;
        if got == 0 {
            assert_eq!(all, reader.frames());
            return Ok(channels);
        }
        all += got as u64;
        channels.iter_mut().zip(&part).for_each(|(whole, part)| whole.extend(part));
    }
}

/// Head, chunks as (name, content).
fn wav(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WAVE".to_vec();
    for (name, content) in chunks {
        body.extend(*name);
        body.extend((content.len() as u32).to_le_bytes());
        body.extend(*content);
        body.resize(body.len() + content.len() % 2, 0);
    }
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend(body);
    bytes
}

fn format(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let align = channels * (bits / 8);
    let mut bytes = tag.to_le_bytes().to_vec();
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * u32::from(align)).to_le_bytes());
    bytes.extend(align.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes
}

#[test]
fn every_encoding_is_read_as_hound_wrote_it() {
    let levels = [0.0f32, 0.25, -0.5, 0.75, -1.0];
    for bits in [8, 16, 24, 32] {
        let spec = hound::WavSpec {
            channels: 3,
            sample_rate: 44_100,
            bits_per_sample: bits,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        for level in levels {
            for channel in 0..3 {
                let scale = f64::from(2u32.pow(u32::from(bits) - 1));
                writer.write_sample((f64::from(level) * scale) as i32 / (channel + 1)).unwrap();
            }
        }
        writer.finalize().unwrap();
        let channels = read_all(bytes.get_ref()).unwrap();
        assert_eq!(channels.len(), 3);
        assert_eq!(channels[0], levels, "{bits} bits");
        assert!((channels[1][4] + 0.5).abs() < 0.01, "{bits} bits: {:?}", channels[1]);
    }
    let float = wav(&[(b"fmt ", &format(3, 1, 96_000, 32)), (b"data", &0.3f32.to_le_bytes())]);
    assert_eq!(read_all(&float).unwrap(), [[0.3]]);
}

#[test]
fn what_is_written_is_what_hound_and_we_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tone.wav");
    let left: Vec<f32> = (0..10_000).map(|i| (i as f32 * 0.01).sin() * 1.2).collect();
    let right: Vec<f32> = left.iter().rev().copied().collect();
    write_stereo(&path, 48_000, &left, &right, Encoding::Int(16)).unwrap();
    let theirs: Vec<i16> = hound::WavReader::open(&path).unwrap().samples().map(Result::unwrap).collect();
    let mut reader = WavReader::open(&path).unwrap();
    assert_eq!((reader.sample_rate(), reader.channels(), reader.frames()), (48_000, 2, 10_000));
    let mut ours = vec![Vec::new(); 2];
    assert_eq!(reader.read(&mut ours, usize::MAX).unwrap(), 10_000);
    for (i, (&x, &raw)) in left.iter().zip(theirs.iter().step_by(2)).enumerate() {
        assert_eq!(ours[0][i], f32::from(raw) / 32_768.0);
        assert!((x.clamp(-1.0, 32_767.0 / 32_768.0) - ours[0][i]).abs() <= 0.5 / 32_768.0, "{i}");
    }
    write_stereo(&path, 48_000, &left, &right, Encoding::Float).unwrap();
    let mut reader = WavReader::open(&path).unwrap();
    reader.read(&mut ours, usize::MAX).unwrap();
    assert_eq!((&ours[0], &ours[1]), (&left, &right), "float loses nothing");
    assert_eq!(reader.read(&mut ours, 10).unwrap(), 0, "at the end");
}

#[test]
fn wrong_sounds_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.wav");
    let place =
        |left: &[f32], right: &[f32], encoding| match write_stereo(&path, 48_000, left, right, encoding) {
            Err(Error::Unwritable { place, .. }) => place,
            other => panic!("{other:?}"),
        };
    assert_eq!(place(&[0.0; 3], &[0.0; 2], Encoding::Float), Place::Frame(2));
    assert_eq!(place(&[0.0, f32::NAN], &[0.0; 2], Encoding::Int(16)), Place::Frame(1));
    assert_eq!(place(&[0.0], &[0.0], Encoding::Int(24)), Place::File);
    assert!(!path.exists());
}

#[test]
fn odd_chunks_extensible_formats_and_open_streams_are_read() {
    let pcm = format(1, 1, 8_000, 16);
    let samples = [0, 0x40, 0, 0xc0];
    let odd = wav(&[(b"LIST", b"abc"), (b"fmt ", &pcm), (b"fact", &[0; 12]), (b"data", &samples)]);
    assert_eq!(read_all(&odd).unwrap(), [[0.5, -0.5]]);
    let mut extensible = format(0xfffe, 1, 8_000, 16);
    extensible.extend([22, 0, 16, 0, 4, 0, 0, 0]);
    extensible.extend(b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    assert_eq!(read_all(&wav(&[(b"fmt ", &extensible), (b"data", &samples)])).unwrap(), [[0.5, -0.5]]);
    let mut stream = wav(&[(b"fmt ", &pcm), (b"data", &samples)]);
    stream[40..44].fill(0xff);
    assert_eq!(read_all(&stream).unwrap(), [[0.5, -0.5]], "never closed");
    let mut sizes = [0; 28];
    sizes[8] = 4;
    let mut long = wav(&[(b"ds64", &sizes), (b"fmt ", &pcm), (b"data", &samples)]);
    long[..4].copy_from_slice(b"RF64");
    let at = long.len() - 8;
    long[at..at + 4].fill(0xff);
    assert_eq!(read_all(&long).unwrap(), [[0.5, -0.5]], "RF64");
}

#[test]
fn every_fault_is_named_with_its_place() {
    let pcm = format(1, 2, 48_000, 16);
    let good = wav(&[(b"fmt ", &pcm), (b"data", &[0; 400])]);
    let with = |at: usize, bytes: &[u8]| {
        let mut wrong = good.clone();
        wrong[at..at + bytes.len()].copy_from_slice(bytes);
        wrong
    };
    let not_a_number = wav(&[
        (b"fmt ", &format(3, 1, 48_000, 32)),
        (b"data", &{
            let mut data = vec![0; 8_000 * 4];
            data[7_000 * 4..7_001 * 4].copy_from_slice(&f32::NAN.to_le_bytes());
            data
        }),
    ]);
    let cases: Vec<(&str, Vec<u8>, &str, Place)> = vec![
        ("empty", Vec::new(), "Truncated", Place::Byte(0)),
        ("MIDI", b"MThd\0\0\0\x06\0\x01\0\x01".to_vec(), "Kind", Place::File),
        ("cut in the head", good[..10].to_vec(), "Truncated", Place::Byte(10)),
        ("cut in the format", good[..30].to_vec(), "Truncated", Place::Byte(30)),
        ("cut before the samples", good[..40].to_vec(), "Truncated", Place::Byte(40)),
        ("cut in the samples", good[..300].to_vec(), "Truncated", Place::Byte(300)),
        ("no format", wav(&[(b"data", &[0; 8])]), "Malformed", Place::Byte(12)),
        ("no samples", wav(&[(b"fmt ", &pcm), (b"data", &[])]), "Malformed", Place::Byte(40)),
        ("half a frame", wav(&[(b"fmt ", &pcm), (b"data", &[0; 6])]), "Malformed", Place::Byte(40)),
        ("tiny format", wav(&[(b"fmt ", &[0; 4])]), "Malformed", Place::Byte(16)),
        ("no channel", with(22, &[0, 0]), "Malformed", Place::Byte(22)),
        ("a thousand channels", with(22, &[0xe8, 3]), "Malformed", Place::Byte(22)),
        ("1 Hz", with(24, &[1, 0, 0, 0]), "Unsupported", Place::Byte(24)),
        ("4 GHz", with(24, &[0xff; 4]), "Unsupported", Place::Byte(24)),
        ("12 bits", with(34, &[12, 0]), "Unsupported", Place::Byte(20)),
        ("ADPCM", with(20, &[2, 0]), "Unsupported", Place::Byte(20)),
        ("wrong frame size", with(32, &[5, 0]), "Malformed", Place::Byte(32)),
        ("chunk beyond the end", with(16, &[0xff, 3, 0, 0]), "Truncated", Place::Byte(444)),
        ("not a number", not_a_number, "Malformed", Place::Frame(7_000)),
    ];
    for (what, bytes, expected, place) in cases {
        let error = read_all(&bytes).expect_err(what);
        let variant = format!("{error:?}");
        assert!(variant.starts_with(expected), "{what}: {error:?}");
        assert_eq!(error.place(), place, "{what}: {error}");
    }
}

#[test]
fn ten_thousand_damaged_headers_give_an_answer_or_an_error() {
    let good = wav(&[(b"LIST", b"abc"), (b"fmt ", &format(1, 2, 48_000, 16)), (b"data", &[7; 64])]);
    let (mut numbers, mut read) = (Numbers(2), 0);
    for _ in 0..10_000 {
        read += usize::from(read_all(&mutate(&good, &mut numbers)).is_ok());
    }
    assert!((500..9_500).contains(&read), "{read} were read");
}
