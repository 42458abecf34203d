"""An atom is read back exactly as it was stored, or not at all."""

import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage.audio.atom_line import MOST_FRAMES
from storage.audio.atomfile import decode, encode
from storage.errors import AudioError, DamagedAtom
from testing.sounds import encoded, noise, tone

RATE = 16_000
STEP = 2.0**-23  # 24-bit samples within full scale
SOUND = np.add(tone(9_000, RATE), noise(9_000)[:, 0], dtype=np.float32)
ATOM = encode(SOUND, RATE)
#: The same as it is kept where it stays on the machine.
PLAIN = encode(SOUND, RATE, near=True)


@settings(max_examples=40, deadline=None)
@given(
    frames=st.integers(1, 20_000), rate=st.sampled_from([16_000, 40_000, 48_000, 44_101]), loudest=st.floats(1e-9, 1e6)
)
@example(frames=1, rate=16_000, loudest=1.0)
@example(frames=16, rate=16_000, loudest=3.0)
def test_samples_return_within_half_a_step_of_their_own_scale(frames: int, rate: int, loudest: float) -> None:
    samples = noise(frames)[:, 0]
    samples *= np.float32(loudest) / np.max(np.abs(samples))
    returned, returned_rate = decode(encode(samples, rate))
    assert returned_rate == rate
    assert returned.dtype == np.float32
    scale = max(1.0, 2.0 ** np.ceil(np.log2(np.max(np.abs(samples)))))
    assert np.max(np.abs(returned - samples)) <= scale * STEP


def test_full_scale_is_not_scaled_down() -> None:
    """Whatever 24 bits can hold exactly comes back exactly, even next to a sample of 1.0."""
    samples = np.array([-1.0, 1.0, 0.5, STEP, -STEP, 0.0], np.float32)
    returned, _ = decode(encode(samples, RATE))
    np.testing.assert_array_equal(returned[[0, 2, 3, 4, 5]], samples[[0, 2, 3, 4, 5]])
    assert returned[1] == np.float32(1 - STEP)


def test_peaks_beyond_full_scale_survive() -> None:
    samples = np.array([3.0, -3.0, 0.25, 0.0], np.float32)
    np.testing.assert_array_equal(decode(encode(samples, RATE))[0], samples)


def test_same_samples_give_the_same_bytes() -> None:
    samples = noise(30_000)[:, 0]
    assert encode(samples, RATE) == encode(samples.copy(), RATE)


def test_silence_is_small() -> None:
    assert len(encode(np.zeros(30 * RATE, np.float32), RATE)) < 12_000


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_not_a_number_is_refused_with_its_position(bad: float) -> None:
    samples = noise(100)[:, 0]
    samples[42] = bad
    with pytest.raises(AudioError, match="NaN or infinity at sample 42"):
        encode(samples, RATE)


def test_an_empty_atom_is_refused() -> None:
    with pytest.raises(AudioError, match="without samples"):
        encode(np.empty(0, np.float32), RATE)


@pytest.mark.parametrize("kept", [0, 3, 41, 42, 100, 200, 5_000, len(ATOM) - 1])
def test_truncated_atom_is_refused(kept: int) -> None:
    with pytest.raises(AudioError, match="An atom is damaged"):
        decode(ATOM[:kept])


@settings(max_examples=150, deadline=None)
@given(atom=st.sampled_from([ATOM, PLAIN]), place=st.integers(0, len(ATOM) - 1), mask=st.integers(1, 255))
@example(atom=PLAIN, place=126, mask=1)
@example(atom=PLAIN, place=128, mask=1)
def test_changed_byte_is_noticed_or_harmless(atom: bytes, place: int, mask: int) -> None:
    """Some bytes, such as the name of the encoder, do not matter."""
    expected, _ = decode(atom)
    content = bytearray(atom)
    content[place] ^= mask
    try:
        returned, rate = decode(bytes(content))
    except AudioError as refused:
        assert str(refused).startswith("An atom is damaged")  # noqa: PT017 - either outcome is fine
        return
    assert rate == RATE
    np.testing.assert_array_equal(returned, expected)


