//! What is fuzzed: a function from bytes for each format that reads what strangers wrote. None may panic or hang, and
//! what was read must survive being written.
//!
//! `cargo fuzz` runs them through `fuzz_targets/`, and `crates/kmidi/tests/random_input.rs` in every test run.

use kmidi::io::smf::{self, Pedal};
use kmidi::io::{chordpro, musicxml, rgt, romantext};
use kmidi::music::notation::harte::{self, Label};
use kmidi::music::notation::{nashville, symbol};
use kmidi::music::{Key, RomanNumeral, roman};
use kmidi::studio::groove::{
    Amounts, Bars, Extract, Habits, Note, Quantise, Template, apply, extract, feel, humanise, quantise,
};
use kmidi::{Performance, from_rgt, to_clip, to_rgt};

/// A function from bytes.
pub type Check = fn(&[u8]);

/// Every format by name: reading alone, and all that is checked.
pub const TARGETS: [(&str, Check, Check); 7] = [
    ("smf", |bytes| drop(smf::parse(bytes, "fuzz.mid")), smf),
    ("musicxml", |bytes| drop(musicxml::parse(bytes, "fuzz.musicxml")), musicxml),
    ("romantext", |bytes| drop(romantext::parse(bytes, "fuzz.rntxt")), romantext),
    ("chordpro", |bytes| drop(chordpro::parse(bytes, "fuzz.cho")), chordpro),
    ("groove", |bytes| drop(rgt::parse(bytes, "fuzz.rgt")), groove),
    ("chord", chord, chord),
    ("roman", roman, roman),
];

/// A standard MIDI file.
pub fn smf(bytes: &[u8]) {
    match smf::parse(bytes, "fuzz.mid") {
        Ok(file) => {
            let _ = file.notes(Pedal::Held);
            let written = smf::write(&file).unwrap();
            assert_eq!(smf::parse(&written, "fuzz.mid").unwrap(), file);
        }
        Err(_) => {
            let _ = smf::salvage(bytes, "fuzz.mid");
        }
    }
}

/// A MusicXML score.
pub fn musicxml(bytes: &[u8]) {
    if let Ok(score) = musicxml::parse(bytes, "fuzz.musicxml") {
        let _ = score.song();
        if let Ok(written) = musicxml::write(&score) {
            musicxml::parse(&written, "fuzz.musicxml").unwrap();
        }
    }
}

/// A RomanText analysis.
pub fn romantext(bytes: &[u8]) {
    if let Ok(analysis) = romantext::parse(bytes, "fuzz.rntxt") {
        let printed = romantext::print(&analysis);
        let again = romantext::parse(printed.as_bytes(), "fuzz.rntxt").unwrap();
        assert_eq!(again.spans.len(), analysis.spans.len());
    }
}

/// A ChordPro sheet.
pub fn chordpro(bytes: &[u8]) {
    if let Ok(sheet) = chordpro::parse(bytes, "fuzz.cho") {
        chordpro::parse(chordpro::print(&sheet).as_bytes(), "fuzz.cho").unwrap();
    }
}

/// A groove: a MIDI file to take it from and give it to, a template, a groove of REAPER's.
pub fn groove(bytes: &[u8]) {
    if let Some(performance) = smf::parse(bytes, "fuzz.mid").ok().and_then(Performance::of) {
        let (notes, bars) = (&performance.notes, &performance.bars);
        let template = extract(notes, bars, &Extract { bars: Some(2), ..Extract::default() });
        given(&template);
        for moved in [
            apply(&template, notes, bars, &Amounts { random: 1.0, ..Amounts::default() }),
            quantise(notes, bars, &Quantise::default()),
            humanise(notes, bars, &Habits::default(), 1),
        ] {
            let after = performance.with(&moved);
            assert_eq!(after.notes(Pedal::Ignored).len(), notes.len());
        }
        return;
    }
    if let Ok(template) =
        std::str::from_utf8(bytes).map_err(drop).and_then(|text| Template::from_json(text).map_err(drop))
    {
        assert_eq!(Template::from_json(&template.to_json()), Ok(template.clone()));
        given(&template);
    }
    if let Ok(found) = rgt::parse(bytes, "fuzz.rgt") {
        rgt::parse(rgt::print(&found).as_bytes(), "fuzz.rgt").unwrap();
        given(&from_rgt(&found, "fuzz"));
    }
}

/// All that can be done with a template.
fn given(template: &Template) {
    template.check().unwrap();
    let _ = (feel(template), to_rgt(template), to_clip(template));
    let note =
        |n: u64| Note { onset: 120 * n, end: 120 * n + 60, channel: 9, program: 0, pitch: 36, velocity: 80 };
    let notes: Vec<Note> = (0..64).map(note).collect();
    let moved = apply(template, &notes, &Bars::common(480, 120.0), &Amounts::default());
    assert!(moved.iter().all(|note| note.end > note.onset));
}

/// A chord: Harte, symbol, Nashville number.
pub fn chord(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(Label::Chord(chord)) = harte::parse(text) {
        assert_eq!(harte::parse(&harte::print(Label::Chord(chord))), Ok(Label::Chord(chord)));
    }
    if let Ok(chord) = symbol::parse(text) {
        assert_eq!(symbol::parse(&symbol::print(&chord)), Ok(chord));
    }
    if let Ok(key) = "E minor".parse::<Key>() {
        let _ = nashville::parse(text, key);
    }
}

/// A Roman numeral, a progression.
pub fn roman(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(key) = "Bb".parse::<Key>() else { return };
    if let Ok(numeral) = text.parse::<RomanNumeral>() {
        assert_eq!(numeral.to_string().parse(), Ok(numeral.clone()));
        let _ = numeral.chord(key);
    }
    let _ = roman::progression(text, key);
}
