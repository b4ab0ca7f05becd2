//! Form: which sections follow each other, how long they are, and how bars make phrases.

use super::ComposeError;

/// A section before its feeling is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outline {
    pub(super) name: String,
    pub(super) letter: char,
    pub(super) start: u32,
    pub(super) bars: u32,
}

/// Forms that have a name, as section names.
const NAMED: [(&str, &[&str]); 7] = [
    ("verse-chorus", &["verse", "chorus", "verse", "chorus"]),
    ("verse-chorus-bridge", &["verse", "chorus", "verse", "chorus", "bridge", "chorus"]),
    ("ballad", &["verse", "verse", "bridge", "verse"]),
    ("binary", &["A", "B"]),
    ("ternary", &["A", "B", "A"]),
    ("rondo", &["A", "B", "A", "C", "A"]),
    ("build-drop", &["intro", "verse", "build", "drop", "breakdown", "build", "drop", "outro"]),
];

/// Section names that may be listed, with the letter of their material and what they add to the energy.
const SECTIONS: [(&str, char, f32); 12] = [
    ("intro", 'I', -0.15),
    ("verse", 'A', -0.03),
    ("prechorus", 'P', 0.03),
    ("chorus", 'B', 0.08),
    ("refrain", 'B', 0.08),
    ("bridge", 'C', 0.03),
    ("interlude", 'N', -0.05),
    ("solo", 'S', 0.05),
    (BUILD, 'U', 0.02),
    (DROP, 'D', 0.15),
    ("breakdown", 'K', -0.18),
    ("outro", 'O', -0.15),
];

/// The section that rises into the next.
pub(super) const BUILD: &str = "build";
/// The section where all come in at once.
pub(super) const DROP: &str = "drop";

/// The most sections that a form may have.
const MOST_SECTIONS: usize = 64;

/// The length of a piece when nobody asks for one.
const USUAL_BARS: u32 = 32;

/// What a section's place in the form adds to its energy.
pub(super) fn energy_of(name: &str) -> f32 {
    SECTIONS.iter().find(|s| s.0 == name).map_or(0.0, |s| s.2)
}

/// By how much the energy rises from the first bar of a section to its last.
pub(super) fn swell_of(name: &str) -> f32 {
    if name == BUILD { 0.24 } else { 0.0 }
}

/// The sections of the piece, from the wishes for form and length; `style` is the form of a piece without the former.
pub(super) fn outline(
    form: Option<&str>,
    style: Option<&str>,
    bars: Option<u32>,
) -> Result<Vec<Outline>, ComposeError> {
    if bars.is_some_and(|b| !(1..=512).contains(&b)) {
        return Err(ComposeError::Bars { asked: bars.unwrap_or(0), sections: 1 });
    }
    let parts = match (form, style) {
        (Some(text), _) | (None, Some(text)) => read(text)?,
        (None, None) => usual(bars.unwrap_or(USUAL_BARS)),
    };
    let count = parts.len() as u32;
    let bars = bars.unwrap_or(if form.is_some() { 8 * count } else { USUAL_BARS });
    if bars < count {
        return Err(ComposeError::Bars { asked: bars, sections: count });
    }
    let mut start = 0;
    let lengths = lengths(bars, count);
    Ok(parts
        .into_iter()
        .zip(lengths)
        .map(|((name, letter), bars)| {
            start += bars;
            Outline { name, letter, start: start - bars, bars }
        })
        .collect())
}

/// Reads letters (`AABA`), a named form, or a list of section names (`intro, verse, chorus`).
fn read(text: &str) -> Result<Vec<(String, char)>, ComposeError> {
    let wrong = |reason: String| ComposeError::Form { text: text.into(), reason };
    let trimmed = text.trim();
    if let Some((_, names)) = NAMED.iter().find(|n| n.0.eq_ignore_ascii_case(trimmed)) {
        return Ok(label(names.iter().filter_map(|n| section(n)).collect()));
    }
    let letters = trimmed.chars().all(|c| c.is_ascii_alphabetic())
        && (trimmed.chars().all(|c| c.is_ascii_uppercase())
            || section(trimmed).is_none() && trimmed.len() == 1);
    let parts: Vec<_> = if letters {
        trimmed.chars().map(|c| (String::new(), c.to_ascii_uppercase())).collect()
    } else {
        let words = trimmed.split([',', ' ', '-']).filter(|w| !w.is_empty());
        let read = |w: &str| {
            section(&w.to_ascii_lowercase()).or_else(|| section(w)).ok_or_else(|| {
                let names = SECTIONS.map(|s| s.0).join(", ");
                let forms = NAMED.map(|n| n.0).join(", ");
                wrong(format!(
                    "{w:?} is not a section; write capital letters such as AABA, a form ({forms}), or section names \
                     ({names})"
                ))
            })
        };
        words.map(read).collect::<Result<_, _>>()?
    };
    if parts.is_empty() || parts.len() > MOST_SECTIONS {
        return Err(wrong(format!("a form has 1 to {MOST_SECTIONS} sections, this one {}", parts.len())));
    }
    Ok(label(parts))
}

