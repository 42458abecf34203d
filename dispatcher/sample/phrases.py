"""A sung phrase and a spoken one."""

import numpy as np

from dispatcher.sample.sounds import CONSONANTS, VOWELS, Sound, pause

#: Hertz: the melody's home, the G below middle C.
_HOME = 196.0

#: Semitones above home: two octaves of a pentatonic scale, in which any walk is a tune.
_SCALE = (-5, -3, 0, 2, 4, 7, 9, 12, 14, 16)

#: Semitones that a held note swings to either side.
_VIBRATO = 0.45

#: Hertz at the beginning of a phrase; at its end a third less.
_OPENING = 145.0

#: Semitones that a phrase falls.
_FALL = 7.0

#: Semitones by which syllables are raised or lowered.
_ACCENT = 1.5


def sung_phrase(random: np.random.Generator) -> list[Sound]:
    """Four to eight notes, the last one long, and a rest."""
    step = int(random.integers(1, 6))
    sounds: list[Sound] = []
    count = int(random.integers(4, 9))
    for place in range(count):
        step = int(np.clip(step + random.integers(-2, 3), 0, len(_SCALE) - 1))
        held = random.uniform(1.5, 3.0) if place == count - 1 else random.uniform(0.25, 1.0)
        sounds += _note(random, _HOME * 2.0 ** (_SCALE[step] / 12.0), held)
    return [*sounds, pause(random.uniform(0.5, 1.0))]


def _note(random: np.random.Generator, pitch: float, seconds: float) -> list[Sound]:
    formants = VOWELS[random.integers(len(VOWELS))]
    onset = CONSONANTS[random.integers(len(CONSONANTS))]
    vowel = Sound(seconds, pitch, formants, voice=1.0, vibrato=_VIBRATO if seconds > 0.5 else 0.0)
    return [*(sound.at(pitch, formants) for sound in onset), vowel]


def spoken_phrase(random: np.random.Generator) -> list[Sound]:
    """Six to fourteen syllables and a pause."""
    count = int(random.integers(6, 15))
    sounds: list[Sound] = []
    for place in range(count):
        semitones = random.uniform(-_ACCENT, _ACCENT) - _FALL * place / count
        last = place == count - 1
        sounds += _syllable(random, _OPENING * 2.0 ** (semitones / 12.0), lengthened=last)
    return [*sounds, pause(random.uniform(0.4, 0.9))]


def _syllable(random: np.random.Generator, pitch: float, *, lengthened: bool) -> list[Sound]:
    begins, ends = (VOWELS[place] for place in random.integers(len(VOWELS), size=2))
    onset = CONSONANTS[random.integers(len(CONSONANTS))]
    seconds = random.uniform(0.1, 0.2) * (1.8 if lengthened else 1.0)
    voice = random.uniform(0.7, 1.0)
    vowel = [Sound(seconds / 2, pitch, formants, voice=voice) for formants in (begins, ends)]
    return [*(sound.at(pitch, begins) for sound in onset), *vowel]
