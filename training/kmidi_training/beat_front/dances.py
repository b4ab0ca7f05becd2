"""Dances and other idioms, each at the tempos that its dancers expect, with the drums, basses and figures that belong to it.

`rhythm.py` draws any rhythm at any tempo; here the idiom tells where the beat is, as it does to a listener. Patterns are our own
reading of common practice, one character a step: drums `x` hit, `o` likely, `-` ghost; basses `r` root, `f` fifth, `o` octave,
`a` a step before the next root; figures `x` the chord, `b` its lowest note, `t` the rest of it. `.` is silence.
"""

from dataclasses import dataclass

import numpy as np

from ..chroma_front.arrange import BASSES, DRUMS, GUITARS, LEADS, ORGANS, PIANOS, STRINGS, Piece, near, voicing
from ..chroma_front.progressions import blues, functional, jazz, loop, pick
from .rhythm import chords, tune

KICK, RIM, SNARE, CLAP, HAT, FOOT, OPEN, RIDE, BELL, SHAKER = 36, 37, 38, 39, 42, 44, 46, 51, 53, 70
TAMBOURINE, COWBELL, CONGA, TUMBA, CLAVE, SURDO, AGOGO, MUTED, GUIRO = 54, 56, 63, 64, 75, 41, 67, 62, 73


@dataclass
class Dance:
    """`bpm`: lowest and highest; `per`: steps a beat, 3 where the beat has three parts; `kits`: drums of a bar or more by note."""

    bpm: tuple
    beats: int = 4
    per: int = 4
    kits: tuple = ()
    basses: tuple = ()
    figures: tuple = ()
    harmony: str = "loop"
    swing: tuple = None
    players: tuple = PIANOS + GUITARS + ORGANS
    kit: float = 0.9
    tune: float = 0.65
    freedom: str = "steady"
    weight: float = 1.0


