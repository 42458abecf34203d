"""A quick look at a recording, which reads only its header."""

from contextlib import closing
from pathlib import Path

from storage.audio.decoders import open_decoder
from storage.audio.facts import SourceFacts
from storage.audio.source_file import BinarySource, open_file

__all__ = ["SourceFacts", "probe"]


def probe(source: Path | BinarySource, name: str, *, allow_truncated: bool = False) -> SourceFacts:
    """What the header says; raises an AudioError that says why if it cannot be converted."""
    with open_file(source, name) as file, closing(open_decoder(file, allow_truncated=allow_truncated)) as decoder:
        return decoder.facts
