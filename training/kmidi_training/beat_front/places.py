"""Trains the last part of the beat front end: how much earlier than it was told an onset was.

    python -m kmidi_training.beat_front.places TRAIN.npz VALID.npz OUT --strokes strokes.bin [--epochs 12] [--seed 1]

The sound of a soft attack shows late, and how late the sound itself tells. When an onset is told, two dense layers look at the
hops up to then and at the state of the strokes' network, and give the correction in hops. Only onsets that the engine would tell
are learned from, at the moment at which it would. Pieces in which one family of instruments plays alone see to it that no family is
told late as a whole: each counts as much as the others, and the mean of what is left counts too.
"""

import argparse
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .corpus import FAMILIES
from .data import MOMENT, load, save, spoiled
from .strokes import DELAYS, read, scores_and_states

# Hops that are looked at, the newest first.
LOOK_BACK = 8
# How likely an onset must be to be told at each look, and hops between two of them: as `crates/engine/src/groove/onset.rs` has it.
SURE = (0.5, 0.4, 0.3)
APART = 3.5
# Hops between an onset and what is told of it, at most.
REACH = 5.0
# How much the pieces of several families count against those of one, and the squared mean of each family, in hops.
MIXED = 4.0
EVEN = 0.3
ORDER = ("first", "first_bias", "last", "last_bias")


def decided(told):
    """(hop, hops ago) of each onset that the engine tells of the network's answers, (hops, outputs)."""
    likely, places = told[:, : len(DELAYS)], told[:, len(DELAYS) :]
    last = -np.inf
    for hop in range(len(told)):
        ago = [look + 2 - places[hop, look] for look in range(len(DELAYS))]
        for look in reversed(range(len(DELAYS))):
            at = likely[hop, look]
            after, after_ago = (likely[hop, look - 1], ago[look - 1]) if look else (0.0, 0.0)
            if at + after >= SURE[look] and at >= 0.5 * after:
                back = (at * ago[look] + after * after_ago) / (at + after)
                if hop - back - last >= APART:
                    last = hop - back
                    yield hop, back
                break


def examples(strokes, pieces):
    """(what is looked at, correction in hops, family) of every onset that is told near a true one, piece by piece; the family is
    FAMILIES where several play."""
    run = jax.jit(scores_and_states)
    longest = max(len(heard) for heard, _ in pieces)
    for heard, truth in pieces:
        heard = heard[:, :MOMENT].astype(np.float32)
        padded = np.zeros((1, longest, MOMENT), np.float32)
        padded[0, : len(heard)] = heard
        told, states = (np.asarray(part)[0] for part in run(strokes, padded))
        told = 1 / (1 + np.exp(-told))
        onsets = np.asarray(truth["onsets"]) * 100
        seen, late = [], []
        for hop, back in decided(told[: len(heard)]):
            at = hop + 1 - back
            nearest = onsets[np.abs(onsets - at).argmin()] if len(onsets) else np.inf
            if hop + 1 >= LOOK_BACK and abs(nearest - at) <= REACH:
                seen.append(np.concatenate([[back], states[hop], heard[hop + 1 - LOOK_BACK : hop + 1][::-1].ravel()]))
                late.append(at - nearest)
        if seen:
            family = truth.get("family")
            yield np.array(seen, np.float32), np.array(late, np.float32), np.full(len(seen), FAMILIES if family is None else family)


def start(key, inputs, hidden):
    first, last = jax.random.split(key)
    layer = lambda key, outputs, inputs: jax.random.uniform(key, (outputs, inputs), minval=-1.0, maxval=1.0) * inputs**-0.5
    return {"first": layer(first, hidden, inputs), "first_bias": jnp.zeros(hidden), "last": layer(last, 1, hidden), "last_bias": jnp.zeros(1)}


def corrections(weights, seen):
    return (jax.nn.relu(seen @ weights["first"].T + weights["first_bias"]) @ weights["last"].T + weights["last_bias"])[:, 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train")
    parser.add_argument("valid")
    parser.add_argument("out", type=Path)
    parser.add_argument("--strokes", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hidden", type=int, default=16)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rate", type=float, default=3e-3)
    args = parser.parse_args()
    strokes = {name: jnp.asarray(part) for name, part in read(args.strokes).items()}
    rng = np.random.default_rng(args.seed)
    (seen, late, family), (held_seen, held_late, _) = (
        tuple(np.concatenate(part) for part in zip(*examples(strokes, load(path)))) for path in (args.train, args.valid)
    )
    shares = np.where(np.arange(FAMILIES + 1) == FAMILIES, MIXED, 1.0) / np.maximum(np.bincount(family, minlength=FAMILIES + 1), 1)
    chance = shares[family] / shares[family].sum()
    weights = start(jax.random.PRNGKey(args.seed), seen.shape[1], args.hidden)
    steps = max(1, len(seen) // args.batch)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(optax.cosine_onecycle_schedule(args.epochs * steps, args.rate, 0.2), weight_decay=1e-2))
    memory = optimizer.init(weights)

    def loss(weights, seen, late, family):
        left = late - corrections(weights, seen)
        of = jax.nn.one_hot(family, FAMILIES + 1)
        means = left @ of / jnp.maximum(of.sum(0), 1)
        # The median counts, not the few that are far off.
        return jnp.abs(left).mean() + EVEN * (means**2).sum()

    @jax.jit
    def learn(weights, memory, *batch):
        value, slope = jax.value_and_grad(loss)(weights, *batch)
        change, memory = optimizer.update(slope, memory, weights)
        return optax.apply_updates(weights, change), memory, value

    for epoch in range(args.epochs):
        lost = []
        for _ in range(steps):
            rows = rng.choice(len(seen), args.batch, p=chance)
            lively = seen[rows]
            # The state too: it was made of what is heard.
            lively[:, 1:] = spoiled(rng, lively[:, None, 1:])[:, 0]
            weights, memory, value = learn(weights, memory, lively, late[rows], family[rows])
            lost.append(value)
        if epoch % 4 == 3 or epoch + 1 == args.epochs:
            left = np.abs(held_late - np.asarray(corrections(weights, held_seen)))
            print(f"epoch {epoch + 1}: train {np.mean(lost):.4f} | valid off by {10 * left.mean():.2f} ms, uncorrected {10 * np.abs(held_late).mean():.2f}", flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    save([weights[name] for name in ORDER], args.out / "places.bin")
    (args.out / "places.json").write_text(json.dumps({"ms": float(10 * left.mean()), "uncorrected_ms": float(10 * np.abs(held_late).mean())}))


if __name__ == "__main__":
    main()
