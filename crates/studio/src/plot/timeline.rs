//! An analysis along time: onsets, beats, chords, keys and tempo.

use super::{
    Anchor, GREY, INK, PALE, bold, fitted, label, line, printed, rectangle, sheet, short, text_width,
    with_tooltip,
};
use kmidi_music::PitchName;
use svg::Document;
use svg::node::element::{Circle, Group, Polyline};

const LEFT: f64 = 72.0;
const RIGHT: f64 = 28.0;

/// What an analysis found, in plain values. Times are seconds from the start; an empty list is not drawn.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnalysisPlot<'a> {
    /// The heading.
    pub title: &'a str,
    /// The length of the sound.
    pub duration: f64,
    /// Beats: time, and whether it begins a bar.
    pub beats: &'a [(f64, bool)],
    /// Chords: start, end, label (in Harte's syntax, for its colour to follow the root).
    pub chords: &'a [(f64, f64, &'a str)],
    /// Keys: start, end, label.
    pub keys: &'a [(f64, f64, &'a str)],
    /// Tempo over time: time, beats a minute; each value holds until the next.
    pub tempo: &'a [(f64, f64)],
    /// Onsets: time, strength 0 to 1.
    pub onsets: &'a [(f64, f32)],
}

/// Draws an analysis as an SVG timeline. Values that are not finite are left out.
pub fn analysis_plot(analysis: &AnalysisPlot<'_>) -> String {
    let duration = if analysis.duration.is_finite() { analysis.duration.clamp(1.0, 86_400.0) } else { 1.0 };
    let scale = (1_400.0 / duration).clamp(24.0, 90.0).min(40_000.0 / duration);
    let plan = Plan { duration, scale, width: (LEFT + duration * scale + RIGHT).max(720.0) };
    let title = if analysis.title.trim().is_empty() { "Analysis" } else { analysis.title.trim() };
    let mut y = 62.0;
    let mut parts: Vec<Group> = Vec::new();
    let mut part = |caption: &str, height: f64, draw: &dyn Fn(f64) -> Group| {
        let caption = label(LEFT - 10.0, y + height / 2.0 + 4.0, 10.5, GREY, Anchor::End, caption);
        parts.push(draw(y).add(caption));
        y += height + 12.0;
    };
    if !analysis.onsets.is_empty() {
        part("onsets", 40.0, &|top| onsets(&plan, top, analysis.onsets));
    }
    if !analysis.beats.is_empty() {
        part("beats", 34.0, &|top| beats(&plan, top, analysis.beats));
    }
    if !analysis.chords.is_empty() {
        part("chords", 72.0, &|top| spans(&plan, top, analysis.chords, 72.0));
    }
    if !analysis.keys.is_empty() {
        part("keys", 26.0, &|top| spans(&plan, top, analysis.keys, 26.0));
    }
    if !analysis.tempo.is_empty() {
        part("BPM", 80.0, &|top| tempo(&plan, top, analysis.tempo));
    }
    let height = y + 26.0;
    let room = plan.width - LEFT - RIGHT;
    let sheet = sheet(plan.width, height, title);
    let sheet = sheet.add(bold(LEFT, 30.0, 18.0, INK, Anchor::Start, &fitted(title, 18.0, room)));
    let sheet = axis(sheet, &plan, y);
    printed(&parts.into_iter().fold(sheet, Document::add))
}

struct Plan {
    duration: f64,
    /// Pixels a second.
    scale: f64,
    width: f64,
}

impl Plan {
    fn x(&self, seconds: f64) -> f64 {
        LEFT + seconds.clamp(0.0, self.duration) * self.scale
    }
}

fn axis(mut sheet: Document, plan: &Plan, bottom: f64) -> Document {
    let step =
        [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 300.0, 600.0].into_iter().find(|s| s * plan.scale > 56.0);
    let step = step.unwrap_or(3_600.0);
    for i in 0..=(plan.duration / step) as u64 {
        let seconds = i as f64 * step;
        let x = plan.x(seconds);
        let text = format!("{}:{:02}", seconds as u64 / 60, seconds as u64 % 60);
        sheet = sheet.add(line(x, 54.0, x, bottom, PALE, 0.8)).add(label(
            x,
            bottom + 14.0,
            10.0,
            GREY,
            Anchor::Middle,
            &text,
        ));
    }
    sheet.add(line(LEFT, bottom, plan.x(plan.duration), bottom, GREY, 0.9))
}

fn onsets(plan: &Plan, top: f64, onsets: &[(f64, f32)]) -> Group {
    let shown = onsets.iter().filter(|o| o.0.is_finite() && o.1.is_finite());
    shown.fold(Group::new(), |group, &(at, strength)| {
        let (x, height) = (plan.x(at), 6.0 + 34.0 * f64::from(strength.clamp(0.0, 1.0)));
        group.add(line(x, top + 40.0 - height, x, top + 40.0, "#d9822b", 1.1))
    })
}

