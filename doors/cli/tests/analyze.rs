//! `kmidi analyze` and `kmidi features`.

mod common;

use common::{Place, fields, noise, numbers};
use serde_json::Value;

/// A place with one song as MIDI and as sound.
fn with_song() -> Place {
    let place = Place::new();
    let args = ["compose", "happy", "--bars", "8", "--chords", "C F G C", "--key", "C", "--seed", "3"];
    place.done(&[&args[..], &["-o", "song.mid", "--wav", "song.wav"]].concat());
    place
}

const FIELDS: [&str; 16] = [
    "beats",
    "chords",
    "downbeats",
    "duration",
    "emotion",
    "file",
    "key",
    "keys",
    "meter",
    "microtiming",
    "onsets",
    "schema",
    "source",
    "strokes",
    "swing",
    "tempo",
];

#[test]
fn json_has_the_fields_of_the_contract() {
    let place = with_song();
    for file in ["song.mid", "song.wav"] {
        let ran = place.done(&["analyze", file, "--json", "-"]);
        let answer: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(fields(&answer), FIELDS, "{file}");
        assert_eq!((&answer["schema"], &answer["file"]), (&"kmidi.analysis/1".into(), &file.into()));
        assert_eq!(answer["source"], "engine");
        assert_eq!(fields(&answer["tempo"]), ["alternatives", "bpm", "confidence", "curve"]);
        assert_eq!(answer["key"]["label"], "C:maj", "{file}");
        let chord = &answer["chords"][0];
        assert_eq!(
            fields(chord),
            ["confidence", "end", "function", "key", "label", "roman", "start", "symbol", "tension"]
        );
        assert!(answer["onsets"].as_array().is_some_and(|list| list.len() > 20), "{file}");
        assert!(answer["duration"].as_f64().is_some_and(|d| (10.0..40.0).contains(&d)), "{file}");

        let ran = place.done(&["analyze", file, "--causal", "--json", "-"]);
        let causal: Value = serde_json::from_str(&ran.out).unwrap();
        let added: Vec<&str> = fields(&causal).into_iter().filter(|field| !FIELDS.contains(field)).collect();
        assert_eq!(added, ["beats_known", "onsets_known"], "{file}");
        let length = |field: &str| causal[field].as_array().unwrap().len();
        assert_eq!((length("onsets"), length("beats")), (length("onsets_known"), length("beats_known")));
        for segment in ["chords", "keys"] {
            for known in causal[segment].as_array().unwrap() {
                let time = |field: &str| known[field].as_f64().unwrap();
                assert!(time("start") >= time("known") - 0.2501, "{file}: {known}");
            }
        }
    }
}

#[test]
fn the_summary_and_the_files_of_other_programs() {
    let place = with_song();
    let files =
        ["--json", "a.json", "--jams", "a.jams", "--lab", "a.lab", "--beats", "a.txt", "--plot", "a.svg"];
    let ran = place.done(&[&["analyze", "song.mid"], &files[..]].concat());
    for words in ["song.mid", "tempo", "metre", "key", "C:maj", "chords", "0:00.00"] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    assert!(numbers(&place.json("a.json")) > 100);
    let spaces: Vec<Value> = place.json("a.jams")["annotations"].as_array().unwrap().clone();
    let spaces: Vec<&str> = spaces.iter().filter_map(|a| a["namespace"].as_str()).collect();
    assert_eq!(spaces, ["beat", "onset", "tempo", "chord_harte", "key_mode"]);
    let text = |name| String::from_utf8(place.read(name)).unwrap();
    let chords = place.json("a.json")["chords"].as_array().unwrap().len();
    assert_eq!(text("a.lab").lines().count(), chords);
    assert!(text("a.txt").lines().all(|line| line.split('\t').count() == 2), "{}", text("a.txt"));
    assert!(text("a.svg").contains("<svg"));
    place.fails(&["analyze", "song.mid", "--json", "./song.mid"], 2, "is also read");
    place.fails(&["analyze", "song.mid", "--lab", "x.txt", "--beats", "x.txt"], 2, "written twice");
}

