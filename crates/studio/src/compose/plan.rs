//! The plan: what the players agree on, each choice with its reason.

use super::advice::ChordAdvice;
use super::course::course;
use super::feel::{brightness, mode, mode_reason};
use super::form::{Outline, energy_of, outline};
use super::grid::Grid;
use super::material::key_of;
use super::reasons::{feeling, form_reason, harmony_reason};
use super::{
    ComposeError, Material, Plan, PlanChord, PlanSection, Reason, Style, breaks, given, harmonize, harmony,
    pivot,
};
use crate::dice::{Dice, Stream};
use kmidi_music::intent::Progression;
use kmidi_music::notation::symbol;
use kmidi_music::{Affect, Bpm, Chord, Intent, Key, Meter, Mode, ParseError, PitchClass, PitchName, roman};

/// Every mode, those that are tried first for a progression in front.
pub(super) const MODES: [Mode; 7] =
    [Mode::Major, Mode::Minor, Mode::Mixolydian, Mode::Dorian, Mode::Lydian, Mode::Phrygian, Mode::Locrian];

/// Chooses key, metre, tempo, form and chords for `intent` in `style`, around what is brought.
///
/// # Errors
/// When a wish cannot be met: a metre without a grid, a tempo outside 20 to 400, a length outside 1
/// to 512 bars or shorter than the form or what is brought, a form or progression that cannot be read, an arc without order.
pub(super) fn plan(intent: &Intent, style: &Style, material: &Material) -> Result<Plan, ComposeError> {
    check(intent)?;
    let home_affect = whole(intent);
    let mut reasons = Vec::new();
    let tune = material.tune();
    let (key, chords) = key(intent, style, material, home_affect, &mut reasons)?;
    let (meter, grid) = meter(intent, style, home_affect, &mut reasons)?;
    let brought = material.bars(meter);
    let wished = intent.bars.or((brought > 0).then_some(brought));
    if let Some(asked) = intent.bars.filter(|&bars| bars < brought) {
        let reason = format!("what you bring has {brought} bars, and {asked} are asked for");
        return Err(ComposeError::Material { reason });
    }
    let style_form = style.form.as_deref().filter(|_| wished.is_none_or(|bars| (16..48).contains(&bars)));
    let outline = outline(intent.form.as_deref(), style_form, wished)?;
    let base = base_tempo(intent, style, home_affect, meter, &mut reasons);
    let moves = intent.key.is_none() && chords.is_none() && material.is_empty();
    let mut sections = sections(intent, style, &outline, key, base, moves);
    let usual = style.pace(home_affect);
    let course = course(intent, style, &mut sections, |affect| base * style.pace(affect) / usual);
    let letters: String = outline.iter().map(|s| s.letter).collect();
    let bars = outline.iter().map(|s| s.bars).sum();
    reasons.push(form_reason(intent, style_form.is_some(), &letters, bars));
    if let ([section], true) = (&sections[..], intent.arc.len() > 1) {
        let text = format!(
            "one section, one feeling, {}: more bars or a form make room for a way from one to another",
            feeling(section)
        );
        reasons.push(Reason { about: "arc", text });
    }
    if let Some(s) = sections.iter().find(|s| s.key != key) {
        reasons.push(Reason {
            about: "key",
            text: format!(
                "{} in the {}: the same notes around another centre, where the feeling turns",
                s.key.words(),
                s.name
            ),
        });
    }
    let mut advice = ChordAdvice::new(style.models.harmony, key, meter);
    let chords: Vec<PlanChord> = match (chords, &tune) {
        (Some(list), _) => given::chords(&list, bars, meter, grid.beats, key)?,
        (None, _) if !material.chords.is_empty() => {
            reasons.push(Reason { about: "harmony", text: "the chords that you bring".into() });
            harmony::kept(material, bars, &grid, key)
        }
        (None, Some(tune)) => {
            let text = "chords for your melody: what the model of chords for melodies hears in it, weighed with function and cadence";
            reasons.push(Reason { about: "harmony", text: text.into() });
            harmonize::chords(&sections, tune, meter, &grid, &style.harmony)
        }
        (None, None) => {
            let drawn = (0..sections.len()).flat_map(|i| {
                let last = i + 1 == sections.len();
                // A section whose letter comes once, before the end, leads on instead of closing.
                let once = letters.matches(sections[i].letter).count() == 1 && sections.len() > 2;
                let open = !last && (once || sections[i].builds());
                let (section, seed) = (&sections[i], intent.seed);
                harmony::of_section(section, &style.harmony, &grid, seed, last, open, advice.as_mut())
            });
            let mut drawn: Vec<PlanChord> = drawn.collect();
            pivot::lead_over(&mut drawn, &sections);
            drawn
        }
    };
    if intent.progression.is_none() && tune.is_none() && material.chords.is_empty() {
        reasons.push(harmony_reason(home_affect, &sections, &chords));
    }
    let style = style.name.clone();
    let breaks = Vec::new();
    let tempo = Bpm(base);
    let mut plan = Plan { key, meter, tempo, bars, style, sections, course, chords, reasons, breaks };
    breaks::in_plan(&mut plan, intent, material, &grid)?;
    Ok(plan)
}

