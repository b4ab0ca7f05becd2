"""Chords into notes: bands, combos, choirs, guitars and pianos with the habits of their styles.

`arrange` gives notes (start, end, channel, pitch, velocity) in seconds, programs by channel, and the chords as
(start, end, root, quality, bass pitch class).
"""

from dataclasses import dataclass, field

from .progressions import DEGREES, blues, functional, jazz, loop, pick, transcribed

DRUMS = 9
PIANOS = (0, 1, 2, 4, 5, 6, 7)
GUITARS = (24, 25, 26, 27)
ORGANS = (16, 17, 18, 19, 21)
STRINGS = (48, 49, 50, 51, 52, 88, 89, 90, 91, 94)
LEADS = (40, 56, 65, 66, 68, 71, 73, 74, 80, 81, 11, 12)
BASSES = (32, 33, 34, 35, 36, 38, 39)
CHOIR = (19, 48, 49, 52, 53, 56, 68, 71, 21, 0, 6)


@dataclass
class Piece:
    """What is being written; times are beats until `in_seconds`."""

    notes: list = field(default_factory=list)
    programs: dict = field(default_factory=dict)
    chords: list = field(default_factory=list)

    def add(self, start, length, channel, pitch, velocity):
        if 0 <= pitch < 128:
            self.notes.append((start, start + length, channel, int(pitch), int(min(max(velocity, 1), 127))))


def near(pc, around):
    """The pitch of a class nearest to a pitch."""
    return around + (pc - around + 6) % 12 - 6


def voicing(rng, chord, centre, size=None, rootless=False):
    """Pitches of a chord around `centre`, closely spaced."""
    root, quality, _ = chord
    tones = [(root + d) % 12 for d in DEGREES[quality]]
    if rootless and len(tones) == 4:
        tones = tones[1:]
    low = centre - rng.integers(3, 9)
    pitches = sorted(low + (pc - low) % 12 for pc in tones)
    while size and len(pitches) < size:
        pitches.append(pitches[len(pitches) - len(tones)] + 12)
    return pitches[:size] if size else pitches


def melody(rng, piece, chord, start, beats, scale, channel, state, busy):
    """A line that meets the chord on the beat and steps through the scale between."""
    tones = [(chord[0] + d) % 12 for d in DEGREES[chord[1]]]
    at = start
    while at < start + beats - 1e-6:
        length = min(pick(rng, {0.25: busy, 0.5: 2 * busy, 1.0: 2, 1.5: 0.6, 2.0: 0.8}), start + beats - at)
        if rng.random() < 0.85:
            if rng.random() < (0.75 if at % 1 < 1e-6 else 0.4):
                pc = tones[rng.integers(len(tones))]
            else:
                pc = (state["pitch"] + rng.choice((-2, -1, 1, 2))) % 12
                pc = min(scale, key=lambda s: min((s - pc) % 12, (pc - s) % 12))
            pitch = near(pc, state["pitch"])
            pitch += 12 if pitch < state["low"] else -12 if pitch > state["low"] + 19 else 0
            state["pitch"] = pitch
            piece.add(at, length * rng.uniform(0.6, 1.0), channel, pitch, state["velocity"] + rng.normal(0, 8))
        at += length


def drums(rng, piece, start, beats, style, loudness):
    """A bar's kick, snare and hats, or a ride."""
    steps = {"swing": (0, 2 / 3), "slow": (0, 0.5), "busy": (0, 0.25, 0.5, 0.75)}.get(style, (0, 0.5))
    cymbal = 51 if style == "swing" else 42
    for beat in range(int(round(beats))):
        for step in steps:
            piece.add(start + beat + step, 0.1, DRUMS, cymbal, loudness * 0.7 + rng.normal(0, 6))
        if beat % 2 == 0 or rng.random() < 0.2:
            piece.add(start + beat, 0.1, DRUMS, 36, loudness + rng.normal(0, 6))
        else:
            piece.add(start + beat, 0.1, DRUMS, 38, loudness + rng.normal(0, 6))
        if rng.random() < 0.25:
            piece.add(start + beat + 0.5, 0.1, DRUMS, rng.choice((36, 38, 46)), loudness * 0.8)


