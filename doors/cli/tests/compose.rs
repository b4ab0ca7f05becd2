//! `kmidi compose`.

mod common;

use common::{Place, begins, numbers};
use kmidi::io::smf;
use kmidi::studio::compose::intent_from_json;

const TEXT: &str = "bittersweet, then hopeful";

#[test]
fn the_plan_is_printed_and_the_files_are_there() {
    let place = Place::new();
    let ran = place.done(&["compose", TEXT, "-o", "song.mid", "--wav", "song.wav", "--plot", "song.svg"]);
    assert_eq!(place.names("."), ["song.mid", "song.svg", "song.wav"]);
    assert!(begins(&place.path("song.mid"), b"MThd"));
    assert!(begins(&place.path("song.wav"), b"RIFF"));
    assert!(String::from_utf8(place.read("song.svg")).unwrap().contains("<svg"));
    let song = smf::read(place.path("song.mid")).unwrap();
    assert!(song.recipe().unwrap().contains(TEXT));
    for words in ["Bittersweet, Then Hopeful", "BPM", "seed 0", "verse (A)", "| I", "why", "tempo", "wrote"] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
    assert!(ran.err.is_empty(), "{}", ran.err);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let place = Place::new();
    for (name, seed) in [("a", "7"), ("b", "7"), ("c", "8")] {
        let [midi, wav, svg] = ["mid", "wav", "svg"].map(|ending| format!("{name}.{ending}"));
        place.done(&[
            "compose", TEXT, "--bars", "8", "--seed", seed, "-o", &midi, "--wav", &wav, "--plot", &svg,
        ]);
    }
    for ending in ["mid", "wav", "svg"] {
        let read = |name: &str| place.read(&format!("{name}.{ending}"));
        assert!(read("a") == read("b"), "{ending} differs with one seed");
        assert!(read("a") != read("c"), "{ending} is the same with two seeds");
    }
}

#[test]
fn the_plan_as_json_holds_the_wishes() {
    let place = Place::new();
    let args = ["compose", "--valence", "-0.5", "--arousal", "0.25", "--key", "F# minor", "--tempo", "93.5"];
    let more = [
        "--meter",
        "6/8",
        "--bars",
        "24",
        "--form",
        "ABA",
        "--style",
        "song",
        "--seed",
        "18446744073709551615",
    ];
    let ran = place.done(&[&args[..], &more, &["--json", "-"]].concat());
    let plan: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&plan["schema"], &plan["key"], &plan["meter"]),
        (&"kmidi.plan/1".into(), &"F#:min".into(), &"6/8".into())
    );
    assert_eq!((&plan["tempo"], &plan["bars"], &plan["style"]), (&93.5.into(), &24.into(), &"song".into()));
    assert_eq!(plan["seed"], u64::MAX);
    assert_eq!(plan["sections"].as_array().unwrap().len(), 3);
    assert!(plan["chords"][0]["why"].as_str().is_some_and(|why| !why.is_empty()));
    assert!(numbers(&plan) > 50);
    let intent = intent_from_json(&plan["intent"].to_string()).unwrap();
    assert_eq!((intent.seed, intent.arc[0].1.valence, intent.bars), (u64::MAX, -0.5, Some(24)));
}

