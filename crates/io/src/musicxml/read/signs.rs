//! What stands with the notes: keys, metres, transpositions, chord symbols, tempo and rehearsal marks.

use super::super::kind::{self, Change, Verb};
use super::super::raw::{AttributesDraft, RawHarmony, RawKey, RawRoot};
use super::super::{interval_of, value};
use super::Walk;
use crate::Result;
use kmidi_music::{Meter, Mode, PitchClass, PitchName};

impl Walk<'_> {
    pub(super) fn end_in_attributes(&mut self, parent: &str, name: &str, text: &str) -> Result<()> {
        match (parent, name) {
            ("attributes", "divisions") => {
                let divisions = self.decimal(name, text, f64::MIN_POSITIVE)?;
                self.current().divisions = divisions;
                self.raw.count_divisions(divisions);
            }
            ("key", "fifths") => {
                let fifths: i8 = self.number(name, text)?;
                self.attributes.fifths = Some(fifths).filter(|f| (-15..=15).contains(f));
            }
            ("key", "mode") => self.attributes.mode = text.to_owned(),
            ("time", "beats") => {
                // 3+2 is 5
                let all = text.split('+').map(|t| self.number::<u8>(name, t.trim()).map(u32::from));
                let sum = all.sum::<Result<u32>>()?;
                self.attributes.beats.push(sum);
            }
            ("time", "beat-type") => {
                let kind = self.number(name, text)?;
                self.attributes.beat_types.push(kind);
            }
            ("transpose", "diatonic") => self.attributes.diatonic = Some(self.small(name, text)?),
            ("transpose", "chromatic") => self.attributes.chromatic = self.small(name, text)?,
            ("transpose", "octave-change") => self.attributes.octaves = self.small(name, text)?,
            ("clef", "sign") if text == "percussion" => self.current().percussion_clef = true,
            ("attributes", "key" | "time" | "transpose") if !self.attributes.other_staff => {
                self.finish_attributes(name);
            }
            _ => {}
        }
        Ok(())
    }

    /// A number of semitones, steps or octaves; fractions are rounded.
    fn small(&self, name: &str, text: &str) -> Result<i32> {
        Ok(self.decimal(name, text, -60.0)?.min(60.0).round() as i32)
    }

    fn finish_attributes(&mut self, name: &str) {
        let spot = self.spot(0.0);
        let draft = std::mem::take(&mut self.attributes);
        let part = self.current();
        let (steps, semitones) = part.transpose;
        match name {
            "key" => {
                let Some(fifths) = draft.fifths else { return }; // signs of its own, in no key
                let mode = mode_of(&draft.mode);
                part.keys.push((spot, RawKey { fifths, mode, transposition: interval_of(steps, semitones) }));
            }
            "time" => part.meters.extend(meter_of(&draft).map(|meter| (spot, meter))),
            _ => {
                // Without a diatonic part: the plainest interval of that many semitones.
                let plain = i32::from(PitchName::nearest(PitchClass::new(draft.chromatic), 0).fifths());
                let steps = draft.diatonic.unwrap_or((7 * draft.chromatic - plain) / 12);
                part.transpose = (steps + 7 * draft.octaves, draft.chromatic + 12 * draft.octaves);
                let moved = interval_of(part.transpose.0, part.transpose.1);
                // The key of the same attributes stands before its transposition.
                let here = part.keys.iter_mut().rev().take(4).take_while(|k| k.0 == spot);
                here.for_each(|key| key.1.transposition = moved);
            }
        }
    }

    pub(super) fn end_in_harmony(&mut self, name: &str, text: &str) -> Result<()> {
        match name {
            "root-step" => self.harmony.step = text.to_owned(),
            "root-alter" => self.harmony.alter = self.small(name, text)?.clamp(-3, 3) as i8,
            "root" => {
                let draft = &self.harmony;
                self.harmony.root = name_of(&draft.step, draft.alter).map(RawRoot::Name);
            }
            "numeral-root" => {
                let degree = self.number::<u8>(name, text)?.clamp(1, 7);
                self.harmony.root = Some(RawRoot::Numeral(degree, 0));
            }
            "numeral-alter" => {
                let alter = self.small(name, text)?.clamp(-2, 2) as i8;
                if let Some(RawRoot::Numeral(_, altered)) = &mut self.harmony.root {
                    *altered = alter;
                }
            }
            "function" => self.harmony.root = Some(RawRoot::Function(text.chars().take(16).collect())),
            "kind" => self.harmony.kind = text.to_owned(),
            "inversion" => self.harmony.inversion = self.number(name, text)?,
            "bass-step" => self.harmony.bass_step = text.to_owned(),
            "bass-alter" => self.harmony.bass_alter = self.small(name, text)?.clamp(-3, 3) as i8,
            "degree-value" => self.harmony.change.0 = self.number(name, text)?,
            "degree-alter" => self.harmony.change.1 = self.small(name, text)?.clamp(-4, 4) as i8,
            "degree-type" => {
                let (value, alter) = std::mem::take(&mut self.harmony.change);
                self.harmony.changes.extend(Verb::of_word(text).map(|verb| Change { verb, value, alter }));
            }
            "offset" => self.harmony.offset = self.decimal(name, text, -1e9)?,
            _ => {}
        }
        Ok(())
    }

    pub(super) fn finish_harmony(&mut self) {
        let draft = std::mem::take(&mut self.harmony);
        let offset = self.quarters(draft.offset);
        let spot = self.spot(offset);
        let silent = draft.kind == "none";
        if draft.root.is_none() && !silent {
            return; // only to be seen
        }
        let bass = name_of(&draft.bass_step, draft.bass_alter);
        let neapolitan = draft.kind == "Neapolitan" && bass.is_none(); // the sixth chord on the flat second
        let (steps, semitones) = self.current().transpose;
        let harmony = RawHarmony {
            spot,
            root: draft.root.filter(|_| !silent),
            degrees: kind::degrees(&draft.kind, draft.text.as_deref(), &draft.changes),
            bass,
            inversion: if neapolitan { draft.inversion.max(1) } else { draft.inversion },
            transposition: interval_of(steps, semitones),
        };
        self.current().harmonies.push(harmony);
    }

    pub(super) fn end_in_direction(&mut self, name: &str, text: &str) -> Result<()> {
        match name {
            "offset" => self.direction.offset = self.decimal(name, text, -1e9)?,
            "rehearsal" => self.direction.rehearsal = Some(text.to_owned()),
            // A metronome mark with two units is a relation of tempos: only the first counts, with no number.
            "beat-unit" if self.direction.beat == 0.0 => self.direction.beat = beat_unit(text),
            "beat-unit-dot" => self.direction.beat *= 1.5,
            "per-minute" => self.direction.per_minute = text.parse().ok(),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn finish_direction(&mut self) {
        let draft = std::mem::take(&mut self.direction);
        let offset = self.quarters(draft.offset);
        let marked = draft.per_minute.map(|p| p * draft.beat).filter(|q| *q > 0.0);
        self.tempo(draft.tempo.or(marked), offset);
        let spot = self.spot(offset);
        self.raw.sections.extend(draft.rehearsal.map(|name| (spot, name)));
    }

    pub(super) fn tempo(&mut self, quarters: Option<f64>, offset: f64) {
        let Some(quarters) = quarters.filter(|q| q.is_finite() && *q > 0.0) else { return };
        let micros = (60e6 / quarters).round().clamp(1.0, f64::from(u32::MAX)) as u32;
        self.raw.tempos.push((self.spot(offset), micros));
    }
}

fn name_of(step: &str, alter: i8) -> Option<PitchName> {
    let place = "FCGDAEB".find(step).filter(|_| step.len() == 1)?;
    Some(PitchName::from_fifths(place as i8 - 1 + 7 * alter))
}

fn mode_of(word: &str) -> Mode {
    match word.to_ascii_lowercase().as_str() {
        "minor" | "aeolian" => Mode::Minor,
        "dorian" => Mode::Dorian,
        "phrygian" => Mode::Phrygian,
        "lydian" => Mode::Lydian,
        "mixolydian" => Mode::Mixolydian,
        "locrian" => Mode::Locrian,
        _ => Mode::Major,
    }
}

/// The metre; several fractions are added up over the smallest unit. `None` where there is none (senza misura).
fn meter_of(draft: &AttributesDraft) -> Option<Meter> {
    let unit = *draft.beat_types.iter().max()?;
    let scaled = draft.beats.iter().zip(&draft.beat_types).map(|(&beats, &kind)| {
        let fits = kind > 0 && unit.is_multiple_of(kind);
        fits.then(|| u64::from(beats) * u64::from(unit / kind))
    });
    let sum = scaled.sum::<Option<u64>>()?;
    Meter::new(u8::try_from(sum).ok()?, unit)
}

/// Quarter notes of a `beat-unit`.
fn beat_unit(name: &str) -> f64 {
    value::quarters(name).unwrap_or(0.0)
}
