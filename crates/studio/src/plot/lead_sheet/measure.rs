//! The melody in bars, as notes and rests that can be written.

use kmidi_music::song::{Role, Song};
use kmidi_music::{Key, Meter, Mode, Note, PitchClass, PitchName, Ticks};

/// A bar of the sheet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measure {
    /// From 1.
    pub(super) number: usize,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) meter: Meter,
    /// The metre is not that of the bar before.
    pub(super) meter_changes: bool,
    pub(super) key: Key,
    /// A felt beat, in ticks.
    beat: u64,
    /// In order, without gaps.
    pub(super) signs: Vec<Sign>,
}

/// A note or a rest of one written value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sign {
    pub(super) start: u64,
    pub(super) end: u64,
    /// 16ths.
    pub(super) units: u64,
    /// Steps above the lowest line of the staff (E4); `None` for a rest.
    pub(super) step: Option<i32>,
    /// Sharps, or flats below 0, where one must be written.
    pub(super) accidental: Option<i8>,
    /// Goes on in the next note.
    pub(super) tied: bool,
}

/// Lengths that one sign can have, in 16ths, the longest first.
const VALUES: [u64; 8] = [16, 12, 8, 6, 4, 3, 2, 1];

impl Sign {
    pub(super) fn is_dotted(&self) -> bool {
        matches!(self.units, 3 | 6 | 12)
    }

    pub(super) fn flags(&self) -> u32 {
        if self.units == 1 { 2 } else { 1 }
    }
}

impl Measure {
    /// How many signs from the one at `i` on share a beam: notes shorter than a quarter in one felt beat.
    pub(super) fn beamed(&self, i: usize) -> usize {
        let short = |sign: &Sign| sign.step.is_some() && sign.units < 4;
        let beat = |sign: &Sign| (sign.start - self.start) / self.beat;
        let group =
            self.signs[i..].iter().take_while(|s| short(s) && beat(s) == beat(&self.signs[i])).count();
        group.max(1)
    }
}

/// The bars of a song with its melody.
pub(super) fn measures(song: &Song) -> Vec<Measure> {
    let ppq = u64::from(song.tempo.ppq());
    // An odd resolution has no 16ths; the nearest ticks stand for them.
    let unit = (ppq / 4).max(1);
    let notes: Vec<_> = rounded(song).into_iter().map(|n| (n.0, n.1, n.2)).collect();
    let mut bars: Vec<Measure> = Vec::new();
    let mut at = 0;
    let end = song.end().0.max(1);
    while at < end {
        let meter = song.meters.iter().rev().find(|m| m.0.0 <= at).map_or(Meter::COMMON, |m| m.1);
        let next = song.meters.iter().map(|m| m.0.0).find(|&tick| tick > at).unwrap_or(u64::MAX);
        let stop = (at + meter.bar(song.tempo.ppq()).0.max(1)).min(next);
        let key =
            song.keys.iter().rev().find(|k| k.0.0 <= at).map_or(Key::new(PitchName::C, Mode::Major), |k| k.1);
        let mut bar = Measure {
            number: bars.len() + 1,
            start: at,
            end: stop,
            meter,
            meter_changes: bars.last().is_none_or(|before| before.meter != meter),
            key,
            beat: meter.felt_beat(song.tempo.ppq()).0.max(1),
            signs: Vec::new(),
        };
        fill(&mut bar, &notes, song, unit);
        bars.push(bar);
        at = stop;
    }
    bars
}

/// (start, end, pitch, velocity) of the melody on the grid of 16ths, one note at a time.
pub(super) fn rounded(song: &Song) -> Vec<(u64, u64, u8, u8)> {
    let unit = (u64::from(song.tempo.ppq()) / 4).max(1);
    let notes = song.track(Role::Melody).map_or(&[][..], |t| &t.notes);
    let near = |tick: Ticks| (tick.0 + unit / 2) / unit * unit;
    let told = |n: &Note| (near(n.onset), n.end().0, n.pitch, n.velocity);
    let mut all: Vec<(u64, u64, u8, u8)> = notes.iter().map(told).collect();
    all.sort_by_key(|n| (n.0, u8::MAX - n.2));
    all.dedup_by_key(|n| n.0);
    for i in 0..all.len() {
        let next = all.get(i + 1).map(|n| n.0);
        let end = all[i].1.div_ceil(unit) * unit;
        // A gap shorter than an eighth is breath, not a rest.
        all[i].1 = match next {
            Some(next) if next < end + 2 * unit => next,
            _ => end.max(all[i].0 + unit),
        };
    }
    all
}

