"""Cutting a stretch out of a recording, with all of its channels."""

from contextlib import closing
from pathlib import Path

import numpy as np
import soundfile

from storage.audio.decoders import open_decoder
from storage.audio.source_file import open_file
from storage.errors import InputError


def cut_stretch(source: Path, start: float, seconds: float, target: Path) -> float:
    """Write so many seconds of a recording to a WAV; returns how many there were."""
    with open_file(source, source.name) as file, closing(open_decoder(file, allow_truncated=True)) as decoder:
        facts = decoder.facts
        first, last = round(start * facts.rate), round((start + seconds) * facts.rate)
        done = written = 0
        with soundfile.SoundFile(target, "w", facts.rate, facts.channels, "PCM_24") as stretch:
            for piece in decoder.pieces():
                wanted = piece[max(first - done, 0) : max(last - done, 0)]
                stretch.write(np.clip(wanted, -1.0, 1.0))
                written += len(wanted)
                done += len(piece)
                if done >= last:
                    break
        if not written:
            raise InputError(
                f"{source} ends at {done / facts.rate:.1f} s, before the stretch that was asked for; begin it earlier"
            )
        return written / facts.rate
