"""Grooves: drums, basses, chords and tunes in many metres, swung or straight, steady or not, with exact beats.

A piece is first written in beats, on a grid that `Clock` bends: swing within the beat, tempo between beats.
"""

import numpy as np

from ..chroma_front.arrange import BASSES, DRUMS, GUITARS, LEADS, ORGANS, PIANOS, STRINGS, Piece, near, voicing
from ..chroma_front.progressions import DEGREES, functional, jazz, loop, pick

# Drum patterns by (beats a bar, steps a beat): kick, snare, cymbal; one character a step: x hit, o likely, - ghost, . none.
PATTERNS = {
    (4, 4): (
        ("x.......x.......", "....x.......x...", "x.x.x.x.x.x.x.x."),
        ("x......ox.x.....", "....x..-.-..x...", "x.x.x.x.x.x.x.x."),
        ("x.....x...x.....", "....x.......x..o", "xxxxxxxxxxxxxxxx"),
        ("x..x..x.o.x..x..", "....x.-..-..x.-.", "x.xxx.xxx.xxx.xx"),
        ("x...x...x...x...", "....x.......x...", "..x...x...x...x."),
        ("x...x...x...x...", "o...x..o....x..o", "x.xox.xox.xox.xo"),
        ("x.........x.....", "....x.......x...", "x.x.x.x.x.x.x.x."),
        ("x.........x.o...", "....x..o.o..x..o", "x.x.x.x.x.x.x.x."),
        ("x.....x.........", "........x.......", "x.x.x.x.x.x.x.x."),
        ("..o...o.x.......", "........x.......", "x.x.x.x.x.x.x.x."),
        ("x..x....x..x....", "x..x..x...x..x..", "x.x.x.x.x.x.x.x."),
        ("x..xx..xx..xx..x", "..x..x.x..x..x..", "x.x.x.x.x.x.x.x."),
        ("x.x...x.x.x...x.", "....x.......x...", "x...x...x...x..."),
        ("o...o...o...o...", "....-..o....-...", "x...x.x.x...x.x."),
        ("x...o...x...o...", "....x.......x...", "x.x.x.x.x.x.x.x."),
        ("o.......o.......", "..o....-..o..-..", "x...x.x.x...x.x."),
    ),
    (3, 4): (
        ("x...........", "....x...x...", "x.x.x.x.x.x."),
        ("x.......o...", "....o...x...", "x...x.x.x.x."),
        ("x...........", "....x...x...", "x...x...x..."),
        ("x.....x.....", "....x...x.o.", "x.x.x.x.x.x."),
        ("o...........", "....-...-.o.", "x...x.x.x..."),
    ),
    (2, 4): (("x.......", "....x...", "x.x.x.x."), ("x..xx..x", "..x.x.x.", "x.x.x.x."), ("x...x...", "..x...x.", "x...x...")),
    (5, 4): (("x.....x.....x.......", "........x.......x...", "x.x.x.x.x.x.x.x.x.x."), ("x..........ox.......", "....x...x.......x...", "x...x.x.x...x...x.x.")),
    (7, 4): (("x.......x.......x...........", "....x.......x.......x...x...", "x.x.x.x.x.x.x.x.x.x.x.x.x.x."),),
    (2, 3): (("x.....", "...x..", "xxxxxx"), ("x..o..", "...x..", "x.xx.x"), ("x.....", "...x.o", "x..x..")),
    (4, 3): (("x.....x.....", "...x.....x..", "xxxxxxxxxxxx"), ("x....ox.....", "...x.....x..", "x.xx.xx.xx.x"), ("x........x..", "......x.....", "xxxxxxxxxxxx")),
    (3, 3): (("x........", "...x..x..", "xxxxxxxxx"),),
}
# How usual each metre is, and the tempos, beats a minute, that it is played at.
METRES = {(4, 4): 62, (3, 4): 14, (2, 4): 4, (5, 4): 3, (7, 4): 3, (2, 3): 5, (4, 3): 7, (3, 3): 2}
CYMBALS = ((42, 4), (51, 2), (46, 0.3), (70, 0.3), (54, 0.2), (53, 0.2), (44, 0.2))


def clock(rng, beats, bpm, freedom):
    """The second at which each beat falls. `freedom`: steady, drifting, stepping, or bent phrase by phrase."""
    n = np.arange(beats + 1)
    tempo = np.full(beats + 1, bpm)
    if freedom == "drift":
        tempo = tempo * (1 + rng.uniform(0.01, 0.05) * np.sin(n / rng.uniform(6, 30) + rng.uniform(0, 6.28)))
    elif freedom == "step":
        ratio = rng.uniform(0.68, 1.47)
        while abs(ratio - 1) < 0.08:
            ratio = rng.uniform(0.68, 1.47)
        tempo[int(beats * rng.uniform(0.3, 0.7)) :] *= ratio
    elif freedom == "rubato":
        depth, phrase = rng.uniform(0.03, 0.14), int(rng.choice((8, 12, 16)))
        tempo = tempo * (1 + depth * (np.sin(np.pi * (n % phrase) / phrase) - 0.6))
        wander = 0.0
        for beat in n:
            wander = 0.8 * wander + rng.normal(0, depth / 4)
            tempo[beat] *= np.exp(wander)
    return rng.uniform(0.05, 0.9) + np.concatenate([[0], np.cumsum(60 / tempo[:-1])])


