//! Random scores that use every part of the format.

use kmidi_io::musicxml::{Part, Pitch, Score, ScoreNote, Tone};
use kmidi_music::chord::{Degree, Degrees};
use kmidi_music::{Chord, Key, Meter, Mode, PitchClass, PitchName, Quality, TempoMap, Ticks};

/// What kind of score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As people write: on the grid, chords of the table.
    Written,
    /// Anything that a score can hold.
    Wild,
}

/// A xorshift generator (Marsaglia 2003).
pub(crate) struct Dice(u64);

impl Dice {
    /// A seeded one.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// 0 to `n` - 1.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % n
    }

    /// One of `list`.
    pub(crate) fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    fn fifths(&mut self, least: i8, most: i8) -> PitchName {
        PitchName::from_fifths(least + self.below((most - least + 1) as u64) as i8)
    }
}

/// A score; the same seed gives the same.
pub(crate) fn score(seed: u64, kind: Kind) -> Score {
    let dice = &mut Dice::new(seed);
    let wild = kind == Kind::Wild;
    let ppq = if wild { dice.of(&[1, 7, 24, 480, 960, 10_080, 32_767]) } else { dice.of(&[24, 480, 960]) };
    let metres =
        ["4/4", "3/4", "6/8", "5/4", "7/8", "2/2", "12/8", "5/8"].map(|m| m.parse::<Meter>().unwrap());
    let (mut meters, mut keys, mut sections, mut lines) = (vec![], vec![], vec![], vec![]);
    let mut meter = dice.of(&metres);
    let pickup = Ticks(if dice.below(3) == 0 && ppq > 1 { meter.bar(ppq).0 / 3 } else { 0 });
    let mut at = 0;
    for bar in 0..4 + dice.below(12) {
        if bar == 0 || dice.below(6) == 0 {
            meter = if bar == 0 { meter } else { dice.of(&metres) };
            meters.push((Ticks(at), meter));
        }
        if bar == 0 || dice.below(6) == 0 {
            let inside = if wild && bar > 0 { dice.below(meter.bar(ppq).0.max(1)) } else { 0 };
            keys.push((Ticks(at + inside), key(dice, wild)));
        }
        if dice.below(4) == 0 {
            sections.push((Ticks(at), format!("{} & <{bar}>", dice.of(&["A", "verse", "Refrain é"]))));
        }
        lines.push((at, meter));
        at += if bar == 0 && pickup.0 > 0 { pickup.0 } else { meter.bar(ppq).0.max(1) };
    }
    let end = at;
    keys.dedup_by_key(|k| k.0);
    let step = |dice: &mut Dice| match kind {
        Kind::Wild => 1 + dice.below(3 * u64::from(ppq)),
        Kind::Written => u64::from(ppq) * dice.of(&[2, 3, 4, 6, 8, 12, 18, 24, 36, 48]) / 12,
    };
    let mut harmonies = Vec::new();
    let mut tick = 0;
    while tick < end {
        harmonies.push((Ticks(tick), (dice.below(12) > 0).then(|| chord(dice, wild))));
        tick += 2 * step(dice);
    }
    let tempos = (0..3).map(|i| (Ticks(i * end / 3), 200_000 + dice.below(1_000_000) as u32)).collect();
    let parts = (0..1 + dice.below(4)).map(|i| part(dice, i, end, wild, &step)).collect();
    Score {
        title: dice.of(&["", "Blue & <Green>", "Ä \"quoted\" 'title'", "曲"]).to_owned(),
        tempo: TempoMap::from_micros(ppq, tempos),
        pickup,
        meters,
        keys,
        sections,
        harmonies,
        parts,
    }
}

fn key(dice: &mut Dice, wild: bool) -> Key {
    let modes = [
        Mode::Major,
        Mode::Minor,
        Mode::Dorian,
        Mode::Phrygian,
        Mode::Lydian,
        Mode::Mixolydian,
        Mode::Locrian,
    ];
    let mode = dice.of(&modes);
    let reach = if wild { 12 } else { 7 };
    let signature = dice.fifths(-reach, reach).fifths();
    Key::new(PitchName::from_fifths(signature - Key::new(PitchName::C, mode).signature()), mode)
}

fn chord(dice: &mut Dice, wild: bool) -> Chord {
    let root = dice.fifths(-7, 9);
    let mut degrees = dice.of(&Quality::all().collect::<Vec<_>>()).degrees();
    if wild && dice.below(3) == 0 {
        let numbers = [1, 2, 3, 4, 5, 6, 7, 9, 11, 13];
        let degree = Degree::new(dice.of(&numbers), dice.below(5) as i8 - 2);
        degrees = if dice.below(2) == 0 { degrees.with(degree) } else { degrees.without(degree) };
        if degrees.is_empty() {
            degrees = Degrees::of(&[Degree::new(1, 0)]);
        }
    }
    let chord = Chord::from_degrees(root, degrees);
    match dice.below(3) {
        0 => chord.over(dice.of(&chord.notes())),
        1 if wild => chord.over(dice.fifths(-7, 9)),
        _ => chord,
    }
}

fn part(dice: &mut Dice, index: u64, end: u64, wild: bool, step: &dyn Fn(&mut Dice) -> u64) -> Part {
    let drums = dice.below(4) == 0;
    let centre = dice.below(9) as i8 - 3;
    let tone = |dice: &mut Dice| {
        if drums {
            return Tone::Drum(if wild { dice.below(128) as u8 } else { 35 + dice.below(20) as u8 });
        }
        let midi = 30 + dice.below(60) as u8;
        let name = PitchName::nearest(PitchClass::new(midi.into()), centre + dice.below(9) as i8 - 4);
        Tone::Pitch(Pitch::of_midi(midi, name))
    };
    let mut notes = Vec::new();
    let mut at = 0;
    while at < end {
        let length = step(dice).min(end - at);
        for _ in 0..dice.below(4) {
            let duration = if dice.below(4) == 0 { step(dice).min(end - at) } else { length };
            let velocity = (dice.below(5) > 0).then(|| 1 + dice.below(127) as u8);
            notes.push(ScoreNote { onset: Ticks(at), tone: tone(dice), duration: Ticks(duration), velocity });
        }
        at += length;
    }
    notes.sort_unstable();
    if !wild {
        // One instrument does not play one pitch twice at once.
        notes.dedup_by_key(|n| (n.onset, n.tone));
    }
    Part {
        name: format!("Part {index} & co"),
        abbreviation: (dice.below(2) == 0).then(|| dice.of(&["", "P."]).to_owned()),
        channel: if drums { 9 } else { dice.below(9) as u8 },
        program: dice.below(128) as u8,
        notes,
    }
}
