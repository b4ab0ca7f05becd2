//! Rules that are broken on purpose: each has a name, a place, and a reason.
//!
//! A break changes the plan before the players see it (most of harmony) or what they have written (the rest). Its place is
//! marked in the song, and the plan says why.

mod arrangement;
mod harmony;
mod production;
mod rhythm;

use super::form::phrases;
use super::grid::Grid;
use super::{ComposeError, Material, Plan, PlanSection, Reason};
use kmidi_music::song::{Mark, Role, Track};
use kmidi_music::{Intent, Note, Song, Ticks};
use serde::Serialize;

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Which chords follow, and how their voices move.
    Harmony,
    /// When notes come.
    Rhythm,
    /// Who plays.
    Arrangement,
    /// How loud, how long, with which sound.
    Production,
}

/// A named way to break a rule.
#[derive(Debug)]
pub struct Break {
    /// What it is asked for by.
    pub name: &'static str,
    /// What the rule is about.
    pub rule: Rule,
    /// What it does.
    pub what: &'static str,
    /// Why one would.
    pub why: &'static str,
    place: fn(&Plan) -> Option<Place>,
    act: Act,
    /// The parts that it rewrites.
    touches: &'static [Role],
}

/// The bars in which a break is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    bar: u32,
    bars: u32,
}

/// How a break is made. What cannot be done says what is missing.
#[derive(Debug)]
enum Act {
    /// In the plan; gives the place, which may depend on its chords.
    Plan(fn(&mut Plan, &Grid, Place) -> Result<Place, &'static str>),
    /// In the song as it is written.
    Song(fn(&mut Song, &Plan, &Grid, Place) -> Result<(), &'static str>),
}

/// A break in a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The name of the break.
    pub name: &'static str,
    /// The first bar in which it is heard, from 1.
    pub bar: u32,
    /// In how many bars.
    pub bars: u32,
    /// What it does.
    pub what: &'static str,
    /// Why one would.
    pub why: &'static str,
}

use Role::{Bass, Chords, Drums, Melody};

const ALL: &[Role] = &[Melody, Chords, Bass, Drums];

macro_rules! table {
    ($($name:literal $rule:ident $place:ident $act:ident($($path:ident)::+) $touches:expr, $what:literal, $why:literal;)+) => {
        &[$(Break {
            name: $name,
            rule: Rule::$rule,
            what: $what,
            why: $why,
            place: $place,
            act: Act::$act($($path)::+),
            touches: $touches,
        },)+]
    };
}

/// Every break that there is.
pub static BREAKS: &[Break] = table![
    "open-ending" Harmony close Plan(harmony::open_ending) &[],
        "the last chord is the dominant instead of the tonic", "the question stays open: nothing has been settled";
    "deceptive-ending" Harmony close Plan(harmony::deceptive_ending) &[],
        "the last chord is the submediant instead of the tonic", "home is in sight and is missed: hope that was not met";
    "suspended-ending" Harmony close Plan(harmony::suspended_ending) &[],
        "the last chord keeps its fourth, which never falls to the third", "a breath that is held after the end";
    "sudden-key" Harmony last_section Plan(harmony::sudden_key) &[],
        "the last section stands a semitone higher, without a chord that leads there", "a jolt into another light: resolve, or panic";
    "mode-flip" Harmony second_half Plan(harmony::mode_flip) &[],
        "the tonic comes once in the other mode", "a cloud, or a ray of light, for a bar";
    "retrogression" Harmony second_half Plan(harmony::retrogression) &[],
        "the dominant goes back to the subdominant instead of home", "strength that turns away at the last moment";
    "chromatic-mediant" Harmony two_thirds Plan(harmony::chromatic_mediant) &[],
        "a major chord a major third above the tonic, from outside the key", "wonder: a door opens where there was a wall";
    "tritone-jump" Harmony two_thirds Plan(harmony::tritone_jump) &[],
        "a major chord a tritone away from the one before", "the ground gives way: threat, or the uncanny";
    "parallel-fifths" Harmony last_phrase Song(harmony::parallel_fifths) &[Chords],
        "all voices move in parallel fifths and octaves", "raw and archaic: power without manners";
    "pedal-clash" Harmony first_phrase Song(harmony::pedal_clash) &[Bass],
        "the bass stays on the tonic whatever the chords do", "something does not move on, however much happens above it";
    "cluster" Harmony two_thirds Song(harmony::cluster) &[Chords],
        "neighbouring semitones instead of the chord, for a bar", "pain that no chord has a name for";
    "dropped-beat" Rhythm two_thirds Song(rhythm::dropped_beat) ALL,
        "a bar loses its last beat", "a stumble: impatience, or a missing heartbeat";
    "grand-pause" Rhythm before_last Song(rhythm::grand_pause) ALL,
        "a bar of silence for everyone", "the breath before what must be said";
    "late-snare" Rhythm last_section Song(rhythm::late_snare) &[Drums],
        "the snare drags a 32nd behind", "weariness, or swagger";
    "turned-backbeat" Rhythm last_section Song(rhythm::turned_backbeat) &[Drums],
        "the kick has the place of the snare and the snare that of the kick", "the world the wrong way round";
    "displaced-melody" Rhythm last_phrase Song(rhythm::displaced_melody) &[Melody],
        "the melody comes half a beat late against everyone else", "a voice that has lost touch with the rest";
    "cross-metre" Rhythm last_section Song(rhythm::cross_metre) &[Chords],
        "the chords come every three half beats against the metre", "two minds at once: unrest under a steady pulse";
    "tempo-lurch" Rhythm last_section Song(rhythm::tempo_lurch) &[],
        "the tempo jumps by two fifths, without a way there", "flight, or a decision made";
    "stutter" Rhythm two_thirds Song(rhythm::stutter) ALL,
        "the first beat of a bar comes again on each of its beats", "a thought that one cannot get past";
    "hollow-climax" Arrangement last_section Song(arrangement::hollow_climax) &[Bass, Drums],
        "bass and drums fall silent where everyone expects them", "the great moment feels empty: loss at the summit";
    "naked-start" Arrangement first_phrase Song(arrangement::naked_start) &[Chords, Bass, Drums],
        "the melody begins all alone", "intimacy, and nothing to hide behind";
    "cut-off" Arrangement close Song(arrangement::cut_off) ALL,
        "the piece stops dead after the first beat of its last bar", "an end that nobody chose";
    "melody-below" Arrangement last_phrase Song(arrangement::melody_below) &[Melody, Chords],
        "the melody lies below the chords", "a voice that is pressed down";
    "everyone-unison" Arrangement last_phrase Song(arrangement::everyone_unison) &[Chords, Bass],
        "chords and bass play the melody, in octaves", "a crowd with one voice: oath, or threat";
    "flat-dynamics" Production whole Song(production::flat_dynamics) ALL,
        "every note is as loud as every other", "numbness: nothing matters more than anything else";
    "whisper-climax" Production last_section Song(production::whisper_climax) ALL,
        "the last section is the softest", "what matters most is said under the breath";
    "clipped" Production last_section Song(production::clipped) ALL,
        "everything at the highest loudness", "rage, or joy, that does not fit into the frame";
    "buried-lead" Production whole Song(production::buried_lead) &[Melody, Chords, Bass],
        "the melody is softer than what accompanies it", "someone who is not heard";
    "gated" Production last_section Song(production::gated) &[Chords],
        "each chord is cut off at once", "breathlessness, coldness, machines";
    "wrong-instrument" Production whole Song(production::wrong_instrument) &[],
        "the melody is played by an instrument that contradicts the feeling", "irony: a toy that tells of horror, a scream that sings of peace";
];

fn of(name: &str) -> Result<&'static Break, ComposeError> {
    BREAKS.iter().find(|known| known.name == name).ok_or_else(|| {
        let names = BREAKS.iter().map(|known| known.name).collect::<Vec<_>>().join(", ");
        ComposeError::Break { reason: format!("there is no break {name:?}; use {names}") }
    })
}

