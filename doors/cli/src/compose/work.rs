//! What is to be done: a new song, one around what the user brings, or work on a song that is there.

use super::wishes::Asked;
use crate::{Stop, show};
use kmidi::io::smf::{self, SmfFile};
use kmidi::studio::compose::{Kept, Material, Recipe, STYLES};
use kmidi::{Intent, Plan, Song, Source, Style, Wishes};
use std::path::Path;

/// The work, ready to be done for any seed.
pub(super) struct Work {
    pub(super) intent: Intent,
    pub(super) style: Style,
    kind: Kind,
}

enum Kind {
    /// A song around what is brought, if anything.
    Around(Material),
    /// Bars of a song anew.
    Again { source: Box<Source>, bars: (u32, u32), lock: Vec<Kept> },
    /// A song that goes on.
    Further { source: Box<Source>, bars: u32 },
    /// A song from its recipe.
    Replay(Box<Recipe>, String),
}

/// A song that was made.
pub(super) struct Made {
    pub(super) intent: Intent,
    /// What it follows; none for work on a song that is there.
    pub(super) plan: Option<Plan>,
    /// As it is written.
    pub(super) song: Song,
    /// As it is played.
    pub(super) played: Song,
    /// The file.
    pub(super) midi: SmfFile,
    /// What was done to a song that is there, as the bars that are new.
    pub(super) bars: Option<(u32, u32)>,
}

impl Work {
    pub(super) fn read(asked: &Asked) -> Result<Self, Stop> {
        let wishes = &asked.wishes;
        let source = wishes.from.as_ref().map(Source::read).transpose();
        let source = source.map_err(|error| asked.unusable("from", error))?;
        let mut intent = asked.intent()?;
        if let Some(source) = &source {
            intent = over(source.intent(), intent, asked);
        }
        let style = style(asked, &intent, source.as_ref())?;
        intent.style = wishes.style.as_ref().map(|_| style.name.clone()).or(intent.style);
        let lock = wishes.kept().map_err(|error| asked.wrong(&error))?;
        let again = wishes.again().map_err(|error| asked.wrong(&error))?;
        let brought = wishes.melody.is_some() || wishes.drums.is_some();
        let twice = |kept: Kept, path: &Option<String>| lock.contains(&kept) && path.is_some();
        if twice(Kept::Melody, &wishes.melody) || twice(Kept::Drums, &wishes.drums) {
            return Err(Stop::Usage("what --lock keeps cannot be brought by --melody or --drums too".into()));
        }
        let reworked = again.is_some() || wishes.go_on.is_some();
        if reworked && brought {
            return Err(Stop::Usage(
                "--melody and --drums are for new songs, not for --bars-again and --continue".into(),
            ));
        }
        if wishes.go_on.is_some() && !lock.is_empty() {
            return Err(Stop::Usage("--continue keeps all that there is; --lock says nothing more".into()));
        }
        if let Some(source) = source.as_ref().filter(|source| reworked && source.recipe.is_some()) {
            // The recipe of the song tells all its wishes; the steps in it tell only what they change.
            let own = Wishes {
                from: None,
                lock: None,
                bars_again: None,
                go_on: None,
                seed: None,
                variations: None,
                ..wishes.clone()
            };
            if own != Wishes::default() {
                return Err(Stop::Usage(
                    "--bars-again and --continue follow the wishes of the song; --seed gives others".into(),
                ));
            }
            intent = Intent { seed: intent.seed, ..source.intent() };
        }
        let kind = match source {
            None => {
                let mut material = match &wishes.melody {
                    Some(path) => {
                        kmidi::melody(path, &mut intent).map_err(|error| asked.unusable("melody", error))?
                    }
                    None => Material::default(),
                };
                if let Some(path) = &wishes.drums {
                    material = kmidi::drums(path, material, &mut intent)
                        .map_err(|error| asked.unusable("drums", error))?;
                }
                Kind::Around(material)
            }
            Some(source) => match (again, wishes.go_on, &source.recipe) {
                (Some(bars), ..) => Kind::Again { source: Box::new(source), bars, lock },
                (_, Some(bars), _) => Kind::Further { source: Box::new(source), bars },
                (_, _, Some(recipe)) if lock.is_empty() && wishes.style.is_none() && !brought => {
                    let other = recipe.other_models();
                    if !other.is_empty() {
                        let (names, place) = (other.join(", "), source.path.display());
                        let s = if other.len() == 1 { "" } else { "s" };
                        show::tell(
                            &format!(
                                "{place} was made with other weights of the model{s} {names}: what comes may differ from it"
                            ),
                            false,
                        );
                    }
                    let recipe = Recipe { intent: intent.clone(), ..recipe.clone() };
                    Kind::Replay(Box::new(recipe), source.path.display().to_string())
                }
                (_, _, None) if lock.is_empty() && wishes.style.is_none() && !brought => {
                    let place = source.path.display();
                    return Err(Stop::Input(format!("{place}: no recipe in it; say with --lock what stays")));
                }
                _ => {
                    // Another style, and nothing said: tune and harmony are the song.
                    let kept = match lock[..] {
                        [] if !brought => vec![Kept::Melody, Kept::Harmony],
                        _ => lock,
                    };
                    // A bass line says what the chords are.
                    let bass = kept.contains(&Kept::Bass).then_some(Kept::Harmony);
                    let mut material = source.material(&kept.into_iter().chain(bass).collect::<Vec<_>>());
                    intent.meter = intent.meter.or(source.song.meters.first().map(|m| m.1));
                    for (path, melody) in [(&wishes.melody, true), (&wishes.drums, false)] {
                        if let Some(path) = path {
                            let (field, part) = match melody {
                                true => ("melody", kmidi::melody(path, &mut intent)),
                                false => ("drums", kmidi::drums(path, Material::default(), &mut intent)),
                            };
                            let part = part.map_err(|error| asked.unusable(field, error))?;
                            let refused =
                                |error: kmidi::ComposeError| Stop::Input(format!("{path}: {error}"));
                            material = material.joined(part).map_err(refused)?;
                        }
                    }
                    Kind::Around(material)
                }
            },
        };
        Ok(Self { intent, style, kind })
    }

