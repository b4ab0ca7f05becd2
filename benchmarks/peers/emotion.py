"""Do our songs express what was asked for? Songs of the four corners of feeling, asked of the recogniser of notes by both sets of weights.

    python benchmarks/peers/emotion.py target/release/kmidi [--models models] [--songs 40]

The `-nc` weights learned from clips of EMOPIA, never from our songs or our map; the default ones are a map of our own. Needs mido.
"""

import argparse
import gzip
import json
import os
import subprocess
import tempfile
from pathlib import Path

import mido

CORNERS = {1: (0.7, 0.7), 2: (-0.7, 0.7), 3: (-0.7, -0.7), 4: (0.7, -0.7)}
DRUMS = 9


def played(path):
    """[onset, duration, pitch, velocity] in seconds of everything but the drums, and the pedal."""
    now, held, notes, pedal = 0.0, {}, [], []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type not in ("note_on", "note_off", "control_change") or message.channel == DRUMS:
            continue
        if message.type == "control_change":
            if message.control == 64:
                pedal.append([round(now, 4), message.value])
            continue
        key = (message.channel, message.note)
        if message.type == "note_on" and message.velocity:
            held.setdefault(key, []).append((now, message.velocity))
        elif held.get(key):
            begun, velocity = held[key].pop()
            notes.append([round(begun, 4), round(now - begun, 4), message.note, velocity])
    return sorted(notes), pedal


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kmidi", type=Path)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--songs", type=int, default=40, help="for each corner")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        song, clips = Path(folder) / "song.mid", Path(folder) / "songs.test.jsonl.gz"
        with gzip.open(clips, "wt") as out:
            for quadrant, (valence, arousal) in CORNERS.items():
                for seed in range(args.songs):
                    wish = ["--valence", str(valence), "--arousal", str(arousal), "--bars", "16", "--seed", str(seed)]
                    subprocess.run([args.kmidi, "compose", *wish, "-o", song], check=True, stdout=subprocess.DEVNULL)
                    notes, pedal = played(song)
                    name = f"{quadrant}-{seed}"
                    signs = {"valence": 1.0 if valence > 0 else -1.0, "arousal": 1.0 if arousal > 0 else -1.0}
                    out.write(json.dumps({"id": name, "group": name, "quadrant": quadrant, **signs, "notes": notes, "pedal": pedal}) + "\n")
        for weights in ("default", "nc"):
            print(f"\nweights {weights}", flush=True)
            environment = {**os.environ, "KMIDI_MODELS": str(args.models.resolve())}
            subprocess.run([args.kmidi, "eval", "emotion-midi", clips, "--weights", weights], check=True, env=environment)


if __name__ == "__main__":
    main()
