//! Composition by rules: `words or valence and arousal -> Intent -> Plan -> Song`.
//!
//! [`plan`] chooses what a band agrees on before it plays (key, metre, tempo, form, chords) and says why. [`write()`]
//! plays it: a melody whose motif returns and varies, voice-led chords, bass and drums, in a [`Style`].
//! Every choice follows from the intent and its seed, with integer or reproducible arithmetic: the same intent gives
//! the same song on every platform.
//!
//! ```
//! use kmidi_studio::compose::{compose, intent_from_text};
//!
//! let mut intent = intent_from_text("bittersweet, then hopeful")?;
//! intent.seed = 7;
//! intent.bars = Some(16);
//! let (plan, song) = compose(&intent)?;
//! assert_eq!((plan.bars, song.title.as_str()), (16, "Bittersweet, Then Hopeful"));
//! assert!(plan.chords.iter().all(|chord| !chord.why.is_empty()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | step | file | sources |
//! |---|---|---|
//! | feeling to mode, tempo, loudness, density, register | `feel` | Gabrielsson and Lindström 2010; Eerola et al. 2013; Livingstone et al. 2010; Temperley and Tan 2013 |
//! | what a kind of music is, as data | `style` | `styles/README.md` |
//! | sections and phrases | `form` | Caplin 1998 |
//! | the way from bar to bar, builds and drops | `course`, `build` | Butler 2006; Solberg 2014 |
//! | chords | `palette`, `grammar`, `harmony`, `pivot` | Riemann 1893; Rohrmeier 2011; de Clercq and Temperley 2011 |
//! | what is usual in songs, counted | `usual` | Wang et al. 2020 |
//! | motif and its rhythm | `theme` | Caplin 1998 |
//! | where the themes stand, the line, its loudness | `tune`, `melody` | Huron 2006; Temperley 2008; Todd 1992 |
//! | voices, bass, drums | `voicing`, `accompany`, `drums` | Tymoczko 2011 |

mod accompany;
mod advice;
mod again;
mod breaks;
mod build;
mod course;
mod drummer;
mod drums;
mod feel;
mod form;
mod given;
mod grammar;
mod grid;
mod harmonize;
mod harmony;
mod intent;
mod material;
mod melody;
mod palette;
mod pivot;
mod plan;
mod reasons;
mod recipe;
mod score;
mod style;
mod theme;
mod tune;
mod usual;
mod voicing;
mod wishes;
mod write;

pub use again::{Stretch, again, further};
pub use breaks::{BREAKS, Break, Broken, Rule};
pub use drummer::touches;
pub use intent::{intent_from_json, intent_from_text, intent_to_json};
pub use material::Material;
pub use recipe::{Kept, Recipe, Step};
pub use score::{Score, Term};
pub use style::{Models, Style, Tempo, styles};
pub use wishes::{FileFormat, MOST_VARIATIONS, QUESTIONS, Question, Understanding, WishError, Wishes};
pub use write::write;

use kmidi_music::{Affect, Bpm, Chord, Intent, Key, Meter, Song};
use serde::Serialize;

/// The names of the styles that come with the program, the usual one first.
pub const STYLES: [&str; 15] = [
    "song",
    "ballad",
    "blues",
    "bossa-nova",
    "country",
    "disco",
    "folk",
    "funk",
    "hip-hop",
    "house",
    "jazz-swing",
    "pop",
    "reggae",
    "rock",
    "waltz",
];

/// What the players agree on before a note is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The home key, in which the piece ends.
    pub key: Key,
    /// The metre.
    pub meter: Meter,
    /// The tempo of the piece, in felt beats a minute; each section has its own beside it.
    pub tempo: Bpm,
    /// Length in bars: the sum over the sections.
    pub bars: u32,
    /// The style's name.
    pub style: String,
    /// The form, in order, without gaps.
    pub sections: Vec<PlanSection>,
    /// What each bar is like: within and between sections the feeling moves on.
    pub course: Vec<PlanBar>,
    /// The chords, in order, without gaps; each bar is filled exactly.
    pub chords: Vec<PlanChord>,
    /// Why it is so.
    pub reasons: Vec<Reason>,
    /// The rules that are broken on purpose, in the order in which that was asked for.
    pub breaks: Vec<Broken>,
}

/// A bar in the course of a piece.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanBar {
    /// The feeling.
    pub affect: Affect,
    /// 0 (next to nothing happens) to 1 (everybody plays).
    pub energy: f32,
    /// Felt beats a minute.
    pub tempo: Bpm,
}

/// A section of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanSection {
    /// Such as `verse`.
    pub name: String,
    /// Sections with one letter share their material.
    pub letter: char,
    /// The first bar, from 0.
    pub start_bar: u32,
    /// How many bars.
    pub bars: u32,
    /// The key: the home key or, where the feeling turns, its relative.
    pub key: Key,
    /// The feeling in the middle of it.
    pub affect: Affect,
    /// 0 (next to nothing happens) to 1 (everybody plays).
    pub energy: f32,
    /// Felt beats a minute in the middle of it.
    pub tempo: Bpm,
}

