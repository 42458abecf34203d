"""Atoms hold every sample once and are cut on the grid, at quiet places, however the stream is pushed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.studio.split.cutter import CutAtom, CutRules, Cutter
from dispatcher.studio.split.quiet import quietest_cut
from storage.audio.grid import cell_length

RATE = 1_000
CELL = cell_length(RATE)
RULES = CutRules.of(RATE, longest_seconds=4.0, context=300)


def cut(samples: np.ndarray, pushes: list[int]) -> list[CutAtom]:
    cutter, atoms, at = Cutter(RULES), [], 0
    for length in pushes:
        atoms += list(cutter.push(samples[at : at + length]))
        at += length
    atoms += list(cutter.push(samples[at:]))
    return atoms + list(cutter.finish())


def noise(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(length).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(length=st.integers(1, 30_000), pushes=st.lists(st.integers(0, 9_000), max_size=6), seed=st.integers(0, 5))
def test_every_sample_is_in_exactly_one_atom_however_it_was_pushed(length: int, pushes: list[int], seed: int) -> None:
    samples = noise(length, seed)
    atoms = cut(samples, pushes)
    assert atoms[0].start == 0
    assert [a.stop for a in atoms[:-1]] == [a.start for a in atoms[1:]]
    assert atoms[-1].stop == length
    assert [a.is_last for a in atoms] == [False] * (len(atoms) - 1) + [True]
    for atom in atoms:
        np.testing.assert_array_equal(atom.samples, samples[atom.first : atom.last])


@settings(max_examples=60, deadline=None)
@given(length=st.integers(1, 30_000), pushes=st.lists(st.integers(0, 9_000), max_size=6))
def test_cuts_do_not_depend_on_how_the_stream_arrived(length: int, pushes: list[int]) -> None:
    samples = noise(length)
    assert [a.stop for a in cut(samples, pushes)] == [a.stop for a in cut(samples, [])]


@settings(max_examples=60, deadline=None)
@given(length=st.integers(1, 30_000))
def test_cuts_lie_on_the_grid_with_all_the_context_there_is(length: int) -> None:
    atoms = cut(noise(length), [])
    for atom in atoms[:-1]:
        assert atom.stop % CELL == 0
        assert RULES.last_shortest <= atom.stop - atom.start <= RULES.longest
    for atom in atoms:
        assert atom.first == max(atom.start - RULES.context, 0)
        assert atom.last == min(atom.stop + RULES.context, length)


def test_a_pause_is_found() -> None:
    samples = noise(10_000)
    samples[3_000:3_400] = 0.0
    assert 3_000 < cut(samples, [])[0].stop < 3_400


def test_silence_is_cut_into_as_few_atoms_as_possible() -> None:
    assert [a.stop for a in cut(np.zeros(9_000, np.float32), [])] == [4_000, 8_000, 9_000]


def test_no_more_than_one_atom_is_held_however_long_the_recording() -> None:
    cutter = Cutter(RULES)
    block = noise(2_000)
    most = 0
    for _ in range(300):
        list(cutter.push(block))
        most = max(most, cutter.held)
    assert most <= RULES.longest + RULES.ahead + RULES.context + len(block)


@pytest.mark.parametrize(("loud", "expected"), [([5, 5, 0, 0, 0, 0, 0, 5, 5, 5], 4), ([0] * 10, 8)])
def test_the_cut_is_in_the_middle_of_the_quiet(loud: list[float], expected: int) -> None:
    assert abs(quietest_cut(np.array(loud, dtype=float), 2, 8) - expected) <= 1
