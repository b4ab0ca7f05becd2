//! Work on a finished song: bars written anew between what stays, and bars that go on after its end.

use super::grid::{Grid, PPQ};
use super::material::{Material, rescaled, scaled, song_in};
use super::recipe::Kept;
use super::tune::{self, Gap};
use super::{ComposeError, Plan, PlanSection, Style, build, harmony, plan, write};
use kmidi_music::song::{ChordSpan, Role, Track};
use kmidi_music::{Intent, Note, Song, Ticks};

/// New notes for a stretch of a song, in the ticks of the song.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// Where it begins.
    pub from: Ticks,
    /// Where it ends.
    pub to: Ticks,
    /// How much earlier than a bar line a note of its bar may have been played: such notes of the song count as after the line.
    pub early: Ticks,
    /// The parts with their new notes, all within the stretch; parts that are not here keep what they play.
    pub parts: Vec<Track>,
    /// The new chords; `None` keeps the chords.
    pub chords: Option<Vec<ChordSpan>>,
    /// The section that begins with it, where it is new.
    pub section: Option<String>,
    /// The tempo from here on in microseconds a quarter note, where it is new.
    pub tempo: Option<u32>,
}

/// A twelfth of a beat: grooves move notes by less.
const EARLY: u64 = 12;

/// The longest song that can be worked on, in bars.
const MOST_BARS: u32 = 4096;

/// A song with the plan behind it.
struct Known {
    plan: Plan,
    grid: Grid,
    ppq: u16,
    /// The melody's lowest and highest note.
    range: (i32, i32),
    /// The notes of the melody in the composer's ticks, by onset.
    melody: Vec<Note>,
}

/// Writes the bars `first` to `last` (from 1) of `song` anew: other notes, and other chords unless `lock` keeps them, that
/// join what stands before and after. Everything follows from `seed`.
///
/// # Errors
/// [`ComposeError::Material`] where the song has no such bars, no chords, or changes its metre.
pub fn again(
    song: &Song,
    intent: &Intent,
    style: &Style,
    (first, last): (u32, u32),
    seed: u64,
    lock: &[Kept],
) -> Result<Stretch, ComposeError> {
    let Known { mut plan, grid, ppq, range, melody } = known(song, intent, style)?;
    if first == 0 || first > last || last > plan.bars {
        let reason = format!("bars {first}-{last} are not in the song, which has {} bars", plan.bars);
        return Err(ComposeError::Material { reason });
    }
    let bars = first - 1..last;
    let kept = lock.iter().any(|kept| kept.keeps_harmony());
    if !kept {
        let fresh: Vec<_> = plan
            .sections
            .iter()
            .flat_map(|section| harmony::again(section, &style.harmony, &grid, seed, bars.clone(), &plan))
            .collect();
        plan.chords.retain(|chord| !bars.contains(&chord.bar));
        plan.chords.extend(fresh);
        plan.chords.sort_by_key(|chord| (chord.bar, chord.beat));
    }
    let (from, to) = (u64::from(bars.start) * grid.bar(), u64::from(bars.end) * grid.bar());
    let gap = Gap::between(&melody, from, to, grid.beat / EARLY);
    let mut tune = tune::stretch(&plan, [seed, seed], &grid, range, &gap);
    build::hush(&mut tune, &plan, &grid);
    let locked: Vec<Role> = lock.iter().filter_map(|kept| kept.role()).collect();
    let mut stretch = stretch(song, &plan, &Intent { seed, ..intent.clone() }, style, &gap, &tune, ppq)?;
    stretch.parts.retain(|part| !locked.contains(&part.role));
    if kept {
        stretch.chords = None;
    }
    stretch.early = rescaled(Ticks(grid.beat / EARLY), PPQ, ppq);
    Ok(stretch)
}

/// Goes on after the end of `song` for so many bars: its first theme over new chords, to a close.
///
/// # Errors
/// [`ComposeError::Material`] where the song has no chords or changes its metre, [`ComposeError::Bars`] where too many bars are
/// asked for.
pub fn further(
    song: &Song,
    intent: &Intent,
    style: &Style,
    bars: u32,
    seed: u64,
) -> Result<Stretch, ComposeError> {
    let Known { mut plan, grid, ppq, range, melody } = known(song, intent, style)?;
    if !(1..=512).contains(&bars) {
        return Err(ComposeError::Bars { asked: bars, sections: 1 });
    }
    let close = plan.sections.last().cloned().unwrap_or_else(|| PlanSection {
        name: "A".into(),
        letter: 'A',
        start_bar: 0,
        bars: 0,
        key: plan.key,
        affect: intent.affect_at(1.0),
        energy: 0.5,
        tempo: plan.tempo,
    });
    let letter = plan.sections.first().map_or('A', |section| section.letter);
    let section = PlanSection { name: CONTINUED.into(), letter, start_bar: plan.bars, bars, ..close };
    let (from, to) = (u64::from(plan.bars) * grid.bar(), u64::from(plan.bars + bars) * grid.bar());
    plan.chords.extend(harmony::of_section(&section, &style.harmony, &grid, seed, true, false, None));
    plan.bars += bars;
    let quarters = grid.beat as f64 / f64::from(PPQ);
    let micros = libm::round(60e6 / (section.tempo.0 * quarters)).clamp(1.0, 16_777_215.0) as u32;
    plan.sections.push(section);
    let gap = Gap::between(&melody, from, to, 0);
    let tune = tune::stretch(&plan, [intent.seed, seed], &grid, range, &gap);
    let stretch = stretch(song, &plan, &Intent { seed, ..intent.clone() }, style, &gap, &tune, ppq)?;
    Ok(Stretch { section: Some(CONTINUED.into()), tempo: Some(micros), ..stretch })
}

