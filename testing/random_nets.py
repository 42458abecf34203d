"""Voices with random weights, made by a process of their own."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.recipe import RvcRecipe
from workers.engines.rvc.stand_in import VOICE_48K, random_voice

VOICE_40K = SynthesizerSizes(40_000, (10, 10, 2, 2), (16, 16, 4, 4), 768)
VOICES = {"48k": VOICE_48K, "40k": VOICE_40K}


def random_voice_apart(folder: Path, voice: str, vectors: int) -> RvcRecipe:
    """The same, made by another process, so that its memory does not count in the process that measures."""
    command = [sys.executable, "-m", "testing.random_nets", str(folder), voice, str(vectors)]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    return RvcRecipe.from_json(json.loads(made.stdout))


if __name__ == "__main__":
    _, place, which, count = sys.argv
    print(json.dumps(asdict(random_voice(Path(place), VOICES[which], vectors=int(count)))))