DANCES = {
    "bossa": Dance((108, 165), per=2, kits=(
        {KICK: "x..xx..x", RIM: "x..x..x...x.x...", HAT: "xxxxxxxx"}, {KICK: "x..xx..x", RIM: "..x.x...x..x..x.", SHAKER: "xxxxxxxx", FOOT: "..x...x."},
        {KICK: "x..xx..x", RIM: "x..x..x...x..x..", RIDE: "xxxxxxxx"}),
        basses=("r..ff..f", "r..rf..f", "r...f..."), figures=("x..x..x...x..x..", "x.x..x.x..x..x..", "x..x..x.", "b.tb.tb."), harmony="jazz", weight=2),
    "samba": Dance((84, 122), kits=(
        {KICK: "x..xx..xx..xx..x", HAT: "xxxxxxxxxxxxxxxx", SNARE: "o.xo.x.xo.xo.x.x"}, {SURDO: "....x.......x...", SHAKER: "xxxxxxxxxxxxxxxx", TAMBOURINE: "x.xxx.xxx.xxx.xx", AGOGO: "x..x..x...x.x.x."}),
        basses=("r..rf..fr..rf..f", "r...f..fr...f..f"), figures=("x.x..x.x..x.x..x", "x..x..x...x..x.."), weight=1.5),
    "salsa": Dance((160, 220), per=2, kits=(
        {CLAVE: "..x.x...x..x..x.", CONGA: "...x..xx...x..xx", TUMBA: "......xx......xx", COWBELL: "x.x.x.x."}, {CLAVE: "x..x..x...x.x...", BELL: "x.xxx.xx.xx.x.xx", CONGA: "......xx", KICK: "...x..x."},
        {MUTED: "xxxxxx..", CONGA: "......xx", SHAKER: "x.xxx.xx"}),
        basses=("...f..a.", "r..f..a.", "...r..r."), figures=("x.tb.tb.tb.tb.tb", "xx.xx.x.xx.x.xx.", ".xx.x.x.x.xx.x.x"), players=PIANOS, weight=2),
    "cha": Dance((108, 132), per=2, kits=({COWBELL: "x.x.x.x.", CONGA: "......xx", KICK: "...x..x.", GUIRO: "x.xxx.xx"},), basses=("r..f..a.", "r..ff..."), figures=("..x...x.", ".xx..xx.")),
    "tango": Dance((108, 134), per=2, kits=({KICK: "x.x.x.x."},), basses=("r.f.r.f.", "r..rf.f."), figures=("x.x.x.x.", "x..xx.x.", "x.xxx.x."), kit=0.1, harmony="functional"),
    "habanera": Dance((88, 120), kits=({KICK: "x...x...x...x...", SNARE: "...x..x....x..x.", HAT: "x.x.x.x.x.x.x.x."}, {KICK: "x...x...x...x...", CLAP: "...x..x....x..x."}),
        basses=("r..rf.f.r..rf.f.", "r.....f.r.....f."), figures=("...x..x....x..x.", "x..x..x.x..x..x.")),
    "reggae": Dance((64, 96), kits=(
        {KICK: "........x.......", RIM: "........x.......", HAT: "x.x.x.x.x.x.x.x."}, {KICK: "x...x...x...x...", SNARE: "........x.......", HAT: "..x...x...x...x."},
        {KICK: "x.......x.......", SNARE: "....x.......x...", HAT: "x.xxx.x.x.xxx.x."}),
        basses=("r..rf...r.f.....", "..rr..f...rrf...", "r.....f.r..ff..."), figures=("..x...x...x...x.", "..xx..xx..xx..xx"), players=GUITARS + ORGANS, weight=1.5),
    "ska": Dance((118, 165), per=2, kits=({KICK: "x...x...", SNARE: "..x...x.", HAT: ".x.x.x.x"}, {KICK: "x.x.x.x.", SNARE: "....x...", HAT: "xxxxxxxx"}), basses=("r.f.o.f.", "r.r.f.f."), figures=(".x.x.x.x",)),
    "afrobeat": Dance((96, 128), kits=({KICK: "x..x......x.x...", SNARE: "...-..x..-..x..-", HAT: "x.xxx.xxx.xxx.xx", SHAKER: "x.x.x.x.x.x.x.x."}, {KICK: "x.....x.x.....x.", CONGA: "..xx..x...xx..xx", HAT: "x.x.x.x.x.x.x.x."}),
        basses=("r.rf..r...f.r...", "r..r..f...r...f."), figures=("..x..x.x..x..x..", "...x..x...x...x.")),
    "bembe": Dance((88, 140), per=3, kits=({BELL: "x.x.xx.x.x.x", KICK: "x..x..x..x..", CONGA: "..x..xx...xx"},), basses=("r.rf..r.rf..", "r....fr.f..."), figures=("x.x.xx.x.x.x", "x..x.x.x..x.")),
    "dnb": Dance((164, 182), kits=(
        {KICK: "x.........x.....", SNARE: "....x.......x...", HAT: "x.x.x.x.x.x.x.x."}, {KICK: "x.x.......x.....", SNARE: "....x..-.-..x..-", RIDE: "x.x.x.x.x.x.x.x."},
        {KICK: "x.x.......xx....", SNARE: "....x..x.x..x..x", HAT: "x.x.x.x.x.x.x.x."}),
        basses=("r...............", "r.......r.......", "r.....r...f....."), figures=("x...............", "x.....x.........", "..x...x...x...x."), players=STRINGS + PIANOS, weight=2),
    "house": Dance((116, 140), kits=({KICK: "x...x...x...x...", CLAP: "....x.......x...", OPEN: "..x...x...x...x."}, {KICK: "x...x...x...x...", HAT: "xxxxxxxxxxxxxxxx", OPEN: "..x...x...x...x."}),
        basses=("..r...r...r...r.", "r.rr..r.r.rr..r.", "r.o.r.o.r.o.r.o."), figures=("x..x..x...x..x..", "..x...x...x...x.", "x..x..x.x..x..x.", "x...............")),
    "boombap": Dance((78, 104), kits=({KICK: "x......x..x.....", SNARE: "....x.......x...", HAT: "x.x.x.x.x.x.x.x."}, {KICK: "x.x....x..x.....", SNARE: "....x.......x..o", HAT: "x.x.x.xxx.x.x.x."}),
        basses=("r......r..f.....", "r..r......r.f..."), figures=("x...............", "x.....x...x.....", "....x.......x..."), swing=(0.25, 1.1, 1.8)),
    "funk": Dance((86, 118), kits=({KICK: "x.x...x..xx...x.", SNARE: "....x..-.-..x..-", HAT: "x.x.x.x.x.x.x.x."}, {KICK: "x..x..x...x..x..", SNARE: "....x.......x...", HAT: "xxxxxxxxxxxxxxxx"}, {KICK: "x.........x.....", SNARE: "....x..x-x..x...", HAT: "x.xxx.x.x.xxx.x."}),
        basses=("r..r..r...of..o.", "r.o....r..r.fo..", "rr....o.r.r...of"), figures=("..x..x....x..x..", "x..x..x...x...x.", "xx.xx.x.xx.xx.x."), swing=(0.25, 1.0, 1.4), weight=1.5),
    "soul": Dance((96, 132), kits=({KICK: "x.....x.x.......", SNARE: "x...x...x...x...", HAT: "x.x.x.x.x.x.x.x."}, {KICK: "x.....xx..x.....", SNARE: "....x.......x...", TAMBOURINE: "x.x.x.x.x.x.x.x."}), basses=("r.....ro..r.f.a.", "r..r..f.r..r..a."), figures=("....x.......x...", "x...x...x...x...", "x.x.x.x.x.x.x.x.")),
    "rock": Dance((104, 176), per=2, kits=({KICK: "x...x...", SNARE: "..x...x.", HAT: "xxxxxxxx"}, {KICK: "x..xx...", SNARE: "..x...x.", HAT: "xxxxxxxx"}, {KICK: "x..x.x..", SNARE: "..x...x.", RIDE: "x.x.x.x."}),
        basses=("rrrrrrrr", "r.rrr.rr", "r...r..."), figures=("xxxxxxxx", "x...x...", "x..x..x.", "x.......", "x.x.x.x."), players=GUITARS + (28, 29, 30), weight=1.5),
    "punk": Dance((164, 212), per=2, kits=({KICK: "x...x...", SNARE: "..x...x.", HAT: "x.x.x.x."}, {KICK: "x..xx..x", SNARE: "..x...x.", HAT: "xxxxxxxx"}), basses=("rrrrrrrr",), figures=("xxxxxxxx",), players=(29, 30)),
    "country": Dance((92, 136), per=4, kits=({KICK: "x...x...x...x...", SNARE: "--x---x---x---x-"}, {KICK: "x.......x.......", SNARE: "....x.......x...", HAT: "x.x.x.x.x.x.x.x."}), basses=("r.......f.......", "r...f...r...a..."), figures=("b.t.b.t.b.t.b.t.", "....x.......x...", "b...t...b...t..."), players=GUITARS + PIANOS),
    "march": Dance((96, 132), beats=2, kits=({KICK: "x.......", SNARE: "x.xxx.xx"}, {KICK: "x...x...", SNARE: "..x...x."}), basses=("r...f...",), figures=("..x...x.",), players=(56, 61, 21, 0), kit=0.5, harmony="functional"),
    "viennese": Dance((140, 206), beats=3, per=2, kits=({KICK: "x.....", RIM: "..x.x."},), basses=("r.....", "r.....f....."), figures=("..x.x.", "b.t.t.", "..x..."), kit=0.15, tune=0.9, harmony="functional", players=PIANOS + STRINGS + (21, 24, 46), weight=2),
    "waltz": Dance((84, 140), beats=3, per=2, kits=({KICK: "x.....", SNARE: "..x.x.", HAT: "xxxxxx"},), basses=("r.....", "r...a.", "r.f.f."), figures=("..x.x.", "b.t.t.", "btttbt", "x....."), kit=0.3, harmony="functional", weight=1.5),
    "jazz-waltz": Dance((104, 190), beats=3, per=2, kits=({RIDE: "x.x.xx", FOOT: "..x...", KICK: "x....."}, {RIDE: "x.xxx.", FOOT: "..x.x."}), basses=("r.....", "r..f..", "r.f.a."), figures=("x..x..", "..x..x", "x....."), harmony="jazz", swing=(0.5, 1.4, 2.2)),
    "swing": Dance((112, 250), per=2, kits=({RIDE: "x.xxx.xx", FOOT: "..x...x.", SNARE: ".o.-.o.o", KICK: "oooo...."}, {RIDE: "x.x.x.xx", FOOT: "..x...x.", KICK: "x.x.x.x."}, {HAT: "x.xxx.xx", RIM: "......x."}),
        basses=("r.f.r.a.", "r.f.o.a.", "r...f..."), figures=("x..x....", "...x...x", ".x...x..", "x.x.x.x."), harmony="jazz", swing=(0.5, 1.3, 2.5), weight=2),
    "shuffle": Dance((80, 144), per=3, kits=({KICK: "x.....x.....", SNARE: "...x.....x..", HAT: "x.xx.xx.xx.x"}, {KICK: "x.xx.xx.xx.x", SNARE: "...x.....x..", RIDE: "x..x..x..x.."}), basses=("r.rf.fr.rf.f", "r..f..o..f..", "r.rr.rr.rr.r"), figures=("x.xx.xx.xx.x", "x..x..x..x..", "..x..x..x..x"), harmony="blues", weight=1.5),
    "gospel": Dance((50, 84), per=3, kits=({KICK: "x....xx.....", SNARE: "...x.....x..", HAT: "xxxxxxxxxxxx"},), basses=("r....rf....a", "r.....f....."), figures=("xxxxxxxxxxxx", "b.tb.tb.tb.t", "x.....x.....")),
    "six-eight": Dance((46, 82), beats=2, per=3, kits=({KICK: "x.....", SNARE: "...x..", HAT: "xxxxxx"},), basses=("r.....", "r..f..", "r....f"), figures=("btttbt", "bttbtt", "x..x..", "xxxxxx"), kit=0.5),
    "jig": Dance((96, 138), beats=2, per=3, kits=({KICK: "x..x..", TAMBOURINE: "x.xx.x"},), basses=("r..f..", "r....."), figures=("b.tb.t", "x..x.."), players=(21, 24, 25), kit=0.3, harmony="functional"),
    "five": Dance((140, 190), beats=5, per=2, kits=({RIDE: "x.xxx.x.x.", FOOT: "..x.....x.", KICK: "x.....x..."},), basses=("r..f..r.f.", "r.....r..."), figures=("x..x..x.x.",), harmony="jazz", swing=(0.5, 1.0, 2.0), weight=0.4),
    "seven": Dance((120, 200), beats=7, per=2, kits=({KICK: "x...x...x.....", SNARE: "..x...x...x.x.", HAT: "x.x.x.x.x.x.x."},), basses=("r...r...f.r...",), figures=("x...x...x...x.", "x.x.x.x.x.x.x."), weight=0.4),
    "ballad": Dance((54, 84), kits=({KICK: "x.......x.......", SNARE: "....x.......x...", HAT: "x.x.x.x.x.x.x.x."}, {KICK: "x.....x.x.......", RIM: "....x.......x...", HAT: "x.x.x.x.x.x.x.x."}, {KICK: "x.........x.....", RIM: "........x.......", HAT: "x...x...x...x..."}),
        basses=("r...............", "r.......r.......", "r.....r.r.....a."), figures=("x...x...x...x...", "b.t.t.t.b.t.t.t.", "btttbtttbtttbttt", "x.......x.......", "b.t.b.t.b.t.b.t."), kit=0.35, weight=3),
    "piano": Dance((56, 120), basses=("r...............", "r.......f.......", "r.....f.r......."), figures=("b.t.t.t.b.t.t.t.", "b.t.b.t.b.t.b.t.", "btttbttt", "x...x...x...x...", "x...t.t.x...t.t.", "b..tt.t."), players=PIANOS, kit=0, tune=0.8, freedom="drift", weight=3),
    "alberti": Dance((88, 168), per=2, basses=("r.......", "........"), figures=("btttbttt", "btbtbtbt", "x.x.x.x.", "..x...x.", "x......."), players=PIANOS, kit=0, tune=1.0, harmony="functional", freedom="drift", weight=2),
    "etude": Dance((60, 132), basses=("r...............", "r.......r.......", "r...f...r...f..."), figures=("bttttttttttttttt", "btttbtttbtttbttt", "bttbttbt"), players=PIANOS, kit=0, tune=0.5, harmony="functional", freedom="rubato", weight=1.5),
    "minuet": Dance((96, 168), beats=3, per=2, basses=("r.....", "r.r.r.", "r...f."), figures=("..x.x.", "x.....", "bttttt"), players=PIANOS + STRINGS, kit=0, tune=1.0, harmony="functional", freedom="drift", weight=1.5),
    "travis": Dance((72, 126), per=2, basses=("r.f.r.f.", "r.r.r.r."), figures=("..x..x.x", "t.tt.t.t", ".t.tt.t."), players=(24, 25), kit=0.1, tune=0.4, freedom="drift", weight=1.5),
    "strum": Dance((70, 140), kits=({KICK: "x.......x.......", SNARE: "....x.......x...", SHAKER: "xxxxxxxxxxxxxxxx"},), basses=("r.......r.......", "r..............."), figures=("x...x.x...x.x.x.", "x.x.x.x.x.x.x.x.", "x...x.xx..x.x.xx"), players=GUITARS, kit=0.3, weight=1.5),
    "pads": Dance((60, 118), kits=({KICK: "x...x...x...x...", HAT: "..x...x...x...x."},), basses=("r...............", "r.......r......."), figures=("x...............", "x.......x.......", "b.t.t.t.t.t.t.t."), players=STRINGS, kit=0.3),
}


