//! A groove: who plays where, how late, how loud.

use super::{Anchor, GREY, INK, PALE, bold, fitted, label, line, printed, rectangle, sheet, with_tooltip};
use crate::groove::{Cell, Template, Voice};
use svg::node::element::{Circle, Group};

const LEFT: f64 = 112.0;
const TOP: f64 = 64.0;
const ROW: f64 = 44.0;
const FOOT: f64 = 34.0;
/// The widest drawing: longer templates are drawn closer together.
const WIDEST: f64 = 4000.0;
const EARLY: &str = "#2563eb";
const LATE: &str = "#c2410c";

/// A template as SVG: a row a voice, a bar as high as the note is loud, moved as it is early or late, as strong in colour as
/// it is probable; whiskers show how much its timing varies.
pub fn groove(template: &Template) -> String {
    let voices: Vec<Voice> = Voice::ALL
        .into_iter()
        .filter(|&voice| template.cells.iter().any(|cell| cell.voice == voice))
        .collect();
    let steps = f64::from(template.steps_per_bar) * f64::from(template.bars);
    let step = ((WIDEST - LEFT) / steps.max(1.0)).clamp(2.0, 36.0);
    let (width, height) = (LEFT + steps * step + 24.0, TOP + ROW * voices.len() as f64 + FOOT);
    let mut group = Group::new()
        .add(bold(16.0, 24.0, 15.0, INK, Anchor::Start, &fitted(&template.name, 15.0, width - 32.0)))
        .add(label(16.0, 42.0, 10.0, GREY, Anchor::Start, &fitted(&subtitle(template), 10.0, width - 32.0)));
    let bottom = height - FOOT;
    for n in 0..=steps as u32 {
        let x = LEFT + f64::from(n) * step;
        let bar = n % template.steps_per_bar == 0;
        let beat = n % template.steps_per_quarter == 0;
        if bar || beat || step >= 8.0 {
            group = group.add(line(
                x,
                TOP,
                x,
                bottom,
                if bar {
                    INK
                } else if beat {
                    GREY
                } else {
                    PALE
                },
                0.7,
            ));
        }
        if beat && f64::from(n) < steps && step * f64::from(template.steps_per_quarter) >= 20.0 {
            let inside = n % template.steps_per_bar / template.steps_per_quarter + 1;
            let text = if bar { format!("{}", n / template.steps_per_bar + 1) } else { format!(".{inside}") };
            group = group.add(label(x + 2.0, bottom + 14.0, 10.0, GREY, Anchor::Start, &text));
        }
    }
    for (row, &voice) in voices.iter().enumerate() {
        let base = TOP + ROW * (row as f64 + 1.0) - 6.0;
        group = group.add(label(LEFT - 26.0, base - 8.0, 11.0, INK, Anchor::End, voice.name())).add(line(
            LEFT,
            base,
            width - 24.0,
            base,
            PALE,
            1.0,
        ));
        for cell in template.cells.iter().filter(|cell| cell.voice == voice) {
            group = group.add(mark(cell, template, step, base));
        }
    }
    group = group.add(label(
        LEFT,
        height - 6.0,
        9.0,
        GREY,
        Anchor::Start,
        "blue early, orange late; height: velocity; strength of colour: how often",
    ));
    printed(&sheet(width, height, &format!("groove {}", template.name)).add(group))
}

fn subtitle(template: &Template) -> String {
    let said = [template.style.as_str(), template.source.as_str(), template.licence.as_str()];
    let said: Vec<&str> = said.into_iter().filter(|text| !text.is_empty()).collect();
    said.join("; ")
}

fn mark(cell: &Cell, template: &Template, step: f64, base: f64) -> Group {
    let ticks = 960.0 / f64::from(template.steps_per_quarter);
    let x = LEFT + (f64::from(cell.step) + cell.timing / ticks) * step;
    let high = (ROW - 12.0) * cell.velocity / 127.0;
    let wide = (0.18 * step).clamp(1.0, 5.0);
    let whisker = cell.timing_spread / ticks * step;
    let colour = if cell.timing < 0.0 { EARLY } else { LATE };
    let strength = 0.25 + 0.75 * cell.probability;
    let note = Group::new()
        .set("opacity", format!("{strength:.2}"))
        .add(rectangle(x - wide / 2.0, base - high, wide, high, colour))
        .add(
            Circle::new()
                .set("cx", super::short(x))
                .set("cy", super::short(base - high))
                .set("r", super::short(wide * 0.7))
                .set("fill", colour),
        )
        .add(line(x - whisker, base - high, x + whisker, base - high, colour, 1.0));
    let text = format!(
        "{} on step {}: {:+.1} ticks (spread {:.1}), velocity {:.0} (spread {:.0}), in {:.0} % of the bars",
        cell.voice.name(),
        cell.step + 1,
        cell.timing,
        cell.timing_spread,
        cell.velocity,
        cell.velocity_spread,
        100.0 * cell.probability,
    );
    with_tooltip(note, &text)
}