fn fill(bar: &mut Measure, notes: &[(u64, u64, u8)], song: &Song, unit: u64) {
    let mut at = bar.start;
    let mut altered: Vec<(i32, i8)> = Vec::new();
    let (first, last) = (bar.start, bar.end);
    for &(start, end, pitch) in notes.iter().filter(|n| n.1 > first && n.0 < last) {
        let (from, to) = (start.max(first), end.min(last));
        if from < at {
            continue;
        }
        values(bar, at, from, unit, |_| (None, None, false));
        let (step, alteration) = spelled(song, bar.key, start, pitch);
        let usual = signature(bar.key, step);
        let now = altered.iter().rev().find(|a| a.0 == step).map_or(usual, |a| a.1);
        // A note that is held over the bar line keeps its accidental.
        let sign = (alteration != now && start >= bar.start).then_some(alteration);
        altered.extend(sign.map(|sign| (step, sign)));
        let over = end > bar.end;
        values(bar, from, to, unit, |stop| {
            let first = from == stop.0;
            (Some(step), sign.filter(|_| first), stop.1 < to || over)
        });
        at = to;
    }
    let end = bar.end;
    values(bar, at, end, unit, |_| (None, None, false));
}

/// Writes a stretch as values: what starts off the beat ends at the next beat or with the stretch.
fn values(
    bar: &mut Measure,
    from: u64,
    to: u64,
    unit: u64,
    what: impl Fn((u64, u64)) -> (Option<i32>, Option<i8>, bool),
) {
    let mut at = from;
    while at < to {
        let left = ((to - at) / unit).max(1);
        let off = (at - bar.start) % bar.beat;
        let room = if off == 0 || left * unit <= bar.beat {
            left
        } else {
            left.min((bar.beat - off).div_ceil(unit))
        };
        let units = VALUES.into_iter().find(|&value| value <= room).unwrap_or(1);
        let end = (at + units * unit).min(to);
        let (step, accidental, tied) = what((at, end));
        bar.signs.push(Sign { start: at, end, units, step, accidental, tied });
        at = end;
    }
}

/// The step and alteration of a note: as a chord tone of its chord, else as the key spells it.
fn spelled(song: &Song, key: Key, at: u64, pitch: u8) -> (i32, i8) {
    let pc = PitchClass::new(i32::from(pitch));
    let after = song.chords.partition_point(|c| c.onset.0 <= at);
    let chord = after.checked_sub(1).map(|i| song.chords[i].chord);
    let tone = chord.and_then(|chord| chord.notes().into_iter().find(|n| n.pitch_class() == pc));
    let name = if key.scale().contains(pc) { key.spell(pc) } else { tone.unwrap_or(key.spell(pc)) };
    let natural = i32::from(pitch) - i32::from(name.alteration());
    let letter = LETTERS.iter().position(|&l| l == name.letter()).unwrap_or(0) as i32;
    // Steps from C of octave -1 up; E4 is the lowest line.
    let step = natural.div_euclid(12) * 7 + letter - (5 * 7 + 2);
    (step, name.alteration())
}

const LETTERS: [char; 7] = ['C', 'D', 'E', 'F', 'G', 'A', 'B'];