def bass_line(rng, piece, chord, start, beats, following, style):
    """Roots, roots and fifths, a walk, a tumbao, octaves or a riff."""
    root, quality, bass = chord
    tones = [(root + d) % 12 for d in DEGREES[quality]]
    low = near(bass, 36 if rng.random() < 0.8 else 40)
    low += 12 if low < 28 else 0
    fifth = low + ((tones[2] - low) % 12 if len(tones) > 2 else 7)
    loud = 88 + rng.normal(0, 6)
    if style == "walk":
        goal = near(following[2], low)
        line = [low]
        while len(line) < int(beats):
            if len(line) == int(beats) - 1:
                line.append(goal + rng.choice((-1, 1)))
            else:
                line.append(near(tones[rng.integers(len(tones))], line[-1] + rng.choice((-3, 3))))
        for n, pitch in enumerate(line):
            piece.add(start + n, 0.9, 1, min(max(pitch, 28), 55), loud)
    elif style == "hold":
        piece.add(start, beats * 0.97, 1, low, loud)
    elif style == "tumbao":
        at = start
        while at < start + beats:
            piece.add(at + (0 if at == start else 0.5), 0.9, 1, low, loud)
            piece.add(at + 1.5, 0.9, 1, fifth, loud)
            at += 2
    else:
        step = {"eighths": 0.5, "beats": 1.0, "octaves": 0.5, "sixteenths": 0.25}[style]
        at, n = start, 0
        while at < start + beats - 1e-6:
            pitch = low
            if style == "octaves":
                pitch = low + 12 * (n % 2)
            elif n and rng.random() < 0.2:
                pitch = rng.choice((fifth, low + 12, low))
            if style != "sixteenths" or n % 4 == 0 or rng.random() < 0.5:
                piece.add(at, step * 0.9, 1, pitch, loud + rng.normal(0, 5))
            at, n = at + step, n + 1


def comp(rng, piece, chord, start, beats, style, channel, centre, loud):
    """The chord's accompaniment figure."""
    pitches = voicing(rng, chord, centre, size=pick(rng, {0: 3, 4: 1, 5: 1}) or None, rootless=style == "swing")
    if style == "hold":
        for p in pitches:
            piece.add(start, beats * 0.98, channel, p, loud)
        return
    if style == "arpeggio":
        step = pick(rng, {0.5: 3, 0.25: 2, 1 / 3: 1})
        order = pitches + pitches[1:-1][::-1]
        hold = rng.random() < 0.5
        for n in range(int(round(beats / step))):
            length = min(beats - n * step, step * (4 if hold else 1.0))
            piece.add(start + n * step, length, channel, order[n % len(order)], loud + rng.normal(0, 6))
        return
    patterns = {
        "quarters": [0, 1, 2, 3],
        "eighths": [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5],
        "offbeats": [0.5, 1.5, 2.5, 3.5],
        "bossa": [0, 1.5, 2.5],
        "swing": [0, 1 + 2 / 3, 3 + 2 / 3] if rng.random() < 0.6 else [2 / 3, 2 + 2 / 3],
        "funk": [0, 0.75, 1.5, 2.25, 2.75, 3.5],
        "montuno": [0, 0.5, 1.5, 2, 2.5, 3.5],
        "waltz": [1, 2],
        "strum": [0, 1, 1.5, 2.5, 3, 3.5],
    }
    span = 3 if style == "waltz" else 4
    at = 0.0
    while at < beats - 1e-6:
        for hit in patterns[style]:
            if at + hit < beats - 1e-6 and rng.random() < 0.95:
                length = min(rng.uniform(0.25, 0.9), beats - at - hit)
                chosen = pitches
                if style == "montuno":
                    top = pitches[0]
                    chosen = [top, top + 12] if rng.random() < 0.5 else pitches[1:]
                for n, p in enumerate(chosen):
                    late = 0.012 * n if style == "strum" else 0
                    piece.add(start + at + hit + late, length, channel, p, loud + rng.normal(0, 6))
        at += span


