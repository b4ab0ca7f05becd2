"""Notes into sound: FluidSynth's library, one synthesiser a SoundFont, at the rate and gain of the recipe for mel frames; and sound into those, by the command."""

import ctypes
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

RATE, GAIN = 22_050, 0.5
DRUMS = 9


class Synth:
    """A SoundFont, loaded once. `room` is (size, level) of the reverberation."""

    def __init__(self, font):
        self.lib = lib = ctypes.CDLL("libfluidsynth.so.3")
        for name, kind in (("new_fluid_settings", ctypes.c_void_p), ("new_fluid_synth", ctypes.c_void_p)):
            getattr(lib, name).restype = kind
        self.settings = ctypes.c_void_p(lib.new_fluid_settings())
        number = lambda name, value: lib.fluid_settings_setnum(self.settings, name, ctypes.c_double(value))
        number(b"synth.sample-rate", RATE)
        number(b"synth.gain", GAIN)
        lib.fluid_settings_setint(self.settings, b"synth.reverb.active", 0)
        lib.fluid_settings_setint(self.settings, b"synth.chorus.active", 0)
        lib.fluid_settings_setint(self.settings, b"synth.dynamic-sample-loading", int(font.endswith(".sf2")))
        self.synth = ctypes.c_void_p(lib.new_fluid_synth(self.settings))
        if lib.fluid_synth_sfload(self.synth, str(font).encode(), 1) < 0:
            raise SystemExit(f"{font}: no SoundFont")

    def render(self, notes, pedal=(), programs=None, seconds=24.0, room=None):
        """Mono samples of notes (onset, duration, pitch, velocity, channel) in seconds; pedal moves (time, value, channel)."""
        lib, synth = self.lib, self.synth
        lib.fluid_synth_system_reset(synth)
        lib.fluid_synth_reverb_on(synth, -1, int(room is not None))
        if room is not None:
            lib.fluid_synth_set_reverb_group_roomsize(synth, -1, ctypes.c_double(room[0]))
            lib.fluid_synth_set_reverb_group_level(synth, -1, ctypes.c_double(room[1]))
        for channel, program in (programs or {}).items():
            if channel != DRUMS:
                lib.fluid_synth_program_change(synth, channel, int(program))
        events = []
        for onset, duration, pitch, velocity, channel in notes:
            events.append((int(onset * RATE), 2, channel, int(pitch), int(velocity)))
            events.append((int((onset + duration) * RATE), 0, channel, int(pitch), 0))
        events += [(int(at * RATE), 1, channel, 64, int(value)) for at, value, channel in pedal]
        events.sort()
        total = int(seconds * RATE)
        left, right = np.zeros(total, np.float32), np.zeros(total, np.float32)
        now = 0

        def play(until):
            nonlocal now
            if until > now:
                at = lambda side: side[now:].ctypes.data_as(ctypes.c_void_p)
                lib.fluid_synth_write_float(synth, until - now, at(left), 0, 1, at(right), 0, 1)
                now = until

        for at, kind, channel, first, second in events:
            if at >= total:
                break
            play(at)
            if kind == 2:
                lib.fluid_synth_noteon(synth, channel, first, second)
            elif kind == 1:
                lib.fluid_synth_cc(synth, channel, first, second)
            else:
                lib.fluid_synth_noteoff(synth, channel, first)
        play(total)
        lib.fluid_synth_all_sounds_off(synth, -1)
        rest = np.zeros(RATE // 2, np.float32).ctypes.data_as(ctypes.c_void_p)  # what fades out belongs to no other window
        lib.fluid_synth_write_float(synth, RATE // 2, rest, 0, 1, rest, 0, 1)
        return (left + right) / 2


class Sines:
    """Struck tones of six partials: stands in for a SoundFont where none is given, to prove the way."""

    def render(self, notes, pedal=(), programs=None, seconds=24.0, room=None):
        sound = np.zeros(int(seconds * RATE), np.float32)
        for onset, duration, pitch, velocity, channel in notes:
            start = int(onset * RATE)
            time = np.arange(min(int(duration * RATE), len(sound) - start)) / RATE
            if channel == DRUMS or len(time) == 0:
                continue
            hertz = 440 * 2 ** ((pitch - 69) / 12)
            for partial in range(1, 7):
                if partial * hertz < RATE / 2:
                    fall = np.exp(-partial * time * 2) * (velocity / 127) ** 2 * 0.1 / partial
                    sound[start:start + len(time)] += fall * np.sin(2 * np.pi * partial * hertz * time)
        return sound


def synths_of(soundfonts):
    """A synthesiser a SoundFont; of none, one that needs none."""
    return [Synth(font) for font in soundfonts.split(",") if font] or [Sines()]


def frames_of(samples, kmidi, folder):
    """The mel frames of mono samples, frames x 128 bytes, as `kmidi features` makes them."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "sound.wav"
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())
        subprocess.run([kmidi, "features", path, "--task", "emotion-audio", "-o", place], check=True)
        return np.load(Path(place) / "mel.npy").astype(np.uint8)
