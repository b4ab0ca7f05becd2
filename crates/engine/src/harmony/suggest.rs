//! The next chord: what may follow, ranked, with reasons.
//!
//! Every chord of a fixed list (diatonic triads and sevenths, applied chords, mixture, Neapolitan, augmented sixths, the
//! dominant a tritone away) gets a score that is the sum of named terms:
//!
//! | term | says |
//! |---|---|
//! | `usual` | the logarithm of its probability after the last chord, in the key, by counted moves of three idioms; times 0.85 |
//! | `here` | what the piece itself adds to that: it went on so before, or it did not |
//! | `function` | tonic, subdominant, dominant in their usual order (Piston 1941; Rohrmeier 2011) |
//! | `voice leading` | semitones that the voices move at least (Tymoczko 2006) |
//! | `path` | the distance from the last chord in tonal pitch space: the shortest path is the likeliest (Lerdahl 2001) |
//! | `cadence` | leading notes and sevenths resolve: authentic, deceptive, plagal, by a tritone |
//! | `tension` | how near it comes to a wanted [tension](super::tension) |
//! | `emotion fit` | how well it suits a wanted feeling |
//!
//! The first six are a conditional logit model (McFadden 1974): scores differ as logarithms of odds do. Counts know most of
//! what the rules of function, movement, path and cadence know, so that these weigh little where counts are many. What is
//! wished for adds to that; the last two terms are 0 without a wish.

mod chords;
mod follow;
mod lead;
mod moves;

use super::context::Family;
use super::tension::{Distance, Place};
use chords::{Candidate, candidates, home};
use follow::{Heard, Tables, token};
use kmidi_music::chord::name::Term;
use kmidi_music::roman::Function;
use kmidi_music::{Affect, Chord, Key, PitchClass, PitchName};
use lead::{Tones, movement};

/// How many terms a score has.
const TERMS: usize = 8;

/// What each term counts: nats for its unit. The first five are within 0.01 nats a chord of those that make the valid splits
/// of When in Rome, Billboard, POP909 and OpenEWLD likeliest (each set counts as much); the last two are judgement.
const WEIGHTS: Weights = Weights {
    counted: 0.85,
    function: 0.1,
    semitone: 0.03,
    distance: 0.02,
    cadence: 0.15,
    tension: 0.5,
    feeling: 4.0,
};

/// Nats by term.
#[derive(Debug, Clone, Copy)]
struct Weights {
    /// For a nat of the counts: neighbouring chords repeat each other, so that plain counts are too sure.
    counted: f32,
    /// For a step in the usual order of functions.
    function: f32,
    /// For a semitone of movement.
    semitone: f32,
    /// For a unit of distance in pitch space.
    distance: f32,
    /// For a full resolution.
    cadence: f32,
    /// For a unit of tension beside what is wanted.
    tension: f32,
    /// For a feeling that is met in full.
    feeling: f32,
}

/// What is wanted of the next chord. What is `None` does not count.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wish {
    /// The feeling; valence and arousal count.
    pub affect: Option<Affect>,
    /// The tension, in the units of [`super::tension::Tension::total`]: 0 the tonic, about 6 a dominant, 20 and more for
    /// chords from far away.
    pub tension: Option<f32>,
}

/// A chord that may come next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suggestion {
    /// The chord, spelled in the key.
    pub chord: Chord,
    /// Its numeral, by the convention of RomanText; in modes other than major and minor, that of the major or minor key on
    /// the same tonic.
    pub numeral: &'static str,
    terms: [Term; TERMS],
    /// How tense it is, in the units of [`super::tension::Tension::total`].
    pub tension: u8,
}

impl Suggestion {
    /// The reasons; they add up to [`Suggestion::score`].
    pub fn terms(&self) -> &[Term; TERMS] {
        &self.terms
    }

    /// The sum of the terms, in nats: 1 more is 2.7 times as likely.
    pub fn score(&self) -> f32 {
        self.terms.iter().map(|term| term.value).sum()
    }
}

