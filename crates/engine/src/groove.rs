//! The Groove Engine: onsets, beats, tempo and metre.

pub mod beat;
pub mod division;
pub mod ear;
pub mod feel;
pub mod front;
pub mod meter;
mod onset;
mod places;
pub mod played;
pub mod salience;
pub mod strokes;
mod tempo;

use crate::block::{Bounded, Event, Hearing, HopEvidence, Output};
use crate::dsp::history::History;
use crate::hops::{Clock, HOP_SECONDS};
use crate::perform::Swing;
use beat::{BELIEF, BeatFilter};
use ear::{Ear, HEARD, rises};
use feel::Feel;
use front::{BEAT_DELAY, Beatness, Felt, Pulse};
use kmidi_kernels::{ShapeError, math};
use kmidi_music::{Frames, Meter};
use meter::{CHANGING, MeterFilter, WITH_BEAT};
use places::{LOOK_BACK, Places};
use salience::Salience;
use tempo::Steady;

/// Notes of one chord are one onset.
pub const MERGE_SECONDS: f64 = 0.030;
/// A sound that follows a MIDI onset this closely is that note.
const ECHO_SECONDS: f64 = 0.050;
/// Notes speak of the beat until none has begun for this many hops; then the sound does again.
const FRESH: u64 = 300;
/// Beats whose distances the tempo is a mean of: a hop more or less then matters by 0.2 %.
const REMEMBERED: usize = 16;
/// A beat and an onset this close are one stroke, and the onset says when.
const STROKE_SECONDS: f64 = 0.030;
/// Onsets are told this much late: measured on clicks (`tests/groove.rs`), which are exact to the sample.
const ONSET_BIAS: f64 = 0.00125;
/// How much of the distance from the last beat to its stroke the next beat is told by.
const FOLLOW: f64 = 0.3;
/// Onsets that are remembered for the beat.
const STROKES: usize = 4;
/// Changes of chords that are remembered for the bar; one may be told again from the same start.
const CHANGES: usize = 4;
/// How sure the front end must have been of a beat of late for beats to be told.
const LIVELY: f32 = 0.1;
/// How likely a metre must be to be told.
const SURE: f32 = 0.5;
/// How far the tempo must stand above others for beats to be told, nats: a sound that begins is no beat yet.
const CLEAR: f32 = 0.08;
/// The logarithm of the odds that a beat and its tempo are right: a constant, how much each nat counts by which the tempo stands above others,
/// and each by which beats stand above what is between them. By logistic regression on 160 rendered pieces that were not trained on
/// (`models/beat-front/card.md`, V and D) and a third as much speech and noise, where nothing is right.
const ODDS: [f32; 3] = [-6.68, 0.289, 2.01];
/// A beat is told when at least this share of an interval has passed since the one before.
const DUE: f64 = 0.4;
/// How sure the swing must be to be told, and by how many per cent it must differ from what was told.
const SWINGS: (f32, f32) = (0.5, 1.0);
/// Where a bar has five beats or seven, beats this fast are eighths, and stay so down to the other, beats a minute.
const EIGHTHS: (f32, f32) = (190.0, 165.0);

/// All that the engine keeps about rhythm.
#[derive(Debug, Clone)]
pub(crate) struct Groove {
    ear: Ear,
    strokes: front::Strokes,
    places: Places,
    drums: strokes::Strokes,
    sound: Pulse,
    notes: Pulse,
    beats: BeatFilter,
    heard: Heard,
}

/// What was heard and told since the last reset.
#[derive(Debug, Clone, Default)]
struct Heard {
    onsets: onset::Decider,
    meter: MeterFilter,
    played: played::Gather,
    last_midi_onset: Option<u64>,
    /// The frames of the last onsets told, newest first.
    strokes: [Option<u64>; STROKES],
    /// The hop in which a note began last.
    last_note: Option<u64>,
    salience: Salience,
    sound: Sound,
    /// What the front end said of the last hops, newest first.
    recent: [Beatness; 4],
    /// The frames of the last beats told, newest first.
    told: [Option<u64>; 2],
    /// The hop of the last beat told.
    last_beat: Option<u64>,
    /// The frame at which the filter had it, and the one at which it was struck, as far as is known.
    filtered: Option<(u64, u64)>,
    /// How many frames later than the filter has them beats were struck of late.
    lean: f64,
    /// Hops between the last beats, newest first; 0 where there is none yet.
    intervals: [f32; REMEMBERED],
    told_meter: Option<Meter>,
    tempo: Steady,
    feel: Feel,
    told_swing: Option<Swing>,
    /// The frames at which chords changed last, newest first.
    changes: [Option<u64>; CHANGES],
    /// How many beats had been told then.
    changed: Option<u32>,
    /// How many beats were told, and which of them began the bar.
    beats: u32,
    downbeat: Option<u32>,
}