def swung(at, unit, ratio):
    """Where a place on the straight grid goes when its pairs of `unit` (0.5 or 0.25 beats) are long and short."""
    pair = 2 * unit
    base, inside = divmod(at + 1e-9, pair)
    share = ratio / (1 + ratio)
    inside = inside / unit * share if inside <= unit else share + (inside - unit) / unit * (1 - share)
    return base * pair + inside * pair


def mask(rng, steps, per_beat, density):
    """A rhythm of one bar: strong places are likelier."""
    weight = [1.0 if s == 0 else 0.75 if s % per_beat == 0 else 0.5 if 2 * s % per_beat == 0 else 0.22 for s in range(steps)]
    return [s for s in range(steps) if rng.random() < weight[s] * density]


def drums(rng, piece, bars, metre, loud):
    """The kit, bar by bar, with fills and slips of memory."""
    beats, per = metre
    kick, snare, cymbal = PATTERNS[metre][rng.integers(len(PATTERNS[metre]))]
    hat = int(pick(rng, dict(CYMBALS)))
    back = int(pick(rng, {38: 6, 40: 1, 37: 2, 39: 1}))
    every = pick(rng, {1: 6, 2: 1, 4: 0.3}) if per == 4 else 1
    chance = {"x": 0.97, "o": rng.uniform(0.1, 0.6), "-": rng.uniform(0.0, 0.7)}
    enters = int(rng.choice((0, 0, 0, 2, 4)))
    for bar in range(enters, bars):
        fill = bar % 8 == 7 and rng.random() < 0.6
        for step in range(beats * per):
            at = bar * beats + step / per
            if fill and step >= (beats - 1) * per:
                if rng.random() < 0.7:
                    piece.add(at, 0.1, DRUMS, int(rng.choice((38, 45, 47, 50, 43))), loud + rng.normal(0, 10))
                continue
            for line, drum, level in ((kick, 36, 1.0), (snare, back, 1.0), (cymbal, hat, 0.75)):
                mark = line[step]
                if mark != "." and rng.random() < chance[mark] and not (drum == hat and step % every):
                    ghost = 0.35 if mark == "-" else 1.0
                    accent = 1.0 if step % per == 0 or drum != hat else 0.8
                    piece.add(at, 0.1, DRUMS, drum, loud * level * ghost * accent + rng.normal(0, 7))
        if bar % 8 == 0 and rng.random() < 0.4:
            piece.add(bar * beats, 0.5, DRUMS, 49, loud)


def performance(rng, piece, bars, metre, takes):
    """A kit played by a human, from the Groove MIDI Dataset; False when none fits."""
    fitting = [t for t in takes if t["meter"] == [metre[0], 4] and t["duration_s"] * t["bpm"] / 60 > 4 * metre[0]] if metre[1] == 4 else []
    if not fitting:
        return None
    take = fitting[rng.integers(len(fitting))]
    length = int(take["duration_s"] * take["bpm"] / 60 / metre[0])
    skip = int(rng.integers(max(1, length - bars + 1))) * metre[0]
    loop_beats = max(1, length) * metre[0]
    for repeat in range(0, bars * metre[0] + loop_beats, loop_beats):
        for onset, _, note, velocity, voice, *_ in take["notes"]:
            at = onset / 480 - skip + repeat
            if -0.05 <= at < bars * metre[0]:
                drum = {22: 42, 26: 46, 58: 43}.get(note, note)
                piece.notes.append((at, at + 0.1, DRUMS, drum, velocity))
    return take


