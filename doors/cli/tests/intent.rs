//! `kmidi compose --intent` and `--save-intent`.

mod common;

use common::Place;
use kmidi::io::smf;

const FILE: &str = "text = \"sad, then hopeful\"\nkey = \"D minor\"\ntempo = 84.5\nmeter = \"3/4\"\nbars = 16\nform = \"AABA\"\nstyle = \"folk\"\nseed = 9\n";

#[test]
fn a_file_is_the_options_and_options_override_it() {
    let place = Place::new();
    place.write("wish.toml", FILE.as_bytes());
    place.done(&["compose", "--intent", "wish.toml", "-o", "file.mid"]);
    let options = [
        "compose",
        "sad, then hopeful",
        "--key",
        "D minor",
        "--tempo",
        "84.5",
        "--meter",
        "3/4",
        "--bars",
        "16",
        "--form",
        "AABA",
        "--style",
        "folk",
        "--seed",
        "9",
        "-o",
        "options.mid",
    ];
    place.done(&options);
    assert_eq!(place.read("file.mid"), place.read("options.mid"));
    let told = place
        .done(&["compose", "--intent", "wish.toml", "angry", "--seed", "3", "--key", "E", "--json", "-"])
        .out;
    let plan: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&plan["key"], &plan["seed"], &plan["tempo"]), (&"E:maj".into(), &3.into(), &84.5.into()));
    assert_eq!(plan["intent"]["text"], "angry");
}

#[test]
fn what_is_saved_makes_the_song_again() {
    let place = Place::new();
    place.write("folder/none", b"");
    let wish = [
        "compose",
        "--arc",
        "0:-0.6,-0.4 1:0.7,0.3",
        "--chords",
        "C | Am F, G",
        "--seed",
        "18446744073709551615",
    ];
    for name in ["wish.toml", "wish.json", "folder/wish.toml"] {
        let all = [&wish[..], &["--bars", "12", "--save-intent", name, "-o", "first.mid"]].concat();
        place.done(&all);
        place.done(&["compose", "--intent", name, "-o", "again.mid"]);
        assert_eq!(place.read("first.mid"), place.read("again.mid"), "{name}");
    }
    // A style beside the file is found from another folder.
    let waltz = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../styles/waltz.toml")).unwrap();
    place.write("folder/mine.toml", &waltz);
    place.write("folder/styled.toml", b"style = \"mine.toml\"\nbars = 8\n");
    place.done(&["compose", "--intent", "folder/styled.toml", "--save-intent", "moved.toml", "-o", "a.mid"]);
    place.done(&["compose", "--intent", "moved.toml", "-o", "b.mid"]);
    assert_eq!(place.read("a.mid"), place.read("b.mid"));
    assert_eq!(smf::read(place.path("a.mid")).unwrap().meters[0].1.to_string(), "3/4");
}