#[test]
fn harmony_that_is_asked_for_is_played() {
    let place = Place::new();
    let symbols = |args: &[&str]| -> Vec<String> {
        let ran = place.done(&[&["compose", "calm", "--bars", "4", "--json", "-"], args].concat());
        let plan: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        plan["chords"].as_array().unwrap().iter().map(|c| c["symbol"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(symbols(&["--chords", "Cmaj7 A7/C#, | Dm7 G7"]), ["Cmaj7", "A7/C#", "Dm7", "G7"]);
    assert_eq!(symbols(&["--progression", "I V vi IV", "--key", "D"]), ["D", "A", "Bm", "G"]);
    assert_eq!(
        symbols(&["--chords", "[C G/B] Am | [F, G]", "--meter", "3/4"]),
        ["C", "G/B", "Am", "F", "G", "C", "G/B"]
    );
    place.fails(&["compose", "calm", "--chords", "C [G Am"], 2, "not closed");
    place.fails(
        &["compose", "calm", "--chords", "C [G Am F]", "--meter", "2/4"],
        2,
        "bar 2 has 3 chords, and a bar of 2/4 has 2 felt beats",
    );
    place.fails(&["compose", "calm", "--style", "jaz"], 2, "did you mean jazz-swing? use song");
    place.write("wish.toml", b"text = \"calm\"\n# the tune\nmelody = \"gone.mid\"\n");
    place.fails(&["compose", "--intent", "wish.toml"], 4, "wish.toml: line 3: melody: gone.mid: cannot read");
    place.fails(&["compose", "--intent", "wish.toml", "--melody", "no.mid"], 4, "no.mid: cannot read");
    let arc = place.done(&["compose", "--arc", "0:-0.6,-0.4 1:0.7,0.3", "--json", "-"]).out;
    let plan: serde_json::Value = serde_json::from_str(&arc).unwrap();
    let valence = |n: usize| plan["sections"][n]["valence"].as_f64().unwrap();
    assert!(valence(0) < -0.5 && valence(3) > 0.6, "{plan}");
}

#[test]
fn variations_are_numbered_and_keep_their_seeds() {
    let place = Place::new();
    let ran = place.done(&[
        "compose",
        "calm",
        "--bars",
        "8",
        "--seed",
        "5",
        "--variations",
        "3",
        "-o",
        "a.b.mid",
        "--json",
        "plan",
    ]);
    assert_eq!(place.names("."), ["a.b-1.mid", "a.b-2.mid", "a.b-3.mid", "plan-1", "plan-2", "plan-3"]);
    for (n, seed) in [(1, 5), (2, 6), (3, 7)] {
        let song = smf::read(place.path(&format!("a.b-{n}.mid"))).unwrap();
        assert!(song.recipe().unwrap().contains(&format!("\"seed\":{seed}")));
        assert_eq!(place.json(&format!("plan-{n}"))["seed"], seed);
        assert!(ran.out.contains(&format!("seed {seed}")), "{}", ran.out);
    }
    place.done(&["compose", "calm", "--bars", "8", "--seed", "6", "-o", "alone.mid"]);
    assert_eq!(place.read("alone.mid"), place.read("a.b-2.mid"));
    let lines = place.done(&["compose", "calm", "--bars", "8", "--variations", "2", "--json", "-"]).out;
    assert_eq!(
        lines.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()).count(),
        2
    );
}

#[test]
fn styles_are_listed_and_read_from_files() {
    let place = Place::new();
    let listed = place.done(&["compose", "--styles"]).out;
    assert!(listed.lines().count() > 12 && listed.lines().any(|l| l.starts_with("bossa-nova ")), "{listed}");
    let waltz =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../styles/waltz.toml")).unwrap();
    place.write("mine.toml", waltz.replacen("\"waltz\"", "\"mine\"", 1).as_bytes());
    let told = place.done(&["compose", "calm", "--style", "mine.toml", "-o", "a.mid"]).out;
    assert!(told.contains("3/4") && told.contains("style mine"), "{told}");
    place.done(&["compose", "calm", "--style", "waltz", "-o", "b.mid"]);
    let notes =
        |name: &str| smf::read(place.path(name)).unwrap().tracks.into_iter().skip(1).collect::<Vec<_>>();
    assert_eq!(notes("a.mid"), notes("b.mid"));
    // The song carries the style: it is made again, and worked on, without the file.
    std::fs::remove_file(place.path("mine.toml")).unwrap();
    place.done(&["compose", "--from", "a.mid", "-o", "again.mid"]);
    assert_eq!(place.read("a.mid"), place.read("again.mid"));
    place.done(&["compose", "--from", "a.mid", "--bars-again", "2-3", "-o", "other.mid"]);
    assert_ne!(notes("a.mid"), notes("other.mid"));
    place.done(&["compose", "--from", "other.mid", "-o", "again.mid"]);
    assert_eq!(place.read("other.mid"), place.read("again.mid"));
    // So it does with a groove that is a file.
    let groove = concat!(env!("CARGO_MANIFEST_DIR"), "/../../grooves/bossa-nova.json");
    place.write("sway.json", &std::fs::read(groove).unwrap());
    let text =
        waltz.replacen("\"waltz\"", "\"mine\"", 1).replacen("form =", "groove = \"sway.json\"\nform =", 1);
    place.write("mine.toml", text.as_bytes());
    place.done(&["compose", "calm", "--style", "mine.toml", "--meter", "4/4", "-o", "swayed.mid"]);
    std::fs::remove_file(place.path("mine.toml")).unwrap();
    std::fs::remove_file(place.path("sway.json")).unwrap();
    let again = place.done(&["compose", "--from", "swayed.mid", "-o", "again.mid"]);
    assert_eq!(place.read("swayed.mid"), place.read("again.mid"));
    assert!(!again.err.contains("other weights"), "{}", again.err);
    // Other weights of a model are told.
    let mut bytes = place.read("a.mid");
    let name = b"\"melody\":\"";
    let at = bytes.windows(name.len()).position(|w| w == name).unwrap() + name.len();
    bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
    place.write("other.mid", &bytes);
    let ran = place.done(&["compose", "--from", "other.mid", "-o", "again.mid"]);
    assert!(ran.err.contains("other weights of the model melody"), "{}", ran.err);
    place.write("mine.toml", waltz.replacen("\"waltz\"", "\"mine\"", 1).as_bytes());
    place.write("wrong.toml", waltz.replacen("84", "840", 1).as_bytes());
    place.fails(
        &["compose", "calm", "--style", "wrong.toml", "-o", "c.mid"],
        4,
        "wrong.toml: style: TOML parse error at line 3",
    );
    place.fails(&["compose", "calm", "--style", "none.toml", "-o", "c.mid"], 4, "none.toml");
    place.fails(&["compose", "calm", "--style", "mine.toml", "--plot", "mine.toml"], 2, "is also read");
    assert!(!place.path("c.mid").exists());
}

#[test]
fn what_cannot_be_written_or_played_is_four_and_leaves_nothing() {
    let place = Place::new();
    place.write("text.sf2", b"not a SoundFont");
    place.write("folder/old.mid", b"old");
    for (args, words) in [
        (
            ["-o", "no/such/song.mid", "--wav", "song.wav"],
            "no/such/song.mid: cannot write: there is no folder no/such",
        ),
        (["-o", "folder", "--wav", "song.wav"], "folder: this is a folder"),
        (["-o", "text.sf2/song.mid", "--wav", "song.wav"], "text.sf2/song.mid: cannot write"),
        (["--wav", "song.wav", "--soundfont", "text.sf2"], "text.sf2: the SoundFont cannot be used"),
        (["--wav", "song.wav", "--soundfont", "none.sf2"], "none.sf2: cannot read"),
        (["--wav", "song.wav", "--soundfont", "folder"], "folder: "),
    ] {
        place.fails(&[&["compose", "calm", "--bars", "4"], &args[..]].concat(), 4, words);
        assert_eq!(place.names("."), ["folder", "text.sf2"], "{args:?}");
    }
    place.fails(&["compose", "calm", "--wav", "text.sf2", "--soundfont", "text.sf2"], 2, "is also read");
    assert_eq!(place.read("text.sf2"), b"not a SoundFont");
}

#[test]
fn a_song_without_files_is_only_told() {
    let place = Place::new();
    let ran = place.done(&["compose"]);
    assert!(ran.err.contains("nothing was written; -o song.mid"), "{}", ran.err);
    assert!(ran.out.contains("BPM") && place.names(".").is_empty());
}

#[test]
fn variations_have_scores_that_add_up() {
    let place = Place::new();
    let lines = place.done(&["compose", "hopeful", "--bars", "16", "--variations", "4", "--json", "-"]).out;
    let mut totals = Vec::new();
    for line in lines.lines() {
        let score = &serde_json::from_str::<serde_json::Value>(line).unwrap()["score"];
        let terms = score["terms"].as_array().unwrap();
        let sum: f64 = terms.iter().map(|term| term[1].as_f64().unwrap()).sum();
        assert!((sum - score["total"].as_f64().unwrap()).abs() < 1e-6 && terms.len() > 5, "{score}");
        assert!(terms.iter().all(|term| term[2].as_str().is_some_and(|why| !why.is_empty())), "{score}");
        totals.push(score["total"].as_f64().unwrap());
    }
    assert_eq!(totals.len(), 4);
    let most = totals.iter().copied().fold(f64::MIN, f64::max);
    let told = place.done(&["compose", "hopeful", "--bars", "16", "--variations", "4"]).out;
    assert!(
        told.contains(&format!("highest score: {most:.2}")) && told.matches("motif returns").count() == 4,
        "{told}"
    );
}

#[test]
fn broken_rules_are_listed_marked_and_explained() {
    let place = Place::new();
    let listed = place.done(&["compose", "--breaks"]).out;
    assert!(listed.lines().filter(|line| !line.starts_with(' ')).count() >= 20, "{listed}");
    let wish = ["compose", "grieving", "--break", "open-ending", "--break", "grand-pause", "-o", "song.mid"];
    let told = place.done(&[&wish[..], &["--json", "plan.json", "--save-intent", "wish.toml"]].concat()).out;
    assert!(told.contains("grand-pause, bar "), "{told}");
    let markers = smf::read(place.path("song.mid")).unwrap().markers;
    for name in ["open-ending", "grand-pause"] {
        assert_eq!(markers.iter().filter(|m| m.text == format!("break: {name}")).count(), 1, "{markers:?}");
    }
    assert_eq!(place.json("plan.json")["breaks"].as_array().map(Vec::len), Some(2));
    for args in [["--from", "song.mid"], ["--intent", "wish.toml"]] {
        place.done(&[&["compose"], &args[..], &["-o", "again.mid"]].concat());
        assert_eq!(place.read("song.mid"), place.read("again.mid"), "{args:?}");
    }
    place.fails(&["compose", "calm", "--break", "smash"], 2, "use open-ending");
    place.fails(&["compose", "calm", "--break", "open-ending", "--chords", "C G"], 2, "are given");
    place.write("wish.toml", b"text = \"calm\"\nbreaks = [\"smash\"]\n");
    place.fails(&["compose", "--intent", "wish.toml"], 4, "line 2: breaks");
}

#[test]
fn stems_together_are_the_song_and_the_lead_sheet_is_drawn() {
    use kmidi::io::smf::Pedal;
    let place = Place::new();
    let wish = ["compose", "happy", "--style", "rock", "--bars", "16", "-o", "song.mid"];
    place.done(&[&wish[..], &["--stems", "parts", "--lead-sheet", "sheet.svg"]].concat());
    let whole = smf::read(place.path("song.mid")).unwrap();
    let names = place.names("parts");
    assert_eq!(names.len(), 4, "{names:?}");
    let sounding = |file: &smf::SmfFile| {
        file.notes(Pedal::Ignored)
            .iter()
            .map(|n| (n.onset, n.end, n.channel, n.program, n.pitch, n.velocity))
            .collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    for name in &names {
        let stem = smf::read(place.path(&format!("parts/{name}"))).unwrap();
        assert_eq!(
            (&stem.tempo, &stem.markers, stem.end()),
            (&whole.tempo, &whole.markers, whole.end()),
            "{name}"
        );
        all.extend(sounding(&stem));
    }
    let mut expected = sounding(&whole);
    all.sort_unstable();
    expected.sort_unstable();
    assert_eq!(all, expected);
    let sheet = String::from_utf8(place.read("sheet.svg")).unwrap();
    assert!(
        sheet.contains("<svg") && sheet.contains("verse") && sheet.matches("<ellipse").count() > 20,
        "{sheet}"
    );
    let ran = ["compose", "happy", "--style", "rock", "--bars", "16", "--lead-sheet", "sheet.musicxml"];
    place.done(&ran);
    let score = kmidi::io::musicxml::read(place.path("sheet.musicxml")).unwrap();
    let song = smf::song_of(&whole).unwrap().0;
    let tune = &song.track(kmidi::music::song::Role::Melody).unwrap().notes;
    assert_eq!((score.parts.len(), score.parts[0].notes.len()), (1, tune.len()));
    let (chords, sections) = (score.harmonies.len(), score.sections.len());
    assert_eq!((chords, sections), (song.chords.len(), song.sections.len()));
    assert!(score.parts[0].notes.iter().all(|n| (n.onset.0 * 4) % u64::from(score.tempo.ppq()) == 0));
    // A note that is held over a bar line is written as two that are tied, and read as one.
    let mut held = song;
    held.tracks.retain(|track| track.role == kmidi::music::song::Role::Melody);
    let bar = u64::from(held.tempo.ppq()) * 4;
    let note = |at: u64| kmidi::music::Note {
        onset: kmidi::music::Ticks(at * bar + bar / 2),
        duration: kmidi::music::Ticks(bar),
        pitch: 67,
        velocity: 80,
    };
    held.tracks[0].notes = (0..6).map(note).collect();
    kmidi::save_midi(&held, place.path("held.mid")).unwrap();
    place.done(&["compose", "happy", "--melody", "held.mid", "--lead-sheet", "held.musicxml"]);
    let text = String::from_utf8(place.read("held.musicxml")).unwrap();
    let count = |what: &str| text.matches(what).count();
    assert_eq!((count("<tie type=\"start\""), count("<tied type=\"stop\"")), (6, 6), "{text}");
    let read = kmidi::io::musicxml::read(place.path("held.musicxml")).unwrap();
    let lengths: Vec<u64> =
        read.parts[0].notes.iter().map(|n| n.duration.0 * 480 / u64::from(read.tempo.ppq())).collect();
    assert_eq!(lengths, [1_920; 6]);
    place.fails(&["compose", "calm", "--stems", "song.mid"], 4, "no folder");
    place.fails(&["compose", "calm", "--stems", "none/parts"], 4, "there is no folder none");
}