def bass(rng, piece, plan, metre, style):
    """Roots where the style wants them."""
    beats, per = metre
    rhythm = sorted({0, *mask(rng, beats * per, per, rng.uniform(0.3, 0.9))})
    loud = rng.uniform(70, 105)
    for n, (chord, start, length) in enumerate(plan):
        low = near(chord[2], 38)
        fifth = low + 7
        following = near(plan[(n + 1) % len(plan)][0][2], low)
        if style == "walk":
            tones = [(chord[0] + d) % 12 for d in DEGREES[chord[1]]]
            line = [low] + [near(tones[rng.integers(len(tones))], low + int(rng.integers(-4, 8))) for _ in range(max(0, int(length) - 2))]
            line = (line + [following + int(rng.choice((-1, 1)))])[: int(length)]
            hits = [(float(b), p, 0.9) for b, p in enumerate(line)]
        elif style == "hold":
            hits = [(0.0, low, length * 0.95)]
        elif style == "beats":
            hits = [(float(b), low if b % 2 == 0 or rng.random() < 0.6 else fifth, 0.8) for b in range(int(length))]
        elif style == "halves":
            hits = [(b * beats / 2, low if b % 2 == 0 else fifth, beats / 2 * 0.9) for b in range(int(2 * length / beats))]
        elif style == "run":
            step = 0.5 if per == 4 else 1 / 3
            hits = [(b * step, low, step * 0.9) for b in range(int(round(length / step)))]
        elif style == "off":
            hits = [(b + 0.5, low, 0.4) for b in range(int(length))] if per == 4 else [(float(b), low, 0.6) for b in range(int(length))]
        elif style == "tumbao":
            hits = [(b + o, p, 0.9) for b in range(0, int(length), 4) for o, p in ((0.0 if b + start < 1 else -0.5, low), (1.5, fifth), (3.5 if b + 4 >= length else 3.0, following))]
        else:
            hits = [(bar * beats + s / per, low if s == 0 or rng.random() < 0.7 else fifth, 0.8 / per * 2) for bar in range(max(1, int(length / beats))) for s in rhythm]
        for at, pitch, span in hits:
            if at < length:
                piece.add(max(0.0, start + at), span, 1, min(max(int(pitch), 28), 55), loud + (8 if at == 0 else 0) + rng.normal(0, 5))


def chords(rng, piece, plan, metre, figure, channel, centre, loud):
    """The harmony's own rhythm."""
    beats, per = metre
    rhythm = mask(rng, beats * per, per, rng.uniform(0.4, 0.9)) or [0]
    order_up = rng.random() < 0.5
    for chord, start, length in plan:
        pitches = voicing(rng, chord, centre, size=pick(rng, {0: 3, 4: 1}) or None)
        if figure == "hold":
            hits = [(0.0, pitches, length * 0.97)]
        elif figure == "beats":
            hits = [(float(b), pitches, 0.8) for b in range(int(length))]
        elif figure == "after":
            hits = [(float(b), pitches, 0.7) for b in range(int(length)) if b % beats]
        elif figure == "off":
            hits = [(b + (0.5 if per == 4 else 2 / 3), pitches, 0.3) for b in range(int(length))]
        elif figure == "eighths":
            step = 0.5 if per == 4 else 1 / 3
            hits = [(b * step, pitches, step * 0.8) for b in range(int(round(length / step)))]
        elif figure in ("arpeggio", "run"):
            step = (0.5 if figure == "arpeggio" else 0.25) if per == 4 else 1 / 3
            order = pitches + pitches[-2:0:-1] if order_up else [pitches[0], pitches[-1], pitches[1], pitches[-1]]
            span = step * float(rng.choice((1, 1, 3)))
            hits = [(b * step, [order[b % len(order)]], span) for b in range(int(round(length / step)))]
        else:
            hits = [(bar * beats + s / per, pitches, 0.4) for bar in range(max(1, int(length / beats))) for s in rhythm]
        strum = 0.012 if figure == "beats" and rng.random() < 0.3 else 0
        for at, hit, span in hits:
            if at < length - 1e-6:
                for n, pitch in enumerate(hit):
                    accent = 6 if at == 0 else 0
                    piece.add(start + at + strum * n, min(span, length - at), channel, pitch, loud + accent + rng.normal(0, 5))


def tune(rng, piece, plan, metre, scale, channel):
    """A line: a motif's rhythm comes again, its pitches step through the scale."""
    beats, per = metre
    motifs = [mask(rng, beats * per, per, rng.uniform(0.3, 0.8)) for _ in range(3)]
    pitch, loud = int(rng.integers(65, 80)), rng.uniform(70, 110)
    for chord, start, length in plan:
        tones = {(chord[0] + d) % 12 for d in DEGREES[chord[1]]}
        for bar in range(max(1, int(round(length / beats)))):
            motif = motifs[int(pick(rng, {0: 3, 1: 2, 2: 1}))]
            for n, s in enumerate(motif):
                if s / per >= length or rng.random() < 0.05:
                    continue
                pitch += int(rng.choice((-4, -2, -1, 1, 2, 4)))
                pitch = min(max(pitch, 60), 86)
                want = tones if s % per == 0 else set(scale) | tones
                pitch = min((p for p in range(pitch - 6, pitch + 7) if p % 12 in want), key=lambda p: abs(p - pitch), default=pitch)
                after = motif[n + 1] if n + 1 < len(motif) else beats * per
                piece.add(start + bar * beats + s / per, (after - s) / per * rng.uniform(0.6, 1.0), channel, pitch, loud + (5 if s == 0 else 0) + rng.normal(0, 7))