/// Makes the breaks of `intent` that belong into the plan, and notes the others with their places.
pub(super) fn in_plan(
    plan: &mut Plan,
    intent: &Intent,
    material: &Material,
    grid: &Grid,
) -> Result<(), ComposeError> {
    let mut done: Vec<&str> = Vec::new();
    for name in &intent.breaks {
        let rule = of(name)?;
        if done.contains(&rule.name) {
            continue;
        }
        done.push(rule.name);
        let refused = |what: &str| ComposeError::Break { reason: format!("{}: {what}", rule.name) };
        if let Some(role) = rule.touches.iter().find(|&&role| material.part(role).is_some()) {
            return Err(refused(&format!("it would change the {}, which you bring", role.name())));
        }
        let place = (rule.place)(plan).ok_or_else(|| refused("the piece is too short for it"))?;
        let place = match rule.act {
            Act::Plan(act) => {
                let given =
                    intent.progression.is_some() || !material.chords.is_empty() || material.tune().is_some();
                if given {
                    return Err(refused("it would change the chords, which are given or follow your melody"));
                }
                act(plan, grid, place).map_err(refused)?
            }
            Act::Song(_) => place,
        };
        let Break { name, what, why, .. } = *rule;
        plan.reasons
            .push(Reason { about: "break", text: format!("{name}, {}: {what}: {why}", place.words()) });
        plan.breaks.push(Broken { name, bar: place.bar + 1, bars: place.bars, what, why });
    }
    Ok(())
}