def choir(rng, piece, plan, scale, pcs=DEGREES):
    """Four voices a chord, with passing notes, neighbours and suspensions."""
    last = [67, 62, 55, 43]
    for n, (chord, start, beats) in enumerate(plan):
        tones = [(chord[0] + d) % 12 for d in DEGREES[chord[1]]]
        bass = near(chord[2], last[3])
        bass += 12 if bass < 38 else -12 if bass > 57 else 0
        upper = [pc for pc in tones]
        rng.shuffle(upper)
        while len(upper) < 3:
            upper.append(chord[0])
        voices = []
        for voice, (around, low, high) in enumerate(((last[0], 60, 79), (last[1], 55, 74), (last[2], 48, 67))):
            best = min(upper, key=lambda pc: abs(near(pc, around) - around) + rng.uniform(0, 2.5))
            if len(set(tones) - {near(pc, 60) % 12 for pc in voices}) and len(upper) > 1:
                upper.remove(best)
            pitch = near(best, around)
            pitch += 12 if pitch < low else -12 if pitch > high else 0
            voices.append(pitch)
        voices.append(bass)
        for voice, pitch in enumerate(voices):
            ornament = rng.random()
            nearest = lambda p: min((p + d for d in (-2, -1, 1, 2) if (p + d) % 12 in scale), key=lambda q: abs(q - p) + rng.uniform(0, 0.5), default=p)
            if beats >= 1 and ornament < 0.16:
                half = beats / 2 if beats <= 1 else 0.5
                piece.add(start, beats - half, voice, pitch, 75)
                piece.add(start + beats - half, half * 0.98, voice, nearest(pitch), 72)
            elif beats >= 1 and ornament < 0.24 and 1 <= abs(last[voice] - pitch) <= 2:
                half = min(beats / 2, 1)
                piece.add(start, half, voice, last[voice], 76)
                piece.add(start + half, (beats - half) * 0.98, voice, pitch, 72)
            else:
                piece.add(start, beats * 0.98, voice, pitch, 75)
        last = voices


STYLES = {
    "pop": (80, 130), "rock": (100, 170), "ballad": (55, 85), "bossa": (110, 150), "swing": (110, 240),
    "funk": (88, 118), "dnb": (165, 180), "waltz": (90, 200), "shuffle": (85, 140), "guitar": (60, 120),
    "montuno": (150, 210), "reggae": (65, 95), "choir": (55, 110), "piano": (60, 130), "pads": (70, 120),
    "disco": (110, 130),
}


def arrange(rng, songs, seconds=42.0):
    """One piece in a style drawn by chance."""
    style = list(STYLES)[rng.integers(len(STYLES))]
    bpm = rng.uniform(*STYLES[style])
    minor = bool(rng.random() < 0.45)
    tonic = int(rng.integers(12))
    scale = [(tonic + d) % 12 for d in ((0, 2, 3, 5, 7, 8, 10) if minor else (0, 2, 4, 5, 7, 9, 11))]
    bar = 3 if style == "waltz" else 4
    plan, at = [], 0.0
    end = seconds * bpm / 60
    if style == "choir":
        source = functional(rng, minor, rng.uniform(0, 0.3), applied=0.15, inversions=0.3, odd=0.02)
        lengths = {1: 6, 2: 4, 0.5: 0.7, 4: 0.5}
    else:
        if style in ("swing", "bossa"):
            source, lengths = jazz(rng, minor), {4: 4, 2: 3}
        elif style == "shuffle" and rng.random() < 0.6:
            source, lengths = blues(rng, minor), {4: 1}
        elif style == "waltz":
            source, lengths = functional(rng, minor, rng.uniform(0, 0.5)), {3: 4, 6: 2}
        elif rng.random() < 0.35 and songs:
            source, lengths = transcribed(rng, songs), None
        else:
            sevenths = pick(rng, {0.0: 3, 0.3: 2, 1.0: 3})
            source, lengths = loop(rng, minor, sevenths), {4: 5, 2: 3, 8: 1, 1: 0.3}
            if rng.random() < 0.3:
                source = functional(rng, minor, sevenths)
            if style == "dnb":
                lengths = {4: 2, 8: 3}
    length = pick(rng, lengths) if lengths else 4
    steady = rng.random() < 0.6
    for chord in source:
        if len(chord) == 4:
            length, chord = chord[3], chord[:3]
        elif not steady:
            length = pick(rng, lengths)
        chord = ((chord[0] + tonic) % 12, chord[1], (chord[2] + tonic) % 12)
        plan.append((chord, at, float(length)))
        at += length
        if at >= end:
            break
    piece = Piece()
    write(rng, piece, plan, style, scale, bar)
    return finish(rng, piece, plan, bpm, style, seconds)


