//! What is asked of voices, and what a breach costs.

use super::{MAX_VOICES, Voicing};
use kmidi_music::chord::Degree;
use kmidi_music::{Chord, Key, PitchClass, PitchClassSet};

/// A rule that can be switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The chord's bass is the lowest voice's.
    Bass,
    /// A lower voice does not sound above a higher one.
    Crossing,
    /// Two voices do not sound the same note.
    Unison,
    /// Neighbours lie no further apart than [`Rules::gap`]; the two lowest voices no further than [`Rules::low_gap`].
    Spacing,
    /// The fifth is not left out where there are voices enough for it.
    Fifth,
    /// Sevenths, and the leading note in its dominant, are not doubled.
    Doubling,
    /// No voice leaps further than [`Rules::leap`].
    Leap,
    /// No voice goes above where its upper neighbour was, or below where its lower one was.
    Overlap,
    /// No two voices go the same way from one fifth to another.
    ParallelFifths,
    /// No two voices go the same way from one octave or unison to another.
    ParallelOctaves,
    /// The outer voices do not go the same way into a fifth or octave while the top one leaps.
    Hidden,
    /// A seventh goes down by step, or stays.
    Seventh,
    /// The leading note goes up to the tonic where the next chord has it, or stays.
    Leading,
    /// A voice whose tone the next chord has too stays on it.
    CommonTones,
}

impl Rule {
    /// All rules.
    pub const ALL: [Rule; 14] = [
        Rule::Bass,
        Rule::Crossing,
        Rule::Unison,
        Rule::Spacing,
        Rule::Fifth,
        Rule::Doubling,
        Rule::Leap,
        Rule::Overlap,
        Rule::ParallelFifths,
        Rule::ParallelOctaves,
        Rule::Hidden,
        Rule::Seventh,
        Rule::Leading,
        Rule::CommonTones,
    ];

    /// A lower-case word.
    pub const fn name(self) -> &'static str {
        match self {
            Rule::Bass => "bass",
            Rule::Crossing => "crossing",
            Rule::Unison => "unison",
            Rule::Spacing => "spacing",
            Rule::Fifth => "fifth",
            Rule::Doubling => "doubling",
            Rule::Leap => "leap",
            Rule::Overlap => "overlap",
            Rule::ParallelFifths => "parallel-fifths",
            Rule::ParallelOctaves => "parallel-octaves",
            Rule::Hidden => "hidden",
            Rule::Seventh => "seventh",
            Rule::Leading => "leading",
            Rule::CommonTones => "common-tones",
        }
    }
}

/// How a rule is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// It does not count.
    Off,
    /// Each breach costs so many hundredths of a semitone of movement.
    Cost(u16),
    /// It is not broken.
    Forbidden,
}

/// What is asked of the voices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How many voices, 2 to 6.
    pub voices: usize,
    /// The lowest and highest MIDI note of each voice, the lowest voice first.
    pub ranges: [(u8, u8); MAX_VOICES],
    /// How each of [`Rule::ALL`] is taken.
    pub strengths: [Strength; Rule::ALL.len()],
    /// The largest step of a voice, semitones; the lowest voice may also go an octave.
    pub leap: u8,
    /// The largest distance of neighbours, semitones.
    pub gap: u8,
    /// The largest distance of the two lowest voices, semitones.
    pub low_gap: u8,
    /// What each semitone from the middle of a voice's range costs, hundredths of a semitone of movement.
    pub centre: u16,
    /// The key, in which leading notes are told.
    pub key: Option<Key>,
}

impl Rules {
    /// Soprano, alto, tenor and bass as in a chorale: the lowest voice is the bass. With 2, 3, 5 or 6 voices, inner voices
    /// are left out or doubled. Other numbers are brought into 2 to 6.
    pub fn chorale(voices: usize) -> Self {
        let voices = voices.clamp(2, MAX_VOICES);
        let (bass, tenor, alto, soprano) = ((40, 62), (48, 67), (53, 74), (60, 81));
        let ranges = match voices {
            2 => [bass, soprano, soprano, soprano, soprano, soprano],
            3 => [bass, (50, 72), soprano, soprano, soprano, soprano],
            4 => [bass, tenor, alto, soprano, soprano, soprano],
            5 => [bass, tenor, (50, 70), alto, soprano, soprano],
            _ => [bass, (43, 64), tenor, alto, (57, 77), soprano],
        };
        let parallels = if voices > 5 { Strength::Cost(1_200) } else { Strength::Forbidden };
        let strengths = [
            Strength::Forbidden,
            Strength::Forbidden,
            Strength::Cost(300),
            Strength::Forbidden,
            Strength::Cost(300),
            if voices > 4 { Strength::Cost(600) } else { Strength::Forbidden },
            Strength::Forbidden,
            if voices > 4 { Strength::Cost(200) } else { Strength::Forbidden },
            parallels,
            parallels,
            Strength::Cost(200),
            Strength::Cost(600),
            Strength::Cost(400),
            // The least movement holds what it can.
            Strength::Off,
        ];
        Self { voices, ranges, strengths, leap: 9, gap: 12, low_gap: 19, centre: 5, key: None }
    }

