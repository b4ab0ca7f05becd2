//! Machine-made notes as players would have played them.

use super::chance::Chance;
use super::voice::voices;
use super::{Bars, Note, Voice, leaders, loudness, moved};

/// What a player is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Habit {
    /// How late as a rule, seconds; less than 0 is early.
    pub late: f64,
    /// How much that varies, seconds (standard deviation).
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
    /// How much of a deviation the next note keeps, 0 to 1: players drift, they do not jump.
    pub drift: f64,
    /// The farthest that a note is moved, seconds.
    pub most: f64,
    /// How much of all this, 0 to 1.3.
    pub amount: f64,
}

impl Default for Habits {
    /// A band at ease. The spreads are those of the Groove MIDI Dataset's rock and funk beats within a performance (medians
    /// over its `train` split: kick 10, snare 9, hats 10, ride 11 ms); the means say what its drummers share, the kick a
    /// little before the hats and the snare behind them.
    fn default() -> Self {
        let habit = |late: f64, timing: f64, velocity: f64| Habit {
            late: late / 1e3,
            timing: timing / 1e3,
            louder: 0.0,
            velocity,
        };
        Self {
            players: vec![
                (Voice::Kick, habit(-1.0, 9.0, 8.0)),
                (Voice::Snare, habit(3.0, 9.0, 9.0)),
                (Voice::HhClosed, habit(0.0, 9.0, 10.0)),
                (Voice::HhOpen, habit(0.0, 9.0, 8.0)),
                (Voice::Ride, habit(0.0, 10.0, 8.0)),
                (Voice::Bass, habit(4.0, 8.0, 6.0)),
                (Voice::Chords, habit(5.0, 9.0, 6.0)),
                (Voice::Any, habit(0.0, 9.0, 7.0)),
            ],
            drift: 0.7,
            most: 0.030,
            amount: 1.0,
        }
    }
}

/// Moves notes and changes their velocities as players would: each voice has its habits, and what it deviates from them
/// drifts slowly (an autoregressive process of the first order). The notes of a chord move together.
pub fn humanise(notes: &[Note], bars: &Bars, habits: &Habits, seed: u64) -> Vec<Note> {
    let leaders = leaders(notes, bars);
    let voices = voices(notes, &leaders);
    let (drift, amount) = (habits.drift.clamp(0.0, 0.99), habits.amount.clamp(0.0, 1.3));
    // So that the deviation is the habit's, however much of it is kept.
    let fresh = libm::sqrt(1.0 - drift * drift);
    let mut order: Vec<usize> = (0..notes.len()).filter(|&n| leaders[n] == n).collect();
    order.sort_by_key(|&n| (notes[n].onset, n));
    let mut shifts = vec![(0.0, 0.0); notes.len()];
    for voice in Voice::ALL {
        let player = habits.players.iter().find(|player| player.0 == voice).or(habits.players.last());
        let Some(&(_, habit)) = player else { continue };
        let mut chance = Chance::new(seed, voice as u64);
        let mut mood = (chance.normal(), chance.normal());
        for &n in order.iter().filter(|&&n| voices[n] == voice) {
            mood = (drift * mood.0 + fresh * chance.normal(), drift * mood.1 + fresh * chance.normal());
            let late = (amount * (habit.late + habit.timing * mood.0)).clamp(-habits.most, habits.most);
            shifts[n] = (
                bars.ticks(late, notes[n].onset),
                amount * (habit.louder + habit.velocity * mood.1),
            );
        }
    }
    let give = |(n, &note): (usize, &Note)| {
        let (late, louder) = shifts[leaders[n]];
        let velocity = loudness(f64::from(note.velocity) + louder);
        Note { velocity, ..moved(note, note.onset as f64 + late) }
    };
    notes.iter().enumerate().map(give).collect()
}
