"""How much memory kmidi takes in each phase, against the targets of the performance guide.

    python scripts/profile_memory.py
    python -c "from scripts.profile_memory import profile_memory; profile_memory()"

A thin layer over `kmidi bench memory`; it finds and builds `kmidi` as benchmark_performance.py does. Returns
`{phase: {"resident", "peak", "allocated", "allocations", "budget", "status", "note"}}` in bytes, None where the system does
not say. Exit code 0 when nothing failed, else 1.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from scripts.kmidi_bench import bench, machine, remarks, run, status, table  # noqa: E402

BYTES = ("resident", "peak", "allocated", "budget")


def profile_memory():
    """Prints and returns the memory of each phase."""
    return measure()[0]


def measure():
    """Memory by phase, and whether something failed."""
    report, failed = bench("memory")
    rows = {}
    for row in report.get("memory", []):
        keys = BYTES + ("allocations", "note")
        rows[row["phase"]] = dict({key: row.get(key) for key in keys}, status=status(row.get("verdict")))

    def show(size):
        return None if size is None else f"{size / 1e6:.1f}"

    print(f"Memory in MB; {machine(report)}")
    head = ["", "Resident", "Peak", "Allocated", "Target", "Allocations", "Status"]
    table(head, [[name, *(show(row[key]) for key in BYTES), row["allocations"], row["status"]] for name, row in rows.items()])
    remarks((name, [row["note"]] if row["note"] else []) for name, row in rows.items())
    return rows, failed or any(row["status"] == "FAIL" for row in rows.values())


def main():
    """0 when nothing failed, else 1."""
    rows, failed = measure()
    print("FAIL" if failed else "no target was missed" if rows else "nothing was measured")
    return int(failed or not rows)


if __name__ == "__main__":
    run(main)
