//! What stands above the notes: rehearsal marks, tempo, chord symbols.

use super::super::{Score, kind, value};
use super::PartWriter;
use kmidi_music::{Chord, Meter, PitchName, Ticks};

/// A sign that stands above the notes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark<'a> {
    Section(&'a str),
    /// Microseconds a quarter note, and whether it is shown as well as kept.
    Tempo(u32, bool),
    Harmony(&'a Option<Chord>),
}

impl<'a> Mark<'a> {
    /// All signs of a score by tick.
    pub(super) fn of(score: &'a Score) -> Vec<(u64, Mark<'a>)> {
        let sections = score.sections.iter().map(|(tick, name)| (tick.0, Mark::Section(name)));
        let tempos = tempos(score.tempo.changes());
        let harmonies = score.harmonies.iter().map(|(tick, chord)| (tick.0, Mark::Harmony(chord)));
        let mut marks: Vec<_> = sections.chain(tempos).chain(harmonies).collect();
        marks.sort_by_key(|m| m.0); // stable: at one tick the order above stands
        marks
    }
}

/// A tempo that moves little by little is shown at the start and after each tenth; what changes by more than 4 % at once is a new
/// tempo.
fn tempos<'a>(changes: &[(Ticks, u32)]) -> impl Iterator<Item = (u64, Mark<'a>)> {
    let apart = |a: u32, b: u32| f64::from(a.max(b)) / f64::from(a.min(b).max(1)) - 1.0;
    let (mut before, mut told) = (None, None);
    changes.iter().map(move |&(tick, micros)| {
        let plain = |last: Option<u32>, most: f64| last.is_none_or(|last| apart(last, micros) > most);
        let shown = plain(before, 0.0401) || plain(told, 0.1);
        before = Some(micros);
        told = if shown { before } else { told };
        (tick.0, Mark::Tempo(micros, shown))
    })
}

impl PartWriter<'_> {
    /// The signs that stand before `end`: in front of what begins at `start`, later ones with their distance from it.
    pub(super) fn marks_before(&mut self, start: u64, end: u64, meter: Meter) {
        let (here, later) = self.marks.split_at(self.marks.partition_point(|m| m.0 < end));
        self.marks = later;
        for &(tick, mark) in here {
            let offset = tick.saturating_sub(start);
            match mark {
                Mark::Harmony(chord) => self.harmony(chord.as_ref(), offset),
                Mark::Section(name) => {
                    self.page.open("direction", &[("placement", "above")]);
                    self.page.open("direction-type", &[]);
                    self.page.leaf("rehearsal", name);
                    self.page.close();
                    self.offset(offset, true);
                    self.page.close();
                }
                Mark::Tempo(micros, shown) => self.tempo(f64::from(micros), shown, offset, meter),
            }
        }
    }

    fn offset(&mut self, ticks: u64, sounds: bool) {
        if ticks > 0 {
            let sound: &[_] = if sounds { &[("sound", "yes")] } else { &[] };
            self.page.leaf_with("offset", sound, ticks);
        }
    }

    fn tempo(&mut self, micros: f64, shown: bool, offset: u64, meter: Meter) {
        let quarters = 60e6 / micros;
        let beat = meter.felt_beat(48); // thirds and sixteenths of a quarter are whole numbers of these
        let value = value::exact(beat.0, 48).unwrap_or(value::QUARTER_NOTE);
        let beats = (quarters * 48.0 / beat.0.max(1) as f64 * 100.0).round() / 100.0;
        self.page.open("direction", &[("placement", "above")]);
        self.page.open("direction-type", &[]);
        let hidden: &[_] = if shown { &[] } else { &[("print-object", "no")] };
        self.page.open("metronome", hidden);
        self.page.leaf("beat-unit", value.name);
        (0..value.dots).for_each(|_| self.page.empty("beat-unit-dot", &[]));
        self.page.leaf("per-minute", beats);
        self.page.close();
        self.page.close();
        self.offset(offset, true);
        self.page.empty("sound", &[("tempo", &quarters.to_string())]);
        self.page.close();
    }

    fn harmony(&mut self, chord: Option<&Chord>, offset: u64) {
        self.page.open("harmony", &[]);
        self.page.open("root", &[]);
        self.name("root-step", "root-alter", chord.map_or(PitchName::C, |c| c.root));
        self.page.close();
        match chord {
            None => self.page.leaf_with("kind", &[("text", "N.C.")], "none"),
            Some(chord) => {
                let (kind, changes) = kind::of_chord(chord);
                self.page.leaf_with("kind", &[("text", &kind::suffix(chord))], kind);
                if chord.bass != chord.root {
                    self.page.open("bass", &[]);
                    self.name("bass-step", "bass-alter", chord.bass);
                    self.page.close();
                }
                for change in changes {
                    self.page.open("degree", &[("print-object", "no")]); // the kind's text says it
                    self.page.leaf("degree-value", change.value);
                    self.page.leaf("degree-alter", change.alter);
                    self.page.leaf("degree-type", change.verb.word());
                    self.page.close();
                }
            }
        }
        self.offset(offset, false);
        self.page.close();
    }
}
