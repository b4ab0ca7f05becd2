//! MusicXML: what is written reads back, golden cases by hand, and no bytes that do harm.

mod common;
#[path = "../examples/score_dump/random.rs"]
mod random;

use kmidi_io::musicxml::{self, Pitch, Score, ScoreNote, Tone};
use kmidi_io::{Error, Place};
use kmidi_music::notation::symbol;
use kmidi_music::{Key, Meter, Ticks};
use random::{Dice, Kind};
use std::time::Instant;

fn read_back(score: &Score) -> Score {
    musicxml::parse(&musicxml::write(score).unwrap(), "written.musicxml").unwrap()
}

fn parse(text: &str) -> Score {
    musicxml::parse(text.as_bytes(), "case.musicxml").unwrap()
}

/// One part with `measures`, at 4 divisions a quarter.
fn one_part(measures: &[&str]) -> String {
    let bars: String = measures.iter().map(|m| format!("<measure number='1'>{m}</measure>")).collect();
    let head = "<attributes><divisions>4</divisions></attributes>";
    let bars = bars.replacen('>', &format!(">{head}"), 1);
    format!(
        "<score-partwise><part-list><score-part id='P1'><part-name>A</part-name></score-part></part-list>\
         <part id='P1'>{bars}</part></score-partwise>"
    )
}

fn note(name: &str, duration: u32, more: &str) -> String {
    let (step, octave) = name.split_at(name.len() - 1);
    let alter = step.len() as i32 - 1;
    let alter = if step.contains('b') { -alter } else { alter };
    format!(
        "<note><pitch><step>{}</step><alter>{alter}</alter><octave>{octave}</octave></pitch>\
         <duration>{duration}</duration>{more}</note>",
        &step[..1]
    )
}

/// `onset+duration name`, one a note.
fn notes(score: &Score) -> String {
    let print = |n: &ScoreNote| {
        let tone = match n.tone {
            Tone::Pitch(p) => format!("{}{}", p.name, p.octave),
            Tone::Drum(number) => format!("drum{number}"),
        };
        format!("{}+{} {tone}", n.onset.0, n.duration.0)
    };
    score.parts.iter().flat_map(|p| &p.notes).map(print).collect::<Vec<_>>().join(", ")
}

fn chords(score: &Score) -> String {
    let print = |h: &(Ticks, Option<kmidi_music::Chord>)| {
        format!("{} {}", h.0.0, h.1.as_ref().map_or("N.C.".into(), symbol::print))
    };
    score.harmonies.iter().map(print).collect::<Vec<_>>().join(", ")
}

#[test]
fn random_scores_survive_writing_and_reading() {
    for (kind, count) in [(Kind::Written, 150), (Kind::Wild, 150)] {
        for seed in 1..=count {
            let score = random::score(seed, kind);
            let back = read_back(&score);
            assert_eq!(back, score, "{kind:?} {seed}");
            assert_eq!(musicxml::write(&back).unwrap(), musicxml::write(&score).unwrap());
        }
    }
}

#[test]
fn a_song_becomes_a_score_and_a_song_again() {
    let song = common::song();
    let score = Score::of(&song);
    let back = read_back(&score);
    assert_eq!(back, score);
    let again = back.song();
    assert_eq!(again, kmidi_music::Song { recipe: String::new(), ..song });
    let sheet = score.lead_sheet();
    assert_eq!((sheet.parts.len(), sheet.parts[0].name.as_str()), (1, "lead"));
    assert_eq!(sheet.harmonies, score.harmonies);
    assert_eq!(read_back(&sheet), sheet);
}

#[test]
fn notes_are_spelled_by_the_chord_then_by_the_key() {
    let mut song = common::song();
    // G7/B from tick 1,920: its seventh is F; an F sharp is no chord tone and C major spells it so. Then D minor.
    song.tracks.truncate(1);
    song.chords[1].chord = symbol::parse("Db7/Ab").unwrap();
    song.tracks[0].notes = [(0, 61), (1_920, 61), (2_400, 71), (2_880, 66), (3_840, 61), (4_000, 70)]
        .map(|(t, p)| common::note(t, 10, p, 80))
        .to_vec();
    let spelled = notes(&Score::of(&song));
    assert_eq!(spelled, "0+10 C#4, 1920+10 Db4, 2400+10 Cb5, 2880+10 F#4, 3840+10 C#4, 4000+10 Bb4");
}

