//! Examples that `tonal` and music21 publish, re-typed: which chord a name or numeral is, and what notes are called.
//! Where we differ the case stands in a list of its own, with the reason.
//!
//! Sources: tonal (tonaljs/tonal), `test.ts` and README of chord-detect, chord, progression and roman-numeral;
//! music21 (version 10, Cuthbert and Ariza 2010), documentation of `roman.RomanNumeral`,
//! `roman.romanNumeralFromChord`, `harmony.ChordSymbol`, `harmony.chordSymbolFigureFromChord` and
//! `chord.Chord.commonName`. music21's `-` for a flat is typed as `b`.

#[path = "published/music21.rs"]
mod music21;
#[path = "published/tonal.rs"]
mod tonal;

use kmidi_music::chord::name::readings;
use kmidi_music::notation::notes;
use kmidi_music::{Chord, Key, PitchName};

/// Spelled notes, sorted by name: which notes, not in which order.
fn sorted(names: impl IntoIterator<Item = PitchName>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    names.sort();
    names.dedup();
    names
}

fn names(text: &str) -> Vec<PitchName> {
    text.split(' ').map(|name| name.parse().unwrap()).collect()
}

/// Sorted notes of a chord, its bass with them, and the bass.
fn sounds(chord: &Chord) -> (Vec<String>, String) {
    (sorted(chord.notes().into_iter().chain([chord.bass])), chord.bass.to_string())
}

/// The same of notes that are listed bass first.
fn listed(text: &str) -> (Vec<String>, String) {
    (sorted(names(text)), names(text)[0].to_string())
}

/// The best reading of notes such as `C4 E4 G4`.
fn best(text: &str, key: Option<Key>) -> Chord {
    readings(&notes::read(text).unwrap(), key)[0].chord
}

#[test]
fn there_are_enough_cases() {
    let agreeing = tonal::counts().0 + music21::counts().0;
    let differing = tonal::counts().1 + music21::counts().1;
    println!("{agreeing} cases agree, {differing} differ and say why");
    assert!(agreeing >= 120 && differing < agreeing / 3);
}
