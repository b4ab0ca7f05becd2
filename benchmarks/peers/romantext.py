"""RomanText as we read it, against music21.

    pip install music21          # in a throw-away environment
    cargo build --release -p kmidi-io --example romantext_dump
    python benchmarks/peers/romantext.py target/release/examples/romantext_dump [FILE ...]

Without files, all RomanText of music21's own corpus is read. A numeral is looked up by its measure and its place in the
measure, not by its onset: music21 10 stretches the measure before one that is written without numerals (`m28`), and cuts
the measure that ends in a beat without a numeral, so that all later onsets move. Each difference is printed with its reason
where one of the reasons below holds. Exit code 1 when a difference has no reason.
"""
import json
import pathlib
import re
import subprocess
import sys
import warnings
from collections import Counter, defaultdict

import music21
from music21 import converter, harmony, roman, stream

warnings.simplefilter("ignore")


def label(key):
    tonic = key.tonic.name.replace("-", "b")
    return tonic[0].upper() + tonic[1:] + (":min" if key.mode == "minor" else ":maj")


def plain(figure):
    """A figure in our spelling: `viio6/5/V` as `viio65/V`, `ii/o7` as `iiø7`."""
    figure = figure.replace("/o", "ø")
    figure = re.sub(r"(?<=\d)/(?=\d)", "", figure)
    figure = re.sub(r"(\[no\d)(no\d\])", r"\1][\2", figure)
    return re.sub(r"^Cad$", "Cad64", figure)


def theirs(path):
    """(measure, place in it) to its numerals; what is held from before is left out."""
    out = defaultdict(list)
    for measure in converter.parse(path, format="romantext").recurse().getElementsByClass(stream.Measure):
        for numeral in measure.getElementsByClass(roman.RomanNumeral):
            held = numeral.tie is not None and numeral.tie.type in ("stop", "continue")
            if isinstance(numeral, harmony.NoChord) or held:
                continue
            place = round(float(numeral.offset) + measure.paddingLeft, 2)
            pivot = numeral.pivotChord
            out[measure.number, place].append({
                "key": label(numeral.key), "figure": plain(numeral.figure),
                "notes": sorted(set(numeral.pitchClasses)), "bass": numeral.bass().pitchClass,
                "pivot": (label(pivot.key), plain(pivot.figure)) if pivot else None,
            })
    return out


def lines_of(path):
    """The text of each measure that is written, and the numbers of those that are copies."""
    texts, copies = defaultdict(str), set()
    for line in pathlib.Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
        match = re.match(r"m(\d+)[a-h]?(?:-m?(\d+))?(.*)", line.strip())
        if match and not match[3].lstrip(" -").startswith("var"):
            texts[int(match[1])] += match[3] + " "
            if "=" in match[3]:
                copies.update(range(int(match[1]), int(match[2] or match[1]) + 1))
        elif match:
            texts[int(match[1])] += " var" if re.match(r"[ -]*var(?![0-9A-Z])", match[3]) else ""
    return texts, copies


def reason(measure, one, ours, faults, texts, copies):
    """Why a numeral of music21's differs, or None."""
    text = texts[measure]
    if any(one["figure"] in plain(fault) or f"measure {measure}:" in fault for fault in faults):
        return "the text has a fault here, which we report and music21 guesses"
    if " var" in text:
        return "music21 takes a variant without a number for a measure"
    if measure in copies:
        return "a copy: music21 keeps the old key of a pivot, and strikes again what is held"
    if ours and one["figure"] == ours["numeral"] and one["key"] == ours["key"]:
        if re.match(r"b(VII|VI|III|II)7", one["figure"]):
            return "the seventh of an altered degree: minor here, of the key there"
    return None


def main():
    dump, *files = sys.argv[1:]
    if not files:
        corpus = pathlib.Path(music21.__file__).parent / "corpus"
        files = sorted(str(path) for ending in ("rntxt", "romantext") for path in corpus.rglob("*." + ending))
    documents = subprocess.run([dump, *files], capture_output=True, text=True, check=True).stdout.splitlines()
    counts, reasons, unexplained = Counter(), Counter(), 0
    for document in map(json.loads, documents):
        name = pathlib.Path(document["file"]).name
        if "error" in document:
            print(f"{name}: {document['error']}")
            unexplained += 1
            continue
        faults = [fault for _, fault in document["faults"]]
        counts["faults"] += len(faults)
        for number, fault in document["faults"]:
            print(f"{name}: line {number}: {fault}")
        try:
            peer = theirs(document["file"])
        except Exception as error:  # noqa: BLE001  their reader may fail on their file
            print(f"{name}: music21 fails: {error}")
            continue
        texts, copies = lines_of(document["file"])
        spans = defaultdict(list)
        for span in document["spans"]:
            spans[span["measure"], round(span["within"], 2)].append(span)
        for (measure, place), ones in peer.items():
            for one in ones:
                counts["numerals"] += 1
                candidates = spans.get((measure, place), [])
                # A pivot is named by its first key there, and by its second here.
                pivots = [s for s in candidates if s["pivot"] and s["pivot"]["key"] == one["key"]]
                found = None
                for span in candidates:
                    reading = dict(span, **span["pivot"]) if span in pivots else span
                    same = (reading["key"] == one["key"], reading["numeral"] == one["figure"],
                            reading["pitch_classes"] == one["notes"] and reading["bass"] == one["bass"])
                    if found is None or sum(same) > sum(found[1]):
                        found = (reading, same)
                same = (True, *found[1]) if found else (False,) * 4
                for what, equal in zip(("place", "key", "figure", "notes"), same):
                    counts[what] += equal
                if all(same):
                    continue
                why = reason(measure, one, found and found[0], faults, texts, copies)
                reasons[why] += 1
                unexplained += why is None
                here = [f"{s['key']} {s['numeral']} {s['pitch_classes']}" for s in candidates] or "nothing"
                print(f"{name} m{measure} +{place}: {one['key']} {one['figure']} {one['notes']} / {here}: {why}")
    print(f"{len(documents)} files, {counts['faults']} faults in them, {counts['numerals']} numerals of music21's")
    for what in ("place", "key", "figure", "notes"):
        print(f"equal {what}: {counts[what]} ({100 * counts[what] / max(1, counts['numerals']):.2f} %)")
    for why, count in reasons.most_common():
        print(f"{count:5} {why or 'NO REASON'}")
    return unexplained > 0


if __name__ == "__main__":
    sys.exit(main())