/// Suggests chords. Make one with [`Suggester::new`], tell it each chord with [`Suggester::hear`], and ask with
/// [`Suggester::suggest`].
///
/// ```
/// use kmidi_engine::harmony::suggest::{Suggester, Wish};
/// use kmidi_music::{Chord, Key, notation::symbol};
///
/// let key: Key = "C".parse()?;
/// let mut suggester = Suggester::new();
/// for text in ["C", "Am", "Dm7", "G7"] {
///     suggester.hear(&symbol::parse(text)?, key);
/// }
/// assert_eq!(suggester.suggest(key, &Wish::default())[0].numeral, "I");
/// # Ok::<(), kmidi_music::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Suggester {
    tables: Tables,
    /// By mode.
    candidates: [Vec<Candidate>; 2],
    heard: Heard,
    last: Option<Chord>,
    ranked: Vec<Suggestion>,
    order: Vec<(f32, usize)>,
}

impl Default for Suggester {
    fn default() -> Self {
        Self::new()
    }
}

impl Suggester {
    /// Allocates its tables (about 300 kB), which are made from counts.
    pub fn new() -> Self {
        let candidates = [0, 1].map(candidates);
        let most = candidates[0].len().max(candidates[1].len());
        Self {
            tables: Tables::new(),
            candidates,
            heard: Heard::default(),
            last: None,
            ranked: Vec::with_capacity(most),
            order: Vec::with_capacity(most),
        }
    }

    /// Forgets the piece.
    ///
    /// *Real-time safety*: no allocation.
    pub fn reset(&mut self) {
        self.heard = Heard::default();
        self.last = None;
    }

    /// Hears the next chord of the piece, which stands in `key`. The same chord again changes nothing.
    ///
    /// *Real-time safety*: no allocation, no lock; under a microsecond.
    pub fn hear(&mut self, chord: &Chord, key: Key) {
        let root = chord.root.pitch_class();
        let sound = (root, Family::above(chord.pitch_classes(), root));
        self.heard.add(&self.tables, sound, mode(key), key.tonic.pitch_class());
        self.last = Some(*chord);
    }

    /// What may come next in `key`, the best first: every chord of the table but the last one heard, on its root and in its
    /// family. Equal scores keep the order of the table.
    ///
    /// *Real-time safety*: no allocation, no lock; time is bounded (some tens of microseconds at most).
    pub fn suggest(&mut self, key: Key, wish: &Wish) -> &[Suggestion] {
        let mode = mode(key);
        let tonic = key.tonic.pitch_class();
        let next = self.heard.next(&self.tables, mode, tonic);
        let lift = key.tonic - PitchName::C;
        let last = self.last.map(|chord| {
            Last::new(&chord.transposed(PitchName::C - key.tonic), mode, &self.candidates[mode])
        });
        self.ranked.clear();
        self.order.clear();
        for candidate in &self.candidates[mode] {
            if last.as_ref().is_some_and(|last| last.token == candidate.token) {
                continue;
            }
            let (usual, here) = next.terms(candidate.token);
            let from_last = last.as_ref().map_or([0.0; 4], |last| last.terms(candidate));
            let suggestion = Suggestion {
                chord: candidate.chord.transposed(lift),
                numeral: candidate.numeral,
                terms: terms(
                    WEIGHTS.counted * (usual + candidate.share),
                    WEIGHTS.counted * here,
                    from_last,
                    candidate,
                    wish,
                ),
                tension: candidate.tension.total(),
            };
            self.order.push((suggestion.score(), self.ranked.len()));
            self.ranked.push(suggestion);
        }
        self.order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        // Puts each in its place: what stood there before is found by following where it went.
        for place in 0..self.order.len() {
            let mut from = self.order[place].1;
            while from < place {
                from = self.order[from].1;
            }
            self.ranked.swap(place, from);
        }
        &self.ranked
    }
}

impl Suggester {
    /// The chord of the table with that root and family, as it is spelled in `key`; `None` where the table has none.
    ///
    /// *Real-time safety*: no allocation, no lock.
    pub fn spelled(&self, key: Key, root: PitchClass, family: Family) -> Option<Chord> {
        let wanted = token((root, family), key.tonic.pitch_class());
        let candidate = self.candidates[mode(key)].iter().find(|candidate| candidate.token == wanted)?;
        Some(candidate.chord.transposed(key.tonic - PitchName::C))
    }
}

