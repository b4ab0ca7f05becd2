//! Scores of pieces become a report: a table, and JSON.

use super::Scores;
use crate::eval::live::percentile;
use crate::eval::{Ratio, chord};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// A figure of a piece: its group and name in the summary of `score_audio.py`, its name in `kmidi.eval/1`.
struct Row {
    group: &'static str,
    name: &'static str,
    metric: &'static str,
    of: fn(&Scores) -> Option<Ratio>,
}

const fn row(
    group: &'static str,
    name: &'static str,
    metric: &'static str,
    of: fn(&Scores) -> Option<Ratio>,
) -> Row {
    Row { group, name, metric, of }
}

const GROUPS: [&str; 5] = ["onset", "beat", "tempo", "key", "chord"];

const ROWS: [Row; 19] = [
    row("onset", "onF", "onset_f50", |s| s.onset.map(|o| o.at_50.f.into())),
    row("onset", "onP", "onset_p50", |s| s.onset.map(|o| o.at_50.precision.into())),
    row("onset", "onR", "onset_r50", |s| s.onset.map(|o| o.at_50.recall.into())),
    row("onset", "onF25", "onset_f25", |s| s.onset.map(|o| o.at_25.f.into())),
    row("beat", "btF", "beat_f", |s| s.beat.map(|b| b.f.into())),
    row("beat", "btCem", "beat_cemgil", |s| s.beat.map(|b| b.cemgil.into())),
    row("beat", "CMLt", "beat_cmlt", |s| s.beat.map(|b| b.cmlt.into())),
    row("beat", "AMLt", "beat_amlt", |s| s.beat.map(|b| b.amlt.into())),
    row("beat", "dbF", "downbeat_f", |s| s.downbeat_f.map(Ratio::from)),
    row("tempo", "acc1", "tempo_acc1", |s| s.tempo.map(|t| t.acc1.into())),
    row("tempo", "acc2", "tempo_acc2", |s| s.tempo.map(|t| t.acc2.into())),
    row("key", "keyW", "key_weighted", |s| s.key.map(|k| k.into())),
    row("key", "keyX", "key_exact", |s| s.key.map(|k| f64::from(u8::from(k == 1.0)).into())),
    row("chord", "ch_root", "chord_root", |s| s.chord.map(|c| c.root)),
    row("chord", "ch_majmin", "chord_majmin", |s| s.chord.map(|c| c.majmin)),
    row("chord", "ch_mirex", "chord_mirex", |s| s.chord.map(|c| c.mirex)),
    row("chord", "ch_sevenths", "chord_sevenths", |s| s.chord.map(|c| c.sevenths)),
    row("chord", "ch_tetrads", "chord_tetrads", |s| s.chord.map(|c| c.tetrads)),
    row("chord", "seg", "chord_seg", |s| s.chord.map(|c| c.segmentation.into())),
];

type KnownRow = (&'static str, &'static str, fn(&chord::Scores) -> Ratio);

const CHORD_KNOWN: [KnownRow; 6] = [
    ("ch_root", "chord_known_root", |c| c.root),
    ("ch_majmin", "chord_known_majmin", |c| c.majmin),
    ("ch_mirex", "chord_known_mirex", |c| c.mirex),
    ("ch_sevenths", "chord_known_sevenths", |c| c.sevenths),
    ("ch_tetrads", "chord_known_tetrads", |c| c.tetrads),
    ("seg", "chord_known_seg", |c| c.segmentation.into()),
];

/// Figures over many pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How many pieces were scored.
    pub pieces: usize,
    /// The groups of figures, in the order of the table. A group that nothing was asked of is absent.
    pub groups: Vec<Group>,
    /// How often chords of each confidence are right, by the rule for sevenths and weighted by time.
    pub calibration: Vec<Bin>,
}

/// Chords that were given with a confidence from `from` to `to`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// The least confidence.
    pub from: f64,
    /// The most.
    pub to: f64,
    /// How long they last together, where they are asked.
    pub seconds: f64,
    /// The share of that time in which they are right.
    pub right: f64,
}

