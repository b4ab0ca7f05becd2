//! RomanText: golden cases, faults, and analyses that survive printing and reading.

use kmidi_io::romantext::{self, RomanText, Span, TICKS_A_QUARTER};
use kmidi_io::{Error, Place};
use kmidi_music::{Key, Meter, Ticks};

fn parse(text: &str) -> RomanText {
    romantext::parse(text.as_bytes(), "test.rntxt").unwrap()
}

/// Spans as `onset+duration key numeral`, onsets in quarter notes.
fn spans(text: &str) -> Vec<String> {
    let quarter = |ticks: Ticks| ticks.0 as f64 / f64::from(TICKS_A_QUARTER);
    let line = |span: &Span| {
        let numeral = span.numeral.as_ref().map_or("NC".to_owned(), ToString::to_string);
        format!("{}+{} {} {numeral}", quarter(span.onset), quarter(span.duration), span.key)
    };
    parse(text).spans.iter().map(line).collect()
}

#[test]
fn measures_beats_and_keys() {
    let text = "Composer: Nobody\nTitle: Nothing\nTime Signature: 3/4\n\nm1 C: I b3 V65\nm2 I b2.5 viio7/V\nm3 V || a: b2 V b3 i\n";
    assert_eq!(
        spans(text),
        [
            "0+2 C:maj I",
            "2+1 C:maj V65",
            "3+1.5 C:maj I",
            "4.5+1.5 C:maj viio7/V",
            "6+1 C:maj V",
            "7+1 A:min V",
            "8+1 A:min i"
        ]
    );
    let analysis = parse(text);
    assert_eq!((analysis.header("composer"), analysis.header("Analyst")), (Some("Nobody"), None));
    assert_eq!(analysis.meter_at(Ticks(0)), "3/4".parse::<Meter>().unwrap());
}

#[test]
fn upbeats_compound_beats_and_changes_of_metre() {
    assert_eq!(spans("m0 b4 G: V\nm1 I b3 IV\n"), ["0+1 G:maj V", "1+2 G:maj I", "3+2 G:maj IV"]);
    assert_eq!(
        spans("Time Signature: 6/8\nm1 d: i b1.66 V b2 i\nTime Signature: 2/4\nm2 iv b2 V\n"),
        ["0+1 D:min i", "1+0.5 D:min V", "1.5+1.5 D:min i", "3+1 D:min iv", "4+1 D:min V"]
    );
    // A measure that is not written holds the chord.
    assert_eq!(spans("m1 C: I\nm3 V\n"), ["0+8 C:maj I", "8+4 C:maj V"]);
}

#[test]
fn copies_follow_the_key_in_force() {
    assert_eq!(
        spans("m1 C: I b3 V\nm2 I\nm3 G: I\nm4-5 = m1-2\nm6 = m2\n")[4..],
        ["12+2 C:maj I", "14+2 C:maj V", "16+4 C:maj I", "20+4 C:maj I"]
    );
    assert_eq!(spans("m1 C: I\nm2 V\nm3 G: I\nm4 = m2\n")[3], "12+4 G:maj V");
}

#[test]
fn pivots_variants_and_no_chord() {
    let analysis = parse("m1 C: I b3 vi G: ii\nm1var1 C: IV\nm2 V b3 NC\nForm: end\n");
    assert_eq!(analysis.spans.len(), 4);
    let pivot = analysis.spans[1].pivot.as_deref().unwrap();
    assert_eq!((pivot.0, pivot.1.to_string().as_str()), ("C".parse::<Key>().unwrap(), "vi"));
    assert_eq!((analysis.spans[1].key.to_string().as_str(), &analysis.spans[3].numeral), ("G:maj", &None));
    assert_eq!(analysis.remarks, [(2, "Form: end".to_owned())]);
    assert!(analysis.faults.is_empty());
}

#[test]
fn faults_are_told_and_the_rest_is_read() {
    let analysis = parse("m1 C: I b2 Q7 b3 V\nnonsense\nm2 b3 I b2 V\nm3-5 = m1\nm6 = m99\nm7 H: I\n");
    let lines: Vec<u32> = analysis.faults.iter().map(|fault| fault.0).collect();
    assert_eq!(lines, [1, 2, 3, 4, 6], "{:?}", analysis.faults);
    assert!(analysis.faults[0].1.contains("Q7"), "{:?}", analysis.faults);
    for (text, place) in [
        (&b""[..], Place::Line(1)),
        (b"Composer: x\n", Place::Line(1)),
        (b"m1 I\n", Place::Line(1)),
        (b"MThd\0\0\xff", Place::Byte(6)),
    ] {
        match romantext::parse(text, "x.rntxt") {
            Err(error @ Error::Malformed { .. }) => assert_eq!(error.place(), place, "{error}"),
            other => panic!("{other:?}"),
        }
    }
}

/// Copies may double a text again and again; they stop in time.
#[test]
fn doubling_ends() {
    let mut text = "m1 C: I b2 V b3 I b4 V\n".to_owned();
    let mut last = 1;
    while last < 50_000 {
        text += &format!("m{}-{} = m1-{last}\n", last + 1, 2 * last);
        last *= 2;
    }
    let analysis = parse(&text);
    assert!(analysis.spans.len() <= romantext::MAX_SPANS && !analysis.faults.is_empty());
}

