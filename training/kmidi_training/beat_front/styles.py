"""Adds the truth about beats to the corpus of `chroma_front`, whose styles keep the tempos that people expect of them.

    python -m kmidi_training.beat_front.styles CHROMA_CORPUS OUT [--pop909 FILE] [--billboard FILE]

With the sources and numbers of that corpus the same pieces come out again, this time with their beats; their sound and MIDI are
linked into OUT beside the new truth.
"""

import argparse
import gzip
import json
from math import cos
from pathlib import Path

import mido
import numpy as np

from ..chroma_front import arrange as styles
from ..chroma_front.corpus import SECONDS, excerpt, songs_of
from .corpus import MERGED

SWUNG = {"swing": 2.0, "shuffle": 2.0}


def clock_of(rng, style):
    """(sway, phase) that `finish` is about to draw."""
    state = rng.bit_generator.state
    sway = rng.uniform(0, 0.08) if style in ("guitar", "piano", "choir") else 0.0
    phase = rng.uniform(0, 6.28)
    rng.bit_generator.state = state
    return sway, phase


def beats_of(number, pop909, songs):
    """(beats, downbeats, beats a bar, style, bpm) of a piece; None when the bars are not known."""
    rng = np.random.default_rng([909, number])
    drawn = []
    finish = styles.finish

    def watched(rng, piece, plan, bpm, style, seconds):
        drawn.append((bpm, style, *clock_of(rng, style)))
        return finish(rng, piece, plan, bpm, style, seconds)

    if pop909 and rng.random() < 0.35:
        record = pop909[rng.integers(len(pop909))]
        if record["meter"] and record["meter"][0][1:] != [4, 4]:
            return None
        bpm = excerpt(rng, record)["bpm"]
        times = 0.5 + np.arange(int((SECONDS - 1) * bpm / 60)) * 60 / bpm
        return times, times[::4], 4, "pop909", bpm
    styles.finish = watched
    styles.arrange(rng, songs, SECONDS)
    styles.finish = finish
    bpm, style, sway, phase = drawn[0]
    count = int(SECONDS * bpm / 60)
    times = np.array([0.5 + 60 / bpm * (beat + sway * 3 * (1 - cos(beat / 3 + phase))) for beat in range(count)])
    bar = 3 if style == "waltz" else 4
    return times, times[::bar], bar, style, bpm


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pop909", help="pop909_arrangement.train.jsonl.gz")
    parser.add_argument("--billboard", help="billboard.train.jsonl.gz")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    pop909 = [json.loads(line) for line in gzip.open(args.pop909, "rt")] if args.pop909 else []
    songs = songs_of(args.billboard)
    for path in sorted(args.corpus.glob("*.json")):
        midi = path.with_suffix(".mid")
        known = beats_of(int(path.stem), pop909, songs) if midi.exists() else None
        if known is None or json.loads(path.read_text())["style"] != known[3]:
            continue
        times, downbeats, bar, style, bpm = known
        now, onsets, last = 0.0, [], 0.0
        for message in mido.MidiFile(midi):
            now += message.time
            if message.type == "note_on" and message.velocity:
                last = now
                if not onsets or now - onsets[-1] > MERGED:
                    onsets.append(round(now, 5))
        heard = lambda moments: [round(float(t), 5) for t in moments if onsets[0] - 0.07 <= t <= last + 0.1]
        swing = SWUNG.get(style)
        truth = {
            "style": style, "bpm": bpm, "freedom": "rubato" if style in ("guitar", "piano", "choir") else "steady", "metre": bar,
            "compound": False, "swing": swing and {"unit": 8, "ratio": swing}, "onsets": onsets, "beats": heard(times), "downbeats": heard(downbeats),
        }
        # A choir's bars are anybody's guess: only its beats are known.
        if style == "choir":
            truth["downbeats"] = []
        (args.out / path.name).write_text(json.dumps(truth))
        for ending in (".wav", ".mid"):
            source, link = path.with_suffix(ending), args.out / (path.stem + ending)
            if source.exists() and not link.exists():
                link.symlink_to(source.resolve())


if __name__ == "__main__":
    main()
