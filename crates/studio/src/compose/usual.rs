//! What is usual in the melodies of songs, counted: notes of the key, rhythms of two beats, steps after steps, how much of its time a note sounds.
//!
//! The counts are of the training split of POP909 (Wang, Chen, Jiang, Zhang, Xu, Dai and Xia 2020, "POP909: a pop-song dataset for music arrangement
//! generation"; MIT licence), its pieces in 4/4 with one key: 524 songs, some 176,000 notes. `kmidi eval songs` measures how near songs come to pieces that were not counted.

use kmidi_music::Mode;

/// Notes in a thousand on each pitch class above the tonic, of songs in major and in minor.
const NOTES: [[f32; 12]; 2] = [
    [206.0, 1.0, 173.0, 1.0, 187.0, 44.0, 1.0, 185.0, 2.0, 151.0, 1.0, 48.0],
    [214.0, 1.0, 84.0, 157.0, 2.0, 173.0, 0.5, 196.0, 28.0, 3.0, 138.0, 3.0],
];

/// How surprising a note of the scale of `mode` is, in nats, less that of the least surprising: the seven steps of the scale in the order of their size. A step that other
/// modes do not have is as usual as its neighbour in the mode that was counted.
pub(super) fn surprise(mode: Mode, above_tonic: i32) -> f32 {
    let table = &NOTES[usize::from(mode.is_minor())];
    let at = above_tonic.rem_euclid(12) as usize;
    let most = table.iter().copied().fold(0.0, f32::max);
    let near = [at, (at + 1) % 12, (at + 11) % 12].map(|at| table[at]);
    // The sixth of Dorian, the seventh of Mixolydian and the like stand where major or minor has its own.
    let own = if near[0] > 4.0 { near[0] } else { near[1].min(near[2]).max(20.0) };
    libm::logf(most / own)
}

/// How many half bars have notes on these sixteenths: bit `k` of the place says whether one begins on sixteenth `k + 1`; one begins on the first.
#[rustfmt::skip]
pub(super) const ON: [u16; 128] = [
    5560, 131, 1297, 153, 240, 113, 476, 91, 3183, 65, 2435, 64, 101, 119, 139, 135,
    26, 2, 42, 4, 34, 24, 443, 49, 58, 11, 205, 25, 8, 12, 34, 64,
    1790, 31, 1530, 47, 526, 61, 524, 29, 4026, 57, 7464, 47, 478, 110, 517, 194,
    20, 15, 9, 17, 17, 4, 58, 1, 63, 19, 128, 28, 35, 15, 49, 46,
    195, 20, 46, 19, 17, 37, 197, 42, 89, 8, 212, 7, 117, 134, 59, 101,
    37, 15, 26, 14, 13, 39, 181, 53, 179, 8, 166, 42, 117, 219, 67, 174,
    677, 28, 318, 66, 54, 52, 415, 41, 253, 46, 909, 27, 110, 89, 297, 416,
    96, 15, 24, 2, 7, 32, 76, 76, 174, 9, 108, 22, 114, 53, 50, 291,
];

/// The same of second halves where none begins on the first sixteenth, and the note before may sound on.
#[rustfmt::skip]
pub(super) const OVER: [u16; 128] = [
    0, 174, 471, 35, 27, 52, 25, 8, 536, 46, 248, 11, 16, 26, 14, 12,
    42, 82, 28, 2, 25, 71, 20, 10, 35, 2, 42, 14, 24, 0, 2, 7,
    484, 17, 388, 7, 8, 4, 14, 1, 1627, 31, 1418, 36, 36, 11, 103, 29,
    11, 2, 2, 3, 6, 6, 13, 14, 79, 2, 25, 1, 16, 0, 10, 5,
    212, 42, 18, 4, 15, 7, 11, 2, 58, 4, 78, 0, 5, 19, 31, 11,
    45, 46, 7, 2, 7, 135, 6, 13, 94, 0, 22, 3, 32, 11, 48, 11,
    442, 75, 31, 4, 0, 13, 36, 8, 141, 18, 106, 5, 72, 27, 98, 44,
    157, 25, 10, 7, 5, 11, 0, 29, 184, 2, 0, 0, 40, 0, 36, 53,
];