/// Copies of what is not there, or of very much, take no time and no memory; faults are listed to a limit.
#[test]
fn hostile_copies_are_small() {
    for copy in ["m2 = m99\n", "m2-99999 = m2-99999\n", "m3-9999 = m1-9997\n", "m1-1000000000 = m2\n"] {
        let text = format!("m1 C: I b2 V\n{}", copy.repeat(50_000));
        let started = std::time::Instant::now();
        let analysis = parse(&text);
        assert!(started.elapsed().as_secs() < 5, "{copy}");
        assert!(analysis.spans.len() <= 502 + text.len() / 4, "{copy}: {}", analysis.spans.len());
        assert!(analysis.faults.len() <= romantext::MAX_FAULTS, "{copy}: {}", analysis.faults.len());
    }
}

#[test]
fn copies_and_variants_in_every_spelling() {
    let first = ["0+4 C:maj I", "4+4 C:maj V"];
    for copy in ["m3=m1", "m3 = m1", "m3a = m1", "m3-3 = m1-1", "m3-m3=m1-m1"] {
        assert_eq!(spans(&format!("m1 C: I\nm2 V\n{copy}\n")), [first[0], first[1], "8+4 C:maj I"], "{copy}");
    }
    for variant in ["m2var1 IV", "m2 var1 IV", "m2-var1 IV", "m2varA = m1"] {
        assert_eq!(spans(&format!("m1 C: I\nm2 V\n{variant}\n")), first, "{variant}");
    }
    // What is held into a measure belongs to it, and so to its copy.
    assert_eq!(
        spans("m1 C: I\nm2 b3 V\nm3 IV\nm4 = m2\nm9 ii\nm10 = m7\n")[3..],
        ["12+2 C:maj I", "14+18 C:maj V", "32+4 C:maj ii", "36+4 C:maj V"]
    );
}

#[test]
fn metres_hold_from_their_measure() {
    assert_eq!(
        spans("m1 C: I\nTime Signature: 3/4\nm4 V\nTime Signature: slow 6/8\nm5 I b4 V\n"),
        ["0+12 C:maj I", "12+3 C:maj V", "15+1.5 C:maj I", "16.5+1.5 C:maj V"]
    );
    let analysis = parse("m1 C: I b5 V\nm2 V IV\n");
    assert_eq!((analysis.spans.len(), analysis.faults.len()), (2, 2), "{:?}", analysis.faults);
}

/// A chord of a mode is printed as the same chord in major or minor.
#[test]
fn modes_keep_their_chords() {
    let mut analysis = parse("m1 d: i b3 IV\n");
    for span in &mut analysis.spans {
        span.key.mode = kmidi_music::Mode::Dorian;
    }
    let again = parse(&romantext::print(&analysis));
    for (a, b) in analysis.spans.iter().zip(&again.spans) {
        let notes = |span: &Span| span.numeral.as_ref().map(|n| n.chord(span.key).pitch_classes());
        assert_eq!((a.onset, notes(a)), (b.onset, notes(b)));
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

#[test]
fn analyses_survive_printing_and_reading() {
    const NUMERALS: [&str; 13] = [
        "I",
        "vi65",
        "V7/V",
        "viio43",
        "bVII",
        "N6",
        "Ger65",
        "Cad64",
        "iiø65",
        "V7[no3][add4]",
        "V[over b2]",
        "IVM7",
        "I+",
    ];
    const KEYS: [&str; 8] = ["C", "f#", "Bb", "bb", "Eb", "g", "C#", "ab"];
    const METERS: [&str; 6] = ["4/4", "3/4", "6/8", "2/2", "12/8", "5/4"];
    let mut random = Random(4);
    for _ in 0..2_000 {
        let mut text = String::from("Composer: Nobody\n");
        let mut beats = 0;
        let mut measure = random.below(2);
        let mut written = 0;
        while written < 8 {
            if beats == 0 || random.below(4) == 0 {
                let meter: Meter = METERS[random.below(6)].parse().unwrap();
                text += &format!("Time Signature: {meter}\n");
                beats = if meter.is_compound() { meter.numerator / 3 } else { meter.numerator };
            }
            match random.below(12) {
                0 if written > 0 => measure -= 1, // an ending, or numbers that begin again
                1 if written > 0 => measure += random.below(4),
                2 if written > 0 => {
                    text += &format!("m{measure}\n");
                    measure += 1;
                    continue;
                }
                3 if written > 0 => {
                    text += &format!("m{measure} = m{}\n", measure - 1);
                    measure += 1;
                    continue;
                }
                _ => {}
            }
            text += &format!("m{measure}");
            measure += 1;
            written += 1;
            if written == 1 || random.below(3) == 0 {
                text += &format!(" {}:", KEYS[random.below(8)]);
            }
            for beat in 1..=beats {
                let part = ["", ".5", ".33", ".66", ".25", ".125", ".2"][random.below(7)];
                text += &format!(" b{beat}{part} {}", NUMERALS[random.below(13)]);
            }
            text += "\n";
        }
        text += ["", "m99\n", "Time Signature: 3/4\nm99\n"][random.below(3)];
        let analysis = parse(&text);
        // A copy into a shorter measure loses its last beats.
        assert!(analysis.faults.iter().all(|fault| fault.1.contains("ends before")), "{:?}", analysis.faults);
        let printed = romantext::print(&analysis);
        assert_eq!(parse(&printed), RomanText { faults: Vec::new(), ..analysis }, "{text}\n{printed}");
    }
}
