"""Requests that cannot be met, one of each kind, and the command's error for each."""

from dataclasses import dataclass
from pathlib import Path

from testing.fuzz.request_door import Told, run_command
from testing.sounds import pcm16, tone, wav

_RATE = 16_000


@dataclass(frozen=True, slots=True)
class BadRequest:
    """A command line, the content of voicefarm.toml, and a part of the error."""

    what: str
    command: str
    words: str
    settings: str = ""

    def tell(self, folder: Path) -> str | None:
        """Run it beside a recording `talk.wav` and a folder `empty`; None if it succeeds, else the error is raised."""
        state = folder / "state"
        state.mkdir(mode=0o700)
        (state / "voicefarm.toml").write_text(self.settings, encoding="utf-8")
        _lay_out(folder)
        ended = run_command(self.command.split(" "), folder, state)
        if ended.status:
            raise Told(ended.sentence)
        return None


def _lay_out(folder: Path) -> None:
    (folder / "talk.wav").write_bytes(wav(pcm16(tone(_RATE, _RATE))))
    (folder / "done.wav").write_bytes(b"a result")
    (folder / "empty").mkdir()
    (folder / "two").mkdir()
    for name in ("talk.wav", "talk.mp3"):
        (folder / "two" / name).write_bytes(b"")


_CONVERT = "convert talk.wav --voice"
REQUESTS = [
    BadRequest("a voice that does not exist", f"{_CONVERT} brigth", "did you mean bright"),
    BadRequest("a setting out of range", f"{_CONVERT} bright --pitch 99", "between -24 and 24"),
    BadRequest("a setting that is not a number", f"{_CONVERT} bright --pitch nan", "must be a number"),
    BadRequest("a setting that the voice does not have", f"{_CONVERT} bright --set echo=1", "no field 'echo'"),
    BadRequest("a setting without a value", f"{_CONVERT} bright --set pitch", "is not NAME=VALUE"),
    BadRequest("a setting given twice", f"{_CONVERT} bright --pitch 1 --set pitch=2", "given twice"),
    BadRequest("a seed below zero", f"{_CONVERT} bright --seed -1", "whole number"),
    BadRequest("a format that cannot be written", f"{_CONVERT} bright --format wma", "wav, flac, mp3"),
    BadRequest("a rate that no format has", f"{_CONVERT} bright --rate 500", "8000 to 192000"),
    BadRequest(
        "a rate that the format does not have", f"{_CONVERT} through --rate 22050 --format opus", "--rate 24000"
    ),
    BadRequest("a tag that no worker offers", f"{_CONVERT} bright --require studio-z", "studio-z"),
    BadRequest("an unknown priority", f"{_CONVERT} bright --priority now", "urgent"),
    BadRequest("a result that exists already", f"{_CONVERT} bright -o done.wav", "--overwrite"),
    BadRequest("a result below a file", f"{_CONVERT} bright -o done.wav/talk.wav", "is not a folder"),
    BadRequest("a recording that does not exist", "convert gone.wav --voice bright", "No such file"),
    BadRequest("an address instead of a file", "convert https://example.org/talk.wav --voice bright", "talk.wav"),
    BadRequest("a folder without recordings", "convert empty --voice bright", "hold no recordings"),
    BadRequest("an unknown command", "konvert talk.wav", "did you mean convert?"),
    BadRequest("an unknown option", f"{_CONVERT} bright --pich 2", "did you mean --pitch?"),
    BadRequest("a job that does not exist", "show 999", "no job 999"),
    BadRequest("a job or batch that there is not", "show talk.wav", "there is no batch .talk.wav."),
    BadRequest("an invalid period", "report --since yesterday", "no beginning of a period"),
    BadRequest("a period in the future", "report --since 2999-01-01", "has not come yet"),
    BadRequest("a voice's name in capitals", "voice add Bright", "small letters"),
    BadRequest("removing a built-in voice", "voice remove bright", "built in"),
    BadRequest("a misspelt setting of the farm", "jobs", "unknown setting 'broker_ulr'", 'broker_ulr = "redis://host"'),
    BadRequest("a setting of the farm that is not a number", "jobs", "not a number", 'workers = "many"'),
    BadRequest("a setting of the farm below zero", "jobs", "negative", "lease_seconds = -1"),
    BadRequest("a setting of the farm that is infinite", "jobs", "not finite", "lease_seconds = inf"),
    BadRequest("a settings file that is not TOML", "jobs", "cannot be read", "workers: 2"),
]