fn section(name: &str) -> Option<(String, char)> {
    let mut chars = name.chars();
    match (chars.next(), chars.next()) {
        (Some(letter @ 'A'..='Z'), None) => Some((String::new(), letter)),
        _ => SECTIONS.iter().find(|s| s.0 == name).map(|s| (s.0.to_owned(), s.1)),
    }
}

/// The usual form for a length: one theme, a small song form, verse and chorus with a bridge, or a rondo of them.
fn usual(bars: u32) -> Vec<(String, char)> {
    let letters: String = match bars {
        0..=15 => "A".into(),
        16..=47 => "AABA".into(),
        48..=71 => "ABABCB".into(),
        _ => {
            let count = (bars as usize / 8).min(MOST_SECTIONS);
            "AABAABCB".chars().cycle().take(count - 1).chain(['A']).collect()
        }
    };
    label(letters.chars().map(|c| (String::new(), c)).collect())
}

/// Names sections that have only a letter: A is the verse, a B that comes back is the chorus, other ones are bridges.
fn label(mut parts: Vec<(String, char)>) -> Vec<(String, char)> {
    let count = |c| parts.iter().filter(|p| p.1 == c).count();
    let chorus = count('B') > 1 && !(parts.len() > 8 && count('A') > count('B'));
    for (name, letter) in &mut parts {
        if name.is_empty() {
            *name = match letter {
                'A' => "verse".into(),
                'B' if chorus => "chorus".into(),
                'B' | 'C' => "bridge".into(),
                _ => format!("section {letter}"),
            };
        }
    }
    parts
}

/// Shares `bars` among sections: whole four-bar phrases where there are enough, the rest to the last section.
fn lengths(bars: u32, sections: u32) -> Vec<u32> {
    let unit = if bars >= 4 * sections { 4 } else { 1 };
    let (units, rest) = (bars / unit, bars % unit);
    (0..sections)
        .map(|i| {
            // Longer sections come last: a longer close is more usual than a longer start.
            let extra = u32::from(sections - i <= units % sections);
            unit * (units / sections + extra) + if i + 1 == sections { rest } else { 0 }
        })
        .collect()
}

/// The phrase lengths of a section: fours; a rest of one bar lengthens the last phrase.
pub(super) fn phrases(bars: u32) -> Vec<u32> {
    let mut lengths = vec![4; (bars / 4) as usize];
    match (bars % 4, lengths.last_mut()) {
        (0, _) => {}
        (1, Some(last)) => *last += 1,
        (rest, _) => lengths.push(rest),
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: Option<&str>, bars: Option<u32>, expected: &str) {
        let text = match outline(form, None, bars) {
            Ok(sections) => {
                sections.iter().map(|s| format!("{}{}", s.letter, s.bars)).collect::<Vec<_>>().join(" ")
            }
            Err(e) => e.to_string(),
        };
        assert!(text.starts_with(expected), "{form:?} {bars:?}: {text}");
    }

    #[test]
    fn forms_and_lengths() {
        check(None, None, "A8 A8 B8 A8");
        check(None, Some(8), "A8");
        check(None, Some(1), "A1");
        check(None, Some(64), "A8 B8 A12 B12 C12 B12");
        check(Some("AABA"), Some(16), "A4 A4 B4 A4");
        check(Some("AABA"), Some(18), "A4 A4 B4 A6");
        check(Some("ABA"), Some(7), "A2 B2 A3");
        check(Some("verse-chorus"), None, "A8 B8 A8 B8");
        check(Some("intro, verse chorus-outro"), Some(16), "I4 A4 B4 O4");
        check(Some("build-drop"), None, "I8 A8 U8 D8 K8 U8 D8 O8");
        check(Some("AABA"), Some(3), "the form has 4 sections");
        check(Some("A1B"), None, "form \"A1B\"");
        check(Some(""), None, "form \"\"");
        check(None, Some(513), "513 bars");
        check(None, Some(0), "0 bars");
        for bars in 1..=512 {
            let sections = outline(None, None, Some(bars)).unwrap();
            assert_eq!(sections.iter().map(|s| s.bars).sum::<u32>(), bars);
            for s in sections {
                assert_eq!(phrases(s.bars).iter().sum::<u32>(), s.bars);
            }
        }
    }
}
