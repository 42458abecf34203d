"""A spoken phrase: quick syllables on a falling pitch, then a pause."""

import numpy as np

from dispatcher.sample.sounds import CONSONANTS, VOWELS, Sound, pause

#: Hertz at the beginning of a phrase; at its end a third less.
_OPENING = 145.0

#: Semitones that a phrase falls.
_FALL = 7.0

#: Semitones by which syllables are raised or lowered.
_ACCENT = 1.5


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
