"""MusicXML: are our files valid, and do music21 and this project read the same?

Run by hand in a throw-away environment:

    pip install music21 lxml
    pip download --no-deps musicxml && unzip -j musicxml-*.whl 'musicxml/generate_classes/musicxml_4_0.xsd' -d xsd
    # or take schema/musicxml.xsd of https://github.com/w3c/musicxml
    cargo build --release -p kmidi-cli && cargo build --release -p kmidi-io --example score_dump

    # 100 composed songs, 100 random scores: valid against the XSD, and read by music21 as by us
    python benchmarks/peers/musicxml.py songs FOLDER --kmidi target/release/kmidi --dump target/release/examples/score_dump
    target/release/examples/score_dump --random 100 FOLDER
    python benchmarks/peers/musicxml.py check FOLDER --xsd xsd/musicxml_4_0.xsd

    # files of other programs: those of music21's corpus
    python benchmarks/peers/musicxml.py corpus FOLDER --dump target/release/examples/score_dump

`songs` writes pairs I.musicxml and I.json from composed songs (the JSON is what our own reader gives; that it equals the
score that was written is a test of the crate). `check` compares each pair: notes by onset, duration and spelled pitch,
chord symbols by onset, root, bass and pitch classes, keys, metres and tempo.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import warnings
import zipfile
from collections import Counter
from fractions import Fraction

XML_XSD = """<xs:schema targetNamespace="http://www.w3.org/XML/1998/namespace"
 xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:attribute name="lang" type="xs:language"/>
 <xs:attribute name="space" type="xs:NCName"/></xs:schema>"""
XLINK_XSD = """<xs:schema targetNamespace="http://www.w3.org/1999/xlink" xmlns:xs="http://www.w3.org/2001/XMLSchema">
%s</xs:schema>""" % "".join(
    f'<xs:attribute name="{name}" type="xs:string"/>' for name in ["href", "type", "role", "title", "show", "actuate"]
)


def schema(path):
    """The XSD with the two schemas that it imports, which declare a handful of attributes, held here."""
    from lxml import etree

    class Local(etree.Resolver):
        def resolve(self, url, _id, context):
            for name, text in [("xml.xsd", XML_XSD), ("xlink.xsd", XLINK_XSD)]:
                if url.endswith(name):
                    return self.resolve_string(text, context)
            return None

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Local())
    return etree.XMLSchema(etree.parse(str(path), parser))


KEYS = ["C", "Am", "F# minor", "Bb", "Eb", "G", "C# minor", "Ab", "D dorian", "E", "F minor", "Gb", "B"]
METERS = ["4/4", "3/4", "6/8", "5/4", "9/8", "12/8", "2/2"]


def songs(args):
    written = 0
    for i in range(1, args.count + 1):
        out = args.folder / f"song-{i}.musicxml"
        command = [args.kmidi, "compose", "--seed", str(i), "--key", KEYS[i % len(KEYS)], "--bars", str(8 + i % 9)]
        command += ["--meter", METERS[i % len(METERS)], "--musicxml", str(out)]
        command += ["--valence", str((i % 7 - 3) / 3), "--arousal", str((i % 5 - 2) / 2)]
        if subprocess.run(command, capture_output=True).returncode != 0:
            print(f"{i}: not composed: {' '.join(command)}")
            continue
        written += 1
        if args.dump:
            dumped = subprocess.run([args.dump, str(out)], capture_output=True, text=True, check=True).stdout
            out.with_suffix(".json").write_text(dumped)
    print(f"songs: {written} of {args.count} written")
    return written == args.count


def spelled(pitch):
    """music21's B-3 as ours: Bb3."""
    alter = round(pitch.alter)
    sign = "#" * alter if alter > 0 else "b" * -alter
    octave = pitch.octave if pitch.octave is not None else pitch.implicitOctave
    return f"{pitch.step}{sign}{octave}"


