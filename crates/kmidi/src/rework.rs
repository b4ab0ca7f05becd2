//! Songs that are there already: read, kept in part, written anew in part, made again from their recipe.

use crate::{Error, Result, perform_around};
use kmidi_io::smf::{self, Patch, SmfFile, song_of};
use kmidi_music::song::{ChordSpan, Role};
use kmidi_music::{Affect, Bpm, Intent, Key, Mode, Note, PitchName, Song, Ticks, roman};
use kmidi_studio::compose::{
    ComposeError, Kept, Material, Plan, Recipe, Step, Stretch, Style, again, compose_around, further,
};
use std::path::{Path, PathBuf};

/// A MIDI file that is worked on.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where it was read from.
    pub path: PathBuf,
    /// Every event of it.
    pub file: SmfFile,
    /// What it holds.
    pub song: Song,
    /// How it was made, where it says so.
    pub recipe: Option<Recipe>,
    /// The track of the file that each track of the song is.
    places: Vec<usize>,
}

impl Source {
    /// Reads a MIDI file. One without chord symbols gets the chords that are heard in it.
    ///
    /// # Errors
    ///
    /// [`Error::File`] for what cannot be read, [`Error::Truth`] for a file without bars or notes.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut source = Self::of(smf::read(path)?, path)?;
        if source.song.chords.is_empty() {
            source.song.chords = heard(path, &source.song)?;
        }
        Ok(source)
    }

    fn of(file: SmfFile, path: &Path) -> Result<Self> {
        let wrong = |reason: &str| Error::Truth { path: path.to_owned(), reason: reason.into() };
        let (song, places) =
            song_of(&file).ok_or_else(|| wrong("use a MIDI file of type 0 or 1 in musical time"))?;
        if song.tracks.is_empty() {
            return Err(wrong("there are no notes in it"));
        }
        let recipe = file.recipe().and_then(|text| Recipe::from_json(text).ok());
        Ok(Self { path: path.to_owned(), file, song, recipe, places })
    }

    /// The wish behind it: that of its recipe, else its key, metre and tempo with a middling feeling.
    pub fn intent(&self) -> Intent {
        if let Some(recipe) = &self.recipe {
            return recipe.intent.clone();
        }
        let mut intent = Intent::feeling(Affect::default());
        self.describe(&mut intent);
        intent.key = self.file.keys.first().map(|k| k.1);
        intent
    }

    /// Fills metre and tempo where `intent` leaves them open.
    fn describe(&self, intent: &mut Intent) {
        let meter = self.song.meters.first().map(|m| m.1);
        intent.meter = intent.meter.or(meter);
        if let (None, Some(meter)) = (intent.tempo, meter) {
            let quarters = meter.felt_beat(480).0 as f64 / 480.0;
            // The file holds whole microseconds: what was asked for as 73 comes back a little beside it.
            let bpm = (self.song.tempo.at(Ticks(0)).0 / quarters * 1e3).round() / 1e3;
            intent.tempo = (20.0..=400.0).contains(&bpm).then_some(Bpm(bpm));
        }
    }

    /// The bars from the first to the last (from 1) written anew, everything else in the file as it was but the recipe, which
    /// tells of it.
    ///
    /// # Errors
    ///
    /// [`Error::Truth`] where that cannot be done, and those of [`perform()`](crate::perform()).
    pub fn again(
        &self,
        intent: &Intent,
        style: &Style,
        bars: (u32, u32),
        seed: u64,
        lock: &[Kept],
    ) -> Result<Source> {
        let stretch = again(&self.song, intent, style, bars, seed, lock).map_err(|e| self.refused(&e))?;
        self.with(&stretch, style, Step::Again { bars, seed, lock: lock.to_vec() })
    }

    /// The song with so many bars more; what was there stays as it was but the recipe, which tells of it.
    ///
    /// # Errors
    ///
    /// As [`again`](Self::again).
    pub fn further(&self, intent: &Intent, style: &Style, bars: u32, seed: u64) -> Result<Source> {
        let stretch = further(&self.song, intent, style, bars, seed).map_err(|e| self.refused(&e))?;
        self.with(&stretch, style, Step::Continue { bars, seed })
    }

    fn refused(&self, error: &ComposeError) -> Error {
        Error::Truth { path: self.path.clone(), reason: error.to_string() }
    }

    fn with(&self, stretch: &Stretch, style: &Style, step: Step) -> Result<Source> {
        let band = Song { tracks: stretch.parts.clone(), ..self.song.clone() };
        let played = perform_around(&band, style, &[])?;
        let (from, to) = (stretch.from - stretch.early.min(stretch.from), stretch.to - stretch.early);
        let notes = played.tracks.iter().filter_map(|track| {
            let index =
                self.song.tracks.iter().position(|t| t.channel == track.channel && t.role == track.role)?;
            // The groove may not carry a note out of the stretch.
            let inside = |n: &Note| {
                let onset = n.onset.clamp(from, Ticks(to.0.saturating_sub(1)));
                Note {
                    onset,
                    duration: Ticks((n.end().min(stretch.to).0.saturating_sub(onset.0)).max(1)),
                    ..*n
                }
            };
            let mut notes: Vec<Note> = track.notes.iter().map(inside).collect();
            if track.role == Role::Melody {
                let others = self.song.tracks[index].notes.iter();
                let (before, after): (Vec<&Note>, Vec<&Note>) =
                    others.filter(|n| n.onset < from || n.onset >= to).partition(|n| n.onset < from);
                let free = before.iter().map(|n| n.end()).max().unwrap_or_default();
                alone(&mut notes, free, after.iter().map(|n| n.onset).min());
            }
            Some((self.places[index], track.channel, notes))
        });
        let recipe = self.recipe.clone().map(|mut recipe| {
            recipe.steps.push(step);
            recipe.to_json()
        });
        let patch = Patch {
            from,
            to,
            notes: notes.collect(),
            chords: stretch.chords.as_ref().map(|chords| chords.iter().map(|c| (c.onset, c.chord)).collect()),
            markers: stretch.section.iter().map(|name| (stretch.from, name.clone())).collect(),
            tempos: stretch.tempo.iter().map(|&micros| (stretch.from, micros)).collect(),
            recipe,
        };
        Self::of(self.file.patched(&patch), &self.path)
    }

    /// What is kept of it, for a song around that.
    pub fn material(&self, kept: &[Kept]) -> Material {
        let roles: Vec<Role> = kept.iter().filter_map(|kept| kept.role()).collect();
        Material::of(&self.song, &roles, kept.iter().any(|kept| kept.keeps_harmony()))
    }
}

