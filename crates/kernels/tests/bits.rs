//! The crate's promise: the same bits in every build.
//!
//! Builds `examples/bits.rs` in debug, in release, and in release for the CPU at hand, runs each, and compares the hash
//! of all outputs with one recorded number. The builds have their own folder under the target directory; the first
//! takes some seconds a build, later ones a moment.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The hash of every kernel's outputs over the inputs of `examples/bits.rs`.
///
/// It changes with those inputs, with an algorithm, and with a release of `libm` that computes another
/// last bit. Record a new one only with the reason in the change log: every seeded result may move with it.
const RECORDED: &str = "dcb6c0b0f1402d31";

type Outcome = Result<(), Box<dyn Error>>;

#[test]
fn every_build_gives_the_recorded_bits() -> Outcome {
    let debug = build("bits", &[], "")?;
    assert_eq!(run(&debug, &[])?, [RECORDED, "debug", fma(false)]);

    let release = build("bits", &["--release"], "")?;
    assert_eq!(run(&release, &[])?, [RECORDED, "release", fma(false)]);

    let native = build("bits-native", &["--release"], "-C target-cpu=native")?;
    // The second and third words show that the build was the one asked for.
    assert_eq!(run(&native, &[])?, [RECORDED, "release", fma(true)]);

    // What the hash is for: a dot product that fuses, or that sums in another order, must not pass unnoticed.
    assert_eq!(run(&native, &["--dot=copy"])?[0], RECORDED, "a faithful copy keeps the hash");
    assert_ne!(run(&native, &["--dot=fused"])?[0], RECORDED, "a planted fused multiply-add was not noticed");
    assert_ne!(run(&native, &["--dot=sequential"])?[0], RECORDED, "a planted other order was not noticed");
    Ok(())
}

/// What a build for the CPU at hand (`native`), or for the target's oldest, says of its multiply-add.
fn fma(native: bool) -> &'static str {
    #[cfg(target_arch = "x86_64")]
    let cpu_has_it = std::arch::is_x86_feature_detected!("fma");
    // Elsewhere the target feature has another name: fusing is then part of the base instruction set.
    #[cfg(not(target_arch = "x86_64"))]
    let cpu_has_it = false;
    if native && cpu_has_it { "fma" } else { "no-fma" }
}

/// Builds the example under the folder `name` and returns the program's path.
fn build(name: &str, options: &[&str], flags: &str) -> Result<PathBuf, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let output = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--quiet", "--example", "bits", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&folder)
        .args(options)
        // The caller's own flags, target and profile changes would make another build than the one named.
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .env("RUSTFLAGS", flags)
        .output()?;
    if !output.status.success() {
        return Err(format!("cargo build for {name}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let profile = if options.contains(&"--release") { "release" } else { "debug" };
    Ok(folder.join(profile).join("examples").join(format!("bits{}", std::env::consts::EXE_SUFFIX)))
}

/// The three words that the program prints: hash, profile, multiply-add.
fn run(program: &Path, arguments: &[&str]) -> Result<[String; 3], Box<dyn Error>> {
    let output = Command::new(program).args(arguments).output()?;
    let text = String::from_utf8(output.stdout)?;
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    words.try_into().map_err(|_| {
        let errors = String::from_utf8_lossy(&output.stderr);
        format!("{} printed {text:?} and {errors:?}", program.display()).into()
    })
}