/// What the key signature says of a step.
fn signature(key: Key, step: i32) -> i8 {
    let letter = LETTERS[(step + 2).rem_euclid(7) as usize];
    let order = ['F', 'C', 'G', 'D', 'A', 'E', 'B'];
    let place = order.iter().position(|&l| l == letter).unwrap_or(0) as i8;
    match key.signature() {
        sharps if sharps > place => 1,
        flats if -flats > 6 - place => -1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::{compose, intent_from_text};
    use kmidi_music::Intent;

    #[test]
    fn bars_are_filled_and_say_what_is_played() {
        for (seed, meter) in ["4/4", "3/4", "6/8", "2/2", "5/4", "9/8", "12/8", "2/4"].iter().enumerate() {
            for text in ["sad", "excited", "calm"] {
                let intent = Intent {
                    meter: meter.parse().ok(),
                    seed: seed as u64,
                    bars: Some(16),
                    ..intent_from_text(text).unwrap()
                };
                let (_, song) = compose(&intent).unwrap();
                let bars = measures(&song);
                assert_eq!(bars.len(), 16);
                for bar in &bars {
                    let mut at = bar.start;
                    for sign in &bar.signs {
                        assert!(sign.start == at && sign.end > at, "{meter} {bar:?}");
                        assert_eq!(sign.end - sign.start, sign.units * 120, "{meter} {sign:?}");
                        at = sign.end;
                    }
                    assert_eq!(at, bar.end, "{meter}");
                }
                // Each note is written once: at its onset, and after that only tied to.
                let mut tied = false;
                let mut written = Vec::new();
                for sign in bars.iter().flat_map(|b| &b.signs) {
                    if let (Some(step), false) = (sign.step, tied) {
                        written.push((sign.start, step));
                    }
                    tied = sign.tied;
                }
                let notes = &song.tracks[0].notes;
                let near = |tick: u64| (tick + 60) / 120 * 120;
                let mut onsets: Vec<u64> = notes.iter().map(|n| near(n.onset.0)).collect();
                onsets.dedup();
                assert_eq!(written.iter().map(|w| w.0).collect::<Vec<_>>(), onsets, "{meter} {text}");
            }
        }
    }

    #[test]
    fn ties_go_over_bar_lines_and_on_in_the_next_row() {
        let (_, song) = compose(&intent_from_text("calm").unwrap()).unwrap();
        let bar = Meter::COMMON.bar(480).0;
        // A note a bar; one of them lasts for two.
        let sheet = |long: Option<u64>| {
            // In C no accidental is written or left out.
            let (keys, meters) = (vec![(Ticks(0), "C".parse().unwrap())], vec![(Ticks(0), Meter::COMMON)]);
            let mut song = Song { meters, keys, chords: vec![], marks: vec![], ..song.clone() };
            let note = |at: u64| {
                let duration = Ticks(bar * if long == Some(at) { 2 } else { 1 });
                Note { onset: Ticks(at * bar), duration, pitch: 71, velocity: 80 }
            };
            let held = |at: &u64| long.is_none_or(|long| *at != long + 1);
            song.tracks.retain(|track| track.role == Role::Melody);
            song.tracks[0].notes = (0..8).filter(held).map(note).collect();
            let tied: Vec<usize> = measures(&song)
                .iter()
                .filter(|bar| bar.signs.last().is_some_and(|sign| sign.tied))
                .map(|bar| bar.number)
                .collect();
            let written = super::super::lead_song(&song);
            assert_eq!(written.tracks[0].notes, song.tracks[0].notes, "what stands on the grid stays");
            (tied, super::super::lead_sheet(&song).matches("<path").count())
        };
        let (none, plain) = sheet(None);
        assert_eq!(none, Vec::<usize>::new());
        assert_eq!(sheet(Some(1)), (vec![2], plain + 1));
        // Bar 4 ends a row: the tie begins there, and goes on before the note in bar 5.
        assert_eq!(sheet(Some(3)), (vec![4], plain + 2));
    }

    #[test]
    fn steps_and_signatures_are_those_of_the_treble_clef() {
        let (_, song) = compose(&intent_from_text("calm").unwrap()).unwrap();
        let song = Song { chords: vec![], ..song };
        let key = |text: &str| text.parse::<Key>().unwrap();
        for (text, pitch, expected) in [
            ("C", 64, (0, 0)),
            ("C", 60, (-2, 0)),
            ("C", 72, (5, 0)),
            ("Eb", 70, (4, -1)),
            ("E", 68, (2, 1)),
            ("Cb", 71, (5, -1)),
            ("C#", 60, (-3, 1)),
        ] {
            assert_eq!(spelled(&song, key(text), 0, pitch), expected, "{text} {pitch}");
        }
        assert_eq!(["D", "F", "C"].map(|k| signature(key(k), 1)), [1, 0, 0], "F4");
        assert_eq!(["F", "Bb", "G"].map(|k| signature(key(k), 4)), [-1, -1, 0], "B4");
    }
}
