"""MIDI files as mido, pretty_midi and music21 read them, against our own reading.

    pip install mido pretty_midi music21          # in a throw-away environment
    cargo run --release -p kmidi-io --example smf_dump -- FILE... > ours.jsonl
    python benchmarks/peers/smf.py ours.jsonl

A table a library: how many files give equal notes, tempo, metre and key, and each difference with its reason where one of
the reasons below holds. Exit code 1 when a difference has no reason.
"""

import json
import sys
import warnings
from collections import Counter, defaultdict, deque

import mido
import music21
import pretty_midi

warnings.simplefilter("ignore")

SHARPS = {
    name: sharps
    for sharps, names in {
        0: "C Am", 1: "G Em", 2: "D Bm", 3: "A F#m", 4: "E C#m", 5: "B G#m", 6: "F# D#m", 7: "C# A#m",
        -1: "F Dm", -2: "Bb Gm", -3: "Eb Cm", -4: "Ab Fm", -5: "Db Bbm", -6: "Gb Ebm", -7: "Cb Abm",
    }.items()
    for name in names.split()
}


def by_mido(path):
    """Notes by the rule that the first struck of equal keys ends first, over all tracks in order of time."""
    file = mido.MidiFile(path)
    order, tempo, meters, keys, ends = [], {0: 500_000}, [], [], []
    for number, track in enumerate(file.tracks):
        now = 0
        for message in track:
            now += message.time
            order.append((now, number, message))
            if message.type == "set_tempo":
                tempo[now] = message.tempo
            elif message.type == "time_signature":
                meters.append((now, message.numerator, message.denominator))
            elif message.type == "key_signature":
                keys.append((now, SHARPS[message.key], message.key.endswith("m")))
        ends.append(now)
    order.sort(key=lambda row: row[0])
    down, notes = defaultdict(deque), []
    for now, number, message in order:
        if message.type == "note_on" and message.velocity > 0:
            down[message.channel, message.note].append(len(notes))
            notes.append([now, max(ends[number], now + 1), number, message.channel, message.note, message.velocity])
        elif message.type in ("note_on", "note_off") and down[message.channel, message.note]:
            first = down[message.channel, message.note].popleft()
            notes[first][1] = max(now, notes[first][0] + 1)
    return {
        "notes": Counter(map(tuple, notes)),
        "tempo": [[tick, tempo[tick]] for tick in sorted(tempo)],
        "meters": sorted(meters, key=lambda row: row[0]),
        "keys": sorted(keys, key=lambda row: row[0]),
    }


def compare_mido(ours, path):
    theirs = by_mido(path)
    notes = Counter((a, b, track, channel, pitch, velocity) for a, b, _, _, track, channel, pitch, velocity in ours["notes"])
    yield "notes", notes == theirs["notes"], "", f"{sum((notes - theirs['notes']).values())} of {sum(notes.values())}"
    yield "tempo", ours["tempo"] == theirs["tempo"], "", ""
    yield "metre", [tuple(m) for m in ours["meters"]] == theirs["meters"], "", ""
    yield "key", [tuple(k) for k in ours["keys"]] == theirs["keys"], "", ""


def far(ours, theirs):
    """How many notes (start, end, pitch, velocity) of the one list have no equal in the other, to a millionth of a second."""
    if len(ours) != len(theirs):
        return max(len(ours), len(theirs))
    order = lambda row: (row[2], row[3], round(row[0], 4), round(row[1], 4))
    pairs = zip(sorted(ours, key=order), sorted(theirs, key=order))
    return sum(a[2:] != b[2:] or abs(a[0] - b[0]) > 1e-6 or abs(a[1] - b[1]) > 1e-6 for a, b in pairs)


def all_ended(rows):
    """Our notes by pretty_midi's rule: a note-off ends all notes of its key, channel and track that began before it."""
    offs = defaultdict(set)
    for onset, end, _, until, track, channel, pitch, _ in rows:
        offs[track, channel, pitch].add((end, until))
    for onset, _, start, _, track, channel, pitch, velocity in rows:
        yield start, min(off for off in offs[track, channel, pitch] if off[0] > onset)[1], pitch, velocity