#[test]
fn ties_voices_chords_and_grace_notes() {
    let tie = |kind: &str| format!("<tie type='{kind}'/><voice>1</voice>");
    let score = parse(&one_part(&[
        &[
            note("C4", 8, ""),
            note("E4", 8, "").replace("<note>", "<note><chord/>"),
            "<note><grace/><pitch><step>D</step><octave>4</octave></pitch></note>".into(),
            note("G4", 8, &tie("start")),
            "<backup><duration>16</duration></backup><forward><duration>4</duration></forward>".into(),
            note("F#3", 12, "<voice>2</voice>"),
        ]
        .concat(),
        &[note("G4", 8, &(tie("stop") + &tie("start"))), note("G4", 4, &tie("stop")), note("G4", 4, "")]
            .concat(),
    ]));
    assert_eq!(notes(&score), "0+8 C4, 0+8 E4, 4+12 F#3, 8+20 G4, 28+4 G4");
}

#[test]
fn bars_are_as_long_as_they_are_written() {
    // An upbeat, a bar with nothing in it, and one that is over-full.
    let time = "<attributes><time><beats>3</beats><beat-type>4</beat-type></time></attributes>";
    let text =
        one_part(&[&(time.to_owned() + &note("C4", 4, "")), "", &note("D4", 16, ""), &note("E4", 4, "")]);
    let score = parse(&text);
    assert_eq!(notes(&score), "0+4 C4, 16+16 D4, 32+4 E4");
    assert_eq!(score.pickup, Ticks(0));
    let score = parse(&text.replacen("number='1'", "number='0' implicit='yes'", 1));
    assert_eq!(score.pickup, Ticks(4));
    let song = score.song();
    assert_eq!(song.meters, [(Ticks(0), Meter::new(1, 4).unwrap()), (Ticks(4), Meter::new(3, 4).unwrap())]);
}

#[test]
fn transposing_parts_are_read_as_they_sound() {
    let head = "<attributes><key><fifths>2</fifths></key><transpose><diatonic>-1</diatonic><chromatic>-2</chromatic>\
                </transpose></attributes>";
    let harmony = "<harmony><root><root-step>D</root-step></root><kind>dominant</kind>\
                   <bass><bass-step>F</bass-step><bass-alter>1</bass-alter></bass></harmony>";
    let score = parse(&one_part(&[&format!("{head}{harmony}{}{}", note("D5", 4, ""), note("C#5", 4, ""))]));
    assert_eq!(notes(&score), "0+4 C5, 4+4 B4");
    assert_eq!(score.keys, [(Ticks(0), "C".parse::<Key>().unwrap())]);
    assert_eq!(chords(&score), "0 C7/E");
    let octave = head.replace("</chromatic>", "</chromatic><octave-change>-1</octave-change>");
    assert_eq!(notes(&parse(&one_part(&[&(octave + &note("D5", 4, ""))]))), "0+4 C4");
}

#[test]
fn chord_symbols_of_every_form() {
    let harmony = |inside: &str| format!("<harmony>{inside}</harmony>");
    let root = |kind: &str| format!("<root><root-step>A</root-step><root-alter>-1</root-alter></root>{kind}");
    let degree = |v: u8, a: i8, t: &str| {
        format!(
            "<degree><degree-value>{v}</degree-value><degree-alter>{a}</degree-alter><degree-type>{t}</degree-type></degree>"
        )
    };
    let key = "<attributes><key><fifths>-1</fifths><mode>minor</mode></key></attributes>";
    for (inside, expected) in [
        (root("<kind>half-diminished</kind>"), "Abm7b5"),
        (root("<kind text='7'>dominant</kind>") + &degree(9, -1, "add"), "Ab7b9"),
        (root("<kind>dominant</kind>") + &degree(5, 1, "alter"), "Ab7#5"),
        (root("<kind>suspended-fourth</kind>") + &degree(7, 0, "add"), "Ab7sus4"),
        (root("<kind>major</kind>") + &degree(7, 1, "add"), "Abmaj7"),
        (root("<kind>minor</kind>") + &degree(3, 0, "subtract"), "Ab5"),
        (root("<kind>Neapolitan</kind>"), "Ab/C"),
        (root("<kind>minor-seventh</kind><inversion>2</inversion>"), "Abm7/Eb"),
        (root("<kind text='N.C.'>none</kind>"), "N.C."),
        ("<kind>none</kind>".into(), "N.C."),
        ("<function>V</function><kind>dominant</kind>".into(), "A7"),
        ("<numeral><numeral-root>6</numeral-root></numeral><kind>major</kind>".into(), "Bb"),
        ("<numeral><numeral-root>2</numeral-root><numeral-alter>-1</numeral-alter></numeral><kind>major</kind>".into(), "Eb"),
    ] {
        let score = parse(&one_part(&[&(key.to_owned() + &harmony(&inside) + &note("C4", 4, ""))]));
        assert_eq!(chords(&score), format!("0 {expected}"), "{inside}");
    }
}

