//! Broken chords gather over a window that follows the beat.

use super::struck::told;

/// The share of the time from the third bar on in which the roots are told, one a bar: a bass note, and three times the other two,
/// at this tempo.
fn right(bpm: f64, up: u8) -> f64 {
    let row: [(&str, [u8; 3]); 8] = [
        ("C", [36, 52, 55]),
        ("A", [33, 48, 52]),
        ("F", [41, 53, 57]),
        ("G", [31, 50, 59]),
        ("C", [36, 52, 55]),
        ("E", [40, 55, 59]),
        ("D", [38, 53, 57]),
        ("G", [31, 50, 59]),
    ];
    let beat = 60_000.0 / bpm;
    let (mut notes, mut truth) = (Vec::new(), Vec::new());
    for bar in 0..16 {
        let (name, [low, middle, high]) = row[bar % 8];
        let at = |beats: f64| ((4.0 * bar as f64 + beats) * beat) as u32;
        let pair = || vec![middle, high];
        for (n, keys) in [vec![low], pair(), pair(), pair()].into_iter().enumerate() {
            let (on, off) = (at(n as f64), at(n as f64 + 0.9));
            notes.extend(keys.iter().map(|key| (on, off, key + up)));
        }
        truth.push((f64::from(at(0.0)) / 1000.0, f64::from(at(4.0)) / 1000.0, name));
    }
    let heard = told(&notes);
    let root = |name: &str| {
        let label = name.parse::<kmidi_music::PitchName>();
        label.map(|name| name.pitch_class().value())
    };
    let (mut good, mut all) = (0, 0);
    for (start, end, name) in &truth[2..] {
        for n in 0.. {
            let time = start + 0.02 * f64::from(n);
            if time >= *end {
                break;
            }
            all += 1;
            let now = heard.iter().rfind(|told| told.1 <= time).map(|told| told.0.split([':', '/']).next());
            let now = now.flatten().and_then(|name| root(name).ok());
            good += usize::from(now == root(name).ok().map(|pc| (pc + up) % 12));
        }
    }
    f64::from(good as u32) / f64::from(all)
}

#[test]
fn slow_basses_and_chords_gather_for_as_long_as_their_beats() {
    for (bpm, least) in [(40.0, 0.86), (50.0, 0.905), (90.0, 0.93), (150.0, 0.95)] {
        let shares = [0, 3, 8].map(|up| right(bpm, up));
        assert!(shares.iter().sum::<f64>() / 3.0 >= least, "{bpm}: {shares:?}");
    }
}
