//! `kmidi groove`: taken, given, written and drawn, as a user sees it and as programs read it.

mod common;

use common::{Place, fields};
use kmidi::io::smf::{self, Pedal};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A folder with a song in it.
fn place() -> Place {
    let place = Place::new();
    place.done(&["compose", "calm", "--bars", "8", "-o", "song.mid"]);
    place
}

fn onsets(place: &Place, name: &str) -> Vec<u64> {
    smf::read(place.path(name)).unwrap().notes(Pedal::Ignored).iter().map(|note| note.onset.0).collect()
}

#[test]
fn the_list_is_as_the_contract_says_and_each_of_it_can_be_shown() {
    let place = Place::new();
    let list = json(&place.done(&["groove", "list", "--json"]).out);
    assert_eq!(fields(&list), ["grooves", "schema"]);
    assert_eq!(list["schema"], "kmidi.groove/1");
    let grooves = list["grooves"].as_array().unwrap();
    assert!(grooves.len() >= 24);
    for groove in grooves {
        assert_eq!(groove["licence"], "CC BY 4.0");
        let name = groove["name"].as_str().unwrap();
        assert!(place.done(&["groove", "show", name]).out.contains("Gillick"), "{name}");
    }
    let table = place.done(&["groove", "list"]).out;
    assert!(table.contains("jazz-swing") && table.contains("second-line"), "{table}");
}

#[test]
fn a_groove_is_given_in_part_and_the_same_for_a_seed() {
    let place = place();
    let give = |amount: &str, seed: &str, name: &str| {
        let rest = ["--amount", amount, "--random", "50%", "--seed", seed, "-o", name];
        place.done(&[&["groove", "apply", "funk", "song.mid"], &rest[..]].concat());
        place.read(name)
    };
    assert_eq!(give("60%", "1", "a.mid"), give("60", "1", "b.mid"));
    assert_ne!(place.read("a.mid"), give("60%", "2", "c.mid"));
    assert_ne!(place.read("a.mid"), give("130%", "1", "d.mid"));
    let none = [
        "groove",
        "apply",
        "funk",
        "song.mid",
        "--amount",
        "0",
        "--velocity",
        "0",
        "--keep-timing",
        "-o",
        "e.mid",
    ];
    place.done(&none);
    assert_eq!(onsets(&place, "e.mid"), onsets(&place, "song.mid"));
}

#[test]
fn notes_go_to_the_grid_and_off_it() {
    let place = place();
    assert!(
        place
            .done(&["groove", "humanize", "song.mid", "--seed", "3", "-o", "human.mid"])
            .out
            .contains("notes, moved by")
    );
    place.done(&["groove", "quantize", "human.mid", "--grid", "1/8", "-o", "tight.mid"]);
    let step = u64::from(smf::read(place.path("tight.mid")).unwrap().tempo.ppq()) / 2;
    assert!(onsets(&place, "tight.mid").iter().all(|onset| onset % step == 0));
    assert!(onsets(&place, "human.mid").iter().any(|onset| onset % step != 0));
    place.done(&[
        "groove",
        "quantize",
        "human.mid",
        "--grid",
        "1/8",
        "--swing",
        "62.5%",
        "--most",
        "400",
        "-o",
        "swung.mid",
    ]);
    let late = step / 4;
    assert!(
        onsets(&place, "swung.mid")
            .iter()
            .all(|onset| matches!(onset % (2 * step), x if x == 0 || x == step + late))
    );
}

#[test]
fn a_groove_is_taken_written_drawn_and_compared() {
    let place = place();
    place.done(&["groove", "apply", "bossa-nova", "song.mid", "-o", "bossa.mid"]);
    let take = [
        "groove",
        "extract",
        "bossa.mid",
        "--bars",
        "2",
        "--name",
        "mine",
        "-o",
        "mine.json",
        "--plot",
        "mine.svg",
        "--json",
    ];
    let told = json(&place.done(&take).out);
    assert_eq!(
        (&told["name"], &told["bars"], told["schema"].as_str()),
        (&json("\"mine\""), &json("2"), Some("kmidi.groove/1"))
    );
    assert_eq!(place.json("mine.json"), told);
    assert!(String::from_utf8(place.read("mine.svg")).unwrap().contains("</svg>"));
    for form in ["mine.rgt", "mine.mid"] {
        place.done(&["groove", "show", "mine.json", "-o", form]);
        assert!(place.done(&["groove", "show", form]).out.contains("voice"));
    }
    let same = json(&place.done(&["groove", "compare", "mine.json", "mine.json", "--json"]).out);
    assert_eq!(fields(&same), ["a", "b", "difference", "schema"]);
    assert_eq!((&same["difference"]["alone"], &same["difference"]["timing"]), (&json("0"), &json("0.0")));
    assert!(place.done(&["groove", "compare", "funk", "samba"]).out.contains("correlation"));
}

