//! Styles: what a band knows before it is told what to feel, as data.
//!
//! A style is a TOML file: tempo range, metres, modes, form, groove, weights of chords, instruments, and patterns of chords,
//! bass and drums by energy. `styles/README.md` tells every field. What a style leaves open is played by the rules of
//! `accompany` and `drums`.

mod models;
mod pattern;
mod players;

pub use models::Models;
pub(super) use models::hashes;
pub(super) use pattern::{Beat, ByEnergy, Line};
pub(super) use players::Player;

use super::ComposeError;
use super::feel::brightness;
use crate::groove::Template;
use kmidi_music::{Affect, Meter, Mode};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The styles that come with the program; the first is taken when none is asked for.
const FILES: [&str; 15] = [
    include_str!("../../../../styles/song.toml"),
    include_str!("../../../../styles/ballad.toml"),
    include_str!("../../../../styles/blues.toml"),
    include_str!("../../../../styles/bossa-nova.toml"),
    include_str!("../../../../styles/country.toml"),
    include_str!("../../../../styles/disco.toml"),
    include_str!("../../../../styles/folk.toml"),
    include_str!("../../../../styles/funk.toml"),
    include_str!("../../../../styles/hip-hop.toml"),
    include_str!("../../../../styles/house.toml"),
    include_str!("../../../../styles/jazz-swing.toml"),
    include_str!("../../../../styles/pop.toml"),
    include_str!("../../../../styles/reggae.toml"),
    include_str!("../../../../styles/rock.toml"),
    include_str!("../../../../styles/waltz.toml"),
];

/// How a kind of music is made.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// The text of a style of the user's own, see [`Style::own`]; those that come with the program are known by name.
    #[serde(skip)]
    pub(super) source: Option<String>,
    /// The template of a groove of the user's own, see [`Style::with_groove`].
    #[serde(skip)]
    pub(super) template: Option<Template>,
    /// What it is asked for by.
    pub name: String,
    /// In a few words.
    pub about: String,
    /// The slowest and the fastest felt beats a minute; the feeling chooses between them.
    pub tempo: Tempo,
    /// The tempo stays from the first bar to the last, whatever the arc does, and the end does not slow down: for dancing.
    #[serde(default)]
    pub(super) steady: bool,
    /// Metres, the usual one first; empty leaves the choice to the feeling.
    #[serde(default)]
    meters: Vec<Text<Meter>>,
    /// Modes to choose from, by what suits the feeling; empty means all.
    #[serde(default)]
    modes: Vec<Text<Mode>>,
    /// The form of a piece of 16 to 47 bars when none is asked for.
    pub form: Option<String>,
    /// The groove of `grooves/` that is given to the finished song.
    pub groove: Option<String>,
    /// How chords are chosen.
    #[serde(default)]
    pub(super) harmony: Harmony,
    /// How the chord player lays them out.
    #[serde(default)]
    pub(super) voicing: Voicing,
    /// How much the models count beside the rules.
    #[serde(default)]
    pub models: Models,
    /// Who plays: one band, or one for each quadrant of feeling (glad and excited, angry, sad, calm).
    pub(super) band: Vec<Band>,
    /// Chord patterns, by rising energy.
    #[serde(default)]
    pub(super) chords: Vec<Line>,
    /// Bass patterns, by rising energy.
    #[serde(default)]
    pub(super) bass: Vec<Line>,
    /// Drum patterns, by rising energy.
    #[serde(default)]
    pub(super) drums: Vec<Beat>,
}

/// The slowest and the fastest tempo of a style.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "[f64; 2]")]
pub struct Tempo {
    /// Felt beats a minute, 20 to 400.
    pub slowest: f64,
    /// Felt beats a minute, 20 to 400.
    pub fastest: f64,
}

impl TryFrom<[f64; 2]> for Tempo {
    type Error = String;

    fn try_from([slowest, fastest]: [f64; 2]) -> Result<Self, String> {
        if 20.0 <= slowest && slowest < fastest && fastest <= 400.0 {
            Ok(Self { slowest, fastest })
        } else {
            Err("a tempo is [slowest, fastest], ascending, from 20 to 400".into())
        }
    }
}

/// How a style chooses chords.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Harmony {
    /// What is added to the chance of a seventh, in percent.
    pub(super) sevenths: Within<100>,
    /// The share of bars with two chords, in percent.
    pub(super) changes: Within<100>,
    /// What triads score beside their place and colour, in powers of two, by numeral.
    weights: BTreeMap<Text<Triad>, Within<8>>,
}