#[test]
fn sheets_read_back_as_what_was_heard() {
    use kmidi::io::{jams, lab, musicxml, romantext};
    let place = with_song();
    let files = ["--json", "a.json", "--romantext", "a.rntxt", "--musicxml", "a.musicxml"];
    place.done(&[&["analyze", "song.mid", "--lab", "a.lab", "--jams", "a.jams"], &files[..]].concat());
    let json = place.json("a.json");
    let told: Vec<&Value> = json["chords"].as_array().unwrap().iter().collect();
    let word = |chord: &Value, field: &str| chord[field].as_str().unwrap_or_default().to_owned();

    let text = romantext::read(place.path("a.rntxt")).unwrap();
    assert_eq!((text.faults.len(), text.header("Title")), (0, Some("song")));
    let numerals: Vec<String> =
        text.spans.iter().flat_map(|s| s.numeral.as_ref()).map(|n| n.to_string()).collect();
    let expected: Vec<String> = told.iter().map(|chord| word(chord, "roman")).collect();
    assert_eq!(numerals, expected);
    assert!(numerals.len() >= 7 && numerals[..3] == ["I", "IV", "V"], "{numerals:?}");
    let beats = json["beats"].as_array().unwrap().len() as u64;
    let end = text.spans.last().map(|span| (span.onset + span.duration).0).unwrap();
    assert!(
        end.abs_diff(beats * u64::from(romantext::TICKS_A_QUARTER))
            < 6 * u64::from(romantext::TICKS_A_QUARTER)
    );

    let score = musicxml::read(place.path("a.musicxml")).unwrap();
    assert_eq!((score.title.as_str(), score.harmonies.len()), ("song", told.len()));
    assert_eq!(score.keys.first().map(|key| key.1.to_string()), Some("C:maj".into()));
    let symbols: Vec<String> = score
        .harmonies
        .iter()
        .map(|harmony| harmony.1.as_ref().map_or(String::new(), kmidi::music::notation::symbol::print))
        .collect();
    assert_eq!(symbols, told.iter().map(|chord| word(chord, "symbol")).collect::<Vec<_>>());
    // Each chord stands on the sheet when it sounds.
    let time = |n: usize| score.tempo.seconds(score.harmonies[n].0).0;
    for (n, chord) in told.iter().enumerate() {
        let heard = chord["start"].as_f64().unwrap() - told[0]["start"].as_f64().unwrap();
        assert!((time(n) - time(0) - heard).abs() < 0.2, "{n}: {} {heard}", time(n));
    }

    let labels: Vec<String> = lab::read(place.path("a.lab")).unwrap().into_iter().map(|s| s.2).collect();
    assert_eq!(labels, told.iter().map(|chord| word(chord, "label")).collect::<Vec<_>>());
    let read = jams::read(place.path("a.jams")).unwrap();
    assert_eq!((read.chords.len(), read.beats.len() as u64), (told.len(), beats));
    place.fails(
        &["analyze", "song.mid", "song.wav", "--romantext", "x"],
        2,
        "--romantext takes a single file",
    );
    place.fails(&["analyze", "song.mid", "--musicxml", "-"], 2, "only --json takes -");
}

#[test]
fn bad_files_are_four_and_are_named_with_the_reason() {
    let place = with_song();
    let (midi, wav) = (place.read("song.mid"), place.read("song.wav"));
    place.write("cut.mid", &midi[..midi.len() / 2]);
    place.write("cut.wav", &wav[..wav.len() / 2]);
    place.write("empty.mid", b"");
    place.write("random.mid", &noise(4_096));
    place.write("random.wav", &noise(4_096));
    place.write("half.mid", &[&midi[..20], &noise(2_000)[..]].concat());
    place.write("picture.mid", b"\x89PNG\r\n\x1a\n0000000000000000");
    // A note that is held for a day at the slowest pace that a delta time can tell.
    let long = b"MThd\0\0\0\x06\0\0\0\x01\0\x01MTrk\0\0\0\x14\0\x90\x3c\x40\xff\xff\xff\x7f\x80\x3c\x40\0\xff\x2f\0\0\0\0\0\0\0";
    place.write("long.mid", long);
    let mut huge = wav[..44].to_vec();
    huge[40..44].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
    place.write("huge.wav", &huge);
    let before = place.names(".");
    for (file, words) in [
        ("cut.mid", "byte"),
        ("cut.wav", "cut off"),
        ("empty.mid", "an empty file"),
        ("random.mid", "this release reads MIDI"),
        ("random.wav", "this release reads MIDI"),
        ("half.mid", "half.mid: "),
        ("picture.mid", "a PNG picture"),
        ("long.mid", "hours"),
        ("huge.wav", "huge.wav: "),
        ("none.mid", "cannot read"),
    ] {
        let ran = place.fails(&["analyze", file, "--json", "out.json", "--plot", "out.svg"], 4, words);
        assert!(ran.err.starts_with(&format!("kmidi: {file}: ")) && ran.out.is_empty(), "{}", ran.err);
        place.fails(&["features", file, "-o", "out.json"], 4, file);
        assert_eq!(place.names("."), before, "{file}");
    }
    // A wrong name is no fault: the content decides.
    place.write("song.txt", &midi);
    let told = |name: &str| place.done(&["analyze", name, "--json", "-"]).out.replace(name, "");
    assert_eq!(told("song.txt"), told("song.mid"));
}

