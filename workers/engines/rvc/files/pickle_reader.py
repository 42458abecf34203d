"""Walks through the steps of a pickle and keeps its contents; nothing in it is ever imported, looked up or called.

The results of a few calls are worked out here, and all other calls stay inert.
"""

import pickletools
import struct
from collections.abc import Callable
from typing import IO, Any
from warnings import catch_warnings

import numpy as np

from storage.errors import InputError
from workers.engines.rvc.files.pickle_names import Inert, Named, NumpyType, malformed, named
from workers.engines.rvc.files.torch_tensor import TensorMaker

_Args = tuple[Any, ...]
#: The most steps of a pickle; a training checkpoint with its optimizer takes some 100,000.
_MOST_STEPS = 2_000_000
_DAMAGE = (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError, RecursionError, struct.error)
#: Pairs and letters that all calls together may copy; honest files have a few thousand.
_MOST_COPIED = 1_000_000
#: Bits of the largest number used as a key; hashing larger ones could take for ever.
_LARGEST_KEY = 64
_NUMPY_CODES = frozenset(["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"])


def read_pickle(stream: IO[bytes], tensors: TensorMaker) -> Any:
    """The contents of the next pickle in this stream, with tensors that can be read later."""
    machine = _Machine(tensors)
    try:
        # Odd escapes in a name make the library warn, which does not concern whoever adds a file.
        with catch_warnings(action="ignore"):
            machine.walk(stream)
        return machine.result()
    except _DAMAGE as error:
        raise malformed("it is cut off or contradicts itself") from error


class _Calls:
    """The results of the calls in a pickle, by name: a few are worked out here, the others stay inert."""

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
        """The result of this call, without calling anything."""
        if not isinstance(called, Named) or not isinstance(args, tuple):
            raise malformed("it calls something without a name")
        known = self._known.get(f"{called.module}.{called.name}")
        return Inert(called, args) if known is None else known(args)

    def _pairs(self, args: _Args) -> dict[Any, Any]:
        """A dictionary, empty or from a list of pairs, as old Python versions wrote it."""
        pairs = args[0] if args and isinstance(args[0], list) else []
        self._copy(len(pairs))
        found: dict[Any, Any] = {}
        for key, value in pairs:
            _put_simple(found, key, value)
        return found

    def _encoded(self, args: _Args) -> bytes:
        """Bytes, as old pickle versions wrote them: text in an encoding with all 256 values."""
        text, codec = (*args, "utf-8")[:2]
        if not isinstance(text, str) or codec not in ("latin1", "utf-8"):
            raise malformed("it holds text in an unknown encoding")
        self._copy(len(text))
        return text.encode(codec)

    def _copy(self, count: int) -> None:
        self._copied += count
        if self._copied > _MOST_COPIED:
            raise InputError("its pickle copies far more than that of any model; get another copy")


def _put_simple(into: dict[Any, Any], key: Any, value: Any) -> None:
    """Keep a value if its key is simple; no others are read here, and hashing them could take for ever."""
    simple = isinstance(key, str | float | bytes | None) or (isinstance(key, int) and key.bit_length() <= _LARGEST_KEY)
    if simple:
        into[key] = value


def _numpy_type(args: _Args) -> Any:
    return NumpyType(args[0]) if isinstance(args[0], str) else None


def _sizes(args: _Args) -> tuple[Any, ...]:
    if not args or not isinstance(args[0], tuple):
        raise malformed("a tensor has invalid sizes")
    return args[0]


def _reconstructed(args: _Args) -> Inert:
    if not isinstance(args[0], Named):
        raise malformed("it builds something without a name")
    return Inert(args[0])


def _scalar(args: _Args) -> Any:
    kind, data = (*args, None)[:2]
    if not isinstance(kind, NumpyType) or kind.code not in _NUMPY_CODES or not isinstance(data, bytes):
        return None
    order = kind.order if kind.order in "<>" else "|"
    return np.frombuffer(data, np.dtype(order + kind.code), count=1)[0].item()


