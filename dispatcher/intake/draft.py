"""What was read out of somebody's model file, checked, but not yet packed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workers.engines.rvc.package import Sizes

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Draft:
    """A net that has every tensor of its sizes, all of them finite, and what else its file said."""

    kind: str
    sizes: Sizes
    facts: Mapping[str, Any]
    weights: Mapping[str, Numbers]
    vectors: Numbers | None = None
    """Content features of the speaker's own recordings, one a row, where an index came along."""