/// Figures that stand on one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What was asked: `onset`, `beat`, `tempo`, `key`, `chord`, `live`, `beats_known`, `chord_known`, `swing`,
    /// `meter` or `tempo_told`.
    pub task: &'static str,
    /// `all` or a set's name; `None` for tasks that are not split by set.
    pub set: Option<String>,
    /// How many pieces were asked.
    pub pieces: usize,
    /// The figures in order.
    pub figures: Vec<Figure>,
}

/// A number with its names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// Its name in the table and in the summary, such as `onF`.
    pub name: &'static str,
    /// Its name in `kmidi.eval/1`, such as `onset_f50`.
    pub metric: &'static str,
    /// The value; `None` where there is none, as the lock time of pieces that never lock.
    pub value: Option<f64>,
}

/// Pools the scores of pieces; with `by_set` each set has its own lines too.
pub fn aggregate(pieces: &[Scores], by_set: bool) -> Report {
    let sets: BTreeSet<&str> = pieces.iter().filter(|_| by_set).map(|s| s.set.as_str()).collect();
    let groups = [
        live_group(pieces),
        beats_known_group(pieces),
        chord_known_group(pieces),
        swing_group(pieces),
        meter_group(pieces),
        tempo_told_group(pieces),
    ];
    let mut groups: Vec<Group> = groups.into_iter().flatten().collect();
    for set in [None].into_iter().chain(sets.into_iter().map(Some)) {
        let members: Vec<&Scores> = pieces.iter().filter(|s| set.is_none_or(|set| s.set == set)).collect();
        groups.extend(GROUPS.iter().filter_map(|task| pooled(task, set.unwrap_or("all"), &members)));
    }
    let bin = |n: usize| {
        let ratio = Ratio::pooled(pieces.iter().map(|piece| piece.sure[n]));
        let (from, to) = (n as f64 / 10.0, (n + 1) as f64 / 10.0);
        (ratio.whole > 0.0).then(|| Bin { from, to, seconds: ratio.whole, right: ratio.value() })
    };
    Report { pieces: pieces.len(), groups, calibration: (0..10).filter_map(bin).collect() }
}

/// A group's figures over the pieces that have them.
fn pooled(task: &'static str, set: &str, members: &[&Scores]) -> Option<Group> {
    let rows: Vec<&Row> = ROWS.iter().filter(|row| row.group == task).collect();
    let asked = members.iter().filter(|s| rows.iter().any(|row| (row.of)(s).is_some())).count();
    let figures = rows.iter().filter_map(|row| {
        let values: Vec<Ratio> = members.iter().filter_map(|s| (row.of)(s)).collect();
        let value = Some(Ratio::pooled(values.iter().copied()).value());
        (!values.is_empty()).then_some(Figure { name: row.name, metric: row.metric, value })
    });
    (asked > 0).then(|| Group { task, set: Some(set.to_owned()), pieces: asked, figures: figures.collect() })
}

fn unsplit(task: &'static str, pieces: usize, figures: Vec<Figure>) -> Group {
    Group { task, set: None, pieces, figures }
}

/// Present when every piece with onsets came with reported ones.
fn live_group(pieces: &[Scores]) -> Option<Group> {
    let tried: Vec<Option<f64>> = pieces.iter().filter_map(|s| s.live.lock).collect();
    let locked: Vec<f64> = tried.iter().flatten().copied().collect();
    let heard = || pieces.iter().filter_map(|s| s.live.onsets.as_ref()).flatten();
    let complete = pieces.iter().all(|s| s.onset.is_none() || s.live.onsets.is_some());
    if tried.is_empty() || !complete || heard().next().is_none() {
        return None;
    }
    let figure = |name, metric, value| Figure { name, metric, value };
    let known = |percent| percentile(heard().map(|h| h.known_ms), percent);
    let figures = vec![
        figure("lock_share", "lock_share", Some(locked.len() as f64 / tried.len() as f64)),
        figure("lock_median_s", "lock_median_s", percentile(locked, 50.0)),
        figure("bias_ms", "onset_bias_ms", percentile(heard().map(|h| h.bias_ms), 50.0)),
        figure("known_median_ms", "onset_known_median_ms", known(50.0)),
        figure("known_p95_ms", "onset_known_p95_ms", known(95.0)),
    ];
    Some(unsplit("live", tried.len(), figures))
}

