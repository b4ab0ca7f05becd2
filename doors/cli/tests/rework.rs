//! `kmidi compose` on what the user has.

mod common;

use common::Place;
use kmidi::io::smf::{self, Pedal, SmfFile, song_of};
use kmidi::music::song::Role;

fn file(place: &Place, name: &str) -> SmfFile {
    smf::read(place.path(name)).unwrap()
}

fn notes(place: &Place, name: &str, role: Role) -> Vec<kmidi::music::Note> {
    song_of(&file(place, name)).unwrap().0.track(role).unwrap().notes.clone()
}

#[test]
fn bars_are_written_anew_and_the_song_goes_on_and_is_made_again() {
    let place = Place::new();
    place.done(&["compose", "happy", "--bars", "16", "--meter", "4/4", "--style", "rock", "-o", "song.mid"]);
    let told = place.done(&[
        "compose",
        "--from",
        "song.mid",
        "--bars-again",
        "5-6",
        "-o",
        "again.mid",
        "--plot",
        "a.svg",
    ]);
    assert!(told.out.contains("bars 5-6 are new"), "{}", told.out);
    let kept = |name: &str| {
        let notes = file(&place, name).notes(Pedal::Ignored).into_iter();
        notes.filter(|n| !(7_640..11_480).contains(&n.onset.0)).collect::<Vec<_>>()
    };
    assert_eq!(kept("song.mid"), kept("again.mid"));
    assert_ne!(place.read("song.mid"), place.read("again.mid"));
    place.done(&[
        "compose",
        "--from",
        "again.mid",
        "--continue",
        "4",
        "-o",
        "longer.mid",
        "--json",
        "plan.json",
    ]);
    assert_eq!(place.json("plan.json")["bars_new"], serde_json::json!([17, 20]));
    place.done(&["compose", "--from", "longer.mid", "-o", "replayed.mid"]);
    assert_eq!(place.read("longer.mid"), place.read("replayed.mid"));
    // Takes of the same bars, side by side.
    place.done(&[
        "compose",
        "--from",
        "song.mid",
        "--bars-again",
        "5",
        "--variations",
        "3",
        "-o",
        "take.mid",
    ]);
    assert_eq!(kept("song.mid"), kept("take-2.mid"));
    assert_ne!(place.read("take-1.mid"), place.read("take-3.mid"));
}

#[test]
fn what_is_locked_or_brought_stays() {
    let place = Place::new();
    place.done(&["compose", "happy", "--bars", "12", "--meter", "4/4", "--style", "rock", "-o", "song.mid"]);
    place.done(&["compose", "--from", "song.mid", "--style", "bossa-nova", "-o", "bossa.mid"]);
    assert_eq!(notes(&place, "song.mid", Role::Melody), notes(&place, "bossa.mid", Role::Melody));
    assert_ne!(notes(&place, "song.mid", Role::Chords), notes(&place, "bossa.mid", Role::Chords));
    place.done(&["compose", "--from", "song.mid", "--lock", "chords,bass", "-o", "tune.mid"]);
    for role in [Role::Chords, Role::Bass] {
        assert_eq!(notes(&place, "song.mid", role), notes(&place, "tune.mid", role));
    }
    assert_ne!(notes(&place, "song.mid", Role::Melody), notes(&place, "tune.mid", Role::Melody));
    place.done(&[
        "compose",
        "sad",
        "--melody",
        "song.mid",
        "--bars",
        "16",
        "-o",
        "sad.mid",
        "--musicxml",
        "s.musicxml",
    ]);
    assert_eq!(notes(&place, "song.mid", Role::Melody), notes(&place, "sad.mid", Role::Melody));
    place.done(&["compose", "angry", "--drums", "song.mid", "-o", "angry.mid", "--save-intent", "wish.toml"]);
    assert_eq!(notes(&place, "song.mid", Role::Drums), notes(&place, "angry.mid", Role::Drums));
    place.done(&["compose", "--intent", "wish.toml", "-o", "same.mid"]);
    assert_eq!(place.read("angry.mid"), place.read("same.mid"));
}

#[test]
fn what_cannot_be_done_is_said() {
    let place = Place::new();
    place.done(&["compose", "calm", "--bars", "8", "--seed", "1", "-o", "song.mid"]);
    let mut bare = file(&place, "song.mid");
    bare.tracks[0].events.clear();
    let bare = SmfFile::new(bare.format, bare.division, bare.tracks);
    smf::save(place.path("bare.mid"), &bare).unwrap();
    for (args, code, words) in [
        (&["--lock", "melody"][..], 2, "from"),
        (&["--bars-again", "5-6"], 2, "from"),
        (&["--from", "song.mid", "--lock", "flute"], 2, "use melody"),
        (&["--from", "song.mid", "--bars-again", "6-5"], 2, "such as 5-6"),
        (&["--from", "song.mid", "--bars-again", "7-9"], 4, "which has 8 bars"),
        (&["--from", "song.mid", "--bars-again", "5", "--continue", "2"], 2, "give one of them"),
        (&["--from", "song.mid", "--bars-again", "5", "angry"], 2, "follow the wishes of the song"),
        (&["--from", "song.mid", "--lock", "melody", "--melody", "song.mid"], 2, "too"),
        (&["--from", "none.mid", "--continue", "2"], 4, "none.mid"),
        (&["--from", "bare.mid"], 4, "no recipe in it"),
        (&["--melody", "none.mid"], 4, "none.mid"),
        (&["--melody", "song.mid", "--bars", "4"], 2, "8 bars"),
    ] {
        place.fails(&[&["compose"], args, &["-o", "out.mid"]].concat(), code, words);
        assert!(!place.path("out.mid").exists(), "{args:?}");
    }
    // A song of another program: its chords are heard, the rest is as it was.
    place.done(&["compose", "--from", "bare.mid", "--bars-again", "3-4", "-o", "again.mid"]);
    let kept = |name: &str| {
        let notes = file(&place, name).notes(Pedal::Ignored).into_iter();
        notes.filter(|n| !(3_800..7_640).contains(&n.onset.0)).count()
    };
    assert_eq!(kept("bare.mid"), kept("again.mid"));
}
