//! Figures that must not fall.
//!
//! A file of floors holds a line `METRIC=X` for each figure, in the form that `kmidi eval --min` takes.

use std::collections::BTreeMap;

/// Figures by name; `None` where there is no value.
pub type Figures = BTreeMap<&'static str, Option<f64>>;

/// Whether less is better: errors, and times until something is known.
fn is_error(metric: &str) -> bool {
    ["_mae", "_ms", "_s", "_a_minute"].iter().any(|unit| metric.ends_with(unit))
}

/// What has fallen: a line each. A figure without a floor, and a floor without a figure, is a fault too, so that
/// neither can vanish unseen.
pub fn faults(floors: &str, figures: &Figures) -> Vec<String> {
    let mut faults = Vec::new();
    let mut named = Vec::new();
    for line in floors.lines().filter(|line| !line.is_empty()) {
        let Some((metric, floor)) = line.split_once('=').and_then(|(m, x)| Some((m, x.parse::<f64>().ok()?)))
        else {
            faults.push(format!("{line:?} is not METRIC=X"));
            continue;
        };
        named.push(metric);
        let value = figures.get(metric).copied().flatten();
        match value {
            Some(value) if is_error(metric) && value.abs() <= floor => {}
            Some(value) if !is_error(metric) && value >= floor => {}
            Some(value) => faults.push(format!("{metric} is {value:.4}, its floor {floor}")),
            None => faults.push(format!("{metric} is unknown, its floor {floor}")),
        }
    }
    let unnamed = figures.iter().filter(|(metric, value)| value.is_some() && !named.contains(metric));
    faults.extend(unnamed.map(|(metric, _)| format!("{metric} has no floor")));
    faults
}

/// The floors on which `figures` stand: their values, cut to three digits on the side that holds.
pub fn record(figures: &Figures) -> String {
    let known = figures.iter().filter_map(|(metric, value)| Some((metric, (*value)?)));
    known
        .map(|(metric, value)| {
            let floor = if is_error(metric) {
                let thousandths = (value.abs() * 1000.0).ceil();
                // The product may have been rounded onto a whole number that the value does not reach.
                if thousandths / 1000.0 < value.abs() { thousandths + 1.0 } else { thousandths }
            } else {
                let thousandths = (value * 1000.0).floor();
                if thousandths / 1000.0 > value { thousandths - 1.0 } else { thousandths }
            } / 1000.0;
            format!("{metric}={floor}\n")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Figures, faults, record};

    fn figures() -> Figures {
        Figures::from([
            ("beat_f", Some(0.8126)),
            ("lock_median_s", None),
            ("onset_bias_ms", Some(-4.2)),
            ("swing_mae", Some(0.0501)),
        ])
    }

    #[test]
    fn what_was_recorded_holds() {
        assert_eq!(record(&figures()), "beat_f=0.812\nonset_bias_ms=4.2\nswing_mae=0.051\n");
        assert_eq!(faults(&record(&figures()), &figures()), [""; 0]);
        // A hair beneath a whole thousandth.
        let hair = Figures::from([
            ("beat_f", Some(0.831_f64.next_down())),
            ("swing_mae", Some(0.831_f64.next_up())),
        ]);
        assert_eq!(faults(&record(&hair), &hair), [""; 0]);
    }

    #[test]
    fn a_fall_is_told() {
        let check =
            |floors: &str, expected: &[&str]| assert_eq!(faults(floors, &figures()), expected, "{floors}");
        check("beat_f=0.82\nonset_bias_ms=4.2\nswing_mae=0.051", &["beat_f is 0.8126, its floor 0.82"]);
        check("beat_f=0.81\nonset_bias_ms=4\nswing_mae=0.051", &["onset_bias_ms is -4.2000, its floor 4"]);
        check("beat_f=0.81\nonset_bias_ms=5\nswing_mae=0.05", &["swing_mae is 0.0501, its floor 0.05"]);
        check(
            "lock_median_s=2\nbeat_f=0.81\nonset_bias_ms=5\nswing_mae=0.1",
            &["lock_median_s is unknown, its floor 2"],
        );
        check("beat_f=0.8\nonset_bias_ms=5", &["swing_mae has no floor"]);
        check(
            "beat_f=0.8\nonset_bias_ms=5\nswing_mae=low",
            &["\"swing_mae=low\" is not METRIC=X", "swing_mae has no floor"],
        );
        assert_eq!(faults("", &figures()).len(), 3);
    }
}
