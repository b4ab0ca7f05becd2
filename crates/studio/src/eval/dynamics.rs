//! Dynamics: how loud the notes of a score were played.
//!
//! The task `dynamics` of `kmidi eval`, over arrangements of pop songs and over scores with aligned performances. Shown is the score: notes, lengths, roles or
//! staves, chords, metres, tempo, markings; asked is the velocity of every note. Figures are made inside each piece and then averaged over pieces.
//!
//! | figure | meaning |
//! |---|---|
//! | `velocity_mae` | mean distance of velocities, 1 to 127 |
//! | `r` | Pearson's correlation of them, 0 where one side is constant |

use super::report::interval;
use super::{Columns, Prediction, Report};
use kmidi_music::notation::harte::{self, Label};
use kmidi_neural::LoadError;
use kmidi_neural::dynamics::{Chord, Dynamics, Marks, Metre, NOTE, Note, PIECE, Role, Score, encode};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A score with the velocities that a player gave it. Times are quarter notes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Piece {
    /// Its name, unique in its set.
    pub id: String,
    /// Quarter notes a minute, where the score says so.
    #[serde(default)]
    pub tempo_bpm: Option<f32>,
    /// Metres with their onsets.
    #[serde(default)]
    pub meter: Vec<(f32, u32, u32)>,
    /// Chords: onset and Harte label.
    #[serde(default)]
    pub chords: Vec<(f32, String)>,
    /// The notes.
    pub notes: Played,
}

/// Written notes and how loud each was played.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Form")]
pub struct Played {
    notes: Vec<Note>,
    velocities: Vec<f64>,
    /// Every how many pieces and notes simple baselines are counted on.
    every: (usize, usize),
}

/// The two forms of the data.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "notes are rows of onset, duration, pitch, velocity, role, or columns with onset_q, dur_q, pitch, staff, dyn, wedge, mark, velocity"
)]
enum Form {
    Rows(Vec<(f32, f32, u8, u8, u8)>),
    Columns {
        onset_q: Vec<f32>,
        dur_q: Vec<f32>,
        pitch: Vec<u8>,
        staff: Vec<u8>,
        #[serde(rename = "dyn")]
        level: Vec<i8>,
        wedge: Vec<i8>,
        mark: Vec<u16>,
        velocity: Vec<u8>,
    },
}

impl TryFrom<Form> for Played {
    type Error = &'static str;

    fn try_from(form: Form) -> Result<Self, Self::Error> {
        let played = match form {
            Form::Rows(rows) => Self {
                velocities: rows.iter().map(|row| row.3.into()).collect(),
                notes: rows
                    .into_iter()
                    .map(|(onset, duration, pitch, _, role)| Note {
                        onset,
                        duration,
                        pitch,
                        role: Role::of(role),
                        marks: Marks::default(),
                    })
                    .collect(),
                every: (4, 1),
            },
            Form::Columns { onset_q, dur_q, pitch, staff, level, wedge, mark, velocity } => {
                let lengths = [
                    dur_q.len(),
                    pitch.len(),
                    staff.len(),
                    level.len(),
                    wedge.len(),
                    mark.len(),
                    velocity.len(),
                ];
                if lengths.iter().any(|&length| length != onset_q.len()) {
                    return Err("the columns of the notes are of different lengths");
                }
                // The lower staff accompanies; who leads in the upper one is not told.
                let role = |staff: u8| if staff == 2 { Role::Accompaniment } else { Role::Unknown };
                let note = |at: usize| Note {
                    onset: onset_q[at],
                    duration: dur_q[at],
                    pitch: pitch[at],
                    role: role(staff[at]),
                    marks: Marks { level: u8::try_from(level[at]).ok(), wedge: wedge[at], signs: mark[at] },
                };
                Self {
                    notes: (0..onset_q.len()).map(note).collect(),
                    velocities: velocity.into_iter().map(f64::from).collect(),
                    every: (1, 6),
                }
            }
        };
        let sound = |note: &Note| note.pitch < 128 && note.onset.is_finite() && note.duration.is_finite();
        if !played.notes.iter().all(sound) || !played.velocities.iter().all(|v| (0.0..128.0).contains(v)) {
            return Err("a pitch or velocity above 127, or a time that is no number");
        }
        Ok(played)
    }
}

