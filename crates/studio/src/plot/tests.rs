use super::*;
use kmidi_music::notation::symbol;
use kmidi_music::song::{ChordSpan, Role, Section, Song, Track};
use kmidi_music::{Bpm, Key, Meter, Note, TempoMap, Ticks};
use svg::parser::Event;

/// So many bars of two chords each, with every kind of track.
fn song(bars: u64) -> Song {
    let key: Key = "Eb".parse().unwrap();
    let symbols = ["Ebmaj7", "Fm7b5/Ab", "C7b9", "Bb"];
    let note = |onset: u64, duration: u64, pitch: u8| Note {
        onset: Ticks(onset),
        duration: Ticks(duration),
        pitch,
        velocity: 40 + (onset / 240 % 80) as u8,
    };
    let track =
        |name: &str, role, channel, notes| Track { name: name.into(), role, channel, program: 0, notes };
    let span = |i: u64| ChordSpan {
        onset: Ticks(i * 960),
        duration: Ticks(960),
        chord: symbol::parse(symbols[(i % 4) as usize]).unwrap(),
        roman: "bVII[7b9]".into(),
        key,
    };
    Song {
        title: "A <song> & \"more\"\u{1}".into(),
        tempo: TempoMap::constant(480, Bpm(92.0)),
        meters: vec![(Ticks(0), Meter::COMMON)],
        keys: vec![(Ticks(0), key)],
        marks: Vec::new(),
        sections: (0..bars / 4)
            .map(|i| Section { onset: Ticks(i * 7_680), name: format!("part <{i}>"), bars: 4 })
            .collect(),
        chords: (0..bars * 2).map(span).collect(),
        tracks: vec![
            track(
                "Tune",
                Role::Melody,
                0,
                (0..bars * 4).map(|i| note(i * 480, 400, 60 + (i % 12) as u8)).collect(),
            ),
            track("Bass", Role::Bass, 1, (0..bars).map(|i| note(i * 1_920, 900, 36)).collect()),
            track(
                "Kit",
                Role::Drums,
                9,
                (0..bars * 2).map(|i| note(i * 960, 60, 36 + 2 * (i % 2) as u8)).collect(),
            ),
        ],
        recipe: String::new(),
    }
}