fn beats_known_group(pieces: &[Scores]) -> Option<Group> {
    let late = || pieces.iter().flat_map(|s| &s.live.beats_late_ms).copied();
    let asked = pieces.iter().filter(|s| !s.live.beats_late_ms.is_empty()).count();
    let figure = |name, metric, percent| Figure { name, metric, value: percentile(late(), percent) };
    let figures =
        vec![figure("median_ms", "beat_known_median_ms", 50.0), figure("p95_ms", "beat_known_p95_ms", 95.0)];
    (asked > 0).then(|| unsplit("beats_known", asked, figures))
}

/// Present when every piece with chords came with reported ones.
fn chord_known_group(pieces: &[Scores]) -> Option<Group> {
    let known: Vec<&chord::Scores> = pieces.iter().filter_map(|s| s.live.chords.as_ref()).collect();
    let asked = pieces.iter().filter(|s| s.chord.is_some()).count();
    let figures = CHORD_KNOWN.iter().map(|&(name, metric, of)| {
        let value = Some(Ratio::pooled(known.iter().map(|c| of(c))).value());
        Figure { name, metric, value }
    });
    (asked > 0 && known.len() == asked).then(|| unsplit("chord_known", asked, figures.collect()))
}

fn swing_group(pieces: &[Scores]) -> Option<Group> {
    let errors: Vec<Ratio> = pieces.iter().filter_map(|s| s.swing_error.map(Ratio::from)).collect();
    let value = Some(Ratio::pooled(errors.iter().copied()).value());
    let figure = Figure { name: "mae", metric: "swing_mae", value };
    (!errors.is_empty()).then(|| unsplit("swing", errors.len(), vec![figure]))
}

fn meter_group(pieces: &[Scores]) -> Option<Group> {
    let right: Vec<Ratio> =
        pieces.iter().filter_map(|s| s.meter).map(|right| f64::from(u8::from(right)).into()).collect();
    let value = Some(Ratio::pooled(right.iter().copied()).value());
    let figure = Figure { name: "right", metric: "meter", value };
    (!right.is_empty()).then(|| unsplit("meter", right.len(), vec![figure]))
}

fn tempo_told_group(pieces: &[Scores]) -> Option<Group> {
    let asked = pieces.iter().filter(|s| s.live.flips.whole > 0.0).count();
    let value = Some(Ratio::pooled(pieces.iter().map(|s| s.live.flips)).value());
    let figure = Figure { name: "flips_a_minute", metric: "tempo_flips_a_minute", value };
    (asked > 0).then(|| unsplit("tempo_told", asked, vec![figure]))
}

impl Group {
    /// Is it a group of `score_audio.py`?
    fn is_shared(&self) -> bool {
        !["meter", "tempo_told"].contains(&self.task)
    }

    /// Its name in the summary, such as `onset/all` or `live`.
    pub fn name(&self) -> String {
        match &self.set {
            Some(set) => format!("{}/{set}", self.task),
            None => self.task.to_owned(),
        }
    }

