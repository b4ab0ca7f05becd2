"""Chord progressions in many idioms, with every chord's root, quality and bass.

A chord is (root, quality, bass) with pitch classes; a progression is a list of (chord, beats). All rules here are our own
reading of common practice; `transcribed` walks through chord sequences that people wrote down (McGill Billboard, CC0).
"""

DEGREES = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "dim": (0, 3, 6),
    "hdim7": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "aug": (0, 4, 8),
    "sus4": (0, 5, 7),
}

MAJOR = {0: "maj", 2: "min", 4: "min", 5: "maj", 7: "maj", 9: "min", 11: "dim"}
MINOR = {0: "min", 2: "dim", 3: "maj", 5: "min", 7: "maj", 8: "maj", 10: "maj"}
MAJOR7 = {0: "maj7", 2: "min7", 4: "min7", 5: "maj7", 7: "7", 9: "min7", 11: "hdim7"}
MINOR7 = {0: "min7", 2: "hdim7", 3: "maj7", 5: "min7", 7: "7", 8: "maj7", 10: "7"}

# Where a degree (semitones above the tonic) goes, and how readily.
AFTER = {
    0: {5: 4, 7: 4, 9: 3, 2: 2, 4: 1, 8: 1, 10: 1, 3: 1},
    2: {7: 6, 5: 1, 0: 1, 11: 1},
    3: {8: 3, 5: 2, 10: 1, 0: 1},
    4: {9: 4, 5: 3, 2: 1},
    5: {7: 4, 0: 4, 2: 2, 10: 1, 11: 1},
    7: {0: 6, 9: 2, 5: 2, 8: 1},
    8: {10: 2, 7: 3, 3: 1, 5: 2, 0: 1},
    9: {5: 3, 2: 3, 7: 2, 4: 1},
    10: {0: 2, 3: 3, 5: 1, 8: 1},
    11: {0: 4, 4: 1, 9: 1},
}


def pick(rng, weights):
    """One of the keys of `weights`, as likely as its value."""
    keys = list(weights)
    total = sum(weights.values())
    at = rng.random() * total
    for key in keys:
        at -= weights[key]
        if at < 0:
            return key
    return keys[-1]


def functional(rng, minor, sevenths, applied=0.1, inversions=0.15, odd=0.05):
    """An endless functional walk: (root above the tonic, quality, bass above the tonic)."""
    degree = 0
    triads, tetrads = (MINOR, MINOR7) if minor else (MAJOR, MAJOR7)
    while True:
        quality = (tetrads if rng.random() < sevenths else triads)[degree]
        if degree == 7 and rng.random() < 0.5:
            quality = "7"
        if rng.random() < odd:
            quality = pick(rng, {"sus4": 3, "aug": 1, "maj": 1, "min": 1, "7": 2, "dim7": 1})
        tones = DEGREES[quality]
        bass = tones[pick(rng, {1: 5, 2: 2, len(tones) - 1: 1})] if rng.random() < inversions else 0
        yield degree, quality, (degree + bass) % 12
        after = {d: w for d, w in AFTER[degree].items() if d in triads}
        following = pick(rng, after or {0: 1})
        if rng.random() < applied and following != 0:
            above = rng.random() < 0.7
            root = (following + (7 if above else 11)) % 12
            quality = "7" if above else pick(rng, {"dim7": 2, "hdim7": 1, "dim": 1})
            yield root, quality, root if rng.random() < 0.6 else (root + DEGREES[quality][1]) % 12
        degree = following


def jazz(rng, minor):
    """Cadences around a moving centre: ii V I, turnarounds, tritone substitutes, passing diminished chords."""
    centre = 0
    while True:
        kind = pick(rng, {"251": 5, "turn": 3, "sub": 2, "dim": 1, "side": 1, "vamp": 1})
        flat = minor and centre == 0
        two, one = ("hdim7", pick(rng, {"min7": 3, "min": 2})) if flat else ("min7", pick(rng, {"maj7": 5, "maj": 2}))
        if kind == "251":
            steps = [(2, two), (7, "7"), (0, one), (0, one)]
        elif kind == "turn":
            steps = [(0, one), (9, pick(rng, {"7": 2, "min7": 2})), (2, two), (7, "7")]
        elif kind == "sub":
            steps = [(2, two), (1, "7"), (0, one)]
        elif kind == "dim":
            steps = [(0, one), (1, "dim7"), (2, "min7"), (7, "7")]
        elif kind == "side":
            steps = [(5, "min7"), (10, "7"), (0, one)]
        else:
            steps = [(0, "7" if not flat else "min7"), (5, "7"), (0, "7" if not flat else "min7")]
        for root, quality in steps:
            root = (root + centre) % 12
            yield root, quality, root
        centre = (centre + pick(rng, {0: 4, 5: 3, 10: 1, 3: 1, 8: 1, 4: 1})) % 12


def loop(rng, minor, sevenths):
    """Four or so chords again and again, as songs have them."""
    length = pick(rng, {2: 2, 3: 1, 4: 6, 8: 3})
    walk = functional(rng, minor, sevenths, applied=0.05, inversions=0.08, odd=0.08)
    while True:
        chords = [next(walk) for _ in range(length)]
        for _ in range(3):
            yield from chords


def blues(rng, minor):
    """Twelve bars of dominant sevenths."""
    quality = "min7" if minor else "7"
    while True:
        for root in (0, 5, 0, 0, 5, 5, 0, 0, 7, 5, 0, 7):
            yield root, "7" if root == 7 else quality, root


def transcribed(rng, songs):
    """A stretch of one of `songs`, lists of (root, quality, bass, beats)."""
    while True:
        song = songs[rng.integers(len(songs))]
        start = rng.integers(max(1, len(song) - 24))
        yield from song[start : start + 40]