@settings(max_examples=40, deadline=None)
@given(frames=st.integers(1, 20_000), loudest=st.floats(1e-9, 1e30))
@example(frames=1, loudest=1.0)
def test_a_plain_atom_holds_the_same_samples_as_a_packed_one(frames: int, loudest: float) -> None:
    samples = noise(frames)[:, 0] * np.float32(loudest)
    plain, packed = encode(samples, RATE, key="one", near=True), encode(samples, RATE, key="one")
    known = {"frames": frames, "rate": RATE}
    np.testing.assert_array_equal(decode(plain, key="one", **known)[0], decode(packed, key="one", **known)[0])
    assert line_of(plain).rstrip() == line_of(packed)
    with pytest.raises(DamagedAtom, match="it is another atom"):
        decode(plain, key="two")


@pytest.mark.parametrize("kept", [0, 40, 127, 128, 129, 5_000, len(PLAIN) - 4, len(PLAIN) - 1])
def test_a_truncated_plain_atom_is_refused(kept: int) -> None:
    with pytest.raises(DamagedAtom, match="An atom is damaged"):
        decode(PLAIN[:kept])
    with pytest.raises(DamagedAtom, match="its length contradicts"):
        decode(PLAIN + PLAIN[:4])


def test_only_short_atoms_are_kept_plain_and_only_where_they_stay() -> None:
    for seconds, near in ((30, True), (2, False)):
        samples = np.zeros(seconds * RATE, np.float32)
        assert encode(samples, RATE, near=near) == encode(samples, RATE)


@pytest.mark.parametrize("place", [18, 19, 24, 25], ids=["rate", "rate", "frames", "frames"])
def test_a_lying_header_is_noticed(place: int) -> None:
    content = bytearray(ATOM)
    content[place] ^= 0x10
    with pytest.raises(AudioError, match="An atom is damaged"):
        decode(bytes(content))


def test_a_flac_that_is_not_an_atom_is_refused() -> None:
    with pytest.raises(AudioError, match="the comment line that every atom carries is missing"):
        decode(encoded(tone(100, RATE), RATE, "FLAC", "PCM_24"))


def line_of(content: bytes) -> str:
    found = re.search(rb"voicefarm atom [ -~]*", content)
    assert found is not None
    return found[0].decode()


def with_line(content: bytes, old: str, new: str) -> bytes:
    """The same file with part of its line replaced by text of the same length."""
    assert len(old) == len(new)
    assert old.encode() in content
    return content.replace(old.encode(), new.encode())


def test_without_a_key_the_line_is_unchanged() -> None:
    content = encode(np.array([0.5, -0.25, 3.0], np.float32), RATE)
    assert line_of(content) == "voicefarm atom rate=16000 frames=3 exponent=2 check=e0a38805"
    assert content == encode(np.array([0.5, -0.25, 3.0], np.float32), RATE, key="")


def test_a_key_adds_only_its_mark() -> None:
    samples = noise(3_000)[:, 0]
    marked, plain = encode(samples, RATE, key="converted/a/1"), encode(samples, RATE)
    assert line_of(marked) == f"{line_of(plain)} key=39d584f8"
    assert len(marked) == len(plain) + len(" key=39d584f8")
    for key in ("", "converted/a/1"):
        np.testing.assert_array_equal(decode(marked, key=key)[0], decode(plain)[0])


def test_another_keys_atom_is_refused_by_the_name_of_the_key() -> None:
    marked = encode(tone(100, RATE), RATE, key="converted/a/1")
    with pytest.raises(
        DamagedAtom, match=r"^converted/a/2 is damaged: it is another atom, stored under this one's key"
    ):
        decode(marked, key="converted/a/2")


def test_an_atom_without_a_mark_is_taken_for_an_older_one() -> None:
    assert len(decode(encode(tone(100, RATE), RATE), key="converted/a/2")[0]) == 100


