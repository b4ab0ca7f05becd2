"""Do composed songs open right elsewhere? 200 random songs through mido and music21, and back through this project.

Run by hand in a throw-away environment:

    pip install mido music21 lxml
    pip download --no-deps musicxml && unzip -j musicxml-*.whl 'musicxml/generate_classes/musicxml_4_0.xsd' -d xsd
    cargo build --release -p kmidi-cli && cargo build --release -p kmidi-io --example smf_dump
    python benchmarks/peers/opens.py FOLDER --kmidi target/release/kmidi --dump target/release/examples/smf_dump --xsd xsd/musicxml_4_0.xsd

A song passes where all of this holds. What is expected comes from the plan that the composer tells in JSON, not from a MIDI file of ours:

    mido      tempo of the first section, metre and key in the first track; a marker at the tick of every section; a text with the symbol of every chord at the
              tick of its bar and beat; every note that begins ends, on its own channel, after it began, and none twice at once
    music21   the same first tempo, metre and signature; every note that mido found at its tick, and no other; a stroke within a 32nd of every one that mido found
    here      read and written again by us it has the same events, and once more the same bytes; made again from its own recipe it has the same bytes; with --dump
              our reader and mido find the same notes, tempos, metres and keys
    MusicXML  valid by the schema of MusicXML 4.0 (left out without --xsd), and music21 finds as many chord symbols as the plan has chords
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import warnings
from collections import Counter

import mido

warnings.simplefilter("ignore")
sys.path.insert(0, str(pathlib.Path(__file__).parent))

STYLES = "song ballad blues bossa-nova country disco folk funk hip-hop jazz-swing pop reggae rock waltz".split()
FLATS = {"Gb": -6, "Db": -5, "Ab": -4, "Eb": -3, "Bb": -2, "F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5, "F#": 6, "C#": 7}
MODES = {"maj": 0, "min": -3, "dor": -2, "phr": -4, "lyd": 1, "mix": -1, "loc": -5}


def signature(key):
    """Sharps of a key such as `D:dor`."""
    tonic, mode = key.split(":")
    fifths = "FCGDAEB".index(tonic[0]) - 1 + 7 * (tonic.count("#") - tonic[1:].count("b"))
    return fifths + MODES[mode]


def wish(number, folder, kmidi):
    """Composes song `number`; gives its plan."""
    dice = random.Random(number)
    stem = folder / f"song-{number}"
    command = [kmidi, "compose", f"--valence={dice.uniform(-1, 1):.3f}", f"--arousal={dice.uniform(-1, 1):.3f}"]
    command += ["--style", dice.choice(STYLES), "--seed", str(dice.randrange(1 << 40))]
    if dice.random() < 0.3:
        command += ["--bars", str(dice.randrange(4, 70))]
    command += ["-o", f"{stem}.mid", "--musicxml", f"{stem}.musicxml", "--json", f"{stem}.json"]
    subprocess.run(command, capture_output=True, check=True)
    return stem, json.loads(stem.with_suffix(".json").read_text())


def plain(symbol):
    """A chord symbol in ASCII."""
    return symbol.replace("♯", "#").replace("♭", "b")


def by_mido(path, plan):
    """Faults, and the notes as (tick, channel, pitch)."""
    file, faults, notes = mido.MidiFile(path), [], []
    first = file.tracks[0]
    now, tempo, meter, keys, markers, texts = 0, {}, {}, {}, Counter(), Counter()
    for message in first:
        now += message.time
        match message.type:
            case "set_tempo":
                tempo[now] = 60e6 / message.tempo
            case "time_signature":
                meter[now] = (message.numerator, message.denominator)
            case "key_signature":
                keys[now] = message.key
            case "marker":
                markers[now, message.text] += 1
            case "text" if not message.text.startswith("kmidi:"):
                texts[now, plain(message.text)] += 1
    numerator, denominator = map(int, plan["meter"].split("/"))
    bar = file.ticks_per_beat * 4 * numerator // denominator
    compound = numerator > 3 and numerator % 3 == 0 and denominator >= 8
    beat = file.ticks_per_beat * 4 // denominator * (3 if compound else 1)
    if meter.get(0) != (numerator, denominator) or len(meter) != 1:
        faults.append(f"metre {meter}")
    section = plan["sections"][0]
    felt = section.get("tempo", plan["tempo"]) * beat / file.ticks_per_beat
    if 0 not in tempo or abs(tempo[0] - felt) > 0.01 * felt:
        faults.append(f"tempo {tempo.get(0)} where {felt}")
    if 0 not in keys or sharps(keys[0]) != signature(section.get("key", plan["key"])):
        faults.append(f"key {keys.get(0)} where {section.get('key', plan['key'])}")
    for section in plan["sections"]:
        if markers[(section["bar"] - 1) * bar, section["name"]] != 1:
            faults.append(f"no marker {section['name']} at bar {section['bar']}")
    for chord in plan["chords"]:
        tick = (chord["bar"] - 1) * bar + (chord["beat"] - 1) * beat
        if texts[tick, plain(chord["symbol"])] < 1:
            faults.append(f"no chord {chord['symbol']} at tick {tick}: {[t for t in texts if t[0] == tick]}")
    for number, track in enumerate(file.tracks):
        now, down = 0, {}
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity > 0:
                notes.append((now, message.channel, message.note))
                if (message.channel, message.note) in down:
                    faults.append(f"track {number}: {message.note} twice at once at {now}")
                down[message.channel, message.note] = now
            elif message.type in ("note_on", "note_off"):
                began = down.pop((message.channel, message.note), None)
                if began is None or began >= now:
                    faults.append(f"track {number}: {message.note} ends at {now} and began at {began}")
        if down:
            faults.append(f"track {number}: {len(down)} notes hang")
    return faults, notes


def sharps(key):
    """Sharps of a key signature as mido names it."""
    minor = key.endswith("m")
    tonic = key.rstrip("m")
    fifths = "FCGDAEB".index(tonic[0]) - 1 + 7 * (tonic.count("#") - tonic[1:].count("b"))
    return fifths - (3 if minor else 0)


def by_music21(path, plan, notes):
    """Faults of what music21 reads of the MIDI file."""
    import music21

    score = music21.converter.parse(str(path), format="midi", forceSource=True, quantizePost=False)
    goes_on = lambda n: n.tie is not None and n.tie.type in ("stop", "continue")
    ppq, struck, beats = mido.MidiFile(path).ticks_per_beat, Counter(), set()
    for part in score.parts:
        for element in part.recurse().notes:
            tick = round(float(element.getOffsetInHierarchy(part)) * ppq)
            for note in element.notes if hasattr(element, "notes") else [element]:
                if isinstance(note, music21.note.Unpitched):
                    beats.add(tick)
                # music21 cuts notes at bar lines and ties the pieces, those of drums apart.
                elif not (goes_on(note) or goes_on(element)):
                    struck[tick, note.pitch.midi] += 1
    pitched = Counter((tick, pitch) for tick, channel, pitch in notes if channel != 9)
    drums = {tick for tick, channel, _ in notes if channel == 9}
    faults = []
    if struck != pitched:
        faults.append(f"music21 has other notes: {sum((pitched - struck).values())} missing, {sum((struck - pitched).values())} more")
    # music21 makes one chord of strokes that are next to each other.
    far = [tick for tick in drums if not any(tick + off in beats for off in range(-ppq // 8, ppq // 8 + 1))]
    if far:
        faults.append(f"music21 lacks {len(far)} strokes")
    meters = {m.ratioString for m in score.recurse().getElementsByClass("TimeSignature")}
    if meters != {plan["meter"]}:
        faults.append(f"music21 has the metres {meters}")
    marks = [m.getQuarterBPM() for m in score.recurse().getElementsByClass("MetronomeMark")]
    first = [60e6 / m.tempo for m in mido.MidiFile(path).tracks[0] if m.type == "set_tempo"][0]
    if not marks or min(abs(mark - first) for mark in marks) > 0.01 * first:
        faults.append(f"music21 has the tempos {marks[:3]} where {first} is the first")
    signatures = [k.sharps for k in score.recurse().getElementsByClass("KeySignature")]
    if signature(plan["sections"][0].get("key", plan["key"])) not in signatures:
        faults.append(f"music21 has the signatures {signatures[:3]}")
    return faults


def score_faults(path, plan, xsd):
    """Faults of the MusicXML file."""
    import music21
    from lxml import etree

    faults = []
    if xsd is not None and not xsd.validate(etree.parse(str(path))):
        faults.append(f"MusicXML: {xsd.error_log.last_error}")
    score = music21.converter.parse(str(path), format="musicxml", forceSource=True)
    symbols = len(list(score.recurse().getElementsByClass("ChordSymbol")))
    if symbols != len(plan["chords"]):
        faults.append(f"MusicXML: {symbols} chord symbols where {len(plan['chords'])} are planned")
    return faults


def events(path):
    """Every event of a file with its track and tick, as often as it is there."""
    found = Counter()
    for number, track in enumerate(mido.MidiFile(path).tracks):
        now = 0
        for message in track:
            now += message.time
            found[number, now, str(message.copy(time=0))] += 1
    return found


def again_faults(path, kmidi):
    """Faults of the file after we read and wrote it: the same events; read and written once more the same bytes; made again from its recipe the same bytes."""
    names = [path.with_name(f"{path.stem}-{n}.mid") for n in (1, 2, 3)]
    run = lambda *words: subprocess.run([kmidi, *map(str, words)], capture_output=True, check=True)
    for source, copy in ((path, names[0]), (names[0], names[1])):
        run("groove", "humanize", source, "--amount", "0%", "-o", copy)
    run("compose", "--from", path, "-o", names[2])
    faults = []
    if events(path) != events(names[0]):
        faults.append("read and written, the file has other events")
    if names[0].read_bytes() != names[1].read_bytes():
        faults.append("read and written twice, the file has other bytes than once")
    if path.read_bytes() != names[2].read_bytes():
        faults.append("made again from its recipe, the file has other bytes")
    for name in names:
        name.unlink()
    return faults


def dump_faults(path, dump):
    """Faults of our reader beside mido: `smf_dump` reads a file, writes what it read, reads that, and tells if both are equal."""
    from smf import compare_mido

    told = json.loads(subprocess.run([dump, str(path)], capture_output=True, text=True, check=True).stdout)
    return [f"{what}: {detail}" for what, equal, _, detail in compare_mido(told, str(path)) if not equal]


def plant(path):
    """The same file with the end of one note taken away."""
    file = mido.MidiFile(path)
    track = file.tracks[1]
    off = next(i for i, m in enumerate(track) if m.type == "note_off" or (m.type == "note_on" and m.velocity == 0))
    track[off + 1].time += track[off].time
    del track[off]
    broken = path.with_name("planted.mid")
    file.save(broken)
    return broken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--kmidi", default="target/release/kmidi")
    parser.add_argument("--dump", help="smf_dump of kmidi-io: our reader beside mido")
    parser.add_argument("--xsd", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=200)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    xsd = None
    if args.xsd:
        from musicxml import schema

        xsd = schema(args.xsd)
    right = 0
    for number in range(args.count):
        stem, plan = wish(number, args.folder, args.kmidi)
        midi = stem.with_suffix(".mid")
        faults, notes = by_mido(midi, plan)
        if number == 0:
            assert by_mido(plant(midi), plan)[0], "the planted fault is not seen"
        faults += by_music21(midi, plan, notes) + score_faults(stem.with_suffix(".musicxml"), plan, xsd)
        faults += again_faults(midi, args.kmidi)
        if args.dump:
            faults += dump_faults(midi, args.dump)
        right += not faults
        if (number + 1) % 20 == 0:
            print(f"{right} of {number + 1}", file=sys.stderr, flush=True)
        for fault in faults[:4]:
            print(f"song {number}, {plan['style']}, {plan['meter']}: {fault}", flush=True)
        for kind in ("mid", "musicxml", "json"):
            stem.with_suffix(f".{kind}").unlink()
    print(f"{right} of {args.count} open right")
    return 0 if right == args.count else 1


if __name__ == "__main__":
    sys.exit(main())
