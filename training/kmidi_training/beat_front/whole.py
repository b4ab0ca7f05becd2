"""Trains the network that hears beats and downbeats in a whole piece, what comes later included.

    python -m kmidi_training.beat_front.whole TRAIN.npz VALID.npz OUT --strokes strokes.bin [--channels 24] [--levels 8]

The convolutions of `beats.py`, looking both ways (after Davies and Boeck 2019, "Temporal convolutional networks for musical
audio beat tracking"): what two hops heard goes through a dense layer, then levels of a convolution over five frames that lie
1, 2, 4, ... frames apart, two before and two after, a mixing of channels, and the sum with what came in. Outputs of each frame
of two hops: whether a beat, and if so a downbeat, fell in it, and how likely each tempo is.
"""

import argparse
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from .beats import TAPS, TEMPI, crosses, fit, layers, show, start, stream_of, tempi_of, tempo_right, told
from .data import f_measure, load, peaks, save
from .strokes import read

# Hops a frame.
FRAME = 2
OUTPUTS = 2
# What is said this near to the ends of an excerpt, in frames, does not count.
EDGE = 50


def framed(heard):
    """(frames, FRAME x inputs)."""
    count = len(heard) // FRAME
    return heard[: count * FRAME].reshape(count, -1)


def scores(weights, heard, key=None, dropout=0.0):
    """Logits, (batch, frames, OUTPUTS), of frames, (batch, frames, inputs)."""
    matrix, bias = weights["first"]
    stream = jax.nn.relu(heard @ matrix.T + bias)
    count = heard.shape[1]
    for n, (taps, taps_bias, mix, mix_bias) in enumerate(weights["levels"]):
        apart = 2**n
        padded = jnp.pad(stream, ((0, 0), (2 * apart, 2 * apart), (0, 0)))
        window = jnp.concatenate([padded[:, tap * apart : tap * apart + count] for tap in range(TAPS)], 2)
        seen = jax.nn.relu(window @ taps.T + taps_bias)
        if dropout:
            key, now = jax.random.split(key)
            seen = seen * jax.random.bernoulli(now, 1 - dropout, (len(heard), 1, seen.shape[2])) / (1 - dropout)
        stream = stream + seen @ mix.T + mix_bias
    return told(weights, stream)


def times_of(count):
    """The middle of each frame, seconds."""
    return (np.arange(count) + 0.5) * FRAME / 100


def frames_of(times, count, shift=0):
    index = np.floor(np.asarray(times) * 100 / FRAME + 1e-6).astype(int) + shift
    return index[(index >= 0) & (index < count)]


def targets_of(truth, count):
    """(targets, counts): count 0 where nothing is asked."""
    targets, counts = np.zeros((count, OUTPUTS), np.float32), np.ones((count, OUTPUTS), np.float32)
    counts[:, 1] = 0
    for shift, value in ((-1, 0.4), (1, 0.4), (0, 1.0)):
        at = frames_of(truth["beats"], count, shift)
        targets[at, 0] = value
        # Where no bar is known, nothing is asked about bars.
        if len(truth["downbeats"]):
            counts[at, 1] = value
        targets[frames_of(truth["downbeats"], count, shift), 1] = 1
    tempi = tempi_of(np.asarray(truth["beats"]), times_of(count))
    return np.concatenate([targets, tempi[0]], 1), np.concatenate([counts, tempi[1]], 1)


def losses(weights, heard, targets, counts, key=None, dropout=0.0):
    inside = jnp.arange(heard.shape[1])
    counts = counts * ((inside >= EDGE) & (inside < heard.shape[1] - EDGE))[:, None]
    return crosses(scores(weights, heard, key, dropout), targets, counts)


def answers(weights, heard, run=jax.jit(scores), length=2250):
    """What is said of each frame of a piece: probabilities of beats, logits of tempos."""
    frames = framed(heard)
    padded = np.zeros((1, max(length, len(frames)), frames.shape[1]), np.float32)
    padded[0, : len(frames)] = frames
    s = np.array(run(weights, padded))[0, : len(frames)]
    s[:, :OUTPUTS] = 1 / (1 + np.exp(-s[:, :OUTPUTS]))
    return s


def evaluate(weights, pieces):
    """F of beats by plain peaks; share of downbeats told right; share of frames whose tempo is told right."""
    figures = []
    for heard, truth in pieces:
        p = answers(weights, heard)
        beats = (peaks(p[:, 0], 0.3) + 0.5) * FRAME / 100
        at, down = frames_of(truth["beats"], len(p)), set(frames_of(truth["downbeats"], len(p)))
        right = np.mean([(p[i, 1] > 0.5) == (i in down) for i in at]) if len(at) and down else np.nan
        figures.append((f_measure(beats, truth["beats"], 0.07), right, tempo_right(p[:, OUTPUTS:], times_of(len(p)), truth["beats"])))
    return np.nanmean(figures, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train")
    parser.add_argument("valid")
    parser.add_argument("out", type=Path)
    parser.add_argument("--strokes", type=Path, required=True, help="the weights that `strokes` wrote")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--channels", type=int, default=24)
    parser.add_argument("--levels", type=int, default=8)
    parser.add_argument("--dropout", type=float, default=0.15)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=6e-3)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    strokes = read(args.strokes)
    known, held_out = stream_of(load(args.train), strokes), stream_of(load(args.valid), strokes)
    weights = start(jax.random.PRNGKey(args.seed), FRAME * known[0][0].shape[1], args.channels, args.levels, OUTPUTS)

    def report(weights):
        figures = evaluate(weights, held_out)
        save(layers(weights), args.out / "whole.bin")
        return f"beat F, downbeats right, tempo right {show(figures)}", figures

    figures = fit(weights, known, rng, args, losses, report, shown=framed, asked=targets_of)
    (args.out / "whole.json").write_text(json.dumps(dict(zip(("beat", "downbeat", "tempo"), figures.tolist()))))


if __name__ == "__main__":
    main()
