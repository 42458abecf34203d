"""What the calls in a pickle come to: a few are worked out here by our own arithmetic, the others stay inert."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatcher.intake.pickle_values import Inert, Named, NumpyType, malformed
from dispatcher.intake.torch_tensor import TensorMaker
from storage.errors import InputError

_Args = tuple[Any, ...]
#: Pairs and letters that calls may copy altogether; honest files have a few thousand.
_MOST_COPIED = 1_000_000
#: Keys of more bits are no number of anything; hashing them could take forever.
_LARGEST_KEY = 64
_NUMPY_CODES = frozenset(["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"])


class Calls:
    """Answers calls by name."""

    def __init__(self, tensors: TensorMaker) -> None:
        self._copied = 0
        self._known: dict[str, Callable[[_Args], Any]] = {
            "collections.OrderedDict": self._pairs,
            "collections.defaultdict": lambda _: {},
            "collections.Counter": self._pairs,
            "_codecs.encode": self._encoded,
            "copyreg._reconstructor": _reconstructed,
            "copy_reg._reconstructor": _reconstructed,
            "numpy.dtype": _numpy_type,
            "torch.Size": _sizes,
            "torch._utils._rebuild_tensor": tensors.rebuilt,
            "torch._utils._rebuild_tensor_v2": tensors.rebuilt,
            "torch._utils._rebuild_tensor_v3": tensors.rebuilt_of_type,
            "torch._utils._rebuild_parameter": lambda args: args[0],
            "torch._utils._rebuild_parameter_with_state": lambda args: args[0],
            "torch._tensor._rebuild_from_type_v2": lambda args: self.answer(args[0], args[2]),
        }
        for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            self._known[f"{module}.scalar"] = _scalar

    def answer(self, called: Any, args: Any) -> Any:
        """What this call comes to, without calling it."""
        if not isinstance(called, Named) or not isinstance(args, tuple):
            raise malformed("it calls something that has no name")
        known = self._known.get(f"{called.module}.{called.name}")
        return Inert(called, args) if known is None else known(args)

    def _pairs(self, args: _Args) -> dict[Any, Any]:
        """A dictionary, empty or from a list of pairs, as old versions of Python wrote it."""
        pairs = args[0] if args and isinstance(args[0], list) else []
        self._copy(len(pairs))
        found: dict[Any, Any] = {}
        for key, value in pairs:
            put(found, key, value)
        return found

    def _encoded(self, args: _Args) -> bytes:
        """Bytes, as old versions of pickle wrote them: text in a code that has all 256 of them."""
        text, codec = (*args, "utf-8")[:2]
        if not isinstance(text, str) or codec not in ("latin1", "utf-8"):
            raise malformed("it holds text in an unknown code")
        self._copy(len(text))
        return text.encode(codec)

    def _copy(self, count: int) -> None:
        self._copied += count
        if self._copied > _MOST_COPIED:
            raise InputError("its pickle copies far more than any model's; get another copy")


def put(into: dict[Any, Any], key: Any, value: Any) -> None:
    """Keep what has a simple key. Others are nothing that is read here, and hashing them could take forever."""
    simple = isinstance(key, str | float | bytes | None) or (isinstance(key, int) and key.bit_length() <= _LARGEST_KEY)
    if simple:
        into[key] = value


def _numpy_type(args: _Args) -> Any:
    return NumpyType(args[0]) if isinstance(args[0], str) else None


def _sizes(args: _Args) -> tuple[Any, ...]:
    if not args or not isinstance(args[0], tuple):
        raise malformed("a tensor has no proper sizes")
    return args[0]


def _reconstructed(args: _Args) -> Inert:
    if not isinstance(args[0], Named):
        raise malformed("it builds something that has no name")
    return Inert(args[0])


def _scalar(args: _Args) -> Any:
    kind, data = (*args, None)[:2]
    if not isinstance(kind, NumpyType) or kind.code not in _NUMPY_CODES or not isinstance(data, bytes):
        return None
    order = kind.order if kind.order in "<>" else "|"
    return np.frombuffer(data, np.dtype(order + kind.code), count=1)[0].item()
