"""HarmonyPredictor, next chord: a recurrent unit over the changes of chord, and one scorer for all candidates that sees what the piece did before."""

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from . import common

SETS = ["melody_harmony/pop909", "melody_harmony/openewld", "harmony/billboard"]
TOKENS, FAMILIES, WIDE, THIN = 108, 9, 96, 20
SPAN = 64
EPOCHS, BATCH, RATE = 4, 24, 2e-3


class Harmony(nn.Module):
    def __init__(self, context, memory):
        super().__init__()
        self.enter = nn.Linear(context, WIDE)
        self.gru = nn.GRU(WIDE, WIDE)
        self.of_memory = nn.Linear(memory, THIN)
        self.of_candidate = nn.Parameter(torch.randn(TOKENS, THIN) * 0.1)
        # By family before, interval between the roots, family after; the last row stands before the first chord.
        self.of_step = nn.Embedding(FAMILIES * 12 * FAMILIES + 1, THIN + 1)
        nn.init.normal_(self.of_step.weight, std=0.05)
        self.of_state = nn.Linear(2 * WIDE, THIN)
        self.gates = nn.Linear(2 * WIDE, memory)
        self.score = nn.Linear(THIN, 1, bias=False)
        self.plain = nn.Linear(2 * WIDE, TOKENS)
        self.lengths = nn.Linear(2 * WIDE, 10)
        self.drop = nn.Dropout(0.3)
        last, next = np.arange(TOKENS)[:, None], np.arange(TOKENS)[None]
        steps = (last % FAMILIES) * 12 * FAMILIES + (next // FAMILIES - last // FAMILIES) % 12 * FAMILIES + next % FAMILIES
        start = np.full((1, TOKENS), FAMILIES * 12 * FAMILIES)
        self.register_buffer("steps", torch.tensor(np.concatenate([steps, start])))
        self.register_buffer("cold", torch.ones(1))

    def forward(self, context, memory, last, past):
        """Steps x pieces x numbers."""
        entered = torch.relu(self.enter(context))
        hidden, _ = self.gru(self.drop(entered), past)
        state = self.drop(torch.cat([hidden, entered], -1))
        step = self.of_step(self.steps[last])
        each = torch.relu(self.of_memory(memory) + self.of_candidate + step[..., :THIN] + self.of_state(state).unsqueeze(-2))
        remembered = (memory @ self.gates(state).unsqueeze(-1)).squeeze(-1)
        logits = self.score(each).squeeze(-1) + step[..., THIN] + remembered + self.plain(state)
        # A change is a change: the chord that stands is not among those that may come.
        return logits * self.cold - 30 * memory[..., -1], self.lengths(state), hidden


class OneStep(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, context, memory, last, past_hidden):
        logits, lengths, hidden = self.model(context.view(1, 1, -1), memory.view(1, 1, TOKENS, -1), last.view(1, 1), past_hidden)
        return logits.view(TOKENS), lengths.view(-1), hidden


class Data:
    """Rows cut at pieces and into spans of at most SPAN steps; a span begins with no state."""

    def __init__(self, parts, rng=None):
        join = lambda name: np.concatenate([part[name] for part in parts])
        self.all = {name: join(name) for name in ["context", "memory", "slots", "last", "token", "length"]}
        offset, pieces = 0, []
        for part in parts:
            pieces.append(part["piece"].ravel() + offset)
            offset += 1 + part["piece"].max()
        piece = np.concatenate(pieces)
        cuts = np.concatenate([[0], np.flatnonzero(np.diff(piece)) + 1, [len(piece)]])
        self.ranges = list(zip(cuts[:-1], cuts[1:]))

    def spans(self, whole, rng=None):
        if whole:
            return self.ranges
        spans = []
        for start, end in self.ranges:
            first = start + int(rng.integers(0, SPAN // 2))
            edges = [start] + list(range(first + SPAN // 2, end - 8, SPAN)) + [end]
            spans += list(zip(edges[:-1], edges[1:]))
        return spans

    def batch(self, spans):
        length = max(end - start for start, end in spans)
        index = np.stack([np.minimum(np.arange(start, start + length), end - 1) for start, end in spans], 1)
        mask = np.stack([np.arange(start, start + length) < end for start, end in spans], 1)
        take = lambda name: self.all[name][index]
        slots = take("slots").astype(np.int64)
        width = self.all["memory"].shape[1] // slots.shape[-1]
        memory = np.zeros((*index.shape, TOKENS + 1, width), np.float32)
        np.put_along_axis(memory, np.repeat(slots[..., None], width, -1), take("memory").reshape(*slots.shape, width), 2)
        whole = lambda name: torch.from_numpy(take(name)[..., 0].astype(np.int64))
        return (torch.from_numpy(take("context")), torch.from_numpy(memory[:, :, :TOKENS]), whole("last"), whole("token"), whole("length"), torch.from_numpy(mask))


def figures(model, data):
    model.eval()
    nats = right = lengths = rows = 0
    with torch.no_grad():
        ordered = sorted(data.ranges, key=lambda r: r[1] - r[0])
        for at in range(0, len(ordered), 16):
            context, memory, last, token, length, mask = data.batch(ordered[at:at + 16])
            logits, spans, _ = model(context, memory, last, torch.zeros(1, context.shape[1], WIDE))
            nats += F.cross_entropy(logits[mask], token[mask], reduction="sum").item()
            right += (logits.argmax(-1) == token)[mask].sum().item()
            lengths += (spans.argmax(-1) == length)[mask].sum().item()
            rows += mask.sum().item()
    model.train()
    return {"nats": nats / rows, "top1": right / rows, "length": lengths / rows}


def temperature(model, sets):
    """The factor for the logits that makes valid likeliest, each set alike."""
    factors = np.arange(0.7, 1.3, 0.05)
    costs = []
    for factor in factors:
        model.cold.fill_(float(factor))
        costs.append(np.mean([figures(model, data)["nats"] for data in sets]))
    model.cold.fill_(float(factors[int(np.argmin(costs))]))


def train(args):
    common.seed_all(args.seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(args.seed)
    columns = lambda name, split: common.columns(args, "next-chord", args.data / f"{name}.{split}.jsonl.gz", f"{name.split('/')[1]}.{split}")
    data = Data([columns(name, "train") for name in SETS])
    valid = {name.split("/")[1]: Data([columns(name, "valid")]) for name in SETS}
    memory = data.all["memory"].shape[1] // data.all["slots"].shape[1]
    model = Harmony(data.all["context"].shape[1], memory)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
    epochs = 1 if args.smoke else EPOCHS
    began, best, kept, done = time.time(), np.inf, None, 0
    for epoch in range(epochs):
        spans = data.spans(False, rng)
        spans.sort(key=lambda span: (span[1] - span[0]) + rng.random() * 4)
        batches = [spans[at:at + BATCH] for at in range(0, len(spans), BATCH)]
        rng.shuffle(batches)
        for number, batch in enumerate(batches[:20] if args.smoke else batches):
            share = (epoch + number / len(batches)) / epochs
            for group in optimiser.param_groups:
                group["lr"] = RATE * (0.02 + 0.98 * (1 - share))
            context, memory, last, token, length, mask = data.batch(batch)
            # Sometimes the mode is not known, and sometimes the piece is not remembered.
            unknown = torch.rand(1, context.shape[1], 1) < 0.15
            context[..., :3] = torch.where(unknown, torch.tensor([0.0, 0.0, 1.0]), context[..., :3])
            forgotten = torch.rand(memory.shape[:2]) < 0.05
            memory[..., :-1] *= (~forgotten)[..., None, None]
            logits, lengths, _ = model(context, memory, last, torch.zeros(1, context.shape[1], WIDE))
            loss = F.cross_entropy(logits[mask], token[mask], label_smoothing=0.02) + 0.2 * F.cross_entropy(lengths[mask], length[mask])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
        done = epoch + 1
        told = {name: figures(model, part) for name, part in valid.items()}
        print(done, f"{time.time() - began:.0f} s", told, flush=True)
        cost = np.mean([figure["nats"] for figure in told.values()])
        if cost < best:
            best, kept = cost, {key: value.clone() for key, value in model.state_dict().items()}
            save(args, model, valid, done, began)
    model.load_state_dict(kept)
    temperature(model, list(valid.values()))
    save(args, model, valid, done, began)


def save(args, model, valid, epochs, began):
    data = next(iter(valid.values()))
    path = args.out / "harmony" / "model.onnx"
    model.eval()
    start = data.ranges[0][0]
    context, memory, last, *_ = data.batch([(start, start + 6)])
    one, past = OneStep(model), torch.zeros(1, 1, WIDE)
    common.save_onnx(one, (context[0, 0], memory[0, 0], last[0], past), ["context", "memory", "last", "past_hidden"], ["chords", "lengths", "present_hidden"], path)
    with torch.no_grad():
        logits, _, _ = model(context, memory, last, past)
        for at in range(len(context)):
            step, _, past = one(context[at, 0], memory[at, 0], last[at], past)
            assert torch.allclose(step, logits[at, 0], atol=1e-4), "one step a call answers as the whole row does"
    common.save_pairs(path, [{"context": context[at, 0].numpy(), "memory": memory[at, 0].numpy(), "last": last[at].numpy()} for at in range(6)])
    parameters = sum(weights.numel() for weights in model.parameters())
    common.save_report(path, model="harmony", sets=SETS, seed=args.seed, epochs=epochs, seconds=round(time.time() - began), parameters=parameters,
                       valid={name: figures(model, part) for name, part in valid.items()})
    model.train()
