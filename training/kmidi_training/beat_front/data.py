"""The corpus as arrays, targets by hop, and the measures that both networks are judged by."""

import json

import numpy as np

# The numbers of a hop that speak of the moment; those behind them say how new what sounds is.
MOMENT = 120
# How much what is heard is scaled in training: no level is sacred.
GAIN = (0.9, 1.1)


def load(paths):
    """(what was heard, truth) of each piece of files with commas between them."""
    pieces = []
    for path in str(paths).split(","):
        data = np.load(path)
        heard, starts = data["heard"], data["starts"]
        pieces += [(heard[a:b], json.loads(str(text))) for a, b, text in zip(starts, starts[1:], data["truths"])]
    return pieces


def hops(times, count, shift):
    """The hop in which each time falls, `shift` hops later; those in range."""
    index = np.floor(np.asarray(times) * 100 + 1e-6).astype(int) + shift
    return index[(index >= 0) & (index < count)]


def batches(pieces, rng, size, chunk):
    """Excerpts of `chunk` hops of pieces, each a tuple of arrays of equal length; arrays of (batch, hops, numbers)."""
    places = []
    for n, (heard, *_) in enumerate(pieces):
        at = int(rng.integers(0, max(1, len(heard) % chunk)))
        places += [(n, a) for a in range(at, len(heard) - chunk + 1, chunk)]
    rng.shuffle(places)
    for first in range(0, len(places) - size + 1, size):
        chosen = places[first : first + size]
        yield [np.stack([pieces[n][part][at : at + chunk] for n, at in chosen]).astype(np.float32) for part in range(len(pieces[0]))]


def spoiled(rng, heard):
    """Softer or louder, and with a little noise."""
    gain = rng.uniform(*GAIN, (len(heard), 1, 1)).astype(np.float32)
    return heard * gain + 0.01 * rng.standard_normal(heard.shape, np.float32)


def peaks(p, threshold):
    at = np.flatnonzero((p[1:-1] >= threshold) & (p[1:-1] > p[:-2]) & (p[1:-1] >= p[2:])) + 1
    return at


def f_measure(found, truth, reach):
    used, hits = 0, 0
    found = sorted(found)
    for t in sorted(truth):
        while used < len(found) and found[used] < t - reach:
            used += 1
        if used < len(found) and found[used] <= t + reach:
            hits += 1
            used += 1
    return 2 * hits / max(1, len(found) + len(truth))


def save(weights, path):
    """Arrays in order, row by row, as 32-bit little-endian floats."""
    path.write_bytes(np.concatenate([np.asarray(w, "<f4").ravel() for w in weights]).tobytes())