fn beats(plan: &Plan, top: f64, beats: &[(f64, bool)]) -> Group {
    let (mut group, mut bar, mut free) = (Group::new(), 0, 0.0);
    for &(at, downbeat) in beats.iter().filter(|b| b.0.is_finite()) {
        let x = plan.x(at);
        let (from, colour, width) = if downbeat { (12.0, INK, 1.6) } else { (22.0, "#9ca3af", 1.0) };
        group = group.add(line(x, top + from, x, top + 34.0, colour, width));
        if downbeat {
            bar += 1;
            let text = format!("{bar}");
            let half = text_width(&text, 9.0) / 2.0;
            if x - half > free {
                group = group.add(label(x, top + 9.0, 9.0, GREY, Anchor::Middle, &text));
                free = x + half + 5.0;
            }
        }
    }
    group
}

/// A colour by root, neighbours on the circle of fifths alike; grey for no chord.
fn colour(text: &str) -> (String, f64) {
    let Ok((root, used)) = PitchName::parse_prefix(text) else { return ("#9ca3af".into(), 0.35) };
    let hue = i32::from(root.fifths()).rem_euclid(12) * 30;
    let minor = ["min", "dim", "hdim", " minor", "dor", "phr", "loc"];
    let dark = minor.iter().any(|m| text[used..].trim_start_matches(':').starts_with(m));
    let (red, green, blue) = from_hue(f64::from(hue), 0.5, if dark { 0.6 } else { 0.74 });
    (format!("#{red:02x}{green:02x}{blue:02x}"), 0.9)
}

/// HSL to RGB (CSS Color Module Level 4, section 7.1).
fn from_hue(hue: f64, saturation: f64, lightness: f64) -> (u8, u8, u8) {
    let a = saturation * lightness.min(1.0 - lightness);
    let channel = |n: f64| {
        let k = (n + hue / 30.0) % 12.0;
        ((lightness - a * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)) * 255.0).round() as u8
    };
    (channel(0.0), channel(8.0), channel(4.0))
}

fn spans(plan: &Plan, top: f64, spans: &[(f64, f64, &str)], height: f64) -> Group {
    let mut group = Group::new();
    for &(start, end, text) in spans.iter().filter(|s| s.0.is_finite() && s.1.is_finite() && s.1 > s.0) {
        let (x, width) = (plan.x(start), plan.x(end) - plan.x(start));
        let (fill, opacity) = colour(text);
        let shape =
            rectangle(x + 0.5, top, width - 1.0, height, &fill).set("rx", 2.5).set("fill-opacity", opacity);
        group = group.add(with_tooltip(shape, &format!("{text}  {start:.2} to {end:.2} s")));
        let wide = text_width(text, 11.0);
        let middle = x + width / 2.0;
        if wide + 6.0 <= width {
            group = group.add(label(middle, top + height / 2.0 + 4.0, 11.0, INK, Anchor::Middle, text));
        } else if width >= 13.0 && height >= 40.0 {
            // Upright where it does not fit across, from the bottom up.
            let shown = fitted(text, 10.0, height - 4.0);
            let turn = format!("rotate(-90 {} {})", short(middle + 3.5), short(top + height - 3.0));
            let upright = label(middle + 3.5, top + height - 3.0, 10.0, INK, Anchor::Start, &shown);
            group = group.add(upright.set("transform", turn));
        }
    }
    group
}

fn tempo(plan: &Plan, top: f64, curve: &[(f64, f64)]) -> Group {
    let curve: Vec<_> = curve.iter().copied().filter(|p| p.0.is_finite() && p.1.is_finite()).collect();
    let (low, high) = curve.iter().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p.1), h.max(p.1)));
    if low > high {
        return Group::new();
    }
    // At least ten beats a minute high, so that a steady tempo looks steady.
    let middle = (low + high) / 2.0;
    let half = ((high - low) / 2.0 * 1.15).max(5.0);
    let y = |bpm: f64| top + 40.0 - (bpm - middle) / half * 36.0;
    let mut points = Vec::new();
    for (i, &(at, bpm)) in curve.iter().enumerate() {
        let until = curve.get(i + 1).map_or(plan.duration, |next| next.0);
        points.push(format!("{},{}", short(plan.x(at)), short(y(bpm))));
        points.push(format!("{},{}", short(plan.x(until)), short(y(bpm))));
    }
    let line_of = Polyline::new().set("points", points.join(" ")).set("fill", "none");
    let mut group = Group::new();
    let mut marks = vec![low];
    if high - low > 1.0 {
        marks.push(high);
    }
    for bpm in marks {
        group = group.add(line(LEFT, y(bpm), plan.x(plan.duration), y(bpm), PALE, 0.8)).add(label(
            plan.x(plan.duration) - 2.0,
            y(bpm) - 3.0,
            9.5,
            GREY,
            Anchor::End,
            &format!("{bpm:.1}"),
        ));
    }
    group =
        group.add(line_of.set("stroke", "#c8374a").set("stroke-width", 1.6).set("stroke-linejoin", "round"));
    match curve.as_slice() {
        [(at, bpm)] => group.add(
            Circle::new()
                .set("cx", short(plan.x(*at)))
                .set("cy", short(y(*bpm)))
                .set("r", 2.5)
                .set("fill", "#c8374a"),
        ),
        _ => group,
    }
}
