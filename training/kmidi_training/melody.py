"""The melody model: a small causal transformer over notes, with scores for where a note would lead and for what followed places like this one.

    python -m kmidi_training melody

Trained on whole windows of notes, written as a step of one note with a key-value cache.
"""

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from . import common

TRAITS = [50, 33, 36, 64, 25, 432, 6, 8, 97, 97, 16, 12, 33, 5, 6]
INTERVALS, STEPS, WAYS, QUALITIES = 49, 32, 10, 16
WIDTH, HEADS, LAYERS, PAST = 96, 4, 2, 64
FLOOR = 1e-4
SETS = ["pop909", "openewld"]
CROP, BATCH = 256, 12


class Layer(nn.Module):
    """Attention over the last PAST notes, then two dense layers; normalised before each."""

    def __init__(self, dropout):
        super().__init__()
        self.before, self.between = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.distance = nn.Parameter(torch.zeros(HEADS, PAST))
        self.inner, self.outer = nn.Linear(WIDTH, 2 * WIDTH), nn.Linear(2 * WIDTH, WIDTH)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        batch, length, _ = x.shape
        split = lambda y: y.view(batch, length, HEADS, -1).transpose(1, 2)
        y = self.before(x)
        q, k, v = split(self.query(y)), split(self.key(y)), split(self.value(y))
        back = torch.arange(length)[:, None] - torch.arange(length)[None, :]
        bias = self.distance[:, back.clamp(0, PAST - 1)].masked_fill((back < 0) | (back >= PAST), -1e4)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias[None])
        x = x + self.dropout(self.out(y.transpose(1, 2).reshape(batch, length, WIDTH)))
        return x + self.dropout(self.outer(F.relu(self.inner(self.between(x)))))

    def step(self, x, past_k, past_v, hidden):
        """One note: x (1, WIDTH), caches (HEADS, PAST, WIDTH / HEADS), `hidden` -1e4 where the cache is empty."""
        y = self.before(x)
        split = lambda y: y.view(HEADS, 1, WIDTH // HEADS)
        k = torch.cat([past_k[:, 1:], split(self.key(y))], 1)
        v = torch.cat([past_v[:, 1:], split(self.value(y))], 1)
        scores = split(self.query(y)) @ k.transpose(1, 2) * (WIDTH // HEADS) ** -0.5
        scores = scores + self.distance.flip(1)[:, None] + hidden
        x = x + self.out((torch.softmax(scores, -1) @ v).view(1, WIDTH))
        return x + self.outer(F.relu(self.inner(self.between(x)))), k, v


def summed(weights, places, size):
    """Sums of weights by place."""
    return torch.zeros(*weights.shape[:-1], size).scatter_add(-1, places, weights)


def offsets(sizes):
    return torch.tensor(np.cumsum([0] + sizes[:-1]))


class Melody(nn.Module):
    def __init__(self, dropout=0.15):
        super().__init__()
        sizes = TRAITS + [INTERVALS + 1] * WAYS + [STEPS + 1] * WAYS + [QUALITIES] * WAYS
        self.register_buffer("first", offsets(sizes))
        self.table = nn.Parameter(0.05 * torch.randn(sum(sizes), WIDTH))
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(LAYERS))
        self.norm, self.dropout = nn.LayerNorm(WIDTH), nn.Dropout(dropout)
        # How far each way of looking back is trusted for the step, for the interval, and for the interval if the step is its own.
        self.trust = nn.Linear(WIDTH, 3 * WAYS)
        self.trusted = nn.Parameter(torch.zeros(WAYS, QUALITIES, 3))
        self.step = nn.Linear(WIDTH, STEPS)
        # Where a step leads: scores of the place and of its strength, against what is wanted.
        self.places, self.strengths = nn.Parameter(0.05 * torch.randn(432, WIDTH)), nn.Parameter(0.1 * torch.randn(6, WIDTH))
        self.wanted = nn.Linear(WIDTH, WIDTH)
        self.chosen = nn.Parameter(0.05 * torch.randn(STEPS, WIDTH))
        self.mix = nn.Linear(WIDTH, WIDTH)
        # Intervals, degrees in the key by mode, degrees above the chord's root by kind, pitches.
        self.interval, self.degree, self.tone, self.pitch = nn.Linear(WIDTH, INTERVALS), nn.Linear(WIDTH, 12), nn.Linear(WIDTH, 12), nn.Linear(WIDTH, 64)
        self.by_mode, self.by_kind = nn.Parameter(torch.zeros(3, 12)), nn.Parameter(torch.zeros(9, 12))
        self.duration = nn.Linear(WIDTH, STEPS)
        self.heat = nn.Parameter(torch.ones(2), requires_grad=False)
        reach = torch.arange(INTERVALS) - 24
        self.register_buffer("reach_class", (torch.arange(12)[:, None] + reach) % 12)
        self.register_buffer("reach_pitch", (torch.arange(64)[:, None] + reach).clamp(0, 63))

    def embed(self, traits, candidates):
        """Sums of rows of the table; the last axis holds the indices."""
        index = torch.cat([traits, candidates], -1) + self.first
        return F.embedding_bag(index.flatten(0, -2), self.table, mode="sum").view(*index.shape[:-1], WIDTH)

    def trusts(self, h, quality):
        told = self.trusted[torch.arange(WAYS), quality]
        return self.trust(h).view(*h.shape[:-1], WAYS, 3) + told

    def step_scores(self, h, trust, step, places, strengths):
        copied = summed(trust[..., 0], step, STEPS + 1)[..., 1:]
        wanted = self.wanted(h) * WIDTH**-0.5
        leads = (wanted @ self.places.T).gather(-1, places) + (wanted @ self.strengths.T).gather(-1, strengths)
        return (self.step(h) + leads + copied) * self.heat[0]

    def conditioned(self, h, step, place, strength):
        return F.relu(self.mix(h) + self.chosen[step] + self.places[place] + self.strengths[strength])

    def forward(self, traits, candidates, arrivals, step):
        """All notes of windows at once: scores of steps, and of intervals and durations at the step that came (from 0)."""
        h = self.dropout(self.embed(traits, candidates))
        for layer in self.layers:
            h = layer(h)
        h = self.dropout(self.norm(h))
        interval, steps, quality = candidates.unflatten(-1, (3, WAYS)).unbind(-2)
        places, strengths = arrivals.unflatten(-1, (2, STEPS)).unbind(-2)
        trust = self.trusts(h, quality)
        step_scores = self.step_scores(h, trust, steps, places, strengths)
        at = step.unsqueeze(-1)
        z = self.dropout(self.conditioned(h, step, places.gather(-1, at).squeeze(-1), strengths.gather(-1, at).squeeze(-1)))
        weight = trust[..., 1] + trust[..., 2] * (steps == at + 1)
        copied = summed(weight, interval, INTERVALS + 1)[..., :INTERVALS]
        degree, tone, pitch = self.led(traits)
        mode, kind = traits[..., 2] // 12, traits[..., 9] // 12
        scores = self.interval(z) + (self.degree(z) + self.by_mode[mode]).gather(-1, degree) \
            + (self.tone(z) + self.by_kind[kind]).gather(-1, tone) + self.pitch(z).gather(-1, pitch) + copied
        return step_scores, scores * self.heat[1], self.duration(z)

    def led(self, traits):
        """The degree, tone of the chord and pitch that each interval leads to."""
        return self.reach_class[traits[..., 2] % 12], self.reach_class[traits[..., 9] % 12], self.reach_pitch[traits[..., 3]]


class Step(nn.Module):
    """One note: what is written as ONNX."""

    def __init__(self, of):
        super().__init__()
        self.of = of
        eye = torch.eye(INTERVALS + 1)[:, :INTERVALS]
        self.register_buffer("intervals", eye)
        self.register_buffer("steps", torch.eye(STEPS + 1)[:, 1:])
        # By the number that a trait holds: where intervals lead, and biases.
        of_degree, of_tone = torch.arange(36), torch.arange(97)
        self.register_buffer("degrees", of.reach_class[of_degree % 12])
        self.register_buffer("tones", of.reach_class[of_tone % 12])
        self.register_buffer("mode_bias", of.by_mode.detach()[of_degree // 12])
        self.register_buffer("kind_bias", of.by_kind.detach()[of_tone // 12])
        self.register_buffer("way", torch.arange(WAYS) * QUALITIES)
        self.register_buffer("trusted", of.trusted.detach().reshape(WAYS * QUALITIES, 3))
        self.register_buffer("one", torch.ones(1))

    def forward(self, traits, candidates, arrivals, past_seen, *caches):
        of = self.of
        h = F.embedding(torch.cat([traits, candidates]) + of.first, of.table).sum(0, keepdim=True)
        seen = torch.cat([past_seen[1:], self.one])
        hidden = (seen - 1) * 1e4
        present = []
        for n, layer in enumerate(of.layers):
            h, k, v = layer.step(h, caches[2 * n], caches[2 * n + 1], hidden)
            present += [k, v]
        h = of.norm(h)
        interval, step, quality = candidates[:WAYS], candidates[WAYS : 2 * WAYS], candidates[2 * WAYS :]
        trust = of.trust(h).view(WAYS, 3) + F.embedding(quality + self.way, self.trusted)
        trust_step, trust_interval, trust_both = trust[:, 0:1].transpose(0, 1), trust[:, 1:2].transpose(0, 1), trust[:, 2:3].transpose(0, 1)
        steps, intervals = F.embedding(step, self.steps), F.embedding(interval, self.intervals)
        arrive = F.embedding(arrivals[:STEPS], of.places) + F.embedding(arrivals[STEPS:], of.strengths)
        leads = (arrive @ of.wanted(h).transpose(0, 1)).transpose(0, 1) * WIDTH**-0.5
        p_steps = torch.softmax((of.step(h) + leads + trust_step @ steps) * of.heat[0:1], -1)
        z = F.relu(of.mix(h) + of.chosen + arrive)
        copied = (trust_interval + trust_both * steps.transpose(0, 1)) @ intervals
        pick = lambda table, index: F.embedding(index, table).view(-1)
        reach = lambda scores, index: F.embedding(index, scores.transpose(0, 1)).transpose(0, 1)
        degree, tone = traits[2:3], traits[9:10]
        scores = of.interval(z) + reach(of.degree(z) + pick(self.mode_bias, degree), F.embedding(degree, self.degrees).view(-1)) \
            + reach(of.tone(z) + pick(self.kind_bias, tone), F.embedding(tone, self.tones).view(-1)) \
            + reach(of.pitch(z), F.embedding(traits[3:4], of.reach_pitch).view(-1)) + copied
        p_intervals = torch.softmax(scores * of.heat[1:2], -1)
        p_durations = torch.softmax(of.duration(z), -1)
        floored = lambda p, n: p * (1 - FLOOR) + FLOOR / n
        return floored(p_steps, STEPS), floored(p_intervals, INTERVALS), floored(p_durations, STEPS), seen, *present


def tunes(columns):
    """The rows of each tune and variant, as (variant, traits, candidates, arrivals, truth)."""
    ids = columns["tune"].ravel() * 2 + columns["variant"].ravel()
    ends = np.flatnonzero(np.diff(ids)) + 1
    bounds = zip([0, *ends], [*ends, len(ids)])
    told = {name: columns[name].astype(np.int16) for name in ["traits", "candidates", "arrivals", "truth"]}
    return [(int(ids[a]) % 2, *(told[name][a:b] for name in told)) for a, b in bounds]


def windows(chosen, dice, blank):
    """A batch of windows of at most CROP notes, shorter ones filled; `blank`: how likely a way of looking back is hidden from a tune."""
    longest = min(CROP, max(len(tune[1]) for tune in chosen))
    padded = [np.zeros((len(chosen), longest, width), np.int64) for width in (len(TRAITS), 3 * WAYS, 2 * STEPS, 3)]
    for row, tune in enumerate(chosen):
        length = len(tune[1])
        start = dice.integers(0, max(1, length - CROP + 1)) if length > CROP else 0
        for to, of in zip(padded, tune[1:]):
            part = of[start : start + CROP]
            to[row, : len(part)] = part
        hide = dice.random(WAYS) < blank
        for place, none in ((0, INTERVALS), (WAYS, 0), (2 * WAYS, 0)):
            padded[1][row, :, place : place + WAYS][:, hide] = none
    return [torch.from_numpy(array) for array in padded]


def scored(model, batch):
    """Scores and truths of steps, intervals and durations, a row a note."""
    traits, candidates, arrivals, truth = batch
    there = truth[..., 1] > 0
    step = (truth[..., 1] - 1).clamp(min=0)
    parts = zip(model(traits, candidates, arrivals, step), (step, truth[..., 0], (truth[..., 2] - 1).clamp(min=0)))
    return [(score[there], to[there]) for score, to in parts]


@torch.no_grad()
def valid_scores(model, tunes):
    """`scored` of all tunes as they stand; those longer than a window are cut."""
    model.eval()
    dice = np.random.default_rng(0)
    pieces = [(0, *(part[a : a + CROP] for part in tune[1:])) for tune in tunes if tune[0] == 0 for a in range(0, len(tune[1]), CROP)]
    pieces.sort(key=lambda piece: len(piece[1]))
    found = [scored(model, windows(pieces[first : first + 32], dice, 0.0)) for first in range(0, len(pieces), 32)]
    model.train()
    return [tuple(torch.cat([batch[part][side] for batch in found]) for side in range(2)) for part in range(3)]


def valid_nats(model, tunes):
    return np.array([float(F.cross_entropy(*part)) for part in valid_scores(model, tunes)])


def train(args):
    common.seed_all(args.seed)
    torch.set_num_threads(1)
    folder = args.data / "melody_harmony"
    load = lambda split: {name: tunes(common.columns(args, "next-note", folder / f"{name}.{split}.jsonl.gz", f"{name}.{split}")) for name in SETS}
    training, valid = load("train"), load("valid")
    if args.smoke:
        training, valid = ({name: of[:12] for name, of in sets.items()} for sets in (training, valid))
    model = Melody()
    weights = sum(p.numel() for p in model.parameters())
    print(f"{weights} parameters", flush=True)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02)
    dice = np.random.default_rng(args.seed)
    epochs = 1 if args.smoke else args.epochs
    # A tune of openewld is shorter and there are fewer: it is drawn twice as often. One in five is written otherwise.
    pool = [(tune, (1.0 if tune[0] == 0 else 0.25) * (1.0 if name == "pop909" else 2.0) * max(1.0, len(tune[1]) / CROP)) for name in SETS for tune in training[name]]
    chance = np.array([weight for _, weight in pool])
    chance /= chance.sum()
    steps = 3 if args.smoke else 60
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=epochs * steps, pct_start=0.1)
    best, best_state, started, figures = 1e9, None, time.time(), {}
    for epoch in range(epochs):
        sums = []
        for _ in range(steps):
            chosen = [pool[n][0] for n in dice.choice(len(pool), BATCH, p=chance)]
            found = [F.cross_entropy(*part) for part in scored(model, windows(chosen, dice, 0.05))]
            loss = found[0] + found[1] + 0.3 * found[2]
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            sums.append(float(found[0] + found[1]))
        found = {name: valid_nats(model, valid[name]) for name in SETS}
        macro = np.mean([of[:2].sum() for of in found.values()])
        print(epoch, f"{time.time() - started:.0f} s train {np.mean(sums):.4f}", {name: of.round(3).tolist() for name, of in found.items()}, f"{macro:.4f}", flush=True)
        if macro < best:
            best, best_state = macro, {name: value.clone() for name, value in model.state_dict().items()}
            torch.save(best_state, args.work / "melody.pt")
            figures = {name: {"nats": float(of[:2].sum()), "duration_nats": float(of[2])} for name, of in found.items()}
    model.load_state_dict(best_state)
    write(args, model, valid, weights, figures, time.time() - started)


def temper(model, valid):
    """The temperatures of steps and intervals that fit valid best."""
    scores = [valid_scores(model, of) for of in valid.values()]
    for part in range(2):
        cost = lambda heat: sum(float(F.cross_entropy(of[part][0] * heat, of[part][1])) for of in scores)
        model.heat.data[part] = min((0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1), key=cost)


def write(args, model, valid, weights, figures, seconds):
    temper(model, valid)
    model.eval()
    step = Step(model).eval()
    caches = [torch.zeros(HEADS, PAST, WIDTH // HEADS) for _ in range(2 * LAYERS)]
    names = [f"{kind}{layer}" for layer in range(LAYERS) for kind in "kv"]
    tune = next(tune for tune in valid["openewld"] if len(tune[1]) >= 90)
    traits, candidates, arrivals, truth = (torch.from_numpy(part[:90].astype(np.int64)) for part in tune[1:])
    # Both forms agree, also when the first notes have left the cache.
    with torch.no_grad():
        steps, intervals, _ = model(traits[None], candidates[None], arrivals[None], truth[None, :, 1] - 1)
        states = [torch.zeros(PAST), *caches]
        for n in range(90):
            p_steps, p_intervals, _, *states = step(traits[n], candidates[n], arrivals[n], *states)
            floored = lambda scores, of: torch.softmax(scores, -1) * (1 - FLOOR) + FLOOR / of
            assert torch.allclose(p_steps[0], floored(steps[0, n], STEPS), atol=1e-4), n
            assert torch.allclose(p_intervals[int(truth[n, 1]) - 1], floored(intervals[0, n], INTERVALS), atol=1e-4), n
    path = args.out / "melody" / "model.onnx"
    inputs = [traits[0], candidates[0], arrivals[0], torch.zeros(PAST), *caches]
    common.save_onnx(step, inputs, ["traits", "candidates", "arrivals", "past_seen", *(f"past_{name}" for name in names)],
                     ["steps", "intervals", "durations", "present_seen", *(f"present_{name}" for name in names)], path)
    runs = [{"traits": traits[n].numpy(), "candidates": candidates[n].numpy(), "arrivals": arrivals[n].numpy()} for n in range(4)]
    common.save_pairs(path, runs)
    common.save_report(path, parameters=weights, seed=args.seed, epochs=args.epochs, seconds=round(seconds), heat=model.heat.tolist(), valid=figures)