def compare_pretty_midi(ours, path):
    file = pretty_midi.PrettyMIDI(path)
    theirs = [(n.start, n.end, n.pitch, n.velocity) for i in file.instruments for n in i.notes]
    rows = [(r[2], r[3], r[6], r[7]) for r in ours["notes"]]
    close = lambda a, b: len(a) == len(b) and all(abs(x - y) < 1e-6 * max(1, abs(y)) for x, y in zip(a, b))
    mine = [60e6 / micros for _, micros in ours["tempo"]]
    joined = [t for i, t in enumerate(mine) if i == 0 or t != mine[i - 1]]
    tempi = list(file.get_tempo_changes()[1])
    first = [60e6 / m.tempo for m in mido.MidiFile(path).tracks[0] if m.type == "set_tempo"] or [120.0]
    first = [t for i, t in enumerate(first) if i == 0 or t != first[i - 1]]
    if close(mine, tempi) or close(joined, tempi):
        tempo = ""
        wrong, ruled = far(rows, theirs), far(list(all_ended(ours["notes"])), theirs)
    else:
        tempo = "tempo is read from the first track alone" if close(first, tempi) else ""
        ticks = lambda *times: tuple(float(file.time_to_tick(time)) for time in times)
        theirs = [(*ticks(start, end), pitch, velocity) for start, end, pitch, velocity in theirs]
        rows = [(r[0], r[1], r[6], r[7]) for r in ours["notes"]]
        in_ticks = [[r[0], r[1], r[0], r[1], *r[4:]] for r in ours["notes"]]
        wrong, ruled = far(rows, theirs), far(list(all_ended(in_ticks)), theirs)
    why = "a note-off ends all notes of its key" if ruled == 0 else ""
    if not why and len(theirs) < len(rows):
        longer = [row for row, note in zip(rows, ours["notes"]) if note[1] - note[0] > 1]
        why = "notes without length are dropped" if far(longer, theirs) == 0 else ""
    yield "notes", wrong == 0, why, f"{wrong} of {len(rows)}; by its own rule {ruled}"
    yield "tempo", close(mine, tempi) or close(joined, tempi), tempo, f"{len(mine)} and {len(tempi)}"
    meters = sorted((file.time_to_tick(m.time), m.numerator, m.denominator) for m in file.time_signature_changes)
    yield "metre", sorted(map(tuple, ours["meters"])) == meters, "", f"{ours['meters'][:3]} and {meters[:3]}"
    # pretty_midi numbers keys 0 to 11 from C major and 12 to 23 from C minor: the tonic, not the spelling.
    tonic = lambda sharps, minor: (7 * sharps + (9 if minor else 0)) % 12 + (12 if minor else 0)
    keys = sorted((file.time_to_tick(k.time), k.key_number) for k in file.key_signature_changes)
    yield "key", sorted((t, tonic(s, m)) for t, s, m in ours["keys"]) == keys, "", f"{ours['keys'][:3]} and {keys[:3]}"


def compare_music21(ours, path):
    """music21's own MIDI events (`midi.MidiFile`), the first of equal keys in a track ending first. Its scores
    (`converter.parse`) round to a grid and are not compared."""
    file = music21.midi.MidiFile()
    file.open(path)
    file.read()
    file.close()
    notes, tempo, meters, keys = [], {0: 500_000}, [], []
    for number, track in enumerate(file.tracks):
        now, down, last = 0, defaultdict(deque), 0
        for event in track.events:
            if isinstance(event, music21.midi.DeltaTime):
                now += event.time
                continue
            last = now
            if event.isNoteOn():
                down[event.channel, event.pitch].append(len(notes))
                notes.append([now, None, number, event.channel - 1, event.pitch, event.velocity])
            elif event.isNoteOff() and down[event.channel, event.pitch]:
                first = down[event.channel, event.pitch].popleft()
                notes[first][1] = max(now, notes[first][0] + 1)
            elif event.type == music21.midi.MetaEvents.SET_TEMPO:
                tempo[now] = int.from_bytes(event.data, "big")
            elif event.type == music21.midi.MetaEvents.TIME_SIGNATURE:
                meters.append((now, event.data[0], 2 ** event.data[1]))
            elif event.type == music21.midi.MetaEvents.KEY_SIGNATURE:
                signature = music21.midi.translate.midiEventsToKey(event)
                keys.append((now, signature.sharps, getattr(signature, "mode", "major") == "minor"))
        for note in notes:
            if note[1] is None and note[2] == number:
                note[1] = max(last, note[0] + 1)
    theirs = Counter(map(tuple, notes))
    mine = Counter((a, b, track, channel, pitch, velocity) for a, b, _, _, track, channel, pitch, velocity in ours["notes"])
    yield "notes", mine == theirs, "", f"{sum((mine - theirs).values())} of {sum(mine.values())}"
    yield "tempo", ours["tempo"] == [[t, tempo[t]] for t in sorted(tempo)], "", ""
    by_tick = lambda rows: sorted(map(tuple, rows), key=lambda row: row[0])
    yield "metre", by_tick(ours["meters"]) == by_tick(meters), "", f"{ours['meters'][:3]} and {meters[:3]}"
    yield "key", by_tick(ours["keys"]) == by_tick(keys), "", f"{ours['keys'][:3]} and {keys[:3]}"


def main():
    records = [json.loads(line) for path in sys.argv[1:] for line in open(path)]
    unread = [r for r in records if "error" in r]
    records = [r for r in records if "error" not in r]
    equal = sum(r["round_trip"] for r in records)
    print(f"{len(records)} files, {sum(r['events'] for r in records)} events, {sum(len(r['notes']) for r in records)} notes")
    print(f"written and read again, equal: {equal}; refused by us: {len(unread)}")
    for record in unread:
        print("  ", record["error"])
    bad = equal < len(records)
    for name, compare in [("mido", compare_mido), ("pretty_midi", compare_pretty_midi), ("music21", compare_music21)]:
        counts, unreadable = defaultdict(Counter), 0
        for record in records:
            try:
                rows = list(compare(record, record["file"]))
            except Exception as error:  # what a library refuses is its answer
                unreadable += 1
                print(f"  {name} cannot read {record['file']}: {type(error).__name__}: {error}")
                continue
            for what, same, why, detail in rows:
                counts[what]["equal" if same else why or "UNEXPLAINED"] += 1
                if not same and not why:
                    bad = True
                    print(f"  {name} {what} {record['file']}: {detail}")
        print(f"{name}: {unreadable} not read by it")
        for what, count in counts.items():
            print(f"  {what:6} " + ", ".join(f"{n} {reason}" for reason, n in count.most_common()))
    sys.exit(bad)


if __name__ == "__main__":
    main()
