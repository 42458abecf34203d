"""A recording whose atoms go to both engines in turn sounds as if one engine had converted all of it."""

from itertools import cycle

import numpy as np

from testing.rvc import voices
from testing.rvc.joins import click, clicked
from testing.rvc.pieces import Floats, atoms, sung
from tests.rvc_mlx import twins
from workers.engines.rvc.architecture import ANALYSIS_RATE
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.settings import RvcSettings

VOICE = voices.narrow()
PIECES = atoms(sung(4.0), [20_123, 41_001], VOICE.rate)
JOINS = [piece.stop * VOICE.rate // ANALYSIS_RATE for piece in PIECES[:-1]]
#: One step of the 16-bit samples that a listener gets.
STEP = 2.0**-15


def converted(*engines: RvcConversion) -> Floats:
    settings = RvcSettings(pitch_method="dio", seed=5)
    dealt = zip(PIECES, cycle(engines), strict=False)
    return np.concatenate([engine.convert(piece, settings).samples for piece, engine in dealt])


def test_joins_between_the_engines_cannot_be_found() -> None:
    ours, theirs = twins.conversion(VOICE), voices.conversion(VOICE)
    alone, mixed = converted(ours), converted(ours, theirs)
    assert alone.std() > 0.005
    assert np.abs(mixed - alone).max() <= STEP
    for join in JOINS:
        assert click(mixed, join) <= click(alone, join) + 0.01
        # The difference between the two would show even a click a hundredth as loud as the voice.
        assert np.abs(clicked(mixed, join, 0.01) - alone).max() > STEP
