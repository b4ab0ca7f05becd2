"""Renderings of EMOPIA's clips by other SoundFonts than that of the data set (not for commercial use).

    python -m kmidi_training.emotion_sound.clips OUT --copies 1 --soundfonts A.sf2,B.sf3 [--unseen C.sf2] --data ../../shared/data

OUT/NAME-COPY.npz: `mel`, frames of all clips one after the other; `n`, how many frames each has; `id`. In each copy tempo, pitch and loudness differ a little and
every other clip has a room. OUT/unseen.npz is of a SoundFont that is kept from training, with the notes as they are.
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np

from .render import Synth, frames_of

LONGEST = 45.0


def varied(rng, notes, pedal):
    faster, by = np.exp(rng.normal(0, 0.05)), int(rng.integers(-2, 3))
    wider, louder = np.exp(rng.normal(0, 0.15)), rng.normal(0, 3)
    middle = np.mean([note[3] for note in notes])
    loud = lambda velocity: int(np.clip(middle + louder + (velocity - middle) * wider, 5, 127))
    notes = [(at / faster, length / faster, int(np.clip(pitch + by, 21, 108)), loud(velocity)) for at, length, pitch, velocity in notes]
    return notes, [(at / faster, value) for at, value in pedal]


def render(font, copy, args, out):
    if out.exists():
        return
    synth, mels, names = Synth(font), [], []
    for split in ("train", "valid"):
        for number, line in enumerate(gzip.open(args.data / f"emotion_midi/emopia.{split}.jsonl.gz", "rt")):
            if args.clips and number >= args.clips:
                break
            record = json.loads(line)
            notes, pedal, room = [tuple(note) for note in record["notes"]], record["pedal"], None
            if copy:
                rng = np.random.default_rng([5, copy, number])
                notes, pedal = varied(rng, notes, pedal)
                room = (rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)) if rng.random() < 0.5 else None
            seconds = min(LONGEST, max(note[0] + note[1] for note in notes) + 1.5)
            sound = synth.render([(*note, 0) for note in notes], [(at, value, 0) for at, value in pedal], {0: 0}, seconds, room)
            mels.append(frames_of(sound, args.kmidi, args.out))
            names.append(record["id"])
    np.savez_compressed(out, mel=np.concatenate(mels), n=np.array([len(mel) for mel in mels]), id=np.array(names))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--soundfonts", default="", help="files, with commas between them")
    parser.add_argument("--unseen", help="a SoundFont that is kept from training")
    parser.add_argument("--clips", type=int, default=0, help="the first of each split alone")
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"))
    parser.add_argument("--kmidi", type=Path, default=Path("../target/release/kmidi"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for copy in range(1, args.copies + 1):
        for font in filter(None, args.soundfonts.split(",")):
            render(font, copy, args, args.out / f"{Path(font).stem}-{copy}.npz")
    if args.unseen:
        render(args.unseen, 0, args, args.out / "unseen.npz")


if __name__ == "__main__":
    main()