fn check(intent: &Intent) -> Result<(), ComposeError> {
    let in_range = |a: Affect| [a.valence, a.arousal, a.dominance].iter().all(|x| (-1.0..=1.0).contains(x));
    let arc_error = |reason: &str| Err(ComposeError::Arc { reason: reason.into() });
    if intent.arc.is_empty() {
        return arc_error("it is empty; give at least one place with a feeling");
    }
    if !intent.arc.iter().all(|p| (0.0..=1.0).contains(&p.0) && in_range(p.1)) {
        return arc_error("places go from 0 to 1, and feelings from -1 to 1");
    }
    if !intent.arc.windows(2).all(|w| w[0].0 < w[1].0) {
        return arc_error("places must ascend");
    }
    match intent.tempo {
        Some(tempo) if !(20.0..=400.0).contains(&tempo.0) => {
            Err(ComposeError::Tempo { asked: tempo.0.to_string() })
        }
        _ => Ok(()),
    }
}

/// The feeling that the whole piece leaves: half its mean over time, half its end.
fn whole(intent: &Intent) -> Affect {
    let n = 32;
    let at = |i: u32| intent.affect_at(i as f32 / n as f32);
    let mean =
        (0..=n).map(at).fold([0.0; 3], |s, a| [s[0] + a.valence, s[1] + a.arousal, s[2] + a.dominance]);
    let [v, a, d] = mean.map(|x| x / (n + 1) as f32);
    Affect::new(v, a, d).towards(at(n), 0.5)
}

/// Chords bar by bar.
type Bars = Vec<Vec<Chord>>;