impl Harmony {
    /// What a triad scores beside its place and colour, in powers of two.
    pub(super) fn weight(&self, triad: &str) -> f32 {
        self.weights.iter().find(|w| w.0.0.0 == triad).map_or(0.0, |w| w.1.0)
    }
}

/// A number from `-LIMIT` to `LIMIT`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "f32")]
pub(super) struct Within<const LIMIT: u8>(pub(super) f32);

impl<const LIMIT: u8> TryFrom<f32> for Within<LIMIT> {
    type Error = String;

    fn try_from(number: f32) -> Result<Self, String> {
        // What is not a number is not within either.
        if number.abs() <= f32::from(LIMIT) {
            Ok(Self(number))
        } else {
            Err(format!("{number} is not within -{LIMIT} and {LIMIT}"))
        }
    }
}

/// The numeral of a triad that some mode has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Triad(String);

/// How a style lays out chords.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Voicing {
    /// 3 or 4; absent: by energy.
    pub(super) voices: Option<Voices>,
    /// The MIDI note around which they lie, 58 to 64; absent: below the tune.
    pub(super) centre: Option<i32>,
}

/// Three or four voices.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u8")]
pub(super) struct Voices(pub(super) usize);

impl TryFrom<u8> for Voices {
    type Error = &'static str;

    fn try_from(count: u8) -> Result<Self, Self::Error> {
        if (3..=4).contains(&count) { Ok(Self(count.into())) } else { Err("a chord has 3 or 4 voices") }
    }
}

/// Who plays what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Band {
    /// One or more to choose from.
    pub(super) melody: Vec<Player>,
    pub(super) chords: Player,
    pub(super) bass: Player,
}

/// A value that is written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String", bound(deserialize = "T: Read"))]
struct Text<T>(T);

/// What can be read from the text of a style.
trait Read: Sized {
    fn read(text: &str) -> Option<Self>;
    const HINT: &'static str;
}

impl Read for Meter {
    const HINT: &'static str = "use a metre such as 4/4";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|&meter| super::grid::Grid::of(meter).is_some())
    }
}

impl Read for Mode {
    const HINT: &'static str = "use maj, min, dor, mix, lyd, phr or loc";

    fn read(text: &str) -> Option<Self> {
        format!("C:{text}").parse::<kmidi_music::Key>().ok().map(|key| key.mode)
    }
}

impl Read for Triad {
    const HINT: &'static str = "use a numeral such as IV, bVII or V/V";

    fn read(text: &str) -> Option<Self> {
        let known = |mode| super::palette::of(mode).iter().any(|row| row.triad == text);
        super::plan::MODES.into_iter().any(known).then(|| Self(text.to_owned()))
    }
}

impl<T: Read> TryFrom<String> for Text<T> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        T::read(&text).map(Text).ok_or_else(|| format!("{text:?} cannot be used here; {}", T::HINT))
    }
}

impl Style {
    /// Reads a style from TOML.
    ///
    /// # Errors
    /// At the line and column that is wrong.
    pub fn read(text: &str) -> Result<Self, ComposeError> {
        let wrong = |reason: String| ComposeError::StyleFile { reason };
        let style: Style = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        match style.band.len() {
            1 | 4 => Ok(style),
            n => Err(wrong(format!("a style has one [[band]] or four, one for each quadrant, not {n}"))),
        }
    }

