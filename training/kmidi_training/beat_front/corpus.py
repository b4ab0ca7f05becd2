"""The corpus of the beat front end: pieces with exact onsets, beats and downbeats, as MIDI, as sound, and as truth.

    python -m kmidi_training.beat_front.corpus OUT --pieces 700 --soundfonts A.sf2,B.sf2 [--pop909 FILE] [--openewld FILE] [--gmd FILE]

Every piece is drawn from its own number, so that the corpus is the same on every machine. Files: `00042.mid`, `00042.wav`,
`00042.json` with `onsets`, `beats`, `downbeats` in seconds, `bpm`, `metre` (beats a bar), `swing`, and `family`, the instruments' where one
family plays alone.
"""

import argparse
import gzip
import json
import wave
from pathlib import Path

import numpy as np

from ..chroma_front.arrange import CHOIR, DRUMS, GUITARS, LEADS, ORGANS, PIANOS, STRINGS, Piece, choir
from ..chroma_front.corpus import RATE, quality_of, render, write_midi, write_wav
from ..chroma_front.progressions import functional, pick
from .dances import dance
from .rhythm import PATTERNS, bass, chords, clock, drums, groove, swung

SECONDS = 32.0
# The families of General MIDI that play notes: from pianos to pads, eight programs each.
FAMILIES = 12
MERGED = 0.030


