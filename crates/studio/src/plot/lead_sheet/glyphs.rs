//! The signs of notation as paths of our own, in pixels around the place where they stand.

use super::SPACE;
use super::measure::Sign;
use crate::plot::{INK, short};
use svg::node::element::{Circle, Ellipse, Group, Path};

fn outline(d: String, width: f64) -> Path {
    Path::new()
        .set("d", d)
        .set("fill", "none")
        .set("stroke", INK)
        .set("stroke-width", width)
        .set("stroke-linecap", "round")
        .set("stroke-linejoin", "round")
}

fn filled(d: String) -> Path {
    Path::new().set("d", d).set("fill", INK)
}

/// A path from points in staff spaces around (x, y): `M`, `L` and `C` with their coordinates.
fn path(x: f64, y: f64, parts: &[(char, &[f64])]) -> String {
    let part = |(command, numbers): &(char, &[f64])| {
        let place = |(i, n): (usize, &f64)| short(if i % 2 == 0 { x } else { y } + n * SPACE).to_string();
        format!("{command}{}", numbers.iter().enumerate().map(place).collect::<Vec<_>>().join(" "))
    };
    parts.iter().map(part).collect()
}

/// The treble clef; its curl is around G4, the second line from below.
pub(super) fn clef(x: f64, top: f64) -> Path {
    let line = top + 3.0 * SPACE;
    let d = path(
        x + 9.0,
        line,
        &[
            ('M', &[-0.1, 0.35]),
            ('C', &[-0.7, 0.2, -0.7, -0.75, 0.15, -0.75]),
            ('C', &[1.05, -0.75, 1.15, 0.85, 0.1, 0.95]),
            ('C', &[-1.25, 1.05, -1.5, -0.7, -0.75, -1.5]),
            ('C', &[-0.1, -2.25, 0.75, -2.75, 0.7, -3.7]),
            ('C', &[0.65, -4.6, 0.15, -4.5, -0.05, -3.9]),
            ('C', &[-0.3, -3.1, -0.1, -2.6, 0.35, 0.95]),
            ('C', &[0.5, 2.1, 0.3, 2.45, -0.2, 2.45]),
            ('C', &[-0.6, 2.45, -0.75, 2.1, -0.5, 1.9]),
        ],
    );
    outline(d, 1.9)
}

/// A note head, hollow for half notes and longer.
pub(super) fn head(x: f64, y: f64, hollow: bool) -> Ellipse {
    let turn = format!("rotate(-20 {} {})", short(x), short(y));
    let ellipse =
        Ellipse::new().set("cx", short(x)).set("cy", short(y)).set("ry", 3.7).set("transform", turn);
    match hollow {
        true => ellipse.set("rx", 5.2).set("fill", "#ffffff").set("stroke", INK).set("stroke-width", 1.7),
        false => ellipse.set("rx", 5.6).set("fill", INK),
    }
}

pub(super) fn dot(x: f64, y: f64) -> Circle {
    Circle::new().set("cx", short(x)).set("cy", short(y)).set("r", 1.8).set("fill", INK)
}

/// A sharp, flat, natural, or their doubles, centred on a place.
pub(super) fn accidental(alteration: i8, x: f64, y: f64) -> Path {
    let sharp: &[(char, &[f64])] = &[
        ('M', &[-0.18, -1.3]),
        ('L', &[-0.18, 1.4]),
        ('M', &[0.2, -1.4]),
        ('L', &[0.2, 1.3]),
        ('M', &[-0.5, -0.3]),
        ('L', &[0.5, -0.6]),
        ('M', &[-0.5, 0.6]),
        ('L', &[0.5, 0.3]),
    ];
    let flat: &[(char, &[f64])] = &[
        ('M', &[-0.35, -1.8]),
        ('L', &[-0.35, 0.65]),
        ('C', &[0.15, 0.35, 0.55, -0.05, 0.45, -0.4]),
        ('C', &[0.35, -0.75, -0.15, -0.6, -0.35, -0.2]),
    ];
    let natural: &[(char, &[f64])] = &[
        ('M', &[-0.3, -1.4]),
        ('L', &[-0.3, 0.55]),
        ('L', &[0.3, 0.3]),
        ('M', &[0.3, 1.4]),
        ('L', &[0.3, -0.55]),
        ('L', &[-0.3, -0.3]),
    ];
    let cross: &[(char, &[f64])] =
        &[('M', &[-0.4, -0.4]), ('L', &[0.4, 0.4]), ('M', &[-0.4, 0.4]), ('L', &[0.4, -0.4])];
    let d = match alteration {
        2.. => path(x, y, cross),
        1 => path(x, y, sharp),
        0 => path(x, y, natural),
        -1 => path(x, y, flat),
        _ => path(x - 4.0, y, flat) + &path(x + 3.0, y, flat),
    };
    outline(d, 1.3)
}