/// A chord of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanChord {
    /// The bar, from 0.
    pub bar: u32,
    /// The felt beat of the bar, from 0.
    pub beat: u32,
    /// How many felt beats it lasts.
    pub beats: u32,
    /// The chord.
    pub chord: Chord,
    /// Its Roman numeral in the section's key.
    pub roman: String,
    /// Why it stands here, in words.
    pub why: String,
    /// The score's named terms, in powers of two; they add up to the score by which it was chosen. Empty for chords
    /// that the user gave.
    pub terms: Vec<(&'static str, f32)>,
}

/// Why the plan is as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What is explained: `key`, `mode`, `tempo`, `meter`, `form`, `harmony` or `break`.
    pub about: &'static str,
    /// In plain words.
    pub text: String,
}

/// Why a piece cannot be composed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// A metre that the style cannot count.
    #[error("metre {asked} is not one that can be composed in; use {known}")]
    Meter {
        /// The metre.
        asked: Meter,
        /// Those that can.
        known: String,
    },
    /// A tempo outside 20 to 400 felt beats a minute, or not a number.
    #[error("tempo {asked} is outside 20 to 400 felt beats a minute")]
    Tempo {
        /// As it was asked for.
        asked: String,
    },
    /// Too few, too many, or fewer bars than sections.
    #[error("{}", if *.sections > 1 { format!("the form has {sections} sections and needs at least as many bars, not {asked}") } else { format!("{asked} bars asked for; a piece has 1 to 512") })]
    Bars {
        /// How many were asked for.
        asked: u32,
        /// How many sections the form has.
        sections: u32,
    },
    /// A form that cannot be read.
    #[error("form {text:?}: {reason}")]
    Form {
        /// The form.
        text: String,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A style that there is not.
    #[error("there is no style {asked:?}; {}use {}", did_you_mean(asked), STYLES.join(", "))]
    Style {
        /// As it was asked for.
        asked: String,
    },
    /// A style that cannot be read.
    #[error("style: {reason}")]
    StyleFile {
        /// What is wrong, and where.
        reason: String,
    },
    /// A progression that cannot be read.
    #[error("progression, chord {}: {reason}", .index + 1)]
    Progression {
        /// Which chord, from 0.
        index: usize,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// What is brought does not fit what is asked for.
    #[error("{reason}")]
    Material {
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A rule that cannot be broken so.
    #[error("{reason}")]
    Break {
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// An arc that is empty, not ascending, or not made of numbers in range.
    #[error("arc: {reason}")]
    Arc {
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// A recipe that cannot be read.
    #[error("recipe: {reason}")]
    Recipe {
        /// What is wrong, and what would be right.
        reason: String,
    },
}

fn did_you_mean(style: &str) -> String {
    let near = kmidi_music::emotion::nearest_names(style, STYLES);
    if near.is_empty() { String::new() } else { format!("did you mean {}? ", near.join(" or ")) }
}

/// Chooses key, metre, tempo, form and chords for `intent`, in the style that it names.
///
/// # Errors
/// When a wish of the intent cannot be met; see [`ComposeError`].
pub fn plan(intent: &Intent) -> Result<Plan, ComposeError> {
    plan::plan(intent, &style_of(intent)?, &Material::default())
}

/// Plans and writes a piece.
///
/// # Errors
/// When a wish of the intent cannot be met; see [`ComposeError`].
pub fn compose(intent: &Intent) -> Result<(Plan, Song), ComposeError> {
    compose_in(intent, &style_of(intent)?)
}

/// Plans and writes a piece in a style of the user's own.
///
/// # Errors
/// When a wish of the intent cannot be met; see [`ComposeError`].
pub fn compose_in(intent: &Intent, style: &Style) -> Result<(Plan, Song), ComposeError> {
    compose_around(intent, style, &Material::default())
}

/// Plans and writes a piece around parts and chords that stay as they are. Its ticks are those of the material.
///
/// # Errors
/// When a wish of the intent cannot be met; see [`ComposeError`].
pub fn compose_around(
    intent: &Intent,
    style: &Style,
    material: &Material,
) -> Result<(Plan, Song), ComposeError> {
    let plan = plan::plan(intent, style, material)?;
    let song = write::around(&plan, intent, style, material)?;
    Ok((plan, song))
}

/// The style that an intent asks for.
///
/// # Errors
/// When there is none of that name.
pub fn style_of(intent: &Intent) -> Result<Style, ComposeError> {
    Style::named(intent.style.as_deref().unwrap_or(STYLES[0]))
}

impl Plan {
    /// The section that holds `bar`; the last one when the bar is past the end, `None` when there is no section.
    pub fn section_at(&self, bar: u32) -> Option<&PlanSection> {
        let after = self.sections.partition_point(|s| s.start_bar <= bar);
        self.sections.get(after.saturating_sub(1))
    }
}
