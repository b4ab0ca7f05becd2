//! The tables of `crates/engine/src/harmony/suggest/moves.rs`: which chord follows which, counted on labelled sequences.

use kmidi::engine::harmony::context::Family;
use kmidi::music::{Key, PitchClass};
use kmidi::studio::eval::harmony::{LabelledChord, Piece, key_at};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The sets of each idiom: those whose statistics may be passed on.
const IDIOMS: [(&str, &[&str]); 3] = [
    ("COMMON_PRACTICE", &["harmony/when_in_rome"]),
    ("POP", &["harmony/billboard", "melody_harmony/pop909"]),
    ("STANDARDS", &["melody_harmony/openewld"]),
];
/// Moves that were seen less often are not written down one by one.
const LEAST: u32 = 3;

/// What stands for the chord before the first.
const START: usize = 12 * Family::COUNT;

/// By mode and chord: how often each chord follows. A chord is its root above the tonic times nine, plus its family.
type Moves = [BTreeMap<usize, BTreeMap<usize, u32>>; 2];

/// The text of `moves.rs`, counted on the sets in `folder`.
///
/// # Errors
///
/// Where a set is missing or cannot be read.
pub fn count(folder: &Path) -> Result<String, Box<dyn std::error::Error>> {
    let mut out = String::from(HEAD);
    for (name, sets) in IDIOMS {
        let mut moves = Moves::default();
        let mut pieces = 0;
        for set in sets {
            for piece in kmidi::labelled::<Piece>(folder.join(format!("{set}.train.jsonl.gz")))? {
                if piece.analyst.contains("DCML") {
                    continue; // not for commercial use
                }
                pieces += 1;
                add(&piece, &mut moves);
            }
        }
        let total: u32 = moves.iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values).sum();
        let sets = sets.join(", ");
        writeln!(out, "\n/// Counted on the train splits of {sets}: {pieces} pieces, {total} moves.")?;
        writeln!(out, "pub(super) static {name}: [&[u16]; 2] = [")?;
        for rows in &moves {
            writeln!(out, "    &[")?;
            rows.iter().try_for_each(|(from, to)| row(*from, to, &mut out))?;
            writeln!(out, "    ],")?;
        }
        writeln!(out, "];")?;
    }
    Ok(out)
}

/// Counts the moves of a piece, each in the key of the chord that it leads to. A chord that is told again is no move.
fn add(piece: &Piece, moves: &mut Moves) {
    let mut last: Option<(PitchClass, Family)> = None;
    for chord in &piece.chords {
        let (Some(sounding), Some(root), Some(key)) = (chord.sounding, chord.root, key_of(piece, chord))
        else {
            continue;
        };
        let now = (root, Family::above(sounding.set, root));
        let place = |(root, family): (PitchClass, Family)| {
            usize::from(root.above(key.tonic.pitch_class())) * Family::COUNT + family.index()
        };
        if last != Some(now) {
            let mode = usize::from(key.mode.is_minor());
            *moves[mode].entry(last.map_or(START, place)).or_default().entry(place(now)).or_default() += 1;
        }
        last = Some(now);
    }
}

fn key_of(piece: &Piece, chord: &LabelledChord) -> Option<Key> {
    key_at(piece, chord)?.parse().ok()
}

fn row(from: usize, to: &BTreeMap<usize, u32>, out: &mut String) -> std::fmt::Result {
    let mut common: Vec<(u32, usize)> =
        to.iter().map(|(&to, &n)| (n, to)).filter(|(n, _)| *n >= LEAST).collect();
    common.sort_by_key(|&(n, to)| (std::cmp::Reverse(n), to));
    if common.is_empty() {
        return Ok(());
    }
    write!(out, "        {from}, {}, {}, {}, ", to.values().sum::<u32>(), to.len(), common.len())?;
    common.iter().try_for_each(|(n, to)| write!(out, "{to}, {n}, "))?;
    writeln!(out)
}

const HEAD: &str = "\
//! Counts of moves from chord to chord, made by `cargo run --release -p xtask --example count-moves -- ../shared/data`; do
//! not edit.
//!
//! | set | source | licence |
//! |---|---|---|
//! | when_in_rome | When in Rome (Gotham et al. 2023), without the analyses that name DCML | CC BY-SA 4.0 |
//! | billboard | McGill Billboard 2.0 (Burgoyne, Wild and Fujinaga 2011) | CC0 1.0 |
//! | pop909 | POP909 (Wang et al. 2020), POP909-CL | MIT |
//! | openewld | OpenEWLD (Simonetta et al. 2018) | public domain |
//!
//! A chord is its root in semitones above the tonic times nine, plus its family. By mode of the key (major, minor) rows
//! follow each other: the chord before, how many moves lead on from it, to how many different chords, how many of those
//! come now (each seen three times or more), and of each of these the chord and its count. 108 stands before the first chord.
";
