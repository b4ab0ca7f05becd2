"""What listeners preferred: a sign test of the answers to a test of `make.py`.

    python docs/listening/analyse.py KEY.json ANSWERS.json...

"No difference" counts for neither (Dixon and Mood 1946, "The statistical sign test"). The test is exact and two-sided. Answers of one listener are alike, so that the figure
over listeners, each counted once by what it preferred more often, is told beside that over all answers; it is the one to be believed with several listeners.
"""

import json
import math
import sys


def sign_test(wins, losses):
    """The chance of a difference at least so large where nobody hears one: exact, two-sided."""
    n, most = wins + losses, max(wins, losses)
    tail = sum(math.comb(n, k) for k in range(most, n + 1)) / 2**n
    return min(1.0, 2 * tail)


def wilson(wins, n, z=1.96):
    """The interval of Wilson (1927) of a share."""
    if n == 0:
        return 0.0, 1.0
    share, spread = wins / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return middle - half, middle + half


def count(key, answers):
    """Wins of a, of b, and neither, in the answers of one listener."""
    if answers.get("test") != key["test"]:
        sys.exit("these are answers to another test than the key's")
    found = {"a": 0, "b": 0, "same": 0}
    for given in answers["answers"]:
        first = key["pairs"][given["pair"]]["first"]
        other = "b" if first == "a" else "a"
        found[{"first": first, "second": other, "same": "same"}[given["answer"]]] += 1
    return found


def told(name, a, b, same):
    low, high = wilson(a, a + b)
    share = a / (a + b) if a + b else float("nan")
    return f"{name}: a {a}, b {b}, neither {same}; a preferred in {share:.2f} ({low:.2f} to {high:.2f}), p = {sign_test(a, b):.4f}"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    key = json.load(open(sys.argv[1], encoding="utf-8"))
    counts = [count(key, json.load(open(path, encoding="utf-8"))) for path in sys.argv[2:]]
    print(f"a: {key['a']}\nb: {key['b']}")
    print(told("answers", *(sum(found[kind] for found in counts) for kind in ("a", "b", "same"))))
    sides = [(found["a"] > found["b"]) - (found["a"] < found["b"]) for found in counts]
    print(told("listeners", sides.count(1), sides.count(-1), sides.count(0)))


if __name__ == "__main__":
    main()