    /// Reads a style of the user's own: songs in it carry its text in their recipe, so that they can be made again without the file.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn own(text: &str) -> Result<Self, ComposeError> {
        Ok(Self { source: Some(text.to_owned()), ..Self::read(text)? })
    }

    /// With the groove that it names as a template, in JSON: songs in it carry that in their recipe too.
    ///
    /// # Errors
    /// When it is no template.
    pub fn with_groove(self, json: &str) -> Result<Self, ComposeError> {
        let template =
            Template::from_json(json).map_err(|e| ComposeError::StyleFile { reason: e.to_string() })?;
        Ok(Self { template: Some(template), ..self })
    }

    /// The template of a groove of the user's own.
    pub fn template(&self) -> Option<&Template> {
        self.template.as_ref()
    }

    /// The style of that name among those that come with the program.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(name: &str) -> Result<Self, ComposeError> {
        match super::STYLES.iter().position(|known| *known == name) {
            Some(k) => Self::read(FILES[k]),
            None => Err(ComposeError::Style { asked: name.to_owned() }),
        }
    }

    /// Felt beats a minute for a feeling, whole: arousal goes from end to end, valence adds a little.
    pub(super) fn bpm(&self, affect: Affect) -> f64 {
        libm::round(self.pace(affect))
    }

    /// [`bpm`](Self::bpm) with its fraction.
    pub(super) fn pace(&self, affect: Affect) -> f64 {
        let Tempo { slowest, fastest } = self.tempo;
        let lift = (0.62 * f64::from(affect.arousal) + 0.1 * f64::from(affect.valence)) / 0.72;
        slowest * libm::exp2((0.5 + 0.5 * lift) * libm::log2(fastest / slowest))
    }

    /// The usual metre, where the style says one.
    pub(super) fn meter(&self, draw: u32) -> Option<Meter> {
        // The first in seven of ten cases, then the others in turn.
        let others = self.meters.len().saturating_sub(1) as u32;
        let index = if draw < 7 || others == 0 { 0 } else { 1 + (draw - 7) % others };
        self.meters.get(index as usize).map(|meter| meter.0)
    }

    /// Of the style's modes the one that is nearest in brightness to `wished`.
    pub(super) fn mode(&self, wished: Mode) -> Mode {
        let far = |mode: &Mode| brightness(*mode).abs_diff(brightness(wished));
        self.modes.iter().map(|mode| mode.0).min_by_key(far).unwrap_or(wished)
    }

    /// Melody, chords and bass for a feeling; `second` takes another melody instrument where the range allows it.
    pub(super) fn players(&self, affect: Affect, second: bool, low: i32, high: i32) -> [Player; 3] {
        let quadrant = usize::from(affect.quadrant() - 1);
        let band = self.band.get(quadrant).unwrap_or(&self.band[0]);
        let fits = |p: &&Player| i32::from(p.low) <= low && high <= i32::from(p.high);
        let wanted = if second { band.melody.last() } else { band.melody.first() };
        let lead = wanted.into_iter().chain(&band.melody).find(fits).copied();
        [lead.unwrap_or(Player::PIANO), band.chords, band.bass]
    }
}

/// The styles that come with the program, the usual one first.
pub fn styles() -> Vec<Style> {
    FILES.iter().filter_map(|text| Style::read(text).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_reads() {
        for text in FILES {
            Style::read(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        }
        let mut names: Vec<_> = styles().into_iter().map(|s| s.name).collect();
        assert_eq!(names, super::super::STYLES);
        names.dedup();
        assert_eq!(names.len(), FILES.len());
    }

    #[test]
    fn wrong_styles_are_pointed_at() {
        let good = FILES[0];
        for (from, to, line) in [
            ("tempo = [56, 151]", "tempo = [151, 56]", "line 3"),
            ("\"Violin\"", "\"Violine\"", "line 13"),
            ("name = ", "nmae = ", "line 1"),
        ] {
            let wrong = good.replacen(from, to, 1);
            assert_ne!(wrong, good, "{from}");
            let error = Style::read(&wrong).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(error.contains(line), "{error}");
        }
        for (text, reason) in [
            ("[[bass]]\nfrom = 0.0\nsteps = \"r..q\"", "'q'"),
            ("[[bass]]\nfrom = 0.0\nsteps = \"r......\"", "7 steps"),
            ("[[drums]]\nfrom = 0.0\nvoices = { kik = \"x...\" }", "kik"),
            ("[[chords]]\nfrom = 2.0\nsteps = \"x...\"", "0 to 1"),
        ] {
            let error =
                Style::read(&format!("{good}\n{text}\n")).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(error.contains(reason) && error.contains("line"), "{error}");
        }
        for (table, reason) in [
            ("sevenths = nan", "NaN is not within"),
            ("weights = { IV = inf }", "inf is not within"),
            ("weights = { IV = -9.0 }", "-9 is not within"),
            ("weights = { iX = 1.0 }", "\"iX\" cannot be used here"),
        ] {
            let error = Style::read(&format!("{good}\n[harmony]\n{table}\n")).err().map(|e| e.to_string());
            assert!(error.as_ref().is_some_and(|e| e.contains(reason) && e.contains("line")), "{error:?}");
        }
    }
}
