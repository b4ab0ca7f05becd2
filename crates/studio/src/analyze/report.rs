//! [`Analysis`]: the answer about one piece, in the fields of the contract.

use serde::Serialize;

/// What is known about one piece. Times are seconds from its start; what is not known is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Analysis {
    /// How long the piece is, in seconds.
    pub duration: f64,
    /// The tempo, `None` where no beat was found.
    pub tempo: Option<Tempo>,
    /// The metre, `None` when it is not sure.
    pub meter: Option<Meter>,
    /// When notes or strokes begin.
    pub onsets: Vec<f64>,
    /// When each onset was reported; only in a causal answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onsets_known: Option<Vec<f64>>,
    /// The beats.
    pub beats: Vec<f64>,
    /// When each beat was reported; only in a causal answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beats_known: Option<Vec<f64>>,
    /// The beats that begin a bar.
    pub downbeats: Vec<f64>,
    /// The swing, `None` when it is not sure.
    pub swing: Option<Swing>,
    /// Who plays early or late, by place in the bar; empty where no beats are heard.
    pub microtiming: Vec<Lean>,
    /// What drums on MIDI play besides plain strokes and their graces, in order.
    pub strokes: Vec<Stroke>,
    /// The key of the whole piece, `None` when it is not sure.
    pub key: Option<KeyAnswer>,
    /// The keys in order.
    pub keys: Vec<KeySegment>,
    /// The chords in order.
    pub chords: Vec<ChordSegment>,
    /// The emotion of the whole, by [`kmidi_engine::emotion`]; `None` where neither notes nor chords sound.
    pub emotion: Option<Emotion>,
    /// Who answered: `engine`.
    pub source: &'static str,
}

/// Tempo in beats a minute.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tempo {
    /// The tempo that holds longest.
    pub bpm: f64,
    /// 0 to 1.
    pub confidence: f64,
    /// Other tempos that a listener may tap, best first.
    pub alternatives: Vec<f64>,
    /// (seconds, beats a minute) wherever it changes.
    pub curve: Vec<(f64, f64)>,
}

/// A metre.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Meter {
    /// The upper number: units in a bar, three to a beat in 6/8 and its like.
    pub numerator: u8,
    /// The lower number: the unit's note value.
    pub denominator: u8,
    /// 0 to 1.
    pub confidence: f64,
}

impl Meter {
    /// As it is written, without how sure it is.
    pub fn written(&self) -> kmidi_music::Meter {
        kmidi_music::Meter::new(self.numerator, self.denominator).unwrap_or(kmidi_music::Meter::COMMON)
    }
}

/// How unevenly the beat is divided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Swing {
    /// Where the off-beat falls in the beat: 50 straight, 66.7 triplet.
    pub percent: f64,
    /// The note value that swings: `8th` or `16th`.
    pub unit: &'static str,
    /// 0 to 1.
    pub confidence: f64,
}

/// How early or late a band plays at one place of the bar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lean {
    /// The beat of the bar, from 1.
    pub beat: u8,
    /// The place in the beat as a share of it, on the beat's division, swung where it is.
    pub at: f64,
    /// `low`, `mid` or `high`: below 250 Hz, between, above 2.5 kHz.
    pub band: &'static str,
    /// Mean, milliseconds; less than 0 is early.
    pub ms: f64,
    /// Standard deviation, milliseconds.
    pub spread_ms: f64,
    /// Strokes that it is a mean of.
    pub strokes: u32,
}

/// An ornament or accent of a drum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stroke {
    /// Seconds.
    pub time: f64,
    /// `ghost`, `accent`, `flam`, `drag` or `buzz`, see [`kmidi_engine::groove::strokes`].
    pub kind: &'static str,
    /// The note, 0 to 127.
    pub note: u8,
}

/// A key without a time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyAnswer {
    /// `C:maj`, `F#:min`.
    pub label: String,
    /// `dorian`, `phrygian`, `lydian` or `mixolydian`, where that shows beside major and minor.
    pub mode: Option<&'static str>,
    /// 0 to 1.
    pub confidence: f64,
}

/// A stretch in one key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeySegment {
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// `C:maj`, or `None` for "not sure".
    pub label: Option<String>,
    /// `dorian`, `phrygian`, `lydian` or `mixolydian`, where that shows beside major and minor; of a causal answer the one that showed last.
    pub mode: Option<&'static str>,
    /// 0 to 1.
    pub confidence: f64,
    /// When it was reported; only in a causal answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<f64>,
}

/// A stretch of one chord.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChordSegment {
    /// Seconds.
    pub start: f64,
    /// Seconds.
    pub end: f64,
    /// Harte label; `N` where nothing tonal sounds.
    pub label: String,
    /// Lead-sheet symbol, `None` for `N`.
    pub symbol: Option<String>,
    /// Roman numeral in `key`, `None` without a key or for `N`.
    pub roman: Option<String>,
    /// What the chord does in `key`: `tonic`, `subdominant`, `dominant`; of an applied chord, what it does to its target. `None` without
    /// a numeral and on chromatic degrees that have no usual function.
    pub function: Option<&'static str>,
    /// How tense the chord is in `key` ([`kmidi_engine::harmony::tension`]): 0 for the tonic triad in root position, 6 for `V7`. `None`
    /// without a numeral.
    pub tension: Option<u8>,
    /// The key in force, `None` for "not sure".
    pub key: Option<String>,
    /// 0 to 1.
    pub confidence: f64,
    /// When it was reported; only in a causal answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<f64>,
}

/// Emotion as valence and arousal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Emotion {
    /// -1 to 1.
    pub valence: f64,
    /// -1 to 1.
    pub arousal: f64,
    /// 1 (happy) to 4 (calm), counted against the clock from the right upper quarter.
    pub quadrant: u8,
    /// That the quadrant is right: 0.25 where the point lies on both axes, up to 1.
    pub confidence: f64,
    /// (name, closeness from 0 to 1), the closest first.
    pub categories: Vec<(String, f64)>,
}
