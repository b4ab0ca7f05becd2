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
    const NUMERALS: [&str; 12] = [
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
        "IVM7",
        "I+",
    ];
    const KEYS: [&str; 8] = ["C", "f#", "Bb", "bb", "Eb", "g", "C#", "ab"];
    const METERS: [&str; 6] = ["4/4", "3/4", "6/8", "2/2", "12/8", "5/4"];
    let mut random = Random(4);
    for _ in 0..400 {
        let mut text = String::from("Composer: Nobody\n");
        let meter: Meter = METERS[random.below(6)].parse().unwrap();
        text += &format!("Time Signature: {meter}\n");
        let beats = if meter.is_compound() { meter.numerator / 3 } else { meter.numerator };
        for measure in random.below(2)..8 {
            text += &format!("m{measure}");
            if measure < 2 || random.below(3) == 0 {
                text += &format!(" {}:", KEYS[random.below(8)]);
            }
            for beat in 1..=beats {
                let part = ["", ".5", ".33", ".66", ".25", ".125", ".2"][random.below(7)];
                text += &format!(" b{beat}{part} {}", NUMERALS[random.below(12)]);
            }
            text += "\n";
        }
        let analysis = parse(&text);
        assert!(analysis.faults.is_empty(), "{:?}", analysis.faults);
        let printed = romantext::print(&analysis);
        assert_eq!(parse(&printed), analysis, "{text}\n{printed}");
    }
}
