"""Trains the first half of the beat front end: what in the sound is the onset of a note or stroke.

    python -m kmidi_training.beat_front.strokes TRAIN.npz VALID.npz OUT [--epochs 60] [--seed 1] [--first 32] [--hidden 32]

A dense layer, a gated recurrent unit and logistic outputs, one step a hop. At the end of hop `k` they speak of hop `k - d`
for each of DELAYS: was there an onset in it, and after which share of the hop? The sound of a stroke needs time to show, so
later answers are surer.
"""

import argparse
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .data import MOMENT, batches, f_measure, hops, load, peaks, save, spoiled

DELAYS = (1, 2, 3)
# An onset and a place for each delay.
OUTPUTS = 2 * len(DELAYS)
CHUNK = 500
ORDER = ("first", "first_bias", "seen", "state", "seen_bias", "state_bias", "last", "last_bias")


def start(key, inputs, first, hidden):
    """Weights by layer; the unit's gates in the order of ONNX: update, reset, new."""
    keys = iter(jax.random.split(key, 4))

    def layer(outputs, inputs):
        return jax.random.uniform(next(keys), (outputs, inputs), minval=-1.0, maxval=1.0) * inputs**-0.5

    return {
        "first": layer(first, inputs), "first_bias": jnp.zeros(first),
        "seen": layer(3 * hidden, first), "state": layer(3 * hidden, hidden),
        "seen_bias": jnp.zeros(3 * hidden), "state_bias": jnp.zeros(3 * hidden),
        "last": layer(OUTPUTS, hidden), "last_bias": jnp.array([-2.0] * len(DELAYS) + [0.0] * len(DELAYS)),
    }


def read(path, inputs=MOMENT, first=32, hidden=32):
    """Weights by layer, of a file that `main` wrote."""
    shapes = ((first, inputs), (first,), (3 * hidden, first), (3 * hidden, hidden), (3 * hidden,), (3 * hidden,), (OUTPUTS, hidden), (OUTPUTS,))
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(np.fromfile(path, "<f4"), ends)
    assert len(parts.pop()) == 0, f"{path}: more than the layers hold"
    return {name: part.reshape(shape) for name, part, shape in zip(ORDER, parts, shapes)}


def states(weights, heard):
    """The unit's states, (batch, hops, hidden), of what was heard, (batch, hops, inputs)."""
    seen = jax.nn.relu(heard @ weights["first"].T + weights["first_bias"]) @ weights["seen"].T + weights["seen_bias"]
    size = weights["state"].shape[1]

    def step(state, seen):
        told = state @ weights["state"].T + weights["state_bias"]
        gates = jax.nn.sigmoid(seen[:, : 2 * size] + told[:, : 2 * size])
        update, reset = gates[:, :size], gates[:, size:]
        new = jnp.tanh(seen[:, 2 * size :] + reset * told[:, 2 * size :])
        state = (1 - update) * new + update * state
        return state, state

    _, passed = jax.lax.scan(step, jnp.zeros((len(heard), size)), seen.swapaxes(0, 1))
    return passed.swapaxes(0, 1)


def scores_and_states(weights, heard):
    passed = states(weights, heard)
    return passed @ weights["last"].T + weights["last_bias"], passed


def scores(weights, heard):
    return scores_and_states(weights, heard)[0]


def targets_of(truth, count):
    """(targets, counts): count 0 where nothing is asked."""
    targets, counts = np.zeros((count, OUTPUTS), np.float32), np.ones((count, OUTPUTS), np.float32)
    counts[:, len(DELAYS) :] = 0
    onsets = np.asarray(truth["onsets"])
    for row, delay in enumerate(DELAYS):
        at = hops(onsets, count, delay)
        targets[at, row] = 1
        inside = onsets[: len(at)] * 100 % 1
        targets[at, row + len(DELAYS)] = inside
        counts[at, row + len(DELAYS)] = 1
    return targets, counts


def losses(weights, heard, targets, counts):
    s = scores(weights, heard)
    cross = (jnp.logaddexp(0, s) - targets * s) * counts
    # The places count little: they are to be read off, not to shape what is heard.
    return cross.sum((0, 1)) / jnp.maximum(counts.sum((0, 1)), 1) * jnp.array([1.0] * len(DELAYS) + [0.05] * len(DELAYS))


def evaluate(weights, pieces):
    """Onset F at 25 ms by the peaks of each output."""
    run = jax.jit(scores)
    longest = max(len(heard) for heard, _ in pieces)
    figures = []
    for heard, truth in pieces:
        padded = np.zeros((1, longest, heard.shape[1]), np.float32)
        padded[0, : len(heard)] = heard
        p = np.asarray(jax.nn.sigmoid(run(weights, padded)))[0, : len(heard)]
        figures.append([f_measure((peaks(p[:, n], 0.35) - d + 0.5) / 100, truth["onsets"], 0.025) for n, d in enumerate(DELAYS)])
    return np.mean(figures, 0)


def by_rule(heard, width=10, over=0.8):
    """Onsets by nothing learned, seconds: where the rises of the short look (SuperFlux) stand out of their mean of late. `over` by F on train."""
    rise = heard[:, 27:54].astype(np.float32).sum(1)
    late = np.convolve(np.pad(rise, (width, 0), mode="edge"), np.full(width, 1 / width))[width - 1 : width - 1 + len(rise)]
    told = []
    for hop in peaks(rise - late, over):
        if not told or hop - told[-1] >= 4:
            told.append(hop)
    return (np.array(told) - 1.5) / 100


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train")
    parser.add_argument("valid")
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=32)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=6e-3)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    known, held_out = ([(heard[:, :MOMENT], truth) for heard, truth in load(path)] for path in (args.train, args.valid))
    train, valid = ([(heard, *targets_of(truth, len(heard))) for heard, truth in pieces] for pieces in (known, held_out))
    weights = start(jax.random.PRNGKey(args.seed), train[0][0].shape[1], args.first, args.hidden)
    steps = args.epochs * (sum(len(p[0]) // CHUNK for p in train) // args.batch)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(optax.cosine_onecycle_schedule(steps, args.rate, 0.2), weight_decay=1e-3))
    memory = optimizer.init(weights)

    @jax.jit
    def learn(weights, memory, *batch):
        value, slope = jax.value_and_grad(lambda weights: losses(weights, *batch).sum())(weights)
        change, memory = optimizer.update(slope, memory, weights)
        return optax.apply_updates(weights, change), memory, value

    args.out.mkdir(parents=True, exist_ok=True)
    for epoch in range(args.epochs):
        told = []
        for heard, *truth in batches(train, rng, args.batch, CHUNK):
            weights, memory, value = learn(weights, memory, spoiled(rng, heard), *truth)
            told.append(value)
        if epoch % 5 == 4 or epoch + 1 == args.epochs:
            held = np.mean([losses(weights, *batch) for batch in batches(valid, np.random.default_rng(0), min(args.batch, 32), CHUNK)], 0)
            figures = evaluate(weights, held_out)
            print(f"epoch {epoch + 1}: train {np.mean(told):.4f} | valid {held.round(4)} | F at 25 ms by delay {figures.round(3)}", flush=True)
            save([weights[name] for name in ORDER], args.out / "strokes.bin")
    rule = [f_measure(by_rule(heard), truth["onsets"], 0.025) for heard, truth in held_out]
    print(f"by the rises alone: F at 25 ms {np.mean(rule):.3f}")
    (args.out / "strokes.json").write_text(json.dumps(dict(zip(("1", "2", "3"), figures.tolist()))))


if __name__ == "__main__":
    main()
