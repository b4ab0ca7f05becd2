"""Tests of the scripts, with a kmidi that says what a test wants it to say.

    python -m unittest scripts.test_scripts
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from scripts import benchmark_performance, kmidi_bench, profile_memory  # noqa: E402

ROOT = kmidi_bench.ROOT
FAKE = """#!{python}
import pathlib, sys
here = pathlib.Path(__file__).parent
if sys.argv[1:2] != ["bench"] or sys.argv[3:] != ["--json", "-"]:
    sys.exit(2)
code, text = (here / sys.argv[2]).read_text().split("\\n", 1)
sys.stdout.write(text)
sys.exit(int(code))
"""
MACHINE = {"cpu": "a processor", "cores": 2, "fit": "warn"}


def row(name, verdict="PASS", **more):
    times = dict(mean=840, median=790, p95=1100, p99=1500, p999=2900, min=600, max=41000, budget={"mean": 100_000})
    return dict(dict(times, name=name, unit="ns", samples=4000, verdict=verdict), **more)


def absent(name):
    nothing = dict.fromkeys(("mean", "median", "p95", "p99", "min", "max"))
    return dict(nothing, name=name, samples=0, budget={}, verdict=None, reasons=[], note="does not ship yet")


def phase(name, verdict="PASS", **more):
    sizes = dict(resident=20_000_000, peak=21_500_000, allocated=9_000_000, allocations=123, budget=52_428_800)
    return dict(dict(sizes, phase=name, verdict=verdict, note=None), **more)


def report(**parts):
    return json.dumps(dict(parts, schema="kmidi.bench/1", machine=MACHINE, sample_rate=48000, block=512))


class Fake(unittest.TestCase):
    """A kmidi in a temporary folder, which KMIDI names."""

    def setUp(self):
        self.folder = Path(self.entered(tempfile.TemporaryDirectory()))
        self.kmidi = self.folder / "kmidi"
        self.kmidi.write_text(FAKE.format(python=sys.executable))
        self.kmidi.chmod(0o755)
        self.entered(mock.patch.dict(os.environ, {"KMIDI": str(self.kmidi)}))
        self.says("harmony", report(results=[row("harmony/midi-dense")]))
        self.says("groove", report(results=[row("groove/sound", mean=150_000, budget={"mean": 200_000})]))
        self.says("models", report(results=[absent("EmotionRecognizer"), dict(absent("GroovePredictor"), verdict="PASS")]))
        self.says("memory", report(memory=[phase("load"), phase("stream")]))

    def entered(self, context):
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def says(self, component, text, code=0):
        (self.folder / component).write_text(f"{code}\n{text}")

    def call(self, function):
        """What it returns, and what it prints."""
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            found = function()
        return found, printed.getvalue()

    def program(self, *arguments, **environment):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1", PYTHONIOENCODING="utf-8", **environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )


class Performance(Fake):
    def test_times_are_in_microseconds(self):
        rows, printed = self.call(benchmark_performance.benchmark_harmony_engine)
        self.assertEqual(
            rows["harmony/midi-dense"],
            dict(mean=0.84, median=0.79, p95=1.1, p99=1.5, max=41, min=0.6, samples=4000, target=100, status="PASS", notes=[]),
        )
        line = next(line for line in printed.splitlines() if line.startswith("harmony/midi-dense"))
        self.assertEqual(line.split(), "harmony/midi-dense 0.84 0.79 1.10 1.50 41.00 100.00 4000 PASS".split())
        self.assertIn("512 frames at 48000 Hz", printed)
        self.assertIn("a processor, 2 cores; this machine cannot prove a tail", printed)

    def test_each_function_asks_for_its_own_component(self):
        groove, _ = self.call(benchmark_performance.benchmark_groove_engine)
        self.assertEqual(groove["groove/sound"]["target"], 200)
        self.says("models", report(results=[row("models/melody", mean=420_000, budget={"mean": 5_000_000})]))
        models, printed = self.call(benchmark_performance.benchmark_ml_models)
        self.assertEqual(models["models/melody"]["mean"], 420)
        self.assertRegex(printed, r"models/melody +0\.420 .* 5\.000 +4000 +PASS")

    def test_the_verdict_is_that_of_kmidi(self):
        rows = [
            row("harmony/wrong", "FAIL", reasons=["wrong answer: key C:maj, expected D:maj"]),
            row("harmony/tail", "WARN", reasons=["p99 is 9.0 times the mean"]),
            row("harmony/few", "INSUFFICIENT", p99=None),
        ]
        self.says("harmony", report(results=rows), code=1)
        found, printed = self.call(benchmark_performance.benchmark_harmony_engine)
        self.assertEqual([row["status"] for row in found.values()], ["FAIL", "WARNING", "INSUFFICIENT"])
        self.assertEqual(found["harmony/tail"]["notes"], ["p99 is 9.0 times the mean"])
        self.assertIsNone(found["harmony/few"]["p99"])
        self.assertIn("harmony/wrong: wrong answer: key C:maj, expected D:maj", printed)

    def test_absent_models_neither_pass_nor_fail(self):
        rows, printed = self.call(benchmark_performance.benchmark_ml_models)
        self.assertEqual(rows["EmotionRecognizer"]["status"], "not there yet")
        self.assertEqual(rows["EmotionRecognizer"]["samples"], 0)
        self.assertIn("EmotionRecognizer: does not ship yet", printed)
        code, printed = self.call(benchmark_performance.main)
        self.assertEqual(code, 0)
        self.assertIn("ML models: 2 not there yet\n", printed)

    def test_the_exit_code_says_whether_something_failed(self):
        self.assertEqual(self.call(benchmark_performance.main)[0], 0)
        self.says("groove", report(results=[row("groove/sound", "WARN")]))
        self.assertEqual(self.call(benchmark_performance.main)[0], 0)
        for text, code in [
            (report(results=[row("groove/sound", "FAIL")]), 1),
            (report(results=[row("groove/sound", "FAIL")]), 0),
            (report(results=[row("groove/sound", "PASS")]), 1),
            (report(results=[]), 0),
        ]:
            self.says("groove", text, code)
            found, printed = self.call(benchmark_performance.main)
            self.assertEqual(found, 1, text)
            self.assertTrue(printed.endswith("FAIL\n"), printed)

    def test_the_commands_of_the_guide(self):
        for name, rows in [("harmony_engine", "harmony/midi-dense"), ("groove_engine", "groove/sound"), ("ml_models", "Emotion")]:
            text = f"from scripts.benchmark_performance import benchmark_{name}; benchmark_{name}()"
            done = self.program("-c", text)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(rows, done.stdout)
        done = self.program("scripts/benchmark_performance.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.says("groove", report(results=[row("groove/sound", "FAIL")]), code=1)
        self.assertEqual(self.program("scripts/benchmark_performance.py").returncode, 1)
        statistics = self.folder / "profile.stats"
        done = self.program("-m", "cProfile", "-o", str(statistics), "scripts/benchmark_performance.py")
        self.assertIn("Summary", done.stdout)
        done = self.program("-m", "pstats", str(statistics))
        self.assertIn("Welcome to the profile statistics browser", done.stdout)


class Memory(Fake):
    def test_sizes_are_in_bytes(self):
        rows, printed = self.call(profile_memory.profile_memory)
        self.assertEqual(
            rows["load"],
            dict(resident=20_000_000, peak=21_500_000, allocated=9_000_000, allocations=123, budget=52_428_800, status="PASS", note=None),
        )
        self.assertRegex(printed, r"\nload +20\.0 +21\.5 +9\.0 +52\.4 +123 +PASS\n")

    def test_the_exit_code_says_whether_something_failed(self):
        self.assertEqual(self.call(profile_memory.main)[0], 0)
        missing = phase("models", None, resident=None, peak=None, allocated=None, allocations=None, note="none ships yet")
        self.says("memory", report(memory=[phase("load", "WARN"), missing]))
        code, printed = self.call(profile_memory.main)
        self.assertEqual(code, 0)
        self.assertRegex(printed, r"load .* WARNING\n")
        self.assertRegex(printed, r"models +- +- +- +52\.4 +- +not there yet\n")
        self.assertIn("  models: none ships yet\n", printed)
        leak = phase("load", "FAIL", note="leak: 1048576 bytes are still held when it is over")
        for text, code in [(report(memory=[leak]), 1), (report(memory=[leak]), 0), (report(memory=[phase("load")]), 1), (report(), 0)]:
            self.says("memory", text, code)
            self.assertEqual(self.call(profile_memory.main)[0], 1, text)

    def test_as_programs(self):
        done = self.program("scripts/profile_memory.py")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = self.program("-c", "from scripts.profile_memory import profile_memory; print(profile_memory()['load']['peak'])")
        self.assertTrue(done.stdout.endswith("\n21500000\n"), done.stdout + done.stderr)
        self.says("memory", report(memory=[phase("load", "FAIL")]), code=1)
        self.assertEqual(self.program("scripts/profile_memory.py").returncode, 1)


class Errors(Fake):
    def fails(self, expected, **environment):
        """Both programs end with 1 and one line that says why."""
        for script in ("benchmark_performance", "profile_memory"):
            done = self.program(f"scripts/{script}.py", **environment)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rf"\Aerror: .*{expected}.*\n\Z")

    def test_broken_json(self):
        for text in ("", '{"schema":"kmidi.bench/1","results":[', "[1]", '{"schema":"kmidi.bench/9"}'):
            self.says("harmony", text)
            self.says("memory", text)
            self.fails(r"printed no JSON|schema is")

    def test_kmidi_that_ends_with_an_error(self):
        for code, why in [(4, "ended with 4, bad input"), (70, "ended with 70, an internal error"), (101, "ended with 101, an error")]:
            self.says("harmony", report(results=[row("harmony/x")]), code)
            self.says("memory", report(memory=[phase("load")]), code)
            self.fails(why)

    def test_kmidi_that_cannot_be_found_or_run(self):
        self.fails("nowhere: no such program", KMIDI=str(self.folder / "nowhere"))
        self.kmidi.write_bytes(b"\x7fELF, not really")
        self.fails("cannot be run")

    def test_cargo_that_is_missing_or_fails(self):
        nowhere = dict(KMIDI="", PATH=str(self.folder / "bin"), CARGO_TARGET_DIR=str(self.folder / "target"))
        self.fails("is missing, and cargo to build it with", **nowhere)
        with mock.patch.dict(os.environ, nowhere), mock.patch.object(kmidi_bench.shutil, "which", return_value="cargo"):
            for code in (0, 101):
                done = mock.Mock(returncode=code)
                with mock.patch.object(kmidi_bench.subprocess, "run", return_value=done), mock.patch.object(kmidi_bench, "say"):
                    with mock.patch.object(kmidi_bench.sys, "stderr", sys.__stderr__):
                        with self.assertRaisesRegex(kmidi_bench.BenchError, f"ended with {code} and left no"):
                            kmidi_bench.binary()


class Finding(Fake):
    def test_a_build_is_made_where_none_is_and_found_where_one_is(self):
        target = self.folder / "target"
        path = target / "release" / "kmidi"

        def cargo(command, **_):
            path.parent.mkdir(parents=True)
            path.write_text("built")
            return mock.Mock(returncode=0)

        said = []
        with contextlib.ExitStack() as stack:
            stack.enter_context(mock.patch.dict(os.environ, dict(KMIDI="", CARGO_TARGET_DIR=str(target))))
            stack.enter_context(mock.patch.object(kmidi_bench.shutil, "which", return_value="cargo"))
            stack.enter_context(mock.patch.object(kmidi_bench.sys, "stderr", sys.__stderr__))
            stack.enter_context(mock.patch.object(kmidi_bench, "say", said.append))
            run = stack.enter_context(mock.patch.object(kmidi_bench.subprocess, "run", side_effect=cargo))
            self.assertEqual(kmidi_bench.binary(), str(path))
            self.assertEqual(run.call_args[0][0], "cargo build --release --locked -p kmidi-cli".split())
            self.assertEqual(run.call_args[1]["cwd"], ROOT)
            self.assertEqual(kmidi_bench.binary(), str(path))
            self.assertEqual((run.call_count, len(said)), (1, 1))
            os.utime(path, (0, 0))
            kmidi_bench.binary()
            self.assertEqual(run.call_count, 1)
            self.assertIn("sources are newer", said[-1])


if __name__ == "__main__":
    unittest.main()
