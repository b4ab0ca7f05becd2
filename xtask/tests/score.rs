//! What the engine hears in the pieces of `corpus/audio`, held from falling.
//!
//! The pieces are rendered with the small synthesiser into `tmp/score` of the target folder, heard and scored as
//! `kmidi eval audio` does, and the figures compared with `corpus/audio/floors`. `--nocapture` shows them. With
//! `KMIDI_RECORD_FLOORS=1` the floors are written anew: for a change that hears better, or one that has a reason to hear
//! worse and says it in the change log.

use kmidi::io::{smf, wav};
use kmidi::studio::render::{NoteEvent, render_notes};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use xtask::floors::{Figures, faults, record};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const RATE: u32 = 48_000;

#[test]
fn no_figure_falls() -> Outcome {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/audio");
    let folder = rendered(&corpus)?;
    let mut fallen = Vec::new();
    for (name, causal) in [("whole", false), ("causal", true)] {
        let evaluation =
            kmidi::evaluate_audio(&folder, kmidi::Ask { causal, ..kmidi::Ask::default() }, &|_, _| {})?;
        println!("{name}\n{}", evaluation.report.table(&evaluation.baselines).join("\n"));
        let figures: Figures = evaluation.report.metrics();
        let path = corpus.join("floors").join(name).with_extension("txt");
        if std::env::var_os("KMIDI_RECORD_FLOORS").is_some() {
            fs::write(&path, record(&figures))?;
        }
        let floors = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        fallen.extend(faults(&floors, &figures).into_iter().map(|fault| format!("{name}: {fault}")));
    }
    assert!(fallen.is_empty(), "{}", fallen.join("\n"));
    Ok(())
}

/// A folder with the sound of each piece beside its truth.
fn rendered(corpus: &Path) -> Outcome<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("score");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut pieces = 0;
    for entry in fs::read_dir(corpus)? {
        let path = entry?.path();
        let Some(name) = path.file_name().filter(|_| path.is_file()) else { continue };
        let target = folder.join(name);
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => drop(fs::copy(&path, target)?),
            Some("mid") => {
                render(&path, &target.with_extension("wav"))?;
                pieces += 1;
            }
            _ => {}
        }
    }
    assert_eq!(pieces, 10, "pieces in {}", corpus.display());
    Ok(folder)
}

fn render(midi: &Path, sound: &Path) -> Outcome {
    let notes = smf::read(midi)?.notes(smf::Pedal::Held);
    let events: Vec<NoteEvent> = notes
        .iter()
        .map(|note| NoteEvent {
            start: note.start_seconds.0,
            end: note.end_seconds.0,
            channel: note.channel,
            program: note.program,
            pitch: note.pitch,
            velocity: note.velocity,
        })
        .collect();
    let stereo = render_notes(&events, RATE)?;
    Ok(wav::write_stereo(sound, RATE, &stereo.left, &stereo.right, wav::Encoding::Int(16))?)
}