/// One note at a time, from `free` on and before `next`.
fn alone(notes: &mut Vec<Note>, free: Ticks, next: Option<Ticks>) {
    notes.sort_by_key(|n| n.onset);
    for i in 0..notes.len() {
        let until = notes.get(i + 1).map(|n| n.onset).or(next).unwrap_or(notes[i].end());
        let (onset, end) = (notes[i].onset.max(free), notes[i].end().min(until));
        notes[i].onset = onset;
        notes[i].duration = Ticks(end.0.saturating_sub(onset.0));
    }
    notes.retain(|n| n.duration.0 > 0);
}

/// A melody that a song is to be written around, and the wish with the metre and tempo of its file where it leaves them open.
///
/// # Errors
///
/// [`Error::File`] and [`Error::Truth`] for what cannot be read, has no notes but drums, or changes its metre.
pub fn melody(path: impl AsRef<Path>, intent: &mut Intent) -> Result<Material> {
    let source = Source::of(smf::read(path.as_ref())?, path.as_ref())?;
    let wrong = |reason: &str| Error::Truth { path: source.path.clone(), reason: reason.into() };
    let mut material = source.material(&[Kept::Melody]);
    if material.parts.is_empty() {
        return Err(wrong("there is no melody in it, only drums"));
    }
    if source.song.meters.iter().any(|m| m.1 != source.song.meters[0].1) {
        return Err(wrong("it changes its metre; a melody in one metre can be harmonised"));
    }
    let asked = intent.tempo.is_some();
    source.describe(intent);
    material.tempo = (!asked).then(|| source.song.tempo.clone());
    Ok(material)
}

