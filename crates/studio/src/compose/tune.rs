//! The tune: themes laid out over sections and phrases, solved as a line, and played with accents and breath.

use super::advice::LineAdvice;
use super::build::Build;
use super::feel::{Feel, register};
use super::form::phrases;
use super::grid::Grid;
use super::melody::{Goal, Line, Listener, Seams, Slot, cadence};
use super::theme::{Bar, Idea, Theme};
use super::usual::HELD;
use super::{Models, Plan, PlanSection};
use crate::dice::{Dice, Stream};
use kmidi_music::{Chord, Intent, Note, Ticks};

/// Half the melody's range, in semitones: an octave and a half in all.
const HALF_RANGE: i32 = 9;

/// How many more notes a beat of three parts, or of a half note, carries than a quarter note.
const COMPOUND: f32 = 1.45;

/// The melody's lowest and highest MIDI note.
pub(super) fn range(plan: &Plan) -> (i32, i32) {
    let n = plan.sections.len().max(1) as f32;
    let mean = plan.sections.iter().map(|s| register(s.affect) as f32).sum::<f32>() / n;
    let middle = libm::roundf(mean) as i32;
    (middle - HALF_RANGE, middle + HALF_RANGE)
}

/// The melody of the whole plan.
pub(super) fn write(plan: &Plan, intent: &Intent, models: Models, grid: &Grid) -> Vec<Note> {
    let mut advice = LineAdvice::new(models.melody, plan.meter);
    let chord = |tick: u64| {
        let (bar, beat) = ((tick / grid.bar()) as u32, tick % grid.bar() / grid.beat);
        let chord = plan.chords.get(chord_at(plan, bar, beat))?;
        Some((u64::from(chord.bar) * grid.bar() + u64::from(chord.beat) * grid.beat, chord.chord))
    };
    let touch = Touch::new(intent.seed);
    let (low, high) = range(plan);
    let chords: Vec<Chord> = plan.chords.iter().map(|c| c.chord).collect();
    let themes = Themes::new(plan, intent.seed, grid);
    let (mut notes, mut before) = (Vec::new(), None);
    for (i, section) in plan.sections.iter().enumerate() {
        if section.name == "intro" {
            continue; // the band sets the scene
        }
        let again = plan.sections[..i].iter().filter(|s| s.letter == section.letter).count();
        let last = i + 1 == plan.sections.len();
        let slots = lay_out(section, plan, &themes, grid, again, last);
        let mut dice = Dice::new(intent.seed, Stream::Line, section.letter as u32);
        let line = Line::new(section.key, low, high);
        let jitter = jitter(&mut dice);
        let mut says = advice.as_mut().map(|advice| advice.on(section.key, &chord));
        let says = says.as_mut().map(|says| says as &mut dyn Listener);
        let pitches = line.solve(&slots, &chords, &Seams::after(before), &jitter, says);
        let line = play(&slots, &pitches, section, plan, &touch, grid);
        before = line.last().map(|n| i32::from(n.pitch));
        notes.extend(line);
    }
    notes
}

/// What is added to the cost of each note: as choice by chance is made of the cheapest (Papandreou and Yuille 2011, "Perturb-and-MAP random fields").
fn jitter(dice: &mut Dice) -> Vec<u8> {
    let gumbel = |dice: &mut Dice| {
        let share = (f64::from(dice.below(1 << 24)) + 0.5) / f64::from(1 << 24);
        -libm::log(-libm::log(share))
    };
    (0..997).map(|_| libm::round(6.0 * (3.0 - gumbel(dice).min(3.0))).min(255.0) as u8).collect()
}

/// How bound or detached a song's tune is sung.
struct Touch {
    held: f32,
    /// How each note of an idea differs.
    notes: Vec<f32>,
}

impl Touch {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, Stream::Touch, 0);
        let held = HELD[dice.below(HELD.len() as u32) as usize];
        let notes = (0..31).map(|_| (dice.normal() as f32).clamp(-2.0, 2.0)).collect();
        Self { held, notes }
    }

    /// The sounding part of the time of a note.
    fn of(&self, taste: usize, feel: &Feel, duration: u64, grid: &Grid) -> f32 {
        let own = 0.12 * self.notes[taste % self.notes.len()];
        // Long notes end before the next begins.
        let long = if duration > 2 * grid.beat { 0.15 } else { 0.0 };
        (self.held + own + feel.gate - 0.8 - long).clamp(0.3, 1.0)
    }
}

