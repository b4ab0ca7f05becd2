//! The report as one file of HTML: what is slow, whether to believe it, and the curves behind it. No network, no scripts.

use crate::machine::Fit;
use crate::report::{Report, Row};
use crate::verdict::{Verdict, megabytes, time, time_or_dash};
use std::fmt::Write;
use svg::Document;
use svg::node::element::{Line, Polyline, Rectangle, Text};

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;color:#1b1b1f}\
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.05rem;margin:2.2rem 0 .4rem}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\
th,td{padding:.25rem .55rem;text-align:right;border-bottom:1px solid #e3e3e8;white-space:nowrap}th{font-weight:600;color:#555}\
th:first-child,td:first-child,td.l,th.l{text-align:left}td.w{white-space:normal;text-align:left;color:#555}\
.v{font-weight:700;padding:.05rem .5rem;border-radius:.6rem;color:#fff}.PASS{background:#1a7f37}.WARN,.INSUFFICIENT{background:#9a6700}\
.FAIL,.REGRESSION{background:#b3261e}.none{background:#888}.sum{font-size:1.1rem;margin:.6rem 0}.bar{background:#dde3f0;height:.6rem;width:9rem;border-radius:.3rem;overflow:hidden}\
.bar i{display:block;height:100%;background:#4477aa}.bar i.over{background:#b3261e}.grid{display:grid;grid-template-columns:1fr 1fr;gap:1rem}\
small,.dim{color:#666}svg{width:100%;height:auto}details{margin:.4rem 0}summary{cursor:pointer}";

/// Text that can stand in HTML.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn badge(verdict: Option<Verdict>) -> String {
    let name = verdict.map_or("none", Verdict::name);
    format!("<span class=\"v {name}\">{}</span>", if verdict.is_none() { "not there" } else { name })
}

/// The whole page.
pub(crate) fn page(report: &Report) -> String {
    let mut html = String::new();
    let commit = report.commit.as_deref().unwrap_or("no commit");
    let _ = write!(
        html,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>kmidi bench: {}</title><style>{STYLE}</style></head><body><h1>kmidi bench {}</h1><small>{} · {} · {} build</small>",
        report.verdict.name(),
        badge(Some(report.verdict)),
        plain(&report.date),
        plain(commit),
        plain(&report.profile)
    );
    if let Some(plant) = &report.planted {
        let _ = write!(html, "<p><b>A fault is planted: {}.</b></p>", plain(plant));
    }
    html.push_str(&believe(report));
    if !report.results.is_empty() {
        html.push_str(&overview(&report.results));
    }
    if !report.memory.is_empty() {
        html.push_str(&memory(report));
    }
    html.push_str(&long(report));
    for row in report.results.iter().filter(|row| row.wall.samples > 0) {
        html.push_str(&detail(row));
    }
    for note in &report.notes {
        let _ = write!(html, "<p class=\"dim\">{}</p>", plain(note));
    }
    html.push_str("</body></html>\n");
    html
}

/// Whether to believe it: the machine and the harness.
fn believe(report: &Report) -> String {
    let machine = &report.machine;
    let belief = match machine.fit {
        Fit::Ok => "This machine can prove tails: they are judged by the wall clock.",
        Fit::Warn => {
            "Means and medians can be believed. Tails by the wall clock cannot: this machine is shared or changes its speed, so \
             tails are judged by the thread's own CPU time, and the wall clock stands beside it."
        }
    };
    let told = |value: &Option<String>| value.as_deref().map_or("not told".to_owned(), plain);
    format!(
        "<p class=\"sum\">{belief}</p><p class=\"dim\">{}, {} cores, {}; governor {}, kernel {}, {} stolen. The harness costs {:.0} ns a \
         call, {:.0} ns of it inside what is timed, which is taken off.</p>",
        plain(&machine.cpu),
        machine.cores,
        machine.memory.map_or("memory not told".into(), |bytes| format!(
            "{:.0} GiB",
            bytes as f64 / f64::from(1 << 30)
        )),
        told(&machine.governor),
        told(&machine.kernel),
        machine.steal_percent.map_or("time not told".into(), |percent| format!("{percent} % of time")),
        report.harness.call,
        report.harness.inside
    )
}

/// All rows, those that are worst or nearest their budget first.
fn overview(rows: &[Row]) -> String {
    let share = |row: &Row| row.wall.mean.zip(row.budget.mean).map(|(mean, budget)| mean / budget);
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by(|a, b| {
        b.verdict.cmp(&a.verdict).then(share(b).unwrap_or(0.0).total_cmp(&share(a).unwrap_or(0.0)))
    });
    let mut html = String::from(
        "<h2>What is slow: worst first</h2><table><tr><th>a call of</th><th class=\"l\">verdict</th><th class=\"l\">share of its budget</th><th>mean</th><th>budget</th>\
         <th>median</th><th>p99</th><th>p99.9</th><th>CPU p99.9</th><th>max</th><th>cold</th><th>counted</th></tr>",
    );
    for row in rows {
        let bar = share(row).map_or(String::new(), |share| {
            let over = if share >= 1.0 { " class=\"over\"" } else { "" };
            format!(
                "<div class=\"bar\" title=\"{:.0} %\"><i{over} style=\"width:{:.1}%\"></i></div>",
                share * 100.0,
                (share * 100.0).min(100.0)
            )
        });
        let few = |value: Option<f64>| match value {
            None if row.wall.samples > 0 => "too few".into(),
            value => time_or_dash(value),
        };
        let _ = write!(
            html,
            "<tr><td><a href=\"#{0}\">{0}</a></td><td class=\"l\">{10}</td><td class=\"l\">{bar}</td><td>{1}</td><td>{2}</td><td>{3}</td><td>{4}</td><td>{5}</td><td>{6}</td>\
             <td>{7}</td><td>{8}</td><td>{9}</td></tr>",
            plain(&row.name),
            time_or_dash(row.wall.mean),
            time_or_dash(row.budget.mean),
            time_or_dash(row.wall.median),
            few(row.wall.p99),
            few(row.wall.p999),
            few(row.cpu_p999),
            time_or_dash(row.wall.max),
            time_or_dash(row.cold.as_ref().and_then(|cold| cold.median)),
            row.counted()
                .map_or(if row.verdict.is_none() { "-".into() } else { "not proven".into() }, |sum| sum
                    .to_string()),
            badge(row.verdict)
        );
        let words: Vec<String> = row.reasons.iter().chain(&row.note).map(|reason| plain(reason)).collect();
        if !words.is_empty() {
            let _ =
                write!(html, "<tr><td></td><td class=\"w\" colspan=\"11\">{}</td></tr>", words.join("; "));
        }
    }
    html.push_str("</table><p class=\"dim\">counted: allocations, frees, locks, clock reads and system calls while every one was watched. cold: median after the caches were emptied.</p>");
    html
}

fn memory(report: &Report) -> String {
    let mut html = String::from(
        "<h2>Memory</h2><table><tr><th>phase</th><th>budget</th><th>held</th><th>most</th><th>allocations</th><th>resident</th><th>peak</th><th class=\"l\">verdict</th></tr>",
    );
    for phase in &report.memory {
        let _ = write!(
            html,
            "<tr><td>{}: {}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"l\">{} {}</td></tr>",
            plain(&phase.phase),
            plain(&phase.about),
            megabytes(phase.budget),
            megabytes(phase.allocated),
            megabytes(phase.allocated_peak),
            phase.allocations.map_or("-".into(), |count| count.to_string()),
            megabytes(phase.resident),
            megabytes(phase.peak),
            badge(phase.verdict),
            plain(phase.note.as_deref().unwrap_or(""))
        );
    }
    html.push_str("</table>");
    html
}

fn long(report: &Report) -> String {
    let mut html = String::new();
    if let Some(paced) = &report.paced {
        let _ = write!(
            html,
            "<h2>Paced: {} for {:.0} s {}</h2><p>{} blocks, one every {}. Woken {} late at the median, {} at worst. Work {} at the mean, {} at worst. \
             Missed: {} by their work, {} by late wake-ups. {}</p>",
            plain(&paced.name),
            paced.seconds,
            badge(Some(paced.verdict)),
            paced.blocks,
            time(paced.period as f64),
            time_or_dash(paced.wake_up.median),
            time_or_dash(paced.wake_up.max),
            time_or_dash(paced.work.mean),
            time_or_dash(paced.work.max),
            paced.missed_by_work,
            paced.missed_by_wake_up,
            plain(&paced.reasons.join("; "))
        );
    }
    if let Some(soak) = &report.soak {
        let _ = write!(
            html,
            "<h2>Soak for {:.0} s {}</h2><p>{} turns, {} calls; thread CPU time {} at the mean, {} at worst; {} bytes gained. {}</p>",
            soak.seconds,
            badge(Some(soak.verdict)),
            soak.turns,
            soak.calls,
            time_or_dash(soak.cpu.mean),
            time_or_dash(soak.cpu.max),
            soak.gained,
            plain(&soak.reasons.join("; "))
        );
    }
    html
}

/// One benchmark: its curves and its worst calls.
fn detail(row: &Row) -> String {
    let budget = row.budget.mean;
    let course: Vec<(f64, f64)> =
        row.course.iter().enumerate().map(|(n, &ns)| (n as f64, ns as f64)).collect();
    let share = row
        .share_of_block_p999
        .map_or(String::new(), |share| format!("; p99.9 is {:.2} % of a block", share * 100.0));
    let worst: Vec<String> =
        row.worst.iter().map(|(ns, call)| format!("{} in call {call}", time(*ns as f64))).collect();
    let warm = row.warm_up.as_ref().map_or(String::new(), |warm| {
        format!(
            "; the first {} calls: mean {}, worst {}",
            warm.samples,
            time_or_dash(warm.mean),
            time_or_dash(warm.max)
        )
    });
    format!(
        "<h2 id=\"{0}\">{0} {1}</h2><p class=\"dim\">{2}; {3} calls; checked: {4}{share}{warm}</p><div class=\"grid\"><div>{5}</div><div>{6}</div></div>\
         <details><summary>the slowest calls</summary><p class=\"dim\">{7}</p></details>",
        plain(&row.name),
        badge(row.verdict),
        plain(&row.about),
        row.wall.samples,
        plain(row.checked.as_deref().unwrap_or("wrong")),
        plot(&row.curve, budget, "percentiles", true),
        plot(&course, budget, "slowest call of each stretch of the run", false),
        plain(&worst.join(", "))
    )
}

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 66.0;

/// A curve over a logarithm of time, with the budget as a line.
fn plot(points: &[(f64, f64)], budget: Option<f64>, title: &str, nines: bool) -> String {
    let values = || points.iter().map(|(_, ns)| ns.max(1.0)).chain(budget);
    let (low, high) =
        (values().fold(f64::INFINITY, f64::min).log10().floor(), values().fold(1.0, f64::max).log10().ceil());
    let end = points.last().map_or(1.0, |(x, _)| x.max(1.0));
    let x = |value: f64| LEFT + (WIDTH - LEFT - 12.0) * value / end;
    let y = |ns: f64| 24.0 + (HEIGHT - 48.0) * (1.0 - (ns.max(1.0).log10() - low) / (high - low).max(1.0));
    let text = |at: f64, down: f64, anchor: &str, words: String| {
        Text::new(words)
            .set("x", at)
            .set("y", down)
            .set("font-size", 11)
            .set("text-anchor", anchor)
            .set("fill", "#555")
    };
    let level = |at: f64, colour: &str| {
        Line::new().set("x1", LEFT).set("x2", WIDTH - 12.0).set("y1", at).set("y2", at).set("stroke", colour)
    };
    let mut page = Document::new()
        .set("viewBox", (0, 0, WIDTH, HEIGHT))
        .set("font-family", "sans-serif")
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "#fafafc"))
        .add(text(LEFT, 15.0, "start", title.into()));
    let mut decade = low;
    while decade <= high {
        let at = y(10_f64.powf(decade));
        page = page.add(level(at, "#e0e0e6")).add(text(
            LEFT - 6.0,
            at + 4.0,
            "end",
            time(10_f64.powf(decade)).replace(".00", "").replace(".0", ""),
        ));
        decade += 1.0;
    }
    if nines {
        for nines in (0..=end as u32).map(f64::from) {
            let percent = 100.0 - 100.0 * 10_f64.powf(-nines);
            let words = if nines == 0.0 { "fastest".into() } else { format!("{percent} %") };
            page =
                page.add(text(x(nines), HEIGHT - 8.0, if nines == 0.0 { "start" } else { "middle" }, words));
        }
    }
    if let Some(budget) = budget {
        let at = y(budget);
        page = page.add(level(at, "#b3261e").set("stroke-dasharray", "5 3")).add(text(
            WIDTH - 14.0,
            at - 4.0,
            "end",
            format!("mean below {}", time(budget)),
        ));
    }
    let line: Vec<String> = points.iter().map(|&(a, b)| format!("{:.1},{:.1}", x(a), y(b))).collect();
    page.add(
        Polyline::new()
            .set("points", line.join(" "))
            .set("fill", "none")
            .set("stroke", "#4477aa")
            .set("stroke-width", 1.6),
    )
    .to_string()
}
