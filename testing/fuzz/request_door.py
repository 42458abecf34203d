"""Arguments of the command: impossible options, names and numbers.

Only commands that do no work are tried.
"""

import io
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from dispatcher.cli.main import main
from storage.errors import VoicefarmError
from testing.fuzz.door import Door, Seeds
from testing.fuzz.oddities import odd_number, odd_text

_SECRET = "c0rrect-horse"
#: Characters of one word; click repeats it in its error, however long it is.
_LONGEST = 200
#: Results go below a file, which is refused only after everything else was checked: no farm starts, nothing is written.
_NOWHERE = "-o taken/out.wav"
_CONVERSIONS = (
    "{} --voice bright", "talk.wav --voice {}", "talk.wav --voice bright --pitch {}",
    "talk.wav --voice bright --formant-shift {}", "talk.wav --voice bright --breath {}",
    "talk.wav --voice bright --seed {}",
    "talk.wav --voice bright --set {}", "talk.wav --voice bright --set pitch={}",
    "talk.wav --voice bright --set {}={}", "talk.wav --voice bright --speaker {}", "talk.wav --voice through --rate {}",
    "talk.wav --voice through --format {}", "talk.wav --voice through --rate {} --format {}",
    "talk.wav --voice through --require {}", "talk.wav --voice through --priority {}", "talk.wav --voice through {} {}",
)  # fmt: skip
_OTHERS = (
    "convert talk.wav --voice through -o taken/{}", "submit gone.wav --voice through --set {}={}", "show {}",
    "cancel {}", "retry {}", "report {}", "report --since {}", "fetch {} -o out.wav", "jobs {}", "voice show {}",
    "voice remove {}", "voice add {}", "voice add {} --set {}", "model {}", "db {}", "{} {}",
)  # fmt: skip
#: An error with these words is one that we failed to handle.
_UNFORESEEN = re.compile(r"not foreseen \((\w+)")

#: Control characters, which a terminal would obey.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


class Told(VoicefarmError):
    """The command ended with this sentence."""


def seeds() -> dict[str, bytes]:
    """Every command, with valid words in it."""
    commands = [*(f"convert {options} {_NOWHERE}" for options in _CONVERSIONS), *_OTHERS]
    return {f"{number:02}": command.encode() for number, command in enumerate(commands)}


def make(random: Random, seeds: Seeds) -> bytes:
    """One command with odd words in its gaps."""
    words = random.choice(list(seeds.values())).decode().split(" ")
    return json.dumps([word.format(_word(random), _word(random)) for word in words]).encode()


def read(content: bytes, folder: Path) -> object:
    """Run the command; what it writes to standard error is its refusal."""
    words = json.loads(content) if content.startswith(b"[") else content.decode().split(" ")
    (folder / "taken").touch()
    ended = run_command(words, folder, _state())
    command = shlex.join(words)
    assert not (found := _UNFORESEEN.search(ended.told)), f"not foreseen ({found and found[1]}): {command}"
    assert not (found := _CONTROL.search(ended.told)), f"a terminal would obey {found and found[0]!r}: {command}"
    if ended.status:
        raise Told(ended.sentence)
    return ended.status


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it wrote to standard error."""

    status: object
    told: str

    @property
    def sentence(self) -> str:
        """The error, without the lines that click puts before it; for several recordings, the first one's."""
        _, usage, behind = self.told.partition("\n\nvoicefarm: ")
        return behind if usage else self.told.removeprefix("voicefarm: ").partition("\nvoicefarm: ")[0]


def run_command(words: list[str], folder: Path, state: Path) -> Ended:
    """Run it in this folder and this process, with a farm that nobody else uses."""
    with _surroundings(words, folder, state), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as said:
        try:
            main()
        except SystemExit as ending:
            return Ended(ending.code, said.getvalue().strip())
        return Ended(0, said.getvalue().strip())


@contextmanager
def _surroundings(words: list[str], folder: Path, state: Path) -> Iterator[None]:
    arguments, environ, place = sys.argv, dict(os.environ), Path.cwd()
    (state / "voicefarm.toml").touch()
    sys.argv = ["voicefarm", *words]
    os.environ.update(
        VOICEFARM_STATE=str(state), VOICEFARM_CONFIG=str(state / "voicefarm.toml"), VOICEFARM_FLOWER_PASSWORD=_SECRET
    )
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(environ)
        sys.argv = arguments


@cache
def _state() -> Path:
    """A state folder, made once per process because its tables take longer than a hundred commands."""
    return Path(mkdtemp(prefix="voicefarm-fuzz-state-"))


def _word(random: Random) -> str:
    """A word that a shell can pass on: without zeros, and with bytes that are not UTF-8 as surrogates."""
    word = str(odd_number(random)) if random.random() < 0.4 else odd_text(random)
    return word.replace("\0", "")[:_LONGEST]


DOOR = Door("requests", seeds, make, read, Told, (_SECRET,))
