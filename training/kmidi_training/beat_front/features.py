"""What the engine heard in the corpus, and what is true of it, as arrays.

    python -m kmidi_training.beat_front.features CORPUS OUT.npz --kmidi PATH --kind wav|mid

The features are the engine's own (`kmidi features`), one record a hop of 10 ms; record `k` ends at `(k + 1) / 100` seconds.
Truth is in seconds, so that any target can be made of it.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kmidi", default="target/release/kmidi")
    parser.add_argument("--kind", choices=("wav", "mid"), default="wav")
    args = parser.parse_args()
    heard, starts, truths = [], [0], []
    for path in sorted(args.corpus.glob("*.json")):
        file = path.with_suffix("." + args.kind)
        if not file.exists():
            continue
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            subprocess.run([args.kmidi, "features", str(file)], check=True, stdout=out)
            rhythm = json.load(open(out.name))["rhythm"]
        heard.append(np.array(rhythm["heard" if args.kind == "wav" else "played"], np.float16))
        starts.append(starts[-1] + len(heard[-1]))
        truths.append(path.read_text())
    np.savez(args.out, heard=np.concatenate(heard), starts=np.array(starts), truths=np.array(truths))


if __name__ == "__main__":
    main()
