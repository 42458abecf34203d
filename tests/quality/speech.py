"""Real speech: what people recorded for the Asterisk telephone exchange, as Debian's packages have it."""

import os
from pathlib import Path

import av
import numpy as np
import pytest

from storage.audio.blocks import Mono

FOLDER = Path("/usr/share/asterisk/sounds")
#: The speakers, and Debian's packages of their prompts; .ci/run installs them.
SPEAKERS = {
    "en": ("en_US_f_Allison", "asterisk-core-sounds-en-g722"),
    "it": ("it_IT_m_Carlo", "asterisk-core-sounds-it-g722"),
}
_PAUSE = 4_000


def spoken(speaker: str, first: int, count: int) -> Mono:
    """The longest prompts of a speaker, from one of them on, with pauses between them, at 16 kHz."""
    name, package = SPEAKERS[speaker]
    prompts = sorted((FOLDER / name).glob("*.g722"), key=lambda path: (-path.stat().st_size, path.name))
    if not prompts:
        missing = f"there is no {FOLDER / name}; apt-get install {package}"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return np.concatenate([_with_pause(path) for path in prompts[first : first + count]])


def _with_pause(path: Path) -> Mono:
    with av.open(str(path), format="g722") as file:
        frames = [frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)]
    samples = np.concatenate(frames).astype(np.float32) / 32_768.0
    return np.concatenate([samples, np.zeros(_PAUSE, np.float32)])