impl Heard {
    /// An onset was told; if it is the stroke of the last beat, it says how the filter leans.
    fn stroke(&mut self, frame: u64, reach: u64) {
        self.strokes.rotate_right(1);
        self.strokes[0] = Some(frame);
        if let Some((beat, struck)) = self.filtered.as_mut().filter(|beat| beat.0.abs_diff(frame) <= reach) {
            self.lean += FOLLOW * (frame as f64 - *beat as f64 - self.lean);
            *struck = frame;
        }
    }

    /// When a beat that the filter has at `frame` is struck: at the onset nearest to it, if one is within `reach`; else as
    /// far from there as the beats before, and `interval` frames after the last where that is near.
    fn on_stroke(&mut self, frame: u64, reach: u64, interval: u64) -> u64 {
        let near = self.strokes.iter().flatten().min_by_key(|stroke| stroke.abs_diff(frame));
        let struck = near.copied().filter(|stroke| stroke.abs_diff(frame) <= reach);
        let leaning = frame.saturating_add_signed(self.lean.round() as i64);
        let due = self.filtered.map(|(_, last)| last + interval);
        let even =
            due.filter(|due| due.abs_diff(leaning) <= reach).map_or(leaning, |due| (leaning + 2 * due) / 3);
        if let Some(stroke) = struck {
            self.lean += FOLLOW * (stroke as f64 - frame as f64 - self.lean);
        }
        let told = struck.unwrap_or(even);
        self.filtered = Some((frame, told));
        told
    }
}

/// What was heard in the last hops, newest first.
#[derive(Debug, Clone)]
struct Sound([ear::Heard; LOOK_BACK]);

impl Default for Sound {
    fn default() -> Self {
        Self([[0.0; HEARD]; LOOK_BACK])
    }
}

/// A place between two beats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    /// Seconds since the last beat.
    pub(crate) since: f64,
    /// Seconds from beat to beat.
    pub(crate) interval: f64,
    /// How far the tempo stands above others, 0 to 1; small in scale.
    pub(crate) sure: f32,
    /// The frames of the last beats told, newest first.
    pub(crate) beats: [Option<u64>; 2],
}

impl Groove {
    pub(crate) fn new(sample_rate: u32) -> Result<Self, ShapeError> {
        Ok(Self {
            ear: Ear::new()?,
            strokes: front::Strokes::new()?,
            places: Places::new()?,
            drums: strokes::Strokes::new(sample_rate),
            sound: Pulse::of_sound()?,
            notes: Pulse::of_notes()?,
            beats: BeatFilter::new(BELIEF),
            heard: Heard::default(),
        })
    }

    /// How many past samples it wants to see.
    pub(crate) fn memory(&self) -> usize {
        self.ear.memory()
    }

    pub(crate) fn reset(&mut self) {
        self.ear.reset();
        self.strokes.reset();
        self.drums.reset();
        self.sound.reset();
        self.notes.reset();
        self.beats.reset();
        self.heard = Heard::default();
    }

    /// A key went down at `frame`.
    pub(crate) fn note_on(
        &mut self,
        clock: &Clock,
        frame: u64,
        note: (u8, u8, u8),
        out: &mut Bounded<Event>,
    ) {
        self.heard.played.on(note);
        self.heard.last_note = Some(clock.hop());
        let first = self.heard.last_midi_onset.is_none_or(|last| frame >= last + clock.frames(MERGE_SECONDS));
        let band = played::band(note.0, note.1);
        self.heard.feel.stroke(clock.seconds(frame), band, first);
        if note.0 == played::DRUM_CHANNEL {
            self.drums.note_on(frame, note.1, note.2);
        }
        if first {
            self.heard.last_midi_onset = Some(frame);
            self.heard.stroke(frame, clock.frames(STROKE_SECONDS));
            let strength = 2.0 * f32::from(note.2) / 127.0;
            out.push(Event::Onset { frame: Frames(frame), strength, band });
        }
    }

    /// A key came up.
    pub(crate) fn note_off(&mut self, channel: u8) {
        self.heard.played.off(channel);
    }

