"""Files of voices, models and indexes with damaged bytes or statements, for the readers that import them."""

import json
import pickletools
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random
from struct import pack
from tempfile import TemporaryDirectory

from storage.errors import InputError
from testing.fuzz.damage import damaged
from testing.fuzz.door import Door, Seeds
from testing.fuzz.oddities import changed_json
from workers.engines.rvc.architecture import EncoderSizes, PitchSizes
from workers.engines.rvc.files.index_file import read_index
from workers.engines.rvc.files.model_file import read_model
from workers.engines.rvc.files.voice_file import read_voice

#: The same as in testing/voice_files/models.py, which would load torch into every child.
_ENCODER = EncoderSizes(
    hidden=8, heads=2, layers=2, feed_forward=6, conv=4, position_kernel=4, position_groups=2, projection=5
)
_PITCH = PitchSizes(channels=2, levels=2, blocks=1, middle_layers=1, mels=4, gru=3, bins=7)
_WIDTH = 768
_CONFIG = "config.json"
#: The weights beside a description under test; other inputs test weights.
_NO_WEIGHTS = pack("<Q", 2) + b"{}"
_STEPS = [step.code.encode("latin-1") for step in pickletools.opcodes]
#: Names that a pickle must never be able to call.
_CALLS = (b"cos\nsystem\n", b"cbuiltins\neval\n", b"c__builtin__\ngetattr\n", b"ccollections\nOrderedDict\n",
          b"ctorch._utils\n_rebuild_tensor_v2\n", b"cnumpy.core.multiarray\n_reconstruct\n")  # fmt: skip
_LENGTH = 8  # bytes before the header of safetensors


def seeds() -> dict[str, bytes]:
    """One file of each layout that is accepted."""
    from testing.voice_files.accepted import ACCEPTED
    from testing.voice_files.models import config_of

    made = {_CONFIG: json.dumps(config_of(_ENCODER)).encode()}
    for case in ACCEPTED:
        with TemporaryDirectory(prefix="voicefarm-fuzz-") as name:
            path = Path(name) / case.file
            case.write(path)
            if path.is_file():
                made[case.file] = path.read_bytes()
    return made


def make(random: Random, seeds: Seeds) -> bytes:
    """One of them, damaged at the weak places of its format, or anywhere."""
    content = seeds[random.choice(list(seeds))]
    deep = next((change for begin, change in _DEEP.items() if content.startswith(begin)), None)
    if content[_LENGTH : _LENGTH + 1] == b"{":
        deep = _restated
    if deep is not None and random.random() < 0.7:
        content = deep(content, random)
        if random.random() < 0.8:
            return content
    return damaged(content, random)


def read(content: bytes, folder: Path) -> object:
    """Read the file as everything it might be; refuse it only if every reader does."""
    path = folder / "file.pth"
    path.write_bytes(content)
    if content.startswith(b"{"):
        (folder / "model").mkdir()
        path.rename(folder / "model" / _CONFIG)
        (folder / "model" / "model.safetensors").write_bytes(_NO_WEIGHTS)
        return read_model(folder / "model", _ENCODER, _PITCH)
    refused: InputError | None = None
    for reader in _READERS:
        try:
            return reader(path)
        except InputError as error:
            refused = error if refused is None else _longer(refused, error)
    assert refused
    raise refused


def _longer(one: InputError, other: InputError) -> InputError:
    return max(one, other, key=lambda error: len(str(error)))


_READERS: tuple[Callable[[Path], object], ...] = (
    read_voice,
    lambda path: read_voice(path, rate=32_000),
    lambda path: read_model(path, _ENCODER, _PITCH),
    lambda path: read_index(path, _WIDTH, None),
)


def _repacked(content: bytes, random: Random) -> bytes:
    """Another pickle in an intact archive with correct checksums."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    chosen = next((name for name in entries if name.endswith("/data.pkl")), None)
    if chosen is None or random.random() < 0.1:
        chosen = random.choice(list(entries))
    entries[chosen] = _other_steps(entries[chosen], random)
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, entry in entries.items():
            archive.writestr(name, entry)
    return out.getvalue()


def _other_steps(pickle: bytes, random: Random) -> bytes:
    """A pickle with steps inserted, exchanged or repeated."""
    changed = bytearray(pickle)
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(changed) + 1)
        what = random.random()
        if what < 0.35:
            changed[at : at + 1] = random.choice(_STEPS)
        elif what < 0.6:
            changed[at:at] = random.choice(_STEPS) + random.randbytes(random.choice((0, 1, 4)))
        elif what < 0.75:
            changed[at:at] = random.choice(_CALLS) + random.choice((b"", b"(tR", b"}b", b"."))
        elif what < 0.85:
            changed[at:at] = random.choice((b"(", b"]", b"}", b"\x8a\xff", b"((((")) * random.choice((1, 50, 5_000))
        else:
            return damaged(bytes(changed), random)
    return bytes(changed)


def _other_steps_of_older(content: bytes, random: Random) -> bytes:
    """The same in the format before torch 1.6, which begins with several pickles in a row."""
    head = content[:20_000]
    return _other_steps(head, random) + content[len(head) :]


def _restated(content: bytes, random: Random) -> bytes:
    """Another safetensors header, with its length corrected."""
    length = int.from_bytes(content[:_LENGTH], "little")
    header, numbers = content[_LENGTH : _LENGTH + length], content[_LENGTH + length :]
    return _with_header(changed_json(json.loads(header), random), numbers)


def _with_header(said: object, numbers: bytes) -> bytes:
    header = json.dumps(said).encode()
    return pack("<Q", len(header)) + header + numbers


def _another_config(content: bytes, random: Random) -> bytes:
    return json.dumps(changed_json(json.loads(content), random)).encode()


_DEEP: dict[bytes, Callable[[bytes, Random], bytes]] = {
    b"PK": _repacked,
    b"\x80\x02": _other_steps_of_older,
    b"{": _another_config,
}

DOOR = Door("models", seeds, make, read, InputError)
