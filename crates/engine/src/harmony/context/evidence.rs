//! What one chord can be, and what it says about idiom and key.

use super::belief::Idiom;
use kmidi_kernels::math;
use kmidi_music::{PitchClass, PitchClassSet};

/// What kind of chord stands on a root, told by its intervals: the nine families of the next-chord task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Major third, no seventh; also a bare root or fifth.
    Major,
    /// Minor third, no seventh.
    Minor,
    /// Major third and minor seventh.
    Dominant,
    /// Major third and major seventh.
    MajorSeventh,
    /// Minor third and a seventh.
    MinorSeventh,
    /// Minor third and diminished fifth.
    Diminished,
    /// The same with a minor seventh.
    HalfDiminished,
    /// Major third and augmented fifth.
    Augmented,
    /// A fourth or second in place of the third.
    Suspended,
}

impl Family {
    /// How many there are.
    pub const COUNT: usize = 9;
    /// All, by [`Family::index`].
    pub const ALL: [Self; Self::COUNT] = [
        Family::Major,
        Family::Minor,
        Family::Dominant,
        Family::MajorSeventh,
        Family::MinorSeventh,
        Family::Diminished,
        Family::HalfDiminished,
        Family::Augmented,
        Family::Suspended,
    ];

    /// The family of the notes of `set` on `root`.
    pub fn above(set: PitchClassSet, root: PitchClass) -> Self {
        let above = set.transposed((12 - root.value()) % 12).bits();
        let has = |semitones: u16| above >> semitones & 1 == 1;
        match () {
            () if has(3) && has(6) && !has(7) && !has(4) && has(10) => Family::HalfDiminished,
            () if has(3) && has(6) && !has(7) && !has(4) => Family::Diminished,
            () if has(4) && has(8) && !has(7) => Family::Augmented,
            () if has(4) && has(10) => Family::Dominant,
            () if has(4) && has(11) => Family::MajorSeventh,
            () if has(4) => Family::Major,
            () if has(3) && (has(10) || has(11)) => Family::MinorSeventh,
            () if has(3) => Family::Minor,
            () if has(5) || has(2) => Family::Suspended,
            () => Family::Major,
        }
    }

    /// Its place, 0 to 8.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Major-like, minor-like, dominant, leading: the groups in which inversions are counted.
    pub const fn group(self) -> usize {
        match self {
            Family::Major | Family::MajorSeventh | Family::Augmented | Family::Suspended => 0,
            Family::Minor | Family::MinorSeventh => 1,
            Family::Dominant => 2,
            Family::Diminished | Family::HalfDiminished => 3,
        }
    }
}

/// How many groups of families there are for inversions.
pub const GROUPS: usize = 4;
/// How many kinds of bass: root, third, fifth, sixth or seventh, another note.
pub const BASSES: usize = 5;

/// The kind of a bass `semitones` above the root.
pub const fn bass_kind(semitones: u8) -> usize {
    match semitones {
        0 => 0,
        3 | 4 => 1,
        6..=8 => 2,
        9..=11 => 3,
        _ => 4,
    }
}

/// A root that a chord may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub(super) root: PitchClass,
    pub(super) family: Family,
    /// [`bass_kind`].
    pub(super) bass: usize,
    /// Its probability in each idiom, given the notes alone.
    pub(super) weight: [f32; Idiom::COUNT],
}

/// The roots that a chord may have: at most [`Candidates::MOST`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidates {
    list: [Candidate; Self::MOST],
    used: usize,
    /// How usual the notes are in each idiom, as a probability.
    pub(super) usual: [f32; Idiom::COUNT],
}

impl Candidates {
    /// The least likely roots beyond this many are left out.
    pub(super) const MOST: usize = 4;

    pub(super) fn new(usual: [f32; Idiom::COUNT]) -> Self {
        let nothing = Candidate {
            root: PitchClass::new(0),
            family: Family::Major,
            bass: 0,
            weight: [0.0; Idiom::COUNT],
        };
        Self { list: [nothing; Self::MOST], used: 0, usual }
    }

    /// Adds one, or puts it in the place of a less likely one.
    pub(super) fn add(&mut self, candidate: Candidate) {
        let likely = |c: &Candidate| math::max(&c.weight);
        let place = self.list[..self.used].partition_point(|c| likely(c) >= likely(&candidate));
        if place < Self::MOST {
            self.used = (self.used + 1).min(Self::MOST);
            self.list.copy_within(place..self.used - 1, place + 1);
            self.list[place] = candidate;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Candidate> {
        self.list[..self.used].iter()
    }
}

/// What a chord says about idiom and key: likelihoods up to a common factor, by idiom and key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Where a piece begins in the key.
    pub start: [[f32; 24]; Idiom::COUNT],
    /// Where the key was in force already.
    pub stay: [[f32; 24]; Idiom::COUNT],
    /// Where the key begins with this chord.
    pub enter: [[f32; 24]; Idiom::COUNT],
    /// How much likelier than usual the key ended with the chord before.
    pub ended: [[f32; 24]; Idiom::COUNT],
    /// By key alone: what a passage tells that was heard before and goes on with this chord.
    pub recalled: [f32; 24],
}

impl Evidence {
    pub(super) const NONE: Self = Self {
        start: [[0.0; 24]; Idiom::COUNT],
        stay: [[0.0; 24]; Idiom::COUNT],
        enter: [[0.0; 24]; Idiom::COUNT],
        ended: [[1.0; 24]; Idiom::COUNT],
        recalled: [1.0; 24],
    };
}