#[test]
fn straight_eighths_are_swung_and_swing_is_measured() {
    let place = place();
    place.done(&["groove", "quantize", "song.mid", "--grid", "1/8", "-o", "straight.mid"]);
    let told = json(
        &place.done(&["groove", "apply", "jazz-swing", "straight.mid", "--json", "-o", "swung.mid"]).out,
    );
    assert_eq!(fields(&told), ["moved", "moved_most", "notes", "schema"]);
    assert!(told["moved_most"].as_f64().unwrap() > 0.1, "{told}");
    let swing = |name: &str| {
        let answer = json(&place.done(&["groove", "compare", name, name, "--json"]).out);
        assert_eq!(fields(&answer["a"]), ["swing", "voices"]);
        answer["a"]["swing"].clone()
    };
    assert_eq!(fields(&swing("swung.mid")), ["eighths", "eighths_at", "sixteenths", "sixteenths_at"]);
    assert!((swing("straight.mid")["eighths"].as_f64().unwrap() - 50.0).abs() < 0.1);
    assert!(swing("swung.mid")["eighths"].as_f64().unwrap() > 60.0, "{}", swing("swung.mid"));
}

#[test]
fn wrong_wishes_and_wrong_files_are_told_apart_and_leave_nothing() {
    let place = place();
    place.write("bad.json", b"{\"schema\":\"kmidi.groove/1\"}");
    place.write("bad.rgt", b"Number of beats in groove: four\n");
    place.write("bad.mid", b"MThd\0\0");
    for (template, words) in [
        ("nosuch", "kmidi groove list"),
        ("bad.json", "not a groove"),
        ("bad.rgt", "line 1"),
        ("bad.mid", "bad.mid"),
    ] {
        place.fails(&["groove", "apply", template, "song.mid", "-o", "x.mid"], 4, words);
    }
    place.fails(&["groove", "apply", "funk", "bad.mid", "-o", "x.mid"], 4, "bad.mid");
    place.fails(&["groove", "apply", "funk", "song.mid", "--amount", "131%", "-o", "x.mid"], 2, "0 to 130");
    place.fails(&["groove", "quantize", "song.mid", "--grid", "1/7", "-o", "x.mid"], 2, "1/16");
    place.fails(&["groove", "extract", "song.mid", "--grid", "1/4T"], 2, "divides quarter notes");
    place.fails(
        &["groove", "apply", "funk", "song.mid", "--velocity", "-101", "-o", "x.mid"],
        2,
        "-100 to 100",
    );
    place.fails(&["groove", "humanize", "song.mid", "-o", "song.mid"], 2, "also read");
    assert!(!place.names(".").contains(&"x.mid".to_owned()));
}

#[test]
fn what_a_file_is_named_is_what_it_holds() {
    let place = Place::new();
    place.fails(&["groove", "show", "funk", "--plot", "funk.png"], 2, ".svg");
    place.fails(&["groove", "show", "funk", "-o", "funk.txt"], 2, ".rgt");
    assert!(!place.path("funk.png").exists() && !place.path("funk.txt").exists());
    // The same groove without its voices: compared by position.
    place.done(&["groove", "show", "funk", "-o", "funk.rgt"]);
    let told = place.done(&["groove", "compare", "funk", "funk.rgt"]).out;
    assert!(told.contains(" 0 in one alone") && !told.contains("-0.0"), "{told}");
    // Triplets are triplets in every form.
    for (groove, file) in [
        ("jazz-swing", "a.json"),
        ("jazz-swing", "b.rgt"),
        ("blues-shuffle", "c.rgt"),
        ("blues-shuffle", "d.mid"),
    ] {
        place.done(&["groove", "show", groove, "-o", file]);
        let told = place.done(&["groove", "show", file, "--json"]).out;
        assert!(told.contains("\"steps_per_quarter\": 3"), "{file}: {told}");
    }
}