def progression(rng, bars, metre, swing):
    """Chords that change on bars, now and then twice a bar."""
    minor = bool(rng.random() < 0.45)
    source = jazz(rng, minor) if swing and rng.random() < 0.6 else loop(rng, minor, pick(rng, {0.0: 3, 1.0: 2})) if rng.random() < 0.6 else functional(rng, minor, 0.3)
    tonic, plan, at = int(rng.integers(12)), [], 0.0
    beats = metre[0]
    usual = pick(rng, {1: 6, 2: 2, 0.5: 2 if beats % 2 == 0 else 0})
    for chord in source:
        bars_long = usual if rng.random() < 0.8 else 1
        if bars_long == 0.5 and (beats % 2 or at % beats and rng.random() < 0):
            bars_long = 1
        length = beats * bars_long
        # No chord hangs over a barline that it does not start on.
        length = min(length, beats - at % beats) if at % beats else length
        plan.append((((chord[0] + tonic) % 12, chord[1], (chord[2] + tonic) % 12), at, float(length)))
        at += length
        if at >= bars * beats:
            break
    scale = [(tonic + d) % 12 for d in ((0, 2, 3, 5, 7, 8, 10) if minor else (0, 2, 4, 5, 7, 9, 11))]
    return plan, scale


def groove(rng, takes, seconds):
    """One piece of our own, in beats: notes, programs, metre, tempo, swing."""
    metre = list(METRES)[int(pick(rng, {n: w for n, w in enumerate(METRES.values())}))]
    beats, per = metre
    low, high = {2: (80, 150), 5: (90, 190), 7: (110, 220)}.get(beats, (60, 200)) if per == 4 else (45, 130)
    bpm = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    swing = None
    if per == 4:
        kind = pick(rng, {"straight": 7, "eighths": 2, "sixteenths": 1})
        if kind == "eighths":
            swing = (0.5, float(rng.uniform(1.3, 2.6)))
        elif kind == "sixteenths" and bpm < 125:
            swing = (0.25, float(rng.uniform(1.15, 1.9)))
    piece = Piece()
    bars = max(4, int(np.ceil(seconds * bpm / 60 / beats)) + 1)
    plays = pick(rng, {"band": 6, "solo": 3, "duo": 1, "kit": 1})
    take = None
    if plays in ("band", "kit") and takes and rng.random() < 0.5:
        take = performance(rng, piece, bars, metre, takes)
    if take:
        bpm, loose = float(take["bpm"]), take["style"]
        bars = max(4, int(np.ceil(seconds * bpm / 60 / beats)) + 1)
        piece.notes.clear()
        take = performance(rng, piece, bars, metre, [take])
        swing = (0.5, 2.0) if "swing" in loose or "shuffle" in loose or loose.startswith("jazz") else None
    elif plays in ("band", "kit") and rng.random() < 0.9:
        drums(rng, piece, bars, metre, rng.uniform(70, 110))
    played = len(piece.notes) if take else 0
    plan, scale = progression(rng, bars, metre, swing)
    if plays != "kit":
        solo = int(rng.choice(PIANOS + GUITARS)) if plays == "solo" else None
        family = PIANOS + GUITARS + ORGANS
        piece.programs = {0: solo or int(rng.choice(family)), 1: solo or int(rng.choice(BASSES)), 2: solo or int(rng.choice(LEADS)), 3: int(rng.choice(STRINGS))}
        figure = pick(rng, {"hold": 2, "beats": 3, "after": 1.5, "off": 1.5, "eighths": 2, "arpeggio": 3, "run": 1, "rhythm": 5})
        if solo and figure == "hold":
            figure = "arpeggio"
        line = pick(rng, {"walk": 4 if swing else 0.3, "hold": 2, "beats": 2, "halves": 2, "run": 2, "off": 0.7, "rhythm": 3, "tumbao": 1 if metre == (4, 4) else 0})
        if rng.random() < 0.95:
            chords(rng, piece, plan, metre, figure, 0, int(rng.integers(54, 67)), rng.uniform(55, 90))
        if rng.random() < 0.9:
            bass(rng, piece, plan, metre, line)
        if rng.random() < 0.65:
            tune(rng, piece, plan, metre, scale, 2)
        if plays == "band" and rng.random() < 0.3:
            chords(rng, piece, plan, metre, "hold", 3, 64, 50)
    freedom = pick(rng, {"steady": 7, "drift": 1.5, "step": 0.8, "rubato": 2.5 if plays == "solo" else 0.2})
    return dict(piece=piece, played=played, metre=metre, bpm=bpm, swing=swing, freedom=freedom, beats=bars * beats, style=plays, pickup=0.0)
