"""Does `kmidi bench compare` cry wolf, and does it bite?

    python benchmarks/selftest/compare.py target/release/kmidi [--comparisons 100] [--json RECORD.json]

Compares one program with itself so many times, then with a planted busy loop that makes each call longer by 15 % and by 3 %.
Exit code 0 when at most 2 of 100 equal ones, at least 95 of 100 of the slow ones, and at most 5 of 100 of the slightly slow ones
are called a regression; else 1. Needs nothing but Python 3.8.
"""

import argparse
import datetime
import json
import subprocess
import sys

CASES = [("the same program", None, 0.0, 0.02), ("15 % slower", "busy=0.15", 0.95, 1.0), ("3 % slower", "busy=0.03", 0.0, 0.05)]


def compare(binary, name, plant):
    """Whether a regression was called, and the ratio."""
    command = [binary, "bench", "compare", "--against", binary, "--name", name, "--json", "-"]
    done = subprocess.run(command + (["--plant", plant] if plant else []), stdout=subprocess.PIPE)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    told = json.loads(done.stdout)
    flagged = told["verdict"] == "REGRESSION"
    if flagged != (done.returncode == 3):
        raise SystemExit(f"exit code {done.returncode} with verdict {told['verdict']}")
    return flagged, told["results"][0]["ratio"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--comparisons", type=int, default=100)
    parser.add_argument("--name", default="harmony/sound", help="the benchmark that is compared")
    parser.add_argument("--json", help="write the record here")
    args = parser.parse_args()
    doctor = subprocess.run([args.binary, "bench", "doctor", "--json", "-"], stdout=subprocess.PIPE, check=False)
    record = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": json.loads(doctor.stdout)["machine"],
        "benchmark": args.name,
        "comparisons": args.comparisons,
        "cases": [],
    }
    well = True
    for about, plant, least, most in CASES:
        ratios, flagged = [], 0
        for _ in range(args.comparisons):
            found, ratio = compare(args.binary, args.name, plant)
            flagged += found
            ratios.append(ratio)
        ratios.sort()
        share = flagged / args.comparisons
        right = least <= share <= most
        well &= right
        row = {"case": about, "flagged": flagged, "median_ratio": ratios[len(ratios) // 2], "ratios": [ratios[0], ratios[-1]], "right": right}
        record["cases"].append(row)
        print(f"{about:<18} flagged {flagged} of {args.comparisons}; ratio {row['median_ratio']:.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})", flush=True)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
            file.write("\n")
    print("as it must be" if well else "NOT as it must be")
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