/// Drums that a song is to be written around, added to `material`. Drums of up to eight bars are played again and again.
///
/// # Errors
///
/// [`Error::File`] and [`Error::Truth`] for what cannot be read or has nothing on channel 10.
pub fn drums(path: impl AsRef<Path>, material: Material, intent: &mut Intent) -> Result<Material> {
    let source = Source::of(smf::read(path.as_ref())?, path.as_ref())?;
    let drums = source.material(&[Kept::Drums]);
    if drums.parts.is_empty() {
        let reason = "there are no drums in it: nothing plays on channel 10".into();
        return Err(Error::Truth { path: source.path, reason });
    }
    if material.is_empty() {
        let tempo = intent.tempo.is_none() && source.file.tempo.changes() != [(Ticks(0), 500_000)];
        let mut told = intent.clone();
        source.describe(&mut told);
        (intent.meter, intent.tempo) = (told.meter, if tempo { told.tempo } else { intent.tempo });
    }
    let path = source.path.clone();
    material.joined(drums).map_err(|error| Error::Truth { path, reason: error.to_string() })
}

/// The song of a recipe as it was first written, with what was done to it since.
///
/// # Errors
///
/// [`Error::Truth`] where the recipe cannot be followed, and those of [`perform()`](crate::perform()).
pub fn replay(recipe: &Recipe, style: &Style, path: &Path) -> Result<(Plan, Source)> {
    let refused = |error: ComposeError| Error::Truth { path: path.to_owned(), reason: error.to_string() };
    let (plan, song) = compose_around(&recipe.intent, style, &recipe.material).map_err(refused)?;
    let played = perform_around(&song, style, &roles(&recipe.material))?;
    let file = smf::parse(&smf::write_song(&played)?, path)?;
    let mut source = Source::of(file, path)?;
    for step in &recipe.steps {
        source = match step {
            Step::Again { bars, seed, lock } => source.again(&recipe.intent, style, *bars, *seed, lock)?,
            Step::Continue { bars, seed } => source.further(&recipe.intent, style, *bars, *seed)?,
        };
    }
    Ok((plan, source))
}

/// The roles of the parts of `material`, which no groove moves.
pub fn roles(material: &Material) -> Vec<Role> {
    material.parts.iter().map(|part| part.role).collect()
}

/// The chords that are heard in a file, beat by beat.
fn heard(path: &Path, song: &Song) -> Result<Vec<ChordSpan>> {
    use kmidi_music::notation::symbol;
    let study = crate::analyze(path, &|_| {})?;
    let chords = study.whole.chords;
    let beat = song.meters.first().map_or(Ticks(480), |m| m.1.felt_beat(song.tempo.ppq())).0.max(1);
    let beats: Vec<u64> = (0..song.end().0).step_by(beat as usize).collect();
    let middles = song.tempo.seconds_of(beats.iter().map(|&at| Ticks(at + beat / 2)));
    let key = |tick: Ticks| {
        let told = song.keys.iter().rev().find(|k| k.0 <= tick).or(song.keys.first());
        told.map_or(Key::new(PitchName::C, Mode::Major), |k| k.1)
    };
    let mut spans: Vec<ChordSpan> = Vec::new();
    for (&at, middle) in beats.iter().zip(middles) {
        let sounding = chords.iter().find(|c| c.start <= middle.0 && middle.0 < c.end);
        let chord = sounding.and_then(|c| c.symbol.as_deref()).and_then(|text| symbol::parse(text).ok());
        let chord = chord.or(spans.last().map(|span| span.chord));
        match (chord, spans.last_mut()) {
            (Some(chord), Some(last)) if last.chord == chord => last.duration = Ticks(at + beat) - last.onset,
            (Some(chord), _) => {
                let (onset, key) = (Ticks(if spans.is_empty() { 0 } else { at }), key(Ticks(at)));
                let duration = Ticks(at + beat) - onset;
                spans.push(ChordSpan { onset, duration, chord, roman: roman::of(&chord, key), key });
            }
            (None, _) => {}
        }
    }
    Ok(spans)
}
