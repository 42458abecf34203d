"""A key follows from everything that determines the object, and from nothing else."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from storage import keys
from storage.objects.store import checked

facts = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=5,
)


def plain(value: Any) -> Any:
    """A form equal only to what means the same, because in Python True equals 1."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return type(value).__name__, value


@given(facts, st.randoms())
def test_a_digest_does_not_depend_on_order(given_facts: dict[str, Any], random: Any) -> None:
    items = list(given_facts.items())
    random.shuffle(items)
    assert keys.digest(dict(items)) == keys.digest(given_facts)


@given(facts, facts)
def test_different_facts_have_different_digests(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (keys.digest(one) == keys.digest(other)) == (plain(one) == plain(other))


def test_a_digest_never_changes() -> None:
    expected = "b616b0a06fa532cfc916af613147102e645bc6a7c38d2a1b9b7e148375eb3240"
    assert keys.digest({"source": "abc", "rate": 16000, "split": "1"}) == expected


def test_every_fact_about_prepared_atoms_is_in_their_key() -> None:
    places = {
        keys.atom_key(keys.atom_prefix(source, rate, channels), first, last)
        for source in ("a", "b")
        for channels in ("mix", "1", "2", "each")
        for rate in (16_000, 48_000)
        for first in (0, 320)
        for last in (3200, 3520)
    }
    assert len(places) == 64


def test_a_mix_is_found_where_stores_have_always_kept_it() -> None:
    assert keys.atom_prefix("a" * 64, 16_000, "mix") == "atoms/a5404ff1074402d7715f98fac533d9e9"


def test_every_fact_about_converted_atoms_is_in_their_key() -> None:
    places = {
        keys.converted_key(keys.converted_prefix(atoms, {"voice": voice}), start, 640, first, 960)
        for atoms in ("atoms/a", "atoms/b")
        for voice in ("bright", "deep")
        for start in (320, 480)
        for first in (0, 160)
    }
    assert len(places) == 16


def test_a_conversion_cannot_pass_for_that_of_another_source() -> None:
    assert keys.converted_prefix("atoms/a", {"atoms": "atoms/b"}) != keys.converted_prefix("atoms/b", {})


def test_all_keys_suit_every_store() -> None:
    atoms = keys.atom_prefix("a" * 64, 16_000)
    converted = keys.converted_prefix(atoms, {"engine": "world"})
    for key in (
        keys.source_key("a" * 64),
        keys.atom_key(atoms, 0, 320),
        keys.converted_key(converted, 0, 320, 0, 640),
        keys.result_key(7, "token", "flac"),
    ):
        assert checked(key) == key
