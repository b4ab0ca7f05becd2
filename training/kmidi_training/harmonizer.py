"""HarmonyPredictor, chords for a melody: a recurrent unit in both directions over segments."""

import time

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

from . import common

SETS = ["melody_harmony/pop909", "melody_harmony/openewld"]
# Units: the recurrent weights of a direction, 12 bytes times their square, stay in the nearest cache.
TOKENS, FAMILIES, WIDE, UNITS, WINDOW = 108, 9, 64, 48, 64
EPOCHS, BATCH, RATE = 30, 16, 4e-3


class Harmonizer(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.enter = nn.Linear(inputs, WIDE)
        self.first = nn.GRU(WIDE, UNITS, bidirectional=True)
        self.leave = nn.Linear(2 * UNITS + WIDE, TOKENS)
        self.drop = nn.Dropout(0.2)
        self.register_buffer("cold", torch.ones(1))

    def forward(self, segments):
        """Segments x pieces x numbers."""
        entered = torch.relu(self.enter(segments))
        first, _ = self.first(self.drop(entered))
        return self.leave(self.drop(torch.cat([first, entered], -1))) * self.cold


class OneWindow(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, segments):
        return self.model(segments.view(WINDOW, 1, -1)).view(WINDOW, TOKENS)


class Data:
    def __init__(self, parts):
        self.segments = np.concatenate([part["segments"] for part in parts])
        self.token = np.concatenate([part["token"] for part in parts]).ravel().astype(np.int64)
        offset, pieces = 0, []
        for part in parts:
            pieces.append(part["piece"].ravel() + offset)
            offset += 1 + part["piece"].max()
        piece = np.concatenate(pieces)
        cuts = np.concatenate([[0], np.flatnonzero(np.diff(piece)) + 1, [len(piece)]])
        self.ranges = list(zip(cuts[:-1], cuts[1:]))

    def spans(self, rng=None):
        spans = []
        for start, end in self.ranges:
            first = start if rng is None else start - int(rng.integers(0, WINDOW))
            spans += [(max(at, start), min(at + WINDOW, end)) for at in range(first, end, WINDOW) if min(at + WINDOW, end) > start]
        return spans

    def batch(self, spans):
        segments = np.zeros((WINDOW, len(spans), self.segments.shape[1]), np.float32)
        token = np.full((WINDOW, len(spans)), -100, np.int64)
        for column, (start, end) in enumerate(spans):
            segments[:end - start, column] = self.segments[start:end]
            token[:end - start, column] = self.token[start:end]
        return torch.from_numpy(segments), torch.from_numpy(token)


def figures(model, data):
    model.eval()
    nats = root = both = rows = 0
    with torch.no_grad():
        spans = data.spans()
        for at in range(0, len(spans), 64):
            segments, token = data.batch(spans[at:at + 64])
            mask = token >= 0
            logits, token = model(segments)[mask], token[mask]
            nats += F.cross_entropy(logits, token, reduction="sum").item()
            roots = logits.softmax(-1).view(-1, 12, FAMILIES).sum(-1).argmax(-1)
            root += (roots == token // FAMILIES).sum().item()
            both += (logits.argmax(-1) == token).sum().item()
            rows += len(token)
    model.train()
    return {"nats": nats / rows, "root": root / rows, "likeliest": both / rows}


def train(args):
    common.seed_all(args.seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(args.seed)
    columns = lambda name, split: common.columns(args, "harmonize", args.data / f"{name}.{split}.jsonl.gz", f"{name.split('/')[1]}.{split}")
    data = Data([columns(name, "train") for name in SETS])
    valid = {name.split("/")[1]: Data([columns(name, "valid")]) for name in SETS}
    model = Harmonizer(data.segments.shape[1])
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=2e-2)
    epochs = 1 if args.smoke else EPOCHS
    began, best, kept = time.time(), np.inf, None
    for epoch in range(epochs):
        spans = data.spans(rng)
        rng.shuffle(spans)
        batches = [spans[at:at + BATCH] for at in range(0, len(spans), BATCH)]
        for number, batch in enumerate(batches[:10] if args.smoke else batches):
            share = (epoch + number / len(batches)) / epochs
            for group in optimiser.param_groups:
                group["lr"] = RATE * (0.02 + 0.98 * (1 - share))
            segments, token = data.batch(batch)
            # What is sung in a segment is sometimes not heard.
            silent = torch.rand(segments.shape[:2]) < 0.08
            segments[..., :60] *= (~silent)[..., None]
            logits = model(segments).view(-1, TOKENS)
            token = token.view(-1)
            kept_rows = token >= 0
            roots = torch.logsumexp(logits.log_softmax(-1).view(-1, 12, FAMILIES), -1)[kept_rows]
            loss = F.cross_entropy(logits, token, ignore_index=-100, label_smoothing=0.03) + 0.5 * F.nll_loss(roots, token[kept_rows] // FAMILIES)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
        told = {name: figures(model, part) for name, part in valid.items()}
        print(epoch + 1, f"{time.time() - began:.0f} s", told, flush=True)
        cost = -np.mean([figure["root"] for figure in told.values()])
        if cost < best:
            best, kept = cost, {key: value.clone() for key, value in model.state_dict().items()}
    model.load_state_dict(kept)
    factors = np.arange(0.6, 1.3, 0.05)
    costs = []
    for factor in factors:
        model.cold.fill_(float(factor))
        costs.append(np.mean([figures(model, part)["nats"] for part in valid.values()]))
    model.cold.fill_(float(factors[int(np.argmin(costs))]))
    save(args, model, valid, epoch + 1, began)


def save(args, model, valid, epochs, began):
    data = next(iter(valid.values()))
    path = args.out / "harmonizer" / "model.onnx"
    model.eval()
    segments, _ = data.batch(data.spans()[:4])
    common.save_onnx(OneWindow(model), (segments[:, 0],), ["segments"], ["chords"], path)
    from_silence(path)
    common.save_pairs(path, [{"segments": segments[:, at].numpy()} for at in range(4)])
    parameters = sum(weights.numel() for weights in model.parameters())
    common.save_report(path, model="harmonizer", sets=SETS, seed=args.seed, epochs=epochs, seconds=round(time.time() - began), parameters=parameters,
                       valid={name: figures(model, part) for name, part in valid.items()})
    model.train()


def from_silence(path):
    """Drops the initial states that the export computes: without one a recurrent unit begins at 0."""
    network = onnx.load(path)
    for node in network.graph.node:
        if node.op_type == "GRU":
            node.input[5] = ""
    while True:
        used = {name for node in network.graph.node for name in node.input} | {port.name for port in network.graph.output}
        unused = [node for node in network.graph.node if not used.intersection(node.output)]
        if not unused:
            break
        for node in unused:
            network.graph.node.remove(node)
    used = {name for node in network.graph.node for name in node.input}
    for weights in [weights for weights in network.graph.initializer if weights.name not in used]:
        network.graph.initializer.remove(weights)
    onnx.checker.check_model(network)
    onnx.save(network, path)
