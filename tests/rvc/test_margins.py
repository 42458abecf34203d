import numpy as np
import pytest

from testing.rvc import tiny
from tests.rvc_torch.plain import PlainVoice
from workers.engines.rvc.stand_in import random_weights
from workers.engines.rvc.tiles import margins

FRAMES, TILE = 60, 4


def changed_beyond(table: str, distance: int) -> float:
    """How much a tile in the middle changes when all frames and samples further away than this change."""
    sizes = tiny.voice(table)
    plain = PlainVoice(random_weights(sizes, 1), sizes)
    rng = np.random.default_rng(0)
    first = (FRAMES - TILE) // 2
    near = slice(first - distance, first + TILE + distance)
    heard = []
    for other in (0.0, 3.0):
        latent = rng.standard_normal((FRAMES, sizes.inter)) + other
        source = rng.uniform(-0.3, 0.3, (FRAMES, sizes.frame)) + other
        same = np.random.default_rng(1)
        latent[near] = same.standard_normal((TILE + 2 * distance, sizes.inter))
        source[near] = same.uniform(-0.3, 0.3, (TILE + 2 * distance, sizes.frame))
        sound = plain.sounded(latent, source.reshape(-1), 0)
        heard.append(sound[first * sizes.frame : (first + TILE) * sizes.frame])
    return float(np.abs(heard[0] - heard[1]).max())


@pytest.mark.parametrize("table", tiny.TABLES)
def test_a_tile_depends_on_nothing_beyond_its_margin(table: str) -> None:
    margin = margins(tiny.voice(table))[0]
    assert changed_beyond(table, margin) == 0.0


@pytest.mark.parametrize("table", tiny.TABLES)
def test_the_margin_is_hardly_longer_than_necessary(table: str) -> None:
    margin = margins(tiny.voice(table))[0]
    assert changed_beyond(table, margin - 8) > 0.0


@pytest.mark.parametrize("table", tiny.TABLES)
def test_what_the_late_stages_need_shrinks_from_stage_to_stage(table: str) -> None:
    sizes = tiny.voice(table)
    made = margins(sizes)
    assert len(made) == 1 + len(sizes.upsample_rates)
    assert list(made) == sorted(made, reverse=True)
    assert made[0] == made[1] + 3
    assert made[-1] >= 1