/// The texts of a drawing: (x, y, size, anchor, upright?, text). Fails where tags do not match.
fn texts(drawing: &str) -> Vec<(f64, f64, f64, String, bool, String)> {
    let (mut open, mut found, mut current) = (Vec::new(), Vec::new(), None);
    for event in svg::read(drawing).unwrap() {
        match event {
            Event::Tag(name, kind, attributes) => match kind {
                svg::node::element::tag::Type::Start => {
                    open.push(name.to_owned());
                    if name == "text" {
                        let number = |key: &str| attributes[key].parse::<f64>().unwrap();
                        let anchor = attributes["text-anchor"].to_string();
                        let turned = attributes.contains_key("transform");
                        current = Some((number("x"), number("y"), number("font-size"), anchor, turned));
                    }
                }
                svg::node::element::tag::Type::End => assert_eq!(open.pop().as_deref(), Some(name)),
                svg::node::element::tag::Type::Empty => {}
            },
            Event::Text(text) => {
                if let Some((x, y, size, anchor, turned)) = current.take() {
                    found.push((x, y, size, anchor, turned, text.trim().to_owned()));
                }
            }
            Event::Error(error) => panic!("{error}"),
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
    found
}

fn check_no_overlap(drawing: &str) {
    let boxes: Vec<_> = texts(drawing)
        .into_iter()
        .filter(|t| !t.4)
        .map(|(x, y, size, anchor, _, text)| {
            let wide = 0.9 * text_width(&text, size); // `text_width` is a bound
            let left = x - match anchor.as_str() {
                "start" => 0.0,
                "middle" => wide / 2.0,
                _ => wide,
            };
            (left, left + wide, y - 0.72 * size, y, text)
        })
        .collect();
    for (i, a) in boxes.iter().enumerate() {
        for b in &boxes[..i] {
            let apart = a.1 <= b.0 || b.1 <= a.0 || a.3 <= b.2 || b.3 <= a.2;
            assert!(apart, "{:?} and {:?} overlap", a.4, b.4);
        }
    }
}

#[test]
fn a_song_of_any_length_is_legible_and_valid() {
    for bars in [1, 16, 64, 128] {
        let drawing = piano_roll(&song(bars));
        check_no_overlap(&drawing);
        let texts = texts(&drawing);
        for wanted in ["Ebmaj7", "Tune", "Bass", "Kit", "C4", "Snare", "Bass drum", "1"] {
            assert!(texts.iter().any(|t| t.5 == wanted), "{wanted} in {bars} bars");
        }
        assert!(drawing.contains("A &lt;song&gt; &amp; \"more\" "), "escaped, and no control character");
        assert!(!drawing.contains('\u{1}'));
        assert_eq!(drawing, piano_roll(&song(bars)), "the same text twice");
    }
}

#[test]
fn every_note_is_drawn_and_louder_is_denser() {
    let count = |drawing: &str| drawing.matches("fill-opacity").count();
    let (with, mut without) = (song(16), song(16));
    without.tracks[0].notes.clear();
    let missing = count(&piano_roll(&with)) - count(&piano_roll(&without));
    assert_eq!(missing, 64);
    let mut loud = song(1);
    loud.tracks.truncate(1);
    loud.tracks[0].notes.truncate(1);
    loud.tracks[0].notes[0].velocity = 127;
    assert!(piano_roll(&loud).contains("fill-opacity=\"1\""));
}

#[test]
fn an_empty_song_and_odd_metres_are_drawn() {
    let mut empty = song(0);
    empty.tracks.clear();
    assert!(texts(&piano_roll(&empty)).iter().any(|t| t.5.contains("BPM")));
    let mut odd = song(8);
    odd.meters.push((Ticks(1_920), Meter::new(7, 8).unwrap()));
    assert!(texts(&piano_roll(&odd)).iter().any(|t| t.5 == "2 (7/8)"));
    check_no_overlap(&piano_roll(&odd));
}

#[test]
fn chords_too_close_for_their_labels_are_left_out() {
    let mut dense = song(4);
    for (i, span) in (0..).zip(&mut dense.chords) {
        (span.onset, span.duration) = (Ticks(i * 120), Ticks(120));
    }
    let drawing = piano_roll(&dense);
    check_no_overlap(&drawing);
    let named = texts(&drawing).iter().filter(|t| t.5 == "bVII[7b9]").count();
    assert!((2..8).contains(&named), "{named} of 8");
}

#[test]
fn labels_are_cut_to_their_room() {
    assert_eq!(fitted("verse", 12.0, 100.0), "verse");
    assert_eq!(fitted("a very long name", 12.0, 60.0), "a ver…");
    assert_eq!(fitted("verse", 12.0, 5.0), "");
}

#[test]
fn an_analysis_is_drawn_with_all_its_parts() {
    let beats: Vec<_> = (0..80).map(|i| (f64::from(i) * 0.5, i % 4 == 0)).collect();
    let chords: Vec<_> = (0..40)
        .map(|i| (f64::from(i), f64::from(i) + 1.0, ["C:maj", "A:min7/C", "N"][i as usize % 3]))
        .collect();
    let full = AnalysisPlot {
        title: "a<b>.wav",
        duration: 40.0,
        beats: &beats,
        chords: &chords,
        keys: &[(0.0, 20.0, "C:maj"), (20.0, 40.0, "A:min")],
        tempo: &[(0.0, 120.0), (20.0, 124.0), (f64::NAN, 1.0)],
        onsets: &[(0.0, 1.0), (0.5, 0.2)],
    };
    let drawing = analysis_plot(&full);
    check_no_overlap(&analysis_plot(&AnalysisPlot { keys: &[], tempo: &[], chords: &[], ..full }));
    let texts = texts(&drawing);
    for wanted in ["a&lt;b&gt;.wav", "C:maj", "chords", "beats", "keys", "BPM", "onsets", "0:30", "124.0"] {
        assert!(texts.iter().any(|t| t.5 == wanted), "{wanted}: {texts:?}");
    }
    assert!(!drawing.contains("NaN"));
    let fill = |label: &str| {
        let at = drawing
            .find(&format!("<title>{label}  "))
            .or_else(|| drawing.find(&format!("{label}  ")))
            .unwrap();
        let rest = &drawing[at..];
        rest[rest.find("fill=").unwrap()..][..13].to_owned()
    };
    assert_ne!(fill("C:maj"), fill("A:min7/C"), "roots differ in colour");
    assert!(analysis_plot(&AnalysisPlot::default()).contains("Analysis"));
}
