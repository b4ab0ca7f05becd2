//! Roman numerals of the data sets: each is read, survives print and parse, and means the pitch classes of the record.

mod common;

use kmidi_music::Key;
use kmidi_music::roman::{Convention, RomanNumeral};
use std::collections::BTreeMap;

#[derive(Default)]
struct Tally {
    numerals: usize,
    unread: BTreeMap<String, usize>,
    equal: usize,
    bass: usize,
    unequal: BTreeMap<String, usize>,
}

fn tally(set: &str, convention: Convention) -> Tally {
    let mut tally = Tally::default();
    for record in common::records(set) {
        for chord in record["chords"].as_array().unwrap() {
            let pitch_classes = chord[5].as_array().unwrap();
            if pitch_classes.is_empty() {
                continue; // no chord
            }
            let (text, key) = (chord[6].as_str().unwrap(), chord[7].as_str().unwrap());
            tally.numerals += 1;
            let Ok(numeral) = text.parse::<RomanNumeral>() else {
                *tally.unread.entry(text.into()).or_default() += 1;
                continue;
            };
            assert_eq!(
                numeral.to_string().parse(),
                Ok(numeral.clone()),
                "{set}: {text} printed as {numeral}"
            );
            let read = numeral.chord_as(key.parse::<Key>().unwrap(), convention);
            let written: u16 = pitch_classes.iter().fold(0, |set, pc| set | 1 << pc.as_u64().unwrap());
            if read.pitch_classes().bits() == written {
                tally.equal += 1;
                tally.bass += usize::from(chord[4].as_u64() == Some(read.bass.pitch_class().value().into()));
            } else {
                *tally.unequal.entry(format!("{text} in {}", &key[key.len() - 3..])).or_default() += 1;
            }
        }
    }
    tally
}

fn check(set: &str, convention: Convention, least_read: f64, least_equal: f64) {
    let tally = tally(&format!("harmony/{set}"), convention);
    if tally.numerals == 0 {
        return;
    }
    let unread: usize = tally.unread.values().sum();
    let read = tally.numerals - unread;
    let (read_share, equal_share) = (read as f64 / tally.numerals as f64, tally.equal as f64 / read as f64);
    println!(
        "{set} as {convention:?}: {} numerals, read {:.3} %, of those equal {:.3} %, bass of the equal {:.3} %",
        tally.numerals,
        100.0 * read_share,
        100.0 * equal_share,
        100.0 * tally.bass as f64 / tally.equal as f64
    );
    let worst = |map: &BTreeMap<String, usize>| {
        let mut rows: Vec<_> = map.iter().map(|(text, n)| (*n, text.clone())).collect();
        rows.sort_by(|a, b| b.cmp(a));
        rows.truncate(40);
        rows
    };
    println!("  unread {:?}\n  unequal {:?}", worst(&tally.unread), worst(&tally.unequal));
    assert!(read_share >= least_read, "{set}: {read_share}");
    assert!(equal_share >= least_equal, "{set}: {equal_share}");
}

#[test]
fn when_in_rome_as_music21_wrote_it() {
    check("when_in_rome", Convention::Music21, 0.9995, 0.998);
}

/// The same records by the convention of RomanText files: what differs is the doubled sign of `#vii`.
#[test]
fn when_in_rome_as_roman_text() {
    check("when_in_rome", Convention::RomanText, 0.9995, 0.97);
}

#[test]
fn dcml_mozart() {
    check("dcml_mozart", Convention::Dcml, 0.9995, 0.998);
}

#[test]
fn dcml_abc() {
    check("dcml_abc", Convention::Dcml, 0.9995, 0.998);
}