    /// One hop is complete.
    pub(crate) fn hop(&mut self, clock: &Clock, history: &History, out: &mut Output) {
        let heard = self.ear.hop(history);
        self.heard.sound.0.rotate_right(1);
        self.heard.sound.0[0] = heard;
        let onsets = self.strokes.hop(&heard);
        let played = self.heard.played.hop();
        let sounding = self.strokes.sounding(&heard);
        let by_sound = self.sound.hop(&sounding);
        let notes = self.heard.last_note.is_some();
        let by_notes = if notes { self.notes.hop(&played) } else { by_sound };
        let fresh = self.heard.last_note.is_some_and(|last| clock.hop() <= last + FRESH);
        let Felt { beats: [now, later], tempi } = if fresh { by_notes } else { by_sound };
        self.beats.expect(&tempi);
        self.beats.step(self.heard.salience.evidence(now.beat));
        out.hops.push(HopEvidence { frame: Frames(clock.frame_before_hop(BEAT_DELAY)), now, later, tempi });
        out.hearing.push(Hearing { sounding, played });
        if let Some(onset::Told { hops_ago, confidence }) = self.heard.onsets.hop(&onsets) {
            let sound = &self.heard.sound.0;
            let placed = self.places.place(hops_ago, self.strokes.state(), sound);
            // The hop of the onset, and the one after it.
            let last = (hops_ago as usize).min(LOOK_BACK - 1);
            let band = self.ear.band(sound[last.saturating_sub(1)..=last].iter().map(rises));
            let frame = clock.frame_before_hop(f64::from(placed) * HOP_SECONDS + ONSET_BIAS);
            // Onsets are told in their order.
            let frame = frame.max(self.heard.strokes[0].map_or(0, |last| last + 1));
            let echo = clock.frames(ECHO_SECONDS);
            if self.heard.last_midi_onset.is_none_or(|midi| frame > midi + echo) {
                self.heard.stroke(frame, clock.frames(STROKE_SECONDS));
                self.heard.feel.stroke(clock.seconds(frame), band, true);
                out.events.push(Event::Onset { frame: Frames(frame), strength: confidence, band });
            }
        }
        self.heard.recent.rotate_right(1);
        self.heard.recent[0] = now;
        self.tell_beat(clock, &mut out.events);
        self.drums.tick(clock.now(), |told| out.events.push(Event::Stroke(told)));
    }

    /// The chord changed at `frame`.
    pub(crate) fn chord_changed(&mut self, frame: u64) {
        self.heard.changes.rotate_right(1);
        self.heard.changes[0] = Some(frame);
        self.heard.changed = Some(self.heard.beats);
    }

    /// Where between two beats the sound of `seconds` ago stands; `None` where no beat is heard.
    pub(crate) fn place(&self, seconds: f64) -> Option<Place> {
        if self.heard.last_beat.is_none() || self.heard.salience.level() < LIVELY {
            return None;
        }
        let sure = 1.0 - math::exp(-self.beats.margin() / 20.0);
        let best = self.beats.best();
        let middle = f64::from(BELIEF.beat - 1) / 2.0;
        let since = (f64::from(best.position) - middle) * HOP_SECONDS + BEAT_DELAY - seconds;
        let interval = f64::from(best.interval) * HOP_SECONDS;
        // Before the last beat it is the one before that counts.
        let since = if since < 0.0 { since + interval } else { since };
        Some(Place { since, interval, sure, beats: self.heard.told })
    }

    /// How many beats, whole and parts, `frame` lies after the first that was told, the last downbeat in the same measure, and beats a
    /// bar; 0 where no bar is heard.
    pub(crate) fn count(&self, clock: &Clock, frame: Frames) -> (f32, (f32, u8)) {
        let (beats_a_bar, sure) = self.heard.meter.meter();
        let bar = self.heard.downbeat.filter(|_| sure > SURE);
        let bar = bar.map_or((0.0, 0), |number| (number.saturating_sub(1) as f32, beats_a_bar));
        let (Some((_, struck)), count) = (self.heard.filtered, self.heard.beats) else { return (0.0, bar) };
        let interval = clock.frames(f64::from(self.beats.best().interval) * HOP_SECONDS) as f64;
        let since = (frame.0 as f64 - struck as f64) / interval;
        ((f64::from(count.saturating_sub(1)) + since).max(0.0) as f32, bar)
    }

