//! Drawings as SVG text: a song as a piano roll or a lead sheet, an analysis as a timeline.
//!
//! A drawing is as wide as its music is long; labels never overlap (where there is no room a label is shortened or left
//! out, and stands in the element's tooltip). The same input gives the same text.

mod groove;
mod lead_sheet;
mod percussion;
mod roll;
mod timeline;

pub use groove::groove;
pub use lead_sheet::{lead_sheet, lead_song};
pub use percussion::percussion_name;
pub use roll::piano_roll;
pub use timeline::{AnalysisPlot, analysis_plot};

use svg::node::element::{Group, Line, Rectangle, Text, Title};

const FONT: &str = "Helvetica, Arial, 'Liberation Sans', sans-serif";
const INK: &str = "#22252a";
const GREY: &str = "#6b7280";
const PALE: &str = "#e5e7eb";

/// Where a text stands against its x.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchor {
    Start,
    Middle,
    End,
}

/// Hundredths are finer than any screen, and keep the file short.
fn short(x: f64) -> f64 {
    libm::round(x * 100.0) / 100.0
}

/// A bound on the width of `text` in pixels, for the widest of the usual fonts (DejaVu Sans, bold), so that labels keep
/// apart whichever one a viewer has.
fn text_width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '/' | '.' | ',' | ':' | '(' | ')' | ' ' | '|' | '\'' => 0.4,
        'm' | 'w' | 'M' | 'W' => 1.05,
        'A'..='Z' => 0.78,
        c if (c as u32) > 0x2e80 => 1.05,
        _ => 0.7,
    };
    text.chars().map(em).sum::<f64>() * size
}

/// `text`, or its beginning and an ellipsis, or nothing, so that it is at most `room` pixels wide.
fn fitted(text: &str, size: f64, room: f64) -> String {
    if text_width(text, size) <= room {
        return text.into();
    }
    let mut cut: Vec<char> = text.chars().collect();
    while cut.len() > 2 {
        cut.pop();
        let candidate: String = cut.iter().collect::<String>().trim_end().to_owned() + "…";
        if text_width(&candidate, size) + 0.5 * size <= room {
            return candidate;
        }
    }
    String::new()
}

/// What XML 1.0 can hold: other control characters become spaces. (`<`, `>` and `&` are escaped when written.)
fn clean(text: &str) -> String {
    let allowed = |c: char| c >= ' ' && !matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if allowed(c) { c } else { ' ' }).collect()
}

fn label(x: f64, y: f64, size: f64, fill: &str, anchor: Anchor, text: &str) -> Text {
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    Text::new(clean(text))
        .set("x", short(x))
        .set("y", short(y))
        .set("font-size", size)
        .set("fill", fill)
        .set("text-anchor", anchor)
}

fn bold(x: f64, y: f64, size: f64, fill: &str, anchor: Anchor, text: &str) -> Text {
    label(x, y, size, fill, anchor, text).set("font-weight", "bold")
}

fn rectangle(x: f64, y: f64, width: f64, height: f64, fill: &str) -> Rectangle {
    Rectangle::new()
        .set("x", short(x))
        .set("y", short(y))
        .set("width", short(width.max(0.0)))
        .set("height", short(height.max(0.0)))
        .set("fill", fill)
}

fn line(x1: f64, y1: f64, x2: f64, y2: f64, stroke: &str, width: f64) -> Line {
    Line::new()
        .set("x1", short(x1))
        .set("y1", short(y1))
        .set("x2", short(x2))
        .set("y2", short(y2))
        .set("stroke", stroke)
        .set("stroke-width", width)
}

/// `shape` with a text that shows when the pointer rests on it.
fn with_tooltip(shape: impl Into<Box<dyn svg::Node>>, text: &str) -> Group {
    Group::new().add(Title::new(clean(text))).add(shape)
}

/// A white sheet of that size with a title that readers for the blind speak.
fn sheet(width: f64, height: f64, title: &str) -> svg::Document {
    svg::Document::new()
        .set("viewBox", (0, 0, width.ceil() as i64, height.ceil() as i64))
        .set("width", width.ceil())
        .set("height", height.ceil())
        .set("font-family", FONT)
        .add(Title::new(clean(title)))
        .add(rectangle(0.0, 0.0, width, height, "#ffffff"))
}

fn printed(document: &svg::Document) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{document}\n")
}

#[cfg(test)]
mod tests;
