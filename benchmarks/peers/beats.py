"""Beats in a corpus of the beat front end, as mir_eval scores them.

    pip install numpy mir_eval
    python benchmarks/peers/beats.py CORPUS [CORPUS ...] [--whole] [--sure] [--changes] [--kmidi target/release/kmidi]

Each CORPUS is a folder that `kmidi_training.beat_front.corpus` or `styles` wrote: sound, and truth in JSON. Every sound is analysed, live or `--whole`. Printed, as means over the
pieces: beat F, CMLt, AMLt, downbeat F (the first five seconds left out), tempo right within 4 % and with the octave (of steady pieces), and the share of pieces in which four beats in a row
lie within 70 ms of true ones, with the median of the seconds from the first true beat to the last of those four. `--sure` prints over all corpora how often the tempo is right by how
sure it was told; `--changes` how often a chord changes with each beat of a bar, by beats a bar.
"""

import argparse
import json
import subprocess
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mir_eval
import numpy as np

warnings.filterwarnings("ignore")


def lock(true, found):
    """Seconds until four true beats in a row are found; infinite where they never are."""
    run = 0
    for beat in true:
        run = run + 1 if len(found) and np.abs(found - beat).min() <= 0.07 else 0
        if run == 4:
            return beat - true[0]
    return np.inf


def row(truth, answer):
    true = np.array(truth["beats"])
    inside = lambda times: np.array([t for t in times or [] if t <= true[-1] + 0.35])
    found, trim = inside(answer["beats"]), mir_eval.beat.trim_beats
    a, b = trim(true), trim(found)
    _, cml, _, aml = mir_eval.beat.continuity(a, b) if len(b) > 1 else (0, 0, 0, 0)
    downbeats = mir_eval.beat.f_measure(trim(np.array(truth["downbeats"])), trim(inside(answer["downbeats"]))) if truth["downbeats"] else np.nan
    tempo = (answer.get("tempo") or {}).get("bpm", 0.0)
    ratio = tempo * np.median(np.diff(true)) / 60
    right = [any(abs(ratio / k - 1) < 0.04 for k in ratios) for ratios in ((1,), (1, 2, 3, 1 / 2, 1 / 3))] if truth["freedom"] == "steady" else [np.nan] * 2
    return [mir_eval.beat.f_measure(a, b) if len(b) else 0.0, cml, aml, downbeats, *right, lock(true, found)]


def places(truth, answer):
    """(beats a bar, place in it, does a chord change there) of each true beat that was told."""
    beats, told = np.array(truth["beats"]), np.array(answer["beats"])
    changes = np.array([chord["start"] for chord in answer["chords"]])
    bars = [int(np.abs(beats - downbeat).argmin()) for downbeat in truth["downbeats"] or []]
    for first, after in zip(bars, bars[1:]):
        for place, beat in enumerate(beats[first:after]):
            if len(changes) and np.abs(told - beat).min() <= 0.07:
                yield after - first, place, np.abs(changes - told[np.abs(told - beat).argmin()]).min() < 0.08


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--sure", action="store_true")
    parser.add_argument("--changes", action="store_true")
    parser.add_argument("--kmidi", default="target/release/kmidi")
    args = parser.parse_args()

    def analysed(path):
        command = [args.kmidi, "analyze", path.with_suffix(".wav"), "--json", "-", *([] if args.whole else ["--causal"])]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    sure, counts = [], {}
    for corpus in args.corpora:
        truths = {path: json.loads(path.read_text()) for path in sorted(corpus.glob("*.json")) if path.with_suffix(".wav").exists()}
        paths = [path for path, truth in truths.items() if len(truth["beats"]) >= 8]
        with ThreadPoolExecutor() as workers:
            answers = list(workers.map(analysed, paths))
        rows = np.array([row(truths[path], answer) for path, answer in zip(paths, answers)], float)
        sure += [((answer["tempo"] or {}).get("confidence", 0.0), right) for answer, right in zip(answers, rows[:, 4]) if np.isfinite(right)]
        for path, answer in zip(paths, answers):
            for beats, place, changed in places(truths[path], answer):
                counts.setdefault((beats, place), []).append(changed)
        figures = " ".join(f"{value:.3f}" for value in np.nanmean(rows[:, :6], 0))
        print(f"{corpus}: {len(rows)} pieces; F CMLt AMLt downbeat tempo octave {figures}; locked {np.isfinite(rows[:, 6]).mean():.2f} {np.median(rows[:, 6]):.2f} s", flush=True)
    if args.sure:
        told = np.array(sure)
        for low in np.arange(0, 1, 0.2):
            within = told[(told[:, 0] >= low) & (told[:, 0] < low + 0.2)]
            if len(within):
                print(f"told {low:.1f} to {low + 0.2:.1f}: {len(within)} pieces, told {within[:, 0].mean():.2f}, right {within[:, 1].mean():.2f}")
    if args.changes:
        for beats in sorted({beats for beats, _ in counts if 2 <= beats <= 7}):
            shares = [np.mean(counts.get((beats, place), [np.nan])) for place in range(beats)]
            print(f"{beats} beats a bar: " + " ".join(f"{share:.2f}" for share in shares))


if __name__ == "__main__":
    main()
