"""What the engine measured in the corpus, and what is true of it, as arrays.

    python -m kmidi_training.chroma_front.features CORPUS OUT.npz --kmidi PATH --kind wav|mid

The features are the engine's own (`kmidi features`), one record each 40 ms. A record's truth is a chord state, or -1 where
no state says it. Chords begin and end within a blink, so a record within 20 ms of a change counts for neither.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from .corpus import NAMES, quality_of
from .progressions import DEGREES

QUALITIES = list(DEGREES)
STATES = 12 * len(QUALITIES) + 1
NONE = STATES - 1
BLINK = 0.02


def state_of(label):
    """The state of a Harte label, -1 when none says it."""
    if label in ("N", "X", ""):
        return NONE if label == "N" else -1
    quality = quality_of(label)
    root = label.split(":")[0].split("/")[0]
    pitch = NAMES.index(root) if root in NAMES else pitch_class(root)
    return -1 if quality is None else pitch * len(QUALITIES) + QUALITIES.index(quality)


def pitch_class(name):
    return ("C D EF G A B".index(name[0]) + name.count("#") - name.count("b")) % 12


def truth_of(record, times):
    """The state at each time; where nothing is written, nothing sounds."""
    states = np.full(len(times), NONE)
    if record["chords"]:
        # The last chord may ring on.
        states[times > record["chords"][-1][1]] = -1
    for start, end, label in record["chords"]:
        states[(times >= start) & (times < end)] = state_of(label)
        states[np.abs(times - start) < BLINK] = -1
    return states


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kmidi", default="target/release/kmidi")
    parser.add_argument("--kind", choices=("wav", "mid"), default="wav")
    args = parser.parse_args()
    tones, states, pieces, times = [], [], [], []
    for truth in sorted(args.corpus.glob("*.json")):
        file = truth.with_suffix("." + args.kind)
        if not file.exists():
            continue
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            subprocess.run([args.kmidi, "features", str(file)], check=True, stdout=out)
            harmony = json.load(open(out.name))["harmony"]
        time = np.array(harmony["time"])
        tones.append(np.array(harmony["tones"], np.float16))
        states.append(truth_of(json.loads(truth.read_text()), time))
        pieces.append(np.full(len(time), int(truth.stem)))
        times.append(time)
    join = np.concatenate
    np.savez(args.out, tones=join(tones), states=join(states), pieces=join(pieces), times=join(times))


if __name__ == "__main__":
    main()