#[test]
fn places_of_signs_and_changing_divisions() {
    let direction = "<direction><direction-type><rehearsal> B </rehearsal></direction-type><offset>2</offset></direction>";
    let metronome = "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>\
                     <per-minute>40</per-minute></metronome></direction-type></direction><sound tempo='90'/>";
    let second = format!(
        "<attributes><divisions>6</divisions></attributes>{direction}{}<harmony><root><root-step>C</root-step></root>\
         <kind>major</kind><offset>-3</offset></harmony>",
        note("D4", 8, "")
    );
    let score =
        parse(&one_part(&[&(metronome.replace("<sound tempo='90'/>", "") + &note("C4", 4, "")), &second]));
    assert_eq!(score.tempo.ppq(), 12); // of 4 and 6
    assert_eq!(notes(&score), "0+12 C4, 12+16 D4");
    assert_eq!(score.sections, [(Ticks(16), "B".to_owned())]);
    assert_eq!(chords(&score), "22 C");
    assert_eq!(score.tempo.changes(), [(Ticks(0), 1_000_000)]);
}

#[test]
fn timewise_scores_and_percussion() {
    let list = "<part-list><score-part id='a'><part-name>A</part-name></score-part><score-part id='b'><part-name>B</part-name>\
        <score-instrument id='b-1'><instrument-name>x</instrument-name></score-instrument>\
        <midi-instrument id='b-1'><midi-unpitched>43</midi-unpitched></midi-instrument></score-part></part-list>";
    let drum = |instrument: &str| {
        format!(
            "<note><unpitched><display-step>C</display-step><display-octave>5</display-octave></unpitched>\
                 <duration>2</duration>{instrument}</note>"
        )
    };
    let bar = |a: &str| {
        format!(
            "<measure><part id='a'>{a}</part><part id='b'>{}{}</part></measure>",
            drum("<instrument id='b-1'/>"),
            drum("")
        )
    };
    let text = format!(
        "<score-timewise>{list}{}{}</score-timewise>",
        bar(&note("C4", 4, "")),
        bar(&note("D4", 4, ""))
    );
    let score = parse(&text);
    assert_eq!(notes(&score), "0+4 C4, 4+4 D4, 0+2 drum42, 2+2 drum38, 4+2 drum42, 6+2 drum38");
    assert_eq!((score.parts[0].channel, score.parts[1].channel), (0, 9));
}

#[test]
fn encodings_and_harmless_entities() {
    let text = one_part(&[&note("C4", 4, "")]).replace(
        "<part-list>",
        "<work><work-title>Gr&#252;n &amp; &lt;blau&gt; <![CDATA[& gelb]]></work-title></work><part-list>",
    );
    let plain = parse(&text);
    assert_eq!(plain.title, "Grün & <blau> & gelb");
    let text = text.replace("&#252;", "ü");
    let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
    };
    let latin: Vec<u8> =
        format!("<?xml version='1.0' encoding='ISO-8859-1'?>{text}").chars().map(|c| c as u8).collect();
    for bytes in
        [wide(u16::to_be_bytes), wide(u16::to_le_bytes), latin, [b"\xef\xbb\xbf", text.as_bytes()].concat()]
    {
        assert_eq!(musicxml::parse(&bytes, "x").unwrap(), plain);
    }
    // A billion laughs, and a file that should not be opened: neither is expanded.
    let bomb = "<!DOCTYPE score-partwise [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY x SYSTEM 'file:///etc/passwd'>]>";
    let score = parse(&(bomb.to_owned() + &text.replace("Grün", "&b;&x;")));
    assert_eq!(score.title, "& <blau> & gelb");
}