#[test]
fn a_file_that_is_trusted_says_its_own_beats_and_keys() {
    let place = Place::new();
    let wish =
        ["a slow song", "--meter", "3/4", "--tempo", "77", "--key", "D minor", "--seed", "3", "-o", "w.mid"];
    place.done(&[&["compose"], &wish[..]].concat());
    let told = |more: &[&str]| -> Value {
        let ran = place.done(&[&["analyze", "w.mid", "--json", "-"], more].concat());
        serde_json::from_str(&ran.out).unwrap()
    };
    let (heard, trusted) = (told(&[]), told(&["--trust-file"]));
    let bpm = trusted["tempo"]["bpm"].as_f64().unwrap();
    assert!((bpm - 77.0).abs() < 0.01, "{bpm}");
    assert_eq!((&trusted["meter"]["numerator"], &trusted["meter"]["denominator"]), (&3.into(), &4.into()));
    let times = |of: &Value| of.as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect::<Vec<_>>();
    let (beats, downbeats) = (times(&trusted["beats"]), times(&trusted["downbeats"]));
    assert!(beats.windows(2).all(|pair| (pair[1] - pair[0] - 60.0 / 77.0).abs() < 1e-3), "{beats:?}");
    assert!(
        downbeats.windows(2).all(|pair| (pair[1] - pair[0] - 180.0 / 77.0).abs() < 1e-3),
        "{downbeats:?}"
    );
    assert_eq!((beats[0], downbeats[0], beats.len()), (0.0, 0.0, 3 * downbeats.len()));
    assert_eq!((&trusted["key"]["label"], &trusted["key"]["confidence"]), (&"D:min".into(), &1.0.into()));
    assert!(
        trusted["chords"]
            .as_array()
            .unwrap()
            .iter()
            .all(|chord| chord["key"] == "D:min" || chord["label"] == "N")
    );
    // What is heard is not what is written: the default listens.
    assert_ne!(heard["beats"], trusted["beats"]);
    place.fails(&["analyze", "w.mid", "--trust-file", "--causal"], 2, "--causal");
}

#[test]
fn what_is_left_of_a_cut_off_midi_file_is_analysed_when_asked() {
    let place = with_song();
    let midi = place.read("song.mid");
    place.write("in/cut.mid", &midi[..midi.len() * 2 / 3]);
    place.write("in/whole.mid", &midi);
    place.fails(&["analyze", "in/cut.mid"], 4, "--salvage");
    let ran = place.done(&["analyze", "in/cut.mid", "--salvage", "--json", "-"]);
    assert!(
        ran.err.starts_with("kmidi: in/cut.mid: byte ") && ran.err.contains("is cut off after"),
        "{}",
        ran.err
    );
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    let lost = answer["lost"].as_array().unwrap();
    assert_eq!((lost.len(), fields(&lost[0])), (ran.err.lines().count(), vec!["byte", "reason"]));
    assert_eq!(lost[0]["byte"], midi.len() * 2 / 3);
    assert!(!answer["chords"].as_array().unwrap().is_empty());
    let ran = place.done(&["analyze", "in", "--salvage", "--json", "out"]);
    assert_eq!(place.json("out/whole.json")["lost"].as_array().map(Vec::len), Some(0));
    assert_eq!((ran.out.lines().count(), place.json("out/cut.json")["lost"].as_array().unwrap()), (2, lost));
    place.write("head.mid", &midi[..10]);
    let ran = place.fails(&["analyze", "head.mid", "--salvage"], 4, "byte 10");
    assert!(!ran.err.contains("--salvage"), "{}", ran.err);
}

#[test]
fn packed_sound_is_heard_as_what_was_packed() {
    let corpus = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/sound"));
    let place = Place::new();
    for name in ["tone.flac", "tone.mp3", "tone.ogg"] {
        place.write(name, &std::fs::read(corpus.join(name)).unwrap());
    }
    let mut reader = kmidi::io::sound::SoundReader::open(place.path("tone.flac")).unwrap();
    let mut sound = vec![Vec::new(); reader.channels()];
    let frames = reader.read(&mut sound, 1 << 20).unwrap();
    let (rate, encoding) = (reader.sample_rate(), kmidi::io::wav::Encoding::Int(16));
    kmidi::io::wav::write_stereo(place.path("wave.wav"), rate, &sound[0], &sound[1], encoding).unwrap();
    let told = |name: &str| -> Value {
        let mut answer: Value =
            serde_json::from_str(&place.done(&["analyze", name, "--json", "-"]).out).unwrap();
        answer["file"] = Value::Null;
        answer
    };
    let wave = told("wave.wav");
    assert_eq!(wave["duration"], frames as f64 / f64::from(rate));
    assert_eq!(told("tone.flac"), wave, "to the last digit");
    for name in ["tone.mp3", "tone.ogg"] {
        let answer = told(name);
        let chords = |answer: &Value| {
            answer["chords"].as_array().unwrap().iter().map(|c| c["label"].clone()).collect::<Vec<_>>()
        };
        assert_eq!((chords(&answer), &answer["duration"]), (chords(&wave), &wave["duration"]), "{name}");
        assert_eq!(
            answer["onsets"].as_array().map(Vec::len),
            wave["onsets"].as_array().map(Vec::len),
            "{name}"
        );
    }
    let cut = place.read("tone.flac");
    place.write("cut.flac", &cut[..cut.len() / 2]);
    place.fails(&["analyze", "cut.flac", "--salvage"], 4, "cut.flac: frame ");
}