/// A stretch between two places of a melody, in ticks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gap {
    pub(super) from: u64,
    pub(super) to: u64,
    /// The pitch of the note before, and where it ends.
    before: Option<(i32, u64)>,
    /// The pitch of the note after.
    after: Option<i32>,
}

impl Gap {
    /// Between the notes of `melody`, which are in order and may be so much early.
    pub(super) fn between(melody: &[Note], from: u64, to: u64, early: u64) -> Self {
        let before = melody.iter().rfind(|n| n.onset.0 + early < from);
        let after = melody.iter().find(|n| n.onset.0 + early >= to);
        Self {
            from,
            to,
            before: before.map(|n| (i32::from(n.pitch), n.end().0)),
            after: after.map(|n| i32::from(n.pitch)),
        }
    }
}

/// The melody of a gap, which joins what stands on both sides. The themes follow from the first seed, the line from the
/// second.
pub(super) fn stretch(
    plan: &Plan,
    [first, line]: [u64; 2],
    grid: &Grid,
    (low, high): (i32, i32),
    gap: &Gap,
) -> Vec<Note> {
    let chords: Vec<Chord> = plan.chords.iter().map(|c| c.chord).collect();
    let themes = Themes::new(plan, first, grid);
    let mut found: Vec<(usize, Vec<Slot>)> = Vec::new();
    for (i, section) in plan.sections.iter().enumerate().filter(|s| s.1.name != "intro") {
        let again = plan.sections[..i].iter().filter(|s| s.letter == section.letter).count();
        let mut slots = lay_out(section, plan, &themes, grid, again, i + 1 == plan.sections.len());
        let start = gap.before.map_or(gap.from, |before| before.1.max(gap.from));
        slots.retain(|slot| slot.onset >= start && slot.onset < gap.to);
        slots.iter_mut().for_each(|slot| slot.duration = slot.duration.min(gap.to - slot.onset));
        if !slots.is_empty() {
            found.push((i, slots));
        }
    }
    let touch = Touch::new(first);
    let (mut notes, mut before) = (Vec::new(), gap.before.map(|before| before.0));
    let count = found.len();
    for (n, (i, slots)) in found.into_iter().enumerate() {
        let section = &plan.sections[i];
        let mut dice = Dice::new(line, Stream::Line, section.letter as u32);
        let jitter = jitter(&mut dice);
        let after = gap.after.filter(|_| n + 1 == count);
        let seams = Seams { before, after, tight: [n == 0, true] };
        let pitches = Line::new(section.key, low, high).solve(&slots, &chords, &seams, &jitter, None);
        before = pitches.last().map(|&p| i32::from(p));
        notes.extend(play(&slots, &pitches, section, plan, &touch, grid));
    }
    notes
}

/// The themes by letter.
struct Themes {
    first: Theme,
    /// How much busier this song is than most.
    busy: f32,
    /// Notes a felt beat of the whole song, wished.
    density: f32,
    list: Vec<(char, Theme)>,
}

impl Themes {
    fn new(plan: &Plan, seed: u64, grid: &Grid) -> Self {
        let n = plan.sections.len().max(1) as f32;
        let density = plan.sections.iter().map(|s| density(&Feel::of(s.energy), s, grid)).sum::<f32>() / n;
        let busy = libm::exp2f(0.35 * Dice::new(seed, Stream::Touch, 1).normal() as f32);
        let density = density * busy;
        let valence = plan.sections.iter().map(|s| s.affect.valence).sum::<f32>() / n;
        let first = Theme::new(density, valence, grid, &mut Dice::new(seed, Stream::Theme, 0));
        let mut list: Vec<(char, Theme)> = Vec::new();
        for section in &plan.sections {
            if list.iter().any(|(letter, _)| *letter == section.letter) {
                continue;
            }
            let theme = match list.len() {
                0 => first.clone(),
                1 => first.contrast(),
                n => first.departure(density, valence, grid, &mut Dice::new(seed, Stream::Theme, n as u32)),
            };
            list.push((section.letter, theme));
        }
        Self { first, busy, density, list }
    }

    fn of(&self, letter: char) -> &Theme {
        self.list.iter().find(|t| t.0 == letter).map_or(&self.first, |t| &t.1)
    }
}

/// Notes a felt beat, wished. Slow beats carry more each, and so do beats that hold three parts, or halves.
fn density(feel: &Feel, section: &PlanSection, grid: &Grid) -> f32 {
    let slow = libm::powf(100.0 / section.tempo.0 as f32, 0.8);
    feel.density * slow * if grid.parts == 3 || grid.beat > 720 { COMPOUND } else { 1.0 }
}