#[test]
fn faults_name_their_line() {
    let good = one_part(&[&note("C4", 4, "")]).replace("><", ">\n<");
    let at = |text: &str, needle: &str| 1 + text[..text.find(needle).unwrap()].matches('\n').count() as u64;
    for (from, to, reason) in [
        ("<duration>4", "<duration>-4", "<duration> is -4"),
        ("<duration>4", "<duration>NaN", "<duration> is NaN"),
        ("<duration>4", "<duration>9999999999", "a bar of more than"),
        ("<step>C", "<step>H", "<step> is \"H\""),
        ("<divisions>4", "<divisions>0", "<divisions> is 0"),
        ("</pitch>", "</pich>", "this is no well-formed XML"),
        ("<pitch>", "<pith>", "this is no well-formed XML"),
    ] {
        let text = good.replacen(from, to, 1);
        let error = musicxml::parse(text.as_bytes(), "x.xml").unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        let Place::Line(line) = error.place() else { panic!("{error}") };
        assert!(line >= at(&text, to) && line <= at(&text, to) + 6, "{error}");
    }
    let kind = |bytes: &[u8]| musicxml::parse(bytes, "x.xml").unwrap_err().to_string();
    assert!(kind(b"MThd").contains("no XML"));
    assert!(kind(b"<html></html>").contains("XML of another kind (html)"));
    assert!(kind(b"").contains("this looks like"));
    assert!(kind(b"PK\x03\x04....").contains("unpack it"));
    assert!(matches!(
        musicxml::parse(&good.as_bytes()[..good.len() / 2], "x"),
        Err(Error::Truncated { .. } | Error::Malformed { .. })
    ));
    assert!(matches!(musicxml::read("no/such.musicxml"), Err(Error::Io { .. })));
    let deep = format!("<score-partwise>{}", "<a>".repeat(1_000_000));
    assert!(kind(deep.as_bytes()).contains("deep"));
}

#[test]
fn what_does_not_fit_is_refused_with_its_bar() {
    let good = Score::of(&common::song());
    let with = |change: &dyn Fn(&mut Score)| {
        let mut score = good.clone();
        change(&mut score);
        musicxml::write(&score).unwrap_err()
    };
    let high = Pitch { octave: 10, name: "C".parse().unwrap() };
    let error = with(&|s| {
        s.parts[0].notes[1] =
            ScoreNote { onset: Ticks(1_920), tone: Tone::Pitch(high), ..s.parts[0].notes[1] }
    });
    assert!(matches!(error, Error::Unwritable { place: Place::Bar(2), .. }), "{error}");
    with(&|s| s.parts[0].notes[0].duration = Ticks(0));
    with(&|s| s.parts[0].notes[0].onset = Ticks(u64::MAX));
    with(&|s| s.parts[0].notes[0].onset = Ticks(u64::MAX / 2));
    with(&|s| s.parts.clear());
    with(&|s| s.pickup = Ticks(100_000));
    with(&|s| s.parts[2].notes[0].tone = Tone::Drum(200));
}

/// Bytes that were a score, damaged: a reader answers, and soon. What it reads can be written and made a song.
#[test]
fn damaged_files_do_no_harm() {
    let dice = &mut Dice::new(7);
    let started = Instant::now();
    let mut read = 0;
    for round in 0..600 {
        let mut bytes = musicxml::write(&random::score(1 + round % 20, Kind::Wild)).unwrap();
        bytes.truncate(20_000);
        for _ in 0..=dice.below(6) {
            let at = dice.below(bytes.len() as u64) as usize;
            match dice.below(5) {
                0 => bytes[at] = dice.below(256) as u8,
                1 => bytes[at] = dice.of(b"<>&/\"0123456789-.CDE"),
                2 => bytes.truncate(at.max(1)),
                3 => {
                    let piece = bytes[at..(at + 200).min(bytes.len())].to_vec();
                    let to = dice.below(bytes.len() as u64) as usize;
                    bytes.splice(to..to, piece);
                }
                _ => {
                    let end = (at + dice.below(60) as usize).min(bytes.len());
                    bytes.drain(at..end);
                }
            }
            if bytes.is_empty() {
                bytes.push(b'<');
            }
        }
        if let Ok(score) = musicxml::parse(&bytes, "damaged") {
            read += 1;
            let _ = (score.song(), musicxml::write(&score.lead_sheet()));
        }
    }
    for length in 0..400 {
        let bytes: Vec<u8> = (0..length).map(|_| dice.below(256) as u8).collect();
        assert!(musicxml::parse(&bytes, "noise").is_err());
    }
    assert!(read > 0, "no damaged file was read: the damage is too coarse to test anything");
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