class _Machine:
    """The stack of values that the steps of a pickle work on."""

    def __init__(self, tensors: TensorMaker) -> None:
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._tensors = tensors
        self._calls = _Calls(tensors)
        self._steps = self._all_steps()

    def walk(self, stream: IO[bytes]) -> None:
        """Take all steps."""
        for count, (step, argument, _) in enumerate(pickletools.genops(stream)):
            if count > _MOST_STEPS:
                raise InputError("its pickle takes more steps than that of any model; get another copy")
            if step.name not in self._steps:
                raise malformed(f"it has the step {step.name}, which no model file uses")
            self._steps[step.name](argument)

    def result(self) -> Any:
        """The contents of the pickle, after its last step."""
        return self._stack[-1]

    def _all_steps(self) -> dict[str, Callable[[Any], None]]:
        steps: dict[str, Callable[[Any], None]] = {}
        steps |= dict.fromkeys(("PROTO", "FRAME", "STOP"), _nothing)
        steps |= dict.fromkeys(_VALUES.split(), self._push)
        steps |= {name: self._pusher(value) for name, value in _FIXED.items()}
        steps |= {name: self._maker(make) for name, make in _EMPTY.items()}
        steps |= dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), self._put)
        steps |= dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), self._get)
        steps |= {f"TUPLE{n}": self._tuple_of(n) for n in (1, 2, 3)}
        return steps | {
            "MEMOIZE": lambda _: self._put(len(self._memo)),
            "MARK": lambda _: self._mark(),
            "POP": lambda _: self._pop(),
            "POP_MARK": lambda _: self._forget_marked(),
            "DUP": lambda _: self._push(self._stack[-1]),
            "TUPLE": lambda _: self._push(tuple(self._marked())),
            "LIST": lambda _: self._push(self._marked()),
            "DICT": lambda _: self._push(_paired(self._marked())),
            "FROZENSET": lambda _: self._push(self._marked()),
            "APPEND": lambda _: self._append([self._stack.pop()]),
            "APPENDS": lambda _: self._append(self._marked()),
            "ADDITEMS": lambda _: self._append(self._marked()),
            "SETITEM": lambda _: self._set([self._stack.pop(-2), self._stack.pop()]),
            "SETITEMS": lambda _: self._set(self._marked()),
            "GLOBAL": self._name,
            "STACK_GLOBAL": lambda _: self._name_from_stack(),
            "INST": self._inst,
            "OBJ": lambda _: self._obj(),
            "NEWOBJ": lambda _: self._reduce(),
            "NEWOBJ_EX": lambda _: self._with_keywords(),
            "REDUCE": lambda _: self._reduce(),
            "BUILD": lambda _: self._build(),
            "BINPERSID": lambda _: self._push(self._tensors.storage(self._stack.pop())),
        }

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _pusher(self, value: Any) -> Callable[[Any], None]:
        return lambda _: self._stack.append(value)

    def _maker(self, make: Callable[[], Any]) -> Callable[[Any], None]:
        return lambda _: self._stack.append(make())

    def _tuple_of(self, count: int) -> Callable[[Any], None]:
        def build(_: Any) -> None:
            if len(self._stack) < count:
                raise malformed("it ends a tuple that it did not begin")
            self._stack[-count:] = [tuple(self._stack[-count:])]

        return build

    def _put(self, key: int) -> None:
        self._memo[key] = self._stack[-1]

    def _get(self, key: int) -> None:
        self._push(self._memo[key])

    def _mark(self) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _marked(self) -> list[Any]:
        values = self._stack
        self._stack = self._below.pop()
        return values

    def _pop(self) -> None:
        if self._stack:
            self._stack.pop()
        else:
            self._forget_marked()

    def _forget_marked(self) -> None:
        self._marked()

    def _append(self, values: list[Any]) -> None:
        into = self._stack[-1]
        if isinstance(into, list):
            into.extend(values)

    def _set(self, values: list[Any]) -> None:
        into = self._stack[-1]
        if isinstance(into, dict):
            for key, value in zip(values[::2], values[1::2], strict=True):
                _put_simple(into, key, value)

    def _name(self, both: str) -> None:
        module, _, name = both.partition(" ")
        self._push(named(module, name))

    def _name_from_stack(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise malformed("it holds a name that is not text")
        self._push(named(module, name))

    def _inst(self, both: str) -> None:
        values = self._marked()
        self._name(both)
        self._push(self._calls.answer(self._stack.pop(), tuple(values)))

    def _obj(self) -> None:
        called, *values = self._marked()
        self._push(self._calls.answer(called, tuple(values)))

    def _with_keywords(self) -> None:
        self._stack.pop()
        self._reduce()

    def _reduce(self) -> None:
        args, called = self._stack.pop(), self._stack.pop()
        self._push(self._calls.answer(called, args))

    def _build(self) -> None:
        state, built = self._stack.pop(), self._stack[-1]
        if isinstance(built, Inert):
            built.state = state
        elif isinstance(built, NumpyType) and isinstance(state, tuple) and isinstance(state[1], str):
            built.order = state[1][:1]


#: Steps that contain a value themselves.
_VALUES = (
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE"
    " SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8"
)
_FIXED: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_EMPTY: dict[str, Callable[[], Any]] = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_SET": list}


def _nothing(_: Any) -> None:
    """Do nothing: this step only frames the others."""


def _paired(values: list[Any]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key, value in zip(values[::2], values[1::2], strict=True):
        _put_simple(found, key, value)
    return found