/// Steps in the scale after a step: rows by the step before (a new start, then 4 down or more to 4 up or more), columns 4 down to 4 up, in a hundred.
pub(super) const STEPS: [[u64; 9]; 10] = [
    [1, 1, 5, 18, 28, 24, 11, 4, 7],
    [0, 0, 3, 7, 23, 23, 17, 6, 19],
    [1, 1, 5, 20, 17, 23, 17, 11, 7],
    [1, 1, 7, 30, 15, 11, 20, 8, 7],
    [2, 3, 13, 30, 16, 29, 3, 2, 2],
    [3, 3, 8, 22, 38, 14, 6, 2, 4],
    [4, 4, 6, 27, 16, 25, 13, 2, 2],
    [3, 5, 19, 15, 21, 28, 5, 2, 2],
    [3, 7, 12, 28, 32, 13, 3, 0, 1],
    [5, 3, 12, 43, 29, 7, 2, 0, 0],
];

/// Intervals in ten thousand, an octave and more down to an octave and more up.
#[rustfmt::skip]
const INTERVALS: [f32; 25] = [
    28.0, 1.0, 16.0, 50.0, 45.0, 203.0, 2.0, 344.0, 199.0, 723.0, 1939.0, 428.0, 2369.0, 342.0, 1689.0, 685.0, 170.0, 331.0, 4.0, 200.0, 54.0, 74.0, 33.0, 3.0, 68.0,
];

/// The share of an interval among all, semitones.
pub(super) fn interval(semitones: i32) -> f32 {
    INTERVALS[(semitones.clamp(-12, 12) + 12) as usize] / 1e4
}

/// How much of the time to the next note one sounds on the mean, over the songs: ten quantiles from the most detached song to the most bound.
pub(super) const HELD: [f32; 10] = [0.6, 0.65, 0.7, 0.73, 0.76, 0.79, 0.83, 0.88, 0.94, 1.0];

/// The triads of major that are counted, by their numerals, and how often each follows each in songs, in a thousand.
const MAJOR: [&str; 11] = ["I", "ii", "iii", "IV", "V", "vi", "iv", "bVI", "bVII", "V/V", "V/vi"];
const FOLLOW_MAJOR: [[u16; 11]; 11] = [
    [0, 105, 124, 224, 259, 232, 8, 3, 14, 13, 17],
    [74, 0, 89, 60, 688, 35, 10, 1, 8, 26, 10],
    [44, 160, 0, 299, 30, 434, 3, 2, 2, 13, 13],
    [201, 50, 163, 0, 504, 26, 26, 1, 6, 11, 12],
    [536, 29, 76, 151, 0, 183, 2, 2, 4, 7, 11],
    [81, 252, 150, 264, 199, 0, 3, 6, 9, 30, 6],
    [468, 32, 150, 40, 210, 28, 2, 15, 32, 11, 15],
    [214, 27, 27, 49, 236, 82, 16, 5, 324, 16, 5],
    [226, 26, 26, 244, 230, 147, 2, 91, 2, 7, 2],
    [94, 116, 44, 84, 594, 34, 14, 1, 1, 1, 19],
    [40, 53, 46, 91, 18, 731, 5, 5, 2, 11, 2],
];

/// The same of minor.
const MINOR: [&str; 10] = ["i", "iio", "III", "iv", "v", "V", "VI", "VII", "bII", "IV"];
const FOLLOW_MINOR: [[u16; 10]; 10] = [
    [0, 6, 108, 230, 143, 28, 252, 198, 3, 31],
    [73, 4, 88, 27, 112, 642, 12, 35, 4, 4],
    [242, 10, 0, 202, 88, 94, 151, 176, 5, 32],
    [164, 8, 47, 0, 200, 108, 77, 366, 6, 23],
    [515, 2, 38, 131, 0, 12, 220, 50, 5, 26],
    [731, 1, 28, 58, 25, 0, 138, 11, 0, 6],
    [69, 8, 107, 66, 114, 106, 0, 511, 2, 17],
    [341, 2, 321, 38, 112, 25, 142, 0, 1, 18],
    [164, 7, 321, 36, 50, 93, 64, 236, 7, 21],
    [165, 5, 44, 104, 150, 156, 119, 253, 3, 1],
];

/// How much likelier than one in ten a triad follows another in songs, in powers of two; nothing for triads and modes that were not counted, and
/// for a triad that stays.
pub(super) fn follows(mode: Mode, from: &str, to: &str) -> f32 {
    let place = |names: &[&str], of: &str| names.iter().position(|name| *name == of);
    let counted = match mode {
        Mode::Major => place(&MAJOR, from).zip(place(&MAJOR, to)).map(|(a, b)| FOLLOW_MAJOR[a][b]),
        Mode::Minor => place(&MINOR, from).zip(place(&MINOR, to)).map(|(a, b)| FOLLOW_MINOR[a][b]),
        _ => None,
    };
    counted.filter(|_| from != to).map_or(0.0, |count| libm::log2f(f32::from(count).max(1.0) / 100.0))
}
