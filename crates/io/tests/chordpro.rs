//! ChordPro: golden lines, faults, and sheets that survive printing and reading.

mod common;

use kmidi_io::chordpro::{self, Above, ChordPro, Line, Segment};
use kmidi_io::{Error, Place};

fn parse(text: &str) -> ChordPro {
    chordpro::parse(text.as_bytes(), "test.cho").unwrap()
}

const SHEET: &str = "\
# a remark
{t: A Song}
{key:  Em}
{tempo 96}

{sov: Verse 1}
[Em]Words that are [Am7/G]sung[B7b9] [N.C.]not [*softly]played [xyz]here
And some that are not
{eov}
{start_of_tab}
e|--[0]--{3}--
{end_of_tab}
{c: the end}
";

#[test]
fn a_sheet_is_read() {
    let sheet = parse(SHEET);
    assert_eq!(
        (sheet.value("title"), sheet.value("key"), sheet.value("tempo")),
        (Some("A Song"), Some("Em"), Some("96"))
    );
    let symbols: Vec<String> =
        sheet.chords().map(|chord| kmidi_music::notation::symbol::print(&chord)).collect();
    assert_eq!(symbols, ["Em", "Am7/G", "B7b9"]);
    let Line::Lyrics(segments) = &sheet.lines[6] else { panic!("{:?}", sheet.lines[6]) };
    let above: Vec<_> = segments.iter().map(|segment| (&segment.above, segment.lyric.as_str())).collect();
    assert!(matches!(above[0], (Some(Above::Chord(text)), "Words that are ") if text == "Em"));
    assert_eq!(above[3], (&Some(Above::NoChord), "not "));
    assert_eq!(above[4], (&Some(Above::Annotation("softly".into())), "played "));
    assert_eq!(above[5], (&Some(Above::Other("xyz".into())), "here"));
    assert_eq!(
        sheet.lines[7],
        Line::Lyrics(vec![Segment { above: None, lyric: "And some that are not".into() }])
    );
    assert_eq!(sheet.lines[10], Line::Verbatim("e|--[0]--{3}--".into()));
    assert_eq!(sheet.lines[12], Line::Directive { name: "comment".into(), value: "the end".into() });
}

#[test]
fn sheets_survive_printing_and_reading() {
    const PIECES: [&str; 22] = [
        "{chorus}",
        "{transpose: 5}",
        "{transpose}",
        "\\\n",
        "[C]",
        "[F#m7b5/A]",
        "[N.C.]",
        "[*loud]",
        "[?]",
        "la ",
        " ",
        "é",
        "{t: x}",
        "{soc}",
        "{eoc}",
        "{sot}",
        "{eot}",
        "{define: G base-fret 1 frets 3 2 0 0 0 3}",
        "# note",
        "\n",
        "\n",
        "\n",
    ];
    let mut state = 7u64;
    let mut next = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    let mut read = 0;
    for _ in 0..5_000 {
        let text: String = (0..next(30)).map(|_| PIECES[next(PIECES.len())]).collect();
        if let Ok(sheet) = chordpro::parse(text.as_bytes(), "test.cho") {
            let printed = chordpro::print(&sheet);
            assert_eq!(parse(&printed), sheet, "{text:?}\n{printed:?}");
            // What is given in passages is what is written, and the choruses that come again.
            let sounding: usize = sheet.passages().iter().map(|passage| passage.chords.len()).sum();
            assert!(sounding >= sheet.chords().count(), "{text:?}");
            read += 1;
        }
    }
    assert!(read > 2_000, "{read}");
    assert_eq!(parse(&chordpro::print(&parse(SHEET))), parse(SHEET));
}

#[test]
fn passages_are_what_sounds() {
    let sheet = parse(
        "[C]a [Am]b\n{soc: label=\"Hook\"}\n[D]x [E]y\n{eoc}\n{transpose: 2}\n{chorus}\n{sov: Verse 2}\n[C/E]z\n{eov}\n\
         {transpose: -10}\n{sog}\n|: E . F~Bb . | % :|\n{eog}\n{transpose}\n[C]p\n{transpose}\n[C]q\n",
    );
    let text = |passage: &chordpro::Passage| {
        let chords: Vec<String> = passage.chords.iter().map(kmidi_music::notation::symbol::print).collect();
        format!("{}: {}", passage.name, chords.join(" "))
    };
    let all: Vec<String> = sheet.passages().iter().map(text).collect();
    // 2 and then -10 are 8 semitones down.
    assert_eq!(all, [": C Am", "Hook: D E", "chorus: E F#", "Verse 2: D/F#", "grid: Ab A D", ": D C"]);
    let long = format!("{{soc}}\n{}\n{{eoc}}\n{}", "[C]".repeat(1_000), "{chorus}\n".repeat(1_000));
    let chords: usize = parse(&long).passages().iter().map(|passage| passage.chords.len()).sum();
    assert_eq!(chords, chordpro::MAX_CHORDS);
}

#[test]
fn lines_go_on_after_a_backslash() {
    let sheet = parse("[C]one \\\n   two \\\n[G]three\n{title: a \\\n b}\nend\\");
    assert_eq!(chordpro::print(&sheet), "[C]one two [G]three\n{title: a b}\nend\\\n");
}

#[test]
fn a_song_becomes_a_sheet() {
    let sheet = ChordPro::of(&common::song());
    let printed = chordpro::print(&sheet);
    assert_eq!(
        printed,
        "{title: Prüfstück}\n{key: C}\n{time: 4/4}\n{tempo: 120}\n\n{start_of_verse: verse}\n[C] | [G7/B] | \n\
         {end_of_verse}\n\n{start_of_verse: coda}\n[Dm] | \n{end_of_verse}\n"
    );
    assert_eq!(parse(&printed), sheet);
    let names: Vec<String> = sheet.passages().into_iter().map(|passage| passage.name).collect();
    assert_eq!(names, ["verse", "coda"]);
}

#[test]
fn faults_have_their_line() {
    for (text, place) in
        [(&b"ok\n[C\n"[..], Place::Line(2)), (b"{title: x\n", Place::Line(1)), (b"abc\xff", Place::Byte(3))]
    {
        match chordpro::parse(text, "x.cho") {
            Err(error @ Error::Malformed { .. }) => assert_eq!(error.place(), place, "{error}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(chordpro::read("no such file.cho"), Err(Error::Io { .. })));
}