fn mode(key: Key) -> usize {
    usize::from(key.mode.is_minor())
}

/// The last chord, as seen from the tonic C.
struct Last {
    chord: Chord,
    token: usize,
    family: Family,
    place: Place,
    function: Option<Function>,
    tones: Tones,
}

impl Last {
    fn new(chord: &Chord, mode: usize, candidates: &[Candidate]) -> Self {
        let set = chord.pitch_classes();
        let family = Family::above(set, chord.root.pitch_class());
        let token = token((chord.root.pitch_class(), family), PitchClass::new(0));
        let known = candidates.iter().find(|candidate| candidate.token == token);
        Self {
            chord: *chord,
            token,
            family,
            place: Place::of(chord, home(mode)),
            function: known.and_then(|candidate| candidate.function),
            tones: set.into(),
        }
    }

    /// Function, voice leading, path and cadence.
    fn terms(&self, next: &Candidate) -> [f32; 4] {
        let function = match (self.function, next.function) {
            (Some(from), Some(to)) => order(from, to),
            _ => 0.0,
        };
        let Distance { region, root, tones } = self.place.to(&next.place);
        let distance = f32::from(region + root + tones);
        [
            // Subtracted from 0, so that no term is -0.
            WEIGHTS.function * function,
            0.0 - WEIGHTS.semitone * f32::from(movement(&self.tones, &next.tones)),
            0.0 - WEIGHTS.distance * distance,
            WEIGHTS.cadence * self.cadence(next),
        ]
    }

    /// How much `next` resolves what the last chord left open: 1 for a dominant, applied or not, that goes to its tonic.
    fn cadence(&self, next: &Candidate) -> f32 {
        let up = next.chord.root.pitch_class().above(self.chord.root.pitch_class());
        let home = next.function == Some(Function::Tonic);
        match self.family {
            // The leading note rises: down a fifth, or from the dominant a tritone away.
            Family::Dominant if matches!(up, 5 | 11) => 1.0,
            Family::Diminished | Family::HalfDiminished if up == 1 => 1.0,
            Family::HalfDiminished if up == 5 => 1.0, // ii of a minor key, on its way
            Family::Dominant if matches!(up, 1 | 2) => 0.5, // deceptive
            Family::Dominant | Family::Diminished => 0.0,
            _ if self.function == Some(Function::Dominant) && home => match up {
                5 => 1.0,
                _ => 0.5,
            },
            _ if self.function == Some(Function::Subdominant) && home && up == 7 => 0.5, // plagal
            _ => 0.0,
        }
    }
}

/// How usual a step between functions is in common practice: -1 where it goes against the order.
const fn order(from: Function, to: Function) -> f32 {
    match (from, to) {
        (Function::Subdominant, Function::Dominant) | (Function::Dominant, Function::Tonic) => 1.0,
        (Function::Tonic, Function::Subdominant | Function::Dominant) => 0.5,
        (Function::Dominant, Function::Subdominant) => -1.0,
        _ => 0.0,
    }
}

fn terms(
    usual: f32,
    here: f32,
    [function, voices, path, cadence]: [f32; 4],
    candidate: &Candidate,
    wish: &Wish,
) -> [Term; TERMS] {
    let tension = wish.tension.filter(|wanted| wanted.is_finite()).map_or(0.0, |wanted| {
        let off = f32::from(candidate.tension.total()) - wanted.clamp(0.0, 40.0);
        0.0 - WEIGHTS.tension * off.abs()
    });
    let emotion = wish.affect.map_or(0.0, |wanted| {
        let Affect { valence, arousal, .. } = Affect::new(wanted.valence, wanted.arousal, 0.0);
        WEIGHTS.feeling * (valence * candidate.affect.valence + arousal * candidate.affect.arousal)
    });
    let term = |name, value| Term { name, value };
    [
        term("usual", usual),
        term("here", here),
        term("function", function),
        term("voice leading", voices),
        term("path", path),
        term("cadence", cadence),
        term("tension", tension),
        term("emotion fit", emotion),
    ]
}
