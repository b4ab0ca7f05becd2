"""Trains the second half of the beat front end: what is a beat, and which beat a downbeat.

    python -m kmidi_training.beat_front.beats TRAIN.npz VALID.npz OUT [--strokes OUT/strokes.bin] [--channels 24] [--levels 9]

A causal temporal convolutional network (after Davies and Boeck 2019, "Temporal convolutional networks for musical audio
beat tracking") over the states of the strokes' network and what was heard, or over notes as they are: a dense layer, then
levels of a convolution over five hops that lie 1, 2, 4, ... hops apart, a mixing of channels, and the sum with what came in. At the end
of hop `k` its outputs say whether a beat, and if so a downbeat, fell `DELAYS[0]` hops ago, and again `DELAYS[1]` hops ago,
when more has been heard; and how likely each of TEMPI tempos is (after Boeck, Davies and Knees 2019, "Multi-task learning of
tempo and beat").
"""

import argparse
import json
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .data import MOMENT, batches, f_measure, hops, load, peaks, save, spoiled
from .strokes import read, states

DELAYS = (2, 60)
BEATS = 2 * len(DELAYS)
# Tempos: the slowest, beats a minute, how many an octave, and how many.
SLOWEST, PER_OCTAVE, TEMPI = 30.0, 6, 20
# How far, in tempos, a target spreads.
SPREAD = 0.7
TAPS = 5
CHUNK = 2500
# Hops after which it is asked whether the tempo is told right.
SETTLED = 200
# In training, excerpts are played up to this much slower or faster.
PACE = 1.18


def start(key, inputs, channels, levels, outputs=BEATS, tempi=TEMPI):
    keys = iter(jax.random.split(key, 2 * levels + 3))

    def layer(outputs, inputs, scale=1.0):
        return jax.random.uniform(next(keys), (outputs, inputs), minval=-1.0, maxval=1.0) * scale * (3 / inputs) ** 0.5

    zeros = jnp.zeros(channels)
    return {
        "first": [layer(channels, inputs), zeros],
        "levels": [[layer(channels, TAPS * channels, 1.4), zeros, layer(channels, channels, 0.5), zeros] for _ in range(levels)],
        "last": [layer(outputs, channels), jnp.full(outputs, -2.0)],
        "tempo": [layer(tempi, channels), jnp.zeros(tempi)],
    }


def scores(weights, heard, key=None, dropout=0.0):
    """Logits, (batch, hops, BEATS + TEMPI), of what was heard, (batch, hops, inputs)."""
    matrix, bias = weights["first"]
    stream = jax.nn.relu(heard @ matrix.T + bias)
    count = heard.shape[1]
    for n, (taps, taps_bias, mix, mix_bias) in enumerate(weights["levels"]):
        apart = 2**n
        padded = jnp.pad(stream, ((0, 0), ((TAPS - 1) * apart, 0), (0, 0)))
        # From the oldest tap to the newest.
        window = jnp.concatenate([padded[:, tap * apart : tap * apart + count] for tap in range(TAPS)], 2)
        seen = jax.nn.relu(window @ taps.T + taps_bias)
        if dropout:
            key, now = jax.random.split(key)
            seen = seen * jax.random.bernoulli(now, 1 - dropout, (len(heard), 1, seen.shape[2])) / (1 - dropout)
        stream = stream + seen @ mix.T + mix_bias
    return told(weights, stream)


def told(weights, stream):
    """Logits of beats and of tempos."""
    return jnp.concatenate([stream @ matrix.T + bias for matrix, bias in (weights["last"], weights["tempo"])], 2)


def tempi_of(beats, times):
    """(targets, counts) of the tempo at each of `times`: a hill around it, nothing outside the beats."""
    targets, counts = np.zeros((len(times), TEMPI), np.float32), np.zeros((len(times), 1), np.float32)
    if len(beats) >= 3:
        gaps = np.diff(beats)
        # What one beat does is not yet a tempo.
        calm = np.array([np.median(gaps[max(0, n - 2) : n + 3]) for n in range(len(gaps))])
        at = np.searchsorted(beats, times, "right") - 1
        inside = (at >= 0) & (at < len(gaps))
        place = np.log2(60 / calm[at[inside]] / SLOWEST) * PER_OCTAVE - 0.5
        hill = np.exp(-0.5 * ((np.arange(TEMPI) - place[:, None]) / SPREAD) ** 2)
        targets[inside] = hill / np.maximum(hill.sum(1, keepdims=True), 1e-9)
        counts[inside] = 1
    return targets, counts


