"""Jobs whose recordings go through effects before they are cut, and whose results do before they are encoded."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from dispatcher.jobs.chains import add_chain, named_chains, remove_chains
from dispatcher.jobs.checking import check_request
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.request import Request
from dispatcher.kinds import conversion
from dispatcher.kinds.conversion import atoms_prefix, converted_prefix
from storage import keys
from storage.audio import atomfile
from storage.errors import InputError
from storage.records.schema import AtomRecord
from testing.sounds import Samples
from tests.effects.sounds import heard as after_effects
from tests.studio.channels import FRAMES, RATE, atoms, converted, heard, kept, object_of, set_job, split, voices
from tests.studio.desk import Desk
from workers.effects.filters import HighPass

BEFORE = "highpass 300 order=4 | reduce-noise 12"
AFTER = "eq 2k +6 | gain -9"


def prepared(desk: Desk, number: int) -> Samples:
    """The recording as the engine gets it."""
    job = load_job(desk.database, number)
    parts = []
    for atom in atoms(desk, number):
        key = keys.atom_key(atoms_prefix(job), atom.first, atom.last)
        samples, _ = atomfile.decode(desk.studio.store.get(key))
        parts.append(samples[atom.start - atom.first : atom.stop - atom.first])
    return np.concatenate(parts)


@pytest.mark.parametrize("before", [BEFORE, "loudness -30", "peak -12 | highpass 100", "limit -20", "pitch 4"])
def test_what_is_cut_has_been_through_the_effects_as_a_whole(desk: Desk, before: str) -> None:
    sound = voices(0.5)
    with_effects = split(desk, kept(desk, sound), "mix", before=before)
    by_hand = split(desk, kept(desk, after_effects(before, sound, RATE), "hand.wav"), "mix")
    assert len(prepared(desk, with_effects)) == len(prepared(desk, by_hand))
    assert np.abs(prepared(desk, with_effects) - prepared(desk, by_hand)).max() < 2e-6


def test_each_channel_goes_through_them_by_itself(desk: Desk) -> None:
    sound = voices(0.5, 0.1)
    number = converted(desk, kept(desk, sound), "each", before="loudness -30", format="wav", depth="float")
    expected = np.concatenate([after_effects("loudness -30", sound[:, at : at + 1], RATE) for at in (0, 1)], axis=1)
    by_hand = converted(desk, kept(desk, expected, "hand.wav"), "each", format="wav", depth="float")
    assert np.abs(heard(desk, number) - heard(desk, by_hand)).max() < 2e-6


WHOLE = (AFTER, "loudness -30", "loudness -20 | limit -6", "reverb 0.3")


@pytest.mark.parametrize(
    ("channels", "after"), [*(("mix", one) for one in (*WHOLE, "mono | peak -6")), *(("each", one) for one in WHOLE)]
)
def test_a_result_goes_through_its_effects_as_a_whole(desk: Desk, channels: str, after: str) -> None:
    path = kept(desk, voices(0.3, 0.1))
    plain = heard(desk, converted(desk, path, channels, depth="float"))
    number = converted(desk, path, channels, depth="float", after=after)
    rate = load_job(desk.database, number).rate_out
    expected = after_effects(after, plain.reshape(len(plain), -1), rate)
    assert np.abs(heard(desk, number).reshape(len(plain), -1) - expected).max() < 1e-6


def test_what_effects_make_too_loud_is_turned_down_as_a_whole(desk: Desk) -> None:
    path = kept(desk, voices(0.5))
    plain = heard(desk, converted(desk, path, "mix", depth="float"))
    loud = heard(desk, converted(desk, path, "mix", depth="float", after="gain 20"))
    assert np.abs(loud).max() == pytest.approx(0.99, abs=1e-4)
    assert np.allclose(loud, plain * (0.99 / np.abs(plain).max()), atol=1e-5)


def test_a_voice_placed_between_loudspeakers_is_a_result_of_two_channels(desk: Desk) -> None:
    path = kept(desk, voices(0.5))
    plain = heard(desk, converted(desk, path, "mix", depth="float"))
    placed = heard(desk, converted(desk, path, "mix", depth="float", after="pan -100"))
    assert placed.shape == (len(plain), 2)
    assert np.allclose(placed[:, 0], plain, atol=1e-6)
    assert not placed[:, 1].round(6).any()


def test_channels_mixed_back_are_left_as_they_are(desk: Desk) -> None:
    path = kept(desk, voices(0.3, 0.3))
    plain = heard(desk, converted(desk, path, "left", depth="float", mix_back=True))
    changed = heard(desk, converted(desk, path, "left", depth="float", mix_back=True, after="gain -12"))
    assert np.array_equal(plain[:, 1], changed[:, 1])
    assert np.allclose(changed[:, 0], plain[:, 0] * 10 ** (-12 / 20), atol=1e-6)


def test_atoms_are_kept_by_the_effects_before_and_by_nothing_after(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kept(desk, voices(0.5))
    wanted: tuple[dict[str, str], ...] = ({}, {"after": AFTER}, {"before": BEFORE}, {"before": "highpass 301"})
    jobs = [load_job(desk.database, split(desk, path, "mix", **one)) for one in wanted]
    assert atoms_prefix(jobs[0]) == atoms_prefix(jobs[1]) == keys.atom_prefix(jobs[0].source_hash, jobs[0].rate_in)
    assert converted_prefix(jobs[0]) == converted_prefix(jobs[1])
    assert len({atoms_prefix(job) for job in jobs}) == 3
    assert len({job.mark for job in jobs}) == 4
    before = atoms_prefix(jobs[2])
    monkeypatch.setattr(HighPass, "version", "2")
    conversion._effects.cache_clear()
    assert atoms_prefix(jobs[2]) != before
    conversion._effects.cache_clear()


def test_a_lost_atom_is_made_again_with_its_effects(desk: Desk) -> None:
    path = kept(desk, voices(0.5, frames=4 * FRAMES))
    number = split(desk, path, "mix", before="loudness -24 | " + BEFORE)
    whole = prepared(desk, number)
    first = atoms(desk, number)[1]
    object_of(desk, number, first, prepared=True).unlink()
    with desk.database.writing() as connection:
        mine = (AtomRecord.job_id == number) & (AtomRecord.number == first.number)
        connection.execute(update(AtomRecord).where(mine).values(state="damaged"))
    set_job(desk, number, state="converting", atoms_damaged=1, atoms_waiting=len(atoms(desk, number)) - 1)
    desk.studio.mending.run(number)
    assert np.array_equal(prepared(desk, number), whole)


def test_names_mean_what_they_meant_when_a_job_was_handed_in(desk: Desk) -> None:
    database = desk.database
    assert add_chain(database, "podcast", "highpass 80 | limit -1", 1.0) == "highpass 80 | limit -1"
    assert add_chain(database, "loud", "podcast | gain 3", 2.0) == "highpass 80 | limit -1 | gain 3"
    (number,) = desk.submit(kept(desk, voices(0.5)), after="loud")
    add_chain(database, "loud", "gain 1", 3.0)
    remove_chains(database, ["podcast"])
    assert named_chains(database) == {"loud": "gain 1"}
    assert load_job(database, number).effects_after == "highpass 80 | limit -1 | gain 3"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("Podcast", "gain 1", "cannot be a chain's name; use up to 40 small letters"),
        ("a b", "gain 1", "cannot be a chain's name"),
        ("reverb", "gain 1", "'reverb' is the name of an effect; choose another one"),
        ("mine", " ", "the chain 'mine' would hold no effect; write some"),
        ("mine", "gian 1", r"there is no effect 'gian'; did you mean gain\?"),
    ],
)
def test_a_name_that_cannot_be_is_refused(desk: Desk, name: str, text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        add_chain(desk.database, name, text, 1.0)
    assert named_chains(desk.database) == {}


def test_an_unknown_name_is_not_removed(desk: Desk) -> None:
    add_chain(desk.database, "podcast", "gain 1", 1.0)
    with pytest.raises(InputError, match=r"there is no chain 'podcat'; did you mean podcast\?"):
        remove_chains(desk.database, ["podcast", "podcat"])
    assert named_chains(desk.database) == {"podcast": "gain 1"}


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"before": "eqq 3"}, "there is no effect 'eqq'"),
        ({"before": "stretch 1.2"}, "stretch changes how long a recording is .* leave it out of the effects before"),
        ({"after": "resample 16k"}, "resample changes .* leave it out of the effects after the conversion"),
        ({"before": "pan 20"}, "a voice is placed after the conversion; move pan there"),
        ({"after": "pan 20", "channels": "each"}, "this result has the channels of its recording"),
        ({"after": "pan 20", "channels": "left", "mix_back": True}, "this result has the channels of its recording"),
        ({"after": "pan 20 | pan 10"}, "put mono before it"),
        ({"before": "delay 5 feedback=80"}, "rings for longer than 20 s; choose a smaller q, feedback or time"),
    ],
)
def test_what_a_job_has_no_room_for_is_refused_before_anything_is_read(
    desk: Desk, wanted: dict[str, object], sentence: str
) -> None:
    request = replace(Request("through"), **wanted)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=sentence):
        check_request(desk.database, desk.settings, request)


def test_requests_without_effects_are_what_they_were(desk: Desk, tmp_path: Path) -> None:
    plain = check_request(desk.database, desk.settings, Request("through"))
    same = check_request(desk.database, desk.settings, Request("through", before=" ", after=""))
    assert plain.hash == same.hash