    /// The song of a seed.
    pub(super) fn make(&self, seed: u64, asked: &Asked) -> Result<Made, Stop> {
        // Work on a song follows its own plan; only what is new follows the new seed.
        let base = |source: &Source| Intent { seed: source.intent().seed, ..self.intent.clone() };
        let intent = Intent { seed, ..self.intent.clone() };
        let whole = |plan, source: Source, bars| Made {
            intent: intent.clone(),
            plan,
            song: source.song.clone(),
            played: source.song,
            midi: source.file,
            bars,
        };
        match &self.kind {
            Kind::Around(material) => {
                let made = kmidi::compose_around(&intent, &self.style, material);
                let (plan, song) = made.map_err(|error| asked.refused(&error))?;
                let played = kmidi::perform_around(&song, &self.style, &kmidi::roles(material))?;
                let midi = smf::parse(&smf::write_song(&played)?, "song.mid")?;
                Ok(Made { intent, plan: Some(plan), song, played, midi, bars: None })
            }
            Kind::Again { source, bars, lock } => {
                Ok(whole(None, source.again(&base(source), &self.style, *bars, seed, lock)?, Some(*bars)))
            }
            Kind::Further { source, bars } => {
                let made = source.further(&base(source), &self.style, *bars, seed)?;
                let first =
                    made.song.sections.last().map_or(1, |section| bar_of(&made.song, section.onset.0));
                Ok(whole(None, made, Some((first, first + bars - 1))))
            }
            Kind::Replay(recipe, path) => {
                let recipe = Recipe { intent: intent.clone(), ..Recipe::clone(recipe) };
                let (plan, made) = kmidi::replay(&recipe, &self.style, Path::new(path))?;
                Ok(whole(Some(plan), made, None))
            }
        }
    }
}

/// The bar, from 1, in which a tick lies.
fn bar_of(song: &Song, tick: u64) -> u32 {
    let bar = song.meters.first().map_or(1, |m| m.1.bar(song.tempo.ppq()).0.max(1));
    (tick / bar) as u32 + 1
}

/// The intent of a song with what is wished now in its place.
fn over(song: Intent, wished: Intent, asked: &Asked) -> Intent {
    let wishes = &asked.wishes;
    let again = wishes.bars_again.is_some() || wishes.go_on.is_some() || wishes.lock.is_some();
    let felt = wishes.has_feeling();
    Intent {
        text: if felt { wished.text } else { song.text },
        arc: if felt { wished.arc } else { song.arc },
        key: wished.key.or(song.key),
        tempo: wished.tempo.or(song.tempo),
        meter: wished.meter.or(song.meter),
        bars: wished.bars.or(song.bars),
        form: wished.form.or(song.form),
        breaks: if wished.breaks.is_empty() { song.breaks } else { wished.breaks },
        style: song.style,
        progression: wished.progression.or(song.progression),
        // What is new should be new: the song's own seed would give what it has already.
        seed: match wishes.seed {
            Some(seed) => seed,
            None if again => song.seed.wrapping_add(1),
            None => song.seed,
        },
    }
}

/// The style that is wished for, else that of the song; a mistake in a file of the user's own is bad input, a wrong name wrong usage.
fn style(asked: &Asked, intent: &Intent, source: Option<&Source>) -> Result<Style, Stop> {
    let recipe = source.and_then(|source| source.recipe.as_ref()).filter(|_| asked.wishes.style.is_none());
    if let Some((recipe, text)) = recipe.and_then(|recipe| Some((recipe, recipe.style.as_deref()?))) {
        let wrong = |error: &dyn std::fmt::Display| Stop::Input(format!("the song's recipe: {error}"));
        let style = Style::own(text).map_err(|error| wrong(&error))?;
        // A file that a song names is opened only where the user names it too; the recipe holds what was in it.
        return match (&style.groove, &recipe.groove) {
            (Some(_), Some(template)) => style.with_groove(template).map_err(|error| wrong(&error)),
            (Some(groove), None) if !kmidi::grooves().iter().any(|known| known.name == *groove) => {
                Err(Stop::Input(format!(
                    "the song was made in a style of its own with the groove {groove:?}; give the style's file with --style"
                )))
            }
            _ => Ok(style),
        };
    }
    let named = asked.wishes.style.as_deref().or(intent.style.as_deref()).unwrap_or(STYLES[0]);
    if named.ends_with(".toml") {
        return kmidi::style(named).map_err(|error| asked.unusable("style", error));
    }
    Style::named(named).map_err(|error| match asked.wishes.style {
        Some(_) => asked.refused(&error),
        None => Stop::Input(format!(
            "the song was made in a style of its own: {error}; give its file with --style"
        )),
    })
}
