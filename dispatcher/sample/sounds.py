"""The sounds that a synthetic voice is put together from."""

from dataclasses import dataclass, replace

#: The resonances of a mouth in hertz, five of them.
Formants = tuple[float, float, float, float, float]

VOWELS: tuple[Formants, ...] = (
    (740.0, 1180.0, 2500.0, 3450.0, 4500.0),
    (520.0, 1790.0, 2520.0, 3500.0, 4550.0),
    (310.0, 2220.0, 2960.0, 3600.0, 4600.0),
    (500.0, 880.0, 2440.0, 3350.0, 4450.0),
    (330.0, 860.0, 2280.0, 3300.0, 4400.0),
)


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound: how long, how it is voiced and at what pitch, how it hisses, how the mouth is shaped.

    `voice` and `hiss` are amplitudes, `vibrato` semitones to either side.
    """

    seconds: float
    pitch: float
    formants: Formants
    voice: float = 0.0
    hiss: float = 0.0
    hiss_hz: float = 4000.0
    vibrato: float = 0.0

    def at(self, pitch: float, formants: Formants) -> "Sound":
        """The same sound before a vowel of this pitch and shape."""
        own = self.formants if self.voice else formants
        return replace(self, pitch=pitch, formants=own)


_NASAL: Formants = (270.0, 1050.0, 2200.0, 3200.0, 4300.0)
_LIQUID: Formants = (350.0, 1250.0, 2700.0, 3400.0, 4400.0)

#: Each a run of sounds, because a plosive is a silence and a burst.
CONSONANTS: tuple[tuple[Sound, ...], ...] = (
    (Sound(0.11, 0.0, VOWELS[0], hiss=0.9, hiss_hz=6500.0),),
    (Sound(0.10, 0.0, VOWELS[0], hiss=0.8, hiss_hz=3000.0),),
    (Sound(0.08, 0.0, VOWELS[0], hiss=0.25, hiss_hz=1500.0),),
    (Sound(0.05, 0.0, VOWELS[0]), Sound(0.02, 0.0, VOWELS[0], hiss=1.2, hiss_hz=3800.0)),
    (Sound(0.06, 0.0, VOWELS[0]), Sound(0.02, 0.0, VOWELS[0], hiss=0.8, hiss_hz=1200.0)),
    (Sound(0.08, 0.0, _NASAL, voice=0.35),),
    (Sound(0.07, 0.0, _LIQUID, voice=0.45),),
)


def pause(seconds: float) -> Sound:
    """Nothing but the room."""
    return Sound(seconds, 0.0, VOWELS[0])