#[test]
fn a_folder_is_walked() {
    let place = with_song();
    let midi = place.read("song.mid");
    for name in ["in/a.mid", "in/b.MID", "in/deep/a.mid", "in/twin.mid", "in/.hidden.mid", "in/notes.txt"] {
        place.write(name, &midi);
    }
    place.write("in/twin.wav", &place.read("song.wav"));
    let ran = place.done(&["analyze", "in", "--json", "out"]);
    assert_eq!(place.names("out"), ["a.json", "b.json", "deep", "twin.mid.json", "twin.wav.json"]);
    assert_eq!(place.names("out/deep"), ["a.json"]);
    assert_eq!(place.json("out/deep/a.json")["file"], "in/deep/a.mid");
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (5, ""), "{}", ran.out);
    let alone: Value =
        serde_json::from_str(&place.done(&["analyze", "in/a.mid", "--json", "-"]).out).unwrap();
    assert_eq!(place.json("out/a.json"), alone, "threads change nothing");

    let lines = place.done(&["analyze", "in", "song.wav", "--json", "-"]).out;
    let files: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let files: Vec<&str> = files.iter().map(|answer| answer["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["in/a.mid", "in/b.MID", "in/deep/a.mid", "in/twin.mid", "in/twin.wav", "song.wav"]);

    place.fails(&["analyze", "in", "--lab", "x.lab"], 2, "--lab takes a single file");
    place.fails(&["analyze", "in/a.mid", "in/deep/a.mid", "--json", "two"], 2, "one name");
    place.write("bare/notes.txt", b"x");
    place.fails(&["analyze", "bare"], 4, "bare: no file ending in .mid");
}

#[test]
fn one_bad_file_does_not_hide_the_others() {
    let place = with_song();
    place.write("in/bad.mid", b"MThd");
    place.write("in/good.mid", &place.read("song.mid"));
    place.write("in/worse.wav", b"");
    let ran = place.fails(&["analyze", "in", "--json", "out"], 4, "in/bad.mid: ");
    assert!(ran.err.contains("in/worse.wav: ") && ran.out.contains("in/good.mid"), "{}", ran.err);
    assert_eq!(place.names("out"), ["good.json"]);
}

#[test]
fn features_are_the_engine_s_evidence() {
    let place = with_song();
    place.done(&["features", "song.wav", "-o", "features.json"]);
    let features = place.json("features.json");
    assert_eq!(fields(&features), ["duration", "file", "harmony", "hop", "rhythm", "schema"]);
    assert_eq!((&features["schema"], &features["hop"]), (&"kmidi.features/1".into(), &0.01.into()));
    assert_eq!(fields(&features["rhythm"]), ["beat", "downbeat", "heard", "played", "time"]);
    assert_eq!(fields(&features["harmony"]), ["bass", "chords", "chroma", "states", "time", "tones"]);
    let list = |part: &str, column: &str| features[part][column].as_array().unwrap().clone();
    let times: Vec<f64> = list("rhythm", "time").iter().map(|time| time.as_f64().unwrap()).collect();
    // The first windows reach back before the start, and are said to be at the start.
    let even = |pair: &[f64]| pair[0] == 0.0 || (pair[1] - pair[0] - 0.01).abs() < 1e-9;
    assert!(times.windows(2).all(even), "the hop is even");
    assert!((times.len() as f64 * 0.01 - features["duration"].as_f64().unwrap()).abs() < 0.1);
    for (part, column, width) in [
        ("rhythm", "heard", 128),
        ("rhythm", "played", 14),
        ("harmony", "chroma", 12),
        ("harmony", "bass", 12),
    ] {
        let rows = list(part, column);
        assert_eq!(rows.len(), list(part, "time").len());
        assert!(rows.iter().all(|row| numbers(row) == width), "{column}");
    }
    let states = list("harmony", "states");
    assert_eq!((&states[0], states.last().unwrap()), (&"C:maj".into(), &"N".into()));
    assert!(list("harmony", "chords").iter().all(|row| numbers(row) == states.len()));
    let stdout: Value = serde_json::from_str(&place.done(&["features", "song.wav"]).out).unwrap();
    assert_eq!(stdout, features);
}
