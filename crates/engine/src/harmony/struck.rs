//! Keys struck together: a chord that is known exactly, by the set of its notes and its bass.

use kmidi_music::{PitchClass, PitchClassSet};

/// Keys struck within so many hops of the first are struck together: 50 ms.
const TOGETHER: u32 = 5;
/// No further key for so many hops after the last, and the chord is whole: 80 ms.
const SETTLED: u32 = 8;
/// More pitch classes than this are no chord.
const MOST: u32 = 7;
/// After a key struck alone so many chords must come without another before what is struck is taken for a chord: who plays a tune
/// strikes its tones with the chords.
const ALONE: u8 = 4;
/// A fifth above the bass is a chord of two.
const FIFTH: u8 = 7;

/// What was struck together last.
#[derive(Debug, Clone, Default)]
pub(super) struct Struck {
    /// Hops since the start.
    now: u32,
    /// When its first and its last key went down.
    first: u32,
    last: u32,
    /// Its notes and channels, a bit each.
    notes: u128,
    channels: u16,
    told: bool,
    /// How many chords must come first.
    wait: u8,
}

/// A chord as it was struck.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Whole {
    /// Its pitch classes; `None` where they are too many for a chord.
    pub(super) set: Option<PitchClassSet>,
    pub(super) bass: PitchClass,
    /// Hops since its first key went down.
    pub(super) age: u32,
}

impl Struck {
    /// A key goes down.
    pub(super) fn on(&mut self, channel: u8, note: u8) {
        if self.notes == 0 || self.now > self.first + TOGETHER {
            let wait = match self.notes {
                0 => self.wait,
                _ if self.is_chord() => self.wait.saturating_sub(1),
                _ => ALONE,
            };
            *self = Self { now: self.now, first: self.now, wait, ..Self::default() };
        }
        self.last = self.now;
        self.notes |= 1 << note;
        self.channels |= 1 << channel;
    }

    /// 10 ms pass.
    pub(super) fn hop(&mut self) {
        self.now = self.now.saturating_add(1);
    }

    /// Do the keys that were struck together last make a chord, whole or not yet, and is no other `held`?
    pub(super) fn holds(&self, held: u128) -> bool {
        self.wait == 0 && held & !self.notes == 0 && self.is_chord()
    }

    /// The chord, once, when it is whole, and nothing but it is `held`. It need not be held any longer itself.
    pub(super) fn whole(&mut self, held: u128) -> Option<Whole> {
        if self.told
            || self.wait > 0
            || self.now < self.last + SETTLED
            || held & !self.notes != 0
            || !self.is_chord()
        {
            return None;
        }
        self.told = true;
        let set = self.set();
        let set = (set.len() <= MOST).then_some(set);
        Some(Whole { set, bass: self.bass(), age: self.now - self.first })
    }

    /// One hand at one instrument: a tune or a bass of its own beside it would be taken for part of the chord.
    fn is_chord(&self) -> bool {
        let set = self.set();
        let fifth = || set.contains(PitchClass::new(i32::from(self.bass().value() + FIFTH)));
        self.channels.is_power_of_two() && (set.len() >= 3 || (set.len() == 2 && fifth()))
    }

    fn bass(&self) -> PitchClass {
        PitchClass::new(self.notes.trailing_zeros() as i32)
    }

    fn set(&self) -> PitchClassSet {
        let mut octaves = self.notes;
        let mut set = 0_u16;
        while octaves != 0 {
            set |= (octaves & 0xfff) as u16;
            octaves >>= 12;
        }
        PitchClassSet::from_bits(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(notes: &[u8]) -> Struck {
        let mut struck = Struck::default();
        notes.iter().for_each(|&note| struck.on(0, note));
        struck
    }

    fn held(notes: &[u8]) -> u128 {
        notes.iter().fold(0, |held, note| held | 1 << note)
    }

    #[test]
    fn a_chord_is_whole_when_nothing_more_comes() {
        let notes = [48, 64, 67, 69];
        let mut chord = struck(&notes);
        for _ in 0..SETTLED {
            assert!(chord.whole(held(&notes)).is_none() && chord.holds(held(&notes)));
            chord.hop();
        }
        let whole = chord.whole(held(&notes)).unwrap();
        let set = whole.set.unwrap();
        assert_eq!((set.len(), whole.bass.value(), whole.age), (4, 0, SETTLED));
        assert!([0, 4, 7, 9].into_iter().all(|note| set.contains(PitchClass::new(note))));
        assert!(chord.whole(held(&notes)).is_none(), "it is told once");
        // Let go before it was whole, it is a chord all the same.
        let mut short = struck(&notes);
        (0..SETTLED).for_each(|_| short.hop());
        assert!(short.whole(0).is_some() && short.holds(0));
    }

    #[test]
    fn tunes_and_other_instruments_and_all_keys_are_no_chord() {
        let settled = |mut chord: Struck, held: u128| {
            (0..SETTLED).for_each(|_| chord.hop());
            chord.whole(held)
        };
        assert_eq!(settled(struck(&[60, 64]), held(&[60, 64])), None);
        assert!(settled(struck(&[60, 67]), held(&[60, 67])).is_some());
        assert_eq!(settled(struck(&[60, 64, 67]), held(&[48, 60, 64, 67])), None, "over a note held before");
        let mut two = struck(&[60, 64]);
        two.on(1, 67);
        assert_eq!(settled(two, held(&[60, 64, 67])), None);
        let mut tune = struck(&[60, 64, 67]);
        (0..TOGETHER + 1).for_each(|_| tune.hop());
        tune.on(0, 72);
        assert_eq!(settled(tune, held(&[60, 64, 67, 72])), None);
        let all: Vec<u8> = (0..128).collect();
        assert_eq!(settled(struck(&all), u128::MAX).unwrap().set, None);
    }
}
