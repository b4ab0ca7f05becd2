"""Prints labels.tsv: how mir_eval 0.8.2 encodes chord labels, after score_audio.py's `fix`.

usage: python labels.py SCORE_AUDIO_FOLDER > labels.tsv
Columns: the label (JSON), then root (-1 for N and X), the semitones above it that sound (-1 for X).
"""
import json, sys

sys.path.insert(0, sys.argv[1])
import mir_eval
from score_audio import fix

SHORTHANDS = ('maj min dim aug 1 5 sus2 sus4 maj6 min6 7 maj7 min7 dim7 hdim7 minmaj7 aug7 9 maj9 min9 11 maj11 min11 '
              '13 maj13 min13').split()
DEGREES = [a + str(n) for n in range(1, 14) for a in ('', 'b', '#', 'bb', '##')]
labels = ['N', 'X', 'C', 'C/5', 'n', '', 'H', 'c:maj', 'C:', 'C:foo', 'C:()', 'C(9)', 'C:maj(9', 'C:maj(9))', 'C:maj(9,)',
          'C:maj(14)', 'C:maj(b#9)', 'C:maj(**3)', 'C:maj(03)', 'C/', 'C/E', 'C/3/5', 'N/5', 'X:maj', 'C:maj\n', 'C :maj',
          'C:maj6(9)', 'D:min7/b3', 'Bb:sus4(b7)', 'A:min7/C', 'G:7sus4/D', 'C:maj(#11)/E', 'C:maj(foo)', 'C:(foo)/3',
          'C:(3,5,b7)', 'C:(1,3,5)', 'C:(*1,3)/5', 'C:min(*5,b6)', 'C:maj(*3,3)', 'C:maj(*3,*3,3)', 'C:maj(b3,#2)/b2',
          'C:maj/b1', 'C:maj/8', 'C:maj/b9', 'C:13(#11,b9)/b7', 'C:MAJ', 'Ç:maj', 'C:maj/5(9)', 'C##bb', 'Cb#:min']
labels += [f'{letter}{sign}:{("maj", "min7")[len(sign) % 2]}' for letter in 'ABCDEFG' for sign in ('', 'b', '#', 'bb', '###')]
labels += [f'E:{s}' for s in SHORTHANDS] + [f'Ab:{s}(4,*5)/3' for s in SHORTHANDS]
labels += [f'C:maj({d})' for d in DEGREES] + [f'C:min/{d}' for d in DEGREES] + [f'F:7(*{d})' for d in DEGREES]
for label in dict.fromkeys(labels):
    root, bits, _ = mir_eval.chord.encode(fix(label))
    print(json.dumps(label, ensure_ascii=False), root, ' '.join(str(i) for i, b in enumerate(bits) if b) if root >= 0 else int(bits[0]), sep='\t')