    /// Chords of one hand around middle C, close together; the bass is left to another instrument.
    pub fn keyboard(voices: usize) -> Self {
        let mut rules =
            Self { ranges: [(52, 79); MAX_VOICES], leap: 12, gap: 9, low_gap: 12, ..Self::chorale(voices) };
        for rule in [
            Rule::Bass,
            Rule::Overlap,
            Rule::ParallelFifths,
            Rule::ParallelOctaves,
            Rule::Hidden,
            Rule::Seventh,
            Rule::Leading,
        ] {
            rules.set(rule, Strength::Off);
        }
        rules.set(Rule::Unison, Strength::Forbidden);
        rules
    }

    /// How a rule is taken.
    pub fn strength(&self, rule: Rule) -> Strength {
        self.strengths[rule as usize]
    }

    /// Switches a rule.
    pub fn set(&mut self, rule: Rule, strength: Strength) {
        self.strengths[rule as usize] = strength;
    }

    /// The same rules in a key.
    #[must_use]
    pub fn in_key(self, key: Option<Key>) -> Self {
        Self { key, ..self }
    }
}

/// A chord as the rules see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tones {
    /// What may sound.
    pub(super) all: PitchClassSet,
    /// What must sound.
    pub(super) needed: PitchClassSet,
    /// What should, as there are voices enough.
    pub(super) fifth: Option<PitchClass>,
    pub(super) bass: PitchClass,
    pub(super) seventh: Option<PitchClass>,
    /// The key's leading note, where the chord is a dominant.
    pub(super) leading: Option<PitchClass>,
}

impl Tones {
    pub(super) fn of(chord: &Chord, rules: &Rules) -> Self {
        let pitch_class = |degree: Degree| (chord.root + degree.interval()).pitch_class();
        let bass = chord.bass.pitch_class();
        let rank = |degree: Degree| match (degree.number, degree.alteration) {
            (3, _) | (2, _) | (4, _) => 0,
            (7, _) | (6, _) => 1,
            (1, _) => 2,
            (5, 0) => 5,
            (5, _) => 3,
            _ => 4,
        };
        let mut tones = Self {
            all: PitchClassSet::default().with(bass),
            needed: PitchClassSet::default(),
            fifth: None,
            bass,
            seventh: None,
            leading: None,
        };
        let bass_counts = rules.strength(Rule::Bass) == Strength::Forbidden;
        if bass_counts {
            tones.needed = tones.needed.with(bass);
        }
        for wanted in 0..=5 {
            for degree in chord.degrees().iter().filter(|&degree| rank(degree) == wanted) {
                let pc = pitch_class(degree);
                tones.all = tones.all.with(pc);
                if tones.needed.contains(pc) || (tones.needed.len() as usize) >= rules.voices {
                    continue;
                }
                if wanted == 5 {
                    tones.fifth = Some(pc);
                } else {
                    tones.needed = tones.needed.with(pc);
                }
            }
        }
        tones.seventh = chord.degrees().iter().find(|degree| degree.number == 7).map(pitch_class);
        let leading = rules.key.map(|key| PitchClass::new(i32::from(key.tonic.pitch_class().value()) + 11));
        let dominant = |leading: PitchClass| {
            let above = |pc: PitchClass| pc.above(leading);
            // V (root a major third below) or vii (root on it).
            tones.all.contains(leading) && matches!(above(chord.root.pitch_class()), 0 | 8)
        };
        tones.leading = leading.filter(|&leading| dominant(leading));
        tones
    }
}

/// How often each rule is broken, and how far the voices move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Breaches {
    pub(super) of: [u8; Rule::ALL.len()],
    /// Semitones that all voices move together.
    pub(super) movement: u32,
    /// Semitones from the middles of the ranges.
    pub(super) off_centre: u32,
}

impl Breaches {
    fn add(&mut self, rule: Rule, broken: bool) {
        self.of[rule as usize] += u8::from(broken);
    }

