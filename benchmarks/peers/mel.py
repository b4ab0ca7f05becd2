"""Our mel frames beside those of the data set: EMOPIA's notes through FluidSynth and `kmidi features`, byte by byte.

    pip install mido numpy                    # in a throw-away environment; and FluidSynth 2.3 with FluidR3_GM.sf2
    python benchmarks/peers/mel.py ../shared/data [--kmidi target/release/kmidi] [--soundfont /usr/share/sounds/sf2/FluidR3_GM.sf2] [--clips 8]

The data set was rendered from MIDI files; the records here have their times in milliseconds, so that some notes begin a block of FluidSynth (64 samples) earlier or later
than there. For each clip: how many frames are equal in all 128 bytes, and how many bytes are, of those up to the first such note and of all.
"""

import argparse
import csv
import gzip
import json
import subprocess
import tempfile
from pathlib import Path

import mido
import numpy as np


def midi(record, path):
    """Milliseconds and better: 960 ticks a quarter at 120."""
    file = mido.MidiFile(ticks_per_beat=960)
    track = mido.MidiTrack()
    file.tracks.append(track)
    events = [(at, 1, mido.Message("control_change", control=64, value=value)) for at, value in record["pedal"]]
    for at, length, pitch, velocity in record["notes"]:
        events.append((at, 2, mido.Message("note_on", note=pitch, velocity=velocity)))
        events.append((at + length, 0, mido.Message("note_off", note=pitch)))
    now = 0
    for at, _, message in sorted(events, key=lambda event: event[:2]):
        tick = round(at * 1920)
        track.append(message.copy(time=tick - now))
        now = tick
    file.save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--kmidi", type=Path, default=Path("target/release/kmidi"))
    parser.add_argument("--soundfont", default="/usr/share/sounds/sf2/FluidR3_GM.sf2")
    parser.add_argument("--clips", type=int, default=8)
    args = parser.parse_args()
    records = [json.loads(line) for line in gzip.open(args.data / "emotion_midi/emopia.valid.jsonl.gz", "rt")]
    records = {record["id"]: record for record in records}
    frames = np.frombuffer(gzip.open(args.data / "emotion_audio/emopia_mel.valid.u8.gz").read(), np.uint8).reshape(-1, 128)
    for row in list(csv.DictReader(open(args.data / "emotion_audio/emopia_mel.valid.index.csv")))[:args.clips]:
        with tempfile.TemporaryDirectory() as place:
            place = Path(place)
            midi(records[row["id"]], place / "a.mid")
            render = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-R", "0", "-C", "0", "-r", "22050", "-T", "wav", "-F", place / "a.wav", args.soundfont, place / "a.mid"]
            subprocess.run(render, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            subprocess.run([args.kmidi, "features", place / "a.wav", "--task", "emotion-audio", "-o", place], check=True)
            ours = np.load(place / "mel.npy").astype(int)
        start = int(row["offset_frames"])
        theirs = frames[start:start + int(row["n_frames"])].astype(int)
        count = min(len(ours), len(theirs))
        apart = np.abs(ours[:count] - theirs[:count])
        whole = (apart == 0).all(1)
        first = count if whole.all() else int(np.argmin(whole))
        print(f"{row['id']}: the first {first} of {count} frames are equal, {whole.mean():.3f} of all; bytes equal {(apart == 0).mean():.3f}, within 1 {(apart <= 1).mean():.3f}")


if __name__ == "__main__":
    main()