/// The home key, and the user's chords in it.
fn key(
    intent: &Intent,
    style: &Style,
    material: &Material,
    affect: Affect,
    reasons: &mut Vec<Reason>,
) -> Result<(Key, Option<Bars>), ComposeError> {
    let wished = style.mode(mode(affect));
    let mut because = |about, text: String| reasons.push(Reason { about, text });
    let chosen = |mode| {
        // Up to four sharps or flats: easy to read, and every instrument's range holds it.
        let signature = Dice::new(intent.seed, Stream::Key, 0).below(9) as i8 - 4;
        Key::new(PitchName::from_fifths(signature - Key::new(PitchName::C, mode).signature()), mode)
    };
    let empty = || ComposeError::Progression { index: 0, reason: "the progression is empty".into() };
    match (&intent.progression, intent.key) {
        (Some(Progression::Numerals(bars)), _) if bars.iter().all(Vec::is_empty) => Err(empty()),
        (Some(Progression::Chords(bars)), _) if bars.iter().all(Vec::is_empty) => Err(empty()),
        (Some(Progression::Numerals(bars)), given) => {
            let read = |key: Key| {
                let mut index = 0;
                let mut one = |text: &String| {
                    index += 1;
                    let wrong =
                        |e: ParseError| ComposeError::Progression { index: index - 1, reason: e.to_string() };
                    roman::parse(text, key).map_err(wrong)
                };
                let bar = |bar: &Vec<String>| bar.iter().map(&mut one).collect();
                bars.iter().map(bar).collect::<Result<Bars, _>>()
            };
            let key = match given {
                Some(key) => key,
                None => {
                    let modes = [wished].into_iter().chain(MODES);
                    best(modes.map(|m| Key::new(PitchName::C, m)), |k| {
                        read(k).map_or(i32::MIN, |bars| harmony::fit(&bars.concat(), k))
                    })
                    .map_or(chosen(wished), |k| chosen(k.mode))
                }
            };
            let chords = read(key)?;
            because(
                "key",
                match given {
                    Some(key) => format!("{}: asked for", key.words()),
                    None => format!(
                        "{}: the mode in which the numerals fit best; the seed chose the tonic",
                        key.words()
                    ),
                },
            );
            Ok((key, Some(chords)))
        }
        (Some(Progression::Chords(bars)), given) => {
            let list = &bars.concat();
            let on = |pc: PitchClass, mode| {
                let spelled = list.iter().map(|c| c.root).find(|r| r.pitch_class() == pc);
                spelled.map_or(Key::from_pitch_class(pc, mode), |tonic| Key::new(tonic, mode))
            };
            let modes = [wished].into_iter().chain(MODES);
            let all = modes.flat_map(|m| PitchClass::all().map(move |pc| (pc, m))).map(|(pc, m)| on(pc, m));
            let key = given.or_else(|| best(all, |k| harmony::fit(list, k))).unwrap_or(chosen(wished));
            because(
                "key",
                match given {
                    Some(key) => format!("{}: asked for", key.words()),
                    None => format!("{}: the key that the chords fit best", key.words()),
                },
            );
            Ok((key, Some(bars.clone())))
        }
        (None, Some(key)) => {
            because("key", format!("{}: asked for", key.words()));
            Ok((key, None))
        }
        (None, None) if !material.chords.is_empty() => {
            let key = material.chords[0].key;
            because("key", format!("{}: that of the chords that you bring", key.words()));
            Ok((key, None))
        }
        (None, None) if material.tune().is_some() => {
            let key = material.tune().and_then(|tune| key_of(&tune)).unwrap_or(chosen(wished));
            because("key", format!("{}: the key in which your melody is likeliest", key.words()));
            Ok((key, None))
        }
        (None, None) => {
            let key = chosen(wished);
            because("mode", mode_reason(wished).into());
            because(
                "key",
                format!("{}: the mode carries the feeling; the tonic is the seed's choice", key.words()),
            );
            Ok((key, None))
        }
    }
}

/// The first of `keys` with the highest score.
fn best(keys: impl Iterator<Item = Key>, score: impl Fn(Key) -> i32) -> Option<Key> {
    let mut found: Option<(i32, Key)> = None;
    for key in keys {
        let s = score(key);
        if found.is_none_or(|(most, _)| s > most) {
            found = Some((s, key));
        }
    }
    found.map(|f| f.1)
}

fn meter(
    intent: &Intent,
    style: &Style,
    affect: Affect,
    reasons: &mut Vec<Reason>,
) -> Result<(Meter, Grid), ComposeError> {
    let of = |n, d| Meter::new(n, d).unwrap_or(Meter::COMMON);
    let gentle = affect.arousal < -0.05 && affect.valence > -0.6;
    let draw = Dice::new(intent.seed, Stream::Meter, 0).below(10);
    let (meter, why) = match (intent.meter.or(style.meter(draw)), gentle, draw) {
        (Some(meter), ..) if intent.meter.is_some() => (meter, "asked for"),
        (Some(meter), ..) => (meter, "a metre of the style"),
        (None, true, 0 | 1) => (of(3, 4), "a waltz sways, for a gentle feeling"),
        (None, true, 2 | 3) => (of(6, 8), "beats in threes rock, for a gentle feeling"),
        _ => (Meter::COMMON, "the plain metre of songs"),
    };
    let grid = Grid::of(meter).ok_or_else(|| ComposeError::Meter { asked: meter, known: Grid::names() })?;
    reasons.push(Reason { about: "meter", text: format!("{meter}: {why}") });
    Ok((meter, grid))
}

fn base_tempo(
    intent: &Intent,
    style: &Style,
    affect: Affect,
    meter: Meter,
    reasons: &mut Vec<Reason>,
) -> f64 {
    let word = |x: f32| match x {
        x if x < -0.5 => "very low",
        x if x < -0.15 => "low",
        x if x < 0.15 => "middling",
        x if x < 0.5 => "raised",
        _ => "high",
    };
    let (bpm, text) = match intent.tempo {
        Some(bpm) => (bpm.0, "asked for".to_owned()),
        None => {
            // A beat that holds three parts, or a half note, is felt more slowly than a quarter.
            let share = if meter.is_compound() || meter.denominator == 2 { 0.8 } else { 1.0 };
            (libm::round(style.bpm(affect) * share), format!("{} arousal", word(affect.arousal)))
        }
    };
    reasons.push(Reason { about: "tempo", text: format!("{bpm} felt beats a minute: {text}") });
    bpm
}

