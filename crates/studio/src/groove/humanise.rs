//! Machine-made notes as players would have played them.

use super::voice::voices;
use super::{Bars, Note, Voice, leaders, loudness, moved};
use crate::dice::{Dice, Stream};

/// What a player is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Habit {
    /// How late as a rule, seconds; less than 0 is early.
    pub late: f64,
    /// How much that varies of itself, seconds (standard deviation).
    pub timing: f64,
    /// How much louder as a rule, in steps of velocity.
    pub louder: f64,
    /// How much that varies, in steps of velocity (standard deviation).
    pub velocity: f64,
}

/// Who plays, and how they hold together.
#[derive(Debug, Clone, PartialEq)]
pub struct Habits {
    /// What each voice is like; the last entry stands for all others.
    pub players: Vec<(Voice, Habit)>,
    /// How far they drift from the grid together, seconds (standard deviation).
    pub together: f64,
    /// How much of that is left after a quarter note, 0 to 1: players drift, they do not jump.
    pub drift: f64,
    /// The farthest that a note is moved, seconds.
    pub most: f64,
    /// The farthest that a velocity is changed.
    pub loudest: f64,
    /// How much of all this, 0 to 1.3.
    pub amount: f64,
}

impl Default for Habits {
    /// The drummers of the Groove MIDI Dataset (Gillick et al. 2019), in the median over the 4/4 beats of rock, pop, funk,
    /// soul, punk and hip-hop of its `train` split (133 with hats): against the median of all notes within two beats, the
    /// kick is 2 ms early and varies by 10 ms, snare 12, closed hats 9.5, open hats and ride 8, crash 9; the whole kit drifts
    /// from the click by some 13 ms more. A voice's offset from one note to the next correlates with 0.2 (snare) to 0.65
    /// (ride) with that drift, and hardly without it. Velocities at one step vary by 6 (kick), 9, 13, 7, 11, 12.5. Bass and
    /// chords are not in that data: theirs are our choice, a little behind the drums.
    fn default() -> Self {
        let habit = |late: f64, timing: f64, velocity: f64| Habit {
            late: late / 1e3,
            timing: timing / 1e3,
            louder: 0.0,
            velocity,
        };
        Self {
            players: vec![
                (Voice::Kick, habit(-2.0, 10.0, 6.0)),
                (Voice::Snare, habit(0.6, 12.0, 9.0)),
                (Voice::HhClosed, habit(0.0, 9.5, 13.0)),
                (Voice::HhOpen, habit(0.0, 8.0, 7.0)),
                (Voice::Crash, habit(0.0, 9.0, 12.5)),
                (Voice::Ride, habit(1.0, 8.0, 11.0)),
                (Voice::Bass, habit(3.0, 8.0, 6.0)),
                (Voice::Chords, habit(5.0, 9.0, 6.0)),
                (Voice::Any, habit(0.0, 8.0, 9.0)),
            ],
            together: 0.013,
            drift: 0.65,
            most: 0.040,
            loudest: 30.0,
            amount: 1.0,
        }
    }
}

/// Moves notes and changes their velocities as players would: each voice has its habits, and all of them drift slowly from
/// the grid together (an Ornstein-Uhlenbeck process: an autoregressive one of the first order, for any distance between
/// notes). The notes of a chord move together.
pub fn humanise(notes: &[Note], bars: &Bars, habits: &Habits, seed: u64) -> Vec<Note> {
    let leaders = leaders(notes, bars);
    let voices = voices(notes, &leaders);
    let amount = habits.amount.clamp(0.0, 1.3);
    let (most, loudest) = (habits.most.max(0.0), habits.loudest.max(0.0));
    let mut order: Vec<usize> = (0..notes.len()).filter(|&n| leaders[n] == n).collect();
    order.sort_by_key(|&n| (notes[n].onset, n));
    let mut band = Dice::new(seed, Stream::Band, 0);
    let mut players: Vec<Dice> =
        (1..).zip(Voice::ALL).map(|(n, _)| Dice::new(seed, Stream::Band, n)).collect();
    let (mut mood, mut before) = (band.normal(), 0);
    let mut shifts = vec![(0.0, 0.0); notes.len()];
    for n in order {
        let (onset, voice) = (notes[n].onset, voices[n]);
        let player = habits.players.iter().find(|player| player.0 == voice).or(habits.players.last());
        let Some(&(_, habit)) = player else { continue };
        let quarters = (onset - before) as f64 / f64::from(bars.ppq());
        let kept = libm::pow(habits.drift.clamp(0.0, 1.0), quarters);
        if quarters > 0.0 {
            // So that the deviation stays what it is, however much of it is kept.
            mood = kept * mood + libm::sqrt(1.0 - kept * kept) * band.normal();
        }
        before = onset;
        let dice = &mut players[voice as usize];
        let late = habit.late + habits.together * mood + habit.timing * dice.normal();
        let louder = habit.louder + habit.velocity * dice.normal();
        shifts[n] = (
            bars.ticks((amount * late).clamp(-most, most), onset),
            (amount * louder).clamp(-loudest, loudest),
        );
    }
    let give = |(n, &note): (usize, &Note)| {
        let (late, louder) = shifts[leaders[n]];
        let velocity = loudness(f64::from(note.velocity) + louder);
        Note { velocity, ..moved(note, note.onset as f64 + late) }
    };
    notes.iter().enumerate().map(give).collect()
}