#[test]
fn mistakes_point_at_line_and_field_and_leave_nothing() {
    let place = Place::new();
    let check = |name: &str, text: &str, words: &[&str]| {
        place.write(name, text.as_bytes());
        let ran =
            place.fails(&["compose", "--intent", name, "-o", "song.mid", "--save-intent", "o.toml"], 4, name);
        assert!(
            words.iter().all(|word| ran.err.contains(word)),
            "{text:?}: {:?} lacks one of {words:?}",
            ran.err
        );
        assert!(!place.path("song.mid").exists() && !place.path("o.toml").exists());
    };
    for (text, words) in [
        ("key = \"H\"", &["line 1: key", "^"][..]),
        ("text = \"calm\"\n\nmeter = \"7/9\"\n", &["line 3: meter"]),
        ("meter = \"7/8\"", &["line 1: meter", "use 2/2"]),
        ("tempo = 9", &["line 1: tempo", "20 to 400"]),
        ("bars = 0", &["line 1: bars", "1 to 512"]),
        ("form = \"A2\"", &["line 1: form", "is not a section"]),
        ("seed = 1\nstyle = \"polka\"", &["line 2: style", "polka"]),
        ("text = \"xyzzy\"", &["line 1: text"]),
        ("arc = \"0:0,0 x\"", &["line 1: arc", "^"]),
        ("valence = 0.2", &["line 1: valence", "arousal"]),
        ("text = \"calm\"\nemotion = \"sad\"", &["line 2: emotion", "already"]),
        ("chords = \"C Hm\"", &["line 1: chords", "^"]),
        ("progression = \"I IX\"", &["line 1: progression", "^"]),
        ("variations = 2000", &["line 1: variations"]),
        ("tempo = \"fast\"", &["line 1: tempo"]),
        ("tmepo = 90", &["line 1: ", "tmepo"]),
        ("tempo = ", &["line 1: "]),
    ] {
        check("wish.toml", text, words);
    }
    check("wish.json", "{\n \"text\": \"calm\",\n \"key\": \"H\"\n}", &["line 3: key"]);
    check("wish.json", "{\n \"tempo\": \"fast\"}", &["line 2: tempo"]);
    place.fails(&["compose", "--intent", "none.toml"], 4, "none.toml");
    place.write("wish.toml", b"key = \"H\"");
    // What an option overrides is not read; what an option says wrongly is wrong usage.
    place.done(&["compose", "--intent", "wish.toml", "--key", "C", "-o", "song.mid"]);
    place.fails(&["compose", "--intent", "wish.toml", "--key", "J"], 2, "--key");
    place.fails(
        &["compose", "--intent", "wish.toml", "--key", "C", "--save-intent", "wish.toml"],
        2,
        "is also read",
    );
}

/// Runs the program with these lines as its input.
fn piped(place: &Place, args: &[&str], lines: &str) -> (i32, String, String) {
    use std::io::Write;
    let mut command = place.command(args);
    let pipe = std::process::Stdio::piped;
    let mut child = command.stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ended.status.code().unwrap_or(-1), text(ended.stdout), text(ended.stderr))
}

#[test]
fn seven_questions_make_an_intent_file_and_a_song() {
    let place = Place::new();
    let lines = "grieving\npeaceful\n\nangry\nballad\nslow\nshort\n";
    let (code, out, err) =
        piped(&place, &["compose", "--ask", "--save-intent", "mine.toml", "-o", "song.mid"], lines);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("1/7") && err.contains("7/7") && !err.contains("8/"), "{err}");
    assert!(err.contains("mine.toml") && out.contains("Grieving, Then Peaceful"), "{err}{out}");
    place.done(&["compose", "--intent", "mine.toml", "-o", "again.mid"]);
    assert_eq!(place.read("song.mid"), place.read("again.mid"));
    let file = String::from_utf8(place.read("mine.toml")).unwrap();
    for line in [
        "now = \"grieving\"",
        "longing = \"peaceful\"",
        "kept = \"angry\"",
        "style = \"ballad\"",
        "bars = 16",
    ] {
        assert!(file.contains(line), "{file}");
    }
    assert_eq!(err.matches("] > ").count() + err.matches("     > ").count(), 7, "a prompt a question: {err}");
    // Enter, or the end of the input, takes every default; a file that is there is not written over.
    place.write("intent.toml", b"mine");
    let (code, out, err) = piped(&place, &["compose", "--ask", "--json", "-"], "");
    assert_eq!(code, 0, "{err}");
    assert!(
        serde_json::from_str::<serde_json::Value>(&out).is_ok() && err.contains("intent-2.toml"),
        "{err}"
    );
    assert_eq!(place.read("intent.toml"), b"mine");
    let (code, _, err) = piped(&place, &["compose", "--ask", "--save-intent", "x.json"], "xyzzy\n");
    assert!(code == 4 && err.contains("xyzzy") && !place.path("x.json").exists(), "{err}");
}