/// Makes the breaks of `plan` that belong into the song, and marks all of them.
pub(super) fn in_song(song: &mut Song, plan: &Plan, grid: &Grid) -> Result<(), ComposeError> {
    // Those that cut time come last: the others count bars.
    let cuts = |broken: &&Broken| broken.name == "dropped-beat";
    for broken in plan.breaks.iter().filter(|b| !cuts(b)).chain(plan.breaks.iter().filter(cuts)) {
        let place = Place { bar: broken.bar - 1, bars: broken.bars };
        let onset = Ticks(place.start(grid));
        song.marks.push(Mark { onset, text: format!("{MARK}{}", broken.name) });
        song.marks.sort_by_key(|mark| mark.onset);
        if let Act::Song(act) = of(broken.name)?.act {
            act(song, plan, grid, place)
                .map_err(|what| ComposeError::Break { reason: format!("{}: {what}", broken.name) })?;
        }
    }
    Ok(())
}

/// What the text of a marked break begins with.
const MARK: &str = "break: ";

impl Place {
    fn start(self, grid: &Grid) -> u64 {
        u64::from(self.bar) * grid.bar()
    }

    fn end(self, grid: &Grid) -> u64 {
        u64::from(self.bar + self.bars) * grid.bar()
    }

    fn holds(self, note: &Note, grid: &Grid) -> bool {
        (self.start(grid)..self.end(grid)).contains(&note.onset.0)
    }

    fn words(self) -> String {
        match self.bars {
            1 => format!("bar {}", self.bar + 1),
            bars => format!("bars {}-{}", self.bar + 1, self.bar + bars),
        }
    }
}

fn close(plan: &Plan) -> Option<Place> {
    (plan.bars > 1).then(|| Place { bar: plan.bars - 1, bars: 1 })
}

fn whole(plan: &Plan) -> Option<Place> {
    (plan.bars > 0).then_some(Place { bar: 0, bars: plan.bars })
}

/// The last section, where something comes before it.
fn last_section(plan: &Plan) -> Option<Place> {
    let last = plan.sections.last().filter(|_| plan.sections.len() > 1)?;
    Some(Place { bar: last.start_bar, bars: last.bars })
}

/// The bar before the last section, or in the middle of a piece of one section.
fn before_last(plan: &Plan) -> Option<Place> {
    let bar = last_section(plan).map_or(plan.bars / 2, |last| last.bar);
    (bar > 1).then(|| Place { bar: bar - 1, bars: 1 })
}

fn two_thirds(plan: &Plan) -> Option<Place> {
    (plan.bars > 3).then(|| Place { bar: (plan.bars * 2 / 3).min(plan.bars - 2), bars: 1 })
}

fn second_half(plan: &Plan) -> Option<Place> {
    (plan.bars > 3).then(|| Place { bar: plan.bars / 2, bars: plan.bars - plan.bars / 2 - 1 })
}

/// The first phrase that has a melody.
fn first_phrase(plan: &Plan) -> Option<Place> {
    let sung = |section: &&PlanSection| section.name != "intro";
    let section = plan.sections.iter().find(sung)?;
    let bars = *phrases(section.bars).first()?;
    (plan.bars > bars).then_some(Place { bar: section.start_bar, bars })
}

/// The last phrase but its final bar.
fn last_phrase(plan: &Plan) -> Option<Place> {
    let section = plan.sections.last()?;
    let bars = *phrases(section.bars).last()?;
    (plan.bars > 3 && bars > 1).then(|| Place { bar: plan.bars - bars, bars: bars - 1 })
}

/// The notes of a part.
fn part(song: &mut Song, role: Role) -> Result<&mut Track, &'static str> {
    let missing = match role {
        Melody => "there is no melody",
        Chords => "there are no chords",
        Bass => "there is no bass",
        Drums => "there are no drums: the piece is too quiet for them",
    };
    song.tracks.iter_mut().find(|track| track.role == role && !track.notes.is_empty()).ok_or(missing)
}

/// In order, each note at least a tick long, no two of one pitch at a time.
fn tidy(notes: &mut Vec<Note>) {
    notes.sort_by_key(|n| (n.pitch, n.onset, u64::MAX - n.duration.0));
    notes.dedup_by_key(|n| (n.pitch, n.onset));
    for i in 1..notes.len() {
        let next = notes[i];
        let before = &mut notes[i - 1];
        if before.pitch == next.pitch && before.end() > next.onset {
            before.duration = next.onset - before.onset;
        }
    }
    notes.sort_by_key(|n| (n.onset, n.pitch));
}