def targets_of(truth, count):
    """(targets, counts): count 0 where nothing is asked."""
    targets, counts = np.zeros((count, BEATS), np.float32), np.ones((count, BEATS), np.float32)
    for n, delay in enumerate(DELAYS):
        beat, down = 2 * n, 2 * n + 1
        counts[:, down] = 0
        # A beat is a beat a hop early or late, too, half.
        for shift, value in ((-1, 0.5), (1, 0.5), (0, 1.0)):
            targets[hops(truth["beats"], count, delay + shift), beat] = value
            # Where no bar is known, nothing is asked about bars.
            if len(truth["downbeats"]):
                counts[hops(truth["beats"], count, delay + shift), down] = value
            targets[hops(truth["downbeats"], count, delay + shift), down] = 1
    tempi = tempi_of(np.asarray(truth["beats"]), (np.arange(count) + 0.5) / 100)
    return np.concatenate([targets, tempi[0]], 1), np.concatenate([counts, tempi[1]], 1)


def excerpts(pieces, rng, size, shown=lambda heard: heard, asked=targets_of):
    """Excerpts in batches, each played a little slower or faster than it was: (what is shown of what was heard, targets, counts)."""
    places = []
    for n, (heard, _) in enumerate(pieces):
        room = len(heard) - CHUNK
        if room >= 0:
            places += [(n, a) for a in range(int(rng.integers(0, room % CHUNK + 1)), room + 1, CHUNK)]
    rng.shuffle(places)
    for first in range(0, len(places) - size + 1, size):
        batch = []
        for n, at in places[first : first + size]:
            heard, truth = pieces[n]
            pace = float(np.exp(rng.uniform(-1, 1) * np.log(PACE)))
            pace = min(pace, (len(heard) - 1 - at) / CHUNK)
            there = np.round(at + pace * np.arange(CHUNK)).astype(int)
            moved = {k: (np.asarray(truth[k]) - at / 100) / pace for k in ("beats", "downbeats")}
            frames = shown(heard[there])
            batch.append((frames, *asked(moved, len(frames))))
        yield [np.stack(part).astype(np.float32) for part in zip(*batch)]


def losses(weights, heard, targets, counts, key=None, dropout=0.0, warm=200, tempo=0.15):
    """The network knows nothing at first: what it says in the first `warm` hops of an excerpt does not count."""
    return crosses(scores(weights, heard, key, dropout), targets, counts * (jnp.arange(heard.shape[1]) >= warm)[:, None], tempo)


def crosses(s, targets, counts, tempo=0.15):
    """Cross entropy of each beat output, and of the tempo, which counts so much beside a beat."""
    beats = s.shape[2] - TEMPI
    cross = jnp.logaddexp(0, s[..., :beats]) - targets[..., :beats] * s[..., :beats]
    apart = -tempo * (targets[..., beats:] * jax.nn.log_softmax(s[..., beats:])).sum(2, keepdims=True)
    return (jnp.concatenate([cross, apart], 2) * counts).sum((0, 1)) / jnp.maximum(counts.sum((0, 1)), 1)


def answers(weights, heard, run=jax.jit(scores), length=4500):
    """What is said of each hop of a piece: probabilities of beats, logits of tempos."""
    padded = np.zeros((1, max(length, len(heard)), heard.shape[1]), np.float32)
    padded[0, : len(heard)] = heard
    s = np.array(run(weights, padded))[0, : len(heard)]
    s[:, :-TEMPI] = 1 / (1 + np.exp(-s[:, :-TEMPI]))
    return s


def tempo_right(logits, times, beats):
    """Share of `times` at which the likeliest tempo is the true one."""
    targets, counts = tempi_of(np.asarray(beats), times)
    asked = counts[:, 0] > 0
    away = np.abs(logits.argmax(1) - targets.argmax(1))[asked]
    return np.mean(away <= 1) if asked.any() else np.nan


