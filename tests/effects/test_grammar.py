"""Chains are written as people write them, and what is wrong is said with its place."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import InputError
from tests.effects.sounds import WRITTEN
from workers.effects.catalog import ALL
from workers.effects.describing import described
from workers.effects.effect import Chain, Effect
from workers.effects.filters import Equaliser, HighPass
from workers.effects.grammar import MOST_EFFECTS, read_chain
from workers.effects.levels import Loudness
from workers.effects.limiter import Limiter
from workers.effects.settings import Entry, entries_of


def test_a_chain_is_the_same_in_python_and_in_words() -> None:
    chain = HighPass(80) | Equaliser(3000, 2, q=1.5) | Loudness(-16) | Limiter(-1)
    assert read_chain("highpass 80 | eq 3k +2 q=1.5 | loudness -16 | limit -1") == chain
    assert chain.text == "highpass 80 | eq 3000 2 q=1.5 | loudness -16 | limit -1"
    assert (HighPass(80) | (Loudness(-16) | Limiter(-1))).text == "highpass 80 | loudness -16 | limit -1"


@pytest.mark.parametrize(
    ("text", "value"),
    [("80", 80), ("80hz", 80), ("80Hz", 80), ("3.3k", 3300), ("3kHz", 3000), ("+50", 50), ("1e3", 1000)],
)
def test_numbers_may_have_their_units(text: str, value: float) -> None:
    assert read_chain(f"highpass {text}") == Chain((HighPass(value),))


def test_times_levels_and_shares_have_theirs() -> None:
    assert read_chain("delay 250ms feedback=40% mix=20").text == "delay 0.25 feedback=40 mix=20"
    assert read_chain("loudness -16LUFS | limit -1dBTP").text == "loudness -16 | limit -1"
    assert read_chain("stretch 120% | pitch +2st").text == "stretch 1.2 | pitch 2"


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_is_a_chain_of_nothing(text: str) -> None:
    assert read_chain(text) == Chain()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("highpass 80 | eqq 3k", "at character 15 of .*: there is no effect 'eqq'; did you mean eq?"),
        ("blurb", "there is no effect 'blurb'; there are highpass, lowpass"),
        ("highpass 80 || limit -1", "there is no effect at character 14"),
        ("| limit -1", "there is no effect at character 1 "),
        ("limit -1 |", "there is no effect at character 11"),
        ("eq 3k", "at character 1 of 'eq 3k': eq lacks its gain; write how much louder or quieter, -40 to 40 dB"),
        ("eq 3k 2 1 5", "at character 11 of 'eq 3k 2 1 5': eq has no setting for '5'; take it away"),
        ("limit loud", "at character 7 of 'limit loud': 'loud' is no number for ceiling; write -30 to 0 dB"),
        ("limit nan", "'nan' is no number for ceiling"),
        ("limit 3", "at character 7 of 'limit 3': limit cannot have ceiling 3; choose -30 to 0 dB"),
        ("highpass 80 order=2.5", "at character 13 of .*: highpass cannot have order 2.5; choose a whole number"),
        ("highpass 80 orderr=2", "at character 13 of .*: highpass has no setting 'orderr'; did you mean order?"),
        ("highpass 80 frequency=2", "at character 13 of .*: highpass has its frequency twice; leave one out"),
        ("mono x=1", "mono has no setting 'x'; it has none"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence.replace("?", r"\?").replace("|", r"\|").replace("+", r"\+")):
        read_chain(text)


def test_names_stand_for_chains() -> None:
    named = {"podcast": "highpass 80 | limit -1"}
    assert read_chain("podcast | gain -3", named).text == "highpass 80 | limit -1 | gain -3"
    with pytest.raises(InputError, match=r"did you mean podcast\?"):
        read_chain("podcazt", named)


def test_a_chain_has_an_end() -> None:
    with pytest.raises(InputError, match="leave all but 32 out"):
        read_chain(" | ".join(["gain 0"] * (MOST_EFFECTS + 1)))


def test_python_refuses_the_same_values() -> None:
    with pytest.raises(InputError, match="limit cannot have ceiling 3; choose -30 to 0 dB"):
        Limiter(3)


def _values(entry: Entry) -> st.SearchStrategy[float]:
    if entry.is_whole:
        return st.integers(int(entry.low), int(entry.high))
    return st.floats(entry.low, entry.high)


def _chosen(effect: type[Effect]) -> st.SearchStrategy[Effect]:
    values = {
        e.name: (st.integers(int(e.low), int(e.high)) if e.is_whole else st.floats(e.low, e.high))
        for e in entries_of(effect)
    }
    return st.fixed_dictionaries(values).map(lambda chosen: effect(**chosen))


@given(st.lists(st.sampled_from(ALL).flatmap(_chosen), min_size=1, max_size=4))
def test_what_is_written_down_is_read_as_the_same(effects: list[Effect]) -> None:
    chain = Chain(tuple(effects))
    again = read_chain(chain.text)
    assert again.text == chain.text, "what a job keeps does not change when it is read"
    assert again.identity == read_chain(again.text).identity
    assert [one.name for one in again.effects] == [one.name for one in effects]


def test_every_setting_and_version_is_part_of_what_an_effect_is() -> None:
    identities = [read_chain(text).identity for text in WRITTEN]
    assert len({repr(one) for one in identities}) == len(WRITTEN)
    assert identities[0] == [["highpass", "1", {"frequency": 80, "order": 2}]]
    assert read_chain("highpass 80").identity != read_chain("highpass 81").identity


def test_the_list_of_effects_says_what_each_does_and_how_it_is_written() -> None:
    listed = {one.name: one for one in described()}
    assert listed["eq"].usage == "FREQUENCY GAIN [q=1]"
    assert all(re.fullmatch(r"[a-z-]+", name) for name in listed)
    assert all(one.does and len(one.does) < 120 for one in listed.values())
    assert len({one.does for one in listed.values()}) == len(listed) == len(ALL)
