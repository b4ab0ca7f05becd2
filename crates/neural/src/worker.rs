//! The models beside the audio thread: requests in, hints out.
//!
//! A [`Worker`] owns the HarmonyPredictor and the far end of an engine's rings. Whoever owns the worker calls [`Worker::step`]: a thread of
//! its own, live, or the same thread after each block, where the answers must not depend on how fast the machine is.

use crate::chord::{Home, Metre, TOKENS};
use crate::harmony::{Harmony, Heard, Now};
use crate::{LoadError, shipped};
use kmidi_engine::exchange::{Desk, EXPECTED, Hint, Request};
use kmidi_engine::harmony::context::Family;
use kmidi_music::PitchClass;

/// Beats count as quarter notes.
const UNIT: u32 = 4;
/// Beats a bar where no metre is heard.
const USUAL_BEATS: u8 = 4;
/// A stream goes on as long as it goes back by no more beats than this.
const BACK: f32 = 2.0;

/// Answers an engine's requests by the model of the next chord.
#[derive(Debug)]
pub struct Worker {
    desk: Desk,
    model: Harmony,
    /// Where the last chord stood, in beats.
    last: Option<f32>,
    answered: u64,
    unsent: u64,
}

impl Worker {
    /// A worker at `desk`, with the model that ships.
    ///
    /// # Errors
    ///
    /// A [`LoadError`] where the model cannot be read.
    ///
    /// # Real-time safety
    ///
    /// Allocates. [`step`](Self::step) does not.
    pub fn new(desk: Desk) -> Result<Self, LoadError> {
        let model = Harmony::new(shipped("harmony").unwrap_or_default())?;
        Ok(Self { desk, model, last: None, answered: 0, unsent: 0 })
    }

    /// Answers one request, if one has come; says whether one had.
    ///
    /// # Real-time safety
    ///
    /// No allocation, lock or system call: where its time fits into a block (`kmidi bench models`), it may be called there.
    pub fn step(&mut self) -> bool {
        let Some(request) = self.desk.request() else { return false };
        let hint = self.hint(&request);
        if self.desk.answer(&hint) {
            self.answered += 1;
        } else {
            self.unsent += 1;
        }
        true
    }

    /// How many hints were sent, and for how many there was no room.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.answered, self.unsent)
    }

    fn hint(&mut self, request: &Request) -> Hint {
        // A stream that begins anew counts its beats anew; a chord may be told a little before the beat of the one before.
        if self.last.is_some_and(|last| request.beats + BACK < last) {
            self.model.reset();
            self.last = None;
        }
        let key = Home { tonic: PitchClass::new((request.key % 12).into()), minor: Some(request.key >= 12) };
        let (downbeat, beats_a_bar) = request.bar;
        let beats_a_bar = if beats_a_bar == 0 { USUAL_BEATS } else { beats_a_bar };
        let metre = Metre::new(downbeat, beats_a_bar.into(), UNIT);
        let now = |onset: f32| Now { onset, home: key, metre, melody: None };
        self.model.place(&now(request.beats));
        // Where the next chord will stand nobody knows: as far away as this one was from the last.
        let gap = self.last.map_or(f32::from(beats_a_bar), |last| (request.beats - last).max(1.0));
        let heard = Heard { root: request.root, family: request.family, bass: request.bass };
        let expected = self.model.step(Some(&heard), &now(request.beats + gap));
        self.last = Some(request.beats);
        Hint { number: request.number, chords: best(&expected.chords, key.tonic) }
    }
}

/// The likeliest chords.
fn best(chords: &[f32; TOKENS], tonic: PitchClass) -> [(PitchClass, Family, f32); EXPECTED] {
    let mut order = [0; EXPECTED];
    for token in 0..TOKENS {
        let beats = |place: &usize| *place >= token || chords[token] > chords[*place];
        if let Some(place) = order.iter().position(beats) {
            order[place..].rotate_right(1);
            order[place] = token;
        }
    }
    order.map(|token| {
        let root = PitchClass::new((token / Family::COUNT) as i32 + i32::from(tonic.value()));
        (root, Family::ALL[token % Family::COUNT], chords[token])
    })
}