/// One flag of a stem; `n` counts from its end.
pub(super) fn flag(x: f64, y: f64, up: bool, n: u32) -> Path {
    let way = if up { 1.0 } else { -1.0 };
    let y = y + way * f64::from(n) * 0.9 * SPACE;
    let d = path(
        x,
        y,
        &[
            ('M', &[0.0, 0.0]),
            ('C', &[0.1, 0.8 * way, 1.2, 1.0 * way, 0.9, 2.3 * way]),
            ('C', &[0.95, 1.4 * way, 0.4, 1.1 * way, 0.0, 0.75 * way]),
        ],
    );
    filled(d)
}

/// A beam from x to x at the tips of the stems, towards the heads.
pub(super) fn beam(from: f64, to: f64, y: f64, thick: f64) -> Path {
    let [a, b, c, d] = [from - 0.6, to + 0.6, y, y + thick].map(short);
    filled(format!("M{a} {c}L{b} {c}L{b} {d}L{a} {d}Z"))
}

/// A tie between two heads, over them or under.
pub(super) fn tie(from: f64, to: f64, y: f64, over: bool) -> Path {
    let way = if over { -1.0 } else { 1.0 };
    let (a, b, start) = (short(from + 5.0), short(to - 6.0), short(y + way * 6.0));
    let (c, d) = (short(from + (to - from) * 0.35), short(from + (to - from) * 0.65));
    let (deep, shallow) = (short(y + way * 13.0), short(y + way * 10.5));
    filled(format!("M{a} {start}C{c} {deep} {d} {deep} {b} {start}C{d} {shallow} {c} {shallow} {a} {start}Z"))
}

/// A rest of a value, at its place or, for a whole bar, in the middle.
pub(super) fn rest(sign: &Sign, x: f64, top: f64, middle: f64) -> Group {
    let y = top + 2.0 * SPACE;
    let bar = |x: f64, y: f64| {
        let [a, b, c, d] = [x - 5.5, x + 5.5, y, y + 0.5 * SPACE].map(short);
        filled(format!("M{a} {c}L{b} {c}L{b} {d}L{a} {d}Z"))
    };
    let mut group = Group::new();
    group = match sign.units {
        12.. => group.add(bar(if sign.units >= 16 { middle } else { x }, top + SPACE)),
        8..=11 => group.add(bar(x, top + 1.5 * SPACE)),
        6 | 4 => group.add(outline(
            path(
                x,
                y,
                &[
                    ('M', &[-0.25, -1.4]),
                    ('L', &[0.35, -0.6]),
                    ('L', &[-0.2, 0.0]),
                    ('L', &[0.4, 0.8]),
                    ('C', &[-0.2, 0.5, -0.5, 0.9, 0.0, 1.4]),
                ],
            ),
            2.0,
        )),
        units => {
            let hooks = if units == 1 { 2 } else { 1 };
            let stem = path(x, y, &[('M', &[0.45, -0.75]), ('L', &[-0.1, 1.0 + 0.5 * f64::from(hooks - 1)])]);
            group = group.add(outline(stem, 1.3));
            for hook in 0..hooks {
                let down = f64::from(hook) * 0.95;
                let (cx, cy) = (x - (0.3 + 0.2 * f64::from(hook)) * SPACE, y + (down - 0.55) * SPACE);
                let from = 0.45 - 0.3 * down;
                let arc = path(
                    x,
                    y,
                    &[
                        ('M', &[-0.3 - 0.2 * f64::from(hook), down - 0.45]),
                        ('C', &[-0.1, down - 0.2, 0.3, down - 0.4, from, down - 0.75]),
                    ],
                );
                group = group.add(outline(arc, 1.2)).add(dot(cx, cy));
            }
            group
        }
    };
    if sign.is_dotted() && sign.units < 12 {
        group = group.add(dot(x + 9.0, y - SPACE / 2.0));
    }
    group
}