def evaluate(weights, pieces):
    """F of beats by plain peaks, now and later; share of downbeats told right, now and later; share of hops whose tempo is told right."""
    figures = []
    for heard, truth in pieces:
        p = answers(weights, heard)
        row = [f_measure((peaks(p[:, 2 * n], 0.3) - d + 0.5) / 100, truth["beats"], 0.07) for n, d in enumerate(DELAYS)]
        for n, d in enumerate(DELAYS):
            at, down = hops(truth["beats"], len(p), d), set(hops(truth["downbeats"], len(p), d))
            row.append(np.mean([(p[i, 2 * n + 1] > 0.5) == (i in down) for i in at]) if len(at) else np.nan)
        row.append(tempo_right(p[SETTLED:, BEATS:], (np.arange(SETTLED, len(p)) + 0.5) / 100, truth["beats"]))
        figures.append(row)
    return np.nanmean(figures, 0)


def stream_of(pieces, strokes):
    """The pieces as the second half sees them."""
    if strokes is None:
        return [(heard.astype(np.float32), truth) for heard, truth in pieces]
    run = jax.jit(states)
    seen = []
    for heard, truth in pieces:
        padded = np.zeros((1, max(4500, len(heard)), MOMENT), np.float32)
        padded[0, : len(heard)] = heard[:, :MOMENT]
        states_of = np.asarray(run(strokes, padded))[0, : len(heard)].astype(np.float16)
        seen.append((np.concatenate([states_of, heard], 1), truth))
    return seen


def fit(weights, known, rng, args, losses, report, **how):
    """Learns from `excerpts` of the pieces that are known, told `how`; every fifth epoch, and after the last, `report(weights)` measures and tells. Gives its last figures."""
    steps = args.epochs * (sum(len(heard) // CHUNK for heard, _ in known) // args.batch)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(optax.cosine_onecycle_schedule(steps, args.rate, 0.2), weight_decay=1e-3))
    memory, key = optimizer.init(weights), jax.random.PRNGKey(args.seed + 1)

    @jax.jit
    def learn(weights, memory, key, *batch):
        def total(weights):
            each = losses(weights, *batch, key, args.dropout)
            return each.sum(), each

        (_, each), slope = jax.value_and_grad(total, has_aux=True)(weights)
        change, memory = optimizer.update(slope, memory, weights)
        return optax.apply_updates(weights, change), memory, each

    args.out.mkdir(parents=True, exist_ok=True)
    for epoch in range(args.epochs):
        told = []
        for heard, *truth in excerpts(known, rng, args.batch, **how):
            key, now = jax.random.split(key)
            weights, memory, each = learn(weights, memory, now, spoiled(rng, heard), *truth)
            told.append(each)
        if epoch % 5 == 4 or epoch + 1 == args.epochs:
            line, figures = report(weights)
            print(f"epoch {epoch + 1}: train {show(np.mean(told, 0))} | {line}", flush=True)
    return figures


def show(values):
    return " ".join(f"{v:.3f}" for v in values)


def layers(weights):
    """All arrays in the order in which they are stored."""
    return [*weights["first"], *(part for level in weights["levels"] for part in level), *weights["last"], *weights["tempo"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train")
    parser.add_argument("valid")
    parser.add_argument("out", type=Path)
    parser.add_argument("--strokes", type=Path, help="the weights that `strokes` wrote; without it the input is taken as it is")
    parser.add_argument("--name", default="beats")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--channels", type=int, default=24)
    parser.add_argument("--levels", type=int, default=9)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=6e-3)
    parser.add_argument("--warm", type=int, default=200, help="hops of an excerpt that do not count")
    parser.add_argument("--tempo", type=float, default=0.15, help="what the tempo counts beside a beat")
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    missed = partial(losses, warm=args.warm, tempo=args.tempo)
    strokes = read(args.strokes) if args.strokes else None
    known, held_out = stream_of(load(args.train), strokes), stream_of(load(args.valid), strokes)
    valid = [(heard, *targets_of(truth, len(heard))) for heard, truth in held_out]
    weights = start(jax.random.PRNGKey(args.seed), known[0][0].shape[1], args.channels, args.levels)
    check = jax.jit(missed)

    def report(weights):
        held = np.mean([check(weights, *batch) for batch in batches(valid, np.random.default_rng(0), args.batch, CHUNK)], 0)
        figures = evaluate(weights, held_out)
        save(layers(weights), args.out / f"{args.name}.bin")
        return f"valid {show(held)} | beat F now, later; downbeats right now, later; tempo {show(figures)}", figures

    figures = fit(weights, known, rng, args, missed, report)
    (args.out / f"{args.name}.json").write_text(json.dumps(dict(zip(("beat_now", "beat_later", "downbeat_now", "downbeat_later", "tempo"), figures.tolist()))))


if __name__ == "__main__":
    main()