def arrangement(rng, record):
    """An excerpt of POP909, as a piano or as a band."""
    last = max(n[0] + n[1] for n in record["notes"])
    beats_a_bar = record["meter"][0][1] if record["meter"] and record["meter"][0][2] == 4 else 4
    bpm = (record["tempo_bpm"] or 90) * rng.uniform(0.97, 1.03)
    span = int(SECONDS * bpm / 60) + 4
    # It may begin anywhere in the bar.
    start = int(rng.integers(0, max(1, int(last - span)))) if rng.random() < 0.5 else beats_a_bar * int(rng.integers(0, max(1, int((last - span) / beats_a_bar))))
    piece = Piece()
    solo = rng.random() < 0.5
    piano = int(rng.choice(PIANOS if solo else PIANOS + GUITARS + ORGANS))
    piece.programs = {0: piano if solo else int(rng.choice(LEADS)), 1: piano if solo else int(rng.choice(STRINGS + LEADS)), 2: piano, 3: 33}
    doubled = not solo and rng.random() < 0.6
    for onset, duration, pitch, velocity, role in record["notes"]:
        at = onset - start
        if 0 <= at < span:
            piece.add(at, duration, min(role, 2), pitch, velocity)
            if doubled and pitch < 48:
                piece.add(at, duration, 3, pitch, velocity)
    phase = (-start) % beats_a_bar
    if not solo and beats_a_bar in (3, 4) and rng.random() < 0.8:
        kit = Piece()
        drums(rng, kit, span // beats_a_bar + 2, (beats_a_bar, 4), rng.uniform(70, 105))
        piece.notes += [(a + phase - beats_a_bar, b + phase - beats_a_bar, *rest) for a, b, *rest in kit.notes if 0 <= a + phase - beats_a_bar < span]
    freedom = pick(rng, {"steady": 7, "drift": 2, "rubato": 1 if solo else 0.1})
    return dict(piece=piece, played=0, metre=(beats_a_bar, 4), bpm=bpm, swing=None, freedom=freedom, beats=span, style="pop909", pickup=float(phase))


def lead_sheet(rng, record):
    """A tune of OpenEWLD with its chords, accompanied."""
    numerator, denominator = record["meter"][0][1:]
    # Felt beats: cut time in halves, six eighths in dotted quarters.
    quarters = {2: 2.0, 4: 1.0, 8: 1.5}[denominator]
    beats_a_bar = numerator // 3 if denominator == 8 else numerator
    per = 3 if denominator == 8 else 4
    bpm = float(np.exp(rng.uniform(np.log(60), np.log(190)))) / (1.6 if denominator != 4 else 1)
    span = int(SECONDS * bpm / 60) + beats_a_bar
    piece = Piece()
    piece.programs = {0: int(rng.choice(PIANOS + GUITARS + ORGANS)), 1: int(rng.choice((32, 33, 34))), 2: int(rng.choice(LEADS + PIANOS))}
    first = record["chords"][0][0] / quarters
    start = beats_a_bar * np.floor(first / beats_a_bar)
    plan = []
    for onset, duration, label, root, low, *_ in record["chords"]:
        at, length = onset / quarters - start, duration / quarters
        quality = quality_of(label) if root >= 0 else None
        if quality and 0 <= at < span and length >= 0.5:
            plan.append(((root, quality, low), at, length))
    if not plan:
        return None
    up = 60 - 12 * round((np.mean([n[2] for n in record["melody"]]) - 70) / 12)
    for onset, duration, pitch in record["melody"]:
        at = onset / quarters - start
        if -beats_a_bar <= at < span:
            piece.add(at + beats_a_bar, duration / quarters * 0.9, 2, pitch + (up - 60), rng.normal(95, 8))
    shifted = [(chord, at + beats_a_bar, length) for chord, at, length in plan]
    metre = (beats_a_bar, per)
    chords(rng, piece, shifted, metre, pick(rng, {"hold": 1, "beats": 3, "after": 3, "rhythm": 3, "arpeggio": 2, "off": 1}), 0, 60, rng.uniform(55, 85))
    if rng.random() < 0.85:
        bass(rng, piece, shifted, metre, pick(rng, {"hold": 2, "beats": 2, "halves": 2, "walk": 1}))
    if rng.random() < 0.4 and metre in PATTERNS:
        drums(rng, piece, span // beats_a_bar, metre, rng.uniform(65, 100))
    # The tune's upbeat begins the sound: nothing before it.
    opening = min(n[0] for n in piece.notes)
    swing = (0.5, float(rng.uniform(1.5, 2.3))) if per == 4 and rng.random() < 0.25 else None
    whole = np.floor(opening)
    piece.notes = [(a - whole, b - whole, *rest) for a, b, *rest in piece.notes]
    return dict(piece=piece, played=0, metre=metre, bpm=bpm, swing=swing, freedom=pick(rng, {"steady": 6, "drift": 2, "rubato": 1}), beats=span, style="openewld", pickup=float(-whole % beats_a_bar))


def chorale(rng):
    """Four voices, a chord on every beat or two, with an upbeat or none."""
    minor = bool(rng.random() < 0.45)
    tonic = int(rng.integers(12))
    scale = [(tonic + d) % 12 for d in ((0, 2, 3, 5, 7, 8, 10) if minor else (0, 2, 4, 5, 7, 9, 11))]
    beats_a_bar = int(pick(rng, {4: 8, 3: 3}))
    pickup = float(rng.random() < 0.5)
    bpm = rng.uniform(60, 110)
    span = int(SECONDS * bpm / 60)
    plan, at = [], 0.0
    for chord in functional(rng, minor, 0.15, applied=0.15, inversions=0.3, odd=0.02):
        place = (at - pickup) % beats_a_bar
        # Long chords stand on strong beats, at the ends of phrases above all.
        long = place in (0, 2) and rng.random() < 0.25
        length = 2.0 if long and place + 2 <= beats_a_bar else 1.0 if rng.random() < 0.95 else 0.5
        length = 0.5 if at % 1 else length
        plan.append((((chord[0] + tonic) % 12, chord[1], (chord[2] + tonic) % 12), at, length))
        at += length
        if at >= span:
            break
    piece = Piece()
    voice = int(rng.choice(CHOIR))
    piece.programs = {c: voice for c in range(4)}
    choir(rng, piece, plan, scale)
    return dict(piece=piece, played=0, metre=(beats_a_bar, 4), bpm=bpm, swing=None, freedom=pick(rng, {"steady": 5, "drift": 1, "rubato": 2}), beats=span, style="chorale", pickup=pickup)


def perform(rng, made):
    """Beats to seconds: swing, tempo, the habits and slips of each player; None when nobody plays."""
    times = clock(rng, made["beats"] + 8, made["bpm"], made["freedom"])
    grid = np.arange(len(times))
    human = rng.random() < 0.6
    jitter = rng.uniform(0, 0.012) if human else 0.0
    habits = {c: (rng.normal(0, 0.007) if human and rng.random() < 0.5 else 0.0) for c in range(16)}
    notes = []
    for n, (start, end, channel, pitch, velocity) in enumerate(made["piece"].notes):
        # A human's kit keeps its own time.
        played = n < made["played"]
        at = start if played or not made["swing"] else swung(start, *made["swing"])
        begin = float(np.interp(at, grid, times)) + (0 if played else habits[channel] + rng.normal(0, jitter))
        close = max(float(np.interp(end, grid, times)), begin + 0.03)
        if at > -0.06 and begin < SECONDS:
            notes.append((max(0.0, begin), min(close, SECONDS), channel, int(min(max(pitch, 0), 127)), int(min(max(velocity, 1), 127))))
    if not notes:
        return None
    notes.sort()
    last = max(n[0] for n in notes)
    first = min(n[0] for n in notes) - 0.07
    kept = (times >= first) & (times <= min(last + 0.1, SECONDS))
    bar, pickup = made["metre"][0], made["pickup"]
    numbers = (grid - pickup) % bar
    onsets = []
    for note in notes:
        if not onsets or note[0] - onsets[-1] > MERGED:
            onsets.append(note[0])
    swing = made["swing"] and {"unit": 8 if made["swing"][0] == 0.5 else 16, "ratio": made["swing"][1]}
    truth = {
        "style": made["style"], "bpm": made["bpm"], "family": made.get("family"), "freedom": made["freedom"], "metre": bar, "compound": made["metre"][1] == 3, "swing": swing,
        "onsets": [round(o, 5) for o in onsets], "beats": [round(t, 5) for t in times[kept]],
        "downbeats": [round(t, 5) for t in times[kept & (numbers == 0)]],
    }
    return {"notes": notes, "programs": made["piece"].programs}, truth


def clicks(rng, path):
    """A metronome: noise or tones of a millisecond or more, exact to the sample."""
    sound = np.zeros(int(SECONDS * RATE), np.float32)
    bpm, bar = rng.uniform(45, 220), int(rng.choice((2, 3, 4)))
    beats = np.arange(rng.uniform(0.1, 1.0), SECONDS - 0.3, 60 / bpm)
    for n, at in enumerate(beats):
        count = int(RATE * rng.uniform(0.01, 0.05))
        t = np.arange(count) / RATE
        tone = np.sin(6.2832 * (1000 + 500 * (n % bar == 0)) * t) if path.stem[-1] in "02468" else rng.normal(0, 0.4, count)
        begin = int(round(at * RATE))
        sound[begin : begin + count] += (tone * np.exp(-t / 0.008))[: len(sound) - begin]
    write_wav(path, sound, rng.uniform(0.05, 0.9))
    times = [round(float(b), 5) for b in beats]
    return {"style": "clicks", "bpm": bpm, "freedom": "steady", "metre": bar, "compound": False, "swing": None, "onsets": times, "beats": times, "downbeats": times[::bar]}


def spoil(rng, path):
    """Noise under the sound, or clipping above: recordings are not clean."""
    with wave.open(str(path)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
        channels = file.getnchannels()
    sound = sound.reshape(-1, channels).mean(1) / 32768
    sound = sound[: int((SECONDS + 0.5) * RATE)]
    if rng.random() < 0.3:
        spectrum = np.fft.rfft(rng.normal(0, 1, len(sound)))
        hiss = np.fft.irfft(spectrum * np.arange(1, len(spectrum) + 1) ** -rng.uniform(0, 1), len(sound))
        sound = sound + hiss / hiss.std() * sound.std() * 10 ** (-rng.uniform(15, 45) / 20)
    if rng.random() < 0.1:
        sound = np.clip(sound, *(np.array([-1, 1]) * np.abs(sound).max() * rng.uniform(0.2, 0.7)))
    write_wav(path, sound, 10 ** rng.uniform(-1.5, -0.05))


def alone(rng, made):
    """The same notes, all by one instrument of any family, without drums."""
    piece = made["piece"]
    piece.notes = [note for note in piece.notes if note[2] != DRUMS]
    made["family"] = int(rng.integers(FAMILIES))
    piece.programs = dict.fromkeys(range(16), 8 * made["family"] + int(rng.integers(8)))
    return made if piece.notes else None


KINDS = {
    "all": {"groove": 50, "pop909": 24, "openewld": 10, "chorale": 10, "clicks": 2},
    "dances": {"dance": 1},
    "alone": {"pop909": 3, "openewld": 4, "chorale": 3},
}


def build(out, numbers, soundfonts, sources, silent, kinds):
    """Writes the pieces with these numbers, without sound if `silent`, of one of KINDS; those that are there stay."""
    pop909, openewld, takes = sources
    there = {"pop909": pop909, "openewld": openewld}
    shares = {kind: share if there.get(kind, True) else 0 for kind, share in KINDS[kinds].items()}
    for number in numbers:
        stem = out / f"{number:05d}"
        if stem.with_suffix(".json").exists():
            continue
        rng = np.random.default_rng([515, number])
        kind = pick(rng, shares) if len(shares) > 1 else "dance"
        if kind == "clicks":
            if not silent:
                stem.with_suffix(".json").write_text(json.dumps(clicks(rng, stem.with_suffix(".wav"))))
            continue
        played = None
        while played is None:
            if kind == "pop909":
                made = arrangement(rng, pop909[rng.integers(len(pop909))])
            elif kind == "openewld":
                made = lead_sheet(rng, openewld[rng.integers(len(openewld))])
            elif kind == "chorale":
                made = chorale(rng)
            else:
                made = dance(rng, SECONDS) if kind == "dance" else groove(rng, takes, SECONDS)
            if made and kinds == "alone":
                made = alone(rng, made)
            played = made and perform(rng, made)
        piece, truth = played
        midi, sound = stem.with_suffix(".mid"), stem.with_suffix(".wav")
        write_midi(piece, midi, 0)
        if not silent:
            render(rng, piece, midi, sound, soundfonts, float(rng.uniform(-30, 30)))
            spoil(rng, sound)
        stem.with_suffix(".json").write_text(json.dumps(truth))


def records(path, wanted=lambda record: True):
    return [r for r in map(json.loads, gzip.open(path, "rt")) if wanted(r)] if path else []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--pieces", type=int, default=700)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--soundfonts", default="", help="files, with commas between them")
    parser.add_argument("--pop909", help="pop909_arrangement.train.jsonl.gz")
    parser.add_argument("--openewld", help="openewld.train.jsonl.gz")
    parser.add_argument("--gmd", help="gmd.train.jsonl.gz")
    parser.add_argument("--silent", action="store_true", help="MIDI and truth alone")
    parser.add_argument("--kinds", choices=KINDS, default="all", help="dances: pieces of `dances.py` and no others; alone: one instrument of any family a piece")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    sheets = records(args.openewld, lambda r: r["meter"] and len(r["meter"]) == 1 and r["meter"][0][2] in (2, 4, 8) and r["chords"] and r["melody"])
    takes = records(args.gmd, lambda r: r["beat_type"] == "beat")
    fonts = [name for name in args.soundfonts.split(",") if name]
    build(args.out, range(args.first, args.first + args.pieces), fonts, (records(args.pop909), sheets, takes), args.silent, args.kinds)


if __name__ == "__main__":
    main()