impl Piece {
    fn with_score<T>(&self, ask: impl FnOnce(&Score<'_>) -> T) -> T {
        let root = |label: &str| match harte::parse(label) {
            Ok(Label::Chord(chord)) => Some(chord.root.pitch_class().index() as u8),
            _ => None,
        };
        let chord = |(onset, label): &(f32, String)| Chord { onset: *onset, root: root(label) };
        let chords: Vec<Chord> = self.chords.iter().map(chord).collect();
        let metre = |&(onset, beats, unit): &(f32, u32, u32)| Metre::new(onset, beats, unit);
        let metres: Vec<Metre> = self.meter.iter().map(metre).collect();
        ask(&Score { notes: &self.notes.notes, chords: &chords, metres: &metres, tempo: self.tempo_bpm })
    }
}

/// A row a note, in order of onset and pitch: the piece's number, what the network is shown of the note and of the piece, and the velocity.
#[must_use]
pub fn examples(pieces: &[Piece]) -> Columns {
    let mut columns = Columns::new(&[("number", 1), ("notes", NOTE), ("piece", PIECE), ("velocity", 1)]);
    for (number, piece) in pieces.iter().enumerate() {
        let encoded = piece.with_score(encode);
        for (note, &at) in encoded.notes.iter().zip(&encoded.order) {
            let velocity = piece.notes.velocities[at] as f32;
            columns.push(&[&[number as f32], note, &encoded.piece, &[velocity]]);
        }
    }
    columns
}

/// Scores the model of that ONNX file; baselines are counted on `train`.
///
/// # Errors
///
/// A [`LoadError`] where the network is not one for this.
pub fn evaluate(pieces: &[Piece], train: Option<&[Piece]>, onnx: &[u8]) -> Result<Report, LoadError> {
    let mut model = Dynamics::new(onnx)?;
    let asked: Vec<&Piece> = pieces.iter().filter(|piece| !piece.notes.notes.is_empty()).collect();
    let mut report = Report { pieces: asked.len(), unit: "notes", ..Report::default() };
    let mut figures = Vec::new();
    for piece in &asked {
        let told = piece.with_score(|score| model.perform(score));
        let told: Vec<f64> = told.into_iter().map(f64::from).collect();
        figures.push(figures_of(&piece.notes.velocities, &told));
        report.items += told.len();
        report.predictions.extend(told.iter().enumerate().map(|(index, velocity)| Prediction {
            id: piece.id.clone(),
            index,
            answer: Some(format!("{velocity:.1}")),
            prob_of_truth: None,
            top: Vec::new(),
        }));
    }
    report.metrics = macro_of(&figures);
    let each = |of: fn(&(f64, f64)) -> f64| figures.iter().map(|piece| (of(piece), 1.0)).collect::<Vec<_>>();
    report.intervals =
        [("velocity_mae", interval(&each(|piece| piece.0))), ("r", interval(&each(|piece| piece.1)))].into();
    if let Some(train) = train {
        report.baselines = baselines(&asked, train);
    }
    Ok(report)
}

/// Mean distance and correlation inside a piece.
fn figures_of(truth: &[f64], told: &[f64]) -> (f64, f64) {
    let count = truth.len().max(1) as f64;
    let mean =
        |of: &dyn Fn(f64, f64) -> f64| truth.iter().zip(told).map(|(&t, &a)| of(t, a)).sum::<f64>() / count;
    let (mt, ma) = (mean(&|t, _| t), mean(&|_, a| a));
    let (vt, va) = (mean(&|t, _| (t - mt) * (t - mt)), mean(&|_, a| (a - ma) * (a - ma)));
    let both = mean(&|t, a| (t - mt) * (a - ma));
    let r = if vt > 1e-9 && va > 1e-9 { both / libm::sqrt(vt * va) } else { 0.0 };
    (mean(&|t, a| (t - a).abs()), r)
}

fn macro_of(figures: &[(f64, f64)]) -> BTreeMap<&'static str, f64> {
    let count = figures.len().max(1) as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| figures.iter().map(of).sum::<f64>() / count;
    [("velocity_mae", mean(|piece| piece.0)), ("r", mean(|piece| piece.1))].into()
}

/// Sum of velocities and how many.
#[derive(Default, Clone, Copy)]
struct Mean(f64, f64);

impl Mean {
    fn add(&mut self, velocity: f64) {
        *self = Self(self.0 + velocity, self.1 + 1.0);
    }

    fn value(self) -> f64 {
        self.0 / self.1.max(1.0)
    }
}

/// A note's role, and whether it falls on a quarter note.
fn kind(note: &Note) -> (u8, bool) {
    (note.role as u8, (note.onset - note.onset.round_ties_even()).abs() < 0.001)
}

