//! Voice leading: chords as notes for 2 to 6 voices, the least movement under rules that can be switched.
//!
//! The cost of a progression is the way that all voices go, in semitones (Tymoczko 2011, "A Geometry of Music", chapter
//! 2), with what soft rules add; the rules are those of common textbooks (Aldwell, Schachter and Cadwallader 2018,
//! "Harmony and Voice Leading"). [`Voicer::lead`] gives a least cost over the whole progression: dynamic programming over
//! every voicing of every chord, so nothing better exists under the same rules. [`Voicer::step`] gives the best next
//! voicing while the music goes on.

mod rules;

pub use rules::{Rule, Rules, Strength};

use kmidi_music::{Chord, PitchClass, PitchClassSet};
use rules::{Breaches, Tones};
use std::ops::ControlFlow;

/// The most voices.
pub const MAX_VOICES: usize = 6;
/// The most chords of a progression.
pub const MAX_CHORDS: usize = 512;
/// The most voicings of all chords of a progression together.
pub const MAX_VOICINGS: usize = 1 << 18;
/// The most terms of a cost.
const MAX_TERMS: usize = Rule::ALL.len() + 2;

/// The notes of a chord.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voicing {
    notes: [u8; MAX_VOICES],
    voices: usize,
    /// What it costs with the way to it, hundredths of a semitone: the sum of [`Voicing::terms`].
    pub cost: u32,
    terms: [(&'static str, u32); MAX_TERMS],
    used: usize,
}

impl Voicing {
    /// MIDI notes, the lowest voice first.
    pub fn notes(&self) -> &[u8] {
        &self.notes[..self.voices]
    }

    /// What the cost is made of, in hundredths of a semitone: `movement`, `off centre`, and soft rules that are broken.
    pub fn terms(&self) -> &[(&'static str, u32)] {
        &self.terms[..self.used]
    }
}

/// Why a chord cannot be voiced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// No voicing keeps the rules.
    #[error("chord {}: no voicing keeps the rules{}", index + 1, rule.map_or("", |_| "; one would be enough to give up"))]
    NoVoicing {
        /// The chord, from 0.
        index: usize,
        /// A rule without which there would be one, if a single rule is to blame.
        rule: Option<Rule>,
    },
    /// More than [`MAX_CHORDS`].
    #[error("{chords} chords; at most {MAX_CHORDS} are led at once")]
    TooLong {
        /// How many there are.
        chords: usize,
    },
    /// More voicings than [`MAX_VOICINGS`]: narrower ranges would help.
    #[error("chord {}: over {MAX_VOICINGS} voicings so far; narrower ranges would help", index + 1)]
    TooMany {
        /// The chord, from 0.
        index: usize,
    },
}

/// Leads voices by its rules. Owns all memory that it needs (about 5 MB).
#[derive(Debug, Clone)]
pub struct Voicer {
    rules: Rules,
    notes: Vec<[u8; MAX_VOICES]>,
    /// Of each voicing: the cost of the best way to it, and the voicing before on that way.
    best: Vec<(u32, u32)>,
    /// Voicings of the chord before, the cheapest first.
    order: Vec<u32>,
}

impl Voicer {
    /// A voicer with these rules; voices are brought into 2 to [`MAX_VOICES`].
    pub fn new(rules: Rules) -> Self {
        let rules = Rules { voices: rules.voices.clamp(2, MAX_VOICES), ..rules };
        Self {
            rules,
            notes: Vec::with_capacity(MAX_VOICINGS),
            best: Vec::with_capacity(MAX_VOICINGS),
            order: Vec::with_capacity(MAX_VOICINGS),
        }
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The best voicing of `chord` after `from`: its notes and the chord that they voice. Without `from`, the best alone.
    ///
    /// # Errors
    ///
    /// [`Blocked::NoVoicing`] where no voicing keeps the rules. A `from` of other notes than the rules' number of voices is
    /// passed over.
    ///
    /// *Real-time safety*: no allocation, no lock. Time grows with the number of voicings: some tens of microseconds for
    /// four voices; where none is found, up to thirteen times that.
    pub fn step(&self, from: Option<(&[u8], &Chord)>, chord: &Chord) -> Result<Voicing, Blocked> {
        let blocked = |rule| Blocked::NoVoicing { index: 0, rule };
        best_step(&self.rules, from, chord)
            .ok_or_else(|| blocked(culprit(&self.rules, |relaxed| best_step(relaxed, from, chord).is_some())))
    }

    /// Voices `chords` with the least cost over all of them. `take` gets each voicing in order.
    ///
    /// # Errors
    ///
    /// [`Blocked`]: which chord, and which rule to give up.
    ///
    /// *Real-time safety*: no allocation, no lock, but time grows with the square of the number of voicings: for a
    /// worker, not for the audio thread.
    pub fn lead(&mut self, chords: &[Chord], mut take: impl FnMut(Voicing)) -> Result<(), Blocked> {
        if chords.len() > MAX_CHORDS {
            return Err(Blocked::TooLong { chords: chords.len() });
        }
        let rules = self.rules;
        let mut starts = [0; MAX_CHORDS + 1];
        if let Err(index) = self.search(&rules, chords, &mut starts)? {
            let rule = culprit(&rules, |relaxed| {
                matches!(self.search(relaxed, &chords[..=index], &mut [0; MAX_CHORDS + 1]), Ok(Ok(())))
            });
            return Err(Blocked::NoVoicing { index, rule });
        }
        // The way back from the cheapest end.
        let mut way = [0usize; MAX_CHORDS];
        for at in (0..chords.len()).rev() {
            way[at] = match chords.get(at + 1) {
                Some(_) => self.best[way[at + 1]].1 as usize,
                None => (starts[at]..starts[at + 1]).min_by_key(|&i| self.best[i].0).unwrap_or_default(),
            };
        }
        for at in 0..chords.len() {
            let from =
                at.checked_sub(1).map(|before| (&self.notes[way[before]][..rules.voices], &chords[before]));
            take(voicing(&rules, from, &self.notes[way[at]][..rules.voices], &chords[at]));
        }
        Ok(())
    }

    /// Fills `notes` and `best`; `starts` tells where each chord's voicings begin. `Err(index)` where one has none.
    fn search(
        &mut self,
        rules: &Rules,
        chords: &[Chord],
        starts: &mut [usize; MAX_CHORDS + 1],
    ) -> Result<Result<(), usize>, Blocked> {
        let Self { notes, best, order, .. } = self;
        notes.clear();
        best.clear();
        for (at, chord) in chords.iter().enumerate() {
            let tones = Tones::of(chord, rules);
            let first = notes.len();
            starts[at] = first;
            let mut full = false;
            each_voicing(rules, &tones, |candidate| {
                let own = rules::alone(&candidate[..rules.voices], &tones, rules).cost(rules);
                full = own.is_some() && notes.len() == MAX_VOICINGS;
                if full {
                    return ControlFlow::Break(());
                }
                if let Some(own) = own {
                    notes.push(candidate);
                    best.push((own, 0));
                }
                ControlFlow::Continue(())
            });
            if full {
                return Err(Blocked::TooMany { index: at });
            }
            if let Some(before) = at.checked_sub(1) {
                let from = Tones::of(&chords[before], rules);
                order.clear();
                order.extend((starts[before]..first).filter(|&i| best[i].0 < u32::MAX).map(|i| i as u32));
                order.sort_unstable_by_key(|&i| (best[i as usize].0, i));
                for i in first..notes.len() {
                    best[i] = cheapest(rules, notes, best, order, (&from, &tones), i);
                }
            }
            starts[at + 1] = notes.len();
            if best[first..].iter().all(|b| b.0 == u32::MAX) {
                return Ok(Err(at));
            }
        }
        Ok(Ok(()))
    }
}

/// The cheapest way to voicing `i`: ways that begin dearer than the best that is known cannot be cheaper.
fn cheapest(
    rules: &Rules,
    notes: &[[u8; MAX_VOICES]],
    best: &[(u32, u32)],
    order: &[u32],
    (from, tones): (&Tones, &Tones),
    i: usize,
) -> (u32, u32) {
    let (own, to) = (best[i].0, &notes[i][..rules.voices]);
    let mut found = (u32::MAX, 0);
    for &before in order {
        let so_far = best[before as usize].0 + own;
        if so_far >= found.0 {
            break;
        }
        let step = rules::between(&notes[before as usize][..rules.voices], from, to, tones, rules);
        if let Some(cost) = step.cost(rules)
            && so_far + cost < found.0
        {
            found = (so_far + cost, before);
        }
    }
    found
}

/// The first forbidden rule whose end would make `possible` true.
fn culprit(rules: &Rules, mut possible: impl FnMut(&Rules) -> bool) -> Option<Rule> {
    Rule::ALL.into_iter().filter(|&rule| rules.strength(rule) == Strength::Forbidden).find(|&rule| {
        let mut relaxed = *rules;
        relaxed.set(rule, Strength::Off);
        possible(&relaxed)
    })
}

fn best_step(rules: &Rules, from: Option<(&[u8], &Chord)>, chord: &Chord) -> Option<Voicing> {
    let tones = Tones::of(chord, rules);
    let from = from.filter(|(notes, _)| notes.len() == rules.voices);
    let before = from.map(|(notes, chord)| (notes, Tones::of(chord, rules)));
    let mut found: Option<(u32, [u8; MAX_VOICES])> = None;
    each_voicing(rules, &tones, |candidate| {
        let to = &candidate[..rules.voices];
        let cheaper = |cost: u32| found.is_none_or(|f: (u32, _)| cost < f.0);
        if let Some(own) = rules::alone(to, &tones, rules).cost(rules).filter(|&own| cheaper(own)) {
            let way = match &before {
                Some((notes, was)) => rules::between(notes, was, to, &tones, rules).cost(rules),
                None => Some(0),
            };
            if let Some(cost) = way.map(|way| own + way).filter(|&cost| cheaper(cost)) {
                found = Some((cost, candidate));
            }
        }
        ControlFlow::Continue(())
    });
    found.map(|(_, notes)| voicing(rules, from, &notes[..rules.voices], chord))
}

/// The voicing with the terms of its cost.
fn voicing(rules: &Rules, from: Option<(&[u8], &Chord)>, to: &[u8], chord: &Chord) -> Voicing {
    let tones = Tones::of(chord, rules);
    let mut out =
        Voicing { notes: [0; MAX_VOICES], voices: to.len(), cost: 0, terms: [("", 0); MAX_TERMS], used: 0 };
    out.notes[..to.len()].copy_from_slice(to);
    let between = from.map_or(Breaches::default(), |(notes, was)| {
        rules::between(notes, &Tones::of(was, rules), to, &tones, rules)
    });
    rules::terms(&rules::alone(to, &tones, rules), &between, rules, &mut out);
    out
}

/// Gives every voicing in the ranges that holds the tones it needs, the low ones first, until `take` breaks off. Branches that break a forbidden
/// rule between neighbours are not followed.
fn each_voicing(rules: &Rules, tones: &Tones, mut take: impl FnMut([u8; MAX_VOICES]) -> ControlFlow<()>) {
    let forbidden = |rule| rules.strength(rule) == Strength::Forbidden;
    let [bass, crossing, unison, spacing] =
        [Rule::Bass, Rule::Crossing, Rule::Unison, Rule::Spacing].map(forbidden);
    let fits = |notes: &[u8; MAX_VOICES], voice: usize| {
        let note = notes[voice];
        let class = PitchClass::new(i32::from(note));
        if !tones.all.contains(class) {
            return false;
        }
        let Some(below) = voice.checked_sub(1).map(|v| notes[v]) else {
            return !bass || class == tones.bass;
        };
        let gap = if voice == 1 { rules.low_gap } else { rules.gap };
        !(crossing && note < below || unison && note == below || spacing && note.abs_diff(below) > gap)
    };
    let complete = |notes: &[u8]| {
        let sounding: PitchClassSet = notes.iter().map(|&n| PitchClass::new(i32::from(n))).collect();
        sounding.intersection(tones.needed) == tones.needed
    };
    let mut notes = [0; MAX_VOICES];
    let mut voice = 0;
    notes[0] = rules.ranges[0].0;
    loop {
        if notes[voice] > rules.ranges[voice].1.min(127) {
            let Some(below) = voice.checked_sub(1) else { return };
            voice = below;
        } else if fits(&notes, voice) {
            if voice + 1 < rules.voices {
                voice += 1;
                notes[voice] = rules.ranges[voice].0;
                continue;
            }
            if complete(&notes[..rules.voices]) && take(notes).is_break() {
                return;
            }
        }
        notes[voice] += 1;
    }
}
