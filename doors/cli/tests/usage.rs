//! Help, wrong usage, and what the program is to the shell around it.

mod common;

use common::Place;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// The verbs of this release.
const VERBS: [&str; 11] = [
    "compose",
    "analyze",
    "harmony",
    "groove",
    "emotion",
    "features",
    "eval",
    "models",
    "bench",
    "completions",
    "man",
];

#[test]
fn help_lists_the_verbs_that_there_are_and_no_others() {
    let place = Place::new();
    let help = place.done(&["--help"]).out;
    let listed: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(listed, [&VERBS[..], &["help"]].concat());
    assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
    for verb in VERBS {
        let help = place.done(&[verb, "--help"]).out;
        assert!(help.contains(&format!("Usage: kmidi {verb}")), "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    }
    for verb in ["live", "serve"] {
        place.fails(&[verb], 2, "unrecognized subcommand");
    }
}

#[test]
fn wrong_usage_is_two_and_writes_nothing() {
    let place = Place::new();
    for (args, words) in [
        (&[][..], "Usage: kmidi"),
        (&["compose", "--bars", "many", "-o", "a.mid"], "--bars"),
        (&["compose", "calm", "--emotion", "sad", "-o", "a.mid"], "cannot be used with"),
        (&["compose", "--valence", "0.5", "-o", "a.mid"], "--arousal"),
        (&["compose", "--valence", "1.5", "--arousal", "0", "-o", "a.mid"], "-1 to 1"),
        (
            &["compose", "calm", "--style", "polka", "-o", "a.mid"],
            "there is no style \"polka\"; use song, ballad",
        ),
        (&["compose", "calm", "--bars", "0", "-o", "a.mid"], "1 to 512"),
        (&["compose", "calm", "--tempo", "nan", "-o", "a.mid"], "20 to 400"),
        (&["compose", "calm", "--form", "AxB", "-o", "a.mid"], "AxB"),
        (&["compose", "calm", "--variations", "0", "-o", "a.mid"], "--variations"),
        (&["compose", "calm", "-o", "a.mid", "--json", "./a.mid"], "written twice"),
        (&["compose", "calm", "--soundfont", "a.sf2", "-o", "a.mid"], "--wav"),
        (&["compose", "calm", "--chords", "C", "--progression", "I", "-o", "a.mid"], "cannot be used with"),
        (&["compose", "--emotion", "sad, then glad", "-o", "a.mid"], "one feeling, not 2"),
        (&["compose", "calm", "-o", "-"], "only --json takes -"),
        (&["analyze", "a.mid", "--lab", "-"], "only --json takes -"),
        (&["analyze"], "FILE"),
        (&["eval", "audio", ".", "--min", "beat_f", "--json", "a.json"], "METRIC=X"),
        (&["eval", "audio", ".", "--limit", "0"], "--limit"),
        (&["eval", "video", "."], "video"),
    ] {
        place.fails(args, 2, words);
        assert!(place.names(".").is_empty(), "{args:?} left {:?}", place.names("."));
    }
}

#[test]
fn a_wrong_word_is_pointed_at() {
    let place = Place::new();
    for (args, shown) in [
        (["compose", "--chords", "Cmaj7 é H7 G"], "\n  Cmaj7 é H7 G\n        ^"),
        (["compose", "--chords", "Cmaj7 日本 H7 G"], "\n  Cmaj7 日本 H7 G\n        ^"),
        (["compose", "--chords", "C | G7, | 7x"], "\n  C | G7, | 7x\n            ^"),
        (["compose", "--progression", "I V nope IV"], "\n  I V nope IV\n      ^"),
        (["compose", "--key", "H minor"], "\n  H minor\n  ^"),
        (["compose", "--meter", "4/5"], "\n  4/5\n  "),
        (["compose", "--arc", "0:-0.6,-0.4 2:0.7,0.3"], "\n  0:-0.6,-0.4 2:0.7,0.3\n              ^"),
    ] {
        let ran = place.fails(&args, 2, shown);
        assert!(ran.out.is_empty(), "{args:?} printed {}", ran.out);
    }
    for (args, shown) in [
        (["compose", "--emotion", "qwertz"], "\n  qwertz\n  ^"),
        (["compose", "--seed=1", "qwertz"], "\n  qwertz\n  ^"),
        (
            ["compose", "--seed=1", "bittersweet, then xyzzy"],
            "nothing understood in stage 2: xyzzy; did you mean",
        ),
        (
            ["compose", "--seed=1", "bittersweet, then xyzzy"],
            "\n  bittersweet, then xyzzy\n                    ^",
        ),
    ] {
        let ran = place.fails(&args, 4, shown);
        assert!(ran.out.is_empty(), "{args:?} printed {}", ran.out);
    }
    assert!(place.done(&["compose", "a rainy, calm song"]).err.contains("not understood: rainy"));
}

#[test]
fn pipes_get_no_colours_and_may_close() {
    let place = Place::new();
    let plain = place.done(&["compose", "calm"]);
    assert!(!plain.out.contains('\x1b') && !plain.err.contains('\x1b'));
    assert!(!place.run(&["compose", "qwertz"]).err.contains('\x1b'));
    assert!(!place.done(&["--help"]).out.contains('\x1b'));

    place.done(&["compose", "calm", "--bars", "64", "-o", "long.mid"]);
    for args in [&["features", "long.mid"][..], &["compose", "calm", "--bars", "512"], &["man"]] {
        let mut child = place.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::with_capacity(16, child.stdout.take().unwrap());
        out.fill_buf().unwrap();
        drop(out); // the reader goes after a few bytes, as `head` does
        let ended = child.wait_with_output().unwrap();
        let err = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{args:?}: {err}");
        assert!(!err.contains("panicked") && !err.contains("standard output"), "{args:?}: {err}");
    }
}

/// A terminal of the system's own making; where `script` is not there, colours on a terminal are not tested.
#[cfg(target_os = "linux")]
#[test]
fn no_color_is_respected_on_a_terminal() {
    let place = Place::new();
    let on_terminal = |no_color: &str| {
        let program = env!("CARGO_BIN_EXE_kmidi");
        let mut command = std::process::Command::new("script");
        command.args(["-qec", &format!("{program} compose calm"), "/dev/null"]).stdin(Stdio::null());
        command.env("NO_COLOR", no_color).env("TERM", "xterm").current_dir(place.path("."));
        command.output().ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (Some(coloured), Some(plain)) = (on_terminal(""), on_terminal("1")) else { return };
    assert!(coloured.contains("\x1b[1m"), "{coloured:?}");
    assert!(plain.contains("why") && !plain.contains("\x1b["), "{plain:?}");
}

#[test]
fn version_completions_and_manual() {
    let place = Place::new();
    assert_eq!(place.done(&["--version"]).out, concat!("kmidi ", env!("CARGO_PKG_VERSION"), "\n"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.done(&["completions", shell]).out;
        assert!(script.contains("compose") && script.contains("soundfont"), "{shell}");
    }
    place.fails(&["completions", "tcsh"], 2, "tcsh");
    let manual = place.done(&["man"]).out;
    for title in [
        ".TH kmidi 1",
        ".TH kmidi-compose 1",
        ".TH kmidi-eval-audio 1",
        ".TH kmidi-harmony-name 1",
        ".TH kmidi-emotion 1",
    ] {
        assert!(manual.contains(title), "{title}");
    }
}

#[test]
fn a_song_does_not_go_into_a_file_that_is_named_as_something_else() {
    let place = Place::new();
    for (file, option) in [("song.wav", "--wav"), ("song.musicxml", "--musicxml"), ("song.svg", "--plot")] {
        place.fails(&["compose", "calm", "--bars", "4", "-o", file], 2, option);
        assert!(!place.path(file).exists());
    }
    place.done(&["compose", "calm", "--bars", "4", "-o", "song"]);
}