/// The sections with their feelings. The arc starts in the first section and arrives in the last.
fn sections(
    intent: &Intent,
    style: &Style,
    outline: &[Outline],
    key: Key,
    base: f64,
    moves: bool,
) -> Vec<PlanSection> {
    let centre = |s: &Outline| s.start as f32 + s.bars as f32 / 2.0;
    let (from, to) = (outline.first().map_or(0.0, centre), outline.last().map_or(0.0, centre));
    let whole = whole(intent);
    outline
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let affect = if to > from { intent.affect_at((centre(s) - from) / (to - from)) } else { whole };
            let last = i + 1 == outline.len();
            let growth = if last { 0.03 } else { 0.0 };
            let energy = (0.5 + 0.45 * affect.arousal + energy_of(&s.name) + growth).clamp(0.0, 1.0);
            let bpm = match intent.tempo.is_some() || style.steady {
                true => base,
                false => libm::round(base * style.bpm(affect) / style.bpm(whole)),
            };
            let bright = brightness(key.mode) > brightness(Mode::Dorian);
            let turned = match () {
                () if last || !moves => None,
                () if bright && affect.valence < -0.25 => Some(Mode::Minor),
                () if !bright && affect.valence > 0.3 => Some(Mode::Major),
                () => None,
            };
            let key = turned.map_or(key, |mode| relative(key, mode));
            PlanSection {
                name: s.name.clone(),
                letter: s.letter,
                start_bar: s.start,
                bars: s.bars,
                key,
                affect,
                energy,
                tempo: Bpm(bpm),
            }
        })
        .collect()
}

/// The key of `mode` with the same signature.
fn relative(key: Key, mode: Mode) -> Key {
    let offset = Key::new(PitchName::C, mode).signature();
    Key::new(PitchName::from_fifths(key.signature() - offset), mode)
}

impl Plan {
    /// The plan as JSON: keys as `C:maj`, chords as symbols, numbers finite.
    pub fn to_json(&self) -> serde_json::Value {
        // Hundredths are what a reader wants; that they add up, too.
        let hundredths = |x: f32| libm::round(100.0 * f64::from(x)) / 100.0;
        let terms = |terms: &[(&'static str, f32)]| -> Vec<(&'static str, f64)> {
            terms.iter().map(|term| (term.0, hundredths(term.1))).collect()
        };
        let score = |of: &[(&'static str, f32)]| {
            (!of.is_empty())
                .then(|| libm::round(100.0 * terms(of).iter().map(|term| term.1).sum::<f64>()) / 100.0)
        };
        let sections = self.sections.iter().enumerate().map(|(n, s)| {
            serde_json::json!({
                "name": s.name, "letter": s.letter, "bar": s.start_bar + 1, "bars": s.bars, "key": s.key.to_string(),
                "valence": s.affect.valence, "arousal": s.affect.arousal, "energy": s.energy, "tempo": s.tempo.0,
                "why": self.why_section(n),
            })
        });
        let course = self.course.iter().map(|bar| {
            let tempo = libm::round(100.0 * bar.tempo.0) / 100.0;
            serde_json::json!({
                "valence": hundredths(bar.affect.valence), "arousal": hundredths(bar.affect.arousal),
                "energy": hundredths(bar.energy), "tempo": tempo,
            })
        });
        let chords = self.chords.iter().map(|c| {
            serde_json::json!({
                "bar": c.bar + 1, "beat": c.beat + 1, "beats": c.beats, "symbol": symbol::print(&c.chord),
                "roman": c.roman, "why": c.why, "terms": terms(&c.terms), "score": score(&c.terms),
            })
        });
        serde_json::json!({
            "key": self.key.to_string(), "meter": self.meter.to_string(), "tempo": self.tempo.0, "bars": self.bars,
            "style": self.style, "sections": sections.collect::<Vec<_>>(), "chords": chords.collect::<Vec<_>>(),
            "course": course.collect::<Vec<_>>(), "reasons": self.reasons, "breaks": self.breaks,
        })
    }
}
