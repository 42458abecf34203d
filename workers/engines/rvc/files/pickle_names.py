"""The names that honest model files use, and the inert values that stand for a pickle's names and objects here.

None of the names is ever looked up; a file with any other name is refused.
"""

from dataclasses import dataclass
from typing import Any

from storage.errors import InputError

#: Characters of a foreign name that an error repeats.
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Named:
    """Something that the pickle refers to by module and name; it is never looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return shown(f"{self.module}.{self.name}")


class Inert:
    """An object of a foreign class: its class's name and its data, without any behaviour."""

    __slots__ = ("named", "state")

    def __init__(self, named: Named, state: Any = None) -> None:
        self.named = named
        self.state = state


class NumpyType:
    """A type of number in NumPy's short spelling, such as f8, and its byte order."""

    __slots__ = ("code", "order")

    def __init__(self, code: str) -> None:
        self.code = code
        self.order = "<"


def shown(name: str) -> str:
    """A foreign name as an error quotes it: on one line, shortened, and with nothing that a terminal would obey."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in name[: _SHOWN + 1])
    return printable if len(printable) <= _SHOWN else f"{printable[:_SHOWN]}…"


def told(value: Any) -> str:
    """A foreign value as an error quotes it; a value that has parts is not spelt out."""
    if isinstance(value, str):
        return shown(value)
    number = isinstance(value, bool | float | None) or (isinstance(value, int) and value.bit_length() <= _SHOWN)
    return str(value) if number else f"a {type(value).__name__.lower()}"


def malformed(why: str) -> InputError:
    """The refusal of a malformed pickle."""
    return InputError(f"its pickle is damaged ({why}); download or copy it again")


# Lists of words, because there are too many for one per line.
_NUMPY = (
    "scalar _reconstruct _frombuffer dtype ndarray bool_ float16 float32 float64 int8 int16 int32 int64 uint8 uint16"
    " uint32 uint64"
)
_STORAGES = "Double Float Half BFloat16 Long Int Short Char Byte Bool ComplexFloat ComplexDouble"
_TYPES = (
    "float64 double float32 float float16 half bfloat16 int64 long int32 int int16 short int8 uint8 bool complex64"
    " complex128"
)
_PYTHON = "set frozenset list tuple dict int float str bytes bytearray complex bool slice range object"

_REBUILDING = frozenset(
    f"_rebuild_{what}" for what in ("tensor", "tensor_v2", "tensor_v3", "parameter", "parameter_with_state")
)
_NUMPY_NAMES = frozenset(_NUMPY.split())
_TORCH_STORAGES = frozenset(f"{kind}Storage" for kind in _STORAGES.split())
_TORCH_TYPES = frozenset(_TYPES.split())
_BUILTINS = frozenset(_PYTHON.split())
_KNOWN: dict[str, frozenset[str]] = {
    "builtins": _BUILTINS,
    "__builtin__": _BUILTINS | {"long", "unicode"},
    "collections": frozenset({"OrderedDict", "defaultdict", "Counter", "deque"}),
    "_codecs": frozenset({"encode"}),
    "copyreg": frozenset({"_reconstructor"}),
    "copy_reg": frozenset({"_reconstructor"}),
    "argparse": frozenset({"Namespace"}),
    "types": frozenset({"SimpleNamespace"}),
    "datetime": frozenset({"datetime", "date", "time", "timedelta", "timezone"}),
    "numpy": _NUMPY_NAMES,
    "numpy.core.multiarray": _NUMPY_NAMES,
    "numpy._core.multiarray": _NUMPY_NAMES,
    "numpy.core.numeric": _NUMPY_NAMES,
    "numpy._core.numeric": _NUMPY_NAMES,
    "torch": _TORCH_STORAGES | _TORCH_TYPES | {"Size", "device", "Tensor", "strided"},
    "torch.cuda": _TORCH_STORAGES,
    "torch.storage": frozenset({"UntypedStorage", "_UntypedStorage", "TypedStorage", "_TypedStorage"}),
    "torch.serialization": frozenset({"_get_layout"}),
    "torch.nn.parameter": frozenset({"Parameter"}),
    "torch.torch_version": frozenset({"TorchVersion"}),
    "torch._tensor": frozenset({"_rebuild_from_type_v2"}),
    "torch._utils": _REBUILDING,
}
#: Packages whose classes training programs store with the weights: settings, dictionaries of words, paths.
_CLASSES_OF = ("fairseq", "omegaconf", "pathlib", "typing", "numpy.dtypes")
#: The class of training programs' settings, in a module that every program names differently.
_SETTINGS = "HParams"


def named(module: str, name: str) -> Named:
    """The name as an inert value; refuses the file if honest files do not use the name."""
    if name in _KNOWN.get(module, ()) or name == _SETTINGS or _is_class(module, name):
        return Named(module, name)
    raise InputError(
        f"it asks for {Named(module, name)}, which no model needs and which could run code when the file is loaded the"
        " usual way; nothing was run, get the model from somebody you trust"
    )


def _is_class(module: str, name: str) -> bool:
    # A name with a dot could lead from its module into another.
    inside = any(module == package or module.startswith(f"{package}.") for package in _CLASSES_OF)
    return inside and name.isidentifier() and name[:1].isupper()
