//! Songs given the groove of their style: what is played stays a song.

use kmidi::io::smf;
use kmidi::music::{Affect, Meter, Ticks};
use kmidi::studio::compose::STYLES;
use kmidi::{Intent, Song, compose_in, perform, style};

/// Notes that are empty, out of order, past `end`, or that run into the next one on their key.
fn faults(song: &Song, end: Ticks) -> Vec<String> {
    let mut faults = Vec::new();
    for track in &song.tracks {
        let mut free = [Ticks(0); 128];
        for (k, n) in track.notes.iter().enumerate() {
            let place = format!("{} note {} at {}", track.name, n.pitch, n.onset.0);
            if n.duration.0 == 0 || n.end() > end {
                faults.push(format!("{place}: empty or past the end"));
            }
            if k > 0 && track.notes[k - 1].onset > n.onset {
                faults.push(format!("{place}: out of order"));
            }
            if n.onset < free[usize::from(n.pitch)] {
                faults.push(format!("{place}: overlaps"));
            }
            free[usize::from(n.pitch)] = n.end();
        }
    }
    faults
}

fn of(name: &str, valence: f32, arousal: f32, seed: u64) -> (Song, Song) {
    let intent = Intent { seed, ..Intent::feeling(Affect::new(valence, arousal, 0.0)) };
    let style = style(name).unwrap();
    let written = compose_in(&intent, &style).unwrap().1;
    let played = perform(&written, &style).unwrap();
    assert_eq!(
        smf::write_song(&played).unwrap(),
        smf::write_song(&perform(&written, &style).unwrap()).unwrap()
    );
    (written, played)
}

#[test]
fn what_is_played_is_a_song_in_every_style() {
    for name in STYLES {
        let grooves = style(name).unwrap().groove.is_some();
        for (seed, (v, a)) in
            [(-0.8, -0.8), (-0.7, 0.9), (0.1, 0.0), (0.9, -0.8), (0.9, 0.9)].iter().enumerate()
        {
            let (written, played) = of(name, *v, *a, seed as u64);
            assert_eq!(faults(&played, written.end()), Vec::<String>::new(), "{name} {v} {a}");
            // Drummers' timing is a model's; what no groove and no model moves is played as it is written.
            let mut as_written = style(name).unwrap();
            as_written.models.groove = 0.0;
            assert!(grooves || perform(&written, &as_written).unwrap() == written, "{name} {v} {a}");
            // The grooves that the styles name are of 4/4; a quiet song may lie on whole bars, which they hardly move.
            let moved = grooves && *a > 0.5 && written.meters[0].1 == Meter::COMMON;
            assert!(!moved || written.tracks != played.tracks, "{name} {v} {a}");
            for (w, p) in written.tracks.iter().zip(&played.tracks) {
                let (before, after) = (w.notes.len(), p.notes.len());
                assert!(
                    after <= before && 100 * after >= 98 * before,
                    "{name}, {}: {before} to {after}",
                    w.name
                );
                // A groove moves a note by less than a quarter note.
                let far = w.notes.iter().filter(|n| {
                    !p.notes.iter().any(|q| q.pitch == n.pitch && q.onset.0.abs_diff(n.onset.0) < 480)
                });
                assert_eq!(far.count(), 0, "{name}, {}", w.name);
            }
        }
    }
}

#[test]
fn planted_faults_are_caught() {
    let (written, played) = of("funk", 0.5, 0.6, 1);
    let plant = |change: &dyn Fn(&mut Song)| {
        let mut song = played.clone();
        change(&mut song);
        faults(&song, written.end()).len()
    };
    assert_eq!(plant(&|_| {}), 0);
    assert!(plant(&|s| s.tracks[0].notes[3].duration = Ticks(0)) > 0);
    assert!(plant(&|s| s.tracks[0].notes[3].duration = Ticks(9_999_999)) > 0);
    assert!(plant(&|s| s.tracks[1].notes.swap(0, 20)) > 0);
    assert!(plant(&|s| s.tracks[2].notes[0].onset = written.end()) > 0);
    assert!(
        plant(&|s| {
            let twice = s.tracks[2].notes[0];
            s.tracks[2].notes.insert(1, twice);
        }) > 0
    );
}

#[test]
fn styles_are_read_from_files_and_wrong_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    let file = path.to_str().unwrap();
    let text = include_str!("../../../styles/funk.toml");
    std::fs::write(&path, text.replacen("\"funk\"", "\"mine\"", 1)).unwrap();
    assert_eq!(style(file).unwrap().name, "mine");
    let refused = |from: &str| style(from).err().map(|e| e.to_string()).unwrap_or_default();
    std::fs::write(&path, text.replacen("tempo = ", "temper = ", 1)).unwrap();
    assert!(refused(file).contains("mine.toml") && refused(file).contains("line "), "{}", refused(file));
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(refused(file).contains("no text"), "{}", refused(file));
    assert!(refused("absent.toml").contains("absent.toml"));
    assert!(refused("polka").contains("there is no style \"polka\""), "{}", refused("polka"));
}
