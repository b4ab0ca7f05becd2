"""How long the engines and models take, against the targets of the performance guide.

    python scripts/benchmark_performance.py
    python -c "from scripts.benchmark_performance import benchmark_harmony_engine; benchmark_harmony_engine()"

A thin layer over `kmidi bench`, which does the timing and the judging. It measures the program that KMIDI names, else the
release build of this repository, which is built first where it is missing. Needs nothing but Python 3.8.

Each function prints a table and returns `{name: {"mean", "median", "p95", "p99", "max", "min", "target", "samples",
"status", "notes"}}`: times in µs (None where too few calls carry a percentile), status PASS, FAIL or WARNING as kmidi says,
notes that say why. A model that does not ship yet has no samples and a note; it neither passes nor fails. Exit code 0 when
nothing failed, else 1 (under cProfile always 0: look at the summary).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from scripts.kmidi_bench import bench, machine, remarks, run, status, table  # noqa: E402

TIMES = ("mean", "median", "p95", "p99", "max", "min")


def benchmark_harmony_engine():
    """The Harmony Engine: time a block of 512 frames at 48 kHz; the mean stays below 100 µs."""
    return measure("harmony", "Harmony Engine", "µs")[0]


def benchmark_groove_engine():
    """The Groove Engine: time a block of 512 frames at 48 kHz; the mean stays below 200 µs."""
    return measure("groove", "Groove Engine", "µs")[0]


def benchmark_ml_models():
    """The models: time of one inference from end to end; the mean of each stays below 5 ms."""
    return measure("models", "ML models", "ms")[0]


def measure(component, title, unit):
    """Statistics by name, and whether something failed."""
    report, failed = bench(component)
    rows = {row["name"]: statistics(row) for row in report.get("results", [])}
    scale, digits = (1000, 3) if unit == "ms" else (1, 2)

    def show(time):
        return None if time is None else f"{time / scale:.{digits}f}"

    block = f"{report.get('block')} frames at {report.get('sample_rate')} Hz, " if component != "models" else ""
    print(f"{title}: {block}times in {unit}; {machine(report)}")
    head = ["", "Mean", "Median", "P95", "P99", "Max", "Target", "Calls", "Status"]
    columns = TIMES[:5] + ("target",)
    table(head, [[name, *(show(row[key]) for key in columns), row["samples"], row["status"]] for name, row in rows.items()])
    remarks((name, row["notes"]) for name, row in rows.items())
    return rows, failed or not rows or any(row["status"] == "FAIL" for row in rows.values())


def statistics(row):
    """A row of kmidi, whose times are in ns, in the guide's words and µs."""
    def micros(time):
        return None if time is None else time / 1000

    samples = row.get("samples") or 0
    notes = list(row.get("reasons") or [])
    if row.get("note"):
        notes.append(row["note"])
    return dict(
        {key: micros(row.get(key)) for key in TIMES},
        samples=samples,
        target=micros((row.get("budget") or {}).get("mean")),
        status=status(row.get("verdict") if samples else None),
        notes=notes,
    )


def main():
    """Everything, and a summary: 0 when nothing failed, else 1."""
    parts = [("harmony", "Harmony Engine", "µs"), ("groove", "Groove Engine", "µs"), ("models", "ML models", "ms")]
    measured = [measure(*part) for part in parts]
    print("Summary")
    for (_, title, _), (rows, failed) in zip(parts, measured):
        found = [row["status"] for row in rows.values()]
        counts = ", ".join(f"{found.count(one)} {one}" for one in sorted(set(found))) or "nothing was measured"
        print(f"  {title}: {counts}{' (failed)' if failed else ''}")
    failed = any(failed for _, failed in measured)
    print("FAIL" if failed else "no target was missed")
    return int(failed)


if __name__ == "__main__":
    run(main)