def of_music21(path, sounding):
    """What music21 reads: {notes by part, chords, keys, metres, tempos} in quarter notes."""
    import music21

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score = music21.converter.parse(str(path), format="musicxml", forceSource=True)
        if sounding:
            score = score.toSoundingPitch()
    parts, chords, keys, meters, staves = [], [], [], [], None
    for part in score.parts:
        # Ties are joined here, by our own rule: music21's stripTies loses some in several voices.
        raw = []
        for element in part.recurse().notes:
            offset = Fraction(element.getOffsetInHierarchy(part)).limit_denominator(100_000)
            length = Fraction(element.duration.quarterLength).limit_denominator(100_000)
            if isinstance(element, music21.harmony.Harmony):
                chords.append((offset, element, len(parts)))
                continue
            if element.duration.isGrace or length == 0 or element.style.noteSize == "cue":
                continue
            single = list(element.notes) if hasattr(element, "notes") else [element]
            for note in single:
                name = "drum" if isinstance(note, music21.note.Unpitched) else spelled(note.pitch)
                tie = note.tie.type if note.tie else None
                voice = element.getContextByClass(music21.stream.Voice)
                raw.append([offset, length, name, tie, str(voice.id) if voice is not None else ""])
        raw.sort(key=lambda n: n[0])
        notes, waiting = [], {}
        for offset, length, name, tie, voice in raw:
            place = None
            if tie in ("stop", "continue"):
                for key in [(name, offset, voice)] + [k for k in waiting if k[:2] == (name, offset)]:
                    if waiting.get(key):
                        place = waiting[key].pop()
                        break
            if place is None:
                notes.append([offset, length, name])
                place = len(notes) - 1
            else:
                notes[place][1] = offset + length - notes[place][0]
            if tie in ("start", "continue"):
                waiting.setdefault((name, offset + length, voice), []).append(place)
        found = Counter(tuple(n) for n in notes)
        # music21 makes a part of each staff; a piano is one part here.
        name = str(part.id).split("-Staff")[0]
        if isinstance(part, music21.stream.PartStaff) and name == staves:
            parts[-1] += found
        else:
            parts.append(found)
        staves = name if isinstance(part, music21.stream.PartStaff) else None
        keys.append({(Fraction(k.getOffsetInHierarchy(part)), k.sharps) for k in part.recurse().getElementsByClass("KeySignature")})
        meters.append({(Fraction(m.getOffsetInHierarchy(part)), m.ratioString) for m in part.recurse().getElementsByClass("TimeSignature")})
    tempos = set()
    for start, _, mark in score.metronomeMarkBoundaries():
        tempos.add((Fraction(start).limit_denominator(100_000), mark.getQuarterBPM()))
    return parts, chords, keys, meters, tempos


def of_ours(data):
    unit = data["divisions"]
    parts = []
    for part in data["parts"]:
        names = ((o, d, "drum" if name.startswith("drum") else name) for o, d, name, _ in part["notes"])
        parts.append(Counter((Fraction(o, unit), Fraction(d, unit), name) for o, d, name in names))
    return parts, [(Fraction(tick, unit), chord) for tick, chord in data["harmonies"]]


def chord_of(element):
    """A chord of music21 as (root, bass, pitch classes), or None for N.C."""
    import music21

    if isinstance(element, music21.harmony.NoChord):
        return None
    root, bass = spelled(element.root())[:-1], spelled(element.bass())[:-1]
    return root.rstrip("-0123456789"), bass.rstrip("-0123456789"), tuple(sorted({p.pitchClass for p in element.pitches}))


def compare(path, data, sounding=False):
    """The differences between music21's reading and ours, each a (what, detail)."""
    theirs, their_chords, their_keys, their_meters, their_tempos = of_music21(path, sounding)
    ours, our_chords = of_ours(data)
    out = []
    if len(theirs) != len(ours):
        out.append(("parts", f"{len(theirs)} there, {len(ours)} here"))
    for i, (a, b) in enumerate(zip(theirs, ours)):
        if a != b:
            gone, new = sorted((a - b).elements()), sorted((b - a).elements())
            out.append(("notes", f"part {i + 1}: there {len(gone)} {show(gone)}, here {len(new)} {show(new)}, of {sum(a.values())}"))
    # We keep the symbols of the first part that has any.
    first = min((c[2] for c in their_chords), default=0)
    kept = sorted(((o, chord_of(e), e) for o, e, part in their_chords if part == first), key=lambda c: c[0])
    if len(kept) != len(our_chords):
        out.append(("chords", f"{len(kept)} there, {len(our_chords)} here"))
    for (o, a, element), (p, b) in zip(kept, our_chords):
        mine = b and (b["root"], b["bass"], tuple(b["pcs"]))
        if o != p:
            out.append(("chord place", f"{o} there, {p} here"))
        elif mine != a:
            out.append(("chord", f"at {o}: there {a} {element.chordKind}, here {mine} {b and b['symbol']}"))
    unit = data["divisions"]
    for what, mine, others in [
        ("keys", {(Fraction(t, unit), sharps) for t, _, sharps in data["keys"]}, their_keys),
        ("meters", {(Fraction(t, unit), m) for t, m in data["meters"]}, their_meters),
    ]:
        if not sounding and mine and not any(mine == other for other in others):
            out.append((what, f"there {[sorted(o) for o in others][:1]}, here {sorted(mine)}"))
    if not sounding:
        # music21 takes the number that the metronome mark shows, which has two decimals; <sound> has them all.
        mine = [(Fraction(t, unit), 60e6 / micros) for t, micros in data["tempos"]]
        others = sorted(their_tempos)
        near = all(a[0] == b[0] and abs(a[1] - b[1]) < 0.02 for a, b in zip(mine, others))
        if len(mine) != len(others) or not near:
            out.append(("tempo", f"there {others}, here {mine}"))
    return out


