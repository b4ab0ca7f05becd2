"""The corpus of the model `emotion-sound`: our own performances of free notes, as sound, with what is played in every frame.

    python -m kmidi_training.emotion_sound.corpus OUT --shards 40 --soundfonts A.sf2,B.sf3 --data ../../shared/data

A window is 24 seconds. Its notes are an excerpt of POP909 or OpenEWLD, a piece drawn by chance (`chroma_front.arrange`); they are played anew: slower or faster, higher or lower, soft or loud, short or long, thinned out, in the other mode, with
or without pedal. Nothing of it was labelled by anybody: what a frame holds is known because it was written.

Shards `00017.npz`: `mel` (windows x frames x 128, bytes, made by `kmidi features --task emotion-audio`), `told` (windows x frames x 16: onsets, sums of their
velocities and pitches, notes that are held, mass of each pitch class), `keys` (windows x frames x 22 bytes: 88 onsets, 88 held keys).
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np

from ..chroma_front.arrange import arrange
from ..chroma_front.corpus import songs_of
from .render import DRUMS, RATE, frames_of, synths_of

HOP = 2048
FRAMES = 258
SECONDS = FRAMES * HOP / RATE
SHARD = 40
PROFILE = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR_PROFILE = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
PIANOS = (0, 0, 0, 0, 0, 0, 1, 1, 2, 3)
KIN = (4, 5, 6, 7, 8, 11, 12, 24, 25, 46, 48, 89, 16, 19)


def excerpt(rng, record):
    """A stretch of an arrangement of POP909, in seconds; often a part of its three roles."""
    beat = 60 / (record["tempo_bpm"] or 90)
    rows = record["notes"]
    roles = [(0, 1, 2, 3), (0, 1, 2, 3), (0, 1, 2, 3), (1, 2), (2,), (0, 2), (0, 1)][rng.integers(7)]
    rows = [row for row in rows if row[4] in roles] or rows
    start = rng.uniform(0, max(1.0, rows[-1][0] - 90))
    return [((q - start) * beat, length * beat, pitch, max(velocity, 8), 0) for q, length, pitch, velocity, _ in rows if start <= q < start + 200]


def lead_sheet(rng, record):
    """A lead sheet of OpenEWLD, accompanied as a pianist might."""
    beat = 60 / rng.uniform(70, 150)
    loud, soft = rng.uniform(60, 95), rng.uniform(0.6, 1.0)
    notes = [(q * beat, length * beat * 0.92, pitch, loud, 0) for q, length, pitch in record["melody"]]
    figure, step, low = rng.integers(5), float(rng.choice((0.5, 1, 2))), int(rng.integers(36, 53))
    for onset, length, label, root, bass, tones in record["chords"]:
        if root < 0 or not tones:
            continue
        bottom = low + (bass - low) % 12
        above = sorted(bottom + 7 + (tone - bottom - 7) % 12 for tone in tones)
        at = onset
        count = 0
        while at < onset + length - 1e-6:
            rest = onset + length - at
            chord = [bottom] if count == 0 else []
            if figure == 0:
                chord += above
                hold = min(step, rest)
            elif figure == 1:
                chord = [([bottom] + above)[count % (len(above) + 1)]]
                hold = min(step * 2, rest)
            elif figure == 2:
                chord = [bottom] if count % 2 == 0 else above
                hold = min(step, rest)
            elif figure == 3:
                chord += above
                hold = rest
            else:
                chord = [bottom, bottom + 12] if count == 0 else [above[(count * 2) % len(above)]]
                hold = min(step, rest)
            notes += [(at * beat, hold * beat * 0.95, pitch, loud * soft, 0) for pitch in chord]
            at += hold if figure == 3 else step
            count += 1
    notes.sort()
    last = notes[-1][0] if notes else 0
    start = rng.uniform(0, max(1e-3, last - 40))
    return [(at - start, *rest) for at, *rest in notes if at >= start]


def other_mode(notes):
    """Major turned into its parallel minor, or the other way, by the key that fits best."""
    classes = np.zeros(12)
    for _, length, pitch, _, channel in notes:
        if channel != DRUMS:
            classes[pitch % 12] += max(length, 0.0) ** 0.5
    fit = lambda profile: [np.corrcoef(np.roll(profile, k), classes + 1e-9 * np.arange(12))[0, 1] for k in range(12)]
    major, minor = fit(PROFILE), fit(MINOR_PROFILE)
    if max(major) > max(minor):
        tonic, moved = int(np.argmax(major)), {4: -1, 9: -1, 11: -1}
    else:
        tonic, moved = int(np.argmax(minor)), {3: 1, 8: 1, 10: 1}
    return [(at, length, pitch + (moved.get((pitch - tonic) % 12, 0) if channel != DRUMS else 0), velocity, channel) for at, length, pitch, velocity, channel in notes]


def performed(rng, notes, ensemble):
    """The notes as another hand plays them: tempo, pitch, loudness, length, how many of them; and the pedal."""
    if rng.random() < 0.3:
        notes = other_mode(notes)
    tonal = [note for note in notes if note[4] != DRUMS and 0 <= note[0] < SECONDS]
    rate = len(tonal) / SECONDS
    # Towards a density drawn from 1.5 to 14 notes a second; not all the way.
    wish = np.exp(rng.uniform(np.log(1.5), np.log(14.0)))
    faster = float(np.clip((wish / max(rate, 0.5)) ** 0.7, 0.5, 1.9)) * np.exp(rng.normal(0, 0.1))
    by = int(np.clip(round(rng.normal(0, 6)), -14, 14))
    if ensemble:
        by = int(np.clip(by, -6, 6))
    middle, wide = rng.uniform(32, 108), np.exp(rng.normal(0, 0.35))
    mean = np.mean([note[3] for note in tonal]) if tonal else 64
    length_by = np.exp(rng.normal(0, 0.45))
    keep = rng.uniform(0.45, 1.0) if rng.random() < 0.35 else 1.0
    jitter, noise = rng.uniform(0, 0.015), rng.uniform(0, 7)
    found = []
    for at, length, pitch, velocity, channel in notes:
        at = at / faster + rng.normal(0, jitter)
        if not 0 <= at < SECONDS - 0.02 or rng.random() > keep:
            continue
        if channel == DRUMS:
            found.append((at, 0.1, pitch, int(np.clip(velocity + middle - mean, 1, 127)), channel))
            continue
        pitch += by
        while pitch < 24:
            pitch += 12
        while pitch > 105:
            pitch -= 12
        loud = middle + (velocity - mean) * wide + rng.normal(0, noise)
        length = min(max(length / faster * length_by, 0.04), SECONDS - at)
        found.append((at, length, int(pitch), int(np.clip(loud, 5, 127)), channel))
    found.sort()
    clean, busy = [], {}
    for at, length, pitch, velocity, channel in found:  # a key that is struck again ends first
        before = busy.get((pitch, channel))
        if before is not None and clean[before][0] + clean[before][1] > at - 0.005:
            if at - clean[before][0] < 0.03:
                continue
            clean[before] = (clean[before][0], at - 0.005 - clean[before][0], *clean[before][2:])
        busy[pitch, channel] = len(clean)
        clean.append((at, length, pitch, velocity, channel))
    pedal = []
    if rng.random() < 0.55:
        period, at = float(rng.choice((0.5, 1.0, 1.0, 2.0, 4.0))) * 60 / rng.uniform(60, 130), 0.0
        while at < SECONDS:
            pedal += [(at + 0.06, 127, 0), (at + period * rng.uniform(0.7, 0.99), 0, 0)]
            at += period
    return clean, pedal


def told(notes):
    """What each frame holds, and its keys."""
    rows, keys = np.zeros((FRAMES, 16), np.float32), np.zeros((FRAMES, 2, 88), bool)
    for at, length, pitch, velocity, channel in notes:
        if channel == DRUMS:
            continue
        frame = min(int(at * RATE / HOP), FRAMES - 1)
        rows[frame, :3] += 1, velocity, pitch
        start, end = at * RATE / HOP, min((at + length) * RATE / HOP, FRAMES)
        first, last = int(start), min(int(np.ceil(end)), FRAMES)
        inside = np.arange(first, last)
        share = np.clip(np.minimum(inside + 1, end) - np.maximum(inside, start), 0, 1)
        rows[inside, 3] += share
        # The mass of its class, the square root of its duration, is spread over it.
        rows[inside, 4 + pitch % 12] += share / max(share.sum(), 1e-6) * np.sqrt(length)
        if 21 <= pitch < 109:
            keys[frame, 0, pitch - 21] = True
            keys[inside, 1, pitch - 21] |= share > 0.25
    return rows, np.packbits(keys.reshape(FRAMES, 176), axis=1)


def window(rng, sources):
    """Notes, pedal, programs."""
    kind = rng.random()
    ensemble, programs = False, None
    if kind < 0.42:
        notes = excerpt(rng, sources["pop909"][rng.integers(len(sources["pop909"]))])
    elif kind < 0.64:
        notes = lead_sheet(rng, sources["openewld"][rng.integers(len(sources["openewld"]))])
    else:
        piece = arrange(rng, sources["billboard"], 45.0)
        notes = sorted((start, end - start, pitch, velocity, channel) for start, end, channel, pitch, velocity in piece["notes"])
        programs = piece["programs"]
        ensemble = rng.random() < 0.6
    if not ensemble:
        notes = [(*note[:4], 0) for note in notes if note[4] != DRUMS]
        programs = {0: int(rng.choice(PIANOS if rng.random() < 0.8 else KIN))}
    notes, pedal = performed(rng, notes, ensemble)
    return notes, [] if ensemble else pedal, programs


def build(out, numbers, sources, synths, hear, size=SHARD):
    """Writes the shards of these numbers, each drawn from its own; those that are there stay."""
    for number in numbers:
        path = out / f"{number:05d}.npz"
        if path.exists():
            continue
        rng = np.random.default_rng([77, number])
        waves, rows, keys, fonts = [], [], [], []
        while len(waves) < size:
            notes, pedal, programs = window(rng, sources)
            if sum(note[4] != DRUMS for note in notes) < 8:
                continue
            font = int(rng.integers(len(synths)))
            room = (rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)) if rng.random() < 0.4 else None
            waves.append(synths[font].render(notes, pedal, programs, SECONDS, room))
            for column, value in zip((rows, keys), told(notes)):
                column.append(value)
            fonts.append(font)
        mel = hear(np.concatenate(waves)).reshape(size, FRAMES, 128)
        np.savez_compressed(path, mel=mel, told=np.stack(rows).astype(np.float16), keys=np.stack(keys), font=np.array(fonts, np.uint8))
        print(path, flush=True)


def sources_of(data, split):
    read = lambda name: [json.loads(line) for line in gzip.open(data / name, "rt")]
    return {
        "pop909": read(f"dynamics/pop909_arrangement.{split}.jsonl.gz"),
        "openewld": [record for record in read(f"melody_harmony/openewld.{split}.jsonl.gz") if record["melody"]],
        "billboard": songs_of(data / f"harmony/billboard.{split}.jsonl.gz"),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--shards", type=int, default=40)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--size", type=int, default=SHARD, help="windows a shard")
    parser.add_argument("--soundfonts", default="", help="files, with commas between them")
    parser.add_argument("--split", default="train")
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"))
    parser.add_argument("--kmidi", type=Path, default=Path("../target/release/kmidi"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    hear = lambda wave: frames_of(wave, args.kmidi, args.out)
    build(args.out, range(args.first, args.first + args.shards), sources_of(args.data, args.split), synths_of(args.soundfonts), hear, args.size)


if __name__ == "__main__":
    main()
