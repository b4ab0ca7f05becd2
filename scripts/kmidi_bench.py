"""Finds `kmidi`, builds it where it is missing, and reads what `kmidi bench` says (`kmidi.bench/1`)."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ["cargo", "build", "--release", "--locked", "-p", "kmidi-cli"]
STATUS = {"WARN": "WARNING", None: "not there yet"}
CODES = {2: "wrong usage", 4: "bad input", 5: "a device could not be used", 70: "an internal error"}


class BenchError(RuntimeError):
    """Nothing could be measured; the text says why and what to do."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def binary():
    """The program to measure: what KMIDI names, else the release build of this repository, built where it is missing."""
    named = os.environ.get("KMIDI")
    if named:
        found = shutil.which(named)
        if found is None:
            raise BenchError(f"KMIDI is {named}: no such program")
        return found
    folder = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release"
    path = folder / ("kmidi.exe" if os.name == "nt" else "kmidi")
    if not path.is_file():
        build(path)
    elif is_older_than_sources(path):
        say(f"note: sources are newer than {path}; {' '.join(BUILD)} builds it anew")
    return str(path)


def build(path):
    if shutil.which("cargo") is None:
        raise BenchError(f"{path} is missing, and cargo to build it with: install Rust, or set KMIDI to a kmidi program")
    say(f"{path} is missing: {' '.join(BUILD)}")
    code = subprocess.run(BUILD, cwd=ROOT, stdout=sys.stderr.fileno()).returncode
    if not path.is_file():
        raise BenchError(f"{' '.join(BUILD)} ended with {code} and left no {path}")


def is_older_than_sources(path):
    built = path.stat().st_mtime
    return any(file.stat().st_mtime > built for part in ("crates", "doors") for file in (ROOT / part).rglob("*.rs"))


def bench(component):
    """What `kmidi bench COMPONENT` found, and whether it failed. Its progress goes to standard error."""
    command = [binary(), "bench", component, "--json", "-"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE)
    except OSError as error:
        raise BenchError(f"{command[0]} cannot be run: {error}") from error
    # 1 is a budget that was not kept: the report says which.
    if done.returncode not in (0, 1):
        why = CODES.get(done.returncode, "an error")
        raise BenchError(f"{' '.join(command)} ended with {done.returncode}, {why}; what it said stands above")
    try:
        report = json.loads(done.stdout)
    except ValueError as error:
        raise BenchError(f"{' '.join(command)} ended with {done.returncode} and printed no JSON: {error}") from error
    schema = report.get("schema") if isinstance(report, dict) else None
    if schema != "kmidi.bench/1":
        raise BenchError(f"{' '.join(command)}: its schema is {schema}, not kmidi.bench/1")
    return report, done.returncode == 1


def status(verdict):
    """A verdict of kmidi in the words of the guide."""
    return STATUS.get(verdict, verdict)


def machine(report):
    """A line that says on what machine this was measured, and whether it can prove a tail."""
    about = report.get("machine") or {}
    doubt = "" if about.get("fit") == "ok" else "; this machine cannot prove a tail (kmidi bench doctor says why)"
    return f"{about.get('cpu')}, {about.get('cores')} cores{doubt}"


def table(head, rows):
    """Prints columns: the first to the left, the others to the right."""
    rows = [head] + [["-" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        first = row[0].ljust(widths[0])
        print("  ".join([first] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]).rstrip())


def remarks(rows):
    """Prints what `rows`, pairs of a name and its remarks, have to say."""
    for name, texts in rows:
        for text in texts:
            print(f"  {name}: {text}")
    print(flush=True)


def run(main):
    """Ends the program with what `main` returns, or with 1 and the reason."""
    try:
        sys.exit(main())
    except BenchError as error:
        say(f"error: {error}")
        sys.exit(1)
