//! Why a plan is as it is, in words.

use super::feel::bittersweet;
use super::{Plan, PlanChord, PlanSection, Reason};
use kmidi_music::emotion::nearest;
use kmidi_music::{Affect, Intent, PitchClass};

/// The word that is nearest to what a section feels like.
pub(super) fn feeling(section: &PlanSection) -> &'static str {
    nearest(section.affect).name
}

impl Plan {
    /// What a section is there for and what it is like, against the one before and its likes. Empty beyond the last.
    pub fn why_section(&self, n: usize) -> String {
        let Some(section) = self.sections.get(n) else { return String::new() };
        let part = |share: f32| match share {
            ..0.25 => "few play, softly",
            ..0.45 => "sparse",
            ..0.65 => "full but at ease",
            ..0.85 => "full and busy",
            _ => "everybody plays",
        };
        let mut words = vec![feeling(section).to_owned(), part(section.energy).to_owned()];
        if let Some(before) = n.checked_sub(1).map(|n| &self.sections[n]) {
            let (more, faster) = (section.energy - before.energy, section.tempo.0 - before.tempo.0);
            words.push(match more {
                0.04.. => format!("more than the {} before", before.name),
                ..-0.04 => format!("less than the {} before", before.name),
                _ => format!("as much as the {} before", before.name),
            });
            if faster.abs() >= 1.0 {
                words.push(format!(
                    "{:.0} beats a minute {}",
                    faster.abs(),
                    if faster > 0.0 { "faster" } else { "slower" }
                ));
            }
        }
        if section.builds() && n + 1 < self.sections.len() {
            words.push(
                "rises into what follows: the snare ever closer, chords and tune upward, the bass held on the dominant, then a beat of silence"
                    .to_owned(),
            );
        }
        if section.drops() && n > 0 && self.sections[n - 1].builds() {
            words.push("everybody comes in at once after the silence".to_owned());
        }
        if let Some(first) = self.sections[..n].iter().find(|other| other.letter == section.letter) {
            words.push(format!("the material of bar {}", first.start_bar + 1));
        } else if n > 0 {
            words.push("new material".to_owned());
        }
        let most = |a: &PlanSection, b: &PlanSection| a.energy.total_cmp(&b.energy);
        let peak = self
            .sections
            .iter()
            .rev()
            .max_by(|a, b| most(a, b))
            .is_some_and(|peak| peak.start_bar == section.start_bar);
        if peak && self.sections.len() > 2 {
            words.push("the climax".to_owned());
        }
        let moves = self.sections.iter().any(|other| other.affect != section.affect);
        if moves && n + 1 == self.sections.len() {
            words.push("here the arc arrives".to_owned());
        }
        words.join(", ")
    }
}

/// Why the form is as it is; `of_style` tells that the style has one for a piece of that length.
pub(super) fn form_reason(intent: &Intent, of_style: bool, letters: &str, bars: u32) -> Reason {
    let asked = match (intent.form.is_some(), intent.bars.is_some()) {
        (false, true) if of_style => "length asked for; the usual form of the style",
        (false, false) if of_style && letters != "AABA" => "the usual form of the style",
        (true, true) => "form and length asked for",
        (true, false) => "form asked for, eight bars a section",
        (false, true) => "length asked for; the usual form for it",
        (false, false) => "a small song form: say it, say it again, depart, return",
    };
    let text = format!("{letters}, {bars} bars: {asked}; four-bar phrases, one letter for one material");
    Reason { about: "form", text }
}

/// Which chords the feeling chose, and which stand outside the key.
pub(super) fn harmony_reason(affect: Affect, sections: &[PlanSection], chords: &[PlanChord]) -> Reason {
    let mixed = sections.iter().any(|s| bittersweet(s.affect) > 0.5);
    let mut text = match () {
        () if mixed => "mixed feelings borrow from the parallel mode".to_owned(),
        () if affect.valence > 0.0 => "glad feelings lean on the bright chords of the key".to_owned(),
        () => "dark feelings lean on the dark chords of the key".to_owned(),
    };
    text.push_str("; half cadences ask, closes answer");
    let mut outside: Vec<&str> = Vec::new();
    for chord in chords {
        let section = sections.iter().rfind(|s| s.start_bar <= chord.bar);
        let scale = section.map_or_else(Default::default, |s| s.key.scale());
        // The raised leading note belongs to minor.
        let foreign = |pc: PitchClass| {
            let above = section.map_or(0, |s| pc.above(s.key.tonic.pitch_class()));
            !scale.contains(pc) && above != 11
        };
        if chord.chord.pitch_classes().iter().any(foreign) && !outside.contains(&chord.roman.as_str()) {
            outside.push(&chord.roman);
        }
    }
    if !outside.is_empty() {
        text.push_str(&format!("; from outside the key: {}", outside.join(", ")));
    }
    Reason { about: "harmony", text }
}
