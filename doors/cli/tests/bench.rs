//! `kmidi bench`.

mod common;

use common::{Place, Ran};
use serde_json::Value;

/// A short run of one benchmark.
fn short<'a>(what: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["bench", what, "--name", "harmony/midi-sparse", "--blocks", "1200"], more].concat()
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err))
}

#[test]
fn a_run_is_measured_checked_counted_and_judged() {
    let place = Place::new();
    let ran = place.run(&short("harmony", &["--json", "-", "--html", "page.html", "--csv", "rows.csv"]));
    let report = report(&ran);
    assert_eq!(report["schema"], "kmidi.bench/1");
    let row = &report["results"][0];
    assert_eq!((row["name"].as_str(), row["samples"].as_u64()), (Some("harmony/midi-sparse"), Some(1_200)));
    let time = |name: &str| row[name].as_f64().unwrap_or_else(|| panic!("{name}: {row}"));
    assert!(
        time("min") <= time("median") && time("median") <= time("p99") && time("p99") <= time("max"),
        "{row}"
    );
    assert!(time("mean") > 50.0 && time("mean") < 1e6 && row["budget"]["mean"] == 100_000.0, "{row}");
    assert!(row["checked"].as_str().is_some_and(|checked| checked.contains("C:maj")), "{row}");
    for counted in ["allocations", "frees", "locks", "clock_reads", "system_calls"] {
        assert_eq!(row[counted], 0, "{counted}: {row}");
    }
    assert!(report["harness"]["call"].as_f64().is_some_and(|ns| ns > 0.0), "{report}");
    // A debug build, or a machine at work on other things, may miss a budget, but never an answer.
    assert_eq!(ran.code == 1, report["verdict"] == "FAIL", "{}", ran.err);
    let page = String::from_utf8(place.read("page.html")).unwrap();
    assert!(
        page.starts_with("<!doctype html>") && page.contains("harmony/midi-sparse") && page.contains("<svg")
    );
    for network in ["src=", "<script", "<link", "url(", "href=\"http"] {
        assert!(!page.contains(network), "the page needs no network: {network}");
    }
    let rows = String::from_utf8(place.read("rows.csv")).unwrap();
    assert!(rows.lines().count() == 2 && rows.contains("harmony/midi-sparse,1200,"), "{rows}");
    // The page can be made again from what was written.
    place.write("report.json", ran.out.as_bytes());
    place.run(&["bench", "report", "report.json", "--html", "again.html"]);
    assert_eq!(String::from_utf8(place.read("again.html")).unwrap(), page);
}

#[test]
fn too_few_calls_carry_no_tail() {
    let place = Place::new();
    let ran =
        place.run(&["bench", "harmony", "--name", "harmony/midi-sparse", "--blocks", "500", "--json", "-"]);
    let report = report(&ran);
    let row = &report["results"][0];
    assert!(row["p999"].is_null() && row["p99"].is_number(), "{row}");
    let verdict = row["verdict"].as_str();
    assert!(matches!(verdict, Some("INSUFFICIENT" | "FAIL")), "{row}");
    assert!(row["reasons"].to_string().contains("500 calls"), "{row}");
    let denied = place.run(&[
        "bench",
        "harmony",
        "--name",
        "harmony/midi-sparse",
        "--blocks",
        "500",
        "--deny-warnings",
    ]);
    assert_eq!(denied.code, 1);
}