fn baselines(asked: &[&Piece], train: &[Piece]) -> BTreeMap<&'static str, BTreeMap<&'static str, f64>> {
    let mut all = Mean::default();
    let mut kinds: BTreeMap<(u8, bool), Mean> = BTreeMap::new();
    for (number, Piece { notes: Played { notes, velocities, every }, .. }) in train.iter().enumerate() {
        if number % every.0 == 0 {
            for (note, &velocity) in notes.iter().zip(velocities).step_by(every.1) {
                all.add(velocity);
                kinds.entry(kind(note)).or_default().add(velocity);
            }
        }
    }
    let score = |of: &dyn Fn(&Note) -> f64| {
        let figures = asked.iter().map(|piece| {
            let told: Vec<f64> = piece.notes.notes.iter().map(of).collect();
            figures_of(&piece.notes.velocities, &told)
        });
        macro_of(&figures.collect::<Vec<_>>())
    };
    let of_kind = |note: &Note| kinds.get(&kind(note)).map_or(all, |&mean| mean).value();
    [("constant", score(&|_| all.value())), ("by-role-and-beat", score(&of_kind))].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(notes: &str) -> Result<Piece, serde_json::Error> {
        serde_json::from_str(&format!(
            r#"{{"id":"a","tempo_bpm":90,"meter":[[0,4,4]],"chords":[[0,"C:maj"],[4,"A:min7"],[8,"N"]],"notes":{notes}}}"#
        ))
    }

    #[test]
    fn figures_of_known_answers() {
        let truth = [60.0, 80.0, 100.0];
        let (mae, r) = figures_of(&truth, &[50.0, 70.0, 90.0]);
        assert!((mae - 10.0).abs() < 1e-9 && (r - 1.0).abs() < 1e-9);
        let (mae, r) = figures_of(&truth, &[100.0, 80.0, 60.0]);
        assert!((mae - 80.0 / 3.0).abs() < 1e-9 && (r + 1.0).abs() < 1e-9);
        assert_eq!(figures_of(&truth, &[80.0; 3]).1, 0.0);
        // Pieces weigh alike, however long.
        assert_eq!(macro_of(&[(10.0, 1.0), (20.0, 0.0)])["velocity_mae"], 15.0);
    }

    #[test]
    fn both_forms_are_read_and_faults_are_named() {
        let rows = piece("[[0,1,60,70,0],[0,1,48,50,2]]").unwrap();
        let columns = piece(
            r#"{"onset_q":[0,0],"dur_q":[1,1],"pitch":[60,48],"staff":[1,2],"dyn":[-1,5],"wedge":[0,1],"mark":[0,2],"velocity":[70,50]}"#,
        )
        .unwrap();
        assert_eq!(rows.notes.velocities, columns.notes.velocities);
        assert_eq!(columns.notes.notes[1].marks, Marks { level: Some(5), wedge: 1, signs: 2 });
        for (wrong, word) in [
            ("[[0,1,60,70]]", "rows of onset"),
            ("[[0,1,60,200,0]]", "above 127"),
            (
                r#"{"onset_q":[0],"dur_q":[1,1],"pitch":[60],"staff":[1],"dyn":[-1],"wedge":[0],"mark":[0],"velocity":[70]}"#,
                "different lengths",
            ),
        ] {
            let error = piece(wrong).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn no_played_value_is_shown() {
        let (soft, loud) = (
            piece("[[4,1,60,20,0],[0,1,48,30,2]]").unwrap(),
            piece("[[4,1,60,120,0],[0,1,48,99,2]]").unwrap(),
        );
        let (soft, loud) = (examples(&[soft]), examples(&[loud]));
        let columns = || soft.columns().iter().zip(loud.columns());
        assert_eq!(soft.rows(), 2);
        for (soft, loud) in columns() {
            assert_eq!(soft.values == loud.values, soft.name != "velocity", "{}", soft.name);
        }
        assert_eq!(soft.columns()[3].values, [30.0, 20.0]);
    }

    #[test]
    fn baselines_are_counted_on_train() {
        let train = [piece("[[0,1,60,100,0],[0.5,1,48,60,2]]").unwrap()];
        let asked = piece("[[0,1,62,90,0],[1.5,1,50,60,2]]").unwrap();
        let told = baselines(&[&asked], &train);
        assert_eq!((told["constant"]["velocity_mae"], told["constant"]["r"]), (15.0, 0.0));
        assert_eq!(told["by-role-and-beat"]["velocity_mae"], 5.0);
        assert!(evaluate(&[], None, b"no network").is_err());
    }
}
