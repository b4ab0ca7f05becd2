//! Harte labels of the data sets: each is read, and means the pitch classes that the record gives.

mod common;

use kmidi_music::notation::harte::{self, Label};
use std::collections::BTreeMap;

const SETS: [&str; 10] = [
    "harmony/jazz_standards",
    "harmony/cocopops_chords",
    "harmony/billboard",
    "harmony/when_in_rome",
    "harmony/dcml_mozart",
    "harmony/dcml_abc",
    "melody_harmony/cocopops",
    "melody_harmony/nottingham",
    "melody_harmony/openewld",
    "melody_harmony/pop909",
];

#[test]
fn every_label_is_read_and_survives() {
    for set in SETS {
        let mut unread = BTreeMap::<String, usize>::new();
        let (mut labels, mut equal, mut unequal) = (0, 0, BTreeMap::<String, usize>::new());
        for record in common::records(set) {
            for chord in record["chords"].as_array().unwrap() {
                let text = chord[2].as_str().unwrap();
                let Ok(label) = harte::parse(text) else {
                    *unread.entry(text.to_owned()).or_default() += 1;
                    continue;
                };
                assert_eq!(harte::parse(&harte::print(label)), Ok(label), "{set}: {text}");
                labels += 1;
                let Label::Chord(read) = label else { continue };
                let written: u16 =
                    chord[5].as_array().unwrap().iter().fold(0, |set, pc| set | 1 << pc.as_u64().unwrap());
                if read.pitch_classes().bits() == written {
                    equal += 1;
                } else {
                    let body = text.trim_start_matches(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'b', '#']);
                    *unequal.entry(body.into()).or_default() += 1;
                }
            }
        }
        assert!(unread.is_empty(), "{set}: not read: {unread:?}");
        if labels > 0 {
            let wrong: usize = unequal.values().sum();
            println!("{set}: {labels} labels read, {equal} equal to the record, {wrong} not: {unequal:?}");
            assert!(wrong * 200 < labels, "{set}: {unequal:?}");
        }
    }
}