#[test]
fn planted_faults_are_caught_and_named() {
    let place = Place::new();
    for (fault, named) in [
        ("allocation", "allocations"),
        ("lock", "locks"),
        ("system-call", "system calls"),
        ("wrong-answer", "wrong answer"),
        ("stall", "a block lasts"),
    ] {
        let ran = place.run(&short("harmony", &["--plant", fault, "--json", "-"]));
        assert_eq!(ran.code, 1, "{fault}: {}", ran.err);
        let report = report(&ran);
        let reasons = report["results"][0]["reasons"].to_string();
        assert!(reasons.contains(named), "{fault}: {reasons}");
        assert_eq!((report["planted"].as_str(), report["verdict"].as_str()), (Some(fault), Some("FAIL")));
    }
    let ran = place.run(&["bench", "memory", "--plant", "leak", "--json", "-"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("leak: "), "{}", ran.out);
    place.fails(&["bench", "--plant", "gremlins"], 2, "plant allocation");
}

#[test]
fn memory_is_told_by_phase() {
    let place = Place::new();
    let ran = place.run(&["bench", "memory", "--json", "-"]);
    let report = report(&ran);
    let phases: Vec<&str> =
        report["memory"].as_array().unwrap().iter().filter_map(|p| p["phase"].as_str()).collect();
    assert_eq!(phases, ["load", "stream", "generation", "models", "process"]);
    let stream = &report["memory"][1];
    assert!(
        stream["allocated"].as_u64().is_some_and(|bytes| bytes > 100_000) && stream["verdict"] == "PASS",
        "{stream}"
    );
    assert_eq!(ran.code, 0, "{}", ran.out);
}

#[test]
fn a_benchmark_of_nothing_cannot_be_defined() {
    let place = Place::new();
    let text = "[[benchmark]]\nname = \"a/b\"\nabout = \"nothing\"\ncall = \"block\"\nbudget = { mean = \"1 ms\" }\n";
    place.write("own/x.toml", text.as_bytes());
    place.fails(&["bench", "list", "--definitions", "own"], 4, "expected result");
    place.write("own/x.toml", (text.to_owned() + "expect = { nothing = true }\n").as_bytes());
    assert!(place.done(&["bench", "list", "--definitions", "own"]).out.contains("a/b"));
    place.write("own/x.toml", (text.to_owned() + "expect = { tempo = 99.0 }\n").as_bytes());
    let ran = place.run(&["bench", "--definitions", "own", "--blocks", "1000"]);
    assert!(ran.code == 1 && ran.out.contains("wrong answer: no tempo"), "{}", ran.out);
    place.write("own/x.toml", b"benchmark = 7");
    place.fails(&["bench", "list", "--definitions", "own"], 4, "x.toml");
    place.fails(&["bench", "list", "--definitions", "none"], 4, "none");
    place.fails(&["bench", "--name", "zither"], 2, "zither");
    // A whole name means that one alone, a part all that have it.
    let listed = |name| place.done(&["bench", "list", "--name", name]).out.lines().count();
    assert!(listed("harmony/sound") == 1 && listed("armony/sound") > 1);
}

#[test]
fn baselines_are_kept_listed_and_compared() {
    let place = Place::new();
    let one = ["--name", "harmony/midi-sparse"];
    place.fails(&["bench", "baseline", "save", "../x"], 2, "no name");
    place.done(&[&["bench", "baseline", "save", "main"][..], &one].concat());
    let listed = place.done(&["bench", "baseline", "list"]).out;
    assert!(listed.starts_with("main "), "{listed}");
    place.fails(&["bench", "compare", "main", "other"], 4, "there are main");
    let same = place.done(&["bench", "compare", "main", "main", "--json", "-"]);
    let same: Value = serde_json::from_str(&same.out).unwrap();
    assert_eq!((same["results"][0]["ratio"].as_f64(), same["rounds"].as_u64()), (Some(1.0), Some(9)));
    // Against what it would be if it were twice as fast it is a regression.
    let file = listed.split_whitespace().last().unwrap().to_owned();
    let mut fast = place.json(&file);
    for round in fast["rounds"]["harmony/midi-sparse"].as_array_mut().unwrap() {
        *round = (round.as_f64().unwrap() / 2.0).into();
    }
    fast["name"] = "fast".into();
    place.write("fast.json", fast.to_string().as_bytes());
    let slower = place.run(&["bench", "compare", "fast.json", "main", "--format", "markdown"]);
    assert!(slower.code == 3 && slower.out.contains("| REGRESSION |"), "{}", slower.out);
    // Another kind of machine cannot be compared by time.
    fast["machine"]["fingerprint"] = "elsewhere".into();
    fast["instructions"] = serde_json::json!({});
    place.write("far.json", fast.to_string().as_bytes());
    place.fails(&["bench", "compare", "far.json", "main"], 2, "two machines");
    fast["instructions"] = serde_json::json!({ "harmony/midi-sparse": 1.0 });
    place.write("far.json", fast.to_string().as_bytes());
    let mut near = place.json(&file);
    near["instructions"] = serde_json::json!({ "harmony/midi-sparse": 1.2 });
    place.write("near.json", near.to_string().as_bytes());
    assert_eq!(place.run(&["bench", "compare", "far.json", "near.json"]).code, 3);
}

#[test]
fn a_planted_slowdown_is_a_regression_and_the_same_program_is_none() {
    let place = Place::new();
    let own = env!("CARGO_BIN_EXE_kmidi");
    let compare = ["bench", "compare", "--against", own, "--name", "harmony/sound", "--json", "-"];
    let ran = place.run(&[&compare[..], &["--plant", "busy=0.6"]].concat());
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    // Other tests run at the same time: the threshold is above what they may add.
    let ran = place.run(&[&compare[..], &["--threshold", "50%"]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    place.fails(&["bench", "compare", "--against", "nothing-here"], 4, "nothing-here");
}

#[test]
fn trends_find_the_step_and_its_commit() {
    let place = Place::new();
    let line = |n: usize| {
        let time = if n < 12 { 1_000 } else { 1_300 } + n % 3;
        format!(
            "{{\"date\":\"2026-01-{:02}T00:00:00Z\",\"commit\":\"c{n}\",\"fingerprint\":\"f\",\"cpu_median\":{{\"a/b\":{time}}}}}\n",
            n + 1
        )
    };
    place.write("runs.jsonl", (0..20).map(line).collect::<String>().as_bytes());
    let told = place.done(&["bench", "trend", "runs.jsonl", "--svg", "trend.svg"]).out;
    assert!(told.contains("c12  +30 %"), "{told}");
    assert!(String::from_utf8(place.read("trend.svg")).unwrap().contains("c12"));
    place.write("broken.jsonl", b"{\n");
    place.fails(&["bench", "trend", "broken.jsonl"], 4, "broken.jsonl:1");
    // A run that is kept is a line more.
    place.run(&short("harmony", &["--keep", "--record", "."]));
    assert_eq!(place.read("runs.jsonl").iter().filter(|&&byte| byte == b'\n').count(), 21);
}

#[test]
fn the_doctor_and_long_runs_answer() {
    let place = Place::new();
    let doctor: Value = serde_json::from_str(&place.done(&["bench", "doctor", "--json", "-"]).out).unwrap();
    assert_eq!(doctor["findings"].as_array().map(Vec::len), Some(9));
    let paced = place.run(&["bench", "block", "--paced", "--minutes", "0.02", "--json", "-"]);
    let paced = report(&paced);
    assert!(paced["paced"]["blocks"].as_u64().is_some_and(|blocks| blocks > 50), "{paced}");
    let soak =
        place.run(&["bench", "soak", "--name", "harmony/midi-sparse", "--minutes", "0.01", "--json", "-"]);
    let soak = report(&soak);
    assert!(soak["soak"]["turns"].as_u64().is_some_and(|turns| turns >= 3), "{soak}");
    let leaking = ["bench", "soak", "--name", "harmony/midi-sparse", "--minutes", "0.01", "--plant", "leak"];
    let leaking = place.run(&leaking);
    assert!(leaking.code == 1 && leaking.out.contains("leak: "), "{}", leaking.out);
    let models = report(&place.run(&["bench", "models", "--blocks", "200", "--json", "-"]));
    let rows = models["results"].as_array().unwrap();
    let shipped: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    assert!(shipped.contains(&"models/melody") && shipped.len() >= 4, "{shipped:?}");
    for row in rows {
        assert!(row["verdict"] != "FAIL" && row["allocations"] == 0, "{row}");
        assert!(row["mean"].as_f64().is_some_and(|mean| mean > 0.0 && mean < 5e6), "{row}");
    }
}

#[test]
fn other_programs_formats() {
    let place = Place::new();
    let bencher: Value =
        serde_json::from_str(&place.run(&short("harmony", &["--format", "bencher"])).out).unwrap();
    assert!(bencher["harmony/midi-sparse"]["latency"]["value"].is_number(), "{bencher}");
    let github: Value =
        serde_json::from_str(&place.run(&short("harmony", &["--format", "github-action-benchmark"])).out)
            .unwrap();
    assert_eq!(
        (github[0]["name"].as_str(), github[0]["unit"].as_str()),
        (Some("harmony/midi-sparse"), Some("ns"))
    );
}

#[test]
fn the_readme_says_what_the_record_says() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let named = readme.lines().find_map(|line| line.strip_prefix("<!-- bench: ")?.strip_suffix(" -->"));
    let record = root.join(named.expect("the README names a record of the benchmarks"));
    let place = Place::new();
    let table = place.run(&["bench", "report", record.to_str().unwrap(), "--format", "markdown"]).out;
    assert!(table.lines().count() > 10, "{table}");
    assert!(readme.contains(&table), "the README differs from {}:\n{table}", record.display());
}