/// The slots of a section. `again` counts earlier sections of its letter: a return is varied.
fn lay_out(
    section: &PlanSection,
    plan: &Plan,
    themes: &Themes,
    grid: &Grid,
    again: usize,
    last: bool,
) -> Vec<Slot> {
    let theme = themes.of(section.letter);
    let (low, high) = range(plan);
    let bar_ticks = grid.bar();
    let lengths = phrases(section.bars);
    let mut slots: Vec<Slot> = Vec::new();
    let mut bar = section.start_bar;
    for (p, &length) in lengths.iter().enumerate() {
        let closing = p + 1 == lengths.len();
        for i in 0..length {
            let feel = plan.feel(bar);
            // Ideas are as busy as they were drawn; a phrase that is livelier than most adds to that.
            let lively = density(&feel, section, grid) * themes.busy / themes.density;
            // Where the feeling of the bar puts the line, in steps from where that of the whole song does.
            let moved = (register(plan.bar(bar).affect) - (low + high) / 2) as f32 / 12.0 * 7.0;
            // A build climbs by a fifth.
            let climb = Build::around(plan, bar, grid)
                .map_or(0.0, |build| 4.0 * build.progress(u64::from(bar) * bar_ticks) - 2.0);
            let what = theme.bar(i, length);
            let idea = match what {
                Bar::Main => theme.main.towards(lively, grid),
                // What follows the motif is where a return is varied; the motif itself stays.
                Bar::Other if again > 0 && (again + p) % 2 == 1 => {
                    theme.other.towards(lively, grid).ornamented(grid)
                }
                Bar::Other => theme.other.towards(lively, grid),
                Bar::Cadence => close(theme, themes.density * lively, grid, closing && last),
            };
            let idea = merged(idea, bar, plan, grid);
            let ends = idea.rhythm.len();
            for (k, (&(at, duration), &step)) in idea.rhythm.iter().zip(&idea.steps).enumerate() {
                let onset = u64::from(bar) * bar_ticks + at;
                let progress = (i as f32 + at as f32 / bar_ticks as f32) / length as f32;
                let held = what == Bar::Cadence && k + 1 == ends;
                let goal = match (held, closing, closing && last) {
                    (false, ..) => Goal::Free,
                    (_, _, true) => Goal::End,
                    (_, true, _) => Goal::Answer,
                    _ => Goal::Ask,
                };
                let wish = match (k, what) {
                    (0, _) => None,
                    (_, Bar::Cadence) if held => None,
                    _ => Some(step),
                };
                slots.push(Slot {
                    onset,
                    duration,
                    chord: chord_at(plan, bar, at / grid.beat),
                    strong: grid.is_strong(at) || held,
                    wish,
                    goal,
                    height: height(section, &feel, progress, p, lengths.len()) + moved + climb,
                    // A second phrase puts the same idea on other notes, where the chords leave a choice.
                    taste: (p % 2) * 48 + what as usize * 16 + k,
                });
            }
            bar += 1;
        }
        if !(closing && last) {
            pick_up(&mut slots, theme.pickup, grid);
        }
    }
    crown(&mut slots, section, bar_ticks);
    slots
}

/// Where the line should lie: an arch over each phrase, higher in later phrases, choruses and with more energy.
fn height(section: &PlanSection, feel: &Feel, progress: f32, phrase: usize, phrases: usize) -> f32 {
    let arch = 1.6 * 4.0 * progress * (1.0 - progress) - 0.8;
    let rise = if phrases > 1 { 1.0 * phrase as f32 / (phrases - 1) as f32 - 0.5 } else { 0.0 };
    let part = match section.letter {
        'A' => -0.8,
        'B' => 0.8,
        _ => 0.3,
    };
    arch + rise + part + 2.0 * (feel.energy - 0.5)
}

/// The bar that ends a phrase: the start of the main idea where the metre has room, then a long note.
fn close(theme: &Theme, density: f32, grid: &Grid, last: bool) -> Idea {
    let lead = match grid.group_starts().last() {
        Some(beat) if !last && !theme.long && density > 0.75 => u64::from(beat) * grid.beat,
        _ => 0,
    };
    let rhythm = cadence(&theme.main.rhythm, lead, grid.bar());
    let steps = (0..rhythm.len()).map(|k| theme.main.steps.get(k).copied().unwrap_or(0)).collect();
    Idea { rhythm, steps }
}