    /// The figure of that name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|f| f.name == name).and_then(|f| f.value)
    }

    /// What stands at the start of its line: 20 characters for tasks split by set.
    fn head(&self) -> String {
        match (&self.set, self.task) {
            (Some(set), task) => format!("{task:<8} {set:<4} n={:2}  ", self.pieces),
            (None, "beats_known") => "beats known   ".to_owned(),
            (None, "chord_known") => "chord from the moment it is known  ".to_owned(),
            (None, "tempo_told") => format!("tempo told    n={:2}  ", self.pieces),
            (None, task @ ("swing" | "meter")) => format!("{task:<14}n={:2}  ", self.pieces),
            (None, task) => format!("{task:<14}"),
        }
    }

    /// Its figures as the table prints them.
    fn cells(&self) -> String {
        if self.task == "beats_known" {
            let [median, late] = ["median_ms", "p95_ms"].map(|name| self.get(name).unwrap_or_default());
            return format!("median {median:.1} ms  p95 {late:.1} ms after the beat");
        }
        let digits = if self.task == "live" { 2 } else { 3 };
        let shown =
            |f: &&Figure| self.task != "chord_known" || ["ch_majmin", "ch_sevenths"].contains(&f.name);
        let cell = |f: &Figure| match f.value {
            Some(value) => format!("{} {value:.digits$}", f.name.trim_start_matches("ch_")),
            None => format!("{} none", f.name),
        };
        self.figures.iter().filter(shown).map(cell).collect::<Vec<_>>().join("  ")
    }
}

impl Report {
    /// The group of that name, such as `onset/all`, `beat/S` or `live`.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|g| g.name() == name)
    }

    /// The figures over all pieces by their names in `kmidi.eval/1`.
    pub fn metrics(&self) -> BTreeMap<&'static str, Option<f64>> {
        let over_all = self.groups.iter().filter(|g| g.set.as_deref().is_none_or(|set| set == "all"));
        over_all.flat_map(|g| &g.figures).map(|f| (f.metric, f.value)).collect()
    }

    /// The lines that `score_audio.py` prints.
    pub fn lines(&self) -> Vec<String> {
        self.groups.iter().filter(|g| g.is_shared()).map(|g| g.head() + &g.cells()).collect()
    }

    /// The same lines, and under each what the named baselines reach on the same pieces.
    pub fn table(&self, baselines: &[(&str, Report)]) -> Vec<String> {
        let mut table = Vec::new();
        for group in &self.groups {
            let head = group.head();
            table.push(format!("{head}{}", group.cells()));
            for (name, report) in baselines {
                if let Some(baseline) = report.groups.iter().find(|g| g.name() == group.name()) {
                    table.push(format!("  {name:<width$} {}", baseline.cells(), width = head.len() - 3));
                }
            }
        }
        if !self.calibration.is_empty() {
            table.push("chords by confidence: from, to, seconds, share right (sevenths)".to_owned());
            let line = |b: &Bin| format!("  {:.1} to {:.1} {:8.1} {:6.3}", b.from, b.to, b.seconds, b.right);
            table.extend(self.calibration.iter().map(line));
        }
        table
    }

    /// The `kmidi.eval/1` document: metrics over all pieces, and those of the named baselines. `file` is the path as the
    /// user gave it.
    pub fn document<'a>(&'a self, file: &'a str, baselines: &[(&'a str, Report)]) -> Document<'a> {
        let metrics = self.metrics();
        let baselines = baselines.iter().map(|(name, report)| {
            let mut of = report.metrics();
            of.retain(|metric, _| metrics.contains_key(metric));
            (*name, of)
        });
        let baselines = baselines.collect();
        Document {
            schema: "kmidi.eval/1",
            task: "audio",
            file,
            items: self.pieces,
            metrics,
            baselines,
            calibration: &self.calibration,
        }
    }
}

/// What `kmidi eval audio --json` writes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document<'a> {
    schema: &'static str,
    task: &'static str,
    file: &'a str,
    items: usize,
    metrics: BTreeMap<&'static str, Option<f64>>,
    baselines: BTreeMap<&'a str, BTreeMap<&'static str, Option<f64>>>,
    calibration: &'a [Bin],
}

/// The summary of `score_audio.py --json`: a map of groups, each a map of figures.
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(self.groups.iter().filter(|g| g.is_shared()).map(|g| (g.name(), g)))
    }
}

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(self.figures.iter().map(|f| (f.name, f.value)))
    }
}