    /// The cost, or `None` where a rule is broken that must not be.
    pub(super) fn cost(&self, rules: &Rules) -> Option<u32> {
        let mut cost = 100 * self.movement + u32::from(rules.centre) * self.off_centre;
        for (&times, strength) in self.of.iter().zip(&rules.strengths) {
            match strength {
                Strength::Forbidden if times > 0 => return None,
                Strength::Cost(each) => cost += u32::from(*each) * u32::from(times),
                _ => {}
            }
        }
        Some(cost)
    }
}

fn class(note: u8) -> PitchClass {
    PitchClass::new(i32::from(note))
}

/// What a voicing alone breaks.
pub(super) fn alone(notes: &[u8], tones: &Tones, rules: &Rules) -> Breaches {
    let mut out = Breaches::default();
    out.add(Rule::Bass, class(notes[0]) != tones.bass);
    for (at, pair) in notes.windows(2).enumerate() {
        out.add(Rule::Crossing, pair[0] > pair[1]);
        out.add(Rule::Unison, pair[0] == pair[1]);
        out.add(Rule::Spacing, pair[0].abs_diff(pair[1]) > if at == 0 { rules.low_gap } else { rules.gap });
    }
    let times = |pc: PitchClass| notes.iter().filter(|&&note| class(note) == pc).count();
    out.add(Rule::Fifth, tones.fifth.is_some_and(|fifth| times(fifth) == 0));
    for single in
        [tones.seventh, tones.leading.filter(|leading| Some(*leading) != tones.seventh)].into_iter().flatten()
    {
        out.add(Rule::Doubling, times(single) > 1);
    }
    let middle = |range: (u8, u8)| (range.0 + range.1) / 2;
    out.off_centre =
        notes.iter().zip(rules.ranges).map(|(&n, range)| u32::from(n.abs_diff(middle(range)))).sum();
    out
}

/// What the way from one voicing to the next breaks.
pub(super) fn between(from: &[u8], tones: &Tones, to: &[u8], next: &Tones, rules: &Rules) -> Breaches {
    let mut out = Breaches::default();
    let top = to.len() - 1;
    let up = |voice: usize| i16::from(to[voice]) - i16::from(from[voice]);
    for voice in 0..to.len() {
        let step = up(voice).unsigned_abs();
        out.movement += u32::from(step);
        out.add(Rule::Leap, step > u16::from(rules.leap) && !(voice == 0 && step == 12));
        if voice < top {
            out.add(Rule::Overlap, to[voice] > from[voice + 1] || to[voice + 1] < from[voice]);
        }
        let was = class(from[voice]);
        out.add(Rule::CommonTones, step > 0 && next.all.contains(was));
        out.add(Rule::Seventh, tones.seventh == Some(was) && !matches!(up(voice), -2..=0));
        let tonic = |leading: PitchClass| PitchClass::new(i32::from(leading.value()) + 1);
        let bound = tones.leading.is_some_and(|leading| leading == was && next.all.contains(tonic(leading)));
        out.add(Rule::Leading, bound && !matches!(up(voice), 0..=1));
        for higher in voice + 1..to.len() {
            let same_way = up(voice) * up(higher) > 0;
            let interval = |notes: &[u8]| (notes[higher].abs_diff(notes[voice])) % 12;
            let perfect = matches!(interval(to), 0 | 7);
            let parallel = same_way && perfect && interval(from) == interval(to);
            out.add(Rule::ParallelFifths, parallel && interval(to) == 7);
            out.add(Rule::ParallelOctaves, parallel && interval(to) == 0);
            let outer = voice == 0 && higher == top;
            let hidden = outer && same_way && perfect && interval(from) != interval(to) && up(top).abs() > 2;
            out.add(Rule::Hidden, hidden);
        }
    }
    out
}

/// The terms of a voicing's cost: names and hundredths of a semitone.
pub(super) fn terms(alone: &Breaches, between: &Breaches, rules: &Rules, voicing: &mut Voicing) {
    voicing.cost = 0;
    voicing.used = 0;
    let mut add = |name, value: u32| {
        if value > 0 {
            voicing.terms[voicing.used] = (name, value);
            voicing.used += 1;
            voicing.cost += value;
        }
    };
    add("movement", 100 * between.movement);
    add("off centre", u32::from(rules.centre) * alone.off_centre);
    for (rule, strength) in Rule::ALL.iter().zip(&rules.strengths) {
        if let Strength::Cost(each) = strength {
            let times = u32::from(alone.of[*rule as usize]) + u32::from(between.of[*rule as usize]);
            add(rule.name(), u32::from(*each) * times);
        }
    }
}
