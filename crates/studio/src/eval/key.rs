//! Key of a piece.
//!
//! **Convention**: a tonic and a mode, `C# major`; the weights of MIREX (audio key detection task, since 2005) for keys
//! that are near: a fifth above 0.5, relative 0.3, parallel 0.2. As in mir_eval a fifth below has no weight.

/// The score of the same key.
pub const SAME: f64 = 1.0;

/// The tonics that the convention names, with their pitch class. `Cb`, `B#`, `E#`, `Fb` and double accidentals are not
/// among them.
const TONICS: [(&str, u8); 17] = [
    ("c", 0),
    ("c#", 1),
    ("db", 1),
    ("d", 2),
    ("d#", 3),
    ("eb", 3),
    ("e", 4),
    ("f", 5),
    ("f#", 6),
    ("gb", 6),
    ("g", 7),
    ("g#", 8),
    ("ab", 8),
    ("a", 9),
    ("a#", 10),
    ("bb", 10),
    ("b", 11),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Major,
    Minor,
    Other,
}

/// The weighted score, 0 to 1, of a label such as `C:maj` against a reference such as `C major`. A label that names no
/// key, on either side, scores 0.
pub fn measure(reference: &str, label: Option<&str>) -> f64 {
    let Some((tonic, mode)) = label.and_then(|label| label.split_once(':')) else { return 0.0 };
    let mode = match mode {
        "maj" => "major",
        "min" => "minor",
        other => other,
    };
    match (read(reference), read(&format!("{tonic} {mode}"))) {
        (Some(reference), Some(estimate)) => weight(reference, estimate),
        _ => 0.0,
    }
}

/// `C# major`; the tonic in either case.
fn read(key: &str) -> Option<(u8, Mode)> {
    let mut words = key.split_whitespace();
    let (tonic, mode) = (words.next()?.to_lowercase(), words.next()?);
    let mode = match mode {
        "major" => Mode::Major,
        "minor" => Mode::Minor,
        "other" => Mode::Other,
        _ => return None,
    };
    let row = TONICS.iter().find(|row| row.0 == tonic)?;
    words.next().is_none().then_some((row.1, mode))
}

fn weight((reference, reference_mode): (u8, Mode), (estimate, mode): (u8, Mode)) -> f64 {
    let above = (12 + estimate - reference) % 12;
    match (above, mode == reference_mode, reference_mode) {
        (0, true, _) => SAME,
        (7, true, _) => 0.5,
        (9, false, Mode::Major) | (3, false, Mode::Minor) => 0.3,
        (0, false, _) => 0.2,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations() {
        let check = |reference, label: &str, score| {
            assert_eq!(measure(reference, Some(label)), score, "{label} for {reference}");
        };
        check("C# major", "Db:maj", 1.0);
        check("C major", "G:maj", 0.5);
        check("C major", "F:maj", 0.0);
        check("A minor", "E:min", 0.5);
        check("C major", "A:min", 0.3);
        check("A minor", "C:maj", 0.3);
        check("C major", "C:min", 0.2);
        check("C major", "C:other", 0.2);
        check("C major", "A:other", 0.3);
        check("A minor", "C:min", 0.0);
        check("c major", "C:major", 1.0);
    }

    #[test]
    fn what_names_no_key_scores_nothing() {
        for label in ["", "C", "C:", "C:dorian", "Cb:maj", "H:maj", "x:maj", "X", "C:maj:maj", "C D:maj"] {
            assert_eq!(measure("C major", Some(label)), 0.0, "{label:?}");
        }
        assert_eq!(measure("C major", None), 0.0);
        assert_eq!(measure("", Some("C:maj")), 0.0);
        assert_eq!(measure("Cb major", Some("B:maj")), 0.0);
    }
}