/// The name of a section that goes on after the end.
const CONTINUED: &str = "continued";

/// The plan behind `song`: that of its intent as far as it still fits, with the chords that the song has.
fn known(song: &Song, intent: &Intent, style: &Style) -> Result<Known, ComposeError> {
    let wrong = |reason: &str| ComposeError::Material { reason: reason.into() };
    let ppq = song.tempo.ppq();
    let meter = song.meters.first().map_or(kmidi_music::Meter::COMMON, |m| m.1);
    if song.meters.iter().any(|m| m.1 != meter) {
        return Err(wrong("the song changes its metre; only songs in one metre can be worked on"));
    }
    if song.chords.is_empty() {
        return Err(wrong("the song has no chords to go by"));
    }
    let grid = Grid::of(meter).ok_or_else(|| ComposeError::Meter { asked: meter, known: Grid::names() })?;
    let bars = song.end().0.div_ceil(meter.bar(ppq).0.max(1));
    let bars = u32::try_from(bars).ok().filter(|bars| *bars <= MOST_BARS);
    let bars = bars.ok_or_else(|| wrong("the song is too long to be worked on"))?;
    let like = Intent { meter: Some(meter), progression: None, ..intent.clone() };
    // As it was planned, else any plan of that length.
    let told = plan::plan(&like, style, &Material::default()).ok().filter(|told| {
        told.bars == bars && song.keys.first().is_some_and(|k| k.1.scale() == told.sections[0].key.scale())
    });
    let material = Material { ppq, chords: song.chords.clone(), ..Material::default() };
    let mut plan = match told {
        Some(told) => told,
        None => {
            let key = song.keys.first().map(|k| k.1);
            let bars = Some(bars.min(512));
            plan::plan(
                &Intent { bars, form: None, key, breaks: Vec::new(), ..like },
                style,
                &Material::default(),
            )?
        }
    };
    if let Some(last) = plan.sections.last_mut().filter(|_| plan.bars < bars) {
        last.bars += bars - plan.bars;
        plan.bars = bars;
    }
    // What is new keeps the rules; what was broken stays broken.
    plan.breaks.clear();
    plan.chords = harmony::kept(&material, plan.bars, &grid, plan.key);
    let mut melody: Vec<Note> =
        song.track(Role::Melody).map_or(&[][..], |t| &t.notes).iter().map(|&n| scaled(n, ppq, PPQ)).collect();
    melody.sort_by_key(|n| (n.onset, n.pitch));
    let (low, high) = tune::range(&plan);
    let mut heights: Vec<i32> = melody.iter().map(|n| i32::from(n.pitch)).collect();
    heights.sort_unstable();
    // Where the song's own melody lies, when it is not where the plan says.
    let range = match heights.get(heights.len() / 2) {
        Some(&middle) if middle < low + 3 || middle > high - 3 => (middle - 9, middle + 9),
        _ => (low, high),
    };
    Ok(Known { plan, grid, ppq, range, melody })
}

/// What the players of `plan` play in a gap, in the ticks of `song`.
fn stretch(
    song: &Song,
    plan: &Plan,
    intent: &Intent,
    style: &Style,
    gap: &Gap,
    tune: &[Note],
    ppq: u16,
) -> Result<Stretch, ComposeError> {
    let (from, to) = (Ticks(gap.from), Ticks(gap.to));
    let full = write::written(plan, intent, style)?;
    let cut = |notes: &[Note]| -> Vec<Note> {
        let inside = notes.iter().filter(|n| n.onset >= from && n.onset < to);
        inside
            .map(|n| Note { duration: n.duration.min(to - n.onset), ..*n })
            .map(|n| scaled(n, PPQ, ppq))
            .collect()
    };
    let parts = song.tracks.iter().filter_map(|track| {
        let notes = match track.role {
            Role::Melody => cut(tune),
            role => cut(full.track(role).map_or(&[][..], |t| &t.notes)),
        };
        // One part a role: a second bass, say, is nobody's here and keeps what it plays.
        let first = song.track(track.role).is_some_and(|t| std::ptr::eq(t, track));
        first.then(|| Track { notes, ..track.clone() })
    });
    let parts = parts.collect();
    let chords = song_in(full, ppq).chords.into_iter();
    let (from, to) = (rescaled(from, PPQ, ppq), rescaled(to, PPQ, ppq));
    let chords = chords.filter(|c| c.onset >= from && c.onset < to).collect();
    Ok(Stretch { from, to, early: Ticks(0), parts, chords: Some(chords), section: None, tempo: None })
}
