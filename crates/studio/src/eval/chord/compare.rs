//! When is a chord right? The rules by which two labels are compared.
//!
//! Each gives `None` where the reference lies outside its vocabulary: that time is not counted. Harte (2010) and Pauwels
//! and Peeters ("Evaluating automatically estimated chord sequences", ICASSP 2013) define them; MIREX uses them.

use super::label::{Symbol, bits};

const TRIAD_SPAN: u16 = 0xff;
const TRIADS: [u16; 2] = [bits(&[0, 4, 7]), bits(&[0, 3, 7])];
const SEVENTHS: [u16; 5] =
    [TRIADS[0], TRIADS[1], bits(&[0, 4, 7, 11]), bits(&[0, 4, 7, 10]), bits(&[0, 3, 7, 10])];

/// The roots are equal. What has no root equals what has none.
pub(super) fn root(reference: Symbol, estimate: Symbol) -> Option<bool> {
    (reference != Symbol::Unknown).then(|| reference.root() == estimate.root())
}

/// Root and all tones are equal.
pub(super) fn tetrads(reference: Symbol, estimate: Symbol) -> Option<bool> {
    (reference != Symbol::Unknown).then_some(reference == estimate)
}

/// Major and minor triads: root and all tones up to the fifth are equal.
pub(super) fn majmin(reference: Symbol, estimate: Symbol) -> Option<bool> {
    let triad = |symbol| match symbol {
        Symbol::Chord { root, tones } => Symbol::Chord { root, tones: tones & TRIAD_SPAN },
        other => other,
    };
    counted(triad(reference), &TRIADS).then(|| triad(reference) == triad(estimate))
}

/// Major, minor, dominant, major and minor seventh: root and all tones are equal.
pub(super) fn sevenths(reference: Symbol, estimate: Symbol) -> Option<bool> {
    counted(reference, &SEVENTHS).then_some(reference == estimate)
}

/// At least three pitch classes are shared. A chord of fewer is not counted. An estimate without a name shares all of
/// them, as in mir_eval, where it encodes to twelve set tones.
pub(super) fn mirex(reference: Symbol, estimate: Symbol) -> Option<bool> {
    let (reference, estimate) = match (reference, estimate) {
        (Symbol::Unknown, _) => return None,
        (Symbol::NoChord, other) => return Some(other.root().is_none()),
        (reference, estimate) => (chroma(reference), chroma(estimate)),
    };
    (reference.count_ones() >= 3).then(|| (reference & estimate).count_ones() >= 3)
}

fn counted(reference: Symbol, vocabulary: &[u16]) -> bool {
    match reference {
        Symbol::NoChord => true,
        Symbol::Unknown => false,
        Symbol::Chord { tones, .. } => vocabulary.contains(&tones),
    }
}

/// Pitch classes as bits, C the lowest.
fn chroma(symbol: Symbol) -> u16 {
    match symbol {
        Symbol::NoChord => 0,
        Symbol::Unknown => 0xfff,
        Symbol::Chord { root, tones } => (tones << root | tones >> (12 - root)) & 0xfff,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rule = fn(Symbol, Symbol) -> Option<bool>;

    fn check(rule: Rule, reference: &str, estimate: &str, right: Option<bool>) {
        let symbol = |label| Symbol::parse(label).unwrap();
        assert_eq!(rule(symbol(reference), symbol(estimate)), right, "{estimate} for {reference}");
    }

    #[test]
    fn roots_and_all_tones() {
        check(root, "C:maj", "C:min7/b3", Some(true));
        check(root, "C#:maj", "Db", Some(true));
        check(root, "C:maj", "N", Some(false));
        check(root, "N", "X", Some(true));
        check(root, "X", "X", None);
        check(tetrads, "C:9", "C:7", Some(true));
        check(tetrads, "C:7", "C", Some(false));
        check(tetrads, "N", "X", Some(false));
        check(tetrads, "X", "C", None);
    }

    #[test]
    fn vocabularies() {
        check(majmin, "C:7", "C:maj", Some(true));
        check(majmin, "C:maj", "C:maj6", Some(true));
        check(majmin, "C:min", "C:maj", Some(false));
        check(majmin, "C:dim", "C:dim", None);
        check(majmin, "C:aug", "C:maj", None);
        check(majmin, "C:maj/2", "C", None);
        check(majmin, "N", "N", Some(true));
        check(majmin, "N", "X", Some(false));
        check(sevenths, "C:7", "C:7", Some(true));
        check(sevenths, "C:7", "C:maj", Some(false));
        check(sevenths, "C:maj/b7", "C:7", Some(true));
        check(sevenths, "C:maj6", "C:maj6", None);
        check(sevenths, "N", "C", Some(false));
    }

    #[test]
    fn shared_pitch_classes() {
        check(mirex, "C:maj7", "E:min", Some(true));
        check(mirex, "C:maj", "A:min", Some(false));
        check(mirex, "B:dim", "G:7", Some(true));
        check(mirex, "C:5", "C:5", None);
        check(mirex, "C:maj", "X", Some(true));
        check(mirex, "C:maj", "N", Some(false));
        check(mirex, "N", "X", Some(true));
        check(mirex, "X", "C", None);
    }
}
