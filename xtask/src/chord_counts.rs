//! The tables of `crates/engine/src/harmony/context/tables.rs`, counted on labelled chord sequences.

use kmidi::engine::harmony::context::{BASSES, Family, GROUPS, bass_kind};
use kmidi::music::{Key, PitchClass};
use kmidi::studio::eval::harmony::{LabelledChord, Piece};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The sets of notated music and of songs: those whose statistics may be passed on.
const NOTATED: &[&str] = &["harmony/when_in_rome"];
const SONGS: &[&str] = &["harmony/billboard", "melody_harmony/pop909", "melody_harmony/openewld"];

/// The composers of the notated set who died by 1750; identifiers hold their names.
const EARLY: [&str; 4] = ["Bach,_Johann_Sebastian", "Goudimel", "Monteverdi", "Purcell"];

fn early(piece: &Piece) -> bool {
    EARLY.iter().any(|composer| piece.id.contains(composer))
}

/// An idiom: its name in the engine, its sets, which pieces of them, and these in words.
type Counted = (&'static str, &'static [&'static str], fn(&Piece) -> bool, &'static str);

const IDIOMS: [Counted; 3] = [
    ("EARLY", NOTATED, early, ", composers who died by 1750"),
    ("LATER", NOTATED, |piece| !early(piece), ", the other composers"),
    ("SONG", SONGS, |_| true, ""),
];

type Chords = [[[u32; Family::COUNT]; 12]; 2];

#[derive(Default)]
struct Counts {
    chords: Chords,
    starts: Chords,
    enters: Chords,
    exits: Chords,
    basses: [[[[u32; BASSES]; GROUPS]; 12]; 2],
    notes: [[u32; 12]; 2],
    from_home: [[u32; 24]; 2],
    moves: [[u32; 24]; 2],
    roots: BTreeMap<u16, [u32; 12]>,
}

type Steps = [[[u32; Family::COUNT]; 12]; Family::COUNT];

/// The text of `tables.rs`, counted on the sets in `folder`.
///
/// # Errors
///
/// Where a set is missing or cannot be read.
pub fn count(folder: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut steps: Steps = [[[0; Family::COUNT]; 12]; Family::COUNT];
    let mut out = String::from(HEAD);
    for (name, sets, holds, which) in IDIOMS {
        let mut counts = Counts::default();
        let (mut pieces, mut chords) = (0, 0);
        for set in sets {
            for piece in kmidi::labelled::<Piece>(folder.join(format!("{set}.train.jsonl.gz")))? {
                // Analyses by DCML are not for commercial use.
                if piece.analyst.contains("DCML") || !holds(&piece) {
                    continue;
                }
                pieces += 1;
                chords += counts.add(&piece, &mut steps);
            }
        }
        let sets = sets.join(", ");
        writeln!(
            out,
            "\n/// Counted on the train splits of {sets}{which}: {pieces} pieces, {chords} chords."
        )?;
        counts.write(name, &mut out)?;
    }
    writeln!(out, "\n/// Steps between roots, by family before, semitones up, family after; of all idioms.")?;
    writeln!(out, "pub static STEPS: [[[u32; Family::COUNT]; 12]; Family::COUNT] = {steps:?};")?;
    Ok(out)
}

fn key_of(piece: &Piece, chord: &LabelledChord) -> Option<usize> {
    let key: Key = kmidi::studio::eval::harmony::key_at(piece, chord)?.parse().ok()?;
    Some(key.tonic.pitch_class().index() + if key.mode.is_minor() { 12 } else { 0 })
}

/// Keys as seen from another: the mode stays, the tonic is counted from that of `from`.
fn relative(from: usize, to: usize) -> usize {
    to / 12 * 12 + (to % 12 + 12 - from % 12) % 12
}

impl Counts {
    fn add(&mut self, piece: &Piece, steps: &mut Steps) -> usize {
        let mut home = None;
        let mut last: Option<(usize, PitchClass, Family, _)> = None;
        let mut chords = 0;
        for chord in &piece.chords {
            let (Some(sounding), Some(root), Some(key)) = (chord.sounding, chord.root, key_of(piece, chord))
            else {
                continue;
            };
            chords += 1;
            let (mode, tonic) = (key / 12, PitchClass::new(key as i32));
            let family = Family::above(sounding.set, root);
            let place = usize::from(root.above(tonic));
            let bass = sounding.bass.above(root);
            self.chords[mode][place][family.index()] += 1;
            self.basses[mode][place][family.group()][bass_kind(bass)] += 1;
            sounding.set.iter().for_each(|pc| self.notes[mode][usize::from(pc.above(tonic))] += 1);
            if sounding.set.len() >= 3 {
                let above = sounding.set.transposed((12 - sounding.bass.value()) % 12).bits();
                self.roots.entry(above).or_default()[usize::from(root.above(sounding.bass))] += 1;
            }
            let home = *home.get_or_insert(key);
            match last {
                None => self.starts[mode][place][family.index()] += 1,
                Some((before, from, was, set)) => {
                    if before != key {
                        let left = usize::from(from.above(PitchClass::new(before as i32)));
                        self.exits[before / 12][left][was.index()] += 1;
                        self.enters[mode][place][family.index()] += 1;
                        self.from_home[home / 12][relative(home, key)] += 1;
                        self.moves[before / 12][relative(before, key)] += 1;
                    }
                    if (from, set) != (root, sounding.set) {
                        steps[was.index()][usize::from(root.above(from))][family.index()] += 1;
                    }
                }
            }
            last = Some((key, root, family, sounding.set));
        }
        chords
    }

    fn write(&self, name: &str, out: &mut String) -> std::fmt::Result {
        let Self { chords, starts, enters, exits, basses, notes, from_home, moves, roots } = self;
        writeln!(out, "pub static {name}: Counts = Counts {{")?;
        writeln!(out, "    chords: {chords:?},\n    starts: {starts:?},\n    enters: {enters:?},")?;
        writeln!(out, "    exits: {exits:?},")?;
        writeln!(out, "    basses: {basses:?},\n    notes: {notes:?},")?;
        writeln!(out, "    from_home: {from_home:?},\n    moves: {moves:?},\n    roots: &[")?;
        roots.iter().try_for_each(|row| writeln!(out, "        {row:?},"))?;
        writeln!(out, "    ],\n}};")
    }
}

const HEAD: &str = "\
//! Counts of chords in keys, made by `cargo run --release -p xtask --example count-chords -- ../shared/data`; do not edit.
//!
//! | set | source | licence |
//! |---|---|---|
//! | when_in_rome | When in Rome (Gotham et al. 2023), without the analyses that name DCML | CC BY-SA 4.0 |
//! | billboard | McGill Billboard 2.0 (Burgoyne, Wild and Fujinaga 2011) | CC0 1.0 |
//! | pop909 | POP909 (Wang et al. 2020), POP909-CL | MIT |
//! | openewld | OpenEWLD (Simonetta et al. 2018) | public domain |

use super::evidence::{BASSES, Family, GROUPS};

/// By mode of the key (major, minor), root in semitones above the tonic, family.
pub type Chords = [[[u32; Family::COUNT]; 12]; 2];

/// What was counted in one idiom.
#[derive(Debug)]
pub struct Counts {
    /// All chords.
    pub chords: Chords,
    /// First chords of pieces.
    pub starts: Chords,
    /// First chords after a change of key.
    pub enters: Chords,
    /// Last chords before a change of key, in the key that ends.
    pub exits: Chords,
    /// By mode, root above the tonic, group of families: root, third, fifth, seventh or another note in the bass.
    pub basses: [[[[u32; BASSES]; GROUPS]; 12]; 2],
    /// By mode: chords that hold the note so many semitones above the tonic.
    pub notes: [[u32; 12]; 2],
    /// By mode of a piece's first key: keys that were entered, from that key's tonic; twelve major, twelve minor.
    pub from_home: [[u32; 24]; 2],
    /// The same from the key before.
    pub moves: [[u32; 24]; 2],
    /// Of each set of notes above a bass (bit 0), how often each root stood above the bass; three notes and more.
    pub roots: &'static [(u16, [u32; 12])],
}
";
