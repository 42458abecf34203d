"""sample: write a recording of a made-up voice, to try the farm with."""

from contextlib import ExitStack
from pathlib import Path

import click

from dispatcher.cli.saying import say
from dispatcher.jobs.whole_file import refuse_existing, whole_file
from dispatcher.sample.recording import write_sample
from storage.errors import InputError

_ENDINGS = {".wav", ".flac"}


@click.command("sample")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--seconds", type=float, default=180.0, show_default=True, help="How long.")
@click.option("--rate", type=int, default=44_100, show_default=True, help="Sample rate in Hz.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another seed sings another song.")
@click.option("--pitch-csv", type=click.Path(path_type=Path), help="Write the pitch, which is known, to this file.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
def sample_command(out: Path, *, seconds: float, rate: int, seed: int, pitch_csv: Path | None, overwrite: bool) -> None:
    """Write a recording of a made-up voice, sung and spoken by turns, to OUT (.wav or .flac)."""
    if out.suffix.lower() not in _ENDINGS:
        raise InputError(f"a sample is written as .wav or .flac; name it {out.stem}.wav, not {out.name}")
    targets = [out] if pitch_csv is None else [out, pitch_csv]
    if pitch_csv is not None and pitch_csv.absolute() == out.absolute():
        raise InputError(f"{out} cannot be both the recording and its pitch; give --pitch-csv another name")
    for target in targets:
        refuse_existing(target, overwrite=overwrite)
    with ExitStack() as stack:
        unfinished = [stack.enter_context(whole_file(target)) for target in targets]
        write_sample(unfinished[0], seconds, rate, seed, unfinished[1] if pitch_csv else None)
    say(f"{out}: {seconds:g} s at {rate} Hz")
