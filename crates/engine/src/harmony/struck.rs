//! Keys struck together: a chord that is known exactly, by the set of its notes and its bass.

use kmidi_music::{PitchClass, PitchClassSet};

/// Keys struck within so many hops of the first are struck together: 50 ms.
const TOGETHER: u32 = 5;
/// No further key for so many hops after the last, and the chord is whole: 80 ms.
const SETTLED: u32 = 8;
/// So long after it was whole it must have been asked for, hops: a measurement.
const ASKED: u32 = 4;
/// What was struck so many hops ago is told no more, and is what it is by other means: 230 ms.
const LATEST: u32 = 23;
/// Keys that come up within so many hops come up together; one that comes up before the others was a grace or a slip.
const RELEASED: u32 = 3;
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
    group: Group,
    /// A chord that ended before it was asked for.
    ended: Option<Group>,
}

/// Keys that were struck together.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    /// When its first and its last key went down.
    first: u32,
    last: u32,
    /// Its notes and channels, a bit each.
    notes: u128,
    channels: u16,
    /// Which came up last, together, when, and which before those.
    up: u128,
    up_at: u32,
    early: u128,
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
    /// A key goes down while these notes are `held`.
    pub(super) fn on(&mut self, channel: u8, note: u8, held: u128) {
        let (now, before) = (self.now, self.group);
        if before.notes == 0 || now > before.first + TOGETHER {
            let chord = before.notes != 0 && before.is_chord(0, now);
            if chord && !before.told && before.wait == 0 && held & before.notes == 0 {
                self.ended = Some(before);
            }
            let wait = match before.notes {
                0 => before.wait,
                _ if chord => before.wait.saturating_sub(1),
                _ => ALONE,
            };
            self.group = Group { first: now, wait, ..Group::default() };
        }
        let group = &mut self.group;
        let bit = 1 << note;
        group.last = now;
        group.notes |= bit;
        group.channels |= 1 << channel;
        (group.up, group.early) = (group.up & !bit, group.early & !bit);
    }

    /// A note is held no longer.
    pub(super) fn off(&mut self, note: u8) {
        let group = &mut self.group;
        if group.notes >> note & 1 == 0 {
            return;
        }
        if self.now > group.up_at + RELEASED {
            group.early |= group.up;
            group.up = 0;
        }
        group.up |= 1 << note;
        group.up_at = self.now;
    }

    /// 10 ms pass.
    pub(super) fn hop(&mut self) {
        self.now = self.now.saturating_add(1);
    }

    /// Do the keys that were struck together last make a chord, told or about to be, and is no other `held`?
    pub(super) fn holds(&self, held: u128) -> bool {
        let group = &self.group;
        let young = self.now <= group.last + SETTLED + ASKED;
        let alone = held & !group.notes == 0;
        group.wait == 0 && (group.told && alone || young && group.is_chord(held, self.now))
    }

    /// Was what sounds told?
    pub(super) fn told(&self) -> bool {
        self.group.told
    }

    /// The chord, once, when it is whole, and nothing but it is `held`. It need not be held any longer itself.
    pub(super) fn whole(&mut self, held: u128) -> Option<Whole> {
        let now = self.now;
        if let Some(group) = self.ended.take()
            && now <= group.first + LATEST
        {
            return Some(group.whole(0, now));
        }
        let group = &mut self.group;
        let late = now > group.first + LATEST;
        if group.told || late || group.wait > 0 || now < group.last + SETTLED || held & !group.notes != 0 {
            return None;
        }
        if !group.is_chord(held, now) {
            return None;
        }
        group.told = true;
        Some(group.whole(held, now))
    }
}

impl Group {
    fn whole(&self, held: u128, now: u32) -> Whole {
        let set = self.set(held, now);
        Whole { set: (set.len() <= MOST).then_some(set), bass: self.bass(held, now), age: now - self.first }
    }

    /// One hand at one instrument: a tune or a bass of its own beside it would be taken for part of the chord.
    fn is_chord(&self, held: u128, now: u32) -> bool {
        let set = self.set(held, now);
        let fifth = || set.contains(PitchClass::new(i32::from(self.bass(held, now).value() + FIFTH)));
        self.channels.is_power_of_two() && (set.len() >= 3 || (set.len() == 2 && fifth()))
    }

    /// Its notes but those that came up before the others.
    fn sounding(&self, held: u128, now: u32) -> u128 {
        let gone = if held & self.notes != 0 && now > self.up_at + RELEASED { self.up } else { 0 };
        self.notes & !(self.early | gone)
    }

    fn bass(&self, held: u128, now: u32) -> PitchClass {
        PitchClass::new(self.sounding(held, now).trailing_zeros() as i32)
    }

    fn set(&self, held: u128, now: u32) -> PitchClassSet {
        let mut octaves = self.sounding(held, now);
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
        notes.iter().for_each(|&note| struck.on(0, note, 0));
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
        // And where the next one comes before that: it is told all the same, at once.
        let mut quick = struck(&notes);
        (0..6).for_each(|_| quick.hop());
        notes.iter().for_each(|&note| quick.off(note));
        quick.hop();
        [50, 53, 57].iter().for_each(|&note| quick.on(0, note, 0));
        assert_eq!(quick.whole(0).unwrap().set, Some(set));
        assert!(quick.whole(0).is_none());
        // Long after it was struck it is told no more.
        let mut late = struck(&notes);
        (0..=LATEST).for_each(|_| late.hop());
        assert!(late.whole(held(&notes)).is_none() && !late.holds(held(&notes)));
    }

    #[test]
    fn a_grace_is_no_part_of_the_chord() {
        let mut chord = struck(&[63, 60, 64, 67]);
        (0..3).for_each(|_| chord.hop());
        chord.off(63);
        (0..SETTLED).for_each(|_| chord.hop());
        let set = chord.whole(held(&[60, 64, 67])).unwrap().set.unwrap();
        assert_eq!((set.len(), set.contains(PitchClass::new(3))), (3, false));
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
        two.on(1, 67, 0);
        assert_eq!(settled(two, held(&[60, 64, 67])), None);
        let mut tune = struck(&[60, 64, 67]);
        (0..TOGETHER + 1).for_each(|_| tune.hop());
        tune.on(0, 72, held(&[60, 64, 67]));
        assert_eq!(settled(tune, held(&[60, 64, 67, 72])), None);
        let all: Vec<u8> = (0..128).collect();
        assert_eq!(settled(struck(&all), u128::MAX).unwrap().set, None);
    }
}