COMPS = {
    "pop": ("eighths", "quarters", "strum", "arpeggio", "hold"), "rock": ("eighths", "quarters", "strum"),
    "ballad": ("arpeggio", "hold", "quarters"), "bossa": ("bossa",), "swing": ("swing", "quarters"),
    "funk": ("funk", "offbeats"), "dnb": ("hold", "arpeggio", "offbeats"), "waltz": ("waltz",),
    "shuffle": ("quarters", "swing", "hold"), "guitar": ("arpeggio", "strum"), "montuno": ("montuno",),
    "reggae": ("offbeats",), "piano": ("arpeggio", "quarters", "hold"), "pads": ("hold",),
    "disco": ("offbeats", "funk"),
}
BASS = {
    "swing": ("walk",), "shuffle": ("walk", "beats", "eighths"), "bossa": ("tumbao",), "montuno": ("tumbao",),
    "ballad": ("hold", "beats"), "waltz": ("hold",), "funk": ("sixteenths", "octaves"), "disco": ("octaves",),
    "rock": ("eighths",), "dnb": ("hold", "eighths", "sixteenths"), "pads": ("hold",),
}


def write(rng, piece, plan, style, scale, bar):
    """The notes of a plan in a style."""
    if style == "choir":
        voice = int(rng.choice(CHOIR))
        piece.programs = {c: voice for c in range(4)}
        choir(rng, piece, plan, scale)
        return
    harmony = {"guitar": GUITARS, "piano": PIANOS, "pads": STRINGS, "reggae": GUITARS + ORGANS, "rock": GUITARS + (28, 29, 30)}
    family = harmony.get(style) or PIANOS + GUITARS + ORGANS + ((11, 12) if style == "swing" else ())
    piece.programs = {0: int(rng.choice(family)), 1: int(rng.choice(BASSES)), 2: int(rng.choice(LEADS)), 3: int(rng.choice(STRINGS))}
    solo = style in ("guitar", "piano")
    if solo:
        piece.programs[1] = piece.programs[0]
        if style == "piano" or rng.random() < 0.5:
            piece.programs[2] = piece.programs[0]
    figure = str(rng.choice(COMPS[style]))
    bass = str(rng.choice(BASS.get(style, ("eighths", "beats", "hold"))))
    if solo:
        bass = "hold" if rng.random() < 0.7 else "beats"
    centre, loud = int(rng.integers(54, 67)), rng.uniform(55, 95)
    has_bass, has_lead, has_pad = rng.random() < 0.92, rng.random() < 0.65, rng.random() < 0.3
    has_drums = not solo and style not in ("waltz", "ballad", "pads") or rng.random() < 0.2
    state = {"pitch": 72, "low": int(rng.integers(57, 72)), "velocity": rng.uniform(65, 105)}
    busy = rng.uniform(0.2, 1.5)
    beat_style = "swing" if style in ("swing", "shuffle") else "slow" if style == "ballad" else "busy" if style in ("funk", "dnb") else "plain"
    for n, (chord, start, beats) in enumerate(plan):
        following = plan[(n + 1) % len(plan)][0]
        comp(rng, piece, chord, start, beats, figure, 0, centre, loud)
        if has_bass:
            bass_line(rng, piece, chord, start, beats, following, bass)
        if has_lead:
            melody(rng, piece, chord, start, beats, scale, 2, state, busy)
        if has_pad:
            comp(rng, piece, chord, start, beats, "hold", 3, 64, loud * 0.6)
        if has_drums:
            drums(rng, piece, start, beats, beat_style, 85 + rng.normal(0, 8))


def finish(rng, piece, plan, bpm, style, seconds):
    """Beats to seconds, with the slips of a human hand; now and then a rubato."""
    sway = rng.uniform(0, 0.08) if style in ("guitar", "piano", "choir") else 0.0
    phase = rng.uniform(0, 6.28)

    def clock(beat):
        from math import cos

        return 0.5 + 60 / bpm * (beat + sway * 3 * (1 - cos(beat / 3 + phase)))

    jitter = rng.uniform(0, 0.012)
    notes = []
    for start, end, channel, pitch, velocity in piece.notes:
        slip = rng.normal(0, jitter)
        begin = max(0.0, clock(start) + slip)
        if begin < seconds:
            notes.append((begin, min(max(clock(end) + slip, begin + 0.03), seconds), channel, pitch, velocity))
    chords = [(clock(at), min(clock(at + beats), seconds), *chord) for chord, at, beats in plan if clock(at) < seconds]
    return {"style": style, "notes": notes, "programs": piece.programs, "chords": chords, "bpm": bpm}