    fn tell_beat(&mut self, clock: &Clock, events: &mut Bounded<Event>) {
        let best = self.beats.best();
        let hop = clock.hop();
        let position = u64::from(best.position);
        let at = hop.saturating_sub(position);
        let gap = |last: u64| at.saturating_sub(last) as f64;
        let due = self.heard.last_beat.is_none_or(|last| gap(last) >= DUE * f64::from(best.interval));
        let on_beat = best.position < BELIEF.beat;
        let heard = self.heard.salience.level() >= LIVELY && self.beats.margin() >= CLEAR;
        if !on_beat || !due || !heard || position > hop {
            return;
        }
        // A beat fills several hops; it is struck in their middle.
        let middle = f64::from(BELIEF.beat - 1) / 2.0;
        let heard = clock.frame_before_hop(BEAT_DELAY + (f64::from(best.position) - middle) * HOP_SECONDS);
        let interval = f64::from(self.mean_interval(f32::from(best.interval))) * HOP_SECONDS;
        let frame = self.heard.on_stroke(heard, clock.frames(STROKE_SECONDS), clock.frames(interval));
        let downbeat =
            self.heard.recent[usize::from(best.position).min(self.heard.recent.len() - 1)].downbeat;
        self.heard.meter.beat(downbeat);
        let changing = self.heard.changed.is_some_and(|beat| self.heard.beats <= beat + CHANGING as u32);
        if let Some(before) = self.heard.told[0].filter(|_| changing) {
            let near = |change: &u64| change.abs_diff(before) <= clock.frames(WITH_BEAT);
            self.heard.meter.changed(self.heard.changes.iter().flatten().any(near));
        }
        let (beats_a_bar, sure) = self.heard.meter.meter();
        let number = self.heard.meter.number();
        self.heard.beats += 1;
        if number == 1 {
            self.heard.downbeat = Some(self.heard.beats);
        }
        let next = Frames(frame + clock.frames(interval));
        let confidence = self.confidence();
        events.push(Event::Beat { frame: Frames(frame), number: Some(number), next, confidence });
        self.heard.feel.beat(clock.seconds(frame), Some(number));
        self.heard.told = [Some(frame), self.heard.told[0]];
        let gap = self.heard.last_beat.map_or(0.0, gap);
        self.heard.last_beat = Some(at);
        self.heard.intervals.rotate_right(1);
        self.heard.intervals[0] = gap as f32;
        let heard = beat::bpm(self.mean_interval(f32::from(best.interval)));
        if let Some(bpm) = self.heard.tempo.beat(heard) {
            let alternatives = self.beats.alternatives();
            events.push(Event::Tempo { frame: Frames(frame), bpm, confidence, alternatives });
        }
        let meter = (sure > SURE)
            .then(|| note_values(beats_a_bar, heard, self.heard.feel.in_threes(), self.heard.told_meter));
        if meter != self.heard.told_meter {
            self.heard.told_meter = meter;
            // A metre is no surer than its beats.
            events.push(Event::Meter { frame: Frames(frame), meter, confidence: sure * confidence });
        }
        self.tell_swing(Frames(frame), events);
    }

    /// How likely the beats and the tempo are right.
    fn confidence(&self) -> f32 {
        let [odds, clear, plain] = ODDS;
        math::sigmoid(odds + clear * self.beats.margin() + plain * self.heard.salience.contrast())
    }

    fn tell_swing(&mut self, frame: Frames, events: &mut Bounded<Event>) {
        let Some((heard, confidence)) = self.heard.feel.swing() else { return };
        let swing = (confidence >= SWINGS.0).then_some(heard);
        let same = match (swing, self.heard.told_swing) {
            (Some(a), Some(b)) => a.unit == b.unit && (a.percent - b.percent).abs() < SWINGS.1,
            (a, b) => a == b,
        };
        if !same {
            self.heard.told_swing = swing;
            events.push(Event::Swing { frame, swing, confidence });
        }
    }

    /// How those who play stand to the beat.
    pub(crate) fn feel(&self) -> &Feel {
        &self.heard.feel
    }

    /// Hops a beat: the mean of the last gaps that agree with `interval`, finer than the whole hops of the states.
    fn mean_interval(&self, interval: f32) -> f32 {
        let agree = |gap: &&f32| (**gap / interval - 1.0).abs() < 0.08;
        let (sum, count) =
            self.heard.intervals.iter().take_while(agree).fold((0.0, 0), |(s, n), gap| (s + gap, n + 1));
        if count < 3 { interval } else { sum / count as f32 }
    }
}

/// How a bar of so many felt beats, so many a minute, is written: beats divided in three are dotted quarters, fast beats of five or seven
/// eighths, all others quarters. `before` is what was told last.
pub fn note_values(beats_a_bar: u8, bpm: f32, in_threes: bool, before: Option<Meter>) -> Meter {
    let were_eighths = before.is_some_and(|meter| meter.denominator == 8 && !meter.is_compound());
    let eighths = if were_eighths { EIGHTHS.1 } else { EIGHTHS.0 };
    match beats_a_bar {
        2..=4 if in_threes => Meter { numerator: 3 * beats_a_bar, denominator: 8 },
        5 | 7 if bpm >= eighths => Meter { numerator: beats_a_bar, denominator: 8 },
        _ => Meter { numerator: beats_a_bar, denominator: 4 },
    }
}
