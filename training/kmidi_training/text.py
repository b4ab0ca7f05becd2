"""The model `text`: a valence, arousal and dominance for every word, from comments with named emotions and from words that we judged ourselves.

    python -m kmidi_training text

Three sources are joined. Comments of GoEmotions (Demszky et al. 2020) carry emotions by name; LABELS says where each name lies, by our own judgement after the
order in which the circumplex of Russell 1980 puts such words. `feelings.txt` and the vocabulary of `kmidi emotion --list` are our own judgement of single
words. Ridge regression of the comments' points on their words, which draws each word not to zero but to our own judgement of it: what comments do not tell stays as
we judged it.
"""

import json
import subprocess
import time
from pathlib import Path

import numpy as np

from .common import columns, save_report

# Valence, arousal, dominance in tenths.
LABELS = {
    "admiration": (7, 2, 3), "amusement": (7, 5, 3), "anger": (-7, 7, 2), "annoyance": (-5, 4, -1), "approval": (5, 0, 3), "caring": (6, -1, 3),
    "confusion": (-2, 2, -3), "curiosity": (2, 3, 1), "desire": (4, 3, 2), "disappointment": (-6, -2, -4), "disapproval": (-5, 2, 0), "disgust": (-7, 4, -1),
    "embarrassment": (-5, 3, -4), "excitement": (8, 8, 5), "fear": (-7, 7, -6), "gratitude": (8, 1, 2), "grief": (-8, -2, -5), "joy": (8, 5, 4), "love": (8, 4, 3),
    "nervousness": (-4, 5, -5), "optimism": (6, 2, 4), "pride": (6, 4, 6), "realization": (1, 1, 1), "relief": (5, -3, 3), "remorse": (-6, -1, -4),
    "sadness": (-8, -3, -5), "surprise": (2, 7, -1), "neutral": (0, -2, 0)}
RIDGE = (1, 2, 3, 5, 10)
AROUSAL_RIDGE, SMOOTH = 10, 60  # of arousal; comments that our judgement of a word, and that no feeling at all, count for
SEEN = 3  # comments that a word must stand in
HALF, PRIOR = 0.15, 1.0  # as in crates/neural/src/text.rs


def fnv(word):
    code = 0x811C9DC5
    for byte in word.encode():
        code = (code ^ byte) * 0x01000193 & 0xFFFFFFFF
    return code


def judged(args):
    """Our own judgement of words, by hash: the groups of feelings.txt, over them the vocabulary of the command."""
    points = {}
    for line in Path(__file__).with_name("feelings.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            point, words = line.split(":")
            for word in words.split():
                points.setdefault(fnv(word), []).append([int(x) / 10 for x in point.split()])
    points = {code: np.mean(all_, 0) for code, all_ in points.items()}
    listed = json.loads(subprocess.run([args.kmidi, "emotion", "--list", "--json"], check=True, capture_output=True).stdout)
    points.update({fnv(word["name"]): np.array([word["valence"], word["arousal"], word["dominance"]]) for word in listed["words"]})
    return points


class Texts:
    """Words of comments as a sparse matrix, a row a comment, and the mean point of each comment's labels."""

    def __init__(self, args, split):
        import gzip

        path = args.data / "emotion_text" / f"goemotions.{split}.jsonl.gz"
        cols = columns(args, "emotion-text", path, split)
        records = [json.loads(line) for line in gzip.open(path, "rt")]
        most = 2000 if args.smoke else len(records)
        keep = cols["text"][:, 0] < most
        self.row = cols["text"][keep, 0].astype(np.int64)
        self.code = (cols["word"][keep, 0].astype(np.uint64) * 65536 + cols["word"][keep, 1].astype(np.uint64)).astype(np.int64)
        self.weight = cols["weight"][keep, 0].astype(np.float64)
        self.points = np.array([np.mean([LABELS[label] for label in record["labels"]], 0) / 10 for record in records[:most]])

    def of(self, codes):
        """Rows, columns and weights of the words that are among the sorted `codes`."""
        at = np.searchsorted(codes, self.code).clip(max=len(codes) - 1)
        known = codes[at] == self.code
        return self.row[known], at[known], self.weight[known]


def ridge(row, col, weight, points, prior, strength):
    """Conjugate gradients (Hestenes and Stiefel 1952) on the normal equations, from the prior; an axis a column."""
    rows, cols = len(points), len(prior)
    forth = lambda x: np.bincount(row, weight * x[col], rows)
    back = lambda y: np.bincount(col, weight * y[row], cols)
    found = prior.copy()
    for axis in range(points.shape[1]):
        x = found[:, axis]
        residual = back(points[:, axis] - forth(x)) + strength * (prior[:, axis] - x)
        step, square = residual.copy(), residual @ residual
        first = square
        for _ in range(200):
            if square <= 1e-8 * first:
                break
            bent = back(forth(step)) + strength * step
            rate = square / (step @ bent)
            x += rate * step
            residual -= rate * bent
            square, before = residual @ residual, square
            step = residual + square / before * step
    return found


def felt(table, row, col, weight, rows):
    size = np.abs(table).max(1)
    share = size / (size + HALF)
    total = np.bincount(row, np.abs(weight) * share[col], rows) + PRIOR
    return np.stack([np.bincount(row, weight * (share * table[:, axis])[col], rows) / total for axis in range(3)], 1)


def train(args):
    began = time.time()
    fit, valid = Texts(args, "train"), Texts(args, "valid")
    points = judged(args)
    codes, counts = np.unique(fit.code, return_counts=True)
    codes = np.union1d(codes[counts >= SEEN], np.array(list(points), np.int64))
    prior = np.zeros((len(codes), 3))
    for code, point in points.items():
        prior[np.searchsorted(codes, code)] = point
    row, col, weight = fit.of(codes)
    length = np.bincount(row, np.abs(weight), len(fit.points)).clip(min=1)
    target = fit.points - fit.points.mean(0)
    told = np.bincount(col, np.abs(weight), len(codes))
    known = np.abs(prior).max(1) > 0
    comments = np.bincount(col, weight * target[row, 1], len(codes))
    smoothed = (comments + SMOOTH * prior[:, 1]) / (told + SMOOTH + SMOOTH * known)
    arousal = ridge(row, col, weight / np.sqrt(length[row]), target[:, 1:2], smoothed[:, None], AROUSAL_RIDGE)
    best = None
    for strength in RIDGE:
        table = ridge(row, col, weight / np.sqrt(length[row]), target, prior, strength)
        table[:, 1] = arousal[:, 0]
        answer = felt(table, *valid.of(codes), len(valid.points))
        figures = {name: float(np.corrcoef(answer[:, k], valid.points[:, k])[0, 1]) for k, name in enumerate(("valence_r", "arousal_r", "dominance_r"))}
        print(strength, {name: round(value, 4) for name, value in figures.items()}, flush=True)
        if best is None or sum(figures.values()) > sum(best[0].values()):
            best = (figures, strength, table)
    figures, strength, table = best
    path = args.out / "text" / "model.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    bytes_ = np.round(100 * table).clip(-127, 127).astype(np.int8)
    path.write_bytes(b"KTX1" + np.uint32(len(codes)).tobytes() + codes.astype("<u4").tobytes() + bytes_.tobytes())
    save_report(path, seed=args.seed, ridge=strength, seconds=round(time.time() - began), parameters=3 * len(codes), valid=figures)