@pytest.mark.parametrize("content", [b"", b"junk", ATOM[:100], b"fLaC" + bytes(100), b"RIFF" + bytes(100)])
def test_damage_is_reported_with_the_key_and_not_in_pythons_words(content: bytes) -> None:
    with pytest.raises(DamagedAtom, match=r"^converted/a/2 is damaged: ") as told:
        decode(content, key="converted/a/2")
    assert "object at 0x" not in str(told.value)


def test_an_atom_is_checked_against_its_known_length_and_rate() -> None:
    assert decode(ATOM, frames=9_000, rate=RATE)[1] == RATE
    with pytest.raises(DamagedAtom, match="9000 samples instead of 8999"):
        decode(ATOM, frames=8_999)
    with pytest.raises(DamagedAtom, match="16000 Hz instead of 40000"):
        decode(ATOM, rate=40_000)


@pytest.mark.parametrize("exponent", ["128", "999"])
def test_an_impossible_loudness_counts_as_damage(exponent: str) -> None:
    content = encode(np.full(10, 2.0**99.5, np.float32), RATE)
    with pytest.raises(DamagedAtom, match="claims a length or a scale that no atom has"):
        decode(with_line(content, "exponent=100", f"exponent={exponent}"))


def test_samples_that_float32_can_barely_hold_are_kept_or_refused() -> None:
    np.testing.assert_array_equal(decode(encode(np.array([-(2.0**126)], np.float32), RATE))[0], [-(2.0**126)])
    with pytest.raises(AudioError, match=r"beyond 1\.7e38"):
        encode(np.array([3e38], np.float32), RATE)


def bomb(frames: int, claimed: int) -> bytes:
    """Silence packed into very few bytes, whose header and line claim any length."""
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", RATE, 1, format="FLAC", subtype="PCM_24") as sound:
        sound.comment = f"voicefarm atom rate={RATE} frames={claimed} exponent=0 check=00000000"
        silence = np.zeros(1 << 20, np.int32)
        for at in range(0, frames, len(silence)):
            sound.write(silence[: frames - at])
    content = bytearray(out.getvalue())
    content[21] = content[21] & 0xF0 | claimed >> 32
    content[22:26] = (claimed & 0xFFFF_FFFF).to_bytes(4, "big")
    return bytes(content)


MEASURED = """
import resource, sys
from storage.audio.atomfile import decode
from storage.errors import DamagedAtom
content = sys.stdin.buffer.read()
known = {"frames": int(sys.argv[1])} if len(sys.argv) > 1 else {}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode(content, **known)
except DamagedAtom as error:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, error)
"""


def megabytes_and_sentence(content: bytes, *known: int) -> tuple[int, str]:
    """How much memory decoding takes in a separate process, and the error it ends with."""
    told = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, known)],
        input=content,
        capture_output=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    ).stdout.decode()
    cost, _, sentence = told.partition(" ")
    return int(cost), sentence


def test_refusing_an_atom_of_the_wrong_length_takes_no_memory() -> None:
    cost, sentence = megabytes_and_sentence(bomb(20_000_000, 20_000_000), 480_000)
    assert "it holds 20000000 samples instead of 480000" in sentence
    assert cost < 20


def test_refusing_an_impossibly_long_atom_takes_no_memory_even_if_its_length_is_unknown() -> None:
    cost, sentence = megabytes_and_sentence(bomb(20_000_000, 20 * MOST_FRAMES))
    assert "claims a length or a scale that no atom has" in sentence
    assert cost < 20


def test_memory_is_not_reserved_for_what_a_header_claims() -> None:
    cost, sentence = megabytes_and_sentence(bomb(1_000, MOST_FRAMES))
    assert "is damaged" in sentence
    assert cost < 20


def test_an_atom_longer_than_allowed_is_not_stored() -> None:
    endless = np.broadcast_to(np.float32(0.0), (MOST_FRAMES + 1,))
    with pytest.raises(AudioError, match="lower VOICEFARM_ATOM_SECONDS"):
        encode(endless, RATE)