/// No note of a bar with two chords sounds over the change.
fn merged(mut idea: Idea, bar: u32, plan: &Plan, grid: &Grid) -> Idea {
    let from = plan.chords.partition_point(|c| c.bar < bar);
    for chord in plan.chords[from..].iter().take_while(|c| c.bar == bar) {
        let change = u64::from(chord.beat) * grid.beat;
        let Some(k) = idea.rhythm.iter().position(|n| n.0 < change && n.0 + n.1 > change) else { continue };
        let end = idea.rhythm[k].0 + idea.rhythm[k].1;
        idea.rhythm[k].1 = change - idea.rhythm[k].0;
        idea.rhythm.insert(k + 1, (change, end - change));
        idea.steps.insert(k + 1, -1);
    }
    idea
}

/// The chord that sounds at a felt beat of a bar, as a place in the plan's list.
pub(super) fn chord_at(plan: &Plan, bar: u32, beat: u64) -> usize {
    plan.chords.partition_point(|c| (c.bar, u64::from(c.beat)) <= (bar, beat)).saturating_sub(1)
}

/// Takes notes for the way into the next phrase out of the long note that ends this one.
fn pick_up(slots: &mut Vec<Slot>, count: u32, grid: &Grid) {
    let part = grid.beat / grid.parts;
    // The long note keeps a beat and a half at least.
    let Some(held) = slots.last_mut() else { return };
    let count = count.min((held.duration.saturating_sub(grid.beat * 3 / 2) / part) as u32);
    let taken = u64::from(count) * part;
    held.duration -= taken;
    let (end, chord, height, taste) = (held.onset + held.duration, held.chord, held.height, held.taste);
    for k in 0..u64::from(count) {
        slots.push(Slot {
            onset: end + k * part,
            duration: part,
            chord,
            strong: false,
            wish: (k > 0).then_some(1),
            goal: Goal::Free,
            height,
            taste: taste + 1 + k as usize,
        });
    }
}

/// Marks the section's one climax: a strong note about two thirds through, long rather than short.
fn crown(slots: &mut [Slot], section: &PlanSection, bar_ticks: u64) {
    let (start, length) = (u64::from(section.start_bar) * bar_ticks, u64::from(section.bars) * bar_ticks);
    let place = |s: &Slot| (s.onset - start) as f32 / length as f32;
    let chosen = slots
        .iter_mut()
        .filter(|s| s.strong && s.goal == Goal::Free && (0.5..0.85).contains(&place(s)))
        .min_by_key(|s| {
            let off = (place(s) - 0.68).abs();
            (off * 1000.0) as i64 - (s.duration / 8) as i64
        });
    if let Some(slot) = chosen {
        slot.goal = Goal::Climax;
        slot.height += 1.0;
    }
}

/// Gives the line its loudness and lengths: metrical accents, a swell over the section (Todd 1992, "The dynamics of
/// dynamics"), breath where a phrase ends.
fn play(
    slots: &[Slot],
    pitches: &[u8],
    section: &PlanSection,
    plan: &Plan,
    touch: &Touch,
    grid: &Grid,
) -> Vec<Note> {
    let bar = grid.bar();
    let (start, length) = (u64::from(section.start_bar) * bar, (u64::from(section.bars) * bar).max(1));
    let note = |(slot, &pitch): (&Slot, &u8)| {
        let x = (slot.onset - start) as f32 / length as f32;
        let top = if section.builds() { 1.0 } else { 0.65 };
        let swell = 8.0 * (1.0 - (x - top).abs() / top);
        let feel = plan.feel((slot.onset / bar) as u32);
        let accent = match slot.onset % bar {
            0 => 5,
            at if grid.is_strong(at) => 3,
            at if grid.is_beat(at) => 0,
            _ => -5,
        };
        let crown = if slot.goal == Goal::Climax { 5 } else { 0 };
        let velocity = (feel.velocity + 6 + libm::roundf(swell) as i32 + accent + crown).clamp(1, 127) as u8;
        let gate = match slot.goal {
            Goal::End => 1.0,
            Goal::Ask | Goal::Answer => (touch.of(slot.taste, &feel, slot.duration, grid) + 0.1).min(1.0),
            _ => touch.of(slot.taste, &feel, slot.duration, grid),
        };
        let duration = (libm::roundf(slot.duration as f32 * gate) as u64).clamp(1, slot.duration.max(1));
        Note { onset: Ticks(slot.onset), duration: Ticks(duration), pitch, velocity }
    };
    slots.iter().zip(pitches).map(note).collect()
}
