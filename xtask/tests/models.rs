//! Every file of weights is registered, is the registered one, and may ship.

use kmidi::{MOST_BYTES, built_in_faults, model_faults, models};
use std::fs;
use std::path::{Path, PathBuf};

fn ours() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

#[test]
fn our_models_are_as_registered() {
    assert_eq!(model_faults(&ours()).unwrap(), Vec::<String>::new());
    let rows = models(None).unwrap();
    assert_eq!(
        rows,
        models(Some(&ours())).unwrap(),
        "the registry that was built in is the one of the folder"
    );
    assert_eq!(built_in_faults(&rows), Vec::<String>::new());
    assert!(rows.len() >= 5, "the front ends at least");
    let nameless =
        |row: &kmidi::ModelRow| row.inputs.iter().chain(&row.outputs).any(|port| port.meaning.is_empty());
    let nameless: Vec<&str> = rows.iter().filter(|row| nameless(row)).map(|row| row.file.as_str()).collect();
    assert!(nameless.is_empty(), "the registry does not say what goes in and out: {nameless:?}");
}

/// A folder with one registered network, and a change to its registry.
fn folder(name: &str, change: impl Fn(&str) -> String) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("front")).unwrap();
    fs::copy(ours().join("chroma-front/notes.bin"), folder.join("front/notes.bin")).unwrap();
    let all = fs::read_to_string(ours().join("registry.json")).unwrap();
    let begin =
        all.find("  {\n   \"name\": \"chroma-front\",\n   \"file\": \"chroma-front/notes.bin\"").unwrap();
    let end = begin + all[begin..].find("\n  }").unwrap() + 4;
    let row = all[begin..end].replace("chroma-front/notes.bin", "front/notes.bin");
    fs::write(folder.join("registry.json"), change(&format!("{{\"models\": [\n{row}\n]}}"))).unwrap();
    folder
}

#[test]
fn planted_faults_are_found() {
    assert_eq!(model_faults(&folder("whole", str::to_owned)).unwrap(), Vec::<String>::new());
    let found = |name: &str, from: &str, to: &str, words: &str| {
        let folder = folder(name, |text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        let faults = model_faults(&folder).unwrap().join("\n");
        assert!(faults.contains(words), "{words}: {faults:?}");
    };
    found("hash", "\"sha256\": \"", "\"sha256\": \"0", "not the file that the registry names");
    found("licence", "\"licence\": \"MIT OR Apache-2.0\"", "\"licence\": \"\"", "no licence");
    found(
        "nc",
        "\"licence\": \"MIT OR Apache-2.0\"",
        "\"licence\": \"CC-BY-NC-SA-4.0\"",
        "no licence for the default set",
    );
    found(
        "data",
        "\"licence\": \"ours\"",
        "\"licence\": \"CC BY-NC-SA 4.0\"",
        "may not be used commercially",
    );
    found("gone", "front/notes.bin", "front/other.bin", "front/other.bin is missing");
    found("gone", "front/notes.bin", "front/other.bin", "front/notes.bin: no row in the registry");
    found("outside", "front/notes.bin", "../whole/front/notes.bin", "is missing");
    let bytes = "\"bytes\": ";
    found("heavy", bytes, &format!("\"bytes\": {MOST_BYTES}"), "together");
    assert!(model_faults(&folder("none", |_| "{}".into())).is_err());
}
