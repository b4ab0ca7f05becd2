"""Chords from sound under harder conditions, and those of Chordino on the same files.

    pip install numpy vamp
    python benchmarks/peers/chords.py detune WAVS TRUTHS OUT [--cents 40]
    python benchmarks/peers/chords.py chordino WAVS OUT
    python benchmarks/peers/chords.py none ANALYSES

`detune` resamples each WAV so that it sounds higher, and moves the truth with it: analyse OUT/wav, score against OUT/truth.
`chordino` writes what the Vamp plugin nnls-chroma:chordino says as analyses for score_audio.py (VAMP_PATH names its folder).
`none` prints the share of time in which analyses tell no chord.
"""

import argparse
import json
import re
import wave
from pathlib import Path

import numpy as np

QUALITIES = {"": "maj", "m": "min", "m7": "min7", "m7b5": "hdim7", "dim7": "dim7", "6": "maj6", "m6": "min6"}


def read(path):
    with wave.open(str(path)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
        return sound.mean(1) / 32768, file.getframerate()


def detune(args):
    faster = 2 ** (args.cents / 1200)
    for folder in ("wav", "truth"):
        (args.out / folder).mkdir(parents=True, exist_ok=True)
    for path in sorted(args.wavs.glob("*.wav")):
        truth = json.loads((args.truths / f"{path.stem}.json").read_text())
        if not truth.get("chords"):
            continue
        sound, rate = read(path)
        at = np.arange(int(len(sound) / faster)) * faster
        n = at.astype(int).clip(1, len(sound) - 3)
        u = at - n
        a, b, c, d = (sound[n + k] for k in (-1, 0, 1, 2))
        # Catmull and Rom's cubic.
        moved = b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))
        with wave.open(str(args.out / "wav" / path.name), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", ""))
            file.writeframes((moved.clip(-1, 1) * 32767).astype("<i2").tobytes())
        for name in ("onsets", "beats", "downbeats"):
            truth[name] = [time / faster for time in truth.get(name) or []]
        truth["chords"] = [[start / faster, end / faster, label] for start, end, label in truth["chords"]]
        truth["end"] /= faster
        (args.out / "truth" / f"{path.stem}.json").write_text(json.dumps(truth))


def chordino(args):
    import vamp

    args.out.mkdir(parents=True, exist_ok=True)
    for path in sorted(args.wavs.glob("*.wav")):
        sound, rate = read(path)
        told = vamp.collect(sound, rate, "nnls-chroma:chordino")["list"]
        times = [float(chord["timestamp"]) for chord in told] + [len(sound) / rate]
        chords = []
        for n, chord in enumerate(told):
            label = chord["label"].split("/")[0]
            if label != "N":
                root, quality = re.match(r"([A-G][b#]?)(.*)", label).groups()
                label = f"{root}:{QUALITIES.get(quality, quality)}"
            chords.append({"start": times[n], "end": times[n + 1], "label": label, "confidence": 1})
        (args.out / f"{path.stem}.json").write_text(json.dumps({"chords": chords}))


def none(args):
    for path in sorted(args.analyses.glob("*.json")):
        answer = json.loads(path.read_text())
        told = sum(c["end"] - c["start"] for c in answer["chords"] if c["label"] != "N")
        print(f"{path.stem} {1 - told / answer['duration']:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    for verb, names in ((detune, ("wavs", "truths", "out")), (chordino, ("wavs", "out")), (none, ("analyses",))):
        sub = verbs.add_parser(verb.__name__)
        sub.set_defaults(run=verb)
        for name in names:
            sub.add_argument(name, type=Path)
        if verb is detune:
            sub.add_argument("--cents", type=float, default=40)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
