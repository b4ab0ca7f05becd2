"""RomanText as we read it, against music21.

In a throw-away environment: pip install music21
    cargo build --release -p kmidi-io --example romantext_dump
    python benchmarks/peers/romantext.py target/release/examples/romantext_dump [FILE ...]
Without files, all RomanText of music21's own corpus is read.
"""
import bisect
import json
import pathlib
import subprocess
import sys

import music21
from music21 import converter, roman


def theirs(path):
    score = converter.parse(path, format="romantext")
    out = []
    for part in score.parts:
        for numeral in part.recurse().getElementsByClass(roman.RomanNumeral):
            if isinstance(numeral, music21.harmony.NoChord):
                continue
            onset = float(numeral.getOffsetInHierarchy(part))
            key = numeral.key
            out.append((round(onset, 3), f"{key.tonic.name.replace('-', 'b').upper()[0]}{key.tonic.name.replace('-', 'b')[1:]}"
                        + (":min" if key.mode == "minor" else ":maj"), numeral.figure,
                        sorted(set(numeral.pitchClasses)), numeral.bass().pitchClass))
    return sorted(out, key=lambda row: row[0])


def main():
    dump, *files = sys.argv[1:]
    if not files:
        corpus = pathlib.Path(music21.__file__).parent / "corpus"
        files = sorted(str(path) for ending in ("rntxt", "romantext") for path in corpus.rglob("*." + ending))
    lines = subprocess.run([dump, *files], capture_output=True, text=True, check=True).stdout.splitlines()
    total = same_key = same_notes = 0
    for line in map(json.loads, lines):
        name = pathlib.Path(line["file"]).name
        if "error" in line:
            print(f"{name}: {line['error']}")
            continue
        for number, fault in line["faults"]:
            print(f"{name}: line {number}: {fault}")
        try:
            peer = theirs(line["file"])
        except Exception as error:  # noqa: BLE001  their reader may fail on their file
            print(f"{name}: music21 fails: {error}")
            continue
        # music21 repeats a chord that is held at the start of a measure: what sounds at its onset is compared.
        starts = [round(span["onset"], 3) for span in line["spans"]]
        for onset, key, figure, pitch_classes, bass in peer:
            total += 1
            at = bisect.bisect_right(starts, onset + 0.002) - 1
            span = line["spans"][at] if at >= 0 else None
            if span is None or not span["numeral"]:
                print(f"{name} {onset}: {key} {figure} / nothing")
                continue
            in_key = key in (span["key"], span["pivot"])
            same = span["pitch_classes"] == pitch_classes and span["bass"] == bass
            same_key += in_key
            same_notes += same
            if not in_key or not same:
                print(f"{name} {onset}: {key} {figure} {pitch_classes} / {span['key']} {span['numeral']} {span['pitch_classes']}")
    print(f"{len(lines)} files, {total} numerals: equal key {same_key}, notes and bass {same_notes}")


if __name__ == "__main__":
    main()