def kit(rng, piece, dance, bars, loud):
    """The drums, with slips of memory, and fills at the ends of phrases."""
    lines = dance.kits[rng.integers(len(dance.kits))]
    chance = {"x": 0.97, "o": rng.uniform(0.1, 0.6), "-": rng.uniform(0.1, 0.8)}
    levels = {note: {KICK: 1.0, SNARE: 1.0}.get(note, rng.uniform(0.55, 0.95)) for note in lines}
    steps, phrase = dance.beats * dance.per, int(rng.choice((4, 8, 8, 16)))
    fills, enters, pulse = rng.random() < 0.7, int(rng.choice((0, 0, 0, 0, 2, 4))), rng.uniform(0.6, 1.0)
    leaves = int(rng.integers(8, 64))
    for bar in range(enters, bars):
        if leaves <= bar < leaves + 2:
            continue
        filled = steps - int(rng.choice((1, 2, dance.beats // 2))) * dance.per if fills and bar % phrase == phrase - 1 else steps
        for note, line in lines.items():
            for step in range(filled):
                mark = line[(bar * steps + step) % len(line)]
                if mark != "." and rng.random() < chance[mark]:
                    accent = 1.0 if step % dance.per == 0 or note in (KICK, SNARE) else pulse
                    piece.add(bar * dance.beats + step / dance.per, 0.1, DRUMS, note, loud * levels[note] * accent * (0.4 if mark == "-" else 1) + rng.normal(0, 6))
        for step in range(filled, steps):
            if rng.random() < 0.75:
                piece.add(bar * dance.beats + step / dance.per, 0.1, DRUMS, int(rng.choice((38, 38, 45, 47, 50, 43))), loud + rng.normal(0, 10))
        if bar % phrase == 0 and rng.random() < 0.5:
            piece.add(bar * dance.beats, 0.5, DRUMS, 49, loud * 0.95)


def hits(line, start, length, per):
    """(step from the start, mark, beats until the next mark) of the steps of a chord; the pattern runs on through the bar."""
    first, count = int(round(start * per)), int(round(length * per))
    marks = [(n, line[(first + n) % len(line)]) for n in range(count)]
    marks = [(n, mark) for n, mark in marks if mark != "."]
    for (n, mark), (after, _) in zip(marks, [*marks[1:], (count, "")]):
        yield n / per, mark, (after - n) / per


def bass(rng, piece, dance, plan, line):
    loud, short = rng.uniform(72, 105), rng.uniform(0.5, 1.0)
    for n, (chord, start, length) in enumerate(plan):
        low = near(chord[2], 38)
        following = near(plan[(n + 1) % len(plan)][0][2], low)
        pitches = {"r": low, "f": low + 7 if low < 42 else low - 5, "o": low + 12, "a": following + int(rng.choice((-2, -1, 1)))}
        for at, mark, span in hits(line, start, length, dance.per):
            piece.add(start + at, span * short, 1, min(max(pitches[mark], 28), 55), loud + (7 if (start + at) % dance.beats == 0 else 0) + rng.normal(0, 5))


def figure(rng, piece, dance, plan, line):
    centre, loud, short = int(rng.integers(52, 67)), rng.uniform(55, 92), rng.uniform(0.3, 1.0)
    rising, strum = rng.random() < 0.6, 0.012 if dance.players[0] in GUITARS and rng.random() < 0.6 else 0.0
    held = "b" in line and rng.random() < 0.4
    for chord, start, length in plan:
        pitches = voicing(rng, chord, centre, size=pick(rng, {0: 3, 4: 1}) or None)
        rest, turn = pitches[1:] if rising else pitches[:0:-1], 0
        broken = line.count("t") > line.count("b")
        for at, mark, span in hits(line, start, length, dance.per):
            if mark == "t" and broken:
                chosen, turn = [rest[turn % len(rest)]], turn + 1
            else:
                chosen = {"x": pitches, "b": pitches[:1], "t": pitches[1:]}[mark]
                turn = 0
            for n, pitch in enumerate(chosen):
                accent = 5 if (start + at) % 1 < 1e-6 else 0
                piece.add(start + at + strum * n, max(span, min(1.0, length - at)) if held else span * short, 0, pitch, loud + accent + rng.normal(0, 6))


def progression(rng, dance, bars):
    """Chords that change with the bars, now and then within them."""
    minor, tonic = bool(rng.random() < 0.45), int(rng.integers(12))
    kind = dance.harmony if rng.random() < 0.7 else "functional"
    source = {"jazz": lambda: jazz(rng, minor), "blues": lambda: blues(rng, minor), "loop": lambda: loop(rng, minor, pick(rng, {0.0: 3, 0.5: 1, 1.0: 1})),
              "functional": lambda: functional(rng, minor, pick(rng, {0.0: 3, 0.4: 1}))}[kind]()
    usual = pick(rng, {1.0: 6, 2.0: 2, 0.5: 2 if dance.beats % 2 == 0 else 0})
    plan, at = [], 0.0
    for root, quality, low in source:
        length = dance.beats * (usual if rng.random() < 0.85 else 1.0)
        length = min(length, dance.beats - at % dance.beats) if at % dance.beats else length
        plan.append((((root + tonic) % 12, quality, (low + tonic) % 12), at, float(length)))
        at += length
        if at >= bars * dance.beats:
            break
    return plan, [(tonic + d) % 12 for d in ((0, 2, 3, 5, 7, 8, 10) if minor else (0, 2, 4, 5, 7, 9, 11))]


def dance(rng, seconds):
    """One piece, in beats, as `rhythm.groove` gives it."""
    name = pick(rng, {name: dance.weight for name, dance in DANCES.items()})
    kind = DANCES[name]
    bpm = float(np.exp(rng.uniform(*np.log(kind.bpm))))
    bars = int(np.ceil(seconds * bpm / 60 / kind.beats)) + 1
    piece = Piece()
    solo = kind.kit == 0 or kind.players == (24, 25)
    main = int(rng.choice(kind.players))
    piece.programs = {0: main, 1: main if solo else int(rng.choice(BASSES)), 2: main if solo else int(rng.choice(LEADS)), 3: int(rng.choice(STRINGS))}
    plan, scale = progression(rng, kind, bars)
    metre = (kind.beats, kind.per)
    if rng.random() < kind.kit and kind.kits:
        kit(rng, piece, kind, bars, rng.uniform(70, 110))
    if rng.random() < 0.93:
        bass(rng, piece, kind, plan, str(rng.choice(kind.basses)))
    if rng.random() < 0.95 or not piece.notes:
        figure(rng, piece, kind, plan, str(rng.choice(kind.figures)))
    if rng.random() < kind.tune:
        tune(rng, piece, plan, metre, scale, 2)
    if not solo and rng.random() < 0.25:
        chords(rng, piece, plan, metre, "hold", 3, 64, 48)
    swing = (kind.swing[0], float(rng.uniform(*kind.swing[1:]))) if kind.swing else None
    freedom = kind.freedom if rng.random() < 0.6 else pick(rng, {"steady": 6, "drift": 2, "rubato": 1 if solo else 0})
    return dict(piece=piece, played=0, metre=metre, bpm=bpm, swing=swing, freedom=freedom, beats=bars * kind.beats, style=name, pickup=0.0)