def show(notes):
    return [f"{o}+{d} {n}" for o, d, n in notes[:3]]


def check(args):
    from lxml import etree

    xsd = schema(args.xsd)
    total, valid, same = 0, 0, Counter()
    clean = 0
    for path in sorted(args.folder.glob("*.musicxml")):
        total += 1
        document = etree.parse(str(path), etree.XMLParser(load_dtd=False, no_network=True))
        if xsd.validate(document):
            valid += 1
        else:
            print(f"{path.name}: not valid: {xsd.error_log[0]}")
        differences = compare(path, json.loads(path.with_suffix(".json").read_text()))
        clean += not differences
        for what, detail in differences:
            same[what] += 1
            print(f"{path.name}: {what}: {detail}")
    print(f"check: {total} files, {valid} valid, {clean} read the same by music21; differences {dict(same)}")
    return valid == clean == total


def corpus(args):
    import music21

    root = pathlib.Path(music21.__file__).parent / "corpus"
    args.folder.mkdir(parents=True, exist_ok=True)
    # A spread of composers, and every file of the corpus that is known to hold chord symbols.
    files = sorted(p for p in root.rglob("*") if p.suffix in (".mxl", ".xml", ".musicxml"))
    count, equal, with_chords, notes, chords, refused = 0, 0, 0, 0, 0, 0
    by_kind = Counter()
    seen = Counter()
    for path in files:
        plain = args.folder / (path.stem + ".xml")
        if path.suffix == ".mxl":
            with zipfile.ZipFile(path) as box:
                names = [n for n in box.namelist() if n.endswith((".xml", ".musicxml")) and "META-INF" not in n]
                plain.write_bytes(box.read(names[0]))
        else:
            plain.write_bytes(path.read_bytes())
        harmony = b"<harmony" in plain.read_bytes()
        seen[path.parent.name] += 1
        if seen[path.parent.name] > args.each and not (harmony and seen[path.parent.name, "harmony"] < 3 * args.each):
            continue
        seen[path.parent.name, "harmony"] += harmony
        answer = subprocess.run([args.dump, str(plain)], capture_output=True, text=True)
        if answer.returncode != 0:
            refused += 1
            print(f"{path.name}: refused: {answer.stderr.strip()}")
            continue
        data = json.loads(answer.stdout)
        if len(data["parts"]) < 2 and not harmony:
            continue
        try:
            differences = compare(plain, data, sounding=True)
        except Exception as error:  # music21 refuses some of its own
            print(f"{path.name}: music21 failed: {error}")
            continue
        count += 1
        equal += not differences
        with_chords += harmony
        notes += sum(len(p["notes"]) for p in data["parts"])
        chords += len(data["harmonies"])
        for what, detail in differences:
            by_kind[what] += 1
            print(f"{path.parent.name}/{path.name}: {what}: {detail}")
    print(
        f"corpus: {count} files compared ({with_chords} with chord symbols), {equal} read the same, {refused} refused; "
        f"{notes} notes, {chords} chord symbols; differences {dict(by_kind)}"
    )
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name in ["songs", "check", "corpus"]:
        verb = verbs.add_parser(name)
        verb.add_argument("folder", type=pathlib.Path)
        verb.add_argument("--dump", help="the example score_dump")
        verb.add_argument("--kmidi", help="the command-line program")
        verb.add_argument("--xsd", type=pathlib.Path, help="musicxml.xsd of MusicXML 4.0")
        verb.add_argument("--count", type=int, default=100)
        verb.add_argument("--each", type=int, default=4, help="files a folder of the corpus")
    args = parser.parse_args()
    done = {"songs": songs, "check": check, "corpus": corpus}[args.verb](args)
    sys.exit(0 if done in (None, True) else 1)


if __name__ == "__main__":
    main()
